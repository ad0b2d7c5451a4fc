"""Where a side of a theorem occurs at a node: values for its inputs and sizes for its symbols, so that its output is that node.

Side and node are walked together from their outputs down; that gives values for the inputs, which may have axes in front that the
theorem does not have, over which it is then broadcast.  Whether these values are right is not decided here: whoever uses them makes
the side again on them and compares.  Source: first-order matching, here on term graphs with index maps.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ncd_cat.axes import Access, Index, NotAffine, Sizes, constant, identity, substitute, whole
from ncd_cat.graph import Graph, Input, Node, Value, node
from ncd_cat.ops.contraction import Contraction
from ncd_cat.sizes import Poly, Size, symbol, symbols
from ncd_cat.substitution import inline, put, resized
from ncd_cat.wiring import lift


@dataclass
class Occurrence:
    """A side of a theorem at the sizes of a node, broadcast over the axes in front, and the values of its inputs there."""

    graph: Graph
    over: Sizes
    sizes: dict[str, Size] = field(default_factory=dict)
    inputs: dict[int, Value] = field(default_factory=dict)
    constants: bool = False

    @property
    def values(self) -> list[Value]:
        """The values of the inputs, in order."""
        return [self.inputs[k] for k in range(len(self.graph.dom))]

    def made(self, side: Graph, values: list[Value]) -> Value:
        """The output of a side of the theorem on values for its inputs, at the sizes found."""
        sized = resized(side, self.sizes) if self.sizes else side
        (output,) = sized.outputs
        if not self.over:
            return inline(sized, values, {})[output.node].at(output.access, output.sizes)
        found = self._lifted(sized, values)[output.node]
        moved = tuple([_moved(e, len(self.over), output.sizes) for e in output.access])
        front = identity(self.over) if len(found.sizes) > len(output.node.sizes) else ()
        return found.at((*front, *moved), self.over + output.sizes)

    def at(self, side: Graph, n: Node) -> bool:
        """Whether a side, made on the values that were found, is this node, with constants as they are or over the axes in front."""
        for self.constants in (False, True):
            if self.made(side, self.values) == Value.of(n):
                return True
        return False

    def _lifted(self, side: Graph, values: list[Value]) -> dict[Node, Value]:
        """The nodes of a side with the axes in front before their own."""
        names = {n: n for n in side.nodes()}
        added: list[Value] = []
        for n in names if self.constants else ():
            if isinstance(n.op, Contraction) and not n.operands:
                op = n.op.reindexed(identity(n.sizes, len(self.over)), n.sizes, self.over + n.sizes)
                names[n] = node(Input(len(values) + len(added), n.kind), (), n.sizes)
                added.append(Value.of(node(op, (), self.over + n.sizes)))
            else:
                names[n] = node(n.op, [(names[x], access) for x, access in n.operands], n.sizes)
        outputs = tuple([Value(names[v.node], v.access, v.sizes) for v in side.outputs])
        found = lift(replace(side, outputs=outputs, blocks=(), labels=()), [*values, *added], self.over)
        return {n: found[m] for n, m in names.items() if m in found}


def occurrence(side: Graph, n: Node) -> Occurrence | None:
    """How a side with one output, read as it is, may occur at a node; None if in no way that is seen."""
    (output,) = side.outputs
    extra = len(n.sizes) - len(output.sizes)
    if output.access != identity(output.node.sizes) or extra < 0:
        return None
    found = Occurrence(side, n.sizes[:extra])
    if not _meets(output.node, n, tuple(range(extra)), found) or len(found.inputs) < len(side.dom):
        return None
    return found


def _meets(pattern: Node, n: Node, lead: tuple[int, ...], found: Occurrence) -> bool:
    """Whether a node has the ops of the pattern below it; its first axes are the axes `lead` of those in front."""
    if type(pattern.op) is not type(n.op) or len(pattern.operands) != len(n.operands):
        return False
    if not _solved(pattern.sizes, n.sizes[len(lead) :], found.sizes):
        return False
    return all(_operand(pattern, n, k, lead, found) for k in range(len(n.operands)))


def _operand(pattern: Node, n: Node, k: int, lead: tuple[int, ...], found: Occurrence) -> bool:
    (inner, read), (x, access) = pattern.operands[k], n.operands[k]
    if isinstance(inner.op, Input):
        return inner.kind == x.kind and _bound(inner, read, Value(x, access, n.domain(k)), lead, found)
    extra = len(x.sizes) - len(inner.sizes)
    front = [_axis(e, size) for e, size in zip(access[: max(extra, 0)], x.sizes, strict=False)]
    if extra < 0 or any(j is None or j >= len(lead) for j in front):
        return False
    return _meets(inner, x, tuple([lead[j] for j in front if j is not None]), found)


def _bound(inner: Node, read: Access, v: Value, lead: tuple[int, ...], found: Occurrence) -> bool:
    """Bind an input of the pattern to what is read in its place; where it is read in part, to a node that has its sizes."""
    position: int = inner.op.position  # type: ignore[attr-defined]
    axes = [_axis(e, n) for e, n in zip(read, inner.sizes, strict=True)]
    if position in found.inputs:
        return True
    whole_axes = [j for j in axes if j is not None]
    if len(set(whole_axes)) == len(axes):
        value = _read(whole_axes, v, lead, found.over)
    elif len(v.node.sizes) == len(found.over) + len(inner.sizes):
        value = Value.of(v.node)
    else:
        value = Value(v.node, identity(v.node.sizes, len(found.over)), found.over + v.node.sizes)
    if value is None or len(value.sizes) != len(found.over) + len(inner.sizes):
        return False
    found.inputs[position] = value
    return _solved(inner.sizes, value.sizes[len(found.over) :], found.sizes)


def _read(axes: list[int], v: Value, lead: tuple[int, ...], over: Sizes) -> Value | None:
    """A value whose axes are those in front and those that the pattern calls `axes`; None if it depends on others."""
    own = over + tuple([v.sizes[len(lead) + j] for j in axes])
    reading: list[Index] = [constant(0)] * len(v.sizes)
    for j, place in enumerate(lead):
        reading[j] = whole(place, own[place])
    for i, axis in enumerate(axes):
        reading[len(lead) + axis] = whole(len(over) + i, own[len(over) + i])
    try:
        return Value(v.node, tuple([substitute(e, tuple(reading), v.sizes) for e in v.access]), own)
    except NotAffine:
        return None


def _axis(e: Index, size: Size) -> int | None:
    """The axis of this size that an index is; None for another index."""
    return e[1][0][1] if len(e[1]) == 1 and e == whole(e[1][0][1], size) else None


def _solved(pattern: Sizes, given: Sizes, sizes: dict[str, Size]) -> bool:
    """Whether sizes fit those of a pattern, with values for symbols that stand alone."""
    for m, n in zip(pattern, given, strict=True):
        if isinstance(m, Poly) and m == symbol(symbols(m)[0]):
            sizes.setdefault(symbols(m)[0], n)
    return all(put(m, sizes) == n or len(symbols(m)) > 1 for m, n in zip(pattern, given, strict=True))


def _moved(e: Index, by: int, sizes: Sizes) -> Index:
    return substitute(e, tuple([whole(by + k, n) for k, n in enumerate(sizes)]), sizes)
