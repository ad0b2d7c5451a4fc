"""A verdict, a certificate or a diagram as text for a person, or as one JSON object for a program: two functors out of one thing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from rich.console import Console
from rich.text import Text

from ncd_cat.graph import Graph, Input, Weight
from ncd_cat.sizes import symbols

STYLES = {"proved": "bold green", "refuted": "bold red", "unknown": "bold yellow"}
ENTRIES = 4096  # a larger array of a counterexample is told by its shape and dtype


def verdict_data(verdict: Any, lhs: str, rhs: str, certificate: str | None) -> dict[str, Any]:
    """What `prove --json` prints: the verdict as JSON values; `certificate` is the file that holds it, or None."""
    return {
        "status": verdict.status,
        "lhs": lhs,
        "rhs": rhs,
        "assumptions": [str(a) for a in verdict.assumptions],
        "reason": verdict.reason,
        "notes": list(verdict.notes),
        "steps": verdict.steps,
        "seconds": verdict.seconds,
        "float32_difference": verdict.float32_difference if verdict.status == "proved" else None,
        "certificate": certificate,
        "counterexample": counterexample_data(verdict.counterexample) if verdict.counterexample is not None else None,
    }


def counterexample_data(found: Any) -> dict[str, Any]:
    """A counterexample as JSON values."""
    return {
        "inputs": [array_data(a) for a in found.inputs],
        "weights": {name: array_data(a) for name, a in found.weights.items()},
        "max_abs_diff": number(found.max_abs_diff),
        **({"draws": {key: array_data(a) for key, a in found.draws.items()}} if found.draws else {}),
    }


def array_data(array: Any) -> Any:
    """An array as nested lists, or as its shape and dtype where it is large."""
    values = np.asarray(array)
    if values.size > ENTRIES:
        return {"shape": list(values.shape), "dtype": str(values.dtype)}
    return values.tolist() if np.isfinite(values).all() else np.vectorize(number, otypes=[object])(values).tolist()


def number(value: float) -> float | str:
    """A number that JSON has, or its name."""
    return float(value) if np.isfinite(value) else str(float(value))


def print_verdict(console: Console, verdict: Any) -> None:
    """The whole story, its first line in the colour of the answer."""
    first, *rest = str(verdict).splitlines() or [verdict.status]
    console.print(Text(first, STYLES.get(verdict.status, "")), soft_wrap=True)
    for line in rest:
        console.print(Text(line), soft_wrap=True)


def describe(graph: Graph) -> list[str]:
    """A diagram in a few lines: the types of its inputs and outputs, its weights, and how many nodes of each op.

    >>> from ncd_cat.graph import Graph, source
    >>> from ncd_cat.ops.contraction import einsum
    >>> from ncd_cat.types import Array
    >>> x, y = Array.of((2, 3), name="x"), Array.of((3, 2))
    >>> print(*describe(Graph((x,), (y,), (einsum("ij->ji", source(Input(0), (2, 3))),))), sep="\\n")
    inputs   x: float32[a:2 b:3]
    outputs  float32[a:3 b:2]
    ops      1 contraction
    """
    weights = graph.weights()
    lines = [("inputs", ", ".join(map(_typed, graph.dom)) or "none"), ("outputs", ", ".join(map(_typed, graph.cod)) or "none")]
    if weights:
        lines.append(("weights", ", ".join([*list(weights)[:6], *(["…"] if len(weights) > 6 else [])]) + f" ({len(weights)})"))
    lines.append(("ops", _ops(graph)))
    return columns(lines)


def _ops(graph: Graph) -> str:
    """How many nodes of each op, the most used first."""
    counts = Counter(type(n.op).__name__.lower() for n in graph.nodes() if not isinstance(n.op, Input | Weight))
    counted = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count} {name}" for name, count in counted) or "no ops"


def statement_data(statement: Any) -> dict[str, Any]:
    """What a checked certificate proves, as JSON values."""
    lhs = statement.lhs
    return {
        "inputs": [_typed(a) for a in lhs.dom],
        "outputs": [_typed(a) for a in lhs.cod],
        "weights": sorted(weights_of(statement)),
        "sizes": sorted(sizes_of(lhs)),
        "assumptions": list(statement.assumptions),
        "steps": statement.steps,
    }


def statement_lines(statement: Any, first: Mapping[str, str] | None = None) -> list[str]:
    """What a checked certificate proves, in a few lines, after those given."""
    data = statement_data(statement)
    sizes = f", and every size {', '.join(data['sizes'])}" if data["sizes"] else ""
    return columns([
        *(first or {}).items(),
        ("proved", f"two programs are equal for all inputs and all {len(data['weights'])} weights{sizes}, over the reals"),
        ("inputs", ", ".join(data["inputs"]) or "none"),
        ("outputs", ", ".join(data["outputs"]) or "none"),
        ("lhs", _ops(statement.lhs)),
        ("rhs", _ops(statement.rhs)),
        ("assuming", "; ".join(data["assumptions"]) or "nothing"),
        ("steps", str(data["steps"])),
    ])  # fmt: skip


def weights_of(statement: Any) -> set[str]:
    """The weights that either side reads."""
    return {*statement.lhs.weights(), *statement.rhs.weights()}


def sizes_of(graph: Graph) -> set[str]:
    """The symbols in the sizes of the inputs."""
    return {name for array in graph.dom for size in array.sizes for name in symbols(size)}


def rules_used(data: Any) -> list[tuple[str, int]]:
    """The names in the chains of a certificate's steps, the most used first."""
    counts = Counter(entry[0] for step in data["steps"] for entry in step[3])
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _typed(array: Any) -> str:
    return f"{array.name}: {array}" if array.name else str(array)


def columns(rows: Iterable[tuple[str, str]] | Mapping[str, str]) -> list[str]:
    """Two columns of text, the first as wide as it needs to be."""
    pairs = list(rows.items()) if isinstance(rows, Mapping) else list(rows)
    width = max((len(name) for name, _ in pairs), default=0)
    return [f"{name.ljust(width)}  {text}".rstrip() for name, text in pairs]


def by_theory(listed: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Names with what they say, under the last part of the name of the module that each table is from.

    >>> by_theory({"rules.powers": {"power_merge": "x · x = x²"}})
    ['  powers:', '    power_merge  x · x = x²']
    """
    return [f"  {line}" for module, table in listed.items() for line in
            (f"{module.rpartition('.')[2]}:", *(f"  {row}" for row in columns(table)))]  # fmt: skip
