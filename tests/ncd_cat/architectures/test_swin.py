from __future__ import annotations

from typing import Any

import pytest

import ncd_cat as ncd
from ncd_cat.architectures import diagram
from ncd_cat.architectures.swin import swin, window_attention
from ncd_cat.axes import Axis
from ncd_cat.language import ty

torch = pytest.importorskip("torch")
nn = torch.nn
F = torch.nn.functional

from tests.architectures import agrees, is_twin  # noqa: E402
from tests.ncd_cat.architectures.twins_images import drawn  # noqa: E402

pytestmark = pytest.mark.torch


def partition(x: Any, size: int) -> Any:
    """(b, H, W, c) → (b · windows, places, c), as in the code of the paper."""
    b, height, width, c = x.shape
    x = x.view(b, height // size, size, width // size, size, c)
    return x.permute(0, 1, 3, 2, 4, 5).reshape(-1, size * size, c)


def reverse(windows: Any, size: int, height: int, width: int) -> Any:
    x = windows.reshape(-1, height // size, width // size, size, size, windows.shape[-1])
    return x.permute(0, 1, 3, 2, 4, 5).reshape(-1, height, width, windows.shape[-1])


class Attention(nn.Module):
    """The bias is looked up by the number of the offset, as the paper's code does."""

    def __init__(self, width: int, heads: int, size: int) -> None:
        super().__init__()
        self.heads, self.size = heads, size
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.relative_position_bias_table = nn.Parameter(torch.zeros((2 * size - 1) ** 2, heads))
        places = torch.stack(torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")).flatten(1)
        apart = places[:, :, None] - places[:, None, :] + size - 1
        self.register_buffer("number", apart[0] * (2 * size - 1) + apart[1], persistent=False)

    def forward(self, x: Any, mask: Any = None) -> Any:
        b, n, c = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        scores = (q * (c // self.heads) ** -0.5) @ k.transpose(-2, -1)
        scores = scores + self.relative_position_bias_table[self.number.flatten()].view(n, n, -1).permute(2, 0, 1)
        if mask is not None:
            count = mask.shape[0]
            scores = scores.view(b // count, count, self.heads, n, n).masked_fill(mask[:, None], float("-inf")).view(-1, self.heads, n, n)
        return self.proj((scores.softmax(-1) @ v).transpose(1, 2).reshape(b, n, c))


class Block(nn.Module):
    def __init__(self, image: tuple[int, int], width: int, heads: int, size: int, shift: int) -> None:
        super().__init__()
        self.size, self.shift = size, shift
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn = Attention(width, heads, size)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(width, 4 * width), "fc2": nn.Linear(4 * width, width)})
        regions = torch.zeros(1, *image, 1)
        cuts = (slice(0, -size), slice(-size, -shift), slice(-shift, None)) if shift else (slice(None),)
        for k, (rows, columns) in enumerate((r, c) for r in cuts for c in cuts):
            regions[:, rows, columns] = k
        seen = partition(regions, size).squeeze(-1)
        self.register_buffer("mask", seen[:, None] != seen[:, :, None] if shift else None, persistent=False)

    def forward(self, x: Any) -> Any:
        _, height, width, _ = x.shape
        y = self.norm1(x)
        y = torch.roll(y, (-self.shift, -self.shift), (1, 2)) if self.shift else y
        y = reverse(self.attn(partition(y, self.size), self.mask), self.size, height, width)
        x = x + (torch.roll(y, (self.shift, self.shift), (1, 2)) if self.shift else y)
        return x + self.mlp["fc2"](F.gelu(self.mlp["fc1"](self.norm2(x))))


class Merging(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm, self.reduction = nn.LayerNorm(4 * width), nn.Linear(4 * width, 2 * width, bias=False)

    def forward(self, x: Any) -> Any:
        corners = [x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]]
        return self.reduction(self.norm(torch.cat(corners, -1)))


class Swin(nn.Module):
    def __init__(self, channels: int, image: tuple[int, int], patch: int, width: int, heads: int, size: int, depths: tuple[int, ...],
                 classes: int) -> None:  # fmt: skip
        super().__init__()
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv2d(channels, width, patch, patch), "norm": nn.LayerNorm(width)})
        self.stages = nn.ModuleList()
        for i, depth in enumerate(depths):
            here = (image[0] // (patch * 2**i), image[1] // (patch * 2**i))
            blocks = [Block(here, width * 2**i, heads * 2**i, size, size // 2 * (j % 2)) for j in range(depth)]
            parts = {"blocks": nn.Sequential(*blocks)}
            self.stages.append(nn.ModuleDict(parts | ({"downsample": Merging(width * 2**i)} if i + 1 < len(depths) else {})))
        last = width * 2 ** (len(depths) - 1)
        self.norm, self.head = nn.LayerNorm(last), nn.Linear(last, classes)

    def forward(self, x: Any) -> Any:
        x = self.patch_embed["norm"](self.patch_embed["proj"](x).permute(0, 2, 3, 1))
        for stage in self.stages:
            x = stage["blocks"](x)
            x = stage["downsample"](x) if "downsample" in stage else x
        return self.head(self.norm(x).mean((1, 2)))


def test_it_is_the_module() -> None:
    is_twin("swin", drawn(Swin(3, (8, 12), 2, 6, 2, 2, (2, 0), 5)), h=2, d=3)


def test_windows_of_other_sizes_in_two_stages() -> None:
    found = swin(ty("c:2 x.0:12 x.1:24"), Axis("m", 4), 2, 3, (2, 2), 3, patch=2)
    agrees(found.over("b:2").graph, drawn(Swin(2, (12, 24), 2, 4, 2, 3, (2, 2), 3)))


def test_an_image_of_one_window() -> None:
    found = diagram("swin-symbolic").resize(b=1, c=1, x_0=1, x_1=1, h=1, d=2, y=2)
    agrees(found.graph, drawn(Swin(1, (4, 4), 2, 2, 1, 2, (2, 0), 2)))


def test_it_has_the_numbers_of_the_original() -> None:
    """Swin-T has 28,288,354 weights."""
    found = swin(ty("c:3 x...:224"), Axis("m", 96), 3)
    assert found.cod == ty("y:1000")
    counts = [torch.Size(n.sizes).numel() for n in found.graph.weights().values()]
    assert sum(counts) == 28_288_354


def test_its_blocks_have_names() -> None:
    assert {"stages.0.blocks.0", "stages.0.blocks.1", "stages.0.downsample", "head"} <= {str(box) for box in diagram("swin").boxes}


def test_heads_that_do_not_divide_the_width_are_refused() -> None:
    with pytest.raises(ncd.TypeMismatch, match="does not split into 7 heads"):
        swin(ty("c:3 x...:8"), Axis("m", 16), 7, 2, (1,), patch=2)


def test_an_image_that_windows_do_not_tile_is_refused() -> None:
    with pytest.raises(ncd.TypeMismatch, match=r"x\.0"):
        swin(ty("c:3 x...:10"), Axis("m", 16), 4, 2, (1,), patch=2)


def test_a_window_of_unknown_size_is_refused() -> None:
    with pytest.raises(ncd.TypeMismatch, match="needs a window whose size is a number, not n"):
        window_attention(2).at(ty("g.0:2 g.1:2 t.0:n t.1:n m:4"))
