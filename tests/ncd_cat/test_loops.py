"""Iteration with sizes that depend on the step, weights of its own for each, branches, mixtures, and memory that is used once."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ncd_cat as ncd
from ncd_cat.diagram import EMPTY, Array, Broadcast, Copy, Diagram, Operation, Ty
from ncd_cat.errors import InputError, TypeMismatch
from ncd_cat.evaluate import evaluate
from ncd_cat.graph import Graph, Input, Value, Weight, source
from ncd_cat.loops import gate, iterate, mixture
from ncd_cat.memory import memory
from ncd_cat.ops.contraction import add, einsum
from ncd_cat.ops.pointwise import Exp, Less
from ncd_cat.weights import prefixed, renamed_weights, weights_of
from tests.loops import loop_evaluate


def linear(m: int, n: int, key: str = "weight") -> Diagram:
    """The linear map of a weight."""
    y = einsum("nm,m->n", source(Weight(key), (n, m)), source(Input(0), (m,)))
    return Diagram.from_graph(Graph((Array.of((m,)),), (Array.of((n,)),), (y,)))


EXP = Operation(Exp(), Array.of((2,)), Array.of((2,)))


# ---- iterate ------------------------------------------------------------------------------------------------------


def test_steps_have_weights_of_their_own() -> None:
    found = iterate(linear(2, 2) >> EXP, 3, name="layers")
    assert [box.name for box in found.boxes] == ["layers.0", "layers.1", "layers.2"]
    assert sorted(weights_of(found)) == [f"layers.{k}.weight" for k in range(3)]
    random = np.random.default_rng(0)
    w, x = random.standard_normal((3, 2, 2)), random.standard_normal(2)
    expected = x
    for k in range(3):
        expected = np.exp(w[k] @ expected)
    np.testing.assert_allclose(evaluate(found, [x], weights={f"layers.{k}.weight": w[k] for k in range(3)})[0], expected)


def test_sizes_may_depend_on_the_step() -> None:
    found = iterate(lambda i: linear(2**i, 2 ** (i + 1)), 4, name="up")
    assert (found.dom, found.cod) == (Ty(Array.of((1,))), Ty(Array.of((16,))))
    assert weights_of(found)["up.3.weight"].sizes == (16, 8)


def test_none_and_one() -> None:
    body = linear(2, 2)
    assert iterate(body, 0) == Diagram.id(body.dom) == iterate(lambda i: body, 0, name="layers")
    assert iterate(body, 1) == body
    assert iterate(linear(2, 3), 1, name="f").graph.same_as(linear(2, 3, "f.0.weight").graph)


def test_shared_weights_are_said_to_be() -> None:
    shared = iterate(linear(2, 2), 3, shared=True)
    named = iterate(linear(2, 2), 3, name="layers", shared=True)
    assert list(weights_of(shared)) == ["weight"] and named.graph.same_as(shared.graph)
    assert [box.name for box in named.boxes] == ["layers.0", "layers.1", "layers.2"]
    assert iterate(EXP, 2) == EXP >> EXP  # nothing to share
    own = iterate(lambda i: linear(2, 2, f"{i}.weight"), 2)
    assert sorted(weights_of(own)) == ["0.weight", "1.weight"]


def refused(write: Callable[[], Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        write()


def test_mistakes_are_told_by_step() -> None:
    refused(lambda: iterate(linear(2, 2, "conv.weight"), 3), InputError,
            "iterate: weight conv.weight is shared by all 3 steps; give name=…, so that each step has its own, or shared=True")  # fmt: skip
    refused(lambda: iterate(lambda i: linear(2, 2, f"{i % 2}.w"), 3), InputError, "weight 0.w is shared by steps 0 and 2")
    refused(lambda: iterate(EXP, -1), InputError, "-1 steps")
    refused(lambda: iterate(linear(2, 3), 2, name="f"), TypeMismatch,
            r"step 0 gives float32\[a:3\], step 1 takes float32\[a:2\]: .*axis a has sizes 3 and 2")  # fmt: skip


def test_iteration_takes_time_in_proportion_to_the_steps() -> None:
    body = linear(2, 2) >> EXP

    def seconds(n: int) -> float:
        start = time.perf_counter()
        assert len(iterate(body, n, name="f").inside) == n
        return time.perf_counter() - start

    assert min(seconds(2000) for _ in range(3)) < 12 * min(seconds(400) for _ in range(3)) + 0.05


# ---- weights ------------------------------------------------------------------------------------------------------


def test_renaming_keeps_the_structure() -> None:
    inner = Broadcast(linear(2, 2).block("inner"), [*Array.of((1, 5)).axes[1:]])
    found = prefixed(inner >> Operation(Exp(), inner.cod, inner.cod), "a.")
    assert list(weights_of(found)) == ["a.weight"] and isinstance(found.boxes[0], Broadcast)
    assert prefixed(found, "") is found
    assert prefixed(linear(2, 2) >> EXP, "p.").graph.same_as((linear(2, 2, "p.weight") >> EXP).graph)
    unused = Diagram.id(EMPTY) @ linear(2, 2) >> Copy(Ty(Array.of((2,))), 0)
    assert [str(box) for box in prefixed(unused, "p.").boxes][-1] == "Discard(float32[a:2])"


def test_a_mapping_names_weights_that_are_there_and_joins_those_that_fit() -> None:
    two = linear(2, 2, "a") >> linear(2, 2, "b") >> linear(2, 3, "c")
    exchanged = linear(2, 2, "b") >> linear(2, 2, "a") >> linear(2, 3, "c")
    assert renamed_weights(two, {"a": "b", "b": "a"}).graph.same_as(exchanged.graph)
    assert sorted(weights_of(renamed_weights(two, {"a": "b"}))) == ["b", "c"]
    refused(lambda: renamed_weights(two, {"d": "a"}), InputError, "no weight 'd' to rename: this diagram has 'a', 'b', 'c'")
    message = r"real of sizes \(., 2\)\) and '.' \(real of sizes \(., 2\)\) cannot both be 'a'"
    refused(lambda: renamed_weights(two, {"c": "a"}), TypeMismatch, message)


# ---- branches -----------------------------------------------------------------------------------------------------


def test_a_gate_takes_one_branch_at_each_index() -> None:
    x, y, t = source(Input(0), (2, 3)), source(Input(1), (2, 3)), source(Input(2), (2,))
    a, b, c = np.arange(6.0).reshape(2, 3), -np.ones((2, 3)), np.array([-1.0, 1.0])
    rows = gate(Less()(t, t.at(((1, ()),), (2,))), x, y)
    np.testing.assert_array_equal(loop_evaluate(rows, [a, b, c]), np.where((c < c[1])[:, None], a, b))
    entries = gate(Less()(x, y), x, y)
    np.testing.assert_array_equal(loop_evaluate(entries, [a, b, c]), np.minimum(a, b))
    refused(lambda: gate(Less()(x, y), x, t), TypeMismatch, "the branches have sizes")
    refused(lambda: gate(t, x, y), TypeMismatch, "the condition is real, not bool")
    refused(lambda: gate(Less()(x, y), t, t), TypeMismatch, "which are not the first of")


def test_a_dense_mixture_is_a_weighted_sum() -> None:
    w, parts = source(Input(0), (2, 3)), [source(Input(k), (2, 4)) for k in (1, 2, 3)]
    random = np.random.default_rng(0)
    g, xs = random.standard_normal((2, 3)), random.standard_normal((3, 2, 4))
    np.testing.assert_allclose(loop_evaluate(mixture(w, parts), [g, *xs]), np.einsum("be,ebd->bd", g, xs))
    whole = mixture(source(Input(0), (3,)), parts)
    np.testing.assert_allclose(loop_evaluate(whole, [g[0], *xs]), np.einsum("e,ebd->bd", g[0], xs))
    refused(lambda: mixture(w, parts[:2]), TypeMismatch, r"sizes \(2, 3\), for 2 parts")
    refused(lambda: mixture(w, []), TypeMismatch, "for 0 parts")
    refused(lambda: mixture(w, [*parts[:2], w]), TypeMismatch, r"part 2 has sizes \(2, 3\), part 0 has \(2, 4\)")


# ---- memory -------------------------------------------------------------------------------------------------------


def u_net(loaded: int) -> Value:
    """Four levels that save, and as many as are asked for that load."""
    x = source(Input(0), (2,))
    with memory() as m:
        for level in range(1, 5):
            x = Exp()(x)
            m.save(f"C{level}", x)
        for level in range(4, 4 - loaded, -1):
            x = add(x, m.load(f"C{level}"))
    return x


def test_each_saved_tensor_is_loaded_once() -> None:
    assert u_net(4).sizes == (2,)
    refused(lambda: u_net(3), TypeMismatch, "^C1 is saved but never loaded$")  # the paper's figure 27
    refused(lambda: u_net(2), TypeMismatch, "^C1, C2 are saved but never loaded$")
    refused(lambda: u_net(5), TypeMismatch, "C0 is loaded before it is saved")


def test_saving_and_loading_are_linear() -> None:
    with memory() as m:
        m.save("a", 1)
        refused(lambda: m.save("a", 2), TypeMismatch, "a is saved twice")
        refused(lambda: m.load("b"), TypeMismatch, "b is loaded before it is saved; saved so far: a")
        assert m.load("a") == 1
        refused(lambda: m.load("a"), TypeMismatch, "a is loaded twice")
        refused(lambda: m.save("a", 2), TypeMismatch, "a is saved twice")
    with pytest.raises(ZeroDivisionError), memory() as broken:  # the mistake that stopped it is the one that is told
        broken.save("a", 1 / 0)


def test_a_family_is_iterated_at_the_types_that_its_steps_give() -> None:
    layer = ncd.linear("m", "m:4", name="map") >> ncd.relu
    layers = ncd.iterate(layer, 3, name="layers").at(ncd.ty("t m:4"))
    assert [str(box) for box in layers.boxes] == ["layers.0", "layers.1", "layers.2"]
    assert "layers.2.map.bias" in layers.graph.weights()
    assert ncd.iterate(layer, 0).at(ncd.ty("t m:4")) == ncd.identity("t m:4")
    with pytest.raises(InputError, match=r"map\.weight is shared by steps 0 and 1"):
        ncd.iterate(layer, 3).at(ncd.ty("t m:4"))
