"""The U-Net: features of each scale are saved on the way down, and each is loaded once on the way up, beside what comes from below.

Down, two convolutions C_λ ➤R➤ and the greatest entry of each 2×2 window; up, the transpose of such windows, which doubles the
image, and two convolutions of both.  A tensor that is saved has to be loaded: figure 27 draws the steps up for C₄, C₃ and C₂
only, and the check of its memory says that C₁ is forgotten.  The original has a fourth step for it, and half of the figure's
channels.  Sources: figure 27 of arXiv 2402.05424; Ronneberger, Fischer and Brox, arXiv 1505.04597.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from ncd_cat.architectures import at
from ncd_cat.axes import Axis
from ncd_cat.diagram import Diagram, Ty
from ncd_cat.language import Wire, concat, conv, conv_transpose, max_pool, relu, ty
from ncd_cat.language.family import Family
from ncd_cat.memory import Memory, memory
from ncd_cat.sizes import Size, symbol


def double(width: Size, name: str) -> Family:
    """★3 to a width ➤R➤ ★3 ➤R➤, the image kept."""
    first, second = (conv("x", "c", Axis("c", width), kernel=3, padding="same", name=f"{name}.{k}") for k in (0, 2))
    return (first >> relu >> second >> relu).block(name)  # type: ignore[no-any-return]


def down(x: Wire, widths: Sequence[Size], saved: Memory[Wire]) -> Wire:
    """The steps down: two convolutions, saved as C1, C2, …, and the greatest entry of each window."""
    for i, width in enumerate(widths):
        x = double(width, f"down.{i}")(x)
        saved.save(f"C{i + 1}", x)
        x = max_pool(x, "x", 2)
    return x


def up(x: Wire, widths: Sequence[Size], saved: Memory[Wire], steps: int) -> Wire:
    """The steps up: the image doubled, and in the first `steps` of them what was saved put beside it, and two convolutions."""
    for i, width in reversed(list(enumerate(widths))):
        x = conv_transpose(x, "x", "c", Axis("c", width), kernel=2, stride=2, name=f"up.{i}")
        if i >= len(widths) - steps:
            x = double(width, f"join.{i}")(concat(x, saved.load(f"C{i + 1}"), axis="c"))
    return x


def unet(image: Ty, widths: Sequence[Size] = (64, 128, 256, 512), bottom: Size = 1024, classes: Size = 2, steps: int = 4) -> Diagram:
    """(b c x̄) → (b y x̄): down, two convolutions at the bottom, up, and ★1.

    Raises TypeMismatch, naming what was forgotten, if there are fewer steps up than down: `steps=3` is figure 27 as it is drawn.
    """

    def network(x: Wire) -> Wire:
        with memory() as saved:
            x = up(double(bottom, "middle")(down(x, widths, saved)), widths, saved, steps)
        return conv(x, "x", "c", Axis("y", classes), kernel=1, name="last")  # type: ignore[no-any-return]

    return Family("unet", 1, network).at(image)  # type: ignore[no-any-return]


def symbolic() -> Diagram:
    """The U-Net: images are halved four times and doubled four times, each joined by the one of its size on the way down."""
    *widths, bottom = (symbol(f"c_{i}") for i in (1, 2, 3, 4, 5))
    return unet(ty("b c x...", x=[16 * symbol(name) for name in ("x_0", "x_1")]), widths, bottom, symbol("y"))


def table() -> dict[str, Callable[[], Diagram]]:
    """The architectures of this file by name."""
    sizes = {"b": 2, "c": 1, "x_0": 1, "x_1": 2, "c_1": 2, "c_2": 3, "c_3": 4, "c_4": 3, "c_5": 5, "y": 3}
    return {"unet": partial(at, symbolic, **sizes), "unet-symbolic": symbolic}
