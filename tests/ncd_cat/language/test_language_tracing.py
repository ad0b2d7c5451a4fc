"""Tracing functions, calling diagrams, families: titles, blocks, names, sizes, and the mistakes that are told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ncd_cat as ncd
from ncd_cat.diagram import Diagram
from ncd_cat.errors import TypeMismatch
from ncd_cat.types import Array
from tests.ncd_cat.language.oracle import values, wire, wires


@ncd.diagram("q d, k d, k v -> q v")
def attention(q: Any, k: Any, v: Any) -> Any:
    """Scaled dot-product attention."""
    scores = ncd.einsum("q d, k d -> q k", q, k) * q.size("d") ** -0.5
    return ncd.einsum("q k, k v -> q v", ncd.softmax(scores, "k"), v)


def by_hand(q: Any, k: Any, v: Any) -> Any:
    e = np.exp(q @ k.T / np.sqrt(q.shape[1]))
    return e / e.sum(1, keepdims=True) @ v


# ---- what a traced function is ------------------------------------------------------------------------------------


def test_a_traced_function_is_a_diagram_with_a_title_and_names() -> None:
    assert isinstance(attention, Diagram)
    assert (attention.title, attention.__doc__) == ("attention", "Scaled dot-product attention.")
    assert [a.name for a in attention.graph.dom] == ["q", "k", "v"]
    inputs = [np.random.default_rng(0).normal(size=s) for s in ((5, 4), (7, 4), (7, 3))]
    np.testing.assert_allclose(ncd.evaluate(attention, inputs)[0], by_hand(*inputs), rtol=1e-12)


def test_it_is_what_the_combinators_give() -> None:
    d = ncd.symbols("d")
    weights = ncd.einsum("q d, k d -> q k") >> ncd.scale(d**-0.5) >> ncd.softmax("k")
    composed = weights @ ncd.ty("k v") >> ncd.einsum("q k, k v -> q v")
    assert composed.graph.same_as(attention.graph)
    assert (composed >> ncd.identity("q v")).graph == composed.graph


def test_functions_of_several_kinds_are_traced() -> None:
    assert len(ncd.diagram("q, k, v")(lambda *ws: ws).cod) == 3
    assert len(ncd.diagram("q")(lambda x, again=2: [x] * again).cod) == 2
    assert len(ncd.diagram("q")(lambda x, *, power=2: x**power).cod) == 1
    assert ncd.diagram("q")(ncd.relu).graph.same_as(ncd.relu.at("q").graph)
    assert ncd.diagram("q", name="twice")(lambda x: x + x).title == "twice"
    assert [a.dtype for a in ncd.trace(lambda x, y: (x, y), Array.of((2,), "bool"), Array.of((2,), "int32")).cod] == ["bool", "int32"]
    assert ncd.diagram("")(lambda: ncd.weight("w", "q:2")).cod == ncd.ty("q:2")
    assert ncd.diagram("q ->")(lambda x: ()).graph.same_as(ncd.discard("q").graph)


RETURNS: dict[str, tuple[str, Callable[..., Any], str]] = {
    "nothing": ("q d", lambda x: None, "the function returns nothing: return the wires that leave the diagram"),
    "a number": ("q d", lambda x: 3, "the function returns 3, which is no wire"),
    "an array": ("q d", lambda x: np.ones(3), "which is no wire"),
    "a dictionary": ("q d", lambda x: {"y": x}, "which is no wire"),
    "a function that was not applied": ("q d", lambda x: ncd.softmax("d"), "which is a function that was not applied: give it 1 wire"),
    "a verb": ("q d", lambda x: ncd.softmax, "which is no wire"),
    "a diagram": ("q d", lambda x: attention, "which is a function that was not applied: give it 3 wires|which is no wire"),
    "too many parameters": ("q d", lambda x, y: x, r"the function takes 2 wires \(x, y\), its pattern 'q d' has 1"),
    "too few parameters": ("q, d", lambda x: x, r"the function takes 1 wires \(x\), its pattern 'q, d' has 2"),
    "too many outputs": ("q d -> q d", lambda x: (x, x), "the function returns 2 wires, its pattern 'q d -> q d' states 1"),
    "too few outputs": ("q d -> q d, q d", lambda x: x, "the function returns 1 wires, its pattern .* states 2"),
    "no outputs stated": ("q d ->", lambda x: x, "the function returns 1 wires, its pattern 'q d ->' states 0"),
    "another order": ("q d -> d q", lambda x: x, r"output 0 is float32\[q d\], .* states float32\[d q\]: axis q stands where d is stated"),
    "another size": ("q d -> q:5 d", lambda x: x, "axis q has size q, 5 is stated"),
    "another rank": ("q d -> q", lambda x: x, "2 axes, 1 are stated"),
    "another dtype": ("q d -> float64[q d]", lambda x: x, r"output 0 is float32\[q d\], .* states float64\[q d\]"),
    "two arrows": ("q -> q -> q", lambda x: x, "'->' is no axis"),
}


@pytest.mark.parametrize("name", RETURNS)
def test_functions_that_are_no_diagrams_are_refused(name: str) -> None:
    pattern, function, message = RETURNS[name]
    with pytest.raises(TypeMismatch, match=message):
        ncd.diagram(pattern)(function)


def test_the_mistakes_of_a_named_function_have_its_name() -> None:
    def scores(q: Any) -> Any:
        return ncd.total(q, "d")

    with pytest.raises(TypeMismatch, match=r"scores: output 0 is float32\[q\], its pattern 'q d -> d' states float32\[d\]"):
        ncd.diagram("q d -> d")(scores)


def test_an_output_without_a_dtype_has_any() -> None:
    assert str(ncd.diagram("float64[q] -> q")(lambda x: x * 2).cod) == "float64[q]"
    assert str(ncd.diagram("q -> bool[q]")(lambda x: x < 1).cod) == "bool[q]"


# ---- calls --------------------------------------------------------------------------------------------------------


@given(q=st.integers(1, 4), k=st.integers(1, 4), d=st.integers(1, 4), v=st.integers(1, 4))
def test_a_call_solves_for_the_symbols_and_renames_the_axes(q: int, k: int, d: int, v: int) -> None:
    f = ncd.diagram("s m, t m, t n", s=q, t=k, m=d, n=v)(lambda a, b, c: attention(a, b, c))
    assert f.cod == ncd.ty("s n", s=q, n=v)
    assert f.graph.same_as(ncd.rename(s="s").at(f.cod).graph) is False
    assert f.graph.outputs == attention.resize(q=q, k=k, d=d, v=v).graph.outputs
    assert {path for _, path in f.graph.blocks} == {("attention",)}


def test_a_call_inside_a_call_is_a_block_in_a_block() -> None:
    @ncd.diagram("t m, t m, t m")
    def outer(a: Any, b: Any, c: Any) -> Any:
        return attention(a, b, c) + a

    f = ncd.diagram("t m")(lambda x: outer(x, x, x))
    assert {path for _, path in f.graph.blocks} == {("outer",), ("outer", "attention")}
    assert f.cod == ncd.ty("t m")


def test_symbols_are_found_in_products_and_sums_are_checked() -> None:
    heads = ncd.einsum("(h d) -> h d", h=4)
    assert heads(wire("m:12")).type == ncd.ty("h:4 d:3").inside[0]
    both = ncd.einsum("(h d), h -> d")
    assert both(*wires("m:12, h:4")).type == ncd.ty("d:3").inside[0]
    n = ncd.symbols("n")
    padded = ncd.pad("n", 1).at(ncd.ty("n"))
    after = ncd.total("n").at(padded.cod)
    with pytest.raises(TypeMismatch, match="wire 0 is"):
        after(wire("k:5 j"))
    assert ncd.rename(q="n").at("q:n").cod == ncd.ty("n") and str(n) == "n"


def test_names_that_would_collide_stay_as_they_were() -> None:
    scores = ncd.einsum("q d, k d -> q k")
    x = wire("t:5 m:6")
    assert scores(x, x).names == ("q", "k")
    assert scores(x, wire("u:4 m:6")).names == ("t", "u")
    assert scores(wire("d:5 q:6"), wire("k:4 q:6")).names == ("d", "k")


def test_symbols_of_the_caller_are_not_those_of_the_diagram() -> None:
    turned = ncd.rearrange("a b -> b a")
    f = ncd.diagram("b a")(lambda x: turned(x))
    assert f.cod == ncd.ty("a b")
    assert f.graph.same_as(ncd.order("a b").at("b a").graph)
    grown = ncd.diagram("a b -> b")(lambda x: ncd.total(x * x.size("b"), "a"))
    g = ncd.diagram("b:a a:7")(lambda x: grown(x))
    (found,) = ncd.evaluate(g, [np.ones((2, 7))])
    np.testing.assert_allclose(found, np.full(7, 14.0))


CALLS: dict[str, tuple[Callable[[], Any], str]] = {
    "too few": (lambda: attention(wire("q:2 d:3")),
                r"attention takes 3 wires, float32\[q d\], float32\[k d\], float32\[k v\]; 1 were given"),
    "sizes": (lambda: attention(*wires("q:2 d:3, k:4 d:5, k:4 v:2")),
              r"attention: wire 1 \(k\) is float32\[k d\], but float32\[k:4 d:5\] was given: axis d has size 3 \(that is d\), axis d 5"),
    "rank": (lambda: attention(*wires("q:2 d:3, k:4, k:4 v:2")), r"wire 1 \(k\) is float32\[k d\], but float32\[k:4\] was given"),
    "kind": (lambda: attention(*wires("int64[q:2 d:3], k:4 d:3, k:4 v:2")), r"wire 0 \(q\) is float32\[q d\], but int64"),
    "a product": (lambda: ncd.einsum("(h d) -> h d", h=4)(wire("m:13")), r"axis h_d has size 4\*d, axis m 13"),
    "numbers": (lambda: attention(1, 2, 3), "attention: 1 is no wire"),
    "arrays": (lambda: attention(*[np.ones((2, 3))] * 3), "attention: .* is no wire; literal"),
    "a family's count": (lambda: ncd.softmax("k").at("k, k"), r"softmax\('k'\) takes 1 wire, 2 were given"),
    "a family's type": (lambda: ncd.softmax("k").at("q"), r"softmax: float32\[q\] has no axis k; its axes are q"),
    "composition": (lambda: attention >> ncd.identity("q k"), r"axis 1 is v \(size v\) on the one side and k \(size k\) on the other"),
    "composition with a family": (lambda: attention >> ncd.softmax("z"), r"softmax: float32\[q v\] has no axis z"),
    "composition of counts": (lambda: (ncd.copy() >> ncd.softmax("k")).at("k"), "the first gives 2 wires, the second takes 1"),
    "composition with a verb": (lambda: attention >> ncd.softmax, "is no diagram"),
    "a family with a number": (lambda: ncd.relu >> 3, "3 is no diagram and no family of diagrams"),
    "beside a number": (lambda: attention @ 3, "made of arrays"),
    "over a name that is there": (lambda: attention.over("q"), "has an axis q already: rename one before"),
    "over a wire that is not there": (lambda: attention.over("b", wires=(3,)), "has no wire 3: it takes 3, numbered from 0"),
    "over no axes": (lambda: attention.over(3), "axes are written as text"),
    "a family over what is not there": (lambda: ncd.relu.over("b").at("k:3"), "does not begin with the axes b that it is broadcast over"),
    "resize": (lambda: attention.resize(q=0), "axis q cannot have size 0"),
    "resize by text": (lambda: attention.resize(q="5"), "the size of axis q is a number or a symbol"),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_calls_that_do_not_fit_are_refused(name: str) -> None:
    build, message = CALLS[name]
    with pytest.raises(TypeMismatch, match=message):
        build()


# ---- families and broadcasting ------------------------------------------------------------------------------------


def test_families_are_taken_at_types_once() -> None:
    rows = ncd.softmax("k") >> ncd.total("k")
    assert rows.at("q k") is rows.at(ncd.ty("q k")) is rows.at(*ncd.ty("q k").inside)
    assert repr(rows) == "softmax('k') >> total('k')"
    assert rows.over("b h").at("b h q k").cod == ncd.ty("b h q")


@pytest.mark.parametrize("axes", ["b:2", "b:2 h:3"])
def test_broadcasting_repeats_what_is_done(axes: str) -> None:
    f = attention.resize(q=2, k=3, d=4, v=2)
    inputs, _ = values(f.over(axes).graph)
    (found,) = ncd.evaluate(f.over(axes), inputs)
    lead = found.shape[: len(axes.split())]
    for index in np.ndindex(lead):
        np.testing.assert_allclose(found[index], by_hand(*[x[index] for x in inputs]), rtol=1e-12)


@pytest.mark.parametrize("wired", [(0,), (1, 2), (-1,), 0, ()])
def test_inner_broadcasting_repeats_the_other_wires(wired: Any) -> None:
    f = attention.resize(q=2, k=3, d=4, v=2)
    lifted = f.over("b:5", wires=wired)
    inputs, _ = values(lifted.graph)
    repeated = [x if len(x.shape) == 3 else np.broadcast_to(x, (5, *x.shape)) for x in inputs]
    assert sum(len(x.shape) == 3 for x in inputs) == len(wired if isinstance(wired, tuple) else (wired,))
    np.testing.assert_allclose(ncd.evaluate(lifted, inputs)[0], ncd.evaluate(f.over("b:5"), repeated)[0])
    family = ncd.diagram("q, k")(lambda x, y: ncd.einsum("q, k -> q k", x, y)).over("b", wires=(0,))
    assert ncd.add().over("b:2", wires=(1,)).at("k:3, b:2 k:3").cod == ncd.ty("b:2 k:3") and family.dom == ncd.ty("b q, k")


def test_align_composes_by_name() -> None:
    f, g = ncd.identity("b k q"), ncd.identity("q k") >> ncd.softmax("k")
    assert ncd.align(f, g).cod == ncd.ty("b q k")
    assert ncd.align(f, g).graph.same_as((ncd.order("b q k") >> ncd.softmax("k")).at("b k q").graph)
    assert ncd.align(ncd.identity("k"), g).cod == ncd.ty("q k")  # what f lacks is repeated
    with pytest.raises(TypeMismatch, match="align: axis k has size 3 on one side and 4 on the other"):
        ncd.align(ncd.identity("k:3 q"), ncd.identity("q k:4"))
    with pytest.raises(TypeMismatch, match=r"float64\[k:3\], but int64\[k:3\] is taken"):
        ncd.align(ncd.identity("float64[k:3]"), ncd.identity("int64[k:3]"))


# ---- blocks, labels, files ----------------------------------------------------------------------------------------


def layer() -> Diagram:
    @ncd.diagram("t:5 m:4")
    def encoder(x: Any) -> Any:
        q, k, v = (ncd.linear(x, "m", "h:2 d:2", name=name) for name in "qkv")
        y = attention.over("h:2")(*[ncd.order(w, "h t d") for w in (q, k, v)])
        y = ncd.linear(ncd.order(y, "t h d"), "h d", "m:4", name="out")
        return ncd.layer_norm(y + x, "m", name="norm")

    return encoder


def test_blocks_and_labels_are_kept() -> None:
    graph = layer().graph
    assert {path[0] for _, path in graph.blocks} >= {"q", "k", "v", "out", "norm"}
    named = [" ".join(a.name for a in label.axes) for _, label in graph.labels]
    assert "t h d" in named and "h q k" in named
    assert Diagram.from_graph(graph).graph.blocks == graph.blocks
    assert {path for _, path in layer().block("layer").graph.blocks} >= {("layer", "q"), ("layer", "norm"), ("layer",)}


def test_what_is_written_is_saved_and_loaded(tmp_path: Path) -> None:
    image = ncd.conv("x", "c", "d:2", kernel=2, name="f").at("c:3 x...:4")
    for k, f in enumerate((attention, layer(), layer().over("b"), ncd.dropout(0.5).at("t:3"), image)):
        ncd.save(f, tmp_path / f"{k}.ncd.json")
        again = ncd.load(tmp_path / f"{k}.ncd.json")
        assert again.graph == f.graph and (again.dom, again.cod) == (f.dom, f.cod)
        assert [a.name for a in again.dom.inside] == [a.name for a in f.dom.inside]


def test_a_chain_in_a_loop_does_work_in_proportion_to_its_length(monkeypatch: pytest.MonkeyPatch) -> None:
    from ncd_cat.diagram import diagram as home

    counted = {"compared": 0}
    compare = home.check_composable

    def count(f: Any, g: Any) -> None:
        counted["compared"] += 1
        compare(f, g)

    monkeypatch.setattr(home, "check_composable", count)
    f, g = ncd.identity("q:3 k:4"), ncd.relu
    for _ in range(1000):
        f = f >> ncd.softmax("k") >> g
    assert counted["compared"] <= 4100
    h, row = ncd.identity(), ncd.relu
    for _ in range(1500):  # deeper than Python's stack
        h, row = h >> ncd.softmax("k") >> g, row @ g
    assert len(h.at("q:3 k:4").graph.nodes()) == 3001 and row.arity == 1501 and len(h.name) < 300
    assert len(f.graph.nodes()) == 2001 and len(f.inside) == 2000
