"""Helpers of the array rules that concern axes.

Those that take and return static values only are run by the compiler; the others are inlined.
Ranks and axes of length 1 are part of a type, so that no branch of theirs reaches generated code.
"""
from __future__ import annotations

import numpy as np

from symgrad.rules.broadcasting import unbroadcast


def positive(axis, ndim):
    """`axis` counted from the front; a tuple for a tuple."""
    if isinstance(axis, (tuple, list)):
        return tuple(positive(a, ndim) for a in axis)
    return axis + ndim if axis < 0 else axis


def inverse(order):
    """The permutation that undoes `order`."""
    return tuple(order.index(i) for i in range(len(order)))


def one_or_all(axes):
    """A lone axis as the int that one would write."""
    return axes[0] if len(axes) == 1 else tuple(axes)


def along(axis, ndim, index):
    """The subscript that applies `index` to one axis: ``[index]``, ``[:, index]``, ``[..., index]``."""
    axis = positive(axis, ndim)
    if axis == 0:
        return index
    if axis == ndim - 1:
        return (..., index)
    return (slice(None),) * axis + (index,)


def shaped_as(dy, x):
    """`dy` in the shape of `x`, which differs in rank if at all."""
    return dy if np.ndim(dy) == np.ndim(x) else np.reshape(dy, np.shape(x))


def refit(dy, x):
    """`unbroadcast`, and the converse: `dy` has length 1 where it is the same along an axis of `x`."""
    dy = unbroadcast(dy, x)
    constant = tuple(i for i in range(np.ndim(x)) if dy.shape[i] == 1 and x.shape[i] != 1)
    return np.broadcast_to(dy, x.shape) if constant else dy
