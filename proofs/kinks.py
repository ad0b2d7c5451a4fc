"""Almost everywhere: two derivatives that differ at kinks only, where each is a selection that its own way of writing makes.

relu(x) − relu(−x) = x, and the derivatives of the two sides are 1 wherever x is not 0; there the selections give 0 and 1.  Of a claim
about derivatives, and of no other, `prove` asks after a counterexample whether the sides agree at generic points too, and then
uses the rules of `rewrites.rules.kinks`, whose assumptions say what is left out.  Source: Bolte and Pauwels, A mathematical model
for automatic differentiation in machine learning (arXiv 2006.02080).

>>> from ncd_cat import diagram, grad, relu, total
>>> from proofs.prove import prove
>>> f = diagram("x")(lambda x: total(relu(x) - relu(-x), "x"))
>>> verdict = prove(grad(f), diagram("x")(lambda x: x * 0 + 1))
>>> verdict.status, verdict.assumptions
('proved', ('input(0, real)[i0] is not 0, as almost everywhere',))
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from ncd_cat.evaluation.lowering import instance
from ncd_cat.gradient import MIRROR
from ncd_cat.graph import Graph
from ncd_cat.ops.pointwise import Compare
from proofs.draws import Style, small_sizes
from proofs.pair import Pair
from rewrites.strategy import LEVELS

KINKS = tuple([replace(level, kinks=True) for level in (LEVELS[1], LEVELS[4], LEVELS[-1])])
GENERIC = (Style("normal", "normal"), Style("large", "normal"), Style("negative", "normal"), Style("normal", "large"))
SEEDS = 4
REFUTED = "the derivatives agree at generic points: they may differ at kinks only"
PROVED = "derivatives are equal almost everywhere: at a kink each side is the selection that its own form makes"


def have_kinks(*graphs: Graph) -> bool:
    """Whether part of some graph was made by differentiation, as a block of it that mirrors another says, and numbers are compared."""
    live = [graph.live() for graph in graphs]
    mirrored = any(part.startswith(MIRROR) for graph in live for _, path in graph.blocks for part in path)
    return mirrored and any(isinstance(n.op, Compare) for graph in live for n in graph.nodes())


def agree_generically(lhs: Graph, rhs: Graph) -> bool:
    """Whether two sides are the same at some points drawn from continuous distributions, at small sizes."""
    for sizes in small_sizes(lhs, rhs):
        pair = Pair(instance(lhs, sizes), instance(rhs, sizes))
        for style, seed in product(GENERIC, range(1 if pair.large else SEEDS)):
            point = pair.fitting(style, seed)
            gap = pair.gap(point)
            if gap is not None and pair.separates(point, gap):
                return False
    return True
