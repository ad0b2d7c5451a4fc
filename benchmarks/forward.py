"""How fast a diagram runs: the forward pass of GPT-2 small, imported, against NumPy by hand and against PyTorch.

    python benchmarks/forward.py [ROUNDS]

The model is transformers' GPT2LMHeadModel with random weights, in float32, on one text of 128 tokens.  For one thread and for
all cores: the best time of each, in turns in one process, and the median over the rounds of the ratios within a round.  Then
the peak of memory in a forward pass beyond the weights, each in a process of its own after a pass before.  With CuPy and a GPU,
the same diagram on the GPU against PyTorch on it.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

TOKENS, ROUNDS, PAUSE = 128, 20, 0.2
LIMITS = {"NumPy by hand": 1.1, "PyTorch": 1.6}
NAMES = ("diagram", "NumPy by hand", "PyTorch")
MEMORY_LIMIT, GPU_LIMIT, MIB = 1.3, 1.3, 1024


# ---- the same model by hand ---------------------------------------------------------------------------------------


def by_hand(ids: Any, w: dict[str, Any], heads: int = 12) -> Any:
    """GPT-2's logits as a careful person writes them in NumPy: fused projections, batched products, arithmetic in place."""
    import numpy as np

    n = ids.shape[-1]
    x = w["transformer.wte.weight"][ids[0]]
    x += w["transformer.wpe.weight"][:n]
    width = x.shape[1] // heads
    future = np.triu(np.full((n, n), -np.inf, x.dtype), 1)
    for layer in range(sum(key.endswith(".ln_1.weight") for key in w)):
        p = f"transformer.h.{layer}"
        q, k, v = _linear(_norm(x, w, f"{p}.ln_1"), w, f"{p}.attn.c_attn").reshape(n, 3, heads, width).transpose(1, 2, 0, 3)
        q *= np.float32(width**-0.5)
        scores = q @ k.transpose(0, 2, 1)
        scores += future
        scores -= scores.max(-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(-1, keepdims=True)
        y = np.empty_like(x)
        np.matmul(scores, v, out=y.reshape(n, heads, width).transpose(1, 0, 2))
        x += _linear(y, w, f"{p}.attn.c_proj")
        x += _linear(_gelu(_linear(_norm(x, w, f"{p}.ln_2"), w, f"{p}.mlp.c_fc")), w, f"{p}.mlp.c_proj")
    return (_norm(x, w, "transformer.ln_f") @ w["lm_head.weight"].T)[None]


def _linear(x: Any, w: dict[str, Any], name: str) -> Any:
    y = x @ w[f"{name}.weight"]
    y += w[f"{name}.bias"]
    return y


def _norm(x: Any, w: dict[str, Any], name: str) -> Any:
    import numpy as np

    y = x - x.mean(-1, keepdims=True)
    scale = np.einsum("ij,ij->i", y, y)[:, None] / x.shape[-1]
    scale += 1e-5
    y /= np.sqrt(scale, out=scale)
    y *= w[f"{name}.weight"]
    y += w[f"{name}.bias"]
    return y


def _gelu(x: Any) -> Any:
    import numpy as np

    y = x * x
    y *= x
    y *= 0.044715
    y += x
    y *= 0.7978845608028654
    np.tanh(y, out=y)
    y += 1
    y *= x
    y *= 0.5
    return y


# ---- what is measured ---------------------------------------------------------------------------------------------


def model() -> tuple[Any, Any]:
    """The module and its input."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    return GPT2LMHeadModel(GPT2Config(use_cache=False)).eval(), torch.randint(0, 50257, (1, TOKENS))


def passes(names: tuple[str, ...]) -> dict[str, Callable[[], Any]]:
    """The forward passes of these names, on the CPU: functions to NumPy arrays or tensors."""
    import ncd_cat as ncd

    module, ids = model()
    weights = {key: value.numpy() for key, value in module.state_dict().items()}
    found: dict[str, Callable[[], Any]] = {}
    if "diagram" in names:
        bound = ncd.compile(ncd.from_torch(module, (ids,))).bind(weights)
        found["diagram"] = lambda: bound(ids.numpy())[0]
    return found | {
        "NumPy by hand": lambda: by_hand(ids.numpy(), weights),
        "PyTorch": lambda: module(ids).logits,
    }


def rounds(run: dict[str, Callable[[], Any]], count: int) -> dict[str, list[float]]:
    """The seconds of each, in turns, `count` times; after a pause each, so that no other library's threads still spin."""
    seconds: dict[str, list[float]] = {name: [] for name in run}
    for k in range(count):
        for name in [*run, *run][k % len(run) : k % len(run) + len(run)]:
            time.sleep(PAUSE)
            start = time.perf_counter()
            run[name]()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def times(threads: int, count: int) -> None:
    """Print the times and ratios on the CPU."""
    import numpy as np
    import torch

    torch.set_num_threads(threads)
    with torch.no_grad():
        run = passes(NAMES)
        results = {name: np.asarray(call()) for name, call in run.items()}
        seconds = rounds(run, count)
    off = max(float(abs(y - results["PyTorch"]).max()) for y in results.values())
    assert off < 1e-4, f"the three differ by {off}"
    for name in NAMES:
        print(f"{threads} thread{'s' if threads > 1 else ' '}  {name:14} {min(seconds[name]) * 1e3:9.1f} ms{_ratio(seconds, name)}")


def _ratio(seconds: dict[str, list[float]], name: str) -> str:
    if name not in LIMITS:
        return ""
    ratio = median([a / b for a, b in zip(seconds["diagram"], seconds[name], strict=True)])
    return f"   diagram / this {ratio:5.2f}   at most {LIMITS[name]}"


def memory(name: str) -> None:
    """Print the peak of resident memory, in MiB, in a second forward pass beyond what was there before it."""
    import ctypes

    import torch

    torch.set_num_threads(1)
    with torch.no_grad():
        call = passes((name,))[name]
        call()
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5")
        before = _resident("VmRSS")
        call()
        print((_resident("VmHWM") - before) / MIB)


def _resident(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith(f"{field}:")))


def on_gpu(count: int) -> str:
    """The diagram by CuPy against PyTorch, both on the GPU; or why that is not measured."""
    import torch

    try:
        import cupy
    except ImportError:
        return "GPU: not measured, CuPy is not installed"
    if not torch.cuda.is_available():
        return "GPU: not measured, there is none"
    import ncd_cat as ncd

    module, ids = model()
    diagram = ncd.from_torch(module, (ids,))
    bound = ncd.compile(diagram, xp=cupy).bind({key: cupy.asarray(value.numpy()) for key, value in module.state_dict().items()})
    module, there, here = module.cuda(), ids.cuda(), cupy.asarray(ids.numpy())

    def finished(call: Callable[[], Any]) -> Callable[[], Any]:
        def run() -> Any:
            found = call()
            torch.cuda.synchronize()
            cupy.cuda.Device().synchronize()
            return found

        return run

    run = {"diagram": finished(lambda: bound(here)[0]), "PyTorch": finished(lambda: module(there).logits)}
    with torch.no_grad():
        rounds(run, 3)
        seconds = rounds(run, count)
    ratio = median([a / b for a, b in zip(seconds["diagram"], seconds["PyTorch"], strict=True)])
    best = ", ".join(f"{name} {min(s) * 1e3:.2f} ms" for name, s in seconds.items())
    return f"GPU: {best}   diagram / PyTorch {ratio:.2f}   at most {GPU_LIMIT}"


def child(threads: int, *words: str) -> str:
    """What this script prints for these words, in a process with that many threads."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    env = {**os.environ, **dict.fromkeys(names, str(threads)), "PYTHONWARNINGS": "ignore"}
    return subprocess.run([sys.executable, __file__, *words], env=env, stdout=subprocess.PIPE, text=True, check=True).stdout


def main(count: int) -> None:
    """Print the table."""
    for threads in sorted({1, os.cpu_count() or 1}):
        print(child(threads, "times", str(threads), str(count)), end="", flush=True)
    if Path("/proc/self/clear_refs").exists():
        peaks = {name: float(child(1, "memory", name)) for name in NAMES}
        words = "   ".join(f"{name} {peak:.0f} MiB" for name, peak in peaks.items())
        print(f"peak memory   {words}   diagram / PyTorch {peaks['diagram'] / peaks['PyTorch']:.2f}   at most {MEMORY_LIMIT}")
    else:
        print("peak memory: not measured, this system does not tell")
    print(on_gpu(count))


if __name__ == "__main__":
    if sys.argv[1:2] == ["times"]:
        times(int(sys.argv[2]), int(sys.argv[3]))
    elif sys.argv[1:2] == ["memory"]:
        memory(sys.argv[2])
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
