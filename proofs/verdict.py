"""A verdict is one of three answers to "are these two programs the same function?": proved, refuted, unknown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NoReturn

from ncd_cat import sizes
from ncd_cat.errors import UnsupportedOp
from ncd_cat.graph import Graph
from ncd_cat.ops.contraction import Contraction
from ncd_cat.ops.random import draws
from ncd_cat.scalars import Scalar
from proofs.certificate import Certificate
from proofs.refute import Counterexample, float32_difference


@dataclass(frozen=True)
class Verdict:
    """What `prove` found.

    `status` is "proved", "refuted" or "unknown"; `assumptions` is what a proof rests on; `notes` is what the person should
    know besides (boxes without a meaning, weights on one side only).
    """

    status: str
    lhs: Graph
    rhs: Graph
    seconds: float
    assumptions: tuple[str, ...] = ()
    certificate: Certificate | None = None
    counterexample: Counterexample | None = None
    reason: str = ""
    notes: tuple[str, ...] = ()
    names: tuple[str, str] = ("lhs", "rhs")
    level: int = field(default=0, repr=False)
    evaluated: tuple[Graph, Graph] | None = field(default=None, repr=False)  # the two sides where what is assumed holds

    def __bool__(self) -> NoReturn:
        raise TypeError("three answers are no boolean: ask whether .status is 'proved', 'refuted' or 'unknown'")

    @property
    def steps(self) -> int:
        """How many judgements the certificate has; 0 without one."""
        return len(self.certificate.steps) if self.certificate is not None else 0

    @cached_property
    def float32_difference(self) -> float | None:
        """How far the two sides differ when evaluated in float32 on one random draw, relative; None if they cannot be."""
        try:
            return float32_difference(*(self.evaluated or (self.lhs, self.rhs)))
        except (UnsupportedOp, TypeError, ValueError, NotImplementedError, MemoryError):
            return None

    @cached_property
    def roots(self) -> tuple[str, ...]:
        """The irrational numbers in the two programs, as exact roots: how floats such as 0.408248 (1/6*sqrt(6)) were read."""
        ops = {n.op for graph in (self.lhs, self.rhs) for n in graph.nodes()}
        held = [spec.scalar for op in ops if isinstance(op, Contraction) for spec in op.specs]
        held += [value for op in ops for value in vars(op).values() if isinstance(value, Scalar)]
        return tuple(sorted({str(c) for c in held if any(isinstance(base, int) for base, _ in c.powers)}))

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> list[str]:
        left, right = self.names
        symbol = {"proved": "=", "refuted": "≠", "unknown": "?"}[self.status]
        lines = [f"{self.status.upper()}  {left} {symbol} {right}", f"  for      {self._quantifier()}"]
        if self.status == "proved":
            lines.append(f"  assuming {'; '.join(map(self._named, self.assumptions)) or 'nothing: equal over the real numbers'}")
            lines.append(f"  proof    {self.steps} steps, {self.seconds:.2f} s; the kernel re-checks it")
            if self.float32_difference is not None:
                gap = self.float32_difference
                apart = f"differ by at most {gap:.1e}, relative," if gap else "agree to the last bit"
                lines.append(f"  float32  evaluations {apart} on a random draw")
        elif self.counterexample is not None:
            found = self.counterexample
            named = [a.name or f"input {k}" for k, a in enumerate(self.lhs.dom)]
            shapes = ", ".join(f"{name} {tuple(x.shape)}" for name, x in zip(named, found.inputs, strict=True))
            weights = "".join(f" and {_counted(part, noun)}" for part, noun in ((found.weights, "weight"), (found.draws, "draw")) if part)
            apart = f"{found.max_abs_diff:.3g} ({found.relative:.1g} of their size)"
            lines.append(f"  because  the outputs differ by {apart}, on inputs {shapes}{weights} ({self.seconds:.2f} s)")
        else:
            lines.append(f"  after    {self.seconds:.2f} s")
        lines += [f"  reason   {self.reason}"] * bool(self.reason)
        lines += [f"  numbers  {', '.join(self.roots)}: exact, where a program has a float"] * bool(self.roots)
        return lines + [f"  note     {n}" for n in self.notes]

    def _named(self, assumption: str) -> str:
        """An assumption with inputs and weights as the person calls them."""

        def name(found: re.Match[str]) -> str:
            k = int(found[1])
            return (self.lhs.dom[k].name if k < len(self.lhs.dom) else "") or found[0]

        return re.sub(r"\bweight\(([^,()]+), \w+\)", r"\1", re.sub(r"\binput\((\d+), \w+\)", name, assumption))

    def _quantifier(self) -> str:
        inputs = ", ".join(f"{a.name or f'input {k}'} [{' '.join(map(str, a.sizes))}]" for k, a in enumerate(self.lhs.dom)) or "no inputs"
        weights = {**self.lhs.weights(), **self.rhs.weights()}
        symbols = sorted({s for n in [*self.lhs.nodes(), *self.rhs.nodes()] for size in n.sizes for s in sizes.symbols(size)})
        drawn = {**draws(self.lhs.live()), **draws(self.rhs.live())}
        variables = [_counted(part, noun) for part, noun in ((weights, "weight"), (drawn, "draw")) if part]
        parts = [f"all {inputs}", *[f"all values of {counted}" for counted in variables]]
        return ", ".join(parts + [f"all sizes {' '.join(symbols)} >= 1"] * bool(symbols))


def _counted(things: Mapping[str, object], noun: str) -> str:
    return f"1 {noun}" if len(things) == 1 else f"{len(things)} {noun}s"
