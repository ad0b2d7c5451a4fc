"""The kernel: a certificate is accepted only if every judgement n = m ∘ α in it follows from earlier ones by a named rule.

A certificate is a table of nodes, two diagrams as its statement, and a list of judgements.  A judgement says that node n
is, at every index of its own axes, node m read through the access α; it is justified by a chain of congruence
(operands replaced by equals), transitivity (an earlier judgement about the current node), viewing (a reading as a node)
and instances of the rules in `rewrites.rules`.  The kernel rebuilds every term, replays every entry, collects the
assumptions, and compares; it matches nothing, searches nothing, imports nothing that a certificate names, and fails
closed.  Trusted with it: the term graph, the rules and their facts.  Source: the de Bruijn criterion (Barendregt and
Wiedijk 2005).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ncd_cat.axes import compose, within
from ncd_cat.codec import Reader, decode_access, decode_graph
from ncd_cat.errors import NcdError
from ncd_cat.fields import natural
from ncd_cat.graph import Graph, Node, Value, Weight, check_index, node
from ncd_cat.ops.contraction import view
from ncd_cat.sizes import from_json
from rewrites.rules import RULES

FORMAT, VERSION = "ncd-certificate", 1
PARTS = {"format", "version", "nodes", "statement", "steps", "conclusion", "assumptions"}
MALFORMED = (ValueError, TypeError, LookupError, ArithmeticError, RecursionError, AttributeError, AssertionError)


class ProofError(NcdError):
    """A certificate is rejected; `step` is the judgement that fails, or None for the certificate as a whole."""

    def __init__(self, message: str, step: int | None = None) -> None:
        super().__init__(message if step is None else f"step {step}: {message}")
        self.step = step


@dataclass(frozen=True)
class Statement:
    """What a certificate proves: the two diagrams are equal for all inputs, weights and sizes, under the assumptions."""

    lhs: Graph
    rhs: Graph
    assumptions: tuple[str, ...]
    steps: int


def check(data: Any) -> Statement:
    """The statement that a certificate proves.  Raises ProofError, naming the step, unless everything in it holds."""
    if type(data) is not dict or set(data) != PARTS:
        raise ProofError("not a certificate: it does not have the parts of one")
    if (data["format"], data["version"]) != (FORMAT, VERSION):
        raise ProofError(f"a certificate of version {data['version']!r:.20}, this kernel reads {FORMAT} version {VERSION}")
    reader = Reader()
    try:
        reader.extend(data["nodes"])
        lhs, rhs = (decode_graph(side, reader) for side in data["statement"])
        _comparable(lhs, rhs)
        entries = list(data["steps"])
    except MALFORMED as problem:
        raise ProofError(f"the statement cannot be read: {problem}") from None
    proven: list[tuple[Node, Value]] = []
    assumed: dict[str, None] = {}
    for k, entry in enumerate(entries):
        try:
            proven.append(_judgement(entry, reader, proven, assumed))
        except MALFORMED as problem:
            raise ProofError(f"{type(problem).__name__}: {problem}", k) from None
    try:
        _conclude(data["conclusion"], lhs, rhs, proven)
    except MALFORMED as problem:
        raise ProofError(f"the conclusion does not follow: {problem}") from None
    if data["assumptions"] != sorted(assumed):
        raise ProofError(f"the proof rests on the assumptions {sorted(assumed)}, the certificate states others")
    return Statement(lhs, rhs, tuple(sorted(assumed)), len(proven))


def _comparable(lhs: Graph, rhs: Graph) -> None:
    """Both sides have inputs and outputs of the same sizes and kinds, and a weight has one shape."""
    for one, other in ((lhs.dom, rhs.dom), (lhs.cod, rhs.cod)):
        if [(a.sizes, a.kind) for a in one] != [(a.sizes, a.kind) for a in other]:
            raise ValueError("the two diagrams are not parallel")
    weights: dict[str, Node] = {}
    for n in [*lhs.nodes(), *rhs.nodes()]:
        if isinstance(n.op, Weight) and weights.setdefault(n.op.key, n) is not n:
            raise ValueError(f"weight {n.op.key} has two shapes or kinds")


def _judgement(entry: Any, reader: Reader, proven: list[tuple[Node, Value]], assumed: dict[str, None]) -> tuple[Node, Value]:
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
            about, other = proven[natural(args[0])]
            if about is not n:
                raise ValueError("transitivity through a judgement about another node")
        elif name == "view":
            value = Value.of(view(value))
            continue
        elif type(name) is str and name in RULES:
            decoded = tuple(_argument(a, reader) for a in args)
            assumed.update(dict.fromkeys(RULES[name].assumes(n, decoded)))
            other = RULES[name].apply(n, decoded)
        else:
            raise ValueError(f"there is no rule {name!r:.40}")
        value = _inside(Value(other.node, compose(other.access, value.access, n.sizes), value.sizes))
    if value != claimed:
        raise ValueError("the chain does not end in the claimed equation")
    return subject, value


def _replaced(n: Node, pairs: Any, proven: list[tuple[Node, Value]]) -> Value:
    """Congruence: operands of n replaced by what earlier judgements show them equal to."""
    operands = list(n.operands)
    for k, index in pairs:
        x, access = operands[natural(k)]
        about, other = proven[natural(index)]
        if about is not x:
            raise ValueError(f"congruence in operand {k} by a judgement about another node")
        operands[k] = (other.node, compose(other.access, access, x.sizes))
    return Value.of(node(n.op, operands, n.sizes))


def _inside(value: Value) -> Value:
    """The value, if every index provably stays within its axis."""
    for e, size in zip(value.access, value.node.sizes, strict=True):
        check_index(e, value.sizes)
        if not within(e, size):
            raise ValueError("an access leaves its axis")
    return value


def _conclude(pairs: Any, lhs: Graph, rhs: Graph, proven: list[tuple[Node, Value]]) -> None:
    """Every output of one side and the same output of the other are shown equal to one value."""
    ends = []
    for graph, column in ((lhs, [a for a, _ in pairs]), (rhs, [b for _, b in pairs])):
        start = [Value.of(view(v)) for v in graph.outputs]
        found = [(v.node, v) if k is None else proven[natural(k)] for v, k in zip(start, column, strict=True)]
        if [about for about, _ in found] != [v.node for v in start]:
            raise ValueError("a judgement about another value than the output")
        ends.append([value for _, value in found])
    if ends[0] != ends[1]:
        raise ValueError("the two sides do not meet")


def _argument(data: Any, reader: Reader) -> Any:
    """An argument of a rule: a number, a tuple, a node {"node": k} or a symbolic size {"size": …}."""
    if isinstance(data, list):
        return tuple([_argument(item, reader) for item in data])
    if isinstance(data, dict):
        ((key, item),) = data.items()
        return reader.node(item) if key == "node" else from_json({"size": item}[key])
    return data
