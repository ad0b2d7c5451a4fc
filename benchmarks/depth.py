"""How the cost of a proof grows with depth: GPT-2, attention spelled out against the fused kernel, at several depths.

    python benchmarks/depth.py [LAYERS ...]

For each depth: the time of torch's own export and decomposition of the two models, the time of everything else that `prove`
does, their ratio, the time of the check, the number of steps, and the peak of memory beyond the exports'.  Then the growth
from the first depth to each other.  One layer is proved before, so that no first-call cost is counted.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "examples")]

import gpt2  # noqa: E402
import torch  # noqa: E402

import ncd_cat as ncd  # noqa: E402
from ncd_cat.importers import torch as importer  # noqa: E402

DEPTHS = (12, 48, 96)
MIB = 1024


def models(layers: int) -> tuple[Any, Any]:
    """The two models of that depth."""
    config = replace(gpt2.GPT2_SMALL, layers=layers)
    with torch.device("meta"):
        eager = gpt2.GPT2(config, gpt2.EagerAttention, gpt2.EagerMLP)
        fused = gpt2.GPT2(config, gpt2.FusedAttention, gpt2.FusedMLP)
    return eager.eval(), fused.eval()


def timed(call: Callable[..., Any], spent: list[float]) -> Callable[..., Any]:
    """The same function, its seconds added to `spent`."""

    def run(*args: Any, **kwargs: Any) -> Any:
        start = time.perf_counter()
        try:
            return call(*args, **kwargs)
        finally:
            spent.append(time.perf_counter() - start)

    return run


def measure(layers: int) -> tuple[float, float, float, int]:
    """Seconds of export, of the rest of the proof, and of the check; and the number of steps."""
    eager, fused = models(layers)
    exports: list[float] = []
    with patch.object(importer, "export_program", timed(importer.export_program, exports)):
        start = time.perf_counter()
        verdict = ncd.prove(eager, fused, gpt2.inputs())
        total = time.perf_counter() - start
    assert verdict.status == "proved", str(verdict)
    data = verdict.certificate.data
    start = time.perf_counter()
    ncd.check(data)
    return sum(exports), total - sum(exports), time.perf_counter() - start, verdict.steps


def peak(layers: int, what: str) -> float:
    """The peak of memory, in MiB, of a fresh process that exports the two models of that depth, or proves them equal."""
    done = subprocess.run([sys.executable, __file__, what, str(layers)], capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def work(what: str, layers: int) -> None:
    """Export or prove, and print the peak of memory."""
    eager, fused = models(layers)
    if what == "prove":
        ncd.prove(eager, fused, gpt2.inputs())
    else:
        kept = [importer.export_program(model, gpt2.inputs()) for model in (eager, fused)]
        assert len(kept) == 2
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB)


def main(depths: tuple[int, ...]) -> None:
    """Print the table."""
    torch.set_num_threads(1)
    measure(1)
    print("layers  export s  rest s  rest/export  check s  check/rest   steps  memory MiB")
    rest: dict[int, float] = {}
    for layers in depths:
        export, rest[layers], check, steps = measure(layers)
        memory = peak(layers, "prove") - peak(layers, "export")
        ratios = f"{export:9.2f} {rest[layers]:7.2f} {rest[layers] / export:12.2f} {check:8.2f} {check / rest[layers]:11.2f}"
        print(f"{layers:6d} {ratios} {steps:7d} {memory:11.0f}", flush=True)
    for layers in depths[1:]:
        print(f"{layers} layers cost {rest[layers] / rest[depths[0]]:.1f} times {depths[0]} layers")


if __name__ == "__main__":
    if sys.argv[1:2] in (["prove"], ["export"]):
        work(sys.argv[1], int(sys.argv[2]))
    else:
        main(tuple(map(int, sys.argv[1:])) or DEPTHS)
