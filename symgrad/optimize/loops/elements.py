"""What is known of array values one element at a time: which ops are elementwise, and where their elements are read."""
from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

import numpy as np

from symgrad.frontend.primitives import is_elementwise
from symgrad.ir.nodes import Op, Slot, Value
from symgrad.ir.types import Array, Dim, Length, Scalar, dims_of
from symgrad.optimize.loops.places import Loops, Place, broadcast_loops, moved_axes, place_of, whole
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
    """Whether an op's result has the elements of its first operand: one each, wherever, or one in many places."""
    return bool(op.results and op.operands) and array(op.results[0]) and axes_after(op) is not None and (
        array(op.operands[0]) or isinstance(op.operands[0].type, Scalar))


def axes_after(op: Op) -> tuple[int, ...] | None:
    """Which axis of the result each axis of the first operand is, for an op that only puts elements elsewhere."""
    if op.kind != "call" or op.attrs.get("effect") or len(op.results) != 1:
        return None
    rank = len(dims_of(op.operands[0].type)) if op.operands else 0
    args = op.attrs["args"]
    if op.fn is unbroadcast_at_run_time:
        return tuple(range(rank))
    if not args or args[0] != Slot(0):
        return None
    if op.fn is np.broadcast_to and not op.attrs["kwargs"]:
        dims = dims_of(op.results[0].type)
        more = len(dims) - rank
        known = all(d == 1 or same_length(d, dims[k + more]) for k, d in enumerate(dims_of(op.operands[0].type)))
        return tuple(range(more, more + rank)) if known else None       # else which axes it stretches is seen when it runs
    return moved_axes(op.fn, args[1:], op.attrs["kwargs"], rank) if len(op.operands) == 1 else None


def same_length(d: Length, other: Length) -> bool:
    """Whether types say that two lengths are the same."""
    return d == other and not (isinstance(d, Dim) and d.varies)


def operands(op: Op, loops: Loops) -> list[tuple[Value, Loops]]:
    """What the element of an op's result is computed from, with the loops that run through each."""
    result = op.results[0]
    after = axes_after(op)
    if after is None:
        return [(v, broadcast_loops(v, dims_of(result.type), loops)) for v in op.operands]
    v = op.operands[0]
    ones = [d == 1 and dims_of(result.type)[k] != 1 for d, k in zip(dims_of(v.type), after)]
    return [(v, tuple(None if one else loops[k] for one, k in zip(ones, after)))]


def read(v: Value) -> Place:
    """Where the elements of a value that is not computed by a loop are read from."""
    op = v.op
    if op is not None and op.kind == "load" and not op.attrs.get("effect"):
        place = place_of(op.operands[0], op.attrs["path"], op.operands)
        if place is not None:
            return place
    return whole(v)


def leaves(v: Value, loops: Loops, computed: Any) -> Iterator[tuple[Value, Loops]]:
    """The values that an element of `v` is computed from, and the loops through them; `computed` are ops that are a part of it."""
    op = v.op
    if op is not None and op in computed:
        for o, inner in operands(op, loops):
            yield from leaves(o, inner, computed)
    else:
        yield v, loops


__all__ = ["array", "axes_after", "elementwise", "leaves", "operands", "read", "same_elements", "same_length"]
