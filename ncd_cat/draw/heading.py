"""A heading: over a figure the whole of it as one named box, an equals sign, and a legend of what the axes' names stand for.

Source: the figures of arXiv 2402.05424 of whole models, which begin with a box that has depth, and "=".

>>> from ncd_cat import architectures
>>> from ncd_cat.draw import scene
>>> from ncd_cat.draw.scene import Words
>>> found = scene(architectures.diagram("attention"), heading="Attention")
>>> [p.text for p in found.layer("words") if isinstance(p, Words) and not p.source][:3]
['Attention', '=', 'Legend']
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from itertools import chain

from ncd_cat.diagram.diagram import Diagram
from ncd_cat.draw.glyphs import FORMS
from ncd_cat.draw.labels import Naming
from ncd_cat.draw.layout import Layout
from ncd_cat.draw.painting import MARGIN, overlined, paint
from ncd_cat.draw.scene import LAYERS, Path, Primitive, Scene, Words
from ncd_cat.draw.story import Step, Story, Tensor
from ncd_cat.draw.telling import tell
from ncd_cat.draw.view import View

MODEL = {"block": "model", "side": "modelside"}  # the colours of a box that is the whole
PART = re.compile(r"(?P<body>.+?)(?:_(?P<index>\d+)|$)")  # of an equation: up to a number that is an index
ROWS, LINE, PAD, SPACE = 6, 20.0, 10.0, 6.0  # the most equations under each other, the height of one, around them, before "="


def headed(figure: Scene, diagram: Diagram, story: Story, seen: View) -> Scene:
    """A figure under its heading; `story` is what the figure tells."""
    called = seen.heading if isinstance(seen.heading, str) else diagram.title or "f"
    whole = _whole(diagram, called, story, seen)
    box = next(p.box for p in whole.primitives if p.style == "model")
    equals = whole.width + 2 * MARGIN
    made = [*whole.primitives, Words("words", "serif", "", "", equals, (box[1] + box[3]) / 2 + 8, "=", 28)]
    wide, tall = equals + 2 * MARGIN, whole.height
    labels = [p for p in (*whole.primitives, *figure.primitives) if isinstance(p, Words) and p.source.startswith("strand")]
    written = {f"{p.text}_{p.sub}" if p.sub else p.text for p in labels}
    written |= {name for name, _, _ in story.legend}
    equations = {name: value for name, value in sizes(story).items() if name in written and seen.names == "names"}
    legend = [p.moved(wide + MARGIN, MARGIN) for p in _legend(equations)]
    if legend:
        wide, tall = max(p.box[2] for p in legend) + MARGIN, max(tall, max(p.box[3] for p in legend) + MARGIN)
    made += [*legend, *[p.moved(0, tall) for p in figure.primitives]]
    order = {name: k for k, name in enumerate(LAYERS)}
    placed = tuple(sorted(made, key=lambda p: order[p.layer]))
    return Scene(placed, max(wide, figure.width), tall + figure.height, figure.title or called)


def sizes(story: Story) -> dict[str, tuple[str, bool]]:
    """What the axes of a story are called, each with its size and whether it is a bundle; a name of several sizes is left out."""
    found: dict[str, set[tuple[str, bool]]] = defaultdict(set)
    named = [(s, story.names[s]) for t in story.ins for s in t.strands]
    named += [pair for t in chain(story.ins, story.outs) for pair in zip(t.strands, t.names, strict=False)]
    for strand, name in [*named, *enumerate(story.names)]:
        if name[:1].isalpha() and "/" not in name:
            found[name].add((story.sizes[strand], strand in story.double))
    told = {name: (size, double) for name, size, double in story.legend}
    alone = {name: min(pairs) for name, pairs in found.items() if len(pairs) == 1 and min(pairs)[0] != name}
    return {name: pair for name, pair in alone.items() if name not in told} | told


def _whole(diagram: Diagram, called: str, told: Story, seen: View) -> Scene:
    """The diagram as one box, with what goes in and what comes out, its axes called as where it is told."""
    story = tell(diagram.block(called), View(depth=0, names=seen.names, layers="boxes"))
    if told.legend:
        story = _renamed(story, told)
    naming = Naming(story.names, story.sizes, seen.names, story.double)
    found = paint(Layout(story, naming).done(), naming, FORMS)
    return replace(found, primitives=tuple([replace(p, style=MODEL.get(p.style, p.style)) for p in found.primitives]))


def _renamed(story: Story, told: Story) -> Story:
    """The story of a box, the axes that go in and come out called as in another story of what it does."""
    sides = [*zip(story.ins, told.ins, strict=True), *zip(story.outs, told.outs, strict=True)]
    called = {a.number: b.names or tuple([told.names[s] for s in b.strands]) for a, b in sides}
    named = [pair for a, _ in reversed(sides) for pair in zip(a.strands, called[a.number], strict=True)]
    names = dict(enumerate(story.names)) | dict(named)

    def tensors(given: Iterable[Tensor]) -> tuple[Tensor, ...]:
        return tuple([replace(t, names=called.get(t.number, t.names)) for t in given])

    events = [replace(e, takes=tensors(e.takes), gives=tensors(e.gives)) if isinstance(e, Step) else e for e in story.events]
    return replace(story, names=tuple(names.values()), ins=tensors(story.ins), events=tuple(events), outs=tensors(story.outs))


def _legend(equations: dict[str, tuple[str, bool]]) -> list[Primitive]:
    """A box of equations, in columns, with its upper left corner at the origin."""
    if not equations:
        return []
    pairs = list(equations.items())
    made: list[Primitive] = []
    x = PAD
    rows = -(-len(pairs) // -(-len(pairs) // ROWS))  # as many in each column
    for k in range(0, len(pairs), rows):
        column = [p for row, pair in enumerate(pairs[k : k + rows]) for p in _equation(x, 2 * LINE + 4 + LINE * row, *pair)]
        x = max(p.box[2] for p in column) + 2 * PAD
        made += column
    wide, tall = max(x - PAD, 70), 2 * LINE + LINE * (rows - 1) + PAD + 4
    corners = ((0.0, 0.0), (wide, 0.0), (wide, tall), (0.0, tall))
    title = Words("words", "sans", "", "", wide / 2, 16, "Legend", 14)
    return [Path("regions", "learned", "", "", corners, closed=True), title,
            Path("glyphs", "wire", "", "", ((PAD, 22), (wide - PAD, 22))), *made]  # fmt: skip


def _equation(x: float, y: float, name: str, value: tuple[str, bool]) -> list[Primitive]:
    """A name, an equals sign and a size, indices lowered."""
    size, double = value
    made: list[Primitive] = []
    for text, style in ((name, "bundle"), (f" = {size}", "math")) if double else ((f"{name} = {size}", "math"),):
        for part in PART.finditer(re.sub(r"(?<=\d)\*", "", text).replace("*", "·")):
            x += SPACE if part["body"].startswith(" ") else 0
            word = _at(x, y, part["body"].strip(), style, part["index"] or "")
            made += [word, *([overlined(_at(x, y, word.text, style))] if style == "bundle" else [])]
            x += word.wide + (2 if word.sub else 0)  # what leans is wider than it counts
    return made


def _at(x: float, y: float, text: str, style: str, index: str = "") -> Words:
    """A text that begins at x."""
    found = Words("words", style, "", "", x, y, text, 14, sub=index)
    return replace(found, x=x + found.wide / 2)


__all__ = ["headed", "sizes"]
