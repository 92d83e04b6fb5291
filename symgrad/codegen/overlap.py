"""What is stored is read before it is overwritten, where NumPy does not see to that.

NumPy reads first what overlaps the elements that it assigns to, but for one case: both are one-dimensional and run through
memory in the same direction with different steps, as in ``m[1, :] = m[:, 2]`` and ``a[::2] = a[:4]``. There it goes element by
element, and may read what it has just written (up to NumPy 2.4 at least).
"""
from __future__ import annotations

from symgrad.analysis.aliasing import Sites, previous
from symgrad.ir.nodes import Op, Region, Value, walk
from symgrad.ir.types import Array, dims_of
from symgrad.optimize.loops.nests import part_type
from symgrad.optimize.loops.places import place_of


def read_first(region: Region) -> None:
    """Copy what is stored in memory that it is a part of, where the two run through it with different steps."""
    stores = [(home, op) for home in [region, *(r for op in walk(region) for r in op.regions)] for op in home.ops
              if op.kind == "store" and not op.attrs.get("add") and one_dimensional(op)]
    sites = Sites(region) if stores else None
    for home, op in stores:
        memory, value = op.operands[:2]
        if sites is not None and sites.of(memory) & sites.of(value) and not read_by_numpy(op):
            copy = Op("copy", [value], [value.type], span=op.span)
            copy.adjoint = op.adjoint
            home.ops.insert(home.ops.index(op), copy)
            op.operands[1] = copy.result


def one_dimensional(op: Op) -> bool:
    """Whether a store is from a part of memory to elements in one dimension."""
    memory, value = op.operands[:2]
    return isinstance(memory.type, Array) and len(dims_of(value.type)) == 1 and value.op is not None \
        and value.op.kind in ("load", "call") and len(dims_of(part_type(op))) == 1


def read_by_numpy(op: Op) -> bool:
    """Whether what is stored runs through memory with the step of the elements that it is stored in, or against them."""
    memory, value = op.operands[:2]
    read = value.op
    if read is None or read.kind != "load" or first(read.operands[0]) is not first(memory):
        return False
    if any(isinstance(v.type, Array) for v in [*read.operands[1:], *op.operands[2:]]):
        return True                             # indices in arrays: what is read is new memory, or NumPy looks
    to, of = (place_of(memory, o.attrs["path"], o.operands) for o in (op, read))
    if to is None or of is None:
        return False
    runs, reads = ([(k, a.step) for k, a in enumerate(place.axes) if a.loop is not None] for place in (to, of))
    return runs == reads or len(runs) == len(reads) == 1 and runs[0][0] == reads[0][0] and runs[0][1] * reads[0][1] < 0


def first(v: Value) -> Value:
    """The version that memory began with."""
    while (before := previous(v)) is not None:
        v = before
    return v


__all__ = ["read_first"]
