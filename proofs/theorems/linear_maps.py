"""Linear maps: axes bend by cups and caps, indices that are summed slide, and a composite of maps is a map.

Sources: Coecke and Kissinger, Picturing Quantum Processes; Hasegawa, Hofmann and Plotkin, Finite dimensional vector spaces are
complete for traced symmetric monoidal categories, 2008; figure 18 of arXiv 2402.05424.
"""

from __future__ import annotations

from typing import Any

from ncd_cat.language import (
    Wire,
    add,
    align,
    cap,
    concat,
    cup,
    einsum,
    linear,
    mean,
    merge,
    multiply,
    rename,
    softmax,
    take,
    total,
    transpose,
    ty,
)
from proofs.theorems.theorem import Theorem

BENDING = "Coecke and Kissinger, Picturing Quantum Processes, chapter 4"


def bent(x: Wire) -> Any:
    """x (a): a cap beside it, and a cup of it with the nearer end."""
    return rename(cup(einsum("a, b c -> a b c", x, cap("b", "c", size=x.size("a"))), "a", "b"), c="a")


def linear_map(name: str, into: str, out: str) -> Any:
    """The linear map of that name, a diagram from the axis `into` to the axis `out`."""
    return linear(into, out, name=name, bias=False).at(ty(into))


def transposes(x: Wire) -> Any:
    """x (c) through the transpose of H : b → c, then that of G : a → b."""
    return transpose(linear_map("G", "a", "b"))(transpose(linear_map("H", "b", "c"))(x))


def transposed_twice(x: Wire) -> Any:
    """x (a) through the transpose of the transpose of F : a → b."""
    return transpose(transpose(linear_map("F", "a", "b")))(x)


def transpose_of_composite(x: Wire) -> Any:
    """x (c) through the transpose of G ⨾ H."""
    return transpose(linear_map("G", "a", "b") >> linear_map("H", "b", "c"))(x)


def trace(pattern: str) -> Any:
    """The trace of a product of matrices."""
    return lambda f, g, h: einsum(pattern, f, g, h)


def lora(scale: float) -> Any:
    """x by a weight (n, m) to which a product of rank r has been added once and for all."""
    return lambda x, w, b, a: einsum("t m, n m -> t n", x, w + einsum("n r, r m -> n m", b, a) * scale)


def adapted(x: Wire, w: Wire, b: Wire, a: Wire) -> Any:
    """x by the weight, plus twice x through the bottleneck r."""
    return einsum("t m, n m -> t n", x, w) + einsum("t r, n r -> t n", einsum("t m, r m -> t r", x, a), b) * 2


def kronecker(x: Wire, f: Wire, g: Wire) -> Any:
    """vec(x) by the Kronecker product of f (b, a) and g (d, c)."""
    product = einsum("b a, d c -> (b d) (a c)", f, g)
    return einsum("n, m n -> m", merge(x, "(a c) -> n"), rename(product, {product.names[0]: "m", product.names[1]: "n"}))


def both_sides(first: str) -> Any:
    """x (a, c) with f on the one side and g on the other, as a vector; rows come first with "b d"."""
    return lambda x, f, g: merge(einsum(f"a c, b a, d c -> {first}", x, f, g), f"({first}) -> m")


def joined(x: Wire, y: Wire, v: Wire, w: Wire) -> Any:
    """The concatenation of x (t, m) and y (t, k) by that of the weights (n, m) and (n, k)."""
    return einsum("t m, n m -> t n", concat(x, rename(y, k="m"), axis="m"), concat(v, rename(w, k="m"), axis="m"))


def added(x: Wire, y: Wire, v: Wire, w: Wire) -> Any:
    """x by its weight plus y by its weight."""
    return einsum("t m, n m -> t n", x, v) + einsum("t k, n k -> t n", y, w)


def by(x: Wire, w: Wire) -> Any:
    """x (t, m) by a weight (n, m)."""
    return einsum("t m, n m -> t n", x, w)


def pair(f: Wire, g: Wire, names: str) -> Any:
    """The Kronecker product of two matrices, its axes called as given."""
    (a, b), (c, d), (m, n) = f.names, g.names, names.split()
    product = einsum(f"{a} {b}, {c} {d} -> ({a} {c}) ({b} {d})", f, g)
    return rename(product, {product.names[0]: m, product.names[1]: n})


TABLE = (
    Theorem("snake-equation", "A cap and a cup straighten to a wire.", BENDING, "a", bent, lambda x: x, lambda x: -bent(x)),
    Theorem("transpose-twice", "The transpose of the transpose of a linear map is the map.", BENDING, "a",
            transposed_twice, linear("a", "b", name="F", bias=False), linear("a", "b", name="F")),
    Theorem("transpose-of-composite", "The transpose of G ⨾ H is that of H and then that of G.", BENDING, "c", transpose_of_composite,
            transposes, lambda x: transposes(x) * 2),
    Theorem("adjoint", "⟨F x, y⟩ = ⟨x, Fᵀ y⟩.", BENDING, "a, b, b a", lambda x, y, f: einsum("b, b -> ", einsum("a, b a -> b", x, f), y),
            lambda x, y, f: einsum("a, a -> ", x, einsum("b, b a -> a", y, f)), lambda x, y, f: einsum("a, b, b a -> ", x, y, f) * 2),
    Theorem("circle", "A cup after a cap is the size of the axis.",
            BENDING, "a", lambda x: multiply(*align(x, cup(cap("b", "c", size=x.size("a"))(), "b", "c"))),
            lambda x: x * x.size("a"), lambda x: x * 2),
    Theorem("trace-is-cyclic", "tr(FGH) = tr(GHF).", "Hasegawa, Hofmann and Plotkin, 2008", "a b, b c, c a", trace("a b, b c, c a -> "),
            lambda f, g, h: cup(einsum("b c, c a, a d -> b d", g, h, rename(f, b="d")), "b", "d"),
            lambda f, g, h: total(einsum("b c, c a, a d -> b d", g, h, rename(f, b="d")), "b d")),
    Theorem("interchange-of-maps", "Linear maps along two axes of an array act in either order.",
            "figure 18 of arXiv 2402.05424", "a c, b a, d c",
            lambda x, f, g: einsum("b c, d c -> b d", einsum("a c, b a -> b c", x, f), g),
            lambda x, f, g: einsum("a d, b a -> b d", einsum("a c, d c -> a d", x, g), f),
            lambda x, f, g: einsum("a d, b a -> b d", einsum("a c, d c -> a d", x, g), f) * 2),
    Theorem("kronecker-acts-on-matrices", "(F ⊗ G) vec(X) = vec(F X Gᵀ).", "Van Loan, The ubiquitous Kronecker product, 2000",
            "a c, b a, d c", kronecker, both_sides("b d"), both_sides("d b")),
    Theorem("kronecker-mixes", "(F ⊗ G)(H ⊗ K) = FH ⊗ GK.", "Van Loan, The ubiquitous Kronecker product, 2000",
            "a b, c d, b e, d f", lambda f, g, h, k: einsum("m n, n o -> m o", pair(f, g, "m n"), pair(h, k, "n o")),
            lambda f, g, h, k: pair(einsum("a b, b e -> a e", f, h), einsum("c d, d f -> c f", g, k), "m o"),
            lambda f, g, h, k: pair(einsum("c d, d f -> c f", g, k), einsum("a b, b e -> a e", f, h), "m o")),
    Theorem("spider-fusion", "Two copies of an index, joined, are one: Σ_j [i = j]·x(j)·y(j) = x(i)·y(i).", BENDING, "i, i",
            lambda x, y: einsum("i j, j, j -> i", cap("i", "j", size=x.size("i")), rename(x, i="j"), rename(y, i="j")), multiply(),
            add(n=2)),
    Theorem("chain-of-products", "A product of matrices is the same however it is bracketed.", "folklore", "a b, b c, c d, d e",
            lambda f, g, h, k: einsum("a b, b e -> a e", f, einsum("b c, c e -> b e", g, einsum("c d, d e -> c e", h, k))),
            lambda f, g, h, k: einsum("a c, c e -> a e", einsum("a b, b c -> a c", f, g), einsum("c d, d e -> c e", h, k)),
            lambda f, g, h, k: einsum("a c, c e -> a e", einsum("a b, b c -> a c", f, g), einsum("c d, d e -> c e", h, k)) * 2),
    Theorem("lora-merges", "A low-rank adapter is part of the weight that it adapts. For the scale 2.", "Hu et al., arXiv 2106.09685",
            "t m, n m, n r, r m", adapted, lora(2), lora(1)),
    Theorem("linear-of-concatenation", "A linear map of a concatenation is a sum of linear maps of its parts.", "folklore",
            "t m, t k, n m, n k", joined, added, lambda x, y, v, w: added(x, y, v, w) + joined(x, y, v, w)),
    Theorem("linears-side-by-side", "Linear maps of one input side by side are one, its weight their weights one after another.",
            "folklore",
            "t m, n m, k m", lambda x, v, w: concat(by(x, v), by(x, rename(w, k="n")), axis="n"),
            lambda x, v, w: by(x, concat(v, rename(w, k="n"), axis="n")),
            lambda x, v, w: concat(by(x, v), by(x, rename(w, k="n")) * 2, axis="n")),
    Theorem("tied-embedding", "Scores of tied embeddings are inner products of rows of one table.", "Press and Wolf, arXiv 1608.05859",
            "int64[t], v m", lambda i, w: einsum("t m, v m -> t v", take(w, i, "v"), w),
            lambda i, w: rename(take(einsum("v m, w m -> v w", w, rename(w, v="w")), i, "v"), w="v"),
            lambda i, w: rename(take(einsum("v m, w m -> v w", w, rename(w, v="w")) * 2, i, "v"), w="v")),
    Theorem("lookup-slides", "A map of each row before the lookup is the map after it.", "Yoneda", "int64[t], v m",
            lambda i, w: take(softmax(w, "m"), i, "v"), lambda i, w: softmax(take(w, i, "v"), "m"),
            lambda i, w: take(softmax(w, "v"), i, "v")),
    Theorem("mean-is-linear", "The mean over tokens is the linear map with weights 1/t, and passes through any linear map.", "folklore",
            "t m, n m", lambda x, w: mean(by(x, w), "t"), lambda x, w: einsum("m, n m -> n", mean(x, "t"), w),
            lambda x, w: einsum("m, n m -> n", total(x, "t"), w)),
    Theorem("residual-of-zero", "A branch that starts from zero leaves its input as it is.", "Bachlechner et al., ReZero, arXiv 2003.04887",
            "t m", lambda x: x + linear("m", "m", name="f")(softmax(x, "m")) * 0, lambda x: x,
            lambda x: x + linear("m", "m", name="f")(softmax(x, "m"))),
    Theorem("bilinear-by-outer-product", "A bilinear form is a linear map of the outer product.", "folklore", "a, b, n a b",
            lambda x, y, w: einsum("n b, b -> n", einsum("n a b, a -> n b", w, x), y),
            lambda x, y, w: einsum("n a b, a b -> n", w, einsum("a, b -> a b", x, y)),
            lambda x, y, w: einsum("n a b, a b -> n", w, add(*align(x, y)))),
)  # fmt: skip
