import numpy as np
import pytest

from ncd_cat.graph import Input, apply, source
from ncd_cat.ops.indexing import embedding
from ncd_cat.ops.literal import Literal, entries, literal
from ncd_cat.ops.opaque import Opaque, Reshape
from ncd_cat.sizes import symbol
from ncd_cat.welltyped import validate
from tests.loops import loop_evaluate
from tests.ncd_cat.ops.oracle import agree, by_array

RNG = np.random.default_rng(0)


def test_embedding_takes_rows() -> None:
    table, rows = RNG.normal(size=(5, 3)), RNG.integers(0, 5, size=(2, 4))
    value = agree(embedding, lambda t, i: t[i], table, rows)
    np.testing.assert_array_equal(by_array(value.node, [table, rows]), table[rows])


def test_embedding_at_symbolic_sizes() -> None:
    v, m, t = symbol("v"), symbol("m"), symbol("t")
    value = embedding(source(Input(0), (v, m)), source(Input(1, "int"), (t,)))
    validate(value.node)
    assert value.sizes == (t, m)


TABLES = [RNG.normal(size=(2, 3)), np.arange(4), np.array([True, False]), np.float32(0.5), np.array([np.inf, -np.inf])]


@pytest.mark.parametrize("table", TABLES)
def test_literals_hold_their_table(table: np.ndarray) -> None:
    value = literal(table)
    assert value.sizes == np.shape(table)
    np.testing.assert_array_equal(loop_evaluate(value), table)
    assert isinstance(value.node.op, Literal)
    assert entries(value.node.op) == np.size(table)
    assert literal(np.array(table)).node is value.node


def test_literals_have_the_kind_of_their_numbers() -> None:
    assert [literal(a).kind for a in (np.array([True]), np.int32([1]), np.float32([1]))] == ["bool", "int", "real"]  # type: ignore[list-item]


def test_empty_and_undefined_tables_are_refused() -> None:
    for table in (np.zeros((0, 2)), np.array([np.nan])):
        with pytest.raises(ValueError, match="a literal is not empty and holds no nan"):
            literal(table)


def test_reshape_is_row_major() -> None:
    x = RNG.normal(size=(2, 6, 4))
    value = apply(Reshape((6, 4), (8, 3)), source(Input(0), x.shape), degree=(2,))
    validate(value.node)
    np.testing.assert_array_equal(by_array(value.node, [x]), x.reshape(2, 8, 3))


def test_an_opaque_box_equals_itself_on_equal_operands_only() -> None:
    x, y = source(Input(0), (3,)), source(Input(1), (3,))
    box = Opaque("aten.sort", "descending=True", ((3,),), (3,))
    assert apply(box, x, degree=()) == apply(box, x, degree=()) != apply(box, y, degree=())
    assert str(box) == "aten.sort"
    with pytest.raises(NotImplementedError, match=r"aten\.sort has no meaning"):
        loop_evaluate(apply(box, x, degree=()), [np.zeros(3)])
