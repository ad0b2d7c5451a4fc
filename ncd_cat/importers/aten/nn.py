"""Neural operators: softmax, norms and attention, in the builders of `ncd_cat.ops`.

Each is refused, with the reason, in the mode in which it is not a function of its arguments: dropout that draws, and
batch norm that updates its running statistics.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from ncd_cat.axes import Sizes
from ncd_cat.graph import Value
from ncd_cat.importers.aten.arithmetic import combination, times
from ncd_cat.importers.aten.call import Call, Number, exact, family, scalar
from ncd_cat.importers.aten.functions import leaky_relu
from ncd_cat.importers.aten.reductions import centred_variance
from ncd_cat.importers.rearrange import broadcast_sizes, expand, repeat_each
from ncd_cat.ops import attention as attentions
from ncd_cat.ops import layout, norm, softmax
from ncd_cat.ops.contraction import number
from ncd_cat.ops.pointwise import Less, Power
from ncd_cat.scalars import ONE, Scalar

EVAL = "it depends on more than its arguments in training mode; call .eval() on the model before you import it"
MACHINE_EPS = {"float32": 2.0**-23, "float64": 2.0**-52, "float16": 2.0**-10, "bfloat16": 2.0**-7}


def dropout(call: Call, x: Value, p: Number = 0.5, train: bool = False, *args: Any) -> Value:
    if train and p:
        raise call.unsupported("dropout draws random numbers in training mode; call .eval() on the model before you import it")
    return x


def native_dropout(call: Call, x: Value, p: Number, train: bool | None) -> tuple[Value, None]:
    return dropout(call, x, p, train is not False), None


def recurrent(call: Call, *args: Any) -> None:
    """lstm, gru and rnn stay boxes; between layers they drop out in training mode."""
    dropout_p, train = args[-4:-2] if args[-1] in (True, False) else (0.0, False)
    if dropout_p and train:
        raise call.unsupported("it draws random numbers in training mode; call .eval() on the model before you import it")


def random_slope(call: Call, x: Value, low: Number = 1 / 8, high: Number = 1 / 3, training: bool = False, *args: Any) -> Value:
    """rrelu: outside training, leaky relu with the mean slope."""
    if training:
        raise call.unsupported("it draws random slopes in training mode; call .eval() on the model before you import it")
    return leaky_relu(call, x, (low + high) / 2)


def softmax_of(call: Call, x: Value, axis: int, dtype: object = None) -> Value:
    return softmax.softmax(x, axis) if x.sizes else number(1)


def log_softmax_of(call: Call, x: Value, axis: int, dtype: object = None) -> Value:
    return softmax.log_softmax(x, axis) if x.sizes else number(0)


# ---- norms --------------------------------------------------------------------------------------------------------


def layer_norm(
    call: Call, x: Value, shape: Sequence[int], weight: Value | None = None, bias: Value | None = None, eps: Number = 1e-5, *args: Any
) -> Value:
    return norm.layer_norm(x, len(shape), weight, bias, exact(eps))


def layer_norm_with_statistics(
    call: Call, x: Value, shape: Sequence[int], weight: Value | None, bias: Value | None, eps: Number
) -> tuple[Value, Value, Value]:
    """The norm, the mean, and (variance + eps)^(−1/2)."""
    over = range(len(x.sizes) - len(shape), len(x.sizes))
    spread, centre = centred_variance(x, over, 0)
    return layer_norm(call, x, shape, weight, bias, eps), centre, _inverse_root(spread, eps)


def _inverse_root(variance: Value, eps: Number) -> Value:
    return Power(Fraction(-1, 2))(combination([(ONE, variance), (ONE, eps)]))


def rms_norm(call: Call, x: Value, shape: Sequence[int], weight: Value | None = None, eps: Number | None = None) -> Value:
    """RMS norm; without an eps, torch takes the distance from 1 to the next float of the array's type."""
    return norm.rms_norm(x, len(shape), weight, exact(MACHINE_EPS[call.dtype] if eps is None else eps))


def group_norm(
    call: Call, x: Value, groups: int, weight: Value | None = None, bias: Value | None = None, eps: Number = 1e-5, *args: Any
) -> Value:
    return norm.group_norm(x, groups, weight, bias, exact(eps))


def native_group_norm(
    call: Call, x: Value, weight: Value | None, bias: Value | None, n: int, c: int, positions: int, groups: int, eps: Number
) -> tuple[Value, None, None]:
    return norm.group_norm(x, groups, weight, bias, exact(eps)), None, None


def instance_norm(
    call: Call, x: Value, weight: Value | None, bias: Value | None, mean: Value | None, var: Value | None, use_input: bool, *args: Any
) -> Value:
    eps = args[1]
    if use_input:
        return norm.instance_norm(x, weight, bias, exact(eps))
    assert mean is not None and var is not None  # torch demands them
    return norm.batch_norm(x, mean, var, weight, bias, exact(eps))


def batch_norm_of(call: Call, x: Value, weight: Value | None, bias: Value | None, mean: Value | None, var: Value | None,
                  training: bool, momentum: Number, eps: Number, *args: Any) -> Value:  # fmt: skip
    if training and mean is not None:
        raise call.unsupported(EVAL)
    if mean is None or var is None:
        return _over_batch(x, weight, bias, eps)
    return norm.batch_norm(x, mean, var, weight, bias, exact(eps))


def batch_norm_evaluated(call: Call, x: Value, weight: Value | None, bias: Value | None, mean: Value, var: Value,
                         momentum: Number, eps: Number) -> tuple[Value, None, None]:  # fmt: skip
    return norm.batch_norm(x, mean, var, weight, bias, exact(eps)), None, None


def batch_norm_without_statistics(call: Call, x: Value, weight: Value | None, bias: Value | None, training: bool, momentum: Number,
                                  eps: Number) -> tuple[Value, None, None]:  # fmt: skip
    return _over_batch(x, weight, bias, eps), None, None


def training_norm(call: Call, *args: Any, **kwargs: Any) -> Value:
    raise call.unsupported(EVAL)


def _over_batch(x: Value, weight: Value | None, bias: Value | None, eps: Number) -> Value:
    """Each channel (axis 1) normalised over the batch and all positions."""
    over = [k for k in range(len(x.sizes)) if k != 1]
    spread, centre = centred_variance(x, over, 0)
    factors = [combination([(ONE, x), (-ONE, expand(centre, x.sizes))]), expand(_inverse_root(spread, eps), x.sizes)]
    if weight is not None:
        factors.append(layout.place(weight, [1], x.sizes))
    scaled = times(*factors)
    return scaled if bias is None else combination([(ONE, scaled), (ONE, layout.place(bias, [1], x.sizes))])


# ---- attention ----------------------------------------------------------------------------------------------------


def attention(call: Call, q: Value, k: Value, v: Value, mask: Value | None = None, dropout_p: Number = 0.0, is_causal: bool = False,
              *, scale: Number | None = None, enable_gqa: bool = False) -> Value:  # fmt: skip
    if dropout_p:
        raise call.unsupported("attention drops weights at random; call .eval() on the model, or pass dropout_p=0.0")
    if enable_gqa and q.sizes[-3] != k.sizes[-3]:
        k, v = (repeat_each(x, len(x.sizes) - 3, q.sizes[-3] // x.sizes[-3]) for x in (k, v))  # type: ignore[operator]  # integers
    degree = broadcast_sizes([x.sizes[:-2] for x in (q, k, v)] + ([mask.sizes[:-2]] if mask is not None else []))
    q, k, v = (expand(x, (*degree, *x.sizes[-2:])) for x in (q, k, v))
    by = Scalar.of(q.sizes[-1]).power(Fraction(-1, 2)) if scale is None else exact(scale)
    seen = _mask(call, mask, (*degree, q.sizes[-2], k.sizes[-2]))
    return attentions.attention(q, k, v, scale=by, causal=is_causal, mask=seen)


def _mask(call: Call, mask: Value | None, sizes: Sizes) -> Value | None:
    """The mask at the sizes of the scores; None where it hides nothing (all true, or all 0)."""
    if mask is None:
        return None
    given = call.node.args[3] if len(call.node.args) > 3 else call.node.kwargs["attn_mask"]
    boolean = str(given.meta["val"].dtype) == "torch.bool"
    if scalar(mask) == Scalar.of(1 if boolean else 0):
        return None
    if boolean and mask.kind == "real":
        mask = Less()(number(0, mask.sizes), mask)
    return expand(mask, sizes)


TABLE = family({
    "native_dropout.default": native_dropout, "feature_alpha_dropout.default": dropout, "dropout.default": dropout,
    "rrelu.default": random_slope, "alpha_dropout.default": dropout, "feature_dropout.default": dropout, "softmax.int": softmax_of,
    "_softmax.default": softmax_of, "log_softmax.int": log_softmax_of, "_log_softmax.default": log_softmax_of,
    "layer_norm.default": layer_norm, "native_layer_norm.default": layer_norm_with_statistics, "rms_norm.default": rms_norm,
    "group_norm.default": group_norm, "native_group_norm.default": native_group_norm, "instance_norm.default": instance_norm,
    "batch_norm.default": batch_norm_of, "_native_batch_norm_legit_no_training.default": batch_norm_evaluated,
    "_native_batch_norm_legit.no_stats": batch_norm_without_statistics, "_native_batch_norm_legit.default": training_norm,
    "_native_batch_norm_legit_functional.default": training_norm, "_batch_norm_with_update.default": training_norm,
    "_batch_norm_with_update_functional.default": training_norm, "scaled_dot_product_attention.default": attention,
    **dict.fromkeys(("lstm.input", "gru.input", "rnn_tanh.input", "rnn_relu.input"), recurrent),
})  # fmt: skip
