"""Functions that join arrays into one, or cut one into several, or repeat it."""
from __future__ import annotations

import numpy as np

from symgrad.rules.axes import along, positive, shaped_as
from symgrad.rules.broadcasting import unbroadcast
from symgrad.rules.core import alias, jvp, method, vjp


def cut(dy, arrays, axis):
    """The piece of `dy` that came from each of the joined arrays, which are at least 1-d."""
    parts, start = [], 0
    for a in arrays:
        stop = start + a.shape[axis]
        parts.append(dy[along(axis, dy.ndim, slice(start, stop))])
        start = stop
    return parts


def uncut(dy, array, axis):
    """`cut` where the arrays to join were the rows of one array: the cotangent of that array."""
    shape = array.shape[1:]
    rows = np.reshape(dy, shape[:axis] + (array.shape[0],) + shape[axis:])
    return rows if axis == 0 else np.moveaxis(rows, axis, 0)


@vjp(np.concatenate, wrt="arrays", linear=True, lists="arrays")
def concatenate(dy, r, arrays, axis=0, out=None, dtype=None, casting="same_kind"):
    if isinstance(arrays, np.ndarray):
        return np.reshape(dy, arrays.shape) if axis is None else uncut(dy, arrays, positive(axis, dy.ndim))
    if axis is not None:
        return cut(dy, arrays, axis)
    parts, start = [], 0
    for a in arrays:
        stop = start + np.size(a)
        parts.append(shaped_as(dy[start:stop], a))
        start = stop
    return parts


@vjp(np.stack, wrt="arrays", linear=True, lists="arrays")
def stack(dy, r, arrays, axis=0, out=None, dtype=None, casting="same_kind"):
    if isinstance(arrays, np.ndarray):
        return np.moveaxis(dy, axis, 0)
    return [dy[along(axis, dy.ndim, i)] for i in range(len(arrays))]


@vjp(np.hstack, wrt="tup", linear=True, lists="tup")
def hstack(dy, r, tup, dtype=None, casting="same_kind"):
    if isinstance(tup, np.ndarray):
        return uncut(dy, tup, 1 if tup.ndim > 2 else 0)
    return as_joined(dy, tup, 0 if dy.ndim == 1 else 1, np.atleast_1d)


@vjp(np.vstack, wrt="tup", linear=True, lists="tup")
def vstack(dy, r, tup, dtype=None, casting="same_kind"):
    if isinstance(tup, np.ndarray):
        return np.reshape(dy, tup.shape)
    if all(np.ndim(a) < 2 for a in tup):
        return [shaped_as(dy[i], a) for i, a in enumerate(tup)]
    return as_joined(dy, tup, 0, np.atleast_2d)


if hasattr(np, "row_stack"):                    # deprecated since NumPy 2.0
    alias(np.vstack, np.row_stack)


@vjp(np.dstack, wrt="tup", linear=True, lists="tup")
def dstack(dy, r, tup, dtype=None, casting="same_kind"):
    if isinstance(tup, np.ndarray):
        raise NotImplementedError("np.dstack of one array: write np.moveaxis(a, 0, -1), or pass a list")
    if all(np.ndim(a) == 2 for a in tup):
        return [dy[:, :, i] for i in range(len(tup))]
    return as_joined(dy, tup, 2, np.atleast_3d)


@vjp(np.column_stack, wrt="tup", linear=True, lists="tup")
def column_stack(dy, r, tup):
    if isinstance(tup, np.ndarray):
        return dy.T if tup.ndim == 2 else uncut(dy, tup, 1)
    if all(np.ndim(a) == 1 for a in tup):
        return [dy[:, i] for i in range(len(tup))]
    columns = tuple(a if np.ndim(a) == 2 else np.reshape(a, (-1, 1)) for a in tup)
    return [shaped_as(d, a) for d, a in zip(cut(dy, columns, 1), tup)]


def as_joined(dy, arrays, axis, promote):
    """`cut` for functions that first promote their arguments to the rank of the result."""
    parts = cut(dy, tuple(promote(a) if np.ndim(a) < dy.ndim else a for a in arrays), axis)
    return [shaped_as(d, a) for d, a in zip(parts, arrays)]


@vjp(np.block, wrt="arrays", linear=True, lists="arrays")
def block(dy, r, arrays):
    return blocks(dy, arrays, -nesting(arrays))


def nesting(arrays):
    return 1 + nesting(arrays[0]) if isinstance(arrays, (tuple, list)) else 0


def blocks(dy, nested, axis):
    """The part of `dy` that is each array of a nested list, joined along `axis` at this level."""
    if not isinstance(nested, (tuple, list)):
        return shaped_as(dy, nested)
    parts, start = (), 0
    for item in nested:
        stop = start + block_length(item, axis)
        parts += (blocks(dy[along(axis, dy.ndim, slice(start, stop))], item, axis + 1),)
        start = stop
    return parts


def block_length(item, axis):
    if isinstance(item, (tuple, list)):
        return block_length(item[0], axis)
    return item.shape[axis] if np.ndim(item) >= -axis else 1


@vjp(np.append, wrt="arr values")
def append(dy, r, arr, values, axis=None):
    if axis is not None:
        return cut(dy, (arr, values), axis)
    n = np.size(arr)
    darr, dvalues = dy[:n], dy[n:]
    return shaped_as(darr, arr), shaped_as(dvalues, values)


@jvp(np.append, "arr")
def append_arr(darr, r, arr, values, axis=None):
    return np.append(darr, np.zeros_like(values), axis)


@jvp(np.append, "values")
def append_values(dvalues, r, arr, values, axis=None):
    return np.append(np.zeros_like(arr), dvalues, axis)


# -- splitting: the result, and so `dy`, is a list -----------------------------------------------

@vjp(np.split, np.array_split, wrt="ary", linear=True, view=True)
def split(dy, r, ary, indices_or_sections, axis=0):
    return np.concatenate(dy, axis=axis)


@vjp(np.vsplit, wrt="ary", linear=True, view=True)
def vsplit(dy, r, ary, indices_or_sections):
    return np.concatenate(dy)


@vjp(np.hsplit, wrt="ary", linear=True, view=True)
def hsplit(dy, r, ary, indices_or_sections):
    return np.concatenate(dy, axis=0 if np.ndim(ary) == 1 else 1)


@vjp(np.dsplit, wrt="ary", linear=True, view=True)
def dsplit(dy, r, ary, indices_or_sections):
    return np.concatenate(dy, axis=2)


@vjp(np.unstack, wrt="x", linear=True, view=True)
def unstack(dy, r, x, axis=0):
    return np.stack(dy, axis=axis)


# -- repeating -----------------------------------------------------------------------------------

@vjp(np.tile, wrt="A", linear=True)
def tile(dy, r, A, reps):
    reps = tuple(reps) if isinstance(reps, (tuple, list)) else (reps,)
    reps = (1,) * (np.ndim(A) - len(reps)) + reps
    shape = (1,) * (len(reps) - np.ndim(A)) + np.shape(A)
    copies = np.reshape(dy, tuple(n for pair in zip(reps, shape) for n in pair))    # reps0 n0 reps1 n1 ...
    dA = np.sum(copies, axis=tuple(range(0, 2 * len(reps), 2)))
    return shaped_as(dA, A)


@vjp(np.repeat, wrt="a", linear=True)
def repeat(dy, r, a, repeats, axis=None):
    if np.ndim(a) == 0:
        return np.sum(dy)
    if np.ndim(repeats) == 0 and axis is None:
        return np.sum(np.reshape(dy, a.shape + (repeats,)), axis=-1)
    if np.ndim(repeats) == 0:
        axis = positive(axis, a.ndim)
        return np.sum(np.reshape(dy, a.shape[:axis + 1] + (repeats,) + a.shape[axis + 1:]), axis=axis + 1)
    n = np.size(a) if axis is None else a.shape[axis]
    source = np.repeat(np.arange(n), repeats)
    if axis is None:
        da = np.zeros(n, dtype=dy.dtype)
        np.add.at(da, source, dy)
        return np.reshape(da, a.shape)
    da = np.zeros_like(a)
    np.add.at(da, along(axis, a.ndim, source), dy)
    return da


@vjp(np.resize, wrt="a", linear=True)
def resize(dy, r, a, new_shape):
    da = np.zeros(np.size(a), dtype=dy.dtype)
    if np.size(a) != 0:
        np.add.at(da, np.arange(np.size(dy)) % np.size(a), np.ravel(dy))
    return np.reshape(da, np.shape(a))


# -- taking out and putting in -------------------------------------------------------------------

@vjp(np.delete, wrt="arr", linear=True)
def delete(dy, r, arr, obj, axis=None):
    if axis is None:
        darr = np.zeros(np.size(arr), dtype=dy.dtype)
        darr[np.delete(np.arange(np.size(arr)), obj)] = dy
        return np.reshape(darr, np.shape(arr))
    darr = np.zeros_like(arr)
    darr[along(axis, arr.ndim, np.delete(np.arange(arr.shape[axis]), obj))] = dy
    return darr


@vjp(np.insert, wrt="arr values")
def insert(dy, r, arr, obj, values, axis=None):
    if axis is None:
        n = np.size(arr)
        back = origin(n, obj, dy.shape[0] - n)
        return shaped_as(dy[back[:n]], arr), unbroadcast(dy[back[n:]], values)
    n = arr.shape[axis]
    back = origin(n, obj, dy.shape[axis] - n)
    dvalues = dy[along(axis, dy.ndim, back[n:])]
    if np.ndim(obj) == 0 and dy.ndim > 1:       # a single place: `values` has that axis first
        dvalues = np.moveaxis(dvalues, axis, 0)
    return dy[along(axis, dy.ndim, back[:n])], unbroadcast(dvalues, values)


def origin(n, obj, added):
    """Where in the result of an insertion the `n` old and then the `added` new elements are."""
    return np.argsort(np.insert(np.arange(n), obj, np.arange(n, n + added)))


@jvp(np.insert, "arr")
def insert_arr(darr, r, arr, obj, values, axis=None):
    return np.insert(darr, obj, np.zeros_like(values), axis)


@jvp(np.insert, "values")
def insert_values(dvalues, r, arr, obj, values, axis=None):
    return np.insert(np.zeros_like(arr), obj, dvalues, axis)


method(repeat=np.repeat)
