"""Models of images as people write them in PyTorch: imported without opaque boxes, and equal to PyTorch in float64."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.twins import agrees

torch = pytest.importorskip("torch")
nn, F = torch.nn, torch.nn.functional
pytestmark = pytest.mark.torch


class VisionTransformer(nn.Module):
    def __init__(self, unfolded: bool) -> None:
        super().__init__()
        self.unfolded, self.patch = unfolded, nn.Conv2d(3, 8, 4, 4)
        self.token, self.places = nn.Parameter(torch.randn(1, 1, 8)), nn.Parameter(torch.randn(1, 5, 8))
        self.block = nn.TransformerEncoderLayer(8, 2, 16, 0.0, "gelu", batch_first=True, norm_first=True)
        self.norm, self.head = nn.LayerNorm(8), nn.Linear(8, 5)

    def forward(self, x: Any) -> Any:
        if self.unfolded:
            patches = F.linear(F.unfold(x, 4, stride=4).mT, self.patch.weight.flatten(1), self.patch.bias)
        else:
            patches = self.patch(x).flatten(2).transpose(1, 2)
        y = torch.cat([self.token.expand(x.shape[0], -1, -1), patches], 1) + self.places
        return self.head(self.norm(self.block(y))[:, 0])


class Bottleneck(nn.Module):
    """The residual block that activates first; batch norm by running statistics, or by those of the batch."""

    def __init__(self, of_batch: bool) -> None:
        super().__init__()
        self.of_batch = of_batch
        self.norms = nn.ModuleList(nn.BatchNorm2d(c) for c in (4, 2, 2))
        self.convs = nn.ModuleList([nn.Conv2d(4, 2, 1, bias=False), nn.Conv2d(2, 2, 3, 2, 1, bias=False), nn.Conv2d(2, 8, 1, bias=False)])
        self.shortcut = nn.Conv2d(4, 8, 1, 2, bias=False)

    def activated(self, k: int, x: Any) -> Any:
        norm = self.norms[k]
        return F.relu(F.batch_norm(x, None, None, norm.weight, norm.bias, training=True) if self.of_batch else norm(x))

    def forward(self, x: Any) -> Any:
        y = x = self.activated(0, x)
        for k, conv in enumerate(self.convs):
            y = conv(self.activated(k, y) if k else y)
        return y + self.shortcut(x)


class ShiftedWindows(nn.Module):
    """Swin's attention: windows of a rolled image, a table of relative places, and a mask at the seams."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.qkv, self.out = nn.LayerNorm(6), nn.Linear(6, 18), nn.Linear(6, 6)
        self.table = nn.Parameter(torch.randn(9, 2))
        cells = torch.stack(torch.meshgrid(torch.arange(2), torch.arange(2), indexing="ij")).flatten(1)
        away = (cells[:, :, None] - cells[:, None] + 1).permute(1, 2, 0)
        self.register_buffer("places", away[..., 0] * 3 + away[..., 1])

    def windows(self, x: Any) -> Any:
        b, h, w, c = x.shape
        return x.view(b, h // 2, 2, w // 2, 2, c).permute(0, 1, 3, 2, 4, 5).reshape(-1, 4, c)

    def mask(self, h: int, w: int) -> Any:
        regions, count = torch.zeros(1, h, w, 1), 0
        for rows in (slice(0, -2), slice(-2, -1), slice(-1, None)):
            for columns in (slice(0, -2), slice(-2, -1), slice(-1, None)):
                regions[:, rows, columns] = count
                count += 1
        own = self.windows(regions).squeeze(-1)
        apart = own[:, None] - own[:, :, None]
        return apart.masked_fill(apart != 0, -100.0).masked_fill(apart == 0, 0.0)

    def forward(self, x: Any) -> Any:
        b, h, w, c = x.shape
        y = self.windows(torch.roll(self.norm(x), (-1, -1), (1, 2)))
        q, k, v = self.qkv(y).reshape(-1, 4, 3, 2, 3).permute(2, 0, 3, 1, 4)
        scores = q @ k.transpose(-2, -1) * 3**-0.5 + self.table[self.places.view(-1)].view(4, 4, 2).permute(2, 0, 1)
        scores = (scores.view(b, -1, 2, 4, 4) + self.mask(h, w)[None, :, None]).view(-1, 2, 4, 4)
        y = self.out((scores.softmax(-1) @ v).transpose(1, 2).reshape(-1, 4, c))
        y = y.view(b, h // 2, w // 2, 2, 2, c).permute(0, 1, 3, 2, 4, 5).reshape(b, h, w, c)
        return x + torch.roll(y, (1, 1), (1, 2))


class UNet(nn.Module):
    """One level down and up again, by a transposed convolution or by interpolation; what was saved is joined."""

    def __init__(self, up: Callable[[], Any]) -> None:
        super().__init__()
        self.down, self.bottom, self.up = nn.Conv2d(2, 3, 3, padding=1), nn.Conv2d(3, 4, 3, padding=1), up()
        self.last = nn.Conv2d(7 if isinstance(self.up, nn.Upsample) else 6, 2, 3, padding=1)

    def forward(self, x: Any) -> Any:
        saved = F.relu(self.down(x))
        return self.last(torch.cat([saved, self.up(F.relu(self.bottom(F.max_pool2d(saved, 2))))], 1))


class VisualAttention(nn.Module):
    """Attention between the places of an image: queries, keys and values by strided convolution, the answer by its transpose."""

    def __init__(self) -> None:
        super().__init__()
        self.q, self.k, self.v = (nn.Conv2d(4, 4, 3, 2, 1) for _ in range(3))
        self.out = nn.ConvTranspose2d(4, 4, 3, 2, 1, output_padding=1)

    def forward(self, x: Any) -> Any:
        q, k, v = (p(x) for p in (self.q, self.k, self.v))
        b, c, h, w = q.shape
        q, k, v = (y.view(b, 2, 2, h * w).transpose(2, 3) for y in (q, k, v))
        y = F.scaled_dot_product_attention(q, k, v)
        return x + self.out(y.transpose(2, 3).reshape(b, c, h, w))


class Untracked(nn.Module):
    """Batch norm that keeps no running statistics."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(4, track_running_stats=False)

    def forward(self, x: Any) -> Any:
        return self.norm(x)


IMAGE, PATCHES, CHANNELS_LAST = (2, 4, 6, 6), (2, 3, 8, 8), (2, 4, 4, 6)
MODELS: dict[str, tuple[Callable[[], Any], tuple[int, ...]]] = {
    "vision transformer": (lambda: VisionTransformer(False), PATCHES),
    "vision transformer of unfolded patches": (lambda: VisionTransformer(True), PATCHES),
    "bottleneck": (lambda: Bottleneck(False), IMAGE),
    "bottleneck by statistics of the batch": (lambda: Bottleneck(True), IMAGE),
    "untracked batch norm": (Untracked, IMAGE),
    "shifted windows": (ShiftedWindows, CHANNELS_LAST),
    "u-net": (lambda: UNet(lambda: nn.ConvTranspose2d(4, 3, 2, 2)), (2, 2, 6, 6)),
    "u-net with overlapping windows": (lambda: UNet(lambda: nn.ConvTranspose2d(4, 3, 4, 2, 1)), (2, 2, 6, 6)),
    "u-net by nearest neighbours": (lambda: UNet(lambda: nn.Upsample(scale_factor=2)), (2, 2, 6, 6)),
    "u-net by interpolation": (lambda: UNet(lambda: nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)), (2, 2, 6, 6)),
    "visual attention": (VisualAttention, IMAGE),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_of_images_is_its_diagram(name: str) -> None:
    torch.manual_seed(0)
    model, shape = MODELS[name]
    agrees(model().eval(), shape)
