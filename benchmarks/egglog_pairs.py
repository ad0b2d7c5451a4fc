"""Equality saturation beside the normal form: products nested otherwise, sums in another order, adapters merged into a weight.

    python benchmarks/egglog_pairs.py [OPERANDS ...]

A product of n matrices is nested to the left and to the right; a sum of n matrices is written in two orders; x(W + Σᵢ AᵢBᵢ) is
said to be xW + Σᵢ (xAᵢ)Bᵢ, for n adapters.  egglog is given the rules that a person would write, as equations of expressions
without sizes, and stops as soon as the two sides meet.  It leaves no proof; our time is that of `prove`, with the certificate and
the kernel's check of it.  Both are timed from two built expressions to the answer, in a process of their own that is warm: the
least time of several claims that share nothing.
Sources: Zhang et al., Better together, PLDI 2023 (egglog); Hu et al., arXiv 2106.09685 (adapters).
"""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import reduce
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

OPERANDS = (2, 4, 8, 12, 16)
REPEATS = 15
STEPS = 12  # of saturation
SECONDS = 30.0
MEMORY = 8 << 30
LIMIT = "limit"
Add, Mul = Callable[[Any, Any], Any], Callable[[Any, Any], Any]


def chain(xs: Sequence[Any], add: Add, mul: Mul, seed: int) -> tuple[Any, Any]:
    """((x₁x₂)x₃)… and x₁(x₂(x₃…))."""
    return reduce(mul, xs), reduce(lambda right, x: mul(x, right), xs[::-1])


def total(xs: Sequence[Any], add: Add, mul: Mul, seed: int) -> tuple[Any, Any]:
    """The same terms in two orders."""
    return reduce(add, xs), reduce(add, random.Random(seed).sample(xs, len(xs)))


def adapters(xs: Sequence[Any], add: Add, mul: Mul, seed: int) -> tuple[Any, Any]:
    """Adapters merged into the weight, and beside it."""
    x, w, *rest = xs
    pairs = list(zip(rest[::2], rest[1::2], strict=True))
    merged = reduce(add, [mul(a, b) for a, b in pairs], w)
    return mul(x, merged), reduce(add, [mul(mul(x, a), b) for a, b in pairs], mul(x, w))


def shapes(family: str, n: int, seed: int) -> list[tuple[str, str]]:
    """The axes of each matrix of that family, sizes and all; different for each seed."""
    if family == "chain":
        axes = [f"a{i}:{2 + seed + i % 5}" for i in range(n + 1)]
        return list(pairwise(axes))
    b, i, o = f"b:{2 + seed}", f"i:{5 + seed}", f"o:{7 + seed}"
    if family == "sum":
        return [(b, o)] * n
    return [(b, i), (i, o), *(pair for j in range(n) for pair in ((i, f"r{j}:{2 + j % 3}"), (f"r{j}:{2 + j % 3}", o)))]


FAMILIES = {"chain": chain, "sum": total, "lora": adapters}


def ours(family: str, n: int, seed: int) -> Callable[[], bool]:
    """The question, asked of `prove`."""
    import ncd_cat as ncd

    def mul(x: Any, y: Any) -> Any:
        (i, k), (_, j) = ([a.name for a in side.type.axes] for side in (x, y))
        return ncd.einsum(f"{i} {k}, {k} {j} -> {i} {j}", x, y)

    dom = ", ".join(" ".join(axes) for axes in shapes(family, n, seed))
    lhs, rhs = (ncd.diagram(dom)(lambda *xs, side=side: FAMILIES[family](xs, ncd.add, mul, seed)[side]) for side in (0, 1))
    return lambda: bool(ncd.prove(lhs, rhs).status == "proved")


def theirs(family: str, n: int, seed: int) -> Callable[[], bool]:
    """The question, asked of egglog."""
    from egglog import EggSmolError, EGraph, Expr, StringLike, birewrite, eq, rewrite, ruleset, run, vars_

    class Matrix(Expr):  # type: ignore[misc]
        def __init__(self, name: StringLike) -> None: ...

        def __add__(self, other: Matrix) -> Matrix: ...

        def __matmul__(self, other: Matrix) -> Matrix: ...

    a, b, c = vars_("a b c", Matrix)
    rules = ruleset(
        birewrite((a @ b) @ c).to(a @ (b @ c)),
        birewrite((a + b) + c).to(a + (b + c)),
        rewrite(a + b).to(b + a),
        birewrite(a @ (b + c)).to(a @ b + a @ c),
        birewrite((a + b) @ c).to(a @ c + b @ c),
    )
    xs = [Matrix(f"x{seed}_{i}") for i in range(len(shapes(family, n, seed)))]
    lhs, rhs = FAMILIES[family](xs, lambda x, y: x + y, lambda x, y: x @ y, seed)

    def decide() -> bool:
        graph = EGraph()
        left, right = graph.let("lhs", lhs), graph.let("rhs", rhs)
        graph.run(run(rules, eq(left).to(right)) * STEPS)
        try:
            graph.check(eq(left).to(right))
        except EggSmolError:
            return False
        return True

    return decide


SIDES = {"ours": ours, "egglog": theirs}


def work(side: str, family: str, n: int) -> None:
    """Print the least of the seconds of some claims, or that one was not decided; the first two claims only warm up."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    spent: list[float] = []
    begun = time.perf_counter()
    for seed, operands in enumerate([2, n, *[n] * REPEATS]):
        decide = SIDES[side](family, operands, seed)
        start = time.perf_counter()
        if not decide():
            print(LIMIT)
            return
        spent.append(time.perf_counter() - start)
        if len(spent) > 1 and time.perf_counter() - begun > SECONDS / 3:
            break
    print(min(spent[2:] or spent[1:]))


def seconds(side: str, family: str, n: int) -> float | None:
    """The same, in a fresh process; None beyond the limits of steps, time and memory."""
    command = [sys.executable, __file__, side, family, str(n)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return None
    last = done.stdout.split()[-1:]
    return None if done.returncode or last == [LIMIT] else float(last[0])


def line(family: str, n: int) -> str:
    """One line of the table."""
    mine, other = seconds("ours", family, n), seconds("egglog", family, n)
    cells = [LIMIT if t is None else f"{t:.4f}" for t in (mine, other)]
    ratio = f"{other / mine:.2f}" if mine and other else f"> {SECONDS / mine:.0f}" if mine else "–"
    who = "both" if mine and other else "ours" if mine else "egglog" if other else "neither"
    return f"{family:8s}{n:3d}{cells[0]:>10s}{cells[1]:>10s}{ratio:>14s}  {who}"


def main(operands: Sequence[int]) -> None:
    """Print the table."""
    print(f"{'':8s}{'n':>3s}{'ours s':>10s}{'egglog s':>10s}{'egglog/ours':>14s}  decided by")
    for family in FAMILIES:
        for n in operands:
            print(line(family, n), flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in SIDES:
        work(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    else:
        main([int(n) for n in sys.argv[1:]] or OPERANDS)
