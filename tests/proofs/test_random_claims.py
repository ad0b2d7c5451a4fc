"""Claims about random diagrams: proved for all values of the draws under one matching, refuted only if the laws differ."""

from __future__ import annotations

import copy
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from ncd_cat.axes import Axis, whole
from ncd_cat.diagram import Diagram, Operation, Ty
from ncd_cat.diagram.random import Dropout, Sample
from ncd_cat.errors import InputError, ProofError, UnsupportedOp
from ncd_cat.exporters.json import load, save
from ncd_cat.graph import Graph, Input, Value, apply, source
from ncd_cat.importers.torch import from_torch
from ncd_cat.ops.contraction import add, multiply, number, scale, subtract
from ncd_cat.ops.opaque import Opaque
from ncd_cat.ops.pointwise import Less, Log
from ncd_cat.ops.random import Draw, draw, draws, dropout, numbered, sample
from ncd_cat.scalars import Scalar
from ncd_cat.sizes import Size, symbol
from ncd_cat.types import Array
from proofs.claim import claim
from proofs.draws import Point
from proofs.kernel import check
from proofs.laws import differ_in_law
from proofs.matching import matched
from proofs.prove import prove
from proofs.refute import refute
from rewrites.rule import RuleError
from rewrites.rules import broadcast

X = Array.of((2, 3), "float64")
INPUT = source(Input(0), (2, 3))
F = Dropout(X, 0.1)


def graph(*outputs: Value) -> Graph:
    return numbered(Graph((X,), tuple([Array.of(v.sizes, "bool" if v.kind == "bool" else "float64") for v in outputs]), outputs))


def rademacher(flip: int) -> Value:
    """A fair coin with the values −1 and 1, from u or from 1 − u."""
    u = sample((2, 3))
    u = subtract(number(1, u.sizes), u) if flip else u
    return subtract(scale(Less()(u, number(Fraction(1, 2), u.sizes)), 2), number(1, u.sizes))


# ---- the four answers of the laws ------------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_copying_a_random_box_is_refuted_with_the_draws(p: float) -> None:
    f = Dropout(X, p)
    verdict = prove(f >> Diagram.copy(f.cod), Diagram.copy(f.dom) >> f @ f)
    found = verdict.counterexample
    assert verdict.status == "refuted" and found is not None
    assert list(found.draws) == ["uniform[2 3]#0", "uniform[2 3]#1"]
    assert all(((0 <= u) & (u < 1)).all() for u in found.draws.values())
    assert found.max_abs_diff > 0.1
    assert found.replay(verdict.lhs, verdict.rhs) == pytest.approx(found.max_abs_diff)
    assert "and 2 draws" in str(verdict) and "only a difference in law refutes" in str(verdict)


def test_discarding_a_random_box_is_proved() -> None:
    verdict = prove(F >> Diagram.discard(F.cod), Diagram.discard(F.dom))
    assert verdict.status == "proved"
    verdict = prove(F @ F >> Diagram.discard(F.cod) @ F.cod, Diagram.discard(F.dom) @ F)
    assert verdict.status == "proved" and verdict.assumptions == ()


def test_a_random_diagram_is_itself_and_the_certificate_says_so() -> None:
    both = Diagram.copy(F.dom) >> F @ F
    verdict = prove(both, both)
    assert verdict.status == "proved" and verdict.certificate is not None
    assert check(verdict.certificate.data).assumptions == ()
    assert list(draws(verdict.certificate.lhs.graph)) == ["uniform[2 3]#0", "uniform[2 3]#1"]


def test_dropout_of_nothing_is_the_identity() -> None:
    assert prove(Dropout(X, 0), Diagram.id(Ty(X))).status == "proved"
    assert prove(F, Diagram.id(Ty(X))).status == "refuted"
    assert prove(F, Dropout(X, 0.2)).status == "refuted"


def test_swapping_is_proved() -> None:
    g = Dropout(Array.of((4,), "float64"), 0.5)
    assert prove(F @ g >> Diagram.swap(F.cod, g.cod), Diagram.swap(F.dom, g.dom) >> g @ F).status == "proved"


def test_a_box_with_a_key_may_be_copied() -> None:
    f = Dropout(X, 0.1, keyed=True)
    assert prove(f >> Diagram.copy(f.cod), Diagram.copy(f.dom) >> f @ f).status == "proved"


def test_one_mask_for_all_is_not_a_mask_for_each() -> None:
    z, row = Axis("z", 4), Array.of((3,), "float64")
    each = Dropout(row, 0.3).broadcast(z)
    x, u = source(Input(0), (4, 3)), sample((3,)).at((whole(1, 3),), (4, 3))
    shared = multiply(x, Less()(u, number(Fraction(7, 10), (4, 3))), scalar=Scalar.of(Fraction(10, 7)))
    one = numbered(Graph(each.dom.inside, each.cod.inside, (shared,)))
    verdict = prove(each, one)
    assert verdict.status == "refuted" and verdict.counterexample is not None
    assert {u.shape for u in verdict.counterexample.draws.values()} == {(4, 3), (3,)}


# ---- which draw is which, and equality in law ----------------------------------------------------------------------


def test_draws_are_matched_by_what_they_do() -> None:
    lhs = graph(add(dropout(INPUT, 0.1), dropout(INPUT, 0.2), sample((2, 3))))
    rhs = graph(add(sample((2, 3)), dropout(INPUT, 0.2), dropout(INPUT, 0.1)))
    assert not lhs.same_as(rhs)
    assert prove(lhs, rhs).status == "proved"
    assert sorted(draws(matched(lhs, rhs))) == sorted(draws(rhs))


def test_a_draw_that_only_one_side_has_is_matched_with_none() -> None:
    lhs = graph(add(dropout(INPUT, 0.1), dropout(INPUT, 0.2)))
    rhs = graph(add(sample((2, 3)), dropout(INPUT, 0.2), dropout(INPUT, 0.1)))
    found = draws(matched(lhs, rhs))
    assert len(found) == 3
    assert prove(lhs, rhs).status == "refuted"
    assert matched(lhs, graph(INPUT)).same_as(graph(INPUT))


def test_matching_leaves_alone_what_it_cannot_evaluate() -> None:
    box = apply(Opaque("f", "", ((2, 3),), (2, 3)), INPUT, degree=())
    lhs, rhs = graph(add(box, sample((2, 3)), scale(sample((2, 3)), 2))), graph(add(scale(sample((2, 3)), 2), box, sample((2, 3))))
    assert matched(lhs, rhs) is rhs


def test_what_is_equal_in_law_is_not_refuted() -> None:
    lhs, rhs = graph(rademacher(0)), graph(rademacher(1))
    verdict = prove(lhs, rhs)
    assert verdict.status == "unknown"
    assert refute(lhs, rhs) is None


def test_laws_with_the_same_mean_and_variance_are_told_apart() -> None:
    assert prove(graph(rademacher(0)), graph(sample((2, 3), "normal"))).status == "refuted"


def test_where_a_side_is_no_real_number_no_law_is_told_apart() -> None:
    u = sample((2, 3))
    never = graph(Log()(subtract(u, number(Fraction(1, 2), (2, 3)))))
    point = Point((np.zeros((2, 3)),), {}, {})
    assert not differ_in_law(never, graph(u), point, (0, (0, 0)), 0, float("inf"))


# ---- draws with names -----------------------------------------------------------------------------------------------


def test_named_draws_are_matched_by_name() -> None:
    m, n = draw("m", (2, 3)), draw("n", (2, 3))
    assert prove(graph(add(INPUT, m)), graph(add(m, INPUT))).status == "proved"
    assert prove(graph(add(INPUT, m)), graph(add(INPUT, n))).status == "unknown"  # equal in law
    assert prove(graph(subtract(m, m)), graph(subtract(m, n))).status == "refuted"


@pytest.mark.parametrize(("sizes", "law"), [((2, 3), "normal"), ((3,), "uniform")])
def test_a_name_is_of_one_draw(sizes: tuple[Size, ...], law: str) -> None:
    other = draw("m", sizes, law).at((whole(0, 2), whole(1, 3))[-len(sizes) :], (2, 3))
    with pytest.raises(InputError, match="draw 'm' is uniform"):
        claim(graph(add(INPUT, draw("m", (2, 3)))), graph(add(INPUT, other)), None, None, lambda stage, done: None)


# ---- what is trusted -----------------------------------------------------------------------------------------------


def test_no_rule_takes_a_draw_for_a_constant() -> None:
    small, big = source(Draw("m", "uniform"), ()).node, source(Draw("m", "uniform"), (2,)).node
    with pytest.raises(RuleError, match="not broadcast over its axes"):
        broadcast.slide.apply(big, (small, ()))
    use = scale(Value.of(small).at((), (2,)), 2).node
    with pytest.raises(RuleError, match="not broadcast over its axes"):
        broadcast.push.apply(use, (0,))


def test_the_kernel_rejects_a_key_of_two_draws() -> None:
    lhs = graph(add(INPUT, draw("m", (2, 3))))
    verdict = prove(lhs, lhs)
    assert verdict.certificate is not None
    data = copy.deepcopy(verdict.certificate.data)
    assert data["statement"][0] == data["statement"][1]
    k = next(k for k, entry in enumerate(data["nodes"]) if entry[0] == "Draw")
    other = copy.deepcopy(data["nodes"][k])
    other[1][1] = "normal"
    data["nodes"].append(other)
    data["statement"][1]["dead"].append(len(data["nodes"]) - 1)
    with pytest.raises(ProofError, match="weight or draw m has two shapes, kinds or laws"):
        check(data)


def test_a_random_diagram_at_symbolic_sizes() -> None:
    n = symbol("n")
    f = Dropout(Array.of((n, 3), "float64"), 0.3)
    assert prove(Diagram.copy(f.dom) >> f @ f, Diagram.copy(f.dom) >> f @ f).status == "proved"
    verdict = prove(f >> Diagram.copy(f.cod), Diagram.copy(f.dom) >> f @ f)
    assert verdict.status == "refuted" and verdict.counterexample is not None
    assert verdict.counterexample.replay(verdict.lhs, verdict.rhs) > 0


def test_random_diagrams_are_saved_and_loaded(tmp_path: Path) -> None:
    f = Diagram.copy(F.dom) >> F @ F >> Operation.id(F.cod) @ F.cod @ Sample(X, "normal")
    save(f, tmp_path / "f.ncd.json")
    assert load(tmp_path / "f.ncd.json").graph.same_as(f.graph)


def test_dropout_of_torch_in_training_is_refused_in_words() -> None:
    torch = pytest.importorskip("torch")
    model = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Dropout(0.1))
    with pytest.raises(UnsupportedOp, match=r"draws random numbers in training mode; call .eval\(\)"):
        from_torch(model.train(), (torch.zeros(2, 3),))
    assert not draws(from_torch(model.eval(), (torch.zeros(2, 3),)).graph)
