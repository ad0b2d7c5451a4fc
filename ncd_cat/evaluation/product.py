"""The sum of a product of arrays over shared axes, as pairwise steps along a planned path: multiply, matmul or sum.

The order of the steps is a contraction path for tensor networks (opt_einsum: Smith and Gray, JOSS 2018).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from ncd_cat.evaluation.machine import Machine, Move, composed, permute, reshape
from ncd_cat.evaluation.space import Labels, Space

Pair = Callable[[Machine, Any, Any], Any]
Product = Callable[[Machine, Sequence[Any]], Any]


def plan_product(operands: Sequence[Labels], kept: frozenset[int], space: Space) -> tuple[Product, Labels]:
    """How to multiply arrays over fine axes, at least one, and sum over those not in `kept`; the labels of the result."""
    pending, steps = list(operands), list[tuple[int, int, Pair]]()
    for i, j in _path(operands, kept, space):
        b, a = pending.pop(j), pending.pop(i)
        pair, labels = _pair(a, b, kept.union(*pending), space)
        pending.append(labels)
        steps.append((i, j, pair))
    last, labels = _sum(pending[0], kept)
    rest = composed(last)

    def run(m: Machine, arrays: Sequence[Any]) -> Any:
        left = list(arrays)
        for i, j, pair in steps:
            b, a = left.pop(j), left.pop(i)
            left.append(pair(m, a, b))
        return rest(m, left[0])

    return run, labels


def _path(operands: Sequence[Labels], kept: frozenset[int], space: Space) -> list[tuple[int, int]]:
    """Pairs i < j of positions to multiply next; both leave the list, the product goes to its end."""
    if len(operands) <= 2:
        return [(0, 1)] if len(operands) == 2 else []
    from opt_einsum import contract_path, get_symbol

    words = ["".join(map(get_symbol, labels)) for labels in operands]
    result = "".join(get_symbol(f) for f in sorted(kept.intersection(*[frozenset().union(*operands)])))
    shapes = [space.extents(labels) for labels in operands]
    path, _ = contract_path(f"{','.join(words)}->{result}", *shapes, shapes=True, optimize="auto")
    return [(min(step), max(step)) for step in path if len(step) == 2]


def _sum(labels: Labels, needed: frozenset[int]) -> tuple[list[Move], Labels]:
    axes = tuple(k for k, f in enumerate(labels) if f not in needed)
    return [lambda m, x: m.xp.sum(x, axis=axes)] if axes else [], tuple(f for f in labels if f in needed)


def _pair(a: Labels, b: Labels, needed: frozenset[int], space: Space) -> tuple[Pair, Labels]:
    before_a, a = _sum(a, needed | frozenset(b))
    before_b, b = _sum(b, needed | frozenset(a))
    shared = [f for f in a if f in b]
    alone = len(shared) == len(a) == len(b)  # nothing for a matrix product to do but dot products
    by_matrices = any(f not in needed for f in shared) and not alone
    pair, labels = (_matrices if by_matrices else _entries)(a, b, needed, space)
    if not before_a and not before_b:
        return pair, labels
    sum_a, sum_b = composed(before_a), composed(before_b)
    return lambda m, x, y: pair(m, sum_a(m, x), sum_b(m, y)), labels


def _entries(a: Labels, b: Labels, needed: frozenset[int], space: Space) -> tuple[Pair, Labels]:
    """Multiply entry by entry, in the order of the larger operand, then sum."""
    first, second = (a, b) if prod(space.extents(a)) >= prod(space.extents(b)) else (b, a)
    union = first + tuple(f for f in second if f not in first)
    move_a, move_b = composed(_align(a, union, space)), composed(_align(b, union, space))
    last, labels = _sum(union, needed)
    after = composed(last)
    return lambda m, x, y: after(m, move_a(m, x) * move_b(m, y)), labels


def _align(labels: Labels, union: Labels, space: Space) -> list[Move]:
    order = [f for f in union if f in labels]
    shape = tuple(space.fine[f][2] if f in labels else 1 for f in union)
    return permute([labels.index(f) for f in order]) + reshape(space.extents(order), shape)


def _matrices(a: Labels, b: Labels, needed: frozenset[int], space: Space) -> tuple[Pair, Labels]:
    """A stack of matrix products: axes in both and kept, axes of a alone, axes summed, axes of b alone."""
    larger = a if prod(space.extents(a)) >= prod(space.extents(b)) else b
    stack = tuple(f for f in larger if f in a and f in b and f in needed)
    summed = tuple(f for f in larger if f in a and f in b and f not in needed)
    rows, columns = tuple(f for f in a if f not in b), tuple(f for f in b if f not in a)
    move_a, move_b = composed(_group(a, (stack, rows, summed), space)), composed(_group(b, (stack, summed, columns), space))
    labels = stack + rows + columns
    grouped = (*space.extents(stack), prod(space.extents(rows)), prod(space.extents(columns)))
    after = composed(reshape(grouped, space.extents(labels)))
    return lambda m, x, y: after(m, m.xp.matmul(move_a(m, x), move_b(m, y))), labels


def _group(labels: Labels, groups: tuple[Labels, Labels, Labels], space: Space) -> list[Move]:
    order = groups[0] + groups[1] + groups[2]
    shape = (*space.extents(groups[0]), prod(space.extents(groups[1])), prod(space.extents(groups[2])))
    return permute([labels.index(f) for f in order]) + reshape(space.extents(order), shape)
