"""Cross products by their elements: for three numbers a call takes longer than the six products.

What is computed is what NumPy computes, in its order. The result is memory of its own, which is made before a loop
around it (`optimize.hoisting`); of stacks of vectors, the rows of elements become loops as every array statement does.
"""
from __future__ import annotations

import operator
from typing import Any

import numpy as np

from symgrad.ir.infer import dim_length
from symgrad.ir.nodes import Builder, Op, Region, Slot, Step, Value
from symgrad.ir.types import Array, Scalar, Type, dims_of
from symgrad.optimize.dce import substitute
from symgrad.optimize.loops.elements import array, same_length
from symgrad.optimize.loops.lengths import INDEX

CROSSES: tuple[Any, ...] = (np.cross, np.linalg.cross)
TERMS = ((1, 2), (2, 0), (0, 1))                # element k is a[i] * b[j] - a[j] * b[i]


def cross_by_elements(region: Region, ask: Any) -> None:
    """Rewrite the cross products of vectors of three; `ask` is what compares two lengths where loops run."""
    done: dict[Value, Value] = {}
    rewrite(region, ask, done)
    substitute(region, done)


def rewrite(region: Region, ask: Any, done: dict[Value, Value]) -> None:
    out: list[Op] = []
    for op in region.ops:
        for r in op.regions:
            rewrite(r, ask, done)
        if of_three(op):
            before = Region()
            done[op.result] = Elements(op, Builder(before), ask).result()
            out += before.ops
        else:
            out.append(op)
    region.ops = out


def of_three(op: Op) -> bool:
    """Whether an op is a cross product along the last axes, of arrays one of which has the result's shape."""
    if op.kind != "call" or not any(op.fn is f for f in CROSSES) or op.attrs["args"] != (Slot(0), Slot(1)) \
            or op.attrs["kwargs"] or not all(map(array, (*op.operands, op.result))):
        return False
    a, b, r = (v.type for v in (*op.operands, op.result))
    if not a.dtype == b.dtype == r.dtype != "bool":                                         # type: ignore[attr-defined]
        return False
    lengths = [dims_of(t)[-1] for t in (a, b)]
    return (len(dims_of(r)) == max(len(dims_of(a)), len(dims_of(b))) and like(op) is not None
            and all(n == 3 or not isinstance(n, int) for n in lengths))


def like(op: Op) -> Value | None:
    """The operand all of whose axes but the last have the lengths of the result's."""
    dims = dims_of(op.result.type)[:-1]
    return next((v for v in op.operands if len(dims_of(v.type)) == len(dims) + 1
                 and all(map(same_length, dims_of(v.type)[:-1], dims))), None)


class Elements:
    """One cross product being written."""

    def __init__(self, op: Op, b: Builder, ask: Any) -> None:
        self.op, self.b, self.ask = op, b, ask
        b.adjoint, b.span = op.adjoint, op.span

    def result(self) -> Value:
        a, b = self.op.operands
        three = self.b.const(3, INDEX)
        for v in (a, b):
            if dims_of(v.type)[-1] != 3:
                self.call(self.ask, [self.length(v, len(dims_of(v.type)) - 1), three], INDEX, effect=True)
        memory = self.memory(three)
        for k, (i, j) in enumerate(TERMS):
            x = self.minus(self.times(self.row(a, i), self.row(b, j)), self.times(self.row(a, j), self.row(b, i)))
            memory = self.b.emit(Op("store", [memory, x], [memory.type], path=place(memory, k), add=False)).result
        return memory

    def memory(self, three: Value) -> Value:
        t, v = self.op.result.type, like(self.op)
        assert isinstance(t, Array) and v is not None
        lengths = [*(self.length(v, k) for k in range(t.ndim - 1)), three]
        shape: tuple[Slot, ...] = tuple(Slot(k) for k in range(t.ndim))
        kwargs = {} if t.dtype == "float64" else {"dtype": np.dtype(t.dtype)}
        return self.b.emit(Op("call", lengths, [t], fn=np.empty, args=(shape if t.ndim > 1 else shape[0],),
                              kwargs=kwargs)).result

    def row(self, v: Value, k: int) -> Value:
        """Element `k` of a vector, or of all vectors of a stack."""
        return self.b.emit(Op("load", [v], [part(v.type)], path=place(v, k))).result

    def times(self, x: Value, y: Value) -> Value:
        return self.call(operator.mul, [x, y], self.wider(x, y))

    def minus(self, x: Value, y: Value) -> Value:
        return self.call(operator.sub, [x, y], part(self.op.result.type))

    def wider(self, x: Value, y: Value) -> Type:
        whole = part(self.op.result.type)
        return whole if isinstance(x.type, Array) or isinstance(y.type, Array) else x.type

    def length(self, v: Value, axis: int) -> Value:
        return self.b.emit(Op("call", [v], [INDEX], fn=dim_length, args=(Slot(0), axis), kwargs={})).result

    def call(self, fn: Any, args: list[Value], t: Type, **more: Any) -> Value:
        return self.b.emit(Op("call", args, [t], fn=fn, args=tuple(Slot(k) for k in range(len(args))), kwargs={},
                              **more)).result


def part(t: Type) -> Type:
    """The type of one element of each vector."""
    assert isinstance(t, Array)
    return Array(t.dtype, t.dims[:-1]) if t.ndim > 1 else Scalar(t.dtype, False)


def place(v: Value, k: int) -> tuple[Step]:
    rank = len(dims_of(v.type))
    return (Step("index", (*[slice(None)] * (rank - 1), k) if rank > 1 else k),)


__all__ = ["cross_by_elements"]
