"""Inverses and determinants of square matrices, where the inverses exist: (AB)⁻¹ = B⁻¹A⁻¹, det AB = det A · det B.

Both sides of an equation have a value for the same matrices, or the one that may have fewer is assumed to have its value.  A
rule is stated for A⁻¹, for det A and for log|det A|, and at every index of the axes that these are broadcast over.
Source: Petersen and Pedersen, The Matrix Cookbook, sections 1 and 3; Lang, Algebra, chapter XIII.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from ncd_cat.axes import Access, Index, Sizes, add, axes_of, compose, constant, identity, scale, substitute, whole
from ncd_cat.graph import Node, Value, apply
from ncd_cat.ops.contraction import Term, contraction, einsum, linear_combination, multiply, number
from ncd_cat.ops.linear_algebra import Determinant, Inverse, OfMatrix, transposed
from ncd_cat.ops.pointwise import Log, power, reciprocal
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.sizes import Size
from rewrites.facts import nonzero
from rewrites.rule import Args, RuleError, nat, schema
from rewrites.rules.linear import having_values, reindexed, terms

LARGEST = 8  # a product over more rows is not written out
SOURCE = "The Matrix Cookbook, sections 1 and 3"


class Matrix(NamedTuple):
    """What a function of a matrix is of: a value with axes lead + (n, n); rows are axis `row`, columns the next."""

    op: OfMatrix
    value: Value
    lead: Sizes

    @property
    def row(self) -> int:
        return len(self.lead)

    @property
    def turned(self) -> Access:
        """The indices that exchange rows and columns."""
        n = self.op.size
        return (*identity(self.lead), whole(self.row + 1, n), whole(self.row, n))


def matrix(n: Node) -> Matrix:
    """The matrix that a node is a function of.  Raises RuleError for another op, and where entries may be infinite."""
    if not isinstance(n.op, OfMatrix) or not n.operands[0][0].finite:
        raise RuleError(f"{n.op} is not a function of a matrix of finite numbers")
    return Matrix(n.op, Value(*n.operands[0], n.domain(0)), n.degree)


def entry(m: Matrix) -> Term:
    """The one term that an entry of the matrix is, over lead + (rows, columns).  Raises RuleError, or NotAffine."""
    t, *more = terms(m.value.node) or (None,)
    if t is None or more or not t.scalar.rational:
        raise RuleError("the matrix is not one term")
    inner = identity(t.bounds, len(m.value.sizes))
    return reindexed(t, m.value.access, inner, m.value.node.sizes + t.bounds)


def of(m: Matrix, t: Term) -> Value:
    """The same function of the matrix with other entries."""
    return apply(m.op, Value.of(contraction([t], m.value.sizes)), degree=m.lead)


def joined(m: Matrix, rest: Value, numbers: Sequence[tuple[Value, Size]]) -> Value:
    """The determinant `rest` times powers of numbers, or its logarithm."""
    if isinstance(m.op, Determinant):
        return multiply(rest, *[power(v, Fraction(k)) for v, k in numbers if isinstance(k, int)])
    return linear_combination([(ONE, rest), *[(Scalar.of(k), log_of_size(v)) for v, k in numbers]])


def log_of_size(v: Value) -> Value:
    """log|v|."""
    half = Scalar.of(Fraction(1, 2))
    return Log()(v) if v.node.positive else linear_combination([(half, Log()(multiply(v, v)))])


def factors_over(m: Matrix, t: Term, axes: Sequence[int]) -> list[int]:
    """The factors that depend on all the axes given of the matrix and its sums, and on no other."""
    found = [{i for e in a for i in axes_of(e) if i >= m.row} for _, a in t.factors]
    return [k for k, own in enumerate(found) if own == set(axes)]


def without(t: Term, ks: Sequence[int]) -> Term:
    """The term without some factors and without its coefficient."""
    return t._replace(scalar=ONE, factors=tuple([f for k, f in enumerate(t.factors) if k not in ks]))


def read(t: Term, k: int, where: Access, over: Sizes, sizes: Sizes) -> Value:
    """A factor that is no part of a sum, with the axes of the matrix read at other indices, over axes `sizes`."""
    x, a = t.factors[k]
    return Value(x, tuple([substitute(e, where, over) for e in a]), sizes)


@schema("(Aᵀ)⁻¹ = (A⁻¹)ᵀ, det Aᵀ = det A", SOURCE, structure="real field")
def matrix_transposed(n: Node, args: Args) -> Value:
    """The function of the transposed matrix, read with rows for columns."""
    m = matrix(n)
    found = apply(m.op, transposed(m.value), degree=m.lead)
    return transposed(found) if isinstance(m.op, Inverse) else found


def _twice(n: Node, args: Args) -> tuple[str, ...]:
    return (*having_values([Term(ONE, (), n.operands)]),) if isinstance(n.op, Inverse) else ()


@schema("(A⁻¹)⁻¹ = A, det A⁻¹ = 1/det A", SOURCE, structure="real field", assumes=_twice, condition="A⁻¹ has a value")
def matrix_of_inverse(n: Node, args: Args) -> Value:
    """A function of an inverse, read as it is or transposed."""
    m = matrix(n)
    y, access = m.value.node, m.value.access
    if not isinstance(y.op, Inverse) or not y.operands[0][0].finite:
        raise RuleError("not of an inverse")
    if y.op.size != m.op.size:
        raise RuleError("of a part of an inverse")
    *lead, i, j = access
    roots = identity((m.op.size,) * 2, m.row)
    if {i, j} != set(roots) or any(k >= m.row for e in lead for k in axes_of(e)):
        raise RuleError("not of a whole inverse")
    x, inner = y.operands[0]
    a = Value(x, compose(inner, access, y.sizes), m.value.sizes)
    if isinstance(m.op, Inverse):
        return a
    rest = apply(m.op, a, degree=m.lead)
    return reciprocal(rest) if isinstance(m.op, Determinant) else linear_combination([(-ONE, rest)])


@schema("(a)⁻¹ = 1/a, det (a) = a", SOURCE, structure="real field", condition="there is one row")
def matrix_of_number(n: Node, args: Args) -> Value:
    """A function of matrices with one row."""
    m = matrix(n)
    if m.op.size != 1:
        raise RuleError("more than one row")
    if isinstance(m.op, Inverse):
        return reciprocal(m.value)
    a = m.value.at((*identity(m.lead), constant(0), constant(0)), m.lead)
    return a if isinstance(m.op, Determinant) else log_of_size(a)


@schema("(c·A)⁻¹ = 1/c · A⁻¹, det c·A = cⁿ · det A", SOURCE, structure="real field",
        condition="c does not depend on rows and columns; n is a number, for the determinant")  # fmt: skip
def matrix_scaled(n: Node, args: Args) -> Value:
    """The coefficient, and the factors that do not depend on rows, columns and sums, leave the matrix."""
    m = matrix(n)
    t = entry(m)
    ks = factors_over(m, t, ()) if not t.guards else []
    rest = without(t, ks)
    if (t.scalar == ONE and not ks) or not (rest.factors or rest.guards):
        raise RuleError("nothing leaves the matrix")
    if isinstance(m.op, Determinant) and not isinstance(m.op.size, int):
        raise RuleError("a power with a symbol as exponent")
    numbers = [read(t, k, identity(m.value.sizes), m.value.sizes, m.lead) for k in ks]
    c = t.scalar if t.scalar.positive else -t.scalar
    if isinstance(m.op, Inverse):
        over = (*identity(m.lead),)
        return multiply(of(m, rest), *[reciprocal(v).at(over, n.sizes) for v in numbers], scalar=t.scalar.power(Fraction(-1)))
    powers = [*[(v, m.op.size) for v in numbers], *([(number(c, m.lead), m.op.size)] if c != ONE else [])]
    found = joined(m, of(m, rest), powers)
    odd = isinstance(m.op, Determinant) and isinstance(m.op.size, int) and m.op.size % 2 == 1
    return linear_combination([(-ONE, found)]) if odd and not t.scalar.positive else found


def _scaling_assumes(n: Node, args: Args) -> tuple[str, ...]:
    if not isinstance(n.op, Inverse):
        return ()
    m = matrix(n)
    t = entry(m)
    ks = [*factors_over(m, t, [m.row]), *factors_over(m, t, [m.row + 1])]
    safe = all(nonzero(x) and x.defined for x, _ in (t.factors[k] for k in ks))
    return () if safe else having_values([Term(ONE, (), ((n, identity(n.sizes)),))])


@schema("(diag(d)·A·diag(e))⁻¹ = diag(1/e)·A⁻¹·diag(1/d), det(diag(d)·A·diag(e)) = Π d · det A · Π e", SOURCE, structure="real field",
        condition="no entry of d and e is 0, else the left side has a value; n is a small number, for determinants",
        assumes=_scaling_assumes)  # fmt: skip
def matrix_with_scaled_rows(n: Node, args: Args) -> Value:
    """The factors that depend on rows only, or on columns only, leave the matrix."""
    m = matrix(n)
    t = entry(m)
    rows, columns = factors_over(m, t, [m.row]), factors_over(m, t, [m.row + 1])
    rest = without(t, [*rows, *columns])._replace(scalar=t.scalar)
    if t.guards or not rest.factors or not (rows or columns):
        raise RuleError("no rows or columns are scaled")
    if isinstance(m.op, Inverse):
        return multiply(of(m, rest), *[reciprocal(read(t, k, m.turned, m.value.sizes, n.sizes)) for k in (*rows, *columns)])
    return joined(m, of(m, rest), [(read(t, k, (*identity(m.lead), i, i), m.value.sizes, m.lead), 1)
                                   for k in (*rows, *columns) for i in _places(m.op.size)])  # fmt: skip


def _places(n: Size) -> list[Index]:
    if not isinstance(n, int) or n > LARGEST:
        raise RuleError("a product over that many rows is not written out")
    return [constant(i) for i in range(n)]


def _diagonal(m: Matrix) -> Value:
    """The entries on the diagonal of a matrix that is [i = j] · d, over lead + (n,).  Raises RuleError for another one."""
    t, n, r = entry(m), m.op.size, m.row
    difference = add(whole(r, n), scale(whole(r + 1, n), -1))
    if n == 1 or len(t.guards) != 1 or t.guards[0] not in ((True, difference), (True, scale(difference, -1))):
        raise RuleError("not a diagonal matrix")
    both = (*identity(m.lead), whole(r, n), whole(r, n))
    d = reindexed(t, both, identity(t.bounds, r + 1), m.value.sizes + t.bounds)._replace(guards=())
    return Value.of(contraction([d], (*m.lead, n)))


def _diagonal_assumes(n: Node, args: Args) -> tuple[str, ...]:
    if not isinstance(n.op, Inverse):
        return ()
    d = _diagonal(matrix(n)).node
    return () if nonzero(d) and d.defined else having_values([Term(ONE, (), ((n, identity(n.sizes)),))])


@schema("diag(d)⁻¹ = diag(1/d), det diag(d) = Π d", SOURCE, structure="real field", assumes=_diagonal_assumes,
        condition="no entry of d is 0, else the left side has a value; n is a small number, for determinants")  # fmt: skip
def matrix_diagonal(n: Node, args: Args) -> Value:
    """A function of a matrix that is [i = j] times something."""
    m = matrix(n)
    d = _diagonal(m)
    if isinstance(m.op, Inverse):
        over = reciprocal(d)
        return Value.of(contraction([Term(ONE, (), ((over.node, identity(d.sizes)),), entry(m).guards)], n.sizes))
    entries = [d.at((*identity(m.lead), i), m.lead) for i in _places(m.op.size)]
    if isinstance(m.op, Determinant):
        return multiply(*entries)
    return linear_combination([(ONE, log_of_size(v)) for v in entries])


@schema("(A·B)⁻¹ = B⁻¹·A⁻¹, det A·B = det A · det B", "Cauchy and Binet; " + SOURCE, structure="real field", condition="A and B are square")
def matrix_of_product(n: Node, args: Args) -> Value:
    """args: the sum that joins the two, and the factors of A, which has the rows; the others are those of B."""
    m = matrix(n)
    t = entry(m)
    j, first = nat(args[0], len(t.bounds)), sorted({nat(k, len(t.factors)) for k in args[1]})
    if t.guards or t.bounds[j] != m.op.size or not 0 < len(first) < len(t.factors):
        raise RuleError("not a product of square matrices")
    second = [k for k in range(len(t.factors)) if k not in first]
    own = [_sums(m, t, ks) - {j} for ks in (first, second)]
    if own[0] & own[1] or own[0] | own[1] | {j} != set(range(len(t.bounds))):
        raise RuleError("a sum is shared, or over an index that is not there")
    a, b = _half(m, t, j, first, rows=True), _half(m, t, j, second, rows=False)
    one, other = of(m, a._replace(scalar=t.scalar)), of(m, b)
    if isinstance(m.op, Inverse):
        return einsum("...ij,...jk->...ik", other, one)
    return multiply(one, other) if isinstance(m.op, Determinant) else linear_combination([(ONE, one), (ONE, other)])


def _sums(m: Matrix, t: Term, ks: Sequence[int]) -> set[int]:
    """The sums that some factors are part of."""
    start = len(m.value.sizes)
    return {i - start for k in ks for e in t.factors[k][1] for i in axes_of(e) if i >= start}


def _half(m: Matrix, t: Term, j: int, ks: Sequence[int], rows: bool) -> Term:
    """One of the two matrices of a product, with its own sums; the axis that joins them is a column of the first, a row of the second."""
    start, r, n = len(m.value.sizes), m.row, m.op.size
    used = {i for k in ks for e in t.factors[k][1] for i in axes_of(e)}
    if (r + 1 if rows else r) in used:
        raise RuleError("rows and columns meet in one of the matrices")
    own = sorted(_sums(m, t, ks) - {j})
    bounds = tuple([t.bounds[b] for b in own])
    bound: list[Index] = [whole(start + own.index(b), size) if b in own else (0, ()) for b, size in enumerate(t.bounds)]
    bound[j] = whole(r + 1 if rows else r, n)
    part = t._replace(scalar=ONE, factors=tuple([t.factors[k] for k in ks]))
    return reindexed(part, identity(m.value.sizes), tuple(bound), m.value.sizes + t.bounds)._replace(bounds=bounds)


RULES = (matrix_transposed, matrix_of_inverse, matrix_of_number, matrix_scaled, matrix_with_scaled_rows, matrix_diagonal,
         matrix_of_product)  # fmt: skip
