"""Calls that have no meaning here stay boxes: which, how they are called, and when two are one."""

import pytest

from ncd_cat.importers.torch import import_torch
from tests.exported import draw

torch = pytest.importorskip("torch")
F = torch.nn.functional
pytestmark = pytest.mark.torch


def test_what_has_no_meaning_is_an_opaque_box() -> None:
    x, i = draw((3, 4))[0], torch.tensor([5, -3, 2])
    found = import_torch(lambda x, i: (x.sort(-1).values, x.argmax(0), torch.nn.functional.pad(x, (1, 1)), torch.bitwise_and(i, 3)), (x, i))
    assert found.opaque == ("aten.sort.default", "aten.argmax.default", "aten.bitwise_and.Scalar")
    assert str(found) == "1/4 nodes understood, 3 opaque: aten.sort.default, aten.argmax.default, aten.bitwise_and.Scalar"


def test_arithmetic_that_wraps_around_is_opaque() -> None:
    small = torch.tensor([200, 100], dtype=torch.uint8)
    found = import_torch(lambda s, i: (s + s, ~s, i.to(torch.int8), s.long() + 1), (small, torch.tensor([300, 2])))
    assert found.opaque == ("aten.add.Tensor", "aten.bitwise_not.default", "aten._to_copy.default")


def test_what_has_a_form_only_sometimes_is_opaque_otherwise() -> None:
    (x,) = draw((2, 3, 4, 6))
    found = import_torch(
        lambda x: (
            torch.linalg.vector_norm(x, 3),
            F.interpolate(x, size=(6, 9), mode="bilinear", antialias=True),
            x.prod(),
        ),
        (x,),
    )
    assert [name.split(".")[1] for name in found.opaque] == [
        "linalg_vector_norm", "_upsample_bilinear2d_aa", "prod",
    ]  # fmt: skip


def test_equal_opaque_calls_are_one_box_and_others_are_not() -> None:
    (x,) = draw((3, 4))
    graph = import_torch(lambda x: (x.sort(-1).values, x.sort(-1).values, x.sort(0).values, x.sort(-1, descending=True).values), (x,)).graph
    first, again, other_axis, descending = graph.outputs
    assert first == again
    assert len({first, other_axis, descending}) == 3


def test_an_unused_place_of_the_greatest_entry_is_no_opaque_box() -> None:
    (x,) = draw((3, 4))
    assert import_torch(lambda x: x.max(1).values, (x,)).opaque == ()
    assert import_torch(lambda x: x.max(1).indices, (x,)).opaque == ("aten.max.dim",)
