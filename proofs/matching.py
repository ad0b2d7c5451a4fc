"""Matching draws: which draw of one side is which of the other, found by what each of them does to the outputs.

The numbers of flagged draws are no part of what a diagram means: the two sides of a claim are equal in law if they are equal
functions of their draws after a renaming.  With one array for all draws that are alike, a draw is told by how the outputs move
when it alone takes another array.  This only guesses: a wrong match can miss an equality, and never makes one.

>>> from ncd_cat.graph import Input, source
>>> from ncd_cat.ops.contraction import add, scale
>>> from ncd_cat.ops.random import numbered, sample
>>> from ncd_cat.types import Array
>>> one, two = sample((3,)), sample((3,))
>>> sums = [add(one, scale(two, 2)), add(scale(two, 2), one)]
>>> lhs, rhs = (numbered(Graph((), (Array.of((3,)),), (y,))) for y in sums)
>>> lhs.same_as(rhs), {key: n.op.key for key, n in draws(matched(lhs, rhs)).items()}
(False, {'uniform[3]#1': 'uniform[3]#1', 'uniform[3]#0': 'uniform[3]#0'})
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ncd_cat.errors import InputError, UnsupportedOp
from ncd_cat.evaluate import compile
from ncd_cat.evaluation.drawing import Random
from ncd_cat.evaluation.lowering import instance
from ncd_cat.graph import Graph
from ncd_cat.ops.random import FLAG, Draw, draws, generated, with_sources
from proofs.draws import STYLES, Point, draw, ports_of, small_sizes

CLOSE = 1e-9  # relative
MOST = 64  # draws of a side


def matched(lhs: Graph, rhs: Graph) -> Graph:
    """rhs with the keys of the draws of lhs that do the same, where there is a choice; rhs itself if its own keys do."""
    ours, theirs = _alike(lhs), _alike(rhs)
    choice = [kind for kind, keys in theirs.items() if kind in ours and len(keys) > 1]
    if not choice or max(len(draws(g)) for g in (lhs, rhs)) > MOST:
        return rhs
    small = [instance(g, next(small_sizes(lhs, rhs))) for g in (lhs, rhs)]
    try:
        ports = ports_of(small)
        sides = [_Side(compile(g), draw(ports, STYLES[0], 0)) for g in small]
        points = [side.point.draws for side in sides]
        if _same(sides[0].at(points[0]), sides[1].at(points[1])):
            return rhs
        shapes = {key: (law, shape) for key, shape, law in ports.draws}
        found = {key: new for kind in choice for key, new in _pairs(sides, ours[kind], theirs[kind], shapes).items()}
    except (InputError, UnsupportedOp):
        return rhs
    return with_sources(rhs, {n: replace(n.op, key=found.get(key, key)) for key, n in draws(rhs).items() if isinstance(n.op, Draw)})


def _alike(graph: Graph) -> dict[str, list[str]]:
    """The keys of the flagged draws by law and sizes."""
    found: dict[str, list[str]] = {}
    for key in draws(graph):
        if FLAG in key:
            found.setdefault(key.rpartition(FLAG)[0], []).append(key)
    return found


@dataclass(frozen=True, eq=False)
class _Side:
    function: Any
    point: Point

    def at(self, drawn: Mapping[str, Any]) -> list[Any]:
        """The outputs at the point, with other draws."""
        extra = {"draws": drawn} if isinstance(self.function, Random) else {}
        with np.errstate(all="ignore"):
            return [np.asarray(y, dtype=np.float64) for y in self.function(*self.point.inputs, weights=self.point.weights, **extra)]


def _pairs(sides: Sequence[_Side], ours: list[str], theirs: list[str], shapes: Mapping[str, tuple[str, tuple[int, ...]]]) -> dict[str, str]:
    """A new key for each of theirs: that of one of ours which moves the outputs in the same way; a free one where there is none."""
    level = {key: generated(0, f"{law} {shape}", law, shape) for key, (law, shape) in shapes.items()}
    moved = {key: level | {key: generated(1, f"{law} {shape}", law, shape)} for key, (law, shape) in shapes.items()}
    effects = [{key: side.at(moved.get(key, level)) for key in keys} for side, keys in zip(sides, (ours, theirs), strict=True)]
    found: dict[str, str] = {}
    for key, effect in effects[1].items():
        same = [k for k, other in effects[0].items() if k not in found.values() and _same(other, effect)]
        if same:
            found[key] = same[0]
    free = [k for k in dict.fromkeys([*ours, *theirs]) if k not in found.values()]
    return found | dict(zip([k for k in theirs if k not in found], free, strict=False))


def _same(xs: Sequence[Any], ys: Sequence[Any]) -> bool:
    return all(np.allclose(x, y, rtol=CLOSE, atol=CLOSE, equal_nan=True) for x, y in zip(xs, ys, strict=True))
