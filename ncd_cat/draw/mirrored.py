"""Mirrored gradients: the forward diagram, and under it the backward one reflected, with tape wires from what is kept to what reads it.

Forward flows to the right, backward to the left, so each block ∂b stands under b; copy is reflected to plus, a cup to an outer
product, L to its transpose.  The tape turns around at the right edge: what is made last is read first, so its wires are nested and
do not cross.  Source: the laws of reverse derivatives, Cockett et al. (arXiv 1910.07065).

>>> from ncd_cat.architectures import find
>>> found = mirrored(find("mlp"))
>>> sum(p.style == "tape" for p in found.layer("wires"))  # the axes of what gelu read
2
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Unpack

from ncd_cat.diagram.diagram import Diagram
from ncd_cat.draw.dashes import cleared
from ncd_cat.draw.glyphs import FORMS
from ncd_cat.draw.labels import Naming
from ncd_cat.draw.layout import Layout
from ncd_cat.draw.metrics import measure
from ncd_cat.draw.painting import MARGIN, Painter
from ncd_cat.draw.scene import LAYERS, Arc, Curve, Disc, Path, Primitive, Scene, Words
from ncd_cat.draw.story import Event, Step, Story
from ncd_cat.draw.telling import tell
from ncd_cat.draw.view import Options, View, viewed
from ncd_cat.gradient import MIRROR, Wrt, grad, vjp
from ncd_cat.graph import Graph, Input, Node, Value, node, source, topological
from ncd_cat.programs import graph_of
from ncd_cat.types import Array

GAP, APART, CORNER = 46.0, 12.0, 6.0  # between the halves, between wires of the tape, at their corners
FEW = 24  # values on a tape whose order is looked for


def mirrored(f: Any, wrt: Wrt = None, inputs: Any = None, cotangents: bool = True, **options: Unpack[Options]) -> Scene:
    """The scene of a diagram over the mirror image of its reverse derivative.

    f, wrt, inputs: as for `vjp`, whose cotangents come in from the right; without `cotangents` as for `grad`, of an f that makes one
    real number.  The options are those of a drawing, but that no line is broken and no block folded.  Raises an NcdError for what
    has no derivative.
    """
    seen = replace(viewed(**options), width=None, fold=0, scales=False)
    primal = graph_of(f, inputs, "f", "mirrored(f, inputs=inputs)").live()
    derived = vjp(primal, wrt=wrt) if cotangents else grad(primal, wrt=(0,) if wrt is None else wrt)
    tape = kept(primal, derived.graph)
    tried = [_joined(Halves.of(primal, derived.graph, order), seen, derived.title) for order in dict.fromkeys(_orders(tape))]
    return min(tried, key=_faults)


def _faults(page: Scene) -> tuple[bool, int]:
    """How hard a page is to read: whether anything lies over anything, and the crossings."""
    found = measure(page)
    return not found.clean, found.crossings


def _orders(tape: tuple[Node, ...]) -> list[tuple[Node, ...]]:
    """Orders in which what is kept may stand: as it is made, the other way round, and the inputs last."""
    inputs = tuple([n for n in tape if isinstance(n.op, Input)])
    made = tuple([n for n in tape if not isinstance(n.op, Input)])
    return [tape, tape[::-1], made + inputs, made[::-1] + inputs] if len(tape) <= FEW else [tape]


def _joined(halves: Halves, seen: View, title: str) -> Scene:
    """Both halves, the lower one reflected, and the tape between them; what comes in or goes out does so at the edges of the page."""
    above, below = _Half.of(halves.forward, seen), _Half.of(halves.backward, seen, transposed=True)
    right = max(above.width, below.width)
    ahead = [p.moved(right - above.width, 0) for p in above.made]
    back = [_reflected(p).moved(right, 0) for p in below.made]
    drop = max(p.box[3] for p in ahead) + GAP - min(p.box[1] for p in back)
    made = [*ahead, *[p.moved(0, drop) for p in back]]
    turn, first = len(above.outs) - above.last(halves.kept), below.first(halves.kept)
    made += _tape(right, above.outs[turn:], [y + drop for y in below.ins[:first]])
    beyond = max(p.box[2] for p in made) + 10
    ends = [(right, beyond, y) for y in [*above.outs[:turn], *[y + drop for y in below.ins[first:]]]]
    ends += [(0.0, right - above.width, y) for y in above.ins] + [(0.0, right - below.width, y + drop) for y in below.outs]
    made += [Path("wires", "wire", "", "edge", ((x0, y), (x1, y))) for x0, x1, y in ends if x0 < x1]
    return _page(made, title)


def _tape(x: float, upper: Sequence[float], lower: Sequence[float]) -> Iterator[Path]:
    """Wires from the right edge of the upper half around to that of the lower one, the innermost first."""
    for k, (y0, y1) in enumerate(zip(reversed(upper), lower, strict=True)):
        out = x + 16 + APART * k
        points = ((x, y0), (out - CORNER, y0), (out, y0 + CORNER), (out, y1 - CORNER), (out - CORNER, y1), (x, y1))
        yield Path("wires", "tape", "kept for the way back", "tape", points)


def _page(made: Sequence[Primitive], title: str) -> Scene:
    """A scene of primitives wherever they are."""
    left, top = min(p.box[0] for p in made) - MARGIN, min(p.box[1] for p in made) - MARGIN
    right, bottom = max(p.box[2] for p in made) + MARGIN, max(p.box[3] for p in made) + MARGIN
    order = {name: k for k, name in enumerate(LAYERS)}
    moved = sorted([p.moved(-left, -top) for p in made], key=lambda p: order[p.layer])
    return Scene(tuple(moved), right - left, bottom - top, title)


def _reflected(p: Primitive) -> Primitive:
    """A primitive in a mirror, words as they are."""
    if isinstance(p, Path):
        return replace(p, points=tuple([(-x, y) for x, y in reversed(p.points)]))
    if isinstance(p, Curve):
        (x0, y0), (x1, y1) = p.start, p.stop
        return replace(p, start=(-x1, y1), stop=(-x0, y0), lean=-p.lean)
    if isinstance(p, Arc):
        return replace(p, x=-p.x, reach=-p.reach)
    assert isinstance(p, Disc | Words)
    return replace(p, x=-p.x)


# ---- the halves as graphs -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Halves:
    """The forward half, whose last outputs are kept, and the backward one, which takes them in the other order first."""

    forward: Graph
    backward: Graph
    kept: int

    @staticmethod
    def of(primal: Graph, derived: Graph, tape: Sequence[Node]) -> Halves:
        """The halves of a derivative.  What depends on no input is in both; of what is kept the axes are in the other order too."""
        types = [_type(primal, n) for n in tape]
        forward = replace(primal, cod=(*primal.cod, *types), outputs=(*primal.outputs, *[Value.of(n) for n in tape]))
        taken = [replace(a, axes=a.axes[::-1]) for a in reversed(types)]
        dom = (*taken, *derived.dom[len(primal.dom) :])
        found = {n: source(Input(k, a.kind), a.sizes).node for k, (n, a) in enumerate(zip(reversed(tape), taken, strict=True))}
        turned = set(found)
        for n in topological([v.node for v in derived.outputs], known=turned):
            if isinstance(n.op, Input):
                found[n] = source(replace(n.op, position=n.op.position - len(primal.dom) + len(tape)), n.sizes).node
            else:
                found[n] = node(n.op, [(found[x], a[::-1] if x in turned else a) for x, a in n.operands], n.sizes)
        outputs = [Value(found[v.node], v.access[::-1] if v.node in turned else v.access, v.sizes) for v in derived.outputs]
        blocks = tuple([(found[n], path) for n, path in derived.blocks if n in found and n not in turned and path != (MIRROR,)])
        return Halves(forward, Graph(dom, derived.cod, tuple(outputs), blocks=blocks), len(tape))


def kept(primal: Graph, derived: Graph) -> tuple[Node, ...]:
    """The values of the primal that depend on an input and that the rest of the derivative reads, in the order in which they are made."""
    inputs = [n for n in derived.nodes() if isinstance(n.op, Input) and n.op.position < len(primal.dom)]
    varying = dict.fromkeys([*inputs, *[n for n in primal.nodes() if isinstance(n.op, Input)]])
    for n in primal.nodes():
        if any(x in varying for x, _ in n.operands):
            varying[n] = None
    back = topological([v.node for v in derived.outputs], known=varying)
    read = {x for n in back for x, _ in n.operands} | {v.node for v in derived.outputs}
    return tuple([n for n in varying if n in read])


def _type(primal: Graph, n: Node) -> Array:
    if isinstance(n.op, Input):
        return primal.dom[n.op.position]
    real = [a.dtype for a in (*primal.cod, *primal.dom) if a.kind == "real"]
    plain = {"real": real[0] if real else "float64", "int": "int64", "bool": "bool"}
    return dict(primal.labels).get(n) or Array.of(n.sizes, plain[n.kind])


# ---- a half as a picture --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Half:
    """Primitives, how wide they are, and the heights of the wires at either edge, with how many each tensor has."""

    made: list[Primitive]
    width: float
    ins: list[float]
    outs: list[float]
    counts: tuple[list[int], list[int]]

    @staticmethod
    def of(graph: Graph, seen: View, transposed: bool = False) -> _Half:
        """The picture of a graph; the linear maps of a backward half are transposed."""
        story = tell(Diagram.from_graph(_plain(graph)), seen)
        story = _transposed(story) if transposed else story
        naming = Naming(story.names, story.sizes, seen.names, story.double)
        painter = Painter(Layout(story, naming).done(), naming)
        painter.all(FORMS)
        edges = [[painter.y(track) for _, track in found] for found in (painter.picture.ins, painter.picture.outs)]
        counts = [len(t.strands) for t in story.ins], [len(t.strands) for t in story.outs]
        made = list(cleared(Scene(tuple(painter.made), 0, 0)).primitives)
        return _Half(made, painter.picture.width, edges[0], edges[1], counts)

    def first(self, tensors: int) -> int:
        """How many wires the first of the inputs have."""
        return sum(self.counts[0][:tensors])

    def last(self, tensors: int) -> int:
        """How many wires the last of the outputs have."""
        return sum(self.counts[1][len(self.counts[1]) - tensors :])


def _plain(graph: Graph) -> Graph:
    """The graph with x0, x1 for the axes x.0, x.1 of an image, which then have a wire each, in either order."""

    def named(a: Array) -> Array:
        return replace(a, axes=tuple([replace(x, name=x.name.replace(".", "")) for x in a.axes]))

    labels = tuple([(n, named(a)) for n, a in graph.labels])
    return replace(graph, dom=tuple(map(named, graph.dom)), cod=tuple(map(named, graph.cod)), labels=labels)


def _transposed(story: Story) -> Story:
    def event(e: Event) -> Event:
        if not isinstance(e, Step):
            return e
        return replace(e, elements=tuple([replace(x, sup=f"{x.sup}ᵀ") if x.kind == "learned" else x for x in e.elements]))

    return replace(story, events=tuple([event(e) for e in story.events]))


__all__ = ["Halves", "kept", "mirrored"]
