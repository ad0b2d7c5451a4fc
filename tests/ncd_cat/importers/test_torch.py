"""Reading PyTorch programs: names, types, constants; and every trap refused in words that say what to do."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from ncd_cat.errors import ImportFailed, InputError, NcdError, UnsupportedOp
from ncd_cat.evaluate import evaluate
from ncd_cat.importers.constants import read
from ncd_cat.importers.torch import coverage, from_torch, import_torch, torch_graph
from ncd_cat.ops.contraction import Contraction
from ncd_cat.ops.literal import Literal
from ncd_cat.scalars import Scalar

torch = pytest.importorskip("torch")
nn, F = torch.nn, torch.nn.functional
pytestmark = pytest.mark.torch
X = torch.zeros(3, 4)


class Layers(nn.Module):
    """A module whose forward is a function of itself and its inputs."""

    def __init__(self, forward: Callable[..., Any], **layers: Any) -> None:
        super().__init__()
        self.function = forward
        for name, layer in layers.items():
            setattr(self, name, layer)

    def forward(self, x: Any) -> Any:
        return self.function(self, x)


class Counter(nn.Module):
    def __init__(self, persistent: bool = True) -> None:
        super().__init__()
        self.register_buffer("calls", torch.arange(4.0), persistent)
        self.register_buffer("places", torch.arange(4))

    def forward(self, x: Any) -> Any:
        return x * self.calls + self.places


class Writing(Counter):
    def forward(self, x: Any) -> Any:
        self.calls.add_(1)
        return x * self.calls


# ---- names, types and constants -----------------------------------------------------------------------------------


def test_inputs_have_the_names_and_types_of_the_arguments() -> None:
    def f(query: Any, mask: Any, places: Any) -> Any:
        return query * mask, places

    graph = torch_graph(f, (X, X > 0, torch.zeros(2, dtype=torch.int64)))
    assert [str(a) for a in graph.dom] == ["float32[a:3 b:4]", "bool[a:3 b:4]", "int64[a:2]"]
    assert [a.name for a in graph.dom] == ["query", "mask", "places"]
    assert [str(a) for a in graph.cod] == ["float32[a:3 b:4]", "int64[a:2]"]
    assert [a.name for a in torch_graph(f, (X, X, X), names=["q", "m", "p"]).dom] == ["q", "m", "p"]


def test_inputs_may_be_nested_named_numpy_or_numbers() -> None:
    assert len(torch_graph(lambda d, many: d["p"] + many[0] * many[1], ({"p": X}, [X, X])).dom) == 3
    by_name = torch_graph(lambda a, b: a - b, {"b": X, "a": X})
    assert by_name.same_as(torch_graph(lambda a, b: a - b, (X, X)))
    one = torch_graph(lambda x: x * 2, X)
    assert one.same_as(torch_graph(lambda x: x * 2, (X.numpy(),)))
    assert one.same_as(torch_graph(lambda x, n, nothing=None: x * n, (X, 2, None)))


def test_an_input_given_twice_is_two_variables() -> None:
    (out,) = torch_graph(lambda a, b: a - b, (X, X)).outputs
    assert len(out.node.operands) == 2


def test_outputs_are_flattened_and_what_is_no_tensor_is_a_constant_or_dropped() -> None:
    graph = torch_graph(lambda x: {"a": x, "b": (x + 1, 3, None, 2.5, True)}, (X,))
    assert [str(a) for a in graph.cod] == ["float32[a:3 b:4]", "float32[a:3 b:4]", "int64[]", "float64[]", "bool[]"]
    results = evaluate(graph, [np.zeros((3, 4))])
    assert [float(r) for r in results[2:]] == [3, 2.5, 1]


def test_saved_float_buffers_are_weights_and_other_buffers_are_constants() -> None:
    assert set(torch_graph(Counter(), (X,)).weights()) == {"calls"}
    assert set(torch_graph(Counter(persistent=False), (X,)).weights()) == set()


def test_constants_are_numbers_or_tables() -> None:
    (scaled,) = torch_graph(lambda x: x / torch.tensor(8.0).sqrt() * torch.full((3, 4), 2.0), (X,)).outputs
    assert isinstance(scaled.node.op, Contraction) and len(scaled.node.operands) == 1
    (table,) = torch_graph(lambda x: x + torch.arange(4), (X,)).outputs
    assert [type(n.op) for n, _ in table.node.operands[1:]] == [Literal]


def test_constants_are_computed_in_float64_but_jump_where_the_program_does() -> None:
    (cos,) = torch_graph(lambda x: x + torch.arange(4.0).mul(0.1).cos(), (X,)).outputs
    found = cos.node.operands[1][0].op.numpy((4,))
    np.testing.assert_allclose(found, np.cos(np.arange(4) * 0.1), rtol=1e-15)
    jump = torch.tensor([0.7, 0.1 + 0.2], dtype=torch.float32)
    (whole,) = torch_graph(lambda x: x[:, :2] + (jump * 10).floor().long(), (X,)).outputs
    np.testing.assert_array_equal(whole.node.operands[1][0].op.numpy((2,)), (jump * 10).floor().long().numpy())
    (rounded,) = torch_graph(lambda x: x[:, :2] + (jump * 10).floor(), (X,)).outputs
    np.testing.assert_array_equal(rounded.node.operands[1][0].op.numpy((2,)), (jump * 10).floor().numpy())


@pytest.mark.parametrize(
    ("value", "dtype", "meant"),
    [
        (np.float32(0.1), "float32", Scalar.of(Fraction(1, 10))),
        (np.float32(1e-5), "float32", Scalar.read(1e-5)),
        (-np.sqrt(np.float32(6)), "float32", -Scalar.of(6).power(Fraction(1, 2))),
        (1 / np.sqrt(np.float32(48)), "float32", Scalar.of(48).power(Fraction(-1, 2))),
        (np.float16(0.25), "float16", Scalar.of(Fraction(1, 4))),
        (np.float32(0.7853982), "float32", Scalar(Fraction(repr(float(np.float32(0.7853982)))))),
        (0.1, "bfloat16", Scalar.of(Fraction(1, 10))),
        (1 / 3, "float64", Scalar.of(Fraction(1, 3))),
        (0.0, "float32", Scalar.of(0)),
    ],
)
def test_short_floats_denote_what_was_written(value: Any, dtype: str, meant: Scalar) -> None:
    assert read(float(value), dtype) == meant


def test_a_table_of_one_number_has_no_table() -> None:
    (out,) = torch_graph(lambda x: torch.where(x > 0, x, torch.full((3, 4), -torch.inf)), (X,)).outputs
    assert [n.sizes for n, _ in out.node.operands[2:]] == [()]


def test_no_grad_and_autocast_inside_are_read_through() -> None:
    def f(x: Any) -> Any:
        with torch.no_grad():
            y = x * 2
        with torch.autocast("cpu"):
            return y @ y.T

    assert import_torch(f, (X,)).opaque == ()


def test_memory_that_is_written_before_it_is_read() -> None:
    (out,) = torch_graph(lambda x: torch.empty(3, 4).copy_(x) + torch.empty(4).fill_(2), (X,)).outputs
    np.testing.assert_array_equal(evaluate(torch_graph(lambda x: torch.empty(3, 4).copy_(x), (X,)), [np.ones((3, 4))])[0], np.ones((3, 4)))
    assert out.sizes == (3, 4)


def test_the_cache_of_a_language_model_is_off_while_it_exports_and_on_again() -> None:
    class Config:
        use_cache = True

    model = Layers(lambda m, x: x * 2 if not m.config.use_cache else {"y": x, "cache": object()})
    model.config = Config()
    assert len(torch_graph(model, (X,)).outputs) == 1
    assert model.config.use_cache is True


def test_recurrent_layers_are_opaque_boxes_and_named_with_their_place() -> None:
    found = import_torch(Layers(lambda m, x: m.rnn(x)[0], rnn=nn.LSTM(4, 5)).eval(), (torch.zeros(2, 3, 4),))
    assert found.opaque == ("aten.lstm.input in rnn",)
    assert coverage(found.graph).endswith("1 opaque: aten.lstm.input in rnn")


def test_from_torch_gives_a_diagram() -> None:
    def f(x: Any, y: Any) -> Any:
        return torch.softmax(x @ y.T, -1)

    diagram = from_torch(f, (X, X))
    assert diagram.to_graph().same_as(torch_graph(f, (X, X)))


# ---- traps --------------------------------------------------------------------------------------------------------


def drawn(x: Any) -> Any:
    return x + torch.rand(4)


def branching(x: Any) -> Any:
    return x * 2 if x.sum() > 0 else x


def conditional(x: Any) -> Any:
    return torch.cond(x.sum() > 0, lambda y: y * 2, lambda y: y.clone(), (x,))


TRAPS: dict[str, tuple[Any, Any, type[NcdError], str]] = {
    "dropout in training": (Layers(lambda m, x: m.drop(x), drop=nn.Dropout()), X, UnsupportedOp, r"native_dropout.* in drop.*\.eval\(\)"),
    "batch norm in training": (Layers(lambda m, x: m.bn(x), bn=nn.BatchNorm1d(4)), X, UnsupportedOp, r"batch_norm.* in bn.*\.eval"),
    "dropout between recurrent layers": (nn.LSTM(4, 5, 2, dropout=0.5), torch.zeros(2, 3, 4), UnsupportedOp, r"lstm.*\.eval\(\)"),
    "dropout in attention": (lambda x: F.scaled_dot_product_attention(x, x, x, dropout_p=0.1), X, UnsupportedOp, "dropout_p=0.0"),
    "rrelu in training": (lambda x: F.rrelu(x, training=True), X, UnsupportedOp, r"rrelu.*random"),
    "random numbers": (drawn, X, UnsupportedOp, "aten.rand.default: it draws random numbers; pass them in"),
    "a buffer written": (Writing(), X, UnsupportedOp, "the model changes 'calls' while it runs .buffer mutation.*instead of writing it"),
    "an input written": (lambda x: x.add_(1), X, UnsupportedOp, "the model changes 'x' while it runs"),
    "a branch on data": (branching, X, ImportFailed, "branching does not export: .*data-dependent.*torch.where"),
    "a size from data": (lambda x: x[x > 0], X, UnsupportedOp, "aten.index.Tensor: .* depends on the values of a tensor"),
    "a number from data": (lambda x: x * x.sum().item(), X, UnsupportedOp, "depends on the values of a tensor"),
    "a region": (conditional, X, UnsupportedOp, "cond.*: a branch, loop or region .* unroll it"),
    "unwritten memory": (lambda x: x + torch.empty(4), X, UnsupportedOp, "memory that was never written; use torch.zeros"),
    "complex numbers": (lambda x: torch.view_as_real(torch.fft.fft(x)), X, UnsupportedOp, "fft.*has dtype complex64"),
    "a complex constant": (lambda x: x * torch.full((4,), 1j), X, NcdError, "complex"),
    "a complex input": (lambda x: x.real, X.to(torch.complex64), InputError, "input 'x' has dtype complex64: it must be one of"),
    "not a number": (lambda x: x * float("nan"), X, UnsupportedOp, "aten.mul.Tensor: nan is no real number"),
    "a table with nan": (lambda x: x * torch.tensor([1.0, torch.nan, 1, 1]), X, ImportFailed, "holds nan"),
    "an empty input": (lambda x: x, X[:0], InputError, r"sizes \(0, 4\): every axis needs at least one entry"),
    "an empty result": (lambda x: x[:0], X, UnsupportedOp, r"aten.slice.Tensor: its result has sizes \(0, 4\)"),
    "too many inputs": (nn.Linear(4, 2), (X, X), InputError, r"inputs \(float32\[3, 4\], float32\[3, 4\]\) do not fit Linear.*too many"),
    "no inputs": (nn.Linear(4, 2), None, InputError, r"example inputs \(none\) do not fit Linear"),
    "inputs of another shape": (nn.Linear(5, 2), X, InputError, "example inputs do not fit Linear: .*reduction dim"),
    "an input that is no tensor": (lambda x, s: x, (X, object()), InputError, "of type object: give tensors"),
    "an output that is no tensor": (lambda x: object(), X, ImportFailed, "must be tensors, or tuples, lists and dicts"),
    "no program": (3, X, InputError, "3 is neither a torch module nor a function"),
    "a class": (nn.Linear, X, InputError, "neither a torch module nor a function"),
    "a model that fails": (lambda x: x.foo, X, ImportFailed, r"does not export \(AttributeError\): .*foo.*whole story"),
    "the variance of one entry": (lambda x: x[:, :1].var(1), X, UnsupportedOp, "aten.var.*divides by 0; pass correction=0"),
}  # fmt: skip


@pytest.mark.parametrize("name", TRAPS)
def test_trap_is_refused_in_words(name: str) -> None:
    target, inputs, error, words = TRAPS[name]
    with pytest.raises(error, match=words):
        import_torch(target, inputs)


def test_what_torch_writes_of_a_failure_is_not_shown_and_what_a_model_writes_is(capsys: pytest.CaptureFixture[str]) -> None:
    import sys

    with pytest.raises(ImportFailed):
        import_torch(branching, X)
    assert capsys.readouterr() == ("", "")

    def chatty(x: torch.Tensor) -> torch.Tensor:
        print("one")
        print("two", file=sys.stderr)
        return x

    import_torch(chatty, X)
    said = capsys.readouterr()
    assert said.out == "" and {"one", "two"} <= set(said.err.split())


def test_a_buffer_without_values_is_named() -> None:
    with torch.device("meta"):
        absent = Counter(persistent=False)
    with pytest.raises(ImportFailed, match=r"buffer 'calls' is on the meta device.*build the model on the CPU"):
        import_torch(absent, (X,))


def test_without_torch_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportFailed, match=r"pip install 'ncd-cat\[torch\]'"):
        import_torch(lambda x: x, (np.zeros(3),))
