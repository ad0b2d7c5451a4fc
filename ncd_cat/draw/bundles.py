"""Bundles: axes x.0, x.1 of an image that go the same way everywhere are one double wire x, a multi-index.

The axes of a bundle must meet the same glyphs, either the same one, side by side, or one each of equal kind; where a step
treats them differently they stay apart, in the whole story.

>>> from ncd_cat.draw.story import Element, Step, Tensor
>>> x = Tensor(1, (0, 1))
>>> story = Story(("x.0", "x.1"), ("8", "8"), (x,), (Step((x,), (Element("darts", text="R"),), (x,), "relu", ()),), (x,))
>>> bundled(story).names[0], bundled(story).sizes[0], bundled(story).outs[0].strands
('x', '8^2', (0,))
"""

from __future__ import annotations

from dataclasses import replace

from ncd_cat.draw.story import Element, Enter, Event, Fork, Step, Story, Strands, Tensor

Groups = dict[int, Strands]  # of the first strand of a bundle: all of them


def bundled(story: Story) -> Story:
    """The story with bundles of axes as single strands."""
    groups = _candidates(story)
    while groups:
        members = {s: first for first, group in groups.items() for s in group}
        wrong = {first for event in story.events if isinstance(event, Step) for first in _torn(event, groups, members)}
        wrong |= {s for e in story.events if isinstance(e, Fork) for s in _unlike(e, groups)}
        wrong |= {first for t in _tensors(story) for first in _parted(t.strands, groups, members)}
        if not wrong:
            return _rewritten(story, groups)
        groups = {first: group for first, group in groups.items() if first not in wrong}
    return story


def _tensors(story: Story) -> list[Tensor]:
    found = [*story.ins, *story.outs]
    for event in story.events:
        if isinstance(event, Step):
            found += [*event.takes, *event.gives]
        elif isinstance(event, Fork):
            found += [event.takes, *event.gives]
    return found


def _candidates(story: Story) -> Groups:
    """Strands side by side in some tensor, called x.0, x.1, …"""
    found = Groups()
    for tensor in _tensors(story):
        strands = tensor.strands
        for k, strand in enumerate(strands):
            stem, _, digit = story.names[strand].rpartition(".")
            count = 1
            while stem and digit == "0" and k + count < len(strands) and story.names[strands[k + count]] == f"{stem}.{count}":
                count += 1
            if count > 1:
                found.setdefault(strand, strands[k : k + count])
    for event in story.events:
        if isinstance(event, Step):
            _parallel(event, story, found)
    return found


def _parallel(step: Step, story: Story, found: Groups) -> None:
    """Add the strands that equal glyphs make of the axes of a bundle, one each: nameless ones, or called x.0, x.1, …"""
    for element in step.elements:
        group = found.get(element.ins[0]) if element.ins else None
        others = [e for e in step.elements if group and e.kind == element.kind and e.ins and e.ins[0] in group]
        for column in zip(*[e.outs for e in others], strict=False):
            if group and len(column) == len(group) and _alike([story.names[s] for s in column]):
                found.setdefault(column[0], column)


def _alike(names: list[str]) -> bool:
    stem = names[0].rpartition(".")[0]
    return not any(names) or (stem != "" and names == [f"{stem}.{k}" for k in range(len(names))])


def _parted(strands: Strands, groups: Groups, members: dict[int, int]) -> list[int]:
    """The bundles that are not side by side among some strands."""
    wrong = []
    for first in {members[s] for s in strands if s in members}:
        group = groups[first]
        if first not in strands or strands[strands.index(first) : strands.index(first) + len(group)] != group:
            wrong.append(first)
    return wrong


def _unlike(fork: Fork, groups: Groups) -> list[int]:
    """The bundles of a tensor that are none in its copies, or the other way round."""
    columns = list(zip(fork.takes.strands, *[t.strands for t in fork.gives], strict=True))
    found = [[s in groups for s in column] for column in columns]
    return [s for column, ins in zip(columns, found, strict=True) if not all(ins) for s, one in zip(column, ins, strict=True) if one]


def _torn(step: Step, groups: Groups, members: dict[int, int]) -> list[int]:
    """The bundles that the glyphs of a step do not treat alike, or that a starred box has on one side only."""
    inside = {s for e in step.elements for s in (*e.ins, *e.outs)}
    wrong = [s for e in step.elements if e.kind == "conv" and _sided(e, groups) for s in (*e.ins, *e.outs) if s in groups]
    here = {members[s]: groups[members[s]] for s in sorted(inside) if s in members}
    for first, group in here.items():
        for k, element in enumerate(step.elements):
            if first in element.ins or first in element.outs:
                sides = [side for side in (element.ins, element.outs) if first in side]
                whole = all(side[side.index(first) : side.index(first) + len(group)] == group for side in sides)
                if not whole and not _in_step(element, step.elements[k : k + len(group)], here):
                    wrong.append(first)
            elif {*group} & {*element.ins, *element.outs} and not any(first in (*e.ins, *e.outs) for e in step.elements):
                wrong.append(first)
    return wrong


def _sided(e: Element, groups: Groups) -> bool:
    """Whether a glyph has more bundles on one side than on the other."""
    return sum(s in groups for s in e.ins) != sum(s in groups for s in e.outs)


def _in_step(element: Element, others: tuple[Element, ...], groups: Groups) -> bool:
    """Whether the glyphs that follow do to the other axes what one does to the first ones."""
    if not all(s in groups for s in (*element.ins, *element.outs)):
        return False
    counts = {len(groups[s]) for s in (*element.ins, *element.outs)}
    if counts != {len(others)}:
        return False
    for k, other in enumerate(others):
        moved = [tuple([groups[s][k] for s in side]) for side in (element.ins, element.outs)]
        if (other.kind, other.ins, other.outs, other.sub) != (element.kind, *moved, element.sub):
            return False
        if element.kind == "hexagon" and other.text != element.text:
            return False
    return True


def _rewritten(story: Story, groups: Groups) -> Story:
    dropped = {s for group in groups.values() for s in group[1:]}
    names, sizes = list(story.names), list(story.sizes)
    for first, group in groups.items():
        names[first] = names[first].rpartition(".")[0]
        parts = [story.sizes[s] for s in group]
        sizes[first] = f"{parts[0]}^{len(parts)}" if len({*parts}) == 1 else "×".join(parts)

    def kept(strands: Strands) -> Strands:
        return tuple([s for s in strands if s not in dropped])

    def tensor(t: Tensor) -> Tensor:
        pairs = [(s, n) for s, n in zip(t.strands, t.names or ("",) * len(t.strands), strict=False) if s not in dropped]
        return Tensor(t.number, kept(t.strands), tuple([n.rpartition(".")[0] if s in groups else n for s, n in pairs]))

    def tensors(ts: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return tuple([tensor(t) for t in ts])

    def event(e: Event) -> Event:
        if isinstance(e, Step):
            elements = [replace(x, ins=kept(x.ins), outs=kept(x.outs)) for x in e.elements if not _of_others(x, dropped)]
            return replace(e, takes=tensors(e.takes), elements=tuple(elements), gives=tensors(e.gives))
        if isinstance(e, Fork):
            return replace(e, takes=tensor(e.takes), gives=tensors(e.gives))
        if isinstance(e, Enter):
            return replace(e, takes=tensors(e.takes))
        return replace(e, gives=tensors(e.gives))

    events = tuple([event(e) for e in story.events])
    return Story(tuple(names), tuple(sizes), tensors(story.ins), events, tensors(story.outs), frozenset(groups))


def _of_others(e: Element, dropped: set[int]) -> bool:
    return bool(e.ins or e.outs) and {*e.ins, *e.outs} <= dropped
