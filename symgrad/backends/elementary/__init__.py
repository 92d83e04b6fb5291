"""Elementary functions that LLVM vectorises, for code that Numba compiles.

`REPLACEMENTS` maps the functions of `math` and NumPy that generated source calls to functions that give the same to
within the stated error, have no branches and are written into the caller's loop. They are called like the originals
in nopython mode, with the results that `error_model="numpy"` gives: inf and NaN, and never an exception.

>>> import math, numba, numpy as np
>>> exp = REPLACEMENTS[math.exp]
>>> @numba.njit
... def decay(t, out):
...     for i in range(len(t)):
...         out[i] = exp(-t[i])
>>> out = np.empty(3)
>>> decay(np.array([0.0, 1.0, np.inf]), out)
>>> out
array([1.        , 0.36787944, 0.        ])

Importing this package imports Numba.
"""
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from . import error_function, exponential, hyperbolic, logarithm, trigonometric
from .intrinsics import unary

__all__ = ["REPLACEMENTS", "cos", "erf", "exp", "expm1", "log", "log1p", "sin", "tanh"]

exp = unary(exponential.exp, exponential.exp_single)
expm1 = unary(exponential.expm1, exponential.expm1_single)
log = unary(logarithm.log, logarithm.log_single)
log1p = unary(logarithm.log1p, logarithm.log1p_single)
tanh = unary(hyperbolic.tanh, hyperbolic.tanh_single)
sin = unary(trigonometric.sin, trigonometric.sin_single)
cos = unary(trigonometric.cos, trigonometric.cos_single)
erf = unary(error_function.erf, error_function.erf_single)

REPLACEMENTS: dict[Callable[..., Any], Any] = {
    math.exp: exp, np.exp: exp,
    math.expm1: expm1, np.expm1: expm1,
    math.log: log, np.log: log,
    math.log1p: log1p, np.log1p: log1p,
    math.erf: erf,
    math.tanh: tanh, np.tanh: tanh,
    math.sin: sin, np.sin: sin,
    math.cos: cos, np.cos: cos,
}
