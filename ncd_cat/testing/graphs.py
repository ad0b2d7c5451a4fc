"""Random term graphs, with sharing, several outputs, discarded nodes and closed loops.

Graphs are grown from a few inputs and weights by drawing ops whose operands read what is there through random index maps.
"""

from __future__ import annotations

from hypothesis import strategies as st

from ncd_cat.graph import Graph, Input, Weight, source
from ncd_cat.testing.indices import Draw, sizes
from ncd_cat.testing.values import contractions, functions, gathers, placements, views, windows
from ncd_cat.types import Array

DTYPE = {"real": "float64", "int": "int64", "bool": "bool"}


@st.composite
def graphs(draw: Draw, max_nodes: int = 5) -> Graph:
    """A graph with up to three inputs (reals, integers in {0, 1}, truth values), two weights and several outputs."""
    kinds = draw(st.lists(st.sampled_from(("real", "real", "int", "bool")), max_size=3))
    dom = tuple(Array.of(draw(sizes(3, 4)), DTYPE[kind]) for kind in kinds)
    pool = [source(Input(k, a.kind), a.sizes) for k, a in enumerate(dom)]
    pool += [source(Weight(name), draw(sizes(2, 4))) for name in ("w", "v")]
    for _ in range(draw(st.sampled_from(range(max_nodes, 0, -1)))):
        pool.append(draw(draw(st.sampled_from((contractions, contractions, placements, windows, functions, gathers)))(pool)))
    outputs = tuple(draw(views(pool)) for _ in range(draw(st.integers(0, 2)))) + (pool[-1],)
    dead = tuple(v.node for v in draw(st.lists(st.sampled_from(pool), max_size=2)))
    cod = tuple(Array.of(v.sizes, DTYPE[v.kind]) for v in outputs)
    return Graph(dom, cod, outputs, dead)
