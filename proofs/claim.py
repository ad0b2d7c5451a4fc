"""A claim is two parallel diagrams with shared weights: what the user's two programs say when read as mathematics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from ncd_cat.errors import InputError, TypeMismatch
from ncd_cat.graph import Graph, Node
from ncd_cat.ops.indexing import Take
from ncd_cat.ops.literal import Literal
from ncd_cat.ops.opaque import Opaque
from ncd_cat.ops.random import draws
from ncd_cat.ops.reduction import ArgMax
from ncd_cat.programs import graph_of
from ncd_cat.sizes import Poly, Size, divide, symbol, symbols
from ncd_cat.substitution import put, resized
from proofs.assume import Facts, facts, specialised
from proofs.matching import matched
from proofs.params import by_value, renamed
from proofs.sizing import needed

SHOWN = 4  # names in a message
COUNTED = "indices that are data count from the front of an axis: none is negative"


@dataclass(frozen=True)
class Claim:
    """lhs = rhs, with what the person should know about how they were read."""

    lhs: Graph
    rhs: Graph
    notes: tuple[str, ...]
    evaluable: bool
    only_left: tuple[str, ...]
    only_right: tuple[str, ...]
    facts: Facts = field(default_factory=dict)
    stated: tuple[str, ...] = ()

    def check_names(self) -> None:
        """Raise InputError if weights have names on one side only, on both sides: a map is missing."""
        if self.only_left and self.only_right:
            where = f"{_some(self.only_left)} in lhs, {_some(self.only_right)} in rhs"
            raise InputError(f"weights are on one side only: {where}; map them with params")


def claim(lhs: Any, rhs: Any, inputs: Any, params: Mapping[str, str] | str | None, tell: Callable[[str, float], None],
          assume: Sequence[str] | str = ()) -> Claim:  # fmt: skip
    """Read both programs as graphs and check that they can be compared.  Raises an NcdError."""
    tell("reading lhs", 0.0)
    left = graph_of(lhs, inputs, "lhs")
    tell("reading rhs", 0.5)
    right = graph_of(rhs, inputs, "rhs")
    if params:
        right = renamed(right, by_value(params, lhs, rhs, left, right) if isinstance(params, str) else params, left)
    conditions, left, right, stated = specialised(assume, left, right)
    left, right, notes = _met(left, right)
    _parallel(left, right)
    right = matched(left, right)
    ours, theirs = left.weights(), right.weights()
    for key in ours.keys() & theirs.keys():
        if ours[key].sizes != theirs[key].sizes:
            differing = next((m, n) for m, n in zip_longest(ours[key].sizes, theirs[key].sizes, fillvalue=0) if m != n)
            said = f"weight {key!r} has sizes {_sizes(ours[key])} in lhs and {_sizes(theirs[key])} in rhs"
            raise InputError(said + needed(*differing))
    drawn, redrawn = draws(left), draws(right)
    for key in drawn.keys() & redrawn.keys():
        if drawn[key] is not redrawn[key]:
            one, other = (f"{n.op} with sizes {_sizes(n)}" for n in (drawn[key], redrawn[key]))
            raise InputError(f"draw {key!r} is {one} in lhs and {other} in rhs")
    only_left, only_right = tuple(k for k in ours if k not in theirs), tuple(k for k in theirs if k not in ours)
    notes += [f"weights of {side} only: {_some(keys)}" for side, keys in (("lhs", only_left), ("rhs", only_right)) if keys]
    opaque = sorted({str(n.op) for n in [*left.nodes(), *right.nodes()] if isinstance(n.op, Opaque)})
    notes += [f"boxes without a meaning here, equal to themselves only: {_some(tuple(opaque))}"] * bool(opaque)
    notes += ["random: the draws of the two sides are matched, and only a difference in law refutes"] * bool(drawn or redrawn)
    notes += [COUNTED] * (_indices(left) != _indices(right))
    return Claim(left, right, tuple(notes), not opaque, only_left, only_right, facts(conditions, left, right), stated)


def _indices(graph: Graph) -> set[tuple[Node, Size]]:
    """The data that entries are chosen by, each with the size of the axis."""
    found = {(n.operands[1][0], n.op.size) for n in graph.nodes() if isinstance(n.op, Take)}
    return {(index, size) for index, size in found if not isinstance(index.op, Literal | ArgMax)}


def _met(left: Graph, right: Graph) -> tuple[Graph, Graph, list[str]]:
    """Both sides at the sizes of the other, where a symbol of one is the size of an axis that the other gives a number."""
    notes = []
    ours, theirs = _solved(left, right), _solved(right, left)
    for side, other, found in (("lhs", "rhs", ours), ("rhs", "lhs", theirs)):
        if found:
            notes.append(f"{side} at the sizes of {other}: {', '.join([f'{s} = {n}' for s, n in sorted(found.items())])}")
    return resized(left, ours) if ours else left, resized(right, theirs) if theirs else right, notes


def _solved(graph: Graph, other: Graph) -> dict[str, Size]:
    """The symbols of a graph that are sizes of axes of inputs, outputs or weights to which the other graph gives a number."""
    found: dict[str, Size] = {}
    ours, theirs = graph.weights(), other.weights()
    pairs = [(a.sizes, b.sizes) for x, y in ((graph.dom, other.dom), (graph.cod, other.cod)) for a, b in zip(x, y, strict=False)]
    pairs += [(w.sizes, theirs[key].sizes) for key, w in ours.items() if key in theirs]
    meant = [(m, n) for some, numbers in pairs for m, n in zip(some, numbers, strict=False) if isinstance(m, Poly) and isinstance(n, int)]
    for m, n in sorted(meant, key=lambda pair: len(symbols(pair[0]))):
        unknown = [s for s in symbols(m) if s not in found]
        if len(unknown) == 1:
            found.update(_factor(m, n, unknown[0], found))
    return found


def _factor(product: Poly, n: int, name: str, found: Mapping[str, Size]) -> dict[str, Size]:
    """The symbol's value where a product of it and of known sizes is n: of 3·d = 12, d is 4."""
    others = divide(product, symbol(name))
    known = put(others, found) if others is not None and name not in symbols(others) else None
    return {name: n // known} if isinstance(known, int) and known > 0 and n % known == 0 else {}


def _parallel(left: Graph, right: Graph) -> None:
    for what, ours, theirs in (("input", left.dom, right.dom), ("output", left.cod, right.cod)):
        if len(ours) != len(theirs):
            raise TypeMismatch(f"lhs has {len(ours)} {what}s and rhs has {len(theirs)}: they cannot be equal")
        for k, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            if len(a.axes) != len(b.axes):
                raise TypeMismatch(f"{what} {k} is {a} in lhs and {b} in rhs: {len(a.axes)} axes against {len(b.axes)}")
            for axis, (m, n) in enumerate(zip(a.sizes, b.sizes, strict=True)):
                if m != n:
                    said = f"{what} {k}, axis {axis} ({a.axes[axis].name}) has size {m} in lhs and {n} in rhs"
                    raise TypeMismatch(said + needed(m, n))
            if a.kind != b.kind:
                raise TypeMismatch(f"{what} {k} is {a.dtype} in lhs and {b.dtype} in rhs")


def _sizes(n: Node) -> str:
    return "(" + ", ".join(map(str, n.sizes)) + ")"


def _some(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
