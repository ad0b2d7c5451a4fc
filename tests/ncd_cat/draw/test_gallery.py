"""The gallery has every figure, architecture and rule; nothing lies over anything in its pictures; chosen ones stay as they are."""

import re
from dataclasses import replace

import pytest

from docs.drawn import built_in, examples, pages
from docs.drawn.equations import equation
from docs.drawn.figures import FIGURES, OWN
from docs.drawn.gradients import GRADIENTS
from docs.drawn.gradients import drawn as gradient
from docs.drawn.pictures import Picture, picture
from docs.drawn.proofs import PAIRS, PLAYED, paired, played, sides
from ncd_cat import architectures
from ncd_cat.draw import scene
from ncd_cat.draw.metrics import measure
from ncd_cat.draw.scene import Disc
from rewrites.rules import RULES, THEORIES
from tests.golden import FOLDER, GOLDEN, difference, structure

NAMES = [name for group in built_in.groups() for name in group.names]


def faults(p: Picture) -> list[object]:
    found = measure(p.scene)
    return [*found.words_on_words, *found.words_on_wires, *found.wires_through_glyphs, *found.dashes_on_words]


# ---- nothing lies over anything ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("figure", FIGURES, ids=lambda f: f"{f.number} {f.names[0]}")
def test_a_figure_is_clean(figure):
    for p in figure.pictures():
        assert not faults(p), p.name


@pytest.mark.parametrize("name", NAMES)
def test_an_architecture_is_clean(name):
    assert not faults(built_in.drawn(name))


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_clean(name):
    e = equation(name)
    assert not faults(e.left)
    assert not faults(e.right)


@pytest.mark.parametrize("name", GRADIENTS)
def test_a_gradient_is_clean(name):
    assert not faults(gradient(name))


@pytest.mark.parametrize("name", PLAYED)
def test_the_sides_of_a_theorem_are_clean(name):
    assert not [faults(p) for p in sides(name) if faults(p)]


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_two_models_side_by_side_are_clean(pair):
    status, drawn = paired(*pair)
    assert status in ("proved", "refuted")
    assert not faults(drawn)


# ---- what is in it ----------------------------------------------------------------------------------------------------


def test_every_architecture_is_in_it():
    assert set(NAMES) == {name for name in architectures.names() if not built_in.fixed(name)}
    assert {name for f in FIGURES for name in f.names} <= {*architectures.names(), *OWN}


def test_every_rule_is_in_it_and_examples_are_of_rules():
    assert [rule.name for theory in THEORIES for rule in theory.RULES] == list(RULES)
    assert set(examples.EXAMPLES) <= set(RULES)


def test_a_page_shows_each_picture_for_light_and_dark_in_words_too(tmp_path):
    made = pages.Pages(tmp_path / "pages", tmp_path / "pictures")
    made.write("figures", "Figures", pages.figures(made))
    text = (tmp_path / "pages" / "figures.md").read_text("utf-8")
    shown = re.findall(r'<img src="[^"]*/([^/"]+)" alt="([^"]+)"', text)
    assert sorted(name for name, _ in shown) == sorted(p.name for p in (tmp_path / "pictures").iterdir())
    assert len(shown) == 2 * sum(len(f.names) for f in FIGURES)
    assert all("→" in alt for _, alt in shown)


def test_a_proof_is_a_page_in_a_frame(tmp_path):
    made = pages.Pages(tmp_path / "pages", tmp_path / "pictures")
    frame = made.framed("proof-snake", "Step", 'of "snake"', played("snake-equation"))
    assert 'title="of &quot;snake&quot;"' in frame
    assert (tmp_path / "pictures" / "proof-snake.html").read_text("utf-8").startswith("<!doctype html>")


def test_names_are_text_in_a_page():
    attention = architectures.diagram("attention")
    hostile = picture('"><script>', '"><script>alert(1)</script>', attention)
    assert "<script>" not in hostile.html()
    assert hostile.files == ("script-light.svg", "script-dark.svg")


# ---- golden files -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GOLDEN)
def test_a_chosen_picture_is_as_it_was(name):
    changed = difference(name, structure(GOLDEN[name]()))
    assert not changed, f"\n{changed}\n\n`make golden` keeps the picture as it is now"


def test_each_kept_file_is_of_a_picture():
    assert {path.stem for path in FOLDER.glob("*.txt")} == set(GOLDEN)


def test_a_lost_dot_shows_and_a_moved_picture_does_not():
    page = scene(architectures.diagram("cross-attention"))
    moved = replace(page, primitives=tuple([p.moved(7, 3) for p in page.primitives]))
    assert structure(moved) == structure(page)
    dot = next(p for p in page.primitives if isinstance(p, Disc))
    lost = replace(page, primitives=tuple([p for p in page.primitives if p is not dot]))
    assert structure(lost) != structure(page)
    wire = next(p for p in page.layer("wires") if p.source == "strand 0")
    cut = replace(page, primitives=tuple([p for p in page.primitives if p is not wire]))
    assert structure(cut) != structure(page)


def test_a_difference_names_what_changed():
    kept = structure(GOLDEN["attention"]())
    assert difference("attention", kept.replace("softmax", "norm")).splitlines()[0] == "--- attention.txt, as kept"
    assert "+  norm" in difference("attention", kept.replace("softmax", "norm"))
