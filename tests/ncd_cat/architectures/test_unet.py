from __future__ import annotations

import pytest

import ncd_cat as ncd
from ncd_cat.architectures import diagram
from ncd_cat.architectures.unet import unet
from ncd_cat.language import ty

torch = pytest.importorskip("torch")

from tests.architectures import agrees, is_twin  # noqa: E402
from tests.ncd_cat.architectures.twins_images import UNet, drawn  # noqa: E402

pytestmark = pytest.mark.torch


def test_it_is_the_module() -> None:
    is_twin("unet", drawn(UNet(1, [2, 3, 4, 3], 5, 3, 4)))


def test_at_other_sizes_it_computes_what_the_module_does() -> None:
    sizes = {"b": 1, "c": 2, "x_0": 2, "x_1": 1, "c_1": 3, "c_2": 1, "c_3": 2, "c_4": 4, "c_5": 3, "y": 1}
    agrees(diagram("unet-symbolic").resize(**sizes).graph, drawn(UNet(2, [3, 1, 2, 4], 3, 1, 4)))


def test_the_figure_forgets_what_it_saved_first() -> None:
    with pytest.raises(ncd.TypeMismatch, match="C1 is saved but never loaded"):
        unet(ty("b c:1 x...:512"), steps=3)


def test_the_fourth_step_is_not_in_vain() -> None:
    """The figure as it is drawn, were C1 not saved, is another function."""
    whole, short = drawn(UNet(1, [2, 3], 4, 2, 2)), drawn(UNet(1, [2, 3], 4, 2, 1))
    found = unet(ty("b:2 c:1 x.0:4 x.1:8"), [2, 3], 4, 2, 2)
    agrees(found.graph, whole)
    x = torch.ones(2, 1, 4, 8, dtype=torch.float64)
    short.load_state_dict({key: whole.state_dict()[key] for key in short.state_dict()})
    assert (whole(x) - short(x)).abs().max() > 1e-3


def test_it_has_the_numbers_of_the_original() -> None:
    found = unet(ty("b c:1 x...:512"))
    shapes = {key: tuple(w.shape) for key, w in UNet(1, [64, 128, 256, 512], 1024, 2, 4).state_dict().items()}
    assert {key: n.sizes for key, n in found.graph.weights().items()} == shapes
    assert found.cod == ty("b y:2 x...:512")


def test_its_blocks_are_those_of_the_module() -> None:
    names = {str(box) for box in diagram("unet").boxes}
    assert {*(f"{part}.{i}" for part in ("down", "up", "join") for i in range(4)), "middle", "last"} <= names


def test_an_image_that_does_not_halve_four_times_is_refused() -> None:
    with pytest.raises(ncd.TypeMismatch, match=r"concat along c: .* axis x\.0 \(size 24\) and x\.0 \(size 25\)"):
        unet(ty("b c:1 x...:100"))
