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

from ncd_cat import wiring
from ncd_cat.diagram.box import Box
from ncd_cat.diagram.boxes import Block, Operation
from ncd_cat.diagram.diagram import Diagram
from ncd_cat.diagram.wires import EMPTY, atomic, ty
from ncd_cat.errors import InputError
from ncd_cat.graph import Graph, Input, Value, source
from ncd_cat.ops.random import FLAG, LAWS, Draw, KeyedDraw, draws, dropout
from ncd_cat.types import Array

KEY = Array((), "int64", "key")


class Sample(Box):
    """An array of independent numbers, "uniform" on [0, 1) or standard "normal"; another one at each occurrence.

    Raises InputError for another law.
    """

    def __init__(self, cod: Array, law: str = "uniform") -> None:
        if law not in LAWS or cod.kind != "real":
            raise InputError(f"a sample is real and of a law among {', '.join(LAWS)}, not {cod} of law {law!r}")
        Box.__init__(self, law, EMPTY, ty(cod), law)

    def act(self, values: list[Value], run: wiring.Run) -> list[Value]:
        found = run.make(Draw(FLAG, self.data), (), self.cod.inside[0].sizes)
        run.labels.setdefault(found.node, self.cod.inside[0])
        return [found]

    def __repr__(self) -> str:
        return f"Sample({self.cod.inside[0]!r}, {self.data!r})"


class Dropout(Block):
    """x · [u < 1 − p] / (1 − p) for a uniform u: dropout in training, which draws anew at each occurrence.

    keyed: the box has a second wire, an integer key that generates u; then it is a function, and may be copied.  Raises
    InputError unless 0 <= p <= 1.
    """

    def __init__(self, array: Array, p: float | Fraction, *, keyed: bool = False) -> None:
        self.array, self.p, self.keyed = atomic("Dropout", ty(array)).inside[0], p, keyed
        x, key = source(Input(0, self.array.kind), self.array.sizes), source(Input(1, "int"), ())
        dom = (self.array, KEY) if keyed else (self.array,)
        graph = Graph(dom, (self.array,), (dropout(x, p, key if keyed else None),))
        Block.__init__(self, f"dropout({p})", Diagram.from_graph(graph))

    def __repr__(self) -> str:
        return f"Dropout({self.array!r}, {self.p!r}{', keyed=True' * self.keyed})"


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
