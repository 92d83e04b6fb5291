"""Diagonals and triangles: parts of an array that keep their place."""
from __future__ import annotations

import numpy as np

from symgrad.rules.axes import positive
from symgrad.rules.core import constant, jvp, method, vjp


@vjp(np.diag, wrt="v", linear=True, view=lambda v: v.ndim > 1, writable=False, moves=False)
def diag(dy, r, v, k=0):
    if v.ndim == 1:
        return np.diagonal(dy, k)
    return on_diagonal(dy, v, k, 0, 1)


@vjp(np.diagflat, wrt="v", linear=True)
def diagflat(dy, r, v, k=0):
    return np.reshape(np.diagonal(dy, k), np.shape(v))


@vjp(np.diagonal, wrt="a", linear=True, view=True, writable=False)
def diagonal(dy, r, a, offset=0, axis1=0, axis2=1):
    return on_diagonal(dy, a, offset, axis1, axis2)


@vjp(np.linalg.diagonal, wrt="x", linear=True, view=True, writable=False)
def linalg_diagonal(dy, r, x, offset=0):
    return on_diagonal(dy, x, offset, -2, -1)


@vjp(np.trace, wrt="a", linear=True)
def trace(dy, r, a, offset=0, axis1=0, axis2=1, dtype=None, out=None):
    if a.ndim == 2 and offset == 0:
        return dy * np.eye(a.shape[0], a.shape[1], dtype=a.dtype)
    return on_diagonal(dy[..., None] if a.ndim > 2 else dy, a, offset, axis1, axis2)


@vjp(np.linalg.trace, wrt="x", linear=True)
def linalg_trace(dy, r, x, offset=0, dtype=None):
    if x.ndim == 2 and offset == 0:
        return dy * np.eye(x.shape[0], x.shape[1], dtype=x.dtype)
    return on_diagonal(dy[..., None] if x.ndim > 2 else dy, x, offset, -2, -1)


def on_diagonal(dy, a, offset, axis1, axis2):
    """Zeros like `a` with `dy` on the diagonal; the diagonal is the last axis of `dy`."""
    axis1, axis2 = positive(axis1, a.ndim), positive(axis2, a.ndim)
    rows = np.arange(max(0, min(a.shape[axis1] + min(offset, 0), a.shape[axis2] - max(offset, 0))))
    if a.ndim == 2:
        da = np.zeros_like(a)
        if (axis1, axis2) == (0, 1):
            da[rows - min(offset, 0), rows + max(offset, 0)] = dy
        else:
            da[rows + max(offset, 0), rows - min(offset, 0)] = dy
        return da
    da = np.zeros_like(np.moveaxis(a, (axis1, axis2), (-2, -1)))
    da[..., rows - min(offset, 0), rows + max(offset, 0)] = dy
    return np.moveaxis(da, (-2, -1), (axis1, axis2))


@vjp(np.triu, wrt="m", linear=True)
def triu(dy, r, m, k=0):
    return triangle(np.triu(dy, k), m)


@vjp(np.tril, wrt="m", linear=True)
def tril(dy, r, m, k=0):
    return triangle(np.tril(dy, k), m)


def triangle(dm, m):
    return np.sum(dm, axis=0) if m.ndim == 1 else dm      # a vector is taken as a row of each line


@vjp(np.vander, wrt="x")
def vander(dy, r, x, N=None, increasing=False):
    dx = np.sum(dy * vander_slope(r, increasing), axis=1)
    return dx if x.dtype == r.dtype else dx.astype(x.dtype)     # np.vander of float32 is float64


@jvp(np.vander, "x")
def vander_x(dx, r, x, N=None, increasing=False):
    return dx[:, None] * vander_slope(r, increasing)


def vander_slope(r, increasing):
    """The derivative of each element: n x ** (n - 1) is n times the neighbour of lower power."""
    slope = np.zeros_like(r)
    powers = np.arange(1, r.shape[1], dtype=r.dtype)
    if increasing:
        slope[:, 1:] = powers * r[:, :-1]
    else:
        slope[:, :-1] = powers[::-1] * r[:, 1:]
    return slope


constant(np.tri, np.triu_indices, np.tril_indices, np.triu_indices_from, np.tril_indices_from,
         np.diag_indices, np.diag_indices_from, np.mask_indices)
method(diagonal=np.diagonal, trace=np.trace)
