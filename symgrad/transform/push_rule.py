"""What a rule makes of the tangents of a call's operands: the tangents of its results."""
from __future__ import annotations

import ast
from typing import Any

import numpy as np

from symgrad.errors import UnsupportedError
from symgrad.frontend.indexing import get_item
from symgrad.frontend.values import ListC, Obj, Ref, Static, Tup
from symgrad.ir.infer import dim_length
from symgrad.ir.nodes import Op, Region, Slot, Value, map_tree, walk
from symgrad.ir.types import is_float
from symgrad.optimize.dce import clean
from symgrad.rules import names
from symgrad.rules.core import Rule
from symgrad.transform.apply_rule import (
    as_number,
    bound_arguments,
    contributions,
    elementwise,
    inline,
    is_python,
    leaves,
    parsed,
    places,
    rule_of,
    text_value,
)
from symgrad.transform.lists import zeros_of
from symgrad.transform.reverse import Reverse


def tangents(f: Any, op: Op) -> list[Value | None]:
    """The tangents of a call's results; None for one that no derivative flows to."""
    rule = rule_of(f, op)
    if rule.is_constant:
        return [None] * len(op.results)
    if rule.is_elementwise:
        chosen = selection(f, op, rule)
        return [f.total([d for _, d in elementwise(f, op, rule, f.tangent)]) if chosen is None else chosen]
    bound = bound_arguments(f, op, rule)
    moving = [name for name in rule.wrt if name in bound and any(v in f.active for v in leaves(bound[name], f.lw))]
    if not rule.linear and any(name not in rule.pushforward for name in moving):
        return transposed(f, op)
    if rule.linear:
        parts = [applied(f, op, rule, name) for name in moving]
    else:
        parts = [pushed(f, op, rule, name, bound) for name in moving]
    return [f.total([d for d in ds if d is not None]) for ds in zip(*parts)]


# -- elementwise rules that select ------------------------------------------------------------------


def selection(f: Any, op: Op, rule: Rule) -> Value | None:
    """The tangent of a function that selects one of several active operands by one condition, as np.where does."""
    python = is_python(op)
    texts = rule.scalar_partials if python and rule.scalar_partials else rule.partials
    assert texts is not None
    found = places(f, op, rule)
    nodes = [node for node, whole in (parsed(texts[i]) for i, _, _ in found) if whole and isinstance(node, ast.IfExp)]
    if len(found) < 2 or len(nodes) < len(found):
        return None
    if len({ast.dump(n.test) for n in nodes}) != 1:
        return None
    bindings: dict[str, Any] = {"r": op.results[0]}
    renamed = []
    for k, ((_, v, known), node) in enumerate(zip(found, nodes)):
        bindings.update(known)
        bindings[f"dy{k}"] = f.tangent(v)
        renamed.append(with_tangent(node, f"dy{k}"))
    bindings = {n: as_number(f, u) for n, u in bindings.items()}
    return text_value(f, joined(renamed), bindings, names.SCALAR if python else names.ARRAY)


def with_tangent(node: ast.expr, name: str) -> ast.expr:
    """A text with another name for ``dy``."""
    class Change(ast.NodeTransformer):
        def visit_Name(self, n: ast.Name) -> ast.expr:
            return ast.Name(name, ast.Load()) if n.id == "dy" else n
    return Change().visit(ast.parse(ast.unparse(node), mode="eval").body)               # type: ignore[no-any-return]


def joined(nodes: list[ast.expr]) -> ast.expr:
    """The sum of texts; conditions that they share are asked once."""
    nodes = [n for n in nodes if not (isinstance(n, ast.Constant) and n.value == 0)] or [ast.Constant(0.0)]
    first = nodes[0]
    if len(nodes) > 1 and isinstance(first, ast.IfExp) and all(
            isinstance(n, ast.IfExp) and ast.dump(n.test) == ast.dump(first.test) for n in nodes):
        arms = [n for n in nodes if isinstance(n, ast.IfExp)]
        return ast.IfExp(first.test, joined([n.body for n in arms]), joined([n.orelse for n in arms]))
    for n in nodes[1:]:
        first = ast.BinOp(first, ast.Add(), n)
    return first


# -- structured rules ---------------------------------------------------------------------------------


def applied(f: Any, op: Op, rule: Rule, name: str) -> list[Value | None]:
    """A function that is linear in an argument, applied to the argument's tangent."""
    args, kwargs = op.attrs["args"], op.attrs["kwargs"]
    place = rule.params.index(name)
    its = kwargs[name] if name in kwargs else args[place:] if name == rule.variadic else args[place]
    slots: set[int] = set()
    map_tree(its, lambda s: slots.add(s.index) or s)                            # type: ignore[func-returns-value]
    moved = constants_to_zero(its)
    operands = [f.fit(f.tangent(v), v) if k in slots else v for k, v in enumerate(op.operands)]
    attrs = {k: a for k, a in op.attrs.items() if k not in ("effect", "aug")}
    if name in kwargs:
        attrs["kwargs"] = {**kwargs, name: moved}
    else:
        attrs["args"] = (*args[:place], *moved) if name == rule.variadic else (*args[:place], moved, *args[place + 1:])
    if "buffer" in attrs:
        attrs["buffer"] = f.fresh()
    return list(f.b.emit(Op("call", operands, [f.derivative_type(r, r) for r in op.results], **attrs)).results)


def constants_to_zero(tree: Any) -> Any:
    """An argument structure in which numbers that are written out do not vary."""
    if isinstance(tree, (int, float, complex)):
        return 0.0
    if isinstance(tree, (tuple, list)):
        return type(tree)(map(constants_to_zero, tree))
    return tree


def pushed(f: Any, op: Op, rule: Rule, name: str, bound: dict[str, Any]) -> list[Value | None]:
    """The rule's pushforward through one argument, inlined."""
    got = inline(f, op, rule, rule.pushforward[name], in_structure(f, bound[name]), bound)
    out: list[Value | None] = [None] * len(op.results)
    collect(f, op.attrs.get("structure", Slot(0)), got, out)
    return out


def transposed(f: Any, op: Op) -> list[Value | None]:
    """The tangents by way of the pullback, where the rule states nothing else.

    The pullback is linear in the cotangent: dx = P dy. So it is the transpose of the tangent map, and its own
    adjoint, with the operands' tangents in place of cotangents, is that map.
    """
    region = Region()
    b, unbroadcast = f.b, f.lw.unbroadcast
    with b.nested(region):
        cotangents = [b.emit(Op("undef", (), [f.derivative_type(v, v)], call=f.fresh())).result
                      if is_float(v.type) else None for v in op.results]                # any cotangent at all
        shares = contributions(f, op, cotangents)
        ops = list(region.ops)
        inputs = [d for d in cotangents if d is not None]
        reverse = Reverse(f.lw, region, inputs, [share for _, share in shares])
        adj: dict[Value, Value] = {}
        for v, share in shares:
            reverse.add(adj, share, reverse.fit(f.fit(f.tangent(v), v), share))
        reverse.region(ops, adj)
        out = [None if d is None else adj.get(d) for d in cotangents]
    f.lw.unbroadcast = unbroadcast
    region.yields = [d for d in out if d is not None]
    for o in walk(region):
        if o.fn in (np.zeros_like, dim_length, zeros_of):       # the cotangent has the result's shape
            o.operands = [op.results[cotangents.index(v)] if v in inputs else v for v in o.operands]
    clean(region)
    if any(d in [v for o in walk(region) for v in o.operands] for d in inputs):
        raise UnsupportedError(f"the rule of {op.fn.__name__}() is not linear in the cotangent", op.span)
    b.region.ops.extend(region.ops)
    return out


def in_structure(f: Any, arg: Any) -> Any:
    """The tangents of an argument in its structure."""
    if isinstance(arg, Value):
        return f.fit(f.tangent(arg), arg)
    if isinstance(arg, Ref):
        return in_structure(f, f.lw.load(arg))
    if isinstance(arg, Tup):
        return Tup(tuple(in_structure(f, i) for i in arg.items), arg.cls)
    if isinstance(arg, Obj):
        return f.lw.new_object(ListC(tuple(in_structure(f, i) for i in f.lw.contents(arg).items)))
    return Static(0.0)


def collect(f: Any, shape: Any, got: Any, out: list[Value | None]) -> None:
    """Put the tangents that a pushforward returned in the places of the call's results."""
    if got == Static(None):
        return
    if isinstance(shape, Slot):
        d = f.lw.value(got)
        out[shape.index] = d
        return
    for k, inner in enumerate(shape):
        collect(f, inner, get_item(f.lw, got, Static(k)), out)


__all__ = ["tangents"]
