"""Property tests of diagrams, with Hypothesis: strategies for axes, types, arrays, index maps and diagrams, and equality on numbers.

>>> from hypothesis import given, settings
>>> from ncd_cat import ty
>>> from ncd_cat.testing import assert_equivalent, diagrams
>>> @settings(max_examples=10)
... @given(diagrams(ty("q:2 k:3")))
... def test_identity(f):
...     assert_equivalent(f, f >> f.id(f.cod))
>>> test_identity()

Nothing else in the package needs Hypothesis, and `import ncd_cat` does not import this.  Source: MacIver, Hatfield-Dodds et al.,
Hypothesis: A new approach to property-based testing, 2019.
"""

from ncd_cat.testing.diagrams import diagrams
from ncd_cat.testing.equivalence import assert_equivalent
from ncd_cat.testing.graphs import graphs
from ncd_cat.testing.indices import reindexings
from ncd_cat.testing.typed import arrays, axes, types

__all__ = ["arrays", "assert_equivalent", "axes", "diagrams", "graphs", "reindexings", "types"]
