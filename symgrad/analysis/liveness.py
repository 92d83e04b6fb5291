"""Which values are needed after each op."""
from __future__ import annotations

from symgrad.ir.nodes import Op, Region, Value, captured


class Liveness:
    """`after[op]`: the values that something after the op still reads."""

    def __init__(self, region: Region, keep: set[Value] | None = None) -> None:
        self.after: dict[Op, frozenset[Value]] = {}
        self.ends: dict[Region, frozenset[Value]] = {}
        self._region(region, set(keep or ()))

    def _region(self, region: Region, live_out: set[Value]) -> set[Value]:
        live = set(live_out) | set(region.yields)
        self.ends[region] = frozenset(live)
        for op in reversed(region.ops):
            self.after[op] = frozenset(live)
            live.difference_update(op.results)
            if op.kind == "if":
                inside: set[Value] = set()
                for r in op.regions:
                    inside |= self._region(r, live)
                live |= inside
            elif op.regions:
                outer: set[Value] = set()
                for r in op.regions:
                    outer.update(captured(r))
                around = live | outer                 # the next iteration reads them again
                tapes = op.results[len(op.operands) - (3 if op.kind == "for" else 0):]
                for r in op.regions:
                    self._region(r, around | set(tapes))
                live |= outer
            live.update(op.operands)
        live.difference_update(region.params)
        return live
