"""Data that is no table of well-typed nodes is refused, and the entry is named."""

from __future__ import annotations

import base64
import time
import zlib
from typing import Any

import numpy as np
import pytest

from ncd_cat.codec import decode, encode
from ncd_cat.ops.literal import literal


def blob(data: bytes, length: int | None = None) -> list[Any]:
    return [len(data) if length is None else length, base64.b64encode(zlib.compress(data)).decode()]


INPUT = ["Input", [0, "real"], [], [3]]
EXP = ["Exp", [], [[0, [0]]], [3]]
BAD: dict[str, Any] = {
    "no list": {"Input": 1}, "entry no list": ["Input"], "too short": [["Input", [0, "real"], []]], "no name": [[3, [], [], []]],
    "unknown op": [["Nothing", [], [], []]], "abstract op": [["Op", [], [], []]], "abstract family": [["Pointwise", [], [], []]],
    "a class of Python": [["object", [], [], []]], "field missing": [["Input", [0], [], [3]]],
    "field too many": [["Input", [0, "real", 1], [], [3]]],
    "bool for int": [["Input", [True, "real"], [], [3]]], "float for int": [["Input", [0.0, "real"], [], [3]]],
    "kind unknown": [["Input", [0, "complex"], [], [3]]], "kind no text": [["Input", [0, 1], [], [3]]],
    "negative input": [["Input", [-1, "real"], [], [3]]], "size 0": [["Input", [0, "real"], [], [0]]],
    "size negative": [["Input", [0, "real"], [], [-3]]], "size bool": [["Input", [0, "real"], [], [True]]],
    "size float": [["Input", [0, "real"], [], [3.0]]], "size nan": [["Input", [0, "real"], [], [float("nan")]]],
    "size constant polynomial": [["Input", [0, "real"], [], [[[3, []]]]]], "sizes no list": [["Input", [0, "real"], [], 3]],
    "forward": [EXP, INPUT], "self": [INPUT, ["Exp", [], [[1, [0]]], [3]]], "negative operand": [INPUT, ["Exp", [], [[-1, [0]]], [3]]],
    "bool operand": [INPUT, ["Exp", [], [[False, [0]]], [3]]], "operand short": [INPUT, ["Exp", [], [[0]], [3]]],
    "no operand": [INPUT, ["Exp", [], [], [3]]], "two operands": [INPUT, ["Exp", [], [[0, [0]], [0, [0]]], [3]]],
    "access short": [INPUT, ["Exp", [], [[0, []]], [3]]], "axis unknown": [INPUT, ["Exp", [], [[0, [1]]], [3]]],
    "axis negative": [INPUT, ["Exp", [], [[0, [-1]]], [3]]], "axis bool": [INPUT, ["Exp", [], [[0, [False]]], [3]]],
    "out of range": [INPUT, ["Exp", [], [[0, [[1, 1, 0, 1, 3]]]], [3]]], "long form": [INPUT, ["Exp", [], [[0, [[0, 1, 0, 1, 3]]]], [3]]],
    "digit cut": [INPUT, ["Exp", [], [[0, [[0, 1, 0, 1]]]], [3]]], "zero coefficient": [INPUT, ["Exp", [], [[0, [[0, 0, 0, 1, 3]]]], [3]]],
    "extent 1": [INPUT, ["Exp", [], [[0, [[0, 1, 0, 1, 1]]]], [3]]], "stride 0": [INPUT, ["Exp", [], [[0, [[0, 1, 0, 0, 2]]]], [3]]],
    "stride negative": [INPUT, ["Exp", [], [[0, [[0, 1, 0, -1, 2]]]], [3]]],
    "digits unsorted": [INPUT, ["Exp", [], [[0, [[0, 1, 1, 1, 2, 1, 0, 1, 2]]]], [2, 2]]],
    "digits unmerged": [["Input", [0, "real"], [], [4]], ["Exp", [], [[0, [[0, 1, 0, 1, 2, 2, 0, 2, 2]]]], [4]]],
    "axis of size 1": [["Input", [0, "real"], [], [1]], ["Exp", [], [[0, [0]]], [3]]],
    "fraction not lowest": [INPUT, ["Power", ["2/4"], [[0, [0]]], [3]]], "fraction no text": [INPUT, ["Power", [0.5], [[0, [0]]], [3]]],
    "fraction by zero": [INPUT, ["Power", ["1/0"], [[0, [0]]], [3]]], "fraction huge": [INPUT, ["Power", ["1e999"], [[0, [0]]], [3]]],
    "scalar": [["Contraction", [[["1.0", [], 0, []]]], [], []]], "spec short": [["Contraction", [[["1", [], 0]]], [], []]],
    "scalar not normal": [["Contraction", [[[["1", [[4, "1/2"]]], [], 0, []]]], [], []]],
    "factors missing": [["Contraction", [[["1", [], 1, []]]], [], []]], "bound 0": [["Contraction", [[["1", [0], 0, []]]], [], []]],
    "guard short": [["Contraction", [[["1", [], 0, [[True]]]]], [], []]],
    "guard int": [["Contraction", [[["1", [], 0, [[1, [0]]]]]], [], []]],
    "guard of nothing": [["Contraction", [[["1", [], 0, [[False, [0, 1, 0, 1, 3]]]]]], [], []]],
    "literal short": [["Literal", ["bool", blob(b"\x01")], [], [2]]], "literal of 2": [["Literal", ["bool", blob(b"\x02")], [], []]],
    "literal nan": [["Literal", ["float64", blob(np.float64("nan").tobytes())], [], []]],
    "literal object": [["Literal", ["object", blob(bytes(8))], [], []]],
    "literal declared less": [["Literal", ["bool", blob(b"\x01\x01", 1)], [], [1]]],
    "literal declared more": [["Literal", ["bool", blob(b"\x01", 2)], [], [2]]],
    "literal huge": [["Literal", ["bool", blob(b"\x01", 1 << 40)], [], []]],
    "literal no base64": [["Literal", ["bool", [1, "???"]], [], []]], "literal no zlib": [["Literal", ["bool", [1, "AAAA"]], [], []]],
    "literal no text": [["Literal", ["bool", [1, 2]], [], []]], "literal length": [["Literal", ["bool", [True, "AAAA"]], [], []]],
    "literal trailing": [["Literal", ["bool", [1, base64.b64encode(zlib.compress(b"\x01") + b"x").decode()]], [], []]],
    "opaque": [["Opaque", ["f", "", [[3]], [3], 0, "real"], [], [3]]], "opaque port": [["Opaque", ["f", "", [], [3], -1, "real"], [], [3]]],
    "opaque output": [["Opaque", ["f", "", [], [3], 0, "real"], [], [4]]], "deep": [[[[[[[[[[[[[[]]]]]]]]]]]]]],
}  # fmt: skip


@pytest.mark.parametrize("entries", BAD.values(), ids=BAD)
def test_what_is_malformed_is_refused(entries: Any) -> None:
    with pytest.raises(ValueError, match=r"^entry \d+ \(|^not a list"):
        decode(entries)


def test_errors_name_the_entry() -> None:
    with pytest.raises(ValueError, match=r"entry 1 \('Exp'\): exp reads axis 0 \(size 3\) of operand 0 .* runs from 1 to 3"):
        decode([INPUT, ["Exp", [], [[0, [[1, 1, 0, 1, 3]]]], [3]]])


def test_literals_share_a_budget() -> None:
    table = encode([literal(np.arange(10)).node, literal(np.arange(11)).node])
    assert len(decode(table, limit=168)) == 2
    with pytest.raises(ValueError, match=r"entry 1 \('Literal'\): literal tables are larger than the limit"):
        decode(table, limit=167)


def test_deep_data_is_refused() -> None:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    entries = (deep, [deep, [], [], []], ["Input", deep, [], []], ["Power", [deep], [], []], ["Input", [0, "real"], [], [deep]])
    for data in ([entry] for entry in entries):
        with pytest.raises(ValueError, match="entry 0"):
            decode(data)


def test_hostile_polynomials_cost_little() -> None:
    start = time.process_time()
    for size in ([[1, [["n", 1 << 30]]]], [[1, [[f"x{k}", 9] for k in range(30)]]], [[k, [[f"x{k}", 1]]] for k in range(1, 50_000)]):
        with pytest.raises(ValueError, match="not a size"):
            decode([["Input", [0, "real"], [], [size]]])
    assert time.process_time() - start < 4
