"""Headings: the whole as one box over its figure, and a legend that says nothing that is not so."""

import pytest
from click.testing import CliRunner

import ncd_cat as ncd
from ncd_cat import architectures
from ncd_cat.cli import main
from ncd_cat.draw import draw, scene
from ncd_cat.draw.heading import sizes
from ncd_cat.draw.metrics import measure
from ncd_cat.draw.outputs import of_scene
from ncd_cat.draw.scene import Scene, Words
from ncd_cat.draw.telling import tell
from ncd_cat.errors import InputError
from ncd_cat.sizes import symbol


def words(page: Scene) -> list[str]:
    return [p.text for p in page.layer("words") if isinstance(p, Words)]


@pytest.mark.parametrize("name", ["attention", "cross-attention", "visual-attention", "resnet", "unet", "gpt2"])
@pytest.mark.parametrize("width", [None, 900])
def test_a_heading_lies_over_nothing_and_the_figure_stays_as_it_was(name, width):
    plain, found = (scene(architectures.diagram(name), depth=1, width=width, heading=h) for h in (False, "Model"))
    assert measure(found).clean
    moved = {(p.layer, p.style, p.source, p.moved(0, plain.height - found.height).box) for p in found.primitives}
    rounded = {(*rest, tuple(round(x, 6) for x in box)) for *rest, box in moved}
    assert all((p.layer, p.style, p.source, tuple(round(x, 6) for x in p.box)) in rounded for p in plain.primitives)
    assert all(p.box[0] >= 0 and p.box[1] >= 0 and p.box[2] <= found.width and p.box[3] <= found.height for p in found.primitives)


def test_the_box_has_the_wires_of_the_whole():
    found = scene(architectures.diagram("attention"), heading=True)
    (box,) = [p for p in found.primitives if p.style == "model"]
    ends = [p.box for p in found.layer("wires") if p.box[3] < box.box[3]]
    assert sum(abs(b[2] - box.box[0]) < 1 for b in ends) == 6  # q d, k d, k v
    assert sum(abs(b[0] - box.box[2]) < 9 for b in ends) == 2  # q v
    assert "f" in words(found)
    assert "Attention" in words(scene(architectures.diagram("attention"), heading="Attention"))


def test_the_legend_has_every_name_of_one_size():
    assert sizes(tell(architectures.diagram("attention"))) == {n: (s, False) for n, s in (("q", "5"), ("d", "6"), ("k", "7"), ("v", "4"))}
    image = sizes(tell(architectures.diagram("resnet")))
    assert image["x"] == ("8×12", True)
    assert "n" not in image  # of several sizes in turn


def test_the_legend_has_no_name_that_the_figure_has_not():
    page = scene(architectures.diagram("visual-attention"), heading=True)
    labels = {p.text for p in page.layer("words") if isinstance(p, Words) and p.source.startswith("strand")}
    equations = [text for text in words(page) if " = " in text]
    assert {"c = 4", "b = 2", "h = 2"} <= {*equations}
    assert {text.partition(" = ")[0] for text in equations} <= labels
    assert "n = 6" not in equations  # heads times keys, which no wire is called


def test_names_that_are_sizes_have_no_legend():
    symbolic = ncd.softmax("k").at(ncd.ty("q k"))
    assert sizes(tell(symbolic)) == {}
    assert "Legend" not in words(scene(symbolic, heading=True))
    assert "Legend" not in words(scene(architectures.diagram("attention"), heading=True, names="both"))


def test_every_back_end_draws_the_line_over_an_image_axis():
    page = scene(architectures.diagram("visual-attention"), heading="Attention")
    lines = [p for p in page.layer("words") if not isinstance(p, Words)]
    letters = [p for p in page.layer("words") if isinstance(p, Words) and p.style == "bundle"]
    assert len(lines) == len(letters) > 0
    for line, letter in zip(lines, letters, strict=True):
        assert letter.box[0] < line.box[0] < line.box[2] < letter.box[2]
        assert letter.y - letter.size < line.box[1] < letter.y
    assert of_scene(page, "svg").decode().count("Legend") == 1
    assert rb"\overline" not in of_scene(page, "tex")
    assert of_scene(page, "png").startswith(b"\x89PNG")


def test_a_heading_is_words_or_none():
    with pytest.raises(InputError, match="a heading"):
        draw(architectures.diagram("attention"), heading=3)  # type: ignore[typeddict-item]
    assert "&lt;b&gt;" in draw(architectures.diagram("attention"), heading="<b>")


def test_on_the_command_line_the_box_is_called_by_its_name(tmp_path):
    out = tmp_path / "a.svg"
    found = CliRunner().invoke(main, ["draw", "attention", "--heading", "-o", str(out)])
    assert found.exit_code == 0
    text = out.read_text("utf-8")
    assert ">attention<" in text
    assert "Legend" in text


def test_a_product_of_sizes_is_no_other_name():
    page = scene(ncd.softmax("k").at(ncd.ty("q k", q=symbol("n") * symbol("m"), k=2 * symbol("m"))), heading=True)
    assert {"q = m·n", "k = 2m"} <= {*words(page)}
