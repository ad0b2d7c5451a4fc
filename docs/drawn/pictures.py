"""A picture of the gallery: a scene with a name and with words for those who cannot see it, written once for light and once for dark pages.

>>> from ncd_cat import architectures
>>> attention = picture("attention", "attention", architectures.diagram("attention"))
>>> attention.files
('attention-light.svg', 'attention-dark.svg')
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

from ncd_cat.diagram import Diagram
from ncd_cat.draw import scene
from ncd_cat.draw.scene import Scene
from ncd_cat.draw.svg import svg

AT = "../../_static/gallery"  # from a page to the pictures
THEMES = ("light", "dark")


@dataclass(frozen=True)
class Picture:
    """A scene and what it shows, in words."""

    name: str
    alt: str
    scene: Scene

    @cached_property
    def files(self) -> tuple[str, ...]:
        """The names of its files: letters, digits and hyphens."""
        return tuple([f"{slug(self.name)}-{theme}.svg" for theme in THEMES])

    def write(self, folder: Path) -> None:
        """Write its files."""
        for theme, name in zip(THEMES, self.files, strict=True):
            (folder / name).write_text(svg(self.scene, theme), "utf-8")

    def html(self) -> str:
        """The picture on a page, no larger than it is drawn; a click opens it by itself."""
        size = f'width="{self.scene.width:.0f}" height="{self.scene.height:.0f}"'
        return "".join(
            f'<a class="only-{theme}" href="{AT}/{name}"><img src="{AT}/{name}" alt="{escape(self.alt)}" {size} loading="lazy"></a>'
            for theme, name in zip(THEMES, self.files, strict=True)
        )


def picture(name: str, alt: str, diagram: Diagram, **options: Any) -> Picture:
    """The picture of a diagram."""
    return Picture(name, f"{alt}: {diagram.dom} → {diagram.cod}", scene(diagram, **options))


def slug(text: str) -> str:
    """A text as a part of a file's name.

    >>> slug("Figure 20: Q, K")
    'figure-20-q-k'
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
