"""prove says one of three things, and what cannot be compared is an error in the person's words."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from ncd_cat.diagram import Box
from ncd_cat.errors import InputError, TypeMismatch
from ncd_cat.graph import Graph, Input, Value, Weight, source
from ncd_cat.ops.activation import Gelu, GeluTanh
from ncd_cat.ops.contraction import add, einsum, multiply, number, scale
from ncd_cat.ops.opaque import Opaque
from ncd_cat.ops.pointwise import Sin, reciprocal
from ncd_cat.ops.softmax import softmax
from ncd_cat.scalars import Scalar
from ncd_cat.sizes import symbol
from ncd_cat.types import Array
from proofs.kernel import ProofError
from proofs.prove import prove

X = source(Input(0), (3, 4))
DOM = (Array.of((3, 4), "float64", "x"),)


def graph(*outputs: Value, dom: tuple[Array, ...] = DOM) -> Graph:
    return Graph(dom, tuple(Array.of(v.sizes, "float64") for v in outputs), outputs)


def linear(name: str, *sizes: int) -> Graph:
    return graph(einsum("ij,jk->ik", X, source(Weight(name), sizes or (4, 2))))


def test_proved_with_its_assumptions() -> None:
    found = prove(graph(multiply(X, reciprocal(X))), graph(number(1, (3, 4))))
    assert (found.status, found.assumptions) == ("proved", ("input(0, real) is not 0",))
    assert found.steps > 1 and found.certificate is not None and found.certificate.assumptions == found.assumptions
    assert str(found).startswith("PROVED  lhs = rhs\n") and "assuming x is not 0" in str(found)
    with pytest.raises(TypeError, match="three answers"):
        bool(found)


def test_refuted() -> None:
    found = prove(graph(Gelu()(X)), graph(GeluTanh()(X)), names=("erf", "tanh"))
    assert found.status == "refuted" and found.certificate is None and found.counterexample is not None and found.steps == 0
    assert "REFUTED  erf ≠ tanh" in str(found) and "x (3, 4)" in str(found)


def test_unknown_says_where_the_two_part() -> None:
    opaque = Value.of(softmax(X, 1).node)
    box = [Value(b.node, b.access, b.sizes) for b in (_box("f", opaque), _box("g", opaque))]
    found = prove(graph(box[0]), graph(box[1]))
    assert found.status == "unknown" and "the two part first at" in found.reason
    assert any("boxes without a meaning" in note for note in found.notes)
    assert "UNKNOWN  lhs ? rhs" in str(found)
    assert prove(graph(box[0]), graph(box[0])).status == "proved"


def _box(name: str, x: Value) -> Value:
    from ncd_cat.graph import apply

    return apply(Opaque(name, "", ((4,),), (4,)), x, degree=(3,))


def test_out_of_time() -> None:
    whole = softmax(X, 1)
    found = prove(graph(whole), graph(scale(add(whole, whole), Fraction(1, 2))), timeout=0)
    assert found.status == "unknown" and "out of time" in found.reason
    assert prove(graph(whole), graph(scale(whole, 2)), timeout=0).status == "refuted"  # one point is always tried


def test_symbolic_sizes_are_quantified() -> None:
    n = symbol("n")
    x, dom = source(Input(0), (n,)), (Array.of((n,), "float64", "x"),)
    found = prove(graph(add(x, x), dom=dom), graph(scale(x, 2), dom=dom))
    assert found.status == "proved" and "all sizes n >= 1" in str(found)
    assert prove(graph(scale(x, Scalar.of(n)), dom=dom), graph(scale(x, 2), dom=dom)).status == "refuted"


def test_progress_is_told() -> None:
    told: list[tuple[str, float]] = []
    prove(graph(Sin()(X)), graph(Sin()(scale(X, 2))), progress=lambda stage, part: told.append((stage, part)))
    assert {"reading lhs", "reading rhs", "looking for a counterexample"} <= {stage for stage, _ in told}
    assert all(0 <= part <= 1 for _, part in told)


def test_weights_are_matched_by_name_or_by_a_map() -> None:
    assert prove(linear("up"), linear("down"), params={"down": "up"}).status == "proved"
    found = prove(linear("w"), graph(einsum("ij,jk->ik", X, number(1, (4, 2)))))
    assert found.status == "refuted" and "weights of lhs only: w" in found.notes


@pytest.mark.parametrize(("lhs", "rhs", "options", "error", "message"), [
    (linear("up"), linear("down"), {}, InputError, "map them with params"),
    (linear("w"), graph(einsum("ij,jk->ik", X, source(Weight("w"), (4, 3)))), {}, TypeMismatch, "size 2 in lhs and 3 in rhs"),
    (graph(add(X, source(Weight("w"), (3, 4)))), graph(multiply(X, source(Weight("w"), (4,)).at(((0, ((1, 1, 1, 4),)),), (3, 4)))), {},
     InputError, "weight 'w' has sizes"),
    (linear("w"), linear("v"), {"params": {"u": "w"}}, InputError, "rhs has no weight 'u'"),
    (linear("w"), linear("v"), {"params": {"v": "u"}}, InputError, "lhs has no weight 'u'"),
    (graph(X), graph(X, X), {}, TypeMismatch, "1 outputs and rhs has 2"),
    (graph(X), graph(einsum("ij->i", X)), {}, TypeMismatch, "2 axes against 1"),
    (graph(X), graph(X, dom=(Array.of((3, 4), "int64"),)), {}, TypeMismatch, "float64 in lhs and int64 in rhs"),
    (graph(X), 7, {}, InputError, "rhs is a int"),
    ("model.onnx", graph(X), {}, InputError, "lhs: ONNX"),
    (graph(X), graph(X), {"assume": ["z > 0"]}, InputError, "no input or weight 'z'"),
])  # fmt: skip
def test_what_cannot_be_compared(lhs: Any, rhs: Any, options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        prove(lhs, rhs, **options)


def test_a_proof_about_boxes_without_a_meaning_is_told() -> None:
    f, g = (Box(name, Array.of((3,)), Array.of((3,))) for name in "fg")
    found = prove(f @ f >> g @ g, (f >> g) @ (f >> g))
    assert (found.status, found.float32_difference) == ("proved", None)
    assert "float32" not in str(found) and "equal to themselves only: f, g" in str(found)


def test_a_proof_that_the_kernel_rejects_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    def rejects(data: Any) -> None:
        raise ProofError("no", 3)

    monkeypatch.setattr("proofs.search.check", rejects)
    found = prove(graph(add(X, X)), graph(scale(X, 2)))
    assert found.status == "unknown" and "step 3: no" in found.reason
