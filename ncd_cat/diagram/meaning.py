"""What a diagram means: its graph, what it does to values and wires, and how graphs and functions become diagrams."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ncd_cat import wiring
from ncd_cat.diagram.wires import Ty, label
from ncd_cat.errors import TypeMismatch
from ncd_cat.graph import Graph, Input, Value, source
from ncd_cat.language.calling import call
from ncd_cat.language.family import family, joined
from ncd_cat.language.types import a_size
from ncd_cat.language.wire import Wire
from ncd_cat.substitution import resized

if TYPE_CHECKING:
    from ncd_cat.cost import Cost
    from ncd_cat.diagram.diagram import Diagram


class Meant:
    """The methods of a diagram that say, or keep, what it means."""

    def __call__(self: Any, *values: Any) -> Any:
        """The outputs, given the inputs.  Raises TypeMismatch, naming the wire and both sizes.

        Of values, a tuple of values; of wires, a wire or a tuple of wires, at their sizes, as a block called `title`.
        """
        if not all(isinstance(v, Value) for v in values):
            found = call(self, joined(values, self.title or label(self)))
            return found[0] if len(found) == 1 else found
        if [v.sizes for v in values] != [a.sizes for a in self.dom.inside]:
            raise TypeMismatch(f"{label(self)} takes {self.dom}, it was given sizes {', '.join(str(v.sizes) for v in values)}")
        return tuple(wiring.Run().through(self, list(values)))

    def wire(self: Any) -> Wire:
        """The wire of a state, a diagram from no wires to one.  Raises TypeMismatch on other diagrams."""
        return family(self).wire()

    @cached_property
    def graph(self: Any) -> Graph:
        """The term graph: the diagram up to the laws of a cartesian category."""
        run = wiring.Run()
        outputs = run.through(self, [source(Input(k, a.kind), a.sizes) for k, a in enumerate(self.dom.inside)])
        return run.graph(self.dom.inside, self.cod.inside, outputs)

    def to_graph(self: Any) -> Graph:
        """The term graph."""
        found: Graph = self.graph
        return found

    @staticmethod
    def from_graph(graph: Graph) -> Diagram:
        """The graph laid out: a box for each node, a Block for each module, copies and permutations between them."""
        return lay_out(graph)

    @staticmethod
    def from_callable(dom: Ty, cod: Ty) -> Callable[[Callable[..., Any]], Diagram]:
        """A decorator: the diagram of a function of values."""

        def decorate(function: Callable[..., Any]) -> Diagram:
            found = function(*(source(Input(k, a.kind), a.sizes) for k, a in enumerate(dom.inside)))
            outputs = tuple(found) if isinstance(found, tuple | list) else (found,)
            if [v.sizes for v in outputs] != [a.sizes for a in cod.inside]:
                raise TypeMismatch(f"the function gives sizes {', '.join(str(v.sizes) for v in outputs)}, not {cod}")
            return lay_out(Graph(dom.inside, cod.inside, outputs))

        return decorate

    def resize(self: Any, **sizes: Any) -> Diagram:
        """The diagram with values for its size symbols: `f.resize(q=5, d=n)`; those that it has not are left aside.

        Raises TypeMismatch on a value that is no size.
        """
        found = lay_out(resized(self.graph, {name: a_size(n, name) for name, n in sizes.items()}))
        found.title = self.title
        return found

    def simplify(self: Any) -> Diagram:
        """The layout of the graph: the same for all diagrams that the laws of the category make equal."""
        return lay_out(self.graph)

    def cost(self: Any, **sizes: int) -> Cost:
        """Work, memory, boxes, path and tape, as SymPy expressions in the axis sizes; with `sizes`, at these values of symbols."""
        from ncd_cat.cost import cost

        return cost(self, sizes=sizes).at(**sizes)

    def depth(self: Any) -> int:
        """The greatest number of ops on a path."""
        return wiring.depth(self.graph)


def lay_out(graph: Graph) -> Diagram:
    """The diagram of a graph."""
    from ncd_cat.diagram import layout

    return layout.lay_out(graph)
