"""Linear algebra: matrix products in all their shapes, and einsum, each one contraction.

>>> from ncd_cat.graph import Input, source
>>> x, w = source(Input(0), (2, 3, 4)), source(Input(1), (4, 5))
>>> matrix_product(x, w).sizes
(2, 3, 5)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ncd_cat.axes import Access, Index, Sizes, whole
from ncd_cat.errors import TypeMismatch
from ncd_cat.graph import Value
from ncd_cat.importers.aten.arithmetic import combination, times
from ncd_cat.importers.aten.call import Call, Number, exact, family, position
from ncd_cat.importers.rearrange import ZERO, broadcast_sizes, expand, reshape
from ncd_cat.ops import layout
from ncd_cat.ops.contraction import Term, contraction, term, total
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.sizes import Size


def _aligned(sizes: Sizes, degree: Sizes) -> list[Index]:
    start = len(degree) - len(sizes)
    return [ZERO if n == 1 else whole(start + k, n) for k, n in enumerate(sizes)]


def product_term(x: Value, y: Value, by: Scalar = ONE) -> tuple[Term, Sizes]:
    """The term Σ_k x[…, i, k] · y[…, k, j] of a matrix product with broadcast leading axes, and its sizes; a vector has no i or j."""
    rows, columns = len(x.sizes) > 1, len(y.sizes) > 1
    x_lead, y_lead = x.sizes[:-2] if rows else (), y.sizes[:-2] if columns else ()
    n, m = x.sizes[-1], y.sizes[-2] if columns else y.sizes[-1]
    if n != m:
        raise TypeMismatch(f"a matrix product of arrays of sizes {x.sizes} and {y.sizes} sums over {n} and {m} entries")
    degree = broadcast_sizes([x_lead, y_lead])
    sizes = (*degree, *x.sizes[-2:-1], *(y.sizes[-1:] if columns else ()))
    summed, i, j = whole(len(sizes), n), [whole(len(degree), k) for k in x.sizes[-2:-1]], [whole(len(sizes) - 1, k) for k in y.sizes[-1:]]
    left = (*_aligned(x_lead, degree), *i, summed)
    right = (*_aligned(y_lead, degree), summed, *j) if columns else (summed,)
    return term(by, (n,), [(x, left), (y, right)], sizes=sizes), sizes


def matrix_product(x: Value, y: Value, by: Scalar = ONE) -> Value:
    """by · x @ y."""
    found, sizes = product_term(x, y, by)
    return Value.of(contraction([found], sizes))


def plus_product(start: Value, x: Value, y: Value, beta: Scalar, alpha: Scalar) -> Value:
    """beta · start + alpha · x @ y, one contraction."""
    found, sizes = product_term(x, y, alpha)
    shift = expand(start, sizes)
    return Value.of(contraction([found, Term(beta, (), ((shift.node, shift.access),))], sizes))


def linear(call: Call, x: Value, weight: Value, bias: Value | None = None) -> Value:
    """x @ weightᵀ + bias."""
    turned = layout.permute(weight, range(len(weight.sizes))[::-1])
    return matrix_product(x, turned) if bias is None else plus_product(bias, x, turned, ONE, ONE)


def product_of(call: Call, x: Value, y: Value, *args: Any, **kwargs: Any) -> Value:
    return matrix_product(x, y)


def shifted_product(call: Call, start: Value, x: Value, y: Value, *, beta: Number = 1, alpha: Number = 1) -> Value:
    return plus_product(start, x, y, exact(beta), exact(alpha))


def summed_products(call: Call, start: Value, x: Value, y: Value, *, beta: Number = 1, alpha: Number = 1) -> Value:
    """addbmm: beta · start + alpha · Σ_b x[b] @ y[b]."""
    return combination([(exact(beta), start), (exact(alpha), total(matrix_product(x, y), [0]))])


def shifted_outer(call: Call, start: Value, x: Value, y: Value, *, beta: Number = 1, alpha: Number = 1) -> Value:
    return combination([(exact(beta), start), (exact(alpha), outer(call, x, y))])


def outer(call: Call, x: Value, y: Value) -> Value:
    return times(layout.place(x, [0], (*x.sizes, *y.sizes)), y)


def inner(call: Call, x: Value, y: Value) -> Value:
    """Σ over the last axes of both; a number times an array if one has no axes."""
    if not x.sizes or not y.sizes:
        return times(x, y)
    return tensordot(call, x, y, [len(x.sizes) - 1], [len(y.sizes) - 1])


def tensordot(call: Call, x: Value, y: Value, over: Sequence[int], over_y: Sequence[int]) -> Value:
    left, right = [position(k, len(x.sizes)) for k in over], [position(k, len(y.sizes)) for k in over_y]
    free, free_y = [k for k in range(len(x.sizes)) if k not in left], [k for k in range(len(y.sizes)) if k not in right]
    sizes = (*(x.sizes[k] for k in free), *(y.sizes[k] for k in free_y))
    bounds = tuple([x.sizes[k] for k in left])
    places = {k: place for place, k in enumerate([*free])} | {k: len(sizes) + j for j, k in enumerate(left)}
    places_y = {k: len(free) + place for place, k in enumerate(free_y)} | {k: len(sizes) + j for j, k in enumerate(right)}
    factors = [(v, tuple([whole(where[k], n) for k, n in enumerate(v.sizes)])) for v, where in ((x, places), (y, places_y))]
    return Value.of(contraction([term(ONE, bounds, factors, sizes=sizes)], sizes))


def bilinear(call: Call, x: Value, y: Value, weight: Value, bias: Value | None = None) -> Value:
    """Σ_mn x[…, m] · w[o, m, n] · y[…, n] + bias[o]."""
    found = _einsum("...m,omn,...n->...o", [x, weight, y])
    return found if bias is None else combination([(ONE, found), (ONE, bias)])


# ---- einsum -------------------------------------------------------------------------------------------------------


def einsum(call: Call, equation: str, operands: Sequence[Value], path: object = None) -> Value:
    return _einsum(equation, operands)


def _einsum(equation: str, operands: Sequence[Value]) -> Value:
    """As torch writes it: "..." broadcasts, axes of size 1 repeat, no "->" means the letters that occur once, sorted."""
    left, arrow, right = equation.replace(" ", "").replace("...", "…").partition("->")
    names = left.split(",")
    leads = [
        v.sizes[name.index("…") :][: len(v.sizes) - len(name) + 1] if "…" in name else () for name, v in zip(names, operands, strict=True)
    ]
    degree = broadcast_sizes(leads)
    if not arrow:
        right = "…" * ("…" in left) + "".join(sorted(c for c in set(left) - set(",…") if left.count(c) == 1))
    sizes = _letters(names, leads, operands)
    bound = [c for c in sizes if c not in right]
    before, after = right.split("…") if "…" in right else (right, "")
    shown = degree if "…" in right else ()
    own = (*(sizes[c] for c in before), *shown, *(sizes[c] for c in after))
    order = [*before, *[None] * len(shown), *after, *bound]
    place = {c: k for k, c in enumerate(order) if c is not None}
    hidden = () if shown or not degree else degree  # "..." that is not in the result is summed
    start = len(before) if shown else len(order)
    factors = [(v, _read(name, v, lead, degree, start, sizes, place)) for name, v, lead in zip(names, operands, leads, strict=True)]
    bounds = (*(sizes[c] for c in bound), *hidden)
    return Value.of(contraction([term(ONE, bounds, factors, sizes=own)], own))


def _letters(names: Sequence[str], leads: Sequence[Sizes], operands: Sequence[Value]) -> dict[str, Size]:
    sizes: dict[str, Size] = {}
    for name, lead, v in zip(names, leads, operands, strict=True):
        start = name.index("…") if "…" in name else len(name)
        own = v.sizes[:start] + v.sizes[start + len(lead) :]
        for letter, n in zip(name.replace("…", ""), own, strict=True):
            if sizes.get(letter, 1) == 1:
                sizes[letter] = n
            elif n not in (1, sizes[letter]):
                raise TypeMismatch(f"einsum: axis {letter} has sizes {sizes[letter]} and {n}")
    return sizes


def _read(name: str, v: Value, lead: Sizes, degree: Sizes, start: int, sizes: Mapping[str, Size], place: Mapping[str, int]) -> Access:
    indices: list[Index] = []
    for letter in name:
        if letter == "…":
            skip = start + len(degree) - len(lead)
            indices += [ZERO if n == 1 else whole(skip + k, n) for k, n in enumerate(lead)]
        else:
            indices.append(ZERO if v.sizes[len(indices)] == 1 else whole(place[letter], sizes[letter]))
    return tuple(indices)


def distance(call: Call, x: Value, y: Value, p: float = 2.0, mode: object = None) -> Value | None:
    """cdist, for p = 2."""
    if p != 2:
        return None
    from ncd_cat.importers.aten.arithmetic import root

    apart = combination([(ONE, reshape(x, (*x.sizes[:-1], 1, x.sizes[-1]))), (-ONE, reshape(y, (*y.sizes[:-2], 1, *y.sizes[-2:])))])
    return root(call, total(times(apart, apart), [len(apart.sizes) - 1]))


TABLE = family({
    "linear.default": linear, "matmul.default": product_of, "mm.default": product_of, "bmm.default": product_of,
    "mv.default": product_of, "dot.default": product_of, "vdot.default": product_of,
    "linalg_vecdot.default": lambda call, x, y, dim=-1: total(times(x, y), [dim % len(call.sizes + (1,))]),
    "addmm.default": shifted_product, "baddbmm.default": shifted_product, "addmv.default": shifted_product,
    "addbmm.default": summed_products, "addr.default": shifted_outer, "outer.default": outer, "ger.default": outer,
    "inner.default": inner, "tensordot.default": tensordot, "bilinear.default": bilinear, "einsum.default": einsum,
    "linalg_matmul.default": product_of, "cdist.default": distance, "_euclidean_dist.default": distance,
})  # fmt: skip
