"""Loops whose iterations are independent, shared out among threads in chunks.

A loop of n iterations becomes a loop over chunks of them, whose iterations may run at the same time. What all
iterations add to, each chunk adds up for itself, and stores; when all have ended, the sums are added in the order of the
chunks. How many chunks there are depends on n and on what an iteration costs, never on the number of threads: so
neither does any result.

In the IR it is a loop like any other, and the code is right if it runs in order: that it need not is
said by ``parallel`` among the loop's attributes.
"""
from __future__ import annotations

import operator

import numpy as np

from symgrad.analysis.independence import EXTREMA, Dependent, Independent, independent
from symgrad.errors import Span
from symgrad.ir.infer import dim_length
from symgrad.ir.nodes import Op, Region, Slot, Step, Value, known_number, walk
from symgrad.ir.types import VARIES, Array, Dim, Scalar
from symgrad.optimize.dce import carried_count, clean, substitute
from symgrad.optimize.loops.reductions import any_order
from symgrad.optimize.tapes import Before
from symgrad.structs import struct
from symgrad.transform.clones import clone_region
from symgrad.transform.ranges import INT, Insert, Range, span
from symgrad.transform.weights import NATIVE

LITTLE = 5          # what an iteration costs that waits for memory
MUCH = 25           # what it costs in a loop that is worth being shared out time and again
GUESS = 16          # how often a loop runs, and how many elements an array has, where that is not known before


def chunk_count(trips, cost, size=0):                       # type: ignore[no-untyped-def]
    """How many chunks to make of a loop: each takes longer than a thread's start, and than adding up `size` sums."""
    return max(1, min(64, trips, trips * cost // max(10000, 4 * size)))


@struct()
class Verdict:
    """What was decided about a loop; what prints the code may change it."""

    place: Span | None
    reverse: bool
    reason: str                     # why it runs in order; "" if it runs in parallel


def run_in_parallel(region: Region) -> list[Verdict]:
    """Share out the outermost loops of a function that have independent iterations."""
    verdicts: list[Verdict] = []
    Parallel(region, verdicts).visit(region, 0)
    clean(region)
    return verdicts


class Parallel:
    """Finds the loops of a region and rewrites them."""

    def __init__(self, top: Region, verdicts: list[Verdict]) -> None:
        self.verdicts = verdicts
        self.home: dict[Op, Region] = {}
        self.parent: dict[Region, Op] = {}
        self._map(top)

    def _map(self, region: Region) -> None:
        for op in region.ops:
            self.home[op] = region
            for r in op.regions:
                self.parent[r] = op
                self._map(r)

    def visit(self, region: Region, around: int) -> None:
        """Rewrite the outermost independent loops in a region that stands in so many loops."""
        for op in list(region.ops):
            if op.kind in ("for", "while"):
                try:
                    found = independent(op)
                    if small(op, around):
                        raise Dependent("it computes too little")
                except Dependent as why:
                    self.verdicts.append(Verdict(op.span, op.adjoint, str(why)))
                else:
                    verdict = Verdict(op.span, op.adjoint, "")
                    self.verdicts.append(verdict)
                    self.share(region, op, found, around > 0, verdict)
                    continue
            for r in op.regions:
                self.visit(r, around + (op.kind in ("for", "while")))

    # -- what it costs ------------------------------------------------------------------------

    def cost(self, region: Region, before: Before) -> tuple[int, list[tuple[Value, Value]]]:
        """What one run of a region costs: a number, and inner loops as how often they run and what their bodies cost."""
        fixed, loops = 0.0, []
        for op in region.ops:
            if op.kind == "for" and (r := before.range(op)) is not None:
                inner, deeper = self.cost(op.regions[0], before)
                loops.append((before.size(r), self.total(inner, deeper, before)))
                continue
            fixed += own_cost(op)
            for r_ in op.regions:
                inner, deeper = self.cost(r_, before)
                fixed += inner * (GUESS if op.kind in ("for", "while") else 1)
                loops += deeper
        return round(fixed) + 1, loops

    def total(self, fixed: int, loops: list[tuple[Value, Value]], before: Before) -> Value:
        """These costs as one whole number, computed before the loop."""
        found = before.const(fixed)
        for trips, each in loops:
            found = before.call(operator.add, before.product(trips, each), found)
        return found

    # -- how it is rewritten ------------------------------------------------------------------

    def share(self, region: Region, loop: Op, found: Independent, repeated: bool, verdict: Verdict) -> None:
        """Put a loop over chunks around a loop, and after it the sums of what the chunks have added up."""
        place = Before(loop, self.home, self.parent)
        trips = Insert.size(place, span(loop))
        n = carried_count(loop)
        cost = self.total(*self.cost(loop.regions[0], place), place)
        sizes = [size_of(loop.operands[k + 3], place) for k in found.sums if isinstance(loop.operands[k + 3].type, Array)]
        operands = [trips, cost]
        for size in sizes:
            operands[2:] = [size if len(operands) == 2 else place.add(operands[2], size)]
        chunks = place.call(chunk_count, *operands)
        chunks.name = "chunks"
        results = list(loop.results)
        home, target, serial = region, loop, None
        if repeated:                                        # it may be short each time, and then it runs as it was
            serial, parallel = Region(), Region()
            test = place.put(Op("call", [chunks, place.const(1)], [Scalar("bool")], fn=operator.gt,
                                args=(Slot(0), Slot(1)), kwargs={}))
            branch = Op("if", [test], (), [parallel, serial], span=loop.span)
            branch.adjoint = loop.adjoint
            copy = cloned(loop)
            serial.ops, serial.yields = [copy], list(copy.results)
            region.ops[region.ops.index(loop)] = branch
            parallel.ops, home, target = [loop], parallel, branch
        shared, sums = self.chunked(home, loop, found, chunks, trips, verdict)
        after = [*(shared.results[found.own.index(k)] if k in found.own else sums[k] for k in range(n))]
        if serial is not None:
            home.yields = after
            after = [target.add_result(v.type, v.name) for v in results]
        substitute(region, dict(zip(results, after)))

    def chunked(self, home: Region, loop: Op, found: Independent, chunks: Value, trips: Value,
                verdict: Verdict) -> tuple[Op, dict[int, Value]]:
        """The loop over chunks in a loop's place, and the sums after it."""
        place = Insert(home, loop, loop)
        inits = loop.operands[3:]
        bounds = bounds_of(place, chunks, trips, span(loop))
        tables = {k: table(place, chunks, inits[k], loop.regions[0].params[k + 1]) for k in found.sums}
        body = Region()
        shared = Op("for", [place.const(0), chunks, place.const(1), *(inits[k] for k in found.own), *tables.values()], (),
                    [body], span=loop.span, parallel=verdict)
        shared.adjoint = loop.adjoint
        chunk = body.param(INT, "chunk")
        own = [body.param(inits[k].type, loop.regions[0].params[k + 1].name) for k in found.own]
        filled = [body.param(t.type, t.name) for t in tables.values()]
        at = home.ops.index(loop)
        home.ops[at] = shared
        body.ops.append(loop)
        inner = Insert(body, loop, loop)
        starts = [own[found.own.index(k)] if k in found.own else beginning(inner, init, p, found.sums[k])
                  for k, (init, p) in enumerate(zip(inits, loop.regions[0].params[1:]))]
        loop.operands[:] = [*part(inner, bounds, chunk, span(loop)), loop.operands[2], *starts]
        loop.attrs.pop("backwards", None)
        old = loop.results
        loop.results = [Value(v.type, loop, v.name) for v in old]
        end = Insert(body, None, loop)
        for k, t in zip(found.sums, filled):
            body.yields.append(put(end, t, loop.results[k], chunk))
        body.yields[:0] = [loop.results[k] for k in found.own]
        for k in found.own:
            shared.add_result(old[k].type, old[k].name)
        for t in tables.values():
            shared.add_result(t.type, t.name)
        return shared, self.added_up(home, shared, found, inits, old, chunks)

    def added_up(self, home: Region, shared: Op, found: Independent, inits: list[Value], old: list[Value],
                 chunks: Value) -> dict[int, Value]:
        """What is added to what the loop started with, chunk after chunk."""
        if not found.sums:
            return {}
        at = home.ops.index(shared) + 1
        place = Insert(home, home.ops[at] if at < len(home.ops) else None, shared)
        body = Region()
        tables = shared.results[len(found.own):]
        loop = Op("for", [place.const(0), chunks, place.const(1), *(inits[k] for k in found.sums)], (), [body],
                  span=shared.span)
        chunk = body.param(INT, "chunk")
        inner = Insert(body, None, shared)
        for (k, fn), t in zip(found.sums.items(), tables):
            p = body.param(old[k].type, old[k].name)
            part = inner.put(Op("load", [t, chunk], [p.type], path=(Step("index", Slot(1)),)))
            body.yields.append(inner.put(combined(p, part, fn)))
            body.yields[-1].name = old[k].name
            loop.add_result(p.type, old[k].name)
        place.put(loop)
        return dict(zip(found.sums, loop.results))


def cloned(loop: Op) -> Op:
    """A loop once more, for the other arm of a branch."""
    region = Region()
    region.ops = [loop]
    copy = clone_region(region).ops[0]
    copy.adjoint = loop.adjoint
    for old, new in zip(walk(loop.regions[0]), walk(copy.regions[0])):
        new.adjoint, new.again = old.adjoint, old.again
    return copy


def bounds_of(place: Insert, chunks: Value, trips: Value, r: Range) -> Value:
    """Where the chunks of a range start, and where the last one stops."""
    t = Array("int64", (Dim(VARIES),))

    def whole(fn: object, *operands: Value) -> Value:
        return place.put(Op("call", operands, [t], fn=fn, args=tuple(map(Slot, range(len(operands)))), kwargs={}))

    bounds = whole(np.arange, place.call(operator.add, chunks, place.const(1)))
    bounds = whole(operator.floordiv, whole(operator.mul, bounds, trips), chunks)
    if r.step == -1:
        bounds = whole(operator.sub, r.start, bounds)
    else:
        if r.step is None:
            bounds = whole(operator.mul, bounds, r.stride)
        if known_number(r.start) != 0:
            bounds = whole(operator.add, bounds, r.start)
    bounds.name = "bounds"
    return bounds


def part(place: Insert, bounds: Value, chunk: Value, r: Range) -> list[Value]:
    """Where a chunk of a range starts and stops."""
    after = place.call(operator.add, chunk, place.const(1))
    known = known_number(r.start if r.step == 1 else r.stop) if r.step is not None else None
    least = {} if known is None else {"least": known}       # which proves that indices are not negative
    return [place.put(Op("load", [bounds, c], [INT], path=(Step("index", Slot(1)),), **least)) for c in (chunk, after)]


def size_of(v: Value, place: Insert) -> Value:
    """How many elements an array has."""
    assert isinstance(v.type, Array)
    found = place.const(1)
    for axis in range(len(v.type.dims)):
        n = place.put(Op("call", [v], [INT], fn=dim_length, args=(Slot(0), axis), kwargs={}))
        found = place.product(found, n)
    return found


def table(place: Insert, chunks: Value, init: Value, p: Value) -> Value:
    """Memory for what all chunks add up in `p`, which starts with `init`."""
    t = p.type
    assert isinstance(t, (Scalar, Array))
    axes = range(len(t.dims)) if isinstance(t, Array) else ()
    lengths = [place.put(Op("call", [init], [INT], fn=dim_length, args=(Slot(0), axis), kwargs={})) for axis in axes]
    slots = tuple(map(Slot, range(1 + len(lengths))))
    kwargs = {} if t.dtype == "float64" else {"dtype": np.dtype(t.dtype).type}
    dims = (Dim(VARIES), *(t.dims if isinstance(t, Array) else ()))
    made = place.put(Op("call", [chunks, *lengths], [Array(t.dtype, dims)], fn=np.empty,
                        args=(slots if lengths else slots[0],), kwargs=kwargs))
    made.name = f"{p.name or 't'}_parts"
    return made


def beginning(place: Insert, init: Value, p: Value, fn: object) -> Value:
    """What a chunk's sum starts with."""
    t = p.type
    if fn in EXTREMA:
        return init
    if isinstance(t, Array):
        return place.put(Op("call", [init], [t], fn=np.zeros_like, args=(Slot(0),), kwargs={}))
    assert isinstance(t, Scalar)
    zero = place.put(Op("const", (), [Scalar({"f": "float64", "c": "complex128", "i": "int64"}[t.kind])],
                        value={"f": 0.0, "c": 0j, "i": 0}[t.kind]))
    if t.dtype == zero.type.dtype:                          # type: ignore[attr-defined]
        return zero
    return place.put(Op("call", [zero], [t], fn=np.dtype(t.dtype).type, args=(Slot(0),), kwargs={}))


def put(place: Insert, memory: Value, value: Value, chunk: Value) -> Value:
    """The next version of a table: the sum of a chunk stored."""
    made = place.put(Op("store", [memory, value, chunk], [memory.type], path=(Step("index", Slot(2)),)))
    made.name = memory.name
    return made


def combined(total: Value, part: Value, fn: object) -> Op:
    """What adds a chunk's sum to those before it."""
    if isinstance(total.type, Array):
        return Op("store", [total, part], [total.type], path=(Step("index", Ellipsis),), add=True)
    return Op("call", [total, part], [total.type], fn=fn, args=(Slot(0), Slot(1)), kwargs={}, aug=True)


def own_cost(op: Op) -> float:
    """What an op costs without its regions."""
    if op.kind in ("load", "store"):
        moved = op.operands[1] if op.kind == "store" else op.result
        return NATIVE.load * (GUESS if isinstance(moved.type, Array) else 1)
    if op.fn in (any_order, *EXTREMA):
        return NATIVE.arithmetic
    if op.kind != "call":
        return 0.0 if not op.regions else NATIVE.arithmetic
    if all(isinstance(v.type, Scalar) for v in (*op.operands, *op.results)):
        return NATIVE.of(op)
    return 1.0 if op.fn is dim_length else GUESS * NATIVE.function


def small(loop: Op, around: int) -> bool:
    """Whether a loop in so many others is too small part of a whole to wait for threads.

    So it is where more loops stand around it than inside; and without any inside, where it moves memory more than it
    computes, or is known to be too short for two chunks.
    """
    inside = depth(loop.regions[0])
    cost = round(sum(map(own_cost, walk(loop.regions[0])))) + 1
    if inside:
        return around > inside
    bounds = [known_number(v) for v in loop.operands[:3]]
    return around > 1 or cost < (MUCH if around else LITTLE) or None not in bounds and chunk_count(
        len(range(*bounds)), cost) == 1


def depth(region: Region) -> int:
    """How many loops stand inside of each other in a region."""
    return max((depth(r) + (op.kind in ("for", "while")) for op in region.ops for r in op.regions), default=0)


__all__ = ["Verdict", "run_in_parallel"]
