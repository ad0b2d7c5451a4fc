"""A story with short names: endless ones are cut where they are drawn, and at some hundreds of letters where they are only told.

>>> brief("x" * 100, 10)
'xxxxxxxxx…'
"""

from __future__ import annotations

from dataclasses import replace

from ncd_cat.draw.labels import TOLD, brief
from ncd_cat.draw.story import Element, Enter, Event, Fork, Step, Story, Tensor

__all__ = ["brief", "shortened"]


def shortened(story: Story) -> Story:
    """The story with its names cut: the same one where none is long."""
    events = tuple([_event(event) for event in story.events])
    ins, outs = _tensors(story.ins), _tensors(story.outs)
    return story if (events, ins, outs) == (story.events, story.ins, story.outs) else replace(story, events=events, ins=ins, outs=outs)


def _event(event: Event) -> Event:
    if isinstance(event, Step):
        elements = tuple([_element(e) for e in event.elements])
        takes, gives = _tensors(event.takes), _tensors(event.gives)
        return replace(event, takes=takes, gives=gives, elements=elements, title=brief(event.title, TOLD))
    if isinstance(event, Enter):
        return replace(event, takes=_tensors(event.takes), title=brief(event.title))
    if isinstance(event, Fork):
        return replace(event, takes=_tensor(event.takes), gives=_tensors(event.gives))
    return replace(event, gives=_tensors(event.gives))


def _element(e: Element) -> Element:
    texts = (brief(e.text), brief(e.sup), brief(e.sub))
    return e if texts == (e.text, e.sup, e.sub) else replace(e, text=texts[0], sup=texts[1], sub=texts[2])


def _tensor(tensor: Tensor) -> Tensor:
    return replace(tensor, names=tuple(map(brief, tensor.names))) if any(brief(n) != n for n in tensor.names) else tensor


def _tensors(tensors: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return tuple([_tensor(t) for t in tensors])
