"""Views, arithmetic, logic and functions against PyTorch itself in float64; each family is one exported program."""

from typing import Any

import pytest

from tests.exported import Case, agree, draw

torch = pytest.importorskip("torch")
F = torch.nn.functional
pytestmark = pytest.mark.torch

LEAST = torch.finfo(torch.float32).min


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


def numbers() -> tuple[Any, ...]:
    x, y = draw((3, 4), (4,))
    return x, y, torch.tensor([[0, 2, -3, 5], [7, -1, 2, 2], [0, 3, 3, -8]]), torch.tensor([[True, False, True, False]] * 2 + [[True] * 4])


FAMILIES = {
    "views": (VIEWS, tuple(draw((2, 3, 4, 5)))),
    "joins": (JOINS, tuple(draw((3, 4), (3, 4)))),
    "arithmetic": (ARITHMETIC, numbers()),
    "logic": (LOGIC, numbers()),
    "functions": (FUNCTIONS, tuple(draw((2, 3, 4)))),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_family_evaluates_as_torch_does(family: str) -> None:
    cases, inputs = FAMILIES[family]
    agree(cases, *inputs)
