"""Neural circuit diagrams as morphisms of a monoidal category: `prove` that two architectures are equal, `check` why.

    import ncd_cat as ncd
    verdict = ncd.prove(eager_model, fused_model, inputs)
    print(verdict)
    ncd.check(verdict.certificate)

This is a table of contents; each name is imported from its home when it is first used.  Source: arXiv 2402.05424.

>>> import ncd_cat as ncd
>>> print(ncd.Axis("q", 3))
q:3
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ncd_cat.axes import Axis as Axis
    from ncd_cat.axes import Reindexing as Reindexing
    from ncd_cat.errors import FileError as FileError
    from ncd_cat.errors import ImportFailed as ImportFailed
    from ncd_cat.errors import InputError as InputError
    from ncd_cat.errors import NcdError as NcdError
    from ncd_cat.errors import TypeMismatch as TypeMismatch
    from ncd_cat.errors import UnsupportedOp as UnsupportedOp
    from ncd_cat.types import Array as Array

__version__ = "0.1.0"

HOMES = {
    "ncd_cat.axes": ("Axis", "Reindexing"),
    "ncd_cat.diagram": ("Block", "Box", "Broadcast", "Copy", "Diagram", "Discard", "Functor", "Swap", "Ty"),
    "ncd_cat.errors": ("FileError", "ImportFailed", "InputError", "NcdError", "TypeMismatch", "UnsupportedOp"),
    "ncd_cat.evaluate": ("compile", "evaluate"),
    "ncd_cat.exporters.json": ("load", "save"),
    "ncd_cat.importers.torch": ("from_torch",),
    "ncd_cat.types": ("Array",),
    "proofs.check": ("check",),
    "proofs.kernel": ("ProofError",),
    "proofs.prove": ("prove",),
    "proofs.verdict": ("Verdict",),
}
HOME = {name: home for home, names in HOMES.items() for name in names}

__all__ = sorted(HOME)  # noqa: PLE0605 (the table above is the list)


class FrontDoor(ModuleType):
    """A module whose public names win over submodules of the same name: `ncd_cat.evaluate` is the function."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in HOME and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = FrontDoor


def __getattr__(name: str) -> Any:
    if name not in HOME:
        raise AttributeError(f"ncd_cat has no {name!r}")
    value = getattr(import_module(HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
