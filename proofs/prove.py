"""prove(lhs, rhs): refute, or bring both sides to one normal form and certify every step, or say honestly where they part.

Order of attack: polynomials are multiplied out; the normal form at level 0 (linear in the size of the models); if the two
differ there, a refutation by evaluation at random and adversarial inputs; then the stronger, dearer levels of
`rewrites.strategy`, and `proofs.sweep`, which tries these on one block after another: first for deep models, last for others.
Derivatives that were not proved equal are tried almost everywhere (`proofs.kinks`), also where they differ at kinks.
Random agreement is never "proved".
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ncd_cat.graph import Graph
from proofs.assume import Facts, under
from proofs.certificate import Certificate
from proofs.claim import Claim, claim
from proofs.kernel import ProofError, check
from proofs.satisfying import fitted_point
from proofs.search import DEEP, REJECTED, SWEEP, Progress, Search
from proofs.sizing import condition
from proofs.verdict import Verdict
from rewrites.normal_form import OutOfTime, undisturbed
from rewrites.strategy import LEVELS

LOOKING = 1.0  # seconds for a proof that assumes less, and for sizes for which a claim holds


def prove(lhs: Any, rhs: Any, inputs: Any = None, *, params: Mapping[str, str] | str | None = None,
          timeout: float | None = None, assume: Sequence[str] | str = (), progress: Progress | None = None,
          names: tuple[str, str] = ("lhs", "rhs")) -> Verdict:  # fmt: skip
    """Decide whether two programs are equal, for all inputs, weights and symbolic sizes, over the real numbers.

    lhs, rhs: each a `Graph`, a `Diagram`, a torch module or a function of torch tensors; `inputs` are example inputs for
    the last two and give shapes and dtypes only.  `params` maps weight names of rhs to weight names of lhs, or to
    "concat(a, b, …)" and other expressions in them (`proofs.expressions`), or is "by value"; without it weights are matched by
    name.  `assume` lists conditions on inputs, weights and sizes, as ("x > 0", "n == 2*m") (`proofs.assume`): the proof may
    rest on them, and says so if it does.  Returns a `Verdict`.  Raises an `NcdError` for what cannot be compared: programs
    that do not import, different inputs or outputs, weights of one name and two shapes.

    >>> from ncd_cat.architectures import find
    >>> prove(find("multi-head-attention"), find("multi-head-attention-per-head")).status
    'proved'
    """
    start = time.perf_counter()
    deadline = start + timeout if timeout is not None else float("inf")
    tell = progress or (lambda stage, fraction: None)
    given = claim(lhs, rhs, inputs, params, tell, assume)
    with undisturbed():
        verdict = _decided(given, given.facts, deadline, tell, names, start)
        if verdict.certificate is None and given.evaluable:
            return _with_sizes(verdict, min(deadline, time.perf_counter() + LOOKING))
        return _fewest(verdict, given, tell, names)


def certified(lhs: Graph, rhs: Graph, deadline: float = float("inf")) -> Certificate | None:
    """The certificate, checked, that two graphs are equal; None if none is found in time, or the first rests on an assumption."""
    search = Search(claim(lhs, rhs, None, None, lambda stage, fraction: None), deadline, lambda stage, fraction: None, ("lhs", "rhs"))
    with undisturbed():
        for level in (0, SWEEP, 1, 2) if search.total > DEEP else range(len(LEVELS)) if search.total <= DEEP / 2 else (0, 1, 2):
            try:
                found = search.swept() if level == SWEEP else search.attempt(level)
            except OutOfTime:
                found = None
            if found is not None or time.perf_counter() > deadline:
                return found if found is not None and not found.assumptions else None
    return None


def _decided(given: Claim, facts: Facts, deadline: float, tell: Progress, names: tuple[str, str], start: float,
             levels: Sequence[int] | None = None) -> Verdict:  # fmt: skip
    """The verdict on a claim, of r(x) for each x that something is assumed of; then said of x."""
    sides = [under(g, facts) for g in (given.lhs, given.rhs)]
    search = Search(replace(given, lhs=sides[0][0], rhs=sides[1][0]), deadline, tell, names)
    verdict = search.run(start, levels)
    if not facts:
        return replace(verdict, assumptions=(*verdict.assumptions, *given.stated)) if verdict.certificate else verdict
    said = replace(verdict, lhs=given.lhs, rhs=given.rhs, evaluated=(verdict.lhs, verdict.rhs))
    if verdict.counterexample is not None:
        return replace(said, counterexample=fitted_point(verdict.counterexample, facts))
    if verdict.certificate is None:
        return said
    certificate = verdict.certificate.preceded(given.lhs, given.rhs, [before for _, before in sides])
    try:
        check(certificate.data)
    except ProofError as problem:
        return replace(said, status="unknown", certificate=None, reason=f"{REJECTED}: {problem}")
    return replace(said, certificate=certificate, assumptions=(*certificate.assumptions, *given.stated))


def _fewest(verdict: Verdict, given: Claim, tell: Progress, names: tuple[str, str]) -> Verdict:
    """The verdict without the facts that its level of proof does not need."""
    facts = dict(given.facts)
    for some in [[*facts], *([key] for key in facts)] if len(facts) > 1 else [[*facts]] if facts else []:
        fewer = {key: given for key, given in facts.items() if key not in some}
        start = time.perf_counter()
        found = _decided(given, fewer, start + LOOKING, tell, names, start - verdict.seconds, [verdict.level])
        if found.certificate is not None and {*found.assumptions} <= {*verdict.assumptions}:
            verdict, facts = found, fewer
        if not facts:
            break
    return verdict


def _with_sizes(verdict: Verdict, deadline: float) -> Verdict:
    """The verdict, with sizes for which the claim holds where some are found."""
    found = condition(verdict.lhs, verdict.rhs, deadline)
    said = f"it holds where {found}, which assume=({found!r},) states"
    return replace(verdict, reason="; ".join(filter(None, [verdict.reason, said]))) if found else verdict
