"""Loops and branches of diagrams: bodies composed n times, a choice of two, a weighted sum of many.

`iterate` is a loop of a known number of steps, each with weights of its own, whose sizes may depend on the step; a loop along
an axis, of any length, is `scanning.scan`.  A branch is taken entry by entry, so both sides are functions of everything; a
mixture of experts with a dense gate is Σᵢ wᵢ · fᵢ(x).  Source: the loops λ = 1, …, N of arXiv 2402.05424; Jacobs et al.,
Adaptive mixtures of local experts, 1991.

>>> from ncd_cat.diagram import EMPTY, Array, Operation, Ty
>>> from ncd_cat.graph import Weight
>>> from ncd_cat.ops.contraction import Contraction, Spec
>>> x = Ty(Array.of((2,)))
>>> shift = x @ Operation(Weight("bias"), EMPTY, x) >> Operation(Contraction((Spec(ONE, (), 1, ()), Spec(ONE, (), 1, ()))), x @ x, x)
>>> print(iterate(shift, 2, name="layers"))
layers.0 >> layers.1
>>> list(iterate(shift, 2, name="layers").graph.weights())
['layers.0.bias', 'layers.1.bias']
>>> iterate(shift, 2)
Traceback (most recent call last):
    ...
ncd_cat.errors.InputError: iterate: weight bias is shared by all 2 steps; give name=…, so that each step has its own, or shared=True
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from ncd_cat.axes import identity
from ncd_cat.diagram import Diagram
from ncd_cat.diagram.wires import difference
from ncd_cat.errors import InputError, TypeMismatch
from ncd_cat.graph import Value
from ncd_cat.language.calling import apply_strictly
from ncd_cat.language.family import Family
from ncd_cat.language.wire import Wire
from ncd_cat.ops.contraction import Term, contraction, repeat
from ncd_cat.ops.pointwise import Where
from ncd_cat.scalars import ONE
from ncd_cat.weights import prefixed, weights_of


def iterate(body: Any, n: int, *, name: str = "", shared: bool = False) -> Any:
    """The composition of n steps: of a diagram with itself, or of body(0), body(1), …, whose types have to meet.

    Of a family of diagrams, the family of their compositions.

    With a name, step i is a block `name.i`, and its weights are called `name.i.…` unless they are shared.  n = 0 is the identity
    of the type that the body takes.  Raises InputError for a weight that several steps would share without shared=True and for
    n < 0; TypeMismatch, with the numbers of the steps and both types, where two steps do not compose.
    """
    if n < 0:
        raise InputError(f"iterate: {n} steps; a number of steps is at least 0")
    if isinstance(body, Family):
        return Family(f"iterate({body}, {n})", body.arity, lambda *wires: _through(body, n, name, shared, wires))
    step = (lambda i: body) if isinstance(body, Diagram) else body
    if n == 0:
        return Diagram.id(step(0).dom)
    steps: list[Diagram] = [step(i) for i in range(n)]
    for i, (f, g) in enumerate(pairwise(steps)):
        if f.cod != g.dom:
            raise TypeMismatch(f"iterate: step {i} gives {f.cod}, step {i + 1} takes {g.dom}: {difference(f.cod, g.dom)}")
    if not shared and not name:
        _unshared(steps, isinstance(body, Diagram))
    if name:
        steps = [(f if shared else prefixed(f, f"{name}.{i}.")).block(f"{name}.{i}") for i, f in enumerate(steps)]
    first, *rest = steps
    return first.then(*rest)


def _through(body: Family, n: int, name: str, shared: bool, wires: Sequence[Wire]) -> Any:
    """What n steps of a family do to wires, each at the types that the last one gives."""
    steps: list[Diagram] = []
    for _ in range(n):
        steps.append(body.at(steps[-1].cod) if steps else body.at(*[w.type for w in wires]))
    return apply_strictly(iterate(steps.__getitem__, n, name=name, shared=shared), tuple(wires)) if n else tuple(wires)


def _unshared(steps: Sequence[Diagram], same: bool) -> None:
    """Raise InputError, naming the weight and the steps, if two steps have a weight in common."""
    owner: dict[str, int] = {}
    for i, f in enumerate(steps[:2] if same else steps):
        for key in weights_of(f):
            if key in owner:
                which = f"all {len(steps)} steps" if same else f"steps {owner[key]} and {i}"
                raise InputError(f"iterate: weight {key} is shared by {which}; give name=…, so that each step has its own, or shared=True")
            owner[key] = i


def gate(condition: Value, x: Value, y: Value) -> Value:
    """x where the condition holds, else y; sizes as x.  The condition, of kind bool, may lack the last axes of x.

    Raises TypeMismatch, naming what differs, unless x and y have the same sizes and the condition their first ones.
    """
    if x.sizes != y.sizes:
        raise TypeMismatch(f"gate: the branches have sizes {x.sizes} and {y.sizes}: both have to give the same")
    if condition.kind != "bool":
        raise TypeMismatch(f"gate: the condition is {condition.kind}, not bool: compare it with something first")
    rank = len(condition.sizes)
    if condition.sizes != x.sizes[:rank]:
        raise TypeMismatch(f"gate: the condition has sizes {condition.sizes}, which are not the first of {x.sizes}")
    return Where()(repeat(condition, list(enumerate(x.sizes))[rank:]), x, y)


def mixture(weights: Value, parts: Sequence[Value]) -> Value:
    """Σᵢ weights[…, i] · parts[i]: the dense mixture; sizes as the parts.

    The weights have some of the first axes of the parts, then one entry for each part.  Raises TypeMismatch, naming both
    sizes, where that is not so.
    """
    *outer, count = weights.sizes or (0,)
    if count != len(parts) or not parts:
        raise TypeMismatch(f"mixture: the weights have sizes {weights.sizes}, for {len(parts)} parts: the last size is their number")
    sizes = parts[0].sizes
    for k, part in enumerate(parts):
        if part.sizes != sizes or part.sizes[: len(outer)] != tuple(outer):
            raise TypeMismatch(f"mixture: part {k} has sizes {part.sizes}, part 0 has {sizes}, the weights {weights.sizes}")
    terms = []
    for k, part in enumerate(parts):
        w = weights.at((*identity(outer), (k, ())), sizes)
        terms.append(Term(ONE, (), ((w.node, w.access), (part.node, part.access))))
    return Value.of(contraction(terms, sizes))
