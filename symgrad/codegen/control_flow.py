"""Branches and loops as statements."""
from __future__ import annotations

import ast
import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from symgrad.codegen.blocks import blocks
from symgrad.codegen.expressions import constant_of
from symgrad.codegen.trees import (
    Stmts,
    attribute,
    dotted,
    load,
    names_in,
    negated,
    one_assignment,
    store_name,
)
from symgrad.frontend.exceptions import caught
from symgrad.ir.nodes import Op, Region, Value, walk
from symgrad.ir.types import ListOf, Scalar, Type
from symgrad.optimize.dce import carried_count

if TYPE_CHECKING:
    from symgrad.codegen.statements import Statements

Copies = list[tuple[str, ast.expr] | None]


def branch(p: Statements, op: Op, flag: Value | None, tail: list[Copies]) -> Stmts:
    """An `if`. With `flag`, this is the end of a loop's body: arms that stop copy `tail`, step by step, and `break`."""
    arms: list[Stmts] = []
    stops = []
    for r in op.regions:
        out = region_with_tail(p, r, op, flag, tail)
        arms.append(out[0])
        stops.append(out[1])
    if op.attrs.get("attempt"):
        return [attempt(p, op, *arms)]
    test = p.e.value(op.operands[0])
    if stops[0] and not stops[1]:
        return [ast.If(test, arms[0], []), *arms[1]]
    if stops[1] and not stops[0]:
        return [ast.If(negated(test), arms[1], []), *arms[0]]
    if not arms[0] and not arms[1]:
        return []
    if not arms[0]:
        return [ast.If(negated(test), arms[1], [])]
    choice = one_assignment(test, *arms)
    if choice is not None:
        return [choice]
    return [ast.If(test, arms[0], arms[1])]


def attempt(p: Statements, op: Op, body: Stmts, handler: Stmts) -> ast.stmt:
    """A body that may raise, and what is done then."""
    classes = [dotted(p.e.imports.path(c)) for c in op.attrs["attempt"]]
    kind = classes[0] if len(classes) == 1 else ast.Tuple(classes, ast.Load())
    error = next((o.result for o in op.regions[1].ops if o.fn is caught), None)
    name = p.names.variable(error) if error is not None and p.used(error) and any(
        p.names.variable(error) in names_in(s) for s in handler) else None
    for stmts in (body, handler):
        end = next((i for i, s in enumerate(stmts) if isinstance(s, ast.Raise)), len(stmts))
        del stmts[end + 1:]                 # what is not reached
    return ast.Try(body or [ast.Pass()], [ast.ExceptHandler(kind, name, handler or [ast.Pass()])], [], [])


def region_with_tail(p: Statements, r: Region, op: Op, flag: Value | None,
                     tail: list[Copies]) -> tuple[Stmts, bool]:
    out: Stmts = []
    stop = None
    if flag is not None:
        stop = r.yields[op.results.index(flag)]
    inner = stop.op if stop is not None and stop in p.silent else None
    for o in r.ops:
        if o in p.inlining.inline or o.kind == "arg":
            continue
        if o is inner:
            copies = arm_copies(p, op, r)
            out.extend(branch(p, o, stop, [copies, *tail]))
            return blocks(out) + p.parallel(copies), False
        out.extend(p.statement(o))
    out = blocks(out)
    out.extend(p.parallel(arm_copies(p, op, r)))
    if stop is not None and constant_of(stop) is True:
        return [*out, *(s for copies in tail for s in p.parallel(copies)), ast.Break()], True
    return out, False


def arm_copies(p: Statements, op: Op, r: Region) -> Copies:
    if not r.yields:
        return []
    return [p.copy(result, y) for result, y in zip(op.results, r.yields)
            if result not in p.silent and p.used(result)]


def loop(p: Statements, op: Op) -> Stmts:
    first, shift = (1, 3) if op.kind == "for" else (0, 0)
    n = carried_count(op)
    body = op.regions[-1]
    out = p.parallel([p.copy(body.params[k + first], op.operands[k + shift]) for k in range(n)])
    for k, tape in enumerate(op.results[n:n + len(op.attrs.get("tapes", ()))]):
        out.extend(new_tape(p, op, tape, k))
    early = 1 if op.attrs.get("early") else 0
    copies = [p.copy(body.params[k + first], body.yields[k + early]) for k in range(n)]
    inner = loop_body(p, body, copies, early)
    if not inner:
        inner = [ast.Pass()]
    if op.kind == "for":
        index = body.params[0]
        used = p.inlining.count.get(index, 0) > 0
        target = store_name(p.names.variable(index) if used else "_")
        function = parallel_range(p, op, inner) if op.attrs.get("parallel") else None
        out.append(ast.For(target, p.e.range(op, function), inner, []))
        return out
    test = op.regions[0]
    pre = p.region(test)
    condition = p.e.value(test.yields[0])
    if pre:
        stop: ast.stmt = ast.If(negated(condition), [ast.Break()], [])
        out.append(ast.While(ast.Constant(True), [*pre, stop, *inner], []))
    else:
        out.append(ast.While(condition, inner, []))
    return out


def parallel_range(p: Statements, op: Op, body: Stmts) -> ast.expr | None:
    """Numba's range for a loop whose iterations may run at the same time; None if as statements they may not."""
    names = passed_on(body)
    if names:
        op.attrs["parallel"].reason = f"each iteration needs the {min(names)!r} of the one before"
        return None
    return attribute(load(p.e.imports.module(importlib.import_module("numba"))), "prange")


def passed_on(body: Stmts) -> set[str]:
    """The names that a loop's body assigns to and may read before that: one iteration's would reach the next.

    So it is where a copy had to be put in, and an array has another memory after each iteration.
    """
    found: set[str] = set()

    def read(node: ast.AST, known: set[str]) -> None:
        found.update(n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
                     and n.id not in known)

    def run(stmts: Stmts, known: set[str]) -> set[str]:
        """The names that have a value after these statements, whichever way they take."""
        for s in stmts:
            if isinstance(s, ast.If):
                read(s.test, known)
                known = run(s.body, set(known)) & run(s.orelse, set(known))
            elif isinstance(s, (ast.For, ast.While)):
                read(s.iter if isinstance(s, ast.For) else s.test, known)
                run(s.body, known | (stored([s.target]) if isinstance(s, ast.For) else set()))
            else:
                if isinstance(s, ast.AugAssign) and isinstance(s.target, ast.Name) and s.target.id not in known:
                    found.add(s.target.id)
                read(s, known)
                known = known | stored([s])
        return known

    run(body, set())
    return found & stored(body)


def stored(nodes: Sequence[ast.AST]) -> set[str]:
    return {n.id for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def loop_body(p: Statements, body: Region, copies: Copies, early: int) -> Stmts:
    flag = body.yields[0] if early else None
    if flag is not None and flag in p.silent and flag.op is not None:
        out: Stmts = []
        for o in body.ops:
            if o in p.inlining.inline:
                continue
            if o is flag.op:
                out.extend(branch(p, o, flag, [copies]))
            else:
                out.extend(p.statement(o))
        return blocks(out) + p.parallel(copies)
    out = p.region(body) + p.parallel(copies)
    if flag is not None and constant_of(flag) is not False:
        if constant_of(flag) is True:
            out.append(ast.Break())
        else:
            out.append(ast.If(p.e.value(flag), [ast.Break()], []))
    return out


def new_tape(p: Statements, op: Op, tape: Value, k: int) -> Stmts:
    mode, size = op.attrs["tapes"][k]
    name = p.names.variable(tape)
    if mode == "index":
        assert isinstance(tape.type, ListOf)
        fill = filler(tape.type.item)
        count = p.e.value(size) if isinstance(size, Value) else ast.Constant(size)
        return [ast.Assign([store_name(name)], ast.BinOp(ast.List([fill], ast.Load()), ast.Mult(), count))]
    return [ast.Assign([store_name(name)], ast.List([], ast.Load()))]


def filler(t: Type) -> ast.expr:
    if isinstance(t, Scalar) and t.kind == "f":
        return ast.Constant(0.0)
    if isinstance(t, Scalar) and t.kind in "i":
        return ast.Constant(0)
    if isinstance(t, Scalar) and t.kind == "b":
        return ast.Constant(False)
    return ast.Constant(None)


def silent_flags(region: Region, count: dict[Value, int]) -> set[Value]:
    """The stop flags that need no variable: the `if` that decides them ends its loop's body."""
    found: set[Value] = set()

    def ends(flag: Value, r: Region) -> set[Value]:
        """The flag and those that it is made of in the arms, if none of them needs a variable."""
        op = flag.op
        if op is None or op.kind != "if" or not r.ops or count.get(flag, 0) != 1:
            return set()
        rest = r.ops[r.ops.index(op) + 1:] if op in r.ops else None
        if rest is None or any(o.kind not in ("const", "undef") for o in rest):
            return set()
        k = op.results.index(flag)
        flags = {flag}
        for arm in op.regions:
            y = arm.yields[k]
            if constant_of(y) not in (True, False):
                inner = ends(y, arm)
                if not inner:
                    return set()
                flags |= inner
        return flags

    for op in walk(region):
        if op.kind in ("for", "while") and op.attrs.get("early"):
            found |= ends(op.regions[-1].yields[0], op.regions[-1])
    return found
