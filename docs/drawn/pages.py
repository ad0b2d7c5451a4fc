"""The pages of the gallery as Markdown, with their pictures beside them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from html import escape
from pathlib import Path

from docs.drawn import built_in
from docs.drawn.equations import equation
from docs.drawn.figures import FIGURES, Figure, code, diagram
from docs.drawn.gradients import GRADIENTS, drawn
from docs.drawn.pictures import AT, Picture, slug
from docs.drawn.proofs import EXPLORED, PAIRS, PLAYED, explored, paired, played, sides
from ncd_cat import architectures
from proofs.theorems import find
from rewrites.rules import THEORIES


class Pages:
    """Pages while they are written: `folder` holds the Markdown, `pictures` the drawings."""

    def __init__(self, folder: Path, pictures: Path) -> None:
        self.folder, self.pictures = folder, pictures
        for made in (folder, pictures):
            shutil.rmtree(made, ignore_errors=True)
            made.mkdir(parents=True)

    def write(self, name: str, title: str, paragraphs: Iterator[str]) -> None:
        """One page."""
        (self.folder / f"{name}.md").write_text("\n\n".join([f"# {title}", *paragraphs]) + "\n", "utf-8")

    def shown(self, *drawn: Picture, between: str = "", caption: str = "") -> str:
        """Pictures in a row, with a sign between them and words below them, as HTML."""
        for p in drawn:
            p.write(self.pictures)
        sign = f'<span class="sign">{between}</span>' if between else ""
        below = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
        return f'<figure class="drawn">{sign.join(p.html() for p in drawn)}{below}</figure>'

    def framed(self, name: str, title: str, says: str, text: str) -> str:
        """A page of its own, in a frame that a click on the title opens."""
        file = f"{slug(name)}.html"
        (self.pictures / file).write_text(text, "utf-8")
        link = f'<a href="{AT}/{file}">on a page of its own</a>'
        frame = f'<iframe class="drawn" src="{AT}/{file}" title="{escape(says)}" loading="lazy" sandbox="allow-scripts"></iframe>'
        return f"<details><summary>{title}, or {link}</summary>{frame}</details>"


def write_all(folder: Path, pictures: Path) -> None:
    """Write every page of the gallery."""
    pages = Pages(folder, pictures)
    pages.write("figures", "The figures of the paper", figures(pages))
    pages.write("architectures", "The architectures", built(pages))
    pages.write("rules", "The rules", rules(pages))
    pages.write("gradients", "Gradients", gradients(pages))
    pages.write("proofs", "Proofs", proofs(pages))
    pages.write("pairs", "Two models side by side", pairs(pages))
    pages.write("explore", "Models to open and close", models(pages))


def figures(pages: Pages) -> Iterator[str]:
    """A section for each figure."""
    yield "Each is drawn from the built-in architecture that is named below it; the first is not one. A click opens a picture by itself."
    for figure in FIGURES:
        yield f"## {figure.number}: {figure.title}"
        yield figure.says
        yield from _figure(pages, figure)


def _figure(pages: Pages, figure: Figure) -> Iterator[str]:
    found = figure.pictures()
    if figure.equal:
        yield pages.shown(*found, between="=", caption=_typed(*figure.names))
    else:
        yield from (pages.shown(p, caption=_typed(name)) for p, name in zip(found, figure.names, strict=True))
    yield folded("How it is written", [code(name) for name in dict.fromkeys(figure.names)])


def built(pages: Pages) -> Iterator[str]:
    """A section for each file of architectures."""
    yield "Blocks are boxes where a picture would be higher than a page. `ncd draw NAME -o FILE.svg` draws any of them, at any depth."
    for group in built_in.groups():
        yield f"## {group.name.capitalize()}"
        yield group.says
        for name in group.names:
            d = architectures.diagram(name)
            yield f"### {name}"
            yield f"{architectures.describe(name)}<br>{_type(d.dom)} → {_type(d.cod)}"
            yield pages.shown(built_in.drawn(name))


def rules(pages: Pages) -> Iterator[str]:
    """A section for each theory, in it an equation for each rule."""
    yield "Each rule is an equation, `n = m`, drawn here at one instance. Where both sides look alike, the notation knows the rule already."
    for theory in THEORIES:
        title, *_ = (theory.__doc__ or "").split("\n")
        yield f"## {theory.__name__.rpartition('.')[2].replace('_', ' ').capitalize()}"
        yield _plain(title)
        for rule in theory.RULES:
            e = equation(rule.name)
            condition = "" if rule.condition == "none" else f"<br>Condition: {_plain(rule.condition)}."
            yield f"### {rule.name}"
            yield f"{_plain(rule.statement)}{condition}<br>Structure: {rule.structure}. Source: {_plain(rule.source)}."
            yield pages.shown(e.left, e.right, between="=")


def gradients(pages: Pages) -> Iterator[str]:
    """A section for each diagram and the mirror image that runs back."""
    yield (
        "Under each diagram is its reverse derivative, which runs from right to left: a copy is mirrored by a sum, a sum by a copy,"
        " a linear map by its transpose. The wires around the right edge are what the way back reads of the way there."
    )
    for name, (says, _) in GRADIENTS.items():
        yield f"## {name.capitalize()}"
        yield says
        yield pages.shown(drawn(name))


def proofs(pages: Pages) -> Iterator[str]:
    """A section for each theorem: its two sides, and its proof."""
    yield "Each is a theorem that a certificate proves; the arrow keys step through its proof, one rule at a time."
    for name in PLAYED:
        theorem = find(name)
        yield f"## {name}"
        yield f"{_plain(theorem.says)} Source: {_plain(theorem.source)}."
        yield pages.shown(*sides(name), between="=", caption=f"{theorem.lhs.dom} → {theorem.lhs.cod}")
        yield pages.framed(f"proof-{name}", "Step through its proof here", f"the proof of {name}, step by step", played(name))


def pairs(pages: Pages) -> Iterator[str]:
    """A section for each pair of architectures: one over the other, with what is equal in both."""
    yield "Values that are proved equal are green and numbered; where the two part is red. `ncd draw ONE OTHER -o FILE.svg` draws any two."
    for one, other in PAIRS:
        status, drawn_both = paired(one, other)
        yield f"## {one} and {other}"
        yield f"`ncd draw {one} {other} -o pair.svg`: {status}."
        yield pages.shown(drawn_both)


def models(pages: Pages) -> Iterator[str]:
    """A section for each of the larger architectures: a page on which it is explored."""
    yield "A click opens or closes a block; drag to move, wheel to zoom, `?` for the keys."
    for name in EXPLORED:
        yield f"## {name}"
        yield architectures.describe(name)
        yield pages.shown(built_in.drawn(name, 1))
        yield pages.framed(f"explore-{name}", "Open and close its blocks here", f"{name}, with blocks that open", explored(name))


def _plain(text: str) -> str:
    """Text in which nothing is markup."""
    return re.sub(r"([\\`*_\[\]<>$|])", r"\\\1", text)


def folded(title: str, code: list[str]) -> str:
    """Code that a click shows."""
    texts = "\n\n\n".join(dict.fromkeys(code))
    return f"<details><summary>{title}</summary>\n\n```python\n{texts}\n```\n\n</details>"


def _typed(*names: str) -> str:
    """Names of diagrams, and the type that they have."""
    d = diagram(names[0])
    return f"{' = '.join(names)} : {d.dom} → {d.cod}"


def _type(types: object) -> str:
    return f"`{str(types) or '1'}`"
