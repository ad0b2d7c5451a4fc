"""Conditions of a claim: what a person says of inputs, weights and sizes, and how it enters the proof and the search for a counterexample.

"x > 0" becomes a step x = r(x) of the proof, r the retraction onto the positive numbers, which states the assumption
(`rewrites.rules.conditions`); "n == 2*m" is put into the sizes of both sides; under "eps = 0" regularisers are 0.  Which of them
a proof needed, it says.

>>> from ncd_cat.types import Array
>>> line = Graph((Array.of((3,), name="x"),), (), ())
>>> facts(["x > 0", "input 0 != 0"], line, line)
{('input', 0): ('positive',)}
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from ncd_cat.errors import InputError
from ncd_cat.graph import Graph, Input, Node, Value, Weight, topological
from ncd_cat.ops.contraction import view
from ncd_cat.signature import Kind
from proofs.regularisers import without_eps
from proofs.satisfying import satisfiable
from proofs.sizing import named_sizes, solved
from rewrites.chain import Chain, Step
from rewrites.rules import conditions

Key = tuple[str, int | str]  # ("input", position) or ("weight", key)
Fact = str | tuple[int, int]  # the name of a condition, or the number that an array is, as a quotient
Facts = Mapping[Key, tuple[Fact, ...]]

OPERATOR = re.compile(r"\s*(==|!=|>=|<=|>|<|=|\bin\b)\s*")
TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "=": "=", "!=": "!="}
ZERO = re.compile(r"[+-]?0+(\.0*)?")
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?(e[+-]?\d+)?(/\d+)?")
TRUTHS = re.compile(r"\{\s*(0|False)\s*,\s*(1|True)\s*\}")
ROWS = re.compile(r"rowsum\(\s*(1\s*-\s*|not\s+|~\s*)?(.+?)\s*\)")
FORMS = "'x > 0', 'x >= 0', 'x != 0', 'x in {0, 1}', 'x = 0', 'rowsum(x) > 0', 'rowsum(1 - x) > 0', 'eps = 0', 'n == 2*m', 'n % 8 == 0'"
ORDER = ("truth", "positive", "nonnegative", "nonzero", "rows", "rows of complement")


def facts(assume: Iterable[str], lhs: Graph, rhs: Graph) -> dict[Key, tuple[Fact, ...]]:
    """What is assumed of inputs and weights of two sides.  Raises InputError for what cannot be read, or cannot hold."""
    found: dict[Key, dict[Fact, str]] = {}
    names = _names(lhs, rhs)
    for text in assume:
        key, fact = _read(text, names)
        found.setdefault(key, {})[fact] = text
    made = {key: _ordered(given, names[1][key]) for key, given in found.items()}
    return {key: given for key, given in made.items() if given}


def specialised(assume: Sequence[str] | str, lhs: Graph, rhs: Graph) -> tuple[list[str], Graph, Graph, tuple[str, ...]]:
    """The conditions about arrays; both sides, with those about sizes and regularisers put in; and what these were.  Raises InputError."""
    rest, sized, stated = list[str](), list[str](), list[str]()
    by_name = _names(lhs, rhs)[0]
    for text in [assume] if isinstance(assume, str) else assume:
        left = OPERATOR.split(text, maxsplit=1)[0].strip()
        if left == "eps" and "eps" not in by_name:
            lhs, rhs, said = without_eps(text, lhs, rhs)
            stated.append(said)
        elif _about_sizes(text, by_name, lhs, rhs):
            sized.append(text)
        else:
            rest.append(text)
    lhs, rhs, said_of_sizes = solved(sized, lhs, rhs)
    return rest, lhs, rhs, (*stated, *said_of_sizes)


def _about_sizes(text: str, by_name: Mapping[str, Key | None], lhs: Graph, rhs: Graph) -> bool:
    """Whether a condition is about sizes: it names one, and no input or weight."""
    words = set(re.findall(r"[^\W\d][\w.]*", text))
    return not words & {*by_name} and ("%" in text or bool(words & {*named_sizes(lhs, rhs)}))


# ---- reading ------------------------------------------------------------------------------------------------------


def _names(lhs: Graph, rhs: Graph) -> tuple[dict[str, Key | None], dict[Key, Kind]]:
    """What each name means (None: two things), and of which kind each array is."""
    by_name: dict[str, Key | None] = {}
    kinds: dict[Key, Kind] = {}
    for graph in (lhs, rhs):
        arrays: list[tuple[str, Key, Kind]] = [(a.name, ("input", k), a.kind) for k, a in enumerate(graph.dom)]
        arrays += [(f"input {k}", ("input", k), a.kind) for k, a in enumerate(graph.dom)]
        arrays += [(key, ("weight", key), n.kind) for key, n in graph.weights().items()]
        for name, key, kind in arrays:
            kinds[key] = kind
            if name:
                by_name[name] = key if by_name.get(name, key) == key else None
    return by_name, kinds


def _read(text: str, names: tuple[dict[str, Key | None], dict[Key, Kind]]) -> tuple[Key, Fact]:
    """The array that a condition is about, and what it says.  Raises InputError."""
    parts = OPERATOR.split(text.strip(), maxsplit=1)
    if len(parts) != 3:
        raise InputError(f"assume: {text!r} is not of one of the forms {FORMS}")
    left, sign, right = parts
    if NUMBER.fullmatch(left) and sign in TURNED:
        left, sign, right = right, TURNED[sign], left
    rows = ROWS.fullmatch(left)
    key = _found(rows[2] if rows else left, text, names[0])
    fact = _row_fact(rows, sign, right) if rows else _fact(sign, right)
    if fact is None:
        raise InputError(f"assume: {text!r} is not of one of the forms {FORMS}")
    _fits(text, fact, names[1][key])
    return key, fact


def _found(name: str, text: str, by_name: Mapping[str, Key | None]) -> Key:
    if name not in by_name:
        known = [f"{n!r}" for n in by_name if not (n.startswith("input ") and len(by_name) > 1)] or [f"{n!r}" for n in by_name]
        more = f" and {len(known) - 8} more" if len(known) > 8 else ""
        raise InputError(f"assume: {text!r}: there is no input or weight {name!r}; there are {', '.join(known[:8]) or 'none'}{more}")
    key = by_name[name]
    if key is None:
        raise InputError(f"assume: {text!r}: {name!r} is one array of lhs and another of rhs; an input may be called 'input 0', and so on")
    return key


def _row_fact(rows: re.Match[str], sign: str, right: str) -> Fact | None:
    if sign == ">" and ZERO.fullmatch(right):
        return "rows of complement" if rows[1] else "rows"
    return None


def _fact(sign: str, right: str) -> Fact | None:
    """What a sign and the text after it say of an array; None where that has no meaning here."""
    if sign == "in":
        return "truth" if TRUTHS.fullmatch(right) else None
    if sign in ("=", "==") and NUMBER.fullmatch(right):
        top, _, bottom = right.partition("/")
        if bottom and not int(bottom):
            return None
        value = Fraction(top) / Fraction(bottom or 1)
        return value.numerator, value.denominator
    return {">": "positive", ">=": "nonnegative", "!=": "nonzero"}.get(sign) if ZERO.fullmatch(right) else None


def _fits(text: str, fact: Fact, kind: Kind) -> None:
    if isinstance(fact, tuple) and kind == "int":
        raise InputError(f"assume: {text!r} is about whole numbers, which may be indices; only reals and truth values are put in")
    if isinstance(fact, str) and kind == "bool" and fact != "truth" and not conditions.CONDITIONS[fact].truths:
        raise InputError(f"assume: {text!r} is about truth values: write '= 1', or 'rowsum(…) > 0'")


def _ordered(given: Mapping[Fact, str], kind: Kind) -> tuple[Fact, ...]:
    """The facts as the rule takes them.  Raises InputError where no array meets them all."""
    found: list[Fact] = sorted(given, key=lambda f: ORDER.index(f) if isinstance(f, str) else -1)
    if "rows of complement" in found and kind != "bool" and "truth" not in found:
        raise InputError(f"assume: {given['rows of complement']!r} is about truth values: say also that it is in {{0, 1}}")
    if not satisfiable(found, kind):
        raise InputError(f"assume: nothing meets {' and '.join(map(repr, given.values()))} at once")
    numbers = [f for f in found if not isinstance(f, str)]
    if numbers:
        return tuple(numbers)
    if kind == "real" and "truth" in found and {"positive", "nonzero"} & {*found}:
        return ((1, 1),)
    implied = {"nonnegative", "nonzero"} if "positive" in found else {"nonnegative"} if "truth" in found else set[str]()
    return tuple([f for f in found if f not in implied and not (f == "truth" and kind == "bool")])


# ---- in the proof -------------------------------------------------------------------------------------------------


def under(graph: Graph, given: Facts) -> tuple[Graph, dict[Node, Step]]:
    """The graph with r(x) for every x of which something is assumed; and for each output, viewed as a node, the step that says so."""
    steps: dict[Node, Step] = {}
    if not given:
        return graph, steps
    views = [view(v) for v in graph.outputs]
    for n in topological(views):
        chain = Chain(n)
        assumed = given.get(_key(n.op))
        if assumed:
            chain.rule(conditions.assumed, *assumed)
        else:
            chain.replace({k: steps[x] for k, (x, _) in enumerate(n.operands) if x in steps})
        if chain.entries:
            steps[n] = chain.finished()
    outputs = tuple([Value(_moved(v.node, steps), v.access, v.sizes) for v in graph.outputs])
    blocks = tuple([(_moved(n, steps), path) for n, path in graph.blocks])
    labels = tuple([(_moved(n, steps), label) for n, label in graph.labels])
    return Graph(graph.dom, graph.cod, outputs, (), blocks, labels), {n: steps[n] for n in views if n in steps}


def _moved(n: Node, steps: Mapping[Node, Step]) -> Node:
    return steps[n].result.node if n in steps else n


def _key(op: Any) -> Key:
    return ("input", op.position) if isinstance(op, Input) else ("weight", op.key) if isinstance(op, Weight) else ("", "")
