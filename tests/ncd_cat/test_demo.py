import json
from pathlib import Path

import pytest

import ncd_cat as ncd
from ncd_cat.demo import QUESTIONS, Question, ask, main


def test_the_demo_gives_its_verdicts_and_leaves_certificates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(tmp_path / "build") == 0
    said = capsys.readouterr().out
    for question in QUESTIONS:
        assert question.heading in said
        assert f"{question.expected.upper()}  {question.lhs} " in said
    proved = {f"{q.lhs}.cert.json" for q in QUESTIONS if q.expected == "proved"}
    assert {p.name for p in (tmp_path / "build").iterdir()} == proved
    assert said.count("by the kernel alone") == len(proved)


def test_the_demo_s_certificates_do_not_survive_tampering(tmp_path: Path) -> None:
    assert ask(Question("Attention, fused", "attention-fused", "attention", "proved"), tmp_path)
    data = json.loads((tmp_path / "attention-fused.cert.json").read_text())
    ncd.check(data)
    for k in range(len(data["steps"])):
        forged = json.loads(json.dumps(data))
        del forged["steps"][k]
        with pytest.raises(ncd.ProofError):
            ncd.check(forged)


def test_an_unexpected_verdict_is_told(tmp_path: Path) -> None:
    assert not ask(Question("The two gelus", "mlp-gelu-tanh", "mlp", "proved"), tmp_path)
    assert not list(tmp_path.iterdir())
