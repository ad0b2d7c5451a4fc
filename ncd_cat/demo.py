"""The main job on numpy alone: prove that two programs are one function, refute that two others are, keep and re-check the proofs.

Each question is a pair of built-in architectures.  Certificates go to `build/`; the kernel reads them back from there,
without the search that found them.  Run it with `make demo` or `python -m ncd_cat.demo`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import ncd_cat as ncd
from ncd_cat.architectures import find


class Question(NamedTuple):
    """Are two built-in architectures equal?  `expected` is the verdict that the demonstration stands for."""

    heading: str
    lhs: str
    rhs: str
    expected: str


QUESTIONS = (
    Question("Heads one by one, concatenated, are all heads at once", "multi-head-attention-per-head", "multi-head-attention", "proved"),
    Question("… for all sizes", "multi-head-attention-per-head-symbolic", "multi-head-attention-symbolic", "proved"),
    Question("A fused causal kernel is softmax under a table of −∞", "attention-causal-fused", "attention-causal", "proved"),
    Question("A bias on the keys does nothing", "attention-keys-bias-symbolic", "attention-symbolic", "proved"),
    Question("The factor 1/√d does something", "attention-unscaled", "attention", "refuted"),
    Question("Splitting (d h) is not splitting (h d)", "multi-head-attention-interleaved", "multi-head-attention", "refuted"),
)


def main(folder: Path = Path("build")) -> int:
    """Ask all questions, print each verdict, leave certificates in `folder`; 0 if every verdict is the expected one."""
    folder.mkdir(parents=True, exist_ok=True)
    answers = [ask(question, folder) for question in QUESTIONS]
    print(f"{sum(answers)} of {len(answers)} verdicts are as expected; certificates are in {folder}/")
    return 0 if all(answers) else 1


def ask(question: Question, folder: Path) -> bool:
    """Print the verdict on one question; save and re-check its certificate.  Returns whether it is the expected one."""
    print(f"— {question.heading}")
    verdict = ncd.prove(find(question.lhs), find(question.rhs), names=(question.lhs, question.rhs))
    print(verdict)
    if verdict.certificate is not None:
        path = folder / f"{question.lhs}.cert.json"
        verdict.certificate.save(path)
        ncd.check(path)
        print(f"  checked  {path} ({path.stat().st_size / 1024:.0f} KiB), by the kernel alone")
    print(flush=True)
    return bool(verdict.status == question.expected)


if __name__ == "__main__":
    sys.exit(main())
