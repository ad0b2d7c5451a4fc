"""Levels: the inside of every block drawn once, with what is known of each glyph and where the drawing can be pulled apart.

Blocks that look the same, such as the layers of a transformer, share one drawing.  Linear in what is drawn.

>>> from ncd_cat import architectures
>>> book = Book()
>>> number = book.add(architectures.diagram("gpt2"))
>>> [g["name"] for g in book.levels[number]["glyphs"] if "child" in g]
['h.0', 'h.1']
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ncd_cat.diagram.diagram import Diagram
from ncd_cat.diagram.inner import Inner
from ncd_cat.diagram.net import Net
from ncd_cat.draw.glyphs import FORMS
from ncd_cat.draw.labels import Naming
from ncd_cat.draw.layout import Layout
from ncd_cat.draw.marks import Glyph, Picture
from ncd_cat.draw.painting import Painter
from ncd_cat.draw.scene import Primitive, Words
from ncd_cat.draw.story import Enter, Step, Story
from ncd_cat.draw.telling import tell
from ncd_cat.draw.tints import tint
from ncd_cat.draw.view import View
from ncd_cat.draw.web.facts import Keys, facts_of, relative, typed, weights_read
from ncd_cat.draw.web.pieces import around, layered, number, piece, said
from ncd_cat.draw.web.seams import edges, seams
from ncd_cat.graph import Graph, Node
from ncd_cat.nesting import boxes, plan

Data = dict[str, Any]


@dataclass
class Book:
    """The drawings so far: a list of levels, each a block's inside; `facts`: whether work and weights are told.

    `boxes`: by the identity of a diagram that was added, the box of each of its glyphs.
    """

    seen: View = field(default_factory=View)
    facts: bool = True
    levels: list[Data] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    boxes: dict[int, list[Any]] = field(default_factory=dict)

    def add(self, diagram: Diagram, path: Sequence[str] = (), constants: Sequence[object] = ()) -> int:
        """The number of the level of a diagram, and of all blocks in it before; `constants`: those of its inputs that are some."""
        drawing = _Drawing(self, diagram, tuple(path), constants)
        self.boxes[id(diagram)] = [glyph.box for glyph, _, _ in drawing.painter.spans]
        return self.put(drawing.data())

    def keyed(self, diagram: Diagram, number: int, key: str = "") -> Iterator[tuple[str, Any, bool]]:
        """The glyphs of a diagram that was added, and of the blocks in it: the key of each in the page, its box, whether it is no block."""
        for k, (glyph, box) in enumerate(zip(self.levels[number]["glyphs"], self.boxes[id(diagram)], strict=True)):
            if "name" in glyph:
                yield f"{key}/{k}", box, "child" not in glyph
            if "child" in glyph:
                yield from self.keyed(box.arg, glyph["child"], f"{key}/{k}")

    def of_graph(self, graph: Graph) -> tuple[int, dict[Node, list[int]]]:
        """The number of the picture of a graph, its blocks left aside, and by node the places of its glyphs in the picture."""
        bare = replace(graph, blocks=())
        diagram = Diagram.from_graph(bare)
        drawing = _Drawing(self, diagram, (), ())
        number = self.put(drawing.data())
        nodes = {id(step.box): leaf.nodes for item, step in zip(plan(bare), Net.of(diagram).steps, strict=False) for leaf in boxes(item)}
        found: dict[Node, list[int]] = {}
        homes = _homes(drawing.story)
        for k, (glyph, _, _) in enumerate(drawing.painter.spans):
            for n in nodes.get(homes.get(id(glyph.box), 0), ()):
                found.setdefault(n, []).append(k)
        return number, found

    def put(self, level: Data) -> int:
        """The number of a level, which is kept once."""
        key = json.dumps(level, sort_keys=True)
        if key not in self.numbers:
            self.numbers[key] = len(self.levels)
            self.levels.append(level)
        return self.numbers[key]


class _Drawing:
    """One level while it is written."""

    def __init__(self, book: Book, diagram: Diagram, path: tuple[str, ...], given: Sequence[object]) -> None:
        self.book, self.path = book, path
        self.story: Story = tell(diagram, replace(book.seen, depth=0, expand=(), collapse=(), least=0, fold=0), given)
        naming = Naming(self.story.names, self.story.sizes, book.seen.names, self.story.double)
        self.picture: Picture = Layout(self.story, naming).done()
        self.painter = Painter(self.picture, naming)
        self.painter.all(FORMS)
        self.weights: dict[int, Keys] = weights_read(diagram) if book.facts else {}
        self.first: dict[int, int] = {}  # by the id of a box, the place of its first glyph
        self.constants = {id(e.box): e.constants for e in self.story.events if isinstance(e, Step)}

    def data(self) -> Data:
        """The level as data."""
        made = self.painter.made
        own = {k for _, start, stop in self.painter.spans for k in range(start, stop)}
        _, top, right, bottom = around(made)
        glyphs = [self.glyph(k, glyph, made[start:stop]) for k, (glyph, start, stop) in enumerate(self.painter.spans)]
        free = layered(p for k, p in enumerate(made) if k not in own)
        return {
            "tint": self.tint(glyphs),
            "width": number(max(self.picture.width, right)),
            "top": number(top),
            "bottom": number(bottom),
            "ins": self.ports([s for t in self.story.ins for s in t.strands], dict(self.picture.ins)),
            "outs": self.ports([s for t in self.story.outs for s in t.strands], dict(self.picture.outs)),
            "free": [self.labelled(p) for p in free],
            "glyphs": glyphs,
            **self.seams(glyphs),
        }

    def tint(self, glyphs: Sequence[Data]) -> str:
        """The backdrop of the level; none of its own where it is but blocks."""
        found = tint(self.story.events, 0, (0,))
        return "" if found == "inner" and any("child" in g for g in glyphs) else found

    def ports(self, strands: Sequence[int], tracks: dict[int, int]) -> list[list[float]]:
        """For each strand at an edge its height, and 1 if it is a bundle; nothing for one that is not there."""
        heights = self.picture.heights
        return [[number(heights[tracks[s]]), int(s in self.story.double)] if s in tracks else [] for s in strands]

    def labelled(self, p: Primitive) -> list[Any]:
        """A wire, or its label, with the name and the size of its axis; anything else as it is."""
        found = piece(p)
        if not p.source.startswith("strand "):
            return found
        strand = int(p.source.removeprefix("strand "))
        name, size = self.story.names[strand], self.story.sizes[strand]
        called = [said(name), said(size)] if name and name != size else [said(size)]
        return [*found, *([[]] if len(found) == 3 else []), " : ".join(called)]

    # ---- glyphs ---------------------------------------------------------------------------------------------------

    def glyph(self, place: int, glyph: Glyph, made: Sequence[Primitive]) -> Data:
        """One glyph, which is in that place among all: where it stands, its pieces, and what it shows, or `of` which one it is part."""
        heights = [number(self.picture.heights[t]) for t in glyph.tracks]
        _, top, _, bottom = around([p for p in made if not isinstance(p, Words)] or made)
        found: Data = {
            "way": FORMS[glyph.element.kind].shape.way,
            "x": [number(glyph.x0), number(glyph.x1)],
            "y": [number(top), number(bottom)],
            "tracks": heights,
            "outs": heights[: glyph.outs],
            "pieces": [piece(p) for p in layered(made)],
        }
        if glyph.box is None:
            return found
        found["kind"] = said(f"{glyph.element.kind} {glyph.element.text}".strip())
        first = self.first.setdefault(id(glyph.box), place)
        return found | (self.known(glyph) if first == place else {"of": first})

    def known(self, glyph: Glyph) -> Data:
        """What is told of the box that a glyph shows."""
        box: Any = glyph.box
        closed = glyph.element.kind == "block"
        op = glyph.title.split(" : ")[0]
        plain = op.split("(")[0]
        name = glyph.element.text if closed else glyph.element.text or glyph.element.kind if plain == "contraction" else plain
        found: Data = {"name": said(name), "type": typed(box), "op": said(op)}
        if self.book.facts:
            found |= facts_of(box)
            found |= {"weights": relative(self.weights[id(box)], self.path)} if id(box) in self.weights else {}
        if closed and isinstance(box, Inner):
            ins = [int(s in self.story.double) for s in glyph.element.ins]
            outs = [int(s in self.story.double) for s in glyph.element.outs]
            module = said(".".join(box.names[:1]))
            child = self.book.add(box.arg, (*self.path, *box.names[:1]), self.constants[id(box)])
            found |= {"child": child, "module": module, "bundles": [ins, outs]}
        return found

    def seams(self, glyphs: Sequence[Data]) -> Data:
        """Where the level is pulled apart for its blocks; every block is told which seams are its own."""
        blocks = [g for g in glyphs if "child" in g]
        spans = [(g["x"][0], g["x"][1]) for g in blocks]
        others = [(g["x"][0], g["x"][1]) for g in glyphs if "child" not in g and g["x"][1] > g["x"][0]]
        xs, across = seams(spans, others)
        tops, over = edges([g["y"][0] - 0.5 for g in blocks])
        bottoms, under = edges([-g["y"][1] - 0.5 for g in blocks])
        for g, x, a, b in zip(blocks, across, over, under, strict=True):
            g["seams"] = [x, a, len(bottoms) - 1 - b]
        return {"across": list(map(number, xs)), "over": list(map(number, tops)), "under": [number(-y) for y in reversed(bottoms)]}


def _homes(story: Story) -> dict[int, int]:
    """By the id of each box that is shown, that of the box of the outermost loop around it, or its own."""
    loops = {e.block: id(e.box) for e in story.events if isinstance(e, Enter) and e.box is not None}
    steps = [e for e in story.events if isinstance(e, Step) and e.box is not None]
    return {id(e.box): next((loops[block] for block in e.path if block in loops), id(e.box)) for e in steps}
