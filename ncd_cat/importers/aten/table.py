"""All operators of ATen that have a meaning here, by name.

>>> "aten.linear.default" in TABLE and len(TABLE) > 300
True
"""

from collections.abc import Mapping
from types import MappingProxyType

from ncd_cat.importers.aten import arithmetic, contractions, functions, gathers, logic, nn, reductions, views
from ncd_cat.importers.aten.call import Handler

FAMILIES = (views, arithmetic, logic, functions, contractions, reductions, gathers, nn)
TABLE: Mapping[str, Handler] = MappingProxyType({name: handler for family in FAMILIES for name, handler in family.TABLE.items()})

ERASED = frozenset({"aten._assert_tensor_metadata.default", "aten._assert_async.msg", "aten._assert_async.default", "aten._assert_scalar.default",
                    "aten.sym_constrain_range.default", "aten.sym_constrain_range_for_size.default", "aten._functional_assert_async.msg"})  # fmt: skip
UNINITIALISED = ("aten.empty", "aten.new_empty")
