"""Which values may share memory, and which ops write to memory in place.

A *site* is a value that owns fresh memory, or memory of the caller. Every value of
memory type leads to the sites that its buffer may be.
"""
from __future__ import annotations

import numpy as np

from symgrad.ir.functions import FunctionRef, argument_values
from symgrad.ir.nodes import Op, Region, Value, hashable
from symgrad.ir.types import Array, DictOf, ListOf
from symgrad.rules.broadcasting import unbroadcast_at_run_time
from symgrad.rules.core import HOLDERS, find, may_return_argument

NOWHERE: frozenset[Value] = frozenset()
FIRST = ((0, 0),)


def consumed(op: Op) -> tuple[tuple[int, int], ...]:
    """Which operands' memory the op writes to, and which results are what becomes of it."""
    kind = op.kind
    if kind == "call":
        return FIRST if op.attrs.get("memory") else op.attrs.get("in_place", ())
    if kind == "store":
        return FIRST
    return FIRST if kind == "accumulate" and op.attrs.get("in_place") else ()


def consumes(op: Op) -> bool:
    """Whether the op writes to an operand's memory, which becomes a result."""
    return bool(consumed(op))


def previous(v: Value) -> Value | None:
    """The version of memory that an op overwrote when it made this one."""
    op = v.op
    if op is None:
        return None
    return next((op.operands[i] for i, k in consumed(op) if op.results[k] is v), None)


def is_view(op: Op) -> bool:
    """Whether the op's result may be the memory of an operand."""
    if op.kind == "load":                        # a slice of a list is a list of its own
        t = op.results[0].type
        step = op.attrs["path"][-1]
        return not (isinstance(t, ListOf) and not t.item.holds_memory and step.kind == "index"
                    and isinstance(step.key, slice))
    if op.kind != "call" or op.attrs.get("unknown"):
        return False
    fn = op.fn
    rule = find(fn)
    return (fn is unbroadcast_at_run_time or rule is not None and bool(rule.view)
            or may_return_argument(fn, op.attrs["args"], op.attrs["kwargs"]))


def stretched(v: Value, seen: frozenset[Value] = frozenset()) -> bool:
    """Whether a value may be what np.broadcast_to gave: one number in many places, not to be written to."""
    op = v.op
    if v in seen:
        return False
    seen |= {v}
    if op is None:
        loop = v.region.parent if v.region is not None else None
        if loop is None:
            return False
        return any(stretched(w, seen) for init, param, after in carried(loop) if param is v for w in (init, after))
    if op.kind == "if":
        k = op.results.index(v)
        return any(stretched(r.yields[k], seen) for r in op.regions if k < len(r.yields))
    if op.kind in ("for", "while"):
        return any(stretched(w, seen) for (init, _, after), result in zip(carried(op), op.results) if result is v
                   for w in (init, after))
    if op.kind == "call" and op.fn is np.broadcast_to:
        return True
    return is_view(op) and bool(op.operands) and stretched(op.operands[0], seen)


class Sites:
    """The sites of every value in a region."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.ops: dict[Region, list[Op]] = {}           # those that memory goes through
        self.loops: dict[Region, tuple[Op, ...]] = {}   # those around a region
        self.own: dict[Op, set[Value]] = {}             # the memory that is made in a loop
        self.sharing: dict[Op, tuple[str, int | None]] = {}     # see `_sharing`
        self._collect(region, ())
        self.follow()

    def follow(self) -> None:
        """Find all sites anew: operands may have changed, and which ops write in place."""
        self.sites: dict[Value, frozenset[Value]] = {}
        self.mutated: set[Value] = set()        # loop params whose memory the loop writes to
        if self.region.parent is None:           # a function's own: the memory of its arguments
            self.sites.update((p, frozenset([p])) for p in self.region.params if p.type.holds_memory)
        self._find_mutated()
        for _ in range(3):                       # loop params need what their yields lead to
            self.changed = False
            self._visit(self.region)
            if not self.own or not self.changed:
                break                            # without loops nothing leads back

    def add_copy(self, region: Region, copy: Op) -> None:
        """Take note of a copy that was inserted into a region, before `follow`."""
        known = {*self.ops[region], copy}
        self.ops[region] = [op for op in region.ops if op in known]
        for loop in self.loops[region]:
            self.own[loop].add(copy.result)

    def of(self, v: Value) -> frozenset[Value]:
        return self.sites.get(v, NOWHERE)

    def _set(self, v: Value, sites: frozenset[Value]) -> None:
        if self.sites.get(v) != sites:
            self.sites[v] = sites
            self.changed = True

    def _collect(self, region: Region, loops: tuple[Op, ...]) -> None:
        self.loops[region] = loops
        through = self.ops[region] = []
        made = [p for p in region.params if p.type.holds_memory]
        for op in region.ops:
            inside = loops
            if op.kind in ("for", "while"):
                self.own[op] = set()
                inside = (*loops, op)
            for r in op.regions:
                self._collect(r, inside)
            results = [r for r in op.results if r.type.holds_memory]
            if results or op.regions or op.kind == "record":
                through.append(op)
            made += results
        for loop in loops:
            self.own[loop].update(made)

    def _find_mutated(self) -> None:
        versions: dict[Value, Value] = {}        # version -> the one before
        overwritten: set[Value] = set()           # first versions of memory that is written to

        def chain(v: Value) -> Value:
            while v in versions:
                v = versions[v]
            return v

        for ops in self.ops.values():
            versions.update((op.results[k], op.operands[i]) for op in ops for i, k in consumed(op))
        overwritten.update(chain(v) for v in versions)
        passed = [(init, param, after) for op in self.own for init, param, after in carried(op)]
        changed = True
        while changed:
            changed = False
            for init, param, after in passed:
                if param in overwritten:
                    for v in (init, after):      # a buffer that is swapped in is written to later
                        start = chain(v)
                        if start not in overwritten:
                            overwritten.add(start)
                            changed = True
        self.mutated.update(param for _, param, _ in passed if param in overwritten)

    def _visit(self, region: Region) -> None:
        for op in self.ops[region]:
            self._op(op)

    def _op(self, op: Op) -> None:
        if op.kind in ("for", "while"):
            self._loop(op)
            return
        if op.kind == "if":
            for r in op.regions:
                self._visit(r)
            for k, result in enumerate(op.results):
                if result.type.holds_memory:
                    self._set(result, NOWHERE.union(*(self.of(r.yields[k]) for r in op.regions if k < len(r.yields))))
            return
        if op.kind == "record":
            tape, value = op.operands[:2]
            self._set(tape, self.of(tape) | {tape} | self.of(value))
        if op.kind == "call" and isinstance(op.fn, FunctionRef):
            self._function(op)
            return
        in_place = consumes(op)
        for result in op.results:
            if not result.type.holds_memory:
                continue
            if in_place:
                name = getattr(op.fn, "__name__", "") if op.kind == "call" else ""
                extra = self.of(op.operands[1]) if name == "list_append" else NOWHERE
                if op.kind == "store" and isinstance(op.operands[0].type, (ListOf, DictOf)):
                    extra = self.of(op.operands[1])
                self._set(result, self.of(op.operands[0]) | extra)
                continue
            kind, count = self._sharing(op)
            if kind == "own":
                self._set(result, frozenset([result]))
            else:
                sites = NOWHERE.union(*[self.of(v) for v in op.operands[:count]])
                self._set(result, sites if kind == "view" else sites | {result})

    def _sharing(self, op: Op) -> tuple[str, int | None]:
        """Whether what an op makes is its "own" memory, a "view" of so many operands, or memory that "holds" theirs."""
        if op not in self.sharing:
            found: tuple[str, int | None] = ("own", 0)
            if is_view(op) and op.operands:
                rule = find(op.fn) if op.kind == "call" else None
                found = ("view", None if rule is not None and rule.variadic else 1)
            elif op.kind == "call" and hashable(op.fn) and op.fn in HOLDERS:
                found = ("holds", None)
            self.sharing[op] = found
        return self.sharing[op]

    def _function(self, op: Op) -> None:
        """A call of a function of the IR: what it writes to is still what it was, results may be its arguments."""
        written = {k: i for i, k in consumed(op)}
        given = argument_values(op)
        for k, (result, came) in enumerate(zip(op.results, shared(op.fn, len(op.results)))):
            if not result.type.holds_memory:
                continue
            found = self.of(op.operands[written[k]]) if k in written else frozenset([result])
            self._set(result, found.union(*(self.of(given[i]) for i in came)))

    def _loop(self, op: Op) -> None:
        first = 1 if op.kind == "for" else 0
        early = 1 if op.attrs.get("early") else 0
        body = op.regions[-1]
        own = self.own[op]
        loop = carried(op)
        for k, (init, param, after) in enumerate(loop):
            for r in op.regions:
                p = r.params[k + first]
                if not p.type.holds_memory:
                    continue
                if param in self.mutated:
                    self._set(p, frozenset([param]))
                else:
                    # what the body itself made belongs to an earlier iteration by the time it comes in here:
                    # it is not the memory that this iteration makes (`ownership` keeps yields apart), but may be
                    # what comes in by another name, and is written to (a list that gets an item is, its items are not)
                    ends = self.of(after)
                    also = {q for _, q, end in loop if q in self.mutated
                            and (self.of(end) if isinstance(q.type, Array) else {q}) & ends & own}
                    self._set(p, self.of(init) | {p} | also | (ends - own))
        for r in op.regions:
            self._visit(r)
        count = len(loop)
        for k, result in enumerate(op.results):
            if not result.type.holds_memory:
                continue
            if k < count:
                init, param, after = loop[k]
                self._set(result, frozenset([param]) if param in self.mutated else self.of(init) | self.of(after))
            elif k < count + op.attrs.get("taped", 0):
                self._set(result, self.of(body.yields[k + early]) | {result})
            elif k < count + op.attrs.get("records", 0):     # what is recorded has been added by the `record` ops
                self._set(result, self.of(result) | {result})


def carried(op: Op) -> list[tuple[Value, Value, Value]]:
    """What a loop carries: the value before it, the one in its body, and the one after an iteration."""
    first, shift = (1, 3) if op.kind == "for" else (0, 0)
    early = 1 if op.attrs.get("early") else 0
    body = op.regions[-1]
    return list(zip(op.operands[shift:], body.params[first:], body.yields[early:]))


def shared(ref: FunctionRef, count: int) -> list[frozenset[int]]:
    """For each result of a function of the IR, the arguments whose memory it may be, or hold."""
    if ref.shared is not None:
        return ref.shared
    ref.shared = [frozenset()] * count           # what a recursive call shares is what was found so far
    while True:
        sites = Sites(ref.region)
        found = [frozenset(i for i, p in enumerate(ref.region.params) if sites.of(p) & sites.of(y))
                 for y in ref.region.yields]
        settled = found == ref.shared
        ref.shared = found
        if settled:
            break
    if not ref.done:
        ref.shared = None
    return found
