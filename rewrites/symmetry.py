"""Symmetric matrices: which of two ways a contraction reads A⁻¹, a sum or a table of truth values that is equal to its transpose.

That A = Aᵀ is a judgement like any other: rows and columns exchanged, and arranged canonically, it is the same node again.  Of
all ways of reading the symmetric factors of a term, those are taken whose arrangement comes first, and so for all terms together;
one in which terms are alike comes before the others.
"""

from __future__ import annotations

from itertools import islice, permutations, product
from typing import TYPE_CHECKING

from ncd_cat.axes import Access, Sizes, identity, whole
from ncd_cat.graph import Node
from ncd_cat.ops.contraction import Contraction, Term, contraction, terms_of
from ncd_cat.ops.linear_algebra import Inverse
from ncd_cat.ops.literal import Literal
from rewrites.chain import Chain, Step
from rewrites.linear_form import alike, placed
from rewrites.recognise import exchange
from rewrites.rules import brackets, inverses, linear, tables, transpose

if TYPE_CHECKING:
    from rewrites.normal_form import Normaliser

MOST, LARGEST = 6, 4  # symmetric factors that are read both ways, and summed indices that are matched


def oriented(chain: Chain, nf: Normaliser) -> None:
    """Read the symmetric factors of a contraction, some inverse or table among them, the canonical way, and collect what is alike then."""
    if any(isinstance(x.op, Inverse | Literal) and symmetric(x, nf) is not None for x, _ in chain.node.operands):
        _oriented(chain, nf)
        placed(chain)
        if alike(chain.node):
            chain.rule(linear.collect)
            placed(chain)


def _oriented(chain: Chain, nf: Normaliser) -> None:
    """Choose among the readings of all terms that are first for each term by itself."""
    n, start, choices = chain.node, 0, []
    for t in terms_of(n):
        alone = contraction([t], n.sizes)
        keys = [(_arranged(alone, steps).order, {start + k: step for k, step in steps.items()}) for steps in _readings(alone, nf)]
        least = min(key for key, _ in keys)
        choices.append([steps for key, steps in keys if key == least])
        start += len(t.factors)
    trials = []
    for choice in islice(product(*choices), 1 << MOST):
        steps = {k: step for steps in choice for k, step in steps.items()}
        m = _arranged(n, steps)
        trials.append(((not alike(m), m.order), steps))
    chain.replace(min(trials, key=lambda found: found[0])[1])


def _arranged(n: Node, steps: dict[int, Step]) -> Node:
    """A contraction with some operands read otherwise, arranged."""
    trial = Chain(n)
    trial.replace(steps)
    placed(trial)
    return trial.node


def symmetric(n: Node, nf: Normaliser) -> Step | None:
    """The judgement n = nᵀ for an inverse, or a sum, that is a symmetric matrix in its last two axes; for a table, in some two.

    None where that is not seen.
    """
    if n not in nf.symmetries:
        nf.symmetries[n] = None
        order = exchange(n) if isinstance(n.op, Literal) and n.kind == "bool" else None
        if order is not None:
            chain = Chain(n)
            chain.rule(tables.literal_turn, *order)
            nf.symmetries[n] = chain.step()
        elif len(n.sizes) > 1 and n.sizes[-1] == n.sizes[-2] != 1 and isinstance(n.op, Inverse | Contraction):
            chain = Chain(n)
            if _inverse_turned(chain, nf) if isinstance(n.op, Inverse) else _sum_turned(chain, nf, _exchanged(n.sizes)):
                nf.symmetries[n] = chain.step()
    return nf.symmetries[n]


def _exchanged(sizes: Sizes) -> Access:
    """The indices that exchange the last two axes."""
    return _swapped(sizes, len(sizes) - 2, len(sizes) - 1)


def _swapped(sizes: Sizes, i: int, j: int) -> Access:
    found = list(identity(sizes))
    found[i], found[j] = whole(j, sizes[i]), whole(i, sizes[j])
    return tuple(found)


def _inverse_turned(chain: Chain, nf: Normaliser) -> bool:
    """Go from A⁻¹ to ((Aᵀ)⁻¹)ᵀ = (A⁻¹)ᵀ, where A is a symmetric sum."""
    n = chain.node
    (x, access), row = n.operands[0], len(n.degree)
    ends = [next((p for p, e in enumerate(access) if e == whole(k, n.op.size)), None) for k in (row, row + 1)]  # type: ignore[attr-defined]
    if not isinstance(x.op, Contraction) or ends[0] is None or ends[1] is None:
        return False
    inner = Chain(x)
    if not _sum_turned(inner, nf, _swapped(x.sizes, ends[0], ends[1])) or not chain.tried(inverses.matrix_transposed):
        return False
    chain.replace({0: inner.finished()})
    return chain.node is n and chain.value.access == _exchanged(n.sizes)


def _sum_turned(chain: Chain, nf: Normaliser, turned: Access) -> bool:
    """Go from a contraction to itself with two axes exchanged."""
    n = chain.node
    ts = terms_of(n)
    other = contraction([linear.reindexed(t, turned, identity(t.bounds, len(n.sizes)), n.sizes + t.bounds) for t in ts], n.sizes)
    renamings = tuple([(k, identity(t.bounds, len(n.sizes))) for k, t in enumerate(ts)])
    if not chain.tried(transpose.transpose, other, turned, renamings):
        return False
    if any(t.guards for t in ts):
        chain.rule(brackets.bracket)  # [j = i] is [i = j]
    for steps in _readings(chain.node, nf):
        trial = Chain(chain.node)
        trial.replace(steps)
        matched = _matched(trial.node, n)
        if matched is not None and trial.tried(transpose.transpose, n, identity(n.sizes), matched):
            chain.replace(steps)
            chain.rule(transpose.transpose, n, identity(n.sizes), matched)
            return chain.value.access == turned
    return False


def _readings(n: Node, nf: Normaliser) -> list[dict[int, Step]]:
    """All ways of reading the symmetric factors of a contraction, the present one first, if they are few."""
    found = {k: step for k, (x, _) in enumerate(n.operands) if (step := symmetric(x, nf)) is not None}
    choices = product((False, True), repeat=len(found) if len(found) <= MOST else 0)
    return [{k: step for (k, step), turned in zip(found.items(), choice, strict=False) if turned} for choice in choices]


def _matched(n: Node, m: Node) -> tuple[tuple[int, Access], ...] | None:
    """For each term of m the term of n that it is, and its summed indices among those of n; None where there is none."""
    ours, start, taken, found = terms_of(n), len(n.sizes), set[int](), []
    for t in terms_of(m):
        for k, mine in enumerate(ours):
            bound = None if k in taken else _renaming(t, mine, m.sizes, start)
            if bound is not None:
                taken.add(k)
                found.append((k, bound))
                break
        else:
            return None
    return tuple(found)


def _renaming(t: Term, mine: Term, sizes: Sizes, start: int) -> Access | None:
    """The summed indices of t as those of another term that it is then equal to."""
    if len(t.bounds) > LARGEST or sorted(map(str, t.bounds)) != sorted(map(str, mine.bounds)) or t.scalar != mine.scalar:
        return None
    whole_axes = identity(mine.bounds, start)
    for order in permutations(range(len(t.bounds))):
        bound = tuple([whole_axes[k] for k in order])
        if all(mine.bounds[k] == size for k, size in zip(order, t.bounds, strict=True)):
            moved = linear.reindexed(t, identity(sizes), bound, sizes + t.bounds)
            if set(moved.guards) == set(mine.guards) and linear.same_factors(moved.factors, mine.factors):
                return bound
    return None
