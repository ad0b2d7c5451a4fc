"""Expressions in weights, read by recursive descent: nothing in them is executed.

    expression = product {("+" | "-") product}      product = part {("*" | "/" | "@") part}
    part       = ["-"] (number | name | "quoted name" | "(" expression ")" | function "(" … ")") {"[" ranges "]" | ".T"}

The functions are concat and stack (of any number, axis=0), transpose (of the last two axes, or of the axes that are listed) and
reshape.  Numbers scale; sums and products are of weights of equal sizes, "@" is the product of matrices.

>>> from ncd_cat.graph import Weight, source
>>> known = {"q": source(Weight("q"), (2, 3)), "k": source(Weight("k"), (4, 3))}
>>> parsed("concat(q, k[0:2], axis=1)", known).sizes, parsed("0.5 * q @ k.T", known).sizes
((2, 6), (2, 4))
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction

from ncd_cat.errors import InputError, TypeMismatch
from ncd_cat.graph import Value
from proofs.arithmetic import FUNCTIONS, Part, added, entry, multiplied, part_of, transposed, whole_number

SHOWN = 4  # names in a message
DEEPEST = 64  # brackets within brackets
TOKEN = re.compile(r"""\s*(?: (?P<number> \d+ (?:\.\d+)? (?:e-?\d+)? ) | (?P<name> [^\W\d]\w* (?:[.\-]\w+)* )
                         | "(?P<quoted> [^"]+ )" | (?P<sign> [-+*/@()\[\],:=] | \.T\b ) )""", re.VERBOSE)  # fmt: skip


def some_of(names: tuple[str, ...]) -> str:
    """A few of the names."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more or "none"


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
            found = added(found, self.product(), sign)
        self.depth -= 1
        return found

    def product(self) -> Part:
        found = self.part()
        while sign := self.taken("*", "/", "@"):
            found = multiplied(found, self.part(), sign)
        return found

    def part(self) -> Part:
        if self.taken("-"):
            return multiplied(Fraction(-1), self.part(), "*")
        found = self.atom()
        while sign := self.taken("[", ".T"):
            if isinstance(found, Fraction):
                raise ValueError(f"{sign} of a number")
            found = transposed(found) if sign == ".T" else self.ranges(found)
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
        if kind == "name" and token.endswith(".T"):
            self.at -= 1
            self.tokens[self.at : self.at + 1] = [("name", token[:-2]), ("sign", ".T")]
            return self.atom()
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
                options["axis"] = whole_number(self.part(), "axis")
            else:
                parts.append(self.sum())
            if not self.taken(","):
                self.due(")")
                break
        values = [p for p in parts if not isinstance(p, Fraction)]
        numbers = [whole_number(p, name) for p in parts if isinstance(p, Fraction)]
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
                given[places] = whole_number(self.part(), "a range")
            if places == 2 or not self.taken(":"):
                break
            places += 1
        if axis >= len(x.sizes):
            raise ValueError(f"more ranges than the axes of sizes {x.sizes}")
        if not places:
            if given[0] is None:
                raise ValueError("a range is due")
            return entry(x, axis, given[0]), axis
        return part_of(x, axis, slice(*given)), axis + 1

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
