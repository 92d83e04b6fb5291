"""The functions of `math`, for values of the tape as well as for floats.

``math.sin`` of a `Value` raises TypeError, since C code would lose how the value was computed. Where a program
uses values directly, this module takes the place of `math`::

>>> from symgrad.tape import Value, math
>>> x = Value(0.5)
>>> y = math.exp(math.sin(x)) * math.pi
>>> y.backward()
>>> round(x.grad, 6)
4.45297

A function that is run by `symgrad.tape.grad` uses `math` as it is.
"""
from __future__ import annotations

import functools
import math as _math
from collections.abc import Callable
from typing import Any

from symgrad.tape.apply import apply


def _on_tape(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return apply(function, function, args, kwargs)

    return call


def __getattr__(name: str) -> Any:
    found = getattr(_math, name)
    made = globals()[name] = _on_tape(found) if callable(found) else found
    return made


def __dir__() -> list[str]:
    return dir(_math)
