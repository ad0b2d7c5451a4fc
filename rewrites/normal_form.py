"""The normal form: every node n is shown equal to m ∘ α, with m canonical; each move is an instance of a rule in the tables.

Bottom up, once per node: operands are replaced by their normal forms, definitions unfold, contractions fuse, brackets
and loops are eliminated, exponentials turn sums into products, powers merge, reindexings slide out (and slices slide
in), and the axes are arranged canonically.  Termination: every rule either removes a derived op, a factor that is a
contraction, a bracket, a bound axis or a factor, or moves an exponential or a power strictly inwards; arranging is
idempotent.  For the linear fragment with symbolic sizes the normal form decides equality (two contraction networks are
equal in all dimensions iff they are isomorphic).
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from ncd_cat.axes import Access, Index, NotAffine, Sizes, compose, within
from ncd_cat.graph import Input, Node, Value
from ncd_cat.ops.contraction import Contraction
from ncd_cat.ops.literal import Literal
from ncd_cat.ops.opaque import Reshape
from ncd_cat.reindexing import complete
from ncd_cat.sizes import Size, divide, product
from rewrites import case_form
from rewrites.chain import Chain, Step
from rewrites.loop_form import shortened
from rewrites.normalisers import normalise
from rewrites.points import Cuts
from rewrites.rules.broadcast import push
from rewrites.rules.cells import by_difference
from rewrites.rules.definitions import unfold
from rewrites.rules.gathers import reshape_read
from rewrites.rules.literals import literal_slice
from rewrites.rules.parts import partition
from rewrites.strategy import Strategy


class OutOfTime(Exception):
    """The deadline passed."""


class Normaliser:
    """Normal forms of nodes under one strategy, with the steps that justify them.  Deterministic."""

    def __init__(self, strategy: Strategy, deadline: float = float("inf"), tick: Callable[[], None] = lambda: None,
                 cuts: Cuts | None = None) -> None:  # fmt: skip
        self.variables: set[Node] = set()  # nothing is pushed into them
        self.strategy, self.deadline, self.tick, self.cuts = strategy, deadline, tick, cuts
        self._steps: dict[Node, Step | None] = {}
        self._views: dict[Node, Step] = {}
        self._parameters: dict[Node, bool] = {}
        self.bodies: set[Node] = set()  # loops whose bodies are in normal form
        self.opened: set[Node] = set()  # terms of exponents that have been opened
        self.symmetries: dict[Node, Step | None] = {}  # that a matrix is its transpose, where that is seen

    def value(self, n: Node) -> Value:
        """The normal form of a node: a canonical node and the access to read it through."""
        step = self.step(n)
        return Value.of(n) if step is None else step.result

    def step(self, n: Node) -> Step | None:
        """The judgement n = m ∘ α; None where n is normal.  Raises OutOfTime."""
        steps = self._steps
        if n in steps:
            return steps[n]
        stack = [n]
        while stack:
            x = stack[-1]
            if x in steps:
                stack.pop()
                continue
            missing = [y for y, _ in x.operands if y not in steps]
            if missing:
                stack += reversed(missing)
            else:
                stack.pop()
                self._normalise(x)
        return steps[n]

    def by_parts(self, n: Node, grid: tuple[tuple[Size, ...], ...]) -> Step | None:
        """The judgement that n is the sum of the normal forms of its parts; its own where the grid has one box.  Raises OutOfTime."""
        if not any(grid):
            return self.step(n)
        chain = Chain(n)
        chain.rule(partition, grid)
        chain.replace({k: step for k, (x, _) in enumerate(chain.node.operands) if (step := self.step(x)) is not None})
        return chain.finished()

    def by_difference(self, n: Node, m: Node) -> Step | None:
        """The judgement that n is the normal form of m, if their difference is seen to be 0; else None.  Raises OutOfTime."""
        chain = Chain(n)
        if not self.strategy.difference or not chain.tried(by_difference, m):
            return None
        difference = self.value(chain.node.operands[0][0]).node
        if not isinstance(difference.op, Contraction) or difference.op.specs:
            return None
        self.follow(chain)
        return chain.finished()

    def normal(self, n: Node) -> None:
        """Record that a node is canonical."""
        self._steps.setdefault(n, None)

    def given(self, step: Step) -> None:
        """Go on from a judgement that was found elsewhere; its result is a variable here."""
        self._steps[step.subject] = step
        self.normal(step.result.node)
        self.variables.add(step.result.node)

    def parameters_only(self, n: Node) -> bool:
        """Whether a node depends on weights and constants only."""
        known = self._parameters.get(n)
        if known is None:
            known = not isinstance(n.op, Input) and all(self.parameters_only(x) for x, _ in n.operands)
            self._parameters[n] = known
        return known

    def _normalise(self, n: Node) -> None:
        if time.perf_counter() > self.deadline:
            raise OutOfTime
        self.tick()
        chain = Chain(n)
        self.replace_operands(chain)
        if shortened(chain, self.strategy.steps) or chain.tried(unfold):
            self.follow(chain)
        elif chain.node is not n and chain.node in self._steps:
            self.follow(chain)
        else:
            with suppress(NotAffine):  # digits that do not divide their axis: the steps taken so far stand
                self.settle(chain)
            self.normal(chain.node)
        self._steps[n] = chain.step()

    def settle(self, chain: Chain) -> None:
        """Bring the current node, whose operands are normal, into normal form.  Raises NotAffine."""
        if not (self.strategy.cases and case_form.settled(chain, self)):
            normalise(chain.node.op, chain, self)

    def follow(self, chain: Chain) -> None:
        """Go on with the normal form of the current node; as a node of its own where the accesses do not compose."""
        step = self.step(chain.node)
        try:
            chain.by(step)
        except NotAffine:
            assert step is not None
            chain.by(self._viewed(step))

    def replace_operands(self, chain: Chain) -> None:
        """Congruence with the normal forms of all operands; a slice of an operand moves into it first."""
        for _ in range(8):
            found = {}
            for k, (x, _) in enumerate(chain.node.operands):
                step = self.step(x)
                if step is not None:
                    found[k] = step
            try:
                chain.replace(found)
            except NotAffine:
                operands = chain.node.operands
                chain.replace({k: s if self._composes(s, operands[k][1]) else self._viewed(s) for k, s in found.items()})
            if not self._pushed(chain):
                return

    def _composes(self, step: Step, access: Access) -> bool:
        try:
            compose(step.result.access, access, step.subject.sizes)
        except NotAffine:
            return False
        return True

    def _viewed(self, step: Step) -> Step:
        """The same judgement with the access inside a node, for readers that digits do not reach through."""
        n = step.subject
        if n not in self._views:
            chain = Chain(n)
            chain.by(step)
            chain.view()
            self.normal(chain.node)
            made = chain.step()
            assert made is not None
            self._views[n] = made
        return self._views[n]

    def _pushed(self, chain: Chain) -> bool:
        """Move restricting accesses into the operands that are read through them."""
        moved = False
        for k, (x, access) in enumerate(chain.node.operands):
            if x in self.variables:
                continue
            if isinstance(x.op, Reshape) and chain.tried(reshape_read, k):
                return True
            restricted = restricts(access[: len(x.degree)], x.degree)
            if restricted and (chain.tried(push, k) if x.operands else chain.tried(literal_slice, k)):
                moved = True
            elif x.kind == "bool" and isinstance(x.op, Literal) and _in_digits(access, x.sizes) and chain.tried(literal_slice, k):
                moved = True
        return moved


def restricts(access: Access, sizes: Sizes) -> bool:
    """Whether an access reads only part of a node: a slice, a stride, a constant index or a diagonal; not a window."""
    seen: set[tuple[int, object]] = set()
    for e, size in zip(access, sizes, strict=True):
        if size == 1:
            continue
        if len(e[1]) == 1:
            s, i, t, n = e[1][0]
            if s == 1 and n == size and e[0] == 0 and (i, t) not in seen:
                seen.add((i, t))
                continue
        digits = {(i, t) for _, i, t, _ in e[1]}
        if digits & seen:
            return True
        seen |= digits
        if _partial(e, size):
            return True
    return False


def _partial(e: Index, size: Size) -> bool:
    """Whether an index is a number in mixed radix, up to a factor, that stays within the axis and does not fill it."""
    if len(e[1]) == 1:
        s, _, _, n = e[1][0]
        return not (e[0] == 0 and s == 1 and n == size) and within(e, size)
    count, strides = product(d[3] for d in e[1]), {d[0]: d[3] for d in e[1]}
    low = next((s for s in strides if all(divide(t, s) is not None for t in strides)), 1)
    scaled = [(divide(s, low), i, t, n) for s, i, t, n in e[1]]
    mixed = complete([(s, i, t, n) for s, i, t, n in scaled if s is not None], count)
    return mixed and not (e[0] == 0 and low == 1 and count == size) and within(e, size)


def _in_digits(access: Access, sizes: Sizes) -> bool:
    """Whether all of a table is read once, some axis of it as digits that are different axes: then it has these axes."""
    axes = [i for e in access for _, i, t, _ in e[1]]
    whole = all(e[0] == 0 and complete(e[1], size) for e, size in zip(access, sizes, strict=True))
    return whole and len(axes) == len(set(axes)) > len(access)


@contextmanager
def undisturbed(limit: int = 40_000) -> Iterator[None]:
    """Deep recursion, and no garbage collection, for the while.

    Slices that move through a deep model recurse once per node on their way (frames of Python code are on the heap), and
    the collector would walk all of torch again and again to find nothing: nodes and steps form no cycles.
    """
    depth, collects = sys.getrecursionlimit(), gc.isenabled()
    sys.setrecursionlimit(max(depth, limit))
    gc.disable()
    try:
        yield
    finally:
        sys.setrecursionlimit(depth)
        if collects:
            gc.enable()
