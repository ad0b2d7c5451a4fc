"""What a contraction looks like: cups for sums of two equal indices, dots for equal ones, plus signs, and a bold L for a weight.

Source: Penrose's graphical notation; the linear algebra of arXiv 2402.05424, section 2.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from ncd_cat.axes import axes_of
from ncd_cat.draw.factors import written
from ncd_cat.draw.reading import Reading, Roles
from ncd_cat.draw.story import Element, Tensor
from ncd_cat.draw.tables import conditions, entry, nothing, packed, pattern
from ncd_cat.draw.teller import Source
from ncd_cat.ops.contraction import Spec
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.sizes import product

SUPERSCRIPTS = {"query": "Q", "key": "K", "value": "V", "out": "O", "q_proj": "Q", "k_proj": "K", "v_proj": "V", "o_proj": "O",
                "out_proj": "O", "q": "Q", "k": "K", "v": "V", "o": "O", "c_attn": "QKV", "in_proj": "QKV"}  # fmt: skip


def contraction(r: Reading) -> Tensor:
    """The glyphs of a contraction: of one term, of a sum, or of a concatenation."""
    op: Any = r.op
    specs: tuple[Spec, ...] = op.specs
    if not specs:
        return nothing(r)
    if len(specs) == 1:
        return _term(r, specs[0])
    if all(not s.guards and (not s.bounds or _reads(r, k, s)) for k, s in zip(_starts(specs), specs, strict=True)):
        return _sum(r, specs)
    joined = _joined_axis(r, specs)
    return _concatenation(r, joined) if joined is not None else _whole(r, "Σ")


# ---- one term -----------------------------------------------------------------------------------------------------


def _term(r: Reading, spec: Spec) -> Tensor:
    if not r.operands and spec.guards:
        return pattern(r, spec)
    rank = r.rank
    all_roles = [r.roles(k) for k in r.drawn]
    held = {i for k in r.sources for i in r.axes(k)}
    fresh = [i for i in range(rank) if i in held and not any(i in roles for roles in all_roles)]
    inner = list(range(rank, rank + len(spec.bounds)))
    found = r.united(all_roles, list(range(rank)))
    taken = r.united(all_roles, [i for i in inner if i in held])
    scalar = spec.scalar
    alone = [i for i in inner if i not in held and sum(len(roles.get(i, [])) for roles in all_roles) == 1]
    mean = bool(alone) and scalar == Scalar.of(product(spec.bounds[i - rank] for i in alone)).power(Fraction(-1))
    for i in inner:
        if i not in held:
            _summed(r, [s for roles in all_roles for s in roles.get(i, [])], "𝔼" if mean else "Σ")
    entries = {i: entry(r, i) for i in taken}
    if entries and not fresh and all(entries.values()) and len(taken) == len(r.sources):
        for i, strand in taken.items():
            r.add("index", (strand,), (), entries[i])
    elif r.sources:
        found |= _learned(r, tuple(taken.values()), fresh)
    if spec.guards and not r.windowed:
        r.elements.append(Element("darts", text=conditions(r, spec, {i: s for roles in all_roles for i, (s, *_) in roles.items()})))
    _scale(r, ONE if mean else scalar)
    return r.give(found)


def _summed(r: Reading, strands: list[int], fold: str) -> None:
    """The end of the strands of an index that is summed over: a cup of two, a fold of one."""
    while len(strands) > 2:
        r.elements.append(Element("merge", tuple(strands[:2]), (strands[1],)))
        del strands[0]
    if strands:
        r.elements.append(Element("cup" if len(strands) == 2 else "reduce", tuple(strands), (), "" if len(strands) == 2 else fold))


def _learned(r: Reading, ins: tuple[int, ...], fresh: list[int]) -> dict[int, int]:
    """The glyph of constant factors: a box from the axes that are summed to the new ones, or a product entry by entry."""
    constants = [x for k in r.sources if isinstance(x := r.operands[k], Source)]
    bold = any(c.learned for c in constants)
    name = next((c.name for c in constants if c.learned), constants[0].name)
    if not ins and not fresh:
        drawn = [x for k in r.drawn if isinstance(x := r.operands[k], Tensor)]
        made = r.sheet.maker(drawn[0]) if len(drawn) == 1 else None
        if made is not None and made.kind == "norm":
            r.sheet.remake(drawn[0], replace(made, bold=True), drawn[0].strands)
        else:
            r.elements.append(Element("darts", text=f"·{name}", bold=bold))
        return {}
    made_here = {i: r.born(i) for i in fresh}
    sup = packed(r) or superscript(name)
    kind = "learned" if bold else "box"
    if not ins and not r.drawn:
        kind = "state"
    r.elements.append(Element(kind, ins, tuple(made_here.values()), "L" if kind == "learned" else name, sup, bold=bold))
    return made_here


def superscript(name: str) -> str:
    """What is written at the L of the weight of a module: a short name, "" for a long one."""
    return SUPERSCRIPTS.get(name, name if len(name) <= 4 and not name.isdigit() else "")


def _scale(r: Reading, scalar: Scalar) -> None:
    """A factor, on the arrow of the cup before it, if there is one."""
    if scalar == ONE:
        return
    text = written(scalar, root_of(r, _last_cup(r), scalar))
    cups = [k for k, e in enumerate(r.elements) if e.kind == "cup"]
    if cups:
        r.elements[cups[-1]] = replace(r.elements[cups[-1]], text=text)
        return
    drawn = [x for k in r.drawn if isinstance(x := r.operands[k], Tensor)]
    made = r.sheet.maker(drawn[0]) if len(drawn) == 1 and not r.elements else None
    if made is not None and made.kind == "cup" and not made.text:
        r.sheet.remake(drawn[0], replace(made, text=text), drawn[0].strands)
    else:
        r.elements.append(Element("darts", text=text))


def _last_cup(r: Reading) -> tuple[int, ...]:
    """The strands of the last cup before."""
    cups = [e for e in r.elements if e.kind == "cup"]
    drawn = [x for k in r.drawn if isinstance(x := r.operands[k], Tensor)]
    made = cups[-1] if cups else r.sheet.maker(drawn[0]) if len(drawn) == 1 else None
    return made.ins if made is not None and made.kind == "cup" else ()


def root_of(r: Reading, strands: tuple[int, ...], scalar: Scalar) -> str:
    """The name of the axis, of some, one over the root of whose size a factor is; the size of one without a name."""
    fits = [s for s in strands if Scalar.of(r.sheet.sizes[s]).power(Fraction(-1, 2)) == scalar]
    named = [r.sheet.names[s] for s in fits if r.sheet.names[s]]
    unnamed = [str(r.sheet.sizes[s]).replace("*", "") for s in fits if not isinstance(r.sheet.sizes[s], int)]
    return next(iter(named), next((text if text.isalpha() else f"({text})" for text in unnamed), ""))


# ---- sums ---------------------------------------------------------------------------------------------------------


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
        _scale(r, mixed[0][0].scalar)
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
        _summed(r, [s for roles in found for s in roles.pop(i, [])], "Σ")
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
