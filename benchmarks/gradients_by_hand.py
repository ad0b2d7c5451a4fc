"""GPT-2's cross-entropy and all its gradients as a careful person writes them in NumPy: forward, tape, backward."""

from __future__ import annotations

from typing import Any

import numpy as np

ROOT_2_PI = 0.7978845608028654


def loss_and_gradients(ids: Any, labels: Any, w: dict[str, Any], heads: int = 12) -> dict[str, Any]:
    """The gradients of the mean cross-entropy of next tokens, by name of weight, for one text; the token table is tied."""
    x, tape = _forward(ids[0], w, heads)
    g: dict[str, Any] = {}
    normed, tape_f = _norm(x, w, "transformer.ln_f")
    rows = normed[:-1]
    table = w["transformer.wte.weight"]
    p = rows @ table.T
    p -= p.max(-1)[:, None]
    np.exp(p, out=p)
    p /= p.sum(-1)[:, None]
    p[np.arange(len(p)), labels[0, 1:]] -= 1
    p /= p.dtype.type(len(p))
    d = np.zeros_like(x)
    np.matmul(p, table, out=d[:-1])
    g["transformer.wte.weight"] = p.T @ rows
    d = _norm_back(d, tape_f, w, "transformer.ln_f", g)
    for layer in reversed(range(len(tape))):
        d = _block_back(d, tape[layer], w, f"transformer.h.{layer}", heads, g)
    np.add.at(g["transformer.wte.weight"], ids[0], d)
    g["transformer.wpe.weight"] = np.zeros_like(w["transformer.wpe.weight"])
    g["transformer.wpe.weight"][: len(d)] = d
    return g


def _forward(ids: Any, w: dict[str, Any], heads: int) -> tuple[Any, list[tuple[Any, ...]]]:
    n = len(ids)
    x = w["transformer.wte.weight"][ids]
    x += w["transformer.wpe.weight"][:n]
    future = np.triu(np.full((n, n), -np.inf, x.dtype), 1)
    tape: list[tuple[Any, ...]] = []
    for layer in range(sum(key.endswith(".ln_1.weight") for key in w)):
        name = f"transformer.h.{layer}"
        normed, tape_1 = _norm(x, w, f"{name}.ln_1")
        width = x.shape[1] // heads
        q, k, v = _linear(normed, w, f"{name}.attn.c_attn").reshape(n, 3, heads, width).transpose(1, 2, 0, 3)
        q *= q.dtype.type(width**-0.5)
        p = q @ k.transpose(0, 2, 1)
        p += future
        p -= p.max(-1)[..., None]
        np.exp(p, out=p)
        p /= p.sum(-1)[..., None]
        y = np.empty_like(x)
        np.matmul(p, v, out=y.reshape(n, heads, width).transpose(1, 0, 2))
        x = x + _linear(y, w, f"{name}.attn.c_proj")
        again, tape_2 = _norm(x, w, f"{name}.ln_2")
        u = _linear(again, w, f"{name}.mlp.c_fc")
        t = u * u
        t *= u
        t *= 0.044715
        t += u
        t *= ROOT_2_PI
        np.tanh(t, out=t)
        a = t + 1
        a *= u
        a *= 0.5
        x = x + _linear(a, w, f"{name}.mlp.c_proj")
        tape.append((normed, tape_1, q, k, v, p, y, again, tape_2, u, t, a))
    return x, tape


def _block_back(d: Any, kept: tuple[Any, ...], w: dict[str, Any], name: str, heads: int, g: dict[str, Any]) -> Any:
    normed, tape_1, q, k, v, p, y, again, tape_2, u, t, a = kept
    n, width = len(d), q.shape[-1]
    du = _linear_back(d, a, w, f"{name}.mlp.c_proj", g)
    slope = u * u
    slope *= 3 * 0.044715 * ROOT_2_PI
    slope += ROOT_2_PI
    slope *= u
    square = t * t
    np.subtract(1, square, out=square)
    slope *= square
    slope += t
    slope += 1
    slope *= 0.5
    du *= slope
    d = d + _norm_back(_linear_back(du, again, w, f"{name}.mlp.c_fc", g), tape_2, w, f"{name}.ln_2", g)
    dy = _linear_back(d, y, w, f"{name}.attn.c_proj", g).reshape(n, heads, width).transpose(1, 0, 2)
    back = np.empty((n, 3, heads, width), d.dtype)
    dq, dk, dv = back.transpose(1, 2, 0, 3)
    np.matmul(p.transpose(0, 2, 1), dy, out=dv)
    ds = dy @ v.transpose(0, 2, 1)
    ds -= np.einsum("hte,hte->ht", dy, y.reshape(n, heads, width).transpose(1, 0, 2))[..., None]
    ds *= p
    np.matmul(ds, k, out=dq)
    dq *= dq.dtype.type(width**-0.5)
    np.matmul(ds.transpose(0, 2, 1), q, out=dk)
    dx = _linear_back(back.reshape(n, 3 * heads * width), normed, w, f"{name}.attn.c_attn", g)
    return d + _norm_back(dx, tape_1, w, f"{name}.ln_1", g)


def _linear(x: Any, w: dict[str, Any], name: str) -> Any:
    y = x @ w[f"{name}.weight"]
    y += w[f"{name}.bias"]
    return y


def _linear_back(d: Any, x: Any, w: dict[str, Any], name: str, g: dict[str, Any]) -> Any:
    g[f"{name}.weight"] = x.T @ d
    g[f"{name}.bias"] = d.sum(0)
    return d @ w[f"{name}.weight"].T


def _norm(x: Any, w: dict[str, Any], name: str) -> tuple[Any, tuple[Any, Any]]:
    y = x - x.mean(-1, keepdims=True)
    rate = np.einsum("ij,ij->i", y, y)[:, None] / x.shape[-1]
    rate += 1e-5
    np.sqrt(rate, out=rate)
    np.divide(1, rate, out=rate)
    y *= rate
    z = y * w[f"{name}.weight"]
    z += w[f"{name}.bias"]
    return z, (y, rate)


def _norm_back(d: Any, kept: tuple[Any, Any], w: dict[str, Any], name: str, g: dict[str, Any]) -> Any:
    y, rate = kept
    g[f"{name}.weight"] = np.einsum("ij,ij->j", d, y)
    g[f"{name}.bias"] = d.sum(0)
    d = d * w[f"{name}.weight"]
    share = np.einsum("ij,ij->i", d, y)[:, None] / d.shape[-1]
    d -= d.mean(-1, keepdims=True)
    d -= y * share
    d *= rate
    return d
