"""Lowering `for` and `while`: as loops of the IR, or item by item; and what runs after them."""
from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from symgrad.frontend import branches, statements
from symgrad.frontend.assignments import assign
from symgrad.frontend.expressions import evaluate, truth
from symgrad.frontend.iteration import bounds_and_get, count_and_get, static_items, written_out
from symgrad.frontend.loops import JUMP, STOP, TestChangesState, for_loop, while_loop
from symgrad.frontend.lowering import Lowering, Unsettled
from symgrad.frontend.statements import FALSE, TRUE
from symgrad.frontend.values import DynC, Iter, ListC, Obj, Static
from symgrad.ir.nodes import Value


def for_(lw: Lowering, stmt: ast.For) -> None:
    iterable = evaluate(lw, stmt.iter)
    items = static_items(lw, iterable)
    if items is not None and not grows(lw, iterable, stmt):
        unrolled(lw, stmt, items, iterable)
        return
    frame = lw.frame
    saved = lw.cells.get(JUMP, FALSE), lw.cells.get(STOP)
    bounds, get = bounds_and_get(lw, iterable)

    def body(index: Value) -> None:
        lw.cells[STOP] = FALSE
        with staying_as_long(lw, stmt, lists_in(lw, iterable)):
            assign(lw, stmt.target, lw.bind(get(index)))
            statements.block(lw, stmt.body)

    stmts = [*stmt.body, ast.Assign([stmt.target], ast.Constant(None))]
    name = stmt.target.id.strip("_") if isinstance(stmt.target, ast.Name) and isinstance(iterable, Iter) and (
        iterable.kind == "range") else ""
    start = lw.snapshot()
    enter_loop(lw, stmt)
    try:
        for_loop(lw, bounds, body, stmts, name)
    except Unsettled:
        frame.loops.pop()
        lw.restore(start)
        known = written_out(lw, iterable)
        items = None if known is None else static_items(lw, known)
        if items is None:
            raise
        unrolled(lw, stmt, items)
        return
    frame.loops.pop()
    after_loop(lw, stmt, saved)


def grows(lw: Lowering, iterable: Any, stmt: ast.For) -> bool:
    """A list of known length is looped over at run time where it is long and its items are of one kind."""
    items = static_items(lw, iterable)
    if items is None or len(items) <= 8 or lw.frame.in_rule:
        return False
    return all(isinstance(i, Value) or isinstance(i, Static) and isinstance(i.obj, float) for i in items)


def enter_loop(lw: Lowering, stmt: ast.For | ast.While) -> None:
    frame = lw.frame
    frame.loops.append(id(stmt))
    lw.cells.setdefault(("returned", frame.id), FALSE)
    if stmt.orelse:
        lw.cells["broke", frame.id, id(stmt)] = FALSE


def after_loop(lw: Lowering, stmt: ast.For | ast.While, saved: tuple[Any, Any]) -> None:
    """Control after a loop: it may have returned from inside; `else` runs unless it broke."""
    returned = lw.cells.get(("returned", lw.frame.id), FALSE)
    broke = lw.cells.pop(("broke", lw.frame.id, id(stmt)), FALSE)
    lw.cells[JUMP] = returned
    if saved[1] is None:
        lw.cells.pop(STOP, None)
    else:
        lw.cells[STOP] = returned
    if stmt.orelse:
        statements.unless(lw, [returned, broke], lambda: statements.run(lw, stmt.orelse))


LENGTHS = ("append", "extend", "insert", "pop", "remove", "clear")


def changes_length(stmt: ast.stmt) -> bool:
    """Whether a statement plainly makes a list longer or shorter."""
    return any(isinstance(n, ast.Delete) or isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and n.func.attr in LENGTHS
               for n in ast.walk(stmt))


def leaves_after_change(loop: ast.For) -> bool:
    """Whether a loop makes a list longer or shorter, and is left whenever it has done so."""
    def inner(stmt: ast.stmt) -> list[list[ast.stmt]]:
        return [b for name in ("body", "orelse", "finalbody") if (b := getattr(stmt, name, []))]

    def leaves(block: list[ast.stmt]) -> bool:
        last = isinstance(block[-1], (ast.Break, ast.Return, ast.Raise))
        return all(last or not changes_length(s) or bool(inner(s)) and all(map(leaves, inner(s))) for s in block)

    return changes_length(loop) and leaves(loop.body)


def lists_in(lw: Lowering, iterable: Any) -> list[Obj]:
    """The lists that a loop goes through."""
    if isinstance(iterable, Obj):
        return [iterable] if isinstance(lw.cells["obj", iterable.id], (ListC, DynC)) else []
    if isinstance(iterable, Iter) and iterable.kind in ("enumerate", "reversed", "zip"):
        return [x for part in iterable.parts for x in lists_in(lw, part)]
    return []


@contextmanager
def staying_as_long(lw: Lowering, stmt: ast.For, lists: list[Obj]) -> Iterator[None]:
    """Refuse changes of the lengths of lists while they are looped over, but for the last thing that the loop does."""
    lw.looped.append([] if leaves_after_change(stmt) else lists)
    try:
        yield
    finally:
        lw.looped.pop()


def unrolled(lw: Lowering, stmt: ast.For, items: list[Any], iterable: Any = None) -> None:
    """A loop over a sequence of known length: the body once per item, which is what the list then holds."""
    began = [(obj, lw.contents(obj)) for obj in lists_in(lw, iterable)]
    leaves = leaves_after_change(stmt)

    def item(i: int) -> Any:
        now = [lw.contents(obj) for obj, _ in began]
        if leaves or all(c == old for c, (_, old) in zip(now, began)):
            return items[i]
        if any(isinstance(c, ListC) and isinstance(old, ListC) and len(c.items) != len(old.items) for c, (_, old) in zip(now, began)):
            lw.error("a list gets longer or shorter while it is looped over", hint="loop over a copy: for x in list(a)")
        return count_and_get(lw, iterable)[1](lw.constant(i))

    saved = lw.cells.get(JUMP, FALSE), lw.cells.get(STOP)
    lw.cells[STOP] = FALSE
    enter_loop(lw, stmt)

    def iteration(i: int) -> Any:
        while i < len(items):
            lw.cells[JUMP] = FALSE
            with staying_as_long(lw, stmt, [obj for obj, _ in began]):
                assign(lw, stmt.target, lw.bind(item(i)))
                statements.block(lw, stmt.body)
            i += 1
            stop = lw.cells.get(STOP, FALSE)
            if stop == TRUE:
                break
            if stop != FALSE:
                branches.branch(lw, stop, lambda: Static(None), functools.partial(iteration, i))
                break
        return Static(None)

    iteration(0)
    lw.frame.loops.pop()
    after_loop(lw, stmt, saved)


def while_(lw: Lowering, stmt: ast.While) -> None:
    frame = lw.frame
    saved = lw.cells.get(JUMP, FALSE), lw.cells.get(STOP)

    def test() -> Value:
        return lw.value(truth(lw, evaluate(lw, stmt.test)))

    def body() -> None:
        lw.cells[STOP] = FALSE
        statements.block(lw, stmt.body)

    def guarded() -> None:
        # `while` whose condition binds names: the condition is part of the body
        lw.cells[STOP] = FALSE
        go_on = truth(lw, evaluate(lw, stmt.test))
        if go_on == TRUE:
            statements.block(lw, stmt.body)
            return
        branches.branch(lw, lw.value(go_on), lambda: statements.run(lw, stmt.body), leave)

    def leave() -> Any:
        lw.cells[JUMP] = lw.cells[STOP] = TRUE
        return Static(None)

    binds = any(isinstance(n, ast.NamedExpr) for n in ast.walk(stmt.test))
    stmts = list(stmt.body) + ([ast.Expr(stmt.test)] if binds else [])
    start = lw.snapshot()
    enter_loop(lw, stmt)
    try:
        if binds:
            raise TestChangesState
        while_loop(lw, test, body, stmts)
    except TestChangesState:
        frame.loops.pop()
        lw.restore(start)
        enter_loop(lw, stmt)
        while_loop(lw, lambda: lw.constant(True), guarded, stmts)
    finally:
        frame.loops.pop()
    endless = isinstance(stmt.test, ast.Constant) and bool(stmt.test.value)
    if endless and not any(isinstance(n, ast.Break) for s in stmt.body for n in walk_in_loop(s)):
        lw.cells["returned", frame.id] = TRUE       # nothing else ends it
    after_loop(lw, stmt, saved)


def walk_in_loop(node: ast.AST) -> Any:
    """A statement's nodes, without those of loops and functions inside it."""
    stack = [node]
    while stack:
        n = stack.pop()
        yield n
        if isinstance(n, (ast.For, ast.While)):
            stack.extend(n.orelse)
        elif not isinstance(n, (ast.FunctionDef, ast.Lambda, ast.ClassDef)):
            stack.extend(ast.iter_child_nodes(n))


statements.STATEMENTS[ast.For] = for_
statements.STATEMENTS[ast.While] = while_
