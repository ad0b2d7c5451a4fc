"""The kernel accepts what follows and nothing else: forgeries by name, random mutants, hostile data; and always in bounded time."""

from __future__ import annotations

import copy
import json
import math
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ncd_cat.errors import FileError
from ncd_cat.graph import Graph, Input, Value, Weight, source
from ncd_cat.ops.activation import Tanh
from ncd_cat.ops.contraction import add, einsum, multiply, number, repeat, scale, total
from ncd_cat.ops.literal import literal
from ncd_cat.ops.norm import rms_norm
from ncd_cat.ops.pointwise import Exp, Where, divide
from ncd_cat.ops.softmax import softmax
from ncd_cat.scalars import Scalar
from ncd_cat.types import Array
from proofs.check import check as check_any
from proofs.kernel import ProofError, Statement, check
from proofs.prove import prove
from tests.bad_proofs.make import FORGERIES, HERE, Data, data, forged
from tests.loops import DTYPES, loop_outputs

FILES = sorted(HERE.glob("*.json"))
X, W = source(Input(0), (3, 4)), source(Weight("w"), (4, 2))
MASK = literal(np.array([[0.0, -np.inf], [0.0, 0.0], [-np.inf, 0.0]]))


def graph(*outputs: Value) -> Graph:
    dom = (Array.of((3, 4), "float64", "x"), Array.of((3,), "bool", "c"))
    return Graph(dom, tuple(Array.of(v.sizes, "float64") for v in outputs), outputs)


@cache
def searched() -> str:
    """A certificate that the search found: softmax under a mask, a root mean square norm, a choice, a loop."""
    scores = add(einsum("ij,jk->ik", X, W), MASK)
    e = multiply(Exp()(einsum("ij,jk->ik", X, W)), Exp()(MASK))
    choice = Where()(repeat(source(Input(1, "bool"), (3,)), [(1, 4)]), X, scale(X, 2))
    eps = Scalar.of(Fraction(1, 10))
    left = graph(softmax(scores, 1), rms_norm(scale(choice, 3), 1, None, eps), total(number(1, (4, 3)), (0, 1)), Tanh()(X))
    right = graph(divide(e, repeat(total(e, (1,)), [(1, 2)])), rms_norm(add(choice, choice, choice), 1, None, eps), number(12), Tanh()(X))
    found = prove(left, right)
    assert found.certificate is not None, str(found)
    return json.dumps(found.certificate.data)


def test_valid_certificates_are_accepted() -> None:
    statement = check(data())
    assert statement.assumptions == ("input(0, real) is not 0",)
    assert statement.steps == len(data()["steps"]) > 5
    assert len(statement.lhs.outputs) == len(statement.rhs.outputs) == 4
    assert check(json.loads(searched())).steps > 20


# ---- forgeries ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_is_rejected(name: str) -> None:
    _, message, in_step = FORGERIES[name]
    start = time.perf_counter()
    with pytest.raises(ProofError, match=message) as caught:
        check(forged(name))
    assert time.perf_counter() - start < 1
    assert (caught.value.step is not None) == in_step
    if in_step:
        assert str(caught.value).startswith(f"step {caught.value.step}: ")
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_forged_file_is_rejected(path: Path) -> None:
    with pytest.raises(ProofError):
        check_any(path)


def test_every_forgery_has_a_file() -> None:
    assert {p.stem for p in FILES} == {*FORGERIES, "truncated"}


@pytest.mark.parametrize("junk", [None, 7, "certificate", [], {}, [1, 2], True, {"format": "ncd-certificate", "version": 1}])
def test_what_is_no_certificate_is_rejected(junk: Any) -> None:
    with pytest.raises(ProofError, match="not a certificate"):
        check(junk)


def test_names_in_a_certificate_are_never_run(tmp_path: Path) -> None:
    (tmp_path / "trap_op.py").write_text("raise SystemExit('imported')\n")
    op, rule = data(), data()
    op["nodes"][-1][0] = "trap_op.Op"
    rule["steps"][0][3][0][0] = "trap_op.rule"
    code = f"import json, sys; sys.path.insert(0, {str(tmp_path)!r}); from proofs.check import check; check(json.loads(sys.stdin.read()))"
    for d in (op, rule):
        done = subprocess.run(
            [sys.executable, "-c", code], input=json.dumps(d), capture_output=True, text=True, cwd=HERE.parent.parent, check=False
        )
        assert "ProofError" in done.stderr and "imported" not in done.stderr


@pytest.mark.parametrize("name", ["os.abort", "eval", "__class__", "check", "apply", "rewrites.rules"])
def test_a_rule_is_one_of_the_tables(name: str) -> None:
    d = data()
    d["steps"][0][3][0][0] = name
    with pytest.raises(ProofError, match="there is no rule"):
        check(d)


# ---- random mutants -----------------------------------------------------------------------------------------------

ATOMS = (0, 1, 2, -1, 3, 7, 1 << 70, 0.5, True, None, "", "1", "-1", "1/2", "real", "Tanh", "view", "unit", [], [[]], {}, {"node": 0})


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of everything inside JSON data."""
    items = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
    for key, item in items:
        yield (*path, key)
        yield from places(item, (*path, key))


def mutate(d: Data, draw: Callable[[Any], Any], count: int) -> None:
    """Change the data at random places: replace, delete, repeat, exchange, or copy from elsewhere."""
    for _ in range(count):
        path = draw(st.sampled_from(list(places(d))))
        parent = d
        for key in path[:-1]:
            parent = parent[key]
        how, key = draw(st.sampled_from(("near", "atom", "delete", "repeat", "swap", "copy"))), path[-1]
        old = parent[key]
        if how == "near" and type(old) is int:
            parent[key] = old + draw(st.sampled_from((-1, 1, 2)))
        elif how == "atom" or not isinstance(parent, list):
            parent[key] = draw(st.sampled_from(ATOMS))
        elif how == "delete":
            del parent[key]
        elif how == "repeat":
            parent.insert(key, copy.deepcopy(old))
        elif how == "swap":
            other = draw(st.integers(0, len(parent) - 1))
            parent[key], parent[other] = parent[other], old
        else:
            parent[key] = copy.deepcopy(draw(st.sampled_from(parent)))


def true_at_random(statement: Statement) -> bool:
    """Whether both sides of a statement agree where the loops evaluate them."""
    random = np.random.default_rng(0)

    def numbers(sizes: Any, kind: str) -> Any:
        return random.random(sizes) + 0.5 if kind == "real" else random.integers(0, 2, sizes).astype(DTYPES[kind])

    inputs = [numbers(a.sizes, a.kind) for a in statement.lhs.dom]
    weights = {k: numbers(n.sizes, n.kind) for k, n in {**statement.lhs.weights(), **statement.rhs.weights()}.items()}
    with np.errstate(all="ignore"):
        sides = [loop_outputs(g, inputs, weights) for g in (statement.lhs, statement.rhs)]
    return all(np.allclose(x, y, rtol=1e-8, atol=1e-8, equal_nan=True) for x, y in zip(*sides, strict=True))


@pytest.mark.parametrize("make", [data, lambda: json.loads(searched())], ids=["by hand", "searched"])
def test_random_mutants_are_rejected_or_true(make: Callable[[], Data]) -> None:
    @given(st.data(), st.integers(1, 3))
    @settings(max_examples=300)
    def law(draws: st.DataObject, count: int) -> None:
        d = make()
        mutate(d, draws.draw, count)
        start = time.perf_counter()
        try:
            statement = check(d)
        except ProofError:
            return
        finally:
            assert time.perf_counter() - start < 1
        small = sum(math.prod(n.sizes) for g in (statement.lhs, statement.rhs) for n in g.nodes()) < 10**5  # type: ignore[arg-type]
        assert not small or true_at_random(statement)

    law()


# ---- files --------------------------------------------------------------------------------------------------------


def test_files(tmp_path: Path) -> None:
    found = prove(graph(add(X, X)), graph(scale(X, 2))).certificate
    assert found is not None
    path = tmp_path / "c.json"
    found.save(path)
    assert json.loads(path.read_text("utf-8")) == json.loads(json.dumps(found.data))
    assert [p.name for p in tmp_path.iterdir()] == ["c.json"]
    check_any(path)
    check_any(str(path))
    check_any(found)
    for diagram, side in zip((found.lhs, found.rhs), found.graphs, strict=True):
        assert diagram.to_graph().same_as(side)


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    found = prove(graph(X), graph(X)).certificate
    assert found is not None
    (tmp_path / "d").mkdir()
    with pytest.raises(FileError, match="cannot be written"):
        found.save(tmp_path / "d")
    with pytest.raises(FileError, match="cannot be written"):
        found.save(tmp_path / "missing" / "c.json")
    assert [p.name for p in tmp_path.iterdir()] == ["d"]


@pytest.mark.parametrize(("content", "error"), [
    (b"", ProofError), (b"{", ProofError), (b"\xff\xfe", ProofError), (b"[" * 200_000, ProofError), (b"1" * 10_000, ProofError),
    (b"null", ProofError), (b'{"format": NaN}', ProofError),
])  # fmt: skip
def test_files_that_are_no_certificates(tmp_path: Path, content: bytes, error: type[Exception]) -> None:
    path = tmp_path / "c.json"
    path.write_bytes(content)
    with pytest.raises(error):
        check_any(path)


def test_a_file_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileError, match="cannot read"):
        check_any(tmp_path / "none.json")
    path = tmp_path / "c.json"
    path.write_text("{}")
    monkeypatch.setattr("proofs.check.LARGEST_FILE", 1)
    with pytest.raises(FileError, match="larger than"):
        check_any(path)
