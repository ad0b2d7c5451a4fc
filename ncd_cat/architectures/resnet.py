"""The identity ResNet: x ↦ x + f(x) many times, f a bottleneck of convolutions that begins with a norm, so that a path is free.

A block halves the image in its first step, whose other path is a convolution too, as no identity changes the type.  A window of
one place and an affine map is a 1×1 convolution, with a stride where it skips places.  Batch norm has learned statistics, which
makes it affine in each channel: nothing mixes the images of a batch.  Sources: figure 26 of arXiv 2402.05424; He et al.,
arXiv 1603.05027.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from ncd_cat.architectures import at
from ncd_cat.architectures.transformer import residual
from ncd_cat.axes import Axis
from ncd_cat.diagram import Diagram, Ty
from ncd_cat.language import add, batch_norm, conv, copy, linear, mean, relu, softmax, ty
from ncd_cat.language.family import Family
from ncd_cat.loops import iterate
from ncd_cat.sizes import Size, symbol
from ncd_cat.weights import prefixed


def normal(k: int) -> Family:
    """Batch norm, broadcast over the image, ➤R➤."""
    return batch_norm("n", name=f"norm{k}") >> relu  # type: ignore[no-any-return]


def star(width: Size, kernel: int, *, name: str, stride: int = 1) -> Family:
    """★: n → width, the image kept at stride 1."""
    return conv("x", "n", Axis("n", width), kernel=kernel, stride=stride, padding="same", name=name)  # type: ignore[no-any-return]


def bottleneck(narrow: Size, stride: int = 1) -> Family:
    """★1 to a narrow width, ★3 in it, ★1 to four times that width, with norms between."""
    inside = star(narrow, 1, stride=stride, name="conv1") >> normal(2) >> star(narrow, 3, name="conv2") >> normal(3)
    return inside >> star(4 * narrow, 1, name="conv3")


def first(narrow: Size, stride: int) -> Family:
    """The step that changes the width, and the image by the stride, on both of its paths."""
    shortcut = star(4 * narrow, 1, stride=stride, name="shortcut")
    return normal(1) >> copy() >> bottleneck(narrow, stride) @ shortcut >> add()  # type: ignore[no-any-return]


def block(image: Ty, narrow: Size, stride: int, steps: int) -> Diagram:
    """A step that changes the type, and steps − 1 residual ones that keep it."""
    begin = first(narrow, stride).at(image)
    keep = residual(normal(1) >> bottleneck(narrow)).at(begin.cod)
    return prefixed(begin, "first.").block("first") >> iterate(keep, steps - 1, name="rest")  # type: ignore[no-any-return]


def resnet(image: Ty, stem: Size = 16, narrow: Sequence[Size] = (16, 32, 64), steps: int = 3, classes: Size = 10) -> Diagram:
    """(b n x̄) → (b y): ★3, blocks of which all but the first halve the image, norm, mean over the image, L₊, softmax."""
    body = star(stem, 3, name="stem").at(image)
    for i, width in enumerate(narrow):
        found = prefixed(block(body.cod, width, 2 if i else 1, steps), f"blocks.{i}.")
        body = body >> found.block(f"blocks.{i}")
    head = batch_norm("n", name="norm") >> relu >> mean("x") >> linear("n", Axis("y", classes), name="classify") >> softmax("y")
    return body >> head  # type: ignore[no-any-return]


def symbolic(steps: int = 2) -> Diagram:
    """The identity ResNet: residual bottlenecks that begin with a norm, in three blocks, the image halved between them."""
    stem, *narrow = (symbol(name) for name in "mpqr")
    image = ty("b n:c x...", x=[4 * symbol(name) for name in ("x_0", "x_1")])
    return resnet(image, stem, narrow, steps)


def table() -> dict[str, Callable[[], Diagram]]:
    """The architectures of this file by name."""
    return {"resnet": partial(at, symbolic, b=2, c=5, x_0=2, x_1=3, m=4, p=2, q=3, r=2), "resnet-symbolic": symbolic}
