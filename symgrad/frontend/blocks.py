"""Lowering `with` and `try`: their blocks are marked, so that they can be printed as blocks again."""
from __future__ import annotations

import ast
import contextlib
from collections.abc import Callable
from typing import Any

from symgrad.frontend import attributes, branches, calls, statements
from symgrad.frontend.expressions import evaluate
from symgrad.frontend.loops import JUMP, STOP
from symgrad.frontend.lowering import Lowering
from symgrad.frontend.values import Obj, Static
from symgrad.ir.nodes import Op, Slot
from symgrad.ir.types import NONE, Opaque

FALSE, TRUE = Static(False), Static(True)


def with_(lw: Lowering, stmt: ast.With) -> None:
    """Context managers that do not touch values: entered and left around the ops of the body."""
    with_items(lw, stmt.items, stmt.body)


def with_items(lw: Lowering, items: list[ast.withitem], body: list[ast.stmt]) -> None:
    if not items:
        statements.block(lw, body)
        return
    item = items[0]

    def inside(entered: Any) -> None:
        if item.optional_vars is not None:
            statements.assign(lw, item.optional_vars, lw.bind(entered))
        with_items(lw, items[1:], body)

    if isinstance(item.context_expr, ast.Call):
        fn = evaluate(lw, item.context_expr.func)
        if isinstance(fn, Static) and getattr(fn.obj, "__code__", None) is MANAGER_CODE:
            with_generator(lw, item.context_expr, fn.obj.__wrapped__, inside)
            return
        if fn == Static(contextlib.nullcontext) and not item.context_expr.keywords:
            inside(evaluate(lw, item.context_expr.args[0]) if item.context_expr.args else Static(None))
            return
    manager = evaluate(lw, item.context_expr)
    if isinstance(manager, Obj):
        inside(calls.call(lw, attributes.get_attribute(lw, manager, "__enter__"), [], {}))
        none = Static(None)
        calls.call(lw, attributes.get_attribute(lw, manager, "__exit__"), [none, none, none], {})
        return
    value = lw.value(manager)
    place = next(lw.ids)
    inside(lw.b.emit(Op("call", [value], [Opaque()], fn=enter_context, args=(Slot(0),), kwargs={}, effect=True,
                        mark=("with", place))).result)
    mark(lw, "end", place)


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


def mark(lw: Lowering, what: str, place: int, classes: Any = None) -> None:
    """Note where a block of the primal begins, turns or ends: it is printed as a block again."""
    lw.b.emit(Op("call", [], [NONE], fn=block_mark, args=(), kwargs={}, effect=True, mark=(what, place), classes=classes))


def block_mark() -> None:
    """The op that stands where a ``try`` or ``with`` block begins or ends."""


def try_(lw: Lowering, stmt: ast.Try) -> None:
    """The run in which no exception happens: body, else, finally.

    Where one does that the primal would handle, the generated code says that it cannot.
    """
    if stmt.handlers and any(isinstance(n, ast.Raise) for s in stmt.body for n in statements.walk_own(s)):
        lw.error("a try whose body raises on purpose", stmt,
                 hint="use an if instead of an exception for what happens in an ordinary run")
    handled, guarded = next(lw.ids), next(lw.ids)
    if stmt.finalbody:
        mark(lw, "finally", guarded)
    if stmt.handlers:
        mark(lw, "except", handled)
    keep, lw.b.keep = lw.b.keep, lw.b.keep or bool(stmt.handlers)
    statements.block(lw, stmt.body)
    lw.b.keep = keep
    if stmt.handlers:
        mark(lw, "end", handled, tuple(c for h in stmt.handlers for c in classes_of(lw, h)))
    jumped = lw.cells.get(JUMP, FALSE)
    if stmt.orelse:
        if jumped == FALSE:
            statements.block(lw, stmt.orelse)
        elif jumped != TRUE:
            branches.branch(lw, jumped, lambda: Static(None), lambda: statements.run(lw, stmt.orelse))
    if stmt.finalbody:
        flags = {k: lw.cells[k] for k in (JUMP, STOP) if k in lw.cells}
        lw.cells[JUMP] = FALSE
        mark(lw, "turn", guarded)
        statements.block(lw, stmt.finalbody)
        mark(lw, "end", guarded)
        lw.cells.update(flags)


def classes_of(lw: Lowering, handler: ast.ExceptHandler) -> tuple[Any, ...]:
    """The exceptions that a handler names."""
    if handler.type is None:
        return (BaseException,)
    found = lw.static(evaluate(lw, handler.type), "the exception's class")
    return found if isinstance(found, tuple) else (found,)


statements.STATEMENTS.update({ast.With: with_, ast.Try: try_})
