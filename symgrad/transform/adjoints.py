"""What an adjoint is made of: the sum of contributions, each in the shape and kind of number of the value."""
from __future__ import annotations

import functools
import operator

import numpy as np

from symgrad.analysis.dependence import Dependence
from symgrad.frontend import primitives
from symgrad.frontend.helpers import add_trees
from symgrad.frontend.lowering import Lowering
from symgrad.ir.infer import dim_length
from symgrad.ir.nodes import Op, Region, Slot, Value, captured, walk
from symgrad.ir.types import (
    Array,
    DictOf,
    Dim,
    ListOf,
    Optional_,
    Scalar,
    Tree,
    Type,
    dims_of,
    is_complex,
    never_stretched,
    with_dtype,
)
from symgrad.rules.broadcasting import unbroadcast_at_run_time
from symgrad.transform.apply_rule import as_number
from symgrad.transform.base import Transform, representative
from symgrad.transform.blanks import bind
from symgrad.transform.costs import Costs
from symgrad.transform.lists import add_lists
from symgrad.transform.record import homes
from symgrad.transform.undo import Undoing

Adjoints = dict[Value, Value]


class Accumulation(Transform):
    """Adds what the uses of a value contribute to its adjoint."""

    def __init__(self, lw: Lowering, region: Region, inputs: list[Value], outputs: list[Value]) -> None:
        super().__init__(lw, region, inputs, outputs)
        lw.unbroadcast = self.unbroadcast
        self.costs = Costs(region, lw.backend)
        self.homes = homes(region)
        self.dependence = Dependence(region, self.homes)
        self.undoing = Undoing(self)
        self.in_function = False
        types = {v.type for op in walk(region) for v in op.results if isinstance(v.type, (Scalar, Array))}
        self.single = any(t.dtype in ("float32", "float16") for t in types)
        self.mixed = self.single and any(t.dtype == "float64" and not (isinstance(t, Scalar) and t.python) for t in types)
        self.here = Here([])

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
            add = add_trees if isinstance(old.type, Tree) else add_lists
            return self.call_tree(add, (Slot(0), Slot(1)), {}, [old, d], old.type)
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
        assert d.op is not None
        sizes = [self.b.emit(Op("call", [d], [Scalar("int64")], fn=dim_length, args=(Slot(0), a), kwargs={})).result
                 for a in axes]
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
        bind(self, source)
        return source


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


def varying(t: Type) -> bool:
    """Whether an array has a length that is equal to no other."""
    return any(isinstance(d, Dim) and d.varies for d in dims_of(t))


__all__ = ["Accumulation", "Adjoints", "Here"]
