"""What is known of array values one element at a time: which ops are elementwise, and where their elements are read."""
from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

import numpy as np

from symgrad.frontend.primitives import is_elementwise
from symgrad.ir.nodes import Op, Slot, Value
from symgrad.ir.types import Array, Scalar
from symgrad.optimize.loops.places import Place, place_of, whole
from symgrad.rules.broadcasting import unbroadcast_at_run_time

DTYPES = ("float64", "float32", "int64", "bool", "complex128")
COMPARISONS = (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne,
               np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal)
LOGICAL = (np.logical_and, np.logical_or, np.logical_not, np.isnan, np.isfinite, np.isinf)
CONSTANT = (operator.floordiv, np.floor_divide, np.floor, np.ceil, np.rint, np.trunc, np.sign)


def elementwise(op: Op) -> bool:
    """Whether an op gives an array each element of which is computed from the operands' elements there."""
    if op.kind == "accumulate":
        return array(op.results[0]) and all(map(array, op.operands)) and op.operands[0].type == op.operands[1].type
    if op.kind != "call" or len(op.results) != 1 or not array(op.results[0]) or op.attrs.get("effect"):
        return False
    if not (is_elementwise(op) or op.fn in COMPARISONS or op.fn in LOGICAL or op.fn in CONSTANT):
        return False
    if op.attrs["kwargs"] or any(not isinstance(a, Slot) for a in op.attrs["args"]):
        return False
    if not all(isinstance(v.type, Scalar) or array(v) for v in op.operands):
        return False
    t = op.results[0].type
    assert isinstance(t, Array)
    if t.dtype == "bool":
        return op.fn in COMPARISONS or op.fn in LOGICAL
    if t.dtype == "int64":                      # division and powers of whole numbers have rules of their own
        return op.fn in (operator.add, operator.sub, operator.mul, np.add, np.subtract, np.multiply)
    return all(getattr(v.type, "dtype", "") != "bool" or op.fn is np.where for v in op.operands)


def array(v: Value) -> bool:
    """Whether a value is an array of the numbers that loops are written for."""
    return isinstance(v.type, Array) and v.type.dtype in DTYPES and v.type.ndim > 0


def same_elements(op: Op) -> bool:
    """Whether an op's result has, element by element, what its first operand has."""
    return op.kind == "call" and op.fn is unbroadcast_at_run_time and all(map(array, op.operands))


def read(v: Value) -> Place:
    """Where the elements of a value that is not computed by a loop are read from."""
    op = v.op
    if op is not None and op.kind == "load" and not op.attrs.get("effect"):
        place = place_of(op.operands[0], op.attrs["path"], op.operands)
        if place is not None:
            return place
    return whole(v)


def leaves(v: Value, computed: Any) -> Iterator[Value]:
    """The values that an element of `v` is computed from; `computed` says which ops are a part of it."""
    op = v.op
    if op is not None and op in computed:
        for o in op.operands[:1] if same_elements(op) else op.operands:
            yield from leaves(o, computed)
    else:
        yield v


__all__ = ["array", "elementwise", "leaves", "read", "same_elements"]
