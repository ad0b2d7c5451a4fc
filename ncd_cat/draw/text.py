"""A drawing for a terminal: an axis is a line, a tensor the lines between two dashed ones, a glyph a word in brackets.

Every strand stays on its line; what joins two of them is a bar down that crosses those between (┼).  Each glyph is as far
left as its lines are free.  Source: the notation of arXiv 2402.05424.

>>> from ncd_cat import architectures
>>> print(text(architectures.diagram("attention")))
q────────────q
d─╮
╌╌│
k─┼───────◁╮
  │╌╌╌╌╌╌╌╌│
d─╯∗d^−1/2 │
╌╌╌        │
k──────────╯
v────────────v
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from textwrap import wrap
from typing import Unpack

from ncd_cat.diagram.diagram import Diagram
from ncd_cat.draw.grid import Line, clean, places
from ncd_cat.draw.heading import sizes
from ncd_cat.draw.labels import Naming
from ncd_cat.draw.lines import Lines
from ncd_cat.draw.story import Element, Enter, Event, Fork, Leave, Step, Story
from ncd_cat.draw.telling import tell
from ncd_cat.draw.view import Options, View, viewed

DOTS = {"merge": "●", "join": "●", "copy": "●", "plus": "⊕"}
FRAMES = {
    "learned": "[]", "box": "[]", "conv": "[]", "block": "╡╞", "hexagon": "⟨⟩", "reduce": "[]", "index": "[⟩", "darts": "▸▸", "outer": "⊙ ",
    "softmax": "◁ ", "norm": "()", "bar": "┃ ", "window": "[]", "mask": "◹ ", "causal": "◹ ", "state": "  ", "stack": "⟨]",
    "save": "→ ", "load": "  ",
}  # fmt: skip
WORDS = {"window": "★", "conv": "★"}


def text(diagram: Diagram, chars: int = 100, seen: View | None = None, **options: Unpack[Options]) -> str:
    """The drawing of a diagram in lines of at most `chars` characters; the options are those of `view.viewed`, which see.

    Raises InputError where there is no such option.
    """
    as_seen = viewed(seen, **options)
    story = tell(diagram, as_seen)
    writer = Writer(Naming(story.names, story.sizes, as_seen.names, story.double))
    writer.write(story)
    wide = max(chars, 20)
    return "\n".join([*(_heading(diagram, story, as_seen, wide) if as_seen.heading else ()), writer.grid.wrapped(wide)])


def _heading(diagram: Diagram, story: Story, seen: View, wide: int) -> list[str]:
    """What is said over a drawing: what it is called, the inputs that have names, and the sizes of its axes."""
    called = seen.heading if isinstance(seen.heading, str) else diagram.title or "f"
    given = [array.name or "·" for array in diagram.dom.inside]
    inputs = f"({', '.join(map(clean, given))})" if {*given} - {"·"} else ""
    legend = [f"{clean(name)} = {clean(size)}" for name, (size, _) in sizes(story).items()] if seen.names == "names" else []
    return [f"{clean(called)}{inputs} =", *wrap(", ".join(legend), wide), ""]


@dataclass
class Writer(Lines):
    """The page while it is written."""

    open: dict[int, tuple[int, int, str]] = field(default_factory=dict)  # the blocks that have not ended

    def write(self, story: Story) -> None:
        """Write the whole story."""
        for tensor in story.ins:
            for strand in tensor.strands:
                line = Line()
                self.grid.lines.append(line)
                self.begin(line, strand, tensor.number, 0)
        for event in story.events:
            self.event(event)
        x = self.grid.width + 1
        self.rename(story.outs)
        for tensor in story.outs:
            for line in self.of(tensor.strands):
                line.put(x, self.label(line.strand))

    def event(self, event: Event) -> None:
        """Write one event."""
        if isinstance(event, Step):
            self.step(event)
        elif isinstance(event, Fork):
            self.fork(event)
        elif isinstance(event, Enter):
            self.open[event.block] = (len(event.path), self.aligned(), clean(" ".join([event.title, *_range(event)]).strip()))
        elif isinstance(event, Leave):
            depth, start, title = self.open.pop(event.block)
            self.grid.titles.append((depth, start, self.aligned(), title))
        if self.alive() and not isinstance(event, Fork):
            self.grid.cuts.append(max(len(line.cells) for line in self.alive()))

    # ---- events ---------------------------------------------------------------------------------------------------

    def fork(self, fork: Fork) -> None:
        """A dot on each strand, and one bar down to all copies."""
        lines = self.of(fork.takes.strands)
        x = max(self.start(lines), self.level(lines))
        new: list[Line] = []
        for copy in fork.gives[1:]:
            after = [*lines, *new][-1] if lines or new else None
            found = self.room(after, len(copy.strands), x)
            for line, strand in zip(found, copy.strands, strict=True):
                self.begin(line, strand, copy.number, x, "├")
            new += found
        for line, strand in zip(lines, fork.gives[0].strands, strict=True):
            line.put(x, "┃" if line.strand == fork.cut else "●")
            if line.strand == fork.cut:
                self.begin(line, strand, fork.gives[0].number, x + 1)
            line.strand = strand
        self.joined([*lines, *new], x)
        if new:
            new[-1].cells[x] = "╰"
        self.given(fork.gives[:1])

    def step(self, step: Step) -> None:
        """Each glyph where its lines are free, then the tensors that it gives."""
        taken = self.anchor(step)
        self.level(taken)
        self.rename(step.takes)
        for line in taken:
            line.tensor = step.gives[0].number if step.gives else line.tensor
        for element in step.elements:
            self.element(element, step)
        stop = max([len(line.cells) for line in taken], default=0)
        for line in self.anchor(step):
            line.reach(stop)
        self.level(self.anchor(step))
        self.given(step.gives)
        self.rename(step.gives)

    def element(self, e: Element, step: Step) -> None:
        """A glyph on its lines, and the strands that begin at it."""
        lines = self.of(e.ins) or (self.anchor(step)[:1] if e.kind in ("darts", "outer") else [])
        given = [s for s in e.outs if s not in e.ins]
        ending = [line for line in lines if line.strand in e.ins and line.strand not in e.outs]
        reuse = ending[: len(given)] if e.kind in FRAMES else []
        x = edge = self.start(lines) if lines else self.first(step)
        if e.kind in DOTS:
            self.dot(e, lines, [line for line in lines if line not in ending], x)
        elif e.kind in ("cup", "end"):
            self.bow(e, lines, x)
        elif lines:
            edge = self.frame(e, lines, [line for line in ending if line not in reuse], x)
        for line in ending:
            self.end(line)
        tensor = step.gives[0].number if step.gives else 0
        for line, strand in zip(reuse, given, strict=False):
            self.begin(line, strand, tensor, len(line.cells))
        if len(given) > len(reuse):
            self.more(e, given[len(reuse) :], lines, step, edge)

    def more(self, e: Element, given: Sequence[int], lines: Sequence[Line], step: Step, edge: int) -> None:
        """Strands that begin on lines of their own: under a glyph, from its right edge, or where there is room for it."""
        beside = [line for line in self.grid.lines if line in (lines or self.anchor(step))]
        new = self.room(beside[-1] if beside else None, len(given), edge)
        marks = ["├"] * (len(given) - 1) + ["╰"] if lines else self.marks(e, len(given))
        for line, strand, mark in zip(new, given, marks, strict=True):
            self.begin(line, strand, step.gives[0].number if step.gives else 0, edge, mark)
        for line in self.span([*beside[-1:], *new] if lines else new)[:-1]:
            line.bars.add(edge + len(places(marks[0])) - 1)

    def first(self, step: Step) -> int:
        """Where a glyph without inputs begins: where the strands beside it are."""
        return max([len(line.cells) for line in self.anchor(step)], default=0)

    def anchor(self, step: Step) -> list[Line]:
        """The lines of the tensors that a step takes or gives."""
        numbers = {t.number for t in (*step.takes, *step.gives)}
        strands = {s for t in (*step.takes, *step.gives) for s in t.strands}
        return [line for line in self.alive() if line.tensor in numbers or line.strand in strands]

    def marks(self, e: Element, count: int) -> list[str]:
        """What stands before the strands of a glyph that takes none."""
        word = "" if e.kind == "cap" else said(e)
        if count == 1:
            return [word or "▸"]
        corners = ["╭" if not word else "┬", *["├"] * (count - 2), "╰"]
        return [word + corners[0], *[" " * len(places(word)) + c for c in corners[1:]]]

    def dot(self, e: Element, lines: list[Line], staying: list[Line], x: int) -> None:
        """Strands that join at a dot on the one that goes on."""
        self.joined(lines, x)
        order = [line for line in self.grid.lines if line in lines]
        for line in order:
            corner = "╮" if line is order[0] else "╯" if line is order[-1] else "┤"
            line.put(x, DOTS[e.kind] if line in staying or (not staying and line is order[0]) else corner)

    def bow(self, e: Element, lines: list[Line], x: int) -> None:
        """A cup over its lines, or an arrow where strands end."""
        if e.kind == "end":
            for line in lines:
                line.put(len(line.cells), "▸")
        elif e.kind == "cup":
            self.joined(lines, x)
            order = [line for line in self.grid.lines if line in lines]
            for line in order:
                line.put(x, "╮" if line is order[0] else "╯" if line is order[-1] else "┤")
            order[-1].tensor = 0
            order[-1].put(x + 1, clean(e.text))

    def frame(self, e: Element, lines: list[Line], ending: list[Line], x: int) -> int:
        """A word in brackets on its first line, with an arm to each other line; those that end end there.  Its right edge."""
        word = said(e)
        order = [line for line in self.grid.lines if line in lines]
        shown = order[:1] if e.kind in ("darts", "index") else order
        self.joined(shown, x)
        order[0].put(x, word)
        for line in shown[1:]:
            arm = ("╯" if line is shown[-1] else "┤") if line in ending else "┤" + " " * (len(places(word)) - 2) + "├"
            line.put(x, "┃" if e.kind == "bar" else word if len(places(word)) == 1 else arm)
        return x + len(places(word)) - 1


def _range(event: Enter) -> list[str]:
    """From where to where a loop goes."""
    return [f"{event.bracket[0]} … {event.bracket[1]}"] if event.bracket else []


def said(e: Element) -> str:
    """A glyph in a word."""
    frame = FRAMES.get(e.kind, "  ")
    inner = WORDS.get(e.kind, "") + ("" if e.kind == "window" else e.text or ("norm" if e.kind == "norm" else ""))
    sup, sub = (f"^{e.sup}" if e.sup else ""), (f"_{e.sub}" if e.sub else "")
    return (frame[0] + clean(inner + sup + sub) + frame[1]).strip()
