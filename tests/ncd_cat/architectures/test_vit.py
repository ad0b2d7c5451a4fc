from __future__ import annotations

import pytest

import ncd_cat as ncd
from ncd_cat.architectures import diagram
from ncd_cat.architectures.vit import vit
from ncd_cat.axes import Axis
from ncd_cat.language import ty

torch = pytest.importorskip("torch")

from tests.architectures import agrees, is_twin  # noqa: E402
from tests.ncd_cat.architectures.twins_images import ViT, drawn  # noqa: E402

pytestmark = pytest.mark.torch


def test_it_is_the_module() -> None:
    is_twin("vit", drawn(ViT(3, (4, 8), 2, 6, 2, 7, 2, 5)), h=2, d=3)


def test_at_other_sizes_it_computes_what_the_module_does() -> None:
    found = diagram("vit-symbolic").resize(b=1, c=1, x_0=3, x_1=1, h=3, d=2, n=4, y=2)
    agrees(found.graph, drawn(ViT(1, (6, 2), 2, 6, 3, 4, 2, 2)))


def test_its_layers_fold() -> None:
    found = vit(ty("c:3 x...:224"), Axis("m", 768), 12, Axis("n", 3072))
    assert found.graph.weights()["places"].sizes == (197, 768)
    assert "layers ×12" in str(found.expand("encoder", depth=1).folded())


def test_an_image_that_windows_do_not_tile_loses_its_border() -> None:
    """As in PyTorch: 225 places have 14 windows of 16, and one place that none of them sees."""
    found = vit(ty("c:3 x.0:224 x.1:225"), Axis("m", 768), 12, Axis("n", 3072), layers=1)
    assert found.graph.weights()["places"].sizes == (197, 768)


def test_heads_that_do_not_divide_the_width_are_refused() -> None:
    with pytest.raises(ncd.TypeMismatch, match="7"):
        vit(ty("c:3 x...:32"), Axis("m", 16), 7, Axis("n", 4))
