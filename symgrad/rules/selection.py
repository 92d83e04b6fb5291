"""Functions that select elements of an array, or put them in another order."""
from __future__ import annotations

import numpy as np

from symgrad.rules.axes import along, positive, shaped_as
from symgrad.rules.broadcasting import unbroadcast
from symgrad.rules.core import constant, jvp, method, vjp

# -- order ---------------------------------------------------------------------------------------

@vjp(np.sort, wrt="a")
def sort(dy, r, a, axis=-1, kind=None, order=None, stable=None):
    if axis is None:
        flat = np.zeros_like(r)
        flat[np.argsort(a, axis=None)] = dy
        return shaped_as(flat, a)
    if a.ndim == 1:
        da = np.zeros_like(a)
        da[np.argsort(a)] = dy
        return da
    return np.take_along_axis(dy, ranks(a, axis), axis)


def ranks(a, axis):
    """The place of each element in the order along an axis: the inverse permutation of argsort."""
    return np.argsort(np.argsort(a, axis), axis)


@jvp(np.sort, "a")
def sort_a(da, r, a, axis=-1, kind=None, order=None, stable=None):
    if axis is None:
        return np.ravel(da)[np.argsort(a, axis=None)]
    return np.take_along_axis(da, np.argsort(a, axis), axis)


@vjp(np.partition, wrt="a")
def partition(dy, r, a, kth, axis=-1, kind="introselect", order=None):
    if axis is None:
        return shaped_as(matched(dy, r, np.ravel(a), 0), a)
    return matched(dy, r, a, axis)


@jvp(np.partition, "a")
def partition_a(da, r, a, kth, axis=-1, kind="introselect", order=None):
    if axis is None:
        return matched(np.ravel(da), np.ravel(a), r, 0)
    return matched(da, a, r, axis)


def matched(x, source, target, axis):
    """`x` reordered as one reorders `source` to obtain `target`, which has the same elements.

    argpartition need not order the rest as partition does, so the ranks are compared.
    """
    ordered = np.take_along_axis(x, np.argsort(source, axis), axis)
    return np.take_along_axis(ordered, ranks(target, axis), axis)


# -- by position ---------------------------------------------------------------------------------

@vjp(np.take, wrt="a", linear=True)
def take(dy, r, a, indices, axis=None, out=None, mode="raise"):
    n = np.size(a) if axis is None else a.shape[axis]
    if mode == "wrap":
        indices = np.mod(indices, n)
    if mode == "clip":
        indices = np.clip(indices, 0, n - 1)
    da = np.zeros(n, dtype=a.dtype) if axis is None else np.zeros_like(a)
    where = indices if axis is None else along(axis, a.ndim, indices)
    if np.ndim(indices) == 0:
        da[where] = dy
    else:
        np.add.at(da, where, dy)
    return shaped_as(da, a) if axis is None else da


@vjp(np.take_along_axis, wrt="arr", linear=True)
def take_along_axis(dy, r, arr, indices, axis=-1):
    if axis is None:
        flat = np.zeros(np.size(arr), dtype=arr.dtype)
        np.add.at(flat, indices, dy)
        return shaped_as(flat, arr)
    darr = np.zeros_like(arr)
    np.add.at(darr, indices if arr.ndim == 1 else grid(arr, indices, positive(axis, arr.ndim)), dy)
    return darr


def grid(arr, indices, axis):
    """The index in which `indices` stands for one axis and each other axis counts itself."""
    return tuple(indices if i == axis else counting(arr.shape[i], i, arr.ndim) for i in range(arr.ndim))


def counting(n, axis, ndim):
    return np.arange(n).reshape((1,) * axis + (n,) + (1,) * (ndim - axis - 1))


@vjp(np.compress, wrt="a", linear=True)
def compress(dy, r, condition, a, axis=None, out=None):
    kept = np.flatnonzero(condition)
    if axis is None:
        flat = np.zeros(np.size(a), dtype=a.dtype)
        flat[kept] = dy
        return shaped_as(flat, a)
    da = np.zeros_like(a)
    da[along(axis, a.ndim, kept)] = dy
    return da


@vjp(np.extract, wrt="arr", linear=True)
def extract(dy, r, condition, arr):
    flat = np.zeros(np.size(arr), dtype=arr.dtype)
    flat[np.flatnonzero(condition)] = dy
    return shaped_as(flat, arr)


# -- by choice -----------------------------------------------------------------------------------

@vjp(np.choose, wrt="choices", linear=True, lists="choices")
def choose(dy, r, a, choices, out=None, mode="raise"):
    a = np.asarray(a)
    if mode == "wrap":
        a = np.mod(a, len(choices))
    if mode == "clip":
        a = np.clip(a, 0, len(choices) - 1)
    parts = tuple(unbroadcast(np.where(a == i, dy, 0.0), choices[i]) for i in range(len(choices)))
    return parts if isinstance(choices, (tuple, list)) else np.stack(parts)


@vjp(np.select, wrt="choicelist default", lists="choicelist")
def select(dy, r, condlist, choicelist, default=0):
    parts, rest = (), dy
    for condition, choice in zip(condlist, choicelist):          # the first that holds decides
        parts += (unbroadcast(np.where(condition, rest, 0.0), choice),)
        rest = np.where(condition, 0.0, rest)
    return parts, unbroadcast(rest, default)


@jvp(np.select, "choicelist")
def select_choicelist(dchoicelist, r, condlist, choicelist, default=0):
    return np.select(condlist, dchoicelist, np.zeros_like(default))


@jvp(np.select, "default")
def select_default(ddefault, r, condlist, choicelist, default=0):
    return np.select(condlist, tuple(np.zeros_like(choice) for choice in choicelist), ddefault)


@vjp(np.bincount, wrt="weights", linear=True)
def bincount(dy, r, x, weights=None, minlength=0):
    return dy[x]


def refuse_density(density):
    if density:
        raise NotImplementedError("np.histogram with density: divide the counts by their sum and the widths of the bins")


@vjp(np.histogram, wrt="a bins")
def histogram(dy, r, a, bins=10, range=None, density=None, weights=None):
    """The counts are constant. The edges are `bins` or, of a number of bins, between the least and the largest element."""
    refuse_density(density)
    if np.ndim(bins) == 1:
        return None, dy[1]
    if range is not None:
        return None, None
    share = np.linspace(0.0, 1.0, len(r[1]))
    da = np.zeros(np.size(a), dtype=a.dtype)
    da[np.argmin(a)] += np.dot(1.0 - share, dy[1])
    da[np.argmax(a)] += np.dot(share, dy[1])
    return np.reshape(da, np.shape(a)), None


@jvp(np.histogram, "a")
def histogram_a(da, r, a, bins=10, range=None, density=None, weights=None):
    refuse_density(density)
    if np.ndim(bins) == 1 or range is not None:
        return np.zeros_like(r[0]), np.zeros_like(r[1])
    share = np.linspace(0.0, 1.0, len(r[1]))
    da = np.ravel(da)
    return np.zeros_like(r[0]), (1.0 - share) * da[np.argmin(a)] + share * da[np.argmax(a)]


@jvp(np.histogram, "bins")
def histogram_bins(dbins, r, a, bins=10, range=None, density=None, weights=None):
    refuse_density(density)
    return np.zeros_like(r[0]), dbins


constant(np.argsort, np.argpartition, np.lexsort, np.searchsorted, np.digitize, np.nonzero, np.flatnonzero,
         np.argwhere, np.isin)
method(take=np.take, compress=np.compress, choose=np.choose, argsort=np.argsort, argpartition=np.argpartition,
       searchsorted=np.searchsorted, nonzero=np.nonzero)
