"""Functions that change how the elements of one array are laid out, and move none of them."""
from __future__ import annotations

import numpy as np

from symgrad.rules.axes import inverse, one_or_all, positive, shaped_as
from symgrad.rules.broadcasting import unbroadcast
from symgrad.rules.core import constant, method, returns_argument, vjp


def where_rows_stay(a):
    """Whether np.reshape and np.ravel, with nothing but a shape, give views."""
    plain = not a.given.keys() - {"shape"}
    return True if plain and (a.in_rows() or a.ndim == 1 and "shape" in a.given) else None


@vjp(np.reshape, wrt="a", linear=True, view=where_rows_stay, rows=True)
def reshape(dy, r, a, shape=None, order="C", copy=None):
    if order not in ("C", "F"):
        raise NotImplementedError(f"np.reshape with order {order!r}: use 'C' or 'F'")
    return np.reshape(dy, np.shape(a)) if order == "C" else np.reshape(dy, np.shape(a), order)


@vjp(np.ravel, wrt="a", linear=True, view=where_rows_stay, rows=True)
def ravel(dy, r, a, order="C"):
    return unraveled(dy, a, order)


def unraveled(dy, a, order):
    if order not in ("C", "F"):
        raise NotImplementedError(f"np.ravel with order {order!r}: use 'C' or 'F'")
    return shaped_as(dy, a) if order == "C" else np.reshape(dy, np.shape(a), order)


@vjp(np.ndarray.flatten, wrt="a", linear=True)
def flatten(dy, r, a, order="C"):
    return unraveled(dy, a, order)


@vjp(np.transpose, np.permute_dims, wrt="a", linear=True, view=True)
def transpose(dy, r, a, axes=None):
    if axes is None:
        return dy.T
    return np.transpose(dy, inverse(positive(tuple(axes), a.ndim)))


@vjp(np.matrix_transpose, np.linalg.matrix_transpose, wrt="x", linear=True, view=True)
def matrix_transpose(dy, r, x):
    return dy.T if x.ndim == 2 else np.swapaxes(dy, -1, -2)


@vjp(np.swapaxes, wrt="a", linear=True, view=True)
def swapaxes(dy, r, a, axis1, axis2):
    return np.swapaxes(dy, axis1, axis2)


@vjp(np.moveaxis, wrt="a", linear=True, view=True)
def moveaxis(dy, r, a, source, destination):
    return np.moveaxis(dy, destination, source)


@vjp(np.rollaxis, wrt="a", linear=True, view=True)
def rollaxis(dy, r, a, axis, start=0):
    axis, start = positive(axis, a.ndim), positive(start, a.ndim)
    if axis < start:
        return np.moveaxis(dy, start - 1, axis)
    return np.moveaxis(dy, start, axis)


@vjp(np.expand_dims, wrt="a", linear=True, view=True, rows=True)
def expand_dims(dy, r, a, axis):
    return np.reshape(dy, np.shape(a))


@vjp(np.squeeze, wrt="a", linear=True, view=True, rows=True)
def squeeze(dy, r, a, axis=None):
    return shaped_as(dy, a)


@vjp(np.atleast_1d, np.atleast_2d, np.atleast_3d, wrt="arys", variadic="arys", linear=True, view=True, rows=True)
def atleast_nd(dy, r, arys):
    if len(arys) == 1:
        return (shaped_as(dy, arys[0]),)
    return tuple(shaped_as(d, a) for d, a in zip(dy, arys))


@vjp(np.broadcast_to, wrt="array", linear=True, view=True, writable=False)
def broadcast_to(dy, r, array, shape, subok=False):
    return unbroadcast(dy, array)


returns_argument(np.broadcast_arrays)


@vjp(np.broadcast_arrays, wrt="args", variadic="args", linear=True)
def broadcast_arrays(dy, r, args, subok=False):
    return tuple(unbroadcast(d, a) for d, a in zip(dy, args))


@vjp(np.meshgrid, wrt="xi", variadic="xi", linear=True)
def meshgrid(dy, r, xi, copy=True, sparse=False, indexing="xy"):
    if not copy:
        raise NotImplementedError("np.meshgrid with copy=False, whose results are views: leave it out")
    axes = tuple(range(len(xi)))
    if indexing == "xy" and len(xi) > 1:
        axes = (1, 0) + axes[2:]
    if sparse:
        return tuple(shaped_as(d, x) for d, x in zip(dy, xi))
    if len(xi) == 1:
        return (shaped_as(dy[0], xi[0]),)
    return tuple(shaped_as(np.sum(d, axis=one_or_all(tuple(i for i in range(len(xi)) if i != axis))), x)
                 for d, axis, x in zip(dy, axes, xi))


@vjp(np.flip, wrt="m", linear=True, view=True)
def flip(dy, r, m, axis=None):
    return np.flip(dy, axis)


@vjp(np.fliplr, wrt="m", linear=True, view=True)
def fliplr(dy, r, m):
    return np.fliplr(dy)


@vjp(np.flipud, wrt="m", linear=True, view=True)
def flipud(dy, r, m):
    return np.flipud(dy)


@vjp(np.rot90, wrt="m", linear=True, view=True)
def rot90(dy, r, m, k=1, axes=(0, 1)):
    return np.rot90(dy, -k, axes)


@vjp(np.roll, wrt="a", linear=True)
def roll(dy, r, a, shift, axis=None):
    if isinstance(shift, (tuple, list)):
        return np.roll(dy, tuple(-s for s in shift), axis)
    return np.roll(dy, -shift, axis)


constant(np.shape, np.ndim, np.size, np.broadcast_shapes, np.iscomplexobj, np.isrealobj, np.result_type,
         np.may_share_memory, np.shares_memory)

method(reshape=np.reshape, ravel=np.ravel, flatten=np.ndarray.flatten, transpose=np.transpose,
       swapaxes=np.swapaxes, squeeze=np.squeeze)
