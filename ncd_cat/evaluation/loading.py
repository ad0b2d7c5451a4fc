"""Arrays from outside: brought into one namespace, checked against the slots that they fill, and put where the others are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy

from ncd_cat.errors import InputError
from ncd_cat.evaluation.binding import Slot
from ncd_cat.evaluation.machine import Machine


class Loaded(NamedTuple):
    """An array of the namespace for a slot; `native`: it was given as one, so it says where to compute."""

    slot: Slot
    array: Any
    native: bool


def namespace(arrays: Sequence[Any]) -> Any:
    """The Array-API namespace of the first array that has one; numpy if none has."""
    from array_api_compat import array_namespace, is_array_api_obj

    return array_namespace(*[a for a in arrays if is_array_api_obj(a)][:1] or [numpy.zeros(())])


def load(xp: Any, slots: Sequence[Slot], arrays: Sequence[Any]) -> list[Loaded]:
    """The arrays in namespace `xp`.  Raises InputError if the numbers of one are not of its slot's kind."""
    from array_api_compat import array_namespace, is_array_api_obj

    native = [is_array_api_obj(a) and array_namespace(a) is xp for a in arrays]
    place = _place([a for a, own in zip(arrays, native, strict=True) if own])
    found = [a if own else xp.asarray(a, device=place) for a, own in zip(arrays, native, strict=True)]
    return [Loaded(slot, _checked(xp, slot, a), own) for slot, a, own in zip(slots, found, native, strict=True)]


def machine_for(xp: Any, loaded: Sequence[Loaded]) -> Machine:
    """The machine that the dtypes and the devices of the arrays call for."""
    from array_api_compat import is_cupy_namespace, is_numpy_namespace

    floats = {x.array.dtype for x in loaded if xp.isdtype(x.array.dtype, "real floating")}
    real = xp.result_type(*floats) if floats else xp.float64
    numpy_like = is_numpy_namespace(xp)
    return Machine(xp, real, _place([x.array for x in loaded if x.native]), numpy_like or is_cupy_namespace(xp))


def settle(m: Machine, x: Loaded) -> Any:
    """The array as the machine takes it: the dtype of the slot's kind, on its device."""
    from array_api_compat import device, to_device

    here = m.device is None or x.native or device(x.array) == m.device
    return m.cast(x.array if here else to_device(x.array, m.device), x.slot.kind)


def _place(native: Sequence[Any]) -> Any:
    from array_api_compat import device

    return device(native[0]) if native else None


def _checked(xp: Any, slot: Slot, array: Any) -> Any:
    allowed = {"real": ("bool", "integral", "real floating"), "int": ("bool", "integral"), "bool": ("bool",)}[slot.kind]
    if not xp.isdtype(array.dtype, allowed):
        wanted = {"real": "real numbers", "int": "integers", "bool": "truth values"}[slot.kind]
        raise InputError(f"{slot.called} takes {wanted}, but was given {array.dtype}: convert it first")
    return array
