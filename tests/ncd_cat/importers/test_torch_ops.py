"""Every operator that the importer reads, against PyTorch itself in float64; each family is one exported program."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ncd_cat.evaluate import evaluate
from ncd_cat.importers.torch import import_torch
from ncd_cat.welltyped import validate

torch = pytest.importorskip("torch")
F = torch.nn.functional
pytestmark = pytest.mark.torch

LEAST = torch.finfo(torch.float32).min
Case = Callable[..., Any]


def draw(*shapes: tuple[int, ...], seed: int = 0) -> list[Any]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]


def agree(cases: dict[str, Case], *inputs: Any, opaque: int = 0) -> None:
    """All cases, functions of the same inputs, exported as one program, evaluate as PyTorch does."""

    def program(*args: Any) -> list[Any]:
        return [case(*args) for case in cases.values()]

    found = import_torch(program, inputs)
    assert len(found.opaque) == opaque, found
    for node in found.graph.nodes():
        validate(node)
    arrays = [x.numpy() for x in inputs]
    results = evaluate(found.graph, arrays)
    expected = program(*inputs)
    assert len(results) == len(expected) == len(found.graph.cod)
    for name, got, want, type_ in zip(cases, results, expected, found.graph.cod, strict=True):
        assert np.shape(got) == tuple(want.shape), name
        assert type_.dtype == str(want.dtype).removeprefix("torch."), name
        np.testing.assert_allclose(np.asarray(got).astype(np.float64), want.double().numpy(), rtol=1e-10, atol=1e-10, err_msg=name)


VIEWS: dict[str, Case] = {
    "view": lambda x: x.view(2, 12, 5),
    "split a middle axis": lambda x: x.reshape(2, 3, 2, 2, 5),
    "merge and split": lambda x: x.reshape(6, 20).reshape(6, 2, 10),
    "reshape across axes": lambda x: x.reshape(8, 15),
    "reshape of a transpose": lambda x: x.transpose(1, 2).reshape(2, 4, 15),
    "flatten": lambda x: x.flatten(1),
    "unflatten": lambda x: x.unflatten(2, (2, 2)),
    "ones in the sizes": lambda x: x.reshape(1, 2, 1, 12, 5, 1),
    "transpose": lambda x: x.transpose(-1, 0),
    "permute": lambda x: x.permute(2, 0, -1, 1),
    "movedim": lambda x: x.movedim((0, 1), (2, 0)),
    "expand": lambda x: x[:, :1].expand(2, 7, 4, 5),
    "expand with new axes": lambda x: x[0, 0].expand(3, -1, 5),
    "slice": lambda x: x[:, 1:, ::2, -3:-1],
    "select": lambda x: x[:, -1, 2],
    "split": lambda x: torch.split(x, 3, dim=2)[1],
    "split with sizes": lambda x: torch.split(x, [1, 3], dim=2)[1],
    "chunk": lambda x: torch.chunk(x, 3, dim=-1)[2],
    "tensor_split": lambda x: torch.tensor_split(x, 3, dim=2)[1],
    "unbind": lambda x: x.unbind(1)[2],
    "squeeze": lambda x: x[:, :1].squeeze(),
    "squeeze one": lambda x: x[:, :1, :1].squeeze(1),
    "unsqueeze": lambda x: x.unsqueeze(-2),
    "repeat": lambda x: x.repeat(2, 1, 2, 1, 3),
    "repeat_interleave": lambda x: x.repeat_interleave(2, dim=1),
    "repeat_interleave flat": lambda x: x[0, 0].repeat_interleave(3),
    "flip": lambda x: x.flip(0, -1),
    "diagonal": lambda x: torch.diagonal(x, 1, 2, 3),
    "diagonal below": lambda x: torch.diagonal(x, -1, 1, 2),
    "narrow": lambda x: x.narrow(2, 1, 2),
    "unfold": lambda x: x.unfold(3, 3, 2),
    "mT": lambda x: x.mT,
    "pixel_shuffle": lambda x: F.pixel_shuffle(x.permute(0, 2, 1, 3), 2),
    "pixel_unshuffle": lambda x: F.pixel_unshuffle(x[:, :, :, :4], 2),
    "channel_shuffle": lambda x: F.channel_shuffle(x.transpose(1, 2), 2),
    "upsample": lambda x: F.interpolate(x, scale_factor=2, mode="nearest"),
    "contiguous": lambda x: x.transpose(0, 1).contiguous().detach().clone(),
    "meshgrid": lambda x: torch.meshgrid(x[0, 0, 0], x[0, 0, :, 0], indexing="ij")[1],
}

JOINS: dict[str, Case] = {
    "cat": lambda x, y: torch.cat([x, y, x], dim=1),
    "cat of one": lambda x, y: torch.cat([x], dim=-1),
    "cat with a constant": lambda x, y: torch.cat([x, torch.arange(4, dtype=x.dtype).expand(3, 4)]),
    "stack": lambda x, y: torch.stack([x, y], dim=-1),
    "pad": lambda x, y: F.pad(x, (1, 2, 0, 1)),
    "pad with a value": lambda x, y: F.pad(x, (1, 0), value=2.5),
    "pad with -inf": lambda x, y: torch.exp(F.pad(x, (1, 0), value=-torch.inf)),
    "negative pad": lambda x, y: F.pad(x, (-1, 1)),
    "reflect": lambda x, y: F.pad(x, (2, 1), mode="reflect"),
    "replicate": lambda x, y: F.pad(x, (2, 1), mode="replicate"),
    "circular": lambda x, y: F.pad(x[None], (2, 1), mode="circular"),
    "tril": lambda x, y: x.tril(),
    "triu": lambda x, y: x.triu(-1),
    "roll": lambda x, y: x.roll(1, 1),
    "roll two axes": lambda x, y: x.roll((2, -1), (0, 1)),
    "roll flat": lambda x, y: x.roll(5),
    "select_scatter": lambda x, y: torch.select_scatter(x, y[0], 0, -1),
    "slice_scatter": lambda x, y: torch.slice_scatter(x, y[:, :2], 1, 1, 3),
    "writing into a slice": lambda x, y: written(x, 2 * y),
    "diag_embed": lambda x, y: torch.diag_embed(x),
    "cumsum": lambda x, y: x.cumsum(-1),
    "diff": lambda x, y: torch.diff(x, n=2, dim=-1),
}


def written(x: Any, y: Any) -> Any:
    z = x.clone()
    z[:, 1:3] = y[:, :2]
    z[0] += 1
    return z


ARITHMETIC: dict[str, Case] = {
    "add": lambda x, y, i, b: x + y,
    "add a number": lambda x, y, i, b: 2 + x + 0.5,
    "add alpha": lambda x, y, i, b: torch.add(x, y, alpha=3),
    "sub": lambda x, y, i, b: x - y,
    "rsub": lambda x, y, i, b: 1 - x,
    "mul": lambda x, y, i, b: x * y * 0.1,
    "div": lambda x, y, i, b: x / y,
    "divide a number": lambda x, y, i, b: 2 / x,
    "divide by a number": lambda x, y, i, b: x / 3,
    "divide by a root": lambda x, y, i, b: x / 6**0.5,
    "neg": lambda x, y, i, b: -x,
    "reciprocal": lambda x, y, i, b: x.reciprocal(),
    "addcmul": lambda x, y, i, b: torch.addcmul(x, y, y, value=2),
    "addcdiv": lambda x, y, i, b: torch.addcdiv(x, y, y * y + 1, value=2),
    "lerp": lambda x, y, i, b: torch.lerp(x, y.expand(x.shape), 0.3),
    "square": lambda x, y, i, b: x.square(),
    "cube": lambda x, y, i, b: x**3,
    "half power": lambda x, y, i, b: (x * x) ** 0.5,
    "negative power": lambda x, y, i, b: x**-2,
    "power of a number": lambda x, y, i, b: 2.0**x,
    "sqrt": lambda x, y, i, b: (x * x + 1).sqrt(),
    "rsqrt": lambda x, y, i, b: (x * x + 1).rsqrt(),
    "floor": lambda x, y, i, b: (3 * x).floor(),
    "ceil": lambda x, y, i, b: (3 * x).ceil(),
    "trunc": lambda x, y, i, b: (3 * x).trunc(),
    "round": lambda x, y, i, b: (3 * x).round(),
    "sign": lambda x, y, i, b: x.sign(),
    "frac": lambda x, y, i, b: (3 * x).frac(),
    "floor_divide": lambda x, y, i, b: (3 * x) // 0.7,
    "remainder": lambda x, y, i, b: torch.remainder(3 * x, -0.7),
    "fmod": lambda x, y, i, b: torch.fmod(3 * x, 0.7),
    "whole floor_divide": lambda x, y, i, b: i // 3,
    "whole remainder": lambda x, y, i, b: i % -3,
    "whole div": lambda x, y, i, b: i / 2,
    "whole arithmetic": lambda x, y, i, b: 2 * i - i * i + 1,
    "float of whole": lambda x, y, i, b: i.double() * 0.5,
    "whole of float": lambda x, y, i, b: (3 * x).long(),
    "truth of float": lambda x, y, i, b: (3 * x).long().bool(),
    "number of truth": lambda x, y, i, b: b.double() + b.long(),
    "truth plus truth": lambda x, y, i, b: b + (i > 0),
    "float32 cast": lambda x, y, i, b: (i.float() * 0.5).double(),
    "type_as": lambda x, y, i, b: i.type_as(x) * 1.5,
    "maximum": lambda x, y, i, b: torch.maximum(x, y),
    "minimum": lambda x, y, i, b: torch.minimum(x, y),
    "clamp": lambda x, y, i, b: x.clamp(-0.5, 0.25),
    "clamp_min": lambda x, y, i, b: x.clamp_min(0.1),
    "clamp_max": lambda x, y, i, b: x.clamp_max(0.1),
    "clamp by arrays": lambda x, y, i, b: torch.clamp(x, max=y),
    "clamp of whole": lambda x, y, i, b: i.clamp(min=0),
    "full_like": lambda x, y, i, b: torch.full_like(x, 2.5) * x,
    "zeros_like": lambda x, y, i, b: torch.zeros_like(i),
    "filled whole numbers": lambda x, y, i, b: i.clone().fill_(2) + i,
    "filled by another": lambda x, y, i, b: i.clone().fill_(x[0, 0].mul(9).long()),
    "copied": lambda x, y, i, b: torch.zeros_like(i).copy_(3 * x),
    "narrow casts": lambda x, y, i, b: b.to(torch.uint8).long() + i.int(),
    "new_ones": lambda x, y, i, b: x.new_ones(4) + x,
    "a constant table": lambda x, y, i, b: x + torch.arange(4),
    "a constant number": lambda x, y, i, b: x * torch.tensor(0.25) / torch.tensor(3.0, dtype=torch.float64),
}

LOGIC: dict[str, Case] = {
    "comparisons": lambda x, y, i, b: torch.stack([x < y, x <= y, x > y, x >= y, i == 2, i != 2]),
    "eq": lambda x, y, i, b: i.eq(i.flip(0)),
    "ne of itself": lambda x, y, i, b: x.ne(x),
    "and": lambda x, y, i, b: b & (x > 0),
    "or": lambda x, y, i, b: b | (x > 0),
    "xor": lambda x, y, i, b: b ^ (x > 0),
    "not": lambda x, y, i, b: ~b,
    "logical": lambda x, y, i, b: torch.logical_and(i, x > 0) | torch.logical_not(i) | torch.logical_xor(i, b),
    "bitwise_not": lambda x, y, i, b: ~i,
    "where": lambda x, y, i, b: torch.where(b, x, y),
    "where with numbers": lambda x, y, i, b: torch.where(b, 1.0, x) + torch.where(x > 0, x, 0.0),
    "where with a constant condition": lambda x, y, i, b: torch.where(torch.ones(4, dtype=torch.bool), x, y),
    "masked_fill": lambda x, y, i, b: x.masked_fill(b, 2.5),
    "mask to -inf": lambda x, y, i, b: torch.softmax(x.masked_fill(torch.ones(3, 4).triu(1).bool(), -torch.inf), -1),
    "mask to the least float": lambda x, y, i, b: torch.softmax(x + torch.full((3, 4), LEAST).triu(1), -1),
    "any and all": lambda x, y, i, b: torch.stack([b.any(0), b.all(0), i.any(0), (i > -9).all(0)]),
    "sum of truths": lambda x, y, i, b: b.sum(-1),
}

FUNCTIONS: dict[str, Case] = {
    **{name: (lambda x, f=name: getattr(torch, f)(x)) for name in
       "exp sin cos tanh sigmoid relu erf abs tan exp2 sinh cosh expm1 erfc".split()},
    **{name: (lambda x, f=name: getattr(torch, f)(x * x + 0.1)) for name in "log log2 log10 log1p".split()},
    **{name: (lambda x, f=name: getattr(F, f)(x)) for name in
       "silu gelu softplus elu celu selu leaky_relu hardswish hardsigmoid hardtanh relu6 mish logsigmoid softsign".split()},
    "softshrink": F.softshrink,
    "tanhshrink": F.tanhshrink,
    "gelu tanh": lambda x: F.gelu(x, approximate="tanh"),
    "softplus beta": lambda x: F.softplus(x, beta=2.0),
    "softplus threshold": lambda x: F.softplus(x, threshold=0.5),
    "elu alpha": lambda x: F.elu(x, alpha=0.5),
    "celu alpha": lambda x: F.celu(x, 0.5),
    "elu of both scales": lambda x: torch.ops.aten.elu(x, 0.5, 2.0, 3.0),
    "prelu": lambda x: F.prelu(x, torch.tensor([0.1, 0.2, 0.3], dtype=torch.float64)),
    "prelu one slope": lambda x: F.prelu(x, torch.tensor([0.1], dtype=torch.float64)),
    "threshold": lambda x: F.threshold(x, 0.1, 2.0),
    "glu": lambda x: F.glu(x, -1),
    "logit": lambda x: torch.logit(x.sigmoid()),
    "logit eps": lambda x: torch.logit(x, eps=0.25),
}  # fmt: skip

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
    "unfold and fold by hand": lambda x, w, b: x.unfold(2, 2, 2).unfold(3, 2, 2).permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2),
}


def numbers() -> tuple[Any, ...]:
    x, y = draw((3, 4), (4,))
    return x, y, torch.tensor([[0, 2, -3, 5], [7, -1, 2, 2], [0, 3, 3, -8]]), torch.tensor([[True, False, True, False]] * 2 + [[True] * 4])


FAMILIES = {
    "views": (VIEWS, tuple(draw((2, 3, 4, 5)))),
    "joins": (JOINS, tuple(draw((3, 4), (3, 4)))),
    "arithmetic": (ARITHMETIC, numbers()),
    "logic": (LOGIC, numbers()),
    "functions": (FUNCTIONS, tuple(draw((2, 3, 4)))),
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
            F.interpolate(x, scale_factor=2.1, mode="nearest"),
            F.interpolate(x, size=(6, 9), mode="nearest"),
            F.adaptive_avg_pool2d(x, 5),
            torch.linalg.vector_norm(x, 3),
            F.conv_transpose2d(x, x.new_ones(3, 2, 2, 2)),
            x.prod(),
        ),
        (x,),
    )
    assert [name.split(".")[1] for name in found.opaque] == [
        "upsample_nearest2d", "upsample_nearest2d", "adaptive_avg_pool2d", "linalg_vector_norm", "conv_transpose2d", "prod",
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
