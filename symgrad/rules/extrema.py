"""Largest, smallest and middle elements. Ties share the cotangent evenly.

Where the result is NaN no element equals it, and 0 / 0 makes the derivative NaN as well.
"""
from __future__ import annotations

import numpy as np

from symgrad.rules.core import constant, jvp, method, vjp
from symgrad.rules.reduced_axes import as_last, from_last, kept

constant(np.argmax, np.argmin, np.nanargmax, np.nanargmin)
method(max=np.max, min=np.min, argmax=np.argmax, argmin=np.argmin)


@vjp(np.max, np.amax, np.min, np.amin, np.nanmax, np.nanmin, wrt="a")
def extremum(dy, r, a, axis=None, out=None, keepdims=False, initial=None, where=None):
    hit, n = winners(a, r, axis, keepdims, initial, where)
    return hit * (kept(dy, axis, keepdims) / n)


@jvp(np.max, wrt="a")
def extremum_tangent(da, r, a, axis=None, out=None, keepdims=False, initial=None, where=None):
    hit, n = winners(a, r, axis, keepdims, initial, where)
    return np.sum(hit / n * da, axis=axis, keepdims=keepdims)


@vjp((np.maximum, "reduce"), (np.minimum, "reduce"), (np.fmax, "reduce"), (np.fmin, "reduce"), wrt="array")
def extremum_reduce(dy, r, array, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=None):
    hit, n = winners(array, r, axis, keepdims, initial, where)
    return hit * (kept(dy, axis, keepdims) / n)


@jvp((np.maximum, "reduce"), wrt="array")
def extremum_reduce_tangent(da, r, array, axis=0, dtype=None, out=None, keepdims=False, initial=None,
                            where=None):
    hit, n = winners(array, r, axis, keepdims, initial, where)
    return np.sum(hit / n * da, axis=axis, keepdims=keepdims)


def winners(a, r, axis, keepdims, initial, where):
    """Which elements are the extremum of their group, and how many those are."""
    best = kept(r, axis, keepdims)
    hit = a == best
    if where is not None:
        hit = hit & where
    n = np.sum(hit, axis=axis, dtype=a.dtype, keepdims=axis is not None or keepdims)
    return hit, n if initial is None else n + (best == initial)


@vjp(np.ptp, wrt="a")
def ptp(dy, r, a, axis=None, out=None, keepdims=False):
    high, n_high, low, n_low = range_ends(a, axis)
    d = kept(dy, axis, keepdims)
    return high * (d / n_high) - low * (d / n_low)


@jvp(np.ptp, wrt="a")
def ptp_tangent(da, r, a, axis=None, out=None, keepdims=False):
    high, n_high, low, n_low = range_ends(a, axis)
    return np.sum((high / n_high - low / n_low) * da, axis=axis, keepdims=keepdims)


def range_ends(a, axis):
    keep = axis is not None
    high, n_high = winners(a, np.max(a, axis=axis, keepdims=keep), axis, keep, None, None)
    low, n_low = winners(a, np.min(a, axis=axis, keepdims=keep), axis, keep, None, None)
    return high, n_high, low, n_low


@vjp(np.median, wrt="a")
def median(dy, r, a, axis=None, out=None, overwrite_input=False, keepdims=False):
    return from_last(middle_weights(as_last(a, axis)), a, axis) * kept(dy, axis, keepdims)


@jvp(np.median, wrt="a")
def median_tangent(da, r, a, axis=None, out=None, overwrite_input=False, keepdims=False):
    weights = from_last(middle_weights(as_last(a, axis)), a, axis)
    return np.sum(weights * da, axis=axis, keepdims=keepdims)


def middle_weights(b):
    """One half for each of the two middle elements of the last axis; they can be the same one, or there may be none."""
    n = b.shape[-1]
    ordered = np.sort(b, axis=-1)
    lower = b == ordered[..., (n - 1) // 2:(n + 1) // 2]
    upper = b == ordered[..., n // 2:n // 2 + 1]
    return (lower / (2.0 * np.sum(lower, axis=-1, dtype=b.dtype, keepdims=True))
            + upper / (2.0 * np.sum(upper, axis=-1, dtype=b.dtype, keepdims=True)))
