"""A mixture of experts with a dense gate: y = Σₑ g(x)ₑ · fₑ(x), for g = softmax ∘ L.

Experts with weights of their own stand side by side, and x is copied to each; experts that are kept as one array of weights are one
map, broadcast over e.  The two are equal where that array is the stack of those weights.  Sources: Jacobs et al., Adaptive mixtures
of local experts, 1991; Shazeer et al., arXiv 1701.06538.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ncd_cat.architectures import at
from ncd_cat.axes import Axis
from ncd_cat.diagram import Diagram
from ncd_cat.language import Wire, add, align, copy, diagram, einsum, identity, linear, relu, softmax, stack, ty, weight
from ncd_cat.language.family import Family
from ncd_cat.language.verbs import verb


def gate(experts: Axis) -> Family:
    """(t, m) → (t, e), shares that add up to 1."""
    return linear("m", experts, name="gate", bias=False) >> softmax(experts.name)


@verb(2)
def weighted(shares: Wire, parts: Wire) -> Wire:
    """Σₑ shares(t, e) · parts(e, t, m)."""
    return einsum("t e, e t m -> t m", shares, parts)


def mixture(shares: Family, experts: Sequence[Family]) -> Family:
    """x ↦ Σₑ shares(x)ₑ · experts[e](x): copies of x, the gate beside the experts, and their weighted sum.

    >>> print(mixture(gate(Axis("e", 2)), [relu, identity()]).at(ty("t m")).cod)
    float32[t m]
    """
    n = len(experts)
    return copy(n=n + 1) >> shares.tensor(*experts) >> identity() @ stack(axis="e", n=n) >> weighted()


def expert(m: Axis, n: Axis, name: str) -> Family:
    """L₊ : m → n ➤R➤ L₊ : n → m."""
    return linear("m", n, name=f"{name}.up") >> relu >> linear("n", m, name=f"{name}.down")


def all_experts(x: Wire, up: Any, up_bias: Any, down: Any, down_bias: Any) -> Wire:
    """Every expert on x (t, m), as (e, t, m); their weights are (e, n, m), (e, n), (e, m, n) and (e, m), wires or states."""
    y = relu(add(*align(einsum("t m, e n m -> e t n", x, up), up_bias)))
    return add(*align(einsum("e t n, e m n -> e t m", y, down), down_bias))


# ---- by name ------------------------------------------------------------------------------------------------------

M, N = Axis("m"), Axis("n")


def side_by_side(count: int = 3) -> Diagram:
    """A mixture of experts, each with weights of its own."""
    found = mixture(gate(Axis("e", count)), [expert(M, N, f"experts.{k}") for k in range(count)])
    return found.at(ty("t m")).over("b")


def broadcast(count: int | None = None) -> Diagram:
    """A mixture of experts as one map broadcast over them; their weights one array each, or a stack of several arrays."""
    e = Axis("e", count)

    def state(part: str, *axes: Axis) -> Family:
        if count is None:
            return weight(f"experts.{part}", (e, *axes))
        return stack(*[weight(f"experts.{k}.{part}", axes) for k in range(count)], axis="e")

    states = [state("up.weight", N, M), state("up.bias", N), state("down.weight", M, N), state("down.bias", M)]
    return diagram("t m -> t m")(lambda x: weighted(gate(e)(x), all_experts(x, *states))).over("b")


def table() -> dict[str, Callable[[], Diagram]]:
    """The architectures of this file by name."""
    sizes = {"b": 2, "t": 5, "m": 6, "n": 4}
    return {
        "mixture-of-experts": partial(at, side_by_side, **sizes),
        "mixture-of-experts-broadcast": partial(at, broadcast, e=3, **sizes),
        "mixture-of-experts-broadcast-symbolic": broadcast,
        "mixture-of-experts-stacked": partial(at, partial(broadcast, 3), **sizes),
        "mixture-of-experts-stacked-symbolic": partial(broadcast, 3),
        "mixture-of-experts-symbolic": side_by_side,
    }
