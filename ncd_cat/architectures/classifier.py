"""A classifier of images: L₊ ⨾ R ⨾ L₊ ⨾ R ⨾ L₊ ⨾ softmax of the image as one axis, where R is relu of every entry.

Source: figure 19 of arXiv 2402.05424.  Weights are called as in the `torch.nn.Sequential` of the same layers.

>>> print(classifier())
1 >> relu >> 3 >> relu >> 5 >> softmax(k)
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ncd_cat.architectures import at
from ncd_cat.diagram import Diagram
from ncd_cat.language import linear, merge, relu, softmax, ty


def classifier() -> Diagram:
    """(x̄) → (k): the probabilities of k classes, given an image, through two hidden layers of n units."""
    image = merge("(x.0 x.1) -> m")
    return (image >> linear("m", "n", name="1") >> relu >> linear("n", "n", name="3") >> relu >> linear("n", "k", name="5")  # type: ignore[no-any-return]
            >> softmax("k")).at(ty("x..."))  # fmt: skip


def table() -> dict[str, Callable[[], Diagram]]:
    """The architectures of this file by name."""
    return {"classifier": partial(at, classifier, x_0=28, x_1=28, n=512, k=10), "classifier-symbolic": classifier}
