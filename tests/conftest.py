"""What every test shares: reproducible random examples, and tests marked by what they need."""

from __future__ import annotations

from importlib.util import find_spec

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("ncd", derandomize=True, deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("nightly", deadline=None, max_examples=1000, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ncd")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a library that is not installed."""
    for mark, library in (("torch", "torch"), ("gpu", "cupy")):
        if find_spec(library) is None:
            for item in items:
                if item.get_closest_marker(mark):
                    item.add_marker(pytest.mark.skip(reason=f"needs {library}"))
