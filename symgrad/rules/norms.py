"""Norms of vectors and matrices. At 0 the derivative is 0; ties of a maximum share it evenly."""
from __future__ import annotations

import numpy as np

from symgrad.rules.core import jvp, vjp


@vjp(np.linalg.norm, wrt="x")
def norm(dy, r, x, ord=None, axis=None, keepdims=False):
    return any_norm(dy, r, x, ord, axis, keepdims)


@vjp(np.linalg.vector_norm, wrt="x")
def vector_norm(dy, r, x, axis=None, keepdims=False, ord=2):
    return vector(dy, r, x, ord, axis, keepdims)


@vjp(np.linalg.matrix_norm, wrt="x")
def matrix_norm(dy, r, x, keepdims=False, ord="fro"):
    return any_norm(dy, r, x, ord, (-2, -1), keepdims)


def any_norm(dy, r, x, ord, axis, keepdims):
    if ord is None or ord == "fro":
        return euclidean(dy, r, x, axis, keepdims)
    if x.ndim == 1 or isinstance(axis, int):
        return vector(dy, r, x, ord, axis, keepdims)
    return matrix(dy, r, x, ord, axis, keepdims)


def expanded(s, axis, keepdims):
    """A reduced array with the axes that it was reduced over put back."""
    return s if axis is None or keepdims else np.expand_dims(s, axis)


def sign(x):
    return np.conj(np.sign(x)) if np.iscomplexobj(x) else np.sign(x)


def euclidean(dy, r, x, axis, keepdims):
    q = expanded(dy / np.where(r == 0.0, 1.0, r), axis, keepdims)       # where r is 0, so is x
    return q * (np.conj(x) if np.iscomplexobj(x) else x)


def vector(dy, r, x, ord, axis, keepdims):
    if ord == 2:
        return euclidean(dy, r, x, axis, keepdims)
    if ord == 0:
        return np.zeros_like(x)
    dy, r = expanded(dy, axis, keepdims), expanded(r, axis, keepdims)
    if ord == 1:
        return dy * sign(x)
    if ord in (np.inf, -np.inf):
        winners = np.abs(x) == r
        return dy / np.sum(winners, axis=axis, keepdims=True, dtype=r.dtype) * winners * sign(x)
    return dy * sign(x) * (np.abs(x) / np.where(r == 0.0, 1.0, r)) ** (ord - 1)


def matrix(dy, r, x, ord, axis, keepdims):
    if x.ndim != 2 or axis not in (None, (0, 1), (-2, -1)) or np.iscomplexobj(x):
        raise NotImplementedError("np.linalg.norm with this ord is differentiated for one real matrix only")
    scale = dy[0, 0] if keepdims else dy
    if ord in ("nuc", 2, -2):
        u, _, vh = np.linalg.svd(x, full_matrices=False)
        if ord == "nuc":
            return scale * (u @ vh)
        i = 0 if ord == 2 else -1
        return scale * np.outer(u[:, i], vh[i])
    side = 0 if ord in (1, -1) else 1                       # the largest or smallest sum of a column, or row
    winners = np.sum(np.abs(x), axis=side, keepdims=True) == r
    return scale / np.sum(winners, dtype=x.dtype) * winners * np.sign(x)


# r depends on its own slice of x only: the tangent is the gradient of r times dx, summed over the slice

def tangent(dx, r, x, ord, axis, keepdims):
    return np.sum(any_norm(np.ones_like(r), r, x, ord, axis, keepdims) * dx, axis=axis, keepdims=keepdims)


@jvp(np.linalg.norm, "x")
def norm_x(dx, r, x, ord=None, axis=None, keepdims=False):
    return tangent(dx, r, x, ord, axis, keepdims)


@jvp(np.linalg.matrix_norm, "x")
def matrix_norm_x(dx, r, x, keepdims=False, ord="fro"):
    return tangent(dx, r, x, ord, (-2, -1), keepdims)


@jvp(np.linalg.vector_norm, "x")
def vector_norm_x(dx, r, x, axis=None, keepdims=False, ord=2):
    return np.sum(vector(np.ones_like(r), r, x, ord, axis, keepdims) * dx, axis=axis, keepdims=keepdims)
