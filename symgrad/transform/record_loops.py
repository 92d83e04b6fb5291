"""What a reverse loop gets from the forward loop: values on tapes, values computed again, arrays carried backwards."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symgrad.ir.nodes import Op, Region, Value, walk
from symgrad.ir.types import Array, ListOf, Scalar
from symgrad.optimize.dce import mark, substitute, sweep
from symgrad.passes import runs
from symgrad.transform.blanks import bind_start
from symgrad.transform.counters import counters
from symgrad.transform.final import ask_final, fill_again, read_final, read_from_final
from symgrad.transform.fusion import fuse, run_upwards
from symgrad.transform.mincut import INFINITE
from symgrad.transform.record import cut, defined, demanded, reachable, recompute
from symgrad.transform.record_branches import branch
from symgrad.transform.scratch import zero_between
from symgrad.transform.trips import is_const
from symgrad.transform.undo import Backwards, Read, uses


def loop(r: Any, forward: Op, backward: Op, carried: list[int]) -> None:
    """Make everything that a reverse loop's body refers to available in it.

    `carried` says of which values of the forward loop the first that the reverse loop carries are the adjoints.
    """
    body, inner = forward.regions[-1], backward.regions[0]
    n = len(inner.yields)
    inner.yields += r.undoing.results(inner)        # not used yet
    live = mark(inner)
    del inner.yields[n:]
    sweep(inner, live)
    scratch = zero_between(r, forward, backward, carried)
    if runs("fuse") and fuse(r, forward, backward, scratch):
        return
    mapping: dict[Value, Value] = {}
    if forward.kind == "for":
        mapping[body.params[0]] = inner.params[0]
        substitute(inner, mapping)
    final: dict[Value, Value] = {}
    if runs("final"):
        ask_final(r, forward, inner, defined(body))
        read_from_final(r, forward, inner)
        final = read_final(r, forward, demanded(inner, body))
        if runs("filled"):
            final.update(fill_again(r, forward, inner))
    counted: list[Op] = []
    if runs("counters"):
        found, counted = counters(forward, backward, set(reachable(demanded(inner, body), defined(body))))
        mapping.update(found)
    wanted = [v for v in demanded(inner, body) if v not in mapping]
    recorded, again = cut(r.costs, body, wanted, r.costs.weights.record, frozenset(mapping), final)
    undone: list[Backwards] = []
    if runs("undo"):
        move(r.undoing.decide(forward, overwritten(r, forward, inner, recorded, again)), final)
        undone = [Backwards(r.undoing, undo, backward, branch) for undo in r.undoing.of(forward)]
        recorded, again = cut_with_undone(r, forward, inner, undone, mapping, final)
    reloads = []
    for v in recorded:
        bind_start(r, forward, v)
        tape = add_tape(forward, v)
        op = Op("reload", [tape, *tape_index(forward, tape, inner)], [v.type], span=None)
        op.adjoint = True
        op.result.name = v.name
        mapping[v] = op.result
        reloads.append(op)
    if undone:
        recompute_late(again, inner, mapping, final, undone)
    else:
        recompute(again, inner, mapping, final)
    inner.ops[:0] = [*counted, *reloads]
    for array in undone:
        array.insert()
    substitute(inner, mapping)
    if runs("upwards"):
        run_upwards(forward, backward, scratch)


def overwritten(r: Any, forward: Op, inner: Region, recorded: list[Value], again: list[Value]) -> list[
        tuple[float, list[Read]]]:
    """What is recorded only because memory is overwritten: what that costs, and the reads that it serves."""
    groups = []
    repeated = [v.op for v in again if v.op is not None]
    for v in recorded:
        op = v.op
        if op is not None and op.kind == "load" and r.costs.volatile(op.operands[0]):
            if op not in r.undoing.kept:
                groups.append((r.undoing.size(forward, v.type), [Read(op.operands[0], op)]))
        elif isinstance(v.type, Array) and r.costs.volatile(v):
            reads = [Read(v, o) for o in [*walk(inner), *repeated] if v in o.operands and not r.undoing.carried_in(o)]
            if reads and not any(v in o.yields for op in walk(inner) for o in op.regions):
                groups.append((r.undoing.size(forward, v.type), reads))
    return groups


def move(moved: Mapping[Read, Value], final: dict[Value, Value]) -> None:
    """Let reads be from the versions that an outer loop will have."""
    for read, version in moved.items():
        if read.op.adjoint:
            read.op.operands[0] = version
        else:
            op = Op("load", [version, *read.op.operands[1:]], [read.op.result.type], path=read.op.attrs["path"])
            op.again = read.op
            final[read.op.result] = op.result


def cut_with_undone(r: Any, forward: Op, inner: Region, carried: list[Backwards], mapping: dict[Value, Value],
                    final: dict[Value, Value]) -> tuple[list[Value], list[Value]]:
    """What to record and what to recompute, with arrays at hand that are carried backwards."""
    body = forward.regions[-1]
    there = defined(body)
    needed = [v for undone in carried for v in undone.demanded()]
    refused: set[Op | None] = {v.op for v in reachable(needed, there)}          # undoing waits for nothing that it gives
    while True:
        served = {v for undone in carried for v in undone.chain.number if v in there and v not in undone.recorded}

        def gone(op: Op, v: Value, served: set[Value] = served, refused: set[Op | None] = refused) -> float:
            return INFINITE if v in served and (op in refused or not r.undoing.covers(forward, v, op)) else 0.0

        free = frozenset(mapping) | served
        wanted = [v for v in dict.fromkeys([*demanded(inner, body), *needed]) if v not in free]
        recorded, again = cut(r.costs, body, wanted, r.costs.weights.record, free, final, gone)
        before = len(refused), len(served)
        users = first_users(inner, again, final)
        for undone in carried:
            clones: dict[Op, list[Op]] = {}
            for op, user in reversed(users.items()):        # in the order in which they will be done
                if any(v in undone.chain.number for v in uses(op)):
                    clones.setdefault(user, []).append(op)
            refused |= undone.schedule(clones)
        if before == (len(refused), sum(v in there and v not in u.recorded for u in carried for v in u.chain.number)):
            return recorded, again


def first_users(inner: Region, again: list[Value], instead: Mapping[Value, Value]) -> dict[Op, Op]:
    """For each op that is done again, the last one first: the first op of a reverse loop's body that needs it, directly or not."""
    first: dict[Value, int] = {}
    for i, op in enumerate(inner.ops):
        for v in uses(op):
            first.setdefault(v, i)
    out = {}
    for v in reversed(again):
        made = instead.get(v, v).op
        if made is None:
            continue
        at = min(first.get(u, len(inner.ops)) for u in [v, *made.results])
        if at < len(inner.ops):
            out[made] = inner.ops[at]
            for u in uses(made):
                first[u] = min(first.get(u, at), at)
    return out


def recompute_late(values: list[Value], inner: Region, mapping: dict[Value, Value], instead: Mapping[Value, Value],
                   carried: list[Backwards]) -> None:
    """Put the ops that make `values` at the start of a region, but right before their use those that read what is undone."""
    users = first_users(inner, values, instead)
    late: set[Value] = {v for undone in carried for v in undone.chain.number}
    early: list[Op] = []
    at: dict[Op, list[Op]] = {}
    scratch = Region()
    for v in values:
        op = instead.get(v, v).op
        if op is None or v in mapping:
            continue
        recompute([v], scratch, mapping, instead)
        (new,) = scratch.ops
        scratch.ops = []
        if op in users and any(u in late for u in uses(op)):
            late.update([v, *op.results])
            at.setdefault(users[op], []).append(new)
        else:
            early.append(new)
    inner.ops = [*early, *(o for op in inner.ops for o in [*at.get(op, ()), op])]


def add_tape(op: Op, v: Value) -> Value:
    """Let a loop gather one of its body's values, one per iteration."""
    op.regions[-1].yields.append(v)
    op.attrs["taped"] = op.attrs.get("taped", 0) + 1
    return op.add_result(ListOf(v.type), (v.name or "t") + "_tape")


def tape_index(op: Op, tape: Value, inner: Region) -> list[Value]:
    return [inner.params[0]] if tape_indexed(op, tape) else []


def tape_indexed(op: Op, tape: Value) -> bool:
    """Whether entry i of a tape is what iteration i of ``range(n)`` recorded."""
    return (op.kind == "for" and not op.attrs.get("early") and is_const(op.operands[2], 1)
            and is_const(op.operands[0], 0) and isinstance(tape.type, ListOf)
            and isinstance(tape.type.item, Scalar))


__all__ = ["loop", "tape_indexed"]
