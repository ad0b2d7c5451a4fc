"""All operators of ATen that have a meaning here, by name.

>>> "aten.linear.default" in TABLE and len(TABLE) > 300
True
"""

from collections.abc import Mapping
from types import MappingProxyType

from ncd_cat.importers.aten import (
    adjoints,
    arithmetic,
    casts,
    contractions,
    functions,
    gathers,
    logic,
    losses,
    matrices,
    nn,
    reductions,
    scatters,
    views,
    windows,
)
from ncd_cat.importers.aten.call import Handler

FAMILIES = (
    *(views, arithmetic, casts, logic, functions, contractions, reductions, gathers, scatters, nn, windows, matrices, adjoints, losses),
)
TABLE: Mapping[str, Handler] = MappingProxyType({name: handler for family in FAMILIES for name, handler in family.TABLE.items()})

ERASED = frozenset(
    f"aten.{name}"
    for name in "_assert_tensor_metadata.default _assert_async.msg _assert_async.default _assert_scalar.default"
    " _functional_assert_async.msg sym_constrain_range.default sym_constrain_range_for_size.default".split()
)
