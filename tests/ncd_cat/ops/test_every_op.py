"""Every op is declared once and completely: a meaning, a definition or both, a glyph and a sentence that says what it is."""

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import is_dataclass
from inspect import isabstract

import pytest

import ncd_cat.ops
from ncd_cat.graph import Input, Weight
from ncd_cat.ops.contraction import Contraction
from ncd_cat.ops.literal import Literal
from ncd_cat.ops.opaque import Opaque
from ncd_cat.ops.random import Draw
from ncd_cat.signature import Op

GIVEN = {Input, Weight, Draw, Literal, Opaque, Contraction}  # what evaluation starts from, or has no meaning by intent
GLYPHS = {"attention", "box", "contraction", "convolution", "elementwise", "index", "literal", "loop", "norm", "random", "reduction",
          "reshape", "roll", "softmax", "weight", "wire"}  # fmt: skip


def subclasses(cls: type[Op]) -> Iterator[type[Op]]:
    for below in cls.__subclasses__():
        yield below
        yield from subclasses(below)


def ops() -> list[type[Op]]:
    for module in pkgutil.iter_modules(ncd_cat.ops.__path__):
        importlib.import_module(f"ncd_cat.ops.{module.name}")
    return sorted({c for c in subclasses(Op) if c.__module__.startswith("ncd_cat.")}, key=lambda c: c.__qualname__)


@pytest.mark.parametrize("op", ops(), ids=lambda c: c.__name__)
def test_an_op_is_complete(op: type[Op]) -> None:
    assert is_dataclass(op) and op.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert op.__doc__ and not op.__doc__.startswith(f"{op.__name__}(")
    assert op.glyph in GLYPHS
    if not (isabstract(op) or op in GIVEN or op.__subclasses__()):
        assert op.array is not Op.array or op.definition is not Op.definition


def test_ops_are_abstract_or_final() -> None:
    below = {c.__name__: [s for s in c.__subclasses__() if s.__module__.startswith("ncd_cat.")] for c in ops() if not isabstract(c)}
    unfinished = [name for name, found in below.items() if found]
    assert unfinished == []


def test_tags_are_distinct() -> None:
    tags = [c.tag for c in ops()]
    assert len(set(tags)) == len(tags)
