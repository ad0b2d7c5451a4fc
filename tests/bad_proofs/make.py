"""A valid certificate, and forgeries of it: each a change of the data that makes it false, ill formed or unsupported.

    python -m tests.bad_proofs.make

writes those that fit a file beside this one; `tests/proofs/test_kernel.py` demands that the kernel rejects every one.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from ncd_cat.axes import whole
from ncd_cat.graph import Graph, Input, Value, Weight, source
from ncd_cat.ops.activation import Tanh
from ncd_cat.ops.contraction import Term, contraction, einsum, multiply, number, view
from ncd_cat.ops.literal import literal
from ncd_cat.ops.pointwise import Power
from ncd_cat.scalars import ONE
from ncd_cat.types import Array
from proofs.certificate import Certificate
from rewrites.chain import Chain, Step
from rewrites.rules import RULES

HERE = Path(__file__).parent
Data = dict[str, Any]


def valid() -> Certificate:
    """A certificate with every kind of entry: congruence, transitivity, views, rules with arguments, an assumption."""
    x, w = source(Input(0), (3, 4)), source(Weight("w"), (4, 2))
    product, swapped = einsum("ij,jk->ik", x, w), einsum("ij,jk->ki", x, w)
    turned = (whole(1, 3), whole(0, 2))
    crossed = _step(swapped, lambda c: c.rule(RULES["transpose"], product.node, turned, ((0, (whole(2, 4),)),)))

    def slid(chain: Chain) -> None:
        chain.replace({0: crossed})
        chain.rule(RULES["slide"], Tanh()(product).node, turned)

    closed_loop = Value.of(contraction([Term(ONE, (5,), ())], ()))
    left = [Tanh()(swapped), closed_loop, multiply(x, Power(Fraction(-1))(x)), literal(np.array(3.0))]
    right = [Tanh()(product).at(turned, (2, 3)), number(5), number(1, (3, 4)), number(3)]
    loop, merge, read = RULES["loop"], RULES["power_merge"], RULES["literal_number"]
    rules: list[Callable[[Chain], None]] = [slid, lambda c: c.rule(loop), lambda c: c.rule(merge, (0, (0, 1))), lambda c: c.rule(read)]
    steps = [_step(v, rule) for v, rule in zip(left, rules, strict=True)]

    def viewed(chain: Chain) -> None:
        chain.rule(RULES["unit"])
        chain.by(steps[0])
        chain.view()

    ends = [_step(Value.of(view(left[0])), viewed)]
    ends += [_step(Value.of(view(v)), lambda c, s=s: c.replace({0: s})) for v, s in zip(left[1:], steps[1:], strict=True)]
    dom = (Array.of((3, 4), "float64", "x"),)
    graphs = [Graph(dom, tuple(Array.of(v.sizes, "float64") for v in side), tuple(side)) for side in (left, right)]
    return Certificate(graphs[0], graphs[1], [(s, None) for s in ends])


def _step(v: Value, build: Callable[[Chain], None]) -> Step:
    chain = Chain(v.node)
    build(chain)
    step = chain.step()
    assert step is not None
    return step


# ---- places in the data -------------------------------------------------------------------------------------------


def data() -> Data:
    """The valid certificate as fresh JSON data."""
    found: Data = json.loads(json.dumps(valid().data))
    return found


def step_with(d: Data, name: str) -> int:
    """The first step whose chain has an entry of that name."""
    return next(k for k, s in enumerate(d["steps"]) if any(e[0] == name for e in s[3]))


def entry(d: Data, name: str) -> list[Any]:
    """The first entry of that name in a chain."""
    return next(e for e in d["steps"][step_with(d, name)][3] if e[0] == name)


def node_of(d: Data, name: str) -> list[Any]:
    """The first node of that op."""
    return next(n for n in d["nodes"] if n[0] == name)


def _set(path: Callable[[Data], Any], key: Any, value: Any) -> Callable[[Data], None]:
    def change(d: Data) -> None:
        path(d)[key] = value(d) if callable(value) else value

    return change


def _args(name: str, position: int, value: Any) -> Callable[[Data], None]:
    return _set(lambda d: entry(d, name), position, value)


def _step_of(name: str) -> Callable[[Data], Any]:
    return lambda d: d["steps"][step_with(d, name)]


# ---- forgeries ----------------------------------------------------------------------------------------------------


def wrong_direction(d: Data) -> None:
    """m = n, where n = m is what the rule gives."""
    step = d["steps"][step_with(d, "loop")]
    step[0], step[1] = step[1], step[0]


def missing_step(d: Data) -> None:
    del d["steps"][step_with(d, "transpose")]


def other_loop(d: Data) -> None:
    """The closed loop of size 5 is claimed to be 6, everywhere."""
    five = next(n for n in d["nodes"] if n[:2] == ["Contraction", [[["5", [], 0, []]]]])
    five[1] = [[["6", [], 0, []]]]


def other_literal(d: Data) -> None:
    """The table is another, the claim stays."""
    table = literal(np.array(4.0)).node
    from ncd_cat.codec import encode

    d["nodes"][d["nodes"].index(node_of(d, "Literal"))] = encode([table])[0]


def two_shapes(d: Data) -> None:
    """A weight of one name and two shapes, the second on the right only."""
    d["nodes"].append(["Weight", ["w", "real"], [], [2, 4]])
    d["statement"][1]["dead"].append(len(d["nodes"]) - 1)


def other_diagram(d: Data) -> None:
    """The right side has 5 where the proof has 1."""
    d["statement"][1]["outputs"][2] = [d["statement"][1]["outputs"][1][0], [], [3, 4]]


def other_input(d: Data) -> None:
    d["statement"][1]["dom"][0][0][0][1] = 7


def fewer_outputs(d: Data) -> None:
    for side in d["statement"]:
        side["cod"].pop()
        side["outputs"].pop()


def doubled(d: Data) -> None:
    """A coefficient of the right side."""
    one = next(n for n in reversed(d["nodes"]) if n[:2] == ["Contraction", [[["1", [], 0, []]]]] and n[3] == [3, 4])
    one[1] = [[["2", [], 0, []]]]


def out_of_range(d: Data) -> None:
    reading = node_of(d, "Tanh")[2][0]
    reading[1] = [[1, 1, 0, 1, node_of(d, "Tanh")[3][0]], 1]


FORGERIES: dict[str, tuple[Callable[[Data], None], str, bool]] = {  # the change, what is said, whether a step is named
    "unknown_rule": (_args("loop", 0, "wishful_thinking"), "there is no rule 'wishful_thinking'", True),
    "rule_that_does_not_apply": (_args("loop", 0, "unit"), "not a mere reading", True),
    "rule_that_gives_something_else": (_args("loop", 0, "collect"), "does not end in the claimed", True),
    "rule_without_its_arguments": (lambda d: entry(d, "transpose").pop(), "does not follow", True),
    "wrong_direction": (wrong_direction, "is not a contraction|does not end", True),
    "swapped_legs": (_set(_step_of("transpose"), 2, [0, 1]), "does not end in the claimed", True),
    "wrong_access": (_set(_step_of("slide"), 2, [1, [0]]), "does not end in the claimed", True),
    "missing_leg": (_set(_step_of("slide"), 2, [1]), "has 1 indices", True),
    "ill_typed_node": (_set(lambda d: node_of(d, "Tanh"), 3, [3, 2]), "entry", False),
    "out_of_range": (out_of_range, "runs from", False),
    "operand_that_comes_later": (_set(lambda d: node_of(d, "Tanh")[2][0], 0, 99), "there is no entry 99", False),
    "negative_entry": (_set(_step_of("loop"), 0, -1), "not a natural number", True),
    "truth_value_as_entry": (_set(_step_of("loop"), 0, True), "not a natural number", True),
    "by_a_judgement_about_another_node": (_args("by", 1, lambda d: step_with(d, "transpose")), "is about another node", True),
    "by_a_negative_judgement": (_args("by", 1, -1), "not a natural number", True),
    "congruence_by_another_judgement": (_args("replace", 1, [[0, 0], [0, 0]]), "is about another node", True),
    "congruence_at_a_missing_operand": (_args("replace", 1, [[1, 0]]), "does not follow", True),
    "congruence_at_a_negative_operand": (_args("replace", 1, [[-1, 0]]), "not a natural number", True),
    "missing_step": (missing_step, "does not follow", True),
    "forward_reference": (_args("replace", 1, lambda d: [[0, len(d["steps"]) - 1]]), "does not follow", True),
    "cycle": (_args("by", 1, lambda d: step_with(d, "by")), "does not follow", True),
    "missing_entry": (lambda d: d["steps"][step_with(d, "by")][3].pop(), "does not end in the claimed", True),
    "empty_chain": (_set(_step_of("loop"), 3, []), "does not end in the claimed", True),
    "other_diagram": (other_diagram, "do not meet", False),
    "other_coefficient": (doubled, "does not follow|do not meet", True),
    "other_loop": (other_loop, "does not end in the claimed", True),
    "other_literal": (other_literal, "does not end in the claimed", True),
    "not_parallel": (other_input, "not parallel|its type is", False),
    "fewer_outputs": (fewer_outputs, "conclusion does not follow", False),
    "conclusion_about_another_output": (_set(lambda d: d["conclusion"], 1, lambda d: d["conclusion"][2]), "about another node", False),
    "conclusion_without_a_proof": (_set(lambda d: d["conclusion"][1], 0, None), "do not meet", False),
    "conclusion_too_short": (lambda d: d["conclusion"].pop(), "conclusion does not follow", False),
    "dropped_assumption": (_set(lambda d: d, "assumptions", []), "rests on the assumptions", False),
    "extra_assumption": (lambda d: d["assumptions"].append("sizes are even"), "rests on the assumptions", False),
    "changed_assumption": (_set(lambda d: d, "assumptions", ["the moon is full"]), "rests on the assumptions", False),
    "violated_condition": (_args("power_merge", 1, [0, [0, 0]]), "not powers of one base", True),
    "other_map": (_args("slide", 2, [[0, [[1, 0, 1, 3]]], [0, [[1, 1, 1, 2]]]]), "does not follow", True),
    "map_of_floats": (_args("slide", 2, [[0.0, [[1.0, 1, 1, 3]]], [0, [[1, 0, 1, 2]]]]), "is no argument of a rule", True),
    "argument_that_is_text": (_args("slide", 2, "10"), "does not follow", True),
    "argument_that_is_null": (_args("power_merge", 1, None), "does not follow", True),
    "argument_that_is_an_object": (_args("slide", 1, {"code": "1"}), "does not follow", True),
    "argument_that_names_no_node": (_args("slide", 1, {"node": 1000}), "there is no entry 1000", True),
    "other_version": (_set(lambda d: d, "version", 2), "version 2", False),
    "other_format": (_set(lambda d: d, "format", "trust-me"), "this kernel reads", False),
    "no_steps": (lambda d: d.pop("steps"), "not a certificate", False),
    "steps_that_are_no_list": (_set(lambda d: d, "steps", 7), "not a certificate", False),
    "step_that_is_no_list": (_set(lambda d: d["steps"], 0, None), "does not follow", True),
    "weight_with_two_shapes": (two_shapes, "two shapes", False),
    "index_not_in_normal_form": (_set(_step_of("transpose"), 2, [[0, 1, 1, 1, 3], 0]), "whole axis", True),
    "op_that_is_code": (_set(lambda d: node_of(d, "Tanh"), 0, "__import__('os').abort()"), "there is no such op", False),
    "op_outside_the_language": (_set(lambda d: node_of(d, "Tanh"), 0, "os.system"), "there is no such op", False),
    "rule_that_is_code": (_args("loop", 0, "os.abort"), "there is no rule", True),
    "huge_size": (_set(lambda d: node_of(d, "Weight"), 3, [10**4000, 2]), "runs from|its type|entry", False),
    "table_larger_than_its_data": (_set(lambda d: node_of(d, "Literal"), 3, [1 << 40]), "entry", False),
}  # fmt: skip


def forged(name: str) -> Data:
    """The forgery of that name."""
    d = copy.deepcopy(data())
    FORGERIES[name][0](d)
    return d


if __name__ == "__main__":
    for forgery in FORGERIES:
        (HERE / f"{forgery}.json").write_text(json.dumps(forged(forgery), separators=(",", ":")) + "\n", encoding="utf-8")
    text = json.dumps(data(), separators=(",", ":"))
    (HERE / "truncated.json").write_text(text[: len(text) // 2], encoding="utf-8")
