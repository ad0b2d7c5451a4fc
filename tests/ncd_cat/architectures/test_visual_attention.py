from __future__ import annotations

import pytest

import ncd_cat as ncd
from ncd_cat.architectures import diagram
from ncd_cat.architectures.multi_head import heads
from ncd_cat.architectures.visual_attention import figure, visual_attention
from ncd_cat.axes import Axis
from ncd_cat.language import Wire, conv, conv_transpose, merge, order, split, ty

torch = pytest.importorskip("torch")

from tests.architectures import agrees, is_twin, proves  # noqa: E402
from tests.ncd_cat.architectures.twins_images import VisualAttention, drawn  # noqa: E402

pytestmark = pytest.mark.torch


def test_it_is_the_module() -> None:
    is_twin("visual-attention", drawn(VisualAttention(4, 3, 2, 3, 3)), k=3, h=2)


def test_windows_that_overlap() -> None:
    is_twin("visual-attention-overlapping", drawn(VisualAttention(4, 3, 2, 3, 2)), k=3, h=2, y_0=2, y_1=3, x_0=4, x_1=5)


def test_at_other_sizes_it_computes_what_the_module_does() -> None:
    found = diagram("visual-attention-symbolic").resize(b=1, c=2, k=2, h=3, y_0=1, y_1=4, x_0=2, x_1=2)
    agrees(found.graph, drawn(VisualAttention(2, 2, 3, 3, 3)))


def test_the_numbers_of_the_figure() -> None:
    """Windows of 3 places, 3 apart, see 15 of 16 places."""
    found = figure()
    assert found.dom == ty("b c:33 y...:16, b c:33 x...:16")
    assert found.cod == ty("b c:33 y...:15")
    agrees(found.resize(b=1).graph, drawn(VisualAttention(33, 8, 4, 3, 3)))


def test_it_is_multi_head_attention_of_the_windows() -> None:
    """Images read as lists of windows, with the attention of figure 21 between the learned maps."""
    n = Axis("n", 6)

    @ncd.diagram("c:4 y.0:6 y.1:9, c:4 x.0:12 x.1:15")
    def of_lists(e: Wire, x: Wire) -> Wire:
        def items(image: Wire, axis: str, name: str) -> Wire:
            seen = split(conv(image, axis, "c", n, kernel=3, stride=3, name=name), "n -> (k h)", h=2)
            return order(merge(seen, f"({axis}.0 {axis}.1) -> {axis}"), f"{axis} k h")

        y = heads()(items(e, "y", "query"), items(x, "x", "key"), items(x, "x", "value"))
        back = merge(order(split(y, "y -> (y.0 y.1)", **{"y.0": 2}), "k h y.0 y.1"), "(k h) -> n")
        return conv_transpose(back, "y", "n", "c:4", kernel=3, stride=3, name="out")

    drawn_so = visual_attention(Axis("k", 3), Axis("h", 2)).at(of_lists.dom)
    proves(drawn_so, of_lists)


def test_images_may_have_any_number_of_axes() -> None:
    found = visual_attention(Axis("k", 2), Axis("h", 2), 2, 2).at(ty("c:3 y...1:4, c:3 x...1:8"))
    assert str(found.cod) == "float32[c:3 y.0:4]"
