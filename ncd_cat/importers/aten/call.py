"""One call of an operator in an exported program, and how its arguments are read: numbers as exact scalars.

>>> from ncd_cat.graph import Input, source
>>> scalar(lift(0.5)), scalar(source(Input(0), (3,))) is None
(1/2, True)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import numpy as np

from ncd_cat.axes import Sizes
from ncd_cat.errors import UnsupportedOp
from ncd_cat.graph import Value, apply
from ncd_cat.ops.contraction import Contraction, number
from ncd_cat.ops.literal import Literal, literal
from ncd_cat.ops.opaque import Opaque
from ncd_cat.scalars import Scalar
from ncd_cat.signature import Kind
from ncd_cat.types import KINDS

Number = float | int | bool
Operand = Value | Number
Handler = Callable[..., Any]
FOREIGN = ("/torch/", "/ncd_cat/importers/", '"<')  # files that are not the user's
DEPENDS = "a number or a size that the program computes with depends on the values of a tensor; write it with tensors of fixed sizes"
LAYOUT = ("device", "layout", "memory_format", "pin_memory")  # arguments that change no number


def family(*tables: Mapping[str, Handler]) -> Mapping[str, Handler]:
    """The handlers of some operators by their full names; "linear.default" in a table is aten.linear.default."""
    return MappingProxyType({f"aten.{name}": handler for table in tables for name, handler in table.items()})


@dataclass(frozen=True, slots=True)
class Call:
    """A call of operator `name`; `node` is its node in the exported graph (a torch.fx.Node), which knows the types."""

    name: str
    node: Any

    @property
    def kind(self) -> Kind:
        """The kind of the (first) result: "real", "int" or "bool"."""
        found = self.node.meta["val"]
        return kind_of(found[0] if isinstance(found, (tuple, list)) else found)

    def kind_of(self, position: int) -> Kind:
        """The kind of the argument at a position."""
        argument = self.node.args[position]
        return kind_of(argument.meta["val"] if hasattr(argument, "meta") else argument)

    @property
    def sizes(self) -> Sizes:
        """The sizes of the result."""
        return tuple(self.node.meta["val"].shape)

    @property
    def dtype(self) -> str:
        """The dtype of the first argument."""
        return dtype_name(self.node.args[0].meta["val"].dtype)

    @property
    def place(self) -> str:
        """Where the call stands in the user's model: the module's path and the line of source, as far as known."""
        path, line = module_path(self.node), source_line(self.node)
        source = f"(`{line}`)" if line and path else f"`{line}`" if line else ""
        return " ".join(w for w in ("in" * bool(path or source), path, source) if w)

    def unsupported(self, why: str) -> UnsupportedOp:
        """The error that refuses this call."""
        return UnsupportedOp(f"{self.name} {self.place}".rstrip() + f": {why}")


def module_path(node: Any) -> str:
    """The path of the module that made a node of an exported graph, "h.0.attn"; empty for the model itself."""
    stack = node.meta.get("nn_module_stack")
    return next(reversed(stack.values()))[0] if stack else ""


def source_line(node: Any) -> str:
    """The innermost line of the user's own source that made a node; empty where it is not known."""
    lines = [line.strip() for line in (node.meta.get("stack_trace") or "").splitlines() if line.strip()]
    own = [code for place, code in pairwise(lines) if place.startswith("File") and not any(word in place for word in FOREIGN)]
    return own[-1] if own else ""


def kind_of(value: Any) -> Kind:
    """The kind of a (fake) tensor or of a Python number."""
    if hasattr(value, "dtype"):
        return KINDS.get(dtype_name(value.dtype), "real")
    return "bool" if isinstance(value, bool) else "int" if isinstance(value, int) else "real"


def dtype_name(dtype: Any) -> str:
    """ "float32" for torch.float32."""
    return str(dtype).removeprefix("torch.")


# ---- numbers ------------------------------------------------------------------------------------------------------


def scalar(x: Operand | None) -> Scalar | None:
    """The number, where the operand is one (or an array with that one entry everywhere) and finite; else None."""
    if isinstance(x, Value):
        op = x.node.op
        if isinstance(op, Contraction):
            alone = len(op.specs) == 1 and not x.node.operands and not op.specs[0].bounds and not op.specs[0].guards
            return op.specs[0].scalar if alone else None
        if isinstance(op, Literal) and not x.node.sizes:
            return scalar(op.numpy(()).item())
        return None
    if x is None or not math.isfinite(x):
        return None
    return Scalar.read(x) if isinstance(x, float) else Scalar.of(int(x))


def lift(x: Operand, sizes: Sizes = ()) -> Value:
    """The operand as a value; a Python number is an array of the given sizes.  Raises UnsupportedOp for nan."""
    if isinstance(x, Value):
        return x
    if math.isnan(x):
        raise UnsupportedOp("nan is no real number; leave it out of the model")
    exact = scalar(x)
    return number(exact, sizes) if exact is not None else literal(np.float64(x)).at((), sizes)


def exact(x: Number) -> Scalar:
    """A finite Python number as a scalar."""
    found = scalar(x)
    assert found is not None, f"{x} is not finite"
    return found


def table(x: Value) -> Any:
    """The numpy array, where the value is a constant table of integers or truth values read as it is; else None."""
    op = x.node.op
    if not isinstance(op, Literal) or op.dtype == "float64":
        return None
    shape = [n for n in x.sizes if isinstance(n, int)]
    if not x.node.sizes:
        return np.broadcast_to(op.numpy(()), shape)
    return op.numpy(shape) if Value.of(x.node) == x else None


# ---- axes ---------------------------------------------------------------------------------------------------------


def position(axis: int, rank: int) -> int:
    """The number of an axis that may be counted from the end."""
    return axis % rank if rank else 0


def positions(over: int | Sequence[int] | None, rank: int) -> tuple[int, ...]:
    """The numbers of axes, ascending; all of them for None or an empty list."""
    if over is None or (not isinstance(over, int) and not over):
        return tuple(range(rank))
    return tuple(sorted({position(k, rank) for k in ([over] if isinstance(over, int) else over)})) if rank else ()


# ---- opaque boxes -------------------------------------------------------------------------------------------------


def opaque(call: Call, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """The call as a box without meaning: equal to itself on equal operands.  A tuple of values for several results."""
    operands: list[Value] = []
    words = [_text(a, operands) for a in args] + [f"{k}={_text(a, operands)}" for k, a in kwargs.items() if k not in LAYOUT]
    attributes, inputs = ", ".join(words), tuple([v.sizes for v in operands])

    def port(result: Any, number: int) -> Value | None:
        if not hasattr(result, "dtype"):
            return None
        if not all(isinstance(n, int) for n in result.shape):
            raise call.unsupported(DEPENDS)
        if dtype_name(result.dtype) not in KINDS:
            raise call.unsupported(f"its result has dtype {dtype_name(result.dtype)}: it must be one of {', '.join(KINDS)}")
        box = Opaque(call.name, attributes, inputs, tuple(result.shape), number, kind_of(result))
        return apply(box, *operands, degree=())

    results = call.node.meta["val"]
    if not hasattr(results, "dtype") and not isinstance(results, (tuple, list)):
        raise call.unsupported(DEPENDS)
    if isinstance(results, (tuple, list)):
        return tuple([port(r, k) for k, r in enumerate(results)])
    return port(results, 0)


def _text(argument: Any, operands: list[Value]) -> str:
    if isinstance(argument, Value):
        operands.append(argument)
        return "_"
    if isinstance(argument, (list, tuple)):
        return "[" + ", ".join(_text(a, operands) for a in argument) + "]"
    return str(argument)
