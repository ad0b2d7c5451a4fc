"""One pass over a functional exported program: each node of its graph is read as a value, a constant, or several results.

What depends on no input and no weight is computed; everything else is given its meaning by `aten.table`.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import Any

from ncd_cat.errors import ImportFailed, InputError, NcdError, TypeMismatch, UnsupportedOp
from ncd_cat.graph import Graph, Input, Value, Weight, source
from ncd_cat.importers.aten.arithmetic import WRAPPING
from ncd_cat.importers.aten.call import DEPENDS, Call, dtype_name, lift, opaque
from ncd_cat.importers.aten.casts import NARROW
from ncd_cat.importers.aten.table import ERASED, TABLE
from ncd_cat.importers.constants import Constant, fold
from ncd_cat.importers.functional import DETACHED
from ncd_cat.importers.memory import UNINITIALISED, reads_unwritten
from ncd_cat.importers.record import Imported, Record
from ncd_cat.ops.pointwise import Less
from ncd_cat.types import KINDS, Array


def read_program(program: Any, names: Sequence[str] = ()) -> Imported:
    """The graph of an exported program that writes nowhere (see `ncd_cat.importers.functional`)."""
    reader = _Reader(program, names)
    for node in program.graph.nodes:
        if node.op == "call_function":
            reader.call(node)
        elif node.op == "placeholder":
            reader.placeholder(node)
    return reader.result()


class _Reader:
    """The state of one pass over an exported graph: what each of its nodes is, and what was made where."""

    def __init__(self, program: Any, names: Sequence[str]) -> None:
        self.program, self.names = program, names
        self.signature = program.graph_signature
        self.specs = {spec.arg.name: spec for spec in self.signature.input_specs}
        self.canonical = tied_names(program.state_dict)
        self.env: dict[Any, Any] = {}
        self.dom: list[Array] = []
        self.called: dict[str, str] = {}
        self.targets: dict[Any, str] = {}
        self.record = Record()

    # ---- inputs, weights, constants -------------------------------------------------------------------------------

    def placeholder(self, node: Any) -> None:
        spec = self.specs[node.name]
        kind = spec.kind.name
        if kind == "USER_INPUT":
            self.env[node] = self._input(node) if hasattr(node.meta.get("val"), "dtype") else node.meta.get("val")
        elif (kind == "PARAMETER" or (kind == "BUFFER" and spec.persistent)) and node.meta["val"].is_floating_point():
            self.env[node] = source(Weight(self.canonical[spec.target]), _sizes(node.meta["val"], spec.target))
        elif kind in ("PARAMETER", "BUFFER", "CONSTANT_TENSOR"):
            self.env[node] = self._known(spec) if node.users else None
        else:
            raise ImportFailed(f"the model takes {spec.target or node.name}, a {kind.lower().replace('_', ' ')}: only tensors can be read")

    def _input(self, node: Any) -> Value:
        fake, position = node.meta["val"], len(self.dom)
        name = self.names[position] if position < len(self.names) else node.name
        dtype = dtype_name(fake.dtype)
        self.called[node.name] = name
        if dtype not in KINDS:
            raise InputError(f"input {name!r} has dtype {dtype}: it must be one of {', '.join(KINDS)}")
        self.dom.append(Array.of(_sizes(fake, name), dtype, name=name))
        return source(Input(position, KINDS[dtype]), self.dom[-1].sizes)

    def _known(self, spec: Any) -> Constant:
        program, name = self.program, spec.target
        tensor = program.constants[name] if name in program.constants else program.state_dict[name]
        if tensor.is_meta:
            raise ImportFailed(f"buffer {name!r} is on the meta device, and its values are part of the program: "
                               "build the model on the CPU, or compute the buffer in forward")  # fmt: skip
        return Constant(tensor.detach().cpu())

    # ---- calls ----------------------------------------------------------------------------------------------------

    def call(self, node: Any) -> None:
        target = node.target
        if target is operator.getitem:
            self.env[node] = self.env[node.args[0]][node.args[1]]
            return
        name = self.targets.get(target)
        if name is None:
            name = self.targets[target] = self._admitted(node)
        if name in ERASED:
            return
        if name == DETACHED:
            self.env[node] = self.env[node.args[0]]
            return
        if name.startswith(UNINITIALISED) and reads_unwritten(node):
            raise Call(name, node).unsupported("the program reads memory that was never written; use torch.zeros")
        self.record.count += 1
        if _is_empty(node) or name.startswith(UNINITIALISED):  # no entries, or none that matter: whatever it is made from
            import torch

            self.env[node] = Constant(torch.zeros(tuple(node.meta["val"].shape), dtype=node.meta["val"].dtype))
            return
        found = [self.env[n] for n in node.all_input_nodes]
        if any(isinstance(v, Value) or (isinstance(v, tuple) and any(isinstance(p, Value) for p in v)) for v in found):
            self.env[node] = self._meaning(Call(name, node))
        else:
            self.env[node] = self._folded(Call(name, node))

    def _admitted(self, node: Any) -> str:
        """The name of the operator.  Raises UnsupportedOp unless it is a function of its arguments."""
        import torch

        target, call = node.target, Call(str(node.target), node)
        if isinstance(target, torch._ops.HigherOrderOperator):
            raise call.unsupported(
                "a branch, loop or region that runs a program of its own has no meaning here yet; unroll it, or take it out of the model"
            )
        if not isinstance(target, torch._ops.OpOverload):
            return getattr(target, "__name__", str(target))
        if torch.Tag.nondeterministic_seeded in target.tags and call.name not in TABLE:
            raise call.unsupported("it draws random numbers; pass them in as an input, or call .eval() on the model")
        if target._schema.is_mutable and call.name != DETACHED:
            raise call.unsupported("it changes its argument in place; return the new value instead")
        return call.name

    def _folded(self, call: Call) -> Any:
        node = call.node
        try:
            return fold(node.target, self._resolved(node.args, False), self._resolved(node.kwargs, False))
        except NcdError:
            raise
        except Exception as error:
            raise call.unsupported(f"a constant cannot be computed: {error}") from error

    def _meaning(self, call: Call) -> Any:
        given = call.node.args
        if call.name == "aten.cat.default":
            given = ([part for part in given[0] if not _is_empty(part)], *given[1:])
        args, kwargs = self._resolved(given, True), self._resolved(call.node.kwargs, True)
        handler = TABLE.get(call.name)
        if call.name in WRAPPING and dtype_name(call.node.meta["val"].dtype) in NARROW:
            handler = None
        try:
            result = handler(call, *args, **kwargs) if handler is not None else None
        except (UnsupportedOp, TypeMismatch, ValueError) as error:
            raise error if str(error).startswith(call.name) else call.unsupported(str(error)) from error
        if result is None:
            result = opaque(call, args, kwargs)
        if isinstance(result, Value):
            self._checked(call, result)
        self.record.note(call, result)
        return tuple(result) if isinstance(result, list) else result

    def _resolved(self, data: Any, as_values: bool) -> Any:
        """Arguments with nodes replaced by what they are; constants as values where the call is not constant itself."""
        if hasattr(data, "all_input_nodes"):
            found = self.env[data]
            if as_values and _is_empty(data):
                sizes = tuple(data.meta["val"].shape)
                raise Call(str(data.target), data).unsupported(f"its result has sizes {sizes}: every axis needs at least one entry")
            return found.value if as_values and isinstance(found, Constant) else found
        if isinstance(data, (list, tuple)):
            return [self._resolved(x, as_values) for x in data]
        if isinstance(data, Mapping):
            return {k: self._resolved(x, as_values) for k, x in data.items()}
        return data

    def _checked(self, call: Call, result: Value) -> None:
        """Raise UnsupportedOp where a size is not a number, or is 0."""
        fake = call.node.meta["val"]
        if not all(type(n) is int for n in fake.shape):
            raise call.unsupported(DEPENDS)
        assert result.sizes == tuple(fake.shape), f"{call.name}: sizes {result.sizes}, torch says {tuple(fake.shape)}"
        if 0 in result.sizes:
            raise call.unsupported(f"its result has sizes {result.sizes}: every axis needs at least one entry")

    # ---- outputs --------------------------------------------------------------------------------------------------

    def result(self) -> Imported:
        node = next(iter(reversed(self.program.graph.nodes)))
        values, cod = [], []
        for spec, argument in zip(self.signature.output_specs, node.args[0], strict=True):
            if spec.kind.name != "USER_OUTPUT":
                changed = self.called.get(spec.target, spec.target)
                how = spec.kind.name.lower().replace("_", " ")
                raise UnsupportedOp(
                    f"the model changes {changed!r} while it runs ({how}), so it is not a function of its inputs; "
                    "call .eval() on it, or return the new value instead of writing it"
                )
            if argument is None or isinstance(argument, str):
                continue
            value, dtype = self._output(argument)
            values.append(value)
            cod.append(Array.of(value.sizes, dtype))
        return self.record.imported(Graph(tuple(self.dom), tuple(cod), tuple(values)))

    def _output(self, argument: Any) -> tuple[Value, str]:
        if not hasattr(argument, "meta"):
            return lift(argument), "bool" if isinstance(argument, bool) else "int64" if isinstance(argument, int) else "float64"
        found = self._resolved(argument, True)
        if not isinstance(found, Value):
            raise ImportFailed(f"output {argument.name} of the model is no tensor")
        dtype = dtype_name(argument.meta["val"].dtype)
        if dtype not in KINDS:
            raise UnsupportedOp(f"an output of the model has dtype {dtype}: it must be one of {', '.join(KINDS)}")
        if dtype == "bool" and found.kind != "bool":
            found = Less()(lift(0, found.sizes), found)
        return found, dtype


def _is_empty(node: Any) -> bool:
    """Whether the result is one tensor that has an axis of size 0, such as the part of a head that rotary positions leave."""
    shape = getattr(node.meta.get("val"), "shape", ())
    return any(type(n) is int and n == 0 for n in shape)  # a size that depends on data is no int


def _sizes(fake: Any, name: str) -> tuple[int, ...]:
    if 0 in fake.shape:
        raise InputError(f"{name!r} has sizes {tuple(fake.shape)}: every axis needs at least one entry")
    return tuple(fake.shape)


def tied_names(state: Mapping[str, Any]) -> dict[str, str]:
    """For each name in a state dict, the first name of the same tensor: the same object, or the same view of one storage."""
    first: dict[Any, str] = {}
    return {name: first.setdefault(_identity(tensor), name) for name, tensor in state.items()}


def _identity(tensor: Any) -> Any:
    if tensor.is_meta or not tensor.numel():
        return id(tensor)
    return tensor.data_ptr(), tuple(tensor.shape), tensor.stride(), tensor.dtype
