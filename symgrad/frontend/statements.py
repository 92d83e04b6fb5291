"""Lowering statements, and how control leaves them.

`("jump",)` says whether control has left the current block; `("stop",)` whether it
leaves the loop; `("returned", frame)` whether it leaves the function. Each is a
constant, or an IR value where it depends on the run. What follows a statement that
may jump is lowered in the arm that falls through.
"""
from __future__ import annotations

import ast
import functools
from collections.abc import Callable
from typing import Any

from symgrad.errors import RefusedError
from symgrad.frontend import branches, calls
from symgrad.frontend.assignments import ann_assign, assign_, aug_assign, variable_key
from symgrad.frontend.expressions import evaluate, truth
from symgrad.frontend.loops import JUMP, STOP
from symgrad.frontend.lowering import Lowering
from symgrad.frontend.values import (
    UNDEF,
    LocalFunction,
    Static,
)
from symgrad.ir.nodes import Op, Slot, Value
from symgrad.ir.types import NONE

FALSE, TRUE = Static(False), Static(True)


def block(lw: Lowering, stmts: list[ast.stmt]) -> None:
    """Lower statements in order, up to where control leaves."""
    for i, stmt in enumerate(stmts):
        if isinstance(stmt, ast.If) and (may_jump(stmt) or id(stmt) in lw.careful):
            if_(lw, stmt, stmts[i + 1:], id(stmt) in lw.careful)
            return
        if isinstance(stmt, ast.Assign) and id(stmt) in lw.careful:
            if_(lw, as_branch(stmt), stmts[i + 1:], True)
            return
        statement(lw, stmt)
        if lw.cells.get(JUMP, FALSE) != FALSE:
            follow(lw, stmts[i + 1:])
            return


def follow(lw: Lowering, rest: list[ast.stmt]) -> None:
    """Lower what follows a statement that may have jumped."""
    jumped = lw.cells.get(JUMP, FALSE)
    if jumped == FALSE:
        block(lw, rest)
    elif jumped != TRUE and rest:
        branches.branch(lw, jumped, lambda: Static(None), functools.partial(after, lw, rest))


def after(lw: Lowering, rest: list[ast.stmt]) -> Any:
    lw.cells[JUMP] = FALSE
    block(lw, rest)
    return Static(None)


def statement(lw: Lowering, stmt: ast.stmt) -> None:
    method = STATEMENTS.get(type(stmt))
    if method is None:
        lw.error(f"{type(stmt).__name__} statements are not supported", stmt)
    lw.node = stmt
    if not lw.frame.in_rule:
        lw.b.span = lw.span(stmt)
    method(lw, stmt)


@functools.lru_cache(8192)
def may_jump(node: ast.AST) -> bool:
    """Whether a statement holds a return, break or continue that leaves it."""
    return any(isinstance(n, (ast.Return, ast.Break, ast.Continue)) for n in walk_own(node))


def walk_own(node: ast.AST) -> Any:
    stack = [node]
    while stack:
        n = stack.pop()
        yield n
        if not isinstance(n, (ast.FunctionDef, ast.Lambda, ast.ClassDef)) or n is node:
            stack.extend(ast.iter_child_nodes(n))


def own_nodes(stmts: list[ast.stmt]) -> Any:
    """The nodes of statements, without those of functions and classes that they define."""
    for s in stmts:
        if not isinstance(s, (ast.FunctionDef, ast.ClassDef)):
            yield from walk_own(s)


# -- branches ------------------------------------------------------------------------------


def if_(lw: Lowering, stmt: ast.If, rest: list[ast.stmt] | None = None, apart: bool = False) -> None:
    """An `if`, with what follows it where that depends on how it ends; `apart`, that is in both arms."""
    condition = truth(lw, evaluate(lw, stmt.test))
    if isinstance(condition, Static):
        block(lw, [*(stmt.body if condition.obj else stmt.orelse), *(rest or [])])
        return
    arms = [stmt.body, stmt.orelse]
    later: list[ast.stmt] = rest or []
    if rest:
        leaves = [always_leaves(a) for a in arms]
        if apart:
            arms, later = [a + rest for a in arms], []
        elif leaves == [True, False] or leaves == [False, True]:
            stays = leaves.index(False)
            if not raises(arms[1 - stays]):
                arms[stays] = arms[stays] + rest
                later = []
    branches.branch(lw, condition, lambda: run(lw, arms[0]), lambda: run(lw, arms[1]),
                    origin=None if lw.frame.in_rule else stmt)
    if later:
        jumped = lw.cells.get(JUMP, FALSE)
        if jumped == FALSE:
            block(lw, later)
        elif jumped != TRUE:
            branches.branch(lw, jumped, lambda: Static(None), lambda: after(lw, later))


@functools.lru_cache(1024)
def as_branch(stmt: ast.Assign) -> ast.If:
    """``x = a if c else b`` as an `if`, to be lowered with what follows it in its arms."""
    choice = stmt.value
    assert isinstance(choice, ast.IfExp)
    arms = [ast.copy_location(ast.Assign(stmt.targets, v), stmt) for v in (choice.body, choice.orelse)]
    return ast.copy_location(ast.If(choice.test, [arms[0]], [arms[1]]), stmt)


def raises(stmts: list[ast.stmt]) -> bool:
    return bool(stmts) and isinstance(stmts[-1], ast.Raise)


def run(lw: Lowering, stmts: list[ast.stmt]) -> Any:
    block(lw, stmts)
    return Static(None)


@functools.lru_cache(4096)
def always_returns(node: ast.FunctionDef) -> bool:
    """Whether a function's end, where it returns None, is certainly not reached."""
    return always_leaves(node.body)


def always_leaves(stmts: list[ast.stmt]) -> bool:
    if not stmts:
        return False
    last = stmts[-1]
    if isinstance(last, (ast.Return, ast.Break, ast.Continue, ast.Raise)):
        return True
    if isinstance(last, ast.Try):
        runs = always_leaves(last.body) or always_leaves(last.orelse)
        return always_leaves(last.finalbody) or runs and all(always_leaves(h.body) for h in last.handlers)
    return isinstance(last, ast.If) and always_leaves(last.body) and always_leaves(last.orelse)


# -- jumps ---------------------------------------------------------------------------------


def unless(lw: Lowering, flags: list[Any], then: Callable[[], Any]) -> Any:
    """Run `then` where none of the flags is set."""
    if not flags:
        return then()
    if flags[0] == TRUE:
        return Static(None)
    if flags[0] == FALSE:
        return unless(lw, flags[1:], then)
    return branches.branch(lw, flags[0], lambda: Static(None), lambda: unless(lw, flags[1:], then))


def break_(lw: Lowering, stmt: ast.Break) -> None:
    lw.cells[JUMP] = lw.cells[STOP] = TRUE
    key = ("broke", lw.frame.id, lw.frame.loops[-1])
    if key in lw.cells:
        lw.cells[key] = TRUE


def continue_(lw: Lowering, stmt: ast.Continue) -> None:
    lw.cells[JUMP] = TRUE


def return_(lw: Lowering, stmt: ast.Return) -> None:
    value = Static(None) if stmt.value is None else evaluate(lw, stmt.value)
    frame = lw.frame.id
    lw.cells["retval", frame] = lw.bind(value)
    lw.cells["returned", frame] = TRUE
    lw.cells[JUMP] = TRUE
    if STOP in lw.cells:
        lw.cells[STOP] = TRUE


# -- the rest ------------------------------------------------------------------------------


def expression(lw: Lowering, stmt: ast.Expr) -> None:
    if isinstance(stmt.value, ast.Constant):
        return
    evaluate(lw, stmt.value)


def function_def(lw: Lowering, stmt: ast.FunctionDef) -> None:
    fn = calls.make_function(lw, stmt)
    for d in reversed(stmt.decorator_list):
        fn = calls.call(lw, evaluate(lw, d), [fn], {})
    lw.cells["var", lw.frame.id, stmt.name] = fn


def assert_(lw: Lowering, stmt: ast.Assert) -> None:
    t = truth(lw, evaluate(lw, stmt.test))
    operands = [lw.value(t)]
    message = lw.tree(evaluate(lw, stmt.msg), operands) if stmt.msg is not None else None
    lw.b.emit(Op("call", operands, [NONE], fn=assert_true, args=(Slot(0), message), kwargs={}, effect=True))


def assert_true(condition: Any, message: Any = None) -> None:
    """``assert condition, message``."""
    assert condition, message


def raise_(lw: Lowering, stmt: ast.Raise) -> None:
    operands: list[Value] = []
    if stmt.exc is None:
        if not lw.handling:
            lw.error("a bare raise outside a handler", stmt, hint="name the exception")
        raise_again(lw)
        return
    call = stmt.exc
    args: tuple[Any, ...] = ()
    if isinstance(call, ast.Name) and lw.handling and lw.cells.get(variable_key(lw, call.id)) is lw.handling[-1]:
        raise_again(lw)
        return
    if isinstance(call, ast.Call):
        cls = lw.static(evaluate(lw, call.func), "the exception's class")
        args = tuple(lw.tree(evaluate(lw, a), operands) for a in call.args)
    else:
        cls = lw.static(evaluate(lw, call), "the exception's class")
    if lw.frame.in_rule and cls is NotImplementedError and args and isinstance(args[0], str):
        message, _, hint = args[0].partition(": ")
        lw.error(message, stmt, hint=hint, kind=RefusedError)
    lw.b.emit(Op("call", operands, [NONE], fn=raise_error, args=(cls, *args), kwargs={}, effect=True))
    lw.cells[JUMP] = TRUE
    lw.cells["dead",] = TRUE


def raise_again(lw: Lowering) -> None:
    """``raise``: the exception that is being handled goes on."""
    lw.b.emit(Op("call", [lw.handling[-1]], [NONE], fn=raise_same, args=(Slot(0),), kwargs={}, effect=True))
    lw.cells[JUMP] = TRUE
    lw.cells["dead",] = TRUE


def raise_same(error: BaseException) -> None:
    """``raise error``."""
    raise error


def raise_error(cls: type[BaseException], *args: Any) -> None:
    """``raise cls(*args)``."""
    raise cls(*args)


def delete(lw: Lowering, stmt: ast.Delete) -> None:
    for target in stmt.targets:
        if isinstance(target, ast.Name):
            lw.cells[variable_key(lw, target.id)] = UNDEF
        elif isinstance(target, ast.Subscript):
            from symgrad.frontend.containers import delete_item
            delete_item(lw, evaluate(lw, target.value), evaluate(lw, target.slice))
        else:
            lw.error("this cannot be deleted", target)


def import_(lw: Lowering, stmt: ast.Import | ast.ImportFrom) -> None:
    import importlib
    if isinstance(stmt, ast.Import):
        for alias in stmt.names:
            module = imported(lw, alias.name)
            top = module if alias.asname else importlib.import_module(alias.name.split(".")[0])
            lw.cells["var", lw.frame.id, alias.asname or alias.name.split(".")[0]] = Static(top)
        return
    if stmt.names[0].name == "*":
        lw.error("import * inside a function", stmt, hint="import the names that are used")
    package = lw.frame.function.__globals__.get("__package__") if lw.frame.function else None
    module = imported(lw, "." * stmt.level + (stmt.module or ""), package)
    for alias in stmt.names:
        if not hasattr(module, alias.name):
            lw.error(f"ImportError: cannot import name {alias.name!r} from {module.__name__!r}")
        lw.cells["var", lw.frame.id, alias.asname or alias.name] = Static(getattr(module, alias.name))


def imported(lw: Lowering, name: str, package: str | None = None) -> Any:
    import importlib
    try:
        return importlib.import_module(name, package)
    except ImportError as e:
        lw.error(f"{type(e).__name__}: {e}")


def nothing(lw: Lowering, stmt: ast.stmt) -> None:
    """pass, global, nonlocal: they say nothing at run time."""


def class_def(lw: Lowering, stmt: ast.ClassDef) -> None:
    """A class defined inside a function: its methods close over the function's variables."""
    if stmt.decorator_list or stmt.keywords:
        lw.error("a decorated class defined inside a function", stmt, hint="define the class in the module")
    members: dict[str, Any] = {"__module__": getattr(lw.frame.function, "__module__", "")}
    for s in stmt.body:
        if isinstance(s, ast.FunctionDef):
            decorators = [lw.static(evaluate(lw, d)) for d in s.decorator_list]
            if any(d not in (property, staticmethod, classmethod) for d in decorators):
                lw.error("a decorated method of a class defined inside a function", s,
                         hint="define the class in the module")
            member: Any = LocalFunction(calls.make_function(lw, s))
            for d in decorators:
                member = d(member)
            members[s.name] = member
        elif isinstance(s, ast.Assign) and all(isinstance(t, ast.Name) for t in s.targets):
            value = lw.static(evaluate(lw, s.value), "an attribute of a class defined inside a function")
            members.update({t.id: value for t in s.targets if isinstance(t, ast.Name)})
        elif not isinstance(s, ast.Pass) and not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant)):
            lw.error("this statement in a class defined inside a function", s, hint="define the class in the module")
    bases = tuple(lw.static(evaluate(lw, b), "a base class") for b in stmt.bases)
    lw.cells[variable_key(lw, stmt.name)] = Static(type(stmt.name, bases, members))


def no_async(lw: Lowering, stmt: ast.stmt) -> None:
    lw.error("async code is not supported", stmt, hint="make the function an ordinary one")


STATEMENTS: dict[type, Callable[[Lowering, Any], None]] = {
    ast.If: if_, ast.Break: break_, ast.Continue: continue_,
    ast.Return: return_, ast.Assign: assign_, ast.AnnAssign: ann_assign, ast.AugAssign: aug_assign,
    ast.Expr: expression, ast.FunctionDef: function_def, ast.Assert: assert_, ast.Raise: raise_, ast.Delete: delete,
    ast.Import: import_, ast.ImportFrom: import_, ast.Pass: nothing,
    ast.Global: nothing, ast.Nonlocal: nothing, ast.ClassDef: class_def, ast.AsyncFunctionDef: no_async,
    ast.AsyncFor: no_async, ast.AsyncWith: no_async}

__all__ = ["block", "statement"]
