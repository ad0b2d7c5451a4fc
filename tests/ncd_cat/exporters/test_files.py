"""Files are written whole or not at all, and whatever stands in a file is read as a diagram or refused in words."""

from __future__ import annotations

import copy
import errno
import json
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ncd_cat import architectures
from ncd_cat.axes import Axis, whole
from ncd_cat.diagram import EMPTY, Array, Block, Broadcast, Copy, Diagram, Operation, Permutation, Reindex, Ty
from ncd_cat.errors import FileError, InputError
from ncd_cat.exporters import files
from ncd_cat.exporters.files import Together, read_bytes, read_json, write_text
from ncd_cat.exporters.json import from_data, load, load_graph, load_weights, save, to_data
from ncd_cat.graph import Graph, Weight
from ncd_cat.ops.literal import Literal
from ncd_cat.ops.pointwise import Exp
from ncd_cat.targets import load_target
from ncd_cat.welltyped import validate

X = Array((Axis("q", 3), Axis("k")), "float32", "x")
W = Operation(Weight("w"), EMPTY, Array((Axis("q", 3),), "float32"))
EXP = Operation(Exp(), X, X)
WEIGHTS = {"w": np.arange(3, dtype=np.float32)}
TURN = Reindex(X, Array((Axis("k"), Axis("q", 3)), "float32"), (whole(1, 3), whole(0, X.axes[1].size)))
MODEL = (
    Copy(Ty(X), 3) >> Block("h.0", EXP >> EXP) @ EXP @ TURN >> Permutation([2, 0, 1], Ty(X, X, *TURN.cod.inside)) @ W
    >> Diagram.id(Ty(*TURN.cod.inside, X)) @ Diagram.discard(Ty(X)) @ Broadcast(Operation(Exp(), W.cod, W.cod), (Axis("b", 1),)).arg
) @ Operation(Literal("float64", np.arange(2.0).tobytes()), EMPTY, Array.of((2,), "float64"))  # fmt: skip


def everything(folder: Path) -> dict[str, bytes]:
    """All files of a folder, hidden ones too."""
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}


# ---- writing ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["open", "fsync", "replace"])
@pytest.mark.parametrize("when", [0, 1])
def test_what_fails_on_the_way_leaves_what_was_there(call: str, when: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.ncd.json"
    save(W, path, weights=WEIGHTS)
    before = everything(tmp_path)
    home: Any = files if call == "open" else os
    real, count = open if call == "open" else getattr(os, call), iter(range(9))

    def failing(*args: Any, **options: Any) -> Any:
        if next(count) == when:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(*args, **options)

    monkeypatch.setattr(home, call, failing, raising=False)
    with pytest.raises(FileError, match="cannot be written: No space left on device"):
        save(W, path, weights={"w": WEIGHTS["w"] + 1})
    monkeypatch.undo()
    after = everything(tmp_path)
    assert after.keys() == before.keys()
    if (call, when) != ("replace", 1):
        assert after == before
    else:  # between the two renames: both files are whole, and known not to belong together
        assert after["m.ncd.json"] == before["m.ncd.json"] and load(path) == W
        with pytest.raises(FileError, match=r"is not the file that m.ncd.json was saved with"):
            load_weights(path)


def test_an_interrupt_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), Together() as found:
        beside = found.write(tmp_path / "a", lambda stream: stream.write(b"a"))
        assert beside.exists() and not (tmp_path / "a").exists()
        raise KeyboardInterrupt
    assert everything(tmp_path) == {}


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    cases = {
        "none/m.json": "No such file or directory", "folder": "Is a directory", "pipe": "it is no ordinary file",
        "a\0b": "no file has such a name",
        "x" * 300: "File name too long", "pipe/m.json": "Not a directory",
    }  # fmt: skip
    for name, message in cases.items():
        with pytest.raises(FileError, match=f"cannot be written: {message}"):
            write_text(f"{tmp_path}/{name}", "text")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder", "pipe"]
    with pytest.raises(FileError, match="/dev/null cannot be written: it is no ordinary file"):
        write_text("/dev/null", "text")


def test_permissions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.ncd.json"
    mask = os.umask(0o027)
    try:
        save(EXP, path)
    finally:
        os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.chmod(0o600)
    save(EXP, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o400)
    before = path.read_bytes()

    def denied(name: Any, mode: str = "r", *args: Any, **options: Any) -> Any:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setattr(files, "open", denied, raising=False)  # for those who may write everything
    with pytest.raises(FileError, match="cannot be written: Permission denied"):
        save(W, path)
    with pytest.raises(FileError, match="cannot be read: Permission denied"):
        load(path)
    assert everything(tmp_path) == {"m.ncd.json": before}


def test_symbolic_links_are_replaced_and_read_through(tmp_path: Path) -> None:
    other, path = tmp_path / "other.json", tmp_path / "m.ncd.json"
    other.write_text("mine")
    path.symlink_to(other)
    save(EXP, path)
    assert other.read_text() == "mine" and not path.is_symlink()
    (tmp_path / "link.json").symlink_to(path)
    assert load(tmp_path / "link.json") == EXP
    (tmp_path / "loop.json").symlink_to(tmp_path / "loop.json")
    with pytest.raises(FileError, match=r"loop.json cannot be read: Too many levels"):
        load(tmp_path / "loop.json")


def test_names_are_text(tmp_path: Path) -> None:
    path = tmp_path / "m.ncd.json"
    save(Block("x̄ \"\\ 語 \U0001f600 \0", EXP), path)
    assert load(path).name == "x̄ \"\\ 語 \U0001f600 \0"
    with pytest.raises(FileError, match="cannot be written: a name is no text"):
        save(Block("\ud800", EXP), path)
    path.write_text(path.read_text().replace("x̄", "\\ud800"))
    with pytest.raises(FileError, match="is not text"):
        load(path)


# ---- reading ------------------------------------------------------------------------------------------------------


def test_files_that_are_none_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.ncd.json"
    head = '{"format":"ncd-cat diagram","version":2,'
    cases: dict[bytes, str] = {
        b"": "truncated", b"\xff\xfe": "is not text", b"\xef\xbb\xbf{}": "is not JSON", b"[" * 200_000: "nested too deeply",
        b'{"a":' * 200_000: "nested too deeply", b"1e999": "holds no ncd-cat diagram", b"-Infinity": "-Infinity is no JSON number",
        b"null": "holds no", b'{"format":1,"format":2}': "'format' stands twice in one object", b"9" * 5000: "not JSON as it should be",
        f'{head}"nodes":[{"9" * 5000}],"types":[],"parts":[]}}'.encode(): "not JSON as it should be",
        f'{head}"nodes":[]}}'.encode(): "it has the fields",
        f'{head}"nodes":[],"types":{"[" * 500}{"]" * 500},"parts":[]}}'.encode(): "type 0",
        f'{head}"nodes":[],"types":[],"parts":[[]]}}'.encode(): "part 0",
        f'{head}"nodes":{{}},"types":[],"parts":[]}}'.encode(): "not a list",
        b'{"format":"ncd-certificate","version":1}': "holds no ncd-cat diagram",
        head.replace("2", "99").encode() + b'"nodes":[]}': "made by a newer version",
        head.replace("2", "true").encode() + b'"nodes":[]}': "version True",
        head.replace("2", "0").encode() + b'"nodes":[]}': "version 0; this program reads", b"\0" * 1000: "is not JSON",
    }  # fmt: skip
    for content, message in cases.items():
        path.write_bytes(content)
        for read in (load, load_graph, load_weights, lambda p: load_target(str(p), {})):
            with pytest.raises(FileError, match=message):
                read(path)
    monkeypatch.setattr(files, "LARGEST_TEXT", 10)
    with pytest.raises(FileError, match=r"cannot be read: it has \d+ bytes, 10 are the most"):
        load(path)


def test_every_truncation_is_refused_quickly(tmp_path: Path) -> None:
    path = tmp_path / "m.ncd.json"
    save(MODEL, path)
    text, start = path.read_bytes(), time.process_time()
    for cut in range(0, len(text), 7):
        path.write_bytes(text[:cut])
        with pytest.raises(FileError, match=r"is not JSON|is not text"):
            load(path)
    assert time.process_time() - start < 10


def test_what_is_no_ordinary_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(FileError, match="cannot be read: it is no ordinary file"):
            read_bytes(path)
    with pytest.raises(FileError, match="cannot be read: Is a directory"):
        read_json(tmp_path)
    with pytest.raises(FileError, match="cannot be read: embedded null byte"):
        load("a\0b")
    with pytest.raises(FileError, match="cannot be read: Not a directory"):
        load("/dev/null/m.json")


def test_what_does_not_fit_into_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise MemoryError

    path = tmp_path / "m.ncd.json"
    save(EXP, path)
    monkeypatch.setattr(files, "open", full, raising=False)
    with pytest.raises(FileError, match=r"m.ncd.json cannot be read: it does not fit into memory"):
        load(path)


# ---- fuzz ---------------------------------------------------------------------------------------------------------

JUNK: list[Any] = [0, 1, -1, 2, 3, 3.5, 1e308, True, False, None, "", "x", "q", "real",
"1/2", [], [0], [[0]], {}, [[1, [["n", 1]]]], "Exp", "Swap",
                   "Copy", "Diagram", "Block", 1 << 70, 10**1000, [[1, [["k", 10]]]]]  # fmt: skip


def places(data: Any) -> Iterator[tuple[Any, Any]]:
    """All containers in data, with a key each."""
    items = enumerate(data) if isinstance(data, list) else data.items() if isinstance(data, dict) else ()
    for key, inner in items:
        yield data, key
        yield from places(inner)


@st.composite
def mutants(draw: Any, data: Any) -> Any:
    data = copy.deepcopy(data)
    for _ in range(draw(st.integers(1, 3))):
        found = list(places(data))
        if not found:
            break
        holder, key = found[draw(st.integers(0, len(found) - 1))]
        how = draw(st.sampled_from(("junk", "other", "remove", "repeat", "deep")))
        if how == "junk":
            holder[key] = copy.deepcopy(draw(st.sampled_from(JUNK)))
        elif how == "other":
            other, place = found[draw(st.integers(0, len(found) - 1))]
            holder[key] = copy.deepcopy(other[place])
        elif how == "remove":
            del holder[key]
        elif how == "deep":
            holder[key] = [[[[holder[key]]]]]
        elif isinstance(holder, list):
            holder.insert(key, copy.deepcopy(holder[key]))
    return data


def well_typed(d: Diagram) -> None:
    """Every layer takes what the one before gives, and every node of the graph is well typed."""
    Diagram(d.inside, d.dom, d.cod)
    for n in d.graph.nodes():
        validate(n)
    assert d.graph.cod == d.cod.inside and d.graph.dom == d.dom.inside


@pytest.mark.parametrize("source", [MODEL, MODEL.graph, MODEL.block("b") @ MODEL.block("b")], ids=["diagram", "graph", "blocks"])
def test_mutants_are_well_typed_or_refused(source: Diagram | Graph) -> None:
    good = json.loads(json.dumps(to_data(source)))
    tally = {"read": 0, "refused": 0}

    @settings(max_examples=100, deadline=1000)
    @given(mutants(good))
    def check(data: Any) -> None:
        try:
            found = from_data(data)
        except ValueError as problem:
            tally["refused"] += 1
            assert str(problem)
            return
        tally["read"] += 1
        well_typed(Diagram.from_graph(found) if isinstance(found, Graph) else found)

    check()
    assert tally["refused"] > 20 and tally["read"] > 0


def test_mutants_of_the_text_are_read_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.ncd.json"
    save(MODEL, path, weights=WEIGHTS)
    good = path.read_bytes()
    tally: list[str] = []
    letters = st.sampled_from(b'0123456789[]{},:"-.eE \x00\xffanull\\')

    @settings(max_examples=100, deadline=1000)
    @given(st.lists(st.tuples(st.integers(0, len(good) - 1), letters), min_size=1, max_size=3))
    def check(changes: list[tuple[int, int]]) -> None:
        bad = bytearray(good)
        for at, byte in changes:
            bad[at] = byte
        path.write_bytes(bad)
        for read in (load, load_graph, load_weights):
            try:
                read(path)
            except FileError as problem:
                tally.append("refused")
                assert str(problem).startswith(str(tmp_path)) and "\n" not in str(problem)

    check()
    assert "refused" in tally and set(everything(tmp_path)) == {"m.ncd.json", "m.safetensors"}


def test_a_target_of_the_command_line_may_be_such_a_file(tmp_path: Path) -> None:
    save(MODEL, tmp_path / "m.ncd.json", weights=WEIGHTS)
    assert load_target(str(tmp_path / "m.ncd.json"), {}).program == MODEL.graph
    with pytest.raises(InputError, match="weight 'w' of shape"):
        save(MODEL, tmp_path / "m.ncd.json", weights={})
    assert load(tmp_path / "m.ncd.json") == MODEL


@pytest.mark.parametrize("name", architectures.names())
def test_every_architecture_is_saved_and_loaded(name: str, tmp_path: Path) -> None:
    diagram, path = architectures.diagram(name), tmp_path / "m.ncd.json"
    save(diagram, path)
    assert load(path) == diagram and load_graph(path) == diagram.graph == architectures.find(name)
    save(diagram.graph, path)
    assert load_graph(path) == diagram.graph and load_graph(path).labels == diagram.graph.labels


def test_diagrams_that_cannot_be_walked_through_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(EXP, tmp_path / "m.ncd.json")

    def stuck(*_: Any) -> Any:
        raise ValueError("a product of sizes is too large to work with")

    monkeypatch.setattr(Operation, "act", stuck)
    with pytest.raises(FileError, match=r"m.ncd.json is not a diagram that can be walked through: a product of sizes"):
        load_graph(tmp_path / "m.ncd.json")
