"""A PyTorch module or function as an exported program: torch.export, and its functional form where a call writes.

Parameters are not looked at, so modules on the meta device will do; the inputs give shapes and types only.
"""

from __future__ import annotations

import inspect
import io
import logging
import sys
import warnings
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

from ncd_cat.errors import ImportFailed, InputError, NcdError
from ncd_cat.importers.functional import is_functional

REMEDIES = (
    (("data-dependent", "DataDependent", "Could not guard", "unbacked"),
     "a branch or a size depends on the values of a tensor: write it with torch.where, or fix the branch before you import the model"),
    (("pytree", "Cache", "not a supported type"),
     "inputs and outputs must be tensors, or tuples, lists and dicts of them; a cache must be off (use_cache=False)"),
    (("on the same device", "two different devices"), "the model and what it makes in forward lie on different devices: move it to one"),
)  # fmt: skip
UNFIT = (
    "shapes cannot be multiplied", "must match the size", "size mismatch", "expected input", "Expected size", "not broadcastable",
    "Given groups", "Given normalized_shape", "is invalid for input of size", "batch1", "must have same reduction dim",
    "Attempting to broadcast", "must be broadcastable",
)  # fmt: skip
SCALARS = (int, float, bool, str, type(None))


def export_program(target: Any, inputs: Any, known: Container[str] = ()) -> tuple[Any, tuple[str, ...]]:
    """The exported program of a module or function, functional and in ATen, and the names of its tensor inputs.

    A program in operators that are `known` to the reader is left as it is where nothing in it writes.
    Raises InputError where the inputs do not fit the target, ImportFailed where it does not export.
    """
    torch = import_torch_library()
    module, name = _module(torch, target)
    args, kwargs = _arguments(torch, inputs)
    kwargs = _bound(module, target, name, args, kwargs)
    if any(p.is_meta for p in [*module.parameters(), *module.buffers()]):
        args, kwargs = torch.utils._pytree.tree_map_only(torch.Tensor, lambda x: x.to("meta"), (args, kwargs))
    with _quiet(), _without_cache(module), torch.no_grad():
        try:
            program = torch.export.export(module, args, kwargs, strict=False)
            if not is_functional(program, known):
                program = program.run_decompositions({})
        except NcdError:
            raise
        except Exception as error:  # whatever a model raises while it is traced is told, not thrown
            raise _refused(name, error) from error
    return program, _names(target, len(args))


def import_torch_library() -> Any:
    """The torch package.  Raises ImportFailed, saying how to install it."""
    try:
        import torch
    except ImportError as missing:
        raise ImportFailed("PyTorch is not installed: pip install 'ncd-cat[torch]'") from missing
    return torch


def _module(torch: Any, target: Any) -> tuple[Any, str]:
    """The module that is exported, and what to call it."""
    if isinstance(target, torch.nn.Module):
        return target, type(target).__name__
    if not callable(target) or isinstance(target, type):
        raise InputError(f"{target!r:.60} is neither a torch module nor a function of tensors")

    class Function(torch.nn.Module):  # type: ignore[misc]  # torch is optional, so its types are not known
        def forward(self, *args: Any, **kwargs: Any) -> Any:
            return target(*args, **kwargs)

    return Function().eval(), getattr(target, "__name__", type(target).__name__)


def _arguments(torch: Any, inputs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Positional and keyword arguments; numpy arrays become tensors."""
    import numpy as np

    if isinstance(inputs, (torch.Tensor, np.ndarray)):
        inputs = (inputs,)
    args, kwargs = ((), dict(inputs)) if isinstance(inputs, Mapping) else (tuple(inputs or ()), {})
    leaves, spec = torch.utils._pytree.tree_flatten((args, kwargs))
    found = [torch.as_tensor(x) if isinstance(x, (np.ndarray, np.generic)) else x for x in leaves]
    for x in found:
        if not isinstance(x, (torch.Tensor, *SCALARS)):
            raise InputError(f"an example input is of type {type(x).__name__}: give tensors (numpy arrays will do) or Python numbers")
        if isinstance(x, torch.Tensor) and 0 in x.shape:
            raise InputError(f"an example input has sizes {tuple(x.shape)}: every axis needs at least one entry")
    # The tracer tells tensors apart by identity: one that is given twice, or that the model also holds, would be one variable.
    fresh = [torch.empty_like(x, requires_grad=False) if isinstance(x, torch.Tensor) else x for x in found]
    args, kwargs = torch.utils._pytree.tree_unflatten(fresh, spec)
    return tuple(args), dict(kwargs)


def _bound(module: Any, target: Any, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The keyword arguments in the order of the target's parameters.  Raises InputError where the arguments do not fit."""
    function = module.forward if module is target else target
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return dict(kwargs)
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        given = ", ".join([_shown(a) for a in args] + [f"{k}={_shown(a)}" for k, a in kwargs.items()]) or "none"
        raise InputError(f"the example inputs ({given}) do not fit {name}{signature}: {error}") from None
    order = list(signature.parameters)
    return dict(sorted(kwargs.items(), key=lambda item: order.index(item[0]) if item[0] in order else len(order)))


def _shown(x: Any) -> str:
    return f"{str(x.dtype).removeprefix('torch.')}{list(x.shape)}" if hasattr(x, "dtype") else repr(x)


def _names(target: Any, count: int) -> tuple[str, ...]:
    """The names of the positional parameters of a plain function, which the export does not know."""
    if hasattr(target, "forward"):
        return ()
    try:
        parameters = list(inspect.signature(target).parameters.values())[:count]
    except (TypeError, ValueError):
        return ()
    return tuple(p.name for p in parameters) if all(p.kind is not p.VAR_POSITIONAL for p in parameters) else ()


@contextmanager
def _quiet() -> Iterator[None]:
    """No warnings and no log of torch's, and what a model prints goes to standard error: results have standard output.

    What is written to standard error itself comes after it, unless the export fails: then it is torch's, of how far it came.
    """
    said = io.StringIO()
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), redirect_stdout(sys.stderr), redirect_stderr(said):
            warnings.simplefilter("ignore")
            yield
        sys.stderr.write(said.getvalue())
    finally:
        logging.disable(before)


@contextmanager
def _without_cache(module: Any) -> Iterator[None]:
    """While exporting, language models return no cache of keys and values."""
    configs = {id(m.config): m.config for m in module.modules() if getattr(getattr(m, "config", None), "use_cache", False) is True}
    for config in configs.values():
        config.use_cache = False
    try:
        yield
    finally:
        for config in configs.values():
            config.use_cache = True


def _refused(name: str, error: Exception) -> NcdError:
    text = f"{type(error).__name__}: {error}"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    first = (lines[0] if lines else type(error).__name__)[:200]
    if any(word in text for word in UNFIT):
        return InputError(f"the example inputs do not fit {name}: {first}")
    for words, remedy in REMEDIES:
        if any(word in text for word in words):
            return ImportFailed(f"{name} does not export: {first}; {remedy}")
    return ImportFailed(
        f"{name} does not export ({type(error).__name__}): {first}; torch.export.export(model, inputs, strict=False) tells the whole story"
    )
