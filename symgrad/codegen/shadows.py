"""Adjoints of lists: zeros and sums in the structure of a type, as expressions."""
from __future__ import annotations

import ast
import dataclasses
import types

from symgrad.codegen.expressions import Expressions
from symgrad.codegen.trees import attribute, call, dotted, load
from symgrad.ir.nodes import Op
from symgrad.ir.types import Array, DictOf, Instance, ListOf, Optional_, TupleOf, Type


def zeros(e: Expressions, op: Op) -> ast.expr:
    """Zeros shaped like a list, dict or object."""
    return zeros_like(e, op.operands[0].type, e.value(op.operands[0]), 0)


def zeros_like(e: Expressions, t: Type, x: ast.expr, depth: int) -> ast.expr:
    if isinstance(t, Array):
        import numpy as np
        return call(dotted(e.imports.path(np.zeros_like)), x)
    if isinstance(t, ListOf):
        if not isinstance(t.item, (Array, ListOf, TupleOf, DictOf, Instance)):
            return ast.BinOp(ast.List([ast.Constant(0.0)], ast.Load()), ast.Mult(), call(load("len"), x))
        name = variable(depth)
        return each(name, x, zeros_like(e, t.item, load(name), depth + 1))
    if isinstance(t, TupleOf):
        items = [zeros_like(e, i, ast.Subscript(x, ast.Constant(k), ast.Load()), depth)
                 for k, i in enumerate(t.items)]
        return ast.List(items, ast.Load())
    if isinstance(t, DictOf):
        k, v = f"key{depth or ''}", variable(depth)
        target = ast.Tuple([ast.Name(k, ast.Store()), ast.Name(v, ast.Store())], ast.Store())
        return ast.DictComp(load(k), zeros_like(e, t.item, load(v), depth + 1),
                            [ast.comprehension(target, call(attribute(x, "items")), [], 0)])
    if isinstance(t, Instance):
        return call(dotted(e.imports.path(shadow_class(t.cls))),
                    **{n: zeros_like(e, f, attribute(x, n), depth) for n, f in t.fields})
    if isinstance(t, Optional_):
        inner = zeros_like(e, t.item, x, depth)
        if isinstance(x, ast.Constant):                     # zeros whatever there is, or is not
            return inner
        return ast.IfExp(ast.Compare(x, [ast.IsNot()], [ast.Constant(None)]), inner, ast.Constant(0.0))
    return ast.Constant(0.0)


def sums(e: Expressions, op: Op) -> ast.expr:
    """The sum, item by item, of two lists."""
    a, b = op.operands
    return add(e, op.results[0].type, e.value(a), e.value(b), 0)


def add(e: Expressions, t: Type, a: ast.expr, b: ast.expr, depth: int) -> ast.expr:
    if isinstance(t, ListOf):
        x, y = variable(depth), "w" + str(depth or "")
        target = ast.Tuple([ast.Name(x, ast.Store()), ast.Name(y, ast.Store())], ast.Store())
        return ast.ListComp(add(e, t.item, load(x), load(y), depth + 1),
                            [ast.comprehension(target, call(load("zip"), a, b), [], 0)])
    if isinstance(t, TupleOf):
        return ast.List([add(e, i, ast.Subscript(a, ast.Constant(k), ast.Load()),
                             ast.Subscript(b, ast.Constant(k), ast.Load()), depth)
                         for k, i in enumerate(t.items)], ast.Load())
    if isinstance(t, DictOf):
        key = f"key{depth or ''}"

        def entry(d: ast.expr) -> ast.expr:
            return call(attribute(d, "get"), load(key), ast.Constant(0.0))
        keys = ast.Dict([None, None], [a, b])
        return ast.DictComp(load(key), ast.BinOp(entry(a), ast.Add(), entry(b)),
                            [ast.comprehension(ast.Name(key, ast.Store()), keys, [], 0)])
    if isinstance(t, Instance):
        return call(dotted(e.imports.path(shadow_class(t.cls))),
                    **{n: add(e, f, attribute(a, n), attribute(b, n), depth) for n, f in t.fields})
    return ast.BinOp(a, ast.Add(), b)


def finished(e: Expressions, op: Op) -> ast.expr:
    """A list's adjoint as it is handed to the caller: tuples are tuples again, objects of the class they were."""
    return as_primal(e, op.results[0].type, e.value(op.operands[0]), 0)


def float_items(e: Expressions, op: Op) -> ast.expr:
    """A list's adjoint, its items Python's floats."""
    return each("v", e.value(op.operands[0]), call(load("float"), load("v")))


def as_primal(e: Expressions, t: Type, x: ast.expr, depth: int) -> ast.expr:
    if isinstance(t, ListOf) and differs(t):
        name = variable(depth)
        return each(name, x, as_primal(e, t.item, load(name), depth + 1))
    if isinstance(t, TupleOf):
        return ast.Tuple([as_primal(e, i, ast.Subscript(x, ast.Constant(k), ast.Load()), depth)
                          for k, i in enumerate(t.items)], ast.Load())
    if isinstance(t, Instance) and differs(t):
        return call(dotted(e.imports.path(t.cls)),
                    **{n: as_primal(e, f, attribute(x, n), depth) for n, f in t.fields})
    return x


def differs(t: Type) -> bool:
    """Whether an adjoint of this type is kept in another structure: one that can be written to."""
    if isinstance(t, ListOf):
        return differs(t.item)
    if isinstance(t, Instance):
        return shadow_class(t.cls) is not t.cls or any(differs(f) for _, f in t.fields)
    return isinstance(t, TupleOf)


def shadow_class(cls: type) -> type:
    """What holds the adjoints of an object's fields: its own class, where objects of it can be made and changed."""
    if not dataclasses.is_dataclass(cls) or cls.__dataclass_params__.frozen:            # type: ignore[attr-defined]
        return types.SimpleNamespace
    return cls


def variable(depth: int) -> str:
    return "v" + str(depth or "")


def each(name: str, x: ast.expr, item: ast.expr) -> ast.expr:
    return ast.ListComp(item, [ast.comprehension(ast.Name(name, ast.Store()), x, [], 0)])
