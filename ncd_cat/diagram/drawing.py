"""DisCoPy's drawing of a diagram: a functor to plane graphs, whose wires carry the axes of their arrays, names and sizes.

The time to place boxes grows with the cube of their number, so beyond a hundred of them repeats are folded and blocks drawn
as boxes, the deepest first.  Source: DisCoPy, arXiv 2005.02975; Joyal and Street, The geometry of tensor calculus.

>>> import tempfile, pathlib
>>> from ncd_cat.diagram.box import Box
>>> from ncd_cat.axes import Axis
>>> from ncd_cat.types import Array
>>> x = Array((Axis("q", 5), Axis("d")))
>>> path = pathlib.Path(tempfile.mkdtemp()) / "f.svg"
>>> draw(Box("f", x, x), path)
>>> "q:5 d" in path.read_text()
True
"""

from __future__ import annotations

import tempfile
from io import BytesIO
from math import sqrt
from pathlib import Path
from typing import Any

from discopy.drawing import Drawing
from discopy.drawing.backend import Backend, Matplotlib, TikZ
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Curve

from ncd_cat.diagram.diagram import Diagram
from ncd_cat.diagram.levels import fitted, shown
from ncd_cat.diagram.repeats import folded
from ncd_cat.diagram.wires import label
from ncd_cat.errors import InputError
from ncd_cat.exporters.files import Together

MOST = 100  # boxes of a drawing, unless more are asked for
UNDATED: dict[str, dict[str, Any]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}
MARKS = str.maketrans({"\\": r"\textbackslash{}", "×": r"$\times$", "…": r"\dots{}", "·": r"$\cdot$", "^": r"\^{}", "~": r"\~{}",
                       **{mark: f"\\{mark}" for mark in "&%$#_{}"}})  # fmt: skip


def draw(diagram: Diagram, path: str | Path | None = None, *, most: int = MOST, **params: Any) -> Figure | None:
    """Draw a diagram to a file, `.svg`, `.png`, `.pdf` or, in TikZ, `.tex`; without a path give the figure, which a notebook shows.

    most: how many boxes to show; params: `fontsize`, `fontsize_types`, `figsize`, `wire_labels`, `draw_box_labels`, `nodesize`,
    `linewidth`, `textpad` and `margins` of DisCoPy.  Raises InputError where there are more boxes outside of all blocks, or on
    another kind of file; FileError where it cannot be written.
    """
    kind = "figure" if path is None else Path(path).suffix.lower().removeprefix(".")
    if kind not in ("figure", "tex", *UNDATED):
        raise InputError(f"{path} names no kind of drawing: it is to end in .svg, .png, .pdf or .tex")
    found, caption = legible(diagram, most)
    picture = found.to_drawing()
    picture.height += 0.5 * bool(caption)
    if kind == "tex":
        _write(path, _tikz(picture, caption, params).encode())
        return None
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "ncd", "figure.max_open_warning": 0}):
        figure = _figure(picture, caption, params)
        if path is None:
            return figure
        stream = BytesIO()
        figure.savefig(stream, format=kind, metadata=UNDATED[kind], bbox_inches="tight", pad_inches=0.05)
    _write(path, stream.getvalue())
    return None


def legible(diagram: Diagram, most: int = MOST) -> tuple[Diagram, str]:
    """The diagram with repeats folded and its deepest blocks collapsed until it shows at most `most` boxes, and a word on that.

    Raises InputError where more boxes are outside of all blocks.
    """
    count = shown(diagram)
    if count <= most:
        return diagram, ""
    found = fitted(folded(diagram), most)
    if shown(found) > most:
        raise InputError(
            f"{label(diagram)} has {shown(found)} boxes outside of all blocks, a drawing shows {most}: "
            f"give parts of it a name, f.block(name), or ask for more with most={shown(found)}, which takes long"
        )
    return found, f"{count} boxes: repeats are folded, and the deepest blocks drawn as boxes"


def _figure(picture: Drawing, caption: str, params: dict[str, Any]) -> Figure:
    figure = Figure(figsize=params.get("figsize") or (picture.width or 1, picture.height or 1), facecolor="white")
    _drawn(_Page(axis=figure.add_axes((0, 0, 1, 1)), linewidth=params.get("linewidth", 1)), picture, caption, params)
    return figure


def _tikz(picture: Drawing, caption: str, params: dict[str, Any]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "drawing.tex")
        _drawn(_Source(), picture, caption, {"fontsize": 0.8, "fontsize_types": 0.6, **params, "path": str(file)})
        return file.read_text("utf-8")


def _drawn(backend: Backend, picture: Drawing, caption: str, params: dict[str, Any]) -> None:
    """Draw a picture on a backend; the points of copies shrink as it grows."""
    size = max(picture.height, picture.width, 0.01)
    params = {"fontsize": 9, "fontsize_types": 7, **params, "nodesize": round(params.get("nodesize", 1.0) / sqrt(size), 3)}
    picture.add_box_corners()
    backend.draw_boundary(picture, **params)
    backend.draw_wires(picture, **params)
    backend.draw_boxes(picture, **params)
    backend.draw_spiders(picture, **params)
    if caption:
        backend.draw_text(caption, 0.1, picture.height, fontsize=params["fontsize_types"], verticalalignment="top")
    backend.output(path=params.get("path"), show=False, baseline=picture.height / 2, margins=params.get("margins", (0.02, 0.02)))


def _write(path: str | Path | None, data: bytes) -> None:
    assert path is not None
    with Together() as files:
        files.write(path, lambda stream: stream.write(data))


class _Page(Matplotlib):  # type: ignore[misc]
    """DisCoPy's page on a figure of its own: no window, no global state, and wires that cross as smooth curves."""

    def draw_text(self, text: str, i: float, j: float, **params: Any) -> None:
        super().draw_text(text, i, j, parse_math=False, **params)

    def draw_wire(self, source: Any, target: Any, bend_out: bool = False, bend_in: bool = False, style: Any = None) -> None:
        if bend_out or bend_in:
            super().draw_wire(source, target, bend_out, bend_in, style)
            return
        (x, y), (u, v) = source, target
        curve = Curve([(x, y), (x, (y + v) / 2), (u, (y + v) / 2), (u, v)], [Curve.MOVETO, *[Curve.CURVE4] * 3])
        self.axis.add_patch(PathPatch(curve, facecolor="none", linewidth=self.linewidth))

    def draw_spiders(self, graph: Any, draw_box_labels: bool = True, **params: Any) -> None:
        super().draw_spiders(graph, draw_box_labels=False, **params)

    def output(self, path: Any = None, show: bool = False, **params: Any) -> None:
        self.axis.margins(*params["margins"])
        self.axis.set_aspect("equal")
        self.axis.axis("off")


class _Source(TikZ):  # type: ignore[misc]
    """DisCoPy's TikZ, with the marks in names that TeX would read as its own written as text."""

    def draw_text(self, text: str, i: float, j: float, **params: Any) -> None:
        super().draw_text(str(text).translate(MARKS), i, j, **params)


__all__ = ["MOST", "draw", "legible"]
