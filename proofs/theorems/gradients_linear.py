"""Gradients of linear and multilinear maps: each factor is taken out, and the cotangent is plugged in its place.

Reindexing by φ goes back as a sum over the fibres of φ: a broadcast as a sum, a gather as a scatter, a convolution as a transposed
one.  Sources are with each theorem; section "Tensor networks" of Dangel et al., arXiv 2501.17280, has the pictures.
"""

from __future__ import annotations

from typing import Any

from ncd_cat.axes import Axis
from ncd_cat.language import (
    Wire,
    conv,
    conv_transpose,
    einsum,
    mean,
    rename,
    repeat,
    take,
    total,
    window,
)
from proofs.theorems.gradients import HALF, back, dot, gradient, hessian, named, plus
from proofs.theorems.theorem import Theorem

RDC, TRANSPOSE = "arXiv 1910.07065", "Dumoulin and Visin, arXiv 1603.07285"
IN, OUT = Axis("c"), Axis("o")
FILTER = conv("x", "c", OUT, kernel=3, padding=1, name="f", bias=False)


def rows(x: Wire, w: Wire) -> Any:
    """x Wᵀ, for rows x (b, m) and w (n, m)."""
    return einsum("b m, n m -> b n", x, w)


def adapted(x: Wire, w: Wire, a: Wire, b: Wire) -> Any:
    """x (W + B A)ᵀ, with the thin a (r, m) and b (n, r)."""
    return rows(x, w) + einsum("b m, r m, n r -> b n", x, a, b)


def thin(second: int) -> Any:
    """Bᵀ dyᵀ x and, so many times, dyᵀ x Aᵀ."""
    return lambda x, w, a, b, dy: (einsum("n r, s n, s m -> r m", b, dy, x), einsum("s n, s m, r m -> n r", dy, x, a) * second)


def shared_keys(q: Wire, k: Wire) -> Any:
    """Scores of the queries (h, g, t, d) of g heads with the keys (h, u, d) that they share."""
    return einsum("h g t d, h u d -> h g t u", q, k)


def shared_gradient(fold: Any) -> Any:
    """dK of the scores: dSᵀ Q, folded over the heads g."""
    return lambda q, k, ds: fold(einsum("h g t u, h g t d -> h g u d", ds, q), "g")


def linear_attention(q: Wire, k: Wire, v: Wire) -> Any:
    """q (kᵀ v), for queries (t, d), keys (u, d) and values (u, e)."""
    return einsum("t d, u d, u e -> t e", q, k, v)


def by_states(second: int) -> Any:
    """The three gradients by the states kᵀ v and qᵀ dy; that of the keys so many times."""

    def cotangents(q: Wire, k: Wire, v: Wire, dy: Wire) -> Any:
        state, back = einsum("u d, u e -> d e", k, v), einsum("t d, t e -> d e", q, dy)
        dq, dk = einsum("t e, d e -> t d", dy, state), einsum("u e, d e -> u d", v, back)
        return dq, dk * second, einsum("u d, d e -> u e", k, back)

    return cotangents


def form(x: Wire, a: Wire) -> Any:
    """xᵀ A x."""
    return einsum("i, i j, j -> ", x, a, rename(x, i="j"))


def flipped(a: Wire) -> Any:
    """The transpose of a matrix (i, j), with axes (i, i')."""
    return rename(einsum("i j -> j i", a), {"i": "j", "j": "i"})


def half_square(w: Wire, x: Wire, y: Wire) -> Any:
    """½ |x w − y|²."""
    r = einsum("b m, m -> b", x, w) - y
    return dot(r, r) * HALF


def correlated(factor: int) -> Any:
    """The gradient of the kernel of a convolution: the windows of x, contracted with dy."""
    return lambda x, dy: einsum("x w c, x o -> o c w", window(x, "x", 3, padding=1), dy) * factor


def tied(e: Wire, h: Wire, t: Wire) -> Any:
    """Tokens t of an embedding e (v, m), through a map h (n, m), read out by an embedding of the same rows."""
    return einsum("b m, k m, v k -> b v", take(e, t, "v"), h, rename(e, m="k"))


def twice_read(second: int) -> Any:
    """What the output layer sends to an embedding, and so many times what its rows at the tokens have."""

    def cotangents(e: Wire, h: Wire, t: Wire, dy: Wire) -> Any:
        hidden = einsum("b m, n m -> b n", take(e, t, "v"), h)
        output = rename(einsum("b v, b n -> v n", dy, hidden), n="m")
        rows = einsum("b v, v n, n m -> b m", dy, rename(e, m="n"), h)
        return output + back("v m, int64[b]", lambda e, t: take(e, t, "v"), 0)(e, t, rows) * second

    return cotangents


def spread(power: int) -> Any:
    """dy (b), repeated along n, times a power of n."""
    return lambda x, dy: einsum("n b -> b n", repeat(dy * x.size("n") ** power, x.axes[1]))


TABLE = (
    Theorem("gradient-of-linear-map", "For y = x Wᵀ: dx = dy W and dW = dyᵀ x.", RDC, "b m, n m, b n", back("b m, n m", rows, 0, 1),
            lambda x, w, dy: (einsum("b n, n m -> b m", dy, w), einsum("b n, b m -> n m", dy, x)),
            lambda x, w, dy: (einsum("b n, n m -> b m", dy, w) * 2, einsum("b n, b m -> n m", dy, x))),
    Theorem("gradient-of-bias", "The gradient of a bias is the sum of dy over the batch.", RDC, "b n, n, b n",
            back("b n, n", plus, 1), lambda x, a, dy: total(dy, "b"), lambda x, a, dy: mean(dy, "b")),
    Theorem("gradient-of-mean", "The transpose of a mean over n entries is a repeat, divided by n.", RDC, "b n, b",
            back("b n", mean("n"), 0), spread(-1), spread(1)),
    Theorem("gradient-of-low-rank-map", "For y = x (W + B A)ᵀ: dA = Bᵀ dyᵀ x and dB = dyᵀ x Aᵀ.", "LoRA, arXiv 2106.09685",
            "b m, n m, r m, n r, b n", back("b m, n m, r m, n r", adapted, 2, 3), thin(1), thin(2)),
    Theorem("gradient-of-shared-keys", "Where query heads share keys, dK is the sum of what each of the heads sends back.",
            "Ainslie et al., arXiv 2305.13245", "h g t d, h u d, h g t u", back("h g t d, h u d", shared_keys, 1),
            shared_gradient(total), shared_gradient(mean)),
    Theorem("gradient-of-linear-attention", "For y = q (kᵀ v): dq = dy (kᵀ v)ᵀ, dk = v (qᵀ dy)ᵀ and dv = k (qᵀ dy), without scores.",
            "Katharopoulos et al., arXiv 2006.16236", "t d, u d, u e, t e", back("t d, u d, u e", linear_attention, 0, 1, 2),
            by_states(1), by_states(2)),
    Theorem("gradient-of-quadratic-form", "The gradient of xᵀ A x is (A + Aᵀ) x.", "folklore", "i, i j:i", gradient("i, i j:i", form, 0),
            lambda x, a: einsum("i j, j -> i", a + flipped(a), rename(x, i="j")),
            lambda x, a: einsum("i j, j -> i", a * 2, rename(x, i="j"))),
    Theorem("hessian-of-quadratic-form", "The Hessian of xᵀ A x is A + Aᵀ: x is not in it.", "folklore", "i, i j:i",
            hessian("i, i j:i", form, "i j"), lambda x, a: a + flipped(a), lambda x, a: a * 2),
    Theorem("gradient-of-least-squares", "The gradient of ½ |X w − y|² is Xᵀ (X w − y).", "Gauss, 1809", "m, b m, b",
            gradient("m, b m, b", half_square, 0), lambda w, x, y: einsum("b m, b -> m", x, einsum("b m, m -> b", x, w) - y),
            lambda w, x, y: einsum("b m, b -> m", x, einsum("b m, m -> b", x, w) + y)),
    Theorem("hessian-of-least-squares", "The Hessian of ½ |X w − y|² is Xᵀ X.", "Gauss, 1809", "m, b m, b",
            hessian("m, b m, b", half_square, "m n"), lambda w, x, y: einsum("b m, b n -> m n", x, rename(x, m="n")),
            lambda w, x, y: einsum("b m, b n -> m n", x, rename(x, m="n")) * 2),
    Theorem("gradient-of-tied-embedding", "An embedding that is read at tokens and as the output layer has the sum of the two gradients.",
            "Press and Wolf, arXiv 1608.05859", "v m, n:m m, int64[b], b v", back("v m, n:m m, int64[b]", tied, 0), twice_read(1),
            twice_read(2)),
    Theorem("gradient-of-convolution", "R of a convolution by its input is the transposed convolution, with the same weight. For 7 places.",
            TRANSPOSE, "x:7 c, x:7 o", back("x:7 c", FILTER, 0),
            lambda x, dy: conv_transpose(dy, "x", "o", IN, kernel=3, padding=1, name="f", bias=False),
            lambda x, dy: conv_transpose(dy, "x", "o", IN, kernel=3, padding=1, name="f", bias=False) * 2),
    Theorem("gradient-of-kernel", "The gradient of the kernel of a convolution is the correlation of its windows with dy. For 7 places.",
            TRANSPOSE, "x:7 c, x:7 o", named(back("x:7 c", FILTER, "f.weight"), "o c w"), correlated(1), correlated(2)),
)  # fmt: skip
