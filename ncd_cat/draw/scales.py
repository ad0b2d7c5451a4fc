"""Steps whose sizes differ as one step in brackets: x_λ and c_λ are the sizes of step λ, and what a step saves is C_λ.

Steps follow each other, each takes what the one before it gives, and they are alike but for sizes and the numbers in their names.
One tensor of each may be saved; a later run of steps may load them, the last one saved first.  A story that has no such runs, or in
which a size does not follow, is as it was.  Source: figure 27 of arXiv 2402.05424.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ncd_cat.draw.indices import Indices
from ncd_cat.draw.runs import Run, found, tensors_of
from ncd_cat.draw.story import Element, Enter, Event, Fork, Leave, Step, Story, Strands, Tensor
from ncd_cat.sizes import Size

MEMORY = "C"


def scaled(story: Story, sizes: Sequence[Size]) -> Story:
    """The story with its runs of steps in brackets; `sizes`: of all strands, of a bundle that of its first axis."""
    events = [e for e in story.events if not isinstance(e, Step) or e.takes or e.gives or e.elements]
    runs = found(events, story)
    saving = next((run for run in runs if all(step.saved for step in run.steps)), None)
    if saving is None:
        return story
    loading = next((run for run in runs if run.start > saving.start and _loads(run, saving)), None)
    if loading is None:
        return story
    joined = frozenset(s for e in story.elements if e.kind == "bar" and len(e.ins) == 2 for s in e.outs)
    indices = Indices.of(saving, loading, story.names, sizes, joined)
    return story if indices is None else _Folding(story, events, saving, loading, indices).done()


def _loads(run: Run, saving: Run) -> bool:
    """Whether the steps of a run load what those of another one saved, the last one first."""
    return [step.loaded for step in run.steps] == [step.saved for step in reversed(saving.steps)]


@dataclass
class _Folding:
    """A story while two runs in it become a step in brackets each."""

    story: Story
    events: list[Event]
    saving: Run
    loading: Run
    indices: Indices

    def done(self) -> Story:
        """The story with both brackets."""
        a, b = self.saving, self.loading
        block = max([e.block for e in self.events if isinstance(e, Enter)], default=0) + 1
        before = [_mapped(e, self.indices.outside, {}) for e in self.events[: a.start]]
        ins = tuple([self.indices.outside(t) for t in self.story.ins])
        first = self._bracketed(a, block, down=True)
        between = [self._moved(e, a) for e in self.events[a.stop : b.start]]
        second = [_mapped(e, lambda t: _tensor(t, a), a.renamed) for e in self._bracketed(b, block + 1, down=False)]
        after = [_mapped(self._moved(e, b), lambda t: _tensor(t, a), a.renamed) for e in self.events[b.stop :]]
        outs = tuple([self._outside(t, b) for t in self.story.outs])
        names = tuple([self.indices.first(s, name) for s, name in enumerate(self.story.names)])
        sizes = tuple([self.indices.size(s, size) for s, size in enumerate(self.story.sizes)])
        events = (*before, *first, *between, *second, *after)
        legend = self.indices.legend(self.story)
        return replace(self.story, names=names, sizes=sizes, ins=ins, events=events, outs=outs, legend=legend)

    def _bracketed(self, run: Run, block: int, down: bool) -> list[Event]:
        """One step of a run between brackets."""
        step, memory = run.steps[0], run.steps[0].saved if down else run.steps[0].loaded
        assert memory is not None
        inside: list[Event] = []
        for event in self.events[run.start : run.start + run.period]:
            loads = not down and isinstance(event, Step) and memory.number in [t.number for t in event.takes]
            if loads:
                inside.append(self._memory(memory, (block,), down))
            inside.append(self._within(event, block))
            if down and isinstance(event, Fork) and memory.number in [t.number for t in event.gives]:
                inside.append(self._memory(memory, (block,), down))
        entered = Enter(block, "", (self.indices.tensor(step.taken),), (), "outer", ("λ = 1", str(len(run.steps))))
        return [entered, *inside, Leave(block, (self.indices.outside(step.given),))]

    def _memory(self, tensor: Tensor, path: tuple[int, ...], down: bool) -> Step:
        """What a step saves, or loads."""
        held = self.indices.tensor(tensor)
        at = "λ" if down else f"{len(self.saving.steps) + 1}−λ"
        element = Element("save", held.strands, (), MEMORY, sub=at) if down else Element("load", (), held.strands, MEMORY, sub=at)
        return Step((held,) if down else (), (element,), () if down else (held,), f"{'save' if down else 'load'} {MEMORY}_{at}", path)

    def _within(self, event: Event, block: int) -> Event:
        """An event of a step, in the block, its axes called by their index."""
        named = _mapped(event, self.indices.tensor, {})
        if isinstance(named, Leave):
            return named
        if isinstance(named, Step):
            elements = [replace(e, text=_stem(e.text)) if e.kind == "block" else e for e in named.elements]
            return replace(named, path=(block, *named.path), elements=tuple(elements))
        moved = replace(named, path=(block, *named.path))
        return replace(moved, title=_stem(moved.title)) if isinstance(moved, Enter) else moved

    def _moved(self, event: Event, run: Run) -> Event:
        """An event after a run, which takes what the one step gives that is drawn."""
        return _mapped(event, lambda t: self._outside(t, run), run.renamed)

    def _outside(self, tensor: Tensor, run: Run) -> Tensor:
        return _tensor(self.indices.outside(tensor), run)


def _stem(name: str) -> str:
    """A name without its number."""
    stem, _, number = name.rpartition(".")
    return stem if number.isdecimal() and stem else name


def _tensor(tensor: Tensor, run: Run) -> Tensor:
    """A tensor after a run, the strands of the last step being those of the first."""
    number = run.steps[0].given.number if tensor.number == run.steps[-1].given.number else tensor.number
    return Tensor(number, _strands(tensor.strands, run.renamed), tensor.names)


def _strands(strands: Strands, renamed: dict[int, int]) -> Strands:
    return tuple([renamed.get(s, s) for s in strands])


def _mapped(event: Event, tensor: Callable[[Tensor], Tensor], renamed: dict[int, int]) -> Event:
    """An event with its tensors changed, and the strands of its glyphs called otherwise."""
    takes, gives = ([tensor(t) for t in side] for side in tensors_of(event))
    if isinstance(event, Step):
        elements = [replace(e, ins=_strands(e.ins, renamed), outs=_strands(e.outs, renamed)) for e in event.elements]
        return replace(event, takes=tuple(takes), elements=tuple(elements), gives=tuple(gives))
    if isinstance(event, Fork):
        return replace(event, takes=takes[0], gives=tuple(gives))
    return replace(event, takes=tuple(takes)) if isinstance(event, Enter) else replace(event, gives=tuple(gives))


__all__ = ["scaled"]
