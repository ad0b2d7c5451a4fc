"""Labels again after a long run, where nothing but straight wires is.

Source: in the figures of arXiv 2402.05424 a size is repeated only where it changes or after a long run.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict

from ncd_cat.draw.cutting import gaps
from ncd_cat.draw.labels import width
from ncd_cat.draw.marks import Label, Picture

LONG, AHEAD = 700.0, 150.0  # how far a label is seen, and how soon before the next one none is needed


def repeat_labels(picture: Picture) -> None:
    """Add labels to wires that run on for long without one, in columns where no glyph, curve or word is."""
    labels: dict[int, list[Label]] = defaultdict(list)
    for label in sorted(picture.labels, key=lambda label: label.x):
        labels[label.strand].append(label)
    columns = list(gaps(picture))
    for run in picture.runs:
        known = labels[run.strand]
        k = bisect_left(known, run.x0 + 40, key=lambda label: label.x)
        if not k or run.x1 - known[k - 1].x < LONG + AHEAD:
            continue
        text, last = known[k - 1].text, known[k - 1].x
        stop = min(run.x1, known[k].x if k < len(known) else run.x1) - AHEAD
        for left, right in columns[bisect_left(columns, (max(run.x0, last + LONG), 0.0)) :]:
            if right > stop:
                break
            if left - last >= LONG and right - left > width(text, 14) + 10:
                picture.labels.append(Label(run.strand, run.track, (left + right - width(text, 14)) / 2, text))
                last = left


__all__ = ["repeat_labels"]
