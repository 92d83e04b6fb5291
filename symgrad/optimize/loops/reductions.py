"""Sums, means, maxima and minima of arrays, over all elements or along axes, and products of two vectors."""
from __future__ import annotations

import math
import operator
from typing import Any, NamedTuple

import numpy as np

from symgrad.ir.nodes import Op, Slot
from symgrad.ir.types import Array, Scalar, dims_of
from symgrad.optimize.loops.elements import array
from symgrad.optimize.loops.places import Axis, Place

PRODUCTS: tuple[Any, ...] = (np.dot, np.matmul, operator.matmul, np.inner)


def any_order(total: Any, term: Any) -> Any:
    """A step of a sum whose terms may be added up in any order."""
    return total + term


def larger(total: Any, term: Any) -> Any:
    """A step of a maximum; NaN if any is."""
    return total if term <= total or math.isnan(total) else term


def smaller(total: Any, term: Any) -> Any:
    """A step of a minimum; NaN if any is."""
    return total if term >= total or math.isnan(total) else term


class Fold(NamedTuple):
    """How a reduction goes on and how it starts; `mean`: the sum is divided by the number of terms."""

    step: Any
    start: float
    mean: bool = False


FOLDS: dict[Any, Fold] = {np.sum: Fold(any_order, 0.0), np.mean: Fold(any_order, 0.0, True),
                          np.max: Fold(larger, -np.inf), np.min: Fold(smaller, np.inf)}


def fold_of(op: Op) -> Fold:
    return FOLDS.get(op.fn, FOLDS[np.sum])


def reduces(op: Op) -> bool:
    """Whether an op makes one float of the elements of one array, or adds up the product of two vectors."""
    if op.kind != "call" or len(op.results) != 1 or not all(map(array, op.operands)):
        return False
    t = op.results[0].type
    if not isinstance(t, Scalar) or not fits(op, t):
        return False
    args, kwargs = op.attrs["args"], op.attrs["kwargs"]
    if op.fn in FOLDS:                                  # along all axes, if any are named: the result is a number
        return args[:1] == (Slot(0),) and len(args) <= 2 and not set(kwargs) - {"axis", "dtype"} and len(op.operands) == 1
    return op.fn in PRODUCTS and len(args) == 2 and not kwargs


def fits(op: Op, t: Scalar | Array) -> bool:
    """Whether the elements are floats of the result's precision; complex numbers are added up only, truths counted."""
    kinds = "f" if fold_of(op).start or fold_of(op).mean else "fc"
    dtypes = (t.dtype, "bool") if op.fn is np.sum and "dtype" in op.attrs["kwargs"] else (t.dtype,)
    return t.kind in kinds and all(isinstance(v.type, Array) and v.type.dtype in dtypes for v in op.operands) \
        and np.dtype(op.attrs["kwargs"].get("dtype", t.dtype)) == t.dtype


def axes_of(op: Op) -> tuple[int, ...] | None:
    """The axes along which an op reduces an array to an array; None for other ops."""
    if op.kind != "call" or op.fn not in FOLDS or len(op.results) != 1 or not array(op.results[0]):
        return None
    args, kwargs = op.attrs["args"], dict(op.attrs["kwargs"])
    axis = args[1] if len(args) == 2 else kwargs.pop("axis", None)
    kwargs.pop("dtype", None)
    if kwargs.pop("keepdims", False) not in (True, False) or kwargs or not args or args[0] != Slot(0) \
            or len(op.operands) != 1 or not array(op.operands[0]) or not fits(op, op.results[0].type):  # type: ignore[arg-type]
        return None
    axes = axis if isinstance(axis, tuple) else (axis,)
    rank = len(dims_of(op.operands[0].type))
    if axis is None:                                    # with keepdims
        return tuple(range(rank))
    if not all(isinstance(a, int) and -rank <= a < rank for a in axes):
        return None
    return tuple(sorted(a % rank for a in axes))


def place_of_result(op: Op, axes: tuple[int, ...]) -> Place:
    """Where the element of the result is that an element of the operand goes into."""
    rank, result = len(dims_of(op.operands[0].type)), op.results[0]
    if len(dims_of(result.type)) == rank:
        return Place(result, tuple(Axis(0, 0) if k in axes else Axis(0, 1, k) for k in range(rank)))
    return Place(result, tuple(Axis(0, 1, k) for k in range(rank) if k not in axes))


__all__ = ["FOLDS", "any_order", "axes_of", "fold_of", "larger", "place_of_result", "reduces", "smaller"]
