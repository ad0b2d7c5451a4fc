"""One HTML file: its scripts and its style inside, its data as JSON that no name in it can leave, and no way to a network.

The Content-Security-Policy allows this script and this style, by their hashes, and nothing else.  Source: W3C, Content Security
Policy Level 3.

>>> "<b>" in page("a <b> title", {"name": "</script><b>"}, "explorer"), page("", {}, "explorer").count("</script>")
(False, 2)
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from html import escape
from importlib.resources import files
from typing import Any

from ncd_cat.draw.svg import PALETTE, RULES
from ncd_cat.draw.web.pieces import said

PLAIN = 300_000  # characters of data that stay readable; more is compressed
SCRIPTS = {"explorer": ("pull.js", "canvas.js", "blocks.js", "explorer.js"), "pair": ("pull.js", "canvas.js", "blocks.js", "pair.js"),
           "player": ("pull.js", "canvas.js", "player.js")}  # fmt: skip


def page(title: str, data: Any, kind: str) -> str:
    """The text of a page of a kind (explorer, pair or player) about some data."""
    script = "\n".join(_asset(name) for name in SCRIPTS[kind])
    style = _style()
    policy = f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; base-uri 'none'; form-action 'none'"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(said(title)) or "diagram"}</title>
<style>{style}</style>
</head>
<body>
<noscript>This page draws its diagram by a script that it holds itself; it needs no network.</noscript>
{_data(data)}
<script>{script}</script>
</body>
</html>
"""


def _data(data: Any) -> str:
    """Data as a block that is no script: JSON without an angle bracket, compressed where it is long."""
    text = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
    if len(text) <= PLAIN:
        return f'<script type="application/json" id="data">{text}</script>'
    packed = base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()
    return f'<script type="application/gzip" id="data">{packed}</script>'


def _asset(name: str) -> str:
    return files("ncd_cat.draw.web").joinpath(name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _style() -> str:
    """The rules of the page, and those of the drawing in both themes."""
    light, dark = ("".join(f"--{name}:{pair[k]};" for name, pair in PALETTE.items()) for k in (0, 1))
    rules = RULES.format(**{name: f"var(--{name})" for name in PALETTE})
    return (
        f":root{{color-scheme:light;{light}}}\n:root.dark{{color-scheme:dark;{dark}}}\n"
        f"@media (prefers-color-scheme:dark){{:root:not(.light){{color-scheme:dark;{dark}}}}}\n{rules}{_asset('page.css')}"
    )
