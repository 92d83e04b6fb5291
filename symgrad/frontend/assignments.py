"""Lowering assignments: to names, items, attributes and sequences of them; in place or not."""
from __future__ import annotations

import ast
from typing import Any

from symgrad.frontend import attributes, calls, indexing, primitives
from symgrad.frontend import outer as outer_names
from symgrad.frontend.containers import extend_list
from symgrad.frontend.expressions import BINARY, DUNDER, binary, evaluate, instance_operator, is_list
from symgrad.frontend.iteration import count_and_get, static_items
from symgrad.frontend.lowering import Lowering
from symgrad.frontend.values import DynC, InstC, ListC, Obj, Ref, SetC, Slice, Static, Tup
from symgrad.ir.nodes import Value
from symgrad.ir.types import Array


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
    waiting = ("waiting", lw.frame.id, next(lw.ids))        # a cell: what an item is outlives the place that it was read from
    lw.cells[waiting] = Tup(tuple(map(lw.bind, items)))
    for i, e in enumerate(elts):
        assign(lw, e, lw.cells[waiting].items[i])
    del lw.cells[waiting]


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
    if isinstance(old, Ref) and isinstance(lw.load(old).type, Array):
        write_whole(lw, old, primitives.call_primitive(lw, BINARY[kind], [old, value], {}))
        return old
    if isinstance(old, Obj):
        c = lw.contents(old)
        if isinstance(c, InstC):
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
        lw.store(ref, lw.value(value), into=True)
        return
    full = indexing.extend(ref, "index", lambda ops: Ellipsis)
    lw.store(full, lw.value(value))
