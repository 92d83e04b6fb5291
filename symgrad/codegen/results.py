"""What a generated function returns: the structure of the primal's arguments or result."""
from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from symgrad.codegen.expressions import Expressions, instance
from symgrad.codegen.trees import call, dotted
from symgrad.frontend.values import DictC, DynC, InstC, ListC, Obj, Static, Tup
from symgrad.ir.nodes import Slot, Value


def template(a: Any, contents: Any, value_of: Any, out: list[Value]) -> Any:
    """An abstract value as a structure of slots; the leaf values are appended to `out`."""
    if isinstance(a, Static):
        return a
    if isinstance(a, Tup):
        return Tup(tuple(template(i, contents, value_of, out) for i in a.items), a.cls)
    if isinstance(a, Obj):
        c = contents(a)
        if isinstance(c, ListC):
            return ListC(tuple(template(i, contents, value_of, out) for i in c.items))
        if isinstance(c, (DictC, InstC)):
            items = tuple((k, template(v, contents, value_of, out)) for k, v in c.items)
            return DictC(items) if isinstance(c, DictC) else InstC(c.cls, items)
        if isinstance(c, DynC):
            a = c.ref
    out.append(value_of(a))
    return Slot(len(out) - 1)


def expression(t: Any, leaf: Callable[[int], ast.expr], e: Expressions) -> ast.expr:
    """A structure of slots as a Python expression; `leaf` gives that of a slot's value."""
    if isinstance(t, Slot):
        return leaf(t.index)
    if isinstance(t, Static):
        return e.literal(t.obj)
    if isinstance(t, Tup):
        items = [expression(i, leaf, e) for i in t.items]
        if t.cls is not None:
            return call(dotted(e.imports.path(t.cls)), *items)
        return ast.Tuple(items, ast.Load())
    if isinstance(t, ListC):
        return ast.List([expression(i, leaf, e) for i in t.items], ast.Load())
    if isinstance(t, DictC):
        return ast.Dict([e.literal(k) for k, _ in t.items], [expression(v, leaf, e) for _, v in t.items])
    if isinstance(t, InstC):
        return instance(e, t.cls, {k: expression(v, leaf, e) for k, v in t.items})
    raise AssertionError(t)
