"""The small tasks of the table in tensorgrad (Thomas Ahle), simplified by it, and how many nodes the tree then has."""

from __future__ import annotations

from typing import Any

import tensorgrad as tg
import tensorgrad.functions as F


def _back(y: Any, x: Any) -> Any:
    """⟨y, dy⟩ differentiated by x."""
    dy = tg.Variable("dy", **y.shape)
    return F.sum(y * dy).grad(x)


def _normed(x: Any, dim: str) -> Any:
    c = x - F.mean(x, dim, keepdims=True)
    return c / F.sqrt(F.mean(c * c, dim, keepdims=True) + 1e-5)


def _cross_entropy_hessian() -> Any:
    n, c = tg.symbols("n c")
    z, t = tg.Variable("z", n, c), tg.Variable("t", n, c)
    return F.sum(F.cross_entropy(z, t, "c")).grad(z).grad(z)


def _attention(q: Any, k: Any, v: Any) -> Any:
    return F.dot(F.softmax(F.dot(q, k, "d"), "u"), v, "u")


def _attention_dq() -> Any:
    t, u, d, e = tg.symbols("t u d e")
    q, k, v = tg.Variable("q", t, d), tg.Variable("k", u, d), tg.Variable("v", u, e)
    return _back(_attention(q, k, v), q)


def _layer_norm() -> Any:
    n, d = tg.symbols("n d")
    x = tg.Variable("x", n, d)
    return _back(_normed(x, "d") * tg.Variable("g", d) + tg.Variable("b", d), x)


def _batch_norm() -> Any:
    n, d = tg.symbols("n d")
    x = tg.Variable("x", n, d)
    return _back(_normed(x, "n") * tg.Variable("g", d) + tg.Variable("b", d), x)


def _block() -> Any:
    t, d, h, e, f = tg.symbols("t d h e f")
    x = tg.Variable("x", t, d)
    a = _normed(x, "d") * tg.Variable("g1", d) + tg.Variable("b1", d)
    q, k, v = [F.dot(a, tg.Variable(name, d, h, e), "d") for name in ("wq", "wk", "wv")]
    p = F.softmax(F.dot(q, k.rename(t="u"), "e"), "u")
    heads = F.dot(p, v.rename(t="u"), "u")
    y = x + F.sum(heads * tg.Variable("wp", h, e, d), ["h", "e"])
    b = _normed(y, "d") * tg.Variable("g2", d) + tg.Variable("b2", d)
    return _back(y + F.dot(F.gelu(F.dot(b, tg.Variable("wf", d, f), "d"), approximate="tanh"), tg.Variable("wo", f, d), "f"), x)


def _quadratic() -> Any:
    d = tg.symbols("d")
    x, a = tg.Variable("x", d), tg.Variable("A", d, e=d)
    return F.sum(x * F.dot(a, x, ("e", "d"))).grad(x).grad(x)


TASKS = {
    "cross-entropy Hessian": _cross_entropy_hessian,
    "attention dQ": _attention_dq,
    "LayerNorm VJP": _layer_norm,
    "BatchNorm VJP": _batch_norm,
    "block dX": _block,
    "Hessian of xᵀAx": _quadratic,
}


def derived(name: str) -> int:
    """Derive and simplify a task; the nodes of the tree that this leaves."""
    return _nodes(TASKS[name]().full_simplify())


def _nodes(t: Any) -> int:
    parts = [p for value in vars(t).values() for p in (value if isinstance(value, list | tuple) else [value])]
    return 1 + sum(_nodes(p) for p in parts if isinstance(p, tg.Tensor))
