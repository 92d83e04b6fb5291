"""What the reverse sweep gets from the forward sweep, and how: nothing is kept that can be had otherwise.

The adjoint of a loop's body refers to values of the body. Each of them is recorded
on a tape or computed again; a minimum cut over the body's DAG finds the cheapest
mixture (a recorded value costs a store and a load, a recomputed one its op and
whatever it needs in turn). Where no iteration's adjoint depends on another
iteration, the two loops become one and there is nothing to keep. The values of a
branch's arm are handed out of the arm the same way.
"""
from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from symgrad.analysis.aliasing import Sites, consumed, consumes
from symgrad.analysis.unbound import unbound
from symgrad.frontend.indexing import path_type
from symgrad.frontend.lowering import shift
from symgrad.ir.infer import dim_length
from symgrad.ir.nodes import Op, Region, Slot, Value, captured, first_argument, walk
from symgrad.ir.types import Array, ListOf, Scalar, Type, dims_of
from symgrad.optimize.dce import carried_count, has_effect, mark, substitute, sweep
from symgrad.passes import runs
from symgrad.transform.counters import counters
from symgrad.transform.mincut import INFINITE, Network
from symgrad.transform.scratch import zero_between
from symgrad.transform.undo import Backwards, Read, uses
from symgrad.transform.weights import ARITHMETIC, NATIVE, PYTHON

NOTHING: Mapping[Value, Value] = {}
RECORD_ARRAY = 70.0                      # memory for as many arrays as there are iterations
COPY_VIEW, COPY_MEMORY = 200.0, 5000.0   # recording memory that is overwritten later
COPY_FILLED = 20000.0                    # recording memory that can be filled again
CHEAP = (*ARITHMETIC, operator.truediv)


class Costs:
    """What it costs to record or to recompute a value of the primal."""

    def __init__(self, top: Region, backend: str) -> None:
        self.weights = NATIVE if backend == "numba" else PYTHON
        self.sites = Sites(top)
        self.written: set[Value] = set(self.sites.mutated)
        self.filled: set[Value] = set()                 # versions that an iteration makes of nothing but its own writes
        self.kept: set[Op] = set()                      # loads of what is overwritten, to be put back
        self.overwritten: set[Value] = set()            # versions that an op turns into the next
        for op in walk(top):
            for i, _ in consumed(op):
                self.written |= self.sites.of(op.operands[i])
                self.overwritten.add(op.operands[i])
            if op.kind in ("for", "while"):
                first, shift = (1, 3) if op.kind == "for" else (0, 0)
                self.overwritten |= {init for init, p in zip(op.operands[shift:], op.regions[-1].params[first:])
                                     if p in self.sites.mutated}

    def volatile(self, v: Value) -> bool:
        """Whether the memory of a value is written to at some time."""
        return v.type.holds_memory and bool(self.sites.of(v) & self.written)

    def record(self, v: Value, cheap: float) -> float:
        if v in self.filled:
            return COPY_FILLED
        if self.volatile(v):
            return COPY_VIEW if v.op is not None and v.op.kind == "load" else COPY_MEMORY
        if cheap == self.weights.record and isinstance(v.type, Array) and not few(v.type):
            return RECORD_ARRAY
        return cheap

    def recompute(self, op: Op) -> float:
        if has_effect(op) or op.kind == "arg" or op in self.kept:
            return INFINITE
        if op.kind in ("const", "undef"):
            return 0.0
        if op.regions:
            inside = sum(self.recompute(o) for r in op.regions for o in r.ops)
            return inside * (30.0 if op.kind != "if" else 1.0) + 5.0
        array = any(isinstance(r.type, (Array, ListOf)) for r in op.results)
        if op.kind == "load":
            return 2.0 if array else self.weights.load
        if op.kind == "call" and op.fn in CHEAP and array:
            return 30.0
        reads_array = any(isinstance(v.type, (Array, ListOf)) for v in op.operands)
        if op.kind == "call" and op.fn is len or getattr(op.fn, "__name__", "") == "dim_length":
            return 0.5
        if any(isinstance(r.type, Array) and not few(r.type) for r in op.results):
            return 100.0
        if array or reads_array:
            return 60.0 if array else 30.0
        return self.weights.of(op) if op.kind == "call" else self.weights.quick


def few(t: Array) -> bool:
    """Whether an array is known to have no more elements than a tuple may have."""
    return all(isinstance(d, int) for d in t.dims) and math.prod(d for d in t.dims if isinstance(d, int)) <= 8


def homes(region: Region) -> dict[Op, Region]:
    """The region that each op with regions stands in."""
    out: dict[Op, Region] = {}

    def visit(r: Region) -> None:
        for op in r.ops:
            if op.regions:
                out[op] = r
            for inner in op.regions:
                visit(inner)
    visit(region)
    return out


def defined(region: Region) -> set[Value]:
    return set(region.params) | {r for op in region.ops for r in op.results}


def demanded(inner: Region, primal: Region) -> list[Value]:
    """The values of a primal region that an adjoint region refers to."""
    there = defined(primal)
    return [v for v in captured(inner) if v in there]


def cut(costs: Costs, region: Region, wanted: list[Value], cheap: float, free: frozenset[Value] = frozenset(),
        instead: Mapping[Value, Value] = NOTHING,
        gone: Callable[[Op, Value], float] = lambda op, v: 0.0) -> tuple[list[Value], list[Value]]:
    """Which of a region's values to record, and which to recompute, so that `wanted` can be had.

    The values in `free` are there anyway. A value in `instead` is had as that other value is made. What is
    around the region is there; `gone` says what it costs that memory has other contents when an op is done again.
    """
    net = Network()
    there = defined(region) - free
    todo, seen = list(wanted), set(wanted)
    for v in wanted:
        net.edge("source", ("need", v), INFINITE)
    while todo:
        v = todo.pop()
        net.edge(("need", v), ("again", v), costs.record(v, cheap))
        op = instead.get(v, v).op
        again = INFINITE if op is None else costs.recompute(op)
        if 0.0 < again and v not in instead and not runs("cut"):
            again = INFINITE
        net.edge(("again", v), "sink", again)
        if op is None or again >= INFINITE:
            continue
        needs = [*op.operands, *(u for r in op.regions for u in captured(r))]
        for u in dict.fromkeys(needs):
            if u not in there:
                net.edge(("again", v), "sink", gone(op, u))
            if u in there:
                net.edge(("again", v), ("need", u), INFINITE)
                if u not in seen:
                    seen.add(u)
                    todo.append(u)
    side = net.source_side("source", "sink")
    again_values = [v for v in seen if ("again", v) in side]
    recorded = [v for v in seen if ("need", v) in side and ("again", v) not in side]
    position = {v: (i, j) for i, op in enumerate(region.ops) for j, v in enumerate(op.results)}

    def place(v: Value) -> tuple[int, int]:
        return position.get(v, (-1, region.params.index(v) if v in region.params else 0))
    return sorted(recorded, key=place), in_order(sorted(again_values, key=place), instead)


def in_order(values: list[Value], instead: Mapping[Value, Value]) -> list[Value]:
    """Values that are to be computed again, each after those that it needs: what is made instead may need later ones."""
    again, out = set(values), dict[Value, None]()

    def visit(v: Value) -> None:
        op = instead.get(v, v).op
        for u in uses(op) if op is not None and v not in out else ():
            if u in again and u is not v:
                visit(u)
        out[v] = None

    for v in values:
        visit(v)
    return list(out)


# -- clones ----------------------------------------------------------------------------------


def clone(op: Op, mapping: dict[Value, Value]) -> Op:
    """A copy of an op, its operands replaced; its results are added to the mapping."""
    new = Op(op.kind, [mapping.get(v, v) for v in op.operands], [r.type for r in op.results], span=op.span)
    new.attrs = dict(op.attrs)
    new.adjoint = True
    new.again = op.again or op
    for old, fresh in zip(op.results, new.results):
        fresh.name = old.name
        mapping[old] = fresh
    for r in op.regions:
        inner = clone_region(r, mapping)
        inner.parent = new
        new.regions.append(inner)
    if "index" in new.attrs and new.regions:
        new.attrs["index"] = new.regions[0].params[0]
    return new


def clone_region(region: Region, mapping: dict[Value, Value] | None = None) -> Region:
    """A copy of a region."""
    mapping = {} if mapping is None else mapping
    new = Region()
    for p in region.params:
        mapping[p] = new.param(p.type, p.name)
    new.ops = [clone(o, mapping) for o in region.ops]
    new.yields = [mapping.get(v, v) for v in region.yields]
    return new


def recompute(values: list[Value], into: Region, mapping: dict[Value, Value],
              instead: Mapping[Value, Value] = NOTHING) -> None:
    """Put the ops that make `values` at the start of a region."""
    made: dict[Op, Op] = {}
    for v in values:
        op = instead.get(v, v).op
        if op is None:
            continue
        if op not in made:
            made[op] = clone(op, mapping)
        if v in instead:
            mapping[v] = mapping[instead[v]]
    into.ops[:0] = made.values()


# -- loops -----------------------------------------------------------------------------------


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


def tape_indexed(op: Op, tape: Value) -> bool:
    """Whether entry i of a tape is what iteration i of ``range(n)`` recorded."""
    return (op.kind == "for" and not op.attrs.get("early") and is_const(op.operands[2], 1)
            and is_const(op.operands[0], 0) and isinstance(tape.type, ListOf)
            and isinstance(tape.type.item, Scalar))


def read_from_final(r: Any, forward: Op, inner: Region) -> None:
    """Let what the reverse loop reads again of an array be read from what the loops leave of it, where that is the same."""
    there = defined(forward.regions[-1])
    for op in walk(inner):
        if op.kind == "call" and op.fn in (dim_length, len) and op.operands[0] in there:
            op.operands[0] = same_length(r, forward, op.operands[0]) or op.operands[0]
        if op.kind == "load" and op.again is not None and op.operands[0] in there and r.costs.volatile(op.operands[0]):
            final = r.dependence.final_version(forward, op.operands[0], op.again)
            if final is not None:
                op.operands[0] = final


def read_final(r: Any, forward: Op, wanted: list[Value]) -> dict[Value, Value]:
    """What can be read from an array as the loops leave it: what they do not overwrite after it was read or written.

    Returns for each such value how it is had.
    """
    body = forward.regions[-1]
    there = defined(body)
    written = {op.operands[1]: op for op in body.ops if op.kind == "store" and not op.attrs.get("add")}
    copies = {op.operands[0]: op.result for op in body.ops if is_copy(op) and not r.costs.volatile(op.result)}
    found: dict[Value, Value] = {}
    for v in reachable(wanted, there):
        op = v.op
        if op is not None and op.kind == "call" and op.fn in (dim_length, len):
            source = same_length(r, forward, op.operands[0])
            if source is not None:
                found[v] = Op("call", [source], [v.type], fn=op.fn, args=op.attrs["args"], kwargs={}).result
            continue
        if op is not None and op.kind == "load" and r.costs.volatile(op.operands[0]):
            memory, shifted = op.operands[0], 0
        elif v in written and isinstance(v.type, Scalar) and not cheap_to_recompute(op):
            op = written[v]
            memory, shifted = op.results[0], 1
            if not isinstance(path_type(memory.type, shift(op.attrs["path"], -2), tuple(op.operands[2:]), r.lw), Scalar):
                continue                # one number, written to many places
        else:
            continue
        indices = op.operands[1 + shifted:]
        if not all(i not in there or cheap_to_recompute(i.op) for i in indices):
            continue
        final = r.dependence.final_version(forward, memory, op)
        if final is None and not shifted:
            final = copies.get(memory)          # the primal keeps these contents itself
        if final is None and runs("filled"):
            level = r.dependence.filled_level(forward, memory, op)
            if level is not None and r.undoing.size(level.chain.loop, memory.type) <= r.undoing.size(forward, v.type):
                final = level.version
        if final is not None:
            load = Op("load", [final, *indices], [v.type], path=shift(op.attrs["path"], -shifted))
            load.again = op
            found[v] = load.result
    return found


def fill_again(r: Any, forward: Op, inner: Region) -> dict[Value, Value]:
    """How to have again what an iteration writes to arrays of which it reads nothing else: into memory that is empty."""
    if r.homes[forward] is not r.top:
        return {}
    out: dict[Value, Value] = {}
    body = forward.regions[-1]
    there = defined(body)
    for chain in {r.dependence.chain(forward, v): None for op in walk(inner) for v in op.operands if v in there}:
        if chain is None or not r.dependence.filled(chain) or any(
                v in chain.number and not (op.kind == "load" and op.again is not None and v not in op.operands[1:])
                for op in walk(inner) for v in op.operands):
            continue
        param, after = body.params[chain.k + (1 if forward.kind == "for" else 0)], forward.results[chain.k]
        out[param] = Op("call", [after], [param.type], fn=np.empty_like, args=(Slot(0),), kwargs={}).result
        for op in body.ops:
            for v in op.results:
                if v in chain.number:
                    r.costs.filled.add(v)
                    if op.kind == "for" and len(op.results) > 1:
                        out[v] = part_of(op, v)
    return out


def part_of(loop: Op, v: Value) -> Value:
    """One result of a loop, of a loop that computes no more than it takes for that."""
    mapping: dict[Value, Value] = {}
    region = Region()
    region.ops = [clone(loop, mapping)]
    region.yields = [mapping[v]]
    sweep(region, mark(region))
    return mapping[v]


def is_copy(op: Op) -> bool:
    """Whether an op makes a copy of an array."""
    return op.kind == "copy" or op.kind == "call" and op.fn in (np.copy, np.ndarray.copy) \
        and first_argument(op) is op.operands[0] and op.operands[0].type == op.results[0].type


def reachable(wanted: list[Value], there: set[Value]) -> list[Value]:
    """Values of a region, and all that they are computed from in it."""
    seen = dict.fromkeys(wanted)
    todo = list(wanted)
    while todo:
        op = todo.pop().op
        if op is None:
            continue
        for u in [*op.operands, *(x for r in op.regions for x in captured(r))]:
            if u in there and u not in seen:
                seen[u] = None
                todo.append(u)
    return list(seen)


def ask_final(r: Any, forward: Op, region: Region, there: set[Value]) -> None:
    """Ask the array that a loop leaves for the shape of a part of it, not the part that there was at the time."""
    for op in list(region.ops):
        for inner in op.regions:
            ask_final(r, forward, inner, there)
        part = op.operands[0].op if op.kind == "call" and op.fn is np.zeros_like else None
        if part is None or part.kind != "load" or not r.costs.volatile(memory := part.operands[0]):
            continue
        source = same_length(r, forward, memory) if memory in there else memory if op.operands[0] in there else None
        if source is not None:
            new = Op("load", [source, *part.operands[1:]], [part.result.type], path=part.attrs["path"])
            new.adjoint = True
            region.ops.insert(region.ops.index(op), new)
            op.operands[0] = new.result


def same_length(r: Any, loop: Op, v: Value) -> Value | None:
    """What a loop leaves of an array that it carries, if that has the shape of `v`."""
    chain = r.dependence.chain(loop, v) if isinstance(v.type, Array) else None
    if chain is None:
        return None
    result: Value = loop.results[chain.k]
    first = 1 if loop.kind == "for" else 0
    before = loop.regions[-1].params[first + chain.k]
    return result if dims_of(result.type) == dims_of(before.type) == dims_of(v.type) else None


def cheap_to_recompute(op: Op | None) -> bool:
    """Whether an op is plain arithmetic on loop indices and constants."""
    if op is None or op.kind == "const":
        return True
    return op.kind == "call" and (op.fn in CHEAP or getattr(op.fn, "__name__", "") == "dim_length") and all(
        isinstance(v.type, Scalar) and v.type.kind in "ib" or getattr(op.fn, "__name__", "") == "dim_length"
        for v in op.operands) and all(cheap_to_recompute(v.op) for v in op.operands if v.op is not None
                                      and v.op.kind != "arg")


def add_tape(op: Op, v: Value) -> Value:
    """Let a loop gather one of its body's values, one per iteration."""
    op.regions[-1].yields.append(v)
    op.attrs["taped"] = op.attrs.get("taped", 0) + 1
    return op.add_result(ListOf(v.type), (v.name or "t") + "_tape")


def bind_start(r: Any, loop: Op, v: Value) -> None:
    """Bind what a loop carries and records before the first iteration binds it."""
    first, shift = (1, 3) if loop.kind == "for" else (0, 0)
    if v not in loop.regions[-1].params[first:]:
        return
    k = loop.regions[-1].params.index(v) - first + shift
    init = loop.operands[k].op
    if init is not None and init.kind == "undef":
        blank = blank_of(v.type)
        home = r.homes[loop]
        home.ops.insert(home.ops.index(loop), blank)
        loop.operands[k] = blank.result


def tape_index(op: Op, tape: Value, inner: Region) -> list[Value]:
    return [inner.params[0]] if tape_indexed(op, tape) else []


def run_upwards(forward: Op, backward: Op, scratch: Mapping[int, Value]) -> None:
    """A reverse loop whose iterations may run in any order counts upwards, as the forward loop does."""
    body = backward.regions[0]
    if forward.kind != "for" or forward.attrs.get("early") or backward.attrs.get("backwards"):
        return
    if any(o.kind == "reload" and len(o.operands) == 1 for o in body.ops) or not any_order(
            backward, scratch):
        return
    backward.operands[:3] = forward.operands[:3]


def any_order(op: Op, scratch: Mapping[int, Value]) -> bool:
    """Whether a loop only adds to what it carries, `scratch` aside, so that its iterations may run in any order."""
    first = 1 if op.kind == "for" else 0
    body = op.regions[-1]
    return all(k in scratch or only_added_to(body, body.params[k + first], body.yields[k])
               for k in range(carried_count(op)))


def only_added_to(region: Region, v: Value, end: Value) -> bool:
    """Whether a loop's body adds to what it carries or reads it, and not both: `v` comes in, `end` goes on."""
    return passage(region, v, end) in (set(), {"added"}, {"read"})


def passage(region: Region, v: Value, end: Value) -> set[str]:
    """What happens to a value on its way through a region: "added" to, "read", "other"."""
    found: set[str] = set()
    now, user = end, None                     # a version, and what takes it on to the next
    while True:
        users = uses_of(region, now)
        if set(users) != {user} or len(users) > 1 and (user is None or user.kind != "if"):     # once in each arm
            found.add("read")
        if now is v:
            return found
        user = now.op
        if user is None or user not in region.ops:
            return {"other"}
        if user.kind == "accumulate" or (user.kind == "store" and user.attrs.get("add")):
            found.add("added")
            now = user.operands[0]
        elif user.kind == "for":
            k, body = user.results.index(now), user.regions[0]
            if k >= carried_count(user):
                return {"other"}
            found |= passage(body, body.params[k + 1], body.yields[k + bool(user.attrs.get("early"))])
            now = user.operands[k + 3]
        elif user.kind == "if":
            k, outside = user.results.index(now), defined(region)
            starts = {origin(arm, arm.yields[k]) for arm in user.regions}
            now = starts.pop()
            if starts or now not in outside:
                return {"other"}
            for arm in user.regions:
                found |= passage(arm, now, arm.yields[k])
        else:
            return {"other"}


def origin(arm: Region, v: Value) -> Value:
    """The version from outside of an arm that one of its versions was made from."""
    while v.op is not None and v.op in arm.ops:
        op = v.op
        if op.kind == "for" and op.results.index(v) < carried_count(op):
            v = op.operands[op.results.index(v) + 3]
        elif op.kind in ("accumulate", "store"):
            v = op.operands[0]
        else:
            break
    return v


def uses_of(region: Region, v: Value) -> list[Op | None]:
    """The ops that use a value, each as often as it does; None for the region's yields."""
    found: list[Op | None] = []
    for op in region.ops:
        found += [op] * (op.operands.count(v) + sum(captured(r).count(v) for r in op.regions))
    return found + [None] * region.yields.count(v)


def fuse(r: Any, forward: Op, backward: Op, scratch: Mapping[int, Value]) -> bool:
    """Reverse each iteration right after it is run, where no iteration's adjoint waits for another's."""
    region: Region = r.b.region
    if forward not in region.ops or not any_order(backward, scratch):
        return False
    at = region.ops.index(forward)
    later = [op for op in region.ops[at + 1:] if op is not backward]
    dependent: set[Value] = set(forward.results)
    waits = []
    ready = {zeros: before for j, before in scratch.items() if (zeros := backward.operands[3 + j].op) is not None}
    for op in later:
        if op in ready:
            continue
        needs = [*op.operands, *(v for x in op.regions for v in captured(x))]
        if any(v in dependent for v in needs):
            dependent.update(op.results)
            waits.append(op)
    inner = backward.regions[0]
    if any(v in dependent for v in [*backward.operands, *captured(inner)]):
        return False
    free = [op for op in later if op not in waits]
    if any(map(has_effect, free)) and any(map(has_effect, [*waits, forward])):
        return False
    if forward.attrs.get("early") and any(consumes(o) for o in walk(forward.regions[-1])):
        return False
    for zeros, before in ready.items():
        zeros.operands[0] = before
    region.ops = [*region.ops[:at], *free, forward, *waits]
    n, early = carried_count(forward), 1 if forward.attrs.get("early") else 0
    body = forward.regions[-1]
    if forward.kind == "for":
        substitute(inner, {inner.params[0]: body.params[0]})
    for k, (init, p, y, result) in enumerate(zip(backward.operands[3:], inner.params[1:], inner.yields,
                                                 backward.results)):
        forward.operands.append(init)
        p.region = body
        body.params.append(p)
        for test in forward.regions[:-1]:
            test.param(p.type, p.name)
        body.yields.insert(early + n + k, y)
        result.op = forward
        forward.results.insert(n + k, result)
    body.ops.extend(inner.ops)
    for op in inner.ops:
        for x in op.regions:
            x.parent = op
    return True


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


# -- branches --------------------------------------------------------------------------------


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


def blank_of(t: Type) -> Op:
    """Something to bind a variable to where it has no value: nothing depends on what it is."""
    if isinstance(t, Scalar):
        return Op("const", (), [t], value={"b": False, "i": 0}.get(t.kind, 0.0), blank=True)
    if isinstance(t, Array):                             # an array of this kind: it may be copied, and read again
        kind = {"int64": int, "bool": bool}.get(t.dtype, np.dtype(t.dtype).type)
        lengths = tuple(d if isinstance(d, int) else 0 for d in t.dims)
        return Op("call", (), [t], fn=np.zeros, args=(lengths[0] if t.ndim == 1 else lengths,),
                  kwargs={} if t.dtype == "float64" else {"dtype": kind}, blank=True)
    return Op("const", (), [t], value=[] if isinstance(t, ListOf) else None, blank=True)


def bind(r: Any, v: Value) -> None:
    """Let a value that is asked for its shape be bound on every path that leads to its use."""
    seen: set[Value] = set()

    def visit(v: Value) -> None:
        op = v.op
        if op is None or v in seen or not isinstance(v.type, Array):
            return
        seen.add(v)
        k = op.results.index(v)
        if op.kind == "if":
            for region in op.regions:
                if k < len(region.yields):
                    region.yields[k] = bound(region.yields[k], region, len(region.ops))
        elif op.kind in ("for", "while") and k < carried_count(op):
            home, at = r.homes[op], k + (3 if op.kind == "for" else 0)
            op.operands[at] = bound(op.operands[at], home, home.ops.index(op))
            visit(op.regions[-1].yields[k + (1 if op.attrs.get("early") else 0)])

    def bound(y: Value, region: Region, at: int) -> Value:
        if y.op is None or y.op.kind != "undef":
            visit(y)
            return y
        blank = blank_of(y.type)
        region.ops.insert(at, blank)
        return blank.result

    visit(v)


__all__ = ["Costs", "bind", "branch", "loop", "trip_count"]
