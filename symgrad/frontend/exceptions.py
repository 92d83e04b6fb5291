"""Lowering `try`: an exception that a handler takes is a branch whose condition is "did it raise".

The body of a `try` is the first arm of an `if` whose `attempt` attribute holds the exceptions that
lead to the second arm, the handler. What the handler starts from is the state when the exception
came. That is the state before the body, where the body changes nothing before the last op that can
raise; else each statement of the body is an attempt of its own (`careful`). What a single statement
may leave half done is refused where it is read.
"""
from __future__ import annotations

import ast
import functools
import operator
from collections.abc import Callable
from typing import Any

from symgrad.frontend import assignments, branches, statements
from symgrad.frontend.expressions import evaluate, truth
from symgrad.frontend.loops import JUMP, STOP
from symgrad.frontend.lowering import Certain, Conflict, Half, Lowering, make_dict, make_list, make_tuple
from symgrad.frontend.source import assigned_names
from symgrad.frontend.values import Static
from symgrad.ir.infer import dim_length
from symgrad.ir.nodes import Op, Region, Slot, Value, hashable, walk
from symgrad.ir.types import BOOL, NONE, Opaque, Scalar
from symgrad.structs import field, struct

FALSE, TRUE = Static(False), Static(True)


@struct()
class Attempt:
    """A body that may raise: what it changes, and after how many of its ops it does so first."""

    classes: tuple[Any, ...]
    origin: ast.stmt
    changes: dict[Any, tuple[Region, int]] = field(default_factory=dict)


def try_(lw: Lowering, stmt: ast.Try) -> None:
    """Body, handlers, else, finally."""
    if not stmt.finalbody:
        try_except(lw, stmt)
    elif reads_what_changes(lw, stmt):
        with_handler(lw, stmt, [inner_try(stmt)], (BaseException,), lambda error: finally_(lw, stmt, error),
                     lambda: finally_(lw, stmt))
    else:
        guarded = next(lw.ids)
        mark(lw, "finally", guarded)
        try_except(lw, stmt)
        mark(lw, "turn", guarded)
        finally_(lw, stmt)
        mark(lw, "end", guarded)


def try_except(lw: Lowering, stmt: ast.Try) -> None:
    if not stmt.handlers:
        statements.block(lw, stmt.body)
        orelse(lw, stmt)
        return
    handlers = [(classes_of(lw, h), h) for h in stmt.handlers]
    classes = tuple(dict.fromkeys(c for cs, _ in handlers for c in cs))
    with_handler(lw, stmt, stmt.body, classes, lambda error: first_that_fits(lw, error, handlers),
                 lambda: orelse(lw, stmt))


def finally_(lw: Lowering, stmt: ast.Try, error: Value | None = None) -> Any:
    """The statements of `finally`; control then goes on as it was, and so does an exception."""
    flags = {k: lw.cells[k] for k in (JUMP, STOP) if k in lw.cells}
    lw.cells[JUMP] = FALSE
    statements.block(lw, stmt.finalbody)
    lw.cells.update(flags)
    return Static(None) if error is None else raise_again(lw, error)


def reads_what_changes(lw: Lowering, stmt: ast.Try) -> bool:
    """Whether `finally` reads a variable that the body may or may not have assigned to, and anybody can tell.

    What it does to memory and to the outside is the same wherever the body was left: a `finally` of the generated
    code does it.
    """
    body = [*stmt.body, *stmt.orelse, *(s for h in stmt.handlers for s in h.body)]
    read = {n.id for s in stmt.finalbody for n in ast.walk(s) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    changed = read & assigned_names(body)
    if not changed or lw.careful.get(id(stmt), 0) > 1:
        return False
    cells = [lw.cells.get(("var", lw.frame.id, name)) for name in changed]
    return any(isinstance(c, (Value, Static)) for c in cells) and leaves_a_trace(lw, lambda error: finally_(lw, stmt, error))


@functools.lru_cache(1024)
def inner_try(stmt: ast.Try) -> ast.stmt:
    """A `try` without its `finally`."""
    if not stmt.handlers:
        return ast.copy_location(ast.If(ast.Constant(True), [*stmt.body, *stmt.orelse], []), stmt)
    return ast.copy_location(ast.Try(stmt.body, stmt.handlers, stmt.orelse, []), stmt)


def leaves_a_trace(lw: Lowering, handle: Callable[[Value], Any]) -> bool:
    """Whether anybody can tell that a handler ran: it does not let the exception go on, or has an effect."""
    state = lw.snapshot()
    region = Region()
    with lw.b.nested(region):
        handle(lw.b.emit(Op("call", [], [Opaque("error")], fn=caught, args=(), kwargs={})).result)
        passes = lw.cells.get(("dead",)) == TRUE
    lw.restore(state)
    return not passes or any(op.attrs.get("effect") and op.fn is not statements.raise_same for op in walk(region))


def orelse(lw: Lowering, stmt: ast.Try) -> Any:
    return statements.unless(lw, [lw.cells.get(JUMP, FALSE)], lambda: statements.run(lw, stmt.orelse))


def with_handler(lw: Lowering, stmt: ast.stmt, body: list[ast.stmt], classes: tuple[Any, ...],
                 handle: Callable[[Value], Any], after: Callable[[], Any] = lambda: None) -> None:
    """Run `body`, and `after`, also where control leaves the body; where one of `classes` is raised, `handle` it."""
    if id(stmt) in lw.careful:
        one_by_one(lw, stmt, body, classes, handle, after)
        return
    done = attempt(lw, stmt, classes, lambda: statements.run(lw, body), handle)
    if done == TRUE:
        after()
    elif done != FALSE:
        branches.branch(lw, done, lambda: after() or Static(None), lambda: Static(None))


def attempt(lw: Lowering, origin: ast.stmt, classes: tuple[Any, ...], body: Callable[[], Any],
            handle: Callable[[Value], Any]) -> Any:
    """Lower what may raise, and what then happens; says whether the body came to its end."""
    here = Attempt(classes, origin)
    state = lw.snapshot()
    known = before_it_runs(lw, here, body)
    lw.restore(state)
    if known == TRUE:
        body()
        return known
    if known is not None:
        error = make_error(lw, known)
        handle(error)
        return FALSE
    before = lw.cells
    ended: list[Any] = []
    region: list[Region] = []

    def first() -> Any:
        region.append(lw.b.region)
        guarded(lw, here, body)
        ended.append(lw.cells)
        return TRUE

    def second() -> Any:
        leave_half_done(lw, here, region[0], before, ended[0])
        error = lw.b.emit(Op("call", [], [Opaque("error")], fn=caught, args=(), kwargs={}, effect=True)).result
        error.name = "error"
        handle(error)
        return FALSE

    here.changes.clear()
    condition = Op("const", (), [BOOL], value=True)
    lw.b.region.ops.append(condition)
    return branches.branch(lw, condition.result, first, second, attempt=classes)


def guarded(lw: Lowering, here: Attempt, body: Callable[[], Any]) -> None:
    """Lower a body that may raise: each op of it is kept, and an exception that is certain is an op."""
    keep, lw.b.keep = lw.b.keep, True
    lw.attempts.append(here)
    try:
        body()
    except Certain as error:
        certain(lw, error)
    finally:
        lw.b.keep = keep
        lw.attempts.pop()


def before_it_runs(lw: Lowering, here: Attempt, body: Callable[[], Any]) -> Any:
    """TRUE for a body that cannot raise, the op that raises for one that does nothing else, else None."""
    region = Region()
    with lw.b.nested(region):
        guarded(lw, here, body)
    raising = [op for op in region.ops if may_raise(op)]
    if not raising:
        return TRUE
    if len(raising) == 1 and raising[0].fn is statements.raise_error and not here.changes and not raising[0].operands:
        return raising[0]
    return None


def make_error(lw: Lowering, op: Op) -> Value:
    """The exception that an op raises."""
    cls, *args = op.attrs["args"]
    return lw.b.emit(Op("call", [], [Opaque("error")], fn=cls, args=tuple(args), kwargs={})).result


def certain(lw: Lowering, error: Certain) -> None:
    """An operation that raises whenever it is reached."""
    if not any(issubclass(error.raises, c) for a in lw.attempts for c in a.classes):
        raise error
    message = error.message.partition(": ")[2]
    lw.b.emit(Op("call", [], [NONE], fn=statements.raise_error, args=(error.raises, message), kwargs={}, effect=True))
    lw.cells[JUMP] = TRUE
    lw.cells["dead",] = TRUE


def caught() -> BaseException:
    """The exception that an ``except`` clause caught: a name of the clause."""
    raise AssertionError("read inside an except clause only")


def leave_half_done(lw: Lowering, here: Attempt, region: Region, before: dict[Any, Any], ended: dict[Any, Any]) -> None:
    """Where the exception came is not known: what the body had changed by then is not to be read."""
    last = max((i for i, op in enumerate(region.ops) if may_raise(op)), default=-1)
    for key, (home, at) in here.changes.items():
        if home is region and (at > last or at == last and makes_the_change(region.ops[at])):
            continue
        if key[0] == "var":
            if key in ended:
                lw.cells[key] = Conflict(f"{key[2]!r} may or may not have been assigned to when the exception came",
                                         here.origin)
        elif key in before:
            lw.cells["poison", key] = Static(Half(here.origin))


def makes_the_change(op: Op) -> bool:
    return op.kind == "store" or bool(op.attrs.get("memory"))


SAFE = (len, dim_length, isinstance, type, operator.not_, make_list, make_tuple, make_dict)
SAFE_FOR_FLOATS = (operator.add, operator.sub, operator.mul, operator.neg, operator.pos, operator.lt, operator.le,
                   operator.gt, operator.ge, operator.eq, operator.ne, abs)


def may_raise(op: Op) -> bool:
    """Whether an op can raise an exception: a call of which nothing else is known can."""
    if op.regions:
        return any(may_raise(o) for r in op.regions for o in r.ops)
    if op.kind != "call":
        return op.kind in ("load", "store")
    if not hashable(op.fn) or op.fn in SAFE:
        return False
    plain = all(isinstance(v.type, Scalar) and v.type.python for v in op.operands)
    return not (op.fn in SAFE_FOR_FLOATS and plain)


def first_that_fits(lw: Lowering, error: Value, handlers: list[tuple[tuple[Any, ...], ast.ExceptHandler]]) -> Any:
    """The handlers, in order, as a chain of ifs."""
    classes, handler = handlers[0]
    if len(handlers) == 1:
        return handled(lw, error, handler)
    fits = lw.b.emit(Op("call", [error], [BOOL], fn=isinstance, args=(Slot(0), classes), kwargs={})).result
    return branches.branch(lw, fits, lambda: handled(lw, error, handler),
                           lambda: first_that_fits(lw, error, handlers[1:]))


def handled(lw: Lowering, error: Value, handler: ast.ExceptHandler) -> Any:
    lw.handling.append(error)
    try:
        if handler.name:
            lw.cells[assignments.variable_key(lw, handler.name)] = error
        statements.block(lw, handler.body)
        if handler.name:
            lw.cells.pop(assignments.variable_key(lw, handler.name), None)
    finally:
        lw.handling.pop()
    return Static(None)


def one_by_one(lw: Lowering, stmt: ast.stmt, body: list[ast.stmt], classes: tuple[Any, ...],
               handle: Callable[[Value], Any], after: Callable[[], Any]) -> None:
    """The body with an attempt for each statement: what was done before the exception stays done."""
    place = next(lw.ids)
    raised, found = ("broke", lw.frame.id, place), ("temporary", lw.frame.id, place)
    lw.cells[raised] = FALSE
    lw.cells[found] = Static(None)

    def note(error: Value) -> None:
        lw.cells[raised] = lw.cells[JUMP] = TRUE
        lw.cells[found] = error

    def each(stmts: list[ast.stmt]) -> Any:
        for i, s in enumerate(stmts):
            single(s)
            jumped = lw.cells.get(JUMP, FALSE)
            if jumped == TRUE:
                break
            if jumped != FALSE:
                branches.branch(lw, jumped, lambda: Static(None), functools.partial(go_on, stmts[i + 1:]))
                break
        return Static(None)

    def go_on(stmts: list[ast.stmt]) -> Any:
        lw.cells[JUMP] = FALSE
        return each(stmts)

    def single(s: ast.stmt) -> None:
        if not isinstance(s, ast.If):
            attempt(lw, stmt, classes, lambda: statements.run(lw, [s]), note)
            return
        test = ("temporary", lw.frame.id, next(lw.ids))

        def decide() -> None:
            lw.cells[test] = truth(lw, evaluate(lw, s.test))
        attempt(lw, stmt, classes, decide, note)

        def arms() -> Any:
            c = lw.cells[test]
            if isinstance(c, Static):
                return each(s.body if c.obj else s.orelse)
            return branches.branch(lw, c, lambda: each(s.body), lambda: each(s.orelse))
        statements.unless(lw, [lw.cells.get(JUMP, FALSE)], arms)

    each(body)
    failed, error = lw.cells.pop(raised), lw.cells.pop(found)

    def handler() -> Any:
        lw.cells[JUMP] = FALSE
        handle(lw.value(error))
        return Static(None)
    if failed == FALSE:
        after()
    elif failed == TRUE:
        handler()
    else:
        branches.branch(lw, failed, handler, lambda: after() or Static(None))


def classes_of(lw: Lowering, handler: ast.ExceptHandler) -> tuple[Any, ...]:
    """The exceptions that a handler names."""
    if handler.type is None:
        return (BaseException,)
    found = lw.static(evaluate(lw, handler.type), "the exception's class")
    return found if isinstance(found, tuple) else (found,)


def raise_again(lw: Lowering, error: Value) -> Any:
    """The exception that is being handled goes on."""
    lw.handling.append(error)
    statements.raise_again(lw)
    lw.handling.pop()
    return Static(None)


def mark(lw: Lowering, what: str, place: int) -> None:
    """Note where a block of the primal begins, turns or ends: it is printed as a block again."""
    lw.b.emit(Op("call", [], [NONE], fn=block_mark, args=(), kwargs={}, effect=True, mark=(what, place)))


def block_mark() -> None:
    """The op that stands where a ``try`` or ``with`` block begins or ends."""


statements.STATEMENTS[ast.Try] = try_

__all__ = ["Attempt", "attempt", "block_mark", "caught", "certain", "mark", "raise_again", "with_handler"]
