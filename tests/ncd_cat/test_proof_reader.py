"""Mistakes that people made in drawings and notebooks of architectures: each is refused by a type, or refuted by a value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ncd_cat as ncd
from ncd_cat import InputError, TypeMismatch, Wire, add, conv, copy, identity, linear, max_pool, relu, softmax, ty
from ncd_cat.loops import iterate
from ncd_cat.memory import memory

IMAGE = ty("c:3 x...:16")


def residual() -> ncd.Diagram:
    """x ↦ x + relu(L₊ x), with the weights fc."""
    return (copy() >> (linear("m", "m:4", name="fc") >> relu) @ identity() >> add()).at(ty("b m:4"))  # type: ignore[no-any-return]


# ---- refused by a type --------------------------------------------------------------------------------------------


def test_a_softmax_that_was_never_applied() -> None:
    with pytest.raises(TypeMismatch, match=r"classify returns softmax\('k'\), which is a function that was not applied"):

        @ncd.diagram("n k -> n k")
        def classify(x: Wire) -> Any:
            return softmax("k")


def test_a_softmax_along_no_axis() -> None:
    with pytest.raises(TypeMismatch, match=r"softmax: missing a required argument: 'axis'; it is used as softmax\(x, axis\)"):

        @ncd.diagram("n k -> n k")
        def classify(x: Wire) -> Any:
            return softmax(x)


def test_a_column_that_belongs_to_another_loop() -> None:
    with pytest.raises(TypeMismatch, match=r"index: float32\[a:3 c:5\] has no axis jc; its axes are a c"):
        ncd.index("jc", 0).at(ty("a:3 c:5"))
    with pytest.raises(TypeMismatch, match="index: entry 5 of axis c, whose size is 5, is not there"):
        ncd.index("c", 5).at(ty("a:3 c:5"))


def test_one_set_of_weights_for_all_blocks() -> None:
    with pytest.raises(InputError, match=r"weight fc.weight is shared by all 3 steps; give name=…, so that each step has its own"):
        iterate(residual(), 3)


def test_a_second_convolution_with_the_channels_of_the_first() -> None:
    first, second = (conv("x", "c", "c:8", kernel=3, padding=1, name=name).at(IMAGE) for name in ("first", "second"))
    with pytest.raises(TypeMismatch, match=r"first does not compose with second: .* axis c has sizes 8 and 3"):
        first >> second


def test_a_convolution_without_a_kernel() -> None:
    with pytest.raises(TypeMismatch, match=r"conv: missing a required argument: 'kernel'; it is used as conv\(x, axis, into, out"):
        conv("x", "c", "y:2", name="final")


def test_a_concatenation_along_no_axis() -> None:
    with pytest.raises(TypeMismatch, match=r"concat: missing a required argument: 'axis'; it is used as concat\(\*wires, axis\)"):

        @ncd.diagram("c x, c x")
        def join(x: Wire, y: Wire) -> Any:
            return ncd.concat(x, y)


def test_a_forward_that_returns_nothing() -> None:
    with pytest.raises(TypeMismatch, match="forward returns nothing: return the wires that leave the diagram"):

        @ncd.diagram("c x")
        def forward(x: Wire) -> None:
            relu(x)


def test_a_pool_that_does_not_halve() -> None:
    """A padding of 1 makes 257 of 512: the convolution drawn after it takes 256."""
    pool = max_pool("x", 2, 2, 1).at(ty("c:8 x...:512")).block("pool")
    after = conv("x", "c", "c:8", kernel=3, padding=1, name="after").at(ty("c:8 x...:256"))
    with pytest.raises(TypeMismatch, match=r"pool does not compose with after: .* axis x.0 has sizes 257 and 256"):
        pool >> after
    assert (max_pool("x", 2).at(ty("c:8 x...:512")) >> after).cod == ty("c:8 x...:256")


def test_a_transposed_convolution_that_does_not_double() -> None:
    up = ncd.conv_transpose("x", "c", "c:4", kernel=2, stride=2, padding=1, name="up").at(ty("c:8 x...:32"))
    with pytest.raises(TypeMismatch, match=r"concat along c: .* differ in axis x.0 \(size 62\) and x.0 \(size 64\)"):
        up @ identity("c:4 x...:64") >> ncd.concat(axis="c")


def test_a_tensor_that_is_saved_and_never_loaded() -> None:
    """Levels 1 to 4 are saved on the way down, 4 to 2 are loaded on the way up."""
    with pytest.raises(TypeMismatch, match="C1 is saved but never loaded"), memory() as saved:
        for level in (1, 2, 3, 4):
            saved.save(f"C{level}", level)
        for level in (4, 3, 2):
            saved.load(f"C{level}")


def test_widths_that_are_twice_those_of_the_weights() -> None:
    """64·2^i begins with 128 for i = 1; the weights that exist were trained with 64."""
    first = conv("x", "c", "c:128", kernel=3, padding=1, name="first").at(ty("c:1 x...:8"))
    trained = {"first.weight": np.zeros((64, 1, 3, 3)), "first.bias": np.zeros(64)}
    with pytest.raises(InputError, match=r"weight 'first.weight' has shape \(64, 1, 3, 3\), but its axis 0 has size 128, not 64"):
        ncd.evaluate(first, [np.zeros((1, 8, 8))], weights=trained)


# ---- refuted by a value -------------------------------------------------------------------------------------------


def refuted(lhs: Any, rhs: Any, inputs: Any = None) -> Any:
    """The verdict, which has a counterexample on which the two sides differ."""
    verdict = ncd.prove(lhs, rhs, inputs)
    assert verdict.status == "refuted", verdict
    assert verdict.counterexample.max_abs_diff > 1e-6
    return verdict


def test_a_block_too_many() -> None:
    verdict = refuted(iterate(residual(), 3, name="layers").resize(b=2), iterate(residual(), 2, name="layers").resize(b=2))
    assert "weights of lhs only: layers.2.fc.weight, layers.2.fc.bias" in str(verdict)


def test_batch_norm_over_the_batch_alone() -> None:
    figure, usual = (ncd.batch_norm("n", over=over, name="norm").at(ty("b:2 n:3 x...:4")) for over in ("b", "b x"))
    refuted(figure, usual)


# ---- as PyTorch programs ------------------------------------------------------------------------------------------


@pytest.mark.torch
def test_a_module_returned_in_place_of_a_tensor() -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(ncd.ImportFailed, match=r"Found <class '.*Softmax'> in output.*outputs must be tensors"):
        ncd.from_torch(lambda x: torch.nn.Softmax(x), (torch.zeros(2, 3),))


@pytest.mark.torch
def test_a_column_written_again_and_again() -> None:
    """A loop over j writes column jc, a name of an earlier cell; a test that looks at that column alone passes."""
    torch = pytest.importorskip("torch")

    class ByHand(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self, column: Any) -> None:
            super().__init__()
            self.G, self.column = torch.nn.Linear(3, 2), column

        def forward(self, x: Any) -> Any:
            out = torch.zeros(2, 4)
            for j in range(4):
                out[:, self.column(j)] = self.G(x[:, j])
            return out

    broadcast = linear("a", "b:2", name="G").at(ty("a:3 c:4")) >> ncd.order("b c")
    x = (torch.zeros(3, 4),)
    assert ncd.prove(broadcast, ByHand(lambda j: j), x).status == "proved"
    refuted(broadcast, ByHand(lambda j: 3), x)
    last = ncd.index("c", 3)
    assert ncd.prove(broadcast >> last, (ncd.from_torch(ByHand(lambda j: 3), x) >> ncd.index(1, 3))).status == "proved"


@pytest.mark.torch
def test_a_list_of_one_block() -> None:
    """`[Block()] * 3` is one block three times: not the three blocks that are drawn, but a loop with shared weights."""
    torch = pytest.importorskip("torch")

    class Block(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.fc = torch.nn.Linear(4, 4)

        def forward(self, x: Any) -> Any:
            return torch.relu(self.fc(x)) + x

    x = (torch.zeros(2, 4),)
    drawn = iterate(residual(), 3, name="0")
    assert ncd.prove(drawn, torch.nn.Sequential(torch.nn.Sequential(*[Block() for _ in range(3)])), x).status == "proved"
    verdict = refuted(drawn, torch.nn.Sequential(torch.nn.Sequential(*[Block()] * 3)), x)
    assert "weights of lhs only: 0.1.fc.weight, 0.1.fc.bias, 0.2.fc.weight, 0.2.fc.bias" in str(verdict)
    shared = iterate(residual(), 3, shared=True)
    names = {"0.0.fc.weight": "fc.weight", "0.0.fc.bias": "fc.bias"}
    assert ncd.prove(shared, torch.nn.Sequential(torch.nn.Sequential(*[Block()] * 3)), x, params=names).status == "proved"


@pytest.mark.torch
def test_layers_in_a_plain_list() -> None:
    """A list hides its layers from the module: they are constants, and training does not change them."""
    torch = pytest.importorskip("torch")

    class Plain(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.layers = [torch.nn.Linear(4, 4)]

        def forward(self, x: Any) -> Any:
            return self.layers[0](x)

    verdict = refuted(linear("m", "m:4", name="layers.0").at(ty("b m:4")), Plain(), (torch.zeros(2, 4),))
    assert "weights of lhs only: layers.0.weight, layers.0.bias" in str(verdict)


@pytest.mark.torch
def test_a_batch_norm_of_images_pools_over_space_too() -> None:
    torch = pytest.importorskip("torch")
    model, x = torch.nn.Sequential(torch.nn.BatchNorm2d(3, track_running_stats=False)), (torch.zeros(2, 3, 4, 4),)
    usual, figure = (ncd.batch_norm("n", over=over, name="0").at(ty("b n x...")) for over in ("b x", "b"))
    assert ncd.prove(usual, model, x).status == "proved"
    refuted(figure, model, x)


@pytest.mark.torch
def test_a_mask_after_the_softmax_is_one_before_it_when_rows_are_normalised_again() -> None:
    """tril(softmax(s)) over its row sums is softmax(s with −∞ above the diagonal), but for what is added to the sums."""
    torch = pytest.importorskip("torch")

    def after(s: Any, eps: float = 0.0) -> Any:
        lower = torch.softmax(s, -1).tril()
        return lower / (lower.sum(-1, keepdim=True) + eps)

    def before(s: Any) -> Any:
        return torch.softmax(s.masked_fill(~torch.ones(4, 4, dtype=torch.bool).tril(), float("-inf")), -1)

    verdict = ncd.prove(before, after, (torch.zeros(4, 4),))
    assert (verdict.status, verdict.assumptions) == ("proved", ())
    ncd.check(verdict.certificate)
    refuted(before, lambda s: after(s, 1e-3), (torch.zeros(4, 4),))
