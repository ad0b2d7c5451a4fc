"""Two laws are equal if their characteristic functions are: E exp(iω⟨a, y⟩) for outputs y, all directions a and frequencies ω.

Which draw is called which is no part of what a random diagram means, so two sides that differ as functions of their draws may
still be equal in law: u and 1 − u are.  Here both sides are sampled at one point, each with draws of its own, in a few
directions through the entry that differs most; a difference counts if it is outside an empirical Bernstein bound, so that it
is a coincidence with a probability below `CHANCE`.  Sources: Lévy's continuity theorem; Maurer and Pontil 2009, theorem 4.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import log, prod, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ncd_cat.axes import Axis
from ncd_cat.evaluate import compile
from ncd_cat.evaluation.drawing import opened
from ncd_cat.evaluation.machine import ints
from ncd_cat.graph import Graph, Input, Node, source
from ncd_cat.ops.random import Draw, generated
from ncd_cat.wiring import Run
from proofs.draws import Point

CHANCE = 1e-12
MOST = 1 << 15  # samples of a side
PATIENCE = 4.0  # seconds
ROOM = 1 << 22  # numbers that one run makes
FREQUENCIES = (0.5, 1.0, 2.0)  # over the standard deviation

Probe = Callable[[Sequence[Any]], NDArray[np.float64]]  # the outputs of n samples to n numbers


def differ_in_law(lhs: Graph, rhs: Graph, point: Point, where: tuple[int, tuple[int, ...]], seed: int, deadline: float) -> bool:
    """Whether the laws of two sides of concrete sizes are seen to differ, given the inputs and weights of a point.

    False where no difference was seen by the deadline, or where a side is not everywhere a real number.
    """
    deadline = min(deadline, time.perf_counter() + PATIENCE)
    sides = [_Sampler.of(g, point, f"{name} {seed}") for name, g in (("lhs", lhs), ("rhs", rhs))]
    pilot = [side.outputs(0) for side in sides]
    probes = list(_probes([y.shape[1:] for y in pilot[0]], where))
    scales = [_scale(np.concatenate([probe(ys) for ys in pilot])) for probe in probes]
    level = log(2 * len(probes) * 2 * len(FREQUENCIES) * 32 / CHANCE)
    moments, step, check = [np.zeros((2, len(probes) * 2 * len(FREQUENCIES))) for _ in sides], 0, 256
    counts = [0, 0]
    while min(counts) < MOST and time.perf_counter() < deadline:
        step += 1
        for k, side in enumerate(sides):
            features = _features([probe(side.outputs(step)) for probe in probes], scales)
            if not np.isfinite(features).all():
                return False
            counts[k] += len(features)
            moments[k] += features.sum(axis=0), (features**2).sum(axis=0)
        if min(counts) >= check:
            check *= 2
            if _apart(moments, counts, level):
                return True
    return False


def _features(series: Sequence[NDArray[np.float64]], scales: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    """The cosines and sines of each series at each frequency: an array (samples, features) with entries in [−1, 1]."""
    turns = [f * (s - centre) / spread for s, (centre, spread) in zip(series, scales, strict=True) for f in FREQUENCIES]
    return np.stack([g(t) for t in turns for g in (np.cos, np.sin)], axis=1)


def _scale(values: NDArray[np.float64]) -> tuple[float, float]:
    return float(np.mean(values)), float(np.std(values)) or 1.0


def _apart(moments: Sequence[NDArray[np.float64]], counts: Sequence[int], level: float) -> bool:
    """Whether two means of one feature are further apart than chance has it."""
    means = [m[0] / n for m, n in zip(moments, counts, strict=True)]
    bounds = []
    for m, mean, n in zip(moments, means, counts, strict=True):
        variance = np.maximum(m[1] / n - mean**2, 0) * n / (n - 1)
        bounds.append(np.sqrt(2 * variance * level / n) + 2 * 7 * level / (3 * (n - 1)))
    return bool((np.abs(means[0] - means[1]) > bounds[0] + bounds[1]).any())


def _probes(shapes: Sequence[tuple[int, ...]], where: tuple[int, tuple[int, ...]]) -> Iterator[Probe]:
    """The entry that differs most; its sum and difference with its neighbours and with its like in other outputs; all entries."""
    out, place = where
    yield lambda ys: ys[out][(slice(None), *place)]
    partners = [(k, place) for k, shape in enumerate(shapes) if k != out and shape == shapes[out]]
    for axis, size in enumerate(shapes[out]):
        beside = (place[axis] + 1) % size
        partners += [(out, (*place[:axis], beside, *place[axis + 1 :]))] * (size > 1)
    for k, at in partners:
        for sign in (1.0, -1.0):
            yield lambda ys, k=k, at=at, sign=sign: ys[out][(slice(None), *place)] + sign * ys[k][(slice(None), *at)]  # type: ignore[misc]
    yield lambda ys: sum(y.reshape(len(y), -1).sum(axis=1) / sqrt(prod(y.shape[1:])) for y in ys)


@dataclass(frozen=True, eq=False)
class _Sampler:
    """A side at a point as a function of draws that have an axis of samples in front."""

    run: Any
    point: Point
    drawn: dict[str, Node]
    count: int
    name: str

    @staticmethod
    def of(graph: Graph, point: Point, name: str) -> _Sampler:
        wide, drawn = opened(graph)
        count = max(4, min(1024, ROOM // sum(prod(ints(n.sizes)) for n in wide.nodes())))
        axis = Axis("sample", count)
        dom = [replace(a, axes=(axis, *a.axes)) if k >= len(graph.dom) else a for k, a in enumerate(wide.dom)]
        outputs = Run().over((count,), wide, [source(Input(k, a.kind), a.sizes) for k, a in enumerate(dom)])
        cod = tuple([replace(a, axes=(axis, *a.axes)) for a in graph.cod])
        return _Sampler(compile(Graph(tuple(dom), cod, tuple(outputs))), point, dict(drawn), count, name)

    def outputs(self, step: int) -> list[Any]:
        """The outputs at samples that no other step has."""
        arrays = []
        for key, n in self.drawn.items():
            assert isinstance(n.op, Draw)
            arrays.append(generated(step, f"{self.name} {key}", n.op.law, (self.count, *ints(n.sizes))))
        with np.errstate(all="ignore"):
            return [np.asarray(y, dtype=np.float64) for y in self.run(*self.point.inputs, *arrays, weights=self.point.weights)]
