"""Weights beside a diagram: what was given comes back bit by bit, and what does not fit, or is hostile, is named."""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ncd_cat.diagram import EMPTY, Array, Diagram, Operation, Ty
from ncd_cat.errors import FileError, InputError
from ncd_cat.exporters import npz, safetensors
from ncd_cat.exporters.json import load, load_graph, load_weights, save
from ncd_cat.graph import Weight
from ncd_cat.sizes import symbol

FORMATS = ("safetensors", "npz")
FLOATS = ("float64", "float32", "float16")


def sample(*weights: tuple[str, tuple[Any, ...], str]) -> Diagram:
    """The diagram that gives these weights: name, sizes, dtype."""
    found = Diagram.id(EMPTY)
    for name, sizes, dtype in weights:
        a = Array.of(sizes, dtype)
        found = found @ Operation(Weight(name, a.kind), EMPTY, Ty(a))
    return found


MODEL = sample(("h.0.w", (2, 3), "float32"), ("mask", (3,), "bool"), ("ids", (), "int64"))
ARRAYS: dict[str, Any] = {
    "h.0.w": np.array([[1.5, -0.0, np.inf], [np.nan, 5e-324, 1e300]]), "mask": np.array([True, False, True]), "ids": np.array(-7),
}  # fmt: skip


def same(a: Any, b: Any) -> bool:
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


# ---- there and back -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FORMATS)
def test_weights_read_back(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "model.ncd.json"
    save(MODEL, path, weights=ARRAYS, weights_format=kind)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model.ncd.json", f"model.{kind}"]
    found = load_weights(path)
    assert list(found) == list(ARRAYS) and all(same(found[k], ARRAYS[k]) for k in ARRAYS)
    assert all(a.flags.writeable and a.flags.c_contiguous for a in found.values())
    assert load(path) == MODEL and load_graph(path) == MODEL.graph
    record = json.loads(path.read_text())["weights"]
    content = (tmp_path / f"model.{kind}").read_bytes()
    assert record == {"file": f"model.{kind}", "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    save(MODEL, path, weights=dict(reversed(ARRAYS.items())), weights_format=kind)
    assert (tmp_path / f"model.{kind}").read_bytes() == content


names = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
plain = st.sampled_from([*FLOATS, "int64", "int32", "int16", "int8", "uint8", "bool"])


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(FORMATS))
def test_any_arrays_read_back(data: Any, kind: str) -> None:
    shapes = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3)
    arrays = data.draw(st.dictionaries(names, plain.flatmap(lambda d: hnp.arrays(d, shapes)), max_size=4))
    stream = io.BytesIO()
    try:
        npz.write(arrays, stream) if kind == "npz" else safetensors.write(arrays, {}, stream)
    except InputError as problem:
        assert kind == "npz" and "has a name that .npz cannot hold" in str(problem)
        return
    found = (npz if kind == "npz" else safetensors).read(stream.getvalue())
    assert found.keys() == arrays.keys() and all(same(found[k], arrays[k]) for k in arrays)


def test_numpy_reads_what_we_write_and_we_what_it_writes(tmp_path: Path) -> None:
    save(MODEL, tmp_path / "m.ncd.json", weights=ARRAYS, weights_format="npz")
    with np.load(tmp_path / "m.npz", allow_pickle=False) as found:
        assert set(found) == set(ARRAYS) and all(same(found[k], ARRAYS[k]) for k in ARRAYS)
    stream = io.BytesIO()
    other = {"f": np.asfortranarray(np.arange(6.0).reshape(2, 3)), "b": np.arange(3, dtype=">f4")}
    np.savez(stream, **other)
    read = npz.read(stream.getvalue())
    assert all(np.array_equal(read[k], other[k]) and read[k].dtype.isnative for k in other)


def test_the_safetensors_package_reads_what_we_write_and_we_what_it_writes(tmp_path: Path) -> None:
    theirs = pytest.importorskip("safetensors.numpy")
    save(MODEL, tmp_path / "m.ncd.json", weights=ARRAYS)
    found = theirs.load_file(tmp_path / "m.safetensors")
    assert set(found) == set(ARRAYS) and all(same(found[k], ARRAYS[k]) for k in ARRAYS)
    read = safetensors.read(theirs.save(ARRAYS, {"note": "theirs"}))
    assert read.keys() == ARRAYS.keys() and all(same(read[k], ARRAYS[k]) for k in ARRAYS)


def test_sizes_that_are_symbols_take_one_value(tmp_path: Path) -> None:
    n, path = symbol("n"), tmp_path / "m.ncd.json"
    model = sample(("a", (n, 2), "float32"), ("b", (n * 4,), "float32"))
    save(model, path, weights={"a": np.ones((3, 2), np.float16), "b": np.ones(12)}, weights_format="npz")
    assert load_weights(path)["a"].shape == (3, 2)
    with pytest.raises(InputError, match=r"weight 'b' has shape \(8,\), but its axis 0 has size 12 \(that is 4\*n\), not 8"):
        save(model, path, weights={"a": np.ones((3, 2)), "b": np.ones(8)})


@pytest.mark.parametrize("kind", FORMATS)
def test_torch_tensors(kind: str, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    path = tmp_path / "m.ncd.json"
    exact = torch.tensor([[1.0, -0.0, math.inf], [math.nan, 2.0**-130, 3.0e38]])
    model = sample(*((k, (2, 3), "float32") for k in ("p", "b", "t")))
    given = {"p": torch.nn.Parameter(torch.randn(2, 3).double()), "b": exact.bfloat16(), "t": torch.randn(3, 2).T}
    save(model, path, weights=given, weights_format=kind)
    found = load_weights(path)
    assert found["p"].dtype == np.float64 and np.array_equal(found["p"], given["p"].detach().numpy())
    assert found["b"].dtype == np.float32 and same(found["b"], given["b"].float().numpy())
    assert np.array_equal(found["t"], given["t"].numpy())
    if kind == "safetensors":
        theirs = pytest.importorskip("safetensors.torch").load_file(tmp_path / "m.safetensors")
        assert theirs["b"].dtype == torch.bfloat16 and torch.equal(theirs["b"].view(torch.int16), given["b"].view(torch.int16))
        both = pytest.importorskip("safetensors.torch").save({"b": given["b"]})
        assert same(safetensors.read(both)["b"], given["b"].float().numpy())
    with pytest.raises(InputError, match=r"weight 'b' is no array|weight 'b' holds"):
        save(model, path, weights={**given, "b": exact.to(torch.float8_e5m2)})


# ---- what does not fit --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mask": None}, r"weight 'mask' of shape \(3,\) is not given"),
        ({"maks": np.ones(3)}, "has no weight 'maks': did you mean 'mask'?"),
        ({"other": 1.0}, "the diagram has no weight 'other'"), ({"h.0.w": np.ones(3)}, r"weight 'h.0.w' has shape \(3,\), but 2 axes"),
        ({"h.0.w": np.ones((3, 2))}, r"weight 'h.0.w' has shape \(3, 2\), but its axis 0 has size 2, not 3"),
        ({"mask": np.ones(3)}, "weight 'mask' is bool in the diagram, the array that is given holds float64"),
        ({"h.0.w": np.ones((2, 3), int)}, "weight 'h.0.w' is real in the diagram, the array that is given holds int64"),
        ({"h.0.w": np.ones((2, 3), complex)}, "weight 'h.0.w' holds complex128, a file of weights holds bool"),
        ({"h.0.w": np.full((2, 3), object())}, "weight 'h.0.w' holds object"), ({"h.0.w": "text"}, "weight 'h.0.w' holds str"),
        ({"h.0.w": [[1], [2, 3]]}, "weight 'h.0.w' is no array: setting an array element"),
        ({3: np.ones(3)}, "name of a weight is text, not 3"),
    ],
)
def test_what_does_not_fit_is_not_written(change: dict[Any, Any], message: str, tmp_path: Path) -> None:
    given = {k: v for k, v in {**ARRAYS, **change}.items() if v is not None}
    with pytest.raises(InputError, match=message):
        save(MODEL, tmp_path / "m.ncd.json", weights=given)
    assert list(tmp_path.iterdir()) == []


def test_names_and_formats_that_do_not_fit(tmp_path: Path) -> None:
    path = tmp_path / "m.ncd.json"
    with pytest.raises(InputError, match="no format 'pickle' of weights: weights_format is one of safetensors, npz"):
        save(MODEL, path, weights=ARRAYS, weights_format="pickle")
    with pytest.raises(InputError, match=r"weights_format='npz' is of no use without weights"):
        save(MODEL, path, weights_format="npz")
    for name, kind in (("a\0b", "npz"), ("a\\b", "npz"), ("w" * 70_000, "npz"), ("__metadata__", "safetensors")):
        with pytest.raises(InputError, match="cannot hold"):
            save(sample((name, (2,), "float32")), path, weights={name: np.ones(2)}, weights_format=kind)
    with pytest.raises(InputError, match=r"'w' is used as real of shape \(2,\) and as real of shape \(3,\): two weights"):
        save(sample(("w", (2,), "float32"), ("w", (3,), "float32")), path, weights={"w": np.ones(2)})
    assert list(tmp_path.iterdir()) == []
    save(sample(("../w", (2,), "float32")), path, weights={"../w": np.ones(2)}, weights_format="npz")
    assert list(load_weights(path)) == ["../w"] and len(list(tmp_path.iterdir())) == 2


# ---- hostile files ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FORMATS)
def test_other_files_in_their_place_are_refused(kind: str, tmp_path: Path) -> None:
    path, place = tmp_path / "m.ncd.json", tmp_path / f"m.{kind}"
    save(MODEL, path, weights=ARRAYS, weights_format=kind)
    good = place.read_bytes()
    for bad, message in (
        (good[:-1], "is not the file that m.ncd.json was saved with"), (good + b"x", "cannot be read: it has"),
        (bytes([good[0] ^ 1]) + good[1:], "is not the file that m.ncd.json was saved with"), (b"", "is not the file"),
    ):  # fmt: skip
        place.write_bytes(bad)
        with pytest.raises(FileError, match=message):
            load_weights(path)
    place.unlink()
    with pytest.raises(FileError, match="cannot be read: No such file"):
        load_weights(path)
    os.mkfifo(place)
    with pytest.raises(FileError, match="no ordinary file"):
        load_weights(path)
    save(MODEL, path)
    with pytest.raises(FileError, match=r"m.ncd.json names no weights: save them with it"):
        load_weights(path)


@pytest.mark.parametrize(
    "change",
    [
        {"file": "../m.npz"}, {"file": "/etc/passwd"}, {"file": "a/m.npz"}, {"file": "a\\m.npz"}, {"file": "C:m.npz"}, {"file": ".npz"},
        {"file": "m.pickle"}, {"file": "m.npz\0"}, {"file": "m\n.npz"}, {"file": 3}, {"file": None}, {"bytes": -1}, {"bytes": "1"},
        {"bytes": True},
        {"sha256": None}, {"more": 1},
    ],
)  # fmt: skip
def test_records_that_name_no_file_beside_are_refused(change: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "m.ncd.json"
    save(MODEL, path, weights=ARRAYS, weights_format="npz")
    data = json.loads(path.read_text())
    data["weights"].update(change)
    path.write_text(json.dumps(data))
    with pytest.raises(FileError, match=r"m.ncd.json does not say where its weights are"):
        load_weights(path)
    assert load(path) == MODEL  # the diagram itself needs no weights


def planted(tmp_path: Path, kind: str, content: bytes) -> Path:
    """A file of weights with any content, and a diagram that vouches for it."""
    path, place = tmp_path / "m.ncd.json", tmp_path / f"m.{kind}"
    save(MODEL, path, weights=ARRAYS, weights_format=kind)
    data = json.loads(path.read_text())
    data["weights"].update(bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
    path.write_text(json.dumps(data))
    place.write_bytes(content)
    return path


def archive(*members: tuple[str, bytes], **how: Any) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", **how) as found:
        for name, content in members:
            found.writestr(name, content)
    return stream.getvalue()


def npy(array: Any, **how: Any) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, **how)
    return stream.getvalue()


class Bomb:
    def __reduce__(self) -> Any:
        return os.mkdir, ("/tmp/this-was-unpickled",)


HUGE = b"\x93NUMPY\x01\x00\x48\x00{'descr': '<f8', 'fortran_order': False, 'shape': (1099511627776,)}".ljust(82)
NPZ: dict[str, tuple[bytes, str]] = {
    "no zip": (b"x" * 100, "it is no .npz file"), "empty": (b"", "it is no .npz file"),
    "truncated": (archive(("w.npy", npy(ARRAYS["ids"])))[:-30], "no .npz"),
    "compressed": (archive(("w.npy", npy(np.zeros(100_000))), compression=zipfile.ZIP_DEFLATED), "declares more bytes"),
    "a little compressed": (archive(("w.npy", npy(np.array(0.1))), compression=zipfile.ZIP_DEFLATED), "'w' .*compressed"),
    "pickle": (archive(("w.npy", npy(np.array([Bomb()], object), allow_pickle=True))),
               "array 'w' cannot be read: its header describes no plain array"),
    "records": (archive(("w.npy", npy(np.zeros(2, [("a", "f4")])))), "array 'w' cannot be read: its header"),
    "text": (archive(("w.npy", npy(np.array(["a"])))), "it holds <U1|its header describes"),
    "truth": (archive(("w.npy", npy(np.array([2], "u1")).replace(b"|u1", b"|b1"))), "a truth value is 0 or 1"),
    "complex": (archive(("w.npy", npy(np.ones(2, complex)))), "it holds complex128"), "no array": (archive(("w.txt", b"x")), "is no array"),
    "huge": (archive(("w.npy", HUGE)), "cannot be read: it has 1 axes of sizes .1099511627776,. and 0 bytes"),
    "a bad magic": (archive(("w.npy", b"\x93NUMPX\x01\x00")), "array 'w' cannot be read"),
    "a bad version": (archive(("w.npy", b"\x93NUMPY\x09\x00")), "'w'"),
    "a bad header": (archive(("w.npy", b"\x93NUMPY\x01\x00\x08\x00" + b"__import" + b"x")), "array 'w' cannot be read"),
    "missing": (archive(("ids.npy", npy(ARRAYS["ids"]))), "weight 'h.0.w' of shape .2, 3. is not given"),
    "another shape": (archive(*((f"{k}.npy", npy(np.ones(3))) for k in ARRAYS)), r"weight 'h.0.w' has shape \(3,\), but 2 axes"),
    "another dtype": (archive(*((f"{k}.npy", npy(np.ones(ARRAYS[k].shape))) for k in ARRAYS)), "weight 'mask' is bool in the diagram"),
    "more": (archive(*((f"{k}.npy", npy(ARRAYS[k])) for k in ARRAYS), ("x.npy", npy(np.ones(1)))), "the diagram has no weight 'x'"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "message"), NPZ.values(), ids=NPZ)
def test_hostile_npz_files_are_refused(content: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(FileError, match=f"m.npz does not hold the weights of m.ncd.json: .*({message})"):
        load_weights(planted(tmp_path, "npz", content))
    assert not Path("/tmp/this-was-unpickled").exists()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_zip_members_that_stand_twice_or_overlap_are_refused(tmp_path: Path) -> None:
    twice = archive(("w.npy", npy(np.ones(2))), ("w.npy", npy(np.ones(2))))
    with pytest.raises(FileError, match="'w' cannot be read: it stands there twice"):
        npz.read(twice)
    one = bytearray(archive(("a.npy", npy(np.ones(1000))), ("b.npy", npy(np.ones(1)))))
    second = one.index(b"PK\x01\x02", one.index(b"PK\x01\x02") + 4)
    one[second + 20 : second + 28] = struct.pack("<II", 8128, 8128)
    one[second + 42 : second + 46] = struct.pack("<I", 0)  # both name the bytes of the first
    with pytest.raises(FileError, match=r"declares more bytes than it has|cannot be read"):
        npz.read(bytes(one))


def tensors(header: Any, body: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def entry(dtype: Any = "F32", shape: Any = (1,), offsets: Any = (0, 4)) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


SAFETENSORS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "no .safetensors file, or it is truncated"), "short": (b"\x01", "or it is truncated"),
    "long header": (struct.pack("<Q", 1 << 62) + b"{}", "or it is truncated"), "no json": (tensors(b"{"), "its header cannot be read"),
    "no text": (tensors(b"\xff\xff"), "its header cannot be read"), "no object": (tensors([1]), "its header is no object"),
    "deep": (tensors(b"[" * 100_000), "its header cannot be read"), "long number": (tensors(b"9" * 5000), "its header cannot be read"),
    "twice": (tensors(b'{"w": 1, "w": 2}'), "a name stands in it twice"),
    "entry": (tensors({"w": 3}), "array 'w' cannot be read: its entry is not"),
    "more in the entry": (tensors({"w": {**entry(), "x": 1}}), "its entry is not"),
    "dtype": (tensors({"w": entry("F8_E4M3")}), "'F8_E4M3'"),
    "dtype no text": (tensors({"w": entry([])}), "array 'w' cannot be read"),
    "shape": (tensors({"w": entry(shape=3)}), "array 'w' cannot be read"),
    "negative": (tensors({"w": entry(shape=(-1,))}, bytes(4)), "not natural numbers|are not natural"),
    "bool": (tensors({"w": entry(shape=(True,))}, bytes(4)), "natural"),
    "float": (tensors({"w": entry(shape=(1.0,))}, bytes(4)), "natural"),
    "huge": (tensors({"w": entry(shape=[1 << 60] * 9)}, bytes(4)), "natural"),
    "rank": (tensors({"w": entry(shape=[1] * 65)}, bytes(4)), "natural"), "outside": (tensors({"w": entry()}), "natural"),
    "backwards": (tensors({"w": entry(offsets=(4, 0))}, bytes(4)), "natural"),
    "three offsets": (tensors({"w": entry(offsets=(0, 1, 2))}), "'w' cannot be read"),
    "other bytes": (tensors({"w": entry(shape=(2,))}, bytes(4)), r"it has shape \(2,\) and 4 bytes"),
    "rest": (tensors({"w": entry()}, bytes(5)), "overlap"),
    "overlap": (tensors({"w": entry(), "v": entry()}, bytes(4)), "its arrays overlap"),
    "gap": (tensors({"w": entry(offsets=(4, 8))}, bytes(8)), "overlap"),
    "truth": (tensors({"w": entry("BOOL", (4,))}, b"\0\1\2\3"), "a truth value is 0 or 1"),
    "missing": (tensors({}), "weight 'h.0.w' of shape"),
    "metadata only": (tensors({"__metadata__": {"a": "b"}}), "weight 'h.0.w' of shape"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "message"), SAFETENSORS.values(), ids=SAFETENSORS)
def test_hostile_safetensors_files_are_refused(content: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(FileError, match=f"m.safetensors does not hold the weights of m.ncd.json: .*({message})"):
        load_weights(planted(tmp_path, "safetensors", content))


@pytest.mark.parametrize("kind", FORMATS)
def test_mutants_are_read_or_refused(kind: str) -> None:
    stream = io.BytesIO()
    npz.write(ARRAYS, stream) if kind == "npz" else safetensors.write(ARRAYS, {}, stream)
    good = stream.getvalue()

    @settings(max_examples=100, deadline=None)
    @given(st.lists(st.tuples(st.integers(0, len(good) - 1), st.integers(0, 255)), min_size=1, max_size=3), st.integers(0, len(good)))
    def check(changes: list[tuple[int, int]], cut: int) -> None:
        bad = bytearray(good)
        for at, byte in changes:
            bad[at] = byte
        for content in (bytes(bad), bytes(bad[:cut]), bytes(bad) + good[cut:]):
            try:
                found = (npz if kind == "npz" else safetensors).read(content)
            except FileError:
                continue
            assert sum(a.nbytes for a in found.values()) <= 2 * len(content)

    check()
