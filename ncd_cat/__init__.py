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
    from ncd_cat.checkpoint import checkpoint as checkpoint
    from ncd_cat.cost import Cost as Cost
    from ncd_cat.cost import cost as cost
    from ncd_cat.diagram import Block as Block
    from ncd_cat.diagram import Box as Box
    from ncd_cat.diagram import Broadcast as Broadcast
    from ncd_cat.diagram import Copy as Copy
    from ncd_cat.diagram import Diagram as Diagram
    from ncd_cat.diagram import Discard as Discard
    from ncd_cat.diagram import Functor as Functor
    from ncd_cat.diagram import Swap as Swap
    from ncd_cat.diagram import Ty as Ty
    from ncd_cat.errors import FileError as FileError
    from ncd_cat.errors import ImportFailed as ImportFailed
    from ncd_cat.errors import InputError as InputError
    from ncd_cat.errors import NcdError as NcdError
    from ncd_cat.errors import ProofError as ProofError
    from ncd_cat.errors import TypeMismatch as TypeMismatch
    from ncd_cat.errors import UnsupportedOp as UnsupportedOp
    from ncd_cat.evaluate import compile as compile
    from ncd_cat.evaluate import evaluate as evaluate
    from ncd_cat.exporters.json import load as load
    from ncd_cat.exporters.json import load_weights as load_weights
    from ncd_cat.exporters.json import save as save
    from ncd_cat.gradient import grad as grad
    from ncd_cat.gradient import hessian as hessian
    from ncd_cat.gradient import hvp as hvp
    from ncd_cat.gradient import jacobian as jacobian
    from ncd_cat.gradient import jvp as jvp
    from ncd_cat.gradient import vjp as vjp
    from ncd_cat.importers.torch import from_torch as from_torch
    from ncd_cat.language import Family as Family
    from ncd_cat.language import Wire as Wire
    from ncd_cat.language import absolute as absolute
    from ncd_cat.language import adaptive_avg_pool as adaptive_avg_pool
    from ncd_cat.language import adaptive_max_pool as adaptive_max_pool
    from ncd_cat.language import add as add
    from ncd_cat.language import align as align
    from ncd_cat.language import argmax as argmax
    from ncd_cat.language import attention as attention
    from ncd_cat.language import avg_pool as avg_pool
    from ncd_cat.language import batch_norm as batch_norm
    from ncd_cat.language import bias as bias
    from ncd_cat.language import cap as cap
    from ncd_cat.language import causal_mask as causal_mask
    from ncd_cat.language import clamp as clamp
    from ncd_cat.language import concat as concat
    from ncd_cat.language import conv as conv
    from ncd_cat.language import conv_transpose as conv_transpose
    from ncd_cat.language import copy as copy
    from ncd_cat.language import cos as cos
    from ncd_cat.language import cumsum as cumsum
    from ncd_cat.language import cup as cup
    from ncd_cat.language import cut as cut
    from ncd_cat.language import determinant as determinant
    from ncd_cat.language import diagram as diagram
    from ncd_cat.language import discard as discard
    from ncd_cat.language import divide as divide
    from ncd_cat.language import draw as draw
    from ncd_cat.language import dropout as dropout
    from ncd_cat.language import einsum as einsum
    from ncd_cat.language import elementwise as elementwise
    from ncd_cat.language import embedding as embedding
    from ncd_cat.language import equal as equal
    from ncd_cat.language import erf as erf
    from ncd_cat.language import exp as exp
    from ncd_cat.language import flip as flip
    from ncd_cat.language import floor as floor
    from ncd_cat.language import full as full
    from ncd_cat.language import gather as gather
    from ncd_cat.language import gelu as gelu
    from ncd_cat.language import gelu_tanh as gelu_tanh
    from ncd_cat.language import greatest as greatest
    from ncd_cat.language import group_norm as group_norm
    from ncd_cat.language import identity as identity
    from ncd_cat.language import index as index
    from ncd_cat.language import instance_norm as instance_norm
    from ncd_cat.language import inverse as inverse
    from ncd_cat.language import layer_norm as layer_norm
    from ncd_cat.language import least as least
    from ncd_cat.language import less as less
    from ncd_cat.language import less_equal as less_equal
    from ncd_cat.language import linear as linear
    from ncd_cat.language import literal as literal
    from ncd_cat.language import log as log
    from ncd_cat.language import log_softmax as log_softmax
    from ncd_cat.language import logdet as logdet
    from ncd_cat.language import logsumexp as logsumexp
    from ncd_cat.language import masked as masked
    from ncd_cat.language import max_pool as max_pool
    from ncd_cat.language import maximum as maximum
    from ncd_cat.language import mean as mean
    from ncd_cat.language import merge as merge
    from ncd_cat.language import minimum as minimum
    from ncd_cat.language import multiply as multiply
    from ncd_cat.language import one_hot as one_hot
    from ncd_cat.language import order as order
    from ncd_cat.language import pad as pad
    from ncd_cat.language import power as power
    from ncd_cat.language import rearrange as rearrange
    from ncd_cat.language import relu as relu
    from ncd_cat.language import rename as rename
    from ncd_cat.language import repeat as repeat
    from ncd_cat.language import rms_norm as rms_norm
    from ncd_cat.language import roll as roll
    from ncd_cat.language import scale as scale
    from ncd_cat.language import scan as scan
    from ncd_cat.language import sigmoid as sigmoid
    from ncd_cat.language import silu as silu
    from ncd_cat.language import sin as sin
    from ncd_cat.language import softmax as softmax
    from ncd_cat.language import softplus as softplus
    from ncd_cat.language import solve as solve
    from ncd_cat.language import split as split
    from ncd_cat.language import sqrt as sqrt
    from ncd_cat.language import square as square
    from ncd_cat.language import stack as stack
    from ncd_cat.language import subtract as subtract
    from ncd_cat.language import swap as swap
    from ncd_cat.language import symbols as symbols
    from ncd_cat.language import take as take
    from ncd_cat.language import tanh as tanh
    from ncd_cat.language import total as total
    from ncd_cat.language import trace as trace
    from ncd_cat.language import transpose as transpose
    from ncd_cat.language import ty as ty
    from ncd_cat.language import weight as weight
    from ncd_cat.language import where as where
    from ncd_cat.language import window as window
    from ncd_cat.loops import iterate as iterate
    from ncd_cat.memory import memory as memory
    from ncd_cat.reindexing import Reindexing as Reindexing
    from ncd_cat.types import Array as Array
    from ncd_cat.weights import prefixed as prefixed
    from proofs.beside import Comparison as Comparison
    from proofs.beside import compared as compared
    from proofs.check import check as check
    from proofs.player import play as play
    from proofs.prove import prove as prove
    from proofs.simplified import simplify as simplify
    from proofs.verdict import Verdict as Verdict

__version__ = "0.1.0"

HOMES = {
    "ncd_cat.axes": ("Axis",),
    "ncd_cat.checkpoint": ("checkpoint",),
    "ncd_cat.cost": ("Cost", "cost"),
    "ncd_cat.diagram": ("Block", "Box", "Broadcast", "Copy", "Diagram", "Discard", "Functor", "Swap", "Ty"),
    "ncd_cat.errors": ("FileError", "ImportFailed", "InputError", "NcdError", "ProofError", "TypeMismatch", "UnsupportedOp"),
    "ncd_cat.evaluate": ("compile", "evaluate"),
    "ncd_cat.exporters.json": ("load", "load_weights", "save"),
    "ncd_cat.gradient": ("grad", "hessian", "hvp", "jacobian", "jvp", "vjp"),
    "ncd_cat.importers.torch": ("from_torch",),
    "ncd_cat.language": (
        *("Family", "Wire", "absolute", "adaptive_avg_pool", "adaptive_max_pool", "add", "align", "argmax", "attention"),
        *("avg_pool", "batch_norm", "bias", "cap", "causal_mask", "clamp", "concat", "conv", "conv_transpose", "copy", "cos"),
        *("cumsum", "cup", "cut", "determinant", "diagram", "discard", "divide", "draw", "dropout", "einsum", "elementwise", "embedding"),
        *("equal", "erf", "exp", "flip", "floor", "full", "gather", "gelu", "gelu_tanh", "greatest", "group_norm", "identity", "index"),
        *("inverse", "instance_norm", "layer_norm", "least", "less", "less_equal", "linear", "literal", "log", "log_softmax", "logdet"),
        *("logsumexp", "masked", "max_pool", "maximum", "mean", "merge", "minimum", "multiply", "one_hot", "order", "pad", "power"),
        *("rearrange", "relu", "rename", "repeat", "rms_norm", "roll", "scale", "scan", "sigmoid", "silu", "sin", "softmax", "softplus"),
        *("solve", "split", "sqrt", "square", "stack", "subtract", "swap", "symbols", "take", "tanh", "total", "trace", "transpose", "ty"),
        *("weight", "where", "window"),
    ),
    "ncd_cat.loops": ("iterate",),
    "ncd_cat.memory": ("memory",),
    "ncd_cat.reindexing": ("Reindexing",),
    "ncd_cat.types": ("Array",),
    "ncd_cat.weights": ("prefixed",),
    "proofs.beside": ("Comparison", "compared"),
    "proofs.check": ("check",),
    "proofs.player": ("play",),
    "proofs.prove": ("prove",),
    "proofs.simplified": ("simplify",),
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
