"""Memory that each iteration of a loop makes anew is made once, before the loop.

A buffer is made for its contents, and no iteration sees what an earlier one left in it. Where it has the same length in
all of them, and nothing that outlives an iteration is a part of it, all iterations may use the same memory: an
allocation takes as long as a hundred multiplications. This comes last: what is written in place is decided.
"""
from __future__ import annotations

import operator
from typing import Any, NamedTuple

import numpy as np

from symgrad.analysis.aliasing import Sites, carried
from symgrad.ir.infer import dim_length
from symgrad.ir.nodes import Op, Region, Slot, Value, walk
from symgrad.ir.types import Dim, Scalar, Type, dims_of
from symgrad.passes import runs
from symgrad.transform.algebra import number
from symgrad.transform.base import representative
from symgrad.transform.ranges import INT, Insert

ARITHMETIC = (operator.add, operator.sub, operator.mul, operator.floordiv, max, min)


def hoist_memory(region: Region) -> None:
    """Make the buffers of loops before the loops, as far out as their lengths are known."""
    made = [op for op in walk(region) if op.kind == "call" and op.fn is np.empty and not op.attrs.get("blank")]
    if not made or not runs("hoist"):
        return
    home: dict[Op, Region] = {}
    for r in [region, *(inner for op in walk(region) for inner in op.regions)]:
        home.update((op, r) for op in r.ops)
    sites = Sites(region)
    given = {d: Extent(op.result, axis) for op in region.ops if op.kind == "arg"
             for axis, d in enumerate(dims_of(op.result.type)) if isinstance(d, Dim) and not d.varies}
    for op in made:
        for loop in reversed(around(op, home, sites)):
            outside = Outside(loop, given)
            if all(map(outside.has, op.operands)):
                at = home[loop]
                place = Before(at, loop, home)      # where the loop does not come to it, it may be below zero
                op.operands = [place.least_0(outside.value(v, at, home)) for v in op.operands]
                home[op].ops.remove(op)
                at.ops.insert(at.ops.index(loop), op)
                home[op] = at
                break


def around(op: Op, home: dict[Op, Region], sites: Sites) -> list[Op]:
    """The loops around an op, from the inside out, all of whose iterations may use the memory that it makes.

    They end at a loop whose iterations may run at the same time, and at one whose next iteration sees what this one
    has made: two of them are in use there, however far out they are made.
    """
    found = []
    parent = home[op].parent
    while parent is not None and not parent.attrs.get("attempt") and not parent.attrs.get("parallel"):
        if parent.kind in ("for", "while"):
            if outlives(op, parent, sites):
                break
            found.append(parent)
        parent = home[parent].parent
    return found


def outlives(op: Op, loop: Op, sites: Sites) -> bool:
    """Whether what a loop makes in an iteration may be there in the next one, or after the loop."""
    mine = set(sites.of(op.result))
    body = loop.regions[-1]
    loops = [o for o in walk(body) if o.kind in ("for", "while")]
    while True:                                         # what a loop writes to is memory of its own there
        more = {p for o in loops for init, param, after in carried(o) if sites.of(init) & mine or sites.of(after) & mine
                for p in sites.of(param)} - mine
        if not more:
            break
        mine |= more
    if any(r.type.holds_memory and not hasattr(r.type, "dims") and sites.of(r) & mine for o in walk(body) for r in o.results):
        return True                                     # a list of arrays
    return any(sites.of(y) & mine for y in body.yields)


class Extent(NamedTuple):
    """How many elements a part of an axis has."""

    array: Value
    axis: int
    part: slice = slice(None)


class Outside:
    """What can be computed before a loop; `given` are the lengths of the function's arguments."""

    def __init__(self, loop: Op, given: dict[Dim, Extent]) -> None:
        self.loop, self.given = loop, given
        self.inside = {*loop.results, *(p for r in loop.regions for p in r.params)}
        for r in loop.regions:
            for op in walk(r):
                self.inside.update(op.results, *(inner.params for inner in op.regions))
        self.made: dict[Value, Value] = {}

    def has(self, v: Value) -> bool:
        if v not in self.inside:
            return True
        op = v.op
        if op is None or v.type != INT:
            return False
        if op.kind == "call" and op.fn is dim_length:
            return self.length(op.operands[0], op.attrs["args"][1]) is not None
        if op.kind == "call" and op.fn is operator.floordiv and not number(op.operands[1]):
            return False                                # it may be that the loop, or a branch, comes to it unless it is zero
        return op.kind == "const" or op.kind == "call" and op.fn in ARITHMETIC and all(map(self.has, op.operands))

    def length(self, v: Value, axis: int) -> Extent | None:
        """The length of an axis of an array: an axis of an array that there is before the loop, or a part of one."""
        v = representative(v)
        if v not in self.inside:
            return Extent(v, axis)
        d = dims_of(v.type)[axis]
        if isinstance(d, Dim) and d in self.given:
            return self.given[d]
        op = v.op
        if op is None or op.kind != "load" or any(step.kind != "index" for step in op.attrs["path"]):
            return None
        parts: list[tuple[int, slice]] = [(k, slice(None)) for k in range(len(dims_of(op.operands[0].type)))]
        for step in op.attrs["path"]:
            parts = indexed(parts, step.key, op.operands) or []
        if len(parts) != len(dims_of(v.type)):
            return None
        along, part = parts[axis]
        whole = self.length(op.operands[0], along)
        if whole is None or whole.part != slice(None):
            return whole if part == slice(None) else None
        return whole._replace(part=part)

    def value(self, v: Value, region: Region, home: dict[Op, Region]) -> Value:
        """A whole number that there is in the loop, computed before it."""
        if v not in self.inside:
            return v
        op = v.op
        if v not in self.made:
            assert op is not None
            place = Before(region, self.loop, home)
            if op.fn is dim_length:
                length = self.length(op.operands[0], op.attrs["args"][1])
                assert length is not None
                self.made[v] = place.length(length)
            else:
                new = Op(op.kind, [self.value(x, region, home) for x in op.operands], [v.type])
                new.attrs = dict(op.attrs)
                self.made[v] = place.put(new)
        return self.made[v]


def indexed(parts: list[tuple[int, slice]], key: Any, operands: list[Value]) -> list[tuple[int, slice]] | None:
    """The axes that an index leaves: of what they are a part, and which; None where that is not plain."""
    entries = key if isinstance(key, tuple) else (key,)
    left = []
    for (along, part), e in zip(parts, entries):
        if isinstance(e, slice):
            numbers = all(x is None or type(x) is int and x >= 0 for x in (e.start, e.stop))
            if not numbers or e.step not in (None, 1) or part != slice(None):
                return None
            left.append((along, e))
        elif type(e) is not int and not (isinstance(e, Slot) and whole_number(operands[e.index].type)):
            return None
    return left + parts[len(entries):]


def whole_number(t: Type) -> bool:
    """Whether an index of this type takes one element of an axis; a bool adds an axis."""
    return isinstance(t, Scalar) and t.kind in "iu"


class Before(Insert):
    """The place before a loop."""

    def __init__(self, region: Region, loop: Op, home: dict[Op, Region]) -> None:
        super().__init__(region, loop, loop)
        self.home = home

    def put(self, op: Op) -> Value:
        self.home[op] = self.region
        return super().put(op)

    def length(self, length: Extent) -> Value:
        n = self.call(dim_length, length.array)
        assert n.op is not None
        n.op.attrs["args"] = (Slot(0), length.axis)
        start, stop = length.part.start or 0, length.part.stop
        if stop is not None:
            n = self.call(min, n, self.const(stop))
        return n if not start else self.call(max, self.plus(n, -start), self.const(0))


__all__ = ["hoist_memory"]
