"""Loops in reverse: a loop that runs backwards and carries the adjoints of what the loop carried."""
from __future__ import annotations

import operator
from typing import Any

from symgrad.analysis.activity import carries
from symgrad.ir.nodes import Op, Region, Slot, Step, Value, captured, is_number
from symgrad.ir.types import INT, Array, Scalar, dims_of
from symgrad.optimize.dce import carried_count, substitute
from symgrad.transform import record_loops
from symgrad.transform.adjoints import Adjoints
from symgrad.transform.algebra import Algebra, number
from symgrad.transform.base import Sweep, shapeless
from symgrad.transform.searches import search
from symgrad.transform.trips import trip_count


def loop(r: Any, op: Op, adj: Adjoints) -> None:
    """A loop backwards: it carries the adjoints of what the loop carried and of what it captured."""
    first, shift_ = (1, 3) if op.kind == "for" else (0, 0)
    early = 1 if op.attrs.get("early") else 0
    body = op.regions[-1]
    n = carried_count(op)
    carried = [k for k in range(n)
               if carries(op.results[k]) and (op.results[k] in r.active
                                              or body.params[k + first] in r.active)]
    outer = [v for v in captured(body) if v in r.active]
    inits = []
    for k in carried:
        d = adj.pop(op.results[k], None)
        inits.append(r.zeros(op.results[k]) if d is None else d)
    lists = {k: adj.pop(op.results[k]) for k in range(n, n + op.attrs.get("taped", 0)) if op.results[k] in adj}
    starts = [adj.pop(v) if v in adj else r.zeros(v) for v in outer]
    bounds = backwards(r, op)
    region = Region()
    new = Op("for", [*bounds[0], *inits, *starts], (), [region], span=op.span)
    new.adjoint = True
    new.attrs.update(early=False, taped=0, **bounds[1])
    index = region.param(Scalar("int64"), body.params[0].name if op.kind == "for" else "")
    local: Adjoints = {}
    dparams = []
    for k, d in zip(carried, inits):
        p = region.param(r.derivative_type(op.results[k], d))
        p.name = "d" + (body.params[k + first].name or op.results[k].name) if (
            body.params[k + first].name or op.results[k].name) else ""
        dparams.append(p)
    accumulators = []
    for v, d in zip(outer, starts):
        p = region.param(r.derivative_type(v, d), "d" + v.name if v.name else "")
        accumulators.append(p)
        local[v] = p
    with Sweep(r.b, region, body):
        for k, p in zip(carried, dparams):
            r.add(local, body.yields[k + early], p)
        for k, d in lists.items():
            y = body.yields[k + early]
            position = iteration(r, op, index)
            t = Scalar(y.type.dtype, y.type.python and not r.single) if isinstance(y.type, Scalar) else y.type
            r.add(local, y, r.b.emit(Op("load", [d, position], [t], path=(Step("index", Slot(1)),))).result)
        r.region(body.ops, local)
        for k, d in zip(carried, dparams):
            p, init = body.params[k + first], op.operands[k + shift_]
            like = d if shapeless(init) else init
            same = isinstance(p.type, (Scalar, Array)) and dims_of(like.type) == dims_of(p.type)
            # else its lengths change from iteration to iteration
            region.yields.append(local[p] if p in local else r.zeros(like if same else p))
        region.yields.extend(local[v] for v in outer)
    if op.kind == "for":
        substitute(region, {body.params[0]: index})
    for v, y in zip([*(op.results[k] for k in carried), *outer], region.yields):
        result = new.add_result(r.derivative_type(v, y))
        result.name = "d" + v.name if v.name else ""
    one = search(r, op, new, carried)
    r.b.region.ops.append(one or new)
    if one is None:
        record_loops.loop(r, op, new, carried)
    results = list(new.results)
    for v, d in zip(outer, results[len(carried):]):
        adj[v] = d
    for k, d in zip(carried, results):
        r.add(adj, op.operands[k + shift_], d)


def iteration(r: Any, op: Op, index: Value) -> Value:
    """The number of the iteration with this index."""
    start, _, step = op.operands[:3]
    i = index
    if not is_number(start, 0):
        i = r.algebra.op(operator.sub, i, start)
    if not is_number(step, 1):
        i = r.algebra.op(operator.floordiv, i, step)
    return i


def backwards(r: Any, op: Op) -> tuple[list[Value], dict[str, Any]]:
    """The bounds of the reverse loop."""
    const, alg = r.algebra.const, r.algebra
    if op.kind == "while" or op.attrs.get("early"):
        trips = trip_count(r, op)
        if op.kind == "while":
            return [const(0), trips, const(1)], {}
        start, _, step = op.operands[:3]
        n = number(step)
        if isinstance(n, int):
            return [plus(alg, scale_step(r, trips, step, start), -n), plus(alg, start, -n), const(-n)], {}
        last = alg.op(operator.sub, scale_step(r, trips, step, start), step)
        return [last, alg.op(operator.sub, start, step), negative(alg, step)], {}
    start, stop, step = op.operands[:3]
    if is_number(step, 1) or is_number(step, -1):
        s = 1 if is_number(step, 1) else -1
        return [plus(alg, stop, -s), plus(alg, start, -s), const(-s)], {}
    return [start, stop, step], {"backwards": True}


def scale_step(r: Any, trips: Value, step: Value, start: Value) -> Value:
    alg = r.algebra
    moved = trips if is_number(step, 1) else alg.op(operator.mul, trips, step)
    return moved if is_number(start, 0) else alg.op(operator.add, start, moved)


def plus(alg: Algebra, v: Value, n: int) -> Value:
    """``v + n`` for whole numbers, folded."""
    op = v.op
    if op is not None and op.kind == "const":
        return alg.const(op.attrs["value"] + n)
    if op is not None and op.kind == "call" and op.fn in (operator.add, operator.sub) and len(op.operands) == 2:
        c = op.operands[1].op
        if c is not None and c.kind == "const" and isinstance(c.attrs["value"], int):
            return plus_constant(alg, op.operands[0], (1 if op.fn is operator.add else -1) * c.attrs["value"] + n)
    return plus_constant(alg, v, n)


def plus_constant(alg: Algebra, v: Value, n: int) -> Value:
    if n == 0:
        return v
    fn = operator.add if n > 0 else operator.sub
    if not isinstance(v.type, Scalar):          # an item of a list that may be empty: a bound is a whole number
        return alg.b.emit(Op("call", [v, alg.const(abs(n))], [INT], fn=fn, args=(Slot(0), Slot(1)), kwargs={})).result
    return alg.op(fn, v, alg.const(abs(n)))


def negative(alg: Algebra, v: Value) -> Value:
    if v.op is not None and v.op.kind == "const":
        return alg.const(-v.op.attrs["value"])
    return alg.op(operator.neg, v)


__all__ = ["loop"]
