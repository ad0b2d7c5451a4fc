"""A name on the command line stands for one program, or for one clear sentence saying why not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ncd_cat.errors import FileError, ImportFailed, InputError, NcdError
from ncd_cat.graph import Graph, Input, source
from ncd_cat.targets import Target, load_targets, parameters
from ncd_cat.types import Array

X = Array.of((2, 3), name="x")
IDENTITY = Graph((X,), (X,), (source(Input(0), (2, 3)),))

MODELS = """
def _private(x):
    return x

from ncd_cat.types import Array
from ncd_cat.graph import Graph, Input, source

loads = globals().get("loads", 0) + 1
inputs = (1, 2)

def double(x):
    return x + x

def several(*xs):
    return xs

def make():
    return double

def diagram():
    x = Array.of((2, 3), name="x")
    return Graph((x,), (x,), (source(Input(0), (2, 3)),))

def broken():
    raise ValueError("no weights here")

number = 3

class Model:
    def __init__(self, width):
        self.width = width
"""


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "path", list(sys.path))
    path = tmp_path / "models.py"
    path.write_text(MODELS)
    return path


def test_a_function_of_tensors_and_its_inputs(models: Path) -> None:
    (target,) = load_targets(f"{models}:double")
    assert target.program(3) == 6
    assert target.inputs == (1, 2)
    assert parameters(target.program) == ("x",)


def test_a_function_without_arguments_is_called(models: Path) -> None:
    made, diagram = load_targets(f"{models}:make", f"{models}:diagram")
    assert made.program.__name__ == "double"
    assert diagram.is_diagram
    assert diagram.program.same_as(IDENTITY)
    assert parameters(diagram.program) == ("x",)


def test_any_number_of_inputs(models: Path) -> None:
    (target,) = load_targets(f"{models}:several")
    assert parameters(target.program) is None


def test_a_function_written_in_c() -> None:
    (target,) = load_targets("builtins:max")
    assert target.program is max
    assert parameters(target.program) is None


def test_a_file_is_run_once(models: Path) -> None:
    one, two = load_targets(f"{models}:double", f"{models}:double")
    assert one.program is two.program


@pytest.mark.parametrize(
    ("text", "expected"),
    [("(1,)", (1,)), ("[1, 2]", (1, 2)), ("lambda: (3,)", (3,)), ("None", None)],
)
def test_inputs_of_a_file(tmp_path: Path, text: str, expected: object) -> None:
    (tmp_path / "m.py").write_text(f"inputs = {text}\ndef f(x): return x\n")
    (target,) = load_targets(f"{tmp_path / 'm.py'}:f")
    assert target.inputs == expected


def test_one_array_is_the_only_input(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text("import numpy\ninputs = numpy.ones(3)\ndef f(x): return x\n")
    (target,) = load_targets(f"{tmp_path / 'm.py'}:f")
    assert target.inputs is not None
    assert [a.shape for a in target.inputs] == [(3,)]


def test_a_dotted_module_in_the_working_directory(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(models.parent)
    monkeypatch.delitem(sys.modules, "models", raising=False)
    (target,) = load_targets("models:double")
    assert target.program(2) == 4


@pytest.mark.parametrize(
    ("target", "error", "message"),
    [
        ("missing.py:f", FileError, "missing.py: no such file"),
        (".py:f", FileError, ".py: no such file"),
        ("model.onnx", FileError, "model.onnx: ONNX models cannot be read yet"),
        ("missing.ncd.json", FileError, "missing.ncd.json cannot be read: No such file"),
        ("missing.py", FileError, "missing.py: no such file"),
        ("models.py", InputError, "models.py is a file: say which model in it, as models.py:double"),
        ("models.py:doubl", InputError, "models.py has no 'doubl': did you mean 'double'?"),
        ("models.py:zzz", InputError, "models.py has no 'zzz'; it has double, several, make, diagram, broken, Model"),
        ("models.py:number", InputError, "models.py:number is of type int: a target is a torch module, a function of tensors"),
        ("models.py:Model", InputError, "models.py:Model is a class whose instances need arguments"),
        ("models.py:broken", ImportFailed, "models.py:broken does not load: models.py:25: ValueError: no weights here"),
        ("multi-head", InputError, "there is no built-in architecture 'multi-head'; did you mean multi-head-attention"),
        ("zzzzzz", InputError, "there is no built-in architecture 'zzzzzz'; a target is file.py:NAME"),
        ("no_such_module:f", InputError, "there is no module 'no_such_module'"),
        ("syntax.py:f", ImportFailed, "syntax.py:2: "),
        ("raises.py:f", ImportFailed, "raises.py:3: ZeroDivisionError: division by zero"),
        ("quits.py:f", ImportFailed, "quits.py:1: SystemExit: 5"),
        ("needs.py:f", ImportFailed, "needs.py:1: ModuleNotFoundError: No module named 'nothing_like_it'"),
        ("odd_inputs.py:f", InputError, "`inputs` of odd_inputs.py is of type int"),
    ],
)
def test_mistakes(models: Path, monkeypatch: pytest.MonkeyPatch, target: str, error: type[NcdError], message: str) -> None:
    monkeypatch.chdir(models.parent)
    Path("syntax.py").write_text("x = 1\ndef f(:\n")
    Path("raises.py").write_text("def f(x):\n    return x\n1 / 0\n")
    Path("quits.py").write_text("raise SystemExit(5)\n")
    Path("needs.py").write_text("import nothing_like_it\n")
    Path("odd_inputs.py").write_text("inputs = 3\ndef f(x): return x\n")
    with pytest.raises(error) as caught:
        load_targets(target)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_torch_module(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    (tmp_path / "m.py").write_text(
        "import torch\nclass M(torch.nn.Module):\n    def forward(self, x, mask): return x\nm = M()\ninputs = torch.ones(2)\n"
    )
    instance, made = load_targets(f"{tmp_path / 'm.py'}:m", f"{tmp_path / 'm.py'}:M")
    assert parameters(instance.program) == parameters(made.program) == ("x", "mask")
    assert instance.inputs is not None
    assert len(instance.inputs) == 1


def test_diagrams_have_types() -> None:
    assert Target("identity", IDENTITY).is_diagram
    assert not Target("function", len).is_diagram
