"""The gradients of whole models by all their weights are those of torch.autograd: GPT-2, and a ResNet with batch norm in evaluation."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import ncd_cat as ncd
from ncd_cat.diagram import Diagram

torch = pytest.importorskip("torch")
CLASSES = 5


def loss_of(model: Any, logits: Any) -> Any:
    """The module (x, labels) -> mean cross-entropy of `logits(model(x))` and labels."""

    class Loss(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, x: Any, labels: Any) -> Any:
            return torch.nn.functional.cross_entropy(logits(self.model(x)), labels)

    return Loss().double().eval()


def compare(module: Any, x: Any, labels: Any) -> Diagram:
    """Derive, evaluate with numpy in double precision, and compare every weight's gradient with torch's."""
    primal = ncd.from_torch(module, (x, labels))
    gradient = ncd.grad(primal, wrt="weights")
    values = {key: value.numpy() for key, value in module.state_dict().items()}
    found = ncd.compile(gradient).bind(values)(x.numpy(), labels.numpy())
    by = [key for key, n in primal.to_graph().weights().items() if n.kind == "real"]
    module.zero_grad()
    module(x, labels).backward()
    given = dict(module.named_parameters(remove_duplicate=False))
    learned = [(key, y) for key, y in zip(by, found, strict=True) if key in given]
    assert {id(given[key]) for key, _ in learned} == {id(p) for p in module.parameters()}
    for key, y in learned:
        want = given[key].grad.numpy()
        scale = max(float(abs(want).max()), 1e-9)  # by softmax's shift invariance some are 0 but for rounding
        np.testing.assert_allclose(y, want, rtol=0, atol=1e-9 * scale, err_msg=key)
    return gradient


def test_gpt2() -> None:
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    config = transformers.GPT2Config(n_layer=2, n_embd=12, n_head=2, vocab_size=CLASSES, n_positions=8, use_cache=False,
                                     attn_implementation="eager", bos_token_id=0, eos_token_id=0)  # fmt: skip
    ids, labels = torch.randint(CLASSES, (2, 6)), torch.randint(CLASSES, (12,))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = loss_of(transformers.GPT2LMHeadModel(config), lambda out: out.logits.flatten(0, 1))
        gradient = compare(module, ids, labels)
    assert gradient.graph == Diagram.from_graph(gradient.graph).graph  # it is laid out when it is drawn


class Block(torch.nn.Module):  # type: ignore[misc,name-defined]
    """Two convolutions with batch norm beside a shortcut, as in He et al., arXiv 1512.03385."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        nn = torch.nn
        self.conv1, self.bn1 = nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after)
        self.conv2, self.bn2 = nn.Conv2d(after, after, 3, 1, 1, bias=False), nn.BatchNorm2d(after)
        straight = before == after and stride == 1
        self.down = nn.Identity() if straight else nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

    def forward(self, x: Any) -> Any:
        y = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(y)) + self.down(x))


def test_resnet() -> None:
    torch.manual_seed(0)
    nn = torch.nn
    stem = [nn.Conv2d(3, 4, 5, 2, 2, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    body = [Block(4, 4, 1), Block(4, 6, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, CLASSES)]
    model = nn.Sequential(*stem, *body)
    for m in model.modules():
        if isinstance(m, nn.BatchNorm2d):
            nn.init.normal_(m.running_mean)
            nn.init.uniform_(m.running_var, 0.5, 1.5)
    compare(loss_of(model, lambda y: y), torch.randn(2, 3, 16, 16, dtype=torch.float64), torch.randint(CLASSES, (2,)))
