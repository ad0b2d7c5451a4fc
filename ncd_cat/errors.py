"""The partial function from what a person writes to diagrams: each error here names one way of being undefined.

Every message is addressed to the person: which op, which axis, both sizes, where in their model, what to do.
A bug of ours is an assertion instead, and never derives from `NcdError`.
"""

from __future__ import annotations


class NcdError(Exception):
    """A mistake in what we were given, told in the words of the person who gave it.

    >>> issubclass(TypeMismatch, NcdError) and issubclass(TypeMismatch, TypeError)
    True
    """


class TypeMismatch(NcdError, TypeError):
    """Two arrays, axes or diagrams were joined whose types differ; the message names the axis and both sizes."""


class UnsupportedOp(NcdError):
    """An op has no meaning in the language; the message names the op and where in the model it stands."""


class ImportFailed(NcdError):
    """A model cannot be read as a diagram: its file does not load, or its program does not export."""


class InputError(NcdError):
    """Example inputs, weights or a map of parameters do not fit the models that they are given to."""


class FileError(NcdError):
    """A file is missing, unreadable, not of the format that its name says, or cannot be written."""


class ProofError(NcdError):
    """A certificate is rejected; `step` is the judgement that fails, or None for the certificate as a whole."""

    def __init__(self, message: str, step: int | None = None) -> None:
        super().__init__(message if step is None else f"step {step}: {message}")
        self.step = step
