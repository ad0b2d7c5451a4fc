"""Programs that are read as they were traced: the graph is that of the program which torch makes functional by a second trace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ncd_cat.errors import ImportFailed, NcdError, UnsupportedOp
from ncd_cat.importers import exporting
from ncd_cat.importers.aten.table import TABLE
from ncd_cat.importers.functional import is_functional
from ncd_cat.importers.torch import import_torch

torch = pytest.importorskip("torch")
F = torch.nn.functional
INPUTS = (torch.ones(4, 6), torch.ones(4, 6))
VECTOR = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
LAYER = torch.nn.Sequential(torch.nn.Linear(6, 6), torch.nn.BatchNorm1d(6), torch.nn.Dropout(0.5)).eval()
Function = Callable[[Any, Any], Any]


def ignored(x: Any, y: Any) -> Any:
    torch.sort(x)
    return y.exp()


def without_gradients(x: Any, y: Any) -> Any:
    with torch.no_grad():
        return x * y


AS_TRACED: dict[str, Function] = {
    "contractions": lambda x, y: (x @ y.T, torch.einsum("ij,kj->ik", x, y), F.linear(x, y), torch.tensordot(x, y, dims=([0], [0]))),
    "reshapes": lambda x, y: (x.reshape(8, -1), x.T.reshape(6, 4), x.flatten(), x[0, 0].flatten(), x.ravel(), x.unflatten(1, (2, 3)),
                              x.view_as(y), x.reshape_as(y.T), x.T.contiguous().view(-1)),
    "transposes": lambda x, y: (x.mT, x.T, x.adjoint(), x.swapaxes(0, 1), x.swapdims(0, 1), x.moveaxis(0, 1),
                                x.movedim((0, 1), (1, 0))),
    "parts": lambda x, y: (*x.chunk(3), *x.chunk(4, 1), x.narrow(0, -2, 2), x.split(3)[1], x[:, [2, 0]], x[1:3, ::2]),
    "expansions": lambda x, y: (x[0].expand_as(y), torch.broadcast_to(x[0], (2, 4, 6)), x.expand(3, 4, 6), +x),
    "casts": lambda x, y: (x.double(), x.int(), x.bool(), x.to(y.double()), x.type_as(y.double()), (x > 0).float()),
    "constants": lambda x, y: (x * torch.tensor(2.0), x * torch.tensor([1.0] * 6), torch.arange(6).reshape(2, 3), torch.eye(6) @ x.T),
    "closures": lambda x, y: (x * VECTOR, LAYER(y)),
    "outputs": lambda x, y: {"x": x, "again": (x, y + 1), "number": 3},
    "modes": lambda x, y: (F.dropout(x, 0.5, False), F.batch_norm(x, VECTOR, VECTOR, training=False)),
    "attention": lambda x, y: F.scaled_dot_product_attention(x[None], y[None], y[None]),
    "definitions": lambda x, y: (torch.kron(x, y), torch.block_diag(x, y)),
    "ignored": ignored,
    "without gradients": without_gradients,
}  # fmt: skip


def written(x: Any, y: Any) -> Any:
    z = x.clone()
    z.view(-1)[2:5].mul_(2)
    z[0] = y[1]
    return z


def constant_written(x: Any, y: Any) -> Any:
    t = torch.tensor([1.0] * 6)
    t[0] = 5
    return x * t


def filled(x: Any, y: Any) -> Any:
    return torch.empty(4, 6).fill_(2.0) * x


def branching(x: Any, y: Any) -> Any:
    return x if x.sum() > 0 else y


def writing_input(x: Any, y: Any) -> Any:
    x.reshape(24).add_(1)
    return x


TRACED_TWICE: dict[str, Function] = {
    "written": written,
    "constant written": constant_written,
    "filled": filled,
    "training": lambda x, y: F.batch_norm(x, None, None, training=True),
    "certain dropout": lambda x, y: F.dropout(x, 0.0, True),
    "wrapping": lambda x, y: x.to(torch.uint8),
}
REFUSED: dict[str, Function] = {
    "branching": branching,
    "writing an input": writing_input,
    "random": lambda x, y: x + torch.rand(6),
    "dropout": lambda x, y: F.dropout(x, 0.5, True),
    "dropout in attention": lambda x, y: F.scaled_dot_product_attention(x[None], y[None], y[None], dropout_p=0.5),
    "statistics": lambda x, y: F.batch_norm(x, VECTOR.clone(), VECTOR.clone(), training=True),
    "unwritten": lambda x, y: x + torch.empty_like(y),
    "data": lambda x, y: x[x > 0],
}


class Spy:
    """Whether programs were found to be functional, or, where it is `doubtful`, that none is."""

    def __init__(self, doubtful: bool) -> None:
        self.doubtful, self.found = doubtful, list[bool]()

    def __call__(self, program: Any, known: Any) -> bool:
        self.found.append(not self.doubtful and is_functional(program, known))
        return self.found[-1]


@pytest.fixture(params=[*AS_TRACED.items(), *TRACED_TWICE.items()], ids=lambda item: item[0])
def case(request: pytest.FixtureRequest) -> tuple[str, Function]:
    return request.param  # type: ignore[no-any-return]


def test_graph_of_the_second_trace(case: tuple[str, Function], monkeypatch: pytest.MonkeyPatch) -> None:
    name, function = case
    monkeypatch.setattr(exporting, "is_functional", spy := Spy(doubtful=False))
    once = import_torch(function, INPUTS)
    assert spy.found == [name in AS_TRACED]
    monkeypatch.setattr(exporting, "is_functional", Spy(doubtful=True))
    twice = import_torch(function, INPUTS)
    assert once.graph.same_as(twice.graph)
    assert once.graph.blocks == twice.graph.blocks
    assert once.opaque == twice.opaque


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_of_the_second_trace(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises((UnsupportedOp, ImportFailed)) as once:
        import_torch(REFUSED[name], INPUTS)
    monkeypatch.setattr(exporting, "is_functional", Spy(doubtful=True))
    with pytest.raises(NcdError) as twice:
        import_torch(REFUSED[name], INPUTS)
    assert (once.type, str(once.value)) == (twice.type, str(twice.value))


def test_module_in_evaluation_is_read_as_it_was_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "is_functional", spy := Spy(doubtful=False))
    once = import_torch(LAYER, (INPUTS[0],))
    monkeypatch.setattr(exporting, "is_functional", Spy(doubtful=True))
    twice = import_torch(LAYER, (INPUTS[0],))
    assert spy.found == [True]
    assert once.graph.same_as(twice.graph)
    assert once.graph.blocks == twice.graph.blocks
    assert str(once) == str(twice)


def test_region_of_its_own_is_not_functional() -> None:
    def chosen(x: Any) -> Any:
        return torch.cond(x.sum() > 0, lambda a: a + 1, lambda a: a - 1, (x,))

    program, _ = exporting.export_program(chosen, INPUTS[:1], TABLE)
    assert not is_functional(program, TABLE)
