"""The structure of a drawing as text: its glyphs in order with the wires that meet each, its words, and what goes in and out.

No coordinate is in it, so that a picture may be moved by a pixel or spaced otherwise, but not lose a dot, a wire or a word, nor
take wires in another order.  `python -m tests.golden` writes the files of `GOLDEN` again.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from pathlib import Path as File
from types import MappingProxyType
from typing import Any

from docs.drawn.equations import example
from ncd_cat import architectures
from ncd_cat.diagram import Diagram
from ncd_cat.draw import draw, scene
from ncd_cat.draw.metrics import measure
from ncd_cat.draw.mirrored import mirrored
from ncd_cat.draw.scene import Arc, Box, Curve, Path, Point, Primitive, Scene, Words

FOLDER = File(__file__).parent / "ncd_cat" / "draw" / "golden"
README = File(__file__).parent.parent / "docs" / "images" / "multi-head-attention.svg"
NEAR = 4.0  # how far from a glyph a wire may end that meets it, in pixels
LINE = 100
Wire = tuple[str, str, Point, Point]  # its axis, its strand, where it begins and ends


def structure(page: Scene) -> str:
    """The structure of a scene, a line for each glyph."""
    wires = [(p.title, p.source, *_ends(p)) for p in page.layer("wires") if p.source.startswith("strand")]
    glyphs = [p for p in page.primitives if p.layer == "glyphs" or isinstance(p, Arc)]
    kinds = [f"{p.source or p.style}{_met(p.box, wires)}" for p in glyphs if p.style != "hit"]
    words = [p for p in page.layer("words") if isinstance(p, Words)]
    found = measure(page)
    lines = [
        f"crossings {found.crossings}, curves {found.bends}",
        f"dashed lines {len(page.layer('dashes'))}, regions {len(page.layer('regions'))}",
        f"in: {' '.join(_at(page, wires, 'left'))}",
        f"out: {' '.join(_at(page, wires, 'right'))}",
        *_counted(kinds),
        *_filled("words", [_text(w) for w in words if not w.source.startswith("strand")]),
        *_filled("labels", [_text(w) for w in words if w.source.startswith("strand")]),
    ]
    return "\n".join(lines) + "\n"


def difference(name: str, text: str) -> str:
    """What has changed in a picture since its file was written, as a diff; nothing if nothing has."""
    path = FOLDER / f"{name}.txt"
    before = path.read_text("utf-8") if path.exists() else ""
    return "\n".join(difflib.unified_diff(before.splitlines(), text.splitlines(), f"{path.name}, as kept", "as drawn", lineterm="", n=1))


def _ends(p: Primitive) -> tuple[Point, Point]:
    """Where a wire begins and ends, from left to right."""
    if isinstance(p, Curve):
        return p.start, p.stop
    x0, y0, x1, y1 = p.box
    return (p.points[0], p.points[-1]) if isinstance(p, Path) else ((x0, y0), (x1, y1))


def _met(box: Box, wires: list[Wire]) -> str:
    """The wires that come to a glyph and those that leave it, each from top to bottom; one that runs through does both."""
    left, top, right, bottom = box

    def beside(x: float, y: float) -> bool:
        return left - NEAR <= x <= right + NEAR and top - NEAR <= y <= bottom + NEAR

    ins, outs = dict[str, tuple[float, str]](), dict[str, tuple[float, str]]()
    for name, strand, start, stop in wires:
        through = start[1] == stop[1] and start[0] < left < right < stop[0] and beside(left, start[1])
        if through or (beside(*stop) and start[0] < left):
            ins[strand] = (stop[1], name)
        if through or (beside(*start) and stop[0] > right):
            outs[strand] = (start[1], name)
    one, other = [" ".join(name for _, name in sorted(found.values())) for found in (ins, outs)]
    return f": {one} → {other}" if ins or outs else ""


def _at(page: Scene, wires: list[Wire], side: str) -> Iterator[str]:
    """The wires that come in or go out, from top to bottom."""
    points = [(start if side == "left" else stop, name) for name, _, start, stop in wires]
    if points:
        edge = (min if side == "left" else max)(x for (x, _), _ in points)
        yield from (name for _, name in sorted((y, name) for (x, y), name in points if abs(x - edge) < 1))


def _counted(kinds: list[str]) -> Iterator[str]:
    """Lines, those that repeat once and with their number."""
    for line, same in groupby(kinds):
        n = len(list(same))
        yield f"  {line}" + (f"  ×{n}" if n > 1 else "")


def _filled(head: str, words: list[str]) -> Iterator[str]:
    """Words in lines that are not too long."""
    line = f"{head}:"
    for word in words:
        if len(line) + len(word) > LINE:
            yield line
            line = "   "
        line += f" {word}"
    yield line


def _text(w: Words) -> str:
    return w.text + (f"^{w.sup}" if w.sup else "") + (f"_{w.sub}" if w.sub else "")


# ---- the chosen pictures ----------------------------------------------------------------------------------------------


def _built_in(name: str, **options: Any) -> Callable[[], Scene]:
    return lambda: scene(architectures.diagram(name), **options)


def _back(name: str) -> Callable[[], Scene]:
    return lambda: mirrored(architectures.diagram(name))


def _rule(name: str, side: int) -> Callable[[], Scene]:
    return lambda: scene(Diagram.from_graph(example(name)[side]))


FIGURES = ("index", "subtensor", "broadcast", "inner-broadcast", "elementwise", "addition", "copying", "distribution", "scores-stepwise",
           "scores", "transpose-left", "snake-left", "snake-between-left", "classifier", "attention", "attention-causal", "cross-attention",
           "self-attention", "transformer-encoder-layer", "convolution", "resnet", "unet", "visual-attention",
           "linear-attention-causal-steps")  # fmt: skip
GOLDEN: Mapping[str, Callable[[], Scene]] = MappingProxyType({
    **{name: _built_in(name) for name in FIGURES},
    "gpt2-depth-1": _built_in("gpt2", depth=1),
    "resnet-wrapped": _built_in("resnet", width=900),
    "attention-sizes": _built_in("attention", names="both"),
    "mlp-mirrored": _back("mlp"),
    "distribute-left": _rule("distribute", 0),
    "distribute-right": _rule("distribute", 1),
})  # fmt: skip


def renew() -> None:
    """Write the file of every chosen picture, saying what has changed, and the picture of the README; take away what is of none."""
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.txt"):
        if old.stem not in GOLDEN:
            old.unlink()
    draw(architectures.diagram("cross-attention"), README)
    for name, page in GOLDEN.items():
        text = structure(page())
        if changed := difference(name, text):
            print(changed, end="\n\n")
        (FOLDER / f"{name}.txt").write_text(text, "utf-8")


if __name__ == "__main__":
    renew()
