"""Files as wholes: a file is read within bounds or not at all, and files that are written together take their places at the end.

Each is first written beside its place under another name; a rename is atomic, so no reader ever sees half a file.  Source:
POSIX.1-2017, rename().

>>> import pathlib, tempfile
>>> folder = pathlib.Path(tempfile.mkdtemp())
>>> with Together() as files:
...     _ = files.write(folder / "a.txt", lambda stream: stream.write(b"one"))
...     sorted(p.name for p in folder.iterdir()) == ["a.txt"]
False
>>> [p.name for p in folder.iterdir()]
['a.txt']
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from ncd_cat.errors import FileError

LARGEST_TEXT = 1 << 29  # bytes of a JSON file


def read_bytes(path: str | Path, largest: int | None = None) -> bytes:
    """The content of an ordinary file.  Raises FileError where there is none, or one of more than `largest` bytes."""
    try:
        with open(path, "rb", opener=_without_waiting) as stream:
            found = os.fstat(stream.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise FileError(f"{path} cannot be read: it is no ordinary file")
            if largest is not None and found.st_size > largest:
                raise FileError(f"{path} cannot be read: it has {found.st_size} bytes, {largest} are the most")
            return stream.read()
    except OSError as problem:
        raise FileError(f"{path} cannot be read: {problem.strerror}") from None
    except MemoryError:
        raise FileError(f"{path} cannot be read: it does not fit into memory") from None
    except ValueError as problem:  # a name that no file can have
        raise FileError(f"{str(path)!r} cannot be read: {problem}") from None


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # a pipe without a writer would wait for ever


def read_json(path: str | Path) -> Any:
    """The JSON value in a file.  Raises FileError where it is missing, unreadable, truncated, or no JSON."""
    try:
        text = read_bytes(path, LARGEST_TEXT).decode("utf-8")
        data = json.loads(text, parse_constant=_refuse, object_pairs_hook=_object)
        if "\\ud" in text or "\\uD" in text:
            json.dumps(data, ensure_ascii=False).encode("utf-8")  # half a character can be written in JSON, and not be printed
        return data
    except UnicodeError:
        raise FileError(f"{path} is not text: a JSON file is due") from None
    except RecursionError:
        raise FileError(f"{path} is nested too deeply to be one of ours") from None
    except json.JSONDecodeError as problem:
        cut = " (it ends too early: is it truncated?)" if not problem.doc[problem.pos :].strip() else ""
        raise FileError(f"{path} is not JSON: {problem.msg} at line {problem.lineno}, column {problem.colno}{cut}") from None
    except ValueError as problem:
        raise FileError(f"{path} is not JSON as it should be: {problem}") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(n for n in names if names.count(n) > 1)!r:.40} stands twice in one object")
    return found


def _refuse(text: str) -> Any:
    raise ValueError(f"{text} is no JSON number")


class Together:
    """Files that take their places together when the `with` block ends, or not at all when it fails.

    What stood there before is replaced; a symbolic link is replaced too, never followed.  Raises FileError.
    """

    def __init__(self) -> None:
        self.waiting: list[tuple[Path, Path]] = []

    def __enter__(self) -> Together:
        return self

    def write(self, path: str | Path, fill: Callable[[BinaryIO], Any]) -> Path:
        """Write a file, to be at `path` in the end; where it is until then."""
        if "\0" in str(path):
            raise FileError(f"{str(path)!r} cannot be written: no file has such a name")
        target = Path(path)
        beside = target.parent / f".ncd-{secrets.token_hex(8)}"
        with _named(path):
            mode = _free(target)
            stream = open(beside, "xb")
            self.waiting.append((beside, target))
            with stream:
                fill(stream)
                stream.flush()
                os.fsync(stream.fileno())
            if mode is not None:
                os.chmod(beside, mode)
        return beside

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            while kind is None and self.waiting:
                beside, target = self.waiting[0]
                with _named(target):
                    os.replace(beside, target)
                del self.waiting[0]
        finally:
            for beside, _ in self.waiting:
                with contextlib.suppress(OSError):
                    os.unlink(beside)


def _free(target: Path) -> int | None:
    """The mode of the file that stands there, if any.  Raises OSError where it may not be replaced."""
    if target.is_symlink() or not target.exists():
        return None
    if not target.is_file() and not target.is_dir():
        raise FileError(f"{target} cannot be written: it is no ordinary file")
    if target.is_dir() or not os.access(target, os.W_OK):
        open(target, "r+b").close()  # says why not
    return stat.S_IMODE(target.stat().st_mode)


@contextlib.contextmanager
def _named(path: str | Path) -> Iterator[None]:
    """Problems of the system with a path become a FileError that names it."""
    try:
        yield
    except OSError as problem:
        raise FileError(f"{path} cannot be written: {problem.strerror or problem}") from None


def write_text(path: str | Path, text: str) -> None:
    """Write a text file, all of it or nothing.  Raises FileError."""
    with Together() as files:
        files.write(path, lambda stream: stream.write(encoded(path, text)))


def encoded(path: str | Path, text: str) -> bytes:
    """The text in UTF-8.  Raises FileError where a name in it is no text."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as problem:
        around = text[max(problem.start - 20, 0) : problem.end + 20]
        raise FileError(f"{path} cannot be written: a name is no text, near {around!a}") from None
