"""The gradients made in this process: the same function and options give the same object.

They are kept with the function itself, so that they go when it goes: a table elsewhere would
keep every lambda alive that was ever differentiated, since a gradient needs its primal.
"""
from __future__ import annotations

import types
from typing import Any

ATTRIBUTE = "__symgrad_gradients__"
_LASTING: dict[Any, dict[Any, Any]] = {}        # of builtins, which live for ever and take no attributes


def get(function: Any, options: Any) -> Any:
    """The gradient made before, or None."""
    try:
        known = function.__dict__[ATTRIBUTE]
    except (AttributeError, KeyError):
        if not _lasts(function):
            return None
        known = _LASTING.get(function, {})
    found = known.get(options)
    # functools.wraps copies the attributes of what it wraps
    return found if found is not None and found.primal is function else None


def put(function: Any, options: Any, gradient: Any) -> Any:
    """Remember a gradient; returns the one that is kept (another thread may have been first)."""
    attributes = getattr(function, "__dict__", None)
    if _lasts(function):
        known = _LASTING.setdefault(function, {})
    elif type(attributes) is not dict:
        return gradient
    else:
        known = attributes.setdefault(ATTRIBUTE, {})
        if any(g.primal is not function for g in list(known.values())):
            known = attributes[ATTRIBUTE] = {}
    return known.setdefault(options, gradient)


def _lasts(function: Any) -> bool:
    return (isinstance(function, types.BuiltinFunctionType) and isinstance(function.__self__, types.ModuleType)
            or type(function).__name__ == "ufunc")


__all__ = ["get", "put"]
