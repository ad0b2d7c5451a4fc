"""The rule tables: one theory a file, gathered by name.

>>> print(RULES["exp_of_sum"])
exp_of_sum: exp(a + b) = exp(a) · exp(b)   [real field; the functional equation of exp]
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rewrites.rule import Rule
from rewrites.rules import (
    blocks,
    bodies,
    brackets,
    broadcast,
    cancelling,
    cases,
    cells,
    circle,
    comparison,
    conditions,
    content,
    cup_cap,
    definitions,
    exponential,
    folds,
    gathers,
    inverses,
    kinks,
    linear,
    literals,
    loops,
    names,
    order,
    parity,
    parts,
    polynomials,
    powers,
    rational,
    rotations,
    tables,
    transpose,
)

THEORIES = (transpose, cup_cap, broadcast, linear, polynomials, brackets, blocks, exponential, circle, powers, rational,
            content, inverses, cancelling, literals, tables, rotations, gathers, order, comparison, folds, parts, loops,
            bodies, conditions, cases, cells, kinks, parity, definitions, names)  # fmt: skip

RULES: Mapping[str, Rule] = MappingProxyType({rule.name: rule for theory in THEORIES for rule in theory.RULES})
assert len(RULES) == sum(len(theory.RULES) for theory in THEORIES), "two rules share a name"
