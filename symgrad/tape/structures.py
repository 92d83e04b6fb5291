"""Structures of numbers and arrays: tuples, lists, dicts and objects, nested as one likes."""
from __future__ import annotations

import dataclasses
import enum
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np

LIBRARIES = frozenset(sys.stdlib_module_names) - {"contextlib", "functools", "statistics", "__main__"} | {
    "numpy", "scipy", "_pytest", "pytest"}          # what is in these is left as it is


def is_record(x: Any) -> bool:
    """An object whose fields are differentiated: of a dataclass, or of another class written in Python."""
    top = type(x).__module__.split(".")[0]
    if dataclasses.is_dataclass(x) and not isinstance(x, type) or isinstance(x, types.SimpleNamespace):
        return True
    return hasattr(x, "__dict__") and not callable(x) and top not in LIBRARIES and not isinstance(
        x, (BaseException, enum.Enum, types.ModuleType, type))


def fields(x: Any) -> dict[str, Any]:
    """The fields of an object, slots included."""
    names = list(getattr(x, "__dict__", {}))
    names += [s for c in type(x).__mro__ for s in getattr(c, "__slots__", ()) if hasattr(x, s) and s not in names]
    return {n: getattr(x, n) for n in names}


def mapped(f: Callable[..., Any], x: Any, *others: Any) -> Any:
    """`f` of each number and array of a structure, and of what stands at its place in other structures."""
    if isinstance(x, dict):
        made = type(x)() if type(x) is not dict else {}
        if hasattr(x, "default_factory"):
            made = type(x)(x.default_factory)
        made.update((k, mapped(f, v, *(o[k] for o in others))) for k, v in x.items())
        return made
    if isinstance(x, (list, tuple)):
        items = [mapped(f, v, *(o[i] for o in others)) for i, v in enumerate(x)]
        return type(x)(*items) if hasattr(x, "_fields") else type(x)(items)
    if is_record(x):
        moved = object.__new__(type(x))
        for name, value in fields(x).items():
            object.__setattr__(moved, name, mapped(f, value, *(getattr(o, name) for o in others)))
        return moved
    return f(x, *others)


def is_float(x: Any) -> bool:
    """A number or array that has a derivative."""
    return isinstance(x, (float, complex, np.inexact)) or isinstance(x, np.ndarray) and x.dtype.kind in "fc"


def floats(x: Any) -> bool:
    """Whether a structure holds a number or array that has a derivative."""
    found: list[bool] = []
    mapped(lambda leaf: found.append(is_float(leaf)), x)
    return any(found)
