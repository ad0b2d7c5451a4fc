"""Functions of one number: the identities by which activations are built from relu and exp, and pooling from max.

Sources are with each theorem; those of sigmoid and tanh are the addition theorem of the exponential.
"""

from __future__ import annotations

from typing import Any

from ncd_cat.language import (
    Wire,
    absolute,
    add,
    align,
    avg_pool,
    clamp,
    exp,
    greatest,
    log,
    max_pool,
    maximum,
    minimum,
    multiply,
    relu,
    sigmoid,
    silu,
    softplus,
    square,
    tanh,
)
from proofs.theorems.theorem import Theorem

LATTICE = "Birkhoff, Lattice Theory, chapter XIII: lattice-ordered groups"


def leaky(x: Wire) -> Any:
    """relu(x) − relu(−x)/100, as torch has it."""
    return relu(x) - relu(-x) * 0.01


def plus(x: Wire, c: Wire) -> Any:
    """x plus c, broadcast by name."""
    return add(*align(x, c))


TABLE = (
    Theorem("tanh-is-a-sigmoid", "tanh(x) = 2σ(2x) − 1.", "the definitions", "x", tanh, lambda x: sigmoid(x * 2) * 2 - 1,
            lambda x: sigmoid(x * 2) - 1),
    Theorem("sigmoid-complement", "σ(−x) = 1 − σ(x).", "the definitions", "x", lambda x: sigmoid(-x), lambda x: 1 - sigmoid(x),
            lambda x: sigmoid(x) - 1),
    Theorem("silu-gates", "silu(x) − silu(−x) = x.", "Hendrycks and Gimpel, arXiv 1606.08415", "x", lambda x: silu(x) - silu(-x),
            lambda x: x, absolute),
    Theorem("softplus-reflects", "softplus(x) − softplus(−x) = x.", "the definitions", "x", lambda x: softplus(x) - softplus(-x),
            lambda x: x, relu),
    Theorem("log-sigmoid", "log σ(x) = −softplus(−x).", "the definitions", "x", lambda x: log(sigmoid(x)), lambda x: -softplus(-x),
            lambda x: -softplus(x)),
    Theorem("relu-parts", "x is its positive part less its negative part.", LATTICE, "x", lambda x: relu(x) - relu(-x), lambda x: x,
            lambda x: relu(x) + relu(-x)),
    Theorem("absolute-parts", "|x| is its positive part plus its negative part.", LATTICE, "x", lambda x: relu(x) + relu(-x), absolute,
            lambda x: x),
    Theorem("maximum-by-relu", "max(x, y) = x + relu(y − x).", LATTICE, "x, x", maximum, lambda x, y: x + relu(y - x),
            lambda x, y: y + relu(y - x)),
    Theorem("maximum-and-minimum", "max(x, y) + min(x, y) = x + y.", LATTICE, "x, x", lambda x, y: maximum(x, y) + minimum(x, y),
            lambda x, y: x + y, lambda x, y: x - y),
    Theorem("maximum-by-absolute", "max(x, y) = (x + y + |x − y|) / 2.", LATTICE, "x, x", maximum,
            lambda x, y: (x + y + absolute(x - y)) / 2, lambda x, y: (x + y - absolute(x - y)) / 2),
    Theorem("relu-scales", "relu(exp(a)·x) = exp(a)·relu(x): relu is positively homogeneous.", "folklore", "x, x",
            lambda x, a: relu(exp(a) * x), lambda x, a: exp(a) * relu(x), lambda x, a: a * relu(x)),
    Theorem("relu-squared", "relu(x)² = x·relu(x).", "So et al., Primer, arXiv 2109.08668", "x", lambda x: square(relu(x)),
            lambda x: x * relu(x), square),
    Theorem("leaky-relu-is-a-maximum", "relu(x) − relu(−x)/100 = max(x, x/100).", "Maas et al., 2013", "x", leaky,
            lambda x: maximum(x, x * 0.01), lambda x: minimum(x, x * 0.01)),
    Theorem("hard-tanh-by-relu", "The clamp of x to [−1, 1] is relu(x + 1) − relu(x − 1) − 1.", LATTICE, "x", clamp(-1, 1),
            lambda x: relu(x + 1) - relu(x - 1) - 1, lambda x: relu(x + 1) - relu(x) - 1),
    Theorem("relu-commutes-with-pooling", "relu before a max pool is relu after it: relu is monotone.", "folklore", "x:8 c",
            lambda x: max_pool(relu(x), "x", 2), lambda x: relu(max_pool(x, "x", 2)), lambda x: max_pool(x, "x", 2)),
    Theorem("exp-commutes-with-greatest", "The greatest of exp(x) is exp of the greatest.", "exp is monotone", "t k",
            lambda x: greatest(exp(x), "k"), lambda x: exp(greatest(x, "k")), lambda x: exp(greatest(x, "k") * 2)),
    Theorem("greatest-shift", "A number added to all entries of a row is added to the greatest.", LATTICE, "t k, t",
            lambda x, c: greatest(plus(x, c), "k"), lambda x, c: greatest(x, "k") + c, lambda x, c: greatest(x, "k") - c),
    Theorem("max-pools-compose", "A max pool of 2 and one of 3 are a max pool of 6. For 12 × 12 entries.", "folklore", "x...:12 c",
            max_pool("x", 2) >> max_pool("x", 3), max_pool("x", 6), max_pool("x", 2) >> avg_pool("x", 3)),
    Theorem("swiglu-of-one-input", "silu(x)·y with y = x is x²·σ(x).", "Shazeer, arXiv 2002.05202", "x", lambda x: multiply(silu(x), x),
            lambda x: square(x) * sigmoid(x), lambda x: x * sigmoid(x)),
)  # fmt: skip
