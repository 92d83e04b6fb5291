"""Helpers of the rules of reductions: from the shape of the result back to that of the argument."""
from __future__ import annotations

import numpy as np

from symgrad.rules.axes import inverse, positive


def kept(dy, axis, keepdims):
    """`dy` with the reduced axes put back with length 1; where all were reduced, it broadcasts as it is."""
    if axis is None or keepdims:
        return dy
    return np.expand_dims(dy, axis)


def spread(dy, a, axis, keepdims):
    """`dy` over the shape of `a`, a view."""
    return np.broadcast_to(kept(dy, axis, keepdims), a.shape)


def masked(da, where):
    """`da` where elements took part in the reduction, 0 elsewhere."""
    if where is None:
        return da
    return np.where(where, da, 0.0)


def cast(d, a):
    """`d` in the dtype of `a`; it differs after ``dtype=`` only."""
    if np.asarray(d).dtype == a.dtype:
        return d
    return np.asarray(d).astype(a.dtype)


def count(a, axis, keepdims, where):
    """How many elements each element of the result is made of."""
    if where is not None:
        return np.sum(np.broadcast_to(where, a.shape), axis=axis, dtype=a.dtype, keepdims=keepdims)
    if axis is None:
        return a.size
    if isinstance(axis, tuple):
        n = 1
        for i in axis:
            n = n * a.shape[i]
        return n
    return a.shape[axis]


def share(dy, a, axis, keepdims, where):
    """What each element of a mean gets of `dy`; an array without elements has nothing to divide by."""
    n = count(a, axis, keepdims, where)
    return dy / (max(n, 1) if np.ndim(dy) == 0 and where is None else n)


def degrees_of_freedom(a, axis, keepdims, where, ddof):
    """The divisor of a variance: not below 0, and a NumPy number, by which 0 is divided without an error."""
    n = count(a, axis, keepdims, where)
    if ddof == 0:
        return max(n, 1) if where is None else n
    return np.maximum(n - ddof, 0)


def total(x, axis, keepdims, where):
    """np.sum with the mask only where there is one."""
    if where is None:
        return np.sum(x, axis=axis, keepdims=keepdims)
    return np.sum(x, axis=axis, keepdims=keepdims, where=where)


def numbers(a, where):
    """The mask of the elements that are not NaN, for the nan... reductions."""
    if where is None:
        return ~np.isnan(a)
    return ~np.isnan(a) & where


def as_last(a, axis):
    """`a` with the axes that are to be reduced made into one, the last."""
    if axis is None:
        return np.ravel(a)
    if not isinstance(axis, tuple):
        return np.moveaxis(a, axis, -1)
    axes = positive(axis, a.ndim)
    rest = tuple(i for i in range(a.ndim) if i not in axes)
    n = count(a, axis, False, None)
    return np.reshape(np.transpose(a, rest + axes), tuple(a.shape[i] for i in rest) + (n,))


def from_last(b, a, axis):
    """The inverse of `as_last`: `b` in the shape of `a`."""
    if axis is None:
        return np.reshape(b, a.shape)
    if not isinstance(axis, tuple):
        return np.moveaxis(b, -1, axis)
    axes = positive(axis, a.ndim)
    rest = tuple(i for i in range(a.ndim) if i not in axes)
    return np.transpose(np.reshape(b, tuple(a.shape[i] for i in rest + axes)), inverse(rest + axes))
