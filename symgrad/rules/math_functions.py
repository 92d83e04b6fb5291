"""`math` (and `cmath`), each function together with the NumPy ufunc of the same meaning.

Where two forms of a derivative are equally short, the one that loses no digits is taken:
``(1.0 - x) * (1.0 + x)`` instead of ``1.0 - x * x`` near x = 1.
"""
from __future__ import annotations

import cmath
import math

import numpy as np

from symgrad.rules.core import constant, elementwise, jvp, vjp
from symgrad.rules.special import digamma, polygamma

# -- powers, exponentials, logarithms ------------------------------------------------------------

elementwise("sqrt", (math.sqrt, cmath.sqrt, np.sqrt), "x", ["0.5 / r"], "x > 0", singular=True,
            scalar=["0.5 / r if r != 0.0 else inf"])
elementwise("cbrt", (math.cbrt, np.cbrt), "x", ["1.0 / (3.0 * r * r)"], "x > 0", singular=True,
            scalar=["1.0 / (3.0 * r * r) if r != 0.0 else inf"])
elementwise("exp", (math.exp, cmath.exp, np.exp), "x", ["r"], singular=True)
elementwise("exp2", (math.exp2, np.exp2), "x", ["log(2.0) * r"], singular=True)
elementwise("expm1", (math.expm1, np.expm1), "x", ["r + 1.0"], singular=True)
elementwise("log", (math.log, cmath.log, np.log), "x", ["1.0 / x"], "x > 0", singular=True)
elementwise("log2", (math.log2, np.log2), "x", ["1.0 / (log(2.0) * x)"], "x > 0", singular=True)
elementwise("log10", (math.log10, cmath.log10, np.log10), "x", ["1.0 / (log(10.0) * x)"], "x > 0",
            singular=True)
elementwise("log1p", (math.log1p, np.log1p), "x", ["1.0 / (1.0 + x)"], "x > -1", singular=True)

# math.log with its second argument is a function of its own, kept under a key of its own.
elementwise("log_base", ((math.log, "base"), (cmath.log, "base")), "x base",
            ["1.0 / (x * log(base))", "-r / (base * log(base))"], "x > 0 and base > 1")

# -- trigonometric and hyperbolic functions ------------------------------------------------------

elementwise("sin", (math.sin, cmath.sin, np.sin), "x", ["cos(x)"])
elementwise("cos", (math.cos, cmath.cos, np.cos), "x", ["-sin(x)"])
elementwise("tan", (math.tan, cmath.tan, np.tan), "x", ["1.0 + r * r"])
elementwise("asin", (math.asin, cmath.asin, np.arcsin), "x", ["1.0 / sqrt((1.0 - x) * (1.0 + x))"],
            "abs(x) < 1", singular=True,
            scalar=["1.0 / sqrt((1.0 - x) * (1.0 + x)) if x * x != 1.0 else inf"])
elementwise("acos", (math.acos, cmath.acos, np.arccos), "x", ["-1.0 / sqrt((1.0 - x) * (1.0 + x))"],
            "abs(x) < 1", singular=True,
            scalar=["-1.0 / sqrt((1.0 - x) * (1.0 + x)) if x * x != 1.0 else -inf"])
elementwise("atan", (math.atan, cmath.atan, np.arctan), "x", ["1.0 / (1.0 + x * x)"])
elementwise("sinh", (math.sinh, cmath.sinh, np.sinh), "x", ["cosh(x)"], singular=True)
elementwise("cosh", (math.cosh, cmath.cosh, np.cosh), "x", ["sinh(x)"], singular=True)
elementwise("tanh", (math.tanh, cmath.tanh, np.tanh), "x", ["1.0 - r * r"])
elementwise("asinh", (math.asinh, cmath.asinh, np.arcsinh), "x", ["1.0 / sqrt(x * x + 1.0)"])
# Two square roots, as one would take the wrong branch for complex x with a negative real part.
elementwise("acosh", (math.acosh, cmath.acosh, np.arccosh), "x",
            ["1.0 / (sqrt(x - 1.0) * sqrt(x + 1.0))"], "x > 1", singular=True,
            scalar=["1.0 / (sqrt(x - 1.0) * sqrt(x + 1.0)) if x != 1.0 else inf"])
elementwise("atanh", (math.atanh, cmath.atanh, np.arctanh), "x", ["1.0 / ((1.0 - x) * (1.0 + x))"],
            "abs(x) < 1", singular=True)
# Divided by the distance twice, as its square is 0 or inf long before it is; no angle and no derivative at the origin.
elementwise("atan2", (math.atan2, np.arctan2), "y x",
            ["x / hypot(x, y) / hypot(x, y) if hypot(x, y) != 0.0 else 0.0",
             "-y / hypot(x, y) / hypot(x, y) if hypot(x, y) != 0.0 else 0.0"], "x != 0 or y != 0", singular=True)
elementwise("degrees", (math.degrees, np.degrees, np.rad2deg), "x", ["180.0 / pi"])
elementwise("radians", (math.radians, np.radians, np.deg2rad), "x", ["pi / 180.0"])

# -- distances -----------------------------------------------------------------------------------

# At the origin the least of the subgradients, as for a norm.
elementwise("hypot", (math.hypot, np.hypot), "*x", ["x / r if r != 0.0 else 0.0"])


@vjp(math.dist, wrt="p q", lists="p q")
def dist(dy, r, p, q):
    scale = dy / r if r != 0.0 else 0.0
    if isinstance(p, np.ndarray):
        dp = scale * (p - np.asarray(q))
        return dp, -dp if isinstance(q, np.ndarray) else [-d for d in dp]
    dp = [scale * (a - b) for a, b in zip(p, q)]
    return dp, -np.asarray(dp) if isinstance(q, np.ndarray) else [-d for d in dp]


@jvp(math.dist, wrt="p")
def dist_p(dp, r, p, q):
    return math.fsum(d * (a - b) for d, a, b in zip(dp, p, q)) / r if r != 0.0 else 0.0


@jvp(math.dist, wrt="q")
def dist_q(dq, r, p, q):
    return math.fsum(d * (b - a) for d, a, b in zip(dq, p, q)) / r if r != 0.0 else 0.0


# -- special functions ---------------------------------------------------------------------------

elementwise("erf", (math.erf,), "x", ["2.0 / sqrt(pi) * exp(-x * x)"])
elementwise("erfc", (math.erfc,), "x", ["-2.0 / sqrt(pi) * exp(-x * x)"])
elementwise("gamma", (math.gamma,), "x", ["r * digamma(x)"], "x > 0")
elementwise("lgamma", (math.lgamma,), "x", ["digamma(x)"], "x > 0")
elementwise("digamma", (digamma,), "x", ["polygamma(1, x)"], "x > 0")
elementwise("polygamma", (polygamma,), "n x", ["0", "polygamma(n + 1, x)"], "x > 0")

# -- remainders and the parts of a float ---------------------------------------------------------

# Both are a - n * b with a whole number n that is constant between jumps; n is read off r.
elementwise("fmod", (math.fmod, np.fmod), "a b", ["1.0", "(r - a) / b"], "b != 0", singular=True)
elementwise("remainder", (math.remainder,), "a b", ["1.0", "(r - a) / b"], "b != 0", singular=True)

elementwise("fabs", (math.fabs, np.fabs), "x", ["sign(x)"])
elementwise("copysign", (math.copysign, np.copysign), "x y", ["sign(x) * copysign(1.0, y)", "0"])
elementwise("ldexp", (math.ldexp, np.ldexp), "x i", ["ldexp(1.0, i)", "0"])
elementwise("nextafter", (math.nextafter, np.nextafter), "x y", ["1.0", "0"])
if hasattr(math, "fma"):                                     # Python 3.13
    elementwise("fma", (math.fma,), "x y z", ["y", "x", "1.0"])


@vjp(math.frexp, wrt="x")
def frexp(dy, r, x):
    return math.ldexp(dy[0], -r[1])


@jvp(math.frexp, wrt="x")
def frexp_x(dx, r, x):
    return math.ldexp(dx, -r[1]), 0


@vjp(math.modf, wrt="x")
def modf(dy, r, x):
    return dy[0]


@jvp(math.modf, wrt="x")
def modf_x(dx, r, x):
    return dx, 0.0


constant(math.floor, np.floor, math.ceil, np.ceil, math.trunc, np.trunc, math.ulp, np.spacing)
constant(math.isclose, math.isfinite, np.isfinite, math.isinf, np.isinf, math.isnan, np.isnan)
constant(math.comb, math.perm, math.factorial, math.isqrt, math.gcd, np.gcd, math.lcm, np.lcm)
