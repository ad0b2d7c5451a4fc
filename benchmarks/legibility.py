"""Where the notation stops being readable: what the pictures of each architecture ask of a reader, at each depth and detail.

    python benchmarks/legibility.py

The measures are those of `ncd_cat.draw.legibility`; pictures are in lines as wide as a page of A4 in landscape with letters of 6 pt.
The table goes into docs/explanation/where-it-breaks.md, between its two markers, and the plot beside it.  GPT-2 of 12 layers is
drawn with its repeats in brackets, and without.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ncd_cat import architectures  # noqa: E402
from ncd_cat.architectures.gpt2 import gpt2  # noqa: E402
from ncd_cat.axes import Axis  # noqa: E402
from ncd_cat.diagram import Diagram  # noqa: E402
from ncd_cat.diagram.levels import depth_of  # noqa: E402
from ncd_cat.draw.composing import scene  # noqa: E402
from ncd_cat.draw.legibility import CROSSINGS, PAGES, SHEET, Burden, burden  # noqa: E402
from ncd_cat.draw.view import DETAILS  # noqa: E402

NAMES = (
    "mlp", "attention", "multi-head-attention", "linear-attention", "latent-attention", "transformer-encoder-layer",
    "transformer-decoder-layer", "transformer", "gpt2-block", "gpt2", "vit", "resnet", "unet", "swin", "diffusion-transformer",
)  # fmt: skip
PAGE = ROOT / "docs" / "explanation" / "where-it-breaks.md"
PLOT = ROOT / "docs" / "images" / "where-it-breaks.svg"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
HEAD = ("picture", "shown", "crossings", "bends", "wire, 1,000 px", "words", "glyphs", "pages", "hard")


@dataclass(frozen=True)
class Row:
    """One picture."""

    name: str
    shown: str
    found: Burden

    def cells(self) -> tuple[str, ...]:
        """What is in the table."""
        b = self.found
        numbers = (f"{b.crossings}", f"{b.bends}", f"{b.length / 1000:.0f}", f"{b.words}", f"{b.glyphs}", f"{b.pages:.1f}")
        return self.name, self.shown, *numbers, "yes" if b.hard else ""


def deep() -> Diagram:
    """GPT-2 of 12 layers."""
    return gpt2(Axis("t", 7), Axis("words", 11), Axis("p", 9), Axis("m", 12), 3, Axis("n", 24), layers=12)


def rows() -> Iterator[Row]:
    """Every architecture of these that is built in, at each depth and detail."""
    for name in (n for n in NAMES if n in architectures.names()):
        diagram = architectures.diagram(name)
        for depth in range(depth_of(diagram) + 1):
            yield row(name, f"depth {depth}", diagram, depth=depth)
        for detail in DETAILS:
            yield row(name, detail, diagram, detail=detail)
    for fold in (3, 0):
        yield row("gpt2, 12 layers", f"fold {fold}", deep(), fold=fold)


def row(name: str, shown: str, diagram: Diagram, **options: Any) -> Row:
    """One picture, measured."""
    return Row(name, shown, burden(scene(diagram, width=SHEET[0], **options)))


def table(found: list[Row]) -> str:
    """The table in Markdown; what one architecture shows alike at several depths is said once."""
    lines = ["| " + " | ".join(HEAD) + " |", "|---|---|" + "---:|" * 6 + "---|"]
    seen: dict[tuple[str, Burden], list[str]] = {}
    for r in found:
        seen.setdefault((r.name, r.found), []).append(r.shown)
    for (name, burdened), shown in seen.items():
        lines.append("| " + " | ".join(Row(name, ", ".join(shown), burdened).cells()) + " |")
    return "\n".join(lines)


def plot(found: list[Row], path: Path) -> None:
    """Crossings over pages, a point for each picture; what is below and left of the dashed lines is easy."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    plt.rcParams.update({"svg.hashsalt": "ncd-cat", "svg.fonttype": "path", "font.size": 9})
    figure, axes = plt.subplots(figsize=(9, 5.5), layout="constrained")
    axes.axhline(CROSSINGS, color="#888888", linewidth=0.8, linestyle="--")
    axes.axvline(PAGES, color="#888888", linewidth=0.8, linestyle="--")
    for k, name in enumerate(dict.fromkeys(r.name for r in found)):
        points = [r for r in found if r.name == name]
        xs, ys = [r.found.pages for r in points], [r.found.crossings + 1 for r in points]
        axes.scatter(xs, ys, s=26, color=plt.get_cmap("tab20")(k % 20), marker="osD^v"[k % 5], label=name)
    axes.set(xscale="log", yscale="log", xlabel="pages of A4 with letters of 6 pt", ylabel="crossings + 1")
    figure.legend(loc="outside right upper", frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None, "Creator": None})


def renewed(page: str, text: str) -> str:
    """The page with a text between its markers.  Raises ValueError where it has none."""
    before, _, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"{PAGE} is to have {BEGIN} and, after it, {END}")
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"


def main() -> None:
    """Measure, write the table and the plot, and say the table."""
    found = list(rows())
    text = table(found)
    plot(found, PLOT)
    PAGE.write_text(renewed(PAGE.read_text("utf-8"), text), "utf-8")
    print(text)


if __name__ == "__main__":
    main()
