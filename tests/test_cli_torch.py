"""The command on torch models in a file: the whole way from a name to a verdict, or to one line about what is wrong."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ncd_cat import cli

pytest.importorskip("torch")
pytestmark = pytest.mark.torch

MODELS = '''
import torch
from torch import nn

inputs = (torch.zeros(3, 4),)

def double(x):
    return x + x

def twice(x):
    print("noise")
    return 2 * x

def thrice(x):
    return 3 * x

def branching(x):
    return x if x.sum() > 0 else -x

def dropping(x):
    return nn.functional.dropout(x, 0.5, training=True)

def summed(x):
    return x.sum(-1)

class Linear(nn.Module):
    def __init__(self, name, width=4):
        super().__init__()
        self.add_module(name, nn.Linear(4, width, bias=False))

    def forward(self, x):
        (layer,) = self.children()
        return layer(x)

def up():
    return Linear("up")

def down():
    return Linear("down")

def wide():
    return Linear("up", 5)
'''


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)
    Path("m.py").write_text(MODELS)


def prove(lhs: str, rhs: str, *options: str) -> Result:
    return CliRunner().invoke(cli.main, ["prove", f"m.py:{lhs}", f"m.py:{rhs}", *options])


def test_two_functions_are_equal() -> None:
    result = prove("double", "twice", "--certificate", "c.json")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("PROVED  m.py:double = m.py:twice\n")
    assert "noise" not in result.stdout
    assert CliRunner().invoke(cli.main, ["check", "c.json"]).exit_code == 0


def test_two_functions_differ() -> None:
    result = prove("double", "thrice", "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["status"] == "refuted"
    (x,) = told["counterexample"]["inputs"]
    assert (len(x), len(x[0])) == (3, 4)


def test_inputs_of_the_command_line_replace_the_files() -> None:
    result = prove("double", "twice", "--inputs", "x=7:float64")
    assert result.exit_code == 0, result.output
    assert "x [7]" in result.stdout


def test_weights_that_a_map_names() -> None:
    Path("map.toml").write_text('"down.weight" = "up.weight"\n')
    result = prove("up", "down", "--params", "map.toml")
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("args", "status", "message"),
    [
        (["up", "down"], 2, "up.weight"),
        (["up", "wide"], 2, "size 4 in lhs and 5 in rhs"),
        (["double", "summed"], 2, "axes against"),
        (["double", "branching"], 2, "branch"),
        (["double", "dropping"], 4, "dropout"),
        (["double", "twice", "--inputs", "y=2"], 2, "m.py:double has no input 'y': its inputs are x"),
        (["up", "up", "--inputs", "x=2,5"], 2, "Linear"),
        (["up", "down", "--params", "map.toml"], 2, "params: rhs has no weight 'left'"),
    ],
)
def test_what_cannot_be_compared(args: list[str], status: int, message: str) -> None:
    Path("map.toml").write_text('left = "up.weight"\n')
    result = prove(*args)
    assert result.exit_code == status, result.output
    assert result.stdout == ""
    assert message in result.stderr
    assert "Traceback" not in result.stderr
