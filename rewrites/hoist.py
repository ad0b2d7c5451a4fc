"""Work on weights alone, taken out of products with what varies: x·v·w = x·(v·w), and (x + b)·w = x·w + b·w.

Where weights are bound once and inputs come many times, what depends on weights only costs nothing: so a batch norm goes into the
convolution before it, the weights of a norm into the linear map after it, and an up-projection of keys into the queries.
Whoever uses this proves the outcome equal to what it was given; nothing here is trusted.
Source: partial evaluation with the weights as the static part (Futamura 1971); absorption in latent attention, arXiv 2405.04434.
"""

from __future__ import annotations

from collections.abc import Callable

from ncd_cat.axes import Access, Index, NotAffine, Sizes, axes_of, whole
from ncd_cat.graph import Graph, Node, Value, Weight, node, topological
from ncd_cat.ops.contraction import Contraction, Term, contraction, multiply, terms_of
from ncd_cat.ops.convolution import Convolution
from ncd_cat.ops.literal import Literal
from ncd_cat.ops.norm import BatchNorm
from ncd_cat.scalars import ONE
from rewrites.cone import Price, chosen, uses
from rewrites.rules.linear import inlined

MOST_TERMS = 8
Fixed = Callable[[Node], bool]


class Parameters:
    """Says of nodes whether they depend on weights and constants only."""

    def __init__(self) -> None:
        self.known: dict[Node, bool] = {}

    def __call__(self, n: Node) -> bool:
        """Whether a node depends on weights and constants only."""
        for m in topological([n], known=self.known):
            source = isinstance(m.op, Weight | Literal | Contraction)
            self.known[m] = all(self.known[x] for x, _ in m.operands) if m.operands else source
        return self.known[n]


def hoisted(graph: Graph, fixed: Fixed, price: Price) -> dict[Node, Value]:
    """Contractions with the work on weights in them as nodes of their own, where that leaves less to do."""
    count = uses(graph.live())
    candidates: dict[Node, list[Value]] = {}
    for n in count:
        if isinstance(n.op, Contraction) and not fixed(n):
            opened = _opened(n, fixed, count)
            candidates[n] = [Value.of(_grouped(ts, n, fixed)) for ts in ([opened] if opened else []) + [list(terms_of(n))]]
    return chosen(graph, candidates, price)


def _opened(n: Node, fixed: Fixed, count: dict[Node, int]) -> list[Term]:
    """The terms of n, those in which weights multiply a sum that nothing else uses written out; none if there is none."""
    found, changed = list(terms_of(n)), True
    while changed and len(found) <= MOST_TERMS:
        changed = False
        for i, t in enumerate(found):
            moving = [k for k, (x, _) in enumerate(t.factors) if not fixed(x)]
            if len(moving) != 1 or count.get(t.factors[moving[0]][0], 1) > 1:
                continue
            t = _defined(t, moving[0], n)
            if isinstance(t.factors[moving[0]][0].op, Contraction):
                try:
                    found[i : i + 1] = inlined(t, moving[0], n.sizes)
                except NotAffine:
                    continue
                changed = True
                break
    return found if found != list(terms_of(n)) and len(found) <= MOST_TERMS else []


def _defined(t: Term, k: int, n: Node) -> Term:
    """A term with the definition of a batch norm, which is linear in what is normalised, in place of it."""
    x, access = t.factors[k]
    opened = x.op.definition(*[x.read(j) for j in range(len(x.operands))]) if isinstance(x.op, BatchNorm) else None
    if opened is None:
        return t
    v = opened.at(access, n.sizes + t.bounds)
    return t._replace(factors=(*t.factors[:k], (v.node, v.access), *t.factors[k + 1 :]))


def _grouped(ts: list[Term], n: Node, fixed: Fixed) -> Node:
    """The sum of terms, the fixed terms as one, and the fixed factors of each of the others as one."""
    moving = [_into_kernel(_taken(t, n, fixed), fixed) for t in ts if not all(fixed(x) for x, _ in t.factors)]
    rest = [t for t in ts if all(fixed(x) for x, _ in t.factors)]
    if len(rest) > 1 or (rest and rest[0].factors and not _is_plain(rest[0])):
        used = sorted({k for t in rest for e in _indices(t) for k in axes_of(e) if k < len(n.sizes)})
        inner = _over(rest, used, n.sizes)
        rest = [Term(ONE, (), ((inner, tuple([whole(k, n.sizes[k]) for k in used])),))]
    return contraction([*moving, *rest], n.sizes)


def _is_plain(t: Term) -> bool:
    return t.scalar == ONE and not t.bounds and len(t.factors) == 1 and not t.guards


def _taken(t: Term, n: Node, fixed: Fixed) -> Term:
    """A term with its fixed factors, the sums over what only these read, and its coefficient, as one factor."""
    still = [f for f in t.factors if fixed(f[0])]
    others = [f for f in t.factors if not fixed(f[0])]
    start, domain = len(n.sizes), n.sizes + t.bounds
    if not still or (len(still) == 1 and t.scalar == ONE):
        return t
    outside = {k for _, a in others for e in a for k in axes_of(e)} | {k for _, e in t.guards for k in axes_of(e)}
    used = sorted({k for _, a in still for e in a for k in axes_of(e)})
    own = [k for k in used if k >= start and k not in outside]
    shared = [k for k in used if k not in own]
    inner = _over([Term(t.scalar, tuple([domain[k] for k in own]), tuple(still))], [*shared, *own], domain, len(shared))
    kept = [k for k in range(len(t.bounds)) if start + k not in own]
    place = {k: k for k in range(start)} | {start + k: start + j for j, k in enumerate(kept)}
    factors = [(inner, tuple([whole(k, domain[k]) for k in shared])), *others]
    moved = tuple([(x, _moved(a, place)) for x, a in factors])
    guards = tuple([(equal, _moved((e,), place)[0]) for equal, e in t.guards])
    return Term(ONE, tuple([t.bounds[k] for k in kept]), moved, guards)


def _into_kernel(t: Term, fixed: Fixed) -> Term:
    """A term that scales the channels of a convolution by weights, as the convolution with the scaled kernel."""
    if len(t.factors) != 2 or t.bounds or t.guards or t.scalar != ONE:
        return t
    (x, access), (s, reading) = sorted(t.factors, key=lambda f: fixed(f[0]))
    channel = len(x.degree)
    if not isinstance(x.op, Convolution) or not fixed(s) or not fixed(x.operands[1][0]) or reading != access[channel : channel + 1]:
        return t
    domain = x.domain(1)
    kernel = multiply(x.read(1), Value(s, (whole(channel, domain[channel]),), domain))
    scaled = node(x.op, [x.operands[0], (kernel.node, kernel.access)], x.sizes)
    return Term(ONE, (), ((scaled, access),))


def _over(ts: list[Term], used: list[int], domain: Sizes, own: int | None = None) -> Node:
    """The sum of terms over the axes of a domain that are used, the first `own` of them its own; other bound axes follow."""
    count = len(used) if own is None else own
    sizes = tuple([domain[k] for k in used[:count]])
    found = []
    for t in ts:
        place = {k: j for j, k in enumerate(used)}
        if own is None:
            place |= {len(domain) + k: count + k for k in range(len(t.bounds))}
        factors = tuple([(x, _moved(a, place)) for x, a in t.factors])
        found.append(Term(t.scalar, t.bounds, factors, tuple([(equal, _moved((e,), place)[0]) for equal, e in t.guards])))
    return contraction(found, sizes)


def _moved(a: Access, place: dict[int, int]) -> Access:
    found: list[Index] = [(c, tuple([(s, place[k], t, m) for s, k, t, m in digits])) for c, digits in a]
    return tuple(found)


def _indices(t: Term) -> list[Index]:
    return [e for _, a in t.factors for e in a] + [e for _, e in t.guards]
