"""The normal form of inverses and determinants: products part, numbers and diagonals leave, A⁻¹ beside A cancels."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product
from typing import TYPE_CHECKING

from ncd_cat.axes import NotAffine, axes_of
from ncd_cat.graph import Node
from ncd_cat.ops.contraction import Contraction, Term, terms_of
from ncd_cat.ops.linear_algebra import Inverse
from rewrites.chain import Chain
from rewrites.rational_form import one_group
from rewrites.rule import RuleError
from rewrites.rules import cancelling, inverses

if TYPE_CHECKING:
    from rewrites.normal_form import Normaliser

OUTWARDS = (inverses.matrix_of_number, inverses.matrix_of_inverse, inverses.matrix_diagonal, inverses.matrix_scaled,
            inverses.matrix_with_scaled_rows)  # fmt: skip
MOST = 32  # groups of factors that are tried as the matrix of one inverse


def opened(chain: Chain, nf: Normaliser) -> bool:
    """Whether a rule applied to a function of a matrix; else rows come before columns in what it reads."""
    if any(chain.tried(rule) for rule in OUTWARDS) or any(chain.tried(inverses.matrix_of_product, *cut) for cut in _cuts(chain.node)):
        nf.follow(chain)
        return True
    if _turned(chain.node) and chain.tried(inverses.matrix_transposed):
        nf.follow(chain)
        return True
    return False


def _turned(n: Node) -> bool:
    """Whether what a function of a matrix reads mentions columns before rows."""
    row = len(n.degree)
    seen = [i for e in n.operands[0][1] for i in sorted(axes_of(e)) if i >= row]
    return seen[:1] == [row + 1]


def _cuts(n: Node) -> list[tuple[int, tuple[int, ...]]]:
    """Where a matrix may be a product of two square ones: the sum that joins them, and the factors of the first."""
    try:
        m = inverses.matrix(n)
        t = inverses.entry(m)
    except (RuleError, NotAffine):
        return []
    start, found = len(m.value.sizes), []
    for j, size in enumerate(t.bounds):
        first = _reached(t, m.row, {start + j}, m.row)
        if size == m.op.size and 0 < len(first) < len(t.factors):
            found.append((j, first))
    return found


def _reached(t: Term, axis: int, cut: set[int], lowest: int) -> tuple[int, ...]:
    """The factors that are connected to an axis by sums other than those that are cut; below `lowest` axes do not connect."""
    axes, found = {axis}, set[int]()
    own = [{i for e in a for i in axes_of(e) if i >= lowest} - cut for _, a in t.factors]
    while True:
        more = {k for k, mine in enumerate(own) if mine & axes} - found
        if not more:
            return tuple(sorted(found))
        found |= more
        axes = axes.union(*(own[k] for k in more))


# ---- beside its inverse -------------------------------------------------------------------------------------------


def cancelled(chain: Chain, nf: Normaliser) -> bool:
    """Whether a matrix beside its inverse cancelled in some term of a contraction."""
    for which, t in enumerate(terms_of(chain.node)):
        for k, (y, _) in enumerate(t.factors):
            if isinstance(y.op, Inverse) and t.bounds and (_cancels(chain, which, t, k) or _cancels_group(chain, nf, which, t, k)):
                return True
    return False


def _cancels(chain: Chain, which: int, t: Term, k: int) -> bool:
    x = t.factors[k][0].operands[0][0]
    places = [j for j, (z, _) in enumerate(t.factors) if z is x]
    return any(chain.tried(cancelling.inverse_cancels, which, k, j, side) for j in places for side in (0, 1))


def _cancels_group(chain: Chain, nf: Normaliser, which: int, t: Term, k: int) -> bool:
    """The same where the matrix is a product, of which the factors are here."""
    x = t.factors[k][0].operands[0][0]
    if not isinstance(x.op, Contraction) or len(x.op.specs) != 1 or len(x.operands) < 2:
        return False
    for ks in islice(_groups(t, x, k), MOST):
        place = [j for j in range(len(t.factors)) if j not in ks].index(k)
        trial = Chain(chain.node)
        if one_group(trial, nf, which, ks) and _cancels(Chain(trial.node), which, terms_of(trial.node)[which], place):
            return one_group(chain, nf, which, ks) and _cancels(chain, which, terms_of(chain.node)[which], place)
    return False


def _groups(t: Term, x: Node, k: int) -> Iterator[tuple[int, ...]]:
    """Choices of factors of a term, one for each factor of x."""
    places = [[j for j, (z, _) in enumerate(t.factors) if z is y and j != k] for y, _ in x.operands]
    seen = set()
    for choice in islice(product(*places), MOST * MOST):
        ks = tuple(sorted(set(choice)))
        if len(ks) == len(places) and ks not in seen:
            seen.add(ks)
            yield ks
