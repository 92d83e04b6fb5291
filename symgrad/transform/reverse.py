"""Reverse mode: one walk backwards over a region, each op contributing adjoint ops.

For every active value the adjoint is the sum of what its uses contribute. A loop
becomes a loop that runs backwards and carries the adjoints of what the loop
carried; a branch becomes a branch on the same condition. Adjoint ops refer to the
primal's values as if they were all still there; `record` makes that true.

Versions of memory are values like others: the adjoint of reading ``a[i]`` adds to
``da[i]``, the adjoint of writing ``a[i] = v`` reads ``da[i]`` and clears it.
"""
from __future__ import annotations

import functools
import operator
from typing import Any

import numpy as np

from symgrad.analysis.activity import carries
from symgrad.frontend import primitives
from symgrad.frontend.indexing import path_type
from symgrad.frontend.lowering import Lowering, shift
from symgrad.frontend.recursion import FunctionRef
from symgrad.ir.infer import dim_length
from symgrad.ir.nodes import Op, Region, Slot, Step, Value, captured, hashable, is_number, walk
from symgrad.ir.types import (
    Array,
    DictOf,
    Dim,
    Instance,
    ListOf,
    Optional_,
    Scalar,
    TupleOf,
    Type,
    dims_of,
    is_complex,
    never_stretched,
    with_dtype,
)
from symgrad.optimize.dce import carried_count, substitute
from symgrad.rules.broadcasting import unbroadcast_at_run_time
from symgrad.rules.core import find
from symgrad.transform import record
from symgrad.transform.algebra import Algebra, number
from symgrad.transform.apply_rule import as_number, contributions
from symgrad.transform.base import Transform, representative
from symgrad.transform.containers import PULLBACKS
from symgrad.transform.functions import reverse_call
from symgrad.transform.lists import add_lists, zeros_of

Adjoints = dict[Value, Value]


class Reverse(Transform):
    """Appends the reverse sweep of a region to it."""

    def __init__(self, lw: Lowering, region: Region, inputs: list[Value], outputs: list[Value]) -> None:
        super().__init__(lw, region, inputs, outputs)
        lw.unbroadcast = self.unbroadcast
        self.costs = record.Costs(region)
        self.homes = record.homes(region)
        self.in_function = False
        types = {v.type for op in walk(region) for v in op.results if isinstance(v.type, (Scalar, Array))}
        self.single = any(t.dtype in ("float32", "float16") for t in types)
        self.mixed = self.single and any(t.dtype == "float64" and not (isinstance(t, Scalar) and t.python) for t in types)
        self.here = Here([])

    # -- adjoints ----------------------------------------------------------------------------

    def add(self, adj: Adjoints, v: Value, d: Value | None, exact: bool = False) -> None:
        """Add a contribution to the adjoint of `v`, undoing what broadcasting and promotion did."""
        if d is None or v not in self.active:
            return
        old = adj.get(v)
        if old is not None and self.stretched(old, v):
            if dims_of(old.type) == dims_of(d.type) and not varying(d.type):
                exact = True                        # both are as they are where `v` was stretched
            else:
                adj[v] = old = self.unbroadcast(old, v, adj)
        d = self.fit(d, v, exact, adj)
        adj[v] = self.named(d if old is None else self.sum(old, d, v), v)

    def stretched(self, d: Value, v: Value) -> bool:
        """Whether the adjoint of `v` may still have the shape that `v` was broadcast to."""
        return isinstance(v.type, Array) and isinstance(d.type, Array) and any(
            h != w and not never_stretched(w, h) for h, w in zip(d.type.dims, v.type.dims))

    def sum(self, old: Value, d: Value, v: Value) -> Value:
        if not isinstance(old.type, (Scalar, Array)):
            return self.call_tree(add_lists, (Slot(0), Slot(1)), {}, [old, d], old.type)
        (a, x), (b, y) = self.algebra.signed(old), self.algebra.signed(d)
        if x is y and x is not None and old.op is not None and old.op.kind != "accumulate":
            return self.algebra.scaled(x, a + b)
        op = Op("accumulate", [old, d], [self.sum_type(old, d, v)])
        return self.b.emit(op).result

    def sum_type(self, a: Value, b: Value, v: Value) -> Type:
        if isinstance(v.type, Array) and isinstance(a.type, Array) and self.stretched(a, v):
            return Array(v.type.dtype, a.type.dims)
        return v.type if isinstance(v.type, (ListOf, DictOf, Array)) else a.type if a.type == b.type else \
            Scalar(v.type.dtype, False) if isinstance(v.type, Scalar) else v.type

    def named(self, d: Value, v: Value) -> Value:
        if v.name and not d.name and d.op is not None and d.op.adjoint and d.op.kind not in ("const", "arg") \
                and not (d.op.kind == "call" and d.op.fn is np.broadcast_to):
            d.name = "d" + v.name
        return d

    def fit(self, d: Value, v: Value, exact: bool = False, adj: Adjoints | None = None) -> Value:
        """A contribution with the shape and kind of number of `v`."""
        t = v.type.item if isinstance(v.type, Optional_) else v.type
        if not isinstance(t, (Scalar, Array)) or not isinstance(d.type, (Scalar, Array)):
            return d
        have, want = dims_of(d.type), dims_of(t)
        if have != want and not (exact and len(have) == len(want)):
            d = self.unbroadcast(d, v, adj)
        if is_complex(d.type) and t.kind != "c":
            d = self.call(np.real, d)
        if isinstance(t, Scalar) and isinstance(d.type, Array) and not d.type.dims:
            d = as_number(self, d)
        if isinstance(t, Array) and not t.dims and isinstance(d.type, Scalar):
            d = self.call_tree(np.array, (Slot(0),), {}, [d], Array(d.type.dtype, ()))
        if isinstance(t, Array) and isinstance(d.type, Array) and d.type.dtype != t.dtype and (
                t.kind == d.type.kind or (t.kind, d.type.kind) == ("c", "f")):
            d = self.call(np.ndarray.astype, d, np.dtype(t.dtype), method=True)
        elif isinstance(t, Scalar) and isinstance(d.type, Scalar) and not t.python and d.type.dtype != t.dtype \
                and t.kind == "f" and not d.type.python:
            d = self.call(np.dtype(t.dtype).type, d)
        elif self.single and isinstance(t, Scalar) and isinstance(d.type, Scalar) and t.python and t.kind == "f" \
                and not d.type.python and d.type.kind == "f":
            d = self.call(float, d)             # a Python float's adjoint is a double, whatever it is multiplied by
        return d

    def unbroadcast(self, d: Value, v: Value, adj: Adjoints | None = None) -> Value:
        """Sum over the axes along which `v` was stretched; the types say which those are."""
        from symgrad.transform.algebra import unbroadcast
        have, want = dims_of(d.type), dims_of(v.type)
        lead = len(have) - len(want)
        if lead < 0 or (not have and want):
            shape = self.shape(v)
            return self.call_tree(np.broadcast_to, (Slot(0), tuple(Slot(i + 1) for i in range(len(shape)))),
                                  {}, [d, *shape])
        axes = list(range(lead))
        stretched, unsure = [], []
        for i, (h, w) in enumerate(zip(have[lead:], want)):
            if not never_stretched(w, h):
                if w == 1:
                    stretched.append(i + lead)
                elif h != w:
                    unsure.append(i)
        if not axes and not stretched and not unsure:
            return d
        source = unbroadcast(d)
        if source is not d and not dims_of(source.type) and isinstance(d.type, Array) and not unsure:
            return self.scaled(source, d, v, axes + stretched)
        if not want:
            return self.total(d)
        if axes:
            d = self.call_tree(np.sum, (Slot(0),), {"axis": axes[0] if len(axes) == 1 else tuple(axes)}, [d])
        if stretched:
            at = tuple(i - lead for i in stretched)
            d = self.call_tree(np.sum, (Slot(0),), {"axis": at[0] if len(at) == 1 else at, "keepdims": True}, [d])
        return self.unbroadcast_at_run_time(d, v, tuple(unsure), {} if adj is None else adj) if unsure else d

    def unbroadcast_at_run_time(self, d: Value, v: Value, axes: tuple[int, ...], adj: Adjoints) -> Value:
        """The same along axes of which the types do not say: something of the shape of `v` is asked.

        That is not `v` itself where anything else will do: it would be kept for its shape alone.
        """
        like = self.alike(v, adj)
        if like is None and v not in adj and v in self.here.only_elementwise:
            return d                    # the same question is asked again of what `v` was computed from
        assert isinstance(d.type, Array)
        return self.call_tree(unbroadcast_at_run_time, (Slot(0), Slot(1), axes), {}, [d, like or v],
                              with_dtype(d.type.dtype, dims_of(v.type)))

    def alike(self, v: Value, adj: Adjoints) -> Value | None:
        """A value that is there anyway in the reverse sweep and has the shape of `v`: an adjoint, or a view of one."""
        d, op = adj.get(v), v.op
        if d is not None and not self.stretched(d, v):
            return d
        if op is None or varying(v.type):
            return None
        if op.kind == "load":
            memory, *indices = op.operands
            path = op.attrs["path"]
            if memory not in self.active or not isinstance(memory.type, Array) or len(path) != 1 \
                    or path[0].kind != "index" or any(isinstance(i.type, Array) for i in indices):
                return None
            if memory not in adj:
                adj[memory] = self.zeros(memory)
            return self.b.emit(Op("load", [adj[memory], *indices], [v.type], path=path)).result
        if primitives.is_elementwise(op):
            same = (self.alike(u, adj) for u in op.operands if dims_of(u.type) == dims_of(v.type))
            return next((u for u in same if u is not None), None)
        return None

    def total(self, d: Value) -> Value:
        """The sum of an array; numbers that it was multiplied by are multiplied by afterwards."""
        from symgrad.transform.algebra import Product, same_shape
        p = Product()
        p.add(d, +1)
        arrays = [v for v in p.num if isinstance(v.type, Array)]
        below = [v for v in p.den if isinstance(v.type, Array)]
        outer = Product(p.coefficient, [v for v in p.num if v not in arrays])
        outer.den = [v for v in p.den if v not in below]
        full = [v for v in arrays if same_shape(v.type, d.type)]
        if not full or (len(arrays) == 1 and not below and arrays[0] is d):
            return self.call(np.sum, d)
        if len(arrays) == 2 and not below and len(full) == 2 and all(len(dims_of(v.type)) == 1 for v in full):
            inner = self.call(operator.matmul, *arrays)
        else:
            product = Product(1.0, arrays)
            product.den = below
            inner = self.call(np.sum, self.algebra.build(product))
        outer.num.append(inner)
        return self.algebra.build(outer)

    def scaled(self, source: Value, d: Value, v: Value, axes: list[int]) -> Value:
        """The sum of a broadcast scalar is the scalar times the number of its copies."""
        count = d
        assert d.op is not None
        sizes = [self.b.emit(Op("call", [d], [Scalar("int64")], fn=dim_length, args=(Slot(0), a), kwargs={})).result
                 for a in axes]
        del count
        total = source
        shape = d.op.operands[1:]
        if len(shape) == len(dims_of(d.type)):
            sizes = [shape[a] for a in axes]
        for n in sizes:
            total = self.algebra.mul(total, n)
        if not dims_of(v.type):
            return total
        have = self.shape(v)
        return self.call_tree(np.broadcast_to, (Slot(0), tuple(Slot(i + 1) for i in range(len(have)))), {},
                              [total, *have])

    def shaped_like(self, v: Value) -> Value:
        source = representative(v)
        if source in self.costs.overwritten and v not in self.costs.overwritten and v.op in self.top.ops:
            source = v                    # asking for the shape of a version that is gone would keep it alive
        record.bind(self, source)
        return source

    # -- the walk ------------------------------------------------------------------------------

    def region(self, ops: list[Op], adj: Adjoints) -> None:
        around, self.here = self.here, Here(ops)
        for op in reversed(ops):
            if not any(r in adj for r in op.results):
                continue
            if op.span is not None:
                self.b.span = op.span
            method = getattr(self, "op_" + op.kind, None)
            if method is not None:
                method(op, adj)
        self.here = around

    def op_copy(self, op: Op, adj: Adjoints) -> None:
        self.add(adj, op.operands[0], adj.pop(op.results[0]))

    def op_load(self, op: Op, adj: Adjoints) -> None:
        d = adj.pop(op.results[0])
        memory = op.operands[0]
        if memory not in self.active:
            return
        if any(self.read_only(step, memory) for step in op.attrs["path"]):
            self.through_function(op, adj, d)
            return
        if memory not in adj:
            adj[memory] = self.zeros(memory)
        path = op.attrs["path"]
        d = self.fit(d, op.results[0], True)
        if isinstance(op.results[0].type, (ListOf, DictOf, TupleOf, Instance)):
            adj[memory] = self.add_list_slice(adj[memory], op, d)
            return
        store = Op("store", [adj[memory], d, *op.operands[1:]], [adj[memory].type],
                   path=shift(path, 1), add=True)
        adj[memory] = self.named(self.b.emit(store).result, memory)

    def read_only(self, step: Step, memory: Value) -> bool:
        """Whether a view cannot be written to, or may turn out to be a copy: where the primal writes, it is none."""
        rule = find(step.key[0]) if step.kind == "view" else None
        if rule is None:
            return False
        return not rule.writable or callable(rule.view) and not self.costs.volatile(memory)

    def through_function(self, op: Op, adj: Adjoints, d: Value) -> None:
        """A view that cannot be written to (a diagonal): its rule takes the adjoint back to what it views."""
        path = op.attrs["path"]
        at = next(i for i, step in enumerate(path) if self.read_only(step, op.operands[0]))
        memory, *rest = op.operands
        types = [path_type(memory.type, shift(path[:n], -1), tuple(rest), self.lw) for n in range(at, len(path) + 1)]
        value = memory if at == 0 else self.b.emit(Op("load", op.operands, [types[0]], path=path[:at])).result
        chain = []
        for step, t in zip(path[at:], types[1:]):
            if step.kind == "view":
                fn, args, kwargs = step.key
                made = Op("call", [value, *rest], [t], fn=fn, args=(Slot(0), *args), kwargs=kwargs)
            else:
                made = Op("load", [value, *rest], [t], path=(step,))
            made = self.b.emit(made)
            chain.append((made, value))
            value = made.result
        for made, source in reversed(chain):
            self.active.add(source)
            local: Adjoints = {made.result: d}
            (self.op_call if made.kind == "call" else self.op_load)(made, local)
            d = local[source]
        if at == 0:
            self.add(adj, memory, d)
            return
        if memory not in adj:
            adj[memory] = self.zeros(memory)
        adj[memory] = self.b.emit(Op("store", [adj[memory], d, *rest], [adj[memory].type], path=shift(path[:at], 1),
                                     add=True)).result

    def add_list_slice(self, whole: Value, op: Op, d: Value) -> Value:
        """The adjoint of a slice of a list, or of a tuple in a list, is added item by item."""
        path = op.attrs["path"]
        part = self.b.emit(Op("load", [whole, *op.operands[1:]], [d.type], path=path)).result
        total = self.call_tree(add_lists, (Slot(0), Slot(1)), {}, [part, d], d.type)
        return self.b.emit(Op("store", [whole, total, *op.operands[1:]], [whole.type], path=shift(path, 1),
                              add=False)).result

    def op_store(self, op: Op, adj: Adjoints) -> None:
        memory, value, *indices = op.operands
        after = adj.pop(op.results[0])
        path: tuple[Step, ...] = op.attrs["path"]
        reading = shift(path, -1)
        whole = len(path) == 1 and is_whole(path[0])
        if value in self.active:
            if whole:
                d = after
            else:
                t = path_type(after.type, shift(path, -2), tuple(indices), self.lw)
                d = self.b.emit(Op("load", [after, *indices], [t], path=reading)).result
                if not op.attrs.get("add") and any(isinstance(i.type, Array) and i.type.kind == "i" for i in indices):
                    d = self.last_writes(d, after, path, indices, t)
            unknown = memory not in adj and memory is not value
            if unknown:
                adj[memory] = after             # it has the shape of the memory, should that be asked for
            self.add(adj, value, d)
            if unknown:
                del adj[memory]
        if memory not in self.active:
            return
        if op.attrs.get("add"):
            before = after
        elif whole:
            return
        else:
            target = path_type(after.type, shift(path, -2), tuple(indices), self.lw)
            zero = self.zero_of_type(target, after, indices, reading)
            before = self.b.emit(Op("store", [after, zero, *indices], [after.type], path=path, add=False)).result
        before = self.named(before, memory)
        if memory in adj:
            adj[memory] = self.b.emit(Op("accumulate", [before, adj[memory]], [before.type])).result
        else:
            adj[memory] = before

    def last_writes(self, d: Value, memory: Value, path: tuple[Step, ...], indices: list[Value], t: Type) -> Value:
        """Where an index names an element twice, only the last write to it counts."""
        if len(path) > 1:                       # the index is one into a view
            within = path_type(memory.type, shift(path[:-1], -2), tuple(indices), self.lw)
            memory = self.b.emit(Op("load", [memory, *indices], [within], path=shift(path[:-1], -1))).result
        index = shift(path[-1:], -1)[0].key
        mask = self.call_tree(last_write, (Slot(0), index), {}, [memory, *indices], Array("bool", dims_of(t)))
        return self.call(np.where, mask, d, 0.0)

    def zero_of_type(self, t: Type, after: Value, indices: list[Value], path: Any) -> Value:
        if isinstance(t, (Scalar, Array)):
            return self.algebra.const(0.0)
        inner = self.b.emit(Op("load", [after, *indices], [t], path=path)).result
        return self.call_tree(zeros_of, (Slot(0),), {}, [inner], t)

    def op_call(self, op: Op, adj: Adjoints) -> None:
        fn = op.fn
        if isinstance(fn, FunctionRef):
            reverse_call(self, op, adj)
            return
        special = PULLBACKS.get(fn) if hashable(fn) else None
        if special is not None:
            special(self, op, adj)
            return
        ds = [adj.pop(r, None) for r in op.results]
        if not any(v in self.active for v in op.operands):
            return
        if isinstance(fn, Slot) or op.attrs.get("unknown"):
            raise self.missing(op)
        rule = find(fn)
        # symgrad's own pullbacks give their arguments' own shapes
        exact = rule is not None and rule.pullback is not None and rule.pullback.__module__.startswith("symgrad.rules.")
        for v, d in contributions(self, op, ds):
            self.add(adj, v, d, exact)

    # -- branches --------------------------------------------------------------------------------

    def op_if(self, op: Op, adj: Adjoints) -> None:
        ds = [adj.pop(r, None) for r in op.results]
        inner = [v for r in op.regions for v in captured(r)]
        outer = list(dict.fromkeys(
            [v for v in inner if v in self.active] + [y for r in op.regions for y in r.yields if y in self.active
                                                      and not self._defined_in(y, r)]))
        regions = [Region(), Region()]
        ends: list[Adjoints] = []
        for arm, out in zip(op.regions, regions):
            local: Adjoints = {v: adj[v] for v in outer if v in adj}
            with Sweep(self.b, out, arm):
                for y, d in zip(arm.yields, ds):
                    if d is not None:
                        self.add(local, y, d)
                self.region(arm.ops, local)
            ends.append(local)
        changed = [v for v in outer if any(e.get(v) is not adj.get(v) for e in ends)]
        new = Op("if", [condition(op)], (), regions, span=op.span)
        new.adjoint = True
        for v in changed:
            for end, out in zip(ends, regions):
                with Sweep(self.b, out, None):
                    out.yields.append(end[v] if v in end else self.zeros_where_bound(v))
        record.branch(self, op, new)
        self.b.region.ops.append(new)
        for k, v in enumerate(changed):
            t = regions[0].yields[k].type
            other = regions[1].yields[k].type
            result = new.add_result(t if t == other or isinstance(t, Array) else other)
            if v.name:
                result.name = "d" + v.name
            adj[v] = result

    def zeros_where_bound(self, v: Value) -> Value:
        """The adjoint of a value that nothing has contributed to, and that a branch may have left without a value."""
        op = v.op
        if op is None or op.kind != "if":
            return self.zeros(v)
        yields = [r.yields[op.results.index(v)] for r in op.regions]
        if not any(y.op is not None and y.op.kind == "undef" for y in yields):
            return self.zeros(v)
        arms = [Region(), Region()]
        for y, arm in zip(yields, arms):
            with Sweep(self.b, arm, None):
                unbound = y.op is not None and y.op.kind == "undef"
                arm.yields.append(self.b.undef(v.type) if unbound else self.zeros(v))
        new = Op("if", [condition(op)], (), arms)
        new.adjoint = True
        self.b.region.ops.append(new)
        return new.add_result(v.type)

    def _defined_in(self, v: Value, region: Region) -> bool:
        return v in region.params or any(v in o.results for o in region.ops)

    # -- loops -------------------------------------------------------------------------------------

    def op_for(self, op: Op, adj: Adjoints) -> None:
        self.loop(op, adj)

    def op_while(self, op: Op, adj: Adjoints) -> None:
        self.loop(op, adj)

    def loop(self, op: Op, adj: Adjoints) -> None:
        """A loop backwards: it carries the adjoints of what the loop carried and of what it captured."""
        first, shift_ = (1, 3) if op.kind == "for" else (0, 0)
        early = 1 if op.attrs.get("early") else 0
        body = op.regions[-1]
        n = carried_count(op)
        carried = [k for k in range(n)
                   if carries(op.results[k]) and (op.results[k] in self.active
                                                  or body.params[k + first] in self.active)]
        outer = [v for v in captured(body) if v in self.active]
        inits = []
        for k in carried:
            d = adj.pop(op.results[k], None)
            inits.append(self.zeros(op.results[k]) if d is None else d)
        lists = {k: adj.pop(op.results[k]) for k in range(n, n + op.attrs.get("taped", 0)) if op.results[k] in adj}
        starts = [adj.pop(v) if v in adj else self.zeros(v) for v in outer]
        bounds = self.backwards(op)
        region = Region()
        new = Op("for", [*bounds[0], *inits, *starts], (), [region], span=op.span)
        new.adjoint = True
        new.attrs.update(early=False, taped=0, **bounds[1])
        index = region.param(Scalar("int64"), body.params[0].name if op.kind == "for" else "")
        local: Adjoints = {}
        dparams = []
        for k, d in zip(carried, inits):
            p = region.param(self.derivative_type(op.results[k], d))
            p.name = "d" + (body.params[k + first].name or op.results[k].name) if (
                body.params[k + first].name or op.results[k].name) else ""
            dparams.append(p)
        accumulators = []
        for v, d in zip(outer, starts):
            p = region.param(self.derivative_type(v, d), "d" + v.name if v.name else "")
            accumulators.append(p)
            local[v] = p
        with Sweep(self.b, region, body):
            for k, p in zip(carried, dparams):
                self.add(local, body.yields[k + early], p)
            for k, d in lists.items():
                y = body.yields[k + early]
                position = self.iteration(op, index)
                t = Scalar(y.type.dtype, y.type.python and not self.single) if isinstance(y.type, Scalar) else y.type
                self.add(local, y, self.b.emit(Op("load", [d, position], [t], path=(Step("index", Slot(1)),))).result)
            self.region(body.ops, local)
            for k, d in zip(carried, dparams):
                p, init = body.params[k + first], op.operands[k + shift_]
                unbound = init.op is not None and (init.op.kind == "undef" or init.op.attrs.get("blank"))
                region.yields.append(local[p] if p in local else self.zeros(d if unbound else init))
            region.yields.extend(local[v] for v in outer)
        if op.kind == "for":
            substitute(region, {body.params[0]: index})
        for v, y in zip([*(op.results[k] for k in carried), *outer], region.yields):
            result = new.add_result(self.derivative_type(v, y))
            result.name = "d" + v.name if v.name else ""
        self.b.region.ops.append(new)
        record.loop(self, op, new)
        results = list(new.results)
        for v, r in zip(outer, results[len(carried):]):
            adj[v] = r
        for k, r in zip(carried, results):
            self.add(adj, op.operands[k + shift_], r)

    def iteration(self, op: Op, index: Value) -> Value:
        """The number of the iteration with this index."""
        start, _, step = op.operands[:3]
        i = index
        if not is_number(start, 0):
            i = self.algebra.op(operator.sub, i, start)
        if not is_number(step, 1):
            i = self.algebra.op(operator.floordiv, i, step)
        return i

    def backwards(self, op: Op) -> tuple[list[Value], dict[str, Any]]:
        """The bounds of the reverse loop."""
        const, alg = self.algebra.const, self.algebra
        if op.kind == "while" or op.attrs.get("early"):
            trips = record.trip_count(self, op)
            if op.kind == "while":
                return [const(0), trips, const(1)], {}
            start, _, step = op.operands[:3]
            n = number(step)
            if isinstance(n, int):
                return [plus(alg, self.scale_step(trips, step, start), -n), plus(alg, start, -n), const(-n)], {}
            last = alg.op(operator.sub, self.scale_step(trips, step, start), step)
            return [last, alg.op(operator.sub, start, step), negative(alg, step)], {}
        start, stop, step = op.operands[:3]
        if is_number(step, 1) or is_number(step, -1):
            s = 1 if is_number(step, 1) else -1
            return [plus(alg, stop, -s), plus(alg, start, -s), const(-s)], {}
        return [start, stop, step], {"backwards": True}

    def scale_step(self, trips: Value, step: Value, start: Value) -> Value:
        alg = self.algebra
        moved = trips if is_number(step, 1) else alg.op(operator.mul, trips, step)
        return moved if is_number(start, 0) else alg.op(operator.add, start, moved)


class Here:
    """The ops of a region that is being reversed."""

    def __init__(self, ops: list[Op]) -> None:
        self.ops = ops

    @functools.cached_property
    def only_elementwise(self) -> set[Value]:
        """Results of elementwise calls that nothing takes but elementwise calls here, and stores as what they store."""
        made = {v for op in self.ops if primitives.is_elementwise(op) for v in op.results}
        for op in self.ops:
            if op.kind == "store":
                made -= {op.operands[0], *op.operands[2:]}
            elif not primitives.is_elementwise(op):
                made -= {*op.operands, *(v for r in op.regions for v in captured(r))}
        return made


class Sweep:
    """Appends to `region`, with the primal region it reverses in view for shared expressions."""

    def __init__(self, b: Any, region: Region, primal: Region | None) -> None:
        self.b, self.new, self.primal = b, region, primal

    def __enter__(self) -> None:
        self.saved = (self.b.region, self.b.outer)
        self.b.outer = [*self.b.outer, self.b.region, *([self.primal] if self.primal is not None else [])]
        self.b.region = self.new

    def __exit__(self, *exc: object) -> None:
        self.b.region, self.b.outer = self.saved


def plus(alg: Algebra, v: Value, n: int) -> Value:
    """``v + n`` for whole numbers, folded."""
    op = v.op
    if op is not None and op.kind == "const":
        return alg.const(op.attrs["value"] + n)
    if op is not None and op.kind == "call" and op.fn in (operator.add, operator.sub) and len(op.operands) == 2:
        c = op.operands[1].op
        if c is not None and c.kind == "const" and isinstance(c.attrs["value"], int):
            return plus_constant(alg, op.operands[0], (1 if op.fn is operator.add else -1) * c.attrs["value"] + n)
    return plus_constant(alg, v, n)


def plus_constant(alg: Algebra, v: Value, n: int) -> Value:
    if n == 0:
        return v
    return alg.op(operator.add if n > 0 else operator.sub, v, alg.const(abs(n)))


def negative(alg: Algebra, v: Value) -> Value:
    if v.op is not None and v.op.kind == "const":
        return alg.const(-v.op.attrs["value"])
    return alg.op(operator.neg, v)


def varying(t: Type) -> bool:
    """Whether an array has a length that is equal to no other."""
    return any(isinstance(d, Dim) and d.varies for d in dims_of(t))


def is_whole(step: Step) -> bool:
    """Whether a step takes all of an array: ``a[...]``, ``a[:]``, ``a[:, :]``."""
    if step.kind != "index":
        return False
    entries = step.key if isinstance(step.key, tuple) else (step.key,)
    return bool(entries) and all(e is Ellipsis or isinstance(e, slice) and e == slice(None) for e in entries)


# -- functions that generated code may need in its head ------------------------------------------


def last_write(a: Any, index: Any) -> Any:
    """Which elements of ``a[index] = v`` are still there afterwards: the last write to each."""
    order = np.zeros(a.shape, dtype=int)
    count = np.arange(order[index].size).reshape(order[index].shape)
    order[index] = count
    return order[index] == count


def condition(op: Op) -> Value:
    """What says which arm of an `if` was taken: of a body that may raise, a flag that its arms set."""
    if not op.attrs.get("attempt"):
        return op.operands[0]
    for region, value in zip(op.regions, (True, False)):
        const = Op("const", (), [Scalar("bool")], value=value)
        region.ops.append(const)
        region.yields.append(const.result)
    return op.add_result(Scalar("bool"), "completed")


__all__ = ["Reverse"]
