"""Architectures of images as PyTorch users write them, and how their weights are drawn."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
nn = torch.nn
F = torch.nn.functional


def drawn(module: Any, seed: int = 0) -> Any:
    """The module in float64, for evaluation, with weights and statistics drawn at random."""
    generator = torch.Generator().manual_seed(seed)
    module = module.double().eval()
    for name, w in module.state_dict().items():
        if w.is_floating_point():
            values = torch.randn(w.shape, generator=generator, dtype=w.dtype) / 2
            w.copy_(values.abs() + 0.1 if name.endswith("running_var") else values)
    return module


# ---- identity ResNet ----------------------------------------------------------------------------------------------


class Bottleneck(nn.Module):
    def __init__(self, width: int, narrow: int, stride: int = 1) -> None:
        super().__init__()
        self.norm1, self.norm2, self.norm3 = nn.BatchNorm2d(width), nn.BatchNorm2d(narrow), nn.BatchNorm2d(narrow)
        self.conv1 = nn.Conv2d(width, narrow, 1, stride)
        self.conv2 = nn.Conv2d(narrow, narrow, 3, padding=1)
        self.conv3 = nn.Conv2d(narrow, 4 * narrow, 1)

    def main(self, x: Any) -> Any:
        x = self.conv2(F.relu(self.norm2(self.conv1(x))))
        return self.conv3(F.relu(self.norm3(x)))

    def forward(self, x: Any) -> Any:
        return x + self.main(F.relu(self.norm1(x)))


class First(Bottleneck):
    def __init__(self, width: int, narrow: int, stride: int) -> None:
        super().__init__(width, narrow, stride)
        self.shortcut = nn.Conv2d(width, 4 * narrow, 1, stride)

    def forward(self, x: Any) -> Any:
        x = F.relu(self.norm1(x))
        return self.main(x) + self.shortcut(x)


class Block(nn.Module):
    def __init__(self, width: int, narrow: int, stride: int, steps: int) -> None:
        super().__init__()
        self.first = First(width, narrow, stride)
        self.rest = nn.Sequential(*[Bottleneck(4 * narrow, narrow) for _ in range(steps - 1)])

    def forward(self, x: Any) -> Any:
        return self.rest(self.first(x))


class ResNet(nn.Module):
    def __init__(self, channels: int, stem: int, narrow: list[int], steps: int, classes: int = 10) -> None:
        super().__init__()
        widths = [stem, *[4 * n for n in narrow]]
        self.stem = nn.Conv2d(channels, stem, 3, padding=1)
        self.blocks = nn.Sequential(*[Block(widths[i], n, 2 if i else 1, steps) for i, n in enumerate(narrow)])
        self.norm = nn.BatchNorm2d(widths[-1])
        self.classify = nn.Linear(widths[-1], classes)

    def forward(self, x: Any) -> Any:
        x = F.relu(self.norm(self.blocks(self.stem(x))))
        x = F.avg_pool2d(x, x.shape[2:]).flatten(1)
        return F.softmax(self.classify(x), dim=-1)


# ---- U-Net --------------------------------------------------------------------------------------------------------


def double(before: int, after: int) -> Any:
    return nn.Sequential(nn.Conv2d(before, after, 3, padding=1), nn.ReLU(), nn.Conv2d(after, after, 3, padding=1), nn.ReLU())


class UNet(nn.Module):
    """With `steps` below the number of widths, the last images saved are not used, as in the paper's figure."""

    def __init__(self, channels: int, widths: list[int], bottom: int, classes: int, steps: int) -> None:
        super().__init__()
        self.down = nn.ModuleList([double(a, b) for a, b in zip([channels, *widths], widths, strict=False)])
        self.middle = double(widths[-1], bottom)
        below = [*widths[1:], bottom]
        skipped = len(widths) - steps
        self.up = nn.ModuleList([nn.ConvTranspose2d(b, a, 2, 2) for a, b in zip(widths, below, strict=True)])
        self.join = nn.ModuleList([double(2 * a, a) if i >= skipped else nn.Identity() for i, a in enumerate(widths)])
        self.last = nn.Conv2d(widths[0], classes, 1)
        self.skipped = skipped

    def forward(self, x: Any) -> Any:
        saved = []
        for f in self.down:
            x = f(x)
            saved.append(x)
            x = F.max_pool2d(x, 2)
        x = self.middle(x)
        for i in reversed(range(len(saved))):
            x = self.up[i](x)
            if i >= self.skipped:
                x = self.join[i](torch.cat([x, saved[i]], dim=1))
        return self.last(x)


# ---- visual attention ---------------------------------------------------------------------------------------------


class VisualAttention(nn.Module):
    """As in the paper's code: the channels of query, key and value are (k h), the heads fastest."""

    def __init__(self, channels: int, width: int, heads: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.query, self.key, self.value = (nn.Conv2d(channels, width * heads, kernel, stride) for _ in range(3))
        self.out = nn.ConvTranspose2d(width * heads, channels, kernel, stride)
        self.width, self.heads = width, heads

    def forward(self, e: Any, x: Any) -> Any:
        q = self.query(e)
        places = q.shape[2:]
        q, k, v = (a.flatten(2).unflatten(1, (self.width, self.heads)) for a in (q, self.key(x), self.value(x)))
        scores = torch.einsum("bkhy,bkhx->byxh", q, k) / self.width**0.5
        y = torch.einsum("byxh,bkhx->bkhy", torch.softmax(scores, dim=-2), v)
        return self.out(y.flatten(1, 2).unflatten(2, places))


# ---- vision transformer -------------------------------------------------------------------------------------------


class ViT(nn.Module):
    def __init__(self, channels: int, image: tuple[int, int], patch: int, width: int, heads: int, hidden: int, layers: int,
                 classes: int) -> None:  # fmt: skip
        super().__init__()
        tokens = (image[0] // patch) * (image[1] // patch) + 1
        self.patches = nn.Conv2d(channels, width, patch, patch)
        self.start = nn.Parameter(torch.zeros(width))
        self.places = nn.Parameter(torch.zeros(tokens, width))
        layer = nn.TransformerEncoderLayer(width, heads, hidden, 0.0, "gelu", batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers, nn.LayerNorm(width), enable_nested_tensor=False)
        self.classify = nn.Linear(width, classes)

    def forward(self, x: Any) -> Any:
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.start.expand(x.shape[0], 1, -1), x], dim=1) + self.places
        return self.classify(self.encoder(x)[:, 0])
