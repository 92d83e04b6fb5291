"""What a reverse loop reads from the arrays that the forward loops leave, instead of from a record.

An element that nothing overwrites after it was read is there still; a length or a shape is that of the array as it is
left. Of what an iteration fills anew, the reverse loop fills memory of its own.
"""
from __future__ import annotations

from typing import Any

import numpy as np

from symgrad.frontend.indexing import path_type
from symgrad.frontend.lowering import shift
from symgrad.ir.infer import dim_length
from symgrad.ir.nodes import Op, Region, Slot, Value, first_argument, walk
from symgrad.ir.types import Array, Scalar, dims_of
from symgrad.optimize.dce import mark, sweep
from symgrad.passes import runs
from symgrad.transform.clones import clone
from symgrad.transform.costs import CHEAP
from symgrad.transform.record import defined, reachable


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


def cheap_to_recompute(op: Op | None) -> bool:
    """Whether an op is plain arithmetic on loop indices and constants."""
    if op is None or op.kind == "const":
        return True
    return op.kind == "call" and (op.fn in CHEAP or getattr(op.fn, "__name__", "") == "dim_length") and all(
        isinstance(v.type, Scalar) and v.type.kind in "ib" or getattr(op.fn, "__name__", "") == "dim_length"
        for v in op.operands) and all(cheap_to_recompute(v.op) for v in op.operands if v.op is not None
                                      and v.op.kind != "arg")


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


__all__ = ["ask_final", "fill_again", "read_final", "read_from_final"]
