"""The tidy form: the laws of the normal form that make a diagram smaller, and none that open a box or multiply out a product.

Bottom up, once per node, as in `normal_form`: readings of readings compose, brackets are decided and sums over what they fix
disappear, powers merge, like terms are collected, axes that an op does not depend on leave it (naturality of the repeat), and
equal nodes are one.  A product or a sum that is used once, and read as a whole, joins the product or sum that uses it, so that
the order in which it is contracted is free; definitions stay folded.  Every move is an instance of a rule that assumes nothing, so
that the steps are a certificate: x/x stays, for it has no value at 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import singledispatch

from ncd_cat.axes import Access, NotAffine, Sizes, compose, identity, whole
from ncd_cat.graph import Graph, Node, node
from ncd_cat.ops.contraction import Contraction, terms_of
from ncd_cat.ops.indexing import Take
from ncd_cat.ops.literal import Literal
from ncd_cat.ops.pointwise import Exp, Log, Maximum, Pointwise, Power, Where
from ncd_cat.ops.reduction import Reduction
from ncd_cat.ops.rolling import Roll
from ncd_cat.ops.scan import Scan
from ncd_cat.signature import Op
from rewrites.chain import Chain
from rewrites.linear_form import alike, eliminated, merged, placed
from rewrites.normal_form import Normaliser, restricts
from rewrites.normalisers import arranged, normalise, refolded, rewritten
from rewrites.recognise import affine_entries
from rewrites.rule import Rule
from rewrites.rules import broadcast, exponential, folds, gathers, linear, literals, order, powers, rotations, transpose
from rewrites.strategy import Strategy

MOST_FACTORS, MOST_TERMS = 8, 16


class Tidier(Normaliser):
    """Tidy forms of nodes; `single` says of a node whether it is used once, and may join its user."""

    def __init__(self, single: set[Node] | None = None, deadline: float = float("inf"), tick: Callable[[], None] = lambda: None) -> None:
        super().__init__(Strategy(), deadline, tick)
        self.single = single if single is not None else set()
        self.alone: set[Node] = set()  # what the nodes that are used once have become

    def _normalise(self, n: Node) -> None:
        self.tick()
        chain = Chain(n, sure=True)
        self.alone.update(self.value(x).node for x, _ in n.operands if x in self.single)
        self.replace_operands(chain)
        if chain.node is not n and chain.node in self._steps:
            self.follow(chain)
        else:
            with suppress(NotAffine):
                tidied(chain.node.op, chain, self)
            if chain.node in self._steps:
                self.follow(chain)
            else:
                self._stood_up(chain)
        self._steps.setdefault(n, chain.step())

    def _stood_up(self, chain: Chain) -> None:
        """The canonical node at hand, with its axes in the order in which it is read here for the first time."""
        m = chain.node
        turn = Chain(m)
        kept = len(m.degree) if not isinstance(m.op, Contraction) else len(m.sizes)
        if m.operands and whole_axes(chain.value.access, m.sizes):
            place = [e[1][0][1] if e[1] else -1 for e in chain.value.access[:kept]]
            turned(turn, [*sorted(range(kept), key=place.__getitem__), *range(kept, len(m.sizes))])
        self._steps[m] = turn.step()
        if turn.node is not m:
            self.normal(turn.node)
            chain.by(turn.step())

    def _pushed(self, chain: Chain) -> bool:
        """Move an access that reads a part into an operand that nothing else uses."""
        moved = False
        for k, (x, access) in enumerate(chain.node.operands):
            if x in self.alone and restricts(access[: len(x.degree)], x.degree):
                moved = moved or (chain.tried(broadcast.push, k) if x.operands else chain.tried(literals.literal_slice, k))
        return moved


def uses(graph: Graph) -> Counter[Node]:
    """How often each node is read, by nodes and as an output."""
    found = Counter(v.node for v in graph.outputs)
    for n in graph.nodes():
        found.update([x for x, _ in n.operands])
    return found


def turned(chain: Chain, order: list[int]) -> None:
    """Permute the axes of the chain's node: axis order[k] becomes axis k."""
    m = chain.node
    if order == sorted(order):
        return
    sizes, count = tuple([m.sizes[k] for k in order]), len(m.degree)
    back = tuple([whole(order.index(k), n) for k, n in enumerate(m.sizes)])
    op = m.op.reindexed(back[:count], m.degree, sizes[:count])
    operands = []
    for k, (x, access) in enumerate(m.operands):
        roots = m.op.roots(k)
        operands.append((x, compose(access, back[:count] + identity(roots, count), m.degree + roots)))
    other = node(op, operands, sizes)
    forth = tuple([whole(k, m.sizes[k]) for k in order])
    if isinstance(op, Contraction):
        bounds = [identity(t.bounds, len(m.sizes)) for t in terms_of(m)]
        chain.rule(transpose.transpose, other, forth, tuple(enumerate(bounds)))
    elif isinstance(op, Reduction):
        chain.rule(transpose.refold, other, forth, identity(op.bounds, len(m.sizes)))
    else:
        chain.rule(broadcast.slide, other, forth[:count])


@singledispatch
def tidied(op: Op, chain: Chain, nf: Tidier) -> None:
    """Bring the chain's node, whose operands are tidy, into tidy form.  Any op: its degree axes are those that it depends on."""
    if chain.node.operands and not isinstance(op, Scan):
        normalise.dispatch(Op)(op, chain, nf)


@tidied.register(Pointwise)
def _(op: Pointwise, chain: Chain, nf: Tidier) -> None:
    """A function of a part is not made one of the whole."""
    if any(restricts(access, x.sizes) for x, access in chain.node.operands):
        normalise.dispatch(Op)(op, chain, nf)
    else:
        arranged(chain)


def _by(op: type[Op], *rules: Rule) -> None:
    """Ops of this class are arranged, and these rules make them smaller."""

    @tidied.register(op)
    def _(op: Op, chain: Chain, nf: Tidier) -> None:
        tidied.dispatch(Pointwise)(op, chain, nf)
        rewritten(chain, nf, rules)


_by(Maximum, order.relu_of_nonnegative)
_by(Log, exponential.log_of_exp)
_by(Power, powers.power_of_power, powers.power_of_natural)
_by(Exp, exponential.exp_of_log, exponential.exp_of_constant)


@tidied.register(Where)
def _(op: Where, chain: Chain, nf: Tidier) -> None:
    tidied.dispatch(Pointwise)(op, chain, nf)
    if any(isinstance(x.op, Contraction) and not x.op.specs for x, _ in chain.node.operands[1:]):
        rewritten(chain, nf, (literals.where_is_product,))


@tidied.register(Reduction)
def _(op: Reduction, chain: Chain, nf: Tidier) -> None:
    refolded(chain)
    rewritten(chain, nf, (folds.fold_drop,))


@tidied.register(Take)
def _(op: Take, chain: Chain, nf: Tidier) -> None:
    e = affine_entries(chain.node)
    if (e is None or not chain.tried(literals.take_constant, e)) and not rewritten(chain, nf, (gathers.take_slide,)):
        normalise.dispatch(Op)(op, chain, nf)


@tidied.register(Roll)
def _(op: Roll, chain: Chain, nf: Tidier) -> None:
    if not rewritten(chain, nf, (rotations.roll_roll,)):
        normalise.dispatch(Op)(op, chain, nf)


@tidied.register(Literal)
def _(op: Literal, chain: Chain, nf: Tidier) -> None:
    chain.tried(literals.literal_drop)
    if not chain.node.sizes and chain.tried(literals.literal_number):
        nf.follow(chain)


@tidied.register(Contraction)
def _(op: Contraction, chain: Chain, nf: Tidier) -> None:
    for _ in range(24):
        before = chain.node
        nf.replace_operands(chain)
        _joined(chain, nf)
        eliminated(chain, nf)
        merged(chain, nf)
        if chain.node is before:
            break
    placed(chain)
    if alike(chain.node) and chain.tried(linear.collect):
        placed(chain)
    chain.tried(linear.unit)


def _joined(chain: Chain, nf: Tidier) -> None:
    """Fuse what only reads or scales, and the products and sums that nothing else uses."""
    ts = terms_of(chain.node)
    terms, found = len(ts), []
    for which, t in enumerate(ts):
        factors = len(t.factors)
        for k in reversed(range(len(t.factors))):
            x, access = t.factors[k]
            if not isinstance(x.op, Contraction):
                continue
            inner = terms_of(x)
            plain = len(inner) < 2 and all(len(u.factors) < 2 and not u.bounds for u in inner)
            own = x in nf.alone and whole_axes(access, x.sizes)
            product = own and len(inner) == 1 and factors + len(inner[0].factors) - 1 <= MOST_FACTORS
            total = own and len(t.factors) == 1 and not t.bounds and terms + len(inner) - 1 <= MOST_TERMS
            if plain or product or total:
                found.append((which, k))
                factors += sum(len(u.factors) for u in inner) - 1 if len(inner) == 1 else 0
                terms += len(inner) - 1
    if found and not chain.tried(linear.fuse, *found):
        for pair in found:
            if len(found) > 1 and chain.tried(linear.fuse, pair):
                return


def whole_axes(access: Access, sizes: Sizes) -> bool:
    """Whether an access reads each axis by an axis of its own: a permutation and a repeat."""
    seen: set[int] = set()
    for (const, digits), size in zip(access, sizes, strict=True):
        if size == 1:
            continue
        if const != 0 or len(digits) != 1 or digits[0][0] != 1 or digits[0][3] != size or digits[0][1] in seen:
            return False
        seen.add(digits[0][1])
    return True
