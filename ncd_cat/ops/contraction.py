"""A contraction is a sum of terms: coefficient · Σ_bound Π factors[access] · [guards], the multilinear fragment of Br.

Sums, products, inner and outer products, linear maps, means, transposes, diagonals, traces, pads, concatenations and
the windows of a convolution are all contractions.  A guard is the Iverson bracket of an affine equality or inequality
in the indices; where a guard is 0 its term is 0 and its factors are not read.  Cups are pairs of equal indices under a
sum, spiders are repeated indices.  Source: Penrose's graphical notation; brackets after Iverson and Knuth.

>>> from ncd_cat.graph import Input, source
>>> x, w = source(Input(0), (2, 3)), source(Input(1), (3, 5))
>>> print(show_contraction(einsum("ij,jk->ik", x, w).node))
Σ_{i2:3} input(0, real)[i0, i2] input(1, real)[i2, i1]
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from ncd_cat.axes import Access, Sizes, identity, renumber, show, whole
from ncd_cat.graph import Node, Value, node
from ncd_cat.ops.weighing import positive_sum
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.signature import HUGE, Guard, Kind, Op, guards_reindexed
from ncd_cat.sizes import Size, product
from ncd_cat.welltyped import check_index, check_sizes

LARGEST_WHOLE = 1 << 20  # a greater coefficient makes reals: in 64 bits its products would wrap around


class Spec(NamedTuple):
    """One term of a contraction, without its factors: they are operands of the node."""

    scalar: Scalar
    bounds: Sizes
    factors: int
    guards: tuple[Guard, ...]


class Term(NamedTuple):
    """One term with its factors; indices number the node's own axes first, then `bounds`."""

    scalar: Scalar
    bounds: Sizes
    factors: tuple[tuple[Node, Access], ...]
    guards: tuple[Guard, ...] = ()


@dataclass(frozen=True)
class Contraction(Op):
    """The sum of terms; all its axes are degree axes, the roots of an operand are the bound axes of its term."""

    specs: tuple[Spec, ...]
    glyph = "contraction"

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """The hash, once: nodes are looked up by it."""
        return hash((self.tag, self.specs))

    def _spec(self, k: int) -> Spec:
        for spec in self.specs:
            if k < spec.factors:
                return spec
            k -= spec.factors
        raise TypeError(f"a contraction has no operand {k}")

    def roots(self, k: int) -> Sizes:
        return self._spec(k).bounds

    def guards(self, k: int) -> tuple[Guard, ...]:
        return self._spec(k).guards

    def reindexed(self, inner: Access, degree: Sizes, new: Sizes) -> Op:
        return Contraction(tuple([s._replace(guards=guards_reindexed(s.guards, inner, degree, new, s.bounds)) for s in self.specs]))

    def check(self, n: Node) -> None:
        if any(s.factors < 0 for s in self.specs) or sum(s.factors for s in self.specs) != len(n.operands):
            raise TypeError(f"a contraction of {[s.factors for s in self.specs]} factors has {len(n.operands)} operands")
        for spec in self.specs:
            check_sizes(self, spec.bounds)
            for _, e in spec.guards:
                check_index(e, n.sizes + spec.bounds)

    def kind(self, kinds: Sequence[Kind]) -> Kind:
        if len(self.specs) == 1 and self.specs[0][:3] == (ONE, (), 1):
            return kinds[0]
        scalars = [s.scalar for s in self.specs]
        whole_numbers = all(c.rational.denominator == 1 and not c.powers and abs(c.rational) < LARGEST_WHOLE for c in scalars)
        return "int" if whole_numbers and kinds and "real" not in kinds else "real"

    def finite(self, operands: Sequence[Node]) -> bool:
        return all(abs(s.scalar.rational) < HUGE for s in self.specs) and all(x.finite for x in operands)

    def positive(self, operands: Sequence[tuple[Node, Access]], sizes: Sizes) -> bool:
        return positive_sum(self.specs, operands, sizes)

    def pullback(self, n: Node, cotangent: Value, lead: Sizes, needed: Container[int]) -> Iterator[tuple[Value, Term]]:
        """A multilinear map without one of its factors, the cotangent in the place of the output: one hole a factor."""
        op = self.reindexed(identity(n.sizes, len(lead)), n.sizes, lead + n.sizes) if lead else self
        shifted = [(x, tuple([renumber(e, len(lead)) for e in a]) if lead else a) for x, a in n.operands]
        start = 0
        for scalar, _, count, guards in op.specs:  # type: ignore[attr-defined]
            for k in range(start, start + count):
                if k in needed:
                    others = [f for i, f in enumerate(shifted[start : start + count], start) if i != k]
                    yield n.read(k), Term(scalar, (), ((cotangent.node, cotangent.access), *others), guards)
            start += count

    @property
    def order(self) -> int:
        return self._hash

    def __str__(self) -> str:
        return "contraction"


def contraction(terms: Iterable[Term], sizes: Sizes) -> Node:
    """The node that is the sum of the terms."""
    terms = tuple(terms)
    specs = tuple([Spec(t.scalar, t.bounds, len(t.factors), t.guards) for t in terms])
    return node(Contraction(specs), [f for t in terms for f in t.factors], sizes)


def terms_of(n: Node) -> tuple[Term, ...]:
    """The terms of a contraction node."""
    if n.parts is None:
        assert isinstance(n.op, Contraction)
        found, start = [], 0
        for scalar, bounds, count, guards in n.op.specs:
            found.append(Term(scalar, bounds, n.operands[start : start + count], guards))
            start += count
        n.parts = tuple(found)
    terms: tuple[Term, ...] = n.parts
    return terms


def show_contraction(n: Node) -> str:
    """The node as a person writes it."""
    lines = []
    for scalar, bounds, factors, guards in terms_of(n):
        sums = ", ".join(f"i{len(n.sizes) + k}:{b}" for k, b in enumerate(bounds))
        words = [f"Σ_{{{sums}}}"] * bool(bounds) + [str(scalar)] * (scalar != ONE or not factors)
        words += [f"{x.op}[{', '.join(show(e) for e in a)}]" for x, a in factors]
        words += [f"[{show(e)} {'=' if equal else '>='} 0]" for equal, e in guards]
        lines.append(" ".join(words))
    return " + ".join(lines or ["0"])


# ---- building contractions ----------------------------------------------------------------------------------------


def view(x: Value) -> Node:
    """The value as a node of its own: 1 · x[access]."""
    return contraction([Term(ONE, (), ((x.node, x.access),))], x.sizes)


def term(scalar: Scalar, bounds: Sizes, factors: Iterable[tuple[Value, Access]], guards: Iterable[Guard] = (), *, sizes: Sizes) -> Term:
    """A term over own axes `sizes`: each factor a value and its indices over (sizes, bounds)."""
    read = [x.at(indices, sizes + bounds) for x, indices in factors]
    return Term(scalar, bounds, tuple([(x.node, x.access) for x in read]), tuple(guards))


def number(value: Scalar | Fraction | Size, sizes: Sizes = ()) -> Value:
    """A constant array."""
    return Value.of(contraction([Term(Scalar.of(value), (), ())], sizes))


def add(*values: Value) -> Value:
    """The sum of values of equal sizes."""
    return linear_combination([(ONE, v) for v in values])


def linear_combination(parts: Sequence[tuple[Scalar, Value]]) -> Value:
    """Σ c·x over values of equal sizes; at least one."""
    sizes = _same([v for _, v in parts])
    return Value.of(contraction([Term(c, (), ((v.node, v.access),)) for c, v in parts], sizes))


def scale(value: Value, by: Scalar | Fraction | Size) -> Value:
    """by · x."""
    return linear_combination([(Scalar.of(by), value)])


def subtract(x: Value, y: Value) -> Value:
    """x − y."""
    return linear_combination([(ONE, x), (-ONE, y)])


def multiply(*values: Value, scalar: Scalar = ONE) -> Value:
    """The pointwise product of values of equal sizes."""
    return Value.of(contraction([Term(scalar, (), tuple([(v.node, v.access) for v in values]))], _same(values)))


def total(x: Value, over: Sequence[int], scalar: Scalar = ONE) -> Value:
    """scalar · the sum over the axes `over`, which disappear."""
    kept = [k for k in range(len(x.sizes)) if k not in over]
    order = [*kept, *over]
    sizes, bounds = tuple(x.sizes[k] for k in kept), tuple(x.sizes[k] for k in over)
    indices = tuple(whole(order.index(k), n) for k, n in enumerate(x.sizes))
    return Value.of(contraction([term(scalar, bounds, [(x, indices)], sizes=sizes)], sizes))


def mean(x: Value, over: Sequence[int]) -> Value:
    """The mean over the axes `over`, which disappear."""
    count = Scalar.of(product(x.sizes[k] for k in over))
    return total(x, over, count.power(Fraction(-1)))


def repeat(x: Value, sizes: Sequence[tuple[int, Size]]) -> Value:
    """Insert axes: (position in the result, size) pairs, ascending.  A repeat is a missing index."""
    result, inserted = list(x.sizes), {p for p, _ in sizes}
    for position, size in sizes:
        result.insert(position, size)
    kept = [k for k in range(len(result)) if k not in inserted]
    return x.at(tuple(whole(k, result[k]) for k in kept), tuple(result))


def einsum(spec: str, *values: Value, scalar: Scalar = ONE, guards: Sequence[Guard] = ()) -> Value:
    """The contraction written as in numpy, e.g. "...qd,...kd->...qk"; "..." stands for leading axes that all share.

    Raises ValueError, naming the letter and both sizes, if two axes with one letter differ in size.
    """
    left, right = spec.replace(" ", "").split("->")
    lefts = left.split(",")
    if len(lefts) != len(values):
        raise ValueError(f"einsum {spec!r} has {len(lefts)} operands, {len(values)} were given")
    shared = len(values[0].sizes) - len(lefts[0].replace("...", "")) if "..." in spec else 0
    dots = tuple(values[0].sizes[:shared])
    found: dict[str, Size] = {}
    for letters, x in zip(lefts, values, strict=True):
        own = x.sizes[shared:] if "..." in letters else x.sizes
        for letter, size in zip(letters.replace("...", ""), own, strict=True):
            if found.setdefault(letter, size) != size:
                raise ValueError(f"einsum {spec!r}: axis {letter} has sizes {found[letter]} and {size}")
    free = right.replace("...", "")
    bound = [c for c in found if c not in free]
    sizes, bounds = dots + tuple(found[c] for c in free), tuple(found[c] for c in bound)
    place = {c: whole(shared + k, found[c]) for k, c in enumerate([*free, *bound])}
    factors = [(x, (identity(dots) if "..." in letters else ()) + tuple(place[c] for c in letters.replace("...", "")))
               for letters, x in zip(lefts, values, strict=True)]  # fmt: skip
    return Value.of(contraction([term(scalar, bounds, factors, guards, sizes=sizes)], sizes))


def _same(values: Sequence[Value]) -> Sizes:
    first = values[0].sizes
    for v in values[1:]:
        if v.sizes != first:
            raise ValueError(f"sizes {first} and {v.sizes} differ: align them first")
    return first
