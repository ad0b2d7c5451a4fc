"""Learned boxes: functions with weights, which have names; what is drawn bold.  Each is a block of the diagram it is in.

The weights are called and laid out as PyTorch's modules do: `linear("m", "h d", name="Q")` reads "Q.weight" (h·d, m) and
"Q.bias" (h·d), several axes merged in row-major order.  Source: the bold boxes L and their subscript + of arXiv 2402.05424.

>>> from ncd_cat.language.types import ty
>>> heads = linear("m", "h:4 d", name="Q", bias=False).at(ty("b t m"))
>>> print(heads.cod, [(key, *n.sizes) for key, n in heads.graph.weights().items()])
float32[b t h:4 d] [('Q.weight', 4*d, m)]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ncd_cat.axes import Axis, identity
from ncd_cat.errors import TypeMismatch
from ncd_cat.graph import Value, Weight, source
from ncd_cat.language.family import Family, within
from ncd_cat.language.shaping import counts, merge, paddings, split
from ncd_cat.language.types import AxesLike, axes_of, one_axis
from ncd_cat.language.verbs import verb
from ncd_cat.language.wire import Number, Wire, place, places, scalar, typed, wired
from ncd_cat.ops import convolution as convolutions
from ncd_cat.ops import indexing, layout, norm
from ncd_cat.ops import transposed as transposes
from ncd_cat.ops.contraction import add, contraction, term
from ncd_cat.scalars import ONE
from ncd_cat.sizes import Size, divide, product


def weight(key: str, axes: AxesLike) -> Family:
    """The parameter of that name, an array with these axes: a variable of every claim."""
    named = axes_of(axes)
    value = source(Weight(key), tuple([a.size for a in named]))
    return Family(f"weight({key!r}, {' '.join(map(str, named))})", 0, lambda: Wire(value, typed(named, "float32", f"weight {key}")))


@verb()
def linear(x: Wire, into: AxesLike, out: AxesLike, *, name: str, bias: bool = True) -> Wire:
    """L: the axes `into` of x become the axes `out`, which come last; the other axes are broadcast over.

    Weights: `name.weight` (Π out, Π into) and `name.bias` (Π out).  Raises TypeMismatch if x lacks an axis.
    """
    return _named(name, "linear", lambda y: _linear(y, _spec(into), axes_of(out), name, bias), x)


@verb()
def bias(x: Wire, axes: str, *, name: str) -> Wire:
    """x plus the weight `name`, which has the named axes of x and is broadcast over the others."""
    at = places(x, axes, "bias")
    b = source(Weight(name), tuple([x.axes[k].size for k in at]))
    return x.like(add(x.value, layout.place(b, at, x.value.sizes)))


@verb()
def embedding(x: Wire, rows: AxesLike, out: AxesLike, *, name: str) -> Wire:
    """The rows of the weight `name.weight` (rows, *out) at the integers x; the axes `out` come last."""
    n, new = one_axis(rows, f"embedding {name}"), axes_of(out)
    if x.type.kind != "int":
        raise TypeMismatch(f"embedding {name}: {x.type} are no integers; rows are looked up by number")
    table = source(Weight(f"{name}.weight"), (n.size, *[a.size for a in new]))
    return _named(name, "embedding", lambda y: wired(indexing.embedding(table, y.value), (*y.axes, *new), y), x)


@verb()
def layer_norm(x: Wire, axes: str, *, name: str = "", eps: Number = 1e-5, bias: bool = True) -> Wire:
    """x shifted and scaled to mean 0 and mean square 1 along axes, times `name.weight` plus `name.bias`; without a name, unscaled."""
    return _normed(x, axes, name, norm.LayerNorm, eps, bias)


@verb()
def rms_norm(x: Wire, axes: str, *, name: str = "", eps: Number = 1e-6) -> Wire:
    """x scaled to mean square 1 along axes, times `name.weight`; without a name, unscaled."""
    return _normed(x, axes, name, norm.RMSNorm, eps, False)


@verb()
def batch_norm(x: Wire, channel: str, *, name: str, over: str = "", eps: Number = 1e-5) -> Wire:
    """Batch norm of x: each channel shifted and scaled by `name.running_mean` and `name.running_var`, then by weight and bias.

    With `over`, the mean and the variance are those of x over the axes named, as in training.
    """
    return _named(name, "batch_norm", lambda y: _batch_norm(y, channel, name, over, eps), x)


@verb()
def group_norm(x: Wire, channel: str, groups: int, over: str = "", *, name: str = "", eps: Number = 1e-5, bias: bool = True) -> Any:
    """Layer norm of each of the groups into which the channels are cut, with the axes `over`, such as the positions of an image.

    Then each channel is scaled by `name.weight` and shifted by `name.bias`; without a name, it is not.
    """
    parts, k = ("g''", "w''"), place(x, channel, f"group_norm {name}")
    if divide(x.axes[k].size, groups) is None:
        raise TypeMismatch(f"group_norm {name}: {x.axes[k]} does not split into {groups} groups")

    def build(y: Wire) -> Wire:
        cut = split(y, f"{channel} -> ({' '.join(parts)})", **{parts[0]: groups})
        normal = merge(layer_norm(cut, f"{parts[1]} {over}", eps=eps), f"({' '.join(parts)}) -> {channel}")
        return _per_channel(normal, k, name, bias)

    return within(name, build, x) if name else build(x)


@verb()
def instance_norm(x: Wire, channel: str, over: str, *, name: str = "", eps: Number = 1e-5, bias: bool = True) -> Any:
    """Layer norm of each channel over the axes `over`, scaled by `name.weight` and shifted by `name.bias`; without a name, unscaled."""
    k = place(x, channel, f"instance_norm {name}")

    def build(y: Wire) -> Wire:
        return _per_channel(layer_norm(y, over, eps=eps), k, name, bias)

    return within(name, build, x) if name else build(x)


@verb()
def conv(x: Wire, axis: str, into: str, out: AxesLike, *, kernel: int | Sequence[int], name: str, stride: Any = 1, dilation: Any = 1,
         padding: Any = 0, groups: int = 1, bias: bool = True) -> Wire:  # fmt: skip
    """★: a window along an axis, or the axes of a bundle, and L over window and channels `into`, which become the channels `out`.

    Weights: `name.weight` (out, into / groups, *kernel) and `name.bias` (out).  `padding` is a number, a pair, or "same".
    """
    build = lambda y: _conv(y, axis, into, out, kernel, name, stride, dilation, padding, groups, bias)  # noqa: E731
    return _named(name, "conv", build, x)


@verb()
def conv_transpose(x: Wire, axis: str, into: str, out: AxesLike, *, kernel: int | Sequence[int], name: str, stride: Any = 1,
                   dilation: Any = 1, padding: Any = 0, output_padding: Any = 0, groups: int = 1, bias: bool = True) -> Wire:  # fmt: skip
    """★ᵀ: the transpose of a convolution from the channels `out` to `into`; entries are spread over windows, which add up.

    Weights: `name.weight` (into, out / groups, *kernel) and `name.bias` (out).  An axis of size n becomes one of size
    stride·(n − 1) + dilation·(kernel − 1) + 1 − 2·padding + output_padding.

    >>> from ncd_cat.language.types import ty
    >>> print(conv_transpose("x", "c", "o:4", kernel=2, stride=2, name="up").at(ty("c:8 x...:5")).cod)
    float32[o:4 x.0:10 x.1:10]
    """
    options = {"kernel": kernel, "stride": stride, "dilation": dilation, "padding": padding, "output_padding": output_padding}
    build = lambda y: _conv_transpose(y, axis, into, out, name, groups, bias, options)  # noqa: E731
    return _named(name, "conv_transpose", build, x)


def _named(name: str, verb: str, build: Callable[[Wire], Wire], x: Wire) -> Wire:
    """What a learned box does to a wire, as a block of its name.  Raises TypeMismatch if it has none."""
    if not isinstance(name, str) or not name:
        raise TypeMismatch(f"{verb}: name=… says what its weights are called, such as name.weight; it is a text, not {name!r}")
    found: Wire = within(name, build, x)
    return found


def _spec(axes: AxesLike) -> str:
    return axes if isinstance(axes, str) else " ".join([a.name for a in axes_of(axes)])


def _linear(x: Wire, into: str, out: tuple[Axis, ...], name: str, bias: bool) -> Wire:
    consumed = places(x, into, f"linear {name}")
    kept = [k for k in range(len(x.axes)) if k not in consumed]
    rest, read = [x.axes[k] for k in kept], [x.axes[k] for k in consumed]
    own, bounds = tuple([a.size for a in (*rest, *out)]), tuple([a.size for a in read])
    rows, columns = product([a.size for a in out]), product(bounds)
    w = source(Weight(f"{name}.weight"), (rows, columns))
    place = {k: j for j, k in enumerate([*kept, *[-1] * len(out), *consumed]) if k >= 0}
    of_x = tuple([identity([n], place[k])[0] for k, n in enumerate(x.value.sizes)])
    of_w = (layout.merged(len(rest), own[len(rest) :]), layout.merged(len(own), bounds))
    y = Value.of(contraction([term(ONE, bounds, [(x.value, of_x), (w, of_w)], sizes=own)], own))
    if bias:
        b = source(Weight(f"{name}.bias"), (rows,)).at((layout.merged(0, own[len(rest) :]),), own[len(rest) :])
        y = add(y, layout.spread(b, own[: len(rest)]))
    return x.like(y, (*rest, *out))


def _conv(x: Wire, axis: str, into: str, out: AxesLike, kernel: Any, name: str, stride: Any, dilation: Any, padding: Any, groups: int,
          bias: bool) -> Wire:  # fmt: skip
    over, channel, new = places(x, axis, f"conv {name}"), place(x, into, f"conv {name}"), one_axis(out, f"conv {name}")
    if channel in over:
        raise TypeMismatch(f"conv {name}: axis {into} of {x.type} holds the channels, the window is along another axis")
    sizes, steps, spans = (counts(given, len(over), f"conv {name}: the {what}") for given, what in
                           ((kernel, "kernel"), (stride, "stride"), (dilation, "dilation")))  # fmt: skip
    pads = convolutions.same_padding(sizes, spans) if padding == "same" else paddings(padding, len(over))
    inputs = divide(x.axes[channel].size, groups)
    if inputs is None:
        raise TypeMismatch(f"conv {name}: {x.axes[channel]} does not split into {groups} groups")
    w = source(Weight(f"{name}.weight"), (new.size, inputs, *sizes))
    b = source(Weight(f"{name}.bias"), (new.size,)) if bias else None
    moved = layout.last(x.value, [channel, *over])
    y = layout.unlast(convolutions.convolution(moved, w, b, stride=steps, padding=pads, dilation=spans, groups=groups), [channel, *over])
    names = [new.name if k == channel else a.name for k, a in enumerate(x.axes)]
    return x.like(y, tuple([Axis(a, n) for a, n in zip(names, y.sizes, strict=True)]))


def _conv_transpose(x: Wire, axis: str, into: str, out: AxesLike, name: str, groups: int, bias: bool, options: dict[str, Any]) -> Wire:
    verb = f"conv_transpose {name}"
    over, channel, new = places(x, axis, verb), place(x, into, verb), one_axis(out, verb)
    if channel in over:
        raise TypeMismatch(f"{verb}: axis {into} of {x.type} holds the channels, the window is along another axis")
    given = {key: counts(n, len(over), f"{verb}: the {key.replace('_', ' ')}") for key, n in options.items()}
    outputs = divide(new.size, groups)
    if outputs is None:
        raise TypeMismatch(f"{verb}: {new} does not split into {groups} groups")
    w = source(Weight(f"{name}.weight"), (x.axes[channel].size, outputs, *given.pop("kernel")))
    b = source(Weight(f"{name}.bias"), (new.size,)) if bias else None
    moved = layout.last(x.value, [channel, *over])
    y = layout.unlast(transposes.transposed_convolution(moved, w, b, groups=groups, **given), [channel, *over])
    names = [new.name if k == channel else a.name for k, a in enumerate(x.axes)]
    return x.like(y, tuple([Axis(a, n) for a, n in zip(names, y.sizes, strict=True)]))


def _normed(x: Wire, axes: str, name: str, op: type[norm.Norm], eps: Number, bias: bool) -> Wire:
    over = places(x, axes, op.__name__)
    sizes = tuple([x.axes[k].size for k in over])

    def build(y: Wire) -> Wire:
        w = source(Weight(f"{name}.weight"), sizes) if name else None
        b = source(Weight(f"{name}.bias"), sizes) if name and bias else None
        moved = layout.last(y.value, over)
        centred = op is norm.LayerNorm
        found = norm.layer_norm(moved, len(over), w, b, scalar(eps)) if centred else norm.rms_norm(moved, len(over), w, scalar(eps))
        return y.like(layout.unlast(found, over))

    named: Wire = within(name, build, x) if name else build(x)
    return named


def _per_channel(y: Wire, k: int, name: str, bias: bool) -> Wire:
    """y times `name.weight` plus `name.bias`, each with an entry for each channel; y itself without a name."""
    w, b = (source(Weight(f"{name}.{part}"), (y.axes[k].size,)) for part in ("weight", "bias"))
    return y.like(norm.scaled(y.value, w, b if bias else None, (k,), name)) if name else y


def _batch_norm(x: Wire, channel: str, name: str, over: str, eps: Number) -> Wire:
    k = place(x, channel, f"batch_norm {name}")
    n: Size = x.axes[k].size
    w, b = (source(Weight(f"{name}.{part}"), (n,)) for part in ("weight", "bias"))
    if not over:
        m, v = (source(Weight(f"{name}.running_{part}"), (n,)) for part in ("mean", "var"))
        return x.like(norm.batch_norm(x.value, m, v, w, b, scalar(eps), k))
    pooled = places(x, over, f"batch_norm {name}")
    moved = layout.last(x.value, pooled)
    normal = layout.unlast(norm.layer_norm(moved, len(pooled), None, None, scalar(eps)), pooled)
    return x.like(norm.scaled(normal, w, b, (k,), f"batch norm {name}"))
