"""Checkpointing changes what a gradient keeps and does, and not what it is: the prover, evaluation and the cost say so."""

import numpy as np
import pytest

import ncd_cat as ncd
from ncd_cat.architectures import find
from ncd_cat.costs.memory import is_mirror, tape
from ncd_cat.errors import InputError
from ncd_cat.graph import Input, source
from ncd_cat.ops.again import again

CASES = [("gpt2", ["h.0"]), ("gpt2", ["h.0", "h.1"]), ("gpt2", ["h.1.ln_1"]), ("gpt2-block-symbolic", ["ln_2"])]


def gradient(name: str) -> ncd.Diagram:
    return ncd.vjp(find(name), wrt="weights")


@pytest.mark.parametrize(("name", "blocks"), CASES)
def test_it_is_equal_keeps_less_and_does_more(name: str, blocks: list[str]) -> None:
    f = gradient(name)
    g = ncd.checkpoint(f, blocks)
    assert ncd.prove(f, g).status == "proved"
    sizes = {str(s): 7 for s in f.cost().work.free_symbols}
    before, after = f.cost(**sizes), g.cost(**sizes)
    assert after.tape < before.tape
    assert after.work > before.work
    assert after.memory <= before.memory


def test_the_values_are_the_same() -> None:
    f = gradient("gpt2")
    g = ncd.checkpoint(f, ["h.0", "h.1"])
    rng = np.random.default_rng(0)
    inputs = [rng.integers(0, 5, a.sizes) if a.kind == "int" else rng.normal(size=a.sizes) for a in f.dom.inside]
    weights = {key: rng.normal(size=n.sizes) for key, n in f.graph.weights().items()}
    for x, y in zip(ncd.evaluate(f, inputs, weights=weights), ncd.evaluate(g, inputs, weights=weights), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-12, atol=1e-12)


def test_of_a_block_only_what_enters_and_leaves_is_kept() -> None:
    g = ncd.checkpoint(gradient("gpt2"), ["h.0", "h.1"]).graph
    paths = dict(g.blocks)
    inner = [paths.get(n, ()) for n in tape(g) if paths.get(n, ())[:1] in (("h.0",), ("h.1",))]
    assert len(inner) == 2  # the sums of the residual streams, which leave
    assert any(is_mirror(path) for path in paths.values())


def test_a_gradient_passes_through_what_is_computed_again() -> None:
    x = source(Input(0), (3,))
    f = ncd.Diagram.from_callable(ncd.ty("i:3"), ncd.ty("i:3"))(again)
    assert ncd.prove(ncd.vjp(f), ncd.discard("i:3") @ ncd.identity("i:3")).status == "proved"
    assert again(x).kind == "real"
    assert f.cost().work == f.cost().operations == 0


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        (["h.2"], "there is no block 'h.2'; did you mean h"),
        (["encoder"], "there is no block 'encoder'; the blocks are "),
        (["wte"], "keeps nothing of the inside of block 'wte'"),
        ("nothing", "there is no block 'nothing'"),
    ],
)
def test_a_block_that_is_not_there_is_told(blocks: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ncd.checkpoint(gradient("gpt2"), blocks)
