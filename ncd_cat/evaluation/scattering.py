"""The plan of a sum by place, out[p, r] = Σ_s [i[p, s] = r] · x[p, s]: what the index does not depend on is a column of rows.

So the gradient of a table (n, d) sorts the tokens once, and adds rows of d entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from ncd_cat.evaluation.guards import Factor
from ncd_cat.evaluation.machine import Machine, Shape, Step, broadcast, follow, ints, permute
from ncd_cat.evaluation.reading import read_whole
from ncd_cat.ops.scatter import Scatter, scattered
from ncd_cat.signature import Kind


def plan_scatter(op: Scatter, factors: Sequence[Factor], degree: Shape, kind: Kind) -> tuple[Step, Shape]:
    """The step that computes it over `degree`, and the shape that it stores."""
    bounds, rank, (size,) = ints(op.bounds), len(degree), ints((op.size,))
    (read_x, over_x), (read_i, over_i) = [read_whole(f, degree + bounds) for f in factors]
    shape = tuple([max(n, m) for n, m in zip(over_x[:rank], over_i[:rank], strict=True)])
    blocks = [k for k in range(rank) if over_i[k] > 1]
    columns = [k for k in range(rank) if k not in blocks]
    summed = range(rank, rank + len(bounds))
    rows = (prod(shape[k] for k in blocks), prod(bounds), prod(shape[k] for k in columns))
    move_x = read_x + broadcast(over_x, shape + bounds) + permute([*blocks, *summed, *columns])
    move_i = read_i + broadcast(over_i, over_i[:rank] + bounds) + permute([*blocks, *summed, *columns])
    made = (*[shape[k] for k in blocks], size, *[shape[k] for k in columns])
    order = [*blocks, rank, *columns]
    back = permute([order.index(k) for k in range(rank + 1)])

    def run(m: Machine, xs: Sequence[Any]) -> Any:
        x = m.xp.reshape(m.cast(follow(move_x, m, xs[0]), kind), rows)
        index = m.xp.reshape(m.cast(follow(move_i, m, xs[1]), "int"), rows[:2])
        return follow(back, m, m.xp.reshape(scattered(m.xp, x, index, size), made))

    return run, (*shape, size)
