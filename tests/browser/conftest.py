"""A real browser for the pages: Debian's chromium, driven by selenium; where there is none the tests are skipped, or fail in CI."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

BINARIES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1300,900", "--no-first-run",
           "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic")  # fmt: skip
WAIT = 20  # seconds


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A browser; NCD_BROWSER=required makes its absence a failure."""
    binary = next((found for name in BINARIES if (found := shutil.which(name))), None)
    driver = shutil.which("chromedriver")
    if binary is None or driver is None or find_spec("selenium") is None:
        why = "needs chromium, chromedriver and selenium"
        pytest.fail(why) if os.environ.get("NCD_BROWSER") == "required" else pytest.skip(why)
    from selenium.webdriver import Chrome
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service

    options = Options()
    options.binary_location = binary
    for option in OPTIONS:
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    found = Chrome(options=options, service=Service(driver))
    yield found
    found.quit()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Callable[[str], Any]:
    """Open the text of a page, and wait until it is drawn; what the browser complained of before is forgotten."""
    from selenium.webdriver.support.wait import WebDriverWait

    def show(text: str) -> Any:
        path = tmp_path / "page.html"
        path.write_text(text, "utf-8")
        browser.get_log("browser")
        browser.get(path.as_uri())
        WebDriverWait(browser, WAIT).until(lambda d: d.execute_script("return Boolean(window.ncd)"))
        return browser

    return show
