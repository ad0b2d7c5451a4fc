"""The figures of arXiv 2402.05424 that are built in, in its order, each with what it says.

>>> [figure.number for figure in FIGURES][:3]
['Section 2.3', 'Figure 8', 'Figure 9']
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from docs.drawn.built_in import written
from docs.drawn.pictures import Picture, picture
from ncd_cat import architectures, ty
from ncd_cat.diagram import Box, Diagram


def composite() -> Diagram:
    """(3), (4 2), (6) → (1 2): id × f, then g, of which nothing is known but their types."""
    f = Box("f", ty("a:4 b:2, c:6"), ty("d:3 e:3"))
    g = Box("g", ty("i:3, d:3 e:3"), ty("j:1 k:2"))
    return Diagram.id(ty("i:3")) @ f >> g  # type: ignore[no-any-return]


OWN: Mapping[str, Callable[[], Diagram]] = MappingProxyType({"composite": composite})  # figures of what is no architecture


def diagram(name: str) -> Diagram:
    """The diagram of that name, of a figure or an architecture."""
    return OWN[name]() if name in OWN else architectures.diagram(name)  # type: ignore[no-any-return]


def code(name: str) -> str:
    """How it is written."""
    return written(OWN[name] if name in OWN else architectures._entry(name))


@dataclass(frozen=True)
class Figure:
    """A figure: one architecture, or several that the figure holds against each other."""

    number: str
    title: str
    says: str
    names: tuple[str, ...]
    equal: bool = False
    options: dict[str, Any] = field(default_factory=dict)

    def pictures(self) -> list[Picture]:
        """Its pictures, drawn."""
        return [picture(f"figure-{name}", f"{self.number}, {name}", diagram(name), **self.options) for name in self.names]


SIZES = {"names": "sizes"}
LINES = {"width": 1100}
SCALES = {"width": 1100, "scales": True, "heading": "UNet"}
FIGURES = (
    Figure("Section 2.3", "A wire for each axis", "Wires with nothing between them are one array; a dashed line parts those of a tuple.",
           ("composite",), options=SIZES),
    Figure("Figure 8", "Indexes", "⟨2| along the first axis of a matrix gives a row.", ("index",), options=SIZES),
    Figure("Figure 9", "Subtensors", "Two indexes along two axes, in either order or at once: they interchange.",
           ("subtensor", "subtensor-reversed", "subtensor-at-once"), True, SIZES),
    Figure("Figure 10", "Broadcasting", "G acts on each row, an axis runs past it; an index along that axis may come after G, or before.",
           ("broadcast", "broadcast-entry", "broadcast-entry-first")),
    Figure("Figure 11", "Inner broadcasting", "The axis runs past one part of the tuple only; the other part serves each index of it.",
           ("inner-broadcast", "inner-broadcast-entry", "inner-broadcast-entry-first")),
    Figure("Figure 12", "Elementwise functions", "A function of one number, at every entry: an arrow over the wires.", ("elementwise",)),
    Figure("Utility morphisms", "Adding and copying",
           "Sums meet in dots with a plus, copies fan out from dots; a tuple of arrays is added or copied wire by wire.",
           ("addition", "copying", "distribution", "outer-sum", "sum-of-arrays", "sum-of-tuples", "sum-to-rows", "copy-of-arrays",
            "copy-of-tuples")),
    Figure("Figure 17", "Implementation", "The scores of attention step by step, and as the one contraction that they are.",
           ("scores-stepwise", "scores"), True),
    Figure("Figure 18", "Graphical linear algebra: the associated transpose", "A wire that bends back turns F : a → b c into Fᵀ : b a → c.",
           ("transpose-left", "transpose-right"), True),
    Figure("Figure 18", "Graphical linear algebra: a snake is straight", "A cap, then a cup: the wire is pulled straight.",
           ("snake-left", "snake-right"), True),
    Figure("Figure 18", "Graphical linear algebra: a snake between two maps", "G then H is G beside Hᵀ, then a cup.",
           ("snake-between-left", "snake-between-right"), True),
    Figure("Figure 18", "Graphical linear algebra: linear maps slide", "An outer product after two linear maps is one before them.",
           ("slide-left", "slide-right"), True),
    Figure("Figure 19", "A classifier of images", "An image as one axis, two layers with relu, one more, and a softmax.", ("classifier",)),
    Figure("Figure 20", "Scaled dot-product attention",
           "Each dashed line ends where two tensors become one; the first cup sums over d, the triangle normalises over the keys k.",
           ("attention",)),
    Figure("Figure 21", "Multi-head attention", "The heads h are merged in dots, twice: along them everything is diagonal.",
           ("cross-attention", "self-attention")),
    Figure("Figure 22", "The transformer", "Copies run past what they are added to. The figure is rebuilt from its description.",
           ("transformer-encoder-layer", "transformer-decoder-layer"), options=LINES),
    Figure("Figures 23 to 25", "Convolution", "A window makes of each image axis a place and an offset; a linear map reads the offsets.",
           ("convolution", "convolution-windowed")),
    Figure("Figure 26", "The identity ResNet",
           "Residual paths that nothing interrupts, past bottlenecks of convolutions.", ("resnet",), options=LINES),
    Figure("Figure 27", "The U-Net",
           "What each scale saves on the way down is joined, in a bar, to what comes back up.", ("unet-symbolic",), options=SCALES),
    Figure("Figure 27", "The U-Net, step by step", "The same without brackets: what is saved is a wire to where it is loaded.", ("unet",),
           options=LINES),
    Figure("Figure 28", "Visual attention", "Attention whose learned maps read windows of images.", ("visual-attention-symbolic",)),
)  # fmt: skip
