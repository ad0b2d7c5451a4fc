"""Writing loops: a function of values, called once on what a step is given, becomes the body of a `Scan`.

The function may use values from outside: all steps share them.  A loop in reverse reads and stacks in reverse, through index
maps.  Source: mapAccumL of functional programming.

>>> from ncd_cat.graph import Input, source
>>> from ncd_cat.ops.contraction import add
>>> from ncd_cat.sizes import symbol
>>> s, x = source(Input(0), (3,)), source(Input(1), (symbol("n"), 3))
>>> (final,), (sums,) = scan(lambda s, x: (add(s, x), add(s, x)), [s], [x])
>>> print(final, "|", sums)
scan(n)[i0] : 3 | scan(n)[i0, i1] : n 3
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ncd_cat.axes import Sizes, whole
from ncd_cat.closing import Closed, closed, plain
from ncd_cat.errors import TypeMismatch
from ncd_cat.graph import Graph, Value, apply
from ncd_cat.ops.contraction import repeat
from ncd_cat.ops.layout import permute, position
from ncd_cat.ops.scan import Scan
from ncd_cat.signature import KINDS, Kind
from ncd_cat.sizes import Size, provably_nonnegative
from ncd_cat.substitution import inline

Body = Callable[..., Value | Sequence[Value]] | Graph


def scan(body: Body, init: Sequence[Value], xs: Sequence[Value] = (), shared: Sequence[Value] = (), *, axes: int | Sequence[int] = 0,
         length: Size | None = None, reverse: bool = False) -> tuple[list[Value], list[Value]]:  # fmt: skip
    """The final states and the stacked outputs of a loop.

    body: a function of values (or a diagram, or its graph): (*states, *slices, *shared) to (*new states, *outputs); it may use
    values from outside, which all steps share.  init: the first states.  xs: arrays that are read a slice a step, along
    `axes` (one number for all, or one for each).  length: the number of steps where nothing is scanned.  reverse: the last
    slice comes first.  Outputs are stacked along a new axis 0, in the order of the slices.

    Raises TypeMismatch, naming the wire and both sizes, unless the lengths agree and a step keeps the types of the states.
    """
    where = [axes] * len(xs) if isinstance(axes, int) else list(axes)
    if len(where) != len(xs):
        raise TypeMismatch(f"scan: {len(xs)} arrays are scanned, along {len(where)} axes: give one axis for each")
    moved = [_front(x, position(x, axis, "scan")) for x, axis in zip(xs, where, strict=True)]
    steps = _length(moved, where, length)
    moved = [_flipped(x) for x in moved] if reverse else moved
    arguments = [*init, *moved, *shared]
    found = _closed(body, init, [(x.sizes[1:], x.kind) for x in moved] + [(x.sizes, x.kind) for x in shared])
    count, outputs = len(init), len(found.body.cod) - len(init)
    if steps == 0 and not outputs:
        return list(init), []
    operands = [*[arguments[k] for k in found.used], *found.captured]
    if not operands:  # a constant, as often as there are steps
        return [], [repeat(v, [(0, steps)]) for v in found.body.outputs]
    scanned = sum(count <= k < count + len(xs) for k in found.used)
    ports = [apply(Scan(found.body, steps, count, scanned, port), *operands, degree=()) for port in range(len(found.body.cod))]
    return ports[:count], [_flipped(y) for y in ports[count:]] if reverse else ports[count:]


def _front(x: Value, axis: int) -> Value:
    return permute(x, [axis, *(k for k in range(len(x.sizes)) if k != axis)])


def _flipped(x: Value) -> Value:
    n = x.sizes[0]
    return x if n == 1 else x.at(((n - 1, ((-1, 0, 1, n),)), *(whole(k + 1, m) for k, m in enumerate(x.sizes[1:]))), x.sizes)


def _length(xs: Sequence[Value], axes: Sequence[int], length: Size | None) -> Size:
    if not xs and length is None:
        raise TypeMismatch("scan: nothing is scanned, so the number of steps is not known: give length=…")
    found = xs[0].sizes[0] if length is None else length
    for k, (x, axis) in enumerate(zip(xs, axes, strict=True)):
        if x.sizes[0] != found:
            due = f"array 0 has {found} along axis {axes[0]}" if length is None else f"length is {length}"
            raise TypeMismatch(f"scan: array {k} has {x.sizes[0]} slices along its axis {axis}, but {due}")
    if not provably_nonnegative(found):
        raise TypeMismatch(f"scan: a loop has not {found} steps")
    return found


def _closed(body: Body, init: Sequence[Value], rest: Sequence[tuple[Sizes, Kind]]) -> Closed:
    """The body as a closed graph, its states of kinds wide enough for what a step makes of them."""
    kinds = [v.kind for v in init]
    while True:
        states = [(v.sizes, kind) for v, kind in zip(init, kinds, strict=True)]
        found = closed(lambda *values: _called(body, values, init), [*states, *rest], len(init))
        wider = [min(kind, a.kind, key=KINDS.index) for kind, a in zip(kinds, found.body.cod, strict=False)]
        if wider == kinds:
            made = [*kinds, *[a.kind for a in found.body.cod[len(init) :]]]
            return found._replace(body=plain(found.body.outputs, [(a.sizes, a.kind) for a in found.body.dom], made))
        kinds = wider


def _called(body: Body, values: Sequence[Value], init: Sequence[Value]) -> list[Value]:
    """The new states and outputs of one step.  Raises TypeMismatch unless the states keep their sizes."""
    if isinstance(body, Graph):
        if [v.sizes for v in values] != [a.sizes for a in body.dom]:
            taken, given = ", ".join(map(str, body.dom)), ", ".join(str(v.sizes) for v in values)
            raise TypeMismatch(f"scan: the body takes {taken}; it is given states, slices and shared values of sizes {given}")
        found = inline(body, values, {})
        results = [found[v.node].at(v.access, v.sizes) for v in body.outputs]
    else:
        made = body(*values)
        results = [made] if isinstance(made, Value) else list(made)
    if len(results) < len(init):
        due = f"{len(init)} new states come first, then outputs"
        raise TypeMismatch(f"scan: a step gives {len(results)} values: {due}")
    for k, (v, start) in enumerate(zip(results, init, strict=False)):
        if v.sizes != start.sizes:
            raise TypeMismatch(f"scan: state {k} has sizes {start.sizes} before a step and {v.sizes} after it: a step must keep them")
    return results
