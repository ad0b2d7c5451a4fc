"""Contractions, reductions, gathers and layers against PyTorch itself in float64; each family is one exported program."""


import pytest

from tests.exported import Case, agree, draw

torch = pytest.importorskip("torch")
F = torch.nn.functional
pytestmark = pytest.mark.torch


PRODUCTS: dict[str, Case] = {
    "linear": lambda x, y, w, b, v: F.linear(x, w, b),
    "linear without bias": lambda x, y, w, b, v: F.linear(x, w),
    "linear of a vector": lambda x, y, w, b, v: F.linear(v, w, b),
    "matmul": lambda x, y, w, b, v: x @ y,
    "matmul broadcast": lambda x, y, w, b, v: x @ w.t() @ w[None, None],
    "matmul of vectors": lambda x, y, w, b, v: v @ v,
    "matmul matrix vector": lambda x, y, w, b, v: x @ v,
    "matmul vector matrix": lambda x, y, w, b, v: v @ y,
    "bmm": lambda x, y, w, b, v: torch.bmm(x, y),
    "baddbmm": lambda x, y, w, b, v: torch.baddbmm(b, x, y, beta=0.5, alpha=2),
    "addmm": lambda x, y, w, b, v: torch.addmm(b, x[0], w.t(), beta=2, alpha=0.5),
    "addbmm": lambda x, y, w, b, v: torch.addbmm(b, x, y, alpha=0.5),
    "mv": lambda x, y, w, b, v: torch.mv(w, v),
    "dot": lambda x, y, w, b, v: torch.dot(v, v),
    "vecdot": lambda x, y, w, b, v: torch.linalg.vecdot(x, v),
    "outer": lambda x, y, w, b, v: torch.outer(v, b),
    "inner": lambda x, y, w, b, v: torch.inner(x, w),
    "tensordot": lambda x, y, w, b, v: torch.tensordot(x, y, dims=([0, 2], [0, 1])),
    "bilinear": lambda x, y, w, b, v: F.bilinear(x, x, y.permute(2, 1, 0)[:, :, :1].expand(5, 4, 4).contiguous(), b),
    "einsum": lambda x, y, w, b, v: torch.einsum("bik,bkj->bji", x, y),
    "einsum, no arrow": lambda x, y, w, b, v: torch.einsum("bik,bkj", x, y),
    "einsum, ellipsis": lambda x, y, w, b, v: torch.einsum("...k,jk->...j", x, w),
    "einsum, ellipsis last": lambda x, y, w, b, v: torch.einsum("k...,k...->...", x, y.transpose(1, 2)[:, :3]),
    "einsum, summed ellipsis": lambda x, y, w, b, v: torch.einsum("...k->k", x),
    "einsum, diagonal": lambda x, y, w, b, v: torch.einsum("ii->i", w[:4]),
    "einsum, trace": lambda x, y, w, b, v: torch.einsum("ii", w[:4]),
    "einsum, sum": lambda x, y, w, b, v: torch.einsum("bik->i", x),
    "trace": lambda x, y, w, b, v: torch.trace(w),
    "cdist": lambda x, y, w, b, v: torch.cdist(x, y.transpose(1, 2)),
}

REDUCTIONS: dict[str, Case] = {
    "sum": lambda x: x.sum(),
    "sum over two": lambda x: x.sum((0, -1)),
    "sum, kept": lambda x: x.sum((0, 2), keepdim=True),
    "mean": lambda x: x.mean(),
    "mean over": lambda x: x.mean(1, keepdim=True),
    "amax": lambda x: x.amax((1, 2)),
    "amin": lambda x: x.amin(0, keepdim=True),
    "max": lambda x: x.max(),
    "max of dim": lambda x: x.max(1).values,
    "min of dim": lambda x: x.min(-1, keepdim=True).values,
    "aminmax": lambda x: torch.aminmax(x, dim=1).max,
    "prod": lambda x: x.prod(1),
    "var": lambda x: x.var(),
    "var over": lambda x: x.var(-1, correction=0),
    "var unbiased": lambda x: x.var((0, 1), unbiased=True, keepdim=True),
    "std": lambda x: x.std(1),
    "var_mean": lambda x: sum(torch.var_mean(x, 1, keepdim=True)),
    "norm": lambda x: torch.linalg.vector_norm(x, dim=-1, keepdim=True),
    "norm 1": lambda x: torch.linalg.vector_norm(x, 1),
    "norm inf": lambda x: torch.linalg.vector_norm(x, torch.inf, dim=0),
    "normalize": lambda x: F.normalize(x, dim=-1),
    "logsumexp": lambda x: torch.logsumexp(x, (0, 2), keepdim=True),
    "softmax": lambda x: torch.softmax(x, 1),
    "log_softmax": lambda x: F.log_softmax(x, -1),
    "mse_loss": lambda x: F.mse_loss(x, x.flip(0)),
    "l1_loss": lambda x: F.l1_loss(x, x.flip(0), reduction="sum"),
    "cosine": lambda x: (F.normalize(x, dim=-1) * F.normalize(x.flip(0), dim=-1)).sum(-1),
}

GATHERS: dict[str, Case] = {
    "embedding": lambda x, i, j: F.embedding(i, x[0]),
    "index": lambda x, i, j: x[0][i],
    "index of the last axis": lambda x, i, j: x[..., j],
    "index between": lambda x, i, j: x[:, i],
    "two indices": lambda x, i, j: x[0][i % 3, j],
    "two indices apart": lambda x, i, j: x[j % 2, :, j],
    "constant list": lambda x, i, j: x[:, [0, 2]],
    "constant irregular list": lambda x, i, j: x[:, [2, 0, 2, 1]],
    "constant negative list": lambda x, i, j: x[:, torch.tensor([-1, 0, -2])],
    "constant lists": lambda x, i, j: x[torch.tensor([[0], [1]]), torch.tensor([2, 0])],
    "index_select": lambda x, i, j: torch.index_select(x, 2, j),
    "gather": lambda x, i, j: torch.gather(x[0], 0, i),
    "gather last": lambda x, i, j: torch.gather(x[0], 1, i[:2]),
    "take": lambda x, i, j: torch.take(x, i),
    "one_hot": lambda x, i, j: F.one_hot(i, 5),
    "cross entropy": lambda x, i, j: F.cross_entropy(x[0], j[:3]),
    "cross entropy over positions": lambda x, i, j: F.cross_entropy(x.transpose(1, 2), i[:2, :3], reduction="sum"),
    "nll": lambda x, i, j: F.nll_loss(x[0], j[:3], reduction="none"),
}

NORMS: dict[str, Case] = {
    "layer norm": lambda x, w, b, c: F.layer_norm(x, (5, 6), w, b, 1e-3),
    "layer norm, plain": lambda x, w, b, c: F.layer_norm(x, (6,)),
    "rms norm": lambda x, w, b, c: F.rms_norm(x, (6,), w[0], 1e-3),
    "rms norm, default eps": lambda x, w, b, c: F.rms_norm(x, (6,)),
    "group norm": lambda x, w, b, c: F.group_norm(x, 2, c[0], c[1], 1e-3),
    "instance norm": lambda x, w, b, c: F.instance_norm(x, weight=c[0], bias=c[1]),
    "batch norm": lambda x, w, b, c: F.batch_norm(x, c[0], c[1] ** 2, c[2], c[3], False, 0.1, 1e-3),
    "batch norm of the batch": lambda x, w, b, c: F.batch_norm(x, None, None, c[0], c[1], True),
    "weight norm": lambda x, w, b, c: torch._weight_norm(w, b[:, :1], 0),
    "dropout": lambda x, w, b, c: F.dropout(x, 0.5, training=False),
}

ATTENTION: dict[str, Case] = {
    "plain": lambda q, k, v, m, r: F.scaled_dot_product_attention(q, k, v),
    "causal": lambda q, k, v, m, r: F.scaled_dot_product_attention(q, k, v, is_causal=True),
    "scale": lambda q, k, v, m, r: F.scaled_dot_product_attention(q, k, v, scale=0.3),
    "mask": lambda q, k, v, m, r: F.scaled_dot_product_attention(q, k, v, attn_mask=m),
    "mask without leading axes": lambda q, k, v, m, r: F.scaled_dot_product_attention(q, k, v, attn_mask=m[0, 0]),
    "negated mask": lambda q, k, v, m, r: F.scaled_dot_product_attention(q, k, v, attn_mask=~(~m)),
    "additive mask": lambda q, k, v, m, r: F.scaled_dot_product_attention(q, k, v, attn_mask=r),
    "constant mask": lambda q, k, v, m, r: F.scaled_dot_product_attention(q, k, v, attn_mask=torch.ones(3, 5).tril().bool()),
    "empty mask": lambda q, k, v, m, r: F.scaled_dot_product_attention(q, k, v, attn_mask=torch.zeros(3, 5, dtype=torch.float64)),
    "grouped": lambda q, k, v, m, r: F.scaled_dot_product_attention(q, k[:, :2], v[:, :2], enable_gqa=True),
    "no heads": lambda q, k, v, m, r: F.scaled_dot_product_attention(q[0, 0], k[0, 0], v[0, 0]),
    "broadcast heads": lambda q, k, v, m, r: F.scaled_dot_product_attention(q, k[:1], v[:1]),
}

WINDOWS: dict[str, Case] = {
    "conv2d": lambda x, w, b: F.conv2d(x, w, b),
    "conv2d strides": lambda x, w, b: F.conv2d(x, w, None, stride=(2, 1), padding=(1, 2), dilation=(1, 2)),
    "conv2d same": lambda x, w, b: F.conv2d(x, w, b, padding="same"),
    "conv2d same, even kernel": lambda x, w, b: F.conv2d(x, w[:, :, :2], b, padding="same"),
    "conv2d valid": lambda x, w, b: F.conv2d(x, w, b, padding="valid"),
    "conv2d groups": lambda x, w, b: F.conv2d(x, w[:, :2], b, groups=2),
    "depthwise": lambda x, w, b: F.conv2d(x, w[:4, :1], b[:4], padding=1, groups=4),
    "conv2d without batch": lambda x, w, b: F.conv2d(x[0], w, b),
    "conv1d": lambda x, w, b: F.conv1d(x[:, :, 0], w[:, :, 0], b, stride=2, padding=1),
    "conv3d": lambda x, w, b: F.conv3d(x[:, :, None], w[:, :, None], b, padding=(0, 1, 1)),
    "max_pool2d": lambda x, w, b: F.max_pool2d(x, 3, 2, 1),
    "max_pool1d": lambda x, w, b: F.max_pool1d(x[:, :, 0], 2),
    "avg_pool2d": lambda x, w, b: F.avg_pool2d(x, 2),
    "avg_pool2d padded": lambda x, w, b: F.avg_pool2d(x, 3, 2, 1),
    "avg_pool2d not counting": lambda x, w, b: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False),
    "avg_pool1d": lambda x, w, b: F.avg_pool1d(x[:, :, 0], 3, 1),
    "adaptive average": lambda x, w, b: F.adaptive_avg_pool2d(x, (3, 1)),
    "adaptive average to one": lambda x, w, b: F.adaptive_avg_pool2d(x, 1),
    "adaptive max": lambda x, w, b: F.adaptive_max_pool2d(x, (2, 4)),
    "adaptive average in 1d": lambda x, w, b: F.adaptive_avg_pool1d(x[:, :, 0], 2),
    "conv_transpose2d": lambda x, w, b: F.conv_transpose2d(x, w[:4], None, (2, 1), 1, (1, 0), 1, (1, 2)),
    "conv_transpose2d groups": lambda x, w, b: F.conv_transpose2d(x, w[:4, :2], b[:4], 2, groups=2),
    "conv_transpose1d": lambda x, w, b: F.conv_transpose1d(x[0, :, 0], w[:4, :, 0], stride=3, output_padding=2),
    "conv_transpose3d": lambda x, w, b: F.conv_transpose3d(x[:, :, None], w[:4, :, None], stride=(1, 2, 2)),
    "convolution, transposed": lambda x, w, b: torch.convolution(x, w[:4, :2], None, (2, 1), (1, 0), (1, 2), True, (1, 0), 2),
    "convolution": lambda x, w, b: torch.convolution(x, w[:, :2], b, (2, 1), (1, 0), (1, 2), False, (0, 0), 2),
    "ceil_mode": lambda x, w, b: F.max_pool2d(x, 3, 2, 1, ceil_mode=True) + F.avg_pool2d(x, 3, 2, 1, ceil_mode=True),
    "adaptive average of overlapping parts": lambda x, w, b: F.adaptive_avg_pool2d(x, (4, 5)),
    "adaptive max of overlapping parts": lambda x, w, b: F.adaptive_max_pool2d(x, (5, 3)),
    "bilinear": lambda x, w, b: F.interpolate(x, scale_factor=2, mode="bilinear"),
    "bilinear, corners aligned": lambda x, w, b: F.interpolate(x, size=(9, 3), mode="bilinear", align_corners=True),
    "bilinear by factors": lambda x, w, b: F.interpolate(x, scale_factor=(1.7, 0.4), mode="bilinear"),
    "bicubic": lambda x, w, b: F.interpolate(x, size=(9, 5), mode="bicubic"),
    "linear": lambda x, w, b: F.interpolate(x[:, :, 0], size=11, mode="linear"),
    "trilinear": lambda x, w, b: F.interpolate(x[:, :2, None], size=(2, 4, 9), mode="trilinear"),
    "nearest by factors": lambda x, w, b: F.interpolate(x, scale_factor=(2.1, 1.5), mode="nearest"),
    "nearest to a size": lambda x, w, b: F.interpolate(x, size=(9, 3), mode="nearest"),
    "nearest exact": lambda x, w, b: F.interpolate(x, size=(9, 3), mode="nearest-exact"),
    "unfold and fold by hand": lambda x, w, b: x.unfold(2, 2, 2).unfold(3, 2, 2).permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2),
}


FAMILIES = {
    "products": (PRODUCTS, tuple(draw((2, 3, 4), (2, 4, 5), (5, 4), (5,), (4,)))),
    "reductions": (REDUCTIONS, tuple(draw((2, 3, 4)))),
    "gathers": (GATHERS, (*draw((2, 3, 4)), torch.tensor([[0, 1, 2, 1], [2, 2, 0, 0], [1, 0, 1, 2]]), torch.tensor([3, 0, 1, 2]))),
    "norms": (NORMS, tuple(draw((2, 4, 5, 6), (5, 6), (5, 6), (4, 4)))),
    "attention": (ATTENTION, (*draw((2, 4, 3, 6), (2, 4, 5, 6), (2, 4, 5, 7)), draw((2, 4, 3, 5))[0] > -1, *draw((2, 4, 3, 5), seed=1))),
    "windows": (WINDOWS, tuple(draw((2, 4, 6, 8), (6, 4, 3, 3), (6,)))),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_family_evaluates_as_torch_does(family: str) -> None:
    cases, inputs = FAMILIES[family]
    agree(cases, *inputs)
