"""How hard a picture is to read, in numbers, and which blocks to close where it has become too hard.

What is counted are the crossings, on which readers were found to depend most (H. C. Purchase, Which aesthetic has the greatest
effect?, 1997), and how much paper the picture takes where its letters are as large as those of a caption.

>>> from ncd_cat import architectures
>>> from ncd_cat.draw.composing import scene
>>> found = burden(scene(architectures.diagram("attention")))
>>> found.crossings, found.glyphs, found.hard
(1, 1, False)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ncd_cat.diagram.boxes import Block, Operation
from ncd_cat.diagram.diagram import Diagram
from ncd_cat.diagram.inner import Inner
from ncd_cat.diagram.repeats import Repeat
from ncd_cat.draw.composing import scene
from ncd_cat.draw.loops import bracketed
from ncd_cat.draw.metrics import measure
from ncd_cat.draw.scene import Scene
from ncd_cat.draw.view import View, is_layer

POINTS, LETTER = 6.0, 14.0  # what can be read on paper, and the letters of a picture in pixels
ACROSS, DOWN = 257.0, 170.0  # millimetres inside of the margins of A4 in landscape
SHEET = (ACROSS / 25.4 * 72 * LETTER / POINTS, DOWN / 25.4 * 72 * LETTER / POINTS)  # the pixels that fit on it
CROSSINGS, PAGES = 100, 1.25  # the most that is easy: a layer of any kind of the paper's has 60 and 0.6
MANY, TRIALS, ROUNDS = 400, 5, 2  # boxes of which trials are drawn, how many at a time, and how often
Remedy = tuple[str, View]  # in words, and the view that it gives


@dataclass(frozen=True)
class Burden:
    """What a picture asks of its reader; lengths are in pixels, and cups and caps are wires, not glyphs."""

    crossings: int
    bends: int
    length: float
    words: int
    glyphs: int
    width: float
    height: float
    clean: bool

    @property
    def pages(self) -> float:
        """How many pages of A4 in landscape it takes with letters of 6 pt; a line that is too wide takes more than one."""
        return max(1.0, self.width / SHEET[0]) * self.height / SHEET[1]

    @property
    def weight(self) -> float:
        """The burden as one number, 1 at the most that is easy to read."""
        return max(self.crossings / CROSSINGS, self.pages / PAGES)

    @property
    def hard(self) -> bool:
        """Whether it is hard to read."""
        return self.weight > 1

    def __str__(self) -> str:
        return f"{self.crossings} crossings, {self.pages:.1f} pages of A4"


def burden(page: Scene) -> Burden:
    """What a scene asks of its reader."""
    found = measure(page)
    return Burden(
        crossings=found.crossings,
        bends=found.bends,
        length=found.length,
        words=found.words,
        glyphs=sum(bool(p.title and p.source) for p in page.layer("glyphs")),
        width=page.width,
        height=page.height,
        clean=found.clean,
    )


def advice(diagram: Diagram, seen: View | None = None) -> str:
    """What would make the picture of a diagram easier to read, in a sentence or two, or nothing where it is easy.

    The picture is judged in lines as wide as a page.  The blocks to close are found by at most 12 drawings: those that are enough
    and hide least, else those that help most; none is drawn of what has more than 400 boxes.  Raises UnsupportedOp where the
    notation has no drawing of it.

    >>> from ncd_cat import architectures
    >>> advice(architectures.diagram("gpt2-block"))
    ''
    """
    view = replace((seen or View()).of(diagram), width=SHEET[0])
    blocks, boxes = _open(diagram, view)
    if boxes > MANY:
        return f"It is hard to read: it shows {boxes} boxes. {'--depth 1 shows the outermost blocks.' if blocks else UNNAMED}"
    found = _of(diagram, view)
    if not found.hard:
        return ""
    words, less = _lighter(diagram, view, blocks, found)
    said = f"It is hard to read: {found}, where {CROSSINGS} and {PAGES} are easy."
    if not words:
        return f"{said} {UNNAMED}"
    return f"{said} {' '.join(words)} makes that {less}{', which is still much' if less.hard else ''}."


UNNAMED = "No block of it is open that could be closed to help: give names to its parts, so that they can be."


def _of(diagram: Diagram, view: View) -> Burden:
    return burden(scene(diagram, view))


def _lighter(diagram: Diagram, view: View, blocks: Counter[str], found: Burden) -> tuple[list[str], Burden]:
    """The options that make it lighter, the best at a time, and how light."""
    words: list[str] = []
    for remedies in (_coarser(view), *[None] * ROUNDS):
        tried = _closed(view, blocks) if remedies is None else remedies
        best = _best([(_of(diagram, changed), word, changed) for word, changed in tried])
        if best is None or best[0].weight > 0.95 * found.weight:
            continue
        found, view = best[0], best[2]
        words.append(best[1])
        if not found.hard:
            break
    return words, found


def _best(trials: Sequence[tuple[Burden, str, View]]) -> tuple[Burden, str, View] | None:
    """The trial that is enough and hides least, or the one that helps most."""
    enough = [trial for trial in trials if not trial[0].hard]
    return max(enough, key=lambda t: t[0].weight) if enough else min(trials, key=lambda t: t[0].weight, default=None)


def _coarser(view: View) -> Sequence[Remedy]:
    """Layers as glyphs and brackets around what repeats, where they are not."""
    if view.layers != "operations" and view.fold:
        return ()
    words = " ".join(["--layers glyphs"] * (view.layers == "operations") + ["--fold 3"] * (not view.fold))
    layers = "glyphs" if view.layers == "operations" else view.layers
    return ((words, replace(view, layers=layers, fold=view.fold or 3)),)


def _closed(view: View, blocks: Counter[str]) -> Sequence[Remedy]:
    """The blocks that hold most, closed."""
    largest = sorted((p for p in blocks if p not in view.collapse), key=lambda p: (-blocks[p], p))
    return [(f"--collapse '{p}'", replace(view, collapse=(*view.collapse, p))) for p in largest[:TRIALS]]


def _open(diagram: Diagram, view: View) -> tuple[Counter[str], int]:
    """How many boxes are in the blocks of each pattern that a view opens, numbers in their names being `*`, and how many in all."""
    found: Counter[str] = Counter()
    boxes = 0
    stack: list[tuple[Diagram, tuple[str, ...], tuple[str, ...]]] = [(bracketed(diagram, view.fold), (), ())]
    while stack:
        level, path, patterns = stack.pop()
        for box in level.boxes:
            names = (*path, *box.names[:1]) if isinstance(box, Inner) else path
            if isinstance(box, Inner) and not isinstance(box, Block | Repeat):
                stack.append((box.arg, path, patterns))
            elif isinstance(box, Block | Repeat) and view.opens(names, is_layer(box), box.closed):
                small = is_layer(box) and view.layers != "operations"
                stack.append((box.arg, names, patterns if small else (*patterns, _pattern(names))))
            elif not (isinstance(box, Operation) and box.data[0][0].arity == 0):
                boxes += 1
                found.update(set(patterns))
    return found, boxes


def _pattern(path: Sequence[str]) -> str:
    """The dotted path of a block, and of those beside it that differ in numbers alone."""
    return ".".join("*" if part.isdecimal() else part for part in ".".join(path).split("."))


__all__ = ["Burden", "advice", "burden"]
