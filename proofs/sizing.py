"""Conditions on sizes: "n == 2*m" is a substitution, and so is "n % 8 == 0", n = 8·k, and "n >= 3", n = 2 + k, for a new size k.

Each parametrises all sizes that meet it, so a proof after the substitution is one of the claim under the condition.

>>> from ncd_cat.types import Array
>>> line = Graph((Array.of((symbol("n"),)),), (), ())
>>> lhs, rhs, stated = solved(["n % 8 == 0", "n >= 9"], line, line)
>>> print(lhs.dom[0].axes[0].size, stated)
8 + 8*k1 ('n % 8 == 0', 'n >= 9')
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from ncd_cat.errors import InputError
from ncd_cat.graph import Graph
from ncd_cat.ops.contraction import view
from ncd_cat.sizes import Poly, Size, provably_nonnegative, substitute, symbol, symbols
from ncd_cat.substitution import resized
from rewrites.normal_form import Normaliser, OutOfTime
from rewrites.strategy import LEVELS

FORMS = "'n == 2*m', 'n % 8 == 0' or 'n >= 2'"
MOST_SYMBOLS = 6  # of a claim of which a condition is looked for


def named_sizes(*graphs: Graph) -> tuple[str, ...]:
    """The names of the sizes of graphs, sorted."""
    found = {s for g in graphs for a in (*g.dom, *g.cod) for size in a.sizes for s in symbols(size)}
    return tuple(sorted(found | {s for g in graphs for n in g.nodes() for size in n.sizes for s in symbols(size)}))


def solved(texts: Sequence[str], lhs: Graph, rhs: Graph) -> tuple[Graph, Graph, tuple[str, ...]]:
    """Both sides at the sizes that meet the conditions, and those that say something.  Raises InputError for one that cannot be read."""
    values: dict[str, Size] = {}
    known = named_sizes(lhs, rhs)
    stated = []
    for text in texts:
        found = _solution(text, values, known)
        if found:
            values = {name: substitute(size, found) for name, size in values.items()} | found
            stated.append(text.strip())
    return (resized(lhs, values), resized(rhs, values), tuple(stated)) if values else (lhs, rhs, ())


def needed(m: Size, n: Size) -> str:
    """What a person may do about two sizes that differ; nothing where no condition makes them equal."""
    try:
        _equal(f"{m} == {n}", m, n)
    except InputError:
        return ""
    return f": the claim needs {m} == {n}, which assume=('{m} == {n}',) states"


def condition(lhs: Graph, rhs: Graph, deadline: float) -> str:
    """An equality of sizes, or a size 1, under which both sides have one plain normal form; nothing where none is found in time."""
    names = named_sizes(lhs, rhs)
    tries: list[tuple[str, Size]] = [*((n, symbol(m)) for m, n in combinations(names, 2)), *((n, 1) for n in names)]
    for name, size in tries if len(names) <= MOST_SYMBOLS else []:
        try:
            if _same(resized(lhs, {name: size}), resized(rhs, {name: size}), deadline):
                return f"{name} == {size}"
        except (OutOfTime, ValueError, TypeError):
            continue
    return ""


def _same(lhs: Graph, rhs: Graph, deadline: float) -> bool:
    nf = Normaliser(LEVELS[0], deadline)
    return all(nf.value(view(v)) == nf.value(view(w)) for v, w in zip(lhs.outputs, rhs.outputs, strict=True))


# ---- one condition ------------------------------------------------------------------------------------------------


def _solution(text: str, values: Mapping[str, Size], known: Sequence[str]) -> dict[str, Size]:
    """The size that a condition puts in the place of another; none where it always holds.  Raises InputError."""
    try:
        tree = ast.parse(re.sub(r"(?<![<>=!])=(?!=)", "==", text.strip()), mode="eval").body
    except (SyntaxError, ValueError, RecursionError):
        raise InputError(f"assume: {text!r} is not of the form {FORMS}") from None
    if not isinstance(tree, ast.Compare) or len(tree.ops) != 1:
        raise InputError(f"assume: {text!r} is not of the form {FORMS}")
    left, sign, right = tree.left, tree.ops[0], tree.comparators[0]
    unused = next(_new({*known, *values, *(s for v in values.values() for s in symbols(v))}))

    def size(node: ast.expr) -> Size:
        return substitute(_size(node, text, known), values)

    if isinstance(sign, ast.Eq) and isinstance(left, ast.BinOp) and isinstance(left.op, ast.Mod):
        if size(right) != 0:
            raise InputError(f"assume: {text!r}: a remainder is 0, as in 'n % 8 == 0'")
        return _divisible(text, size(left.left), size(left.right), unused)
    if isinstance(sign, ast.Eq):
        return _equal(text, size(left), size(right))
    if isinstance(sign, ast.GtE | ast.Gt):
        return _at_least(text, size(left), size(right) + isinstance(sign, ast.Gt), unused)
    if isinstance(sign, ast.LtE | ast.Lt):
        return _at_least(text, size(right), size(left) + isinstance(sign, ast.Lt), unused)
    raise InputError(f"assume: {text!r} is not of the form {FORMS}")


def _size(node: ast.expr, text: str, known: Sequence[str]) -> Size:
    """A polynomial in the sizes.  Raises InputError."""
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if isinstance(node, ast.Name):
        if node.id not in known:
            has = f"the sizes are {', '.join(known)}" if known else "all sizes are numbers here"
            raise InputError(f"assume: {text!r}: no size is called {node.id!r}; {has}")
        return symbol(node.id)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub | ast.Mult):
        a, b = _size(node.left, text, known), _size(node.right, text, known)
        return a + b if isinstance(node.op, ast.Add) else a - b if isinstance(node.op, ast.Sub) else a * b
    raise InputError(f"assume: {text!r} is not of the form {FORMS}: sizes are added, subtracted and multiplied")


def _new(used: set[str]) -> Iterator[str]:
    """Names of sizes that are not used."""
    count = 0
    while True:
        name = f"k{count or ''}"
        if name not in used:
            yield name
        count += 1


def _equal(text: str, m: Size, n: Size) -> dict[str, Size]:
    if m == n:
        return {}
    for a, b in ((m, n), (n, m)):
        (name, *more) = symbols(a) or ("",)
        if not more and isinstance(a, Poly) and a == symbol(name) and name not in symbols(b) and provably_nonnegative(b - 1):
            return {name: b}
    raise InputError(f"assume: {text!r}: one side must be a size by itself, and the other at least 1 whatever the other sizes are")


def _divisible(text: str, n: Size, m: Size, unused: str) -> dict[str, Size]:
    if not provably_nonnegative(m - 1):
        raise InputError(f"assume: {text!r} divides by {m}")
    (name, *more) = symbols(n) or ("",)
    if isinstance(n, int) and isinstance(m, int) and n % m == 0:
        return {}
    if more or not isinstance(n, Poly) or n != symbol(name) or name in symbols(m):
        raise InputError(f"assume: {text!r}: what is divided, {n}, must be a size by itself")
    return {name: m * symbol(unused)}


def _at_least(text: str, n: Size, m: Size, unused: str) -> dict[str, Size]:
    if provably_nonnegative(n - m):
        return {}
    if isinstance(n, Poly) and len(n.terms) <= 2:
        shift = dict(n.terms).get((), 0)
        base = n - shift
        return _above(text, base, m - shift, unused)
    raise InputError(f"assume: {text!r}: what is at least {m} must be a size by itself")


def _above(text: str, n: Size, m: Size, unused: str) -> dict[str, Size]:
    """n >= m for a multiple of a size: c·k >= m is k >= ⌈m / c⌉."""
    (name, *more) = symbols(n) or ("",)
    factor = n.terms[0][1] if isinstance(n, Poly) else 0
    if more or n != symbol(name) * factor or name in symbols(m) or (factor != 1 and not isinstance(m, int)):
        raise InputError(f"assume: {text!r}: what is at least {m} must be a size by itself")
    least = -(-m // factor) if isinstance(m, int) else m
    return {name: symbol(unused) + least - 1}


