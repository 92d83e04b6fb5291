"""What a name in the text of a partial derivative stands for.

`SCALAR` for Python floats, `ARRAY` for arrays (and for complex numbers). The functions have
rules themselves, so that a text can be differentiated again.
"""
from __future__ import annotations

import builtins
import math
from typing import Any

import numpy as np

from symgrad.rules import special

_CONSTANTS = {"pi": math.pi, "inf": math.inf, "nan": math.nan}
_SAME = ("sqrt", "exp", "exp2", "log", "log1p", "sin", "cos", "sinh", "cosh", "copysign", "ldexp", "isnan",
         "isfinite", "hypot")

SCALAR: dict[str, Any] = {
    **_CONSTANTS,
    **{name: getattr(math, name) for name in _SAME},
    "abs": builtins.abs,
    "sign": special.sign,
    "digamma": special.digamma,
    "polygamma": special.polygamma,
}

ARRAY: dict[str, Any] = {
    **_CONSTANTS,
    **{name: getattr(np, name) for name in _SAME},
    "abs": np.abs,
    "sign": np.sign,
    "conj": np.conj,
    "digamma": special.digamma,
    "polygamma": special.polygamma,
}
