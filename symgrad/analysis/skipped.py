"""Which values a path through one iteration leaves without a value: an arm that is not taken, a loop that does not run.

A loop that runs equally often in every iteration of the loops around it is no such path: where it does not run, the first
iteration that reads the variable raises.
"""
from __future__ import annotations

from symgrad.analysis.naturals import Lengths
from symgrad.analysis.unbound import carried
from symgrad.ir.infer import dim_length
from symgrad.ir.nodes import Op, Value, is_number
from symgrad.ir.types import Array, Dim


def skipped(v: Value, seen: frozenset[Value] = frozenset()) -> bool:
    """Whether a path through what has been lowered of the iteration leaves a variable unbound."""
    op = v.op
    if op is None or v in seen:
        return False                            # what a loop carries: an iteration before has bound it
    if op.kind == "if":
        k = op.results.index(v)
        return any(k < len(r.yields) and skipped(r.yields[k], seen | {v}) for r in op.regions)
    if op.kind in ("for", "while"):
        for k, init, param, after in carried(op):
            if op.results[k] is v:
                return skipped(init, seen | {v}) and (after is param or may_not_run(op) or skipped(after, seen | {v}))
        return False
    return op.kind == "undef"


def may_not_run(loop: Op) -> bool:
    """Whether a loop may have no iteration, and have some in another iteration of the loops around it."""
    if loop.kind == "while":
        yields = loop.regions[0].yields
        return not (yields and is_true(yields[0]))
    start, stop, step = loop.operands[:3]
    moment = Lengths(set(), {}, "")
    first, last = moment.affine(start), moment.affine(stop)
    if first is not None and last is not None and is_number(step, 1) and moment.known.proves(last.minus(first).minus(1)):
        return False
    return not all(map(settled, loop.operands[:3]))


def is_true(v: Value) -> bool:
    return v.op is not None and v.op.kind == "const" and bool(v.op.attrs["value"])


def settled(v: Value) -> bool:
    """Whether a number is the same in every iteration of the loops around here, because the arguments decide it."""
    op = v.op
    if op is None:
        return v.region is not None and v.region.parent is None
    if op.kind in ("arg", "const"):
        return True
    if op.kind != "call" or op.attrs.get("effect") or op.attrs.get("unknown"):
        return False
    if op.fn is dim_length:
        t, axis = op.operands[0].type, op.attrs["args"][1]
        d = t.dims[axis] if isinstance(t, Array) else None
        if isinstance(d, int) or isinstance(d, Dim) and d.fixed:
            return True
    return all(map(settled, op.operands))


__all__ = ["skipped"]
