"""Whole numbers of loops: the ranges of their indices, and arithmetic that folds constants."""
from __future__ import annotations

import operator
from typing import Any

from symgrad.frontend.iteration import range_length
from symgrad.ir.infer import dim_length
from symgrad.ir.nodes import Op, Region, Slot, Value, is_number
from symgrad.ir.types import Scalar
from symgrad.structs import struct

INT = Scalar("int64")
MOVED = 8           # a range that starts at most so far from 0 may be indexed by its numbers, not by its positions


@struct()
class Range:
    """The numbers that a loop's index takes."""

    start: Value
    stop: Value
    stride: Value

    @property
    def step(self) -> int | None:
        """1 or -1; None for any other."""
        return next((s for s in (1, -1) if is_number(self.stride, s)), None)

    @property
    def least(self) -> tuple[Value | None, int]:
        """The least number, where the step is 1 or -1."""
        base, c = parts(self.start if self.step == 1 else self.stop)
        return base, c if self.step == 1 else c + 1

    @property
    def from_zero(self) -> bool:
        """Whether the numbers may be taken for their positions."""
        base, c = self.least
        return self.step is not None and base is None and 0 <= c <= MOVED


def span(loop: Op) -> Range:
    return Range(*loop.operands[:3])


def parts(v: Value) -> tuple[Value | None, int]:
    """A whole number as a value plus a constant."""
    op = v.op
    if op is not None and op.kind == "const" and type(op.attrs["value"]) is int:
        return None, op.attrs["value"]
    if op is not None and op.kind == "call" and op.fn in (operator.add, operator.sub) and len(op.operands) == 2:
        base, c = parts(op.operands[0])
        other, d = parts(op.operands[1])
        if other is None:
            return base, c + (d if op.fn is operator.add else -d)
    return v, 0


def not_negative(v: Value) -> bool:
    """Whether a whole number is certainly not below 0."""
    op = v.op
    if op is None:
        loop = v.region.parent if v.region is not None else None
        if loop is None or loop.kind != "for" or v is not loop.regions[0].params[0]:
            return False
        start, stop, step = loop.operands[:3]
        base, c = parts(stop)
        return is_number(step, 1) and not_negative(start) or is_number(step, -1) and base is None and c >= -1
    if op.kind == "const":
        return bool(op.attrs["value"] >= 0)
    if op.kind != "call":
        return False
    return op.fn in (dim_length, len, range_length) or op.fn in (operator.add, operator.mul) and all(
        map(not_negative, op.operands)) or op.fn is max and any(map(not_negative, op.operands))


class Insert:
    """Puts ops into a region, one after another, before one of its ops or at its end; they serve the sweep of `like`."""

    def __init__(self, region: Region, before: Op | None, like: Op) -> None:
        self.region, self.before, self.like = region, before, like

    def put(self, op: Op) -> Value:
        op.adjoint = self.like.adjoint
        at = len(self.region.ops) if self.before is None else self.region.ops.index(self.before)
        self.region.ops.insert(at, op)
        return op.result

    def const(self, x: int) -> Value:
        return self.put(Op("const", (), [INT], value=x))

    def call(self, fn: Any, *operands: Value, **attrs: Any) -> Value:
        return self.put(Op("call", operands, [INT], fn=fn, args=tuple(map(Slot, range(len(operands)))), kwargs={},
                           **attrs))

    def plus(self, base: Value | None, c: int) -> Value:
        if base is None:
            return self.const(c)
        return base if c == 0 else self.call(operator.add if c > 0 else operator.sub, base, self.const(abs(c)))

    def add(self, a: Value, b: Value) -> Value:
        return a if is_number(b, 0) else self.call(operator.add, a, b)

    def product(self, a: Value, b: Value) -> Value:
        """``a * b``, where one of them is not 1."""
        return b if is_number(a, 1) else a if is_number(b, 1) else self.call(operator.mul, a, b)

    def move(self, fn: Any, v: Value, by: Value) -> Value:
        """What becomes of the variable `v`: ``v += by`` or ``v -= by``."""
        new = self.call(fn, v, by, aug=True)
        new.name = v.name
        return new

    def difference(self, a: Value, b: Value) -> Value:
        (x, c), (y, d) = parts(a), parts(b)
        if y is None or x is y:
            return self.plus(x if y is None else None, c - d)
        return self.plus(self.call(operator.sub, self.const(0) if x is None else x, y), c - d)

    def size(self, r: Range) -> Value:
        """How many numbers a range has."""
        if r.step is None:
            return self.call(range_length, r.start, r.stop, r.stride)
        return self.least_0(self.difference(r.stop, r.start) if r.step > 0 else self.difference(r.start, r.stop))

    def least_0(self, n: Value) -> Value:
        return n if not_negative(n) else self.call(max, n, self.const(0))

    def position(self, index: Value, r: Range, from_zero: bool) -> Value:
        """The position in a range of one of its numbers; with `from_zero`, that number itself where it may be."""
        if r.step is None:
            return self.call(operator.floordiv, self.call(operator.sub, index, r.start), r.stride)
        return index if from_zero and r.from_zero else self.difference(index, self.plus(*r.least))


__all__ = ["INT", "Insert", "Range", "not_negative", "parts", "span"]
