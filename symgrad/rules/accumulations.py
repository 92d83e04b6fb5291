"""Running sums, products and extrema along an axis (of the flattened array, if there is no axis).

A running extremum that is reached again still belongs to the element that reached it first.
"""
from __future__ import annotations

import numpy as np

from symgrad.rules.axes import along
from symgrad.rules.core import jvp, method, vjp
from symgrad.rules.reduced_axes import cast

method(cumsum=np.cumsum, cumprod=np.cumprod)

# -- sums ------------------------------------------------------------------------------------------


@vjp(np.cumsum, wrt="a", linear=True)
def cumsum(dy, r, a, axis=None, dtype=None, out=None):
    return cast(sum_from_end(dy, a, axis), a)


@vjp((np.add, "accumulate"), wrt="array", linear=True)
def add_accumulate(dy, r, array, axis=0, dtype=None, out=None):
    return cast(sum_from_end(dy, array, axis), array)


@vjp(np.nancumsum, wrt="a")
def nancumsum(dy, r, a, axis=None, dtype=None, out=None):
    return cast(np.where(np.isnan(a), 0.0, sum_from_end(dy, a, axis)), a)


@jvp(np.nancumsum, wrt="a")
def nancumsum_tangent(da, r, a, axis=None, dtype=None, out=None):
    return np.cumsum(np.where(np.isnan(a), 0.0, da), axis=axis, dtype=dtype)


if hasattr(np, "cumulative_sum"):                           # NumPy 2.1

    @vjp(np.cumulative_sum, wrt="x", linear=True)
    def cumulative_sum(dy, r, x, axis=None, dtype=None, out=None, include_initial=False):
        axis = 0 if axis is None else axis
        return cast(sum_from_end(without_initial(dy, x, axis, include_initial), x, axis), x)

    @vjp(np.cumulative_prod, wrt="x")
    def cumulative_prod(dy, r, x, axis=None, dtype=None, out=None, include_initial=False):
        axis = 0 if axis is None else axis
        dy, r = without_initial(dy, x, axis, include_initial), without_initial(r, x, axis, include_initial)
        return cast(through_cumprod(dy, r, x, axis), x)

    @jvp(np.cumulative_prod, wrt="x")
    def cumulative_prod_tangent(dx, r, x, axis=None, dtype=None, out=None, include_initial=False):
        axis = 0 if axis is None else axis
        dr = cumprod_of(dx, without_initial(r, x, axis, include_initial), x, axis)
        if not include_initial:
            return dr
        return np.concatenate((np.zeros_like(np.take(r, [0], axis=axis)), dr), axis=axis)


def without_initial(dy, x, axis, include_initial):
    return dy[along(axis, x.ndim, slice(1, None))] if include_initial else dy


def sum_from_end(dy, a, axis):
    """For each element the sum of `dy` from its place to the end."""
    if axis is None:
        return np.reshape(np.cumsum(dy[::-1])[::-1], a.shape)
    return np.flip(np.cumsum(np.flip(dy, axis), axis=axis), axis)


# -- products --------------------------------------------------------------------------------------


@vjp(np.cumprod, wrt="a")
def cumprod(dy, r, a, axis=None, dtype=None, out=None):
    return cast(through_cumprod(dy, r, a, axis), a)


@jvp(np.cumprod, wrt="a")
def cumprod_tangent(da, r, a, axis=None, dtype=None, out=None):
    return cumprod_of(da, r, a, axis)


@vjp(np.nancumprod, wrt="a")
def nancumprod(dy, r, a, axis=None, dtype=None, out=None):
    missing = np.isnan(a)
    return np.where(missing, 0.0, cast(through_cumprod(dy, r, np.where(missing, 1.0, a), axis), a))


@jvp(np.nancumprod, wrt="a")
def nancumprod_tangent(da, r, a, axis=None, dtype=None, out=None):
    missing = np.isnan(a)
    return cumprod_of(np.where(missing, 0.0, da), r, np.where(missing, 1.0, a), axis)


@vjp((np.multiply, "accumulate"), wrt="array")
def multiply_accumulate(dy, r, array, axis=0, dtype=None, out=None):
    return cast(through_cumprod(dy, r, array, axis), array)


@jvp((np.multiply, "accumulate"), wrt="array")
def multiply_accumulate_tangent(da, r, array, axis=0, dtype=None, out=None):
    return cumprod_of(da, r, array, axis)


def through_cumprod(dy, r, a, axis):
    if np.all(r != 0.0):
        return sum_from_end(dy * r, a, axis) / a
    a_first, r_first, dy_first = first(a, axis), first(r, axis), first(dy, axis)
    # r[i] = a[i] * r[i - 1] backwards: d[i] = dy[i] + a[i + 1] * d[i + 1], and da[i] = d[i] * r[i - 1].
    d = recurrence(np.concatenate((np.ones_like(a_first[:1]), a_first[:0:-1])), dy_first[::-1])[::-1]
    return from_first(d * before(r_first), a, axis)


def cumprod_of(da, r, a, axis):
    if np.all(r != 0.0):
        return cast(r * np.cumsum(da / a, axis=axis), r)
    r_first = first(r, axis)
    dr = cast(recurrence(first(a, axis), first(da, axis) * before(r_first)), r)
    return dr if axis is None else np.moveaxis(dr, 0, axis)


def recurrence(m, b):
    """x with x[i] = m[i] * x[i - 1] + b[i] along the first axis and x[-1] = 0, in log2(n) passes.

    After each pass b[i] is x[i] counted from `step` places before i, and m[i] the product of the m
    over these places: Hillis and Steele's scan (Communications of the ACM, 1986), which knows no
    division, so that zeros do it no harm.
    """
    shape, step = b.shape, 1
    while step < shape[0]:
        b = np.concatenate((b[:step], b[step:] + m[step:] * b[:-step]))
        m = np.concatenate((m[:step], m[step:] * m[:-step]))
        step = 2 * step
    return np.reshape(b, shape)


def before(r):
    """The running product before each element."""
    return np.concatenate((np.ones_like(r[:1]), r[:-1]))


def first(a, axis):
    return np.ravel(a) if axis is None else np.moveaxis(a, axis, 0)


def from_first(b, a, axis):
    return np.reshape(b, a.shape) if axis is None else np.moveaxis(b, 0, axis)


# -- running extrema -------------------------------------------------------------------------------


@vjp((np.maximum, "accumulate"), (np.minimum, "accumulate"), wrt="array")
def running_extremum(dy, r, array, axis=0, dtype=None, out=None):
    flat = np.zeros(array.size, array.dtype)
    np.add.at(flat, holders(np.moveaxis(r, axis, -1)), np.ravel(np.moveaxis(dy, axis, -1)))
    return np.moveaxis(np.reshape(flat, np.moveaxis(r, axis, -1).shape), -1, axis)


@jvp((np.maximum, "accumulate"), wrt="array")
def running_extremum_tangent(da, r, array, axis=0, dtype=None, out=None):
    flat = np.ravel(np.moveaxis(da, axis, -1))[holders(np.moveaxis(r, axis, -1))]
    return np.moveaxis(np.reshape(flat, np.moveaxis(r, axis, -1).shape), -1, axis)


def holders(r):
    """For each place the flat index of the place in its row where its extremum was reached first."""
    new = np.concatenate((np.ones_like(r[..., :1], dtype=bool), r[..., 1:] != r[..., :-1]), axis=-1)
    return np.maximum.accumulate(np.where(np.ravel(new), np.arange(r.size), 0))
