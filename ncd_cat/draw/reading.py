"""How an operand is read: which strand goes on as which axis of the operation, and what bars, pentagons and windows do that.

An access has one index for each strand of the operand.  A whole axis is the strand itself, a constant ends it at a pentagon,
digits are a bar, an affine index of two axes is a window.  Source: the reindexings of St, arXiv 2604.07242.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import groupby

from ncd_cat.axes import Access, Index, Sizes, axes_of
from ncd_cat.diagram.boxes import Operation
from ncd_cat.draw.story import Element, Strands, Tensor
from ncd_cat.draw.teller import Sheet, Source, known, unbarred
from ncd_cat.draw.windows import is_window, pools, window
from ncd_cat.signature import Op
from ncd_cat.sizes import Size, product
from ncd_cat.types import Array

Roles = dict[int, list[int]]  # the strands that are read as an axis of the operation


@dataclass
class Reading:
    """One operation while it is read: its operands, the glyphs so far, and the strands of each of its axes."""

    sheet: Sheet
    op: Op
    operands: list[Tensor | Source]
    accesses: tuple[Access, ...]
    cod: Array
    elements: list[Element] = field(default_factory=list)
    windowed: bool = False

    @staticmethod
    def of(sheet: Sheet, box: Operation, operands: list[Tensor | Source], port: int) -> Reading:
        """The reading of one output of a box."""
        ops, accesses = box.data
        return Reading(sheet, ops[port], operands, accesses, box.cod.inside[port])

    @property
    def rank(self) -> int:
        """How many axes the operation is broadcast over."""
        return len(self.cod.axes) - len(self.op.out)

    @property
    def drawn(self) -> list[int]:
        """The operands that are tensors."""
        return [k for k, x in enumerate(self.operands) if isinstance(x, Tensor)]

    @property
    def sources(self) -> list[int]:
        """The operands that are constants."""
        return [k for k, x in enumerate(self.operands) if isinstance(x, Source)]

    @property
    def learned(self) -> bool:
        """Whether an operand is a weight."""
        return any(isinstance(x, Source) and x.learned for x in self.operands)

    def domain(self, k: int) -> Sizes:
        """The sizes of the axes that the access of operand k reads."""
        return self.cod.sizes[: self.rank] + self.op.roots(k)

    def axes(self, k: int) -> set[int]:
        """The axes of the operation that operand k depends on."""
        return {i for e in self.accesses[k] for i in axes_of(e)}

    def born(self, axis: int) -> int:
        """A new strand for an axis of the output."""
        return self.sheet.strand(self.cod.axes[axis].size, known(self.cod)[axis])

    def add(self, kind: str, ins: Strands = (), outs: Strands = (), text: str = "", bold: bool = False) -> None:
        """Add a glyph."""
        self.elements.append(Element(kind, ins, outs, text, bold=bold))

    # ---- operands -------------------------------------------------------------------------------------------------

    def roles(self, k: int) -> Roles:
        """For each axis of the operation, the strands of operand k that are read as it."""
        tensor, sizes, found = self.operands[k], self.domain(k), Roles()
        assert isinstance(tensor, Tensor)
        if not self.accesses[k]:
            return found
        mixed: list[tuple[int, Index]] = []
        units = self._units(tensor, k)
        for strand, e in zip(tensor.strands, self.accesses[k], strict=True):
            axes = axes_of(e)
            if strand in units:
                found.setdefault(units[strand], []).append(strand)
            elif not axes:
                one = self.sheet.sizes[strand] == 1
                self.add("end" if one else "index", (strand,), (), "" if one else str(e[0]))
            elif e == (0, ((1, next(iter(axes)), 1, sizes[next(iter(axes))]),)) and not self._begins(strand, sizes[next(iter(axes))]):
                found.setdefault(axes.pop(), []).append(strand)
            else:
                mixed.append((strand, e))
        for group in _components(mixed):
            self._reindexed(tensor, group, sizes, found)
        self._whole_windows(found)
        return found

    def _begins(self, strand: int, size: Size) -> bool:
        """Whether so many entries are but the beginning of an axis, which a contraction reads as if it were all of it."""
        whole = self.sheet.sizes[strand]
        return isinstance(whole, int) and isinstance(size, int) and size < whole and self.op.glyph in ("contraction", "attention")

    def _units(self, tensor: Tensor, k: int) -> dict[int, int]:
        """Axes of size 1 that go on as axes of size 1, in order, where there are as many."""
        mine = [s for s, e in zip(tensor.strands, self.accesses[k], strict=True) if e == (0, ()) and self.sheet.sizes[s] == 1]
        theirs = [i for i, n in enumerate(self.domain(k)) if n == 1]
        return dict(zip(mine, theirs, strict=True)) if len(mine) == len(theirs) else {}

    def _reindexed(self, tensor: Tensor, group: list[tuple[int, Index]], sizes: Sizes, found: Roles) -> None:
        """The glyph of indices that share axes: its outputs are new strands, one for each axis."""
        axes = sorted({i for _, e in group for i in axes_of(e)})
        ins = tuple([strand for strand, _ in group])
        indices = [e for _, e in group]
        pooled = pools(indices, self.rank) and self._folds(ins, axes)
        exact = (
            not pooled and all(e[0] == 0 for e in indices) and product(self.sheet.sizes[s] for s in ins) == product(sizes[i] for i in axes)
        )
        if exact and len(group) == 1:
            axes.sort(key=lambda i: next(k for k, d in enumerate(_by_weight(group[0][1])) if d == i))
        names = known(self.cod)
        split = unbarred(self.sheet, tensor, ins[0], [sizes[i] for i in axes]) if exact and len(ins) == 1 else None
        if split is not None:
            for i, strand in zip(axes, split, strict=True):
                found.setdefault(i, []).append(strand)
            self.operands[self.operands.index(tensor)] = Tensor(tensor.number, _replaced(tensor.strands, ins[0], split))
            return
        outs = tuple([self.sheet.strand(sizes[i], names[i] if i < self.rank else "") for i in axes])
        for i, strand in zip(axes, outs, strict=True):
            found.setdefault(i, []).append(strand)
        made = self.sheet.maker(tensor)
        if exact and len(ins) == 1 and made is not None and made.kind == "learned" and ins[0] in made.outs:
            strands = _replaced(tensor.strands, ins[0], outs)
            self.sheet.remake(tensor, _with_outs(made, _replaced(made.outs, ins[0], outs)), strands)
            self.operands[self.operands.index(tensor)] = Tensor(tensor.number, strands)
            return
        if exact:
            self.add("bar", ins, outs)
            return
        if len(ins) == 1 and not pooled and _mixed_radix(group[0][1]):
            self.elements.append(Element("hexagon", ins, outs, f"+{group[0][1][0]}"))
            return
        self.windowed = self.windowed or is_window(indices)
        letters = {i: names[i] or f"i{i}" for i in range(self.rank)} | {i: f"w{i - self.rank}" for i in axes if i >= self.rank}
        self.elements.append(window(indices, ins, outs, axes, letters))

    def _whole_windows(self, found: Roles) -> None:
        """Windows that see a whole axis of an image, of which one place is left after it is folded."""
        for i, (n, name) in enumerate(zip(self.cod.sizes[: self.rank], known(self.cod), strict=False)):
            root = next((k for k, strands in found.items() if k >= self.rank and [self.sheet.names[s] for s in strands] == [name]), None)
            if n == 1 and "." in name and root is not None and i not in found and len(self.accesses) == 1:
                (whole,), one = found[root], self.born(i)
                seen = self.sheet.strand(self.sheet.sizes[whole])
                self._beside(name, Element("window", (whole,), (one, seen)))
                found[i], found[root] = [one], [seen]

    def _beside(self, name: str, e: Element) -> None:
        """Add a window of one place, whose stride is as good as any, next to those of the other axes of its image."""
        called = {k: self.sheet.names[x.outs[0]] for k, x in enumerate(self.elements) if x.kind == "window"}
        others = [k for k, other in called.items() if other.rpartition(".")[0] == name.rpartition(".")[0]]
        at = next((k for k in others if called[k] > name), others[-1] + 1 if others else len(self.elements))
        self.elements.insert(at, replace(e, sub=self.elements[others[0]].sub) if others else e)

    def _folds(self, ins: Strands, axes: list[int]) -> bool:
        """Whether the operation folds windows of axes: the greatest entry of digits, or a sum after which axes have their names."""
        names = known(self.cod)
        kept = all(self.sheet.names[s] and self.sheet.names[s] == names[i] for s, i in zip(ins, axes, strict=False))
        return self.op.glyph == "reduction" or (len(self.accesses) == 1 and kept)

    # ---- the axes of the result -----------------------------------------------------------------------------------

    def united(self, all_roles: list[Roles], axes: list[int], kind: str = "merge", text: str = "", upper: bool = False) -> dict[int, int]:
        """One strand for each of some axes: of several, those that end in a dot on the lowest (or uppermost) one; of none, a new one."""
        found = dict[int, int]()
        for i in axes:
            strands = [s for roles in all_roles for s in roles.get(i, [])]
            if len(strands) > 1:
                survivor = strands[0] if upper else strands[-1]
                self.add(kind, tuple(strands), (survivor,), text)
                found[i] = survivor
            elif strands:
                found[i] = strands[0]
        return found

    def give(self, strands: dict[int, int]) -> Tensor:
        """The tensor of the output, whose axes are these strands; those without one begin here, from nothing."""
        for i in range(len(self.cod.axes)):
            if i not in strands:
                strands[i] = self.born(i)
                self.add("repeat", (), (strands[i],))
        if not strands:
            alive = [e.outs[0] for e in self.elements if e.outs]
            return self.sheet.tensor((alive[-1],)) if alive else self.unit()
        return self.sheet.tensor(tuple([strands[i] for i in range(len(self.cod.axes))]), known(self.cod))

    def unit(self) -> Tensor:
        """The tensor of a number: a strand of size 1."""
        ended = {s for e in self.elements for s in e.ins if s not in e.outs}
        single = [x.strands[0] for x in self.operands if isinstance(x, Tensor) and len(x.strands) == 1]
        kept = [s for s in single if self.sheet.sizes[s] == 1 and s not in ended]
        if kept:
            return self.sheet.tensor((kept[0],))
        strand = self.sheet.strand(1)
        self.add("repeat", (), (strand,))
        return self.sheet.tensor((strand,))


def _mixed_radix(e: Index) -> bool:
    """Whether an index runs over a stretch of its axis, each entry once."""
    step: Size = 1
    for s, _, t, n in sorted(e[1], key=lambda d: str(d[0]) if not isinstance(d[0], int) else f"{d[0]:024d}"):
        if s != step or t != 1:
            return False
        step = step * n
    return True


def _by_weight(e: Index) -> list[int]:
    """The axes of an index, the one with the greatest coefficient first."""
    return [d[1] for d in sorted(e[1], key=lambda d: (-d[0] if isinstance(d[0], int) else -1 << 60, d[1]))]


def _components(items: list[tuple[int, Index]]) -> list[list[tuple[int, Index]]]:
    """The items in groups that share axes, in order."""
    label: dict[int, int] = {}
    for _, e in items:
        axes = axes_of(e)
        old = {label[i] for i in axes if i in label}
        to = min([*old, *axes])
        label |= {i: to for i, at in label.items() if at in old} | dict.fromkeys(axes, to)
    keyed = sorted(((label[next(iter(axes_of(e)))], k, (s, e)) for k, (s, e) in enumerate(items)), key=lambda item: item[:2])
    return [[item for _, _, item in group] for _, group in groupby(keyed, key=lambda item: item[0])]


def _replaced(strands: Strands, old: int, new: Strands) -> Strands:
    at = strands.index(old)
    return (*strands[:at], *new, *strands[at + 1 :])


def _with_outs(e: Element, outs: Strands) -> Element:
    return Element(e.kind, e.ins, outs, e.text, e.sup, e.sub, e.bold)
