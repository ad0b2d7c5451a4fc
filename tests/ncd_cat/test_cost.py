"""The cost of diagrams: by hand, against what numpy allocates, and the cut between a primal and its gradient."""

import tracemalloc

import numpy as np
import pytest
import sympy

import ncd_cat as ncd
from ncd_cat.architectures import find
from ncd_cat.costs.memory import is_mirror, tape
from ncd_cat.errors import InputError

q, k, v, d, e = sympy.symbols("q k v d e", positive=True, integer=True)
NAMES = [
    "attention-symbolic",
    "multi-head-attention-symbolic",
    "convolution-symbolic",
    "gpt2-block-symbolic",
    "linear-attention-causal-steps",
]


def test_attention_is_quadratic_in_its_tokens() -> None:
    found = ncd.cost(find("attention-symbolic"))
    n = sympy.Symbol("n")
    assert sympy.degree(found.work.subs({q: n, k: n}), n) == 2
    assert found.work == 2 * d * k * q + 4 * k * q + q + 2 * k * q * v
    assert sympy.degree(found.at(v=1, d=1).memory.subs({q: n, k: n}).args[0], n) == 2
    assert (found.boxes, found.operations, found.depth, found.tape) == (4, 4, 4, 0)


def test_the_cost_at_sizes_is_that_of_the_diagram_at_sizes() -> None:
    f = ncd.Diagram.from_graph(find("attention-symbolic"))
    sizes = {"q": 5, "k": 7, "d": 3, "v": 2}
    there, here = ncd.cost(f).at(**sizes), ncd.cost(f.resize(**sizes))
    assert (there.work, there.memory, there.depth_work) == (here.work, here.memory, here.depth_work)
    assert f.cost(**sizes).work == here.work


@pytest.mark.parametrize("name", NAMES)
def test_blocks_add_up_and_paths_are_parts(name: str) -> None:
    found = ncd.cost(find(name))
    whole = found.rows[0]
    assert whole.path == ()
    assert (whole.work, whole.boxes, whole.operations) == (found.work, found.boxes, found.operations)
    outer = [r for r in found.rows if len(r.path) == 1]
    assert sum(r.operations for r in outer) <= found.operations
    assert 0 < found.depth <= found.operations
    paths = [r.path for r in found.rows]
    assert len(set(paths)) == len(paths)
    assert all(path[:-1] in paths[:i] for i, path in enumerate(paths) if path)


def test_memory_is_what_numpy_allocates() -> None:
    n = 256
    f = ncd.diagram("q d, k d, k v -> q v")(lambda a, b, c: ncd.einsum("q k, k v -> q v")(ncd.exp(ncd.einsum("q d, k d -> q k")(a, b)), c))
    f = f.resize(q=n, k=n, d=64, v=64)
    arrays = [np.random.default_rng(i).normal(size=(n, 64)) for i in range(3)]
    run = ncd.compile(f)
    run(*arrays)
    tracemalloc.start()
    run(*arrays)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    inputs = sum(a.size for a in arrays)
    predicted = 8 * (int(f.cost().memory) - inputs)
    assert 0.45 * predicted <= most <= 1.1 * predicted  # an op may write over its operand


def test_the_order_of_products_is_compared_at_the_sizes_given() -> None:
    f = ncd.einsum("q d, k d, k e -> q e")
    many = {"q": 1000, "k": 1000, "d": 2, "e": 2}
    assert ncd.cost(f, sizes=many).work == 2 * d * e * k + 2 * d * e * q
    assert f.cost(**many).work == 2 * 1000 * 4 * 2
    assert f.cost(q=2, k=2, d=1000, e=1000).work == 2 * 4 * 1000 * 2


def test_the_tape_of_a_gradient_is_what_crosses_the_cut() -> None:
    f = find("mlp")
    g = ncd.vjp(f, wrt=[0, "weights"])
    paths = dict(g.graph.blocks)
    crossing = tape(g.graph)
    assert crossing
    assert all(not is_mirror(paths.get(n, ())) for n in crossing)
    assert set(crossing) <= set(f.nodes())
    assert g.cost().tape > 0 == ncd.cost(f).tape


def test_a_gradient_without_blocks_has_a_mirror_image_too() -> None:
    f = ncd.diagram("i", i=4)(lambda x: ncd.total(ncd.exp(ncd.exp(x)), "i"))
    assert ncd.grad(f).cost().tape > 0


def test_gradients_do_at_most_four_times_the_work() -> None:
    for name in ["attention", "mlp", "multi-head-attention", "gpt2", "resnet", "linear-attention"]:
        f = find(name)
        g = ncd.vjp(f, wrt=[*[i for i, a in enumerate(f.dom) if a.kind == "real"], *f.weights()])
        assert g.cost().work <= 4 * ncd.cost(f).work


@pytest.mark.parametrize("sizes", [{"n": 0}, {"n": 1.5}, {"n": True}])
def test_a_size_is_a_positive_integer(sizes: dict[str, int]) -> None:
    with pytest.raises(InputError, match="positive integer, and n is"):
        ncd.cost(find("attention"), sizes=sizes)
    with pytest.raises(InputError, match="positive integer, and n is"):
        ncd.cost(find("attention")).at(**sizes)


def test_a_diagram_without_boxes_costs_nothing() -> None:
    found = ncd.cost(ncd.identity("i j"))
    assert (found.work, found.boxes, found.operations, found.depth, found.tape) == (0, 0, 0, 0, 0)
