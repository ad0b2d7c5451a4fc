"""Gradients against torch.autograd and torch.func, in float64: learned boxes, architectures, second derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ncd_cat as ncd
from ncd_cat.architectures import find, names
from ncd_cat.gradient import hessian, hvp, jacobian, vjp
from ncd_cat.language import ty
from tests.derivatives import agrees
from tests.ncd_cat.language.oracle import values
from tests.ncd_cat.language.test_language_learned import MODULES
from tests.ncd_cat.language.test_language_verbs import CASES

torch = pytest.importorskip("torch")
RNG = np.random.default_rng(0)
INFINITE = ("masked", "causal_mask")  # outputs −∞, which have no differences
LARGE = 200  # nodes: an architecture of more is not compared with differences
SMALL = [name for name in names() if "symbolic" not in name and len(find(name).nodes()) <= LARGE]


@pytest.mark.torch
@pytest.mark.parametrize("name", MODULES)
def test_a_learned_box_has_the_gradients_of_torch(name: str) -> None:
    make, family, text = MODULES[name]
    module, types = make().double(), ty(text)
    f = ncd.trace(family, *types.inside)
    state = {f"f.{key}": p for key, p in module.named_parameters()} | {f"f.{key}": b for key, b in module.named_buffers() if b.ndim}
    with torch.no_grad():
        for p in state.values():
            p.copy_(torch.from_numpy(RNG.uniform(0.5, 1.5, p.shape)))
    inputs = [torch.from_numpy(RNG.normal(size=a.sizes) if a.kind == "real" else RNG.integers(0, 3, a.sizes)) for a in types.inside]
    real = [x.requires_grad_() for x in inputs if x.is_floating_point()]
    y = module(*inputs)
    w = RNG.normal(size=y.shape)
    keys = [key for key in f.weights() if state[key].requires_grad]
    wanted = torch.autograd.grad(y, [*real, *[state[key] for key in keys]], torch.from_numpy(w))
    by = [*[k for k, a in enumerate(types.inside) if a.kind == "real"], *keys]
    weights = {key: p.detach().numpy() for key, p in state.items()}
    found = ncd.evaluate(vjp(f, wrt=by), [*[x.detach().numpy() for x in inputs], w], weights=weights)
    for got, due in zip(found, wanted, strict=True):
        np.testing.assert_allclose(got, due.numpy(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", [name for name in CASES if name not in INFINITE])
def test_a_verb_agrees_with_differences(name: str) -> None:
    case = CASES[name]
    f = ncd.trace(case.act, *ty(case.types, **case.sizes).inside)
    agrees(f, *values(f), tolerance=1e-5)


@pytest.mark.parametrize("name", SMALL)
def test_an_architecture_agrees_with_differences(name: str) -> None:
    f = find(name)
    inputs, weights = values(f)
    agrees(f, inputs, weights, tolerance=1e-4)


@pytest.mark.torch
def test_second_derivatives_are_those_of_torch() -> None:
    def f(x: Any, w: Any) -> Any:
        return torch.logsumexp(torch.tanh(x @ w), 1).sum() + (torch.softmax(x, 0) ** 2).sum()

    x, w, v = (torch.from_numpy(RNG.normal(size=s)) for s in [(2, 3), (3, 4), (2, 3)])
    arrays = [x.numpy(), w.numpy()]
    wanted = torch.func.hessian(f)(x, w).numpy()
    np.testing.assert_allclose(ncd.evaluate(hessian(f, (x, w)), arrays)[0], wanted, atol=1e-9)
    np.testing.assert_allclose(ncd.evaluate(hvp(f, (x, w)), [*arrays, v.numpy()])[0], np.tensordot(wanted, v.numpy(), 2), atol=1e-9)

    def g(x: Any, w: Any) -> Any:
        return torch.nn.functional.layer_norm(torch.softmax(x @ w, 1), (4,))

    np.testing.assert_allclose(ncd.evaluate(jacobian(g, (x, w), wrt=1), arrays)[0], torch.func.jacrev(g, 1)(x, w).numpy(), atol=1e-9)
