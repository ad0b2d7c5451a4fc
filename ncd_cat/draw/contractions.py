"""What a contraction looks like: one term, plus signs between several, a bar where they are put side by side.

Source: the linear algebra of arXiv 2402.05424, section 2.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from ncd_cat.axes import axes_of
from ncd_cat.draw.factors import written
from ncd_cat.draw.reading import Reading, Roles
from ncd_cat.draw.story import Element, Tensor
from ncd_cat.draw.tables import nothing
from ncd_cat.draw.teller import Source
from ncd_cat.draw.terms import one_term, scaled, summed
from ncd_cat.ops.contraction import Spec
from ncd_cat.scalars import ONE


def contraction(r: Reading) -> Tensor:
    """The glyphs of a contraction: of one term, of a sum, or of a concatenation."""
    op: Any = r.op
    specs: tuple[Spec, ...] = op.specs
    if not specs:
        return nothing(r)
    if len(specs) == 1:
        return one_term(r, specs[0])
    if all(not s.guards and (not s.bounds or _reads(r, k, s)) for k, s in zip(_starts(specs), specs, strict=True)):
        return _sum(r, specs)
    joined = _joined_axis(r, specs)
    if joined is not None:
        return _concatenation(r, joined)
    shifted = _shifted(r, specs)
    return shifted if shifted is not None else _whole(r, "Σ")


def _sum(r: Reading, specs: tuple[Spec, ...]) -> Tensor:
    """Tensors that meet in dots with a plus; a constant term is the bias of the glyph before, or a word above the wires."""
    terms = [(s, range(start, start + s.factors)) for s, start in zip(specs, _starts(specs), strict=True)]
    mixed = [(s, ks) for s, ks in terms if any(k in r.drawn for k in ks)]
    constant = [(s, ks) for s, ks in terms if not any(k in r.drawn for k in ks)]
    all_roles = [_product(r, [k for k in ks if k in r.drawn]) for _, ks in mixed]
    signs = ["−" if s.scalar.rational < 0 else "+" for s, _ in mixed]
    factors = [written(s.scalar).replace("−1", "−") if abs(s.scalar.rational) != 1 or s.scalar.powers else "" for s, _ in mixed]
    alike = signs[:1] == ["+"] and len(set(signs[1:])) <= 1
    text = "+" + " ".join(filter(None, factors)) if any(factors) else signs[-1] if alike else "".join(signs)
    if len(mixed) == 1:
        scaled(r, mixed[0][0].scalar)
    found = r.united(all_roles, list(range(r.rank)), "plus", text, upper=True)
    if constant or any(k in r.sources for _, ks in mixed for k in ks):
        _affine(r, [str(s.scalar) for s, ks in constant if not len(ks)])
    elif len(mixed) > 1 and not any(e.kind == "plus" for e in r.elements):
        _units(r, text)
    return r.give(found)


def _starts(specs: tuple[Spec, ...]) -> list[int]:
    """The first operand of each term."""
    return [sum(s.factors for s in specs[:j]) for j in range(len(specs))]


def _reads(r: Reading, start: int, spec: Spec) -> bool:
    """Whether each index that a term sums over is an axis of one or two of its factors, tensors all."""
    ks = range(start, start + spec.factors)
    inner = [[i for e in r.accesses[k] for i in axes_of(e) if i >= r.rank] for k in ks]
    counts = [sum(i in found for found in inner) for i in range(r.rank, r.rank + len(spec.bounds))]
    return all(k in r.drawn for k in ks) and all(0 < n < 3 for n in counts) and all(len(set(found)) == len(found) for found in inner)


def _product(r: Reading, factors: list[int]) -> Roles:
    """The axes of a term: those of its factor, or of several that meet in dots; what it sums over ends."""
    found = [r.roles(k) for k in factors]
    for i in sorted({i for roles in found for i in roles if i >= r.rank}):
        summed(r, [s for roles in found for s in roles.pop(i, [])], "Σ")
    return found[0] if len(found) == 1 else {i: [s] for i, s in r.united(found, list(range(r.rank))).items()}


def _units(r: Reading, text: str) -> None:
    """The sum of tensors that share no axis: the axes of size 1 of two numbers meet, or dashed lines end in a dot with a plus."""
    units = [x.strands[0] for k in r.drawn if isinstance(x := r.operands[k], Tensor) and not r.accesses[k]]
    if len(units) == len(r.drawn):
        r.elements.append(Element("plus", tuple(units), (units[0],), text))
    else:
        r.elements.append(Element("outer", text=text))


def _affine(r: Reading, numbers: list[str]) -> None:
    """A constant term."""
    drawn = [x for k in r.drawn if isinstance(x := r.operands[k], Tensor)]
    made = r.sheet.maker(drawn[0]) if len(drawn) == 1 and not r.elements else None
    if made is not None and r.learned and made.kind in ("learned", "norm", "conv"):
        sub = f"{made.sub}+" if made.kind == "learned" else made.sub
        r.sheet.remake(drawn[0], replace(made, bold=True, sub=sub), drawn[0].strands)
        return
    names = [x.name for k in r.sources if isinstance(x := r.operands[k], Source)]
    r.elements.append(Element("darts", text="+" + "+".join(dict.fromkeys([*names, *numbers])), bold=r.learned))


def _shifted(r: Reading, specs: tuple[Spec, ...]) -> Tensor | None:
    """One term of tensors to which constants are added, such as a linear layer with its bias in one contraction, if that is what it is."""
    terms = [(s, range(start, start + s.factors)) for s, start in zip(specs, _starts(specs), strict=True)]
    mixed = [(s, ks) for s, ks in terms if any(k in r.drawn for k in ks)]
    constant = [(s, ks) for s, ks in terms if not any(k in r.drawn for k in ks)]
    if len(mixed) != 1 or any(s.bounds or s.guards or (len(ks) and s.scalar != ONE) for s, ks in constant):
        return None
    ((spec, ks),), op = mixed, cast(Any, r.op)
    alone = replace(r, op=replace(op, specs=(spec,)), operands=[r.operands[k] for k in ks], accesses=tuple([r.accesses[k] for k in ks]))
    made = one_term(alone, spec)
    added = [x for _, of in constant for k in of if isinstance(x := r.operands[k], Source)]
    last = r.elements[-1] if r.elements else None
    if last is not None and last.kind == "learned" and any(x.learned for x in added):
        r.elements[-1] = replace(last, sub=f"{last.sub}+")
        return made
    words = dict.fromkeys([*[x.name for x in added], *[str(s.scalar) for s, of in constant if not len(of)]])
    r.elements.append(Element("darts", text="+" + "+".join(words), bold=any(x.learned for x in added)))
    return made


def _joined_axis(r: Reading, specs: tuple[Spec, ...]) -> int | None:
    """The axis along which a sum of guarded readings puts its operands one after another, if that is what it is."""
    if any(s.bounds or s.factors != 1 or s.scalar != ONE for s in specs):
        return None
    axes = {i for s in specs for _, e in s.guards for i in axes_of(e)}
    if len(axes) != 1:
        return None
    (axis,) = axes
    pieces = [[e for e in access if axis in axes_of(e)] for access in r.accesses]
    stacked = not any(pieces)
    fits = stacked or all(len(p) == 1 and len(p[0][1]) == 1 if k in r.drawn else len(p) <= 1 for k, p in enumerate(pieces))
    return axis if fits and r.drawn else None


def _concatenation(r: Reading, axis: int) -> Tensor:
    """A bar from the pieces of an axis to the whole; the other axes meet in dots."""
    pieces, others = list[int](), list[Roles]()
    plain = r.accesses
    for k in r.drawn:
        tensor = r.operands[k]
        assert isinstance(tensor, Tensor)
        places = [j for j, e in enumerate(plain[k]) if axis in axes_of(e)]
        pieces += [tensor.strands[j] for j in places]
        kept = [j for j in range(len(plain[k])) if j not in places]
        part = Reading(r.sheet, r.op, [Tensor(tensor.number, tuple([tensor.strands[j] for j in kept]))],
                       (tuple([plain[k][j] for j in kept]),), r.cod, r.elements)  # fmt: skip
        others.append(part.roles(0))
    found = r.united(others, [i for i in range(r.rank) if i != axis], "join", upper=True)
    whole = r.born(axis)
    names = [x.name for k in r.sources if isinstance(x := r.operands[k], Source)]
    r.elements.append(Element("bar", tuple(pieces), (whole,), " ".join(names), bold=r.learned))
    return r.give(found | {axis: whole})


def _whole(r: Reading, text: str) -> Tensor:
    """A box for what has no glyph of its own: it takes all axes that do not pass it, and names what it does."""
    all_roles = [r.roles(k) for k in r.drawn]
    found = r.united(all_roles, list(range(r.rank)))
    consumed = tuple([s for roles in all_roles for i, strands in roles.items() if i >= r.rank for s in strands])
    fresh = {i: r.born(i) for i in range(r.rank) if i not in found and any(i in r.axes(k) for k in r.sources)}
    if consumed or fresh:
        r.elements.append(Element("box", consumed, tuple(fresh.values()), text, bold=r.learned))
    else:
        r.elements.append(Element("darts", text=text, bold=r.learned))
    return r.give(found | fresh)
