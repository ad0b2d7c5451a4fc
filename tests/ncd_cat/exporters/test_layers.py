"""Diagrams in files: what was saved comes back equal, box by box and name by name, in linear size."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ncd_cat.axes import Axis, whole
from ncd_cat.diagram import EMPTY, Array, Block, Box, Broadcast, Copy, Diagram, Discard, Layer, Operation, Permutation, Reindex, Swap, Ty
from ncd_cat.diagram.inner import Inner
from ncd_cat.diagram.random import Dropout, Sample
from ncd_cat.diagram.repeats import Repeat
from ncd_cat.errors import FileError, InputError, UnsupportedOp
from ncd_cat.exporters import bounds, boxes
from ncd_cat.exporters.json import from_data, load, load_graph, save, to_data
from ncd_cat.graph import Graph, Input, Weight, source
from ncd_cat.ops.contraction import add
from ncd_cat.ops.literal import Literal
from ncd_cat.ops.pointwise import Exp, Power
from ncd_cat.sizes import symbol
from tests.strategies import canonical, graphs


def through_text(data: Any) -> Any:
    return json.loads(json.dumps(data))


def back(diagram: Diagram) -> Diagram:
    found = from_data(through_text(to_data(diagram)))
    assert isinstance(found, Diagram)
    return found


def names(d: Diagram) -> Iterator[Any]:
    """The names of all wires in all layers, inside of boxes too."""
    yield [a.name for x in (d.dom, d.cod) for a in x.inside]
    if isinstance(d, Box):
        if isinstance(d, Inner):
            yield from names(d.arg)
        return
    for layer in d.inside:
        yield [a.name for x in layer.boxes_or_types[::2] for a in x.inside]
        for box in layer.boxes_or_types[1::2]:
            yield from names(box)


N = symbol("n")
X, Y, T = Array((Axis("q", 3), Axis("k", N)), "float64", "x"), Array((Axis("q", 3),), "int64", "y"), Array((), "bool", "t")
EXP = Operation(Exp(), X, Array(X.axes, "float64", "e"))
V = Array.of((3,), "float64")
PLUS = Diagram.from_callable(Ty(V), Ty(V))(lambda x: add(x, source(Weight("h.0.bias"), (3,))))
SHARED = Block("s", EXP)
SAMPLES: dict[str, Diagram] = {
    "identity": Diagram.id(Ty(X, Y)), "nothing": Diagram.id(), "copy": Copy(Ty(X), 3), "copy once": Copy(Ty(Y), 1),
    "discard": Discard(Ty(X)),
    "no copies": Copy(Ty(X), 0), "swap": Swap(Ty(X), Ty(Y)), "permutation": Permutation([2, 0, 1], Ty(X, Y, T)),
    "reindex": Reindex(X, Array((Axis("k", N), Axis("q", 3)), "float64"), (whole(1, 3), whole(0, N))),
    "guarded reindex": Reindex(X, Array((Axis("k", N),), "float64", "row"), ((2, ()), whole(0, N))),
    "operation": EXP, "power": Operation(Power(Fraction(-2)), X, X), "weight": Operation(Weight("h.0.w"), EMPTY, X),
    "literal": Operation(Literal("float64", np.arange(3.0).tobytes()), EMPTY, Array.of((3,), "float64")),
    "two ports": Diagram.from_graph(Box("f", Ty(X), Ty(Y, T)).graph), "box": Box("f", Ty(X, Y), Ty(T), "hint"), "number": Box("f", X, X, 3),
    "closed block": Block("h.0", EXP, closed=True), "closed repeat": Repeat(EXP, ["h.0"], closed=True),
    "crossed repeat": Repeat(Swap(Ty(X), Ty(X)), ["h.0", "h.1"], ["h.0.", "h.1."], [1, 0]),
    "repeat": Repeat(PLUS, ["h.0", "h.1", "h.2"], ["h.0.", "h.1.", "h.2."]), "shared repeat": Repeat(PLUS, ["a", "b"], closed=True),
    "repeat beside": Repeat(PLUS @ Diagram.discard(Ty(T)), ["h.0", "h.1"], ["h.0", "h.1"], [0]), "sample": Sample(X),
    "dropout": Dropout(X, 0.1), "keyed dropout": Dropout(X, 0.5, keyed=True), "two samples": Sample(X) @ Sample(X),
    "block": Block("h.0", EXP >> Copy(EXP.cod)), "block of a box": Block("b", EXP), "broadcast": Broadcast(EXP, (Axis("b", 2), Axis("h"))),
    "nested": Block("a", Block("b", Broadcast(Block("c", EXP), (Axis("b"),)) >> Diagram.id(Broadcast(EXP, (Axis("b"),)).cod))),
    "product": EXP @ Diagram.id(Ty(Y)) @ Copy(Ty(T)) >> Diagram.permutation([3, 1, 0, 2], Ty(X, Y, T, T)),
    "several boxes a layer": Diagram((Layer(Ty(Y), EXP, Ty(T), Copy(Ty(X)), EMPTY),), Ty(Y, X, T, X), Ty(Y, X, T, X, X)),
    "other names": Diagram((Layer(Ty(Array(X.axes, "float64", "z")), EXP, EMPTY),), Ty(X, X), Ty(X, X)),
    "shared": SHARED >> SHARED >> SHARED,
}  # fmt: skip


@pytest.mark.parametrize("diagram", SAMPLES.values(), ids=SAMPLES)
def test_samples_read_back(diagram: Diagram) -> None:
    found = back(diagram)
    assert found == diagram and hash(found) == hash(diagram) and str(found) == str(diagram)
    assert isinstance(diagram, Box) == isinstance(found, Box)
    assert list(names(found)) == list(names(diagram))
    assert found.graph == diagram.graph
    assert to_data(found) == to_data(diagram)


def test_every_box_is_a_sample() -> None:
    used = {type(b).__name__ for d in SAMPLES.values() for b in ([d] if isinstance(d, Box) else d.boxes)}
    assert {form.cls.__name__ for form in boxes.ROWS} <= used
    stack, classes = [Box], set()
    while stack:
        classes.add(cls := stack.pop())
        stack += [c for c in cls.__subclasses__() if c.__module__.startswith("ncd_cat.")]
    refused = {"Inner", "Merge", "Trace", "Sum", "Bubble"}
    assert {c.__name__ for c in classes} - refused <= set(boxes.FORMS)


@st.composite
def diagrams(draw: Any) -> Diagram:
    """Graphs laid out, in blocks, side by side, permuted, copied, discarded and broadcast."""
    found = Diagram.from_graph(draw(graphs(4)))
    for _ in range(draw(st.integers(0, 3))):
        how = draw(st.sampled_from(("block", "beside", "copy", "discard", "permute", "axis")))
        if how == "block":
            found = found.block(draw(st.sampled_from(("h.0", "mlp", "é"))))
        elif how == "beside":
            found = found @ Diagram.from_graph(draw(graphs(2)))
        elif how == "copy":
            found = found >> Diagram.copy(found.cod)
        elif how == "discard":
            found = found >> Diagram.id(found.cod[:-1]) @ Diagram.discard(found.cod[-1:])
        elif how == "permute":
            found = found >> Diagram.permutation(draw(st.permutations(range(len(found.cod)))), found.cod)
        elif not any(a.name == "new" for x in (found.dom, found.cod) for y in x.inside for a in y.axes):
            found = found.broadcast(Axis("new", 2))
    return found


@settings(max_examples=60, deadline=None)
@given(diagrams())
def test_diagrams_read_back(diagram: Diagram) -> None:
    found = back(diagram)
    assert found == diagram and found.graph == diagram.graph
    assert list(names(found)) == list(names(diagram))


@settings(max_examples=40, deadline=None)
@given(graphs())
def test_graphs_are_kept_as_they_are_and_give_diagrams(graph: Graph) -> None:
    data = through_text(to_data(graph))
    assert from_data(data) == graph
    assert back(Diagram.from_graph(graph)).graph == canonical(graph)


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "model.ncd.json"
    diagram = SAMPLES["product"] @ SAMPLES["nested"]
    save(diagram, path)
    first = path.read_bytes()
    assert load(path) == diagram and load_graph(path) == diagram.graph
    save(load(path), path)
    assert path.read_bytes() == first
    save(diagram.graph, path)
    assert load_graph(path) == diagram.graph and load(path).graph == diagram.graph


def test_files_of_version_1_are_read(tmp_path: Path) -> None:
    path = tmp_path / "old.ncd.json"
    x = Array.of((2,))
    data = {**to_data(Graph((x,), (x,), (source(Input(0), (2,)),))), "version": 1}
    path.write_text(json.dumps(data))
    assert load(path) == Diagram.id(Ty(x))
    path.write_text(json.dumps({**to_data(Diagram.id(Ty(x))), "version": 1}))
    with pytest.raises(FileError, match="it has the fields"):
        load(path)


# ---- size and time ------------------------------------------------------------------------------------------------


def test_a_long_chain_is_linear() -> None:
    def chain(n: int) -> Diagram:
        found = Diagram.id(EXP.dom)
        for k in range(n):
            found = found >> Block(f"layer.{k}", Operation(Exp(), EXP.dom, EXP.dom))
        return found

    start = time.process_time()
    long = chain(5000)
    text = json.dumps(to_data(long))
    assert from_data(json.loads(text)) == long
    assert time.process_time() - start < 10
    assert len(text) < 5.5 * len(json.dumps(to_data(chain(1000))))


def test_a_deep_chain_of_products_reads_back() -> None:
    found = Diagram.id(EXP.dom)
    for _ in range(3000):
        found = Diagram.id(EXP.dom) >> found >> EXP
    assert back(found) == found


def test_equal_boxes_are_written_once() -> None:
    one = Block("s", EXP >> EXP)
    two = Block("s", Operation(Exp(), X, X) >> Operation(Exp(), X, Array(X.axes, "float64", "e")))
    assert len(to_data(one >> one >> one)["parts"]) == len(to_data(one)["parts"]) + 1
    assert len(to_data(two >> one)["parts"]) <= len(to_data(one)["parts"]) + 4


def test_boxes_inside_of_boxes_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nested(n: int) -> Diagram:
        found: Diagram = EXP
        for _ in range(n):
            found = Block("b", found)
        return found

    deepest = nested(bounds.LARGEST_DEPTH - 1)
    assert back(deepest) == deepest and back(deepest).graph == deepest.graph
    with pytest.raises(FileError, match=r"deep.json cannot be written: the diagram has boxes inside of boxes to a depth of more than 64"):
        save(nested(bounds.LARGEST_DEPTH), tmp_path / "deep.json")
    data = to_data(deepest)
    data["parts"] += [["Block", "more", len(data["parts"]) - 1, False]]
    with pytest.raises(ValueError, match="depth of more than 64"):
        from_data(data)
    assert list(tmp_path.iterdir()) == []


def test_small_files_of_large_diagrams_are_refused() -> None:
    square = Operation(Exp(), X, X)
    data = to_data(Block("b", square >> square))
    for _ in range(30):
        last = len(data["parts"]) - 1
        data["parts"] += [["Diagram", [0], [0], [[0, last], [0, last]]], ["Block", "b", last + 1, False]]
    with pytest.raises(ValueError, match=r"part \d+ \('Diagram'\): the diagram has more than 1048576 boxes"):
        from_data(data)


def test_loops_in_loops_are_bounded() -> None:
    data = to_data(Repeat(PLUS, ["a"] * 64))
    data["parts"] += [[*data["parts"][-1]] for _ in range(3)]
    for k, entry in enumerate(data["parts"][-3:]):
        entry[1] = len(data["parts"]) - 4 + k
    with pytest.raises(ValueError, match=r"\('Repeat'\): the diagram has more than 1048576 boxes"):
        from_data(data)


def test_wide_diagrams_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    data = through_text(to_data(Copy(Ty(X), 3)))
    data["parts"][0][2] = 1 << 40
    with pytest.raises(ValueError, match="more wires beside boxes than the limit"):
        from_data(data)
    monkeypatch.setattr(bounds, "LARGEST_AREA", 90)
    with pytest.raises(ValueError, match="more wires"):
        to_data(Copy(Ty(X), 30) >> EXP @ Diagram.id(Ty(*[X] * 29)) >> EXP @ Diagram.id(Ty(*[X] * 29)) >> EXP @ Diagram.id(Ty(*[X] * 29)))


# ---- what is refused ----------------------------------------------------------------------------------------------

BASE = EXP @ Diagram.id(Ty(Y)) >> Swap(EXP.cod, Ty(Y))  # types: x, e, y


def part(data: Any, name: str) -> Any:
    return next(p for p in data["parts"] if p[0] == name)


BAD: dict[str, tuple[Any, str]] = {
    "unknown box": (lambda d: part(d, "Swap").__setitem__(0, "Merge"), r"part 1 \('Merge'\): there is no such box"),
    "no name": (lambda d: part(d, "Swap").__setitem__(0, 3), "part 1 .*starts with no name"),
    "empty": (lambda d: d["parts"].append([]), "part 3 .*starts with no name"),
    "no list": (lambda d: d["parts"].append({}), "part 3 .*not a list"),
    "entries": (lambda d: part(d, "Swap").append(1), "it has 3 entries, due are left, right"),
    "diagram": (lambda d: part(d, "Diagram").pop(), "due are dom, cod and layers"),
    "type": (lambda d: part(d, "Swap").__setitem__(1, [9]), "there is no type 9"),
    "negative type": (lambda d: part(d, "Swap").__setitem__(1, [-1]), "not a natural number"),
    "two wires": (lambda d: part(d, "Swap").__setitem__(1, [0, 0]), "Swap is of one wire"),
    "forward": (lambda d: part(d, "Diagram")[3][0].__setitem__(1, 2), "layer 0: there is no part 2 before this one"),
    "no box": (lambda d: d["parts"].append(["Diagram", [0], [0], [[0, 2]]]), "layer 0: part 2 is no box"),
    "passing": (lambda d: part(d, "Diagram")[3][0].__setitem__(0, 7), r"layer 0: part 0 takes wires up to 8, there are 2"),
    "wrong wire": (lambda d: part(d, "Diagram")[3][0].__setitem__(0, 1), r"layer 0: part 0 takes float64\[q:3 k:n\] as wire 0, there is"),
    "wrong end": (lambda d: part(d, "Diagram").__setitem__(2, [0, 2]), "the diagram gives float64.* as wire 0, there is int64"),
    "short end": (lambda d: part(d, "Diagram").__setitem__(2, [0]), "the diagram gives 1 wires, there are 2"),
    "no box in a layer": (lambda d: part(d, "Diagram")[3].append([]), "there is no box in it"),
    "names of nothing": (lambda d: part(d, "Diagram")[3][0].append([5, 0]), "there is no wire 5 of type"),
    "names of another type": (lambda d: part(d, "Diagram")[3][0].append([0, 2]), "there is no wire 0 of type int64"),
    "odd names": (lambda d: part(d, "Diagram")[3][0].append([0]), "shorter"),
    "op": (lambda d: part(d, "Operation")[1][0].__setitem__(0, "Expo"), "there is no such op"),
    "no op": (lambda d: part(d, "Operation").__setitem__(1, []), "there is no op in it"),
    "access": (lambda d: part(d, "Operation").__setitem__(4, [[0, [1, 1, 1, 1, [[1, [["n", 1]]]]]]]), "exp reads axis 1"),
    "accesses": (lambda d: part(d, "Operation").__setitem__(4, [[0, 1], [0, 1]]), "there is no wire 1"),
    "operand": (lambda d: part(d, "Operation").__setitem__(2, []), "there is no wire 0"),
    "no parts": (lambda d: d["parts"].clear(), "there is no diagram in it"),
    "bad type": (lambda d: d["types"][1].__setitem__(1, "float1"), "type 1: dtype 'float1' is not one of"),
    "an empty axis": (lambda d: d["types"][0][0][0].__setitem__(1, 0), "type 0: axis q has size 0: a size is at least 1"),
    "a negative axis": (lambda d: d["types"][0][0][1].__setitem__(1, [[-1, [["n", 1]]]]), "type 0: axis k has size -1.n: a size"),
    "twice an axis": (lambda d: d["types"][0][0][1].__setitem__(0, "q"), "type 0: axis 'q' appears twice"),
    "block of nothing": (lambda d: d["parts"].append(["Block", "b", 99, False]), "there is no part 99"),
    "closed": (lambda d: d["parts"].append(["Block", "b", 0, 1]), "neither true nor false: 1"),
    "steps": (lambda d: d["parts"].append(["Repeat", 0, ["a"], ["", ""], [0], False]), "has 1 steps and 2 prefixes"),
    "no steps": (lambda d: d["parts"].append(["Repeat", 0, [], [], [0], False]), "there is no step in it"),
    "steps that do not compose": (lambda d: d["parts"].append(["Repeat", 1, ["a"], [""], [0, 1], False]), "gives int64.* as output 0"),
    "long names": (lambda d: d["parts"].append(["Repeat", 0, ["1" * 300], [""], [0], False]), "more than 256 letters"),
    "block without a name": (lambda d: d["parts"].append(["Block", None, 0, False]), "not a name: None"),
    "permutation": (lambda d: d["parts"].append(["Permutation", [0, 0], [0, 0]]), "permutes no wires"),
    "reindex": (lambda d: d["parts"].append(["Reindex", [0], [2], [[2], [5]]]), "cannot be read as"),
    "reindex of nothing": (lambda d: d["parts"].append(["Reindex", [], [2], []]), "there is no wire 0"),
    "axis": (lambda d: d["parts"].append(["Broadcast", 0, [["q", 3]]]), "has an axis q:3 already|has an axis q already"),
    "axis size": (lambda d: d["parts"].append(["Broadcast", 0, [["b", 0.5]]]), "not a size"),
    "an empty axis more": (lambda d: d["parts"].append(["Broadcast", 0, [["b", 0]]]), "axis b has size 0"),
    "data": (lambda d: d["parts"].append(["Box", "f", [0], [0], [1]]), "not the data of a box"),
    "fields": (lambda d: d.update(more=1), "it has the fields"), "version": (lambda d: d.update(version="2"), "it has version '2'"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "message"), BAD.values(), ids=BAD)
def test_ill_typed_diagrams_are_refused(change: Any, message: str, tmp_path: Path) -> None:
    data = through_text(to_data(BASE))
    change(data)
    with pytest.raises(ValueError, match=message):
        from_data(data)
    path = tmp_path / "bad.ncd.json"
    path.write_text(json.dumps(data))
    with pytest.raises(FileError, match=f"bad.ncd.json is not a diagram that can be read: .*({message})"):
        load(path)


def test_boxes_of_others_are_not_written() -> None:
    class Swap(Box):  # a name that is listed
        pass

    class Mine(Exp):
        pass

    for diagram in (Swap("f", X, X), Block("b", Swap("f", X, X))):
        with pytest.raises(UnsupportedOp, match="is a box of class Swap, which cannot be written"):
            to_data(diagram)
    with pytest.raises(UnsupportedOp, match="Mine, which is not one of ncd_cat"):
        to_data(Operation(Mine(), X, X))
    with pytest.raises(UnsupportedOp, match="f holds data of type object"):
        to_data(Box("f", X, X, object()))


def test_only_diagrams_are_saved(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"cannot be written: axis a has size 0: a size is at least 1"):
        save(Diagram.id(Array.of((0,))), tmp_path / "x.ncd.json")
    with pytest.raises(InputError, match="save takes a diagram, not a Ty"):
        save(Ty(X), tmp_path / "x.ncd.json")
    with pytest.raises(InputError, match="save takes a diagram, not a int"):
        save(3, tmp_path / "x.ncd.json")  # type: ignore[arg-type]
    with pytest.raises(UnsupportedOp, match="holds data of type tuple"):
        save(Box("f", X, X, ()), tmp_path / "x.ncd.json")
    assert list(tmp_path.iterdir()) == []
