"""The models of the benchmarks in plain jax.numpy, and how many equations JAX writes for their gradients.

Softmax and normalisations are written out, and take the maximum off first.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

WIDTH, HEADS, TOKENS, WORDS, LAYERS = 768, 12, 128, 50257, 12


def norm(x: Any, g: Any, b: Any) -> Any:
    """Layer norm over the last axis."""
    c = x - jnp.mean(x, -1, keepdims=True)
    return c / jnp.sqrt(jnp.mean(c * c, -1, keepdims=True) + 1e-5) * g + b


def softmax(x: Any) -> Any:
    """Along the last axis, stable."""
    e = jnp.exp(x - jax.lax.stop_gradient(jnp.max(x, -1, keepdims=True)))
    return e / jnp.sum(e, -1, keepdims=True)


def gelu(x: Any) -> Any:
    """As GPT-2 writes it."""
    return 0.5 * x * (1 + jnp.tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)))


def block(x: Any, w: dict[str, Any]) -> Any:
    """A pre-norm transformer block on x (tokens, width)."""
    n = x.shape[0]
    q, k, v = [y.reshape(n, HEADS, -1).transpose(1, 0, 2) for y in jnp.split(norm(x, w["g1"], w["b1"]) @ w["wa"] + w["ba"], 3, -1)]
    scores = jnp.where(jnp.tril(jnp.ones((n, n), bool)), q @ k.transpose(0, 2, 1) * q.shape[-1] ** -0.5, -1e30)
    x = x + (softmax(scores) @ v).transpose(1, 0, 2).reshape(n, -1) @ w["wp"] + w["bp"]
    return x + gelu(norm(x, w["g2"], w["b2"]) @ w["wf"] + w["bf"]) @ w["wo"] + w["bo"]


def gpt2(w: dict[str, Any], ids: Any, labels: Any) -> Any:
    """The mean cross-entropy of next tokens."""
    x = w["wte"][ids] + w["wpe"][: ids.shape[0]]
    for layer in w["h"]:
        x = block(x, layer)
    z = (norm(x, w["gf"], w["bf"]) @ w["wte"].T)[:-1]
    z = z - jax.lax.stop_gradient(jnp.max(z, -1, keepdims=True))
    log_p = z - jnp.log(jnp.sum(jnp.exp(z), -1, keepdims=True))
    return -jnp.mean(log_p[jnp.arange(len(ids) - 1), labels[1:]])


def real(*sizes: int) -> Any:
    """The type of an array."""
    return jax.ShapeDtypeStruct(sizes, jnp.float32)


def block_weights(d: int = WIDTH) -> dict[str, Any]:
    """The types of a block's weights."""
    sizes = {"g1": (d,), "b1": (d,), "wa": (d, 3 * d), "ba": (3 * d,), "wp": (d, d), "bp": (d,),
             "g2": (d,), "b2": (d,), "wf": (d, 4 * d), "bf": (4 * d,), "wo": (4 * d, d), "bo": (d,)}  # fmt: skip
    return {key: real(*n) for key, n in sizes.items()}


def trace_gpt2() -> int:
    """Trace the gradient by all weights; the number of its equations."""
    d = WIDTH
    w = {"wte": real(WORDS, d), "wpe": real(1024, d), "h": [block_weights()] * LAYERS, "gf": real(d), "bf": real(d)}
    ids = jax.ShapeDtypeStruct((TOKENS,), jnp.int32)
    return len(jax.make_jaxpr(jax.grad(gpt2))(w, ids, ids).eqns)


# ---- the small ones: a function to trace, and the types of what it takes ------------------------------------------


def _cotangent(f: Any) -> Any:
    """The function (cotangent, *operands) -> cotangents of the operands."""
    return lambda d, *xs: jax.vjp(f, *xs)[1](d)


def _cross_entropy(z: Any, t: Any) -> Any:
    return -jnp.sum(t * (z - jax.nn.logsumexp(z, axis=-1, keepdims=True)))


def _attention(q: Any, k: Any, v: Any) -> Any:
    return softmax(q @ k.T * q.shape[-1] ** -0.5) @ v


def _batch_norm(x: Any, g: Any, b: Any) -> Any:
    c = x - jnp.mean(x, 0)
    return c / jnp.sqrt(jnp.mean(c * c, 0) + 1e-5) * g + b


TASKS = {
    "cross-entropy Hessian": (jax.hessian(_cross_entropy), [real(8, 10), real(8, 10)]),
    "attention dQ": (lambda d, q, k, v: jax.vjp(lambda q: _attention(q, k, v), q)[1](d), [real(16, 8)] * 4),
    "LayerNorm VJP": (_cotangent(norm), [real(16, 8), real(16, 8), real(8), real(8)]),
    "BatchNorm VJP": (_cotangent(_batch_norm), [real(16, 8), real(16, 8), real(8), real(8)]),
    "block dX": (lambda d, x, w: jax.vjp(lambda x: block(x, w), x)[1](d), [real(TOKENS, WIDTH)] * 2 + [block_weights()]),
    "12 blocks, weights": (None, []),
    "Hessian of xᵀAx": (jax.hessian(lambda x, a: x @ a @ x), [real(8), real(8, 8)]),
}


def trace(name: str) -> int:
    """Trace a task; the number of equations that JAX writes."""
    function, types = TASKS[name]
    if function is None:
        return trace_gpt2()
    return len(jax.make_jaxpr(partial(function))(*types).eqns)  # another object each time: one that was traced is not traced again
