"""Models of sequences as people write them in PyTorch: imported without opaque boxes, and equal to PyTorch in float64."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.twins import agrees

torch = pytest.importorskip("torch")
nn, F = torch.nn, torch.nn.functional
pytestmark = pytest.mark.torch


class StackedExperts(nn.Module):
    """A mixture of experts with a dense gate: all experts at once, their weights in one array."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = nn.Linear(4, 3, False)
        self.up, self.down = nn.Parameter(torch.randn(3, 6, 4)), nn.Parameter(torch.randn(3, 4, 6))

    def forward(self, x: Any) -> Any:
        hidden = torch.relu(torch.einsum("btm,ehm->bteh", x, self.up))
        return (self.gate(x).softmax(-1)[..., None] * torch.einsum("bteh,emh->btem", hidden, self.down)).sum(-2)


class ListedExperts(nn.Module):
    """The same with a module for each expert."""

    def __init__(self, loop: bool) -> None:
        super().__init__()
        self.loop, self.gate = loop, nn.Linear(4, 3)
        self.experts = nn.ModuleList(nn.Sequential(nn.Linear(4, 6), nn.GELU(), nn.Linear(6, 4)) for _ in range(3))

    def forward(self, x: Any) -> Any:
        gate = self.gate(x).softmax(-1)
        if not self.loop:
            return torch.einsum("bte,btem->btm", gate, torch.stack([f(x) for f in self.experts], -2))
        y = torch.zeros_like(x)
        for k, f in enumerate(self.experts):
            y = y + gate[..., k : k + 1] * f(x)
        return y


class DiagonalStates(nn.Module):
    """S4D: h_t = a·h_{t−1} + b·x_t, y_t = c·h_t + d·x_t with a = exp(dt·A), in one of the forms in which it is computed."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.form = form
        self.log_a, self.b, self.c = (nn.Parameter(torch.randn(3, 4)) for _ in range(3))
        self.log_dt, self.d = nn.Parameter(torch.randn(3)), nn.Parameter(torch.randn(3))

    def forward(self, x: Any) -> Any:
        step = self.log_dt.exp()[:, None] * -self.log_a.exp()
        b = torch.expm1(step) / -self.log_a.exp() * self.b
        return getattr(self, self.form)(x, step, b) + self.d * x

    def loop(self, x: Any, step: Any, b: Any) -> Any:
        h, ys = torch.zeros(x.shape[0], *b.shape, dtype=x.dtype), []
        for x_t in x.unbind(1):
            h = torch.exp(step) * h + b * x_t[..., None]
            ys.append((self.c * h).sum(-1))
        return torch.stack(ys, 1)

    def memory(self, x: Any, step: Any, b: Any) -> Any:
        h, y = x.new_zeros(x.shape[0], *b.shape), torch.empty_like(x)
        for t in range(x.shape[1]):
            h = torch.exp(step) * h + b * x[:, t, :, None]
            y[:, t] = torch.einsum("bmn,mn->bm", h, self.c)
        return y

    def convolution(self, x: Any, step: Any, b: Any) -> Any:
        length = x.shape[1]
        kernel = torch.einsum("mn,mn,mnl->ml", self.c, b, torch.exp(step[..., None] * torch.arange(length)))
        return F.conv1d(F.pad(x.mT, (length - 1, 0)), kernel.flip(-1)[:, None], groups=3).mT

    def matrix(self, x: Any, step: Any, b: Any) -> Any:
        t = torch.arange(x.shape[1])
        away = t[:, None] - t
        powers = torch.exp(step[..., None, None] * away.clamp(min=0)) * (away >= 0)
        return torch.einsum("mn,mn,mntu,bum->btm", self.c, b, powers, x)

    def running_sum(self, x: Any, step: Any, b: Any) -> Any:
        t = torch.arange(x.shape[1])[:, None, None]
        return (torch.cumsum(b * x[..., None] * torch.exp(-t * step), 1) * torch.exp(t * step) * self.c).sum(-1)


class Selective(nn.Module):
    """Mamba's layer: steps, inputs and outputs of the states depend on the token; a causal convolution goes before."""

    def __init__(self) -> None:
        super().__init__()
        self.log_a, self.project = nn.Parameter(torch.randn(3, 4)), nn.Linear(3, 9)
        self.bias, self.d = nn.Parameter(torch.randn(3)), nn.Parameter(torch.ones(3))
        self.conv = nn.Conv1d(3, 3, 3, padding=2, groups=3)

    def forward(self, x: Any) -> Any:
        length = x.shape[1]
        x = F.silu(self.conv(x.transpose(1, 2))[..., :length].transpose(1, 2))
        dt, b, c = self.project(x).split([1, 4, 4], -1)
        dt = F.softplus(dt + self.bias)
        a, inputs = torch.exp(dt[..., None] * -torch.exp(self.log_a)), (dt * x)[..., None] * b[:, :, None]
        h, ys = torch.zeros_like(a[:, 0]), []
        for t in range(length):
            h = a[:, t] * h + inputs[:, t]
            ys.append(h @ c[:, t, :, None])
        return torch.stack(ys, 1).squeeze(-1) + x * self.d


class LinearAttention(nn.Module):
    """Attention with the feature map elu + 1; causal as running sums, as a masked matrix, or as a loop over states."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.form = form
        self.q, self.k, self.v, self.o = (nn.Linear(6, 6) for _ in range(4))

    def forward(self, x: Any) -> Any:
        q, k, v = (p(x).unflatten(-1, (2, 3)).transpose(1, 2) for p in (self.q, self.k, self.v))
        return self.o(getattr(self, self.form)(F.elu(q) + 1, F.elu(k) + 1, v).transpose(1, 2).flatten(2))

    def full(self, q: Any, k: Any, v: Any) -> Any:
        share = 1 / torch.einsum("bhtd,bhd->bht", q, k.sum(2))
        return torch.einsum("bhtd,bhde,bht->bhte", q, k.mT @ v, share)

    def running_sum(self, q: Any, k: Any, v: Any) -> Any:
        states = torch.einsum("bhtd,bhte->bhtde", k, v).cumsum(2)
        return torch.einsum("bhtd,bhtde->bhte", q, states) / (q * k.cumsum(2)).sum(-1, keepdim=True)

    def matrix(self, q: Any, k: Any, v: Any) -> Any:
        seen = (q @ k.mT).tril()
        return seen @ v / seen.sum(-1, keepdim=True)

    def loop(self, q: Any, k: Any, v: Any) -> Any:
        state, mass, ys = q.new_zeros(*q.shape[:2], 3, 3), q.new_zeros(*q.shape[:2], 3), []
        for q_t, k_t, v_t in zip(q.unbind(2), k.unbind(2), v.unbind(2), strict=True):
            state, mass = state + k_t[..., None] * v_t[..., None, :], mass + k_t
            ys.append((q_t[..., None, :] @ state).squeeze(-2) / (q_t * mass).sum(-1, keepdim=True))
        return torch.stack(ys, 2)


def angles(length: int, width: int) -> tuple[Any, Any]:
    turns = torch.outer(torch.arange(length).double(), 10000.0 ** (-torch.arange(0, width, 2).double() / width))
    return turns.cos(), turns.sin()


def turned_halves(x: Any) -> Any:
    cos, sin = (torch.cat([a, a], -1) for a in angles(*x.shape[-2:]))
    first, second = x.chunk(2, -1)
    return x * cos + torch.cat([-second, first], -1) * sin


def turned_pairs(x: Any) -> Any:
    (cos, sin), a, b = angles(*x.shape[-2:]), x[..., ::2], x[..., 1::2]
    return torch.stack([a * cos - b * sin, a * sin + b * cos], -1).flatten(-2)


def turned_columns(x: Any) -> Any:
    (cos, sin), (a, b) = angles(*x.shape[-2:]), x.unflatten(-1, (-1, 2)).unbind(-1)
    y = torch.empty_like(x)
    y[..., 0::2], y[..., 1::2] = a * cos - b * sin, a * sin + b * cos
    return y


class LatentAttention(nn.Module):
    """DeepSeek's: queries, and keys with values, through a narrow latent; a part of each key turns and is shared by the heads."""

    def __init__(self) -> None:
        super().__init__()
        self.q_down, self.q_norm, self.q_up = nn.Linear(8, 5, False), nn.RMSNorm(5, eps=1e-6), nn.Linear(5, 12, False)
        self.kv_down, self.kv_norm, self.kv_up = nn.Linear(8, 5, False), nn.RMSNorm(3, eps=1e-6), nn.Linear(3, 14, False)
        self.out = nn.Linear(6, 8, False)

    def forward(self, x: Any) -> Any:
        b, t, _ = x.shape
        q, q_turned = self.q_up(self.q_norm(self.q_down(x))).view(b, t, 2, 6).transpose(1, 2).split([4, 2], -1)
        latent, k_turned = self.kv_down(x).split([3, 2], -1)
        k, v = self.kv_up(self.kv_norm(latent)).view(b, t, 2, 7).transpose(1, 2).split([4, 3], -1)
        k_turned = turned_pairs(k_turned.unsqueeze(1)).expand(-1, 2, -1, -1)
        scores = torch.cat([q, turned_pairs(q_turned)], -1) @ torch.cat([k, k_turned], -1).mT / 6**0.5
        hidden = ~torch.ones(t, t, dtype=torch.bool).tril()
        return self.out((scores.masked_fill(hidden, float("-inf")).softmax(-1) @ v).transpose(1, 2).flatten(2))


class Scaled(nn.Module):
    """RMS norm as LLaMA writes it."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(16))

    def forward(self, x: Any) -> Any:
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6))


class LlamaBlock(nn.Module):
    def __init__(self, turned: Callable[[Any], Any]) -> None:
        super().__init__()
        self.turned, self.before, self.between = turned, Scaled(), Scaled()
        self.q, self.k, self.v, self.o = (nn.Linear(16, n, False) for n in (16, 8, 8, 16))
        self.gate, self.up, self.down = nn.Linear(16, 20, False), nn.Linear(16, 20, False), nn.Linear(20, 16, False)

    def forward(self, x: Any) -> Any:
        b, t, _ = x.shape
        q, k, v = (p(self.before(x)).view(b, t, -1, 4).transpose(1, 2) for p in (self.q, self.k, self.v))
        k, v = (y[:, :, None].expand(b, 2, 2, t, 4).reshape(b, 4, t, 4) for y in (self.turned(k), v))
        mask = torch.full((t, t), float("-inf"), dtype=x.dtype).triu(1)
        y = torch.softmax(self.turned(q) @ k.transpose(2, 3) / 2 + mask, -1) @ v
        x = x + self.o(y.transpose(1, 2).contiguous().view(b, t, 16))
        y = self.between(x)
        return x + self.down(F.silu(self.gate(y)) * self.up(y))


FORMS = ("loop", "memory", "convolution", "matrix", "running_sum")
MODELS: dict[str, tuple[Callable[[], Any], int]] = {
    "experts in one array": (StackedExperts, 4),
    "experts in a list": (lambda: ListedExperts(False), 4),
    "experts in a loop": (lambda: ListedExperts(True), 4),
    **{f"states, {form}": (lambda form=form: DiagonalStates(form), 3) for form in FORMS},
    "selective states": (Selective, 3),
    **{f"linear attention, {form}": (lambda form=form: LinearAttention(form), 6) for form in ("full", "running_sum", "matrix", "loop")},
    "latent attention": (LatentAttention, 8),
    **{f"llama, {turn.__name__}": (lambda turn=turn: LlamaBlock(turn), 16) for turn in (turned_halves, turned_pairs, turned_columns)},
}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_of_sequences_is_its_diagram(name: str) -> None:
    torch.manual_seed(0)
    model, width = MODELS[name]
    agrees(model().eval(), (2, 5, width))
