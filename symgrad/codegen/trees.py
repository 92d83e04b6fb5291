"""Small pieces of syntax trees."""
from __future__ import annotations

import ast
from typing import Any

Stmts = list[ast.stmt]


def load(name: str) -> ast.expr:
    return ast.Name(name, ast.Load())


def attribute(base: ast.expr, *names: str) -> ast.expr:
    for n in names:
        base = ast.Attribute(base, n, ast.Load())
    return base


def dotted(path: str) -> ast.expr:
    first, *rest = path.split(".")
    return attribute(load(first), *rest)


def call(fn: ast.expr, *args: ast.expr, **kwargs: ast.expr) -> ast.Call:
    return ast.Call(fn, list(args), [ast.keyword(k, v) for k, v in kwargs.items()])


def store_name(name: str) -> ast.Name:
    return ast.Name(name, ast.Store())


def one_assignment(test: ast.expr, then: Stmts, otherwise: Stmts) -> ast.stmt | None:
    """``x = a if c else b`` where both arms do nothing but assign a short expression to one name."""
    if len(then) != 1 or len(otherwise) != 1:
        return None
    a, b = then[0], otherwise[0]
    if not isinstance(a, ast.Assign) or not isinstance(b, ast.Assign):
        return None
    x, y = a.targets[0], b.targets[0]
    if not isinstance(x, ast.Name) or not isinstance(y, ast.Name) or x.id != y.id:
        return None
    if len(ast.unparse(a.value)) + len(ast.unparse(b.value)) > 70:
        return None
    return ast.Assign([x], ast.IfExp(test, a.value, b.value))


def comment(text: str) -> ast.stmt:
    return ast.Expr(ast.Constant("§" + text))


def plus(left: ast.expr, right: ast.expr) -> ast.expr:
    """``left + right``, as a subtraction where that reads better."""
    return ast.BinOp(left, *signed(right))


def signed(e: ast.expr) -> tuple[ast.operator, ast.expr]:
    """How to add an expression: the sign, and the expression without the minuses that it begins with."""
    minus = False
    while (inner := negated_product(e)) is not None:
        e, minus = inner, not minus
    return (ast.Sub() if minus else ast.Add()), e


def negated_product(e: ast.expr) -> ast.expr | None:
    """`e` without its sign, where it is a product or quotient that begins with a minus; else None."""
    if isinstance(e, ast.UnaryOp) and isinstance(e.op, ast.USub):
        return e.operand
    if isinstance(e, ast.BinOp) and isinstance(e.op, (ast.Mult, ast.Div)):
        left = negated_product(e.left)
        return None if left is None else ast.BinOp(left, e.op, e.right)
    return None


def negated(test: ast.expr) -> ast.expr:
    flip = {ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is}
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and type(test.ops[0]) in flip:
        return ast.Compare(test.left, [flip[type(test.ops[0])]()], test.comparators)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand
    return ast.UnaryOp(ast.Not(), test)


def names_in(e: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(e) if isinstance(n, ast.Name)}


def as_store(e: ast.expr) -> Any:
    if isinstance(e, ast.Name):
        return ast.Name(e.id, ast.Store())
    if isinstance(e, ast.Subscript):
        made = ast.Subscript(e.value, e.slice, ast.Store())
        made.own = getattr(e, "own", "")                            # type: ignore[attr-defined]
        return made
    if isinstance(e, ast.Attribute):
        return ast.Attribute(e.value, e.attr, ast.Store())
    return ast.Subscript(e, ast.Constant(...), ast.Store())     # a view: e.g. a.T[...] = v


def unpack_target(shape: Any, targets: list[ast.expr]) -> ast.expr:
    it = iter(targets)

    def build(s: Any) -> ast.expr:
        if isinstance(s, (tuple, list)):
            return ast.Tuple([build(i) for i in s], ast.Store())
        return next(it)
    return build(shape)
