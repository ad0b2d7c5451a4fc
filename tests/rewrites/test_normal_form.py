"""The normal form keeps values, is idempotent and deterministic, and forgets what the laws of the category say is no difference."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st

from ncd_cat import axes
from ncd_cat.axes import constant, identity, whole
from ncd_cat.graph import Graph, Input, Node, Value, Weight, source
from ncd_cat.ops.activation import Gelu, Tanh
from ncd_cat.ops.concatenation import concatenate
from ncd_cat.ops.contraction import Term, add, contraction, einsum, linear_combination, mean, multiply, number, scale, terms_of, total, view
from ncd_cat.ops.literal import literal
from ncd_cat.ops.norm import layer_norm
from ncd_cat.ops.pointwise import Exp, Log, Maximum, Power, Where, divide
from ncd_cat.ops.reduction import Max, fold
from ncd_cat.ops.softmax import softmax
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.sizes import symbol
from ncd_cat.types import Array
from proofs.certificate import Certificate
from proofs.kernel import check
from rewrites.chain import Chain
from rewrites.normal_form import Normaliser, OutOfTime
from rewrites.rules import RULES
from rewrites.rules.linear import reindexed
from rewrites.strategy import LEVELS
from tests import loops
from tests.rewrites.instances import INSTANCES, renamings, sums
from tests.strategies import DTYPE, Draw, arrays, graphs

ROOT = Path(__file__).resolve().parent.parent.parent
X, Y = source(Input(0), (3, 4)), source(Weight("w"), (4, 2))


def normal(v: Value, level: int = 0) -> Value:
    """The normal form of a value, as a value over the same axes."""
    return Normaliser(LEVELS[level]).value(view(v))


def unread(array: Any, access: axes.Access, p: Any) -> Any:
    """An entry, where one is; elsewhere a number that must not matter: no bracket lets it through."""
    place = tuple(loops.at(e, p) for e in access)
    inside = all(0 <= i < n for i, n in zip(place, array.shape, strict=True))
    return array[place] if inside else np.asarray(17).astype(array.dtype)[()]


@pytest.mark.parametrize("level", range(len(LEVELS)))
def test_values_are_kept_and_certified(level: int) -> None:
    @given(graphs())
    @settings(max_examples=30)
    def law(g: Graph) -> None:
        nf = Normaliser(LEVELS[level])
        nodes = [view(v) for v in g.outputs]
        ends = [nf.step(n) for n in nodes]
        inputs, weights = arrays(g)
        outputs = tuple(nf.value(n) for n in nodes)
        with np.errstate(all="ignore"), patch("tests.loops.entry", unread):
            found = [loops.loop_evaluate(v, inputs, weights) for v in outputs]
        with np.errstate(all="ignore"):
            wanted = loops.loop_outputs(g, inputs, weights)
        for x, y in zip(found, wanted, strict=True):
            np.testing.assert_allclose(np.asarray(x, float), np.asarray(y, float), rtol=1e-7, atol=1e-9)
        check(Certificate(g, g, [(s, s) for s in ends]).data)

    law()


@given(graphs(), st.sampled_from(range(len(LEVELS))))
@settings(max_examples=40)
def test_the_normal_form_of_a_normal_node_is_itself(g: Graph, level: int) -> None:
    first = [Normaliser(LEVELS[level]).value(view(v)).node for v in g.outputs]
    again = [Normaliser(LEVELS[level]).value(n) for n in first]
    third = [Normaliser(LEVELS[level]).value(v.node) for v in again]
    assert [v.node for v in third] == [v.node for v in again]


# ---- what is no difference ----------------------------------------------------------------------------------------


@st.composite
def disguises(draw: Draw) -> tuple[Node, Node]:
    """A contraction, and the same with axes, bound axes, factors and terms permuted, and axes split and merged."""
    n = draw(sums(1, 3))
    assume(all(not t.scalar.powers for t in terms_of(n)))  # constants that are irrational to each other stay where they stand
    own = [k for k, size in enumerate(n.sizes)]
    order = draw(st.permutations(own))
    moved = []
    inner = tuple(whole(order.index(k), n.sizes[k]) for k in own)
    sizes = tuple(n.sizes[k] for k in order)
    for t in terms_of(n):
        bounds, indices = draw(renamings(t.bounds, len(own)))
        try:
            new = reindexed(t, inner, indices, n.sizes + t.bounds)
        except axes.NotAffine:
            reject()
        factors, held = draw(st.permutations(new.factors)), draw(st.permutations(new.guards))
        moved.append(new._replace(bounds=bounds, factors=tuple(factors), guards=tuple(held)))
    other = contraction(draw(st.permutations(moved)), sizes)
    back = tuple(whole(k, n.sizes[k]) for k in order)
    return n, view(Value(other, back, n.sizes))


@given(disguises())
@settings(max_examples=50, suppress_health_check=list(HealthCheck))
def test_axes_factors_and_terms_have_no_order(pair: tuple[Node, Node]) -> None:
    n, other = pair
    nf = Normaliser(LEVELS[0])
    assert nf.value(n).node is nf.value(other).node  # the access may differ by a symmetry of the node


def test_the_linear_fragment_with_symbols() -> None:
    a, b, c, d = map(symbol, "abcd")
    x, y, z = (source(Input(k), sizes) for k, sizes in enumerate([(a, b), (b, c), (c, d)]))
    left = einsum("ac,cd->ad", einsum("ab,bc->ac", x, y), z)
    right = einsum("ab,bd->ad", x, einsum("bc,cd->bd", y, z))
    assert normal(left) == normal(right)
    assert normal(left) != normal(scale(right, 2))
    assert normal(einsum("ab,cb->ac", x, x)) != normal(einsum("ab,cb->ca", x, x).at((whole(0, a), whole(0, a)), (a, a)))
    merged = x.at(((0, ((1, 0, b, a),)), (0, ((1, 0, 1, b),))), (a * b,))
    assert normal(total(merged, (0,))) == normal(total(x, (0, 1)))
    assert normal(mean(mean(x, (0,)), (0,))) == normal(mean(mean(x, (1,)), (0,)))


def loop(*sizes: Any) -> Value:
    return Value.of(contraction([Term(ONE, sizes, ())], ()))


def test_closed_loops() -> None:
    n, m = symbol("n"), symbol("m")
    forms = [normal(loop(*sizes)) for sizes in ((n,), (m,), (n, m), (n, n), (3,), (4,), (12,), ())]
    assert len({v.node for v in forms}) == len(forms)
    assert normal(loop(3, 4)) == normal(loop(12)) and normal(loop(n, m)) == normal(loop(m, n))


EQUAL: dict[str, tuple[Value, Value]] = {
    "softmax is shift invariant": (softmax(X, 1), softmax(add(X, source(Weight("b"), (3,)).at((whole(0, 3),), (3, 4))), 1)),
    "heads": (total(X.at((whole(0, 3), axes.add(axes.scale(whole(1, 2), 2), whole(2, 2))), (3, 2, 2)), (1, 2)), total(X, (1,))),
    "concatenate and cut": (concatenate([X, X], 1).at((whole(0, 3), axes.shift(whole(1, 4), 4)), (3, 4)), X),
    "exponents": (Exp()(linear_combination([(ONE, X), (-ONE, X)])), number(1, (3, 4))),
    "squares": (Power(Fraction(1, 2))(multiply(Exp()(X), Exp()(X))), Exp()(X)),
    "log of a product": (Log()(multiply(Exp()(X), Exp()(X))), scale(X, 2)),
    "commutes": (Maximum()(X, scale(X, 2)), Maximum()(scale(X, 2), X)),
    "folds": (fold(Max, X, (0, 1)), fold(Max, X.at((whole(1, 3), whole(0, 4)), (4, 3)), (0, 1))),
    "masks": (multiply(Exp()(X), Exp()(literal(np.where(np.tri(3, 4), 0.0, -np.inf)))), multiply(Exp()(X), literal(np.tri(3, 4)))),
    "choices": (Where()(literal(np.tri(3, 4) > 0), X, number(0, (3, 4))), multiply(X, literal(np.tri(3, 4)))),
    "slices": (Gelu()(X).at((constant(1), whole(0, 4)), (4,)), Gelu()(X.at((constant(1), whole(0, 4)), (4,)))),
    "quotients": (divide(scale(X, 6), number(3, (3, 4))), scale(X, 2)),
}  # fmt: skip


@pytest.mark.parametrize("name", EQUAL)
def test_equal_programs(name: str) -> None:
    left, right = EQUAL[name]
    assert any(normal(left, level) == normal(right, level) for level in range(len(LEVELS)))


# ---- random proofs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(set(INSTANCES)))
def test_both_sides_of_a_rule_are_certified_equal_where_their_normal_forms_are(name: str) -> None:
    @given(INSTANCES[name])
    @settings(max_examples=8, suppress_health_check=list(HealthCheck))
    def law(i: Any) -> None:
        try:
            other = RULES[name].apply(i.node, i.args)
        except ValueError:
            return
        dom = tuple(Array.of(s, k) for s, k in (((3, 4), "float64"), ((4,), "float64"), ((3,), "bool"), ((4,), "int64"), ((3, 4), "bool")))
        nf = Normaliser(LEVELS[0])
        left, right = view(Value.of(i.node)), view(other)
        ends = nf.step(left), nf.step(right)
        if nf.value(left) == nf.value(right):
            cod = (Array.of(i.node.sizes, DTYPE[i.node.kind]),)
            both = Graph(dom, cod, (Value.of(i.node),)), Graph(dom, (Array.of(other.sizes, DTYPE[i.node.kind]),), (other,))
            assert check(Certificate(*both, [ends]).data).steps >= 0

    law()


# ---- determinism and time -----------------------------------------------------------------------------------------

SCRIPT = """
import json
from ncd_cat.architectures import find
from proofs.prove import prove
for pair in (("multi-head-attention", "multi-head-attention-per-head"), ("attention-symbolic", "attention-keys-bias-symbolic")):
    found = prove(*map(find, pair))
    print(found.status, json.dumps(found.certificate.data))
"""


def test_certificates_are_the_same_in_every_process() -> None:
    texts = set()
    for seed in ("0", "1", "4242"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, env=environment, check=True)
        texts.add(done.stdout)
    assert len(texts) == 1
    assert texts.pop().count("proved {") == 2


def test_out_of_time() -> None:
    with pytest.raises(OutOfTime):
        Normaliser(LEVELS[0], deadline=0.0).step(layer_norm(X, 1, None, None, Scalar.of(1)).node)


def test_a_rule_that_does_not_apply_leaves_the_chain_as_it_is() -> None:
    chain = Chain(Tanh()(X).node)
    assert not chain.tried(RULES["unit"]) and chain.step() is None
    chain.replace({})
    chain.by(None)
    assert chain.step() is None and chain.value == Value.of(Tanh()(X).node)
    assert identity((3, 4)) == chain.value.access


def entries(value: Any) -> Iterator[str]:
    for step in value.steps:
        yield from (e[1] if e[0] == "rule" else e[0] for e in step.entries)


def test_every_name_in_a_certificate_is_in_the_tables() -> None:
    from ncd_cat.architectures import find
    from proofs.prove import prove

    found = prove(find("multi-head-attention"), find("multi-head-attention-per-head"))
    assert found.certificate is not None
    assert set(entries(found.certificate)) <= {*RULES, "by", "replace", "view"}
