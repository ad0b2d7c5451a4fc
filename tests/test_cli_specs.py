"""Specifications of inputs and maps of parameters are read exactly, or refused with the word that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncd_cat.axes import Axis
from ncd_cat.errors import FileError, InputError
from ncd_cat.graph import Graph, Input, source
from ncd_cat.specs import example_inputs, in_order, read_inputs, read_params, tensors
from ncd_cat.targets import Target
from ncd_cat.types import KINDS, Array

NAMES = st.permutations(["x", "ids", "attention_mask", "past_0"]).flatmap(lambda names: st.sampled_from([names[:k] for k in range(5)]))
SIZES = st.lists(st.integers(1, 99), max_size=4)


@given(NAMES, st.data())
def test_what_is_written_is_read(names: list[str], data: st.DataObject) -> None:
    wanted = [(name, data.draw(SIZES), data.draw(st.sampled_from(sorted(KINDS)))) for name in names]
    spec = " ".join(f"{name}={','.join(map(str, sizes))}:{dtype}" for name, sizes, dtype in wanted)
    assert [(a.name, list(a.sizes), a.dtype) for a in read_inputs(spec)] == wanted


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("x", "--inputs: 'x' is not NAME=SIZES:DTYPE, as in 'ids=2,16:int64"),
        ("=2", "--inputs: '=2' is not NAME=SIZES:DTYPE"),
        ("x=2:float", "--inputs: 'x=2:float' has dtype 'float', which is not one of bool, uint8"),
        ("x=2,n", "--inputs: 'x=2,n' has sizes '2,n'; they are positive numbers"),
        ("x=0", "--inputs: 'x=0' has sizes '0'"),
        ("x=-1", "--inputs: 'x=-1' has sizes '-1'"),
        ("x=2 x=3", "--inputs gives 'x' twice"),
    ],
)
def test_specifications_that_are_wrong(spec: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_inputs(spec)
    assert message in str(caught.value)


def two(ids: object, mask: object) -> None:
    """A function of two tensors."""


def any_number(*xs: object) -> None:
    """A function of any number of tensors."""


def test_inputs_stand_in_the_order_of_the_model() -> None:
    target = Target("two", two)
    assert [a.name for a in in_order(read_inputs("mask=2 ids=3"), target)] == ["ids", "mask"]
    assert [a.name for a in in_order(read_inputs("ids=3"), target)] == ["ids"]
    assert [a.name for a in in_order(read_inputs("b=2 a=3"), Target("any", any_number))] == ["b", "a"]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("idz=3", "two has no input 'idz': its inputs are ids, mask"),
        ("mask=3", "--inputs does not give 'ids', which two takes before 'mask'"),
    ],
)
def test_inputs_that_do_not_fit(spec: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        in_order(read_inputs(spec), Target("two", two))
    assert str(caught.value) == message


X = Array.of((2, 3), "int64", name="x")
DIAGRAM = Target("identity", Graph((X,), (X,), (source(Input(0, "int"), (2, 3)),)))


def test_two_diagrams_need_no_inputs() -> None:
    assert example_inputs(DIAGRAM, DIAGRAM, None) is None
    with pytest.raises(InputError, match="both sides are diagrams"):
        example_inputs(DIAGRAM, DIAGRAM, "x=2")


def test_inputs_of_either_file() -> None:
    assert example_inputs(Target("a.py:f", two, (1,)), Target("b.py:f", two, (2,)), None) == (1,)
    assert example_inputs(Target("a.py:f", two), Target("b.py:f", two, (2,)), None) == (2,)
    with pytest.raises(InputError, match=r"what are the inputs of a.py:f\? write `inputs = .* in a.py, or --inputs"):
        example_inputs(Target("a.py:f", two), Target("b.py:f", two), None)


def test_tensors_of_a_specification_or_of_a_diagram() -> None:
    torch = pytest.importorskip("torch")
    given = example_inputs(Target("a.py:f", two, (1,)), Target("b.py:f", two), "mask=4:bool ids=3,2:int64")
    assert given is not None
    assert [(tuple(t.shape), t.dtype) for t in given] == [((3, 2), torch.int64), ((4,), torch.bool)]
    derived = example_inputs(Target("a.py:f", two), DIAGRAM, None)
    assert derived is not None
    assert [(tuple(t.shape), t.dtype) for t in derived] == [((2, 3), torch.int64)]


def test_inputs_that_no_memory_holds() -> None:
    pytest.importorskip("torch")
    for n in (10**14, 10**30):
        with pytest.raises(InputError, match=rf"float32\[a:{n}\] do not fit into memory"):
            tensors(read_inputs(f"x={n}"))


def test_a_symbol_has_no_tensor() -> None:
    pytest.importorskip("torch")
    with pytest.raises(InputError, match="axis n of y has no number for its size"):
        tensors([Array((Axis("n"),), "float32", "y")])


def test_a_map_of_parameters(tmp_path: Path) -> None:
    path = tmp_path / "map.toml"
    path.write_text('"attn.qkv.weight" = "c_attn.weight"\nmlp.up.bias = "c_fc.bias"\n[head]\nweight = "wte.weight"\n')
    assert read_params(str(path)) == {"attn.qkv.weight": "c_attn.weight", "mlp.up.bias": "c_fc.bias", "head.weight": "wte.weight"}


def test_maps_hold_expressions(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text('attn.qkv.weight = "concat(q.weight, k.weight, v.weight)"')
    assert read_params(str(tmp_path / "map.toml")) == {"attn.qkv.weight": "concat(q.weight, k.weight, v.weight)"}


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("a = ", FileError, "is not TOML"),
        ("a = 3", InputError, "'a' is 3; write the other model's name"),
    ],
)
def test_maps_that_are_wrong(tmp_path: Path, text: str, error: type[Exception], message: str) -> None:
    path = tmp_path / "map.toml"
    path.write_text(text)
    with pytest.raises(error) as caught:
        read_params(str(path))
    assert message in str(caught.value)


def test_a_map_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"no\.toml: No such file or directory"):
        read_params(str(tmp_path / "no.toml"))
