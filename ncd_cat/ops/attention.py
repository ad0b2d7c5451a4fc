"""Scaled dot-product attention: y(t) = Σᵤ p(t, u)·v(u), with p(t, ·) ∝ exp(s·⟨q(t), k(u)⟩ + mask), normalised over u.

Over the reals there is no −∞: causality is the guard [u ≤ t], a boolean mask is a factor 0 or 1, and a real mask is an
addend (an entry −∞ of it gives the factor exp(−∞) = 0).  A row whose keys are all masked has no value.  Source: Vaswani
et al., arXiv 1706.03762; drawn as in arXiv 2402.05424, figure 20.

>>> from ncd_cat.graph import Input, source
>>> q, k, v = source(Input(0), (2, 5, 6)), source(Input(1), (2, 7, 6)), source(Input(2), (2, 7, 4))
>>> attention(q, k, v, scale=Scalar.read(6**-0.5)).sizes
(2, 5, 4)
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ncd_cat import axes
from ncd_cat.axes import Sizes, whole
from ncd_cat.errors import TypeMismatch
from ncd_cat.graph import Node, Value, apply
from ncd_cat.ops.contraction import add, einsum, multiply, repeat, subtract
from ncd_cat.ops.pointwise import Exp, reciprocal
from ncd_cat.scalars import Scalar
from ncd_cat.signature import Guard, Op
from ncd_cat.sizes import Size, provably_nonnegative


@dataclass(frozen=True)
class Average(Op):
    """An average of the rows of v (u, e) under weights from q (t, d) and k (u, d); output (t, e).

    With `causal`, query t sees the keys u ≤ t only.
    """

    queries: Size
    keys: Size
    width: Size
    value_width: Size
    scale: Scalar
    causal: bool
    glyph = "attention"

    def roots(self, k: int) -> Sizes:
        t, u = self.queries, self.keys
        return ((t, self.width), (u, self.width), (u, self.value_width), (t, u))[k]

    @property
    def out(self) -> Sizes:
        return (self.queries, self.value_width)

    @abstractmethod
    def definition(self, *operands: Value) -> Value:
        """The average, over axes (degree, t, e)."""

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value | None, ...]:
        """dS = P∘(dP − Σ_e dO∘O): the row sums are those of the output, which is narrower than P.  Source: arXiv 2205.14135."""
        q, k, v, *mask = operands
        op = Portions(self.queries, self.keys, self.width, self.scale, self.causal, bool(mask), bool(mask) and mask[0].kind != "real")
        p = apply(op, q, k, *mask, degree=cotangent.sizes[:-2])
        rows = repeat(einsum("...te,...te->...t", cotangent, output), [(len(p.sizes) - 1, self.keys)])
        ds = multiply(p, subtract(einsum("...te,...ue->...tu", cotangent, v), rows))
        dv = einsum("...tu,...te->...ue", p, cotangent)
        return *_of_scores(ds, q, k, self.scale), dv, *[ds if m.kind == "real" else None for m in mask]


@dataclass(frozen=True)
class Attention(Average):
    """Operands q, k and v."""

    arity = 3

    def definition(self, *operands: Value) -> Value:
        q, k, v = operands
        return _average(Exp()(_scores(q, k, self.scale)), [], v, self.causal)

    def array(self, xp: Any, *arrays: Any) -> Any:
        q, k, v = arrays
        return _attend(xp, _dot(xp, q, k, self.scale), _visible(xp, self.queries, self.keys) if self.causal else None, v)


@dataclass(frozen=True)
class MaskedAttention(Average):
    """Operands q, k, v and a mask (t, u), boolean or added to the scores.

    A boolean mask is a factor of the exponentials: 1 where a key is seen, 0 where it is not.
    """

    boolean: bool
    arity = 4
    selectors = (3,)

    def definition(self, *operands: Value) -> Value:
        q, k, v, mask = operands
        scores = _scores(q, k, self.scale)
        if self.boolean:
            return _average(Exp()(scores), [mask], v, self.causal)
        return _average(Exp()(add(scores, mask)), [], v, self.causal)

    def array(self, xp: Any, *arrays: Any) -> Any:
        q, k, v, mask = arrays
        scores, seen = _dot(xp, q, k, self.scale), _visible(xp, self.queries, self.keys) if self.causal else None
        if not self.boolean:
            return _attend(xp, scores + xp.matrix_transpose(mask), seen, v)
        chosen = mask if mask.dtype == xp.bool else mask != 0
        factor = None if mask.dtype == xp.bool else xp.astype(mask, scores.dtype)
        return _attend(xp, scores, chosen if seen is None else chosen & seen, v, factor)


@dataclass(frozen=True)
class Portions(Op):
    """The weights p (t, u) of an average, each row a distribution over keys: operands q, k and, if `masked`, a mask as above."""

    queries: Size
    keys: Size
    width: Size
    scale: Scalar
    causal: bool
    masked: bool
    boolean: bool
    glyph = "attention"
    selectors = (2,)

    def check(self, n: Node) -> None:
        super().check(n)
        if len(n.operands) != 2 + self.masked:
            raise TypeError(f"{self} takes {2 + self.masked} operands, not {len(n.operands)}")

    def roots(self, k: int) -> Sizes:
        return ((self.queries, self.width), (self.keys, self.width), (self.queries, self.keys))[k]

    @property
    def out(self) -> Sizes:
        return (self.queries, self.keys)

    def definition(self, *operands: Value) -> Value:
        q, k, *mask = operands
        scores = _scores(q, k, self.scale)
        e = Exp()(scores if self.boolean or not mask else add(scores, *mask))
        factors, t = [e, *mask[: self.boolean]], len(e.sizes) - 2
        guards = causal_guards(t, t + 1, e.sizes) if self.causal else []
        spec = ",".join(["...tu"] * len(factors))
        return einsum(f"{spec},...t->...tu", *factors, reciprocal(einsum(f"{spec}->...t", *factors, guards=guards)), guards=guards)

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value | None, ...]:
        q, k, *mask = operands
        rows = repeat(einsum("...tu,...tu->...t", output, cotangent), [(len(output.sizes) - 1, self.keys)])
        ds = multiply(output, subtract(cotangent, rows))
        return *_of_scores(ds, q, k, self.scale), *[ds if m.kind == "real" else None for m in mask]

    def array(self, xp: Any, *arrays: Any) -> Any:
        q, k, *mask = arrays
        scores = xp.matmul(q * float(self.scale), xp.matrix_transpose(k))
        seen = _visible(xp, self.queries, self.keys) if self.causal else xp.ones((1, 1), dtype=xp.bool)
        if mask and not self.boolean:
            scores = scores + mask[0]
        elif mask:
            seen = seen & (mask[0] if mask[0].dtype == xp.bool else mask[0] != 0)
        scores = xp.where(seen, scores, xp.full_like(scores, -xp.inf))
        e = xp.exp(scores - xp.max(scores, axis=-1, keepdims=True))
        if mask and self.boolean and mask[0].dtype != xp.bool:
            e = e * xp.astype(mask[0], e.dtype)
        return e / xp.sum(e, axis=-1, keepdims=True)


def attention(q: Value, k: Value, v: Value, *, scale: Scalar, causal: bool = False, mask: Value | None = None) -> Value:
    """Attention of q (…, t, d), k (…, u, d), v (…, u, e) over equal leading axes; output (…, t, e).

    `mask` has sizes (…, t, u) and may lack leading axes; a mask of kind real is added to the scores, any other selects.
    Raises TypeMismatch, naming the axis and both sizes, where the sizes do not fit.
    """
    degree, t, d = q.sizes[:-2], q.sizes[-2], q.sizes[-1]
    u, e = k.sizes[-2], v.sizes[-1]
    _expect("k", "query and key width", k.sizes, (*degree, u, d))
    _expect("v", "number of keys", v.sizes, (*degree, u, e))
    if mask is None:
        return apply(Attention(t, u, d, e, scale, causal), q, k, v, degree=degree)
    wanted = (*degree, t, u)
    mask = repeat(mask, list(enumerate(wanted[: len(wanted) - len(mask.sizes)])))
    _expect("mask", "queries and keys", mask.sizes, wanted)
    return apply(MaskedAttention(t, u, d, e, scale, causal, mask.kind != "real"), q, k, v, mask, degree=degree)


def causal_guards(t: int, u: int, sizes: Sequence[Size]) -> list[Guard]:
    """The guard [i_u ≤ i_t] of two axes, or none where the sizes imply it."""
    e = axes.add(whole(t, sizes[t]), axes.scale(whole(u, sizes[u]), -1))
    return [] if provably_nonnegative(axes.bounds(e)[0]) else [(False, e)]


def _expect(name: str, what: str, found: Sizes, wanted: Sizes) -> None:
    if found != wanted:
        raise TypeMismatch(f"attention: {name} has sizes {found}, where {wanted} are expected ({what} and leading axes must agree)")


def _of_scores(ds: Value, q: Value, k: Value, scale: Scalar) -> tuple[Value, Value]:
    """The cotangents of q and k, given that of the scores."""
    return einsum("...tu,...ud->...td", ds, k, scalar=scale), einsum("...tu,...td->...ud", ds, q, scalar=scale)


def _scores(q: Value, k: Value, scale: Scalar) -> Value:
    return einsum("...td,...ud->...tu", q, k, scalar=scale)


def _average(e: Value, masks: list[Value], v: Value, causal: bool) -> Value:
    """Σᵤ e·mask·v / Σᵤ e·mask, with the causal guard in both sums."""
    t = len(e.sizes) - 2
    own, spec = e.sizes[:-1], ",".join(["...tu"] * (1 + len(masks)))
    z = einsum(f"{spec}->...t", e, *masks, guards=causal_guards(t, t + 1, e.sizes) if causal else ())
    wide = (*own, v.sizes[-1], e.sizes[-1])  # t, then the value axis, then the summed u
    return einsum(f"{spec},...t,...uv->...tv", e, *masks, reciprocal(z), v, guards=causal_guards(t, t + 2, wide) if causal else ())


def _dot(xp: Any, q: Any, k: Any, scale: Scalar) -> Any:
    """The scores over (u, t): what is taken over the keys u then runs along rows of queries, a whole row at a time."""
    return xp.matmul(k, xp.matrix_transpose(q * float(scale)))


def _visible(xp: Any, queries: Size, keys: Size) -> Any:
    return xp.arange(keys)[None, :] <= xp.arange(queries)[:, None]


def _attend(xp: Any, scores: Any, seen: Any, v: Any, factor: Any = None) -> Any:
    if seen is not None:  # the least of a score and ±∞ is quicker than a choice, and hides a score that is +∞ too
        highest = xp.full_like(seen, xp.inf, dtype=scores.dtype)
        scores = xp.minimum(scores, _turned(xp, xp.where(seen, highest, -highest)))
    e = xp.exp(scores - xp.max(scores, axis=-2, keepdims=True))
    e = e if factor is None else e * xp.matrix_transpose(factor)
    return xp.matmul(xp.matrix_transpose(e), v) / xp.sum(e, axis=-2)[..., None]


def _turned(xp: Any, x: Any) -> Any:
    """The transpose of the last two axes, laid out in its own rows."""
    y = xp.matrix_transpose(x)
    return xp.reshape(xp.reshape(y, (-1,)), y.shape)
