"""Names as TeX, and scenes as TikZ: nothing that a person named is read as a command, and every document is balanced."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from matplotlib.mathtext import MathTextParser

from ncd_cat import architectures
from ncd_cat.axes import Axis
from ncd_cat.diagram import Box, Diagram
from ncd_cat.draw import scene
from ncd_cat.draw.pens import look, outline
from ncd_cat.draw.scene import Arc, Curve, Disc, Scene, Words
from ncd_cat.draw.scene import Path as Lines
from ncd_cat.draw.svg import svg
from ncd_cat.draw.tex import ACCENTS, GREEK, SIGNS, mathematics, prose, simple
from ncd_cat.draw.tikz import LARGEST, tikz
from ncd_cat.errors import InputError
from ncd_cat.types import Array

HOSTILE = (
    "<script>", r"\end{document}\input{/etc/passwd}", "%$#&_{}~^\\", "x̄ȳ∂θ", "日本語", "a\n\nb\x00\x1b", "^^M", "a^b^c", "?`",
    "x²₁²", "\u0301",
)  # fmt: skip
KNOWN = re.compile(r"\\(?:[A-Za-z]+|[#$%&_{} ()])")
COMMANDS = {r"\mathit", r"\mathrm", r"\mathtt", *[rf"\{a}" for a in ACCENTS.values()],
            *[c for v in (*GREEK.values(), *SIGNS.values()) for c in re.findall(r"\\[A-Za-z]+", v)]}  # fmt: skip


def named(name: str) -> Diagram:
    a = Array((Axis(name, 3), Axis("d", 2)))
    f = Box(name, a, a)
    found: Diagram = (f >> f).block(name) >> f
    return found


def balanced(text: str) -> bool:
    bare = re.sub(r"\\[\\{}%]", "", text)
    depths = [bare[:k].count("{") - bare[:k].count("}") for k in range(len(bare) + 1)]
    return min(depths) >= 0 and depths[-1] == 0


@given(st.text(max_size=12))
@example("ab_c x̄ 50% {h}")
@settings(max_examples=100, deadline=None)
def test_any_name_is_text_and_nothing_else(name: str) -> None:
    for found in (mathematics(name), prose(name)):
        assert found.isascii() and balanced(found)
        assert not set(KNOWN.sub("", found)) & {"\\", "%", "#", "$", "&", "~"}
        assert {c for c in KNOWN.findall(found) if c[1:].isalpha()} <= COMMANDS


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_names(name: str) -> None:
    text = tikz(scene(named(name)))
    body = text.split(r"\begin{tikzpicture}")[1]
    assert text.isascii() and balanced(text) and "%" not in re.sub(r"\\%", "", text)
    assert body.count(r"\end{") == 2 and r"\input" not in body
    assert text == tikz(scene(named(name)))


def test_what_a_name_becomes() -> None:
    assert mathematics("x̄") == r"\bar{x}" and mathematics("d_k") == r"\mathit{d\_k}" and mathematics("2*d*k") == r"2\ast d\ast k"
    assert mathematics("∂L") == r"\partial L" and mathematics("x²") == r"x{}^{2}" and mathematics("語") == r"\mathtt{U8A9E}"
    assert prose("Add & Norm") == r"Add \& Norm" and prose("θ") == r"\(\theta\)"
    assert simple("q = θ") and not simple("語") and not simple("a & b")


def test_matplotlib_reads_what_is_simple() -> None:
    parser = MathTextParser("path")
    for c in [*GREEK, *SIGNS, *[f"x{mark}" for mark in ACCENTS], *"#$%_{}", "x²³₁"]:
        assert simple(c)
        parser.parse(f"${mathematics(c)}$", 72, None)
        parser.parse(rf"$\overline{{\mathbf{{{mathematics(c)}}}}}$", 72, None)


def test_the_geometry_is_that_of_the_svg() -> None:
    made = scene(architectures.diagram("attention"))
    text = tikz(made)
    drawn = [p for p in made.primitives if p.style not in ("hit",)]
    assert len(re.findall(r"^\\(?:path\[ncd(?!dash|wire)|path\[ncd|node)", text, re.MULTILINE)) == len(drawn)
    assert f"rectangle ({made.width:.1f},{made.height:.1f})".replace(".0", "") in text.replace(".0", "")
    for start in re.findall(r'class="wire" d="M([\d.]+) ([\d.]+)H', svg(made)):
        assert f"ncdwire] ({start[0]},{start[1]}) --" in text


def test_curves_are_those_that_are_meant() -> None:
    arc = Arc("wires", "wire", "", "", 10, 20, 60, 15)
    start, segments, closed = outline(arc)
    assert (start, segments[0][-1], segments[1][-1], closed) == ((10, 20), (25, 40), (10, 60), False)
    for r, p in ((15, Disc("glyphs", "ink", "", "", 0, 0, 15)),):
        start, segments, closed = outline(p)
        assert closed and segments[-1][-1] == start
        for a, (b, c, d) in zip([start, *[s[-1] for s in segments]], segments, strict=False):
            middle = [(a[k] + 3 * b[k] + 3 * c[k] + d[k]) / 8 for k in (0, 1)]
            assert abs((middle[0] ** 2 + middle[1] ** 2) ** 0.5 - r) < 0.0003 * r
    assert outline(Curve("wires", "wire", "", "", (0, 0), (10, 30), 2))[1] == (((7, 0), (7, 30), (10, 30)),)
    assert outline(Lines("wires", "wire", "", "", ((0, 0), (1, 1)))) == ((0, 0), (((1, 1),),), False)


def test_dark_and_light_differ_in_colours_only() -> None:
    made = scene(architectures.diagram("multi-head-attention"))
    light, dark = (re.sub(r"(HTML\}\{)\w+", r"\1", tikz(made, theme)) for theme in ("light", "dark"))
    assert light == dark and tikz(made, "light") != tikz(made, "dark")
    assert look("wire", "light").stroke == "#000000" != look("wire", "dark").stroke


def test_bold_letters_are_bold_and_a_mean_is_double_struck() -> None:
    page = Scene(tuple(Words("words", style, "", "", 0, 0, text, 14) for style, text in (("bold", "Σ"), ("serif", "𝔼"))), 10, 10)
    assert r"\mbox{\bfseries\boldmath \(\Sigma\)}" in tikz(page) and r"\mbox{\(\mathbb{E}\)}" in tikz(page)
    MathTextParser("path").parse(f"${mathematics('𝔼')}$")


def test_what_tex_cannot_hold_is_said() -> None:
    with pytest.raises(InputError, match="larger than TeX can"):
        tikz(Scene((), LARGEST + 1, 10))


@pytest.mark.skipif(shutil.which("pdflatex") is None or shutil.which("kpsewhich") is None, reason="needs a TeX")
@pytest.mark.parametrize("d", [architectures.diagram("convolution-windowed"), *map(named, HOSTILE[1:4])], ids=range(4))
def test_it_compiles(d: Diagram, tmp_path: Path) -> None:
    if subprocess.run(["kpsewhich", "standalone.cls", "tikz.sty"], capture_output=True, check=False).stdout.count(b"\n") < 2:
        pytest.skip("needs TikZ")
    (tmp_path / "d.tex").write_text(tikz(scene(d)), "utf-8")
    command = ["pdflatex", "-no-shell-escape", "-interaction=batchmode", "-halt-on-error", "d.tex"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, timeout=60).returncode == 0
    assert (tmp_path / "d.pdf").read_bytes().startswith(b"%PDF")


def test_a_root_goes_over_the_letter_after_it() -> None:
    assert (mathematics("√x"), mathematics("√ab")) == (r"\sqrt{x}", r"\sqrt{\ }\mathit{ab}")
