"""Indices that are data: what torch reads from the end of an axis is not silently taken to be read from the front."""

import pytest

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
