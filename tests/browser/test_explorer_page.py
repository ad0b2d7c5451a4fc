"""The page of a diagram in a real browser: it opens, moves, opens and closes blocks, searches, and runs no name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ncd_cat import architectures
from ncd_cat.axes import Axis
from ncd_cat.diagram import Box, Diagram
from ncd_cat.diagram.boxes import Operation
from ncd_cat.diagram.wires import Ty
from ncd_cat.draw.web import explorer
from ncd_cat.graph import Weight
from ncd_cat.ops.contraction import add
from ncd_cat.ops.pointwise import Exp
from ncd_cat.types import Array

Open = Callable[[str], Any]
HOSTILE = "<img src=x onerror=window.hacked=1></script><script>window.hacked=1</script>\u2028\u202e&amp;"


@pytest.fixture
def page(opened: Open) -> Any:
    """The transformer, all blocks closed."""
    return opened(explorer(architectures.diagram("transformer"), depth=0, title="the transformer"))


def press(page: Any, *keys: str) -> None:
    from selenium.webdriver import ActionChains

    ActionChains(page).send_keys(*keys).perform()


def find(page: Any, selector: str) -> Any:
    return page.find_elements("css selector", selector)


def state(page: Any) -> tuple[float, float, float]:
    return tuple(page.execute_script("const s = ncd.canvas.state; return [s.x, s.y, s.k]"))


def test_it_opens_without_a_complaint_and_says_what_it_is(page: Any) -> None:
    assert page.get_log("browser") == []
    assert page.title == "the transformer" and find(page, "h1")[0].text == "the transformer"
    assert len(find(page, "[aria-expanded=false]")) == 2 and not find(page, "[aria-expanded=true]")
    assert "operations on numbers" in find(page, "#card")[0].text


def test_blocks_open_and_close_by_mouse_and_by_keys(page: Any) -> None:
    closed = len(find(page, ".glyph"))
    find(page, "[aria-expanded=false]")[0].click()
    assert len(find(page, "[aria-expanded=true]")) == 1 and len(find(page, ".glyph")) > closed
    page.execute_script("document.querySelector('[aria-expanded=true]').focus()")
    press(page, "\ue007")  # Enter
    assert not find(page, "[aria-expanded=true]") and len(find(page, ".glyph")) == closed
    press(page, "\ue007")
    assert find(page, "[aria-expanded=true]")[0] == page.switch_to.active_element
    press(page, "e")
    assert not find(page, "[aria-expanded=false]") and page.execute_script("return ncd.slider.value === ncd.slider.max")
    press(page, "[")
    assert find(page, "[aria-expanded=false]") and find(page, "[aria-expanded=true]")
    press(page, "c")
    assert len(find(page, ".glyph")) == closed
    assert page.get_log("browser") == []


INSIDE = """
const wrong = [];
for (const inside of document.querySelectorAll('.inside')) {
  const frame = inside.querySelector('.block-open > rect').getBoundingClientRect();
  for (const rect of inside.querySelectorAll('.halo')) {
    const box = rect.getBoundingClientRect();
    if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1) wrong.push(1);
  }
}
const frames = [...document.querySelectorAll('.block-open')].map((b) => [b.dataset.key, b.firstChild.getBoundingClientRect()]);
const meet = (p, q) => p.left < q.right - 1 && q.left < p.right - 1 && p.top < q.bottom - 1 && q.top < p.bottom - 1;
for (const [a, p] of frames) for (const [b, q] of frames) if (a < b && !b.startsWith(a + '/') && meet(p, q)) wrong.push(2);
return wrong;
"""


@pytest.mark.parametrize("name", ["transformer", "unet", "gpt2", "resnet"])
def test_what_is_in_an_open_block_stands_in_its_frame_and_frames_do_not_meet(opened: Open, name: str) -> None:
    page = opened(explorer(architectures.diagram(name), depth=9))
    assert find(page, ".block-open") and page.execute_script(INSIDE) == []


def test_it_moves_and_grows(page: Any) -> None:
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.actions.wheel_input import ScrollOrigin

    first = state(page)
    press(page, "\ue014")  # right
    assert state(page) == (first[0] - 60, *first[1:])
    press(page, "+")
    assert state(page)[2] > first[2]
    press(page, "-")
    assert abs(state(page)[2] - first[2]) < 1e-9
    press(page, "0")
    assert state(page) == first
    frame = find(page, ".canvas")[0]
    ActionChains(page).move_to_element_with_offset(frame, 0, 300).click_and_hold().move_by_offset(50, -40).release().perform()
    assert state(page)[0] == pytest.approx(first[0] + 50) and state(page)[1] == pytest.approx(first[1] - 40)
    ActionChains(page).scroll_from_origin(ScrollOrigin.from_element(frame), 0, -200).perform()
    page.execute_async_script("requestAnimationFrame(() => arguments[0]())")
    assert state(page)[2] > first[2]


def test_search_finds_names_in_closed_blocks_and_opens_those(page: Any) -> None:
    press(page, "/")
    assert page.switch_to.active_element == find(page, "#search")[0]
    press(page, "softmax")
    count = find(page, "#count")[0]
    first, total = (int(word) for word in count.text.split(" of "))
    assert first == 1 and total >= 2 and len(find(page, ".found")) == 1 and find(page, "[aria-expanded=true]")
    press(page, "\ue007")
    assert count.text == f"2 of {total}"
    press(page, "\ue00c")  # Escape
    assert not find(page, ".found") and count.text == ""
    press(page, "/", "self_attn.out_proj.weight")
    assert int(count.text.split(" of ")[1]) >= 1
    press(page, " nowhere")
    assert count.text == "0 of 0" and page.get_log("browser") == []


def test_what_a_glyph_is_is_told_on_focus(page: Any) -> None:
    page.execute_script("document.querySelector('[data-key]').focus()")
    told = find(page, "#card")[0].text
    assert "type" in told and "→" in told and "parameters" in told
    press(page, "?")
    assert find(page, "#help[open]")


def test_no_name_in_a_model_is_run_and_each_is_shown_as_it_is(opened: Open) -> None:
    x = Ty(Array((Axis(HOSTILE, 2), Axis("b", 3)), "float32"))
    plus = Diagram.from_callable(x @ x, x)(add)
    layer = (Operation(Weight(HOSTILE), Ty(), x) @ x >> plus).block(HOSTILE)
    found = (layer >> Operation(Exp(), x, x)).block("outer " + HOSTILE) >> Box(HOSTILE, x, x)
    page = opened(explorer(found, depth=9, layers="boxes", title=HOSTILE, sources={"": HOSTILE}))
    assert page.execute_script("return window.hacked") is None and not find(page, "img")
    assert page.title.startswith("<img src=x onerror") and find(page, "h1")[0].text.startswith("<img src=x onerror")
    assert any("<img src=x" in text.get_attribute("textContent") for text in find(page, "svg text"))
    press(page, "/", "onerror")
    assert find(page, ".found") and page.execute_script("return window.hacked") is None
    assert page.get_log("browser") == []


def test_the_page_cannot_reach_a_network(page: Any) -> None:
    asked = "const done = arguments[0]; fetch('http://127.0.0.1:9/').then(() => done('sent'), (e) => done('refused'))"
    assert page.execute_async_script(asked) == "refused"
    assert any("Content Security Policy" in entry["message"] for entry in page.get_log("browser"))
