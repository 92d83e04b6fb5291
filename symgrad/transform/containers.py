"""The adjoints and tangents of what builds, grows and folds lists, and of Python's max, min and sum."""
from __future__ import annotations

import builtins
import math
import operator
import types
from typing import Any

import numpy as np

from symgrad.frontend.containers import list_append, list_concat, list_pop, list_repeat, list_reverse
from symgrad.frontend.helpers import add_trees, zeros_of_tree
from symgrad.frontend.indexing import unwrap_optional
from symgrad.frontend.lowering import make_dict, make_instance, make_list, make_tuple, unpack
from symgrad.ir.nodes import Op, Region, Slot, Step, Value
from symgrad.ir.types import Array, DictOf, Instance, ListOf, Scalar, Tree
from symgrad.transform.lists import add_lists, fold_list
from symgrad.transform.trees import built, nothing, shared, unpacked

Adjoints = dict[Value, Value]


def _append(r: Any, op: Op, adj: Adjoints) -> None:
    d = adj.pop(op.results[0])
    popped = r.b.emit(Op("call", [d], [d.type, op.operands[1].type], fn=list_pop, args=(Slot(0),), kwargs={},
                         memory=True))
    r.add(adj, op.operands[1], popped.results[1])
    if op.operands[0] in r.active:
        adj[op.operands[0]] = r.named(popped.results[0], op.operands[0])


def _pop(r: Any, op: Op, adj: Adjoints) -> None:
    rest, item = adj.pop(op.results[0], None), adj.pop(op.results[1], None)
    if rest is None:
        rest = r.zeros(op.results[0])
    if item is None:
        item = r.zeros(op.results[1])
    pushed = r.b.emit(Op("call", [rest, item], [rest.type], fn=list_append, args=(Slot(0), Slot(1)), kwargs={},
                         memory=True)).result
    if op.operands[0] in r.active:
        if op.operands[0] in adj:
            pushed = r.call_tree(add_lists, (Slot(0), Slot(1)), {}, [pushed, adj[op.operands[0]]], pushed.type)
        adj[op.operands[0]] = r.named(pushed, op.operands[0])


def _items(r: Any, op: Op, adj: Adjoints) -> None:
    """A list, tuple or dict display: each item gets its own."""
    t = op.results[0].type
    if isinstance(t, Tree):
        built(r, op, adj)
        return
    d = adj.pop(op.results[0])
    for i, v in enumerate(op.operands):
        if v not in r.active:
            continue
        if isinstance(t, DictOf):
            step = Step("index", op.attrs["args"][0][i])
        elif isinstance(t, Instance):
            step = Step("attr", op.attrs["args"][1][i])
        else:
            step = Step("index", i)
        r.add(adj, v, r.b.emit(Op("load", [d], [v.type], path=(step,))).result)


def _list_copy(r: Any, op: Op, adj: Adjoints) -> None:
    add_list(r, adj, op.operands[0], adj.pop(op.results[0]))


def add_list(r: Any, adj: Adjoints, v: Value, d: Value) -> None:
    if v not in r.active:
        return
    if isinstance(v.type, Array):
        d = r.call_tree(np.array, (Slot(0),), {}, [d], v.type)
        r.add(adj, v, d)
        return
    old = adj.get(v)
    adj[v] = d if old is None else r.call_tree(add_lists, (Slot(0), Slot(1)), {}, [old, d], d.type)


def _concat(r: Any, op: Op, adj: Adjoints) -> None:
    d = adj.pop(op.results[0])
    a, b = op.operands
    n = r.b.emit(Op("call", [a], [Scalar("int64")], fn=len, args=(Slot(0),), kwargs={})).result
    for v, s in ((a, slice(None, Slot(1), None)), (b, slice(Slot(1), None, None))):
        if v in r.active:
            add_list(r, adj, v, r.b.emit(Op("load", [d, n], [d.type], path=(Step("index", s),))).result)


def _repeat(r: Any, op: Op, adj: Adjoints) -> None:
    d = adj.pop(op.results[0])
    add_list(r, adj, op.operands[0],
             r.call_tree(fold_list, (Slot(0), Slot(1)), {}, [d, op.operands[0]], op.operands[0].type))


def _reversed(r: Any, op: Op, adj: Adjoints) -> None:
    d = adj.pop(op.results[0])
    add_list(r, adj, op.operands[0], r.call_tree(list_reverse, (Slot(0),), {}, [d], d.type))


def _sum(r: Any, op: Op, adj: Adjoints) -> None:
    """Python's sum and math.fsum of a list: every item gets the cotangent."""
    d = adj.pop(op.results[0])
    v = op.operands[0]
    if v in r.active:
        if isinstance(v.type, Array):
            n = r.shape(v)
            r.add(adj, v, r.call_tree(np.broadcast_to, (Slot(0), tuple(Slot(i + 1) for i in range(len(n)))), {},
                                      [d, *n]))
        else:
            length = r.b.emit(Op("call", [v], [Scalar("int64")], fn=len, args=(Slot(0),), kwargs={})).result
            one = r.b.emit(Op("call", [d], [ListOf(d.type)], fn=make_list, args=(Slot(0),), kwargs={},
                              new=r.fresh())).result
            add_list(r, adj, v, r.call_tree(list_repeat, (Slot(0), Slot(1)), {}, [one, length], v.type))
    for other in op.operands[1:]:
        r.add(adj, other, d)


def _extremum(larger: Any) -> Any:
    def pull(r: Any, op: Op, adj: Adjoints) -> None:
        """Python's max and min of two: the first wins a tie."""
        d = adj.pop(op.results[0])
        a, b = op.operands
        second = r.algebra.op(larger, b, a)
        regions = [Region(), Region()]
        zero = r.algebra.const(0.0)
        active = [v for v in dict.fromkeys((a, b)) if v in r.active]
        for v in active:
            regions[0].yields.append(d if v is b else zero)
            regions[1].yields.append(d if v is a else zero)
        op_ = Op("if", [second], [d.type for _ in active], regions, span=r.b.span)
        op_.adjoint = True
        r.b.region.ops.append(op_)
        for v, result in zip(active, op_.results):
            r.add(adj, v, result)
    return pull


def _through(r: Any, op: Op, adj: Adjoints) -> None:
    r.add(adj, op.operands[0], adj.pop(op.results[0]))


PULLBACKS: dict[Any, Any] = {
    list_append: _append, list_pop: _pop, make_list: _items, make_tuple: _items, make_dict: _items,
    make_instance: _items, list: _list_copy, list_concat: _concat, list_repeat: _repeat, list_reverse: _reversed,
    builtins.sum: _sum, math.fsum: _sum, max: _extremum(operator.gt), min: _extremum(operator.lt), unwrap_optional: _through,
    float: _through, unpack: unpacked, add_trees: shared, zeros_of_tree: nothing}


# -- forward ---------------------------------------------------------------------------------------


def _same(f: Any, op: Op) -> list[Value]:
    """The tangent of a list is a list of tangents: what is done to the one is done to the other."""
    places = op.operands[1:] if op.fn is list_pop else []          # what is appended has a tangent, if it is a whole number too
    operands = [v if v in places else f.tangent(v) for v in op.operands]
    attrs = {k: a for k, a in op.attrs.items() if k not in ("effect", "aug")}
    return list(f.b.emit(Op("call", operands, [r.type for r in op.results], **attrs)).results)


def _make(f: Any, op: Op) -> list[Value]:
    """A display of tangents, zeros for what does not vary."""
    attrs = dict(op.attrs)
    if "new" in attrs:
        attrs["new"] = f.fresh()
    if op.fn is make_instance:
        attrs["args"] = (types.SimpleNamespace, *attrs["args"][1:])
    return list(f.b.emit(Op("call", [f.tangent(v) for v in op.operands], [op.results[0].type], **attrs)).results)


def _repeat_tangent(f: Any, op: Op) -> list[Value]:
    d = f.tangent(op.operands[0])
    return [f.call_tree(list_repeat, (Slot(0), Slot(1)), {}, [d, op.operands[1]], op.results[0].type)]


def _sum_tangent(f: Any, op: Op) -> list[Value | None]:
    parts = [f.tangent(v) for v in op.operands[1:] if v in f.active]
    if op.operands[0] in f.active:
        d = f.tangent(op.operands[0])
        parts.insert(0, f.call_tree(op.fn, (Slot(0),), {}, [d], op.results[0].type))
    return [f.total(parts)]


def _extremum_tangent(larger: Any) -> Any:
    def push(f: Any, op: Op) -> list[Value]:
        """Python's max and min of two: the first wins a tie."""
        a, b = op.operands
        second = f.algebra.op(larger, b, a)
        regions = [Region(), Region()]
        for region, v in zip(regions, (b, a)):
            with f.b.nested(region):
                region.yields.append(f.tangent(v))
        made = Op("if", [second], [f.derivative_type(op.results[0], regions[0].yields[0])], regions, span=f.b.span)
        made.adjoint = True
        f.b.region.ops.append(made)
        return list(made.results)
    return push


def _zeros_tangent(f: Any, op: Op) -> list[Value]:
    return [f.zeros(op.results[0])]


def _through_tangent(f: Any, op: Op) -> list[Value]:
    return [f.tangent(op.operands[0])]


PUSHFORWARDS: dict[Any, Any] = {
    list_append: _same, list_pop: _same, make_list: _make, make_tuple: _make, make_dict: _make, make_instance: _make,
    list: _same, list_concat: _same, list_repeat: _repeat_tangent, list_reverse: _same, builtins.sum: _sum_tangent,
    math.fsum: _sum_tangent, max: _extremum_tangent(operator.gt), min: _extremum_tangent(operator.lt),
    unwrap_optional: _through_tangent, float: _through_tangent, unpack: _same, add_trees: _same,
    zeros_of_tree: _zeros_tangent}
