"""Short texts that stand for types and for renamings: `ids=2,16:int64 mask=2,16:bool`, and a map of parameters in TOML.

>>> print(*read_inputs("ids=2,16:int64 x=3"))
int64[a:2 b:16] float32[a:3]
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ncd_cat.errors import FileError, InputError
from ncd_cat.targets import Target, parameters
from ncd_cat.types import KINDS, Array

EXAMPLE = "'ids=2,16:int64 mask=2,16:bool'"


def read_inputs(spec: str) -> tuple[Array, ...]:
    """The types that a specification `NAME=SIZE,…[:DTYPE] …` lists; the dtype is float32 unless it is given."""
    arrays = [_read_input(word) for word in spec.split()]
    names = [a.name for a in arrays]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"--inputs gives {name!r} twice")
    return tuple(arrays)


def _read_input(word: str) -> Array:
    name, equals, rest = word.partition("=")
    sizes, _, dtype = rest.partition(":")
    if not (name and equals):
        raise InputError(f"--inputs: {word!r} is not NAME=SIZES:DTYPE, as in {EXAMPLE}")
    if (dtype or "float32") not in KINDS:
        raise InputError(f"--inputs: {word!r} has dtype {dtype!r}, which is not one of {', '.join(KINDS)}")
    parts = [part for part in sizes.split(",") if part]
    if not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise InputError(f"--inputs: {word!r} has sizes {sizes!r}; they are positive numbers, as in {EXAMPLE}")
    return Array.of([int(part) for part in parts], dtype or "float32", name)


def in_order(arrays: Sequence[Array], target: Target) -> tuple[Array, ...]:
    """The arrays in the order of the target's own inputs.  Raises InputError naming an input that it does not have or lacks."""
    names = parameters(target.program)
    if names is None:
        return tuple(arrays)
    given = {a.name: a for a in arrays}
    for name in given:
        if name not in names:
            raise InputError(f"{target.name} has no input {name!r}: its inputs are {', '.join(names) or 'none'}")
    for name in names[: len(given)]:
        if name not in given:
            raise InputError(f"--inputs does not give {name!r}, which {target.name} takes before {list(given)[-1]!r}")
    return tuple(given[name] for name in names[: len(given)])


def example_inputs(lhs: Target, rhs: Target, spec: str | None) -> tuple[Any, ...] | None:
    """Example inputs for two targets: from the specification, else from either's file, else from the types of a diagram.

    None if both are diagrams, which know their types.  Raises InputError if nothing says what the inputs are.
    """
    if lhs.is_diagram and rhs.is_diagram:
        if spec is not None:
            raise InputError("--inputs is for Python models: both sides are diagrams, whose inputs have types already")
        return None
    model = rhs if lhs.is_diagram else lhs
    if spec is not None:
        return tensors(in_order(read_inputs(spec), model))
    for target in (lhs, rhs):
        if not target.is_diagram and target.inputs is not None:
            return target.inputs
    for target in (lhs, rhs):
        if target.is_diagram:
            graph = target.program.to_graph() if hasattr(target.program, "to_graph") else target.program
            return tensors(graph.dom)
    home = model.name.rpartition(":")[0]
    raise InputError(f"what are the inputs of {model.name}? write `inputs = (torch.zeros(2, 16),)` in {home}, or --inputs {EXAMPLE}")


def tensors(arrays: Sequence[Array]) -> tuple[Any, ...]:
    """Torch tensors of these types; only their shapes and dtypes matter.  Raises InputError for sizes that no memory holds."""
    import torch

    for a in arrays:
        for axis in a.axes:
            if not isinstance(axis.size, int):
                raise InputError(f"axis {axis} of {a.name or 'an input'} has no number for its size: say it with --inputs {EXAMPLE}")
    try:
        return tuple(torch.zeros(a.sizes, dtype=getattr(torch, a.dtype)) for a in arrays)
    except (RuntimeError, TypeError, MemoryError) as error:
        raise InputError(f"example inputs are made to read a model, and {', '.join(map(str, arrays))} do not fit into memory") from error


def read_params(path: str) -> dict[str, str]:
    """The map of parameters in a TOML file: for each weight of the second program, an expression in those of the first."""
    try:
        table = tomllib.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}") from error
    except ValueError as error:
        raise FileError(f"{path} is not TOML: {error}") from error
    return dict(_flat(table, path, ()))


def _flat(table: Mapping[str, Any], path: str, above: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        name = ".".join((*above, key))
        if isinstance(value, dict):  # a.b.c = "…" without quotes is a table of tables
            yield from _flat(value, path, (*above, key))
        elif not isinstance(value, str):
            raise InputError(f"{path}: {name!r} is {value!r}; write the other model's name, as in {name!r} = \"h.0.weight\"")
        else:
            yield name, value
