"""`ncd cost` and `ncd grad` say what a diagram takes, in tables and as JSON, and a person's mistake in a line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import ncd_cat as ncd
from ncd_cat.cli import main


def ask(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def test_the_cost_of_attention_is_a_polynomial_and_at_sizes_a_number() -> None:
    said = ask("cost", "attention-symbolic")
    assert said.exit_code == 0
    assert "2*d*k*q + 2*k*q*v + 4*k*q + q" in said.stdout
    data = json.loads(ask("cost", "attention-symbolic", "--sizes", "q=128,k=128,d=64,v=64", "--json").stdout)
    assert data["work"] == 4 * 128 * 128 * 64 + 4 * 128 * 128 + 128
    assert (data["operations"], data["sizes"]["q"], data["blocks"]) == (4, 128, [])


def test_blocks_are_shown_as_deep_as_asked() -> None:
    shallow, deep = ask("cost", "gpt2", "--depth", "1").stdout, ask("cost", "gpt2", "--depth", "0").stdout
    assert "h.0" in shallow
    assert "h.0" not in deep
    data = json.loads(ask("cost", "gpt2", "--json").stdout)
    assert data["operations"] == 42
    assert ["h.0"] in [b["block"] for b in data["blocks"]]


def test_a_gradient_is_derived_written_and_read_back(tmp_path: Path) -> None:
    out = tmp_path / "gradient.ncd.json"
    said = ask("grad", "attention", "--vjp", "--wrt", "0,2", "-o", str(out))
    assert said.exit_code == 0, said.output
    assert "gradient / attention" in said.stdout
    assert f"written: {out}" in said.stdout
    assert len(ncd.load(out).to_graph().dom) == 4
    assert len(ncd.load(out).to_graph().cod) == 2
    data = json.loads(ask("grad", "attention", "--vjp", "--wrt", "0,2", "--json").stdout)
    assert data["gradient"]["work"] > data["attention"]["work"]
    assert data["gradient"]["tape"] == 35


def test_all_weights_are_named_at_once() -> None:
    data = json.loads(ask("grad", "mlp", "--vjp", "--wrt", "weights", "--json").stdout)
    assert data["gradient"]["operations"] > data["mlp"]["operations"]


def test_a_simpler_diagram_comes_with_its_proof(tmp_path: Path) -> None:
    out, proof = tmp_path / "simple.ncd.json", tmp_path / "proof.json"
    said = ask("simplify", "attention-bent", "-o", str(out), "--certificate", str(proof))
    assert said.exit_code == 0, said.output
    assert f"certificate: {proof}" in said.stdout
    assert ask("check", str(proof)).exit_code == 0
    given, found = (json.loads(ask("cost", name, "--json").stdout) for name in ("attention-bent", str(out)))
    assert found["work"] < given["work"]
    data = json.loads(ask("simplify", "attention-bent", "--cost", "boxes", "--json").stdout)
    assert data["simplified"]["boxes"] <= data["attention-bent"]["boxes"]


def test_a_gradient_is_simplified_on_request() -> None:
    data = json.loads(ask("grad", "attention", "--vjp", "--simplify", "--json").stdout)
    assert data["simplified"]["work"] <= data["gradient"]["work"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["cost", "attention-symbolic", "--sizes", "n=3"], "there is no size 'n'; the symbolic sizes are d, k, q, v"),
        (["cost", "attention", "--sizes", "n=3"], "there is no size 'n'; the symbolic sizes are none"),
        (["cost", "attention-symbolic", "--sizes", "q"], "'q' is not NAME=NUMBER"),
        (["cost", "attention-symbolic", "--sizes", "q=0"], "'q=0' is not NAME=NUMBER"),
        (["cost", "atention"], "did you mean attention"),
        (["grad", "attention"], "use vjp, with a cotangent of each output, or sum it"),
        (["grad", "mlp", "--wrt", "nothing"], "there is no input or weight 'nothing'; inputs: "),
        (["grad", "mlp", "--wrt", ","], "--wrt names nothing"),
        (["grad", "mlp", "--wrt", "7", "--vjp"], "there is no input 7"),
        (["grad", "mlp", "--vjp", "--theme", "dark"], "--theme is of the picture that --mirror draws"),
        (["grad", "mlp", "--vjp", "--mirror", "--simplify", "-o", "x.svg"], "so --simplify cannot be given with it"),
        (["grad", "attention", "--vjp", "-o", "x.json"], "the file of a diagram ends in .ncd.json"),
        (["grad", "attention", "--vjp", "-o", "/nowhere/x.ncd.json"], "cannot be written: there is no folder /nowhere"),
    ],
)
def test_a_mistake_is_told_in_a_line(words: list[str], message: str) -> None:
    said = ask(*words)
    assert said.exit_code == 2
    assert message in said.stderr
    assert len(said.stderr.strip().splitlines()) == 1
    assert json.loads(ask(*words, "--json").stdout)["exit"] == 2


def test_a_mirrored_gradient_has_a_theme(tmp_path: Path) -> None:
    dark, light = tmp_path / "dark.svg", tmp_path / "light.svg"
    for out, theme in ((dark, "dark"), (light, "light")):
        assert ask("grad", "mlp", "--vjp", "--mirror", "--theme", theme, "-o", str(out)).exit_code == 0
    assert "#16181c" in dark.read_text("utf-8") and "#16181c" not in light.read_text("utf-8")


def test_the_gradient_of_a_torch_loss_needs_no_words_but_its_file(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    file = tmp_path / "loss.py"
    file.write_text("import torch\n\ndef loss(x, w):\n    return (x @ w).pow(2).sum()\n\ninputs = (torch.zeros(3, 4), torch.zeros(4, 2))\n")
    said = ask("grad", f"{file}:loss", "--wrt", "w,0", "--json")
    assert said.exit_code == 0, said.output
    data = json.loads(said.stdout)
    assert data["gradient"]["work"] >= data[f"{file}:loss"]["work"]
