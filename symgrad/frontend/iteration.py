"""Iterating: every iterable is a number of items and a way to get item number i.

Tuples and lists of known length are unrolled; anything else becomes an IR loop.
"""
from __future__ import annotations

import ast
import itertools
from collections.abc import Callable
from typing import Any

from symgrad.errors import SymgradError
from symgrad.frontend.indexing import get_item, length, opened
from symgrad.frontend.lowering import Lowering
from symgrad.frontend.values import DictC, DynC, InstC, Iter, ListC, Obj, Ref, SetC, Static, Tup
from symgrad.ir.nodes import Op, Slot, Value
from symgrad.ir.types import BOTTOM, INT, Array, DictOf, Instance, ListOf, Opaque, Optional_, Tree, TupleOf


def static_items(lw: Lowering, a: Any) -> list[Any] | None:
    """The items of `a` where their number is known at compile time, else None."""
    if isinstance(a, Tup):
        return list(a.items)
    if isinstance(a, Static) and isinstance(a.obj, (tuple, list, str, range, dict, set, frozenset)):
        from symgrad.frontend.indexing import wrap_static
        from symgrad.frontend.sets import in_order
        items = in_order(frozenset(a.obj)) if isinstance(a.obj, (set, frozenset)) else a.obj
        return [wrap_static(lw, x) for x in items]
    if isinstance(a, Value) and isinstance(a.type, (Optional_, TupleOf, Tree)):
        return static_items(lw, opened(lw, a))
    if isinstance(a, Value) and a.type == ListOf(BOTTOM):
        return []                                        # nothing was ever put into it
    if isinstance(a, Obj):
        c = lw.contents(a)
        if isinstance(c, DynC) and lw.load(c.ref).type == ListOf(BOTTOM):
            return []
        if isinstance(c, ListC):
            return list(c.items)
        if isinstance(c, DictC):
            return [Static(k) for k, _ in c.items]
        if isinstance(c, SetC):
            from symgrad.frontend import sets
            from symgrad.frontend.indexing import wrap_static
            return [wrap_static(lw, x) for x in sets.in_order(c.items)] if isinstance(c.items, frozenset) else None
        return static_items(lw, over_object(lw, a, c)) if isinstance(c, InstC) and _has(c.cls, "__iter__") else None
    if isinstance(a, Iter):
        if a.kind in ("keys", "values", "items"):
            c = lw.contents(a.parts[0])
            if isinstance(c, DictC):
                pick = {"keys": lambda k, v: Static(k), "values": lambda k, v: v,
                        "items": lambda k, v: Tup((Static(k), v))}[a.kind]
                return [pick(k, v) for k, v in c.items]
            return None
        if a.kind == "range":
            return range_items(lw, a)
        if a.kind == "enumerate":
            inner = static_items(lw, a.parts[0])
            first = a.parts[1]
            if inner is None or not isinstance(first, Static):
                return None
            return [Tup((Static(first.obj + i), x)) for i, x in enumerate(inner)]
        if a.kind in ("reversed",):
            inner = static_items(lw, a.parts[0])
            return None if inner is None else inner[::-1]
        if a.kind == "zip":
            columns = [static_items(lw, p) for p in a.parts]
            known = [c for c in columns if c is not None]
            if not known:
                return None
            if len(known) < len(columns):
                infinite = all(endless(p) for p, c in zip(a.parts, columns) if c is None)
                if not infinite:
                    return _zip_mixed(lw, a, columns)
            n = min(map(len, known))
            rows = []
            for i in range(n):
                rows.append(Tup(tuple(c[i] if c is not None else count_and_get(lw, p)[1](lw.constant(i))
                                      for c, p in zip(columns, a.parts))))
            return rows
        if a.kind == "map":
            columns = [static_items(lw, p) for p in a.parts[1:]]
            if any(c is None for c in columns):
                return None
            from symgrad.frontend.calls import call
            return [call(lw, a.parts[0], list(row), {}) for row in zip(*columns)]
        if a.kind == "pairwise":
            inner = static_items(lw, a.parts[0])
            return None if inner is None else [Tup(p) for p in itertools.pairwise(inner)]
    return None


def endless(a: Any) -> bool:
    """Whether an iterable has no end: a count, or what is made of such only."""
    if not isinstance(a, Iter) or a.kind not in ("count", "map", "zip", "enumerate"):
        return False
    over = {"count": (), "map": a.parts[1:], "zip": a.parts, "enumerate": a.parts[:1]}[a.kind]
    return all(map(endless, over)) and (bool(over) or a.kind == "count")


def written_out(lw: Lowering, a: Any) -> Any:
    """An iterable whose items are known one by one, for one that is a loop as a rule; asks for what it takes."""
    if isinstance(a, Iter) and a.kind == "range":
        bounds: list[Any] = [p.op.attrs["value"] if isinstance(p, Value) and p.op is not None and p.op.kind == "const"
                  else lw.static(p) if isinstance(p, Static) or p in lw.static_args else None for p in a.parts]
        if None in bounds or len(range(*bounds)) > MOST_WRITTEN_OUT:
            return None
        return Tup(tuple(map(Static, range(*bounds))))
    if isinstance(a, Iter) and a.kind in ("enumerate", "zip", "reversed", "pairwise"):
        parts = [p if a.kind == "enumerate" and i else written_out(lw, p) for i, p in enumerate(a.parts)]
        return None if any(p is None for p in parts) else Iter(a.kind, tuple(parts))
    items = static_items(lw, a)
    if items is not None:
        return Tup(tuple(items)) if len(items) <= MOST_WRITTEN_OUT else None
    if isinstance(a, (Obj, Value)) and isinstance(lw.value(a).type, ListOf):
        lw.need_length(a)
    return None


def _zip_mixed(lw: Lowering, a: Iter, columns: list[Any]) -> list[Any] | None:
    # a known length beside a run-time one: unrolled only if a type decides that the items differ in kind
    known = [c for c in columns if c is not None]
    try:
        for c in known:
            lw.list_value(ListC(tuple(c)))
    except SymgradError:
        n = min(map(len, known))
        gets: list[Any] = [count_and_get(lw, p)[1] if c is None else None for p, c in zip(a.parts, columns)]
        return [Tup(tuple(c[i] if c is not None else g(lw.constant(i)) for c, g in zip(columns, gets)))
                for i in range(n)]
    return None


MOST_WRITTEN_OUT = 300


def range_items(lw: Lowering, a: Iter) -> list[Any] | None:
    """A range is unrolled in rule code, which decides structure; elsewhere it stays a loop."""
    if not lw.frame.in_rule or not all(isinstance(p, Static) for p in a.parts):
        return None
    return [Static(i) for i in range(*(p.obj for p in a.parts))]


def bounds_and_get(lw: Lowering, a: Any) -> tuple[Any, Callable[[Value], Any]]:
    """The range that a loop over `a` runs through, and a function from its index to an item."""
    if isinstance(a, Iter) and a.kind == "range":
        return a.parts, lambda i: i
    count, get = count_and_get(lw, a if isinstance(a, (Ref, Iter, Obj)) else lw.bind(a))
    if count is None:
        lw.error("this loop has no end", hint="loop over a range, or use while")
    return (Static(0), count, Static(1)), get


def count_and_get(lw: Lowering, a: Any) -> tuple[Any, Callable[[Value], Any]]:
    """How many items `a` has, and a function from an index to an item."""
    if isinstance(a, Value) and isinstance(a.type, (Optional_, TupleOf, Tree, Instance)):
        return count_and_get(lw, opened(lw, a))
    if isinstance(a, Static) and isinstance(a.obj, str):
        text = lw.constant(a.obj)
        return Static(len(a.obj)), lambda i: get_item(lw, text, i)
    if isinstance(a, (Tup, Static)):
        items = static_items(lw, a)
        if items is None:
            lw.error("this cannot be iterated over")
        a = lw.bind(lw.list_value(ListC(tuple(items))))
        return Static(len(items)), lambda i: get_item(lw, a, i)
    if isinstance(a, Ref):
        return length(lw, a), lambda i: get_item(lw, a, i)
    if isinstance(a, Obj):
        c = lw.contents(a)
        if isinstance(c, DynC):
            t = lw.load(c.ref).type
            if isinstance(t, DictOf):
                keys = dict_keys(lw, a)
                return length(lw, keys), lambda i: get_item(lw, keys, i)
            return length(lw, a), lambda i: get_item(lw, a, i)
        if isinstance(c, SetC):
            from symgrad.frontend import sets
            return count_and_get(lw, sets.as_run_time_list(lw, c))
        if isinstance(c, ListC):
            return Static(len(c.items)), lambda i: get_item(lw, a, i)
        if isinstance(c, DictC):
            return count_and_get(lw, Tup(tuple(Static(k) for k, _ in c.items)))
        if isinstance(c, InstC) and _has(c.cls, "__iter__"):
            return count_and_get(lw, over_object(lw, a, c))
        if isinstance(c, InstC) and (length_method := _has(c.cls, "__len__")) and length_method:
            return length(lw, a), lambda i: get_item(lw, a, i)
    if isinstance(a, Value):
        if isinstance(a.type, (Array, ListOf)):
            return length(lw, a), lambda i: get_item(lw, a, i)
        if isinstance(a.type, Opaque):
            seq = lw.b.emit(Op("call", [a], [ListOf(Opaque())], fn=list, args=(Slot(0),), kwargs={})).result
            return length(lw, seq), lambda i: get_item(lw, seq, i)
    if isinstance(a, Iter):
        return _iter(lw, a)
    lw.error("this cannot be iterated over")


def over_object(lw: Lowering, a: Obj, c: InstC) -> Any:
    """What the ``__iter__`` of an object goes over: it must return ``iter(...)`` of something else."""
    from symgrad.frontend.attributes import get_attribute
    from symgrad.frontend.calls import call
    found = call(lw, get_attribute(lw, a, "__iter__"), [], {})
    return found.parts[0] if isinstance(found, Iter) and found.kind == "iter" else found


def _has(cls: type, name: str) -> bool:
    return hasattr(cls, name)


def dict_keys(lw: Lowering, obj: Obj) -> Value:
    v = lw.value(obj)
    assert isinstance(v.type, DictOf)
    return lw.b.emit(Op("call", [v], [ListOf(v.type.key)], fn=list, args=(Slot(0),), kwargs={})).result


def _iter(lw: Lowering, a: Iter) -> tuple[Any, Callable[[Value], Any]]:
    from symgrad.frontend.expressions import binary
    if a.kind == "range":
        start, _, step = a.parts
        n = range_count(lw, a)

        def from_range(i: Any) -> Any:
            i = scaled = i if step == Static(1) else binary(lw, ast.Mult, step, i)
            return scaled if start == Static(0) else binary(lw, ast.Add, start, i)
        return n, from_range
    if a.kind == "enumerate":
        n, get = count_and_get(lw, a.parts[0])
        first = a.parts[1]
        return n, lambda i: Tup((i if first == Static(0) else binary(lw, ast.Add, i, first), get(i)))
    if a.kind == "zip":
        parts = [count_and_get(lw, p) for p in a.parts]
        n = None if endless(a) else smallest(lw, [n for n, _ in parts if n is not None])
        return n, lambda i: Tup(tuple(get(i) for _, get in parts))
    if a.kind == "reversed":
        n, get = count_and_get(lw, a.parts[0])
        return n, lambda i: get(lw.value(binary(lw, ast.Sub, binary(lw, ast.Sub, n, Static(1)), i)))
    if a.kind == "map":
        from symgrad.frontend.calls import call
        parts = [count_and_get(lw, p) for p in a.parts[1:]]
        n = None if endless(a) else smallest(lw, [n for n, _ in parts if n is not None])
        return n, lambda i: call(lw, a.parts[0], [get(i) for _, get in parts], {})
    if a.kind == "ndindex":
        lengths = a.parts[0].items
        n = Static(1)
        for m in lengths:
            n = binary(lw, ast.Mult, n, m) if n != Static(1) else m

        def indices(i: Any) -> Any:
            out: list[Any] = []
            for m in reversed(lengths[1:]):
                out.insert(0, binary(lw, ast.Mod, i, m))
                i = binary(lw, ast.FloorDiv, i, m)
            return Tup((i, *out)) if lengths else Tup(())
        return n, indices
    if a.kind == "count":
        return None, lambda i: binary(lw, ast.Add, a.parts[0], i)
    if a.kind == "pairwise":
        n, get = count_and_get(lw, a.parts[0])
        less = call_builtin_max(lw, binary(lw, ast.Sub, n, Static(1)))
        return less, lambda i: Tup((get(i), get(lw.value(binary(lw, ast.Add, i, Static(1))))))
    if a.kind in ("keys", "values", "items"):
        obj = a.parts[0]
        keys = dict_keys(lw, obj)
        n = length(lw, keys)

        def item(i: Any) -> Any:
            k = get_item(lw, keys, i)
            if a.kind == "keys":
                return k
            v = get_item(lw, obj, k)
            return v if a.kind == "values" else Tup((k, v))
        return n, item
    if a.kind in ("generator", "filter"):
        from symgrad.frontend.comprehensions import as_list
        return count_and_get(lw, as_list(lw, a))
    lw.error(f"{a.kind} cannot be iterated over here")


def call_builtin_max(lw: Lowering, n: Any) -> Any:
    if isinstance(n, Static):
        return Static(max(n.obj, 0))
    zero = lw.constant(0)
    return lw.b.emit(Op("call", [lw.value(n), zero], [INT], fn=max, args=(Slot(0), Slot(1)), kwargs={})).result


def smallest(lw: Lowering, counts: list[Any]) -> Any:
    """The least of several counts; equal expressions are one value already."""
    different: list[Any] = []
    for n in counts:
        if not any(n == d or (isinstance(n, Value) and isinstance(d, Value) and same_length(n, d)) for d in different):
            different.append(n)
    if len(different) == 1:
        return different[0]
    if all(isinstance(n, Static) for n in different):
        return Static(min(n.obj for n in different))
    values = [lw.value(n) for n in different]
    return lw.b.emit(Op("call", values, [INT], fn=min, args=tuple(Slot(i) for i in range(len(values))),
                        kwargs={})).result


def same_length(a: Value, b: Value) -> bool:
    from symgrad.ir.infer import length_of
    return length_of(a) == length_of(b)


def range_count(lw: Lowering, a: Iter) -> Any:
    start, stop, step = a.parts
    if all(isinstance(p, Static) for p in a.parts):
        return Static(len(range(start.obj, stop.obj, step.obj)))
    if start == Static(0) and step == Static(1):
        return call_builtin_max(lw, stop)
    values = [lw.value(p) for p in a.parts]
    r = Op("call", values, [INT], fn=range_length, args=(Slot(0), Slot(1), Slot(2)), kwargs={})
    return lw.b.emit(r).result


def range_length(start: int, stop: int, step: int) -> int:
    """``len(range(start, stop, step))``."""
    return len(range(start, stop, step))
