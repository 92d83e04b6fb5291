"""Lowering `with`: its block is marked, so that it can be printed as a block again."""
from __future__ import annotations

import ast
import contextlib
import functools
from collections.abc import Callable
from typing import Any

from symgrad.frontend import attributes, branches, calls, exceptions, statements
from symgrad.frontend.assignments import assign
from symgrad.frontend.exceptions import mark
from symgrad.frontend.expressions import evaluate, truth
from symgrad.frontend.loops import JUMP, STOP
from symgrad.frontend.lowering import Lowering
from symgrad.frontend.values import Obj, Static
from symgrad.ir.nodes import Op, Slot, Step, Value
from symgrad.ir.types import Opaque

FALSE, TRUE = Static(False), Static(True)


def with_(lw: Lowering, stmt: ast.With) -> None:
    """Context managers: entered before the body, left after it, however it ends."""
    if not stmt.items:
        statements.block(lw, stmt.body)
        return
    item, rest = stmt.items[0], stmt.body
    if len(stmt.items) > 1:
        rest = [inner_with(stmt)]

    def inside(entered: Any) -> None:
        if item.optional_vars is not None:
            assign(lw, item.optional_vars, lw.bind(entered))
        statements.block(lw, rest)

    if isinstance(item.context_expr, ast.Call):
        fn = evaluate(lw, item.context_expr.func)
        if isinstance(fn, Static) and getattr(fn.obj, "__code__", None) is MANAGER_CODE:
            with_generator(lw, item.context_expr, fn.obj.__wrapped__, inside)
            return
        if fn == Static(contextlib.nullcontext) and not item.context_expr.keywords:
            inside(evaluate(lw, item.context_expr.args[0]) if item.context_expr.args else Static(None))
            return
        if fn == Static(contextlib.suppress):
            classes = tuple(lw.static(evaluate(lw, a), "the exception's class") for a in item.context_expr.args)
            exceptions.with_handler(lw, stmt, rest, classes, lambda error: None)
            return
    manager = evaluate(lw, item.context_expr)
    if isinstance(manager, Obj):
        with_object(lw, stmt, manager, item, rest)
        return
    value = lw.value(manager)
    place = next(lw.ids)
    inside(lw.b.emit(Op("call", [value], [Opaque()], fn=enter_context, args=(Slot(0),), kwargs={}, effect=True,
                        mark=("with", place))).result)
    mark(lw, "end", place)


@functools.lru_cache(1024)
def inner_with(stmt: ast.With) -> ast.With:
    """``with a, b: ...`` is ``with a: with b: ...``."""
    return ast.copy_location(ast.With(stmt.items[1:], stmt.body), stmt)


def with_object(lw: Lowering, stmt: ast.With, manager: Obj, item: ast.withitem, body: list[ast.stmt]) -> None:
    """A manager whose methods are read: ``__exit__`` runs where the body ends, and where an exception leaves it."""
    none = Static(None)

    def leave(*how: Any) -> Any:
        return truth(lw, calls.call(lw, attributes.get_attribute(lw, manager, "__exit__"), list(how), {}))

    def handle(error: Value) -> None:
        kind = lw.b.emit(Op("call", [error], [Opaque("type")], fn=type, args=(Slot(0),), kwargs={})).result
        trace = lw.b.emit(Op("load", [error], [Opaque("traceback")], path=(Step("attr", "__traceback__"),))).result
        stops = leave(kind, error, trace)
        if isinstance(stops, Static):
            if not stops.obj:
                exceptions.raise_again(lw, error)
            return
        branches.branch(lw, stops, lambda: none, lambda: exceptions.raise_again(lw, error))

    entered = calls.call(lw, attributes.get_attribute(lw, manager, "__enter__"), [], {})
    if item.optional_vars is not None:
        assign(lw, item.optional_vars, lw.bind(entered))
    if exceptions.leaves_a_trace(lw, handle):
        exceptions.with_handler(lw, stmt, body, (BaseException,), handle, lambda: leave(none, none, none))
    else:
        statements.block(lw, body)
        leave(none, none, none)


MANAGER_CODE = contextlib.contextmanager(lambda: iter(())).__code__      # type: ignore[attr-defined]


def with_generator(lw: Lowering, call: ast.Call, generator: Any, inside: Callable[[Any], None]) -> None:
    """A manager made of a generator function by `contextlib`: the body stands where its `yield` is."""
    from symgrad.frontend.expressions import call_arguments
    fn = calls.function_of(lw, generator, manager=True)
    bound = calls.bind_arguments(lw, fn, *call_arguments(lw, call))
    caller = lw.frame
    left: dict[Any, Any] = {}

    def at_yield(value: Any) -> Any:
        handler = lw.yields.pop()
        node, outer = lw.node, {k: lw.cells.get(k) for k in (JUMP, STOP)}
        lw.frames.append(caller)
        lw.cells[JUMP] = FALSE
        if STOP in flags:
            lw.cells[STOP] = flags[STOP]
        try:
            inside(value)
        finally:
            lw.frames.pop()
            lw.yields.append(handler)
        left.update({k: lw.cells[k] for k in (JUMP, STOP) if k in lw.cells})
        for k, v in outer.items():                   # the manager's own control goes on
            lw.cells.pop(k, None)
            if v is not None:
                lw.cells[k] = v
        lw.node = node
        return Static(None)

    flags = {k: lw.cells[k] for k in (JUMP, STOP) if k in lw.cells}
    lw.yields.append((fn.node, at_yield, len(lw.frames) + 1))
    try:
        calls.run_body(lw, fn, bound)
    finally:
        lw.yields.pop()
    lw.cells.update(left)


def enter_context(manager: Any) -> Any:
    """``manager.__enter__()``."""
    return manager.__enter__()


statements.STATEMENTS[ast.With] = with_
