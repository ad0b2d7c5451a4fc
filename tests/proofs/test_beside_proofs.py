"""Cut points: what two models have in common is found whatever their blocks are, and so is the first value in which they differ."""

from __future__ import annotations

import pytest

import ncd_cat as ncd
from ncd_cat.architectures import find
from ncd_cat.draw.metrics import measure
from ncd_cat.draw.scene import Words
from proofs.beside import compared


def ops(found, kind: str) -> list[list[str]]:
    return [[str(n.op) for n, mark in side.items() if mark.kind == kind] for side in found.marks]


@pytest.mark.parametrize(
    ("lhs", "rhs"),
    [("mlp", "mlp-split"), ("attention", "attention-fused"), ("multi-head-attention", "multi-head-attention-per-head"), ("gpt2", "gpt2")],
)
def test_equal_models_part_nowhere(lhs, rhs):
    found = compared(find(lhs), find(rhs), names=(lhs, rhs))
    assert found.verdict.status == "proved" and not found.left
    assert ops(found, "apart") == [[], []]
    for graph, side in zip((found.verdict.lhs, found.verdict.rhs), found.marks, strict=True):
        assert all(side[v.node].kind == "equal" for v in graph.outputs)
    page = found.scene()
    assert measure(page).clean
    assert [p.text for p in page.layer("words") if isinstance(p, Words) and p.source == "heading"] == ["proved equal"]


@pytest.mark.parametrize(
    ("lhs", "rhs", "due"),
    [
        ("mlp", "mlp-gelu-tanh", [["gelu"], ["gelutanh"]]),
        ("attention", "attention-unscaled", [["contraction"], ["softmax(7)"]]),
    ],
)
def test_different_models_part_where_they_differ_first(lhs, rhs, due):
    found = compared(find(lhs), find(rhs))
    assert found.verdict.status == "refuted"
    assert ops(found, "apart") == due
    assert measure(found.scene()).clean


def deep(change: int, depth: int = 6) -> ncd.Diagram:
    """A chain of layers, in one of which tanh stands for relu."""

    def layers(x):
        for k in range(depth):
            y = ncd.linear(x, "m", "m:4", name=f"h.{k}")
            x = x + (ncd.tanh(y) if k == change else ncd.relu(y))
        return x

    return ncd.diagram("t m", t=3, m=4)(layers)


@pytest.mark.parametrize("change", [0, 3, 5])
def test_the_changed_line_of_a_deep_model_is_found(change):
    found = compared(deep(-1), deep(change))
    assert ops(found, "apart") == [["relu"], ["tanh"]]
    equal = ops(found, "equal")
    assert [side.count("relu") for side in equal] == [change, change]


def test_outputs_that_are_the_same_values_in_another_order():
    f = ncd.diagram("a b", a=3, b=3)(lambda x: ncd.exp(x))
    g = ncd.diagram("a b", a=3, b=3)(lambda x: ncd.rename(ncd.rearrange("a b -> b a", ncd.exp(x)), a="b", b="a"))
    found = compared(f, g)
    assert found.verdict.status == "refuted"
    assert all(side for side in ops(found, "apart"))


def test_what_time_does_not_reach_is_said():
    found = compared(find("multi-head-attention"), find("multi-head-attention-per-head"), timeout=1e-3)
    assert found.verdict.status in ("proved", "unknown")
    assert "were not compared" in found.left
    headings = [p.text for p in found.scene().layer("words") if isinstance(p, Words) and p.source == "heading"]
    assert found.left in headings


def test_what_agrees_at_random_points_only_is_told_apart():
    found = compared(find("multi-head-attention"), find("multi-head-attention-per-head"), timeout=1e-3)
    assert any(ops(found, "agree"))
    page = found.scene()
    assert "agree" in {p.style for p in page.layer("regions")} and measure(page).clean
    flags = [p.text for p in page.layer("words") if isinstance(p, Words) and p.source == "flag" and p.text.startswith("≈ ")]
    assert flags and all(flags.count(flag) == 2 for flag in flags)


def test_boxes_without_a_meaning_are_compared_by_name():
    x = ncd.Ty(ncd.Array.of((2,)))
    f, g, h = (ncd.Box(name, x, x) for name in "fgh")
    found = compared(f >> g >> h, f >> h >> g)
    assert found.verdict.status == "unknown"
    assert (ops(found, "equal"), ops(found, "apart")) == ([["f"], ["f"]], [["g"], ["h"]])


def test_an_output_that_is_an_input():
    found = compared(ncd.diagram("x", x=3)(lambda x: x), ncd.diagram("x", x=3)(lambda x: x * 2))
    assert ops(found, "apart") == [[], ["contraction"]]
    assert measure(found.scene()).clean


def test_what_is_written_otherwise_stands_between_numbers():
    """Queries, keys and values go in on both sides, the heads come out: all are numbered, whichever side is one box."""
    pair = ("multi-head-attention", "multi-head-attention-fused")
    found = compared(find(pair[0]), find(pair[1]), names=pair)
    flags = [p.text for p in found.scene().layer("words") if isinstance(p, Words) and p.source == "flag"]
    assert sorted(flags) == sorted("12345" * 2)
    left, right = [{mark.number for mark in side.values() if mark.end} for side in found.marks]
    assert left > right  # the fused side is common throughout
