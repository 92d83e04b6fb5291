"""NumPy functions that act element by element and have no counterpart in `math`."""
from __future__ import annotations

import numpy as np

from symgrad.rules.broadcasting import unbroadcast
from symgrad.rules.core import constant, elementwise, jvp, method, returns_argument, vjp

elementwise("square", (np.square,), "x", ["2.0 * x"])
elementwise("reciprocal", (np.reciprocal,), "x", ["-r * r"], "x != 0", singular=True)
# Where both are -inf, as for impossible states, -inf - -inf would be NaN; the shift by 0 gives 0.
elementwise("logaddexp", (np.logaddexp,), "a b",
            ["exp(a - (r if r != -inf else 0.0))", "exp(b - (r if r != -inf else 0.0))"])
elementwise("logaddexp2", (np.logaddexp2,), "a b",
            ["exp2(a - (r if r != -inf else 0.0))", "exp2(b - (r if r != -inf else 0.0))"])
elementwise("sinc", (np.sinc,), "x", ["(cos(pi * x) - r) / x if x != 0.0 else 0.0"], singular=True)
elementwise("heaviside", (np.heaviside,), "x h0", ["0", "dy if x == 0.0 else 0.0"])

# -- choices: what is not chosen gets exactly nothing, and ties are shared -------------------------

elementwise("where", (np.where,), "condition x y",
            ["0", "dy if condition else 0.0", "0.0 if condition else dy"])
elementwise("maximum", (np.maximum,), "a b",
            ["dy if a > b else 0.5 * dy if a == b else 0.0",
             "dy if b > a else 0.5 * dy if a == b else 0.0"], "a != b")
elementwise("minimum", (np.minimum,), "a b",
            ["dy if a < b else 0.5 * dy if a == b else 0.0",
             "dy if b < a else 0.5 * dy if a == b else 0.0"], "a != b")
# fmax and fmin prefer a number to a NaN.
elementwise("fmax", (np.fmax,), "a b",
            ["dy if a > b or isnan(b) else 0.5 * dy if a == b else 0.0",
             "dy if b > a or isnan(a) else 0.5 * dy if a == b else 0.0"], "a != b")
elementwise("fmin", (np.fmin,), "a b",
            ["dy if a < b or isnan(b) else 0.5 * dy if a == b else 0.0",
             "dy if b < a or isnan(a) else 0.5 * dy if a == b else 0.0"], "a != b")
# An element at a bound is still itself. With a_min > a_max the result is a_max.
elementwise("clip", (np.clip,), "a a_min a_max",
            ["dy if r == a else 0.0",
             "dy if a < a_min and a_min == r else 0.0",
             "dy if a > a_max or a_min is not None and a_min > r else 0.0"],
            defaults={"a_min": None, "a_max": None}, aliases={"min": "a_min", "max": "a_max"})
elementwise("nan_to_num", (np.nan_to_num,), "x copy nan posinf neginf",
            ["dy if isfinite(x) else 0.0", "0", "dy if isnan(x) else 0.0", "dy if x == inf else 0.0",
             "dy if x == -inf else 0.0"],
            defaults={"copy": True, "nan": 0.0, "posinf": None, "neginf": None})

# -- complex numbers: the texts are df/dx - i df/dy, see `elementwise` -----------------------------

elementwise("real", (np.real,), "z", ["1.0"])
elementwise("imag", (np.imag,), "z", ["-1j"])
elementwise("conj", (np.conjugate,), "z", ["conj(dy)"])
elementwise("angle", (np.angle,), "z deg", ["-1j / z * (180.0 / pi if deg else 1.0)", "0"], "z != 0",
            defaults={"deg": False}, singular=True)
returns_argument(np.real, np.imag)                           # np.real of real numbers is its argument
returns_argument(np.nan_to_num, when=lambda args, kwargs: len(args) > 1 or not kwargs.get("copy", True))
method(conj=np.conjugate, conjugate=np.conjugate, clip=np.clip)

# -- ufuncs with two results -----------------------------------------------------------------------


@vjp(np.modf, wrt="x")
def modf(dy, r, x):
    return dy[0]


@jvp(np.modf, wrt="x")
def modf_x(dx, r, x):
    return dx, np.zeros_like(dx)


@vjp(np.frexp, wrt="x")
def frexp(dy, r, x):
    return np.ldexp(dy[0], -r[1])


@jvp(np.frexp, wrt="x")
def frexp_x(dx, r, x):
    return np.ldexp(dx, -r[1]), np.zeros_like(r[1])


@vjp(np.divmod, wrt="a b")
def divmod_(dy, r, a, b):
    return unbroadcast(dy[1], a), unbroadcast(-r[0] * dy[1], b)


@jvp(np.divmod, wrt="a")
def divmod_a(da, r, a, b):
    return np.zeros_like(r[0]), np.broadcast_to(da, r[1].shape)


@jvp(np.divmod, wrt="b")
def divmod_b(db, r, a, b):
    return np.zeros_like(r[0]), -r[0] * db


# sign is constant for real numbers only; of a complex number it is z / |z|, whose tangent is at right angles to it.
constant(np.sign, np.signbit, np.rint, np.round, np.around, np.fix, np.isneginf, np.isposinf)
constant(np.isclose, np.allclose, np.array_equal, np.isreal, np.iscomplex, np.isrealobj, np.iscomplexobj,
         np.isscalar, np.isnat)
method(round=np.round)


@vjp((np.sign, "complex"), wrt="z")
def complex_sign(dy, r, z):
    return 1j * np.conj(r) * np.imag(dy * r) / np.where(r == 0.0, 1.0, np.abs(z))


@jvp((np.sign, "complex"), wrt="z")
def complex_sign_z(dz, r, z):
    return 1j * r * np.imag(np.conj(r) * dz) / np.where(r == 0.0, 1.0, np.abs(z))


# -- products of vectors and matrices, new in NumPy 2.2 (their relatives are in `products`) ----------

if hasattr(np, "matvec"):

    @vjp(np.matvec, wrt="a b", linear=True)
    def matvec(dy, r, a, b):
        return (unbroadcast(dy[..., :, None] * b[..., None, :], a),
                unbroadcast((dy[..., None, :] @ a)[..., 0, :], b))

    @vjp(np.vecmat, wrt="a b", linear=True)
    def vecmat(dy, r, a, b):
        if a.dtype.kind == "c":
            raise NotImplementedError("np.vecmat of complex arrays: write np.conj(a) @ b")
        return (unbroadcast((b @ dy[..., None])[..., 0], a),
                unbroadcast(a[..., :, None] * dy[..., None, :], b))
