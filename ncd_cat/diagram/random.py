"""Random boxes: a sample is a state of a Markov category, and dropout a box that has one inside.

Each occurrence of a `Sample` in a diagram is a draw of its own.  So a copy after it is one draw used twice, two of them are
two draws, and broadcast over an axis it draws independently at each index.

>>> x = Array.of((2, 3))
>>> f = Dropout(x, 0.1)
>>> one, two = f >> Diagram.copy(f.cod), Diagram.copy(f.dom) >> f @ f
>>> one.graph.same_as(two.graph)
False
>>> (f >> Diagram.discard(f.cod)).graph.live().same_as(Diagram.discard(f.dom).graph)
True
"""

from __future__ import annotations

from fractions import Fraction

from ncd_cat.diagram.boxes import Block, Operation
from ncd_cat.diagram.diagram import Diagram
from ncd_cat.diagram.wires import EMPTY
from ncd_cat.errors import InputError
from ncd_cat.graph import Graph, Input, source
from ncd_cat.ops.random import FLAG, LAWS, Draw, KeyedDraw, draws, dropout
from ncd_cat.types import Array

KEY = Array((), "int64", "key")


def Sample(cod: Array, law: str = "uniform") -> Operation:
    """An array of independent numbers, "uniform" on [0, 1) or standard "normal"; another one at each occurrence of the box.

    Raises InputError for another law.

    >>> u = Sample(Array.of((2,)))
    >>> [n.op.key for n in (u @ u).graph.nodes()]
    ['uniform[2]#0', 'uniform[2]#1']
    """
    if law not in LAWS or cod.kind != "real":
        raise InputError(f"a sample is real and of a law among {', '.join(LAWS)}, not {cod} of law {law!r}")
    return Operation(Draw(FLAG, law), EMPTY, cod)


def Dropout(array: Array, p: float | Fraction, *, keyed: bool = False) -> Block:
    """x · [u < 1 − p] / (1 − p) for a uniform u: dropout in training, which draws anew at each occurrence of the box.

    keyed: the box has a second wire, an integer key that generates u; then it is a function, and may be copied.  Raises
    InputError unless 0 <= p <= 1.
    """
    x, key = source(Input(0, array.kind), array.sizes), source(Input(1, "int"), ())
    y = dropout(x, p, key if keyed else None)
    return Block(f"dropout({p})", Diagram.from_graph(Graph((array, KEY) if keyed else (array,), (array,), (y,))))


def generator(cod: Array, law: str = "uniform") -> Operation:
    """The box from an integer key to the numbers that it generates: a function, which may be copied."""
    return Operation(KeyedDraw(law, cod.sizes), KEY, cod, ((),))


def is_deterministic(diagram: Diagram) -> bool:
    """Whether no output depends on a flagged draw, so that the diagram may be copied: f ⨾ copy = copy ⨾ (f ⊗ f).

    >>> x = Array.of((2,))
    >>> is_deterministic(Dropout(x, 0.5)), is_deterministic(Dropout(x, 0.5, keyed=True)), is_deterministic(Dropout(x, 0))
    (False, True, True)
    """
    return not any(n.op.flagged for n in draws(diagram.graph.live()).values() if isinstance(n.op, Draw))


__all__ = ["Dropout", "Sample", "generator", "is_deterministic"]
