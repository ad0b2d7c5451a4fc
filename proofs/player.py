"""A proof as a page: one step after another, the diagram before it over the diagram after it, what changes marked in both.

Diagrams are whole while they are small; of larger ones the equation that the rule uses is shown, cut out of them.

>>> from proofs.theorems import THEOREMS
>>> text = player(THEOREMS["log-softmax"].data(), "log-softmax")
>>> text.startswith("<!doctype html>"), "unfold" in text
(True, True)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ncd_cat.draw.view import View
from ncd_cat.draw.web.levels import Book
from ncd_cat.draw.web.page import page
from ncd_cat.draw.web.pieces import said
from ncd_cat.errors import InputError
from ncd_cat.exporters.files import write_text
from ncd_cat.graph import Graph, Node
from proofs.certificate import Certificate
from proofs.check import read
from proofs.neighbourhood import LARGE, changes, instance, size
from proofs.replay import AGAIN, VIEW, Move, replay
from rewrites.rules import RULES

MOST = 4000  # steps of a page
OTHERS = {
    AGAIN: {"statement": "equals for equals, as in the steps before", "source": "congruence and transitivity of equality"},
    VIEW: {"statement": "n[α] = a node that reads n through α", "source": "a reading of an array is an array"},
}


def play(certificate: Certificate | dict[str, Any] | str | Path, path: str | Path, title: str = "") -> None:
    """Write the page of a proof to a file.  Raises ProofError where the kernel rejects the proof, FileError, InputError for no .html."""
    if Path(path).suffix.lower() not in (".html", ".htm"):
        raise InputError(f"a proof is played in a page: {path} is to end in .html")
    write_text(path, player(certificate, title or (Path(certificate).stem if isinstance(certificate, str | Path) else Path(path).stem)))


def player(certificate: Certificate | dict[str, Any] | str | Path, title: str = "") -> str:
    """The text of the page of a certificate: an object, its data, or a file.  Raises ProofError, FileError."""
    data: Any = read(certificate) if isinstance(certificate, str | Path) else certificate
    data = data.data if isinstance(data, Certificate) else data
    moves = replay(data)
    pictures = _Pictures()
    steps = [pictures.step(move) for move in moves[:MOST]]
    used = dict.fromkeys(move.rule for move in moves[:MOST])
    called = said(title or "proof")
    about = {
        "title": called,
        "levels": pictures.book.levels,
        "steps": steps,
        "left": len(moves) - len(steps),
        "rules": {name: _about(name) for name in used},
        "assumptions": [said(a) for a in data["assumptions"]],
        "judgements": len(data["steps"]),
    }
    return page(called, about, "player")


def _about(name: str) -> dict[str, str]:
    """What is written beside a step."""
    if name in OTHERS:
        return OTHERS[name]
    rule = RULES[name]
    found = {"statement": rule.statement, "condition": rule.condition, "structure": rule.structure, "source": rule.source}
    return {key: said(text) for key, text in found.items()}


class _Pictures:
    """The pictures of a proof, each drawn once."""

    def __init__(self) -> None:
        self.book = Book(View(), facts=False)
        self.drawn: dict[Any, tuple[int, dict[Node, list[int]]]] = {}

    def step(self, move: Move) -> dict[str, Any]:
        """A step as data: its rule, its two pictures, and the glyphs that change in each."""
        gone, made = changes(move)
        whole = max(size(move.before), size(move.after)) <= LARGE
        first, last = (made, gone) if move.side else (gone, made)
        sides: tuple[Graph, Graph] = (move.before, move.after)
        names: tuple[Mapping[Node, Node], Mapping[Node, Node]] = ({}, {})
        if not whole:
            sides, names = instance(move, gone, made)
            if move.side:
                sides, names = (sides[1], sides[0]), (names[1], names[0])
        found: dict[str, Any] = {"rule": move.rule, "times": move.times, "side": move.side, "again": move.again, "whole": whole}
        found |= {"path": said(".".join(move.path))} if move.path else {}
        for key, mark, graph, nodes, known in zip(("before", "after"), ("was", "now"), sides, (first, last), names, strict=True):
            number, places = self.picture(graph)
            found[key] = number
            found[mark] = _marked(graph, [known.get(n, n) for n in nodes], places)
        return found

    def picture(self, graph: Graph) -> tuple[int, dict[Node, list[int]]]:
        """The number of the picture of a graph, and where each node is in it."""
        key = (graph.dom, graph.cod, graph.outputs, graph.labels)
        if key not in self.drawn:
            self.drawn[key] = self.book.of_graph(graph)
        return self.drawn[key]


def _marked(graph: Graph, nodes: Iterable[Node], places: Mapping[Node, list[int]]) -> list[int]:
    """The glyphs of some nodes; those that read them where they have none, such as a weight or a copy."""
    wanted = {*nodes}
    found = {k for n in wanted for k in places.get(n, ())}
    if not found:
        found = {k for n in graph.nodes() for x, _ in n.operands if x in wanted for k in places.get(n, ())}
    return sorted(found)
