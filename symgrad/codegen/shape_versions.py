"""A version of memory that is asked for its shape alone need not be there any more: a later one has the same shape."""
from __future__ import annotations

import numpy as np

from symgrad.analysis.aliasing import Sites, consumed, previous
from symgrad.ir.infer import dim_length
from symgrad.ir.nodes import Op, Region, Value, walk
from symgrad.optimize.dce import carried_count

# calls whose result has nothing to do with what is in their first argument
SHAPE_ONLY = (dim_length, np.empty_like, np.zeros_like, np.ones_like)


def same_buffer(v: Value, start: Value) -> bool:
    """Whether a version is certainly the memory that an earlier one was."""
    while v is not start:
        op = v.op
        if op is None:
            return False
        before = previous(v)
        if before is not None:
            v = before
        elif op.kind == "if":
            k = op.results.index(v)
            return all(same_buffer(r.yields[k], start) for r in op.regions)
        elif op.kind in ("for", "while") and op.results.index(v) < carried_count(op):
            k = op.results.index(v)
            first, shift = (1, 3) if op.kind == "for" else (0, 0)
            body = op.regions[-1]
            if not same_buffer(body.yields[k + (1 if op.attrs.get("early") else 0)], body.params[k + first]):
                return False
            v = op.operands[k + shift]
        else:
            return False
    return True


def ask_later_versions(region: Region, i: int, v: Value, sites: Sites) -> bool:
    """Let what asks a version that op number `i` overwrites for its shape, later on, ask what has become of it by then.

    Whether that is all that `v` is still needed for; else nothing is changed: it has to be copied anyway.
    """
    asks: list[tuple[Op, Value]] = []
    newest = v
    for op in region.ops[i:]:
        became, inside = overwritten(op, newest, sites)
        if became is not None and (op.operands.count(newest) > 1 or became.type != v.type or not same_buffer(became, newest)):
            return False                                # what there is then may have another shape
        there = dict(inside)
        for r in op.regions:
            if v in r.yields:
                return False
            asks += [(o, there.get(r, newest)) for o in walk(r) if v in o.operands or any(v in q.yields for q in o.regions)]
        if v in op.operands and (op is not region.ops[i]):
            asks.append((op, newest))
        newest = became or newest
    if v in region.yields or not asks or not all(asks_shape(op, v) for op, _ in asks):
        return False
    for op, instead in asks:
        op.operands[0], op.key = instead, None
    return True


def overwritten(op: Op, v: Value, sites: Sites) -> tuple[Value | None, list[tuple[Region, Value]]]:
    """What a version becomes if an op overwrites it, and what it is inside of the op's regions."""
    for slot, k in consumed(op):
        if op.operands[slot] is v:
            return op.results[k], []
    if op.kind in ("for", "while"):
        first, shift = (1, 3) if op.kind == "for" else (0, 0)
        for k in range(carried_count(op)):
            if op.operands[k + shift] is v and op.regions[-1].params[k + first] in sites.mutated:
                return op.results[k], [(r, r.params[k + first]) for r in op.regions]
    return None, []


def asks_shape(op: Op, v: Value) -> bool:
    """Whether an op asks a value for its shape, and nothing else."""
    return (op.kind == "call" and any(op.fn is f for f in SHAPE_ONLY) and op.operands[0] is v
            and op.operands.count(v) == 1)


__all__ = ["ask_later_versions", "same_buffer"]
