"""Names that look like markup, commands or terminal codes: every output shows them as names, and none endlessly."""

from __future__ import annotations

import re
import shutil
import subprocess
import unicodedata
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import ncd_cat as ncd
from ncd_cat.axes import Axis
from ncd_cat.diagram import Box, Diagram
from ncd_cat.draw.labels import LONGEST, TOLD, brief
from ncd_cat.draw.outputs import drawn, mimebundle
from ncd_cat.ops.random import Draw, generated
from ncd_cat.types import Array

PLACES = ("axis", "box", "block", "title", "weight")
NAMES = (
    "<script>alert(1)</script>", "</style></script><!--", "\"' onload='x' & ]]> -->", r"\input{x}", r"\end{document}", "$x$ $\\frac{",
    "%#^_{}~", "a^b^c", "\u202egnp.exe\u2066", "א ب ٣", "\U0001f600\u200d\U0001f525", "a\nb\r\tc", "\x00\x01\x1b[31m\x7f\x85",
    "\u2028\u2029", "\ufffe\uffff", "e" + "\u0301" * 500, "x" * 10_000,
)  # fmt: skip
HALF = "a\ud800\udfffb"  # two halves that make no letter
SVG = "{http://www.w3.org/2000/svg}"
RAW = re.compile(r"(?<!\\)[#$%&~]|\^\^|\\(?:input|end\{document\}|write|def)")  # what TeX would read as its own


def made(name: str, place: str) -> Diagram:
    """A diagram with a name in one place."""
    if place == "weight":
        read = ncd.diagram("q d", q=3, d=2)(lambda x: ncd.linear(x, "d:2", "e:2", name=name))
        assert isinstance(read, Diagram)
        return read
    a = Array((Axis(name if place == "axis" else "q", 3), Axis("d", 2)))
    f = Box(name if place == "box" else "f", a, a)
    found: Diagram = (f >> f).block(name if place == "block" else "b") >> f
    found.title = name if place == "title" else ""
    return found


def checked_svg(text: str) -> ET.Element:
    """The picture, in which there is nothing but shapes, words and their titles."""
    root = ET.fromstring(text)
    assert {e.tag.removeprefix(SVG) for e in root.iter()} <= {"svg", "title", "style", "g", "path", "circle", "text", "tspan"}
    assert not any(key.startswith("on") or "href" in key for e in root.iter() for key in e.keys())
    words = [e for e in root.iter() if e.tag in (f"{SVG}text", f"{SVG}tspan")]
    assert max([len(e.text or "") for e in words], default=0) <= LONGEST + 20
    titles = [e.text or "" for e in root.iter(f"{SVG}title")]
    assert max([len(t) for t in titles], default=0) <= TOLD and all(c.isprintable() for t in titles for c in t)
    return root


def checked_text(text: str) -> None:
    assert all(c == "\n" or unicodedata.category(c)[0] != "C" for c in text) and "\u202e" not in text


def checked_tex(text: str) -> None:
    head, body = text.split(r"\begin{tikzpicture}")
    drawing = body.removesuffix("\n\\end{tikzpicture}\n\\end{document}\n")
    assert text.isascii() and len(drawing) < len(body) and not RAW.search(drawing)
    bare = re.sub(r"\\[{}]", "", drawing)
    assert bare.count("{") == bare.count("}") and head.count(r"\begin{document}") == 1


def checked_html(text: str, plain: str) -> None:
    """The page, which has the tags of the page of a plain name."""
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]", text)
    for tag in ("<script", "</script", "<!--", "<style", "</style", "<img"):
        assert text.lower().count(tag) == plain.lower().count(tag), tag


@pytest.mark.parametrize("place", PLACES)
@given(name=st.one_of(st.sampled_from(NAMES), st.text(min_size=1, max_size=12)))
@example(name=NAMES[0])
@example(name=NAMES[1])
@example(name=NAMES[4])
@example(name=NAMES[12])
@example(name=NAMES[-1])
@settings(max_examples=25, deadline=None)
def test_what_is_written_in_characters_is_well_formed(place: str, name: str) -> None:
    d = made(name, place)
    checked_svg(drawn(d, "svg").decode())
    checked_text(drawn(d, "txt").decode())
    checked_tex(drawn(d, "tex").decode())
    bundle = mimebundle(d)
    checked_svg(bundle["image/svg+xml"])
    checked_text(bundle["text/plain"])


@pytest.mark.parametrize("place", PLACES)
def test_the_page_has_no_tag_of_a_name(place: str) -> None:
    plain = drawn(made("q", place), "html").decode()
    for name in NAMES:
        checked_html(drawn(made(name, place), "html").decode(), plain)


@pytest.mark.parametrize("name", [*NAMES, HALF], ids=range(len(NAMES) + 1))
def test_pictures_are_drawn(name: str) -> None:
    for place in ("axis", "box"):
        d = made(name, place)
        assert drawn(d, "pdf").startswith(b"%PDF") and drawn(d, "png").startswith(b"\x89PNG")


@pytest.mark.parametrize("place", PLACES[:-1])
def test_half_letters_are_written_as_none(place: str) -> None:
    d = made(HALF, place)
    checked_svg(drawn(d, "svg").decode())
    checked_text(drawn(d, "txt").decode())
    checked_tex(drawn(d, "tex").decode())
    checked_html(drawn(d, "html").decode(), drawn(made("q", place), "html").decode())


def test_long_names_make_no_wide_picture() -> None:
    for place in PLACES:
        root = checked_svg(drawn(made("x" * 10_000, place), "svg").decode())
        assert float(root.get("width") or "inf") < 4000
    assert brief("x" * 10_000) == "x" * (LONGEST - 1) + "…" and brief("x" * LONGEST) == "x" * LONGEST


def test_a_name_is_read_again_as_it_was() -> None:
    for name in (NAMES[0], "\"'&]]>-->", r"\input{x}", "$x$"):
        root = checked_svg(drawn(made(name, "box"), "svg").decode())
        assert name in [e.text for e in root.iter(f"{SVG}text")]


@pytest.mark.skipif(shutil.which("pdflatex") is None or shutil.which("kpsewhich") is None, reason="needs a TeX")
def test_hostile_names_compile(tmp_path: Path) -> None:
    if subprocess.run(["kpsewhich", "standalone.cls", "tikz.sty"], capture_output=True, check=False).stdout.count(b"\n") < 2:
        pytest.skip("needs TikZ")
    d = made("\n".join(NAMES[:4]), "block")
    for name in NAMES[3:]:
        a = d.cod.inside[-1]
        assert isinstance(a, Array)
        d = d >> Box(name, a, a)
    (tmp_path / "d.tex").write_bytes(drawn(d, "tex"))
    command = ["pdflatex", "-no-shell-escape", "-interaction=batchmode", "-halt-on-error", "d.tex"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, timeout=60).returncode == 0
    assert (tmp_path / "d.pdf").read_bytes().startswith(b"%PDF")


def test_half_a_character_stops_no_random_array():
    assert Draw(HALF, "normal").order != Draw("a", "normal").order
    assert generated(7, HALF, "normal", (2, 3)).shape == (2, 3)
