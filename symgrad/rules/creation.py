"""Making arrays: from nothing (constants), from numbers, from other arrays."""
from __future__ import annotations

import numpy as np

from symgrad.rules.broadcasting import unbroadcast
from symgrad.rules.core import constant, jvp, method, vjp


@vjp(np.array, wrt="object", linear=True, fresh=True, like=True, lists="object")
def array(dy, r, object, dtype=None, copy=True, order="K", subok=False, ndmin=0):
    if isinstance(object, (tuple, list)):
        return entries(dy[(0,) * (ndmin - depth(object))] if ndmin > depth(object) else dy, object)
    return np.reshape(dy, np.shape(object)) if ndmin > np.ndim(object) else dy


def of_that_dtype(x):
    """np.asarray returns an array that is what is asked for as it is."""
    dtype = x.given.get("dtype")
    if x.given.keys() - {"dtype"} or dtype is Ellipsis:
        return None
    return dtype is None or np.dtype(dtype).name == x.dtype


def unless_copied(x):
    """With copy=False, astype returns an array that has the dtype as it is."""
    copied, dtype = x.given.get("copy", True), x.given.get("dtype")
    if copied is not Ellipsis and copied:
        return False
    if copied is Ellipsis or dtype is Ellipsis or x.given.get("order", "K") != "K":
        return None
    return np.dtype(dtype).isnative and np.dtype(dtype).name == x.dtype


def by_layout(x):
    return None


@vjp(np.asarray, np.asanyarray, wrt="a", linear=True, view=of_that_dtype, like=True, lists="a")
def asarray(dy, r, a, dtype=None, order=None):
    return entries(dy, a) if isinstance(a, (tuple, list)) else dy


@vjp(np.ascontiguousarray, np.asfortranarray, wrt="a", linear=True, view=by_layout, lists="a")
def ascontiguousarray(dy, r, a, dtype=None):
    if isinstance(a, (tuple, list)):
        return entries(dy, a)
    return dy[0] if np.ndim(a) == 0 and np.ndim(dy) == 1 else dy


@vjp(np.copy, wrt="a", linear=True, fresh=True, like=True)
def copy(dy, r, a, order="K"):
    return entries(dy, a) if isinstance(a, (tuple, list)) else dy


@vjp(np.ndarray.copy, wrt="a", linear=True, fresh=True, like=True, rows=True)
def copy_method(dy, r, a, order="C"):
    return dy


def entries(dy, nested):
    """The part of `dy` that belongs to each element of a nested sequence."""
    return tuple(entries(dy[i], a) if isinstance(a, (tuple, list)) else dy[i] for i, a in enumerate(nested))


def depth(nested):
    """The rank of the array that a nested sequence makes."""
    return 1 + depth(nested[0]) if isinstance(nested, (tuple, list)) else np.ndim(nested)


@vjp(np.ndarray.astype, wrt="x", linear=True, view=unless_copied)
def astype(dy, r, x, dtype, order="K", casting="unsafe", subok=True, copy=True):
    return dy.astype(x.dtype)


@vjp(np.astype, wrt="x", linear=True, view=unless_copied)
def astype_function(dy, r, x, dtype, copy=True):
    return dy.astype(x.dtype)


@vjp(np.ndarray.item, wrt="a", variadic="args", linear=True)
def item(dy, r, a, args):
    if not args:
        return np.full(np.shape(a), dy)
    da = np.zeros_like(a)
    if len(args) == 1 and a.ndim > 1 and not isinstance(args[0], tuple):
        da[np.unravel_index(args[0], a.shape)] = dy
    else:
        da[args[0] if len(args) == 1 else args] = dy
    return da


@vjp(np.ndarray.tolist, wrt="a", linear=True)
def tolist(dy, r, a):
    return np.array(dy, dtype=a.dtype)


# -- numbers into arrays -------------------------------------------------------------------------

@vjp(np.full, wrt="fill_value", linear=True, fresh=True, rows=True)
def full(dy, r, shape, fill_value, dtype=None, order="C"):
    return unbroadcast(dy, fill_value)


@vjp(np.full_like, wrt="fill_value", linear=True, fresh=True, shapes="a")
def full_like(dy, r, a, fill_value, dtype=None, order="K", subok=True, shape=None):
    return unbroadcast(dy, fill_value)


@vjp(np.linspace, wrt="start stop", rows=True)
def linspace(dy, r, start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    if retstep:
        dstart, dstop = through_linspace(dy[0], r[0], start, stop, num, endpoint, axis)
        dstep = dy[1] * step_slope(num, endpoint)
        return dstart - unbroadcast(dstep, start), dstop + unbroadcast(dstep, stop)
    return through_linspace(dy, r, start, stop, num, endpoint, axis)


def through_linspace(dy, r, start, stop, num, endpoint, axis):
    weight = np.linspace(0.0, 1.0, num, endpoint, dtype=r.dtype)
    if r.ndim == 1:
        return np.dot(1.0 - weight, dy), np.dot(weight, dy)
    d = dy if axis == 0 else np.moveaxis(dy, axis, 0)
    return (unbroadcast(np.tensordot(1.0 - weight, d, 1), start),
            unbroadcast(np.tensordot(weight, d, 1), stop))


def step_slope(num, endpoint):
    """The derivative of the step with respect to `stop`; of one number there is no step."""
    n = num - 1 if endpoint else num
    return 1.0 / n if n > 0 else np.nan


@jvp(np.linspace, "start")
def linspace_start(dstart, r, start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    zero = np.zeros_like(stop)
    if not retstep:
        return np.linspace(dstart, zero, num, endpoint, dtype=r.dtype, axis=axis)
    return (np.linspace(dstart, zero, num, endpoint, dtype=r[0].dtype, axis=axis),
            np.zeros_like(r[1]) - dstart * step_slope(num, endpoint))


@jvp(np.linspace, "stop")
def linspace_stop(dstop, r, start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    zero = np.zeros_like(start)
    if not retstep:
        return np.linspace(zero, dstop, num, endpoint, dtype=r.dtype, axis=axis)
    return (np.linspace(zero, dstop, num, endpoint, dtype=r[0].dtype, axis=axis),
            np.zeros_like(r[1]) + dstop * step_slope(num, endpoint))


@vjp(np.geomspace, wrt="start stop")
def geomspace(dy, r, start, stop, num=50, endpoint=True, dtype=None, axis=0):
    if r.ndim != 1:
        raise NotImplementedError("np.geomspace between arrays: write np.exp(np.linspace(...))")
    weight = np.linspace(0.0, 1.0, num, endpoint, dtype=r.dtype)
    return np.dot((1.0 - weight) * r, dy) / start, np.dot(weight * r, dy) / stop


@jvp(np.geomspace, "start")
def geomspace_start(dstart, r, start, stop, num=50, endpoint=True, dtype=None, axis=0):
    return (1.0 - np.linspace(0.0, 1.0, num, endpoint, dtype=r.dtype)) * r * (dstart / start)


@jvp(np.geomspace, "stop")
def geomspace_stop(dstop, r, start, stop, num=50, endpoint=True, dtype=None, axis=0):
    return np.linspace(0.0, 1.0, num, endpoint, dtype=r.dtype) * r * (dstop / stop)


@vjp(np.logspace, wrt="start stop")
def logspace(dy, r, start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    if r.ndim != 1:
        raise NotImplementedError("np.logspace between arrays: write base ** np.linspace(...)")
    weight = np.linspace(0.0, 1.0, num, endpoint, dtype=r.dtype)
    scaled = np.log(base) * (dy * r)
    return np.dot(1.0 - weight, scaled), np.dot(weight, scaled)


@jvp(np.logspace, "start")
def logspace_start(dstart, r, start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    return (1.0 - np.linspace(0.0, 1.0, num, endpoint, dtype=r.dtype)) * r * (np.log(base) * dstart)


@jvp(np.logspace, "stop")
def logspace_stop(dstop, r, start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    return np.linspace(0.0, 1.0, num, endpoint, dtype=r.dtype) * r * (np.log(base) * dstop)


@vjp(np.arange, wrt="start stop step", rows=True)
def arange(dy, r, start, stop=None, step=1, dtype=None):
    if stop is None:                            # then `start` is where it ends, and only the length
        return 0.0, None, np.sum(dy * np.arange(len(r)))
    return np.sum(dy), 0.0, np.sum(dy * np.arange(len(r)))


@jvp(np.arange, "start")
def arange_start(dstart, r, start, stop=None, step=1, dtype=None):
    return np.zeros_like(r) if stop is None else np.full_like(r, dstart)


@jvp(np.arange, "stop")
def arange_stop(dstop, r, start, stop=None, step=1, dtype=None):
    return np.zeros_like(r)


@jvp(np.arange, "step")
def arange_step(dstep, r, start, stop=None, step=1, dtype=None):
    return dstep * np.arange(len(r))


constant(np.zeros, fresh=True, rows=True, zeros=True)
constant(np.ones, np.empty, np.eye, np.identity, fresh=True, rows=True)
constant(np.zeros_like, fresh=True, like=True, zeros=True)
constant(np.ones_like, np.empty_like, fresh=True, like=True)
constant(np.indices, np.finfo, np.iinfo, np.dtype, np.hanning, np.hamming, np.blackman,
         np.bartlett, np.kaiser, np.ix_, np.unravel_index, np.ravel_multi_index)
method(copy=np.ndarray.copy, astype=np.ndarray.astype, item=np.ndarray.item, tolist=np.ndarray.tolist)
