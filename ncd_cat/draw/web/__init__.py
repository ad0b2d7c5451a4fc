"""The interactive page: a diagram in one HTML file, whose blocks open and close in place, without a server or a network.

`levels` draws the inside of every block once, `explorer` puts the drawings and what is known of each glyph into a page.

>>> from ncd_cat import architectures
>>> text = explorer(architectures.diagram("mlp"))
>>> text.startswith("<!doctype html>"), "http://" in text.replace("http://www.w3.org/2000/svg", "")
(True, False)
"""

from __future__ import annotations

from ncd_cat.draw.web.explorer import explore, explorer
from ncd_cat.draw.web.levels import Book
from ncd_cat.draw.web.page import page
from ncd_cat.draw.web.pairs import pair
from ncd_cat.draw.web.sources import sources_of

__all__ = ["Book", "explore", "explorer", "page", "pair", "sources_of"]
