"""Which memory is needed after each op that may write to memory."""
from __future__ import annotations

from symgrad.ir.nodes import Op, Region, Value


class Liveness:
    """`after[op]`: the values of memory type that something after the op still reads."""

    def __init__(self, region: Region) -> None:
        self.after: dict[Op, frozenset[Value]] = {}         # of ops that write, and of those with regions
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
            if op.regions or op.kind in ("store", "accumulate") or op.attrs.get("memory") or op.attrs.get("in_place"):
                self.after[op] = frozenset(live)
            live.difference_update(op.results)
            if op.kind == "if":
                live.update(*[self._region(r, live) for r in op.regions])
            elif op.regions:
                outer = set[Value]().union(*[self.captured[r] for r in op.regions])
                tapes = op.results[len(op.operands) - (3 if op.kind == "for" else 0):]
                around = live.union(outer, tapes)               # the next iteration reads what is captured again
                for r in op.regions:
                    self._region(r, around)
                live |= outer
            live.update([v for v in op.operands if v.type.holds_memory])
        return live.difference(region.params)
