"""Multi-head latent attention: keys and values are linear images of one short vector a token, the latent c, which alone is kept.

Scores are inner products of two parts, one with keys Kc that see no place, one turned by places and shared by all heads.  As
⟨q, K c⟩ = ⟨Kᵀq, c⟩ and Σ p·(V c) = V(Σ p·c), queries can meet the latents themselves: K and V are absorbed.  Source: DeepSeek-V2,
arXiv 2405.04434, section 2.1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from ncd_cat.architectures import at
from ncd_cat.architectures.llama import turn
from ncd_cat.axes import Axis
from ncd_cat.diagram import Diagram
from ncd_cat.language import Wire, attention, concat, cut, diagram, einsum, linear, order, rename, repeat, rms_norm, split, ty, weight
from ncd_cat.sizes import Size, symbol


@dataclass(frozen=True)
class Latent:
    """The sizes of a latent attention."""

    heads: Size
    key: Size  # the part of a key that sees no place
    turned: Size  # the part that places turn
    value: Size
    queries: Size  # the latent vector of queries
    latent: Size  # the latent vector of keys and values

    def query(self, x: Wire, cos: Wire, sin: Wire) -> tuple[Wire, Wire]:
        """Both parts of the queries, (h, t, w) each: (t, m) → latent → heads."""
        latent = rms_norm(linear(x, "m", Axis("n", self.queries), name="q_a_proj", bias=False), "n", name="q_a_layernorm")
        out = (Axis("h", self.heads), Axis("w", self.key + self.turned))
        q = order(linear(latent, "n", out, name="q_b_proj", bias=False), "h t w")
        return cut(q, "w", 0, self.key), turn(cut(q, "w", self.key, self.turned), cos, sin, "(c i)")

    def kept(self, x: Wire, cos: Wire, sin: Wire) -> tuple[Wire, Wire]:
        """What is kept of a token, (t, w) each: the latent vector, and the part of its key that places turn."""
        y = linear(x, "m", Axis("w", self.latent + self.turned), name="kv_a_proj_with_mqa", bias=False)
        latent = rms_norm(cut(y, "w", 0, self.latent), "w", name="kv_a_layernorm")
        return latent, turn(cut(y, "w", self.latent, self.turned), cos, sin, "(c i)")

    @property
    def scale(self) -> Any:
        """1/√(width of a key)."""
        return Axis("w", self.key + self.turned) ** -0.5


def expanded(s: Latent) -> Diagram:
    """Latent attention as it is trained: keys and values of all heads are made from the latent vectors."""

    @diagram("t m, t c, t c -> t m")
    def latent_attention(x: Wire, cos: Wire, sin: Wire) -> Wire:
        q, turned_q = s.query(x, cos, sin)
        latent, turned_k = s.kept(x, cos, sin)
        out = (Axis("h", s.heads), Axis("w", s.key + s.value))
        kv = order(linear(latent, "w", out, name="kv_b_proj", bias=False), "h t w")
        k, v = cut(kv, "w", 0, s.key), cut(kv, "w", s.key, s.value)
        q, k = concat(q, turned_q, axis="w"), concat(k, repeat(turned_k, out[0]), axis="w")
        return linear(attention(q, k, v, s.scale, causal=True), "h w", x.axes[1], name="o_proj", bias=False)

    return latent_attention


def absorbed(s: Latent) -> Diagram:
    """Latent attention as it is run: queries meet the latent vectors, which all heads share as keys and as values."""
    shared = attention(s.scale, causal=True).at(ty("t w, u w, u l")).over("h", wires=(0,))

    @diagram("t m, t c, t c -> t m")
    def latent_attention(x: Wire, cos: Wire, sin: Wire) -> Wire:
        q, turned_q = s.query(x, cos, sin)
        latent, turned_k = s.kept(x, cos, sin)
        rows, columns = Axis("n", s.heads * (s.key + s.value)), Axis("l", s.latent)
        maps = weight("kv_b_proj.weight", (rows, columns)) >> split("n -> (h w)", h=s.heads)
        q = einsum("h t w, h w l -> h t l", q, cut(maps, "w", 0, s.key))
        q, k = concat(rename(q, l="w"), turned_q, axis="w"), concat(latent, turned_k, axis="w")
        y = einsum("h t l, h w l -> h t w", shared(q, k, latent), cut(maps, "w", s.key, s.value))
        return linear(y, "h w", x.axes[1], name="o_proj", bias=False)

    return latent_attention


# ---- by name ------------------------------------------------------------------------------------------------------


def batched(form: Callable[[Latent], Diagram]) -> Diagram:
    """One of the forms on a batch; cos and sin are the same for all of it."""
    h, d, c, e, n, latent = (symbol(name) for name in "hdcenl")
    return form(Latent(h, d, c * 2, e, n, latent)).over("b", wires=(0,))


def table() -> dict[str, Callable[[], Diagram]]:
    """The architectures of this file by name."""
    sizes = {"b": 2, "t": 5, "m": 14, "c": 4, "h": 3, "d": 7, "e": 6, "n": 10, "l": 9}
    found: dict[str, Callable[[], Diagram]] = {}
    for suffix, form in (("", expanded), ("-absorbed", absorbed)):
        found[f"latent-attention{suffix}"] = partial(at, partial(batched, form), **sizes)
        found[f"latent-attention{suffix}-symbolic"] = partial(batched, form)
    return found
