"""What variables are bound to on paths on which they have no value, where code reads them on every path."""
from __future__ import annotations

from typing import Any

import numpy as np

from symgrad.ir.nodes import Op, Region, Value
from symgrad.ir.types import Array, ListOf, Scalar, Type
from symgrad.optimize.dce import carried_count


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
        if op is None or op.adjoint or v in seen or not isinstance(v.type, Array):       # an adjoint always is bound
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


__all__ = ["bind", "bind_start", "blank_of"]
