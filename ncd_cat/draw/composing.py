"""A diagram as a scene: told, laid out, painted, and cut into lines where it is wide.

>>> from ncd_cat import architectures
>>> scene(architectures.diagram("attention")).title
''
"""

from __future__ import annotations

from typing import Unpack

from ncd_cat.diagram.diagram import Diagram
from ncd_cat.draw.glyphs import FORMS
from ncd_cat.draw.heading import headed
from ncd_cat.draw.inputs import FORMS as INPUTS
from ncd_cat.draw.inputs import entered
from ncd_cat.draw.labels import Naming
from ncd_cat.draw.layout import Layout
from ncd_cat.draw.scene import Scene
from ncd_cat.draw.telling import tell
from ncd_cat.draw.view import Options, View, viewed
from ncd_cat.draw.wrapping import wrapped


def scene(diagram: Diagram, seen: View | None = None, **options: Unpack[Options]) -> Scene:
    """The scene of a diagram as it is seen; the options change that.  Raises InputError where there is no such option."""
    as_seen = viewed(seen, **options)
    story = tell(diagram, as_seen)
    naming = Naming(story.names, story.sizes, as_seen.names, story.double)
    picture = entered(Layout(story, naming).done(), diagram.dom.inside, story)
    figure = wrapped(picture, naming, FORMS | INPUTS, diagram.title, as_seen.width)
    return headed(figure, diagram, story, as_seen) if as_seen.heading else figure
