"""Mirrored gradients: the halves compose to the derivative, nothing lies over anything, and the tape does not cross itself."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path as File

import numpy as np
import pytest
from click.testing import CliRunner

import ncd_cat as ncd
from ncd_cat.architectures import find
from ncd_cat.cli import main
from ncd_cat.draw.metrics import measure
from ncd_cat.draw.mirrored import Halves, kept, mirrored
from ncd_cat.draw.outputs import of_scene
from ncd_cat.draw.scene import Path, Words
from ncd_cat.draw.svg import svg
from ncd_cat.errors import InputError, TypeMismatch

NORM = ncd.diagram("t m", t=3, m=4)(lambda x: ncd.layer_norm(x, "m"))


def total_of_square():
    return ncd.diagram("x", x=4)(lambda x: ncd.total(x * x, "x"))


@pytest.mark.parametrize("name", ["mlp", "attention", "self-attention", "classifier"])
def test_the_halves_compose_to_the_derivative(name):
    primal = find(name).live()
    derived = ncd.vjp(primal)
    tape = kept(primal, derived.graph)
    halves = Halves.of(primal, derived.graph, tape)
    draw = np.random.default_rng(0)
    weights = {key: draw.standard_normal(n.sizes) for key, n in primal.weights().items()}
    inputs = [draw.standard_normal(a.sizes) for a in derived.dom.inside]
    made = ncd.evaluate(halves.forward, inputs[: len(primal.dom)], weights=weights)
    held = [np.transpose(x) for x in made[len(primal.cod) :][::-1]]
    back = ncd.evaluate(halves.backward, [*held, *inputs[len(primal.dom) :]], weights=weights)
    due = ncd.evaluate(derived, inputs, weights=weights)
    assert all(np.allclose(x, y) for x, y in zip(back, due, strict=True))
    assert held


@pytest.mark.parametrize(
    "f", [find("mlp"), find("attention"), NORM, find("gpt2-block")], ids=["mlp", "attention", "layer-norm", "gpt2-block"]
)
def test_nothing_lies_over_anything_else(f):
    page = mirrored(f)
    assert measure(page).clean
    tape = [p for p in page.layer("wires") if p.style == "tape"]
    assert tape
    spans = sorted((p.box[1], p.box[3]) for p in tape)
    assert all(a < c and d < b for (a, b), (c, d) in pairwise(spans))  # nested


def test_the_lower_half_is_reflected():
    words = [p for p in mirrored(find("mlp")).layer("words") if isinstance(p, Words) and p.text == "L"]
    upper, lower = [p for p in words if "ᵀ" not in p.sup], [p for p in words if "ᵀ" in p.sup]
    assert [p.sup for p in sorted(upper, key=lambda p: p.x)] == ["up", "down"]
    assert [p.sup for p in sorted(lower, key=lambda p: p.x)] == ["upᵀ", "downᵀ"]
    assert max(p.y for p in upper) < min(p.y for p in lower)


def test_a_gradient_of_a_number_has_no_cotangent():
    page = mirrored(total_of_square(), cotangents=False)
    assert measure(page).clean
    with pytest.raises(TypeMismatch, match="a gradient is of one real number"):
        mirrored(find("mlp"), cotangents=False)
    with pytest.raises(InputError, match="no input 7"):
        mirrored(find("mlp"), 7)


def test_what_the_derivative_does_not_read_is_no_tape():
    page = mirrored(ncd.diagram("x", x=4)(lambda x: x * 3))
    assert not [p for p in page.primitives if p.style == "tape"]


def test_names_are_text_in_every_kind_of_file():
    name = '</text><script>"&'
    f = ncd.diagram("x", x=4)(lambda x: ncd.exp(x)).block(name)
    page = mirrored(f)
    assert "<script>" not in svg(page) and svg(page) == svg(mirrored(f))
    assert of_scene(page, "tex").startswith(b"\\documentclass") and of_scene(page, "png")[1:4] == b"PNG"


def test_images_keep_a_wire_for_each_axis():
    found = mirrored(ncd.diagram("c x...", c=2, x=(3, 4))(lambda x: ncd.exp(x)))
    assert sum(p.style == "tape" for p in found.primitives if isinstance(p, Path)) == 3


def test_the_command(tmp_path: File):
    out = tmp_path / "mlp.svg"
    said = CliRunner().invoke(main, ["grad", "mlp", "--vjp", "--mirror", "-o", str(out)])
    assert said.exit_code == 0, said.output
    assert out.read_text("utf-8").count('class="tape"') == 2
    for words, due in ((["mlp", "--mirror"], "say which with -o"), (["mlp", "--mirror", "-o", str(tmp_path / "x.svg")], "use vjp")):
        said = CliRunner().invoke(main, ["grad", *words])
        assert said.exit_code == 2 and due in said.stderr
