"""Every theorem holds at random sizes and values, its certificate proves what it says, and its near miss is false and not proved."""

from __future__ import annotations

import random
import re
import zlib
from typing import Any

import numpy as np
import pytest

from ncd_cat.architectures import names
from ncd_cat.errors import InputError, ProofError
from ncd_cat.evaluate import evaluate
from ncd_cat.language import softmax
from proofs.prove import prove
from proofs.theorems import THEOREMS, THEORIES, find
from proofs.theorems.__main__ import main
from proofs.theorems.theorem import FOLDER, Theorem
from rewrites.rules import RULES

ALL = pytest.mark.parametrize("theorem", THEOREMS.values(), ids=list(THEOREMS))
FALSE = Theorem("false", "softmax(2x) = softmax(x).", "a mistake", "q k", lambda x: softmax(x * 2, "k"), softmax("k"), softmax("q"))


def values(sides: list[Any], seed: int) -> list[tuple[Any, ...]]:
    """The outputs of diagrams of one type at random sizes, on the same random inputs and weights."""
    rng = np.random.default_rng(seed)
    graphs = [side.graph for side in sides]
    weights = {key: rng.normal(size=n.sizes) for graph in graphs for key, n in graph.weights().items()}
    weights = {key: np.abs(w) + 0.1 if key.endswith("running_var") else w for key, w in weights.items()}
    rows = min([n for a in graphs[0].dom for n in a.sizes], default=1)
    inputs = [rng.normal(size=a.sizes) if a.kind == "real" else rng.integers(0, rows, size=a.sizes) for a in graphs[0].dom]
    own = [{key: weights[key] for key in graph.weights()} for graph in graphs]
    return [evaluate(side, inputs, weights=held) for side, held in zip(sides, own, strict=True)]


def sized(theorem: Theorem, least: int, seed: int) -> list[Any]:
    """The two sides and the near miss at random sizes."""
    rng = random.Random(seed)
    sizes = {s: rng.randint(least, 5) for s in theorem.sizes}
    return [side.resize(**sizes) if sizes else side for side in (theorem.lhs, theorem.rhs, theorem.wrong)]


def seed_of(theorem: Theorem) -> int:
    return zlib.crc32(theorem.name.encode())


def test_there_are_many_theories_and_each_has_theorems() -> None:
    assert len(THEOREMS) >= 100 and all(len(theory.TABLE) >= 5 for theory in THEORIES)


@ALL
def test_is_declared_well(theorem: Theorem) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", theorem.name)
    assert theorem.says[0].isalpha() or theorem.says[0] in "⟨(|"
    assert theorem.says.endswith(".") and theorem.source
    assert theorem.name not in {*RULES, *names()}
    assert (theorem.lhs.dom, theorem.lhs.cod) == (theorem.rhs.dom, theorem.rhs.cod) == (theorem.wrong.dom, theorem.wrong.cod)


@ALL
def test_holds_at_random_sizes_and_values(theorem: Theorem) -> None:
    for k, least in enumerate((1, 1, 2)):
        lhs, rhs, _ = sized(theorem, least, seed_of(theorem) + k)
        for x, y in zip(*values([lhs, rhs], k), strict=True):
            np.testing.assert_allclose(x, y, rtol=1e-8, atol=1e-9)


@ALL
def test_the_near_miss_is_another_function(theorem: Theorem) -> None:
    lhs, _, wrong = sized(theorem, 3, seed_of(theorem))
    assert not all(np.allclose(x, y, rtol=1e-4, atol=1e-6) for x, y in zip(*values([lhs, wrong], 0), strict=True))


@ALL
def test_the_near_miss_is_refuted(theorem: Theorem) -> None:
    assert prove(theorem.lhs, theorem.wrong, timeout=20).status == "refuted"


@ALL
def test_its_certificate_proves_it(theorem: Theorem) -> None:
    statement = theorem.check()
    assert statement.assumptions == ()


@pytest.mark.slow
@ALL
def test_it_is_proved_again(theorem: Theorem) -> None:
    verdict = theorem.prove()
    assert (verdict.status, verdict.assumptions) == ("proved", ())


def test_every_certificate_is_that_of_a_theorem() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {t.path.name for t in THEOREMS.values()}


def test_a_theorem_that_is_not_there() -> None:
    with pytest.raises(InputError, match="there is no theorem 'softmax-shifts'; did you mean softmax-shift"):
        find("softmax-shifts")
    with pytest.raises(InputError, match="`ncd show` lists them"):
        find("zzzz")


def test_a_certificate_of_another_theorem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Theorem, "path", FOLDER / "softmax-shift.json")
    with pytest.raises(ProofError, match="proves another statement than theorem false: `make theorems` proves it again"):
        FALSE.check()


def test_proving_again_writes_the_same_file(tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    committed = find("softmax-shift").path.read_bytes()
    monkeypatch.setattr(Theorem, "path", property(lambda self: tmp_path / f"{self.name}.json"))
    assert main(["softmax-shift"]) == 0
    assert capsys.readouterr().out.startswith("proved   softmax-shift, ")
    assert (tmp_path / "softmax-shift.json").read_bytes() == committed


def test_what_is_false_is_not_written(tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr("proofs.theorems.__main__.find", lambda name: FALSE)
    monkeypatch.setattr(Theorem, "path", property(lambda self: tmp_path / f"{self.name}.json"))
    assert main(["false"]) == 1
    assert capsys.readouterr().out.startswith("refuted  false: ")
    assert not list(tmp_path.iterdir())
