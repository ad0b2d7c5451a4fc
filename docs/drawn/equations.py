"""Both sides of every rule, at one instance: a small one with names, or the simplest of those that the rule's tests draw."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import HealthCheck, Phase, given, settings

from docs.drawn.examples import EXAMPLES
from docs.drawn.pictures import Picture
from ncd_cat.axes import NotAffine
from ncd_cat.diagram import Diagram
from ncd_cat.draw import scene
from ncd_cat.draw.scene import Scene
from ncd_cat.graph import Graph, Input, Value, source, topological
from ncd_cat.substitution import inline
from ncd_cat.types import Array
from rewrites.rule import Rule, RuleError
from rewrites.rules import RULES
from tests.rewrites.instances import INSTANCES, Instance
from tests.strategies import DTYPE

TRIES = 15


@dataclass(frozen=True)
class Equation:
    """A rule at an instance: its two sides, as pictures."""

    rule: Rule
    left: Picture
    right: Picture


def equation(name: str) -> Equation:
    """The rule of that name, drawn."""
    rule = RULES[name]
    graphs, names = (example(name), "names") if name in EXAMPLES else (simplest(name), "sizes")
    left, right = [_picture(rule, side, graph, names) for side, graph in zip(("left", "right"), graphs, strict=True)]
    return Equation(rule, left, right)


def example(name: str) -> tuple[Graph, Graph]:
    """The two sides of a rule at its example."""
    found = EXAMPLES[name]
    graph = found.diagram.graph
    lhs, rhs = Value.of(found.node), RULES[name].apply(found.node, found.args)
    return replace(graph, outputs=(lhs,)), replace(graph, outputs=(rhs,))


def simplest(name: str) -> tuple[Graph, Graph]:
    """The two sides of a rule at the instance that takes the fewest letters to write, of the first that a strategy draws."""
    found: list[tuple[tuple[bool, bool, int], int, tuple[Graph, Graph]]] = []

    @settings(max_examples=TRIES, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(INSTANCES[name])
    def drawn(i: Instance) -> None:
        try:
            graphs = sides(RULES[name], i)
        except (NotAffine, RuleError):
            return
        found.append((_cost(*graphs), len(found), graphs))

    drawn()
    return min(found)[2]


def sides(rule: Rule, i: Instance) -> tuple[Graph, Graph]:
    """Both sides of an instance, over the inputs that either reads."""
    values = Value.of(i.node), rule.apply(i.node, i.args)
    read = sorted({x for x in topological([v.node for v in values]) if isinstance(x.op, Input)}, key=lambda x: x.op.position)  # type: ignore[attr-defined]
    dom = tuple([Array.of(x.sizes, DTYPE[x.kind]) for x in read])
    places = {x.op.position: source(Input(k, x.kind), x.sizes) for k, x in enumerate(read)}  # type: ignore[attr-defined]
    cod = tuple([Array.of(v.sizes, DTYPE[v.kind]) for v in values])
    again = inline(Graph(dom, cod, values), places, {})  # type: ignore[arg-type]
    one, other = [again[v.node].at(v.access, v.sizes) for v in values]
    return Graph(dom, cod[:1], (one,)), Graph(dom, cod[:1], (other,))


def _cost(left: Graph, right: Graph) -> tuple[bool, bool, int]:
    """What is worse: sides that are one, sides of nothing, long ones."""
    nodes = {*left.nodes(), *right.nodes()}
    return left.same_as(right), not left.dom or not left.outputs[0].sizes, sum(len(str(n)) for n in nodes)


def _picture(rule: Rule, side: str, graph: Graph, names: str) -> Picture:
    return Picture(f"rule-{rule.name}-{side}", f"{side} side of {rule.name}, {rule.statement}", _scene(graph, names))


def _scene(graph: Graph, names: str) -> Scene:
    return scene(Diagram.from_graph(graph), names=names)
