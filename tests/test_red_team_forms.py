"""The normal form of a partial function is that function: where one has a value so has the other, unless an assumption is listed.

Random nodes of logarithms, quotients, roots, masks of −∞, choices, brackets and folds are compared with their normal forms by an
evaluator that is strict: log 0, 1/0 and 0 · ∞ are no numbers, nothing that is read may be none, and what is not read does not matter.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ncd_cat import axes
from ncd_cat.axes import Access, Sizes, whole
from ncd_cat.graph import Input, Node, Value, apply, source, topological
from ncd_cat.ops.activation import Relu, Sigmoid, Softplus
from ncd_cat.ops.concatenation import concatenate, pad
from ncd_cat.ops.contraction import Contraction, Term, contraction, number, repeat, scale, subtract, terms_of, view
from ncd_cat.ops.indexing import Take
from ncd_cat.ops.literal import Literal, literal
from ncd_cat.ops.pointwise import Cos, Exp, Less, LessEqual, Log, Maximum, Minimum, Pointwise, Power, Sin, Where, divide, reciprocal
from ncd_cat.ops.reduction import Max, Min, Reduction, fold
from ncd_cat.ops.softmax import logsumexp, softmax
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.signature import Guard
from rewrites.chain import Step
from rewrites.normal_form import Normaliser
from rewrites.strategy import LEVELS

Draw = Callable[[Any], Any]
Arrays = dict[Node, Any]
SETTINGS = settings(phases=[Phase.generate], suppress_health_check=list(HealthCheck), deadline=None)
S: Sizes = (3, 3)
X, Y = source(Input(0), S), source(Input(1), S)
LARGEST = 1e6
NUMBERS = (-2.0, -1.0, -0.5, 0.0, 0.0, 0.5, 1.0, 2.0)
MASKS = [literal(np.where(np.tri(3) > 0, 0.0, -np.inf)), literal(np.float64(-np.inf)).at((), S), literal(np.tri(3)), literal(np.eye(3))]


# ---- strict evaluation --------------------------------------------------------------------------------------------


def strictly(v: Value, inputs: list[Any]) -> Any:
    """The array of a value; nan where it is no number, and infinite only by a literal that is."""
    return moderately(v, inputs)[0]


def moderately(v: Value, inputs: list[Any]) -> tuple[Any, bool]:
    """The array of a value, and whether no number on the way is so large that rounding it matters."""
    found: Arrays = {}
    with np.errstate(all="ignore"):
        for n in topological([v.node]):
            found[n] = np.asarray(_node(n, found, inputs), dtype=np.float64)
        large = [bool((np.abs(x[np.isfinite(x)]) > LARGEST).any()) for x in found.values()]
        endless = [isinstance(n.op, Exp) and bool(np.isposinf(x).any()) for n, x in found.items()]
        return _read(found[v.node], v.access, v.sizes), not any(large + endless)


def alike(one: Value, other: Value, inputs: list[Any], total: bool) -> bool:
    """Whether two values are equal at a point, where both are numbers; with `total`, each is a number where the other is."""
    (left, fine), (right, good) = moderately(one, inputs), moderately(other, inputs)
    if not (fine and good):
        return True
    both = np.isfinite(left) & np.isfinite(right)
    close = np.allclose(left[both], right[both], rtol=1e-6, atol=1e-6)
    return close and (not total or bool((np.isnan(left) == np.isnan(right)).all()))


def _grid(e: axes.Index, sizes: Any) -> Any:
    total = np.full(sizes, e[0], dtype=np.int64)
    for s, i, t, m in e[1]:
        shape = [-1 if k == i else 1 for k in range(len(sizes))]
        total = total + (s * ((np.arange(sizes[i]) // t) % m)).reshape(shape)
    return total


def _read(x: Any, access: Access, sizes: Any) -> Any:
    """x[access(p)] at all p; the entries that brackets hide are of no matter."""
    if not x.ndim:
        return np.broadcast_to(x, sizes)
    return x[tuple(np.clip(_grid(e, sizes), 0, n - 1) for e, n in zip(access, x.shape, strict=True))]


def _held(guards: tuple[Guard, ...], sizes: Any) -> Any:
    held = np.ones(sizes, dtype=bool)
    for equal, e in guards:
        held &= _grid(e, sizes) == 0 if equal else _grid(e, sizes) >= 0
    return held


def _node(n: Node, found: Arrays, inputs: list[Any]) -> Any:
    if isinstance(n.op, Input):
        return inputs[n.op.position]
    if isinstance(n.op, Literal):
        return n.op.numpy(n.sizes)  # type: ignore[arg-type]
    if isinstance(n.op, Contraction):
        return _contracted(n, found)
    operands = [_read(found[x], a, n.domain(k)) for k, (x, a) in enumerate(n.operands)]
    if isinstance(n.op, Reduction):
        return _folded(n, n.op, operands[0])
    if isinstance(n.op, Take):
        return np.take_along_axis(operands[0], operands[1].astype(np.int64)[..., None], axis=-1)[..., 0]
    if isinstance(n.op, Pointwise) and n.op.definition(*[Value(x, a, n.domain(k)) for k, (x, a) in enumerate(n.operands)]) is None:
        return _pointwise(n.op, operands)
    defined = n.op.definition(*[Value(x, a, n.domain(k)) for k, (x, a) in enumerate(n.operands)])
    assert defined is not None, str(n.op)
    return strictly(defined, inputs)


def _contracted(n: Node, found: Arrays) -> Any:
    total = np.zeros(n.sizes)  # type: ignore[arg-type]
    for t in terms_of(n):
        sizes = n.sizes + t.bounds
        product = np.full(sizes, float(t.scalar))  # type: ignore[arg-type]
        for x, a in t.factors:
            product = product * _read(found[x], a, sizes)
        kept = np.where(_held(t.guards, sizes), product, 0.0)
        total = total + kept.sum(axis=tuple(range(len(n.sizes), len(sizes))))
    return total


def _folded(n: Node, op: Reduction, x: Any) -> Any:
    least = -np.inf if isinstance(op, Max) else np.inf
    held = _held(op.conditions, n.domain(0))
    over = tuple(range(len(n.sizes), x.ndim))
    entries = np.where(held, x, least)
    result = entries.max(axis=over) if isinstance(op, Max) else entries.min(axis=over)
    return np.where((np.isnan(x) & held).any(axis=over), np.nan, result)


def _pointwise(op: Pointwise, operands: list[Any]) -> Any:
    if isinstance(op, Where):
        c, x, y = operands
        return np.where(np.isnan(c), np.nan, np.where(c != 0, x, y))
    if isinstance(op, Power) and op.exponent.denominator != 1:
        operands = [np.where(operands[0] < 0, np.nan, operands[0])]
    if isinstance(op, Less | LessEqual):  # a rounding error breaks no tie
        operands = [np.where(np.isclose(*operands, rtol=1e-9, atol=1e-9), 0.0, x) for x in operands]
    result = np.asarray(op.array(np, *operands), dtype=np.float64)
    if isinstance(op, Log | Power | Sin | Cos):
        result = np.where(np.isinf(result) & np.isfinite(operands[0]), np.nan, result)
    return np.where(np.any([np.isnan(x) for x in operands], axis=0), np.nan, result)


def test_the_evaluator_is_strict() -> None:
    x = np.array([[-1.0, 0.0, 1.0]] * 3)
    for v, wanted in ((Log()(X), [np.nan, np.nan, 0]), (reciprocal(reciprocal(X)), [-1, np.nan, 1]),
                      (Less()(Log()(X), X), [np.nan, np.nan, 1]), (scale(reciprocal(X), 0), [0, np.nan, 0]),
                      (Where()(Less()(number(0, S), X), Log()(X), X), [-1, 0, 0])):  # fmt: skip
        np.testing.assert_array_equal(strictly(v, [x, x])[0], wanted)


# ---- random partial functions -------------------------------------------------------------------------------------

UNARY: tuple[Callable[[Value], Value], ...] = (
    Log(), reciprocal, Power(Fraction(1, 2)), Power(Fraction(-1, 2)), Power(Fraction(2)), Power(Fraction(-2)), Power(Fraction(3)),
    Exp(), Exp(), Relu(), Sigmoid(), Softplus(), lambda v: Sin()(Relu()(scale(X, 2))), softmax, lambda v: softmax(v, 0),
    lambda v: scale(v, -1), lambda v: scale(v, 0),
    lambda v: scale(v, Fraction(1, 2)), lambda v: v.at((whole(1, 3), whole(0, 3)), S), lambda v: repeat(logsumexp(v), [(1, 3)]),
    lambda v: repeat(fold(Max, v, (1,)), [(1, 3)]), lambda v: repeat(fold(Min, v, (0,)), [(0, 3)]),
    lambda v: pad(v.at(((1, ((1, 0, 1, 2),)), whole(1, 3)), (2, 3)), 0, 1, 0),
    lambda v: concatenate([v.at(((0, ((1, 0, 1, 2),)), whole(1, 3)), (2, 3)), X.at(((0, ()), whole(1, 3)), (1, 3))], 0),
    lambda v: apply(Take(3), v.at((whole(2, 3), whole(1, 3)), (3, 3, 3)), literal(np.array([2, 0, 1])).at((whole(0, 3),), S), degree=S),
)  # fmt: skip
BINARY: tuple[Callable[[Value, Value], Value], ...] = (
    Maximum(), Minimum(), divide, divide, subtract, lambda v, w: Less()(v, w), lambda v, w: LessEqual()(v, w),
    lambda v, w: Where()(Less()(number(0, S), v), w, v), lambda v, w: Where()(Less()(v, w), number(0, S), w),
)  # fmt: skip
GUARDS: tuple[Guard, ...] = (
    (False, (0, ((1, 0, 1, 3), (-1, 1, 1, 3)))), (False, (-1, ((1, 1, 1, 3),))), (True, (0, ((1, 0, 1, 3), (-1, 1, 1, 3)))),
    (False, (0, ((1, 0, 1, 3), (-1, 2, 1, 3)))),
)  # fmt: skip


@st.composite
def sums(draw: Draw, pool: list[Value]) -> Value:
    """A sum of products, with brackets and a bound axis here and there."""
    terms = []
    for _ in range(draw(st.integers(1, 3))):
        bounds = draw(st.sampled_from(((), (), (3,))))
        places = [(whole(0, 3), whole(1, 3)), *[(whole(0, 3), whole(2, 3)), (whole(2, 3), whole(1, 3))] * bool(bounds)]
        values = draw(st.lists(st.sampled_from(pool), min_size=1, max_size=3))
        factors = tuple([(v.node, axes.compose(v.access, draw(st.sampled_from(places)), S)) for v in values])
        guards = draw(st.lists(st.sampled_from(GUARDS[: 3 + bool(bounds)]), max_size=1))
        scalar = draw(st.sampled_from((ONE, ONE, -ONE, Scalar.of(2), Scalar.of(0))))
        terms.append(Term(scalar, bounds, factors, tuple(guards)))
    return Value.of(contraction(terms, S))


@st.composite
def partial(draw: Draw) -> Value:
    """A value made of x and y in a few steps."""
    pool = [X, Y, draw(st.sampled_from(MASKS))]
    for _ in range(draw(st.integers(2, 5))):
        kind = draw(st.integers(0, 5))
        v, w = draw(st.sampled_from(pool[-2:])), draw(st.sampled_from(pool))
        if kind < 3:
            pool.append(draw(st.sampled_from(UNARY))(v))
        elif kind == 3:
            pool.append(draw(st.sampled_from(BINARY))(*draw(st.sampled_from(((v, w), (w, v))))))
        else:
            pool.append(draw(sums(pool)))
    return pool[-1]


def assumed(step: Step | None) -> set[str]:
    """What a judgement, and those that it rests on, assume."""
    found, stack, seen = set[str](), [step], set[Any]()
    while stack:
        s = stack.pop()
        if s is None or s in seen:
            continue
        seen.add(s)
        found |= set(s.assumptions)
        for name, *args in s.entries:
            stack += [args[0]] if name == "by" else [other for _, other in args[0]] if name == "replace" else []
    return found


def points(seed: int) -> list[Any]:
    random = np.random.default_rng(seed)
    return [random.choice(NUMBERS, S) for _ in range(2)]


def hunt(count: int, seed: int = 0) -> None:
    @given(partial(), st.integers(0, len(LEVELS) - 1), st.integers(0, 1000))
    @settings(SETTINGS, max_examples=count)
    def law(v: Value, level: int, seed: int) -> None:
        n = view(v)
        nf = Normaliser(LEVELS[level])
        step = nf.step(n)
        if step is None:
            return
        for k in range(4):
            inputs = points(seed + k)
            assert alike(Value.of(n), step.result, inputs, total=not assumed(step)), f"{n} is not {step.result}, level {level}: {inputs}"

    law()


def test_normal_forms_have_values_where_the_functions_have() -> None:
    hunt(150)


@pytest.mark.slow
def test_normal_forms_have_values_where_the_functions_have_in_many_more_cases() -> None:
    hunt(5_000)
