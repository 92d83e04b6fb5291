"""How often a loop ran."""
from __future__ import annotations

import operator
from typing import Any

from symgrad.ir.nodes import Op, Slot, Value
from symgrad.ir.types import Scalar
from symgrad.optimize.dce import carried_count


def trip_count(r: Any, op: Op) -> Value:
    """How often a loop ran: a counter that the program has anyway, else one of our own."""
    first, shift = (1, 3) if op.kind == "for" else (0, 0)
    early = 1 if op.attrs.get("early") else 0
    body = op.regions[-1]
    n = carried_count(op)
    for k in range(n):
        init, y = op.operands[k + shift], body.yields[k + early]
        if is_const(init, 0) and y.op is not None and y.op.kind == "call" and y.op.fn is operator.add \
                and y.op.operands[0] is body.params[k + first] and is_const(y.op.operands[1], 1):
            return op.results[k]
    home = r.homes[op]
    int_ = Scalar("int64")
    zero = Op("const", (), [int_], value=0)
    home.ops.insert(home.ops.index(op), zero)
    op.operands.append(zero.result)
    params = [region.param(int_, "trips") for region in op.regions]
    one = Op("const", (), [int_], value=1)
    more = Op("call", [params[-1], one.result], [int_], fn=operator.add, args=(Slot(0), Slot(1)), kwargs={}, aug=True)
    more.result.name = "trips"
    body.ops[:0] = [one, more]
    body.yields.insert(early + n, more.result)
    result = Value(int_, op, "trips")
    op.results.insert(n, result)
    return result


def is_const(v: Value, x: int) -> bool:
    return v.op is not None and v.op.kind == "const" and type(v.op.attrs["value"]) is int and v.op.attrs["value"] == x


__all__ = ["is_const", "trip_count"]
