"""How people write diagrams: functions of wires with named axes, each of which is also a family of diagrams.

`softmax(x, "k")` acts on a wire; `softmax("k")` is the softmax of every array that has an axis k, and composes:
`einsum("q d, k d -> q k") >> scale(d**-0.5) >> softmax("k")`.  `@diagram("q d, k d, k v -> q v")` traces a function.  The two
ways give the same graph.  Source: the notation of arXiv 2402.05424.

>>> d = symbols("d")
>>> weights = einsum("q d, k d -> q k") >> scale(d**-0.5) >> softmax("k")
>>> @diagram("q d, k d -> q k")
... def traced(q, k):
...     return softmax(einsum("q d, k d -> q k", q, k) * d**-0.5, "k")
>>> weights.graph.same_as(traced.graph)
True
"""

from ncd_cat.language.choosing import argmax, causal_mask, clamp, equal, less, less_equal, masked, maximum, minimum, where
from ncd_cat.language.contracting import add, cap, cup, divide, einsum, mean, multiply, rearrange, scale, subtract, total
from ncd_cat.language.family import Family
from ncd_cat.language.functions import (
    absolute,
    attention,
    cos,
    cumsum,
    elementwise,
    erf,
    exp,
    floor,
    full,
    gelu,
    gelu_tanh,
    greatest,
    least,
    literal,
    log,
    log_softmax,
    logsumexp,
    power,
    relu,
    sigmoid,
    silu,
    sin,
    softmax,
    softplus,
    sqrt,
    square,
    tanh,
)
from ncd_cat.language.learned import (
    batch_norm,
    bias,
    conv,
    conv_transpose,
    embedding,
    group_norm,
    instance_norm,
    layer_norm,
    linear,
    rms_norm,
    weight,
)
from ncd_cat.language.looping import scan
from ncd_cat.language.matrices import determinant, inverse, logdet, solve
from ncd_cat.language.moving import flip, gather, one_hot, pad, roll, take
from ncd_cat.language.pooling import adaptive_avg_pool, adaptive_max_pool, avg_pool, max_pool
from ncd_cat.language.random import draw, dropout
from ncd_cat.language.shaping import concat, cut, index, merge, order, rename, repeat, split, stack, window
from ncd_cat.language.structure import align, copy, discard, identity, swap, transpose
from ncd_cat.language.tracing import diagram, trace
from ncd_cat.language.types import symbols, ty
from ncd_cat.language.wire import Wire

__all__ = [
    "Family", "Wire", "absolute", "adaptive_avg_pool", "adaptive_max_pool", "add", "align", "argmax", "attention", "avg_pool",
    "batch_norm", "bias", "cap", "causal_mask", "clamp", "concat", "conv", "conv_transpose", "copy", "cos", "cumsum", "cup",
    "cut", "determinant", "diagram", "discard", "divide", "draw", "dropout", "einsum", "elementwise", "embedding", "equal", "erf", "exp",
    "flip", "floor", "full", "gather", "gelu", "gelu_tanh", "greatest", "group_norm", "identity", "index", "instance_norm", "inverse",
    "layer_norm", "least", "less", "less_equal", "linear", "literal", "log", "log_softmax", "logdet", "logsumexp", "masked", "max_pool",
    "maximum", "mean", "merge", "minimum", "multiply", "one_hot", "order", "pad", "power", "rearrange", "relu", "rename",
    "repeat", "rms_norm", "roll", "scale", "scan", "sigmoid", "silu", "sin", "softmax", "softplus", "solve", "split", "sqrt", "square",
    "stack", "subtract", "swap", "symbols", "take", "tanh", "total", "trace", "transpose", "ty", "weight", "where", "window",
]  # fmt: skip
