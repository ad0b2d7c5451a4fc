"""The order in which the axes of images are drawn: the image on top, then its channels, the batch lowest; and what they are called.

A tensor b c x̄ is drawn as x̄, c, b wherever the diagram is one of images, so that no wire crosses for it; the order in memory is
that of the type.  An image that is a half of what it was at the input is x̄/2.  A batch is an axis that nothing but dots, norms of
the batch and closed boxes touch.  Union of the strands that are one axis: R. E. Tarjan, 1975.  Source: figure 26 of
arXiv 2402.05424.

>>> from ncd_cat import architectures
>>> from ncd_cat.draw.telling import tell
>>> story = tell(architectures.diagram("convolution"))
>>> [story.names[s] for s in story.ins[0].strands]
['x', 'c', 'b']
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ncd_cat.draw.images import BATCH_NORM
from ncd_cat.draw.story import Element, Enter, Event, Fork, Step, Story, Strands, Tensor
from ncd_cat.sizes import Size, divide

DOTS = ("merge", "join", "plus", "copy")
IMAGE, CHANNEL, BATCH = range(3)


def arranged(story: Story, sizes: Sequence[Size]) -> Story:
    """The story with the axes of its tensors in the order in which they are drawn; as it is where nothing is an image.

    `sizes`: of all strands; of a bundle, that of its first axis.
    """
    images = {*story.double, *(s for e in story.elements for s in _images(e))}
    if not images:
        return story
    ranks = _ranks(story, images)
    first = {story.names[s]: sizes[s] for t in reversed(story.ins) for s in t.strands if ranks[s] == IMAGE}

    def called(s: int, name: str) -> str:
        if name not in first or ranks[s] != IMAGE:
            return name
        share = divide(first[name], sizes[s])
        return f"{name}/{share}" if isinstance(share, int) and share > 1 else name

    def tensor(t: Tensor) -> Tensor:
        batch = {k: -k if ranks[s] == BATCH else k for k, s in enumerate(t.strands)}
        order = sorted(batch, key=lambda k: (ranks[t.strands[k]], batch[k]))
        names = tuple([called(t.strands[k], t.names[k]) for k in order]) if len(t.names) == len(order) else t.names
        return Tensor(t.number, tuple([t.strands[k] for k in order]), names)

    def tensors(ts: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return tuple([tensor(t) for t in ts])

    def event(e: Event) -> Event:
        if isinstance(e, Step):
            takes, gives = tensors(e.takes), tensors(e.gives)
            elements = [replace(x, ins=_all(takes), outs=_all(gives)) if x.kind == "block" else x for x in e.elements]
            return replace(e, takes=takes, elements=tuple(elements), gives=gives)
        if isinstance(e, Fork):
            return replace(e, takes=tensor(e.takes), gives=tensors(e.gives))
        return replace(e, takes=tensors(e.takes)) if isinstance(e, Enter) else replace(e, gives=tensors(e.gives))

    events = tuple([event(e) for e in story.events])
    names = tuple([called(s, name) for s, name in enumerate(story.names)])
    return replace(story, names=names, ins=tensors(story.ins), events=events, outs=tensors(story.outs))


def _all(ts: tuple[Tensor, ...]) -> Strands:
    return tuple([s for t in ts for s in t.strands])


def _images(e: Element) -> Strands:
    """The axes of an image that a glyph reads and makes: those before the channels."""
    if e.kind == "window":
        return e.ins[:1] + e.outs[:1]
    return e.outs[:-1] + e.ins[: len(e.outs) - 1] if e.kind == "conv" else ()


def _touched(e: Element) -> Strands:
    """The axes that a glyph does more with than to let them pass."""
    if e.kind in DOTS or e.kind == "block":
        return ()
    return e.ins[:1] if e.text == BATCH_NORM else e.ins + e.outs


def _ranks(story: Story, images: set[int]) -> dict[int, int]:
    """For each strand whether it is of an image, a channel or a batch."""
    axes = _Axes()
    for event in story.events:
        if isinstance(event, Fork):
            for column in zip(event.takes.strands, *[t.strands for t in event.gives], strict=True):
                axes.unite(column)
        elif isinstance(event, Step):
            for e in event.elements:
                if e.kind in DOTS:
                    axes.unite(e.ins + e.outs)
                elif e.kind == "block":
                    _united_by_name(e, story, axes)
    touched = {axes.find(s) for e in story.elements for s in _touched(e)}
    seen = {axes.find(s) for s in images}
    found = {s: axes.find(s) for s in range(len(story.names))}
    return {s: IMAGE if axis in seen else CHANNEL if axis in touched else BATCH for s, axis in found.items()}


def _united_by_name(block: Element, story: Story, axes: _Axes) -> None:
    """An axis that a closed box takes and gives is one if it keeps its name and size."""
    known = {(story.names[s], story.sizes[s]): s for s in block.ins if story.names[s]}
    for s in block.outs:
        if (story.names[s], story.sizes[s]) in known:
            axes.unite((known[story.names[s], story.sizes[s]], s))


class _Axes:
    """Strands that are one axis, each with a first one."""

    def __init__(self) -> None:
        self.parent: dict[int, int] = {}

    def find(self, strand: int) -> int:
        """The strand that stands for the axis of a strand."""
        while self.parent.get(strand, strand) != strand:
            above = self.parent[strand]
            self.parent[strand] = strand = self.parent.get(above, above)
        return strand

    def unite(self, strands: Strands) -> None:
        """Make strands one axis."""
        for s in strands[1:]:
            self.parent[self.find(s)] = self.find(strands[0])


__all__ = ["arranged"]
