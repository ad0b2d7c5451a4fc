"""Checking is the kernel's word on a certificate, wherever it comes from: an object, its data, or a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ncd_cat.errors import FileError
from proofs.certificate import Certificate
from proofs.kernel import ProofError, Statement
from proofs.kernel import check as kernel_check
from rewrites.normal_form import undisturbed

LARGEST_FILE = 1 << 30  # bytes


def check(certificate: Certificate | dict[str, Any] | str | Path) -> None:
    """Accept a certificate, or raise ProofError naming the step that fails.  Raises FileError for an unreadable file.

    >>> check({"format": "ncd-certificate"})
    Traceback (most recent call last):
    ncd_cat.errors.ProofError: not a certificate that this kernel reads: 'version'
    """
    statement_of(certificate)


def statement_of(certificate: Certificate | dict[str, Any] | str | Path) -> Statement:
    """What a certificate proves, checked.  Raises ProofError or FileError."""
    data: Any = certificate
    with undisturbed():
        if isinstance(certificate, Certificate):
            data = json.loads(json.dumps(certificate.data))
        elif isinstance(certificate, str | Path):
            data = read(certificate)
        return kernel_check(data)


def read(path: str | Path) -> Any:
    """The JSON data in a file.  Raises FileError if there is none, ProofError if it is cut short or no JSON."""
    try:
        source = Path(path)
        if source.stat().st_size > LARGEST_FILE:
            raise FileError(f"{path} is larger than {LARGEST_FILE} bytes")
        text = source.read_text(encoding="utf-8")
    except OSError as problem:
        raise FileError(f"cannot read {path}: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise ProofError(f"{path} is not a certificate: it is not text") from None
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise ProofError(f"{path} is not a certificate: not JSON, or cut short ({problem})") from None
