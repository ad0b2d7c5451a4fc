"""Well-typed nodes: every index of every access, within the guards of its op, stays inside the axis that it reads.

The check is interval arithmetic on indices over axes of size at least 1, with symbolic sizes too; it is sound, and what
it cannot see it refuses.  Source: bounds of the affine maps of St, arXiv 2604.07242, section 2.

>>> check_access(((1, ((1, 0, 1, 3),)),), (3,), (3,))
Traceback (most recent call last):
    ...
TypeError: index i0 + 1 may leave its axis, of size 3
"""

from __future__ import annotations

from ncd_cat.axes import Access, Index, Sizes, add, bounds, scale, show, within
from ncd_cat.graph import Node
from ncd_cat.signature import KINDS, Guard, Op
from ncd_cat.sizes import Size, divide, provably_nonnegative


def validate(n: Node) -> None:
    """Raise TypeError, naming the op, the operand and the axis, unless the node is well typed.

    Every index must lie within its axis, by interval arithmetic or because a guard of the op says so.
    """
    op = n.op
    if n.kind not in KINDS:
        raise TypeError(f"{op} is of kind {n.kind!r}, not one of {', '.join(KINDS)}")
    check_sizes(op, n.sizes)
    if len(n.sizes) < len(op.out) or n.sizes[len(n.sizes) - len(op.out) :] != op.out:
        raise TypeError(f"{op} has axes of sizes {n.sizes}, which do not end in {op.out}")
    op.check(n)
    for k, (x, access) in enumerate(n.operands):
        domain, guards = n.domain(k), op.guards(k)
        check_sizes(op, op.roots(k))
        if len(access) != len(x.sizes):
            raise TypeError(f"{op} reads operand {k} ({x.op}) with {len(access)} indices, it has {len(x.sizes)} axes")
        for axis, (e, size) in enumerate(zip(access, x.sizes, strict=True)):
            if _whole(e, size, domain):
                continue
            check_index(e, domain)
            above = (size - 1 - e[0], tuple((-s, i, t, m) for s, i, t, m in e[1]))
            if not (_nonnegative(e, guards) and _nonnegative(above, guards)):
                low, high = bounds(e)
                where = f"axis {axis} (size {size}) of operand {k} ({x.op})"
                raise TypeError(f"{op} reads {where} at {show(e)}, which runs from {low} to {high}")
        for _, e in guards:
            check_index(e, domain)


def check_access(access: Access, read: Sizes, domain: Sizes) -> None:
    """Raise TypeError unless every index, over axes of sizes `domain`, provably stays within its axis of sizes `read`."""
    for e, size in zip(access, read, strict=True):
        if not _whole(e, size, domain):
            check_index(e, domain)
            if not within(e, size):
                raise TypeError(f"index {show(e)} may leave its axis, of size {size}")


def _whole(e: Index, size: Size, domain: Sizes) -> bool:
    """Whether an index is a whole axis of the size that is read, or 0: the common cases, seen at a glance."""
    const, digits = e
    if const != 0 or len(digits) > 1:
        return False
    if not digits:
        return True
    s, i, t, n = digits[0]
    return s == 1 == t and n == size and 0 <= i < len(domain) and domain[i] == size


def _nonnegative(e: Index, guards: tuple[Guard, ...]) -> bool:
    """Whether e >= 0 by interval arithmetic, after taking from e a multiple of one guard [g >= 0], or of each in turn."""
    if provably_nonnegative(bounds(e)[0]):
        return True
    rest = e
    for guard in guards:
        rest = _without(rest, guard)
        if any(provably_nonnegative(bounds(f)[0]) for f in (rest, _without(e, guard))):
            return True
    return any(provably_nonnegative(-1 - bounds(g)[1]) for _, g in guards)  # a bracket that never holds: nothing is read


def _without(e: Index, guard: Guard) -> Index:
    """e − k·g for the guard [g >= 0] or [g = 0], with the k that removes the first digit of g; e if k may be negative."""
    equal, g = guard
    places = {d[1:]: d[0] for d in e[1]}
    for d in g[1][:1]:
        k = divide(places.get(d[1:], 0), d[0])
        if k is not None and k != 0 and (equal or provably_nonnegative(k)):
            return add(e, scale(g, -k))
    return e


def check_sizes(op: Op, sizes: Sizes) -> None:
    """Raise TypeError unless every size is at least 1, whatever its symbols are."""
    for k, size in enumerate(sizes):
        if not provably_nonnegative(size - 1):
            raise TypeError(f"{op} has an axis {k} of size {size}: a size is at least 1")


def check_index(e: Index, domain: Sizes) -> None:
    """Raise TypeError unless every digit of the index is a digit of an axis of `domain`."""
    for _, i, stride, extent in e[1]:
        whole_digit = 0 <= i < len(domain) and provably_nonnegative(stride - 1) and provably_nonnegative(extent - 1) and extent != 1
        if not whole_digit or not provably_nonnegative(domain[i] - stride * extent):
            raise TypeError(f"index {show(e)} is not one of axes of sizes {domain}")
