"""Broadcasting and reindexing: what acts on some axes commutes with what rereads the others, because a broadcast is a functor.

Most of these hold by the construction of the graph, in which a broadcast is an index that is not read; they are stated here so
that they have names.  Sources: arXiv 2604.07242, sections on St and Br; arXiv 2402.05424, section 3.
"""

from __future__ import annotations

from typing import Any

from ncd_cat.language import (
    Wire,
    absolute,
    concat,
    cut,
    einsum,
    flip,
    layer_norm,
    linear,
    mean,
    merge,
    order,
    relu,
    rename,
    repeat,
    softmax,
    split,
    stack,
    tanh,
    total,
    ty,
)
from proofs.theorems.theorem import Theorem

FUNCTOR = "arXiv 2604.07242, Br"
MAP, ROWS = linear("m", "k", name="f"), softmax("k")


def together(x: Wire) -> Any:
    """A linear map along m and a softmax, composed, then broadcast over b."""
    return (MAP >> ROWS).at(ty("m")).over("b")(x)


def apart(x: Wire) -> Any:
    """The same two, each broadcast over b."""
    return ROWS.over("b")(MAP.over("b")(x))


def apart_from_tanh(x: Wire) -> Any:
    """The linear map, and tanh for a softmax."""
    return tanh(MAP.over("b")(x))


def nested(*axes: str) -> Any:
    """The softmax of rows, broadcast over one list of axes after the other."""

    def broadcast(x: Wire) -> Any:
        f = ROWS.at(ty("k"))
        for over in axes:
            f = f.over(over)
        return f(x)

    return broadcast


TABLE = (
    Theorem("broadcast-composes", "A composite, broadcast, is the composite of its parts, each broadcast.", FUNCTOR, "b m",
            together, apart, apart_from_tanh),
    Theorem("broadcast-nests", "Broadcast over one axis and then over another is broadcast over both.", FUNCTOR, "b c k", nested("c", "b"),
            nested("b c"), softmax("c")),
    Theorem("copies-are-natural", "A map of each of two copies is two copies of the map: copy is natural for what is not random.",
            "Fox, 1976",
            "q k", lambda x: stack(softmax(x, "k"), softmax(x, "k"), axis="i"), lambda x: softmax(stack(x, x, axis="i"), "k"),
            lambda x: softmax(stack(x, x, axis="i"), "q")),
    Theorem("slices-slide", "A slice along an axis that a map is broadcast over may be taken before it or after it.", "Yoneda", "t:7 k",
            lambda x: cut(softmax(x, "k"), "t", 2, 3), lambda x: softmax(cut(x, "t", 2, 3), "k"),
            lambda x: softmax(cut(x, "t", 1, 3), "k")),
    Theorem("repetition-slides", "A map of a repeated array is the repeated map.", "Yoneda", "t m",
            lambda x: layer_norm(repeat(x, "b:3"), "m"), lambda x: repeat(layer_norm(x, "m"), "b:3"),
            lambda x: repeat(layer_norm(x, "t"), "b:3")),
    Theorem("heads-merge", "A function of each entry commutes with splitting an axis into heads and merging it again.", "folklore",
            "t m:12", lambda x: merge(order(tanh(order(split(x, "m -> (h d)", h=4), "h t d")), "t h d"), "(h d) -> m"), tanh,
            lambda x: merge(order(tanh(order(split(x, "m -> (h d)", h=4), "d t h")), "t d h"), "(d h) -> m")),
    Theorem("concatenation-slides", "A function of each entry of a concatenation is the concatenation of its values.", "folklore", "t, s",
            lambda x, y: relu(concat(x, rename(y, s="t"), axis="t")), lambda x, y: concat(relu(x), relu(rename(y, s="t")), axis="t"),
            lambda x, y: concat(relu(x), absolute(rename(y, s="t")), axis="t")),
    Theorem("parts-of-a-concatenation", "A concatenation, cut where its parts meet, is its parts.", "folklore", "t m, s m",
            lambda x, y: cut(concat(x, rename(y, s="t"), axis="t"), "t", x.size("t"), y.size("s")), lambda x, y: rename(y, s="t"),
            lambda x, y: rename(y, s="t") * 2),
    Theorem("means-nest", "The mean over two axes is the mean over one of the means over the other.", "Fubini", "a b m",
            lambda x: mean(x, "a b"), lambda x: mean(mean(x, "a"), "b"), lambda x: total(mean(x, "a"), "b")),
    Theorem("reversed-twice", "An axis turned around twice is as it was.",
            "folklore", "t m", lambda x: flip(flip(x, "t"), "t"), lambda x: x,
            lambda x: flip(x, "t")),
    Theorem("diagonal-of-outer-product", "The diagonal of an outer product is the product entry by entry.", "arXiv 2604.07242, St", "i, i",
            lambda x, y: einsum("i i -> i", einsum("i, j -> i j", x, rename(y, i="j"))), lambda x, y: x * y, lambda x, y: x + y),
)  # fmt: skip
