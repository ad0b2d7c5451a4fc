"""What is written: the names and sizes of axes, and how wide a text is, near enough, in any font of its family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

KINDS = ("names", "sizes", "both")
NARROW = "ijl.,'|:;!()[]/ ^"
WIDE = "mwMWQOL+∗Σ×→≥%@"
LONGEST, TOLD = 40, 400  # letters of a name where it is drawn, and where a reader may ask for it


def width(text: str, size: float) -> float:
    """About how wide a text is at a font size: narrow and wide letters are told apart, raised ones (after ^) are small."""
    body, _, raised = text.partition("^")
    return size * (sum(map(_units, body)) + 0.65 * sum(map(_units, raised)))


def brief(text: str, most: int = LONGEST) -> str:
    """A text cut to so many letters, the last of them a mark that says so."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _units(c: str) -> float:
    return 1.0 if east_asian_width(c) in "WF" else 0.32 if c in NARROW else 0.85 if c in WIDE else 0.56


@dataclass(frozen=True)
class Naming:
    """How axes are labelled: by their names, by their sizes, or by both."""

    names: Sequence[str]
    sizes: Sequence[str]
    kind: str = "names"
    double: frozenset[int] = frozenset()  # the strands that stand for several axes

    def __call__(self, strand: int, name: str = "") -> str:
        """The label of a strand, which may be called otherwise where it is written."""
        called = brief(name or self.names[strand])
        size = brief(self.sizes[strand])
        if self.kind == "sizes" or not called:
            return size
        return called if self.kind == "names" or called == size else f"{called} = {size}"

    def changed(self, strand: int, old: str, new: str) -> bool:
        """Whether a new name is another label."""
        return self(strand, old) != self(strand, new)
