"""Indices that are data: what torch reads from the end of an axis is not silently taken to be read from the front."""

import pytest

from ncd_cat.axes import whole
from ncd_cat.graph import Input, node, source
from ncd_cat.ops.indexing import Take
from ncd_cat.ops.scatter import Scatter
from ncd_cat.signature import Op
from ncd_cat.welltyped import validate
from proofs.claim import COUNTED
from proofs.prove import prove

torch = pytest.importorskip("torch")
X, AT = torch.randn(4, 2), torch.tensor([0, 1, 2])


def chosen(x, i):  # type: ignore[no-untyped-def]
    return x[i]


def by_one_hot(x, i):  # type: ignore[no-untyped-def]
    return (i[:, None] == torch.arange(4)).to(x.dtype) @ x


def test_that_an_index_is_not_negative_is_told_where_it_matters() -> None:
    verdict = prove(chosen, by_one_hot, (X, AT))
    assert verdict.status != "proved" or COUNTED in verdict.notes
    assert COUNTED not in prove(chosen, lambda x, i: (2 * x)[i] / 2, (X, AT)).notes


def test_a_sum_at_negative_places_is_no_product_with_one_hot_rows() -> None:
    def put(x, i):  # type: ignore[no-untyped-def]
        return torch.zeros(4, 2).index_put((i,), x, accumulate=True)

    def product(x, i):  # type: ignore[no-untyped-def]
        return (i[:, None] == torch.arange(4)).to(x.dtype).T @ x

    assert prove(put, product, (X[:3], AT), timeout=5).status != "proved"


@pytest.mark.parametrize("op", [Take(3), Scatter((3,), 3)])
def test_an_index_of_reals_is_no_index(op: Op) -> None:
    whole_axis = (whole(0, 3),)
    n = node(op, [(source(Input(0), (3,)).node, whole_axis), (source(Input(1), (3,)).node, whole_axis)], (3,))
    n = n if isinstance(op, Scatter) else node(op, [(n.operands[0][0], (whole(1, 3),)), n.operands[1]], (3,))
    with pytest.raises(TypeError, match="whole numbers"):
        validate(n)
