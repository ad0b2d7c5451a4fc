"""Randomness on wires: draws, which are states, and dropout, which has one inside.

Each use of a draw is another one, unless a key names it; a wire that carries a draw is one draw, wherever it goes.  So a draw
may be discarded and not copied: f ⨾ discard = discard, but f ⨾ copy ≠ copy ⨾ (f ⊗ f).
Source: Fritz, A synthetic approach to Markov kernels, arXiv 1908.07021.

>>> from ncd_cat.language.types import ty
>>> noise = draw("t d", "normal")
>>> print(noise.at().cod, dropout(0.1).at(ty("t d")).cod)
float32[t d] float32[t d]
>>> noise().value == noise().value, draw("t", key="u")().value == draw("t", key="u")().value
(False, True)
"""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from typing import Any

from ncd_cat.errors import TypeMismatch
from ncd_cat.graph import Value
from ncd_cat.language.family import Family
from ncd_cat.language.types import AxesLike, axes_of
from ncd_cat.language.verbs import verb
from ncd_cat.language.wire import Wire, typed, wired
from ncd_cat.ops import random as draws


def draw(axes: AxesLike, law: str = "uniform", *, key: str = "") -> Family:
    """Independent numbers of a law, "uniform" on [0, 1) or standard "normal", one at every index, as a state.

    Each use is another draw; with a key, it is the one draw of that name.  Broadcast over more axes, it is independent along
    them.  Raises InputError for another law.
    """
    named = axes_of(axes)
    sizes = tuple([a.size for a in named])
    build = partial(draws.draw, key, sizes, law) if key else partial(draws.sample, sizes, law)
    build()  # another law is told here
    return Family(f"draw({' '.join(map(str, named))!r}, {law!r})", 0, lambda: Wire(build(), typed(named, "float32", "draw")))


@verb()
def dropout(x: Wire, p: float | Fraction, *, key: str | Wire = "") -> Any:
    """x · [u < 1 − p] / (1 − p) for a uniform u of the sizes of x: dropout in training, anew at each use.

    key: a name of u, which is then one draw wherever it stands, or a wire with an integer that generates it, of which dropout is
    a function.  Raises InputError unless 0 ≤ p ≤ 1.
    """
    if not isinstance(key, Wire):
        return x.like(draws.dropout(x.value, p, key or None))
    if key.type.kind != "int" or key.axes:
        raise TypeMismatch(f"dropout: a key is one integer, int64[], not {key.type}")
    value: Value = key.value
    return wired(draws.dropout(x.value, p, value), x.axes, x, key)
