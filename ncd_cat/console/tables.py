"""Costs as tables for a person and as JSON values for a program.

>>> whole_number(1234567), whole_number("2*n")
('1,234,567', '2*n')
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from ncd_cat.cost import Cost, Row

WIDE = 400  # columns where nobody looks: a table that a program reads is not folded
INDENT = "  "


def cost_table(cost: Cost, depth: int) -> Table:
    """A row for the whole, and one for each block down to a depth of nesting."""
    table = _table(("block", "boxes", "operations", "work", "entries"))
    for row in [r for r in cost.rows if len(r.path) <= depth]:
        name = INDENT * len(row.path) + row.path[-1] if row.path else "all"
        table.add_row(name, *map(whole_number, (row.boxes, row.operations, row.work, row.entries)))
    return table


def totals_table(costs: Mapping[str, Cost]) -> Table:
    """A column for each cost, a row for each measure; with more than one, how many times the last is the first."""
    table = _table(("", *costs, *([f"{list(costs)[-1]} / {next(iter(costs))}"] if len(costs) > 1 else [])))
    for name, values in measures(list(costs.values())).items():
        table.add_row(name, *map(whole_number, values), *([ratio(values)] if len(values) > 1 else []))
    return table


def measures(costs: Sequence[Cost]) -> dict[str, list[Any]]:
    """Each measure of each cost."""
    return {
        "boxes": [c.boxes for c in costs],
        "operations": [c.operations for c in costs],
        "work": [c.work for c in costs],
        "peak memory": [c.memory for c in costs],
        "tape": [c.tape for c in costs],
        "longest path": [c.depth for c in costs],
        "work along it": [c.depth_work for c in costs],
    }


def cost_data(cost: Cost) -> dict[str, Any]:
    """A cost as JSON values: numbers as such, polynomials as text."""
    names = {"peak memory": "memory", "longest path": "depth", "work along it": "depth_work"}
    return {
        **{names.get(name, name): number(values[0]) for name, values in measures([cost]).items()},
        "blocks": [_row_data(r) for r in cost.rows if r.path],
    }


def show(*tables: Table) -> None:
    """Print tables, one under another, to standard output."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDE)
    for table in tables:
        console.print(table)


def number(value: Any) -> int | str:
    """An integer where it is one, else text."""
    return int(value) if getattr(value, "is_Integer", isinstance(value, int)) else str(value)


def whole_number(value: Any) -> str:
    """A number with its thousands apart; a polynomial as it is."""
    found = number(value)
    return f"{found:,}" if isinstance(found, int) else found


def ratio(values: Sequence[Any]) -> str:
    """The last of some values over the first, where both are numbers and the first is not 0."""
    first, last = number(values[0]), number(values[-1])
    return f"{last / first:.2f}" if isinstance(first, int) and isinstance(last, int) and first else ""


def _row_data(row: Row) -> dict[str, Any]:
    return {
        "block": list(row.path),
        "boxes": row.boxes,
        "operations": row.operations,
        "work": number(row.work),
        "entries": number(row.entries),
    }


def _table(names: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for k, name in enumerate(names):
        table.add_column(name, justify="right" if k else "left", overflow="fold")
    return table
