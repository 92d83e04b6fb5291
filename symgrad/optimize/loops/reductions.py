"""Sums over all elements of an array, and products of two vectors."""
from __future__ import annotations

import operator
from typing import Any

import numpy as np

from symgrad.ir.nodes import Op, Slot
from symgrad.ir.types import Array, Scalar
from symgrad.optimize.loops.elements import array

PRODUCTS: tuple[Any, ...] = (np.dot, np.matmul, operator.matmul, np.inner)
SUMS: tuple[Any, ...] = (np.sum,)


def reduces(op: Op) -> bool:
    """Whether an op adds up floats: the elements of one array, or of the product of two vectors."""
    if op.kind != "call" or len(op.results) != 1 or op.attrs["kwargs"] or not all(map(array, op.operands)):
        return False
    t = op.results[0].type
    if not isinstance(t, Scalar) or t.kind not in "fc" or any(
            not isinstance(v.type, Array) or v.type.dtype != t.dtype for v in op.operands):
        return False
    if op.fn in SUMS:
        return op.attrs["args"] == (Slot(0),)
    return op.fn in PRODUCTS and len(op.attrs["args"]) == 2


def any_order(total: Any, term: Any) -> Any:
    """A step of a sum whose terms may be added up in any order."""
    return total + term


__all__ = ["any_order", "reduces"]
