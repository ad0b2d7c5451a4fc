"""A symbolic diagram meets a concrete one at the sizes of its inputs."""

import pytest

import ncd_cat as ncd


def test_a_symbolic_diagram_is_put_at_the_sizes_of_the_other_side() -> None:
    symbolic = ncd.einsum("q d, k d -> q k") >> ncd.softmax("k")
    verdict = ncd.prove(symbolic, symbolic.resize(q=3, k=5, d=4))
    assert verdict.status == "proved"
    assert "lhs at the sizes of rhs: d = 4, k = 5, q = 3" in str(verdict)
    back = ncd.prove(symbolic.resize(q=3, k=5, d=4), symbolic)
    assert back.status == "proved" and "rhs at the sizes" in str(back)


def test_sizes_that_no_value_of_the_symbol_fits_are_refused() -> None:
    square = ncd.einsum("n m, m -> n").resize(m=ncd.symbols("n").size)
    with pytest.raises(ncd.TypeMismatch, match=r"axis 1 .* has size 3 in lhs and 4 in rhs"):
        ncd.prove(square, ncd.einsum("n m, m -> n", n=3, m=4))


def test_sizes_are_read_off_outputs_and_weights_too() -> None:
    """n is the size of no input, and of no output."""
    layers = (ncd.linear("m", "n", name="up") >> ncd.linear("n", "k", name="down")).at(ncd.ty("m"))
    verdict = ncd.prove(layers, layers.resize(m=2, n=3, k=4))
    assert verdict.status == "proved"
    assert "lhs at the sizes of rhs: k = 4, m = 2, n = 3" in str(verdict)


def test_sizes_are_solved_for_in_products() -> None:
    heads = ncd.linear("m", "h:3 d", name="q", bias=False).at(ncd.ty("m")) >> ncd.total("h d")
    verdict = ncd.prove(heads, heads.resize(m=2, d=4))
    assert verdict.status == "proved"
    assert "lhs at the sizes of rhs: d = 4, m = 2" in str(verdict)
    with pytest.raises(ncd.InputError, match=r"weight 'q.weight' has sizes \(3\*d, 2\) in lhs and \(10, 2\) in rhs"):
        ncd.prove(heads, ncd.linear("m", "n:10", name="q", bias=False).at(ncd.ty("m:2")) >> ncd.total("n"))
