"""Copies of ops and of regions."""
from __future__ import annotations

from symgrad.ir.nodes import Op, Region, Value


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


__all__ = ["clone", "clone_region"]
