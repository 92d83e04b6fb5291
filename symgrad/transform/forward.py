"""Forward mode: one walk over a region, the tangent of each value computed next to the value.

A tangent is computed just before its value, so that both can be updated in place, or just
after it where its rule refers to the result. A loop carries the tangents of what it carries, a
branch yields those of what it yields. Versions of memory have tangents as numbers have them: the
tangent of ``a[i] = v`` is ``da[i] = dv``. Nothing is recorded.
"""
from __future__ import annotations

import numpy as np

from symgrad.analysis.activity import carries
from symgrad.analysis.comprehensions import is_comprehension
from symgrad.frontend.lowering import Lowering, make_dict, make_list, shift
from symgrad.frontend.primitives import sources
from symgrad.ir.functions import FunctionRef
from symgrad.ir.nodes import Op, Region, Slot, Value, freeze, hashable, walk
from symgrad.ir.types import Array, Optional_, Scalar, dims_of, is_complex
from symgrad.optimize.dce import carried_count, mark, sweep
from symgrad.transform.base import Transform
from symgrad.transform.clones import clone
from symgrad.transform.containers import PUSHFORWARDS
from symgrad.transform.functions import push_call
from symgrad.transform.push_rule import tangents


class Forward(Transform):
    """Puts tangents into a region, next to the values that they belong to."""

    def __init__(self, lw: Lowering, region: Region, inputs: list[Value], outputs: list[Value]) -> None:
        super().__init__(lw, region, inputs, outputs)
        self.known: dict[Value, Value] = {}         # the tangents that there are so far

    def tangent(self, v: Value) -> Value:
        """The tangent of a value: zeros where nothing varies."""
        d = self.known.get(v)
        return self.zeros(v) if d is None else d

    def zeros(self, v: Value) -> Value:
        made = v.op
        if made is not None and made.kind == "call" and made.fn in (make_list, make_dict) and not made.operands:
            d: Value = PUSHFORWARDS[made.fn](self, made)[0]         # an empty list is one to be filled, too
            return self.named(d, v)
        return super().zeros(v)

    def set(self, v: Value, d: Value | None, exact: bool = False) -> None:
        """Say what the tangent of a value is."""
        if d is None or v not in self.active:
            return
        self.known[v] = self.named(self.fit(d, v), v)

    def named(self, d: Value, v: Value) -> Value:
        if v.name and not d.name and d.op is not None and d.op.adjoint and d.op.kind not in ("const", "arg") \
                and not (d.op.kind == "call" and d.op.fn is np.broadcast_to):
            d.name = "d" + v.name
        return d

    def fit(self, d: Value, v: Value) -> Value:
        """A tangent with the shape and kind of number of `v`."""
        t = v.type.item if isinstance(v.type, Optional_) else v.type
        if not isinstance(t, (Scalar, Array)) or not isinstance(d.type, (Scalar, Array)):
            return d
        if is_complex(d.type) and t.kind != "c":
            d = self.call(np.real, d)
        assert isinstance(d.type, (Scalar, Array))
        if dims_of(d.type) != dims_of(t):
            shape = self.shape(v)
            d = self.call_tree(np.broadcast_to, (Slot(0), tuple(Slot(i + 1) for i in range(len(shape)))), {},
                               [d, *shape], Array(d.type.dtype, dims_of(t)) if dims_of(t) else None)
        elif isinstance(t, Array) and isinstance(d.type, Scalar):
            d = self.call_tree(np.array, (Slot(0),), {}, [d], Array(d.type.dtype, ()))
        if isinstance(t, Array) and isinstance(d.type, Array) and d.type.dtype != t.dtype and (
                t.kind == d.type.kind or (t.kind, d.type.kind) == ("c", "f")):
            d = self.call(np.ndarray.astype, d, np.dtype(t.dtype), method=True)
        elif isinstance(t, Scalar) and isinstance(d.type, Scalar) and not t.python and d.type.dtype != t.dtype \
                and t.kind == "f" and not d.type.python:
            d = self.call(np.dtype(t.dtype).type, d)
        return d

    def total(self, parts: list[Value]) -> Value | None:
        """The sum of what the operands contribute to a tangent."""
        return self.algebra.sum(parts) if parts else None

    # -- the walk ------------------------------------------------------------------------------

    def region(self, region: Region) -> None:
        """Put tangents into a region that the builder appends to."""
        ops, region.ops, region.known = region.ops, [], {}
        for op in ops:
            self.b.span = op.span or self.b.span
            if op.regions:
                getattr(self, "op_" + op.kind)(op)
                region.ops.append(op)
                continue
            if op.key is not None:
                region.known.setdefault(op.key, op)
            start = len(region.ops)
            if any(r in self.active for r in op.results):
                method = getattr(self, "op_" + op.kind, None)
                if method is not None:
                    method(op)
            made = region.ops[start:]
            results = set(op.results)
            after = any(v in results for m in [*made, *(o for m in made for r in m.regions for o in walk(r))]
                        for v in [*m.operands, *(y for r in m.regions for y in r.yields)])
            region.ops.insert(start if after else len(region.ops), op)

    def op_copy(self, op: Op) -> None:
        d = self.tangent(op.operands[0])
        self.set(op.results[0], self.b.emit(Op("copy", [d], [d.type], **op.attrs)).result)

    def op_load(self, op: Op) -> None:
        d = self.tangent(op.operands[0])
        v = op.results[0]
        made = Op("load", [d, *op.operands[1:]], [self.derivative_type(v, v)], path=op.attrs["path"])
        self.set(v, self.b.emit(made).result)

    def op_store(self, op: Op) -> None:
        memory, value, *indices = op.operands
        if op.attrs.get("add") and value not in self.active:
            self.set(op.results[0], self.tangent(memory))
            return
        d = self.tangent(value) if value in self.active or not isinstance(value.type, (Scalar, Array)) \
            else self.algebra.const(0.0)
        dmemory = self.tangent(memory)
        read = d.op
        if read is not None and read.kind == "load" and read.operands == [dmemory, *indices] and \
                freeze(read.attrs["path"]) == freeze(shift(op.attrs["path"], -1)):
            self.set(op.results[0], dmemory)            # what is added to the element does not vary
            return
        made = Op("store", [dmemory, d, *indices], [dmemory.type], path=op.attrs["path"], add=op.attrs.get("add", False))
        self.set(op.results[0], self.b.emit(made).result)

    def op_call(self, op: Op) -> None:
        if not any(v in self.active for v in sources(op)) and not isinstance(op.fn, FunctionRef):
            return
        if isinstance(op.fn, FunctionRef):
            push_call(self, op)
            return
        special = PUSHFORWARDS.get(op.fn) if hashable(op.fn) else None
        if special is not None:
            ds = special(self, op)
        elif isinstance(op.fn, Slot) or op.attrs.get("unknown"):
            raise self.missing(op)
        else:
            ds = tangents(self, op)
        for v, d in zip(op.results, ds):
            self.set(v, d)
            if op.attrs.get("aug") and d is not None and d.op is not None and d.op.kind == "call" and d.op.operands \
                    and d.op.operands[0] is self.known.get(op.operands[0]):
                d.op.attrs["aug"] = True            # printed as the primal's line is

    # -- branches and loops ----------------------------------------------------------------------

    def op_if(self, op: Op) -> None:
        for arm in op.regions:
            with self.b.nested(arm):
                self.region(arm)
        varying = [k for k, r in enumerate(op.results) if r in self.active]
        for arm in op.regions:
            with self.b.nested(arm):
                arm.yields = [*arm.yields, *(self.fitting(arm.yields[k], op.results[k]) for k in varying)]
        for k in varying:
            v = op.results[k]
            self.known[v] = op.add_result(self.derivative_type(v, op.regions[0].yields[-len(varying)]), named(v))

    def fitting(self, y: Value, v: Value) -> Value:
        """The tangent of what is yielded for `v`: it varies on one path at least."""
        if y.op is not None and y.op.kind == "undef":
            return self.b.undef(v.type)
        return self.fit(self.tangent(y), y)

    def op_for(self, op: Op) -> None:
        self.loop(op)

    def op_while(self, op: Op) -> None:
        self.loop(op)

    def loop(self, op: Op) -> None:
        """A loop carries, and gathers, the tangents of what it carries and gathers."""
        first, shift = (1, 3) if op.kind == "for" else (0, 0)
        early = 1 if op.attrs.get("early") else 0
        n, taped = carried_count(op), op.attrs.get("taped", 0)
        comprehension = is_comprehension(op)
        body = op.regions[-1]
        varying = [k for k in range(n) if carries(op.results[k])
                   and (op.results[k] in self.active or any(r.params[k + first] in self.active for r in op.regions))]
        gathered = [k for k in range(n, n + taped) if op.results[k] in self.active]
        inits = [self.fitting(op.operands[k + shift], op.results[k]) for k in varying]
        for region in op.regions:
            for k, init in zip(varying, inits):
                p = region.params[k + first]
                self.known[p] = region.param(self.derivative_type(op.results[k], init), named(p) or named(op.results[k]))
        for region in op.regions:
            with self.b.nested(region):
                self.region(region)
                if region is body:
                    ends = [self.fitting(body.yields[k + early], op.results[k]) for k in varying]
                    tapes = [self.fitting(body.yields[k + early], op.results[k]) for k in gathered]
        body.yields = [*body.yields[:early + n], *ends, *body.yields[early + n:], *tapes]
        op.operands = [*op.operands, *inits]
        carried = [Value(p.type, op, named(op.results[k])) for k, p in zip(varying, body.params[first + n:])]
        lists = [Value(op.results[k].type, op, named(op.results[k])) for k in gathered]
        for k, d in zip([*varying, *gathered], [*carried, *lists]):
            self.known[op.results[k]] = d
        op.results = [*op.results[:n], *carried, *op.results[n:], *lists]
        if taped:
            op.attrs["taped"] = taped + len(gathered)
        if gathered and comprehension:
            self.split(op)

    def split(self, op: Op) -> None:
        """Gather the values and the tangents in a list comprehension each, where the tangents' is short enough."""
        twin = clone(op, {})
        keep(twin, 1)
        if not is_comprehension(twin):
            return
        [self.known[op.results[0]]] = twin.results
        keep(op, 0)
        self.b.region.ops.append(twin)


def keep(op: Op, k: int) -> None:
    """Let a loop that gathers values gather the k-th of them only."""
    body = op.regions[0]
    body.yields, op.results, op.attrs["taped"] = [body.yields[k]], [op.results[k]], 1
    sweep(body, mark(body))


def named(v: Value) -> str:
    return "d" + v.name if v.name else ""


__all__ = ["Forward"]
