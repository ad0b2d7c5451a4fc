"""A target is a name for a program: `file.py:name`, `package.module:name`, `file.ncd.json` or a built-in architecture.

Model code runs when it is imported, exactly as `python file.py` would run it; diagrams and certificates are data and run
nothing.  What fails in the person's own code is told with their file, their line and their message.
"""

from __future__ import annotations

import ast
import inspect
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from ncd_cat.errors import FileError, ImportFailed, InputError, NcdError
from ncd_cat.graph import Graph


@dataclass(frozen=True)
class Target:
    """What a name stands for: a graph, a diagram, a torch module or a function of tensors, and its file's example inputs."""

    name: str
    program: Any
    inputs: tuple[Any, ...] | None = None

    @property
    def is_diagram(self) -> bool:
        """Whether the program is data of ours, which knows the types of its inputs."""
        return is_diagram(self.program)


def is_diagram(value: Any) -> bool:
    """Whether a value is a `Graph` or a `Diagram`."""
    return isinstance(value, Graph) or hasattr(type(value), "to_graph")


def load_targets(*names: str) -> tuple[Target, ...]:
    """The targets of these names; a file that several name is run once.

    Raises FileError, ImportFailed or InputError (all `NcdError`), in one line that says what to write instead.
    """
    modules: dict[str, ModuleType] = {}
    return tuple([load_target(name, modules) for name in names])


def load_target(name: str, modules: dict[str, ModuleType]) -> Target:
    """The target of a name; `modules` holds what is loaded already."""
    if name.endswith(".onnx"):
        raise FileError(f"{name}: ONNX models cannot be read yet; name a torch model as file.py:NAME, or a diagram as file.ncd.json")
    if name.endswith(".json"):
        from ncd_cat.exporters.json import load_graph

        return Target(name, load_graph(name))
    home, colon, attribute = name.rpartition(":")
    if colon:
        return _python_target(name, home, attribute, modules)
    if name.endswith(".py"):
        raise InputError(f"{name} is a file: say which model in it, as {name}:{_first_name(Path(name)) or 'NAME'}")
    from ncd_cat.architectures import find, names

    if name in names():
        return Target(name, find(name))
    close = get_close_matches(name, names(), n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(close)}?" if close else "a target is file.py:NAME, module:NAME, file.ncd.json or an architecture"
    raise InputError(f"there is no built-in architecture {name!r}; {hint}")


def _python_target(name: str, home: str, attribute: str, modules: dict[str, ModuleType]) -> Target:
    if home not in modules:
        modules[home] = _run_file(Path(home), len(modules)) if home.endswith(".py") else _import(home)
    module = modules[home]
    if not hasattr(module, attribute):
        raise InputError(f"{home} has no {attribute!r}{_instead(attribute, module)}")
    program = guarded(lambda: _program(name, getattr(module, attribute)), name)
    return Target(name, program, guarded(lambda: _inputs(home, getattr(module, "inputs", None)), f"{home}:inputs"))


def _program(name: str, value: Any) -> Any:
    """The value itself if it is a program, what it returns if it is a function without arguments."""
    if is_diagram(value) or _is_module(value):
        return value
    if inspect.isclass(value) and any(p.default is p.empty and p.kind is not p.VAR_POSITIONAL for p in _positional(value)):
        raise InputError(f"{name} is a class whose instances need arguments: name an instance, or a function that returns one")
    if callable(value) and not (_positional(value) and not inspect.isclass(value)):
        value = value()
    if is_diagram(value) or callable(value):
        return value
    raise InputError(f"{name} is of type {type(value).__name__}: a target is a torch module, a function of tensors, or a diagram")


def _inputs(home: str, value: Any) -> tuple[Any, ...] | None:
    """A file's example inputs: a tuple, one tensor, or a function that returns either."""
    value = value() if callable(value) and not hasattr(value, "shape") else value
    if value is None or isinstance(value, tuple):
        return value
    if isinstance(value, list):
        return tuple(value)
    if hasattr(value, "shape"):
        return (value,)
    raise InputError(f"`inputs` of {home} is of type {type(value).__name__}: it is a tuple of tensors, or a function that returns one")


def parameters(program: Any) -> tuple[str, ...] | None:
    """The names of a program's inputs, in order; None where any number may be given."""
    if is_diagram(program):
        graph = program if isinstance(program, Graph) else program.to_graph()
        return tuple(a.name for a in graph.dom)
    found = _positional(program.forward if _is_module(program) else program)
    return None if any(p.kind is p.VAR_POSITIONAL for p in found) else tuple(p.name for p in found)


def _positional(function: Any) -> list[inspect.Parameter]:
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    try:
        signature = inspect.signature(function)
    except ValueError:  # a function that is written in C may not say what it takes
        return [inspect.Parameter("inputs", inspect.Parameter.VAR_POSITIONAL)]
    return [p for p in signature.parameters.values() if p.kind in kinds]


def _is_module(value: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.nn.Module)


def _import(home: str) -> ModuleType:
    """The module of a dotted name, looked for in the working directory first."""
    _search_first(Path.cwd())
    try:
        module: ModuleType = guarded(lambda: import_module(home), home)
        return module
    except ImportFailed as failed:
        missing = getattr(failed.__cause__, "name", None)
        if isinstance(failed.__cause__, ModuleNotFoundError) and home.startswith(missing or " "):
            raise InputError(f"there is no module {missing!r}: name a file as path/to/file.py:NAME") from failed
        raise


def _run_file(path: Path, number: int) -> ModuleType:
    """The module that a file defines, its own folder searched first for what it imports."""
    spec = spec_from_file_location(f"ncd_target_{number}_{path.stem}", path) if path.is_file() else None
    loader = spec.loader if spec is not None else None
    if spec is None or loader is None:
        raise FileError(f"{path}: {'a folder, not a file' if path.is_dir() else 'no such file'}")
    _search_first(path.resolve().parent)
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    guarded(lambda: loader.exec_module(module), str(path))
    return module


def _search_first(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def guarded(call: Callable[[], Any], what: str) -> Any:
    """The result of a call that runs the person's own code.  Raises ImportFailed with their line and message."""
    try:
        return call()
    except NcdError:
        raise
    except (Exception, SystemExit) as error:
        raise ImportFailed(f"{what} does not load: {_told(error)}") from error


def _told(error: BaseException) -> str:
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_near(error.filename)}:{error.lineno}: {error.msg}"
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != __file__ and not f.filename.startswith("<frozen")]
    where = f"{_near(frames[-1].filename)}:{frames[-1].lineno}: " if frames else ""
    hint = "; pip install 'ncd-cat[torch]'" if isinstance(error, ModuleNotFoundError) and error.name == "torch" else ""
    return f"{where}{type(error).__name__}: {error}{hint}"


def _near(filename: str) -> str:
    """A path as seen from the working directory, where it lies below it."""
    path = Path(filename)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else filename


def _instead(name: str, module: ModuleType) -> str:
    names = [n for n, v in vars(module).items() if not n.startswith("_") and (callable(v) or is_diagram(v))]
    own = [n for n in names if getattr(vars(module)[n], "__module__", module.__name__) == module.__name__]
    close = get_close_matches(name, names, 1)
    return f": did you mean {close[0]!r}?" if close else f"; it has {', '.join(own[:8])}" if own else ""


def _first_name(path: Path) -> str | None:
    """The first public function that a file defines, read without running it."""
    try:
        body = ast.parse(path.read_text("utf-8")).body
    except OSError as error:
        raise FileError(f"{path}: no such file") from error
    except (SyntaxError, ValueError):
        return None
    return next((n.name for n in body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_")), None)
