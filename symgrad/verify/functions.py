"""The functions that exact numbers know: SymPy's function, and mpmath's of the same meaning.

`PRIMITIVE` are SymPy's own. Everything else is written in terms of them, in `exact`.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

PRIMITIVE: dict[str, tuple[Any, str]] = {
    "exp": (sp.exp, "exp"), "log": (sp.log, "log"),
    "sin": (sp.sin, "sin"), "cos": (sp.cos, "cos"), "tan": (sp.tan, "tan"),
    "asin": (sp.asin, "asin"), "acos": (sp.acos, "acos"), "atan": (sp.atan, "atan"),
    "sinh": (sp.sinh, "sinh"), "cosh": (sp.cosh, "cosh"), "tanh": (sp.tanh, "tanh"),
    "asinh": (sp.asinh, "asinh"), "acosh": (sp.acosh, "acosh"), "atanh": (sp.atanh, "atanh"),
    "erf": (sp.erf, "erf"), "erfc": (sp.erfc, "erfc"), "gamma": (sp.gamma, "gamma"),
    "lgamma": (sp.loggamma, "loggamma"), "polygamma": (sp.polygamma, "psi"), "atan2": (sp.atan2, "atan2"),
}
NAMES: dict[Any, str] = {function: name for name, (function, _) in PRIMITIVE.items()}


def local_partial(function: Callable[..., Any], count: int, k: int) -> tuple[list[sp.Symbol], sp.Expr]:
    """SymPy's derivative of a function of `count` symbols with respect to number `k`, and the symbols."""
    symbols = [sp.Dummy(f"u{i}", real=True) for i in range(count)]
    return symbols, sp.diff(function(*symbols), symbols[k])


__all__ = ["NAMES", "PRIMITIVE", "local_partial"]
