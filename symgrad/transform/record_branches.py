"""What the reverse of a branch gets from its forward arms: each arm hands out the values that its adjoint needs.

Or they are computed again in the reverse arm: the same cut as for loops decides, with other costs.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symgrad.analysis.unbound import unbound
from symgrad.ir.nodes import Op, Value
from symgrad.ir.types import Array, Scalar, dims_of
from symgrad.optimize.dce import mark, substitute, sweep
from symgrad.transform.blanks import blank_of
from symgrad.transform.costs import COPY_MEMORY
from symgrad.transform.record import cut, demanded, recompute


def branch(r: Any, forward: Op, backward: Op) -> None:
    """Hand the values of each arm that its adjoint needs out of the arm, or compute them again."""
    for k, (arm, inner) in enumerate(zip(forward.regions, backward.regions)):
        sweep(inner, mark(inner))
        wanted = demanded(inner, arm)
        recorded, again = cut(r.costs, arm, wanted, r.costs.weights.hand_out, gone=overwritten_later(r, forward))
        mapping: dict[Value, Value] = {}
        for v in recorded:
            mapping[v] = hand_out(r, forward, k, v)
        recompute(again, inner, mapping)
        substitute(inner, mapping)


def overwritten_later(r: Any, op: Op) -> Callable[[Op, Value], float]:
    """What it costs to read memory in the reverse of a branch if it has other contents by then."""
    if r.in_function and branches_only(r, op):
        return lambda reading, v: COPY_MEMORY if v in r.costs.overwritten else 0.0
    loop = r.dependence.loop_around(op)
    if loop is None:
        return lambda reading, v: 0.0

    def gone(reading: Op, v: Value) -> float:
        lost = reading.kind == "load" and v is reading.operands[0] and smaller(reading) and r.costs.volatile(v) \
            and r.dependence.overwritten(loop, v, reading)
        return COPY_MEMORY if lost else 0.0
    return gone


def smaller(load: Op) -> bool:
    """Whether what is read of an array has fewer axes."""
    t = load.operands[0].type
    return isinstance(t, Array) and len(dims_of(load.result.type)) < t.ndim


def branches_only(r: Any, op: Op) -> bool:
    """Whether no loop stands around an op."""
    home = r.homes[op]
    return home is r.top or home.parent.kind == "if" and branches_only(r, home.parent)


def hand_out(r: Any, op: Op, k: int, v: Value) -> Value:
    """A result of the branch that is `v` where arm `k` was taken."""
    nested = r.homes[op] is not r.top or r.in_function      # what is recorded must be bound on every path
    if v in op.regions[k].yields and isinstance(v.type, Scalar):
        result = op.results[op.regions[k].yields.index(v)]
        if not (nested and unbound(result)):
            return result
    op.regions[k].yields.append(v)
    other = op.regions[1 - k]
    blank = blank_of(v.type) if nested else Op("undef", (), [v.type], of=v.type)
    other.ops.append(blank)
    other.yields.append(blank.result)
    return op.add_result(v.type, v.name)


__all__ = ["branch"]
