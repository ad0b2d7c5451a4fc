"""A heading where there are no pictures: in characters, and on the pages."""

from __future__ import annotations

from ncd_cat import architectures
from ncd_cat.draw.text import text
from ncd_cat.draw.view import View
from ncd_cat.draw.web import explorer
from ncd_cat.draw.web.explorer import legend

MLP = architectures.diagram("mlp")


def test_text_has_the_name_and_the_sizes_over_it():
    lines = text(MLP, heading="two layers").splitlines()
    assert lines[0].startswith("two layers") and lines[0].endswith("=")
    assert "m = " in lines[1] and lines[2] == ""
    assert "\n".join(lines[3:]) == text(MLP)


def test_text_has_no_sizes_where_the_axes_say_them_and_endless_names_are_cut():
    lines = text(MLP, heading="x" * 99, names="sizes").splitlines()
    assert len(lines[0]) < 50 and lines[1] == ""


def test_a_page_tells_the_sizes():
    assert legend(MLP, View()) == {}
    found = legend(MLP, View(heading=True))
    assert found["m"].isdigit() and set(found) >= {"t", "m"}
    assert "<title>a heading</title>" not in explorer(MLP, title="mine", heading="a heading")
    assert '"sizes":{' in explorer(MLP, heading=True)
