"""Prove theorems again and write their certificates: `python -m proofs.theorems [NAME …]`, all of them if none is named."""

from __future__ import annotations

import sys

from ncd_cat.errors import NcdError
from proofs.theorems import THEOREMS, find
from proofs.theorems.theorem import FOLDER


def main(names: list[str]) -> int:
    """Write the certificates; the number of theorems that were not proved."""
    FOLDER.mkdir(exist_ok=True)
    failed = 0
    for theorem in [find(name) for name in names] or list(THEOREMS.values()):
        verdict = theorem.prove()
        if verdict.certificate is None:
            failed += 1
            print(f"{verdict.status:8} {theorem.name}: {verdict.reason}")
            continue
        verdict.certificate.save(theorem.path)
        print(f"{verdict.status:8} {theorem.name}, {verdict.steps} steps, {verdict.seconds:.2f} s")
    return failed


if __name__ == "__main__":
    try:
        sys.exit(min(1, main(sys.argv[1:])))
    except NcdError as problem:
        sys.exit(f"python -m proofs.theorems: {problem}")
