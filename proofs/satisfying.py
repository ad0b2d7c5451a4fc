"""Arrays that satisfy conditions: a retraction sends any array to one of which the conditions hold, and leaves those as they are.

What refutes a claim must satisfy what it assumes.  Under the conditions the two sides are compared as functions of r(x), and r(x)
is the point to show.  These are the retractions of `rewrites.rules.conditions`, on arrays of numpy.

>>> fitted(np.array([-1.0, 0.0, 2.0]), ("positive",)).tolist()
[1.0, 1.0, 2.0]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from proofs.assume import Facts
    from proofs.refute import Counterexample

FITS: Mapping[str, Callable[[Any], Any]] = {
    "truth": lambda x: (x > 0).astype(x.dtype),
    "positive": lambda x: np.where(x > 0, x, np.ones_like(x)),
    "nonnegative": lambda x: np.maximum(x, np.zeros_like(x)),
    "nonzero": lambda x: np.where(x == 0, np.ones_like(x), x),
    "rows": lambda x: np.where(x.sum(-1, keepdims=True) > 0, x, np.ones_like(x)),
    "rows of complement": lambda x: np.where(x.all(-1, keepdims=True), np.zeros_like(x), x),
}


def fitted(x: Any, facts: Iterable[Any]) -> Any:
    """What the retractions make of an array, the first innermost."""
    for fact in facts:
        x = FITS[fact](x) if isinstance(fact, str) else np.full_like(x, float(Fraction(*fact)))
    return x


def satisfies(x: Any, facts: Iterable[Any]) -> bool:
    """Whether all the facts hold of an array."""
    return all(np.array_equal(fitted(x, (fact,)), x) for fact in facts)


def satisfiable(facts: Iterable[Any], kind: str) -> bool:
    """Whether some array of the kind meets all the facts."""
    start = np.array([[True, False]]) if kind == "bool" else np.array([[1, 0]]) if kind == "int" else np.array([[0.5, 0.0]])
    given = list(facts)
    return satisfies(fitted(start, given), given)


def fitted_point(found: Counterexample, facts: Facts) -> Counterexample:
    """A counterexample to a claim about r(x), as one to the claim about x that is true only where the facts hold."""
    inputs = [fitted(x, facts.get(("input", k), ())) for k, x in enumerate(found.inputs)]
    return replace(found, inputs=inputs, weights={key: fitted(x, facts.get(("weight", key), ())) for key, x in found.weights.items()})
