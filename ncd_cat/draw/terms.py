"""One term of a contraction: cups for sums of two equal indices, dots for equal ones, a bold L for a weight, a factor on an arrow.

Source: Penrose's graphical notation; the linear algebra of arXiv 2402.05424, section 2.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from ncd_cat.draw.factors import written
from ncd_cat.draw.reading import Reading
from ncd_cat.draw.story import Element, Tensor
from ncd_cat.draw.tables import conditions, entry, packed, pattern
from ncd_cat.draw.teller import Source
from ncd_cat.ops.contraction import Spec
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.sizes import product

SUPERSCRIPTS = {"query": "Q", "key": "K", "value": "V", "out": "O", "q_proj": "Q", "k_proj": "K", "v_proj": "V", "o_proj": "O",
                "out_proj": "O", "q": "Q", "k": "K", "v": "V", "o": "O", "c_attn": "QKV", "in_proj": "QKV"}  # fmt: skip


def one_term(r: Reading, spec: Spec) -> Tensor:
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
            summed(r, [s for roles in all_roles for s in roles.get(i, [])], "𝔼" if mean else "Σ")
    entries = {i: entry(r, i) for i in taken}
    if entries and not fresh and all(entries.values()) and len(taken) == len(r.sources):
        for i, strand in taken.items():
            r.add("index", (strand,), (), entries[i])
    elif r.sources:
        found |= _learned(r, tuple(taken.values()), fresh)
    if spec.guards and not r.windowed:
        r.elements.append(Element("darts", text=conditions(r, spec, {i: s for roles in all_roles for i, (s, *_) in roles.items()})))
    scaled(r, ONE if mean else scalar)
    return r.give(found)


def summed(r: Reading, strands: list[int], fold: str) -> None:
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


def scaled(r: Reading, scalar: Scalar) -> None:
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
