"""Writing at many places at once against PyTorch itself in float64."""

from typing import Any

import pytest

from ncd_cat.importers.torch import import_torch
from tests.exported import Case, agree, draw

torch = pytest.importorskip("torch")
F = torch.nn.functional
pytestmark = pytest.mark.torch


def put(key: Any, value: Any, add: bool = False) -> Case:
    """x[key] = value(x), or += value(x)."""

    def case(x: Any) -> Any:
        y = x.clone()
        if add:
            y[key] += value(x)
        else:
            y[key] = value(x)
        return y

    return case


EVERY = slice(None)
CASES: dict[str, Case] = {
    "rows": put([2, 0], lambda x: 2 * x[:2]),
    "negative rows": put([-1, 0], lambda x: x[1]),
    "a middle axis": put((EVERY, [2, 0]), lambda x: x[:, [0, 2]] + 1),
    "a table of rows": put((EVERY, [[0, 2], [3, 1]]), lambda x: torch.arange(40, dtype=x.dtype).view(2, 2, 10)[:, :, :5]),
    "two axes": put(([0, 2, 1], [3, 3, 0]), lambda x: -x[0, :3]),
    "two axes apart": put(([0, 2], EVERY, [4, 1]), lambda x: 3.0),
    "last two axes": put((EVERY, [[0], [2]], [1, 4]), lambda x: x[:, :2, :2] ** 2),
    "a number": put((EVERY, EVERY, [0, 3]), lambda x: 7.0),
    "added": put((EVERY, [2, 0]), lambda x: 10.0, add=True),
    "index_add": lambda x: x.index_add(1, torch.tensor([1, 1, 3]), x[:, :3]),
    "index_add with alpha": lambda x: x.index_add(2, torch.tensor([4]), x[:, :, 1:2], alpha=0.5),
    "unfold": lambda x: F.unfold(x[None], (3, 2), (1, 2), (2, 0), (2, 1)),
    "unfold without padding": lambda x: F.unfold(x, 2, stride=2),
    "accumulated": lambda x: x.index_put((torch.tensor([0, 0, 2]),), 2 * x, accumulate=True),
    "accumulated in two axes": lambda x: x.index_put((torch.tensor([0, 0, 2]), torch.tensor([1, 1, 1])), x[:, 0], accumulate=True),
    "a mask": lambda x: x.masked_fill(x > 0, 0.0) + put(x > 0.5, lambda x: -1.0)(x),
    "a mask of rows": lambda x: put(x[..., 0] > 0, lambda x: 2.0)(x),
    "fold": lambda x: F.fold(x.reshape(1, 6, 10), (4, 11), (1, 3), stride=(2, 2)),
    "fold of unfold": lambda x: F.fold(F.unfold(x, 3, 1, 1, 2), (4, 5), 3, 1, 1, 2),
    "fold with strides": lambda x: F.fold(F.unfold(x[None], (3, 2), 2, (2, 0), (1, 2)), (4, 5), (3, 2), 2, (2, 0), (1, 2)),
}


def test_writing_evaluates_as_torch_does() -> None:
    agree(CASES, *draw((3, 4, 5)))

AT = torch.tensor([2, 0, 2])
ADDED: dict[str, Case] = {  # at places that are data
    "rows": lambda x, i: x.index_add(0, i, 2 * x),
    "of a middle axis": lambda x, i: x.index_add(1, i, x[:, 1:], alpha=-2),
    "scatter_add": lambda x, i: x.scatter_add(1, i[:, None, None].expand(3, 2, 5), x),
    "accumulated": lambda x, i: x.index_put((i,), x[:1], accumulate=True),
    "accumulated at a table": lambda x, i: torch.ops.aten.index_put(x, [None, torch.stack([i, i + 1])], x[:, None, :3], True),
    "an embedding backwards": lambda x, i: torch.ops.aten.embedding_dense_backward(x[:, 0], i, 7, -1, False),
}


@pytest.mark.parametrize("name", ADDED)
def test_adding_at_places_that_are_data_evaluates_as_torch_does(name: str) -> None:
    agree({name: ADDED[name]}, *draw((3, 4, 5)), AT)


def test_a_negative_place_that_is_data_counts_from_the_end() -> None:
    agree({"accumulated": ADDED["accumulated"]}, *draw((3, 4, 5)), torch.tensor([-1, 0, -3]))


def test_what_is_written_twice_or_at_places_that_are_data_is_opaque() -> None:
    x, i = draw((3, 4))[0], torch.tensor([2, 0])
    twice = import_torch(lambda x: x.index_put((torch.tensor([1, 1]),), x[:2]), (x,))
    data = import_torch(lambda x, i: x.index_put((i,), x[:2]), (x, i))
    assert twice.opaque == data.opaque == ("aten.index_put.default",)
    by_mask = import_torch(lambda x: x.index_put((x > 0,), x[0, :1], accumulate=True), (x,))
    assert by_mask.opaque == ("aten.index_put.default",)
