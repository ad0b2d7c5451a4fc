"""Operations, work and entries of single nodes, by hand and against opt_einsum."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opt_einsum import contract_path

from ncd_cat.axes import add as plus
from ncd_cat.axes import scale as times
from ncd_cat.axes import whole
from ncd_cat.closing import plain
from ncd_cat.cost import cost
from ncd_cat.costs.node import Tally, entries, operations, work
from ncd_cat.costs.paths import work_of_product
from ncd_cat.graph import Graph, Input, Value, apply, source
from ncd_cat.ops.activation import Sigmoid
from ncd_cat.ops.contraction import Term, add, contraction, einsum, multiply, number, repeat, scale, subtract, total, view
from ncd_cat.ops.held import Held
from ncd_cat.ops.linear_algebra import determinant, inverse, solve
from ncd_cat.ops.pointwise import Exp
from ncd_cat.ops.reduction import Max
from ncd_cat.ops.scan import Scan
from ncd_cat.ops.softmax import Softmax
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.sizes import symbol, to_sympy
from ncd_cat.types import Array

X, Y = source(Input(0), (3, 4)), source(Input(1), (3, 4))
V, W = source(Input(2), (4, 5)), source(Input(3), (3, 5))
N, D = symbol("n"), symbol("d")


@pytest.mark.parametrize(
    ("value", "count", "flops"),
    [
        (X, 0, 0),
        (add(X, Y), 1, 12),
        (subtract(X, Y), 2, 12),  # a sign is an operation in the counting of boxes, and free in arithmetic
        (scale(X, 2), 1, 12),
        (scale(X, -1), 1, 12),
        (multiply(X, Y), 1, 12),
        (multiply(X, X, X), 1, 24),
        (multiply(X, Y, scalar=Scalar.of(3)), 1, 24),
        (add(X, number(1, (3, 4))), 1, 12),
        (number(2, (3, 4)), 0, 0),
        (total(X, [0]), 1, 12),
        (total(repeat(X, [(0, 1)]), [0]), 0, 0),
        (total(X, [0], Scalar.of(Fraction(1, 3))), 1, 12 + 4),
        (einsum("ij,jk->ik", X, V), 1, 2 * 3 * 4 * 5),
        (einsum("ij,jk,ik->", X, V, W), 1, 2 * 60 + 2 * 12),
        (einsum("ij,ij->", X, Y), 1, 24),
        (einsum("ij,kl->il", X, V), 1, 12 + 20 + 15),  # sums first, then the outer product
        (Exp()(X), 1, 12),
        (Sigmoid()(X), 1, 12 * 4),
        (apply(Max((4,)), X, degree=(3,)), 1, 12),
        (Held()(X), 0, 0),
    ],
)
def test_operations_and_work(value: Value, count: int, flops: int) -> None:
    assert (operations(value.node), work(value.node)) == (count, flops)


def test_a_view_is_free_and_stored_nowhere() -> None:
    n = view(X)
    assert (operations(n), work(n), entries(n)) == (0, 0, 0)


def test_an_axis_along_which_nothing_changes_is_stored_once() -> None:
    row = repeat(source(Input(0), (3,)), [(1, N)])
    assert entries(Exp()(row).node) == 3
    assert entries(number(2, (3, N)).node) == 1


def test_an_outer_sum_adds_once_an_entry() -> None:
    a, b = repeat(source(Input(0), (N,)), [(1, D)]), repeat(source(Input(1), (D,)), [(0, N)])
    assert work(add(a, b).node) == N * D


def test_terms_side_by_side_are_not_added() -> None:
    x, y = source(Input(0), (2,)), source(Input(1), (3,))
    first = Term(ONE, (), ((x.node, (whole(0, 5),)),), ((False, (1, ((-1, 0, 1, 5),))),))
    second = Term(ONE, (), ((y.node, (plus(whole(0, 5), (-2, ())),)),), ((False, (-2, ((1, 0, 1, 5),))),))
    n = contraction([first, second], (5,))
    assert (operations(n), work(n), entries(n)) == (0, 0, 5)


def test_a_bracket_that_determines_an_axis_removes_its_sum() -> None:
    x, w = source(Input(0), (9,)), source(Input(1), (3,))
    # y[o] = Σ_i,k [i = 2·o + k] x[i] w[k]
    equal = plus(whole(1, 9), times(whole(0, 4), -2), times(whole(2, 3), -1))
    n = contraction([Term(ONE, (9, 3), ((x.node, (whole(1, 9),)), (w.node, (whole(2, 3),))), ((True, equal),))], (4,))
    assert work(n) == 2 * 4 * 3


def test_a_bracket_in_one_axis_narrows_it() -> None:
    x = source(Input(0), (9,))
    n = contraction([Term(ONE, (9,), ((x.node, (whole(0, 9),)),), ((False, (-2, ((1, 0, 1, 9),))),))], ())
    assert work(n) == 7


def test_three_equalities_of_which_two_suffice_determine_two_axes() -> None:
    x = source(Input(0), (4, 4, 4))
    axes = [whole(k, 4) for k in range(3)]
    equalities = tuple([(True, plus(axes[i], times(axes[j], -1))) for i, j in [(0, 1), (1, 2), (0, 2)]])
    n = contraction([Term(Scalar.of(2), (4, 4, 4), ((x.node, tuple(axes)),), equalities)], ())
    assert work(n) >= 4


def test_softmax_is_its_definition() -> None:
    n = apply(Softmax(D), source(Input(0), (N, D)), degree=(N,)).node
    assert (operations(n), work(n)) == (1, 3 * N * D + N)


@given(st.lists(st.sets(st.integers(0, 5), min_size=1, max_size=3), min_size=3, max_size=4), st.sets(st.integers(0, 5), max_size=3))
def test_the_order_is_the_optimal_one(factors: list[set[int]], kept: set[int]) -> None:
    sizes = dict(enumerate([2, 3, 5, 7, 11, 13]))
    used = set().union(*factors)
    kept &= used
    # an axis of one factor alone is summed first here, and along with the product there: keep such axes
    kept |= {k for k in used if sum(k in f for f in factors) == 1}
    word = ",".join("".join(chr(97 + k) for k in sorted(f)) for f in factors) + "->" + "".join(chr(97 + k) for k in sorted(kept))
    shapes = [tuple(sizes[k] for k in sorted(f)) for f in factors]
    _, info = contract_path(word, *shapes, shapes=True, optimize="optimal")
    assert work_of_product([frozenset(f) for f in factors], frozenset(kept), sizes) <= int(info.opt_cost)


def test_many_factors_go_by_the_smallest_product() -> None:
    chain = [frozenset({k, k + 1}) for k in range(8)]
    sizes = {k: 10 if k else 1 for k in range(9)}
    least = work_of_product(chain, frozenset({0, 8}), sizes)
    assert least == 7 * 2 * 100  # a vector through seven matrices
    assert work_of_product(chain[:5], frozenset({0, 5}), sizes) == 4 * 2 * 100


def test_a_loop_does_its_body_at_every_step_and_counts_once_for_all_its_ports() -> None:
    s, x = source(Input(0), (3,)), source(Input(1), (3,))
    body = plain([add(s, x), multiply(s, x)], [((3,), "real")] * 2, ["real", "real"])
    start, steps = source(Input(0), (3,)), source(Input(1), (N, 3))
    ports = [apply(Scan(body, N, 1, 1, port), start, steps, degree=()) for port in range(2)]
    assert [operations(v.node) for v in ports] == [2, 2]
    assert [work(v.node) for v in ports] == [6 * N, 6 * N]
    cod = (Array.of((3,)), Array.of((N, 3)))
    found = cost(Graph((Array.of((3,)), Array.of((N, 3))), cod, tuple(ports)))
    assert (found.operations, found.work) == (2, to_sympy(6 * N))


def test_elimination_is_cubic() -> None:
    a, b = source(Input(0), (D, N, N)), source(Input(1), (D, N, 4))
    assert [work(f(a).node) for f in (inverse, determinant)] == [2 * D * N * N * N, D * N * N * N]
    assert work(solve(a, b).node) == D * N * N * N + 8 * D * N * N


def test_a_tally_counts_as_the_functions_do() -> None:
    tally, n = Tally(), einsum("ij,jk->ik", X, V).node
    assert (tally.operations(n), tally.work(n), tally.entries(n)) == (operations(n), work(n), entries(n))
