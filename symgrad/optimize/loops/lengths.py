"""How often the loops of a nest run, and what is asked before they do."""
from __future__ import annotations

import operator
from typing import Any

import numpy as np

from symgrad.ir.infer import dim_length
from symgrad.ir.nodes import Builder, Op, Slot, Step, Value, map_tree
from symgrad.ir.types import Array, Dim, Length, Scalar, Type, dims_of
from symgrad.optimize.loops.elements import leaves, operands, read, same_length
from symgrad.optimize.loops.nests import Nest, Root, part_type
from symgrad.optimize.loops.places import Loops, Place
from symgrad.rules.broadcasting import unbroadcast_at_run_time

INDEX = Scalar("int64")


def equal_lengths(n: int, m: int) -> int:
    """The length of two axes that are run through together: who calls the loops has another way where they differ."""
    if n != m:
        raise ValueError("lengths that the loops take to be equal differ")
    return n


def certainly_equal_lengths(n: int, m: int) -> int:
    """The same where the function has had effects by then, so that it cannot be run once more another way."""
    if n != m:
        raise ValueError("lengths differ where compiled loops take them to be equal; backend='python' stretches axes of length 1")
    return n


def not_empty(n: int) -> None:
    """What a maximum needs."""
    if n <= 0:
        raise ValueError("lengths that the loops take to be equal differ")


UNEQUAL = "lengths that the loops take to be equal differ"


class Ops:
    """Small ops of whole numbers and of elements."""

    b: Builder
    nest: Nest
    lengths: list[Value]                # how often each loop of the nest runs

    def call(self, fn: Any, args: list[Value], t: Type) -> Value:
        return self.b.emit(Op("call", args, [t], fn=fn, args=tuple(Slot(i) for i in range(len(args))), kwargs={})).result

    def plus(self, v: Value, n: int) -> Value:
        if n == 0:
            return v
        fn = operator.add if n > 0 else operator.sub
        return self.call(fn, [v, self.const(abs(n))], INDEX)

    def const(self, x: Any, t: Type = INDEX) -> Value:
        return self.b.const(x, t)

    def axis_length(self, v: Value, axis: int) -> Value:
        """The length of an axis: memory that the loops write to has those of its version before them, or is of their size."""
        v = self.nest.origin(v)
        if v in self.nest.made:
            return self.lengths[axis]
        return self.b.emit(Op("call", [v], [INDEX], fn=dim_length, args=(Slot(0), axis), kwargs={})).result


class Lengths(Ops):
    """The lengths of a nest's loops, as ops before it."""

    def __init__(self, nest: Nest, b: Builder, again: bool) -> None:
        self.nest, self.b = nest, b
        self.ask = equal_lengths if again else certainly_equal_lengths
        self.asked: set[tuple[Value, Value]] = set()    # lengths that were compared
        self.lengths = [self.length(k) for k in range(nest.rank)]
        self.guard()

    def length(self, k: int) -> Value:
        """How often the loop over axis `k` runs."""
        nest = self.nest
        d = nest.dims[k]
        if isinstance(d, int):
            return self.const(d)
        if nest.first.kind == "store":
            return self.length_of_part(nest.first.op, k, d)
        axes = [(v, a) for v, loops in nest.first.leaves(nest.parts) for a, loop in enumerate(loops) if loop == k]
        exact = next((pair for pair in axes if dims_of(pair[0].type)[pair[1]] == d), None)
        told = None if exact else self.length_told(nest.first, k)       # an operand of another length may be stretched
        if told is not None:
            return told
        if not axes:
            raise RuntimeError("symgrad: a loop of unknown length")
        return self.length_of(*(exact or axes[0]))

    def length_told(self, root: Root, k: int) -> Value | None:
        """The length of a loop as np.broadcast_to was told it, or that of what has the shape; None where nothing says it."""
        todo = [*root.values()] if root.kind != "make" else operands(root.op, tuple(range(self.nest.rank)))
        if root.kind == "make" and (told := self.told(root.op, k)) is not None:
            return told
        while todo:
            v, loops = todo.pop()
            if v.op is not None and v.op in self.nest.parts:
                if k in loops and (told := self.told(v.op, loops.index(k))) is not None:
                    return told
                todo += operands(v.op, loops)
        return None

    def told(self, op: Op, axis: int) -> Value | None:
        """The length of an axis of the result, as an op that stretches its operand was told it."""
        if op.fn is unbroadcast_at_run_time:
            like: Loops = tuple(range(len(dims_of(op.operands[1].type))))
            found = [(v, loops.index(axis)) for v, loops in leaves(op.operands[1], like, self.nest.parts) if axis in loops]
            return self.length_of(*found[0]) if found else None
        if op.fn is not np.broadcast_to:
            return None
        shape = op.attrs["args"][1]
        n = shape[axis] if isinstance(shape, tuple) else shape
        return op.operands[n.index] if isinstance(n, Slot) else self.const(n)

    def length_of(self, v: Value, axis: int) -> Value:
        """The length of a value's axis, from the memory that it is read from where types say how they differ."""
        assert isinstance(v.type, Array)
        place = read(v)
        found = self.length_in(place, axis, v.type.dims[axis])
        if found is None and v.op is not None and v.op.kind == "load":     # which may stand after the loops
            v = self.b.emit(Op("load", [self.nest.origin(v.op.operands[0]), *v.op.operands[1:]], [v.type],
                               path=v.op.attrs["path"])).result
        return found or self.axis_length(v, axis)

    def length_of_part(self, op: Op, axis: int, d: Length) -> Value:
        assert self.nest.first.place is not None
        found = self.length_in(self.nest.first.place, axis, d)
        if found is not None:
            return found
        path = tuple(shifted(step, -1) for step in op.attrs["path"])
        part = self.b.emit(Op("load", [op.operands[0], *op.operands[2:]], [part_type(op)], path=path)).result
        return self.axis_length(part, axis)

    def length_in(self, place: Place, axis: int, d: Length) -> Value | None:
        memory = place.memory.type
        assert isinstance(memory, Array)
        for a in place.axes:
            if axis in a.through:
                return self.axis_length(a.start, a.through.index(axis))
        along = [m for m, a in enumerate(place.axes) if a.loop == axis]
        if len(along) == 2:                             # a diagonal
            return self.call(min, [self.axis_length(place.memory, m) for m in along], INDEX)
        for m, a in enumerate(place.axes):
            if a.loop == axis:
                whole_length = memory.dims[m]
                if whole_length == d:
                    return self.axis_length(place.memory, m)
                if isinstance(d, Dim) and isinstance(whole_length, Dim) and d.base == whole_length.base:
                    return self.plus(self.axis_length(place.memory, m), d.offset - whole_length.offset)
        return None

    def guard(self) -> None:
        """Where types do not say that lengths are equal, ask before the loops run."""
        nest = self.nest
        for root in nest.roots():
            for v, loops in root.leaves(nest.parts):
                if isinstance(v.type, Array) and v not in nest.made:
                    self.guard_one(v, loops)
            for v, loops in root.values():
                self.guard_same(v, loops)

    def guard_same(self, v: Value, loops: Loops) -> None:
        """What is asked for its shape only has the shape of the loops."""
        op = v.op
        if op is None or op not in self.nest.parts and (v not in self.nest.made or self.nest.made[v].kind != "make"):
            return
        if op.fn is unbroadcast_at_run_time and op.operands[1] not in self.nest.made:
            self.guard_one(op.operands[1], loops)
        for o, inner in operands(op, loops):
            self.guard_same(o, inner)

    def guard_one(self, v: Value, loops: Loops) -> None:
        for axis, (d, k) in enumerate(zip(dims_of(v.type), loops)):
            if k is None or same_length(d, self.nest.dims[k]):
                continue
            n, m = self.lengths[k], self.length_of(v, axis)
            if n is not m and (n, m) not in self.asked:
                self.asked.add((n, m))
                self.b.emit(Op("call", [n, m], [INDEX], fn=self.ask, args=(Slot(0), Slot(1)), kwargs={},
                               effect=True))


def shifted(step: Step, by: int) -> Step:
    moved: Step = map_tree(step, lambda s: Slot(s.index + by))
    return moved


__all__ = ["INDEX", "UNEQUAL", "Lengths", "Ops", "equal_lengths", "not_empty"]
