"""The kernel: a certificate is accepted only if every judgement n = m ∘ α in it follows from earlier ones by a named rule.

A judgement says that node n is, at every index of its own axes, node m read through the access α, by a chain of
congruence, transitivity, viewing (a reading as a node) and instances of the rules in `rewrites.rules`.  The kernel
rebuilds every term and replays every entry; it matches nothing, searches nothing, imports nothing that a certificate
names, and fails closed.  Source: the de Bruijn criterion (Barendregt and Wiedijk 2005)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ncd_cat.axes import compose
from ncd_cat.codec import Reader, decode_access, decode_graph
from ncd_cat.errors import NcdError
from ncd_cat.errors import ProofError as ProofError
from ncd_cat.fields import natural
from ncd_cat.graph import Graph, Node, Value, Weight, node
from ncd_cat.ops.contraction import view
from ncd_cat.ops.random import Draw
from ncd_cat.sizes import from_json
from ncd_cat.welltyped import check_access
from rewrites.rules import RULES

Equation = tuple[Node, Value]  # n = m ∘ α
FORMAT, VERSION = "ncd-certificate", 1
MALFORMED = (ValueError, TypeError, LookupError, ArithmeticError, RecursionError, AttributeError, AssertionError, NcdError)


@dataclass(frozen=True)
class Statement:
    """What a certificate proves: the two diagrams are equal for all inputs, weights and sizes, under the assumptions."""

    lhs: Graph
    rhs: Graph
    assumptions: tuple[str, ...]
    steps: int


def check(data: Any) -> Statement:
    """The statement that a certificate proves.  Raises ProofError, naming the step, unless everything in it holds."""
    reader = Reader()
    proven: list[Equation] = []
    assumed: dict[str, None] = {}
    with _closed("not a certificate that this kernel reads"):
        if (data["format"], data["version"]) != (FORMAT, VERSION):
            raise ValueError(f"it is of version {data['version']!r:.20}, this kernel reads {FORMAT} version {VERSION}")
        reader.extend(data["nodes"])
        lhs, rhs = (decode_graph(side, reader) for side in data["statement"])
        _comparable(lhs, rhs)
        steps, conclusion, stated = list(data["steps"]), data["conclusion"], data["assumptions"]
    for k, entry in enumerate(steps):
        with _closed("does not follow", k):
            proven.append(_judgement(entry, reader, proven, assumed))
    with _closed("the conclusion does not follow"):
        _conclude(conclusion, lhs, rhs, proven)
    if stated != sorted(assumed):
        raise ProofError(f"the proof rests on the assumptions {sorted(assumed)}, the certificate states others")
    return Statement(lhs, rhs, tuple(sorted(assumed)), len(proven))


@contextmanager
def _closed(what: str, step: int | None = None) -> Iterator[None]:
    """Whatever goes wrong inside is a rejection."""
    try:
        yield
    except MALFORMED as problem:
        raise ProofError(f"{what}: {problem}", step) from None


def _comparable(lhs: Graph, rhs: Graph) -> None:
    """Both sides have inputs and outputs of the same sizes and kinds, and a weight or draw has one shape."""
    types = [[[(a.sizes, a.kind) for a in arrays] for arrays in (g.dom, g.cod)] for g in (lhs, rhs)]
    if types[0] != types[1]:
        raise ValueError("the two diagrams are not parallel")
    named: dict[tuple[type, str], Node] = {}
    for n in [*lhs.nodes(), *rhs.nodes()]:
        if isinstance(n.op, Weight | Draw) and named.setdefault((type(n.op), n.op.key), n) is not n:
            raise ValueError(f"weight or draw {n.op.key} has two shapes, kinds or laws")


def _judgement(entry: Any, reader: Reader, proven: list[Equation], assumed: dict[str, None]) -> Equation:
    """Replay the chain of one judgement and compare its end with what it claims."""
    subject_id, result_id, access_data, chain = entry
    subject, result = reader.node(subject_id), reader.node(result_id)
    claimed = Value(result, decode_access(access_data, result.sizes), subject.sizes)
    value = Value.of(subject)
    for name, *args in chain:
        n = value.node
        if name == "replace":
            other = _replaced(n, args[0], proven)
        elif name == "by":
            other = _about(n, args[0], proven)
        elif name == "view":
            value = Value.of(view(value))
            continue
        elif type(name) is str and name in RULES:
            decoded = tuple(argument(a, reader) for a in args)
            assumed.update(dict.fromkeys(RULES[name].assumes(n, decoded)))
            other = RULES[name].apply(n, decoded)
        else:
            raise ValueError(f"there is no rule {name!r:.40}")
        if value != Value.of(n):
            other = Value(other.node, compose(other.access, value.access, n.sizes), value.sizes)
        value = other
        check_access(value.access, value.node.sizes, value.sizes)
    if value != claimed:
        raise ValueError("the chain does not end in the claimed equation")
    return subject, value


def _replaced(n: Node, pairs: Any, proven: list[Equation]) -> Value:
    """Congruence: operands of n replaced by what earlier judgements show them equal to."""
    operands = list(n.operands)
    for k, index in pairs:
        x, access = operands[natural(k)]
        other = _about(x, index, proven)
        operands[k] = (other.node, compose(other.access, access, x.sizes))
    return Value.of(node(n.op, operands, n.sizes))


def _about(n: Node, index: Any, proven: list[Equation]) -> Value:
    """What an earlier judgement shows n equal to."""
    subject, value = proven[natural(index)]
    if subject is not n:
        raise ValueError(f"judgement {index} is about another node")
    return value


def _conclude(pairs: Any, lhs: Graph, rhs: Graph, proven: list[Equation]) -> None:
    """Every output of one side and the same output of the other are shown equal to one value."""
    for one, other, steps in zip(lhs.outputs, rhs.outputs, pairs, strict=True):
        starts = [Value.of(view(v)) for v in (one, other)]
        left, right = [v if k is None else _about(v.node, k, proven) for v, k in zip(starts, steps, strict=True)]
        if left != right:
            raise ValueError("the two sides do not meet")


def argument(data: Any, reader: Reader) -> Any:
    """An argument of a rule: a number, a tuple, a node {"node": k} or a symbolic size {"size": …}."""
    if isinstance(data, list):
        return tuple([item if type(item) is int else argument(item, reader) for item in data])
    if isinstance(data, dict):
        ((key, item),) = data.items()
        return reader.node(item) if key == "node" else from_json({"size": item}[key])
    if data is not None and type(data) not in (int, str, bool):
        raise ValueError(f"{data!r:.40} is no argument of a rule")
    return data
