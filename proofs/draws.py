"""Points at which two diagrams are compared: random and adversarial arrays for the inputs, weights and draws of a claim.

Large weights are windows into one pool of random numbers, so that a model with 10⁸ parameters costs little memory;
entries are scaled by 1/√(fan-in), so that activations stay moderate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from types import MappingProxyType
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np

from ncd_cat.graph import Graph, Input, topological
from ncd_cat.ops.indexing import Take
from ncd_cat.ops.random import Draw, draws, generated
from ncd_cat.ops.scatter import Scatter
from ncd_cat.signature import Kind
from ncd_cat.sizes import symbols

POOL = 1 << 22  # numbers in a pool
PRIMES = (2, 3, 5, 7, 11, 13)
SMALL = 1 << 18  # weights with fewer numbers in all are drawn one by one
Shape = tuple[int, ...]


class Point(NamedTuple):
    """Arrays for the inputs, by position, and for the weights and the draws, by name."""

    inputs: tuple[Any, ...]
    weights: Mapping[str, Any]
    draws: Mapping[str, Any] = MappingProxyType({})


class Style(NamedTuple):
    """How the reals of a point are drawn, and whether a row of truth values may be all false."""

    inputs: str
    weights: str
    any_mask: bool = False


STYLES = (
    Style("normal", "normal"),
    Style("positive", "positive"),
    Style("integers", "integers"),
    Style("large", "normal"),
    Style("tied", "normal"),
    Style("negative", "negative", any_mask=True),
    Style("zeros", "normal"),
    Style("tiny", "tiny"),
    Style("normal", "large", any_mask=True),
    Style("normal", "tied"),
    Style("one-hot", "normal"),
    Style("integers", "one-hot"),
)


@dataclass(frozen=True)
class Ports:
    """What a point has to fit: (name, shape, kind) of inputs and weights, (name, shape, law) of draws, the ranges of integer
    inputs, what is positive."""

    inputs: tuple[tuple[str, Shape, Kind], ...]
    weights: tuple[tuple[str, Shape, Kind], ...]
    ranges: tuple[int, ...]
    positive: frozenset[str]
    draws: tuple[tuple[str, Shape, str], ...] = ()

    @property
    def entries(self) -> int:
        """How many numbers a point has."""
        return sum(prod(shape) for _, shape, _ in (*self.inputs, *self.weights, *self.draws))


def ports_of(graphs: Sequence[Graph], positive: Sequence[str] = ()) -> Ports:
    """The ports of graphs of concrete sizes with the same inputs; weights and draws are shared by name."""
    inputs = tuple((a.name, _shape(a.sizes), a.kind) for a in graphs[0].dom)
    found = {key: (key, _shape(n.sizes), n.kind) for g in graphs for key, n in g.live().weights().items()}
    limits = [limit for g in graphs for limit in _limits(g)]
    ranges = tuple(min([n for k, n in limits if k == position], default=4) for position in range(len(inputs)))
    random = {key: (key, _shape(n.sizes), n.op.law) for g in graphs for key, n in draws(g.live()).items() if isinstance(n.op, Draw)}
    return Ports(inputs, tuple(found.values()), ranges, frozenset(positive), tuple(random.values()))


def draw(ports: Ports, style: Style, seed: int, dtype: Any = np.float64) -> Point:
    """The point of this style, its reals of this dtype; the same for the same seed."""
    random = np.random.default_rng(seed)
    large = sum(prod(shape) for _, shape, _ in ports.weights) > SMALL
    pools: dict[tuple[str, int], Any] = {}

    def array(name: str, shape: Shape, kind: Kind, own: str, limit: int, weight: bool) -> Any:
        if kind != "real":
            return _discrete(random, kind, shape, limit, style)
        own = "positive" if name in ports.positive else own
        if weight and large:
            return _window(random, pools, name, shape, own, dtype)
        return np.asarray(_reals(random, own, shape) / np.sqrt(_fan(shape, own) if weight else 1), dtype=dtype)

    inputs = [array(*port, style.inputs, limit, False) for port, limit in zip(ports.inputs, ports.ranges, strict=True)]
    drawn = {key: generated(seed, key, law, shape).astype(dtype) for key, shape, law in ports.draws}
    return Point(tuple(inputs), {port[0]: array(*port, style.weights, 4, True) for port in ports.weights}, drawn)


def perturbed(point: Point, seed: int) -> Point:
    """The point moved by a few units in the last place: what changes much more than that is not rounding."""
    random = np.random.default_rng(seed)

    def move(x: Any) -> Any:
        if x.dtype != np.float64 or x.size > SMALL:  # a copy of a large weight is dear, and the small ones do
            return x
        return x * (1 + 1e-14 * random.choice((-1.0, 1.0), x.shape))

    return Point(tuple(map(move, point.inputs)), *({name: move(x) for name, x in part.items()} for part in point[1:]))


def shortened(point: Point) -> Point:
    """The point in float32."""

    def short(x: Any) -> Any:
        return x.astype(np.float32) if x.dtype == np.float64 else x

    return Point(tuple(map(short, point.inputs)), *({name: short(x) for name, x in part.items()} for part in point[1:]))


# ---- numbers ------------------------------------------------------------------------------------------------------


def _reals(random: np.random.Generator, style: str, shape: Shape) -> Any:
    if style == "zeros":
        return np.zeros(shape)
    if style == "tied":
        return np.full(shape, random.standard_normal())
    if style == "integers":
        return random.integers(-2, 3, shape).astype(np.float64)
    if style == "one-hot":
        return _one_hot(random, shape)
    x = random.standard_normal(shape)
    if style in ("positive", "negative"):
        return (np.abs(x) + 0.5) * (1 if style == "positive" else -1)
    return x * {"normal": 1.0, "large": 30.0, "tiny": 0.01}[style]


def _one_hot(random: np.random.Generator, shape: Shape) -> Any:
    """Along the last axis 1 at a place that is another for each row, as far as there are other places, and 0 elsewhere."""
    if not shape:
        return np.ones(())
    rows, size = prod(shape[:-1]), shape[-1]
    places = random.permutation(size)[np.arange(rows) % size]
    return np.eye(size)[places].reshape(shape)


def _discrete(random: np.random.Generator, kind: Kind, shape: Shape, limit: int, style: Style) -> Any:
    """Whole numbers below a limit, all alike where the reals are, at the ends of their range where these are negative; or truth."""
    if kind == "int":
        alike, ends = style.inputs in ("tied", "zeros"), style.inputs == "negative"
        found = random.integers(0, 2 if ends else limit, () if alike else shape) * (limit - 1 if ends else 1)
        return np.full(shape, found) if alike else np.asarray(found)
    truth = random.random(shape) < 0.6
    if not style.any_mask and shape:
        truth[..., 0] = True
    return truth


def _fan(shape: Shape, style: str) -> int:
    """By how much a product with a weight of this shape adds up; round numbers stay round."""
    return prod(shape[1:]) if len(shape) > 1 and style not in ("integers", "tied", "one-hot") else 1


def _window(random: np.random.Generator, pools: dict[tuple[str, int], Any], name: str, shape: Shape, style: str, dtype: Any) -> Any:
    """A weight: a read-only window into the pool of its style and scale, at a place that its name decides."""
    rows, columns, fan = shape[0] if shape else 1, prod(shape[1:]), _fan(shape, style)
    size = max(POOL, 2 * columns)
    if (style, fan) not in pools:
        if (style, 0) not in pools:
            pools[style, 0] = _reals(random, "normal" if style in ("tied", "one-hot") else style, (size,))
        pools[style, fan] = (pools[style, 0] / np.sqrt(fan)).astype(dtype)
    pool = pools[style, fan]
    stride = min(columns, (pool.size - columns) // max(rows - 1, 1))
    place = crc32(name.encode()) % (pool.size - stride * (rows - 1) - columns + 1)
    step = pool.itemsize * (style != "tied")
    strides = [stride * step, *[prod(shape[k + 1 :]) * step for k in range(1, len(shape))]]
    window = np.lib.stride_tricks.as_strided(pool[place:], shape, strides[: len(shape)], writeable=False)
    return np.ascontiguousarray(window) if rows * columns > pool.size else window  # overlapping rows are slow to read


# ---- what the graphs say ------------------------------------------------------------------------------------------


def small_sizes(lhs: Graph, rhs: Graph) -> Iterator[dict[str, int]]:
    """Values of the size symbols: pairwise distinct, in another order, and 1."""
    types = [a.sizes for g in (lhs, rhs) for a in (*g.dom, *g.cod)] + [n.sizes for g in (lhs, rhs) for n in g.nodes()]
    names = sorted({s for sizes in types for size in sizes for s in symbols(size)})
    numbers = [*PRIMES, *range(14, 14 + len(names))][: len(names)]
    yield dict(zip(names, numbers, strict=True))
    if names:
        yield dict(zip(names, numbers[::-1], strict=True))
        yield dict.fromkeys(names, 1)


def _shape(sizes: Sequence[Any]) -> Shape:
    assert all(isinstance(n, int) for n in sizes), f"{sizes} have symbols"
    return tuple(sizes)


def _limits(graph: Graph) -> list[tuple[int, int]]:
    """(input, size) for each gather, and each sum by place, whose index depends on an integer input."""
    found = []
    for n in graph.live().nodes():
        if isinstance(n.op, Take | Scatter):
            below = topological([n.operands[1][0]])
            found += [(x.op.position, _shape((n.op.size,))[0]) for x in below if isinstance(x.op, Input) and x.kind == "int"]
    return found
