from __future__ import annotations

import pytest

import ncd_cat as ncd
from ncd_cat.architectures import diagram, find
from ncd_cat.architectures.resnet import resnet, star
from ncd_cat.language import batch_norm, relu, ty
from ncd_cat.welltyped import validate

torch = pytest.importorskip("torch")

from tests.architectures import agrees, proves, survives_a_file  # noqa: E402
from tests.ncd_cat.architectures.twins_images import ResNet, drawn  # noqa: E402

pytestmark = pytest.mark.torch
nn = torch.nn


def test_it_computes_what_the_module_does() -> None:
    graph = find("resnet")
    for node in graph.nodes():
        validate(node)
    agrees(graph, drawn(ResNet(5, 4, [2, 3, 2], 2)))
    survives_a_file("resnet")


def test_at_other_sizes_it_computes_what_the_module_does() -> None:
    found = diagram("resnet-symbolic").resize(b=3, c=1, x_0=2, x_1=1, m=2, p=3, q=1, r=2)
    agrees(found.graph, drawn(ResNet(1, 2, [3, 1, 2], 2)))
    survives_a_file("resnet-symbolic")


def test_it_is_proved_to_be_the_module() -> None:
    """What is skipped by a stride is assumed to have a value, which is so where no running variance is below 0."""
    verdict = ncd.prove(diagram("resnet-symbolic"), drawn(ResNet(5, 4, [2, 3, 2], 2)), (torch.zeros(2, 5, 8, 12, dtype=torch.float64),))
    assert verdict.status == "proved"
    assert all(str(a).endswith("has a value") for a in verdict.assumptions)
    ncd.check(verdict.certificate)


class Skipping(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.conv1, self.conv2 = nn.BatchNorm2d(3), nn.Conv2d(3, 3, 1), nn.Conv2d(3, 4, 1, 2)

    def forward(self, x: object) -> object:
        return self.conv2(torch.relu(self.conv1(self.norm1(x))))


def test_a_stride_after_a_norm_needs_no_assumption() -> None:
    norm = batch_norm("n", name="norm1")
    found = norm >> star(3, 1, name="conv1") >> relu >> star(4, 1, name="conv2", stride=2)
    proves(found.at(ty("b:2 n:3 x.0:6 x.1:8")), drawn(Skipping()), (torch.zeros(2, 3, 6, 8, dtype=torch.float64),))


def test_it_has_the_numbers_of_the_figure() -> None:
    found = resnet(ty("b n:3 x...:32"))
    shapes = {key: tuple(w.shape) for key, w in ResNet(3, 16, [16, 32, 64], 3).state_dict().items() if w.is_floating_point()}
    assert {key: n.sizes for key, n in found.graph.weights().items()} == shapes
    assert found.cod == ty("b y:10")
    assert [str(box) for box in found.boxes[:4]] == ["stem", "blocks.0", "blocks.1", "blocks.2"]


def test_blocks_fold() -> None:
    assert "rest ×2" in str(resnet(ty("b n:3 x...:32")).expand("blocks.1", depth=1).folded())


def test_a_norm_over_the_batch_alone_is_not_that_of_torch() -> None:
    """The figure's circle covers the batch and the channels, and is broadcast over the image; a module pools over the image too."""
    image = ty("b:3 n:2 x.0:4 x.1:5")
    drawn_so, as_torch = (batch_norm("n", name="norm", over=over).at(image) for over in ("b", "b x"))

    def trained(x: object) -> object:
        return nn.functional.batch_norm(x, None, None, weight, shift, training=True)

    weight, shift = torch.ones(2), torch.zeros(2)
    ones = {"norm.weight": weight.double().numpy(), "norm.bias": shift.double().numpy()}
    x = torch.randn(3, 2, 4, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    (y,) = ncd.evaluate(as_torch, [x.numpy()], weights=ones)
    weight, shift = weight.double(), shift.double()
    torch.testing.assert_close(torch.from_numpy(y), trained(x), rtol=1e-10, atol=1e-10)
    assert ncd.prove(drawn_so, as_torch).status == "refuted"
