"""Maps of parameters: each weight of one program as an expression in those of the other, "concat(q.weight, k.weight, v.weight)".

    expression = product {("+" | "-") product}      product = part {("*" | "/" | "@") part}
    part       = ["-"] (number | name | "quoted name" | "(" expression ")" | function "(" … ")") {"[" ranges "]" | ".T"}

The functions are concat and stack (of any number, axis=0), transpose (of the last two axes, or of the axes that are listed) and
reshape.  Numbers scale; sums and products are of weights of equal sizes, "@" is the product of matrices.

>>> from ncd_cat.graph import source
>>> known = {"q": source(Weight("q"), (2, 3)), "k": source(Weight("k"), (4, 3))}
>>> parsed("concat(q, k[0:2], axis=1)", known).sizes, parsed("0.5 * q @ k.T", known).sizes
((2, 6), (2, 4))
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from ncd_cat.axes import identity, scale, shift, whole
from ncd_cat.errors import InputError, TypeMismatch
from ncd_cat.graph import Graph, Node, Value, Weight, node
from ncd_cat.importers.rearrange import insert, reshape
from ncd_cat.ops.concatenation import concatenate
from ncd_cat.ops.contraction import einsum, linear_combination, multiply, view
from ncd_cat.ops.layout import permute
from ncd_cat.scalars import ONE, Scalar

SHOWN = 4  # names in a message
TOKEN = re.compile(r"\s*(?:(?P<number>\d+(?:\.\d+)?(?:e-?\d+)?)|(?P<name>[^\W\d]\w*(?:[.\-]\w+)*)|\"(?P<quoted>[^\"]+)\"|(?P<sign>[-+*/@()\[\],:=]|\.T\b))")
DEEPEST = 64  # brackets within brackets
Part = Value | Fraction


def renamed(graph: Graph, params: Mapping[str, str], other: Graph) -> Graph:
    """The graph with weights that `params` names as expressions in the weights of `other`.  Raises InputError."""
    mine, theirs = graph.weights(), {key: Value.of(n) for key, n in other.weights().items()}
    for key in params:
        if key not in mine:
            raise InputError(f"params: rhs has no weight {key!r}; it has {some_of(tuple(mine))}")
    moved: dict[Node, Node] = {}
    for n in graph.nodes():
        if isinstance(n.op, Weight) and n.op.key in params:
            moved[n] = _weight(params[n.op.key], n, theirs)
        else:
            moved[n] = node(n.op, [(moved[x], access) for x, access in n.operands], n.sizes)
    outputs = tuple([Value(moved[v.node], v.access, v.sizes) for v in graph.outputs])
    blocks, labels = tuple([(moved[n], path) for n, path in graph.blocks]), tuple([(moved[n], a) for n, a in graph.labels])
    return Graph(graph.dom, graph.cod, outputs, tuple([moved[n] for n in graph.dead]), blocks, labels)


def _weight(text: str, n: Node, known: Mapping[str, Value]) -> Node:
    """A weight of rhs as an expression.  Raises InputError unless it has the sizes and the kind of the weight."""
    made = parsed(text, known)
    if made.sizes != n.sizes or made.kind != n.kind:
        mine, theirs = (f"({', '.join(map(str, sizes))})" for sizes in (made.sizes, n.sizes))
        raise InputError(f"params: {text} has sizes {mine}, the weight {n.op.key!r} of rhs has sizes {theirs}")  # type: ignore[attr-defined]
    return made.node if made == Value.of(made.node) else view(made)


def by_value(lhs: Any, rhs: Any, left: Graph, right: Graph) -> dict[str, str]:
    """For each weight of rhs the weight of lhs that holds the same numbers, of its own name where there is a choice.  Raises InputError."""
    if not (hasattr(lhs, "state_dict") and hasattr(rhs, "state_dict")):
        raise InputError("params: weights have values in torch modules only; give a map of names")
    ours = _values(lhs, left)
    free = {key: None for key in ours}
    found: dict[str, str] = {}
    for key, value in _values(rhs, right).items():
        same = [k for k in dict.fromkeys([*([key] if key in free else []), *free]) if ours[k] == value]
        if not same:
            raise InputError(f"params: no weight of lhs holds the numbers of weight {key!r} of rhs, of sizes {value[0]}")
        found[key] = same[0]
        del free[same[0]]
    return found


def _values(module: Any, graph: Graph) -> dict[str, tuple[Any, ...]]:
    """Sizes, dtype and bytes of each weight that a graph of a module reads."""
    state = {key: tensor.detach().cpu().numpy() for key, tensor in module.state_dict().items()}
    return {key: (state[key].shape, state[key].dtype.str, state[key].tobytes()) for key in graph.weights() if key in state}


def some_of(names: tuple[str, ...]) -> str:
    """A few of the names."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more or "none"


# ---- expressions --------------------------------------------------------------------------------------------------


def parsed(text: str, known: Mapping[str, Value]) -> Value:
    """The value of an expression.  Raises InputError, naming the sizes, for one that does not fit or cannot be read."""
    if text in known:
        return known[text]
    try:
        found = _Parser(text, known).whole()
    except (TypeMismatch, ValueError, ZeroDivisionError, OverflowError) as problem:
        raise InputError(f"params: {text}: {problem}") from None
    if isinstance(found, Fraction):
        raise InputError(f"params: {text} is a number, not a weight")
    return found


class _Parser:
    """Recursive descent; nothing in an expression is executed."""

    def __init__(self, text: str, known: Mapping[str, Value]) -> None:
        self.text, self.known, self.depth = text, known, 0
        self.tokens = [*_tokens(text)]
        self.at = 0

    def whole(self) -> Part:
        found = self.sum()
        if self.at < len(self.tokens):
            raise ValueError(f"{self.tokens[self.at][1]!r} is not expected here")
        return found

    def sum(self) -> Part:
        self.depth += 1
        if self.depth > DEEPEST:
            raise ValueError("brackets are nested too deeply")
        found = self.product()
        while sign := self.taken("+", "-"):
            found = _added(found, self.product(), sign)
        self.depth -= 1
        return found

    def product(self) -> Part:
        found = self.part()
        while sign := self.taken("*", "/", "@"):
            found = _multiplied(found, self.part(), sign)
        return found

    def part(self) -> Part:
        if self.taken("-"):
            return _multiplied(Fraction(-1), self.part(), "*")
        found = self.atom()
        while sign := self.taken("[", ".T"):
            if isinstance(found, Fraction):
                raise ValueError(f"{sign} of a number")
            found = _transposed(found) if sign == ".T" else self.ranges(found)
        return found

    def atom(self) -> Part:
        kind, token = self.tokens[self.at] if self.at < len(self.tokens) else ("end", "the end")
        self.at += 1
        if kind == "number":
            return Fraction(token)
        if token == "(" and kind == "sign":
            found = self.sum()
            self.due(")")
            return found
        if kind == "quoted" or (kind == "name" and token in self.known):
            return self.weight(token)
        if kind == "name" and token in FUNCTIONS and self.taken("("):
            return self.call(token)
        if kind == "name" and token.endswith(".T") and token[:-2] in self.known:
            return _transposed(self.known[token[:-2]])
        if kind == "name":
            return self.weight(token)
        raise ValueError(f"a weight, a number or a bracket is due, not {token}")

    def weight(self, name: str) -> Value:
        if name not in self.known:
            raise InputError(f"params: {self.text}: lhs has no weight {name!r}; it has {some_of(tuple(self.known))}")
        return self.known[name]

    def call(self, name: str) -> Value:
        parts, options = [], {}
        while not self.taken(")"):
            if self.tokens[self.at : self.at + 2] == [("name", "axis"), ("sign", "=")]:
                self.at += 2
                options["axis"] = _whole_number(self.part(), "axis")
            else:
                parts.append(self.sum())
            if not self.taken(","):
                self.due(")")
                break
        values = [p for p in parts if not isinstance(p, Fraction)]
        numbers = [_whole_number(p, name) for p in parts if isinstance(p, Fraction)]
        if not values or parts[: len(values)] != values:
            raise ValueError(f"{name} takes weights, then numbers")
        return FUNCTIONS[name](values, numbers, **options)

    def ranges(self, x: Value) -> Value:
        """The part of an array that ranges of its first axes select."""
        axis = 0
        while True:
            x, axis = self.range(x, axis)
            if not self.taken(","):
                self.due("]")
                return x

    def range(self, x: Value, axis: int) -> tuple[Value, int]:
        given: list[int | None] = [None, None, None]
        places = 0
        while True:
            kind, token = self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")
            if kind == "number" or token == "-":
                given[places] = _whole_number(self.part(), "a range")
            if places == 2 or not self.taken(":"):
                break
            places += 1
        if axis >= len(x.sizes):
            raise ValueError(f"more ranges than the axes of sizes {x.sizes}")
        if not places:
            if given[0] is None:
                raise ValueError("a range is due")
            return _entry(x, axis, given[0]), axis
        return _slice(x, axis, slice(*given)), axis + 1

    def taken(self, *signs: str) -> str:
        """The next token, if it is one of the signs."""
        if self.at < len(self.tokens) and self.tokens[self.at][0] == "sign" and self.tokens[self.at][1] in signs:
            self.at += 1
            return self.tokens[self.at - 1][1]
        return ""

    def due(self, sign: str) -> None:
        if not self.taken(sign):
            raise ValueError(f"{sign} is missing")


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    start, text = 0, text.rstrip()
    while start < len(text):
        found = TOKEN.match(text, start)
        if found is None:
            raise ValueError(f"{text[start:].strip()[:12]!r} cannot be read")
        kind = found.lastgroup or ""
        yield kind, found[kind]
        start = found.end()


# ---- what they mean -----------------------------------------------------------------------------------------------


def _whole_number(x: Part, what: str) -> int:
    if isinstance(x, Fraction) and x.denominator == 1:
        return int(x)
    raise ValueError(f"{what} takes a whole number")


def _added(x: Part, y: Part, sign: str) -> Part:
    if isinstance(x, Fraction) and isinstance(y, Fraction):
        return x + y if sign == "+" else x - y
    if isinstance(x, Fraction) or isinstance(y, Fraction) or x.sizes != y.sizes:
        raise ValueError(f"{sign} of {_shown(x)} and {_shown(y)}")
    return linear_combination([(ONE, x), (ONE if sign == "+" else -ONE, y)])


def _multiplied(x: Part, y: Part, sign: str) -> Part:
    if isinstance(y, Fraction) and sign != "@":
        by = y if sign == "*" else 1 / y
        return x * by if isinstance(x, Fraction) else linear_combination([(Scalar.of(by), x)])
    if isinstance(x, Fraction) and not isinstance(y, Fraction) and sign == "*":
        return linear_combination([(Scalar.of(x), y)])
    if isinstance(x, Fraction) or isinstance(y, Fraction):
        raise ValueError(f"{sign} of {_shown(x)} and {_shown(y)}")
    if sign == "*" and x.sizes == y.sizes:
        return multiply(x, y)
    if sign == "@" and len(x.sizes) == 2 and len(y.sizes) in (1, 2) and x.sizes[1] == y.sizes[0]:
        return einsum("ij,jk->ik" if len(y.sizes) == 2 else "ij,j->i", x, y)
    raise ValueError(f"{sign} of {_shown(x)} and {_shown(y)}")


def _shown(x: Part) -> str:
    return str(x) if isinstance(x, Fraction) else f"sizes ({', '.join(map(str, x.sizes))})"


def _transposed(x: Value) -> Value:
    rank = len(x.sizes)
    if rank < 2:
        raise ValueError(f"an array of {_shown(x)} has no transpose")
    return permute(x, (*range(rank - 2), rank - 1, rank - 2))


def _entry(x: Value, axis: int, k: int) -> Value:
    one = _slice(x, axis, slice(k, k + 1 if k != -1 else None))
    kept = one.sizes[:axis] + one.sizes[axis + 1 :]
    indices = identity(kept)
    return one.at((*indices[:axis], (0, ()), *indices[axis:]), kept)


def _slice(x: Value, axis: int, given: slice) -> Value:
    size = x.sizes[axis]
    if not isinstance(size, int):
        raise ValueError(f"a range of an axis of size {size}, which is no number")
    chosen = range(*given.indices(size))
    if not chosen or chosen.step < 0 or (given.stop or 0) > size:
        raise ValueError(f"a range that is empty, backwards, or beyond the axis of size {size}")
    sizes = x.sizes[:axis] + (len(chosen),) + x.sizes[axis + 1 :]
    index = shift(scale(whole(axis, len(chosen)), chosen.step), chosen.start)
    return x.at(tuple([index if k == axis else whole(k, n) for k, n in enumerate(x.sizes)]), sizes)


def _concat(values: list[Value], numbers: list[int], axis: int = 0) -> Value:
    rank = len(values[0].sizes)
    fits = not numbers and -rank <= axis < rank
    axis %= max(rank, 1)
    rests = {v.sizes[:axis] + v.sizes[axis + 1 :] if len(v.sizes) == rank else v.sizes for v in values}
    if not fits or len(rests) > 1 or any(len(v.sizes) != rank for v in values):
        raise ValueError(f"concat along axis {axis} does not fit weights of sizes {', '.join(_shown(v)[6:] for v in values)}")
    return concatenate(values, axis)


def _stack(values: list[Value], numbers: list[int], axis: int = 0) -> Value:
    if numbers or len({v.sizes for v in values}) > 1 or not 0 <= axis <= len(values[0].sizes):
        raise ValueError(f"stack along axis {axis} does not fit weights of sizes {', '.join(_shown(v)[6:] for v in values)}")
    return concatenate([insert(v, axis) for v in values], axis)


def _transpose(values: list[Value], numbers: list[int]) -> Value:
    (x, *more) = values
    if more or (numbers and sorted(numbers) != [*range(len(x.sizes))]):
        raise ValueError(f"transpose of axes {numbers} does not fit weights of sizes {', '.join(_shown(v)[6:] for v in values)}")
    return permute(x, numbers) if numbers else _transposed(x)


def _reshape(values: list[Value], numbers: list[int]) -> Value:
    (x, *more) = values
    if more or not numbers or min(numbers) < 1:
        raise ValueError("reshape takes one weight, and its new sizes")
    return reshape(x, tuple(numbers))


FUNCTIONS: Mapping[str, Callable[..., Value]] = {"concat": _concat, "stack": _stack, "transpose": _transpose, "reshape": _reshape}
