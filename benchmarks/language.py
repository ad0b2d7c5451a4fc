"""How long writing takes: chains of `>>` in a loop are linear in their length, and so is tracing.

    python benchmarks/language.py [LENGTH ...]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial

import ncd_cat as ncd
from ncd_cat.diagram import Diagram

CHAINS = {"diagrams": (ncd.softmax("k") >> ncd.relu).at("q:3 k:4"), "families": ncd.softmax("k") >> ncd.relu}


def chained(step: object, length: int) -> Diagram:
    """A loop that an unwary person writes."""
    found: Diagram = ncd.identity("q:3 k:4")
    for _ in range(length):
        found = found >> step
    return Diagram(found.inside, found.dom, found.cod, _scan=False)  # the layers are laid out


def traced(length: int) -> Diagram:
    """The same, as a function of wires."""

    @ncd.diagram("q:3 k:4")
    def deep(x: ncd.Wire) -> ncd.Wire:
        for _ in range(length):
            x = ncd.relu(ncd.softmax(x, "k"))
        return x

    return deep


def seconds(act: Callable[[], object]) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def line(length: int) -> list[float]:
    """The times for chains of so many boxes."""
    steps = length // 2
    took = [seconds(partial(chained, step, steps)) for step in CHAINS.values()]
    long = chained(CHAINS["diagrams"], steps)
    return [*took, seconds(lambda: long.graph), seconds(lambda: traced(steps))]


def main() -> None:
    """Print a line for each length."""
    print(f"{'boxes':>8}  " + "".join([f"{name:>12}" for name in (*CHAINS, "graph", "traced")]) + "   seconds")
    for length in [int(n) for n in sys.argv[1:]] or [500, 1000, 2000, 4000]:
        print(f"{length:>8}  " + "".join([f"{t:>12.3f}" for t in line(length)]))


if __name__ == "__main__":
    main()
