"""Saved tensors are used once: what a diagram saves under a name it loads later, and exactly once.

A U-Net saves the features of each level on its way down and loads them on its way up.  Copying and discarding are free in a
cartesian category, so nothing else would say that a saved tensor was forgotten; here saving and loading are linear.
Source: Girard, Linear logic, 1987; the saves C₁, …, C₄ of figure 27 of arXiv 2402.05424, of which one is never loaded.

>>> with memory() as m:
...     m.save("C1", "features")
...     m.load("C1")
'features'
>>> with memory() as m:
...     m.save("C1", "features")
Traceback (most recent call last):
    ...
ncd_cat.errors.TypeMismatch: C1 is saved but never loaded
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from ncd_cat.errors import TypeMismatch

T = TypeVar("T")


class Memory(Generic[T]):
    """What is saved and not loaded yet, and what was; made by `memory`."""

    def __init__(self) -> None:
        self._saved: dict[str, T] = {}
        self._loaded: list[str] = []

    def save(self, name: str, x: T) -> None:
        """Save x under a name.  Raises TypeMismatch if the name is taken."""
        if name in self._saved or name in self._loaded:
            raise TypeMismatch(f"{name} is saved twice: each saved tensor has a name of its own")
        self._saved[name] = x

    def load(self, name: str) -> T:
        """What was saved under the name.  Raises TypeMismatch unless it was, and was not loaded before."""
        if name in self._loaded:
            raise TypeMismatch(f"{name} is loaded twice: load it once, and copy what you loaded")
        if name not in self._saved:
            known = f"; saved so far: {', '.join(self._saved)}" if self._saved else ""
            raise TypeMismatch(f"{name} is loaded before it is saved{known}")
        self._loaded.append(name)
        return self._saved.pop(name)

    def close(self) -> None:
        """Raise TypeMismatch if something is saved and never loaded."""
        if self._saved:
            names = list(self._saved)
            raise TypeMismatch(f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} saved but never loaded")


@contextmanager
def memory() -> Iterator[Memory[Any]]:
    """A memory for the tensors of one diagram: at its end all that was saved has been loaded, or TypeMismatch is raised."""
    found: Memory[Any] = Memory()
    yield found
    found.close()
