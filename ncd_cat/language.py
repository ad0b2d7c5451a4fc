"""How people write diagrams: functions of values, each a morphism of Br, and `trace`, which makes a graph of a function.

Axes are named where it helps: `einsum("q d, k d -> q k", q, k)` contracts, `rearrange("t (h d) -> h t d", x, h=8)`
splits, merges, permutes and repeats.  Weights are named: `linear(x, "mlp.up", 32)` reads "mlp.up.weight" and "mlp.up.bias".

>>> from ncd_cat.axes import Axis
>>> from ncd_cat.types import Array
>>> def attention(q, k, v):
...     return einsum("q k, k v -> q v", softmax(einsum("q d, k d -> q k", q, k)), v)
>>> q, k, v, d = (Axis(a) for a in "qkvd")
>>> graph = trace(attention, Array((q, d)), Array((k, d)), Array((k, v)))
>>> print(graph.cod[0])
float32[q v]
"""

from __future__ import annotations

from collections.abc import Callable

from ncd_cat.axes import Axis, constant, identity, shift, whole
from ncd_cat.errors import TypeMismatch
from ncd_cat.graph import Graph, Input, Value, Weight, source, topological
from ncd_cat.ops.activation import Gelu, GeluTanh, Relu, Sigmoid, Silu, Tanh
from ncd_cat.ops.attention import attention
from ncd_cat.ops.concatenation import concatenate
from ncd_cat.ops.contraction import add, contraction, mean, multiply, number, scale, subtract, term, total
from ncd_cat.ops.convolution import convolution
from ncd_cat.ops.layout import permute, place, position, spread
from ncd_cat.ops.norm import batch_norm, group_norm, layer_norm, rms_norm
from ncd_cat.ops.pointwise import Exp, Log, divide, power, reciprocal
from ncd_cat.ops.pooling import avg_pool, max_pool
from ncd_cat.ops.softmax import log_softmax, logsumexp, softmax
from ncd_cat.pattern import Pattern, indices, merge, names
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.sizes import Size
from ncd_cat.types import Array

exp, log, relu, sigmoid, tanh, silu, gelu, gelu_tanh = Exp(), Log(), Relu(), Sigmoid(), Tanh(), Silu(), Gelu(), GeluTanh()


def einsum(pattern: str, /, *values: Value, scalar: Scalar = ONE, **sizes: Size) -> Value:
    """scalar · the sum of the product of values over the axes that the result does not name; see `ncd_cat.pattern`.

    `sizes` gives the parts of a group that the operands do not determine.  Raises TypeMismatch, naming the axis and both
    sizes, where the pattern does not fit.

    >>> x, w = source(Input(0), (5, 6)), weight("w", 12, 6)
    >>> einsum("t m, (h d) m -> h t d", x, w, h=4).sizes
    (4, 5, 3)
    """
    p = Pattern.read("einsum", pattern)
    found = p.measure([v.sizes for v in values], sizes)
    lefts = [p.spelt(side, len(v.sizes), "an operand") for side, v in zip(p.left, values, strict=True)]
    right = p.result(found)
    free = names(right)
    bound = list(dict.fromkeys([a for side in lefts for a in names(side) if a not in free]))
    own, bounds = tuple([found[a] for a in free]), tuple([found[a] for a in bound])
    at = {a: k for k, a in enumerate([*free, *bound])}
    factors = [(v, indices(side, at, found)) for side, v in zip(lefts, values, strict=True)]
    y = Value.of(contraction([term(scalar, bounds, factors, sizes=own)], own))
    return y.at(*merge(right, found))


def rearrange(pattern: str, x: Value, /, **sizes: Size) -> Value:
    """x with its axes split, merged, permuted, repeated or read along a diagonal: a reindexing, which computes nothing.

    Raises TypeMismatch where the pattern does not fit, or where an axis would have to be summed.
    """
    p = Pattern.read("rearrange", pattern)
    found = p.measure([x.sizes], sizes)
    left = p.spelt(p.left[0], len(x.sizes), "the operand")
    right = p.result(found)
    free = names(right)
    for a in names(left):
        if a not in free:
            raise TypeMismatch(f"rearrange {pattern!r}: axis {a} is not in the result; use einsum to sum over it")
    at = {a: k for k, a in enumerate(free)}
    return x.at(indices(left, at, found), tuple([found[a] for a in free])).at(*merge(right, found))


def weight(key: str, *sizes: Size) -> Value:
    """The parameter of that name, a variable of every claim."""
    return source(Weight(key), sizes)


def linear(x: Value, name: str, width: Size, *, bias: bool = True) -> Value:
    """x (…, m) times the weight `name.weight` (width, m), plus `name.bias` (width): an array (…, width)."""
    y = einsum("... m, n m -> ... n", x, weight(f"{name}.weight", width, x.sizes[-1]))
    return add(y, spread(weight(f"{name}.bias", width), y.sizes[:-1])) if bias else y


def cut(x: Value, axis: int, start: Size, length: Size) -> Value:
    """The part of x from `start` on, `length` entries long, along an axis: a reindexing."""
    k = position(x, axis, "cut")
    moved = shift(whole(k, length), start) if length != 1 else constant(start)
    sizes = (*x.sizes[:k], length, *x.sizes[k + 1 :])
    return x.at(tuple([moved if j == k else e for j, e in enumerate(identity(x.sizes))]), sizes)


def trace(function: Callable[..., Value | tuple[Value, ...]], *arrays: Array, name: str = "") -> Graph:
    """The graph of a function of values, called once on inputs of the given types.

    An output axis takes the name of the one input axis that has its size, or a letter; `name` labels all that it computes.
    """
    inputs = [source(Input(k, a.kind), a.sizes) for k, a in enumerate(arrays)]
    result = function(*inputs)
    outputs = result if isinstance(result, tuple) else (result,)
    computed = [n for n in topological([v.node for v in outputs]) if n.operands] if name else []
    return Graph(arrays, tuple([_typed(v, arrays) for v in outputs]), outputs, (), tuple([(n, (name,)) for n in computed]))


def _typed(v: Value, arrays: tuple[Array, ...]) -> Array:
    """The type of an output: its dtype, and a name for each axis."""
    reals = [a.dtype for a in arrays if a.kind == "real"]
    dtype = {"int": "int64", "bool": "bool"}.get(v.kind) or (reals[0] if reals else "float32")
    known = {a.name: a.size for array in arrays for a in array.axes}
    found: list[Axis] = []
    for size in v.sizes:
        named = [a for a, n in known.items() if n == size and a not in {f.name for f in found}]
        found.append(Axis(named[0] if len(named) == 1 else _letter([*known, *(f.name for f in found)]), size))
    return Array(tuple(found), dtype)


def _letter(taken: list[str]) -> str:
    letters: list[str] = [*"abcdefghijklmnopqrstuvwxyz", *[f"a{k}" for k in range(len(taken) + 1)]]
    return next(a for a in letters if a not in taken)


__all__ = [
    "ONE", "Scalar", "add", "attention", "avg_pool", "batch_norm", "concatenate", "convolution", "cut", "divide", "einsum",
    "exp", "gelu", "gelu_tanh", "group_norm", "layer_norm", "linear", "log", "log_softmax", "logsumexp", "max_pool", "mean",
    "multiply", "number", "permute", "place", "power", "rearrange", "reciprocal", "relu", "rms_norm", "scale", "sigmoid",
    "silu", "softmax", "spread", "subtract", "tanh", "total", "trace", "weight",
]  # fmt: skip
