"""The glyphs as the author draws them, each with its outline and its painting in one declaration.

Source: the figures of arXiv 2402.05424.
"""

from __future__ import annotations

from ncd_cat.draw.glyphs import entrywise, images, linear, loops, norms
from ncd_cat.draw.shapes import Form

FORMS: dict[str, Form] = linear.FORMS | entrywise.FORMS | images.FORMS | norms.FORMS | loops.FORMS

__all__ = ["FORMS"]
