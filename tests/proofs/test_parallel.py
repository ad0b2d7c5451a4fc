"""A certificate is about two diagrams with the same inputs and outputs."""

from __future__ import annotations

import copy

import pytest

from ncd_cat.architectures import find
from proofs.kernel import ProofError, check
from proofs.prove import prove


def test_the_two_diagrams_have_the_same_inputs() -> None:
    certificate = prove(find("attention-fused"), find("attention")).certificate
    assert certificate is not None
    data = copy.deepcopy(certificate.data)
    assert check(data).steps == len(certificate.steps)
    data["statement"][1]["dom"].append(data["statement"][1]["dom"][0])
    with pytest.raises(ProofError, match="not parallel"):
        check(data)
