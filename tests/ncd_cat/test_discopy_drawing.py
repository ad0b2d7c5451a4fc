"""DisCoPy's drawing: files of four kinds without a display, wires with their axes, and never more boxes than can be placed."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ncd_cat.axes import Axis
from ncd_cat.diagram import EMPTY, Array, Box, Copy, Diagram, Discard, Operation, Permutation, Swap, Ty
from ncd_cat.diagram.drawing import legible
from ncd_cat.diagram.levels import shown
from ncd_cat.errors import FileError, InputError
from ncd_cat.graph import Weight
from ncd_cat.ops.contraction import einsum
from ncd_cat.ops.pointwise import Exp
from ncd_cat.ops.softmax import Softmax

Q, K = Array((Axis("q", 5), Axis("d"))), Array((Axis("k", 7), Axis("d")))
S = Array((Axis("q", 5), Axis("k", 7)))
SCORES = Diagram.from_callable(Ty(Q, K), Ty(S))(lambda q, k: einsum("qd,kd->qk", q, k))
SOFTMAX = Operation(Softmax(7), S, S)
MASK = Array((Axis("q", 5),), "bool")
f, g = Box("f", S, S), Box("g", Ty(S, S), S)
PICTURES: dict[str, Diagram] = {
    "identity": Diagram.id(Ty(Q, K)), "nothing": Diagram.id(), "attention": SCORES >> SOFTMAX,
    "structure": Copy(Ty(S)) >> Swap(Ty(S), Ty(S)) >> f @ f >> g, "ended": Ty(Q) @ Discard(Ty(K)) @ Ty(MASK),
    "permutation": Permutation((2, 0, 1), Ty(Q, K, S)), "block": (SCORES >> SOFTMAX).block("attn"),
    "closed": (SCORES >> SOFTMAX).block("attn").collapse(1), "weight": Operation(Weight("h.0.mlp.w_in"), EMPTY, Q),
    "broadcast": SOFTMAX.broadcast(Axis("h", 8)), "scalar": Box("loss", S, Array(())),
    "repeats": Diagram.id(Ty(S)).then(*(f.block(f"h.{k}") for k in range(3))).folded(),
}  # fmt: skip


def texts(svg: str) -> list[str]:
    """What is written in a drawing."""
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


@pytest.fixture
def no_display(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No display, and a toolkit that would need one: a drawing asks for neither."""
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setenv("MPLBACKEND", "TkAgg")
    pyplot = pytest.importorskip("matplotlib.pyplot")
    monkeypatch.setattr(pyplot, "figure", None)
    monkeypatch.setattr(pyplot, "subplots", None)
    yield
    assert not pyplot.get_fignums()


@pytest.mark.parametrize("d", PICTURES.values(), ids=PICTURES)
@pytest.mark.usefixtures("no_display")
def test_diagrams_are_drawn_to_files(d: Diagram, tmp_path: Path) -> None:
    starts = {"svg": b"<?xml", "png": b"\x89PNG", "tex": b"\\begin{tikzpicture}", "pdf": b"%PDF"}
    for kind, start in starts.items():
        path = tmp_path / f"d.{kind}"
        d.draw_discopy(path)
        assert path.read_bytes().startswith(start)
    written = texts((tmp_path / "d.svg").read_text("utf-8"))
    for wire in (*d.dom.inside, *d.cod.inside):
        assert " ".join(map(str, wire.axes)) + " bool" * (wire.kind == "bool") in [*written, ""]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["d.pdf", "d.png", "d.svg", "d.tex"]


def test_boxes_have_short_names(tmp_path: Path) -> None:
    names = {"attention": ["softmax"], "block": ["attn", "softmax"], "closed": ["attn"], "weight": ["mlp.w_in"], "repeats": ["h ×3", "f"]}
    for key, due in names.items():
        PICTURES[key].draw_discopy(tmp_path / "d.svg")
        written = texts((tmp_path / "d.svg").read_text("utf-8"))
        assert {*due} <= {*written} and ("softmax" in written) == ("softmax" in due)
    PICTURES["weight"].draw_discopy(tmp_path / "d.tex")
    assert r"mlp.w\_in" in (tmp_path / "d.tex").read_text("utf-8")


def test_wires_cross_and_copies_are_points() -> None:
    crossing = PICTURES["permutation"].to_drawing()
    paths = {(a.i, b.i) for a, b in crossing.edges if a.kind == "box_dom" and b.kind == "box_cod"}
    assert paths == {(2, 0), (0, 1), (1, 2)}
    structure = PICTURES["structure"].to_drawing()
    assert [box.draw_as_spider for box in structure.boxes] == [True, False, False, False, False]
    assert [box.draw_as_wires for box in structure.boxes] == [False, True, False, False, False]
    assert [str(x) for x in structure.dom] == ["q:5 k:7"]
    assert [box.draw_as_spider for box in PICTURES["ended"].to_drawing().boxes] == [True]


def test_drawings_are_the_same_every_time(tmp_path: Path) -> None:
    for kind in ("svg", "pdf", "tex", "png"):
        for name in "ab":
            PICTURES["block"].draw_discopy(tmp_path / f"{name}.{kind}")
        assert (tmp_path / f"a.{kind}").read_bytes() == (tmp_path / f"b.{kind}").read_bytes()


def test_without_a_path_there_is_a_figure() -> None:
    figure = PICTURES["attention"].draw_discopy(figsize=(2, 3), wire_labels=False)
    assert list(figure.get_size_inches()) == [2, 3]
    assert [t.get_text() for t in figure.axes[0].texts] == ["contraction", "softmax"]


def model(layers: int, act: Diagram) -> Diagram:
    inside = Diagram.id(Ty(S)).then(*(f >> act for _ in range(10)))
    return Diagram.id(Ty(S)).then(*((inside.block("mlp") >> f).block(f"h.{k}") for k in range(layers))).block("model")


def test_a_large_diagram_is_collapsed(tmp_path: Path) -> None:
    d = model(12, SOFTMAX)
    assert shown(d) > 250
    start = time.process_time()
    d.draw_discopy(tmp_path / "d.svg")
    assert time.process_time() - start < 10
    written = texts((tmp_path / "d.svg").read_text("utf-8"))
    assert "h ×12" in written and f"{shown(d)} boxes: repeats are folded, and the deepest blocks drawn as boxes" in written
    few, caption = legible(d, 5)
    assert shown(few) <= 5 and caption
    assert legible(few, 5) == (few, "")
    for seen in (few, legible(d)[0]):
        assert seen.graph == d.graph


def test_what_cannot_be_collapsed_is_refused(tmp_path: Path) -> None:
    d = Diagram.id(Ty(S)).then(*[Operation(Exp(), S, S)] * 120)
    with pytest.raises(InputError, match=r"has 120 boxes outside of all blocks, a drawing shows 100: .*most=120"):
        d.draw_discopy(tmp_path / "d.svg")
    assert shown(legible(d, 120)[0]) == 120


def test_other_kinds_of_file_are_refused(tmp_path: Path) -> None:
    for name in ("d.gif", "d", "svg"):
        with pytest.raises(InputError, match="names no kind of drawing"):
            f.draw_discopy(tmp_path / name)
    with pytest.raises(FileError, match="cannot be written"):
        f.draw_discopy(tmp_path / "no" / "d.svg")
    assert list(tmp_path.iterdir()) == []
