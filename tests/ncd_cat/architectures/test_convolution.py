from __future__ import annotations

from typing import Any

import pytest

import ncd_cat as ncd
from ncd_cat.architectures import diagram
from ncd_cat.architectures.convolution import boxed, windowed
from ncd_cat.language import conv, ty

torch = pytest.importorskip("torch")

from tests.architectures import agrees, is_twin, proves  # noqa: E402
from tests.ncd_cat.architectures.twins_images import drawn  # noqa: E402

pytestmark = pytest.mark.torch
nn = torch.nn


class Convolution(nn.Module):
    def __init__(self, *sizes: int, before: Any = None, after: Any = None) -> None:
        super().__init__()
        self.conv, self.before, self.after = nn.Conv2d(*sizes), before or nn.Identity(), after or nn.Identity()

    def forward(self, x: Any) -> Any:
        return self.after(self.conv(self.before(x)))


def move(x: Any) -> Any:
    return x[:, :, 1:, 1:]


TWINS = {
    "convolution": lambda: Convolution(3, 4, 3, 2, 1, 2),
    "convolution-windowed": lambda: Convolution(3, 4, 3, 2, 1, 2),
    "convolution-1x1": lambda: Convolution(3, 4, 1),
    "convolution-1x1-linear": lambda: Convolution(3, 4, 1),
    "convolution-moved-first": lambda: Convolution(3, 4, 3, before=move),
    "convolution-moved-after": lambda: Convolution(3, 4, 3, after=move),
}
SAME = [
    ("convolution", "convolution-windowed"),
    ("convolution-1x1", "convolution-1x1-linear"),
    ("convolution-moved-first", "convolution-moved-after"),
]


@pytest.mark.parametrize("name", TWINS)
def test_it_is_the_module(name: str) -> None:
    sizes = {"x_0": 5, "x_1": 6, "o": 4}
    is_twin(name, drawn(TWINS[name]()), **sizes)


@pytest.mark.parametrize("name", TWINS)
def test_at_other_sizes_it_computes_what_the_module_does(name: str) -> None:
    agrees(diagram(f"{name}-symbolic").resize(b=1, c=3, o=4, x_0=7, x_1=2).graph, drawn(TWINS[name]()))


@pytest.mark.parametrize(("lhs", "rhs"), SAME)
def test_they_are_equal_at_all_sizes(lhs: str, rhs: str) -> None:
    proves(diagram(f"{lhs}-symbolic"), diagram(f"{rhs}-symbolic"))


@pytest.mark.parametrize(("stride", "dilation", "padding"), [(1, 1, 0), (1, 3, 2), (2, 1, 1), (3, 2, 1), (4, 1, 0)])
def test_a_box_is_a_window_and_an_affine_map(stride: int, dilation: int, padding: int) -> None:
    proves(boxed(stride, dilation, padding), windowed(stride, dilation, padding))
    assert windowed(stride, dilation, padding).cod == ty("b o x...")
    agrees(windowed(stride, dilation, padding).resize(b=2, c=3, o=4, x_0=3, x_1=2).graph,
           drawn(Convolution(3, 4, 3, stride, padding, dilation)))  # fmt: skip


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize(("dilation", "padding"), [(1, 0), (2, 1), (3, 4)])
def test_the_size_that_comes_out_is_that_of_torch(stride: int, dilation: int, padding: int) -> None:
    star = conv("x", "c", "o:2", kernel=3, stride=stride, dilation=dilation, padding=padding, name="conv")
    module = nn.Conv2d(1, 2, 3, stride, padding, dilation)
    for size in (7, 8, 9, 10):
        found = star.at(ty("b:1 c:1 x...", x=(size, size + 3))).cod.inside[0].sizes
        assert found == tuple(module(torch.zeros(1, 1, size, size + 3)).shape)


def test_a_window_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ncd.TypeMismatch, match="a window of 3 entries, 4 apart, exceeds spatial axis 0 of size 8"):
        conv("x", "c", "o", kernel=3, dilation=4, name="conv").at(ty("c x...:8"))


def test_a_stride_does_not_commute_with_translation() -> None:
    """Moved by one place and then every second place is not every second place, moved by one."""
    star = conv("x", "c", "o:2", kernel=1, stride=2, name="conv")
    image = ty("b:1 c:1 x...:8")
    first = ncd.cut("x.0", 1, 6).at(image) >> star
    after = star.at(image) >> ncd.cut("x.0", 1, 3)
    assert ncd.prove(first, after).status == "refuted"
