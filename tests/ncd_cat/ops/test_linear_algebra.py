"""Inverses, determinants and solutions against numpy and torch: values, singular matrices, derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ncd_cat as ncd
from ncd_cat.axes import whole
from ncd_cat.errors import TypeMismatch
from ncd_cat.graph import Graph, Input, Value, source
from ncd_cat.ops.linear_algebra import determinant, inverse, log_abs_det, solve, transposed
from ncd_cat.types import Array
from tests.loops import loop_evaluate

RANDOM = np.random.default_rng(0)
SINGULAR = np.array([[1.0, 2.0], [2.0, 4.0]])
MATRICES = {n: RANDOM.standard_normal((2, n, n)) + 2 * np.eye(n) for n in (1, 2, 3)}
FUNCTIONS = {
    inverse: np.linalg.inv,
    determinant: np.linalg.det,
    log_abs_det: lambda a: np.linalg.slogdet(a)[1],
    lambda x: solve(x, transposed(x)): lambda a: np.linalg.solve(a, np.swapaxes(a, -1, -2)),
}


def evaluated(v: Value, *arrays: Any) -> Any:
    graph = Graph(tuple([Array.of(a.shape, "float64") for a in arrays]), (Array.of(v.sizes, "float64"),), (v,))
    return ncd.evaluate(graph, arrays)[0]


@pytest.mark.parametrize("n", MATRICES)
def test_values_are_those_of_numpy(n: int) -> None:
    a = MATRICES[n]
    for build, oracle in FUNCTIONS.items():
        v = build(source(Input(0), a.shape))
        np.testing.assert_allclose(evaluated(v, a), oracle(a), rtol=1e-12)
        np.testing.assert_allclose(loop_evaluate(v, [a]), oracle(a), rtol=1e-9)


def test_a_matrix_that_is_shared_is_read_once_for_all() -> None:
    a, b = MATRICES[3][0], RANDOM.standard_normal((4, 3, 2))
    x, y = source(Input(0), (3, 3)), source(Input(1), (4, 3, 2))
    found = evaluated(solve(x.at((whole(1, 3), whole(2, 3)), (4, 3, 3)), y), a, b)
    np.testing.assert_allclose(found, np.linalg.solve(np.broadcast_to(a, (4, 3, 3)), b), rtol=1e-12)


def test_one_singular_matrix_has_no_inverse_and_the_others_have_theirs() -> None:
    a = np.stack([SINGULAR, np.eye(2) * 2])
    x = source(Input(0), a.shape)
    assert np.isnan(evaluated(inverse(x), a)[0]).all() and np.isnan(evaluated(solve(x, x), a)[0]).all()
    np.testing.assert_array_equal(evaluated(inverse(x), a)[1], np.eye(2) / 2)
    np.testing.assert_array_equal(evaluated(determinant(x), a), [0, 4])
    assert evaluated(log_abs_det(x), a)[0] == -np.inf


def test_what_is_not_square_is_refused() -> None:
    tall, square = source(Input(0), (3, 2)), source(Input(1), (2, 2))
    for build in (inverse, determinant, log_abs_det, lambda x: solve(x, x)):
        for x in (tall, source(Input(0), (3,))):
            with pytest.raises(TypeMismatch, match="square"):
                build(x)
    with pytest.raises(TypeMismatch, match=r"not \(3, 2\)"):
        solve(square, tall)


TORCH = {
    "inverse": lambda t, x: t.linalg.inv(x),
    "inverse, by another name": lambda t, x: t.inverse(x),
    "inv_ex": lambda t, x: t.linalg.inv_ex(x)[0],
    "det": lambda t, x: t.linalg.det(x),
    "slogdet": lambda t, x: t.linalg.slogdet(x)[1],
    "sign": lambda t, x: t.slogdet(x)[0] * x[..., 0, 0],
    "logdet": lambda t, x: t.logdet(x @ x.mT),
    "solve": lambda t, x: t.linalg.solve(x, x.mT @ x),
    "solve for a vector": lambda t, x: t.linalg.solve(x[0], x[1, 0]),
    "solve for vectors": lambda t, x: t.linalg.solve(x, x[..., 0]),
    "solve from the right": lambda t, x: t.linalg.solve(x, x.mT, left=False),
    "solve_ex": lambda t, x: t.linalg.solve_ex(x, x.mT)[0],
    "triangular": lambda t, x: t.linalg.solve_triangular(x.tril(), x, upper=False) + t.linalg.solve_triangular(x.triu(), x, upper=True),
    "the other triangle": lambda t, x: t.linalg.solve_triangular(x, x.mT.contiguous(), upper=True),
    "powers": lambda t, x: t.linalg.matrix_power(x, -2) + t.linalg.matrix_power(x, 3) + t.linalg.matrix_power(x, 0) + t.matrix_power(x, 1),
    "one row": lambda t, x: t.linalg.det(x[:, :1, :1]) + t.linalg.inv(x[:, :1, :1])[..., 0, 0],
}


@pytest.mark.parametrize("name", TORCH)
def test_programs_of_torch_and_their_gradients(name: str) -> None:
    torch = pytest.importorskip("torch")
    f = lambda x: TORCH[name](torch, x)  # noqa: E731
    x = torch.tensor(MATRICES[3], requires_grad=True)
    d = ncd.from_torch(f, (x.detach(),))
    y = f(x)
    np.testing.assert_allclose(ncd.evaluate(d, [MATRICES[3]])[0], y.detach().numpy(), rtol=1e-9, atol=1e-12)
    w = RANDOM.standard_normal(y.shape)
    y.backward(torch.tensor(w))
    np.testing.assert_allclose(ncd.evaluate(ncd.vjp(d), [MATRICES[3], w])[0], x.grad.numpy(), rtol=1e-9, atol=1e-10)


def test_factors_have_no_meaning() -> None:
    torch = pytest.importorskip("torch")
    x = torch.tensor(MATRICES[3])
    for f in (lambda x: torch.linalg.inv_ex(x)[1], lambda x: torch.linalg.solve_triangular(x, x, upper=True, unitriangular=True),
              lambda x: torch.linalg.matrix_power(x, 99), torch.linalg.pinv):  # fmt: skip
        with pytest.raises(ncd.UnsupportedOp, match="no meaning on arrays"):
            ncd.evaluate(ncd.from_torch(f, (x,)), [MATRICES[3]])


def test_in_the_language() -> None:
    a = ncd.ty("b i:3 j:3")
    x, b = MATRICES[3], RANDOM.standard_normal((2, 3, 4))
    for verb, oracle in ((ncd.inverse, np.linalg.inv), (ncd.determinant, np.linalg.det), (ncd.logdet, lambda m: np.linalg.slogdet(m)[1])):
        np.testing.assert_allclose(ncd.evaluate(verb("i j").at(a), [x])[0], oracle(x), rtol=1e-5)
    found = ncd.evaluate(ncd.solve("i j").at(ncd.ty("b i:3 j:3, b i:3 k")), [x, b])[0]
    np.testing.assert_allclose(found, np.swapaxes(np.linalg.solve(x, b), 1, 2), rtol=1e-4)
    found = ncd.evaluate(ncd.solve("i j").at(ncd.ty("b i:3 j:3, b i:3")), [x, b[..., 0]])[0]
    np.testing.assert_allclose(found, np.linalg.solve(x, b[..., :1])[..., 0], rtol=1e-4)
    with pytest.raises(TypeMismatch, match="rows and the columns"):
        ncd.inverse("i j").at(ncd.ty("i:3 j:4"))
    with pytest.raises(TypeMismatch, match="at most one more"):
        ncd.solve("i j").at(ncd.ty("i:3 j:3, k:3"))
