"""Shrinking a counterexample: rounder numbers and fewer of them, as long as the two sides stay clearly apart.

A greedy descent in the manner of delta debugging (Zeller and Hildebrandt 2002): numbers are rounded, whole arrays become
0 or 1, then halves, quarters, … of an array become 0.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from proofs.draws import Point

TRIES = 300


def shrunk(point: Point, least: float, gap: Callable[[Point], float], deadline: float) -> Point:
    """A simpler point at which `gap` is still at least `least`, found before the deadline (a `perf_counter` time)."""
    left = TRIES

    def more() -> bool:
        return left > 0 and time.perf_counter() < deadline

    def keeps(candidate: Point) -> bool:
        nonlocal left
        if not more():
            return False
        left -= 1
        return gap(candidate) >= least

    point = next((p for p in (_rounded(point, decimals) for decimals in (0, 1, 2)) if keeps(p)), point)
    for name in [*sorted(point.weights), *range(len(point.inputs))]:
        whole = next((p for x in _plain(_get(point, name)) if keeps(p := _set(point, name, x))), None)
        point = whole if whole is not None else _thinned(point, name, keeps, more)
    return point


def _rounded(point: Point, decimals: int) -> Point:
    def rounded(x: Any) -> Any:
        return np.round(x, decimals) + 0.0 if x.dtype == np.float64 else x

    def below(x: Any) -> Any:  # a draw stays in the range of its law
        return np.floor(x * 10**decimals) / 10**decimals

    weights, draws = {k: rounded(x) for k, x in point.weights.items()}, {k: below(x) for k, x in point.draws.items()}
    return Point(tuple(map(rounded, point.inputs)), weights, draws)


def _plain(x: Any) -> Iterator[Any]:
    yield from [] if x.dtype == np.bool_ else [np.zeros_like(x)]
    yield from [] if x.dtype == np.int64 else [np.ones_like(x)]


def _thinned(point: Point, name: str | int, keeps: Callable[[Point], bool], more: Callable[[], bool]) -> Point:
    """The point with blocks of one array set to 0, from halves down to single entries, while there is more to spend."""
    array = _get(point, name)
    block = array.size
    while block > 1:
        block = (block + 1) // 2
        for start in range(0, array.size, block):
            if not more():
                return point
            thinner = array.copy()
            thinner.reshape(-1)[start : start + block] = array.dtype == np.bool_
            if not np.array_equal(thinner, array) and keeps(_set(point, name, thinner)):
                array = thinner
                point = _set(point, name, array)
    return point


def _get(point: Point, name: str | int) -> Any:
    return point.weights[name] if isinstance(name, str) else point.inputs[name]


def _set(point: Point, name: str | int, x: Any) -> Point:
    if isinstance(name, str):
        return point._replace(weights={**point.weights, name: x})
    return point._replace(inputs=(*point.inputs[:name], x, *point.inputs[name + 1 :]))
