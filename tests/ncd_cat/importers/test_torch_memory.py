"""Memory that is made empty and written slice by slice, and what reads it too early; pieces of concatenations."""

from typing import Any

import pytest

from ncd_cat.errors import UnsupportedOp
from ncd_cat.importers.torch import import_torch
from tests.exported import Case, agree, draw

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

MADE: dict[str, Case] = {
    "zeros": lambda x: torch.zeros(3, 4, dtype=x.dtype),
    "new_zeros": lambda x: x.new_zeros(x.shape),
    "empty": lambda x: torch.empty(3, 4, dtype=x.dtype),
    "empty_like": lambda x: torch.empty_like(x),
    "new_empty": lambda x: x.new_empty(x.shape),
    "empty_strided": lambda x: torch.empty_strided((3, 4), (1, 3), dtype=x.dtype),
}


def column_by_column(y: Any, x: Any) -> Any:
    for t in range(x.shape[1]):
        y[:, t] = x[:, t] * t
    return y


def halves(x: Any) -> Any:
    y = torch.empty_like(x)
    y[:, :2] = x[:, 2:]
    y[:, 2:] = x[:, :2]
    return y


def entry_by_entry(x: Any) -> Any:
    y = torch.empty(2, 3, 4, dtype=x.dtype)
    for i in range(2):
        for j in range(3):
            y[i, j] = x[j] * (i + 1)
    return y


def overlapping(x: Any) -> Any:
    y = torch.empty_like(x)
    y[:, :3] = x[:, :3]
    y[:, 1:] = 2 * x[:, 1:]
    y[0] += 1
    return y


def through_a_view(x: Any) -> Any:
    y = torch.empty_like(x)
    rows = y.t()
    for t in range(4):
        rows[t] = x[:, t]
    return y.sum() + y


def stretches(x: Any) -> Any:
    """Later writes cover parts of earlier ones: before, within, across and after them."""
    y = x.clone()
    y[:, 1:3] = 5 * x[:, :2]
    y[:, 2:] = 7 * x[:, 1:3]
    y[:, :2] = 3 * x[:, 2:]
    return y


def every_second(x: Any) -> Any:
    """Entries at a distance: one of each row, and some of them."""
    y, z = torch.empty_like(x), x.clone()
    y[:, 1::2], y[:, 0::2] = x[:, :2], x[:, 2:]
    z[::2], z[:, 1:4:2] = x[1:], 5 * x[:, :2]
    return y + z


WRITTEN: dict[str, Case] = {
    "halves": halves,
    "entry by entry": entry_by_entry,
    "overlapping": overlapping,
    "through a view": through_a_view,
    "stretches": stretches,
    "every second": every_second,
    "filled": lambda x: torch.empty_like(x).fill_(2.0) + x,
    "copied": lambda x: torch.empty_like(x).copy_(x[0]),
    "shape alone": lambda x: torch.ones_like(torch.empty_like(x)) + x,
    "one piece of a concatenation": lambda x: torch.cat([x, 2 * x, 3 * x], 1)[:, 5:7],
    "across the pieces": lambda x: torch.cat([x, 2 * x, 3 * x], 1)[:, 2:9],
    "stacked and taken apart": lambda x: torch.stack([x, 2 * x], 1).unbind(1)[1] + torch.cat([x, x + 1]).chunk(2)[1],
    "concatenated along two axes": lambda x: torch.cat([torch.cat([x, x + 1], 0), torch.cat([x, x + 2], 0)], 1)[3:, 4:],
}


def test_written_memory_evaluates_as_torch_does() -> None:
    cases = {name: lambda x, make=make: column_by_column(make(x), x) for name, make in MADE.items()}
    agree(cases | WRITTEN, *draw((3, 4)))


def test_a_loop_that_writes_is_a_stack() -> None:
    def program(x: Any) -> list[Any]:
        return [torch.stack([x[:, t] * t for t in range(4)], 1), *[column_by_column(make(x), x) for make in MADE.values()]]

    stacked, *written = import_torch(program, tuple(draw((3, 4)))).graph.outputs
    assert all(value == stacked for value in written)


def test_columns_that_are_written_in_turn_are_a_stack() -> None:
    def program(x: Any) -> tuple[Any, Any]:
        y = torch.empty_like(x)
        y[:, 0::2], y[:, 1::2] = x[:, 2:], x[:, :2]
        return y, torch.stack([x[:, 2:], x[:, :2]], -1).flatten(-2)

    written, stacked = import_torch(program, tuple(draw((3, 4)))).graph.outputs
    assert written == stacked


def test_pieces_are_read_without_the_whole() -> None:
    (x,) = draw((3, 4))
    graph = import_torch(lambda x: (torch.cat([x, 2 * x], 1)[:, :4], torch.stack([x, x + 1])[0]), (x,)).graph
    assert graph.outputs[0] == graph.outputs[1] and len(graph.nodes()) == 1


def first_column_only(x: Any) -> Any:
    y = torch.empty_like(x)
    y[:, 0] = x[:, 0]
    return y


def a_gap(x: Any) -> Any:
    y = torch.empty_like(x)
    y[:, :2] = x[:, :2]
    y[:, 3:] = x[:, 3:]
    return y[:, 1:].sum()


UNWRITTEN: dict[str, Case] = {
    "a sum": lambda x: x + torch.empty_like(x),
    "an output": first_column_only,
    "a gap": a_gap,
    "an update": lambda x: torch.empty_like(x).add_(x),
    "a choice": lambda x: torch.where(x > 0, x, torch.empty_like(x)),
    "a number": lambda x: torch.zeros_like(x).fill_(torch.empty((), dtype=x.dtype)),
    "a copy": lambda x: torch.zeros_like(x).copy_(torch.empty(4, dtype=x.dtype)),
}


@pytest.mark.parametrize("name", UNWRITTEN)
def test_reading_what_was_never_written_is_refused(name: str) -> None:
    with pytest.raises(UnsupportedOp, match="reads memory that was never written"):
        import_torch(UNWRITTEN[name], tuple(draw((3, 4))))
