"""A page as a file: whole, small, without a way out of its data for any name, and without a network."""

from __future__ import annotations

import base64
import gzip
import json
import re
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from ncd_cat import architectures
from ncd_cat.cli import main
from ncd_cat.draw.web import explore, page
from ncd_cat.draw.web.page import PLAIN
from ncd_cat.draw.web.pieces import LONGEST, said
from ncd_cat.errors import FileError

HOSTILE = ("</script><b>", "<!--", "\u2028", "]]>", "\x00", '"', "\udfff", "a" * 10_000)
NAMES = st.text(st.characters(), max_size=40) | st.sampled_from(HOSTILE)


class Seen(HTMLParser):
    """The tags of a page, and its data."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.data = ""
        self.inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.inside = dict(attrs).get("id") or tag

    def handle_data(self, data: str) -> None:
        if self.inside == "data":
            self.data += data

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""


PLAIN_TAGS = Seen(page("", {}, "explorer")).tags


@given(NAMES, NAMES)
def test_no_name_leaves_its_place(title: str, name: str) -> None:
    text = page(title, {"names": [said(name)], said(title): 1}, "explorer")
    found = Seen(text)
    text.encode()
    assert found.tags == PLAIN_TAGS
    assert json.loads(found.data)["names"] == [said(name)]


@given(NAMES)
def test_what_is_said_can_be_printed(name: str) -> None:
    assert said(name).isprintable() and len(said(name)) <= LONGEST


def test_long_data_are_compressed_and_come_back() -> None:
    data: dict[str, Any] = {"names": [str(k) for k in range(PLAIN // 6)]}
    text = page("", data, "player")
    packed = re.search(r'type="application/gzip" id="data">([^<]*)<', text)
    assert packed is not None and len(text) < PLAIN + 60_000
    assert json.loads(gzip.decompress(base64.b64decode(packed[1]))) == data


def test_the_scripts_are_small_and_ask_for_nothing() -> None:
    assets = [p for p in files("ncd_cat.draw.web").iterdir() if p.name.endswith((".js", ".css"))]
    texts = [p.read_text("utf-8") for p in assets]
    assert len(assets) == 7 and sum(map(len, texts)) < 60_000
    for text in texts:
        assert not re.search(r"(inner|outer|Adjacent)HTML|document\.write|eval\(|new Function", text)
        assert not re.search(r"fetch\(|XMLHttpRequest|import\(|@import|url\(", text)


def test_a_page_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    diagram = architectures.diagram("mlp")
    explore(diagram, tmp_path / "mlp.html")
    assert "<title>mlp</title>" in (tmp_path / "mlp.html").read_text("utf-8")
    with pytest.raises(FileError):
        explore(diagram, tmp_path / "none" / "mlp.html")
    assert [p.name for p in tmp_path.iterdir()] == ["mlp.html"]


def test_the_command_draws_pages(tmp_path: Path) -> None:
    found = CliRunner().invoke(main, ["draw", "gpt2", "--depth", "1", "-o", str(tmp_path / "a.html")])
    assert found.exit_code == 0 and "written" in found.output
    assert "<title>gpt2</title>" in (tmp_path / "a.html").read_text("utf-8")
