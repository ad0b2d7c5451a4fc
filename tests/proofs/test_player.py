"""Proofs replayed: every step is an equation between the diagrams before and after it, from one side to the other."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import ncd_cat as ncd
from ncd_cat.cli import main
from ncd_cat.errors import FileError, InputError, ProofError
from proofs.neighbourhood import LARGE, changes, instance, size
from proofs.player import player
from proofs.prove import prove
from proofs.replay import replay
from proofs.theorems import THEOREMS

NAMES = ("log-softmax", "fused-qkv", "grouped-heads", "key-bias", "gradient-of-softmax", "circle", "attention-as-a-loop")


@pytest.mark.parametrize("name", NAMES)
def test_steps_lead_from_one_side_to_the_other(name: str) -> None:
    theorem = THEOREMS[name]
    moves = replay(theorem.data())
    statement = theorem.check()
    assert moves[0].before.outputs == statement.lhs.outputs and moves[-1].after.outputs == statement.rhs.outputs
    for one, other in pairwise(moves):
        assert one.after.outputs == other.before.outputs and one.side <= other.side
    assert {move.rule for move in moves} - {"again", "view"} <= {entry[0] for step in theorem.data()["steps"] for entry in step[3]}


@pytest.mark.parametrize("name", NAMES)
def test_what_changes_is_in_the_pictures_of_a_step(name: str) -> None:
    for move in replay(THEOREMS[name].data()):
        gone, made = changes(move)
        first, last = (move.after, move.before) if move.side else (move.before, move.after)
        assert gone and made
        assert {*gone} <= {*first.nodes()} and {*made} <= {*last.nodes()}


@pytest.mark.parametrize("name", NAMES)
def test_an_instance_alone_is_an_equation_of_the_same_type(name: str) -> None:
    for move in replay(THEOREMS[name].data()):
        (lhs, rhs), _ = instance(move, *changes(move))
        assert (lhs.dom, lhs.cod) == (rhs.dom, rhs.cod) and size(lhs) <= LARGE * 8
        assert lhs.outputs[0].sizes == rhs.outputs[0].sizes == move.subject.sizes


def test_a_step_keeps_the_numbers() -> None:
    verdict = prove(ncd.log_softmax("a").at("a:4"), (ncd.softmax("a") >> ncd.log).at("a:4"))
    assert verdict.status == "proved" and verdict.certificate is not None
    entries = np.linspace(-1.0, 2.0, 4)
    for move in replay(verdict.certificate):
        before, after = (np.asarray(ncd.evaluate(g, [entries])[0]) for g in (move.before, move.after))
        np.testing.assert_allclose(before, after, rtol=1e-9)


def data_of(text: str) -> Any:
    return json.loads(text.partition('id="data">')[2].partition("</script>")[0])


def test_a_page_has_each_step_with_its_rule_and_its_marks() -> None:
    found = data_of(player(THEOREMS["log-softmax"].data(), "</script>"))
    assert found["title"] == "</script>" and len(found["steps"]) > 4
    for step in found["steps"]:
        assert step["rule"] in found["rules"] and found["rules"][step["rule"]]["statement"]
        assert step["was"] or step["now"]
        for key, mark in (("before", "was"), ("after", "now")):
            glyphs = found["levels"][step[key]]["glyphs"]
            assert all(0 <= k < len(glyphs) for k in step[mark])
    assert len(found["levels"]) <= len(found["steps"]) + 1


def test_a_step_says_the_block_that_it_is_in() -> None:
    f = (ncd.log_softmax("a").at("a:4").block("head") >> ncd.exp.at("a:4")).block("model")
    g = ((ncd.softmax("a") >> ncd.log).at("a:4") >> ncd.exp.at("a:4")).block("other")
    verdict = prove(f, g)
    assert verdict.status == "proved" and verdict.certificate is not None
    paths = {move.path for move in replay(verdict.certificate)}
    assert ("model", "head") in paths and paths <= {("model", "head"), ("model",), ("other",), ()}


def test_of_a_large_diagram_only_what_changes_is_shown() -> None:
    theorem = THEOREMS["tensor-parallel-attention"]
    large = [move for move in replay(theorem.data()) if max(size(move.before), size(move.after)) > LARGE]
    assert large
    for move in large:
        sides, _ = instance(move, *changes(move))
        assert max(map(size, sides)) < max(size(move.before), size(move.after))


def test_a_proof_that_the_kernel_rejects_is_not_played(tmp_path: Path) -> None:
    data = json.loads(json.dumps(THEOREMS["log-softmax"].data()))
    data["steps"][0][3] = []
    with pytest.raises(ProofError):
        player(data)
    (tmp_path / "bad.json").write_text(json.dumps(data))
    found = CliRunner().invoke(main, ["draw", str(tmp_path / "bad.json"), "-o", str(tmp_path / "bad.html")])
    assert found.exit_code != 0 and "Traceback" not in found.output and not (tmp_path / "bad.html").exists()


def test_pages_of_proofs_by_the_command(tmp_path: Path) -> None:
    source = tmp_path / "proof.json"
    source.write_text(json.dumps(THEOREMS["circle"].data()))
    found = CliRunner().invoke(main, ["draw", str(source), "-o", str(tmp_path / "a.html")])
    assert found.exit_code == 0 and (tmp_path / "a.html").read_text("utf-8").startswith("<!doctype html>")
    wrong = CliRunner().invoke(main, ["draw", str(source), "-o", str(tmp_path / "a.svg")])
    assert wrong.exit_code == 2 and "drawn as a page" in wrong.output
    proved = CliRunner().invoke(main, ["prove", "slide-left", "slide-right", "--player", str(tmp_path / "b.html")])
    assert proved.exit_code == 0 and "slide-left = slide-right" in (tmp_path / "b.html").read_text("utf-8")
    with pytest.raises(FileError):
        ncd.play(source, tmp_path / "none" / "c.html")


def test_a_proof_is_played_in_a_page_only(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"proof\.svg is to end in \.html"):
        ncd.play(THEOREMS["circle"].data(), tmp_path / "proof.svg")
    assert not list(tmp_path.iterdir())


def test_a_certificate_says_what_it_is_about() -> None:
    twice = ncd.exp.at(ncd.ty("a:3"))
    assert repr(ncd.prove(twice, twice).certificate) == "Certificate(<2 nodes> = <2 nodes>, length 1)"
