"""Products of vectors, matrices and tensors.

Nothing is conjugated in the pullbacks: gradients of complex arguments follow the convention
df/dx - i df/dy (docs, edge-case table), under which the adjoint of a linear map is its transpose.
"""
from __future__ import annotations

import operator

import numpy as np

from symgrad.rules.axes import inverse, positive
from symgrad.rules.broadcasting import unbroadcast
from symgrad.rules.core import jvp, method, vjp


@vjp(np.matmul, operator.matmul, np.linalg.matmul, wrt="a b", linear=True)
def matmul(dy, r, a, b):
    if a.ndim == 1 and b.ndim == 1:
        return dy * b, dy * a
    if a.ndim == 2 and b.ndim == 1:
        return np.outer(dy, b), a.T @ dy
    if a.ndim == 1 and b.ndim == 2:
        return b @ dy, np.outer(a, dy)
    if a.ndim == 2 and b.ndim == 2:
        return dy @ b.T, a.T @ dy
    rows = tuple(range(a.ndim - 1))
    if b.ndim == 1:
        return dy[..., None] * b, np.tensordot(a, dy, (rows, rows))
    if a.ndim == 1:
        outer_axes = tuple(range(b.ndim - 2)) + (b.ndim - 1,)
        return np.tensordot(b, dy, (outer_axes, tuple(range(dy.ndim)))), a[:, None] * dy[..., None, :]
    if b.ndim == 2:
        return dy @ b.T, np.tensordot(a, dy, (rows, rows))
    return (unbroadcast(dy @ np.swapaxes(b, -1, -2), a),
            unbroadcast(np.swapaxes(a, -1, -2) @ dy, b))


@vjp(np.dot, np.ndarray.dot, wrt="a b", linear=True)
def dot(dy, r, a, b):
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return scaled(dy, a, b)
    if a.ndim == 1 and b.ndim == 1:
        return dy * b, dy * a
    if a.ndim == 2 and b.ndim == 1:
        return np.outer(dy, b), a.T @ dy
    if a.ndim == 1 and b.ndim == 2:
        return b @ dy, np.outer(a, dy)
    if a.ndim == 2 and b.ndim == 2:
        return dy @ b.T, a.T @ dy
    rows = tuple(range(a.ndim - 1))
    if b.ndim == 1:
        return dy[..., None] * b, np.tensordot(a, dy, (rows, rows))
    columns = tuple(range(b.ndim - 2)) + (b.ndim - 1,)
    da = np.tensordot(dy, b, (tuple(range(a.ndim - 1, dy.ndim)), columns))
    return da, np.moveaxis(np.tensordot(a, dy, (rows, rows)), 0, -2)


def scaled(dy, a, b):
    """The cotangents of ``a * b`` where one of the two is a scalar."""
    return (dy * b if np.ndim(a) == np.ndim(dy) else np.sum(dy * b),
            dy * a if np.ndim(b) == np.ndim(dy) else np.sum(dy * a))


@vjp(np.inner, wrt="a b", linear=True)
def inner(dy, r, a, b):
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return scaled(dy, a, b)
    if a.ndim == 1 and b.ndim == 1:
        return dy * b, dy * a
    if a.ndim == 1 and b.ndim == 2:
        return dy @ b, np.outer(dy, a)
    if a.ndim == 2 and b.ndim == 1:
        return np.outer(dy, b), dy @ a
    if a.ndim == 2 and b.ndim == 2:
        return dy @ b, dy.T @ a
    rows = tuple(range(a.ndim - 1))
    return np.tensordot(dy, b, b.ndim - 1), np.tensordot(dy, a, (rows, rows))


@vjp(np.outer, np.linalg.outer, wrt="a b", linear=True)
def outer(dy, r, a, b):
    if np.ndim(a) == 1 and np.ndim(b) == 1:
        return dy @ b, a @ dy
    return (dy @ np.ravel(b)).reshape(np.shape(a)), (np.ravel(a) @ dy).reshape(np.shape(b))


@vjp(np.vdot, wrt="a b", linear=True)
def vdot(dy, r, a, b):
    if np.iscomplexobj(a):                 # vdot conjugates its first argument
        da, db = np.conj(dy * b), dy * np.conj(a)
    else:
        da, db = dy * b, dy * a
    if np.ndim(a) <= 1 and np.ndim(b) <= 1:
        return da, db
    return da.reshape(np.shape(a)), db.reshape(np.shape(b))


@vjp(np.tensordot, np.linalg.tensordot, wrt="a b", linear=True)
def tensordot(dy, r, a, b, axes=2):
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return scaled(dy, a, b)
    axes_a, axes_b = contracted(axes, a.ndim, b.ndim)
    free_a = free(axes_a, a.ndim)
    free_b = free(axes_b, b.ndim)
    if not free_a and not free_b and axes_a == axes_b:
        return dy * b, dy * a
    # tensordot leaves the contracted axes of the other operand in that operand's order
    da = np.tensordot(dy, b, (tuple(range(len(free_a), r.ndim)), free_b))
    db = np.tensordot(a, dy, (free_a, tuple(range(len(free_a)))))
    order_a = inverse(free_a + partners(axes_b, axes_a))
    order_b = inverse(partners(axes_a, axes_b) + free_b)
    if order_a != tuple(range(a.ndim)):
        da = np.transpose(da, order_a)
    if order_b != tuple(range(b.ndim)):
        db = np.transpose(db, order_b)
    return da, db


def contracted(axes, ndim_a, ndim_b):
    """The `axes` argument of tensordot as two tuples of axes from the front."""
    if not isinstance(axes, (tuple, list)):
        return tuple(range(ndim_a - axes, ndim_a)), tuple(range(axes))
    axes_a, axes_b = (tuple(s) if isinstance(s, (tuple, list)) else (s,) for s in axes)
    return positive(axes_a, ndim_a), positive(axes_b, ndim_b)


def free(axes, ndim):
    return tuple(i for i in range(ndim) if i not in axes)


def partners(sorted_by, axes):
    """`axes`, in the order of the axes that they are paired with."""
    return tuple(axis for _, axis in sorted(zip(sorted_by, axes)))


@vjp(np.kron, wrt="a b", linear=True)
def kron(dy, r, a, b):
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return scaled(dy, a, b)
    if a.ndim == 1 and b.ndim == 1:
        blocks = dy.reshape(a.shape + b.shape)
        return blocks @ b, a @ blocks
    shape_a = (1,) * (b.ndim - a.ndim) + a.shape
    shape_b = (1,) * (a.ndim - b.ndim) + b.shape
    blocks = dy.reshape(tuple(n for pair in zip(shape_a, shape_b) for n in pair))   # a0 b0 a1 b1 ...
    all_axes = tuple(range(r.ndim))
    even = tuple(range(0, 2 * r.ndim, 2))
    odd = tuple(range(1, 2 * r.ndim, 2))
    if a.ndim == b.ndim:
        return np.tensordot(blocks, b, (odd, all_axes)), np.tensordot(a, blocks, (all_axes, even))
    return (np.tensordot(blocks, b.reshape(shape_b), (odd, all_axes)).reshape(a.shape),
            np.tensordot(a.reshape(shape_a), blocks, (all_axes, even)).reshape(b.shape))


@vjp(np.cross, wrt="a b", linear=True)
def cross(dy, r, a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    if r.ndim < max(a.ndim, b.ndim):
        raise NotImplementedError("np.cross of two-dimensional vectors, which NumPy has deprecated: "
                                  "write a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]")
    if axis is not None:
        axisa = axisb = axisc = axis
    if axisa == -1 and axisb == -1 and axisc == -1:
        return unbroadcast(np.cross(b, dy), a), unbroadcast(np.cross(dy, a), b)
    da = unbroadcast(np.cross(b, dy, axisb, axisc), np.moveaxis(a, axisa, -1))
    db = unbroadcast(np.cross(dy, a, axisc, axisa), np.moveaxis(b, axisb, -1))
    return np.moveaxis(da, -1, axisa), np.moveaxis(db, -1, axisb)


@vjp(np.linalg.cross, wrt="a b", linear=True)
def linalg_cross(dy, r, a, b, axis=-1):
    return (unbroadcast(np.linalg.cross(b, dy, axis=axis), a),
            unbroadcast(np.linalg.cross(dy, a, axis=axis), b))


@vjp(np.linalg.vecdot, np.vecdot, wrt="a b", linear=True)
def vecdot(dy, r, a, b, axis=-1):
    if np.iscomplexobj(a):
        raise NotImplementedError("np.vecdot of complex arrays: write np.sum(np.conj(a) * b, axis=axis)")
    if np.ndim(dy) == 0:
        return dy * b, dy * a
    # with an axis, the other axes are broadcast after it has been moved to the end
    if axis == -1:
        return unbroadcast(dy[..., None] * b, a), unbroadcast(dy[..., None] * a, b)
    moved_a, moved_b = np.moveaxis(a, axis, -1), np.moveaxis(b, axis, -1)
    return (np.moveaxis(unbroadcast(dy[..., None] * moved_b, moved_a), -1, axis),
            np.moveaxis(unbroadcast(dy[..., None] * moved_a, moved_b), -1, axis))


@vjp(np.linalg.multi_dot, wrt="arrays", lists="arrays")
def multi_dot(dy, r, arrays, out=None):
    n = len(arrays)
    row, column = arrays[0].ndim == 1, arrays[-1].ndim == 1
    factors = tuple(a[None, :] if i == 0 and row else a[:, None] if i == n - 1 and column else a
                    for i, a in enumerate(arrays))
    seed = np.reshape(dy, (factors[0].shape[0], factors[-1].shape[1])) if row or column else dy
    flipped = tuple(f.T for f in factors)
    adjoints = tuple(chain(flipped[:i][::-1] + (seed,) + flipped[i + 1:][::-1]) for i in range(n))
    return tuple(d[0] if i == 0 and row else d[:, 0] if i == n - 1 and column else d
                 for i, d in enumerate(adjoints))


def chain(factors):
    return factors[0] @ factors[1] if len(factors) == 2 else np.linalg.multi_dot(factors)


@jvp(np.linalg.multi_dot, "arrays")
def multi_dot_tangent(darrays, r, arrays, out=None):
    terms = tuple(np.linalg.multi_dot(tuple(arrays[:i]) + (d,) + tuple(arrays[i + 1:]))
                  for i, d in enumerate(darrays) if d is not None)
    return sum(terms[1:], terms[0])


method(dot=np.dot)
