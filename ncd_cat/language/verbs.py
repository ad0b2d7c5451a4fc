"""Verbs: one function that acts on wires, and that is a family of diagrams when it is called without them.

>>> from ncd_cat.language.wire import Wire
>>> @verb()
... def doubled(x: Wire) -> Wire:
...     return x + x
>>> print(doubled(), doubled().at("q").cod)
doubled() float32[q]
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from itertools import takewhile
from typing import Any

from ncd_cat.errors import TypeMismatch
from ncd_cat.language.family import Act, Family, is_state, joined
from ncd_cat.language.wire import Wire, as_wire


def verb(arity: int = 1) -> Callable[[Act], Act]:
    """Lets a function of wires be called without them: `softmax(x, "k")` is a wire, `softmax("k")` a family.

    `n=` gives the number of wires where a function takes any number of them (`arity` is then their least number).
    """

    def decorate(function: Act) -> Act:
        signature = inspect.signature(function)
        variadic = any(p.kind is p.VAR_POSITIONAL for p in signature.parameters.values())

        @wraps(function)
        def call(*args: Any, **options: Any) -> Any:
            given = list(takewhile(lambda a: isinstance(a, Wire) or is_state(a), args))
            count = options.pop("n", arity) if variadic else arity
            name = function.__name__
            wires: Sequence[Any] = given or [None] * count
            rest = args[len(given) :]
            if isinstance(next(iter(rest), None), Family):
                as_wire(rest[0], None, name)
            if not variadic and given and len(given) != arity:
                raise TypeMismatch(f"{name} takes {arity} wire{'s' * (arity != 1)}, {len(given)} were given")
            try:
                signature.bind(*wires, *rest, **options)
            except TypeError as problem:
                raise TypeMismatch(f"{name}: {problem}; it is used as {name}{_usage(signature)}") from None
            if given:
                return function(*joined(given), *rest, **options)
            return Family(_shown(name, rest, options), count, lambda *ws: function(*ws, *rest, **options))

        return call

    return decorate


def _usage(signature: inspect.Signature) -> str:
    parts = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    return str(inspect.Signature(parts))


def _shown(name: str, args: Sequence[Any], options: dict[str, Any]) -> str:
    return f"{name}({', '.join([*map(repr, args), *[f'{k}={v!r}' for k, v in options.items()]])})"
