"""Memory in reverse: what is read adds to the shadow, what is written takes out of it and leaves zero."""
from __future__ import annotations

import operator
from typing import Any

import numpy as np

from symgrad.frontend.indexing import path_type
from symgrad.frontend.lowering import shift
from symgrad.ir.nodes import Op, Slot, Step, Value, freeze
from symgrad.ir.types import Array, DictOf, Instance, ListOf, Scalar, TupleOf, Type, dims_of
from symgrad.rules.core import find
from symgrad.transform.adjoints import Adjoints
from symgrad.transform.lists import add_lists, zeros_of


def load(r: Any, op: Op, adj: Adjoints) -> None:
    d = adj.pop(op.results[0])
    memory = op.operands[0]
    if memory not in r.active:
        return
    if any(read_only(r, step, memory) for step in op.attrs["path"]):
        through_function(r, op, adj, d)
        return
    if memory not in adj:
        adj[memory] = r.zeros(memory)
    path = op.attrs["path"]
    d = r.fit(d, op.results[0], True)
    if isinstance(op.results[0].type, (ListOf, DictOf, TupleOf, Instance)):
        adj[memory] = add_list_slice(r, adj[memory], op, d)
        return
    store = Op("store", [adj[memory], d, *op.operands[1:]], [adj[memory].type],
               path=shift(path, 1), add=True)
    adj[memory] = r.named(r.b.emit(store).result, memory)


def read_only(r: Any, step: Step, memory: Value) -> bool:
    """Whether a view cannot be written to, or may turn out to be a copy: where the primal writes, it is none."""
    rule = find(step.key[0]) if step.kind == "view" else None
    if rule is None:
        return False
    return not rule.writable or callable(rule.view) and not r.costs.volatile(memory)


def through_function(r: Any, op: Op, adj: Adjoints, d: Value) -> None:
    """A view that cannot be written to (a diagonal): its rule takes the adjoint back to what it views."""
    path = op.attrs["path"]
    at = next(i for i, step in enumerate(path) if read_only(r, step, op.operands[0]))
    memory, *rest = op.operands
    types = [path_type(memory.type, shift(path[:n], -1), tuple(rest), r.lw) for n in range(at, len(path) + 1)]
    value = memory if at == 0 else r.b.emit(Op("load", op.operands, [types[0]], path=path[:at])).result
    chain = []
    for step, t in zip(path[at:], types[1:]):
        if step.kind == "view":
            fn, args, kwargs = step.key
            made = Op("call", [value, *rest], [t], fn=fn, args=(Slot(0), *args), kwargs=kwargs)
        else:
            made = Op("load", [value, *rest], [t], path=(step,))
        made = r.b.emit(made)
        chain.append((made, value))
        value = made.result
    for made, source in reversed(chain):
        r.active.add(source)
        local: Adjoints = {made.result: d}
        (r.op_call if made.kind == "call" else r.op_load)(made, local)
        d = local[source]
    if at == 0:
        r.add(adj, memory, d)
        return
    if memory not in adj:
        adj[memory] = r.zeros(memory)
    adj[memory] = r.b.emit(Op("store", [adj[memory], d, *rest], [adj[memory].type], path=shift(path[:at], 1),
                                 add=True)).result


def add_list_slice(r: Any, whole: Value, op: Op, d: Value) -> Value:
    """The adjoint of a slice of a list, or of a tuple in a list, is added item by item."""
    path = op.attrs["path"]
    part = r.b.emit(Op("load", [whole, *op.operands[1:]], [d.type], path=path)).result
    total = r.call_tree(add_lists, (Slot(0), Slot(1)), {}, [part, d], d.type)
    return r.b.emit(Op("store", [whole, total, *op.operands[1:]], [whole.type], path=shift(path, 1),
                          add=False)).result


def store(r: Any, op: Op, adj: Adjoints) -> None:
    memory, value, *indices = op.operands
    after = adj.pop(op.results[0])
    path: tuple[Step, ...] = op.attrs["path"]
    reading = shift(path, -1)
    whole = len(path) == 1 and is_whole(path[0])
    added = what_is_added(op)
    if added is not None:
        term, sign = added
        if term in r.active:
            t = path_type(after.type, shift(path, -2), tuple(indices), r.lw)
            d = after if whole else r.b.emit(Op("load", [after, *indices], [t], path=reading)).result
            r.add(adj, term, d if sign > 0 else r.algebra.neg(d))
    elif value in r.active:
        if whole:
            d = after
        else:
            t = path_type(after.type, shift(path, -2), tuple(indices), r.lw)
            d = r.b.emit(Op("load", [after, *indices], [t], path=reading)).result
            if not op.attrs.get("add") and any(isinstance(i.type, Array) and i.type.kind != "b" for i in indices):
                d = last_writes(r, d, after, path, indices, t)
        unknown = memory not in adj and memory is not value
        if unknown:
            adj[memory] = after             # it has the shape of the memory, should that be asked for
        r.add(adj, value, d)
        if unknown:
            del adj[memory]
    if memory not in r.active:
        return
    if op.attrs.get("add") or added is not None:
        before = after
    elif whole:
        return
    else:
        target = path_type(after.type, shift(path, -2), tuple(indices), r.lw)
        there = memory if isinstance(memory.type, ListOf) else after            # a key may be new
        zero = zero_of_type(r, target, there, indices, reading)
        before = r.b.emit(Op("store", [after, zero, *indices], [after.type], path=path, add=False)).result
    before = r.named(before, memory)
    if memory in adj:
        adj[memory] = r.b.emit(Op("accumulate", [before, adj[memory]], [before.type])).result
    else:
        adj[memory] = before


def what_is_added(op: Op) -> tuple[Value, int] | None:
    """The term of ``a[i] = a[i] + term``, and its sign: the adjoint of `a` stays as it is."""
    memory, value, *indices = op.operands
    made = value.op
    if made is None or made.kind != "call" or made.fn not in SIGNS or made.attrs["args"] != (Slot(0), Slot(1)) \
            or made.attrs["kwargs"] or any(isinstance(i.type, Array) for i in indices):
        return None
    part, term = made.operands
    if SIGNS[made.fn] > 0 and not reads(part, memory, op):
        part, term = term, part
    return (term, SIGNS[made.fn]) if reads(part, memory, op) else None


def reads(v: Value, memory: Value, store: Op) -> bool:
    """Whether a value is what a store overwrites."""
    op = v.op
    return op is not None and op.kind == "load" and op.operands == [memory, *store.operands[2:]] \
        and freeze(op.attrs["path"]) == freeze(shift(store.attrs["path"], -1))


SIGNS = {operator.add: 1, np.add: 1, operator.sub: -1, np.subtract: -1}


def last_writes(r: Any, d: Value, memory: Value, path: tuple[Step, ...], indices: list[Value], t: Type) -> Value:
    """Where an index names an element twice, only the last write to it counts."""
    if len(path) > 1:                       # the index is one into a view
        within = path_type(memory.type, shift(path[:-1], -2), tuple(indices), r.lw)
        memory = r.b.emit(Op("load", [memory, *indices], [within], path=shift(path[:-1], -1))).result
    index = shift(path[-1:], -1)[0].key
    mask = r.call_tree(last_write, (Slot(0), index), {}, [memory, *indices], Array("bool", dims_of(t)))
    return r.call(np.where, mask, d, 0.0)


def zero_of_type(r: Any, t: Type, memory: Value, indices: list[Value], path: Any) -> Value:
    replaced = not isinstance(memory.type, Array) and len(path) == 1        # an item, with the shape that it had
    if isinstance(t, Scalar) or isinstance(t, Array) and not replaced:
        return r.algebra.const(0.0)
    inner = r.b.emit(Op("load", [memory, *indices], [t], path=path)).result
    return r.call_tree(zeros_of, (Slot(0),), {}, [inner], t)


def is_whole(step: Step) -> bool:
    """Whether a step takes all of an array: ``a[...]``, ``a[:]``, ``a[:, :]``."""
    if step.kind != "index":
        return False
    entries = step.key if isinstance(step.key, tuple) else (step.key,)
    return bool(entries) and all(e is Ellipsis or isinstance(e, slice) and e == slice(None) for e in entries)


# -- functions that generated code may need in its head ------------------------------------------


def last_write(a: Any, index: Any) -> Any:
    """Which elements of ``a[index] = v`` are still there afterwards: the last write to each."""
    order = np.zeros(a.shape, dtype=np.int64)
    count = np.arange(order[index].size).reshape(order[index].shape)
    order[index] = count
    return order[index] == count


__all__ = ["load", "store"]
