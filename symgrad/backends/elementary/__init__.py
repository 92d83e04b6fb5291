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
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from . import (
    error_function,
    exponential,
    hyperbolic,
    inverse_trigonometric,
    logarithm,
    powers,
    trigonometric,
)
from .intrinsics import binary, operation, unary

__all__ = [
    "REPLACEMENTS", "arctan", "cos", "cosh", "erf", "exp", "exp2", "expm1", "log", "log1p", "log2", "log10", "pow", "power",
    "sin", "sinh", "tan", "tanh",
]

exp = unary(exponential.exp, exponential.exp_single)
exp2 = unary(powers.exp2, powers.exp2_single)
expm1 = unary(exponential.expm1, exponential.expm1_single)
log = unary(logarithm.log, logarithm.log_single)
log2 = unary(powers.log2, powers.log2_single)
log10 = unary(powers.log10, powers.log10_single)
log1p = unary(logarithm.log1p, logarithm.log1p_single)
pow = binary(powers.power, powers.power_single)
power = operation(operator.pow, powers.power, powers.power_single)
tanh = unary(hyperbolic.tanh, hyperbolic.tanh_single)
sinh = unary(hyperbolic.sinh, hyperbolic.sinh)
cosh = unary(hyperbolic.cosh, hyperbolic.cosh)
sin = unary(trigonometric.sin, trigonometric.sin_single)
cos = unary(trigonometric.cos, trigonometric.cos_single)
tan = unary(trigonometric.tan, trigonometric.tan_single)
arctan = unary(inverse_trigonometric.arctan, inverse_trigonometric.arctan_single)
erf = unary(error_function.erf, error_function.erf_single)

REPLACEMENTS: dict[Callable[..., Any], Any] = {
    math.exp: exp, np.exp: exp,
    math.exp2: exp2, np.exp2: exp2,
    math.expm1: expm1, np.expm1: expm1,
    math.log: log, np.log: log,
    math.log2: log2, np.log2: log2,
    math.log10: log10, np.log10: log10,
    math.log1p: log1p, np.log1p: log1p,
    math.pow: pow, np.power: power, operator.pow: power,
    math.tanh: tanh, np.tanh: tanh,
    math.sinh: sinh, np.sinh: sinh,
    math.cosh: cosh, np.cosh: cosh,
    math.sin: sin, np.sin: sin,
    math.cos: cos, np.cos: cos,
    math.tan: tan, np.tan: tan,
    math.atan: arctan, np.arctan: arctan,
    math.erf: erf,
}
