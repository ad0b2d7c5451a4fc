"""The command says one thing for each answer: its exit status, its streams, and never a traceback for a person's mistake."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from ncd_cat import cli
from ncd_cat.errors import InputError, UnsupportedOp
from ncd_cat.exporters.json import save
from ncd_cat.graph import Graph, Input, source
from ncd_cat.types import Array

X = Array.of((2, 3), name="x")
IDENTITY = Graph((X,), (X,), (source(Input(0), (2, 3)),))


@dataclass(frozen=True)
class FakeCertificate:
    """Writes a line."""

    def save(self, path: str) -> None:
        Path(path).write_text("{}")


@dataclass(frozen=True)
class FakeCounterexample:
    """One input, one large weight."""

    inputs: tuple[Any, ...] = (np.array([1.0, np.inf]),)
    weights: dict[str, Any] = field(default_factory=lambda: {"w": np.zeros((100, 100))})
    max_abs_diff: float = 0.5
    draws: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class FakeVerdict:
    """A verdict of each kind."""

    status: str
    certificate: Any = None
    counterexample: Any = None
    assumptions: tuple[str, ...] = ("z != 0",)
    reason: str = "because"
    seconds: float = 1.0
    steps: int = 3
    notes: tuple[str, ...] = ()
    float32_difference: float | None = 1e-7

    def __str__(self) -> str:
        return f"{self.status}\nthe whole story"


PROVED, UNKNOWN = FakeVerdict("proved", FakeCertificate()), FakeVerdict("unknown")
REFUTED = FakeVerdict("refuted", counterexample=FakeCounterexample())


def answering(monkeypatch: pytest.MonkeyPatch, answer: Callable[..., Any]) -> None:
    """Put a prover in place of the real one."""
    module = ModuleType("proofs.prove")
    module.prove = answer  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "proofs.prove", module)


def ncd(*args: str) -> Result:
    return CliRunner().invoke(cli.main, list(args))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a diagram in it."""
    monkeypatch.chdir(tmp_path)
    save(IDENTITY, "a.ncd.json")
    return tmp_path


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(("verdict", "status"), [(PROVED, 0), (REFUTED, 1), (UNKNOWN, 3)])
def test_each_answer_has_its_status(monkeypatch: pytest.MonkeyPatch, verdict: FakeVerdict, status: int) -> None:
    answering(monkeypatch, lambda *args, **kwargs: verdict)
    result = ncd("prove", "a.ncd.json", "a.ncd.json")
    assert (result.exit_code, result.stdout, result.stderr) == (status, f"{verdict.status}\nthe whole story\n", "")


@pytest.mark.usefixtures("here")
def test_what_the_prover_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    answering(monkeypatch, lambda *args, **kwargs: calls.append((args, kwargs)) or PROVED)
    Path("map.toml").write_text('v = "w"')
    ncd("prove", "a.ncd.json", "a.ncd.json", "--params", "map.toml", "--timeout", "2.5", "--assume", "x > 0", "--assume", "eps = 0")
    ((lhs, rhs, inputs), kwargs) = calls[0]
    assert lhs.same_as(IDENTITY)
    assert rhs.same_as(IDENTITY)
    assert inputs is None
    assert kwargs.pop("progress")("stage", 0.5) is None
    assert kwargs == {"params": {"v": "w"}, "assume": ("x > 0", "eps = 0"), "timeout": 2.5, "names": ("a.ncd.json", "a.ncd.json")}


@pytest.mark.usefixtures("here")
def test_one_json_object_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    def noisy(*args: Any, **kwargs: Any) -> FakeVerdict:
        print("a model prints")
        return REFUTED

    answering(monkeypatch, noisy)
    result = ncd("prove", "a.ncd.json", "a.ncd.json", "--json")
    assert json.loads(result.stdout) == {
        "status": "refuted",
        "lhs": "a.ncd.json",
        "rhs": "a.ncd.json",
        "assumptions": ["z != 0"],
        "reason": "because",
        "notes": [],
        "steps": 3,
        "seconds": 1.0,
        "float32_difference": None,
        "certificate": None,
        "counterexample": {"inputs": [[1.0, "inf"]], "weights": {"w": {"shape": [100, 100], "dtype": "float64"}}, "max_abs_diff": 0.5},
    }
    assert result.stderr == "a model prints\n"


@pytest.mark.usefixtures("here")
def test_a_certificate_is_written_where_it_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, lambda *args, **kwargs: PROVED)
    result = ncd("prove", "a.ncd.json", "a.ncd.json", "--certificate", "out.json")
    assert result.stdout.splitlines()[-1] == "certificate: out.json"
    assert Path("out.json").exists()
    assert json.loads(ncd("prove", "a.ncd.json", "a.ncd.json", "--certificate", "out.json", "--json").stdout)["certificate"] == "out.json"


@pytest.mark.usefixtures("here")
def test_without_a_proof_there_is_no_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, lambda *args, **kwargs: UNKNOWN)
    result = ncd("prove", "a.ncd.json", "a.ncd.json", "--certificate", "out.json", "--player", "out.html")
    assert (result.exit_code, result.stderr) == (3, "not written, as there is no proof: out.json, out.html\n")
    assert not Path("out.json").exists() and not Path("out.html").exists()


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["a.py:f", "a.ncd.json"], "a.py: no such file"),
        (["a.ncd.json", "a.ncd.json", "--certificate", "nowhere/out.json"], "nowhere/out.json cannot be written: there is no folder"),
        (["a.ncd.json", "a.ncd.json", "--certificate", "."], ". cannot be written: it is a folder"),
        (["a.ncd.json", "a.ncd.json", "--certificate", ""], "whose name is empty"),
        (["a.ncd.json", "a.ncd.json", "--player", "out.svg"], "--player is to end in .html, not 'out.svg'"),
        (["a.ncd.json", "a.ncd.json", "--params", "no.toml"], "no.toml: No such file or directory"),
        (["a.ncd.json", "a.ncd.json", "--inputs", "x=2"], "--inputs is for Python models"),
        (["cut.ncd.json", "a.ncd.json"], "cut.ncd.json is not JSON"),
        (["a.ncd.json", "no-such-architecture"], "no-such-architecture"),
    ],
)
def test_mistakes_are_told_in_a_line(monkeypatch: pytest.MonkeyPatch, args: list[str], message: str) -> None:
    answering(monkeypatch, lambda *args, **kwargs: PROVED)
    Path("cut.ncd.json").write_text(Path("a.ncd.json").read_text()[:40])
    result = ncd("prove", *args)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("ncd: ")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    told = json.loads(ncd("prove", *args, "--json").stdout)
    assert told["exit"] == 2
    assert message in told["error"]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (UnsupportedOp("no meaning: aten.bernoulli in drop"), 4, "ncd: no meaning: aten.bernoulli in drop\n"),
        (InputError("weight 'w' is on one side only"), 2, "ncd: weight 'w' is on one side only\n"),
        (KeyboardInterrupt(), 130, "ncd: interrupted\n"),
        (ZeroDivisionError("of ours"), 70, "ncd: a mistake of ours, ZeroDivisionError: of ours; --debug shows where\n"),
    ],
)
def test_what_goes_wrong_inside(monkeypatch: pytest.MonkeyPatch, error: BaseException, status: int, message: str) -> None:
    def fails(*args: Any, **kwargs: Any) -> None:
        raise error

    answering(monkeypatch, fails)
    result = ncd("prove", "a.ncd.json", "a.ncd.json")
    assert (result.exit_code, result.stdout, result.stderr) == (status, "", message)


@pytest.mark.usefixtures("here")
def test_debug_lets_our_own_error_through(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, lambda *args, **kwargs: 1 / 0)
    assert isinstance(ncd("prove", "a.ncd.json", "a.ncd.json", "--debug").exception, ZeroDivisionError)


@pytest.mark.parametrize("args", [[], ["a"], ["a", "b", "--timeout", "-1"], ["a", "b", "--no-such-option"]])
def test_a_wrong_command(args: list[str]) -> None:
    result = ncd("prove", *args)
    assert (result.exit_code, result.stdout) == (2, "")


def test_what_is_built_in() -> None:
    lines = ncd("show").stdout.splitlines()
    assert lines[0] == "Architectures"
    assert any(line.split()[:2] == ["attention", "Scores,"] for line in lines)
    assert "    exp_of_sum       exp(a + b) = exp(a) · exp(b)" in lines
    assert lines[lines.index("Theorems") + 1] == "  broadcasting:"
    assert any(line.split()[:2] == ["softmax-rows", "A"] for line in lines)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("exp_of_sum", "says    exp(a + b) = exp(a) · exp(b)"),
        ("attention", "outputs  float32[q:5 v:4]"),
        ("a.ncd.json", "inputs   x: float32[a:2 b:3]"),
        ("key-bias", "says      A bias on keys changes no output: it adds one number to all scores of a query."),
        ("key-bias", "assuming  nothing"),
    ],
)
def test_one_thing_that_is_shown(name: str, line: str) -> None:
    result = ncd("show", name)
    assert result.exit_code == 0
    assert line in result.stdout.splitlines()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("exp_of_sun", "ncd: there is no architecture, rule or theorem 'exp_of_sun'; did you mean exp_of_sum"),
        ("zzzzzzz", "ncd: there is no architecture, rule or theorem 'zzzzzzz': `ncd show` lists them"),
        ("model.py:net", "ncd: `ncd show` shows what is built in, diagrams' files and certificates: `ncd draw model.py:net` draws a model"),
        ("no.cert.json", "ncd: no.cert.json cannot be read: No such file or directory"),
    ],
)
def test_nothing_to_show(name: str, message: str) -> None:
    result = ncd("show", name)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(message)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real one, of two built-in architectures."""
    path = tmp_path_factory.mktemp("certificates") / "heads.cert.json"
    result = ncd("prove", "multi-head-attention", "multi-head-attention-per-head", "--certificate", str(path))
    assert result.exit_code == 0, result.output
    return path


def test_a_certificate_is_accepted_and_shown(certificate: Path) -> None:
    accepted = ncd("check", str(certificate))
    assert accepted.exit_code == 0
    assert accepted.stdout.startswith(f"accepted: {certificate}\n")
    data = json.loads(ncd("check", str(certificate), "--json").stdout)
    assert (data["status"], data["assumptions"]) == ("accepted", [])
    assert f"steps     {data['steps']}" in accepted.stdout.splitlines()
    shown = ncd("show", str(certificate)).stdout
    assert "× transpose" in shown


def test_a_forged_certificate_is_rejected(certificate: Path, tmp_path: Path) -> None:
    data = json.loads(certificate.read_text())
    data["assumptions"] = ["1 = 2"]
    forged = tmp_path / "forged.json"
    forged.write_text(json.dumps(data))
    result = ncd("check", str(forged))
    assert result.exit_code == 1
    assert result.stdout.startswith(f"rejected: {forged}: the proof rests on the assumptions []")
    told = json.loads(ncd("check", str(forged), "--json").stdout)
    assert told["status"] == "rejected"
    assert ncd("show", str(forged)).exit_code == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "is it truncated?"), ("{\"format\": \"ncd-cert", "is not JSON"), ("[" * 100_000, "nested too"), ("NaN", "NaN is no JSON number")],
)
def test_what_is_no_certificate_cannot_be_read(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text)
    result = ncd("check", str(path))
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def test_text_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(b"\xff\xfe\x00")
    assert ncd("check", str(path)).exit_code == 2
    assert ncd("check", str(tmp_path)).exit_code == 2


def test_a_false_claim_about_built_in_architectures() -> None:
    result = ncd("prove", "attention", "attention-unscaled", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["counterexample"]["max_abs_diff"] > 0
