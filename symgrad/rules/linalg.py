"""Solving, inverses, determinants and powers of matrices; stacks of matrices too.

Formulas: Giles, "An extended collection of matrix derivative results", 2008, unless noted.
"""
from __future__ import annotations

import numpy as np

from symgrad.rules.broadcasting import unbroadcast
from symgrad.rules.core import constant, jvp, returns_argument, vjp


def transposed(x):
    return x.T if x.ndim == 2 else np.swapaxes(x, -1, -2)


def per_matrix(s):
    """A scalar per matrix, shaped to multiply the matrices."""
    return s if np.ndim(s) == 0 else s[..., None, None]


@vjp(np.linalg.solve, wrt="a b")
def solve(dy, r, a, b):
    if a.ndim == 2 and b.ndim == 1:
        db = np.linalg.solve(a.T, dy)
        return -np.outer(db, r), db
    if b.ndim == 1:
        db = np.linalg.solve(transposed(a), dy[..., None])[..., 0]
        return -db[..., :, None] * r[..., None, :], unbroadcast(db, b)
    db = np.linalg.solve(transposed(a), dy)
    return unbroadcast(-db @ transposed(r), a), unbroadcast(db, b)


@jvp(np.linalg.solve, "a")
def solve_a(da, r, a, b):
    if b.ndim == 1 and a.ndim > 2:
        return -np.linalg.solve(a, da @ r[..., None])[..., 0]
    return -np.linalg.solve(a, da @ r)


@jvp(np.linalg.solve, "b")
def solve_b(db, r, a, b):
    return np.linalg.solve(a, db)


@vjp(np.linalg.inv, wrt="a")
def inv(dy, r, a):
    return -transposed(r) @ dy @ transposed(r)


@jvp(np.linalg.inv, "a")
def inv_a(da, r, a):
    return -r @ da @ r


@vjp(np.linalg.det, wrt="a")
def det(dy, r, a):
    # The cofactors, as they are where the matrix has an inverse. At a singular matrix NumPy raises
    # LinAlgError: cofactors by SVD would do there, but their own derivative fails at equal singular values.
    return per_matrix(dy * r) * transposed(np.linalg.inv(a))


@jvp(np.linalg.det, "a")
def det_a(da, r, a):
    return r * np.trace(np.linalg.solve(a, da), axis1=-2, axis2=-1)


@vjp(np.linalg.slogdet, wrt="a")
def slogdet(dy, r, a):
    if np.iscomplexobj(a):
        raise NotImplementedError("np.linalg.slogdet of a complex matrix: write np.log(np.linalg.det(a))")
    return per_matrix(dy[1]) * transposed(np.linalg.inv(a))       # the sign is piecewise constant


@jvp(np.linalg.slogdet, "a")
def slogdet_a(da, r, a):
    return np.zeros_like(r[0]), np.trace(np.linalg.solve(a, da), axis1=-2, axis2=-1)


@vjp(np.linalg.matrix_power, wrt="a")
def matrix_power(dy, r, a, n):
    return power_derivative(transposed(a), dy, n)


@jvp(np.linalg.matrix_power, "a")
def matrix_power_a(da, r, a, n):
    return power_derivative(a, da, n)


returns_argument(np.linalg.matrix_power, when=lambda args, kwargs: args[1:] == (1,) or kwargs.get("n") == 1)


def power_derivative(a, e, n):
    """The derivative of ``a ** n`` in the direction `e`: the sum of ``a ** i @ e @ a ** (n - 1 - i)``."""
    if n == 0:
        return np.zeros_like(e)
    if n == 1:
        return e
    if n == 2:
        return a @ e + e @ a
    if n == -1:
        inverse = np.linalg.inv(a)
        return -inverse @ e @ inverse
    # the upper right block of [[a, e], [0, a]] ** n (Higham, Functions of Matrices, 2008, theorem 3.6)
    m = a.shape[-1]
    upper = np.concatenate((a, e), axis=-1)
    lower = np.concatenate((np.zeros_like(a), a), axis=-1)
    return np.linalg.matrix_power(np.concatenate((upper, lower), axis=-2), n)[..., :m, m:]


@vjp(np.linalg.pinv, wrt="a")
def pinv(dy, r, a, rcond=None, hermitian=False):
    # Golub and Pereyra, "The differentiation of pseudo-inverses", 1973; at constant rank
    if np.iscomplexobj(a):
        raise NotImplementedError("np.linalg.pinv of a complex matrix")
    rt, dyt = transposed(r), transposed(dy)
    left = dyt - a @ (r @ dyt)
    right = dyt - (dyt @ r) @ a
    return -rt @ dy @ rt + left @ r @ rt + rt @ r @ right


@jvp(np.linalg.pinv, "a")
def pinv_a(da, r, a, rcond=None, hermitian=False):
    rt, dat = transposed(r), transposed(da)
    left = dat - (dat @ a) @ r
    right = dat - r @ (a @ dat)
    return -r @ da @ r + r @ rt @ left + right @ rt @ r


@vjp(np.linalg.lstsq, wrt="a b", absent=True)
def lstsq(dy, r, a, b, rcond=None):
    dx, dresiduals, _, ds = dy
    x = r[0]
    residual = b - a @ x
    da, db = np.zeros_like(a), np.zeros_like(b)
    if dx is not None:                                  # x = pinv(a) @ b, as in `pinv`
        p = np.linalg.pinv(a)
        db = p.T @ dx
        rest = dx - a.T @ db
        if b.ndim == 1:
            da = np.outer(residual, p @ db) + np.outer(p.T @ x, rest) - np.outer(db, x)
        else:
            da = residual @ (p @ db).T + (p.T @ x) @ rest.T - db @ x.T
    if dresiduals is not None:
        slope = 2.0 * (np.sum(dresiduals) if b.ndim == 1 else dresiduals) * residual
        db = db + slope
        da = da - (np.outer(slope, x) if b.ndim == 1 else slope @ x.T)
    if ds is not None:
        u, _, vh = np.linalg.svd(a, full_matrices=False)
        da = da + (u * ds) @ vh
    return da, db


@jvp(np.linalg.lstsq, "a")
def lstsq_a(da, r, a, b, rcond=None):
    x, residuals, _, _ = r
    residual = b - a @ x
    p = np.linalg.pinv(a)
    turned = da.T @ residual
    dx = p @ (p.T @ turned) - p @ (da @ x) + (da.T @ (p.T @ x) - p @ (a @ (da.T @ (p.T @ x))))
    u, _, vh = np.linalg.svd(a, full_matrices=False)
    dresiduals = -2.0 * np.sum(residual * (da @ x), axis=0) + np.zeros_like(residuals)
    return dx, dresiduals, 0, np.sum(u * (da @ vh.T), axis=0)


@jvp(np.linalg.lstsq, "b")
def lstsq_b(db, r, a, b, rcond=None):
    x, residuals, _, s = r
    dresiduals = 2.0 * np.sum((b - a @ x) * db, axis=0) + np.zeros_like(residuals)
    return np.linalg.pinv(a) @ db, dresiduals, 0, np.zeros_like(s)


constant(np.linalg.matrix_rank)
