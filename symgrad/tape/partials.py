"""The texts of elementwise rules, as functions: on numbers one node at a time, on arrays all elements at once."""
from __future__ import annotations

import ast
import functools
import operator
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from symgrad.rules import names
from symgrad.rules.core import Rule


def mentions(text: str, name: str) -> bool:
    """Whether an expression uses a name."""
    return any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(ast.parse(text, mode="eval")))


# -- numbers ----------------------------------------------------------------------------------------


@functools.cache
def scalar(rule: Rule, n: int, python: bool) -> Callable[[Any], None]:
    """The function that hands a value's adjoint on to its operands.

    n: how many operands there are, for a rule of any number of them; else 0.
    python: the operands are Python floats, whose arithmetic raises where NumPy's gives inf.
    """
    texts = rule.scalar_partials if python and rule.scalar_partials else rule.partials
    assert texts is not None
    params = rule.params
    if rule.variadic:
        params = tuple(f"{rule.variadic}{i}" for i in range(n))
        texts = tuple(re.sub(rf"\b{rule.variadic}\b", p, texts[0]) for p in params)
    lines = ["def pull(node):", "    dy, r = node.grad, node.data",
             "    if dy == 0.0: return",                         # exactly 0 stays 0, and is not 0 * inf
             f"    {''.join(f'_{p}, ' for p in params)} = node._inputs"]
    lines += [f"    {p} = _{p}.data if isinstance(_{p}, _Node) else _{p}" for p in params]
    for p, text in zip(params, texts):
        if text == "0":
            continue
        d = product(text)
        lines.append(f"    if isinstance(_{p}, _Node): " + (f"_{p}.grad += {d}" if python else f"_add(_{p}, {d})"))
    from symgrad.tape.engine import Node
    namespace = {"conj": operator.pos, **(names.SCALAR if python else names.ARRAY), "_Node": Node, "_add": add}
    exec("\n".join(lines), namespace)  # noqa: S102 - the table's own texts
    return namespace["pull"]                                    # type: ignore[no-any-return]


def product(text: str) -> str:
    """A partial derivative's text, times the adjoint."""
    return {"1.0": "dy", "-1.0": "-dy"}.get(text) or (f"({text})" if mentions(text, "dy") else f"dy * ({text})")


def add(value: Any, d: Any) -> None:
    """Add to the gradient of a value; what a real number gets is real."""
    if np.iscomplexobj(d) and not np.iscomplexobj(value.data):
        d = d.real
    value.grad = value.grad + d


# -- arrays -----------------------------------------------------------------------------------------


class Vectorised(ast.NodeTransformer):
    """Conditions choose element by element; those that are known before, such as ``x is not None``, choose once."""

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        test, body, orelse = (self.visit(n) for n in (node.test, node.body, node.orelse))
        return _call("_choose", test, _later(body), _later(orelse))

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        values = [self.visit(v) for v in node.values]
        name = "_and" if isinstance(node.op, ast.And) else "_or"
        result = values[-1]
        for v in reversed(values[:-1]):
            result = _call(name, v, _later(result))
        return result                                           # type: ignore[no-any-return]


def _call(name: str, *args: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(args), [])


def _later(node: ast.expr) -> ast.Lambda:
    return ast.Lambda(ast.arguments([], [], None, [], [], None, []), node)


def _keep_zeros(dy: Any, d: Any) -> Any:
    """A contribution that is 0 where the adjoint is exactly 0, and not 0 * inf."""
    return d if np.all(np.isfinite(d)) else np.where(dy != 0.0, d, 0.0)


def _choose(test: Any, body: Callable[[], Any], orelse: Callable[[], Any]) -> Any:
    if isinstance(test, (bool, np.bool_)):
        return body() if test else orelse()
    return np.where(test, body(), orelse())


def _and(a: Any, b: Callable[[], Any]) -> Any:
    if isinstance(a, (bool, np.bool_)):
        return b() if a else a
    return np.logical_and(a, b())


def _or(a: Any, b: Callable[[], Any]) -> Any:
    if isinstance(a, (bool, np.bool_)):
        return a if a else b()
    return np.logical_or(a, b())


@functools.cache
def array(rule: Rule, param: str) -> Callable[..., Any]:
    """A function of ``(dy, r, *params)`` that gives one operand's contribution, not yet summed to its shape."""
    assert rule.partials is not None
    text = rule.partials[0] if rule.variadic else rule.partials[rule.params.index(param)]
    whole = mentions(text, "dy")
    body = Vectorised().visit(ast.parse(product(text), mode="eval").body)
    if not whole:
        body = _call("_keep_zeros", ast.Name("dy", ast.Load()), body)
    arguments = ast.arguments([], [ast.arg(n) for n in ("dy", "r", *rule.params)], None, [], [], None, [])
    made = ast.fix_missing_locations(ast.Expression(ast.Lambda(arguments, body)))
    namespace = {**names.ARRAY, "_keep_zeros": _keep_zeros, "_choose": _choose, "_and": _and, "_or": _or}
    return eval(compile(made, f"<the rule of {rule.name}>", "eval"), namespace)  # type: ignore[no-any-return]


@functools.cache
def used(rule: Rule) -> frozenset[str]:
    """The operands and results whose values some partial derivative refers to."""
    return frozenset(n.id for text in rule.partials or () for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Name))
