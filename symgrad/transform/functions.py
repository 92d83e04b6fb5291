"""Recursive functions in reverse: a pair of functions, one that records and one that reverses.

The first returns the function's value and a tuple of what its adjoint needs; the
second takes that tuple and the adjoints of the results and returns those of the
arguments. What the tuple holds is decided by the cut that loops use, too; the tuple
of an inner call is one of the values it may hold.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from symgrad.frontend.lowering import make_tuple
from symgrad.frontend.recursion import FunctionRef
from symgrad.ir.nodes import Op, Region, Slot, Value, walk
from symgrad.ir.types import Opaque, is_float
from symgrad.optimize.dce import clean, mark, substitute, sweep
from symgrad.transform import record

TAPE = Opaque("tape")


@dataclass(eq=False)
class Pair:
    """The two regions of a function that is differentiated."""

    forward: Region
    reverse: Region
    inputs: list[int]           # the parameters that get an adjoint
    outputs: list[int]          # the results that bring one


def unpack(*items: Any) -> tuple[Any, ...]:
    """``a, b, c = tape``: the op that takes a record apart."""
    return items


def reverse_call(r: Any, op: Op, adj: dict[Value, Value]) -> None:
    """The adjoint of a recursive call: it records what the second function of the pair takes."""
    ref: FunctionRef = op.fn
    pair = pair_of(r, ref)
    op.attrs["variant"] = "forward"
    op.key = None
    tape = op.add_result(TAPE, "record")
    ds = []
    for i in pair.outputs:
        d = adj.pop(op.results[i], None)
        ds.append(r.zeros(op.results[i]) if d is None else d)
    targets = [op.operands[i] for i in pair.inputs]
    back = Op("call", [tape, *ds], [v.type for v in targets], fn=ref, variant="reverse",
              args=tuple(Slot(i) for i in range(len(ds) + 1)), kwargs={}, call=r.fresh())
    back = r.b.emit(back)
    for v, d in zip(targets, back.results):
        if v.name:
            d.name = "d" + v.name
        r.add(adj, v, d)


def pair_of(r: Any, ref: FunctionRef) -> Pair:
    """The pair of a function, made when it is first asked for."""
    if ref.pair is None:
        clean(ref.region)
        forward = record.clone_region(ref.region)
        for op in walk(forward):
            op.adjoint = False
        inputs = [i for i, p in enumerate(forward.params) if is_float(p.type)]
        outputs = [i for i, y in enumerate(forward.yields) if is_float(y.type)]
        ref.pair = Pair(forward, Region(), inputs, outputs)
        build(r, ref.pair)
    return ref.pair


def build(r: Any, pair: Pair) -> None:
    """Write the reverse region, then let the forward one hand over what it refers to."""
    from symgrad.transform.reverse import Reverse
    forward, reverse = pair.forward, pair.reverse
    b = r.b
    saved = (b.region, b.outer, b.adjoint, b.span)
    lengths, r.lw.lengths = r.lw.lengths, {}             # the outer function's arguments are out of reach
    results = list(forward.yields)
    inner = Reverse(r.lw, forward, [forward.params[i] for i in pair.inputs], [results[i] for i in pair.outputs])
    inner.in_function = True
    ops = list(forward.ops)
    tape = reverse.param(TAPE, "record")
    adj: dict[Value, Value] = {}
    b.region, b.outer, b.adjoint = reverse, [forward], True
    for i in pair.outputs:
        inner.add(adj, results[i], reverse.param(results[i].type, "d" + (results[i].name or "return")))
    inner.region(ops, adj)
    for i in pair.inputs:
        p = forward.params[i]
        reverse.yields.append(adj[p] if p in adj else inner.zeros(p))
    b.region, b.outer, b.adjoint, b.span = saved
    r.lw.lengths = lengths
    sweep(reverse, mark(reverse))
    wanted = record.demanded(reverse, forward)
    recorded, again = record.cut(inner.costs, forward, wanted, record.HAND_OUT)
    mapping: dict[Value, Value] = {}
    take = Op("call", [tape], [v.type for v in recorded], fn=unpack, args=(Slot(0),), kwargs={},
              structure=tuple(Slot(i) for i in range(len(recorded))))
    take.adjoint = True
    for v, result in zip(recorded, take.results):
        result.name = v.name
        mapping[v] = result
    record.recompute(again, reverse, mapping)
    substitute(reverse, mapping)
    if recorded:
        reverse.ops.insert(0, take)
    keep = Op("call", recorded, [TAPE], fn=make_tuple, args=tuple(Slot(i) for i in range(len(recorded))), kwargs={})
    forward.ops.append(keep)
    forward.yields.append(keep.result)
