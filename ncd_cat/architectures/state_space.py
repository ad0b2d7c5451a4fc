"""State-space layers: h(t) = Ā h(t−1) + B̄ x(t), y(t) = C h(t) + D x(t), with Ā diagonal, as a loop and as a convolution.

Ā = exp(Δ·A) and B̄ = (Ā − 1)/A keep a step of length Δ of h′ = A h + x exactly.  Unrolled, y(t) = Σ_j K(j) x(t − j) + D x(t) with the
kernel K(j) = Σ_n C(n)·B̄(n)·exp(j·Δ·A(n)).  Where Δ, B and C depend on x(t), there is a loop and no kernel.  Sources: Gu et al., arXiv
2206.11893 (S4D); Gu and Dao, arXiv 2312.00752 (Mamba).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from ncd_cat.architectures import at
from ncd_cat.axes import Axis
from ncd_cat.diagram import Diagram
from ncd_cat.language import Wire, align, diagram, divide, einsum, exp, linear, literal, multiply, repeat, scan, softplus, weight, window

M, N = Axis("m"), Axis("n")


def dynamics() -> tuple[Wire, Wire, Wire]:
    """Δ·A, B̄ and C, (m, n) each: A = −exp(log_A) is negative, so states fade; Δ = exp(log_step), (m)."""
    a = -exp(weight("log_A", (M, N)).wire())
    grown = multiply(*align(a, exp(weight("log_step", M))))
    return grown, divide(exp(grown) - 1, a), weight("C", (M, N)).wire()


def passed(x: Wire) -> Wire:
    """D x(t): each channel of x (t, m) times a number."""
    return multiply(*align(x, weight("D", M)))


def by_steps() -> Diagram:
    """A diagonal state-space layer as a loop over time, whose state is (m, n)."""

    @diagram("t m -> t m")
    def by_steps(x: Wire) -> Wire:
        grown, b, c = dynamics()

        def step(h: Wire, x: Wire) -> tuple[Wire, Wire]:
            h = exp(grown) * h + einsum("m n, m -> m n", b, x)
            return h, einsum("m n, m n -> m", c, h)

        _, (y,) = scan(step, [repeat(literal(0.0, ""), (M, N))], [x], axis="t")
        return y + passed(x)

    return by_steps


def by_convolution(t: int) -> Diagram:
    """A diagonal state-space layer as a convolution along time, with a kernel as long as the t steps."""

    @diagram("t m -> t m", t=t)
    def by_convolution(x: Wire) -> Wire:
        grown, b, c = dynamics()
        ago = literal(np.arange(t)[::-1].astype(float), "w")
        kernel = einsum("m n, m n, m n w -> m w", c, b, exp(einsum("m n, w -> m n w", grown, ago)))
        return einsum("t w m, m w -> t m", window(x, "t", t, padding=(t - 1, 0)), kernel) + passed(x)

    return by_convolution


def selective() -> Diagram:
    """A state-space layer whose step length and maps into and out of the state depend on the input."""

    @diagram("t m -> t m")
    def selective(x: Wire) -> Wire:
        a = -exp(weight("log_A", (M, N)).wire())
        step_length = softplus(linear(x, "m", M, name="step"))
        b, c = (linear(x, "m", N, name=name, bias=False) for name in ("B", "C"))

        def step(h: Wire, x: Wire, length: Wire, b: Wire, c: Wire) -> tuple[Wire, Wire]:
            h = exp(einsum("m n, m -> m n", a, length)) * h + einsum("m, n, m -> m n", length, b, x)
            return h, einsum("n, m n -> m", c, h)

        _, (y,) = scan(step, [repeat(literal(0.0, ""), (M, N))], [x, step_length, b, c], axis="t")
        return y + passed(x)

    return selective


def table() -> dict[str, Callable[[], Diagram]]:
    """The architectures of this file by name."""
    sizes = {"m": 6, "n": 4}
    return {
        "state-space": partial(at, by_steps, t=5, **sizes),
        "state-space-convolution": partial(at, partial(by_convolution, 5), **sizes),
        "state-space-selective": partial(at, selective, t=5, **sizes),
        "state-space-selective-symbolic": selective,
        "state-space-symbolic": by_steps,
    }
