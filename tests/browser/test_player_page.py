"""The page of a proof in a real browser: steps forwards and backwards, the part that changes marked, the rule beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from proofs.player import player
from proofs.theorems import THEOREMS

Open = Callable[[str], Any]


@pytest.fixture
def page(opened: Open) -> Any:
    """The proof of log-softmax."""
    return opened(player(THEOREMS["log-softmax"].data(), "log-softmax"))


def press(page: Any, *keys: str) -> None:
    from selenium.webdriver import ActionChains

    ActionChains(page).send_keys(*keys).perform()


def find(page: Any, selector: str) -> Any:
    return page.find_elements("css selector", selector)


def at(page: Any) -> str:
    return str(find(page, "#count")[0].text)


def test_steps_go_forwards_and_backwards_and_are_chosen(page: Any) -> None:
    total = page.execute_script("return ncd.data.steps.length")
    assert at(page) == f"step 1 of {total}" and find(page, "#rule h2")[0].text == "unfold"
    press(page, "\ue014", "\ue014")  # right
    assert at(page) == f"step 3 of {total}"
    press(page, "\ue012")  # left
    assert at(page) == f"step 2 of {total}"
    press(page, "\ue010")  # End
    assert at(page) == f"step {total} of {total}" and "right to left" in find(page, "#rule")[0].text
    press(page, "\ue014")
    assert at(page) == f"step {total} of {total}"
    find(page, "#steps button")[3].click()
    assert at(page) == f"step 4 of {total}" and len(find(page, "[aria-current=step]")) == 1
    page.execute_script("ncd.slider.value = 5; ncd.slider.dispatchEvent(new Event('input'))")
    assert at(page) == f"step 6 of {total}"
    press(page, "\ue011")  # Home
    assert at(page) == f"step 1 of {total}" and page.get_log("browser") == []


def test_what_changes_is_marked_in_both_pictures(page: Any) -> None:
    before, after = find(page, "#proof .canvas")
    for _ in range(page.execute_script("return ncd.data.steps.length")):
        assert before.find_elements("css selector", ".was") or after.find_elements("css selector", ".now")
        assert not before.find_elements("css selector", ".now") and not after.find_elements("css selector", ".was")
        assert find(page, "#rule .says")[0].text
        press(page, "n")


def test_it_plays_by_itself_and_stops_at_the_end(page: Any) -> None:
    page.execute_script("ncd.go(ncd.data.steps.length - 2); ncd.play()")
    assert page.execute_script("return Boolean(ncd.timer)")
    page.execute_script("ncd.go(ncd.data.steps.length - 1)")
    assert page.execute_script("return ncd.timer") == 0
    press(page, " ")
    assert at(page).startswith("step 1 of") and page.execute_script("return Boolean(ncd.timer)")
    press(page, " ")
    assert page.execute_script("return ncd.timer") == 0


def test_both_pictures_move_together(page: Any) -> None:
    press(page, "+")
    first, second = page.execute_script("return [ncd.before.state, ncd.after.state]")
    assert first == second and first["k"] > 0


def test_a_proof_of_hundreds_of_steps_opens(opened: Open) -> None:
    page = opened(player(THEOREMS["fused-qkv"].data(), "</script><b>"))
    assert page.execute_script("return ncd.data.steps.length") > 20 and page.title == "</script><b>"
    press(page, "\ue010", "0")
    assert page.get_log("browser") == [] and find(page, ".was, .now")
