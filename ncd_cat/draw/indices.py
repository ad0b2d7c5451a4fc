"""What the axes of a step λ are called: x_λ for a size of its own, x_λ+1 for that of the next step, 2c_5−λ for twice another.

The sizes of the axes of one name over all steps are a sequence; one that an axis inside a step runs through is numbered from 1, and
the others are found in it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ncd_cat.draw.runs import Run
from ncd_cat.draw.story import Story, Tensor
from ncd_cat.sizes import Size

Seen = tuple[Size, ...]
TIMES = (1, 2)


@dataclass
class Indices:
    """The sequences of sizes by name, and the labels of the strands of both runs."""

    sizes: tuple[Size, ...] = ()  # of all strands
    known: dict[str, dict[int, Size]] = field(default_factory=dict)
    labels: dict[int, str] = field(default_factory=dict)
    outer: dict[int, str] = field(default_factory=dict)  # what strands are called outside of the steps
    entering: frozenset[int] = frozenset()  # strands that are named before they come into a run
    joined: frozenset[int] = frozenset()  # strands that two others were put together into

    @staticmethod
    def of(saving: Run, loading: Run, names: Sequence[str], sizes: Sequence[Size], joined: frozenset[int]) -> Indices | None:
        """The indices of two runs, or None where a size does not follow; of a strand that two were joined into, twice theirs."""
        entering = frozenset(saving.steps[0].taken.strands + loading.steps[0].taken.strands)
        made = Indices(tuple(sizes), entering=entering, joined=joined)
        if not (made._fit(saving, names, sizes, 1) and made._fit(loading, names, sizes, -1)):
            return None
        for strand, (name, size) in enumerate(zip(names, sizes, strict=True)):
            at = [i for i, known in made.known.get(_base(name), {}).items() if known == size]
            made.outer |= {strand: f"{_base(name)}_{at[0]}"} if len(at) == 1 and strand not in made.outer else {}
        return made

    def first(self, strand: int, name: str) -> str:
        """The first name of a strand."""
        inside = {} if strand in self.entering else self.labels
        return inside.get(strand, self.outer.get(strand, name))

    def size(self, strand: int, size: str) -> str:
        """What is written for the size of a strand: of one inside a step, its name with the index."""
        return size if strand in self.entering else self.labels.get(strand, size)

    def tensor(self, tensor: Tensor) -> Tensor:
        """A tensor inside a step, its axes called by their index."""
        names = tensor.names or ("",) * len(tensor.strands)
        return Tensor(tensor.number, tensor.strands, tuple([self.labels.get(s, n) for s, n in zip(tensor.strands, names, strict=True)]))

    def outside(self, tensor: Tensor) -> Tensor:
        """A tensor outside of the steps, its axes called by their number."""
        names = tensor.names or ("",) * len(tensor.strands)
        return Tensor(tensor.number, tensor.strands, tuple([self.outer.get(s, n) for s, n in zip(tensor.strands, names, strict=True)]))

    def legend(self, story: Story) -> tuple[tuple[str, str, bool], ...]:
        """What each name with a number stands for, as the story writes it, where it is one thing and not that name."""
        written: dict[tuple[str, Size], set[tuple[str, bool]]] = defaultdict(set)
        for strand, (name, size) in enumerate(zip(story.names, self.sizes, strict=True)):
            written[_base(name), size].add((story.sizes[strand], strand in story.double))
        numbered = [(f"{base}_{i}", written[base, known[i]]) for base, known in sorted(self.known.items()) for i in sorted(known)]
        return tuple([(name, *min(seen)) for name, seen in numbered if len(seen) == 1 and min(seen)[0] != name])

    def _fit(self, run: Run, names: Sequence[str], sizes: Sequence[Size], way: int) -> bool:
        """Label the strands of a run whose sizes change."""
        columns = {column[0]: column for column in zip(*[step.strands for step in run.steps], strict=True)}
        seen = {s: tuple([sizes[x] for x in column]) for s, column in columns.items()}
        changing = {s: row for s, row in seen.items() if len({str(x) for x in row}) > 1 and names[s]}
        counted = Counter((_base(names[s]), row) for s, row in changing.items() if s not in run.steps[0].taken.strands)
        for (base, row), _ in counted.most_common():
            if way > 0 and base not in self.known:
                self.known[base] = dict(enumerate(row, 1))
        return all(self._labelled(s, _base(names[s]), row, way, s in run.steps[0].given.strands) for s, row in changing.items())

    def _labelled(self, strand: int, base: str, row: Seen, way: int, given: bool) -> bool:
        """Label a strand whose sizes are those of a name from some number on, or twice these."""
        known = self.known.get(base, {})
        for times in TIMES[::-1] if strand in self.joined else TIMES:
            for shift in range(-1, len(row) + 3):
                at = [shift + way * k for k in range(1, len(row) + 1)]
                if not _fits(known, at, row, times):
                    continue
                if times == 1:
                    known |= dict(zip(at, row, strict=True))
                self.labels[strand] = _written(times, base, shift, way)
                self.outer |= {strand: f"{base}_{at[-1]}"} if given else {}
                return True
        return False


def _fits(known: Mapping[int, Size], at: Sequence[int], row: Seen, times: int) -> bool:
    """Whether sizes are those with some numbers, of which one at most is not known yet."""
    pairs = [(known[i], x) for i, x in zip(at, row, strict=True) if i in known]
    return len(pairs) >= len(row) - 1 and all(times * size == x for size, x in pairs)


def _base(name: str) -> str:
    """A name without the share of it that is left."""
    return name.partition("/")[0]


def _written(times: int, base: str, shift: int, way: int) -> str:
    """The name with its index, such as x_λ+1 or 2c_5−λ."""
    index = f"{shift}−λ" if way < 0 else "λ" if not shift else f"λ{'+' if shift > 0 else '−'}{abs(shift)}"
    return f"{times if times > 1 else ''}{base}_{index}"


__all__ = ["Indices"]
