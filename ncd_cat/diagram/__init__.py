"""Diagrams: the free cartesian category on ops lifted over axes, one wire a tensor, as a subclass of `discopy.markov`.

Objects are tuples of arrays (`Ty`).  The structure is Copy, Discard, Swap and Permutation; tensors are not merged, for a
merge would impose the Frobenius laws on wires that carry nonlinear maps.  The other boxes are Reindex (an index map, the
contravariant action of St), Operation (a root morphism of Br: an op, an access for each operand, its degree), Broadcast
(the power functor along axes), Block (a diagram that has a name) and Box (a function without a meaning here).  Equality of
diagrams is syntactic; equality up to the laws of the category is that of their graphs.  Sources: Fritz and Liang, arXiv
2204.02284 (free gs-monoidal categories); St and Br of arXiv 2604.07242; DisCoPy, arXiv 2005.02975.

>>> x, y = Ty(Array.of((2, 3))), Ty(Array.of((3,)))
>>> f, g = Box("f", x, y), Box("g", y @ y, x)
>>> print(f >> Diagram.copy(y) >> g)
f >> Copy(float32[a:3]) >> g
>>> (f >> Copy(y) >> g).graph.same_as((Copy(x) >> f @ f >> g).graph)
True
>>> g >> Swap(x, x)
Traceback (most recent call last):
    ...
ncd_cat.errors.TypeMismatch: g does not compose with Swap(float32[a:2 b:3], float32[a:2 b:3]): the first gives 1 wire, the second takes 2
"""

from ncd_cat.diagram.box import Box
from ncd_cat.diagram.boxes import Operation, Permutation, Reindex
from ncd_cat.diagram.diagram import Diagram
from ncd_cat.diagram.functor import Category, Functor, Hypergraph
from ncd_cat.diagram.inner import Block, Broadcast
from ncd_cat.diagram.repeats import Repeat
from ncd_cat.diagram.structure import Bubble, Copy, Discard, Merge, Sum, Swap, Trace
from ncd_cat.diagram.wires import EMPTY, Layer, Ty
from ncd_cat.types import Array

__all__ = [
    "EMPTY", "Array", "Block", "Box", "Broadcast", "Bubble", "Category", "Copy", "Diagram", "Discard", "Functor", "Hypergraph", "Layer",
    "Merge", "Operation", "Permutation", "Reindex", "Repeat", "Sum", "Swap", "Trace", "Ty",
]  # fmt: skip
