"""Sums, maxima and minima over all elements of an array, and products of two vectors."""
from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from symgrad.ir.nodes import Op, Slot
from symgrad.ir.types import Array, Scalar
from symgrad.optimize.loops.elements import array

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


FOLDS: dict[Any, tuple[Any, float]] = {         # the step, and the start
    np.sum: (any_order, 0.0), np.max: (larger, -np.inf), np.min: (smaller, np.inf)}


def fold_of(op: Op) -> tuple[Any, float]:
    """The step and the start of a reduction."""
    return FOLDS.get(op.fn, FOLDS[np.sum])


def reduces(op: Op) -> bool:
    """Whether an op makes one float of the elements of one array, or adds up the product of two vectors."""
    if op.kind != "call" or len(op.results) != 1 or op.attrs["kwargs"] or not all(map(array, op.operands)):
        return False
    t = op.results[0].type
    if not isinstance(t, Scalar) or t.kind not in "fc" or any(
            not isinstance(v.type, Array) or v.type.dtype != t.dtype for v in op.operands):
        return False
    if op.fn in FOLDS:
        return op.attrs["args"] == (Slot(0),) and (op.fn is np.sum or t.kind == "f")
    return op.fn in PRODUCTS and len(op.attrs["args"]) == 2


__all__ = ["FOLDS", "any_order", "fold_of", "larger", "reduces", "smaller"]
