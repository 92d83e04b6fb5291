"""Python's operators and builtins, each together with the NumPy ufunc that it calls on arrays.

The compiler reads ``a + b`` as ``operator.add(a, b)``.
"""
from __future__ import annotations

import builtins
import cmath
import math
import operator

import numpy as np

from symgrad.rules.core import constant, elementwise, jvp, vjp
from symgrad.rules.special import sign

elementwise("add", (operator.add, np.add), "a b", ["1.0", "1.0"])
elementwise("sub", (operator.sub, np.subtract), "a b", ["1.0", "-1.0"])
elementwise("mul", (operator.mul, np.multiply), "a b", ["b", "a"])
elementwise("truediv", (operator.truediv, np.divide), "a b", ["1.0 / b", "-r / b"], "b != 0", singular=True)
elementwise("neg", (operator.neg, np.negative), "a", ["-1.0"])
elementwise("pos", (operator.pos, np.positive), "a", ["1.0"])

# The floored quotient jumps; between the jumps a % b is a - (a // b) * b.
elementwise("mod", (operator.mod, np.remainder), "a b", ["1.0", "-(a // b)"], "b != 0", singular=True)

# A known exponent decides the conditions: x ** 2 is left with 2 * x ** 1. For b == 0 the power
# b - 1 would be 0.0 ** -1. Wrt the exponent, log(1.0) stands in for log(0.0): r is 0 there.
elementwise("pow", (operator.pow, builtins.pow, math.pow, np.power, np.float_power), "a b",
            ["b * a ** (b - 1 if b != 0 else 0)",
             "r * log(a if a != 0.0 else 1.0)"], "a > 0", singular=True,
            scalar=["b * a ** (b - 1) if a != 0.0 or b >= 1 else inf if b != 0 else 0.0",
                    "r * log(a if a != 0.0 else 1.0)"])

# conj() does nothing to a real number; for a complex one it makes the text df/dx - i df/dy.
elementwise("abs", (operator.abs, builtins.abs, np.absolute), "x", ["conj(sign(x))"])

elementwise("float", (float, np.float64, np.float32), "x", ["1.0"], defaults={"x": 0.0})
elementwise("complex", (complex,), "real imag", ["1.0", "1j"], defaults={"real": 0.0, "imag": 0.0})


@vjp(builtins.divmod, wrt="a b")
def divmod_(dy, r, a, b):
    return dy[1], -r[0] * dy[1]


@jvp(builtins.divmod, wrt="a")
def divmod_a(da, r, a, b):
    return 0.0, da


@jvp(builtins.divmod, wrt="b")
def divmod_b(db, r, a, b):
    return 0.0, -r[0] * db


constant(operator.floordiv, np.floor_divide, builtins.round, int, bool, operator.index, sign)
constant(operator.lt, np.less, operator.le, np.less_equal, operator.eq, np.equal,
         operator.ne, np.not_equal, operator.gt, np.greater, operator.ge, np.greater_equal)
constant(operator.not_, operator.truth, operator.is_, operator.is_not, operator.contains,
         operator.countOf, operator.indexOf)
constant(operator.and_, np.bitwise_and, operator.or_, np.bitwise_or, operator.xor, np.bitwise_xor,
         operator.invert, operator.inv, np.invert, operator.lshift, np.left_shift,
         operator.rshift, np.right_shift, np.bitwise_count)
constant(np.logical_and, np.logical_or, np.logical_xor, np.logical_not)
constant(cmath.isclose, cmath.isfinite, cmath.isinf, cmath.isnan)
