"""Every rule is an equation: at random instances both sides have the same values, and the kernel replays it.

Where the condition of a rule is violated, the rule refuses.  Mutants of an instance, in its arguments or in the other side, are
rejected or are equations themselves.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ncd_cat import axes
from ncd_cat.axes import constant, whole
from ncd_cat.evaluation.lowering import instance as at_sizes
from ncd_cat.graph import Graph, Input, Node, Value, node, source
from ncd_cat.ops.activation import Tanh
from ncd_cat.ops.contraction import Term, add, contraction, einsum, linear_combination, mean, multiply, number, scale, terms_of, total, view
from ncd_cat.ops.literal import literal
from ncd_cat.ops.pointwise import Exp, Log, Power, reciprocal
from ncd_cat.ops.reduction import Max, fold
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.sizes import Size, symbol
from ncd_cat.types import Array
from ncd_cat.welltyped import check_access
from proofs.certificate import Certificate
from proofs.kernel import MALFORMED, ProofError, check
from rewrites.chain import Step
from rewrites.rule import RuleError, schema
from rewrites.rules import RULES
from rewrites.rules.brackets import simplified
from tests.loops import loop_evaluate, loop_outputs
from tests.rewrites.instances import INSTANCES, POOL, Instance, arrays, graph
from tests.rewrites.violations import MINIMUM, ROOT, VIOLATIONS, X

SLOW = ("fuse", "distribute", "snake", "scan")


def other_side(name: str, i: Instance) -> Value:
    """What the rule says the node is equal to.  Raises what the kernel takes for a rejection."""
    other = RULES[name].apply(i.node, i.args)
    check_access(other.access, other.node.sizes, other.sizes)
    return other


def equal(i: Instance, other: Value) -> bool:
    """Whether the node and a value have the same entries at two points."""
    with np.errstate(all="ignore"):
        for seed in (0, 1):
            inputs, weights = arrays(i.node, i.numbers, seed)
            x, y = (np.asarray(loop_evaluate(v, inputs, weights), dtype=np.float64) for v in (i.node, other))
            if not np.allclose(x, y, rtol=1e-9, atol=1e-9, equal_nan=True):
                return False
    return True


def certified(name: str, i: Instance, claimed: Value, given: tuple[Any, ...] | None = None) -> dict[str, Any]:
    """The certificate that the node is the claimed value, by the rule."""
    step = Step(i.node, claimed, (("rule", name, i.args if given is None else given),))
    lhs, rhs = view(Value.of(i.node)), view(claimed)
    around = Step(lhs, Value.of(rhs), (("replace", ((0, step),)),))
    certificate = Certificate(graph(Value.of(i.node)), graph(claimed), [(around, None)])
    data = json.loads(json.dumps(certificate.data))
    data["assumptions"] = sorted(set(RULES[name].assumes(i.node, i.args)))
    return data


def test_every_rule_has_instances() -> None:
    assert set(INSTANCES) == set(RULES)
    for name, rule in RULES.items():
        assert str(rule).startswith(f"{name}: ") and rule.source and rule.structure in ("cartesian", "linear", "real field", "order")


@pytest.mark.parametrize("name", RULES)
def test_both_sides_are_equal(name: str) -> None:
    @given(INSTANCES[name])
    @settings(max_examples=20 if name.startswith(SLOW) else 40, suppress_health_check=list(HealthCheck))
    def law(i: Instance) -> None:
        try:
            assumptions, other = RULES[name].assumes(i.node, i.args), other_side(name, i)
        except axes.NotAffine:
            assume(False)
        assert bool(assumptions) == i.assumes
        assert other.sizes == i.node.sizes
        assert equal(i, other)
        assert replayed(certified(name, i, other)) in (None, tuple(sorted(set(assumptions))))

    law()


def replayed(data: dict[str, Any]) -> tuple[str, ...] | None:
    """The assumptions of a certificate; None where its accesses do not compose, or interval arithmetic does not see that they fit."""
    try:
        return check(data).assumptions
    except ProofError as problem:
        assert re.search("is not affine|reads axis", str(problem)), problem
        return None


# ---- mutants ------------------------------------------------------------------------------------------------------


def changed(value: Any) -> Iterator[Any]:
    """Arguments that differ in one place: a number moved, an entry dropped, repeated or exchanged with the next."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, value - 1, -value - 1)
    elif isinstance(value, tuple):
        for k, item in enumerate(value):
            yield from (value[:k] + (new,) + value[k + 1 :] for new in changed(item))
            yield from (value[:k] + value[k + 1 :], value[:k] + (item,) + value[k:])
            yield value[:k] + value[k + 1 : k + 2] + (item,) + value[k + 2 :]
    elif isinstance(value, Node):
        yield from (v.node for v in near(Value.of(value)))


def near(v: Value) -> Iterator[Value]:
    """Values that differ from v in one leg, one coefficient, one factor, one bracket or one operand."""
    for j in range(len(v.access)):
        for k in range(j):
            legs = list(v.access)
            legs[j], legs[k] = legs[k], legs[j]
            yield Value(v.node, tuple(legs), v.sizes)
        yield Value(v.node, (*v.access[:j], axes.shift(v.access[j], 1), *v.access[j + 1 :]), v.sizes)
    n = v.node
    if n.operands:
        yield Value(node(n.op, n.operands[::-1], n.sizes), v.access, v.sizes)
    ts = terms_of(n) if hasattr(n.op, "specs") else ()
    for k, t in enumerate(ts):
        for new in (t._replace(scalar=t.scalar * Scalar.of(2)), t._replace(factors=t.factors[1:]), t._replace(guards=t.guards[1:])):
            yield Value(contraction([*ts[:k], new, *ts[k + 1 :]], n.sizes), v.access, v.sizes)
        yield Value(contraction([*ts[:k], *ts[k + 1 :]], n.sizes), v.access, v.sizes)


@pytest.mark.parametrize("name", RULES)
def test_other_arguments_are_rejected_or_give_another_equation(name: str) -> None:
    @given(INSTANCES[name], st.data())
    @settings(max_examples=20, suppress_health_check=list(HealthCheck))
    def law(i: Instance, data: st.DataObject) -> None:
        args = data.draw(st.sampled_from([*changed(i.args), (*i.args, 0), (*i.args, (0, 0)), i.args[:-1]]))
        mutant = i._replace(args=args)
        try:
            said = RULES[name].assumes(i.node, args)
            other = other_side(name, mutant)
        except MALFORMED:
            return
        if name == "assumed" and said != RULES[name].assumes(i.node, i.args):
            return  # another equation, about other numbers, and it says so
        assert equal(mutant, other)

    law()


@pytest.mark.parametrize("name", RULES)
def test_another_right_side_is_rejected(name: str) -> None:
    @given(INSTANCES[name], st.data())
    @settings(max_examples=20, suppress_health_check=list(HealthCheck))
    def law(i: Instance, data: st.DataObject) -> None:
        try:
            other = other_side(name, i)
        except axes.NotAffine:
            assume(False)
        mutants = [v for v in near(other) if v != other]
        assume(mutants)
        with pytest.raises(ProofError):
            check(certified(name, i, data.draw(st.sampled_from(mutants)), i.args))

    law()


@pytest.mark.parametrize("name", RULES)
def test_an_instance_of_one_rule_proves_nothing_by_another_unless_it_is_one(name: str) -> None:
    x = POOL[0]
    for n in (x.node, Tanh()(x).node, add(x, x).node, Exp()(x).node, literal(np.arange(6.0).reshape(2, 3)).node):
        for args in ((), (0,), (0, 0), ((0, 0),), (n, ()), (n, axes.identity(n.sizes), ())):
            try:
                other = other_side(name, Instance(n, args))
            except MALFORMED:
                continue
            assert equal(Instance(n, args), other)


# ---- conditions ---------------------------------------------------------------------------------------------------


def test_every_rule_has_violations() -> None:
    assert set(VIOLATIONS) == set(RULES)


@pytest.mark.parametrize(("name", "n", "args"), [(name, *case) for name, cases in VIOLATIONS.items() for case in cases])
def test_a_violated_condition_is_refused(name: str, n: Node, args: tuple[Any, ...]) -> None:
    with pytest.raises(MALFORMED):
        RULES[name].assumes(n, args)
        other_side(name, Instance(n, args))


def test_sides_that_are_not_parallel_are_refused() -> None:
    wrong = schema("x = y", "nowhere")(lambda n, args: X)
    assert wrong.apply(X.node) == X
    with pytest.raises(RuleError, match="not parallel"):
        wrong.apply(POOL[1].node)


def test_an_assumption_names_what_it_is_about() -> None:
    log, inverse = Exp()(Log()(X)).node, multiply(X, reciprocal(X)).node
    assert RULES["exp_of_log"].assumes(log, ()) == ("input(0, real) under a logarithm is positive",)
    assert RULES["exp_of_log"].assumes(Exp()(Log()(Exp()(X))).node, ()) == ()
    assert RULES["power_merge"].assumes(inverse, ((0, (0, 1)),)) == ("input(0, real) is not 0",)
    halves = multiply(Power(-ROOT)(Tanh()(X)), Power(-ROOT)(Tanh()(X))).node
    assert RULES["power_merge"].assumes(halves, ((0, (0, 1)),)) == ("tanh(input(0, real)) is positive",)
    assert RULES["exp_of_mask"].assumes(Exp()(MINIMUM).node, ()) == ("the constant -1e+38 in a mask is read as −∞",)
    assert RULES["exp_of_constant"].assumes(Exp()(number(-(10**38))).node, ()) == ("the constant -1e+38 in a mask is read as −∞",)


# ---- symbolic sizes -----------------------------------------------------------------------------------------------

N, M = symbol("n"), symbol("m")
A, B = source(Input(0), (N, M)), source(Input(1), (M,))
NN, MM = whole(0, N), whole(1, M)
MERGED = total(A.at(((0, ((1, 0, M, N),)), (0, ((1, 0, 1, M),))), (N * M,)), (0,))
CAUSAL = (False, axes.add(whole(0, N), axes.scale(whole(1, N), -1)))

def loop(*sizes: Size) -> Node:
    """Sums over axes that nothing reads."""
    return contraction([Term(ONE, sizes, ())], ())


SYMBOLIC: dict[str, tuple[Node, tuple[Any, ...]]] = {
    "transpose": (total(A, (0, 1)).node, (MERGED.node, (), ((0, (axes.add(axes.scale(whole(0, N), M), whole(1, M)),)),))),
    "refold": (fold(Max, A, (1,)).node, (fold(Max, A, (1,)).node, (NN,), (MM,))),
    "loop": (loop(N, M * N), ()),
    "snake": (contraction([Term(ONE, (M,), ((B.node, (MM,)),), ((True, axes.add(NN, axes.scale(MM, -1), constant(-1))),))], (N,)), (0, 0)),
    "slide": (Tanh()(A.at((whole(1, N), whole(0, M)), (M, N))).node, (Tanh()(A).node, (whole(1, N), whole(0, M)))),
    "push": (scale(Tanh()(A).at((constant(0), whole(0, M)), (M,)), 2).node, (0,)),
    "fuse": (einsum("nm,m->n", scale(A, 2), B).node, ((0, 0),)),
    "distribute": (einsum("nm,m->n", add(A, A), B).node, ((0, 0),)),
    "collect": (add(mean(A, (0,)), mean(A, (0,))).node, ()),
    "content": (linear_combination([(Scalar.of(N), A), (Scalar.of(M), A)]).node, ()),
    "bracket": (contraction([Term(ONE, (), (), ((False, NN),)), Term(ONE, (), (), ((False, axes.shift(NN, -N)),))], (N,)), ()),
    "narrow": (contraction([Term(ONE, (N + 2,), (), ((False, axes.shift(whole(0, N + 2), -1)),))], ()), (0, 0)),
    "split": (loop(N + M), (0, 0, N)),
    "complement": (contraction([Term(ONE, (N,), ()), Term(-ONE, (N,), (), (CAUSAL,))], (N,)), (0, 1)),
    "power_of_product": (Power(ROOT)(scale(Exp()(A), Scalar.of(N))).node, ()),
    "exp_of_sum": (Exp()(add(A, A)).node, ()),
    "exp_of_constant": (Exp()(number(0, (N,))).node, ()),
}  # fmt: skip


@pytest.mark.parametrize("name", SYMBOLIC)
def test_symbolic_sizes(name: str) -> None:
    n, args = SYMBOLIC[name]
    other = other_side(name, Instance(n, args))
    dom = (Array.of((N, M), "float64"), Array.of((M,), "float64"))
    both = Graph(dom, (Array.of(n.sizes, "float64"),) * 2, (Value.of(n), other))
    for sizes in ({"n": 2, "m": 3}, {"n": 3, "m": 2}, {"n": 1, "m": 1}, {"n": 4, "m": 1}):
        concrete = at_sizes(both, sizes)
        random = np.random.default_rng(0)
        x, y = loop_outputs(concrete, [random.standard_normal((sizes["n"], sizes["m"])), random.standard_normal(sizes["m"])])
        np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-9)


def test_closed_loops_of_different_sizes_differ() -> None:
    loops = [RULES["loop"].apply(loop(n)).node for n in (N, M, N * M, 3, 4)]
    assert len(set(loops)) == 5


def test_brackets_are_put_in_lowest_terms() -> None:
    i, n = whole(0, 5), symbol("n")
    assert simplified((False, axes.add(axes.scale(i, 6), constant(-7)))) == (False, (-2, ((1, 0, 1, 5),)))
    assert simplified((True, axes.add(axes.scale(i, -1), constant(2)))) == (True, (-2, ((1, 0, 1, 5),)))
    assert simplified((True, (0, ()))) is True
    assert simplified((True, (n - 2, ()))) == (True, (n - 2, ()))  # n may be 2
    assert simplified((True, (n, ()))) is False and simplified((True, (-n, ()))) is False
    assert simplified((False, (-n, ((2 * n, 0, 1, 5),)))) == (False, (-n, ((2 * n, 0, 1, 5),)))
    assert simplified((False, (n - 1, ()))) is True and simplified((False, (-n, ()))) is False
