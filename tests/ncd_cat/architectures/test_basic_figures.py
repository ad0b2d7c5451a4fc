from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import ncd_cat as ncd
from ncd_cat.architectures import find, linear_algebra
from ncd_cat.architectures.broadcasting import broadcast, elementwise, inner, one_wire, repeated, two_wires
from ncd_cat.architectures.indexing import entry, first_then_second, second_then_first

torch = pytest.importorskip("torch")

from tests.architectures import is_twin, proves  # noqa: E402

pytestmark = pytest.mark.torch
nn = torch.nn


class Maps(nn.Module):
    """G of one row, and H of a row and a vector."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.G, self.H = nn.Linear(3, 2), nn.ModuleDict({"c": nn.Linear(3, 2), "e": nn.Linear(4, 2)})
        self.function = function

    def one(self, x: Any) -> Any:
        return torch.tanh(self.G(x))

    def two(self, x: Any, y: Any) -> Any:
        return torch.tanh(self.H["c"](x) + self.H["e"](y))

    def forward(self, *arrays: Any) -> Any:
        return self.function(self, *arrays)


class LinearMaps(nn.Module):
    """F : a → b c, G : a → b, H : b → c or c → d, K : b d → e, without bias."""

    def __init__(self, function: Callable[..., Any], **sizes: tuple[int, int]) -> None:
        super().__init__()
        for name, (into, out) in sizes.items():
            self.add_module(name, nn.Linear(into, out, bias=False))
        self.function = function

    def forward(self, *arrays: Any) -> Any:
        return self.function(self, *arrays)


ENTRIES = {
    "index": lambda a: a[2, :],
    "subtensor": lambda a: a[2, :][1],
    "subtensor-reversed": lambda a: a[:, 1][2],
    "subtensor-at-once": lambda a: a[2, 1],
}
ROWS = {
    "broadcast": lambda f, x: torch.stack([f.one(row) for row in x]),
    "broadcast-entry": lambda f, x: f.one(x)[0],
    "broadcast-entry-first": lambda f, x: f.one(x[0]),
    "elementwise": lambda f, x: torch.relu(x),
    "inner-broadcast": lambda f, x, y: torch.stack([f.two(row, y) for row in x]),
    "inner-broadcast-entry": lambda f, x, y: f.two(x, y)[0],
    "inner-broadcast-entry-first": lambda f, x, y: f.two(x[0], y),
    "inner-broadcast-repeated": lambda f, x, y: f.two(x, y.expand(5, 4)),
}
UTILITIES = {
    "addition": lambda x, y: x + y,
    "copying": lambda x: (x, x),
    "copy-of-arrays": lambda x: (x, x),
    "copy-of-tuples": lambda x, y: (x, y, x, y),
    "distribution": lambda x: x.expand(4, 3),
    "outer-sum": lambda x, y: x[:, None] + y,
    "sum-of-arrays": lambda x, y: x + y,
    "sum-of-tuples": lambda x, y, u, v: (x + u, y + v),
    "sum-to-rows": lambda x, y: x[:, None] + y,
}
EQUATIONS = {
    "interchange": (lambda f, x: torch.einsum("ac,ba,dc->bd", x, f.G.weight, f.H.weight), {"G": (2, 3), "H": (4, 5)}),
    "slide": (lambda f, x, y: f.K(torch.outer(f.G(x), f.H(y)).flatten()), {"G": (2, 3), "H": (4, 5), "K": (15, 6)}),
    "snake": (lambda f, x: x.clone(), {}),
    "snake-between": (lambda f, x: f.H(f.G(x)), {"G": (2, 3), "H": (3, 4)}),
    "transpose": (lambda f, x: torch.einsum("ba,bca->c", x, f.F.weight.unflatten(0, (3, 4))), {"F": (2, 12)}),
    "transpose-twice": (lambda f, x: f.F(x).unflatten(0, (3, 4)), {"F": (2, 12)}),
}


@pytest.mark.parametrize("name", ENTRIES)
def test_entries_are_those_of_torch(name: str) -> None:
    is_twin(name, ENTRIES[name])


@pytest.mark.parametrize("name", ROWS)
def test_broadcasting_is_a_loop_over_rows(name: str) -> None:
    is_twin(name, Maps(ROWS[name]))


@pytest.mark.parametrize("name", UTILITIES)
def test_adding_and_copying_are_those_of_torch(name: str) -> None:
    is_twin(name, UTILITIES[name])


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("name", EQUATIONS)
def test_sides_of_equations_are_those_of_torch(name: str, side: str) -> None:
    function, sizes = EQUATIONS[name]
    is_twin(f"{name}-{side}", LinearMaps(function, **sizes))


@pytest.mark.parametrize("name", linear_algebra.equations())
def test_equations_are_proved_for_all_sizes(name: str) -> None:
    left, right = (build() for build in linear_algebra.equations()[name])
    assert (left.dom, left.cod) == (right.dom, right.cod)
    proves(left, right)


def test_the_snake_is_a_rule() -> None:
    verdict = ncd.prove(linear_algebra.snake(), linear_algebra.straight())
    assert "snake" in verdict.certificate.rules
    assert list(verdict.certificate.rules) == sorted(set(verdict.certificate.rules))


def test_subtensors_interchange_as_graphs() -> None:
    assert first_then_second().graph.same_as(second_then_first().graph)
    proves(find("subtensor-at-once"), first_then_second())
    proves(find("corner-symbolic"), find("corner-reversed-symbolic"))
    assert find("corner-symbolic").same_as(find("corner-reversed-symbolic"))


@pytest.mark.parametrize("i", range(4))
def test_entries_of_an_array_are_its_rows(i: int) -> None:
    proves(entry(i=i), lambda a: a[i], (torch.zeros(4, 3),))
    proves(find("index-first-symbolic"), entry(i=0))


@pytest.mark.parametrize("i", range(5))
def test_broadcasting_is_defined_by_its_entries(i: int) -> None:
    g, h = broadcast().resize(a=5), inner().resize(a=5)
    proves(g >> ncd.index("a", i), (ncd.index("a", i) >> one_wire()).at(g.dom))
    row = ncd.index("a", i).at(ncd.ty(h.dom.inside[:1]))
    proves(h >> ncd.index("a", i), row @ ncd.identity("e") >> two_wires())


def test_inner_broadcasting_repeats_the_other_wire() -> None:
    assert inner().graph.same_as(repeated().graph)


def test_elementwise_functions_are_functions_of_numbers_broadcast() -> None:
    assert elementwise().graph.same_as(ncd.elementwise("relu").at(ncd.ty("a c")).graph)


def test_a_function_that_is_not_linear_does_not_slide_through_a_product() -> None:
    """softmax(x) ⊗ softmax(y) is not softmax along both axes of x ⊗ y."""
    outer = ncd.einsum("a, c -> a c", a=2, c=3)
    left = ncd.softmax("a").at(ncd.ty("a:2")) @ ncd.softmax("c").at(ncd.ty("c:3")) >> outer
    assert ncd.prove(left, outer >> ncd.softmax("a") >> ncd.softmax("c")).status == "refuted"


def test_softmax_along_two_axes_does_not_interchange() -> None:
    rows, columns = ncd.softmax("a"), ncd.softmax("c")
    verdict = ncd.prove(*[f.at(ncd.ty("a:2 c:3")) for f in (rows >> columns, columns >> rows)])
    assert verdict.status == "refuted"
    assert verdict.counterexample.max_abs_diff > 1e-6
