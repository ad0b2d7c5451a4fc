"""`ncd draw` draws to files and to the terminal, and tells a person's mistake in a line."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import ncd_cat as ncd
from ncd_cat.architectures import find
from ncd_cat.cli import main


def ask(*words: str) -> Result:
    return CliRunner().invoke(main, ["draw", *words])


def test_without_a_file_it_is_drawn_in_characters() -> None:
    said = ask("attention", "--width", "60")
    assert said.exit_code == 0, said.output
    assert "◁" in said.stdout and max(map(len, said.stdout.splitlines())) <= 60
    assert "q = 5" in ask("attention", "--names", "both").stdout


@pytest.mark.parametrize("kind", ["svg", "tex", "pdf", "png", "txt"])
def test_a_file_of_each_kind(kind: str, tmp_path: Path) -> None:
    out = tmp_path / f"picture.{kind}"
    said = ask("mlp", "-o", str(out), "--theme", "dark", "--depth", "0")
    assert said.exit_code == 0, said.output
    assert said.stdout == f"written: {out}\n" and out.stat().st_size > 50


def test_discopy_draws_a_wire_for_each_tensor(tmp_path: Path) -> None:
    out = tmp_path / "picture.svg"
    assert ask("gpt2-block", "--discopy", "--depth", "1", "-o", str(out)).exit_code == 0
    assert out.read_bytes().startswith(b"<?xml")
    said = ask("mlp", "--discopy")
    assert said.exit_code == 2 and "say which with -o" in said.stderr


def test_a_file_of_ours_is_drawn_as_well(tmp_path: Path) -> None:
    path = tmp_path / "f.ncd.json"
    ncd.save(find("mlp"), path)
    said = ask(str(path))
    assert said.exit_code == 0, said.output
    assert said.stdout.startswith("t─") and "[L^up_+]" in said.stdout


def test_mistakes_are_told_before_the_work(tmp_path: Path) -> None:
    for words, due in (
        (("mlp", "-o", str(tmp_path / "x.gif")), "names no kind of drawing"),
        (("mlp", "-o", str(tmp_path / "no" / "x.svg")), "there is no folder"),
        (("mlp", "-o", ""), "whose name is empty"),
        (("attn", "-o", str(tmp_path / "x.svg")), "there is no built-in architecture 'attn'"),
        (("mlp", "--discopy", "-o", str(tmp_path / "x.txt")), "names no kind of drawing"),
    ):
        said = ask(*words)
        assert said.exit_code == 2 and due in said.stderr
        assert len(said.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_picture_that_is_hard_to_read_is_said_to_be_so(tmp_path: Path) -> None:
    out = tmp_path / "picture.svg"
    said = ask("transformer", "-o", str(out))
    assert said.exit_code == 0 and said.stdout == f"written: {out}\n" and out.exists()
    assert said.stderr.startswith("It is hard to read: ") and "--collapse 'decoder" in said.stderr
    assert ask("transformer", "-o", str(out), "--collapse", "decoder").stderr == ""
    assert ask("transformer", "-o", str(tmp_path / "picture.txt")).stderr == ""


def test_a_pattern_that_matches_no_block_is_said_to_do_so(tmp_path: Path) -> None:
    out = tmp_path / "picture.svg"
    words = ("--expand", "h.0*", "--collapse", "ln_f", "--collapse", "h.[")
    for said in (ask("gpt2", "-o", str(out), *words), ask("gpt2", *words), ask("gpt2", "-o", str(tmp_path / "page.html"), *words)):
        assert said.exit_code == 0, said.output
        assert said.stderr.startswith("--collapse 'h.[' matches no block: there are wte, h.0, ") and len(said.stderr.splitlines()) == 1
    assert "matches no block: there is none" in ask("attention", "--expand", "x").stderr


def test_a_width_is_a_number_or_a_page(tmp_path: Path) -> None:
    wide, page = tmp_path / "wide.svg", tmp_path / "page.svg"
    assert ask("gpt2", "-o", str(wide)).exit_code == ask("gpt2", "-o", str(page), "--width", "page").exit_code == 0
    assert wide.read_text("utf-8") != page.read_text("utf-8")
    assert ask("attention", "--width", "page").exit_code == 0
    for word in ("sheet", "3"):
        said = ask("attention", "--width", word)
        assert said.exit_code == 2 and "--width" in said.stderr
