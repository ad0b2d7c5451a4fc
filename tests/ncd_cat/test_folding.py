"""Levels of abstraction: expanding, collapsing and folding change what is shown and never what is meant; folding undoes expanding."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from ncd_cat.axes import Axis
from ncd_cat.diagram import EMPTY, Array, Block, Box, Broadcast, Copy, Diagram, Discard, Functor, Operation, Repeat, Swap, Ty
from ncd_cat.diagram.levels import depth_of, fitted, shown
from ncd_cat.diagram.net import Net
from ncd_cat.diagram.renaming import prefixes, renamed, skeleton
from ncd_cat.diagram.repeats import find_repeats
from ncd_cat.errors import InputError, TypeMismatch
from ncd_cat.evaluate import evaluate
from ncd_cat.exporters.json import load, save
from ncd_cat.graph import Weight
from ncd_cat.ops.activation import Gelu
from ncd_cat.ops.contraction import add, einsum, multiply
from ncd_cat.ops.pointwise import Exp
from ncd_cat.ops.softmax import Softmax
from ncd_cat.sizes import symbol
from tests.strategies import canonical, graphs

A = Array((Axis("q", 3), Axis("d", 4)))
X = Ty(A)
W = Ty(Array((Axis("d", 4), Axis("e", 4))))
EXP, GELU = Operation(Exp(), X, X), Operation(Gelu(), X, X)
PLUS, TIMES = Diagram.from_callable(X @ X, X)(add), Diagram.from_callable(X @ X, X)(multiply)
MATMUL = Diagram.from_callable(X @ W, X)(lambda x, w: einsum("qd,de->qe", x, w))


def weight(key: str) -> Diagram:
    return Operation(Weight(key), EMPTY, W)


def linear(key: str) -> Diagram:
    return X @ weight(key) >> MATMUL


def layer(prefix: str, mlp: str = "mlp", act: Diagram = GELU) -> Diagram:
    """x ↦ x + gelu(x·w)·v."""
    inside = linear(f"{prefix}.fc") >> act >> linear(f"{prefix}.out")
    return Copy(X) >> inside.block(mlp) @ X >> PLUS


def stack(n: int, layer: Callable[[str], Diagram] = layer, first: int = 0) -> Diagram:
    return Diagram.id(X).then(*(layer(f"h.{k}").block(f"h.{k}") for k in range(first, first + n)))


def repeats(d: Diagram) -> list[tuple[str, int]]:
    return [(box.name, len(box.names)) for box in d.boxes if isinstance(box, Repeat)]


# ---- nets ---------------------------------------------------------------------------------------------------------


@given(graphs())
@settings(max_examples=50, deadline=None)
def test_a_net_is_its_diagram(graph) -> None:  # type: ignore[no-untyped-def]
    d = Diagram.from_graph(canonical(graph))
    assert Net.of(d).diagram() == d
    assert Diagram(Net.of(d).diagram().inside, d.dom, d.cod).graph == canonical(graph)  # scanned: each layer fits the next


def test_a_net_forgets_copies_and_crossings() -> None:
    two = Copy(X) >> Swap(X, X) >> EXP @ GELU
    net = Net.of(two >> Discard(X) @ X)
    assert [step.ins for step in net.steps] == [(0,), (0,)] and len(net.outs) == 1
    assert net.diagram().graph == (two >> Discard(X) @ X).graph


# ---- expand and collapse ------------------------------------------------------------------------------------------


def test_expand_replaces_blocks_by_their_contents() -> None:
    d = stack(2)
    assert [type(b) for b in d.expand().boxes].count(Block) == 0
    assert d.expand(depth=1) == Diagram.id(X).then(*(layer(f"h.{k}") for k in range(2)))
    assert d.expand("h.0") == layer("h.0") >> layer("h.1").block("h.1")
    assert d.expand("h.1.mlp").expand(depth=1) == layer("h.0") >> layer("h.1").expand()
    assert d.expand("nothing") is d
    for seen in (d.expand(), d.expand(depth=1), d.expand("*.mlp")):
        assert seen.graph.same_as(d.graph)


def test_blocks_in_a_broadcast_have_the_same_paths() -> None:
    d = stack(1).broadcast(Axis("b", 2)).block("model")
    assert d.expand("model.h.0.mlp") == layer("h.0").expand().block("h.0").broadcast(Axis("b", 2)).block("model")


def test_collapse_hides_and_opened_shows() -> None:
    d = stack(2).block("model")
    seen = d.collapse(2)
    assert seen != d and seen.graph == d.graph and seen.opened() == d
    assert shown(d.collapse(1)) == 1 and shown(seen) == 3 and shown(d) > 12
    assert d.collapse("*.mlp") == d.collapse(3) and d.collapse("*.mlp").opened("*.h.0.mlp") != d
    assert d.collapse(1).expand(depth=1) == stack(2)
    assert str(seen) == str(d) and repr(d.collapse(1)).count("closed=True") == 1


def test_fitted_collapses_the_deepest_first() -> None:
    d = stack(3).block("model")
    assert depth_of(d) == 3
    assert fitted(d, 100) is d
    assert fitted(d, 16) == d.collapse(3) and fitted(d, 8) == d.collapse(3).collapse(2) and shown(fitted(d, 1)) == 1


@given(graphs())
@settings(max_examples=40, deadline=None)
def test_levels_keep_the_graph_of_any_diagram(graph) -> None:  # type: ignore[no-untyped-def]
    d = Diagram.from_graph(graph).block("a").block("b")
    for seen in (d.expand(), d.expand(depth=1), d.collapse(2), d.folded()):
        assert seen.graph.same_as(d.graph)
    assert d.collapse(1).opened() == d


@given(graphs())
@settings(max_examples=20, deadline=None)
def test_folding_keeps_the_graph_of_any_diagram(graph) -> None:  # type: ignore[no-untyped-def]
    f = Diagram.from_graph(graph)
    d = f >> Box("back", f.cod, f.dom) >> f
    try:
        found = d.fold(f, "f")
    except InputError:  # it is in parts, has no box, or does not use an input
        reject()
    assert found.graph.same_as(d.graph) and "f" in [b.name for b in found.boxes]
    assert found.expand().graph.same_as(d.graph)


# ---- fold ---------------------------------------------------------------------------------------------------------


def test_folding_undoes_expanding() -> None:
    d = Diagram.from_graph((stack(1) >> GELU).graph)
    for pattern in ("h.0", "h.0.mlp"):
        blocks = {}
        seen = d.expand(pattern)
        d.expand("none", 0)
        for outer in d.boxes:
            if isinstance(outer, Block):
                blocks["h.0"] = outer
                blocks |= {f"h.0.{b.name}": b for b in outer.arg.boxes if isinstance(b, Block)}
        assert seen != d and seen.fold(blocks[pattern]) == d


def test_each_occurrence_is_folded_with_its_own_weights() -> None:
    d = Diagram.id(X).then(*(layer(f"h.{k}") for k in range(3)))
    found = d.fold(layer("mine"), "h.{}")
    assert [b.name for b in found.boxes] == ["h.0", "h.1", "h.2"]
    assert found.graph.same_as(d.graph) and list(found.graph.weights()) == [f"h.{k}.{w}" for k in range(3) for w in ("fc", "out")]
    assert found.folded().boxes[0].name == "h ×3"
    assert found.fold(layer("mine"), "h.{}") == found  # once folded, folded


def test_definitions_have_symbolic_sizes_and_other_names_of_axes() -> None:
    n, m = symbol("n"), symbol("m")
    scores = Ty(Array((Axis("i", n), Axis("j", m))))
    softmax = Operation(Softmax(m), scores, scores) >> Operation(Exp(), scores, scores)
    d = Operation(Softmax(4), X, X) >> EXP >> Operation(Softmax(4), X, X)
    assert str(d.fold(softmax, "soft")) == "soft >> softmax(4)"
    other = Operation(Exp(), X, X) >> Operation(Softmax(4), X, X)
    assert other.fold(softmax, "soft") is other
    square = Ty(Array((Axis("i", n), Axis("j", n))))
    both = Operation(Softmax(n), square, square)
    assert d.fold(both, "soft") is d  # 3 and 4 are not one n


NOT_HERE = {
    "another op": layer("h.0", act=EXP),
    "another weight for each use": Copy(X) >> (linear("h.0.fc") >> GELU >> linear("h.0.fc")).block("mlp") @ X >> PLUS,
    "another block": layer("h.0", mlp="ffn"),
    "another order of operands": Copy(X) >> (linear("h.0.fc") >> GELU >> linear("h.0.out")).block("mlp") @ X >> TIMES,
}


@pytest.mark.parametrize("d", NOT_HERE.values(), ids=NOT_HERE)
def test_what_differs_is_not_folded(d: Diagram) -> None:
    assert d.fold(layer("p"), "x") is d


def test_a_value_that_is_used_outside_is_no_inside() -> None:
    d = EXP >> Copy(X) >> GELU @ X
    assert d.fold(EXP >> GELU, "x") is d
    assert str(d.fold(EXP >> Copy(X) >> GELU @ X, "x")) == "x"


def test_what_is_not_convex_is_not_folded() -> None:
    pattern = EXP @ X >> TIMES
    d = Copy(X) >> EXP @ X >> Copy(X) @ X >> TIMES @ X >> GELU @ X >> TIMES
    whole = Copy(X) >> EXP @ X >> Copy(X) @ X >> X @ TIMES  # x, y ↦ e, e·x
    assert d.fold(pattern, "p") is d and d.fold(whole, "p").graph.same_as(d.graph)
    f, g, h = Box("f", X, X @ X), Box("g", X, X), Box("h", X @ X, X)
    around = f >> g @ X >> h
    assert around.fold(f >> h, "fh") is around
    assert str(around.fold(f >> g @ X, "fg")) == "fg >> h"


def test_two_boxes_are_two_boxes() -> None:
    f, h = Box("f", X, X), Box("h", X @ X, X)
    one, two = f >> Copy(X) >> h, Copy(X) >> f @ f >> h
    assert one.fold(two, "x") is one and two.fold(one, "x") is two
    assert str(two.fold(two, "x")) == "x"
    series = f >> f >> Copy(X) >> h
    assert series.fold(f @ f >> h, "x") is series


def test_parts_stand_around_a_match() -> None:
    f, g, h = Box("f", X, X @ X), Box("g", X, X), Box("h", X @ X, X)
    d = f >> g @ X >> X @ g >> h
    found = d.fold(f >> X @ g, "fg")
    assert found.graph.same_as(d.graph) and found.boxes[0].name == "fg"


def test_a_definition_that_copies_its_input_to_its_output() -> None:
    d = EXP >> Copy(X) >> GELU @ X >> PLUS
    found = d.fold(Copy(X) >> GELU @ X, "skip")
    assert found.graph.same_as(d.graph) and "skip" in [b.name for b in found.boxes]
    twice = d.fold(GELU >> Copy(X), "twice")
    assert twice.graph.same_as(d.graph) and "twice" in [b.name for b in twice.boxes]


REFUSED = {
    "no name": (EXP >> GELU, "", "has no name"),
    "no box": (Copy(X), "x", "has no box"),
    "apart": (EXP @ GELU, "x", "is in parts, gelu shares no wire with exp"),
    "unused": (EXP @ Discard(X), "x", "does not use its input 1"),
}


@pytest.mark.parametrize(("g", "name", "words"), REFUSED.values(), ids=REFUSED)
def test_definitions_that_cannot_be_found_are_refused(g: Diagram, name: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        stack(1).fold(g, name)


def test_many_occurrences_are_quick() -> None:
    d = Diagram.id(X).then(*[EXP >> GELU] * 200)
    assert len(d.fold(EXP >> GELU, "x").boxes) == 200


# ---- repeats ------------------------------------------------------------------------------------------------------


def test_a_stack_is_one_box() -> None:
    d = stack(12) >> GELU
    found = d.folded()
    assert repeats(found) == [("h ×12", 12)] and str(found) == "h ×12 >> gelu"
    assert found.graph == d.graph and found.unfolded() == d
    assert find_repeats(d.block("model")) == (("model", tuple(f"h.{k}" for k in range(12))),)


def test_finding_repeats_is_linear() -> None:
    d = stack(1000)
    start = time.process_time()
    assert [len(b.names) for b in d.folded().boxes] == [1000]
    assert time.process_time() - start < 4


def test_runs_are_maximal_and_no_longer() -> None:
    d = stack(2) >> layer("h.2", act=EXP).block("h.2") >> stack(3, first=3) >> EXP >> stack(2, first=6)
    assert repeats(d.folded()) == [("h ×2", 2), ("h ×3", 3), ("h ×2", 2)]
    assert d.folded().unfolded() == d
    assert stack(1).folded() == stack(1)


def masked(prefix: str) -> Diagram:
    """x, m ↦ x + gelu(x·w)·m: the mask comes by a wire."""
    return Copy(X) @ X >> (linear(f"{prefix}.fc") >> GELU) @ Diagram.swap(X, X) >> TIMES @ X >> PLUS


def with_mask(n: int) -> Diagram:
    d = Diagram.id(X @ X)
    for k in range(n - 1):
        d = d >> X @ Copy(X) >> masked(f"h.{k}").block(f"h.{k}") @ X
    return d >> masked(f"h.{n - 1}").block(f"h.{n - 1}")


def test_wires_that_all_blocks_read_pass_by() -> None:
    d = with_mask(5)
    found = d.folded()
    assert [b.name for b in found.boxes] == ["h ×5"] and found.graph == d.graph
    assert found.unfolded().graph == d.graph and d.simplify().folded().unfolded() == d.simplify()


def test_blocks_that_read_different_wires_are_no_run() -> None:
    d = Diagram.id(X @ X @ X) >> masked("h.0").block("h.0") @ X >> masked("h.1").block("h.1")
    assert d.folded() is d


def test_states_may_cross() -> None:
    body = Diagram.swap(X, X) >> linear("w") @ X
    d = Diagram.id(X @ X).then(*(renamed(body, lambda key, k=k: f"s.{k}.{key}").block(f"s.{k}") for k in range(4)))  # type: ignore[misc]
    assert [b.name for b in d.folded().boxes] == ["s ×4"] and d.folded().graph == d.graph
    crossed = Diagram.id(X @ X).then(*(body.block(f"s.{k}") >> Diagram.swap(X, X) for k in range(4)))
    assert crossed.folded().graph == crossed.graph and crossed.folded().boxes[0].carried == (1, 0)


def test_an_output_that_is_used_twice_ends_the_run() -> None:
    d = stack(2) >> Copy(X) >> stack(2, first=2) @ X >> PLUS
    assert repeats(d.folded()) == [("h ×2", 2), ("h ×2", 2)] and d.folded().graph == d.graph


def test_weights_that_all_steps_share() -> None:
    tied = Diagram.id(X).then(*(layer("h").block(f"h.{k}") for k in range(3)))
    assert repeats(tied.folded()) == [("h ×3", 3)] and tied.folded().graph == tied.graph
    some = [(linear("bias") >> linear(f"h.{k}.fc")).block(f"h.{k}") for k in range(3)]
    d = Diagram.id(X).then(*some)
    assert repeats(d.folded()) == [("h ×3", 3)] and d.folded().unfolded() == d and d.folded().graph == d.graph


NO_PREFIX = {
    "keys without a prefix": ["w0", "w1"], "another name": ["h.0.w", "h.1.v"], "a number in the middle": ["h.0.w", "h.1x.w0"],
    "a shared key below the prefix": ["h.w", "g.w"],
}  # fmt: skip


@pytest.mark.parametrize("keys", NO_PREFIX.values(), ids=NO_PREFIX)
def test_steps_differ_by_a_prefix_only(keys: list[str]) -> None:
    shared = linear("h.shared") if keys[0] == "h.w" else Diagram.id(X)
    d = Diagram.id(X).then(*((shared >> linear(key)).block(f"b.{k}") for k, key in enumerate(keys)))
    assert d.folded() == d


def test_prefixes() -> None:
    assert prefixes(["h.0.a.w", "h.0.b"], ["h.1.a.w", "h.1.b"]) == ("h.0.", "h.1.")
    assert prefixes(["w"], ["w"]) == ("", "") and prefixes([], []) == ("", "")
    assert prefixes(["a.w", "b.w"], ["x.a.w", "x.b.w"]) == ("", "x.")
    assert prefixes(["h.0.w"], ["h_1.w"]) == ("h.0.", "h_1.")
    assert prefixes(["a.w", "a.v"], ["b.w", "c.v"]) is None and prefixes(["a.w"], ["bw"]) is None


def test_forms_tell_ties_of_weights_apart() -> None:
    one, two = linear("a") >> linear("a"), linear("a") >> linear("b")
    assert skeleton(one).form != skeleton(two).form and skeleton(two).form == skeleton(linear("c") >> linear("d")).form


def nested(prefix: str) -> Diagram:
    return Diagram.id(X).then(*(layer(f"{prefix}.sub.{k}").block(f"sub.{k}") for k in range(3))) >> linear(f"{prefix}.end")


def test_repeats_nest() -> None:
    d = stack(4, nested)
    found = d.folded()
    assert [b.name for b in found.boxes] == ["h ×4"] and found.boxes[0].arg.boxes[0].name == "sub ×3"
    assert found.graph == d.graph and found.unfolded() == d
    assert find_repeats(d) == (("", ("h.0", "h.1", "h.2", "h.3")), ("h.0", ("sub.0", "sub.1", "sub.2")))
    assert list(found.graph.weights()) == list(d.graph.weights())


def test_repeats_evaluate() -> None:
    rng = np.random.default_rng(0)
    d = stack(3)
    weights = {key: rng.normal(size=n.sizes) / 4 for key, n in d.graph.weights().items()}
    x = rng.normal(size=(3, 4))
    (found,) = evaluate(d.folded(), [x], weights=weights)
    gelu = lambda y: np.asarray(evaluate(GELU, [y])[0])  # noqa: E731
    for k in range(3):
        x = x + gelu(x @ weights[f"h.{k}.fc"]) @ weights[f"h.{k}.out"]
    np.testing.assert_allclose(np.asarray(found), x, rtol=1e-12)


def test_repeats_are_saved(tmp_path: Path) -> None:
    d = stack(4, nested).folded().collapse("h.0")
    save(d, tmp_path / "d.ncd.json")
    assert load(tmp_path / "d.ncd.json") == d


def test_levels_of_a_repeat() -> None:
    d = stack(3).folded()
    assert d.expand("h.1") == layer("h.0").block("h.0") >> layer("h.1") >> layer("h.2").block("h.2")
    assert d.expand().graph.same_as(d.graph) and not any(isinstance(b, Block | Repeat) for b in d.expand().boxes)
    assert shown(d.collapse(1)) == 1 and d.collapse(1).opened() == d and d.collapse(1).unfolded() == stack(3).collapse(1)
    assert d.expand("h.0.mlp").unfolded() == stack(3).expand("*.mlp")


def test_functors_act_on_every_step() -> None:
    d = stack(3).folded()

    def rename(box: Box) -> Diagram:
        return renamed(box, lambda key: f"model.{key}")

    def tie(box: Box) -> Diagram:
        return renamed(box, lambda key: key.replace("h.1", "h.0"))

    for change, name in ((rename, "h ×3"), (tie, "h ×2")):
        image = Functor(ob=lambda x: x, ar=change)(d)
        assert image.graph == renamed(stack(3), lambda key, f=change: f(weight(key)).boxes[0].data[0][0].key).graph  # type: ignore[misc]
        assert repeats(image)[0][0] == name
    assert renamed(d, lambda key: f"model.{key}").graph == Functor(ob=lambda x: x, ar=rename)(d).graph


def test_repeats_of_a_bijection_have_a_dagger() -> None:
    d = Repeat(Swap(X, X), ("a", "b", "c"))
    assert (d >> d[::-1]).graph.same_as(Diagram.id(X @ X).graph)


def test_repeats_read_back() -> None:
    d = Repeat(Box("f", X @ X, X), ("a.0", "a.1"), ("a.0.", "a.1."), (1,), closed=True)
    assert eval(repr(d), {"Repeat": Repeat, "Box": Box, "Ty": Ty, "Array": Array, "Axis": Axis}) == d
    assert d != d.shut(False) and d.shut(False) != Repeat(Box("f", X @ X, X), ("a.0", "a.1"), None, (1,))


WRONG = {
    "types": (lambda: Repeat(Box("f", X, W), "ab"), "gives float32.* as output 0, but input 0 of the next step is"),
    "places": (lambda: Repeat(Box("f", X, X), "ab", None, (1,)), "they are not inputs"),
    "the same place": (lambda: Repeat(Box("f", X, X @ X), "ab", None, (0, 0)), "they are not inputs"),
    "prefixes": (lambda: Repeat(EXP, "ab", ("a.",)), "2 steps and 1 prefixes"),
    "no step": (lambda: Repeat(EXP, ()), "0 steps"),
}


@pytest.mark.parametrize(("make", "words"), WRONG.values(), ids=WRONG)
def test_steps_that_do_not_compose_are_refused(make: Callable[[], Diagram], words: str) -> None:
    with pytest.raises(TypeMismatch, match=words):
        make()


def test_boxes_with_an_inside_go_around_another_one() -> None:
    block = layer("h.0").block("h.0")
    assert block.around(block.arg) is block and Broadcast(block, (Axis("b", 2),)).around(block).arg is block


@given(graphs(), st.integers(2, 4))
@settings(max_examples=40, deadline=None)
def test_any_run_folds_and_unfolds(graph, n: int) -> None:  # type: ignore[no-untyped-def]
    """Random bodies, whose outputs are read by a box that makes the inputs of the next step."""
    body = Diagram.from_graph(graph)
    if not len(body.dom):
        return
    body = body >> Box("back", body.cod, body.dom)
    step = lambda k: renamed(body, lambda key: f"h.{k}.{key}")  # noqa: E731
    d = Diagram.id(body.dom).then(*(step(k).block(f"h.{k}") for k in range(n)))
    found = d.folded()
    assert repeats(found) == [(f"h ×{n}", n)] and found.unfolded() == d
    assert found.graph.same_as(d.graph) and dict(found.graph.blocks) == dict(d.graph.blocks)
