"""How long drawing takes: chains of many boxes with copies and sums, and deep GPT-2s, beside DisCoPy's own drawing of the same diagram.

    python benchmarks/drawing.py [BOXES ...]

Ours is the whole way from the diagram to the text of an SVG, all boxes open, a wire for each axis; DisCoPy's is its layout and
its drawing on Matplotlib, a wire for each tensor, as SVG.  Each is timed once, in a process of its own that has drawn a small diagram
before, and is stopped after half a minute.  Source: DisCoPy, arXiv 2005.02975.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

BOXES = (100, 1_000, 10_000)
LAYERS = (12, 48)
SECONDS = 30.0
LIMIT = "limit"


def chain(boxes: int) -> Any:
    """x ↦ relu(x) + softmax(x), again and again: a copy, two functions and a sum, four boxes each time."""
    import ncd_cat as ncd

    def walked(x: Any) -> Any:
        for _ in range(boxes // 4):
            x = ncd.add(ncd.relu(x), ncd.softmax(x, "d"))
        return x

    return ncd.diagram("q d", q=4, d=5)(walked)


def gpt2(layers: int) -> Any:
    """The blocks of a GPT-2, so many of the same after one another, each with weights of its own."""
    from ncd_cat import architectures

    block = architectures.diagram("gpt2-block")
    found = block
    for _ in range(layers - 1):
        found = found >> block
    return found


FAMILIES = {"chain": chain, "gpt2": gpt2}


def ours(diagram: Any) -> None:
    """The text of the SVG, nothing folded."""
    from ncd_cat.draw import draw

    draw(diagram, fold=0)


def discopy(diagram: Any) -> None:
    """DisCoPy's SVG of as many boxes."""
    from ncd_cat.diagram.levels import shown

    with tempfile.TemporaryDirectory() as folder:
        diagram.draw(Path(folder, "drawing.svg"), discopy=True, most=shown(diagram))


SIDES = {"ours": ours, "discopy": discopy}


def work(side: str, family: str, n: int) -> None:
    """Print the seconds of one drawing; a small one before it only warms up."""
    SIDES[side](chain(4))
    diagram = FAMILIES[family](n)
    start = time.perf_counter()
    SIDES[side](diagram)
    print(time.perf_counter() - start)


def seconds(side: str, family: str, n: int) -> float | None:
    """The same, in a fresh process; None beyond the limit of time, or of recursion."""
    command = [sys.executable, __file__, side, family, str(n)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return None
    return None if done.returncode else float(done.stdout.split()[-1])


def line(family: str, n: int) -> str:
    """One line of the table."""
    from ncd_cat.diagram.levels import shown

    boxes = shown(FAMILIES[family](n))
    mine, other = seconds("ours", family, n), seconds("discopy", family, n)
    cells = [LIMIT if t is None else f"{t:.3f}" for t in (mine, other)]
    ratio = f"{other / mine:.1f}" if mine and other else f"> {SECONDS / mine:.0f}" if mine else "–"
    return f"{family:8s}{n:7d}{boxes:8d}{cells[0]:>10s}{cells[1]:>11s}{ratio:>14s}"


def main(boxes: Sequence[int]) -> None:
    """Print the table."""
    print(f"{'':8s}{'n':>7s}{'boxes':>8s}{'ours s':>10s}{'DisCoPy s':>11s}{'DisCoPy/ours':>14s}")
    for family, sizes in (("chain", boxes), ("gpt2", LAYERS)):
        for n in sizes:
            print(line(family, n), flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in SIDES:
        work(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    else:
        main([int(n) for n in sys.argv[1:]] or BOXES)
