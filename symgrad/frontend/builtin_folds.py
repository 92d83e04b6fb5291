"""Builtins that go through what they are given: sums, extrema, sorting, `any` and `all`, `functools.reduce`."""
from __future__ import annotations

import ast
import builtins
import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from symgrad.frontend import branches, calls, indexing, primitives
from symgrad.frontend.comprehensions import as_list, map_list
from symgrad.frontend.expressions import binary, compare_pair, is_array, truth
from symgrad.frontend.iteration import count_and_get, static_items
from symgrad.frontend.loops import for_loop
from symgrad.frontend.lowering import Lowering
from symgrad.frontend.values import InstC, Iter, ListC, Obj, Ref, SetC, Static, Tup
from symgrad.ir.nodes import Op, Slot, Value
from symgrad.ir.types import BOOL, FLOAT, INT, Array, ListOf, Opaque, Scalar, join

Args = list[Any]
Kwargs = dict[str, Any]


def sum_(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    start = args[1] if len(args) > 1 else kwargs.get("start", Static(0))
    a = args[0]
    if is_lazy(lw, a):
        a = as_list(lw, a)
    items = static_items(lw, a)
    if items is not None and (not items or not all(numeric(i) for i in items)):
        total = start
        for i in items:
            total = binary(lw, ast.Add, total, i)
        return total
    if isinstance(a, Ref) and isinstance(t := lw.load(a).type, Array) and t.ndim > 1:
        return sum_of_arrays(lw, a, Array(t.dtype, t.dims[1:]), start)        # Python's sum adds the rows one by one
    v = lw.value(a)
    if isinstance(v.type, ListOf) and isinstance(v.type.item, Array):
        return sum_of_arrays(lw, lw.bind(v), v.type.item, start)
    item = v.type.item if isinstance(v.type, ListOf) else Scalar(v.type.dtype, False) if isinstance(v.type, Array) \
        else FLOAT
    s = lw.value(start)
    result = join(item, s.type) if not isinstance(item, Opaque) else FLOAT
    if result is None or not isinstance(result, Scalar):
        return fold(lw, lw.bind(v), start, lambda x, y: binary(lw, ast.Add, x, y))
    operands = [v] if start == Static(0) else [v, s]
    tree = tuple(Slot(i) for i in range(len(operands)))
    return lw.b.emit(Op("call", operands, [result], fn=builtins.sum, args=tree, kwargs={})).result


def is_lazy(lw: Lowering, a: Any) -> bool:
    """Whether the items of something are had by iterating over it only."""
    return isinstance(a, Iter) or isinstance(a, Obj) and isinstance(lw.contents(a), (InstC, SetC))


def sum_of_arrays(lw: Lowering, a: Any, item: Array, start: Any) -> Any:
    """The sum in a loop; where `start` is of another shape, as 0 is, what it makes of the first item is."""
    def add(x: Any, y: Any) -> Any:
        return binary(lw, ast.Add, x, y)
    if lw.value(start).type == item:
        return fold(lw, a, start, add)
    return fold(lw, a, add(start, indexing.get_item(lw, a, Static(0))), add, 1)


def numeric(a: Any) -> bool:
    if isinstance(a, Value):
        return isinstance(a.type, Scalar)
    return isinstance(a, Static) and isinstance(a.obj, (int, float, complex))


def fold(lw: Lowering, a: Any, start: Any, f: Callable[[Any, Any], Any], first: int = 0) -> Any:
    """``functools.reduce(f, a, start)`` as a loop."""
    key = ("temporary", lw.frame.id, next(lw.ids))
    lw.cells[key] = lw.bind(start)
    n, get = count_and_get(lw, a)

    def body(i: Value) -> None:
        lw.cells[key] = lw.bind(f(lw.cells[key], lw.bind(get(i))))
    for_loop(lw, (Static(first), n, Static(1)), body, [], "")
    return lw.cells.pop(key)


def reduce_(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    f, a = args[0], args[1]
    items = static_items(lw, a)
    if items is not None:
        rest = items
        if len(args) > 2:
            total = args[2]
        else:
            total, rest = items[0], items[1:]
        for i in rest:
            total = calls.call(lw, f, [total, i], {})
        return total
    a = lw.bind(a) if isinstance(a, Value) else a
    if isinstance(a, Iter):
        a = as_list(lw, a)
    if len(args) > 2:
        return fold(lw, a, args[2], lambda x, y: calls.call(lw, f, [x, y], {}))
    return fold(lw, a, indexing.get_item(lw, a, Static(0)), lambda x, y: calls.call(lw, f, [x, y], {}), 1)


def extremum(largest: bool) -> Callable[..., Any]:
    op = ast.Gt() if largest else ast.Lt()

    def make(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
        key = kwargs.get("key", Static(None))
        default = kwargs.get("default")

        def of(x: Any) -> Any:
            return x if key == Static(None) else calls.call(lw, key, [x], {})
        if len(args) == 1:
            items = static_items(lw, args[0])
            if items is None:
                a = as_list(lw, args[0]) if is_lazy(lw, args[0]) else args[0]
                a = lw.bind(a) if isinstance(a, Value) else a
                items = static_items(lw, a)
                if items is None:
                    return run_time(lw, a, of, default)
        else:
            items = args
        if not items:
            if default is not None:
                return default
            lw.error(f"ValueError: {'max' if largest else 'min'}() of an empty sequence")
        best, best_key = items[0], of(items[0])
        for x in items[1:]:
            k = of(x)
            if lw.is_static(k) and lw.is_static(best_key):
                if (lw.static(k) > lw.static(best_key)) == largest and lw.static(k) != lw.static(best_key):
                    best, best_key = x, k
                continue
            if key == Static(None) and numeric(x) and numeric(best):
                best = best_key = two(lw, max if largest else min, best, x)
                continue
            c = lw.value(truth(lw, compare_pair(lw, op, k, best_key)))
            pair = branches.branch(lw, c, functools.partial(Tup, (x, k)), functools.partial(Tup, (best, best_key)))
            best, best_key = pair.items
        return best

    def run_time(lw: Lowering, a: Any, of: Any, default: Any) -> Any:
        if default is not None:
            return branches.branch(lw, lw.value(truth(lw, a)), lambda: run_time(lw, a, of, None), lambda: default)
        start = indexing.get_item(lw, a, Static(0))

        def better(state: Any, x: Any) -> Any:
            k = of(x)
            if k is x and numeric(x):
                return Tup((y := two(lw, max if largest else min, state.items[0], x), y))
            c = lw.value(truth(lw, compare_pair(lw, op, k, state.items[1])))
            return branches.branch(lw, c, lambda: Tup((x, k)), lambda: state)
        return fold(lw, a, Tup((start, of(start))), better, 1).items[0]

    return make


def two(lw: Lowering, fn: Any, a: Any, b: Any) -> Value:
    """``max(a, b)`` of two numbers: one op, whose derivative goes to the first where they are equal."""
    values = [lw.value(a), lw.value(b)]
    t = join(values[0].type, values[1].type)
    if t is None:
        lw.error("max() or min() of different kinds of things")
    return lw.b.emit(Op("call", values, [t], fn=fn, args=(Slot(0), Slot(1)), kwargs={})).result


def sorted_(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    """``sorted(a, key=..., reverse=...)``: the order is found once, the items are picked in it."""
    a = as_list(lw, args[0])
    reverse = kwargs.get("reverse", Static(False))
    key = kwargs.get("key", Static(None))
    items = static_items(lw, a)
    if items is not None and all(map(lw.is_static, items)) and key == Static(None):
        return lw.new_object(ListC(tuple(indexing.wrap_static(lw, x) for x in sorted(
            (lw.static(i) for i in items), reverse=lw.static(reverse)))))
    keys = a if key == Static(None) else map_items(lw, a, lambda x: calls.call(lw, key, [x], {}))
    if items is not None:
        kitems = static_items(lw, keys)
        if kitems is not None and all(map(lw.is_static, kitems)):
            order_ = sorted(range(len(items)), key=lambda i: lw.static(kitems[i]), reverse=lw.static(reverse))
            return lw.new_object(ListC(tuple(items[i] for i in order_)))
        lw.dynamic(a)
    order = lw.b.emit(Op("call", [lw.value(keys), lw.value(reverse)], [ListOf(INT)], fn=sort_order,
                         args=(Slot(0), Slot(1)), kwargs={})).result
    return lw.bind(map_list(lw, lw.bind(order), lambda i: indexing.get_item(lw, a, i)))


def map_items(lw: Lowering, a: Any, f: Callable[[Any], Any]) -> Any:
    items = static_items(lw, a)
    if items is not None:
        return lw.new_object(ListC(tuple(lw.bind(f(i)) for i in items)))
    return map_list(lw, a, lambda x: f(lw.bind(x)))


def sort_order(keys: list[Any], reverse: bool) -> list[int]:
    """The indices that put `keys` in order, equal ones as they stand."""
    return sorted(range(len(keys)), key=keys.__getitem__, reverse=reverse)


def quantifier(every: bool) -> Callable[..., Any]:
    def make(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
        a = args[0]
        if is_array(a):
            return primitives.call_primitive(lw, np.all if every else np.any, args, kwargs)
        if isinstance(a, Iter) and a.kind == "generator":
            a = as_list(lw, a)
        items = static_items(lw, a)
        if items is not None:
            from symgrad.frontend.expressions import chain
            if not items:
                return Static(every)
            result = chain(lw, every, [lambda i=i: truth(lw, i) for i in items])
            return result
        v = lw.value(a)
        return lw.b.emit(Op("call", [v], [BOOL], fn=all if every else any, args=(Slot(0),), kwargs={})).result
    return make


__all__ = ["extremum", "quantifier", "reduce_", "sort_order", "sorted_", "sum_", "two"]
