"""Readings, sums and products that a diagram could do without, each diagram beside the diagram that a person would have drawn."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from ncd_cat.graph import Graph
from ncd_cat.language import (
    add,
    concat,
    conv,
    cut,
    einsum,
    exp,
    flip,
    full,
    index,
    less,
    linear,
    literal,
    log,
    maximum,
    mean,
    merge,
    minimum,
    multiply,
    order,
    pad,
    power,
    relu,
    rename,
    repeat,
    roll,
    scale,
    sigmoid,
    softmax,
    split,
    sqrt,
    square,
    stack,
    total,
    trace,
    weight,
    where,
)
from ncd_cat.language.types import arrays_of
from ncd_cat.language.wire import Wire

HALF = Fraction(1, 2)
X, ROWS = "i:5", "b:3 d:4"


class Pair(NamedTuple):
    """Two functions of wires of some types: what is given, and what is wanted."""

    arrays: str
    given: Callable[..., Any]
    wanted: Callable[..., Any]

    def graphs(self) -> tuple[Graph, Graph]:
        """The two functions as graphs."""
        given, wanted = (trace(f, *arrays_of(self.arrays)) for f in (self.given, self.wanted))
        return given, wanted


def shapes() -> dict[str, Pair]:
    """Readings that come to nothing."""
    return {
        "identity reshape chain": Pair(
            ROWS, lambda x: split(merge(split(merge(x, "(b d) -> n"), "n -> (u v)", u=6), "(u v) -> n"), "n -> (b d)", b=3), lambda x: x
        ),
        "double transpose": Pair(ROWS, lambda x: order(order(x, "d b"), "b d"), lambda x: x),
        "flip of flip": Pair(X, lambda x: flip(flip(x, "i"), "i"), lambda x: x),
        "roll and back": Pair(X, lambda x: roll(roll(x, "i", 2), "i", -2), lambda x: x),
        "pad then slice": Pair(X, lambda x: cut(pad(x, "i", (1, 2)), "i", 1, 5), lambda x: x),
        "split then concat": Pair(X, lambda x: concat(cut(x, "i", 0, 2), cut(x, "i", 2, 3), axis="i"), lambda x: x),
        "stack then index": Pair("i:5, i:5", lambda x, y: index(stack(x, exp(y), axis="s"), "s", 0), lambda x, y: x),
        "flips around a function": Pair(X, lambda x: flip(exp(flip(x, "i")), "i"), lambda x: exp(x)),
        "transposes around a function": Pair(ROWS, lambda x: order(softmax(order(x, "d b"), "d"), "b d"), lambda x: softmax(x, "d")),
        "slice of concat": Pair("i:5, j:3", lambda x, y: cut(concat(x, rename(exp(y), j="i"), axis="i"), "i", 0, 5), lambda x, y: x),
        "sum of a repeat": Pair(X, lambda x: total(repeat(x, "r:3"), "r"), lambda x: x * 3),
        "mean of a repeat": Pair(X, lambda x: mean(repeat(x, "r:3"), "r"), lambda x: x),
        "function of a repeat": Pair("i:5", lambda x: total(exp(repeat(x, "r:3")), "r"), lambda x: exp(x) * 3),
    }


def sharing() -> dict[str, Pair]:
    """What is computed and not used, or computed twice."""
    return {
        "repeated subterm": Pair(X, lambda x: multiply(exp(x * 2), exp(x + x)), lambda x: square(exp(x * 2))),
        "repeated up to a transposition": Pair(
            "q:3 d:4, k:5 d:4",
            lambda q, k: add(
                exp(einsum("q d, k d -> q k", q, k)), order(exp(einsum("k d, q d -> k q", k, q)), "q k")
            ),
            lambda q, k: exp(einsum("q d, k d -> q k", q, k)) * 2,
        ),
        "unfused projections": Pair(
            "b:3 d:4",
            lambda x: multiply(linear(sigmoid(x), "d", "o:2", name="f"), linear(sigmoid(x + 0), "d", "o:2", name="g")),
            lambda x: projected(sigmoid(x)),
        ),
        "dead output": Pair(X, lambda x: index(stack(exp(x), softmax(x, "i"), axis="s"), "s", 0), lambda x: exp(x)),
        "dead parameter": Pair(X, lambda x: add(x, weight("w", "i:5")() * 0), lambda x: x),
        "part of a function": Pair(
            "b:3 d:4", lambda x: index(exp(x), "b", 1), lambda x: exp(index(x, "b", 1))
        ),
    }


def projected(x: Wire) -> Wire:
    """The product of two projections of one array."""
    found: Wire = multiply(linear(x, "d", "o:2", name="f"), linear(x, "d", "o:2", name="g"))
    return found


def arithmetic() -> dict[str, Pair]:
    """Neutral elements, scales, and inverse functions."""
    ones, zeros = full("i:5", 1), full("i:5", 0)
    return {
        "times one": Pair(X, lambda x: multiply(exp(x), ones()), lambda x: exp(x)),
        "plus zero": Pair(X, lambda x: add(exp(x), zeros()), lambda x: exp(x)),
        "times zero": Pair("i:5, i:5", lambda x, y: add(multiply(exp(x), zeros()), y), lambda x, y: y),
        "scaled twice": Pair(X, lambda x: exp((x * 3) * Fraction(1, 6)), lambda x: exp(x * HALF)),
        "sum in a sum": Pair(X, lambda x: add(add(x, exp(x)), add(x, exp(x))), lambda x: add(x * 2, exp(x) * 2)),
        "double negation": Pair(X, lambda x: exp(scale(scale(x, -1), -1)), lambda x: exp(x)),
        "x less x": Pair("i:5, i:5", lambda x, y: add(exp(x) - exp(x), y), lambda x, y: y),
        "log of exp": Pair(X, lambda x: log(exp(x)), lambda x: x),
        "exp of log": Pair(X, lambda x: exp(log(exp(x) + 1)), lambda x: exp(x) + 1),
        "relu of relu": Pair(X, lambda x: relu(relu(x)), relu),
        "relu of exp": Pair(X, lambda x: relu(exp(x)), lambda x: exp(x)),
        "max of x and x": Pair(X, lambda x: maximum(exp(x), exp(x)), lambda x: exp(x)),
        "min of x and x": Pair(X, lambda x: minimum(exp(x), exp(x)), lambda x: exp(x)),
        "where x else x": Pair(X, lambda x: where(less(x, exp(x)), exp(x), exp(x)), lambda x: exp(x)),
        "square of a root": Pair(X, lambda x: square(sqrt(exp(x))), lambda x: exp(x)),
        "reciprocal of reciprocal": Pair(X, lambda x: power(power(exp(x) + 1, -1), -1), lambda x: exp(x) + 1),
        "mean of means": Pair(
            "a:3 b:4", lambda x: mean(mean(exp(x), "b"), "a"), lambda x: total(exp(x), "a b") * Fraction(1, 12)
        ),
        "mask of a mask": Pair(
            "q:4 k:4",
            lambda x: multiply(multiply(exp(x), lower()), lower()),
            lambda x: multiply(exp(x), lower()),
        ),
    }


def lower() -> Wire:
    """The truth of k ≤ q, as numbers."""
    found: Wire = literal(np.tril(np.ones((4, 4))), "q:4 k:4")()
    return found


def linear_maps() -> dict[str, Pair]:
    """Products and sums of linear maps in a poor order."""
    def chain(x: Wire, *keys: str) -> Wire:
        for k, key in enumerate(keys):
            w = weight(key, f"d{k}:{16} d{k + 1}:{16}")()
            x = einsum(f"b d{k}, d{k} d{k + 1} -> b d{k + 1}", x, w)
        return x

    w, v = weight("w", "d:4 e:4"), weight("v", "d:4 e:4")
    return {
        "scores times values": Pair(
            "q:40 d:2, k:40 d:2, k:40 v:2",
            lambda q, k, v: einsum("q k, k v -> q v", einsum("q d, k d -> q k", q, k), v),
            lambda q, k, v: einsum("q d, d v -> q v", q, einsum("k d, k v -> d v", k, v)),
        ),
        "mergeable linears": Pair(
            "b:100 d:8",
            lambda x: einsum("b e, e f -> b f", einsum("b d, d e -> b e", x, weight("w", "d:8 e:9")()), weight("v", "e:9 f:8")()),
            lambda x: einsum("b d, d f -> b f", x, einsum("d e, e f -> d f", weight("w", "d:8 e:9")(), weight("v", "e:9 f:8")())),
        ),
        "matrix chain of six": Pair(
            "a:2 b:30, b:30 c:4, c:4 d:30, d:30 e:3, e:3 f:30, f:30 g:2",
            lambda a, b, c, d, e, f: einsum("a b, b g -> a g", a, einsum("b c, c g -> b g", b, einsum(
                "c d, d g -> c g", c, einsum("d e, e g -> d g", d, einsum("e f, f g -> e g", e, f))))),
            lambda a, b, c, d, e, f: einsum("a b, b c, c d, d e, e f, f g -> a g", a, b, c, d, e, f),
        ),
        "common array": Pair(
            "b:3 d:4",
            lambda x: add(einsum("b d, d e -> b e", x, w()), einsum("b d, d e -> b e", x, v())),
            lambda x: einsum("b d, d e -> b e", x, add(w(), v())),
        ),
        "common map": Pair(
            "b:3 d:4, b:3 d:4",
            lambda x, y: add(einsum("b d, d e -> b e", x, w()), einsum("b d, d e -> b e", y, w())),
            lambda x, y: einsum("b d, d e -> b e", add(x, y), w()),
        ),
        "common factor of three": Pair(
            "b:3 d:4, b:3 d:4, b:3 d:4",
            lambda x, y, z: add(multiply(exp(x), y), multiply(exp(x), z), multiply(exp(x), exp(z))),
            lambda x, y, z: multiply(exp(x), add(y, z, exp(z))),
        ),
        "linear of a sum of repeats": Pair(
            "b:30 d:4",
            lambda x: total(einsum("b d, d e -> b e", x, w()), "b"),
            lambda x: einsum("d, d e -> e", total(x, "b"), w()),
        ),
        "trace of a product": Pair(
            "i:9 j:9, j:9 i:9",
            lambda x, y: einsum("i i ->", einsum("i j, j k -> i k", x, rename(y, i="k"))),
            lambda x, y: einsum("i j, j i ->", x, y),
        ),
        "diagonal of an outer product": Pair(
            "i:9, i:9", lambda x, y: einsum("i i -> i", einsum("i, k -> i k", x, rename(y, i="k"))), multiply
        ),
        "one by one convolution": Pair(
            "c:3 x:6",
            lambda x: order(conv(x, "x", "c", "o:4", kernel=1, name="f", bias=False), "o x"),
            lambda x: einsum("c x, o c -> o x", x, index(weight("f.weight", "o:4 c:3 k:1")(), "k", 0)),
        ),
    }


def planted() -> dict[str, Pair]:
    """All of them by name: what is given, and what is wanted."""
    return {**shapes(), **sharing(), **arithmetic(), **linear_maps()}
