"""Memory that is written to through `reshape` or `ravel` has to be in rows: else these give a copy, and the write is lost.

The primal's own memory is, where the frontend takes them for views. An adjoint or a tangent of it may have come from
anywhere, a transpose for one. So it is copied in rows where the chain of its versions begins.
"""
from __future__ import annotations

from symgrad.analysis.aliasing import carried
from symgrad.analysis.layout import asks_for_rows, in_rows
from symgrad.ir.indexed import types_along
from symgrad.ir.nodes import Op, Region, Value, walk
from symgrad.ir.types import Array


def keep_rows(region: Region) -> None:
    """Let each store through a view that asks for rows find its memory in rows."""
    rows = Rows(region)
    for op in walk(region):
        if op.kind == "store" and through_rows(op):
            rows.operand(op, 0)


def through_rows(op: Op) -> bool:
    """Whether the path of a store has a step that asks for rows."""
    memory, path = op.operands[0], op.attrs["path"]
    return isinstance(memory.type, Array) and any(step.kind == "view" for step in path) and any(
        isinstance(t, Array) and asks_for_rows(step, t.ndim, t.dtype)
        for step, t in zip(path, types_along(memory.type, path, op.operands)))


class Rows:
    """Follows chains of versions to where they begin, and copies there."""

    def __init__(self, region: Region) -> None:
        self.homes = {op: home for home in regions(region) for op in home.ops}
        self.seen: set[Value] = set()

    def operand(self, op: Op, k: int) -> None:
        """Have an operand in rows."""
        if not self.mended(op.operands[k]):
            home = self.homes[op]
            op.operands[k] = self.copied(op.operands[k], home, home.ops.index(op))

    def end(self, region: Region, k: int) -> None:
        """Have a yield in rows."""
        if not self.mended(region.yields[k]):
            region.yields[k] = self.copied(region.yields[k], region, len(region.ops))

    def copied(self, v: Value, home: Region, at: int) -> Value:
        copy = Op("copy", [v], [v.type], span=v.op.span if v.op is not None else None, rows=True)
        copy.adjoint, copy.result.name = v.op is not None and v.op.adjoint, v.name
        home.ops.insert(at, copy)
        self.homes[copy] = home
        return copy.result

    def mended(self, v: Value) -> bool:
        """Whether a value is in rows, or has been made so where it came from."""
        if v in self.seen or in_rows(v) or not isinstance(v.type, Array):
            return True
        op = v.op
        loop = op if op is not None and op.kind in ("for", "while") else v.region.parent if v.region is not None else None
        if loop is not None and loop.kind in ("for", "while"):
            shift, early = 3 if loop.kind == "for" else 0, 1 if loop.attrs.get("early") else 0
            for k, ((_, param, _), result) in enumerate(zip(carried(loop), loop.results)):
                if v in (param, result):
                    self.seen |= {param, result}
                    self.operand(loop, k + shift)
                    self.end(loop.regions[-1], k + early)
                    return True
            return False
        if op is None or op.kind not in ("store", "accumulate", "if", "copy"):
            return False
        self.seen.add(v)
        if op.kind == "copy":
            op.attrs["rows"] = True
        elif op.kind == "if":
            for arm in op.regions:
                self.end(arm, op.results.index(v))
        else:
            for k in range(1 if op.kind == "store" else 2):
                self.operand(op, k)
        return True


def regions(region: Region) -> list[Region]:
    """A region and those inside of it."""
    return [region, *(r for op in walk(region) for r in op.regions)]


__all__ = ["keep_rows"]
