"""A rule is an equation n = m ∘ α between a node and a node read through an access, one for each choice of its arguments.

A rule is data: a name, the statement as mathematics, the condition under which it holds, the structure it needs and its
source.  `Rule.apply` instantiates it at a node: it reads the variables off the node, checks the condition, and returns
the other side.  It never searches: what to apply where is the strategy's affair (`normal_form.py`), and the kernel
replays the same function.  An `Equation` writes both sides with the functions that people build diagrams with; a
schema, for rules that depend on a number of operands or on index maps, is a function from arguments to the other side.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ncd_cat.axes import Access, Sizes, add, substitute
from ncd_cat.graph import Input, Node, Value, node
from ncd_cat.welltyped import check_index

Args = Sequence[Any]


class RuleError(ValueError):
    """A rule does not apply at a node: the node has another form, or the condition is not met."""


@dataclass(frozen=True)
class Rule:
    """A named family of equations.  `instance(n, args)` gives the other side or raises; see the module."""

    name: str
    statement: str
    source: str
    instance: Callable[[Node, Args], Value]
    condition: str = "none"
    structure: str = "cartesian"
    assumes: Callable[[Node, Args], tuple[str, ...]] = lambda n, args: ()

    def apply(self, n: Node, args: Args = ()) -> Value:
        """The other side of the instance at n, with axes n.sizes.  Raises RuleError (or ValueError) if there is none."""
        other = self.instance(n, args)
        if other.sizes != n.sizes:
            raise RuleError(f"rule {self.name}: sides are not parallel, {n.sizes} and {other.sizes}")
        return other

    def __str__(self) -> str:
        when = "" if self.condition == "none" else f"   if {self.condition}"
        return f"{self.name}: {self.statement}{when}   [{self.structure}; {self.source}]"


Instance = Callable[[Node, Args], Value]


def schema(statement: str, source: str, *, condition: str = "none", structure: str = "cartesian",
           assumes: Callable[[Node, Args], tuple[str, ...]] = lambda n, args: ()) -> Callable[[Instance], Rule]:  # fmt: skip
    """Declare a rule whose instances a function builds; the rule is named after the function."""

    def declare(instance: Instance) -> Rule:
        return Rule(instance.__name__, statement, source, instance, condition, structure, assumes)

    return declare


def equation(name: str, statement: str, source: str, *, lhs: Callable[..., Value], rhs: Callable[..., Value], variables: int,
             condition: str = "none", structure: str = "real field", when: Callable[..., bool] = lambda *values: True,
             assumes: Callable[..., tuple[str, ...]] = lambda *values: ()) -> Rule:  # fmt: skip
    """Declare a pointwise rule by its two sides, functions of `variables` values of equal sizes."""
    pattern = lhs(*(Value.of(node(Input(k), (), ())) for k in range(variables))).node

    def values(n: Node) -> list[Value]:
        found: dict[int, Value] = {}
        _read(pattern, Value.of(n), found)
        return [found[k] for k in range(variables)]

    def instance(n: Node, args: Args) -> Value:
        bound = values(n)
        if args or not when(*bound):
            raise RuleError(f"rule {name} needs {condition}")
        return rhs(*bound)

    return Rule(name, statement, source, instance, condition, structure, lambda n, args: assumes(*values(n)))


def _read(pattern: Node, value: Value, found: dict[int, Value]) -> None:
    """Read the pattern's variables off a value; the pattern's own axes () stand for the axes of the value."""
    if isinstance(pattern.op, Input):
        if found.setdefault(pattern.op.position, value) != value:
            raise RuleError("a variable stands for two different values")
        return
    n = value.node
    if n.op != pattern.op or len(n.operands) != len(pattern.operands):
        raise RuleError(f"{n.op} is not {pattern.op}")
    for (inner, _), (x, access) in zip(pattern.operands, n.operands, strict=True):
        reading = tuple([substitute(e, value.access, n.sizes) for e in access])
        _read(inner, Value.of(x).at(reading, value.sizes), found)


def nat(value: Any, below: int) -> int:
    """An argument that is a natural number below a bound.  Raises RuleError otherwise."""
    if type(value) is not int or not 0 <= value < below:
        raise RuleError(f"{value!r} is not a number below {below}")
    return value


def access(value: Any, domain: Sizes) -> Access:
    """An argument that is a tuple of indices over axes of the given sizes, in normal form.  Raises ValueError or TypeError."""
    for e in value:
        check_index(e, domain)
        if type(e) is not tuple or add(e) != e:
            raise RuleError(f"{e!r:.60} is not an index in normal form")
    return tuple(value)
