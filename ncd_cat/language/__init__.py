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

from ncd_cat.language.contracting import add, cap, cup, divide, einsum, mean, multiply, rearrange, scale, subtract, total
from ncd_cat.language.family import Family
from ncd_cat.language.functions import (
    attention,
    avg_pool,
    causal_mask,
    cos,
    cumsum,
    elementwise,
    exp,
    gelu,
    gelu_tanh,
    greatest,
    least,
    literal,
    log,
    log_softmax,
    logsumexp,
    masked,
    max_pool,
    maximum,
    minimum,
    relu,
    sigmoid,
    silu,
    sin,
    softmax,
    softplus,
    tanh,
    where,
)
from ncd_cat.language.learned import batch_norm, bias, conv, conv_transpose, embedding, layer_norm, linear, rms_norm, weight
from ncd_cat.language.looping import scan
from ncd_cat.language.shaping import concat, cut, index, merge, order, rename, repeat, split, stack, window
from ncd_cat.language.structure import align, copy, discard, identity, swap, transpose
from ncd_cat.language.tracing import diagram, trace
from ncd_cat.language.types import symbols, ty
from ncd_cat.language.wire import Wire

__all__ = [
    "Family", "Wire", "add", "align", "attention", "avg_pool", "batch_norm", "bias", "cap", "causal_mask", "concat", "conv",
    "conv_transpose", "copy", "cos", "cumsum", "cup", "cut", "diagram", "discard", "divide", "einsum", "elementwise", "embedding",
    "exp", "gelu", "gelu_tanh", "greatest", "identity", "index", "layer_norm", "least", "linear", "literal", "log", "log_softmax",
    "logsumexp", "masked", "max_pool", "maximum", "mean", "merge", "minimum", "multiply", "order", "rearrange", "relu", "rename",
    "repeat", "rms_norm", "scale", "scan", "sigmoid", "silu", "sin", "softmax", "softplus", "split", "stack", "subtract", "swap",
    "symbols", "tanh", "total", "trace", "transpose", "ty", "weight", "where", "window",
]  # fmt: skip
