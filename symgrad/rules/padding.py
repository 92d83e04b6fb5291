"""np.pad, in all its modes.

NumPy pads one axis after the other, the later ones together with what was padded before. So the
adjoint takes the padding off again one axis at a time, the last first.
"""
from __future__ import annotations

import numpy as np

from symgrad.rules.core import jvp, vjp
from symgrad.rules.extrema import middle_weights

COPIES = ("edge", "wrap", "reflect", "symmetric")
STATISTICS = ("maximum", "mean", "median", "minimum")


@vjp(np.pad, wrt="array constant_values")
def pad(dy, r, array, pad_width, mode="constant", constant_values=0, end_values=0, stat_length=None,
        reflect_type="even"):
    if mode in ("constant", "empty"):
        inner = tuple(slice(before, before + n)
                      for (before, _), n in zip(widths(pad_width, array.ndim), array.shape))
        return dy[inner], outside(dy, inner, constant_values)
    axes = padded_axes(pad_width, array.ndim)
    steps = stages(array, axes, mode, stat_length) if mode in STATISTICS else (array,) * len(axes)
    for (axis, width), x in zip(axes[::-1], steps[::-1]):
        d, n = np.moveaxis(dy, axis, -1), array.shape[axis]
        if mode in STATISTICS:
            d = from_statistics(d, np.moveaxis(x, axis, -1), width, mode, lengths_of(stat_length, axis, array.ndim))
        elif mode == "linear_ramp":
            d = from_ramp(d, width, n)
        else:
            d = from_copies(d, width, n, mode, reflect_type)
        dy = np.moveaxis(d, -1, axis)
    return dy, None


def outside(dy, inner, constant_values):
    """The cotangent of the number that is put around."""
    if not isinstance(constant_values, float):
        if isinstance(constant_values, np.ndarray):
            raise NotImplementedError("np.pad differentiates constant_values that are one number")
        return None
    around = dy.copy()
    around[inner] = 0.0
    return np.sum(around)


def from_copies(d, width, n, mode, reflect_type):
    """Along the last axis; each padded element is a copy: pad the indices in the same way and add up."""
    source = np.pad(np.arange(n), width, mode)
    dx = np.zeros(d.shape[:-1] + (n,), dtype=d.dtype)
    if reflect_type == "even" or mode not in ("reflect", "symmetric"):
        np.add.at(dx, (..., source), d)
        return dx
    # an element is combined from its copy and the two ends, with weights that sum to 1
    first, last = end_weights(width, n, mode, d.dtype)
    interior = (source != 0) & (source != n - 1)
    np.add.at(dx, (..., source), np.where(interior, 1.0 - first - last, 0.0) * d)
    dx[..., 0] += d @ first
    dx[..., -1] += d @ last
    return dx


def end_weights(width, n, mode, dtype):
    """How much of the first and of the last element each padded one holds, for ``reflect_type="odd"``."""
    ends = np.zeros((2, n), dtype=dtype)
    ends[0, 0] = 1.0
    if n > 1:
        ends[1, -1] = 1.0
    ends = np.pad(ends, ((0, 0), width), mode, reflect_type="odd")
    return ends[0], ends[1]


def from_ramp(d, width, n):
    before, after = width
    dx = d[..., before:before + n].copy()
    if before > 0:
        dx[..., 0] += np.sum(d[..., :before] * (np.arange(before, dtype=d.dtype) / before), axis=-1)
    if after > 0:
        dx[..., -1] += np.sum(d[..., before + n:] * (np.arange(after, dtype=d.dtype)[::-1] / after), axis=-1)
    return dx


def from_statistics(d, x, width, mode, lengths):
    before, n = width[0], x.shape[-1]
    dx = d[..., before:before + n].copy()
    left = n if lengths[0] is None else min(lengths[0], n)
    right = n if lengths[1] is None else min(lengths[1], n)
    dx[..., :left] += np.sum(d[..., :before], axis=-1, keepdims=True) * weights(x[..., :left], mode)
    dx[..., n - right:] += np.sum(d[..., before + n:], axis=-1, keepdims=True) * weights(x[..., n - right:], mode)
    return dx


def weights(x, mode):
    """The derivative of the statistic of a row with respect to each element."""
    if mode == "mean":
        return np.ones_like(x) / x.shape[-1]
    if mode == "median":
        return middle_weights(x)
    best = np.max(x, axis=-1, keepdims=True) if mode == "maximum" else np.min(x, axis=-1, keepdims=True)
    return (x == best) / np.sum(x == best, axis=-1, keepdims=True, dtype=x.dtype)


def stages(array, axes, mode, stat_length):
    """The array before each axis is padded."""
    steps = (array,)
    for axis, width in axes[:-1]:
        steps += (np.pad(steps[-1], one_axis(axis, width, array.ndim), mode, stat_length=stat_length),)
    return steps


def one_axis(axis, width, ndim):
    return tuple(width if i == axis else (0, 0) for i in range(ndim))


def padded_axes(pad_width, ndim):
    return tuple((axis, width) for axis, width in enumerate(widths(pad_width, ndim)) if width != (0, 0))


def lengths_of(stat_length, axis, ndim):
    """How many elements the statistics before and after are taken of; None for all."""
    return (None, None) if stat_length is None else widths(stat_length, ndim)[axis]


@jvp(np.pad, "array")
def pad_array(darray, r, array, pad_width, mode="constant", constant_values=0, end_values=0,
              stat_length=None, reflect_type="even"):
    if mode in COPIES:
        return np.pad(darray, pad_width, mode, reflect_type=reflect_type) if mode in (
            "reflect", "symmetric") else np.pad(darray, pad_width, mode)
    if mode not in STATISTICS:
        return np.pad(darray, pad_width, "constant" if mode == "empty" else mode)
    if mode == "mean":
        return np.pad(darray, pad_width, mode, stat_length=stat_length)
    axes, dr = padded_axes(pad_width, array.ndim), darray
    for (axis, width), x in zip(axes, stages(array, axes, mode, stat_length)):
        lengths = lengths_of(stat_length, axis, array.ndim)
        dr = np.moveaxis(with_statistics(np.moveaxis(dr, axis, -1), np.moveaxis(x, axis, -1), width, mode,
                                         lengths), -1, axis)
    return dr


def with_statistics(dx, x, width, mode, lengths):
    n = x.shape[-1]
    left = n if lengths[0] is None else min(lengths[0], n)
    right = n if lengths[1] is None else min(lengths[1], n)
    first = np.sum(weights(x[..., :left], mode) * dx[..., :left], axis=-1, keepdims=True)
    last = np.sum(weights(x[..., n - right:], mode) * dx[..., n - right:], axis=-1, keepdims=True)
    return np.concatenate((np.repeat(first, width[0], axis=-1), dx, np.repeat(last, width[1], axis=-1)), axis=-1)


@jvp(np.pad, "constant_values")
def pad_constant_values(dvalue, r, array, pad_width, mode="constant", constant_values=0, end_values=0,
                        stat_length=None, reflect_type="even"):
    return np.pad(np.zeros_like(array), pad_width, constant_values=dvalue)


def widths(pad_width, ndim):
    """`pad_width` as a pair (before, after) for each axis."""
    if not isinstance(pad_width, (tuple, list)):
        return ((pad_width, pad_width),) * ndim
    pairs = tuple(tuple(p) if isinstance(p, (tuple, list)) else p for p in pad_width)
    if not isinstance(pairs[0], tuple):
        return ((pairs[0], pairs[-1]),) * ndim
    pairs = tuple((p[0], p[-1]) for p in pairs)
    return pairs * ndim if len(pairs) == 1 else pairs
