"""The `outer` method of ufuncs: each pair of an element of `a` and an element of `b`.

Registered under ``(ufunc, "outer")``, since each access of the attribute makes a new object.
"""
from __future__ import annotations

import numpy as np

from symgrad.rules.core import constant, jvp, vjp


@vjp((np.multiply, "outer"), wrt="a b", linear=True)
def multiply_outer(dy, r, a, b):
    if np.ndim(a) == 1 and np.ndim(b) == 1:
        return dy @ b, a @ dy
    return sum_last(dy * b, np.ndim(b)), sum_first(dy * beside(a, b), np.ndim(a))


@vjp((np.add, "outer"), wrt="a b")
def add_outer(dy, r, a, b):
    return sum_last(dy, np.ndim(b)), sum_first(dy, np.ndim(a))


@vjp((np.subtract, "outer"), wrt="a b")
def subtract_outer(dy, r, a, b):
    return sum_last(dy, np.ndim(b)), -sum_first(dy, np.ndim(a))


@vjp((np.divide, "outer"), wrt="a b")
def divide_outer(dy, r, a, b):
    q = dy / b
    return sum_last(q, np.ndim(b)), -sum_first(q * r, np.ndim(a))


@vjp((np.maximum, "outer"), (np.minimum, "outer"), wrt="a b")
def maximum_outer(dy, r, a, b):
    da = dy * wins(a, b, r)
    return sum_last(da, np.ndim(b)), sum_first(dy - da, np.ndim(a))


def wins(a, b, r):
    """1 where the result is the element of `a`, 0 where it is that of `b`, one half at a tie."""
    return 0.5 + 0.5 * ((r == beside(a, b)).astype(r.dtype) - (r == b).astype(r.dtype))


def beside(a, b):
    """`a` with one new last axis for each axis of `b`."""
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return a
    return a[(...,) + (None,) * np.ndim(b)]


def sum_first(dy, n):
    if n == 0:
        return dy
    return np.sum(dy, axis=0 if n == 1 else tuple(range(n)))


def sum_last(dy, n):
    if n == 0:
        return dy
    return np.sum(dy, axis=-1 if n == 1 else tuple(range(-n, 0)))


@jvp((np.add, "outer"), "a")
def add_outer_a(da, r, a, b):
    return np.broadcast_to(beside(da, b), np.shape(r))


@jvp((np.add, "outer"), "b")
def add_outer_b(db, r, a, b):
    return np.broadcast_to(db, np.shape(r))


@jvp((np.subtract, "outer"), "a")
def subtract_outer_a(da, r, a, b):
    return np.broadcast_to(beside(da, b), np.shape(r))


@jvp((np.subtract, "outer"), "b")
def subtract_outer_b(db, r, a, b):
    return np.broadcast_to(-db, np.shape(r))


@jvp((np.divide, "outer"), "a")
def divide_outer_a(da, r, a, b):
    return beside(da, b) / b


@jvp((np.divide, "outer"), "b")
def divide_outer_b(db, r, a, b):
    return -r * (db / b)


@jvp((np.maximum, "outer"), "a")
def maximum_outer_a(da, r, a, b):
    return beside(da, b) * wins(a, b, r)


@jvp((np.maximum, "outer"), "b")
def maximum_outer_b(db, r, a, b):
    return db * (1.0 - wins(a, b, r))


constant(*((ufunc, "outer") for ufunc in (
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal, np.logical_and,
    np.logical_or, np.logical_xor, np.floor_divide)))
