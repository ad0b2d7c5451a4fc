"""Whether two diagrams agree on numbers: evidence for an equality, and a counterexample against one, but never a proof.

>>> from ncd_cat.language import exp, total
>>> assert_equivalent((exp >> total("k")).at("q:2 k:3"), (total("k") >> exp).at("q:2 k:3"))
Traceback (most recent call last):
    ...
AssertionError: output 0, float32[q:2], differs at (0,): 3.9... is not 1.8...
  inputs: arrays of shapes (2, 3), from seed 0
  2 of 2 entries differ, by up to 2.2
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ncd_cat.evaluate import evaluate
from ncd_cat.graph import Graph
from ncd_cat.sizes import Poly, Size, substitute, symbol, symbols
from ncd_cat.types import Array

TRIALS = 3


def assert_equivalent(f: Any, g: Any, *, inputs: Sequence[Any] | None = None, weights: Mapping[str, Any] | None = None,
                      rtol: float = 1e-7) -> None:  # fmt: skip
    """Raise AssertionError, with the first entry that differs, unless f and g give the same numbers on the same inputs.

    f, g: diagrams, or functions of arrays; at least one is a diagram.  Inputs, weights and sizes that are symbols are drawn, a few
    times over, where `inputs` are not given; weights of one name are one array, draws of one key one draw.  rtol: the difference that
    is allowed, relative to the greatest entry of an output.  This is a test, not a proof: `prove` is.
    """
    graphs = [found for found in (_graph(f), _graph(g)) if found is not None]
    assert graphs, "one of the two has to be a diagram: it says what the inputs are"
    for seed in range(1 if inputs is not None else TRIALS):
        values = _symbols(graphs, seed, inputs)
        given = [_numbers(a, values, seed, k) for k, a in enumerate(graphs[0].dom)] if inputs is None else list(inputs)
        told = "as given" if inputs is not None else f"from seed {seed}"
        held = {**_weights(graphs, values, seed), **(weights or {})}
        results = [_run(h, given, held, seed) for h in (f, g)]
        shapes = ", ".join([str(np.shape(x)) for x in given]) or "none"
        _compare(results, graphs[0].cod, rtol, f"  inputs: arrays of shapes {shapes}, {told}")


def _graph(f: Any) -> Graph | None:
    return f if isinstance(f, Graph) else f.to_graph() if hasattr(f, "to_graph") else None


def _run(f: Any, inputs: Sequence[Any], weights: Mapping[str, Any], seed: int) -> list[Any]:
    graph = _graph(f)
    found = f(*inputs) if graph is None else evaluate(graph, inputs, weights=weights, seed=seed)
    return [np.asarray(y) for y in (found if isinstance(found, tuple | list) else (found,))]


def _symbols(graphs: Sequence[Graph], seed: int, inputs: Sequence[Any] | None) -> dict[str, int]:
    """Values of the size symbols: those that concrete sizes on the other side, or the shapes given, determine; else small ones."""
    found: dict[str, int] = {}
    shapes = [a.sizes for a in graphs[-1].dom] if inputs is None else [np.shape(x) for x in inputs]
    doms = [[a.sizes for a in graph.dom] for graph in graphs]
    for one, other in ((doms[0], shapes), (doms[-1], doms[0])):
        ranks, others = [len(s) for s in one], [len(s) for s in other]
        assert ranks == others, f"the inputs have {ranks} axes on one side and {others} on the other"
        for m, n in [pair for s, t in zip(one, other, strict=True) for pair in zip(s, t, strict=True)]:
            if isinstance(m, Poly) and isinstance(n, int) and m == symbol(symbols(m)[0]):
                found.setdefault(symbols(m)[0], n)
    left = {s: None for graph in graphs for n in _all_sizes(graph) for s in symbols(n) if s not in found}
    return found | {s: 2 + (k + seed) % 4 for k, s in enumerate(left)}


def _all_sizes(graph: Graph) -> list[Size]:
    return [n for sizes in [*[a.sizes for a in graph.dom], *[n.sizes for n in graph.weights().values()]] for n in sizes]


def _numbers(a: Array, values: Mapping[str, int], seed: int, k: int) -> Any:
    random = np.random.default_rng([seed, k])
    shape = [_number(n, values) for n in a.sizes]
    return random.normal(size=shape) if a.kind == "real" else random.integers(0, 2, shape).astype(a.dtype)


def _weights(graphs: Sequence[Graph], values: Mapping[str, int], seed: int) -> dict[str, Any]:
    nodes = {key: n for graph in graphs for key, n in graph.weights().items()}
    return {key: np.random.default_rng([seed, 100 + k]).uniform(0.5, 1.5, [_number(n, values) for n in nodes[key].sizes])
            for k, key in enumerate(sorted(nodes))}  # fmt: skip


def _number(n: Size, values: Mapping[str, int]) -> int:
    found = substitute(n, dict(values))
    assert isinstance(found, int)
    return found


def _compare(results: Sequence[Sequence[Any]], cod: Sequence[Array], rtol: float, told: str) -> None:
    xs, ys = results
    assert len(xs) == len(ys), f"{len(xs)} outputs are not {len(ys)}\n{told}"
    for k, (x, y) in enumerate(zip(xs, ys, strict=True)):
        what = f"output {k}, {cod[k]}," if k < len(cod) else f"output {k}"
        assert x.shape == y.shape, f"{what} has the shapes {x.shape} and {y.shape}\n{told}"
        gap = np.abs(np.where(x == y, 0, np.subtract(x, y, dtype=float)))
        wrong = ~(gap <= rtol * max(1.0, float(np.max(np.abs(x[np.isfinite(x)]), initial=0))))
        if wrong.any():
            first = tuple(int(i) for i in np.argwhere(wrong)[0])
            most = np.max(gap, initial=0, where=~np.isnan(gap))
            entries = f"{int(wrong.sum())} of {wrong.size} entries differ, by up to {most:.3g}"
            raise AssertionError(f"{what} differs at {first}: {x[first]} is not {y[first]}\n{told}\n  {entries}")
