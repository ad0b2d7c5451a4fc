"""What the page tells of a box: its type, its work and parameters, and the weights that it reads.

Work counts operations on numbers as `ncd_cat.cost` does; a block's is that of all in it.

>>> from ncd_cat import architectures
>>> diagram = architectures.diagram("mlp")
>>> [facts_of(diagram)[key] for key in ("work", "parameters")]
['2 130', '188']
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ncd_cat.costs.node import Tally, representative, sum_of
from ncd_cat.diagram.boxes import Operation
from ncd_cat.diagram.diagram import Diagram
from ncd_cat.diagram.inner import Inner
from ncd_cat.diagram.net import Net
from ncd_cat.draw.web.pieces import said
from ncd_cat.errors import NcdError
from ncd_cat.graph import Input, Weight
from ncd_cat.sizes import Size, product

Keys = tuple[str, ...]


def facts_of(diagram: Diagram) -> dict[str, str]:
    """The work and the parameters of a box, or of a whole diagram; nothing of one that has no meaning here."""
    try:
        graph = diagram.graph.live()
    except NcdError:
        return {}
    tally = Tally({})
    counted = {representative(n): n for n in reversed(graph.nodes()) if not isinstance(n.op, Input)}
    work = sum_of([tally.work(n) for n in counted.values()])
    learned = sum_of([product(n.sizes) for n in graph.nodes() if isinstance(n.op, Weight)])
    found = {"work": work, "parameters": learned}
    return {key: spelled(size) for key, size in found.items() if size != 0}


def spelled(size: Size) -> str:
    """A size as it is read: thousands apart.

    >>> spelled(1234567)
    '1 234 567'
    """
    return f"{size:,}".replace(",", " ") if isinstance(size, int) else said(str(size))


def weights_read(diagram: Diagram, given: Sequence[Keys | None] = ()) -> dict[int, Keys]:
    """By the id of each box of a diagram, inside of its blocks too: the keys of the weights that it reads.

    `given` says for each input which weights it is made of; None is one that depends on more than weights.
    """
    net = Net.of(diagram)
    made: dict[int, Keys | None] = dict(zip(net.ins, given or [None] * len(net.ins), strict=True))
    found: dict[int, Keys] = {}
    for step in net.steps:
        taken = [made[wire] for wire in step.ins]
        read = tuple(dict.fromkeys([key for keys in taken for key in keys or ()]))
        constant = None not in taken and isinstance(step.box, Operation)
        own = tuple([op.key for op in step.box.data[0] if isinstance(op, Weight)]) if isinstance(step.box, Operation) else ()
        made |= dict.fromkeys(step.outs, (*read, *own) if constant else None)
        if isinstance(step.box, Inner) and len(step.box.arg.dom) == len(taken):
            found |= weights_read(step.box.arg, taken)
        if read and not constant:
            found[id(step.box)] = read
    return found


def relative(keys: Keys, path: Sequence[str]) -> list[str]:
    """Keys without the path of the block that they are in, a dot for it."""
    start = ".".join(path) + "."
    return [said(key.removeprefix(start[:-1]) if path and key.startswith(start) else key) for key in keys]


def typed(box: Any) -> str:
    """The type of a box."""
    return said(f"{box.dom} → {box.cod}")
