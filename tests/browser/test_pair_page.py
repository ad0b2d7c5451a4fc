"""The page of two models in a real browser: cut points are chosen by mouse and keys, both ends are marked, and where they part."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

import ncd_cat as ncd
from ncd_cat.architectures import find as found
from ncd_cat.draw.beside import Mark
from ncd_cat.draw.web import pair
from proofs.beside import compared

Open = Callable[[str], Any]
HOSTILE = "<img src=x onerror=window.hacked=1></script><script>window.hacked=1</script>"


def layer(f: Callable[[ncd.Wire], ncd.Wire], x: ncd.Wire) -> ncd.Wire:
    """A sum of x and of f of what two affine maps make of it."""
    return x + f(ncd.linear(ncd.exp(ncd.linear(x, "m", "m:4", name="a")), "m", "m:4", name="b"))


def layers(change: int) -> ncd.Diagram:
    """Four named layers, in one of which tanh stands for relu."""

    def body(x: ncd.Wire) -> ncd.Wire:
        for k in range(4):
            f = ncd.tanh if k == change else ncd.relu
            x = ncd.diagram("t m", t=3, m=4)(partial(layer, f)).block(f"h.{k}")(x)
        return x

    return ncd.diagram("t m", t=3, m=4)(body)


@pytest.fixture
def page(opened: Open) -> Any:
    """Two chains that part in their third layer."""
    return opened(compared(layers(-1), layers(2), names=("one", "other")).page())


def press(page: Any, *keys: str) -> None:
    from selenium.webdriver import ActionChains

    ActionChains(page).send_keys(*keys).perform()


def find(page: Any, selector: str) -> Any:
    return page.find_elements("css selector", selector)


def count(page: Any) -> str:
    return str(find(page, "#count")[0].text)


SEEN = """
return ncd.sides.map((side) => [...side.nodes.values()].filter((n) => n.classList.contains('mate')).map((n) => {
  const box = n.getBoundingClientRect(), frame = side.canvas.frame.getBoundingClientRect();
  return box.left >= frame.left && box.right <= frame.right && box.top >= frame.top && box.bottom <= frame.bottom;
}));
"""


def test_it_says_the_verdict_and_lists_the_cut_points(page: Any) -> None:
    assert page.get_log("browser") == [] and page.title == "one and other: refuted: not equal"
    assert find(page, "#verdict.parts")[0].text == "refuted: not equal"
    entries = [entry.text for entry in find(page, "#steps button")]
    assert len(entries) >= 2 and entries[0].startswith("1. ") and "relu" in entries[-1] and "tanh" in entries[-1]
    assert count(page) == f"{len(entries) - 1} cut points"


def test_keys_go_to_both_ends_and_to_where_they_part(page: Any) -> None:
    press(page, "n")
    assert count(page).startswith("cut point 1 of") and page.execute_script(SEEN) == [[True], [True]]
    assert len(find(page, ".link.on")) <= 1 and len(find(page, "[aria-current=step]")) == 1
    press(page, "d")
    assert count(page) == "they part: 1 of 1" and page.execute_script(SEEN) == [[True], [True]]
    assert "relu" in find(page, "#told")[0].text and "tanh" in find(page, "#told")[0].text
    assert all("is-apart" in node.get_attribute("class") for node in find(page, ".mate"))
    press(page, "p")
    assert count(page).startswith("cut point ")
    press(page, "\ue00c")  # Escape
    assert not find(page, ".mate") and not find(page, "[aria-current=step]")
    assert page.get_log("browser") == []


def test_entries_are_chosen_by_enter_and_by_mouse(page: Any) -> None:
    buttons = find(page, "#steps button")
    page.execute_script("arguments[0].focus()", buttons[0])
    press(page, "\ue007")  # Enter
    assert count(page).startswith("cut point 1 of")
    buttons[-1].click()
    assert count(page) == "they part: 1 of 1"


def test_a_glyph_in_focus_brings_its_equal_into_sight(page: Any) -> None:
    press(page, "e")
    page.execute_script("ncd.sides[1].canvas.pan(5000, 0)")
    page.execute_script("[...ncd.sides[0].canvas.frame.querySelectorAll('.is-equal[tabindex]')][0].focus()")
    first, second = page.execute_script(SEEN)
    assert first and second and second[0]


def test_links_are_in_the_gutter_and_follow_the_pictures(page: Any) -> None:
    frame = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done(true)))"
    press(page, "e")
    page.execute_async_script(frame)
    paths = [path.get_attribute("d") for path in find(page, "#links .link path")]
    assert paths and find(page, "#links .link.parts")
    press(page, "+")
    page.execute_async_script(frame)
    assert [path.get_attribute("d") for path in find(page, "#links .link path")] != paths


def test_no_name_is_run(opened: Open) -> None:
    graph = found("mlp")
    marks = {n: Mark("equal", k, True) for k, n in enumerate(graph.nodes(), 1)}
    page = opened(pair((graph, graph), (marks, marks), (HOSTILE, HOSTILE), (HOSTILE,), ({"": HOSTILE}, {})))
    press(page, "n")
    assert page.execute_script("return window.hacked") is None and not find(page, "img") and find(page, ".mate")
    assert page.get_log("browser") == []
