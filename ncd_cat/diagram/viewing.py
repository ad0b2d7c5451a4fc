"""What a person does with a diagram to see it: its levels of abstraction, its repeats, its drawing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ncd_cat.diagram.diagram import Diagram


class Viewed:
    """The methods of a diagram that change how it is seen, and not what it means."""

    def expand(self: Any, pattern: str = "*", depth: int | None = None) -> Diagram:
        """The diagram with the inside in the place of each block whose dotted path matches, nested at most `depth` deep."""
        from ncd_cat.diagram.levels import expand

        return expand(self, pattern, depth)

    def collapse(self: Any, which: str | int = 1) -> Diagram:
        """The diagram with blocks drawn as boxes: those nested `which` deep (1: the outermost), or whose path matches `which`."""
        from ncd_cat.diagram.levels import collapse

        return collapse(self, which)

    def opened(self: Any, pattern: str = "*") -> Diagram:
        """The diagram with the inside of collapsed blocks shown again."""
        from ncd_cat.diagram.levels import opened

        return opened(self, pattern)

    def fold(self: Any, definition: Diagram, name: str = "") -> Diagram:
        """The diagram with a block in the place of each occurrence of a definition.  Raises InputError: see `folding.fold`."""
        from ncd_cat.diagram.folding import fold

        return fold(self, definition, name)

    def folded(self: Any) -> Diagram:
        """The diagram with one box ×n in the place of n blocks that follow each other, equal up to their weights' prefix."""
        from ncd_cat.diagram.repeats import folded

        return folded(self)

    def unfolded(self: Any) -> Diagram:
        """The diagram with its blocks in the place of each box ×n: the inverse of `folded`."""
        from ncd_cat.diagram.repeats import unfolded

        return unfolded(self)

    def draw(self: Any, path: str | Path | None = None, *, discopy: bool = False, **options: Any) -> Any:
        """Draw the diagram, a wire for each axis, to a file if a path is given; without one, give the text of the SVG.

        The ending says the kind: `.svg`, `.tex`, `.pdf`, `.png` or `.txt`; the options are those of `ncd_cat.draw.draw`.
        discopy: as `draw_discopy`.  Raises InputError, FileError.
        """
        from ncd_cat.draw import draw
        from ncd_cat.draw.outputs import write

        if discopy:
            return self.draw_discopy(path, **options)
        return draw(self, **options) if path is None else write(self, path, **options)

    def draw_discopy(self: Any, path: str | Path | None = None, *, most: int = 100, **params: Any) -> Any:
        """Draw the diagram with DisCoPy, a wire for each tensor, to a file if a path is given.  See `drawing.draw`."""
        from ncd_cat.diagram.drawing import draw

        return draw(self, path, most=most, **params)

    def _repr_mimebundle_(self: Any, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """What a notebook shows: the drawing of `ncd_cat.draw`, or in characters where there are no pictures."""
        from ncd_cat.draw.outputs import mimebundle

        return mimebundle(self)
