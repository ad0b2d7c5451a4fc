"""Contractions and reindexings of wires: einsum and rearrange, whose patterns name axes, and arithmetic.

`einsum("q d, k d -> q k")` alone is the diagram of that type at symbolic sizes; `einsum(pattern, x, y)` acts on wires, whose
axes it may call by other names, but not by each other's.  Sources: Einstein's summation convention; the patterns of einops.

>>> scores = einsum("q d, k d -> q k", d=6)
>>> print(scores.dom, "->", scores.cod)
float32[q d:6] @ float32[k d:6] -> float32[q k]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ncd_cat import pattern as patterns
from ncd_cat.axes import Axis
from ncd_cat.errors import TypeMismatch
from ncd_cat.graph import Value
from ncd_cat.language.family import Family, joined
from ncd_cat.language.types import a_size, looked_up, members, one_axis
from ncd_cat.language.verbs import verb
from ncd_cat.language.wire import Number, Wire, place, places, scalar, typed, wired
from ncd_cat.ops import contraction as ops
from ncd_cat.ops.contraction import contraction, term
from ncd_cat.ops.layout import place as placed
from ncd_cat.pattern import Pattern, indices, merge, names
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.sizes import Size, product


def einsum(pattern: str, /, *wires: Any, scale: Number = ONE, **sizes: Any) -> Any:
    """scale · the sum of the product of wires over the axes that the result does not name; a Diagram if no wires are given.

    `sizes` gives the parts of a group that the operands do not determine.  Raises TypeMismatch, naming the axis and both
    sizes, where the pattern does not fit.

    >>> from ncd_cat.language import ty
    >>> heads = einsum("t m, h d m -> h t d", h=4)
    >>> print(heads.cod, einsum("c x..., o c -> o x...", x=(8, 9)).cod)
    float32[h:4 t d] float32[o x.0:8 x.1:9]
    """
    p = Pattern.read("einsum", spelt(pattern, wires))
    given = sizes_of(p, sizes)
    return _contract(p, joined(wires), scalar(scale), given) if wires else _diagram(p, einsum, scalar(scale), given)


def rearrange(pattern: str, /, *wires: Any, **sizes: Any) -> Any:
    """A wire with its axes split, merged, permuted, repeated or read along a diagonal: a reindexing, which computes nothing.

    A Diagram if no wire is given.  Raises TypeMismatch where the pattern does not fit, or where an axis would be summed.
    """
    p = Pattern.read("rearrange", spelt(pattern, wires))
    given = sizes_of(p, sizes)
    for a in names(p.left[0]):
        if a not in names(p.right):
            raise TypeMismatch(f"rearrange {pattern!r}: axis {a} is not in the result; use einsum to sum over it")
    return reindexed(p, joined(wires), given) if wires else _diagram(p, rearrange, ONE, given)


@verb()
def scale(x: Wire, by: Number) -> Any:
    """by · x.

    >>> from ncd_cat.language import symbols, ty
    >>> d = symbols("d")
    >>> print(scale(d**-0.5).at(ty("q d")).graph.outputs[0].node.op.specs[0].scalar)
    (d)**(-1/2)
    """
    return x * by


@verb(2)
def add(*wires: Wire) -> Any:
    """The sum of wires that have the same axes."""
    return _fold(lambda x, y: x + y, wires)


@verb(2)
def multiply(*wires: Wire) -> Any:
    """The product, entry by entry, of wires that have the same axes."""
    return _fold(lambda x, y: x * y, wires)


@verb(2)
def subtract(x: Wire, y: Wire) -> Any:
    """x − y, for wires that have the same axes."""
    return x - y


@verb(2)
def divide(x: Wire, y: Wire) -> Any:
    """x / y, for wires that have the same axes."""
    return x / y


@verb()
def total(x: Wire, over: str | int | Axis) -> Wire:
    """The sum of x over axes, which disappear: `total(x, "h d")`."""
    return _without(x, places(x, over, "total"), ops.total)


@verb()
def mean(x: Wire, over: str | int | Axis) -> Wire:
    """The mean of x over axes, which disappear; of all members of a bundle."""
    return _without(x, places(x, over, "mean"), ops.mean)


@verb()
def cup(x: Wire, a: str, b: str = "") -> Wire:
    """The sum of x over the diagonal of two axes, a and a' if one name is given: the cup ε, an inner product.

    >>> from ncd_cat.language import ty
    >>> print(cup("k", "j").at(ty("k:3 q j:3")).cod)
    float32[q]
    """
    i, j = place(x, a, "cup"), place(x, b or f"{a}'", "cup")
    m, n = x.axes[i].size, x.axes[j].size
    if m != n or i == j:
        raise TypeMismatch(f"cup: the axes {x.names[i]} and {x.names[j]} of {x.type} have sizes {m} and {n}: they must be two of one size")
    kept = [k for k in range(len(x.axes)) if k not in (i, j)]
    at = [len(kept) if k in (i, j) else kept.index(k) for k in range(len(x.axes))]
    own = tuple([x.axes[k].size for k in kept])
    read = placed(x.value, at, (*own, m))
    return x.like(ops.total(read, [len(kept)]), tuple([x.axes[k] for k in kept]))


def cap(a: str | Axis, b: str = "", size: Size | None = None) -> Family:
    """The cap η of an axis: the identity matrix [a = a'] as an array with the axes a and a' (or b).

    >>> print(cap("k").at().cod)
    float32[k k':k]
    """
    axis = one_axis(a, "cap") if size is None else Axis(one_axis(a, "cap").name, a_size(size, str(a)))
    other = Axis(b or f"{axis.name}'", axis.size)
    return Family(f"cap({axis}, {other})", 0, lambda: Wire(identity_matrix(axis.size), typed((axis, other), "float32", "cap")))


def identity_matrix(n: Size) -> Value:
    """[i = j] over two axes of size n."""
    from ncd_cat.axes import add as sum_of
    from ncd_cat.axes import scale as times
    from ncd_cat.axes import whole

    guards = [] if n == 1 else [(True, sum_of(whole(0, n), times(whole(1, n), -1)))]
    return Value.of(contraction([term(ONE, (), [], guards, sizes=(n, n))], (n, n)))


# ---- patterns -----------------------------------------------------------------------------------------------------


def spelt(pattern: str, wires: Sequence[Any]) -> str:
    """The pattern with its bundles spelt out: as many members as those of the wires have, two where there are none."""
    counts: dict[str, int] = {}
    for name, _, k in [a.rpartition(".") for w in wires if isinstance(w, Wire) for a in w.names]:
        if name and k.isdecimal():
            counts[name] = max(counts.get(name, 0), int(k) + 1)
    return members(pattern, counts, max(counts.values(), default=2)) if isinstance(pattern, str) else pattern


def sizes_of(p: Pattern, given: Mapping[str, Any]) -> dict[str, Size]:
    """The sizes given, each a number or a symbol; that of a bundle is that of each of its members, or has one for each."""
    named = dict.fromkeys([a for side in (*p.left, p.right) for a in names(side)])
    found: dict[str, Size] = {}
    for a in given:
        own = [a] if a in named else [b for b in named if b.rpartition(".")[0] == a] or [a]
        found.update({b: a_size(n, b) for b, n in zip(own, looked_up(own, a, given), strict=True)})
    return found


def _diagram(p: Pattern, function: Callable[..., Any], by: Scalar, sizes: dict[str, Size]) -> Any:
    """The diagram from operands whose axes are those of the pattern; a family where it says "..." of them."""
    options = {"scale": by} if by != ONE else {}
    if any(("...",) in side for side in p.left):
        return Family(f"{p.verb}({p.text!r})", len(p.left), lambda *ws: function(p.text, *ws, **options, **sizes))
    grouped = {a: Axis(a).size for side in p.left for group in side if len(group) > 1 for a in group}
    sizes = {**grouped, **sizes}
    dom = [typed([_named(group, sizes) for group in side], "float32", f"{p.verb} {p.text!r}") for side in _apart(p)]
    graph = Family(p.text, len(dom), lambda *ws: function(p.text, *ws, **options, **sizes)).graph(*dom)
    from ncd_cat.diagram import Diagram

    return Diagram.of_graph(graph)


def _apart(p: Pattern) -> list[patterns.Side]:
    """The left sides, with the second and third time that one of them names an axis told apart by dashes."""
    found = []
    for side in p.left:
        seen: dict[str, int] = {}
        groups = []
        for group in side:
            name = "_".join(group)
            seen[name] = seen.get(name, 0) + 1
            groups.append((*group, "'" * (seen[name] - 1)))
        found.append(tuple(groups))
    return found


def _named(group: patterns.Group, sizes: dict[str, Size]) -> Axis:
    *parts, dashes = group
    return Axis(("_".join(parts) or "one") + dashes, product([Axis(a, sizes.get(a)).size for a in parts]))


def _contract(p: Pattern, wires: list[Wire], by: Scalar, sizes: dict[str, Size]) -> Wire:
    found = _measure(p, wires, sizes)
    lefts = [p.spelt(side, len(w.axes), "an operand") for side, w in zip(p.left, wires, strict=True)]
    right = p.result(found)
    free = names(right)
    bound = list(dict.fromkeys([a for side in lefts for a in names(side) if a not in free]))
    own, bounds = tuple([found[a] for a in free]), tuple([found[a] for a in bound])
    at = {a: k for k, a in enumerate([*free, *bound])}
    factors = [(w.value, indices(side, at, found)) for side, w in zip(lefts, wires, strict=True)]
    y = Value.of(contraction([term(by, bounds, factors, sizes=own)], own))
    return _result(p, right, y.at(*merge(right, found)), wires)


def reindexed(p: Pattern, wires: Sequence[Wire], sizes: Mapping[str, Size]) -> Wire:
    """The one wire read as the pattern says."""
    found, (x,) = _measure(p, wires, sizes), wires
    left, right = p.spelt(p.left[0], len(x.axes), "the operand"), p.result(found)
    free = names(right)
    at = {a: k for k, a in enumerate(free)}
    y = x.value.at(indices(left, at, found), tuple([found[a] for a in free])).at(*merge(right, found))
    return _result(p, right, y, [x])


def _measure(p: Pattern, wires: Sequence[Wire], sizes: Mapping[str, Size]) -> dict[str, Size]:
    """The size of every name.  Raises TypeMismatch where an operand has the axes of the pattern in another order."""
    for side, w in zip(p.left, wires, strict=False):
        plain = [group[0] for group in side if len(group) == 1 and group != ("...",)]
        there = [a for a in w.names if a in plain]
        if there != [a for a in plain if a in there] and len(set(plain)) == len(plain):
            raise TypeMismatch(f"{p.verb} {p.text!r}: an operand is {w.type}, whose axes are in the order {' '.join(there)}")
    return p.measure([w.value.sizes for w in wires], sizes)


def _result(p: Pattern, right: patterns.Side, y: Value, wires: Sequence[Wire]) -> Wire:
    """The value with axes called as in the pattern; those of "..." as they were."""
    dots = next((w for side, w in zip(p.left, wires, strict=True) if ("...",) in side), None)
    start = next((side.index(("...",)) for side in p.left if ("...",) in side), 0)
    called: list[str] = []
    for group in right:
        leading = bool(group) and group[0].startswith(".")
        name = dots.axes[start + int(group[0][1:])].name if dots is not None and leading else "_".join(group) or "one"
        called.append(name + "'" * (not group) * called.count(name))
    return wired(y, tuple([Axis(a, n) for a, n in zip(called, y.sizes, strict=True)]), *wires)


def _without(x: Wire, over: Sequence[int], build: Callable[[Value, Sequence[int]], Value]) -> Wire:
    return x.like(build(x.value, over), tuple([a for k, a in enumerate(x.axes) if k not in over]))


def _fold(build: Callable[[Any, Any], Any], wires: Sequence[Wire]) -> Any:
    found = wires[0]
    for w in wires[1:]:
        found = build(found, w)
    return found

