"""What it costs to record a value of the primal, and to recompute it."""
from __future__ import annotations

import math
import operator

from symgrad.analysis.aliasing import Sites, consumed
from symgrad.ir.nodes import Op, Region, Value, walk
from symgrad.ir.types import Array, ListOf
from symgrad.optimize.dce import has_effect
from symgrad.transform.mincut import INFINITE
from symgrad.transform.weights import ARITHMETIC, NATIVE, PYTHON

RECORD_ARRAY = 70.0                      # memory for as many arrays as there are iterations
COPY_VIEW, COPY_MEMORY = 200.0, 5000.0   # recording memory that is overwritten later
COPY_FILLED = 20000.0                    # recording memory that can be filled again
CHEAP = (*ARITHMETIC, operator.truediv)


class Costs:
    """What it costs to record or to recompute a value of the primal."""

    def __init__(self, top: Region, backend: str) -> None:
        self.weights = NATIVE if backend == "numba" else PYTHON
        self.sites = Sites(top)
        self.written: set[Value] = set(self.sites.mutated)
        self.filled: set[Value] = set()                 # versions that an iteration makes of nothing but its own writes
        self.kept: set[Op] = set()                      # loads of what is overwritten, to be put back
        self.overwritten: set[Value] = set()            # versions that an op turns into the next
        for op in walk(top):
            for i, _ in consumed(op):
                self.written |= self.sites.of(op.operands[i])
                self.overwritten.add(op.operands[i])
            if op.kind in ("for", "while"):
                first, shift = (1, 3) if op.kind == "for" else (0, 0)
                self.overwritten |= {init for init, p in zip(op.operands[shift:], op.regions[-1].params[first:])
                                     if p in self.sites.mutated}

    def volatile(self, v: Value) -> bool:
        """Whether the memory of a value is written to at some time."""
        return v.type.holds_memory and bool(self.sites.of(v) & self.written)

    def record(self, v: Value, cheap: float) -> float:
        if v in self.filled:
            return COPY_FILLED
        if self.volatile(v):
            return COPY_VIEW if v.op is not None and v.op.kind == "load" else COPY_MEMORY
        if cheap == self.weights.record and isinstance(v.type, Array) and not few(v.type):
            return RECORD_ARRAY
        return cheap

    def recompute(self, op: Op) -> float:
        if has_effect(op) or op.kind == "arg" or op in self.kept:
            return INFINITE
        if op.kind in ("const", "undef"):
            return 0.0
        if op.regions:
            inside = sum(self.recompute(o) for r in op.regions for o in r.ops)
            return inside * (30.0 if op.kind != "if" else 1.0) + 5.0
        array = any(isinstance(r.type, (Array, ListOf)) for r in op.results)
        if op.kind == "load":
            return 2.0 if array else self.weights.load
        if op.kind == "call" and op.fn in CHEAP and array:
            return 30.0
        reads_array = any(isinstance(v.type, (Array, ListOf)) for v in op.operands)
        if op.kind == "call" and op.fn is len or getattr(op.fn, "__name__", "") == "dim_length":
            return 0.5
        if any(isinstance(r.type, Array) and not few(r.type) for r in op.results):
            return 100.0
        if array or reads_array:
            return 60.0 if array else 30.0
        return self.weights.of(op) if op.kind == "call" else self.weights.quick


def few(t: Array) -> bool:
    """Whether an array is known to have no more elements than a tuple may have."""
    return all(isinstance(d, int) for d in t.dims) and math.prod(d for d in t.dims if isinstance(d, int)) <= 8


__all__ = ["CHEAP", "COPY_MEMORY", "Costs"]
