"""Comprehensions and generator expressions: loops that gather a list."""
from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from symgrad.frontend import branches, containers
from symgrad.frontend.iteration import bounds_and_get, count_and_get, dict_keys, static_items, written_out
from symgrad.frontend.loops import for_loop
from symgrad.frontend.lowering import Lowering, Unsettled
from symgrad.frontend.source import assigned_names
from symgrad.frontend.values import DictC, DynC, Frame, Iter, ListC, Obj, Ref, SetC, Static
from symgrad.ir.nodes import Op, Slot, Value
from symgrad.ir.types import BOTTOM, Array, DictOf, ListOf


def comprehension(lw: Lowering, node: Any) -> Any:
    """A list, set or dict comprehension now; a generator expression when it is consumed."""
    if isinstance(node, ast.GeneratorExp):
        lw.frame.keep()
        return Iter("generator", (node, lw.frame))
    if isinstance(node, ast.DictComp):
        return dict_comprehension(lw, node)
    result = gather(lw, node, lw.frame)
    if isinstance(node, ast.SetComp):
        from symgrad.frontend import sets
        return sets.make(lw, result)
    return result


def inner_frame(lw: Lowering, node: Any, outer: Frame) -> Frame:
    targets: set[str] = set()
    for g in node.generators:
        targets |= assigned_names([g.target])
    return Frame(next(lw.ids), outer.source, outer.lookup, outer, frozenset(targets), function=outer.function,
                 in_rule=outer.in_rule, comprehension=True)


def gather(lw: Lowering, node: ast.ListComp | ast.GeneratorExp | ast.SetComp, outer: Frame) -> Any:
    """The list of a comprehension's items: unrolled where lengths are known, else a loop."""
    from symgrad.frontend.expressions import evaluate
    frame = inner_frame(lw, node, outer)
    lw.frames.append(frame)
    try:
        simple = len(node.generators) == 1 and not node.generators[0].ifs
        if simple:
            return simple_gather(lw, node, evaluate)
        out = lw.new_object(ListC(()))
        key = ("var", frame.id, "[]")
        lw.cells[key] = out
        nest(lw, node.generators, lambda: containers.append(lw, lw.cells[key], [evaluate(lw, node.elt)], {}), key)
        result = lw.cells.pop(key)
        return result
    finally:
        lw.frames.pop()


def simple_gather(lw: Lowering, node: Any, evaluate: Callable[..., Any]) -> Any:
    from symgrad.frontend.assignments import assign
    g = node.generators[0]
    lw.frames.append(lw.frame.parent or lw.frame)
    iterable = evaluate(lw, g.iter)
    lw.frames.pop()
    items = static_items(lw, iterable)
    if items is not None:
        out = []
        for i in items:
            assign(lw, g.target, lw.bind(i))
            out.append(lw.bind(evaluate(lw, node.elt)))
        return lw.new_object(ListC(tuple(out)))

    def item(x: Any) -> Any:
        assign(lw, g.target, lw.bind(x))
        return evaluate(lw, node.elt)

    name = g.target.id if isinstance(g.target, ast.Name) and isinstance(iterable, Iter) and (
        iterable.kind == "range") else ""
    start = lw.snapshot()
    try:
        return map_list(lw, iterable, item, name)
    except Unsettled:
        lw.restore(start)
        known = written_out(lw, iterable)
        items = None if known is None else static_items(lw, known)
        if items is None:
            raise
        return lw.new_object(ListC(tuple(lw.bind(item(i)) for i in items)))


def map_list(lw: Lowering, iterable: Any, f: Callable[[Any], Any], name: str = "") -> Any:
    """``[f(x) for x in iterable]`` for an iterable whose length is known at run time only."""
    bounds, get = bounds_and_get(lw, iterable)
    return for_loop(lw, bounds, lambda i: f(get(i)), [], name, collect=True)


def nest(lw: Lowering, generators: list[ast.comprehension], innermost: Callable[[], Any], grown: Any) -> None:
    """The loops and conditions of a comprehension, around what its innermost body does."""
    from symgrad.frontend.assignments import assign
    from symgrad.frontend.expressions import evaluate, truth
    if not generators:
        innermost()
        return
    g = generators[0]

    def body(x: Any) -> Any:
        assign(lw, g.target, lw.bind(x))

        def conditions(tests: list[ast.expr]) -> Any:
            if not tests:
                nest(lw, generators[1:], innermost, grown)
                return Static(None)
            t = truth(lw, evaluate(lw, tests[0]))
            if isinstance(t, Static):
                return conditions(tests[1:]) if t.obj else Static(None)
            grow(lw, grown)
            return branches.branch(lw, t, lambda: conditions(tests[1:]), lambda: Static(None))
        return conditions(g.ifs)

    iterable = evaluate(lw, g.iter)
    items = static_items(lw, iterable)
    if items is not None:
        for i in items:
            body(i)
        return
    grow(lw, grown)
    bounds, get = bounds_and_get(lw, iterable)
    for_loop(lw, bounds, lambda i: body(get(i)), [], "")


def grow(lw: Lowering, key: Any) -> None:
    obj = lw.cells[key]
    if isinstance(obj, Obj) and not isinstance(lw.cells["obj", obj.id], DynC):
        lw.dynamic(obj)


def dict_comprehension(lw: Lowering, node: ast.DictComp) -> Any:
    from symgrad.frontend.expressions import evaluate
    from symgrad.frontend.indexing import set_item
    frame = inner_frame(lw, node, lw.frame)
    lw.frames.append(frame)
    try:
        key = ("var", frame.id, "{}")
        lw.cells[key] = lw.new_object(DictC(()))

        def item() -> None:
            k = evaluate(lw, node.key)
            set_item(lw, lw.cells[key], k, evaluate(lw, node.value))
        first = evaluate(lw, node.generators[0].iter)
        if static_items(lw, first) is None:
            obj = lw.cells[key]
            op = Op("call", [], [DictOf(BOTTOM, BOTTOM)], fn=dict, args=(), kwargs={}, new=next(lw.ids))
            lw.cells["obj", obj.id] = DynC(lw.new_root(lw.b.emit(op).result))
        nest_dict(lw, node, item, key)
        return lw.cells.pop(key)
    finally:
        lw.frames.pop()


def nest_dict(lw: Lowering, node: ast.DictComp, item: Callable[[], None], key: Any) -> None:
    obj = lw.cells[key]
    if isinstance(lw.cells["obj", obj.id], DynC):
        nest(lw, node.generators, item, key)
    else:
        nest_static(lw, node.generators, item)


def nest_static(lw: Lowering, generators: list[ast.comprehension], item: Callable[[], None]) -> None:
    from symgrad.frontend.assignments import assign
    from symgrad.frontend.expressions import evaluate, truth
    if not generators:
        item()
        return
    items = static_items(lw, evaluate(lw, generators[0].iter))
    if items is None:
        lw.error("a dict comprehension over something whose length is known at run time only")
    for i in items:
        assign(lw, generators[0].target, lw.bind(i))
        tests = [truth(lw, evaluate(lw, t)) for t in generators[0].ifs]
        if not all(isinstance(t, Static) for t in tests):
            lw.error("a condition known at run time only, in a dict comprehension")
        if all(t.obj for t in tests):
            nest_static(lw, generators[1:], item)


def as_list(lw: Lowering, a: Any) -> Any:
    """``list(a)``."""
    if isinstance(a, Iter) and a.kind == "generator":
        return gather(lw, a.parts[0], a.parts[1])
    if isinstance(a, Iter) and a.kind == "filter":
        return filtered(lw, a)
    items = static_items(lw, a)
    if items is not None:
        return lw.new_object(ListC(tuple(items)))
    if isinstance(a, Iter) and a.kind == "range":
        values = [lw.value(p) for p in a.parts]
        from symgrad.ir.types import INT
        return lw.bind(lw.b.emit(Op("call", values, [ListOf(INT)], fn=range_list, args=(Slot(0), Slot(1), Slot(2)),
                                    kwargs={})).result)
    if isinstance(a, Obj) and isinstance(c := lw.contents(a), SetC):
        from symgrad.frontend import sets
        return lw.bind(sets.as_run_time_list(lw, c))
    if isinstance(a, Obj) and isinstance(c := lw.contents(a), DynC):
        if isinstance(lw.load(c.ref).type, DictOf):
            return lw.bind(dict_keys(lw, a))
        return lw.bind(containers.copy_list(lw, lw.load(c.ref)))
    if isinstance(a, Value) and isinstance(a.type, ListOf):
        return lw.bind(a)
    rows = lw.bind(map_list(lw, a, lambda x: x))
    if isinstance(a, Ref) and isinstance(t := lw.load(a).type, Array) and t.ndim > 1:
        from symgrad.frontend.items import keep_alias
        keep_alias(lw, a, lw.dynamic(rows))          # the items are views of the array
    return rows


def range_list(start: int, stop: int, step: int) -> list[int]:
    """``list(range(start, stop, step))``."""
    return list(range(start, stop, step))


def filtered(lw: Lowering, a: Iter) -> Any:
    from symgrad.frontend import calls
    from symgrad.frontend.expressions import truth
    out = lw.new_object(ListC(()))
    lw.dynamic(out)
    n, get = count_and_get(lw, a.parts[1])

    def body(i: Value) -> Any:
        x = get(i)
        keep = truth(lw, calls.call(lw, a.parts[0], [x], {}))
        return branches.branch(lw, lw.value(keep), lambda: containers.append(lw, out, [x], {}), lambda: Static(None))
    for_loop(lw, (Static(0), n, Static(1)), body, [], "")
    return out


__all__ = ["as_list", "comprehension", "map_list"]
