"""Which loops have iterations that may run at the same time.

What an iteration makes is its own, and so is what it stores in elements that no other iteration touches
(`analysis/dependence.py` decides that from their indices). What all iterations add to is a sum: it may be added
up in parts. Anything else that goes from one iteration to the next keeps the loop in order.
"""
from __future__ import annotations

import operator
from typing import Any

from symgrad.analysis.aliasing import consumed
from symgrad.analysis.dependence import Chain, apart, reads_all, values
from symgrad.analysis.elements import Access, Arm, places
from symgrad.ir.functions import FunctionRef
from symgrad.ir.infer import dim_length
from symgrad.ir.nodes import Op, Region, Slot, Value, captured, walk
from symgrad.ir.types import Array, Scalar
from symgrad.optimize.dce import carried_count, has_effect
from symgrad.optimize.loops.reductions import any_order, larger, smaller
from symgrad.structs import struct

EXTREMA = (larger, smaller)         # their parts start with what the whole starts with


@struct(frozen=True)
class Independent:
    """A loop whose iterations may run in any order and at the same time.

    `own` are the numbers of the carried arrays in which each iteration has elements of its own; `sums` those of the
    carried values to which all iterations add, each with the function that adds two parts up.
    """

    own: tuple[int, ...]
    sums: dict[int, Any]


class Dependent(Exception):
    """Why the iterations of a loop run one after another, in words."""


def independent(loop: Op) -> Independent:
    """What is carried by a loop whose iterations are independent. Raises Dependent."""
    if loop.kind != "for":
        raise Dependent("a while loop")
    if loop.attrs.get("early"):
        raise Dependent("it may end early")
    body, n = loop.regions[0], carried_count(loop)
    if len(loop.results) > n or any(op.kind in ("record", "reload") and not isinstance(op.operands[0].type, Array)
                                    for op in walk(body)):
        raise Dependent("it records on a list")
    if any(map(has_effect, body.ops)):
        raise Dependent("its statements have effects, and these have an order")
    if any(isinstance(op.fn, FunctionRef) for op in walk(body)):
        raise Dependent("it calls a recursive function")
    own: list[int] = []
    sums: dict[int, Any] = {}
    for k in range(n):
        p = body.params[k + 1]
        steps: list[Any] = []
        if isinstance(p.type, Array) and elements_of_its_own(loop, k):
            own.append(k)
        elif isinstance(p.type, (Array, Scalar)) and followed(body, p, steps) is body.yields[k] and len({fn in EXTREMA and fn for fn in steps}) == 1 and (
                alike(p, body.yields[k]) and fits(loop.operands[k + 3], p)):
            sums[k] = steps[0] if steps[0] in EXTREMA else operator.add
        elif isinstance(p.type, Array):
            raise Dependent(f"its iterations may touch the same elements of {named(p, loop, k)}")
        else:
            raise Dependent(f"each iteration needs the {named(p, loop, k)} of the one before")
    return Independent(tuple(own), sums)


def named(p: Value, loop: Op, k: int) -> str:
    return repr(p.name or loop.results[k].name or "value")


# -- sums ---------------------------------------------------------------------------------------------


def followed(region: Region, v: Value, steps: list[Any]) -> Value | None:
    """What becomes of a value to which a region only adds, by these steps; None if anything else is done with it."""
    while True:
        users = users_of(region, v)
        if users == [None]:
            return v                                    # it is yielded
        op = users[0] if users else None
        if op is None or len(users) > 1 and op.kind != "if" or any(u is not op for u in users):
            return None
        if op.kind == "for":
            if op.operands[3:].count(v) != 1 or v in op.operands[:3] or any(v in captured(r) for r in op.regions):
                return None
            k, body = op.operands.index(v, 3) - 3, op.regions[0]
            if followed(body, body.params[k + 1], steps) is not body.yields[k + bool(op.attrs.get("early"))]:
                return None
            v = op.results[k]
        elif op.kind == "if":
            ends = [followed(r, v, steps) for r in op.regions]
            found = [k for k in range(len(op.results)) if [r.yields[k] for r in op.regions] == ends]
            if v in op.operands or len(found) != 1:
                return None
            v = op.results[found[0]]
        else:
            step = adds_to(op, v)
            if step is None or not alike(op.result, v):
                return None
            steps.append(step)
            v = op.result


def adds_to(op: Op, v: Value) -> Any:
    """The function by which an op adds to a value; None if it does something else."""
    if op.operands.count(v) != 1:
        return None
    first = op.operands[0] is v
    if op.kind == "accumulate" or op.kind == "store" and op.attrs.get("add"):
        return operator.add if first else None
    if op.kind != "call" or op.attrs.get("kwargs") or len(op.operands) != 2 or op.attrs["args"] != (Slot(0), Slot(1)):
        return None
    if not isinstance(v.type, Scalar) or v.type.kind not in "fci":
        return None
    if op.fn is operator.add or first and op.fn in (operator.sub, any_order):
        return operator.add
    return op.fn if first and op.fn in EXTREMA else None


def alike(a: Value, b: Value) -> bool:
    """Whether two values are numbers of one kind, or arrays of one type."""
    if isinstance(a.type, Scalar) and isinstance(b.type, Scalar):
        return a.type.dtype == b.type.dtype
    return a.type == b.type


def fits(init: Value, p: Value) -> bool:
    """Whether a sum may start with a value: with a Python float, where numbers of single precision are added up."""
    if isinstance(init.type, Scalar) and isinstance(p.type, Scalar):
        return init.type.kind == p.type.kind
    return init.type == p.type


def users_of(region: Region, v: Value) -> list[Op | None]:
    """The ops of a region that use a value, each as often as it or its regions do; None for its yields."""
    found: list[Op | None] = []
    for op in region.ops:
        found += [op] * (op.operands.count(v) + sum(captured(r).count(v) for r in op.regions))
    return found + [None] * region.yields.count(v)


# -- elements -----------------------------------------------------------------------------------------


def elements_of_its_own(loop: Op, k: int) -> bool:
    """Whether no iteration touches an element of a carried array that another one writes to."""
    chain, body = Chain(loop, k), loop.regions[0]
    memory = body.params[k + 1].type
    if not chain.sound or not isinstance(memory, Array) or any(w.op.kind != "store" for w in chain.writes):
        return False
    where, inside = places(body), values(body, loops_only=False) | set(body.params)
    touched = [access for op in walk(body) for access in accesses(op, chain, where[op])]
    return all(apart(loop, first, second, memory, inside, later=True)
               for w in chain.writes for access in touched
               for first, second in ((access, Access(w.op, w.around)), (Access(w.op, w.around), access)))


def accesses(op: Op, chain: Chain, around: tuple[Arm, ...]) -> list[Access]:
    """What an op reads and writes of the versions of an array."""
    if op.regions:
        taken = op.operands[:3] if op.kind == "for" else op.operands[:1] if op.kind == "if" else []
        return [Access(op, around, whole=True)] if any(v in chain.number for v in taken) else []
    found = [v for v in dict.fromkeys(op.operands) if v in chain.number]
    if op.kind == "store" and any(i == 0 for i, _ in consumed(op)) and found and op.operands[0] is found[0]:
        if any(v in chain.number for v in op.operands[1:]):
            return [Access(op, around), Access(op, around, whole=True)]
        return [Access(op, around)]
    if length_only(op):
        return []
    return [Access(op, around, whole=reads_all(op, v)) for v in found]


def length_only(op: Op) -> bool:
    """Whether an op asks for nothing but a length, which no store changes."""
    return op.kind == "call" and op.fn is dim_length


__all__ = ["EXTREMA", "Dependent", "Independent", "independent"]
