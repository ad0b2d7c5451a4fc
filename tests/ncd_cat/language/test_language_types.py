"""Types and patterns as people write them: what they mean, and that malformed or hostile text is refused, quickly."""

from __future__ import annotations

import time

import numpy as np
import pytest

import ncd_cat as ncd
from ncd_cat.errors import TypeMismatch
from ncd_cat.sizes import symbol
from tests.ncd_cat.language.oracle import wire

TYPES = {
    "q d": "float32[q d]",
    "q:3 d:n": "float32[q:3 d:n]",
    "q,  k:7 d ": "float32[q] @ float32[k:7 d]",
    "int64[t:5], bool[t]": "int64[t:5] @ bool[t]",
    "float32[]": "float32[]",
    "x... c": "float32[x.0:x_0 x.1:x_1 c]",
    "x...3:4": "float32[x.0:4 x.1:4 x.2:4]",
    "x...1:4 c": "float32[x.0:4 c]",
    "x̄:28": "float32[x.0:28 x.1:28]",
    "x.0:3 x.1:4": "float32[x.0:3 x.1:4]",
    "k k'": "float32[k k':k_]",
    "α_1 ñ": "float32[α_1 ñ]",
    "": "Ty()",
}


@pytest.mark.parametrize("text", TYPES)
def test_types_say_what_they_are(text: str) -> None:
    assert str(ncd.ty(text)) == TYPES[text]


def test_sizes_are_given_by_name() -> None:
    n = ncd.symbols("n")
    assert ncd.ty("q d", q=3, d=n) == ncd.ty("q:3 d:n") == ncd.ty("q d", q=np.int64(3), d=symbol("n"))
    assert ncd.ty("x... c", x=4) == ncd.ty("x...:4 c") == ncd.ty("x... c", **{"x.0": 4, "x.1": 4})
    assert ncd.ty("x... c", x=(4, 5)) == ncd.ty("x.0:4 x.1:5 c")
    assert ncd.ty("q:m d:m", m=3) == ncd.ty("q:3 d:3")
    assert ncd.symbols("q:3") == ncd.Axis("q", 3)


TEXTS = {
    "q q": "axis q appears twice",
    "q:0": "axis q cannot have size 0: a size is at least 1",
    "q:-1": "'q:-1' is no axis: write names, such as 'q', with a size, 'd:8', or bundles",
    "q:" + "9" * 50: "is no axis",
    "1 2": "'1' is no axis",
    "x²": "'x²' is no axis",
    "x:²": "'²' is no size: write a number or a name",
    "... c": "'...' is no axis",
    "a.0.1": "'a.0.1' is no axis",
    "(h d)": r"'\(h' is no axis",
    "float99[q]": r"'float99\[q\]' is no array, such as 'q d:8' or 'int64\[t\]'",
    "float32[q": r"'float32\[q' is no array",
    "q d] k": r"is no array",
    "e\u0301": "is no axis",
    "q -> k": "'->' is no axis",
    "🙂": "is no axis",
}


@pytest.mark.parametrize("text", TEXTS)
def test_malformed_types_are_refused(text: str) -> None:
    with pytest.raises(TypeMismatch, match=TEXTS[text]):
        ncd.ty(text)


@pytest.mark.parametrize(("given", "message"), [
    ({"d": "x"}, "the size of axis d is a number or a symbol, not 'x'"), ({"d": 2.5}, "not 2.5"), ({"d": True}, "not True"),
    ({"d": -2}, "axis d cannot have size -2"), ({"d": symbol("m") - 1}, "cannot have size -1 \\+ m"),
    ({"dd": 2}, "the size dd = 2 is given, but there is no axis of that name"), ({"d": (1, 2)}, "1 axes are called d, 2 sizes"),
])  # fmt: skip
def test_sizes_that_are_none_are_refused(given: dict[str, object], message: str) -> None:
    for reader in (ncd.ty, ncd.symbols, lambda text, **sizes: ncd.diagram(text, **sizes)(lambda x: x)):
        with pytest.raises(TypeMismatch, match=message):
            reader("q d", **given)


@pytest.mark.parametrize("given", [5, None, 2.0])
def test_what_is_no_text_is_refused(given: object) -> None:
    for reader in (ncd.ty, ncd.einsum, ncd.rearrange, ncd.diagram, ncd.weight):
        with pytest.raises(TypeMismatch):
            reader("w", given) if reader is ncd.weight else reader(given)


# ---- bundles ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "count"), [("x...1:6 c:2", 1), ("x...:6 c:2", 2), ("x...3:6 c:2", 3)])
def test_bundles_have_as_many_members_as_are_written(text: str, count: int) -> None:
    x = wire(text)
    assert ncd.einsum("x... c -> x...", x).names == tuple([f"x.{k}" for k in range(count)])
    assert ncd.rearrange("y... c -> c y...", x).axes[1].size == 6
    assert ncd.window(x, "x", 2).names == (*[f"x.{k}" for k in range(count)], *(["w.0", "w.1", "w.2"][:count] if count > 1 else ["w"]), "c")
    assert ncd.max_pool(x, "x", 2).value.sizes == (*[3] * count, 2)
    assert ncd.merge(x, "(x...) -> p").value.sizes == (6**count, 2)
    assert ncd.mean(x, "x̄").names == ("c",)


def test_a_pattern_alone_says_how_many_members_its_bundles_have() -> None:
    assert str(ncd.einsum("x... c, c d -> x... d").cod) == "float32[x.0:x_0 x.1:x_1 d]"
    assert str(ncd.einsum("x...3 c -> x...3").cod) == "float32[x.0:x_0 x.1:x_1 x.2:x_2]"


# ---- hostile text -------------------------------------------------------------------------------------------------

HOSTILE = {
    "many names": "a " * 50_000 + "-> a", "many groups": "(" * 50_000, "one name": "a" * 100_000, "dots": "..." * 30_000,
    "bundles": "a..." * 20_000 + "->", "dashes": "a" + "'" * 90_000 + "->", "commas": "," * 50_000 + "->",
    "spaces": " " * 50_000 + "(", "digits": "a." + "0" * 90_000 + "->", "arrows": "->" * 40_000, "brackets": "[" * 50_000,
    "nested": "(a " * 1000 + ")" * 1000 + "->", "few but deep": "(" + "a " * 1500 + ") ->" + " b" * 70, "nul": "q\0k -> q",
    "unit": "1 " * 65 + "->", "tags": "\U000e0061 -> a",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_patterns_are_refused_quickly_and_briefly(name: str) -> None:
    start = time.process_time()
    for reader in (ncd.einsum, ncd.rearrange, lambda text: ncd.split(wire("m:4"), text), lambda text: ncd.merge(wire("m:4"), text)):
        with pytest.raises(TypeMismatch) as found:
            reader(HOSTILE[name])
        assert len(str(found.value)) < 1200
    assert time.process_time() - start < 2


@pytest.mark.parametrize("name", sorted(set(HOSTILE) - {"commas", "one name", "dashes"}))  # these are types, of few axes
def test_hostile_types_are_refused_quickly_and_briefly(name: str) -> None:
    start = time.process_time()
    text = HOSTILE[name].replace("->", "").replace("1 ", "a ") if name in ("many names", "bundles") else HOSTILE[name]
    with pytest.raises(TypeMismatch) as found:
        ncd.ty(text)
    assert len(str(found.value)) < 1200 and time.process_time() - start < 2
