"""Which memory is needed after each op that may write to memory, or keeps it in a list."""
from __future__ import annotations

from symgrad.frontend.statements import raise_error, raise_same
from symgrad.ir.nodes import Op, Region, Value, hashable
from symgrad.rules.core import HOLDERS


class Liveness:
    """`after[op]`: the values of memory type that something after the op still reads."""

    def __init__(self, region: Region) -> None:
        self.after: dict[Op, frozenset[Value]] = {}         # of ops that write or keep, and of those with regions
        self.escape: set[Value] = set()                     # what handlers of exceptions read
        self.captured: dict[Region, set[Value]] = {}        # the memory of regions around it that a region reads
        self._capture(region)
        self._region(region, set())

    def _capture(self, region: Region) -> set[Value]:
        read = {v for v in region.yields if v.type.holds_memory}
        made = set(region.params)
        for op in region.ops:
            read.update([v for v in op.operands if v.type.holds_memory])
            made.update(op.results)
            for r in op.regions:
                read |= self._capture(r)
        self.captured[region] = read - made
        return self.captured[region]

    def _region(self, region: Region, live_out: set[Value]) -> set[Value]:
        live = live_out.union([v for v in region.yields if v.type.holds_memory])
        for op in reversed(region.ops):
            if op.kind == "call" and op.fn in (raise_error, raise_same):        # nothing follows but a handler
                live = set(self.escape)
            if op.regions or op.kind in ("store", "accumulate") or op.attrs.get("memory") or op.attrs.get("in_place") \
                    or hashable(op.fn) and op.fn in HOLDERS:
                self.after[op] = frozenset(live)
            live.difference_update(op.results)
            if not op.regions:
                pass
            elif op.kind == "if" and op.attrs.get("attempt"):
                live.update(self._attempt(op, live))
            elif op.kind == "if":
                live.update(*[self._region(r, live) for r in op.regions])
            else:
                outer = set[Value]().union(*[self.captured[r] for r in op.regions])
                tapes = op.results[len(op.operands) - (3 if op.kind == "for" else 0):]
                around = live.union(outer, tapes)               # the next iteration reads what is captured again
                for r in op.regions:
                    self._region(r, around)
                live |= outer
            live.update([v for v in op.operands if v.type.holds_memory])
        return live.difference(region.params)

    def _attempt(self, op: Op, live: set[Value]) -> set[Value]:
        """Of a body that may raise: its handler follows on any part of it."""
        handler = self._region(op.regions[1], live)
        outer, self.escape = self.escape, self.escape | handler
        body = self._region(op.regions[0], live | handler)
        self.escape = outer
        return handler | body
