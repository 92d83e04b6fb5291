"""What a loop's body plainly does to names and memory: a first guess of what the loop carries."""
from __future__ import annotations

import ast
import functools
from collections import Counter
from typing import Any

from symgrad.errors import AliasError, SymgradError
from symgrad.frontend.lowering import Conflict, Lowering
from symgrad.frontend.merging import Leaf, NoTemplate, by_index, common, contents_template, template
from symgrad.frontend.source import assigned_names
from symgrad.frontend.values import UNDEF, DynC, ListC, Obj, Ref, Static, Undef
from symgrad.structs import struct


def guess(lw: Lowering, stmts: list[ast.stmt]) -> dict[Any, Any]:
    """A first plan: names that the body assigns and memory that it plainly writes to."""
    if not lw.frames:
        return {}
    plan: dict[Any, Any] = {}
    frame = lw.frame
    facts = [facts_of(stmt) for stmt in stmts]
    bound = {n for f in facts for n in f.rebound}
    for name in sorted({n for f in facts for n in f.assigned}):
        key = ("var", frame.id, name)
        if name not in bound and isinstance(lw.cells.get(key), (Ref, Obj)):
            if isinstance(lw.cells[key], Ref):
                plan_memory(lw, lw.cells[key], plan, False)
            continue                            # `a += b` changes the array, not the name
        if key in lw.cells and not isinstance(lw.cells[key], Undef):
            try:
                t = by_index(template(lw, lw.cells[key], key))
            except NoTemplate:
                continue
            except AliasError as e:             # the body may well bind it before it reads it
                lw.cells[key] = Conflict(e.message)
                continue
            if isinstance(t, Static):
                if isinstance(t.obj, (bool, int, float, complex)):
                    plan[key] = common(lw, UNDEF, t)
                continue
            plan[key] = t
    for f in facts:
        for name, grows in f.written:
            plan_memory(lw, lw.cells.get(("var", frame.id, name)), plan, grows)
    return plan


@struct(frozen=True)
class Facts:
    """What a statement plainly does to names and to the memory behind them."""

    assigned: frozenset[str]
    rebound: frozenset[str]                     # other than by ``name += ...``
    written: tuple[tuple[str, bool], ...]       # name of memory written to, whether it may grow


@functools.lru_cache(8192)
def facts_of(stmt: ast.stmt) -> Facts:
    nodes = list(ast.walk(stmt))
    updated = {id(n.target) for n in nodes if isinstance(n, ast.AugAssign)}
    rebound = frozenset(n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
                        and id(n) not in updated)
    written = []
    for node in nodes:
        target: ast.AST | None = None
        if isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, ast.Store):
            target = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in (
                "append", "extend", "pop", "insert"):
            target = node.func.value
        while isinstance(target, (ast.Subscript, ast.Attribute)):
            target = target.value
        if isinstance(target, ast.Name):
            written.append((target.id, isinstance(node, ast.Call)))
    return Facts(frozenset(assigned_names([stmt])), rebound, tuple(written))


def read_elsewhere(function: ast.AST | None, body: list[ast.stmt], name: str) -> bool:
    """Whether the text of a function reads a variable outside of this body of a loop in it."""
    return function is None or reads(function)[name] > sum(reads(stmt)[name] for stmt in body)


@functools.lru_cache(8192)
def reads(node: ast.AST) -> Counter[str]:
    """How often each name is read."""
    return Counter(n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)) + Counter(
        n.target.id for n in ast.walk(node) if isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name))


def plan_memory(lw: Lowering, cell: Any, plan: dict[Any, Any], grows: bool) -> None:
    if isinstance(cell, Ref):
        plan["root", cell.root] = Leaf(lw.cells["root", cell.root].type)
    elif isinstance(cell, Obj):
        c = lw.cells["obj", cell.id]
        if grows and isinstance(c, ListC):
            try:
                contents_template(lw, c, ("obj",))
                lw.dynamic(cell)
            except (NoTemplate, SymgradError):      # not a list that can grow at run time: the body will say why
                return
            c = lw.cells["obj", cell.id]
        if isinstance(c, DynC):
            plan_memory(lw, c.ref, plan, False)


__all__ = ["guess", "read_elsewhere"]
