"""How fast gradients are: those of GPT-2 small by all its weights, evaluated beside NumPy by hand and PyTorch, and derived beside JAX.

    python benchmarks/gradients.py [ROUNDS]

The loss is the mean cross-entropy of the next of 128 tokens, in float32, random weights.  All of it, forward and backward, is one
diagram.  For one thread and for all cores: the best time of each, in turns in one process, and the median over the rounds of the
ratios within a round.  Then the seconds that the backward diagram takes to derive, beside those of jax.make_jaxpr(jax.grad(...))
on the same model, both warm.  Last, in double precision, how far every gradient is from torch.autograd's.  The table beside other
systems is `gradients_peers.py`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parent.parent)]

ROUNDS = 12
LIMITS = {"NumPy by hand": 1.5, "PyTorch": 2.5}
NAMES = ("diagram", "NumPy by hand", "PyTorch")
DERIVATION_LIMIT, NEAR = 0.5, 1e-9


def module() -> tuple[Any, Any]:
    """The loss (tokens, tokens) -> number of GPT-2 small, and tokens."""
    import torch
    from forward import model

    class Loss(torch.nn.Module):  # type: ignore[misc]
        def __init__(self, inner: Any) -> None:
            super().__init__()
            self.model = inner

        def forward(self, ids: Any, labels: Any) -> Any:
            return torch.nn.functional.cross_entropy(self.model(ids).logits[0, :-1], labels[0, 1:])

    inner, ids = model()
    return Loss(inner).eval(), ids


def passes(loss: Any, ids: Any) -> dict[str, Callable[[], dict[str, Any]]]:
    """Forward and backward of each kind: functions to the gradient of each weight, the tied ones once."""
    from gradients_by_hand import loss_and_gradients

    import ncd_cat as ncd

    weights = {key: value.numpy() for key, value in loss.state_dict().items()}
    short = {key.removeprefix("model."): value for key, value in weights.items()}
    primal = ncd.from_torch(loss, (ids, ids))
    bound = ncd.compile(ncd.grad(primal, wrt="weights")).bind(weights)
    names = [key.removeprefix("model.") for key in primal.to_graph().weights()]
    tokens = ids.numpy()

    def by_torch() -> dict[str, Any]:
        loss.zero_grad()
        loss(ids, ids).backward()
        return {key.removeprefix("model."): p.grad for key, p in loss.named_parameters()}

    return {
        "diagram": lambda: dict(zip(names, bound(tokens, tokens), strict=True)),
        "NumPy by hand": lambda: loss_and_gradients(tokens, tokens, short),
        "PyTorch": by_torch,
    }


def apart(found: dict[str, Any], wanted: dict[str, Any]) -> float:
    """The greatest error of any gradient, relative to its greatest entry; a lone shared table has the name that PyTorch gives it."""
    import numpy as np

    table = "transformer.wte.weight"
    worst, largest = 0.0, max(float(abs(np.asarray(y)).max()) for y in wanted.values())
    for key, y in wanted.items():
        got = np.asarray(found.get(key, found.get("lm_head.weight") if key == table else None))
        y = np.asarray(y)
        worst = max(worst, float(abs(got - y).max()) / max(float(abs(y).max()), 1e-6 * largest))  # key biases have none
    return worst


def times(threads: int, count: int) -> None:
    """Print the times and ratios."""
    import torch
    from forward import rounds

    torch.set_num_threads(threads)
    run = passes(*module())
    wanted = run["PyTorch"]()
    off = max(apart(run[name](), wanted) for name in NAMES[:2])
    assert off < 1e-2, f"the three differ by {off}"
    seconds = rounds(run, count)
    for name in NAMES:
        ratio = median([a / b for a, b in zip(seconds["diagram"], seconds[name], strict=True)])
        told = f"   diagram / this {ratio:5.2f}   at most {LIMITS[name]}{said(ratio <= LIMITS[name])}" if name in LIMITS else ""
        print(f"{threads} thread{'s' if threads > 1 else ' '}  {name:14} {min(seconds[name]) * 1e3:9.1f} ms{told}")


def said(passed: bool) -> str:
    """A verdict."""
    return "   ok" if passed else "   MISSED"


def derivation(count: int) -> None:
    """Print how long the backward diagram takes to derive, beside JAX."""
    import gc

    import torch
    from gradients_jax import trace_gpt2

    import ncd_cat as ncd

    torch.set_num_threads(1)
    loss, ids = module()
    primal = ncd.from_torch(loss, (ids, ids)).to_graph()
    found: list[Any] = []

    def derive(laid_out: bool) -> None:
        found.clear()  # no node of an earlier run is at hand
        gc.collect()
        start = time.perf_counter()
        found.append(ncd.grad(primal, wrt="weights"))
        if laid_out:
            len(found[0].inside)
        taken[laid_out].append(time.perf_counter() - start)

    taken: dict[bool, list[float]] = {False: [], True: []}
    traced, equations = list[float](), 0
    for _ in range(count):
        derive(False)
        derive(True)
        gc.collect()
        start = time.perf_counter()
        equations = trace_gpt2()
        traced.append(time.perf_counter() - start)
    boxes = ncd.cost(primal).boxes, ncd.cost(found[0]).boxes
    ratio = median([a / b for a, b in zip(taken[False], traced, strict=True)])
    laid = median([a / b for a, b in zip(taken[True], traced, strict=True)])
    print(f"deriving   {median(taken[False][1:]) * 1e3:.0f} ms, {boxes[0]} boxes to {boxes[1]}   "
          f"JAX {median(traced[1:]) * 1e3:.0f} ms, {equations} equations")  # fmt: skip
    print(f"           diagram / JAX {ratio:.2f}   at most {DERIVATION_LIMIT}{said(ratio <= DERIVATION_LIMIT)}   "
          f"laid out as well {laid:.2f}")  # fmt: skip


def accuracy() -> None:
    """Print how far the gradients are from PyTorch's in double precision."""
    import torch

    torch.set_num_threads(1)
    loss, ids = module()
    run = passes(loss.double(), ids)
    off = apart(run["diagram"](), run["PyTorch"]())
    print(f"accuracy   off torch.autograd by {off:.1e} in double precision   at most {NEAR}{said(off <= NEAR)}")


def child(threads: int, *words: str) -> None:
    """Run this script on these words in a process with that many threads."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    env = {**os.environ, **dict.fromkeys(names, str(threads)), "PYTHONWARNINGS": "ignore", "JAX_PLATFORMS": "cpu"}
    subprocess.run([sys.executable, __file__, *words], env=env, check=True)


def main(count: int) -> None:
    """Print all of it."""
    for threads in sorted({1, os.cpu_count() or 1}):
        child(threads, "times", str(threads), str(count))
    child(1, "derivation", str(count))
    child(1, "accuracy")


if __name__ == "__main__":
    if sys.argv[1:2] == ["times"]:
        times(int(sys.argv[2]), int(sys.argv[3]))
    elif sys.argv[1:2] == ["derivation"]:
        derivation(int(sys.argv[2]))
    elif sys.argv[1:2] == ["accuracy"]:
        accuracy()
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
