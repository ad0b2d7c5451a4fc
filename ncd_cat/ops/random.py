"""A draw is an array of independent numbers of one law: deterministic maps are copied freely, draws are not.

Random boxes live in a Markov category: discarding is natural, f ⨾ discard = discard, and copying is not, for one draw used
twice is not two draws.  A draw has a key, and is a variable of a claim as a weight is, but one that has a law.  A key that a
person gives names one draw wherever it stands.  A draw without one is *flagged*: each occurrence of its box is a draw of its
own, and `numbered` gives these keys in the order in which the outputs reach them, so that the laws of a Markov category, and
no others, hold on the nose.  Source: Fritz, A synthetic approach to Markov kernels, arXiv 1908.07021.

>>> one, other = sample((3,)), sample((3,))
>>> one == other
False
>>> draw("mask", (3,)) == draw("mask", (3,))
True
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from hashlib import blake2b
from typing import Any
from uuid import uuid4
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ncd_cat.axes import Sizes
from ncd_cat.errors import InputError
from ncd_cat.graph import Graph, Node, Value, apply, node, source
from ncd_cat.ops.contraction import multiply, number, scale
from ncd_cat.ops.pointwise import Less
from ncd_cat.scalars import Scalar
from ncd_cat.signature import Op

LAWS = ("uniform", "normal")  # on [0, 1), and standard
FLAG = "#"  # in the key of a flagged draw, and in no other


@dataclass(frozen=True)
class Draw(Op):
    """Independent numbers of a law, "uniform" on [0, 1) or standard "normal", one at every index, named by a key."""

    key: str
    law: str
    glyph = "random"
    arity = 0

    def check(self, n: Node) -> None:
        super().check(n)
        _check_law(self.law)

    @property
    def flagged(self) -> bool:
        """Whether each occurrence is a draw of its own."""
        return FLAG in self.key

    @property
    def order(self) -> int:
        return hash((self.tag, crc32(self.law.encode()), crc32(self.key.encode(errors="surrogatepass"))))

    def __str__(self) -> str:
        return self.law if self.flagged else f"{self.law}({self.key})"


@dataclass(frozen=True)
class KeyedDraw(Op):
    """The numbers of a law that an integer key generates, over `output`: a function of the key, which may be copied."""

    law: str
    output: Sizes
    glyph = "random"
    arity = 1

    @property
    def out(self) -> Sizes:
        return self.output

    def check(self, n: Node) -> None:
        super().check(n)
        _check_law(self.law)
        if n.operands[0][0].kind != "int":
            raise TypeError(f"{self} takes an integer as its key, not a {n.operands[0][0].kind} number")

    def array(self, xp: Any, *arrays: Any) -> Any:
        from array_api_compat import device

        keys = arrays[0]
        shape = tuple([n for n in self.output if isinstance(n, int)])
        assert len(shape) == len(self.output), f"{self} has symbols"
        drawn = [generated(int(k), "", self.law, shape) for k in xp.reshape(keys, (-1,))]
        return xp.asarray(np.reshape(drawn, (*keys.shape, *shape)), device=device(keys))


def _check_law(law: str) -> None:
    if law not in LAWS:
        raise TypeError(f"the law of a draw is one of {', '.join(LAWS)}, not {law!r}")


def generated(seed: int, key: str, law: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """The numbers of a law that a seed and a key determine, whatever else is drawn: a counter-based stream of its own.

    Uniform numbers are multiples of 2⁻²⁴, so that they are below 1 in float32 too.  Source: Philox, of Salmon, Moraes, Dror
    and Shaw, Parallel random numbers: as easy as 1, 2, 3 (2011).

    >>> bool((generated(0, "a", "uniform", (2,)) == generated(0, "a", "uniform", (2,))).all())
    True
    """
    name = int.from_bytes(blake2b(key.encode(errors="surrogatepass"), digest_size=8).digest(), "little")
    random = np.random.Generator(np.random.Philox(key=np.array([seed % (1 << 64), name], dtype=np.uint64)))
    return np.floor(random.random(shape) * 2**24) / 2**24 if law == "uniform" else random.standard_normal(shape)


# ---- building draws -----------------------------------------------------------------------------------------------


def draw(key: str, sizes: Sizes, law: str = "uniform") -> Value:
    """The draw of that name: the same one wherever it stands, in both sides of a claim.

    Raises InputError for another law, or for a key with the sign of keys that are given by `numbered`.
    """
    if law not in LAWS or FLAG in key:
        raise InputError(f"draw {key!r}: a key has no {FLAG!r} in it, and the law is one of {', '.join(LAWS)}, not {law!r}")
    return source(Draw(key, law), sizes)


def sample(sizes: Sizes, law: str = "uniform") -> Value:
    """A draw of its own, different from every other.  Raises InputError for another law.

    Its key is random until the graph is `numbered`: no two can be taken for one, whoever makes them.
    """
    if law not in LAWS:
        raise InputError(f"the law of a draw is one of {', '.join(LAWS)}, not {law!r}")
    return source(fresh(Draw(FLAG, law)), sizes)


def fresh(op: Op) -> Any:
    """The op at another occurrence: of a flagged draw, another one; any other op is itself."""
    return replace(op, key=f"{FLAG}{uuid4().hex}") if isinstance(op, Draw) and op.flagged else op


def dropout(x: Value, p: float | Fraction, key: str | Value | None = None) -> Value:
    """x · [u < 1 − p] / (1 − p) for a uniform u of the sizes of x: dropout in training.

    key: a name of u, or an integer (without axes) that generates it; without one u is a draw of its own.  Raises InputError
    unless 0 <= p <= 1.

    >>> from ncd_cat.graph import Input
    >>> x = source(Input(0), (2, 3))
    >>> dropout(x, 0) == x, dropout(x, 0.1, "u") == dropout(x, 0.1, "u"), dropout(x, 0.1) == dropout(x, 0.1)
    (True, True, False)
    """
    if not 0 <= p <= 1:
        raise InputError(f"dropout drops an entry with a probability from 0 to 1, not {p}")
    kept = Fraction(1) - (Scalar.read(p).rational if isinstance(p, float) else Fraction(p))
    if kept in (0, 1):
        return scale(x, 0) if kept == 0 else x
    u = generate(key, x.sizes) if isinstance(key, Value) else sample(x.sizes) if key is None else draw(key, x.sizes)
    return multiply(x, Less()(u, number(kept, x.sizes)), scalar=Scalar.of(1 / kept))


def generate(key: Value, sizes: Sizes, law: str = "uniform") -> Value:
    """The numbers that an integer key generates: an array (axes of the key, *sizes)."""
    return apply(KeyedDraw(law, sizes), key, degree=key.sizes)


# ---- the draws of a graph -----------------------------------------------------------------------------------------


def draws(graph: Graph) -> dict[str, Node]:
    """The draws by key, in topological order."""
    return {n.op.key: n for n in graph.nodes() if isinstance(n.op, Draw)}


def numbered(graph: Graph) -> Graph:
    """The graph with keys for its flagged draws: law, sizes, and a number for those alike, as the outputs reach them.

    Two diagrams that the laws of a Markov category make equal have one numbering.  A graph without flagged draws is itself.
    """
    found: dict[Node, Op] = {}
    counts: Counter[str] = Counter()
    for n in graph.nodes():
        if isinstance(n.op, Draw) and n.op.flagged:
            alike = f"{n.op.law}[{' '.join(map(str, n.sizes))}]"
            found[n] = replace(n.op, key=f"{alike}{FLAG}{counts[alike]}")
            counts[alike] += 1
    return with_sources(graph, found)


def with_sources(graph: Graph, ops: Mapping[Node, Op]) -> Graph:
    """The graph with other ops at some of its sources."""
    if all(n.op == op for n, op in ops.items()):
        return graph
    moved: dict[Node, Node] = {}
    for n in graph.nodes():
        moved[n] = node(ops.get(n, n.op), [(moved[x], access) for x, access in n.operands], n.sizes)
    outputs = tuple([Value(moved[v.node], v.access, v.sizes) for v in graph.outputs])
    blocks, labels = (tuple([(moved[n], name) for n, name in pairs if n in moved]) for pairs in (graph.blocks, graph.labels))
    return Graph(graph.dom, graph.cod, outputs, tuple([moved[n] for n in graph.dead]), blocks, labels)  # type: ignore[arg-type]
