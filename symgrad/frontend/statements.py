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
from symgrad.frontend import attributes, branches, calls, indexing, primitives
from symgrad.frontend import outer as outer_names
from symgrad.frontend.expressions import BINARY, evaluate, instance_operator, is_list, truth
from symgrad.frontend.iteration import bounds_and_get, count_and_get, static_items, written_out
from symgrad.frontend.loops import JUMP, STOP, TestChangesState, for_loop, while_loop
from symgrad.frontend.lowering import Lowering, Unsettled
from symgrad.frontend.values import (
    UNDEF,
    DictC,
    DynC,
    InstC,
    Iter,
    ListC,
    LocalFunction,
    Obj,
    Ref,
    SetC,
    Static,
    Tup,
)
from symgrad.ir.nodes import Op, Slot, Value
from symgrad.ir.types import NONE, Array

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


def match(lw: Lowering, stmt: ast.Match) -> None:
    """`match` on constants, captures and sequences, as a chain of ifs."""
    subject = lw.bind(evaluate(lw, stmt.subject))

    def case(i: int) -> Any:
        if i == len(stmt.cases):
            return Static(None)
        c = stmt.cases[i]
        bound: list[tuple[str, Any]] = []
        test = pattern(lw, c.pattern, subject, bound)

        def body() -> Any:
            for name, value in bound:
                lw.cells["var", lw.frame.id, name] = value
            if c.guard is None:
                return run(lw, c.body)
            guard = truth(lw, evaluate(lw, c.guard))
            if isinstance(guard, Static):
                return run(lw, c.body) if guard.obj else case(i + 1)
            return branches.branch(lw, guard, lambda: run(lw, c.body), lambda: case(i + 1))

        if isinstance(test, Static):
            return body() if test.obj else case(i + 1)
        return branches.branch(lw, test, body, lambda: case(i + 1))

    case(0)


def pattern(lw: Lowering, p: ast.pattern, subject: Any, bound: list[tuple[str, Any]]) -> Any:
    from symgrad.frontend.expressions import chain, compare_pair
    if isinstance(p, ast.MatchValue):
        return compare_pair(lw, ast.Eq(), subject, evaluate(lw, p.value))
    if isinstance(p, ast.MatchSingleton):
        return compare_pair(lw, ast.Is(), subject, Static(p.value))
    if isinstance(p, ast.MatchAs):
        inner = TRUE if p.pattern is None else pattern(lw, p.pattern, subject, bound)
        if p.name is not None:
            bound.append((p.name, subject))
        return inner
    if isinstance(p, ast.MatchOr):
        return chain(lw, False, [lambda q=q: pattern(lw, q, subject, bound) for q in p.patterns])
    if isinstance(p, ast.MatchSequence):
        items = static_items(lw, subject) if isinstance(subject, (Tup, Obj)) or lw.is_static(subject) else None
        if items is None or isinstance(subject, Static) and isinstance(subject.obj, str):
            return FALSE
        star = next((k for k, q in enumerate(p.patterns) if isinstance(q, ast.MatchStar)), None)
        if star is None and len(items) != len(p.patterns) or len(items) < len(p.patterns) - (star is not None):
            return FALSE
        if star is not None:
            extra = len(items) - len(p.patterns) + 1
            middle = items[star:star + extra]
            name = p.patterns[star].name                                            # type: ignore[attr-defined]
            if name:
                bound.append((name, lw.new_object(ListC(tuple(middle)))))
            items = items[:star] + items[star + extra:]
            patterns = [q for q in p.patterns if not isinstance(q, ast.MatchStar)]
        else:
            patterns = p.patterns
        tests: list[Any] = [lambda q=q, x=x: pattern(lw, q, x, bound) for q, x in zip(patterns, items)]
        return chain(lw, True, tests) if tests else TRUE
    if isinstance(p, ast.MatchClass):
        return class_pattern(lw, p, subject, bound)
    if isinstance(p, ast.MatchMapping) and p.rest is None:
        c = lw.contents(subject) if isinstance(subject, Obj) else None
        keys = [lw.static(evaluate(lw, k)) for k in p.keys]
        if not isinstance(c, DictC) or any(c.get(k) is None for k in keys):
            return FALSE
        found = [c.get(k) for k in keys]
        return chain(lw, True, [lambda q=q, x=x: pattern(lw, q, x, bound) for q, x in zip(p.patterns, found)]
                     or [lambda: TRUE])
    lw.error(f"{type(p).__name__} patterns are not supported", p, hint="match on constants and tuples, or use if")


def class_pattern(lw: Lowering, p: ast.MatchClass, subject: Any, bound: list[tuple[str, Any]]) -> Any:
    """``case Point(x, y=0):``: the class is known, the attributes are matched."""
    from symgrad.frontend.builtin_calls import isinstance_
    from symgrad.frontend.expressions import chain
    cls = lw.static(evaluate(lw, p.cls), "the class of a pattern")
    if isinstance_(lw, [subject, Static(cls)], {}) != TRUE:
        return FALSE
    tests: list[Any] = []
    if p.patterns and cls in (bool, bytes, dict, float, int, list, str, tuple):
        tests.append(lambda: pattern(lw, p.patterns[0], subject, bound))
        names: list[str] = []
    else:
        names = [*getattr(cls, "__match_args__", ())[:len(p.patterns)], *p.kwd_attrs]
    for name, q in zip(names, [*p.patterns, *p.kwd_patterns]):
        tests.append(lambda name=name, q=q: pattern(lw, q, attributes.get_attribute(lw, subject, name), bound))
    return chain(lw, True, tests) if tests else TRUE


# -- loops ---------------------------------------------------------------------------------


def for_(lw: Lowering, stmt: ast.For) -> None:
    iterable = evaluate(lw, stmt.iter)
    items = static_items(lw, iterable)
    if items is not None and not grows(lw, iterable, stmt):
        unrolled(lw, stmt, items)
        return
    frame = lw.frame
    saved = lw.cells.get(JUMP, FALSE), lw.cells.get(STOP)
    bounds, get = bounds_and_get(lw, iterable)

    def body(index: Value) -> None:
        lw.cells[STOP] = FALSE
        assign(lw, stmt.target, lw.bind(get(index)))
        block(lw, stmt.body)

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
        unless(lw, [returned, broke], lambda: run(lw, stmt.orelse))


def unless(lw: Lowering, flags: list[Any], then: Callable[[], Any]) -> Any:
    """Run `then` where none of the flags is set."""
    if not flags:
        return then()
    if flags[0] == TRUE:
        return Static(None)
    if flags[0] == FALSE:
        return unless(lw, flags[1:], then)
    return branches.branch(lw, flags[0], lambda: Static(None), lambda: unless(lw, flags[1:], then))


def unrolled(lw: Lowering, stmt: ast.For, items: list[Any]) -> None:
    """A loop over a sequence of known length: the body once per item."""
    saved = lw.cells.get(JUMP, FALSE), lw.cells.get(STOP)
    lw.cells[STOP] = FALSE
    enter_loop(lw, stmt)

    def iteration(i: int) -> Any:
        while i < len(items):
            lw.cells[JUMP] = FALSE
            assign(lw, stmt.target, lw.bind(items[i]))
            block(lw, stmt.body)
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
        block(lw, stmt.body)

    def guarded() -> None:
        # `while` whose condition binds names: the condition is part of the body
        lw.cells[STOP] = FALSE
        go_on = truth(lw, evaluate(lw, stmt.test))
        if go_on == TRUE:
            block(lw, stmt.body)
            return
        branches.branch(lw, lw.value(go_on), lambda: run(lw, stmt.body), leave)

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


# -- assignment ----------------------------------------------------------------------------


def assign_(lw: Lowering, stmt: ast.Assign) -> None:
    if isinstance(stmt.value, ast.IfExp):
        lw.choosing = stmt
    value = lw.bind(evaluate(lw, stmt.value))
    for target in stmt.targets:
        assign(lw, target, value)


def ann_assign(lw: Lowering, stmt: ast.AnnAssign) -> None:
    if stmt.value is not None:
        assign(lw, stmt.target, lw.bind(evaluate(lw, stmt.value)))


def assign(lw: Lowering, target: ast.expr, value: Any) -> None:
    """Bind `value` to a target: a name, an item, an attribute, or a sequence of targets."""
    outer, lw.node = lw.node, target
    if isinstance(target, ast.Name) and target.id in lw.frame.globals:
        outer_names.assign(lw, outer_names.module_of(lw, target.id), target.id, value)
    elif isinstance(target, ast.Name):
        key = variable_key(lw, target.id)
        lw.changing(key)
        lw.cells[key] = named(lw, value, target.id)
    elif isinstance(target, ast.Subscript):
        base = evaluate(lw, target.value)
        indexing.set_item(lw, base, evaluate(lw, target.slice), value)
    elif isinstance(target, ast.Attribute):
        attributes.set_attribute(lw, evaluate(lw, target.value), target.attr, value)
    elif isinstance(target, (ast.Tuple, ast.List)):
        unpack(lw, target, value)
    else:
        lw.error("this cannot be assigned to")
    lw.node = outer


def variable_key(lw: Lowering, name: str) -> Any:
    frame: Any = lw.frame
    while frame.comprehension and name not in frame.locals:     # a walrus binds in the function around it
        frame = frame.parent
    if name in frame.globals:
        lw.error(f"the global {name!r} is assigned to", hint="return the new value instead")
    if name in frame.nonlocals:
        frame = frame.parent
        while frame is not None and name not in frame.locals:
            frame = frame.parent
        if frame is None:
            lw.error(f"the closed-over variable {name!r} is assigned to from outside its function",
                     hint="return the new value instead")
    return ("var", frame.id, name)


def named(lw: Lowering, value: Any, name: str) -> Any:
    """Let the IR value know what the primal calls it."""
    if not name.strip("_"):
        return value
    v = value
    if isinstance(v, Static) and isinstance(v.obj, float) and not lw.frame.in_rule:
        return value
    if isinstance(v, Obj) and not lw.frame.in_rule:
        lw.object_names.setdefault(v.id, name)
    if isinstance(v, Ref) and not v.path:
        v = lw.cells["root", v.root]
    elif isinstance(v, Obj) and isinstance(c := lw.cells["obj", v.id], DynC) and not c.ref.path:
        v = lw.cells["root", c.ref.root]
    if isinstance(v, Value) and not v.name and not lw.frame.in_rule:
        v.name = name
    return value


def unpack(lw: Lowering, target: ast.Tuple | ast.List, value: Any) -> None:
    items = static_items(lw, value)
    elts = target.elts
    star = next((i for i, e in enumerate(elts) if isinstance(e, ast.Starred)), None)
    if items is None:
        _, get = count_and_get(lw, value)
        after_star = len(elts) - star - 1 if star is not None else 0
        items = [get(lw.constant(i)) for i in range(len(elts) if star is None else star)]
        if star is not None:
            from symgrad.frontend.values import Slice
            stop = Static(-after_star) if after_star else Static(None)
            middle = indexing.get_item(lw, value, Slice(Static(star), stop, Static(None)))
            items = [*items, lw.bind(middle),
                     *(indexing.get_item(lw, value, Static(i - after_star)) for i in range(after_star))]
            elts = [e.value if isinstance(e, ast.Starred) else e for e in elts]
    elif star is not None:
        extra = len(items) - len(elts) + 1
        if extra < 0:
            lw.error(f"ValueError: {len(items)} values to unpack into {len(elts) - 1} names or more")
        items = [*items[:star], lw.new_object(ListC(tuple(items[star:star + extra]))), *items[star + extra:]]
        elts = [e.value if isinstance(e, ast.Starred) else e for e in elts]
    elif len(items) != len(elts):
        lw.error(f"ValueError: {len(items)} values to unpack into {len(elts)} names")
    bound = [lw.bind(i) for i in items]
    for e, item in zip(elts, bound):
        assign(lw, e, item)


def aug_assign(lw: Lowering, stmt: ast.AugAssign) -> None:
    kind = type(stmt.op)
    target = stmt.target
    if isinstance(target, ast.Name):
        read = ast.copy_location(ast.Name(target.id, ast.Load()), target)
        old = evaluate(lw, read)
        new = in_place(lw, kind, old, evaluate(lw, stmt.value))
        if new is not old:
            assign(lw, target, lw.bind(new))
        return
    if isinstance(target, ast.Subscript):
        base = evaluate(lw, target.value)
        index = evaluate(lw, target.slice)
        old = indexing.get_item(lw, base, index)
        value = evaluate(lw, stmt.value)
        if isinstance(old, Ref) and not is_list(lw, old):
            in_place(lw, kind, old, value)
            return
        new = in_place(lw, kind, old, value)
        indexing.set_item(lw, base, index, new)
        return
    if isinstance(target, ast.Attribute):
        base = evaluate(lw, target.value)
        old = attributes.get_attribute(lw, base, target.attr)
        new = in_place(lw, kind, old, evaluate(lw, stmt.value))
        if new is not old:
            attributes.set_attribute(lw, base, target.attr, lw.bind(new))


def in_place(lw: Lowering, kind: type, old: Any, value: Any) -> Any:
    """``old <op>= value``: arrays and lists change where they are, anything else gives a new value."""
    from symgrad.frontend.containers import extend_list
    from symgrad.frontend.expressions import binary
    if isinstance(old, Ref) and isinstance(lw.load(old).type, Array):
        write_whole(lw, old, primitives.call_primitive(lw, BINARY[kind], [old, value], {}))
        return old
    if isinstance(old, Obj):
        c = lw.contents(old)
        if isinstance(c, InstC):
            from symgrad.frontend.expressions import DUNDER
            if hasattr(c.cls, f"__i{DUNDER[kind]}__"):
                return calls.call(lw, attributes.get_attribute(lw, old, f"__i{DUNDER[kind]}__"), [value], {})
            return instance_operator(lw, kind, old, value)
        if isinstance(c, SetC):
            changed = binary(lw, kind, old, value)
            lw.set_contents(old, lw.contents(changed))
            return old
        if kind is ast.Add and is_list(lw, old):
            extend_list(lw, old, value)
            return old
    new = binary(lw, kind, old, value)
    if isinstance(new, Value) and new.op is not None:
        new.op.attrs["aug"] = True           # printed as it was written
    return new


def write_whole(lw: Lowering, ref: Ref, value: Any) -> None:
    """``ref[...] = value``."""
    if ref.path and ref.path[-1].kind == "index":
        lw.store(ref, lw.value(value))
        return
    full = indexing.extend(ref, "index", lambda ops: Ellipsis)
    lw.store(full, lw.value(value))


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
    ast.If: if_, ast.For: for_, ast.While: while_, ast.Match: match, ast.Break: break_, ast.Continue: continue_,
    ast.Return: return_, ast.Assign: assign_, ast.AnnAssign: ann_assign, ast.AugAssign: aug_assign,
    ast.Expr: expression, ast.FunctionDef: function_def, ast.Assert: assert_, ast.Raise: raise_, ast.Delete: delete,
    ast.Import: import_, ast.ImportFrom: import_, ast.Pass: nothing,
    ast.Global: nothing, ast.Nonlocal: nothing, ast.ClassDef: class_def, ast.AsyncFunctionDef: no_async,
    ast.AsyncFor: no_async, ast.AsyncWith: no_async}

__all__ = ["block", "statement"]
