"""Quantiles and percentiles, and the median without NaN: interpolation between two elements of the sorted rows.

Elements that are equal share the cotangent evenly. Where the result is NaN no element equals it, and
0 / 0 makes the derivative NaN as well.
"""
from __future__ import annotations

import numpy as np

from symgrad.rules.core import jvp, vjp
from symgrad.rules.reduced_axes import as_last, cast, from_last


def refuse(method, weights):
    if method != "linear" or weights is not None:
        raise NotImplementedError("quantiles are differentiated for method='linear' and without weights")


def neighbours(b, q, skip):
    """The elements of each row of `b` between which the quantiles are, the place between, and its slope in q.

    At an element it is the slope to the next one; at the last, that from the one before.
    """
    ordered = np.sort(b, axis=-1)
    last = np.sum(~np.isnan(b), axis=-1, dtype=b.dtype, keepdims=True) - 1.0 if skip else b.shape[-1] - 1.0
    place = np.broadcast_to(np.reshape(q, (-1,)) * last, b.shape[:-1] + (np.size(q),))
    lower = np.floor(np.minimum(place, np.maximum(last - 1.0, 0.0))).astype(np.int64)
    upper = np.minimum(lower + 1, last).astype(np.int64)
    low, high = np.take_along_axis(ordered, lower, -1), np.take_along_axis(ordered, upper, -1)
    return low, high, place - lower, (high - low) * last


def weights_of(b, low, high, t):
    """The derivative of each quantile (second but last axis) with respect to each element (last axis)."""
    is_low, is_high = b[..., None, :] == low[..., None], b[..., None, :] == high[..., None]
    return ((1.0 - t)[..., None] * is_low / np.sum(is_low, axis=-1, keepdims=True)
            + t[..., None] * is_high / np.sum(is_high, axis=-1, keepdims=True))


def through_quantile(dy, a, q, axis, skip):
    b = as_last(a, axis)
    low, high, t, slope = neighbours(b, q, skip)
    d = np.moveaxis(np.reshape(dy, (np.size(q),) + b.shape[:-1]), 0, -1)      # the quantiles last
    da = np.sum(d[..., None] * weights_of(b, low, high, t), axis=-2)
    dq = np.sum(d * slope, axis=tuple(range(b.ndim - 1)))
    return from_last(da.astype(a.dtype), a, axis), cast(np.reshape(dq, np.shape(q)), np.asarray(q))


def quantile_tangent(da, r, a, q, axis, skip):
    b = as_last(a, axis)
    low, high, t, _ = neighbours(b, q, skip)
    dr = np.sum(weights_of(b, low, high, t) * as_last(da, axis)[..., None, :], axis=-1)
    return np.reshape(np.moveaxis(dr, -1, 0), np.shape(r)).astype(r.dtype)


def quantile_tangent_q(dq, r, a, q, axis, skip):
    slope = neighbours(as_last(a, axis), q, skip)[3]
    return np.reshape(np.moveaxis(slope * np.reshape(dq, (-1,)), -1, 0), np.shape(r)).astype(r.dtype)


@vjp(np.quantile, wrt="a q")
def quantile(dy, r, a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, weights=None):
    refuse(method, weights)
    return through_quantile(dy, a, q, axis, False)


@jvp(np.quantile, "a")
def quantile_a(da, r, a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, weights=None):
    return quantile_tangent(da, r, a, q, axis, False)


@jvp(np.quantile, "q")
def quantile_q(dq, r, a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, weights=None):
    return quantile_tangent_q(dq, r, a, q, axis, False)


@vjp(np.nanquantile, wrt="a q")
def nanquantile(dy, r, a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False,
                weights=None):
    refuse(method, weights)
    return through_quantile(dy, a, q, axis, True)


@jvp(np.nanquantile, "a")
def nanquantile_a(da, r, a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False,
                  weights=None):
    return quantile_tangent(da, r, a, q, axis, True)


@jvp(np.nanquantile, "q")
def nanquantile_q(dq, r, a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False,
                  weights=None):
    return quantile_tangent_q(dq, r, a, q, axis, True)


@vjp(np.percentile, wrt="a q")
def percentile(dy, r, a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, weights=None):
    refuse(method, weights)
    da, dq = through_quantile(dy, a, np.asarray(q) / 100.0, axis, False)
    return da, dq / 100.0


@jvp(np.percentile, "a")
def percentile_a(da, r, a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False,
                 weights=None):
    return quantile_tangent(da, r, a, np.asarray(q) / 100.0, axis, False)


@jvp(np.percentile, "q")
def percentile_q(dq, r, a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False,
                 weights=None):
    return quantile_tangent_q(dq, r, a, np.asarray(q) / 100.0, axis, False) / 100.0


@vjp(np.nanpercentile, wrt="a q")
def nanpercentile(dy, r, a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False,
                  weights=None):
    refuse(method, weights)
    da, dq = through_quantile(dy, a, np.asarray(q) / 100.0, axis, True)
    return da, dq / 100.0


@jvp(np.nanpercentile, "a")
def nanpercentile_a(da, r, a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False,
                    weights=None):
    return quantile_tangent(da, r, a, np.asarray(q) / 100.0, axis, True)


@jvp(np.nanpercentile, "q")
def nanpercentile_q(dq, r, a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False,
                    weights=None):
    return quantile_tangent_q(dq, r, a, np.asarray(q) / 100.0, axis, True) / 100.0


@vjp(np.nanmedian, wrt="a")
def nanmedian(dy, r, a, axis=None, out=None, overwrite_input=False, keepdims=False):
    return through_quantile(dy, a, 0.5, axis, True)[0]


@jvp(np.nanmedian, "a")
def nanmedian_tangent(da, r, a, axis=None, out=None, overwrite_input=False, keepdims=False):
    return quantile_tangent(da, r, a, 0.5, axis, True)
