"""A kernel in the Python that Numba reads: the same calls in the forms that it has.

What a call means is not changed, with one exception that is none: Numba 0.68 compiles some loops ``while True`` wrongly
whose `break` follows an assignment to what the loop carries, so such a loop tests a name that is True.
"""
from __future__ import annotations

import ast
from typing import Any

from symgrad.codegen.own_calls import PREFIX, own, put, taken
from symgrad.codegen.trees import call, load
from symgrad.ir.types import ListOf, Scalar

# `math` has these by the same name: called on numbers, they mean no array
ELEMENTARY = frozenset({"exp", "expm1", "exp2", "log", "log1p", "log2", "log10", "sin", "cos", "tan", "sinh", "cosh", "tanh"})
DTYPES = {"int": "int64", "float": "float64", "bool": "bool_", "complex": "complex128"}
JOINING = frozenset({"concatenate", "stack", "hstack", "vstack", "dstack", "column_stack"})


class NotFlat(Exception):
    """What keeps a function from being a kernel, in words."""


def adapted(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements of a kernel as Numba takes them. Raises NotFlat where it takes them in no form."""
    dialect = Dialect()
    return [made for s in body for made in dialect.statement(s)]


def downwards(iterated: ast.expr) -> ast.expr:
    """``reversed(range(a, b, s))`` as the range from the last of its numbers down or up to the first."""
    match iterated:
        case ast.Call(ast.Name("reversed"), [ast.Call(ast.Name("range"), [first, stop, step])]):
            pass
        case _:
            return iterated
    a, b, s = map(ast.unparse, (first, stop, step))
    try:
        by = ast.literal_eval(step)
    except ValueError:                                      # known when it runs
        last = f"({a}) + (len(range({a}, {b}, {s})) - 1) * ({s})"
        return ast.parse(f"range({last}, ({a}) - (1 if ({s}) > 0 else -1), -({s}))", mode="eval").body
    distance = f"({b}) - ({a})" if by > 0 else f"({a}) - ({b})"
    last = f"({a}) + ({distance} - 1) // {abs(by)} * {by}"
    return ast.parse(f"range({last}, ({a}) - {1 if by > 0 else -1}, {-by})", mode="eval").body


class Dialect(ast.NodeTransformer):
    """Rewrites statements, expressions and calls in place."""

    def __init__(self) -> None:
        self.view = False               # whether what is reshaped here is written to

    def seen(self, node: ast.expr, view: bool) -> Any:
        """An expression of memory that is written to, or not, as Numba takes it."""
        outside, self.view = self.view, view
        made = self.visit(node)
        self.view = outside
        return made

    def statement(self, s: ast.stmt) -> list[ast.stmt]:
        made = self.visit(s)
        return made if isinstance(made, list) else [made]

    def visit_While(self, node: ast.While) -> Any:
        self.generic_visit(node)
        if isinstance(node.test, ast.Constant) and node.test.value is True:
            node.test = load(PREFIX + "go")
            return [ast.Assign([ast.Name(PREFIX + "go", ast.Store())], ast.Constant(True)), node]
        return node

    def visit_For(self, node: ast.For) -> Any:
        self.generic_visit(node)
        node.iter = downwards(node.iter)
        return node

    def visit_comprehension(self, node: ast.comprehension) -> Any:
        self.generic_visit(node)
        node.iter = downwards(node.iter)
        return node

    def visit_List(self, node: ast.List) -> Any:
        self.generic_visit(node)
        found = None if node.elts else empty(getattr(node, "type", None))
        return found or node

    def visit_Try(self, node: ast.Try) -> Any:
        raise NotFlat("an exception is handled, and compiled code raises none where Python does")

    def visit_Assign(self, node: ast.Assign) -> Any:
        self.generic_visit(node)
        target = node.targets[0]
        return put(target, node.value) if isinstance(target, ast.Subscript) and marked(target, "take") else node

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        self.generic_visit(node)
        if marked(node.target, "take"):
            before = taken(ast.Subscript(node.target.value, node.target.slice, ast.Load()))      # type: ignore[union-attr]
            return put(node.target, ast.BinOp(before, node.op, node.value))                     # type: ignore[arg-type]
        if isinstance(node.target, ast.Subscript) and whole(node.target):
            node.target.slice = ast.Slice()
        return node

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        node.value = self.seen(node.value, self.view or isinstance(node.ctx, ast.Store))
        natural = [getattr(e, "natural", False) for e in entries(node)]
        node.slice = self.seen(node.slice, False)
        if any(natural):
            found = [call(load(PREFIX + "uint64"), e) if n else e for e, n in zip(entries(node), natural)]
            node.slice = ast.Tuple(found, ast.Load()) if isinstance(node.slice, ast.Tuple) else found[0]
        if isinstance(node.ctx, ast.Load) and whole(node):
            node.slice = ast.Slice()
        return self.narrowed(taken(node) if isinstance(node.ctx, ast.Load) and marked(node, "take") else node)

    def visit_Name(self, node: ast.Name) -> Any:
        return self.narrowed(node)

    def visit_Constant(self, node: ast.Constant) -> Any:
        return self.narrowed(node)

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        self.generic_visit(node)
        return self.narrowed(call(load(PREFIX + "matmul"), node.left, node.right) if marked(node, "matmul") else node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        return self.narrowed(self.generic_visit(node))

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        return self.narrowed(self.generic_visit(node))

    def visit_Call(self, node: ast.Call) -> Any:
        name = called(node)
        if name == "at":                # np.add.at(memory, index, value)
            node.args[0] = self.seen(node.args[0], True)
        self.generic_visit(node)
        if marked(node, "number"):
            return call(load(PREFIX + "number"), *node.args)
        if getattr(node, "numbers", False) and len(node.args) == 1 and not node.keywords and name in ELEMENTARY:
            node.func = ast.Attribute(load(PREFIX + "math"), name, ast.Load())
        if name in JOINING and node.args and isinstance(node.args[0], ast.List):
            node.args[0] = ast.Tuple(node.args[0].elts, ast.Load())
        for keyword in node.keywords:
            if keyword.arg == "dtype":
                keyword.value = dtype(keyword.value)
        if name == "astype":
            node.args = [dtype(a) for a in node.args]
        elif name in ("zeros", "ones", "empty", "zeros_like", "ones_like", "array", "asarray", "fromiter"):
            node.args[1:] = [dtype(a) for a in node.args[1:]]
        return self.narrowed(own(node, name, self.view))

    def narrowed(self, node: Any) -> Any:
        """A Python number that takes the precision of the array or number that it meets."""
        narrow = getattr(node, "narrow", "")
        return node if not narrow else call(load(PREFIX + narrow), node)


def called(node: ast.AST) -> str:
    """The name of the attribute that is called, or ""."""
    return node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""


def marked(node: ast.AST, own: str) -> bool:
    """Whether this is done by one of the backend's own functions: the types of the operands were known where it was printed."""
    return getattr(node, "own", "") == own


def entries(node: ast.Subscript) -> list[ast.expr]:
    """The entries of an index, one for each axis."""
    return node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]


def empty(t: Any) -> ast.expr | None:
    """An empty list of this type, whose items have a type that can be seen: of numbers, and of lists of these."""
    if not isinstance(t, ListOf):
        return None
    item: ast.expr | None = empty(t.item)
    if isinstance(t.item, Scalar) and t.item.kind in "biufc":
        zero = {"b": False, "f": 0.0, "c": 0j}.get(t.item.kind, 0)
        item = ast.Constant(zero) if t.item.python else call(load(PREFIX + t.item.dtype), ast.Constant(zero))
    return item and ast.ListComp(item, [ast.comprehension(ast.Name("_", ast.Store()), call(load("range"), ast.Constant(0)), [], 0)])


def whole(node: ast.Subscript) -> bool:
    return isinstance(node.slice, ast.Constant) and node.slice.value is Ellipsis


def dtype(node: ast.expr) -> ast.expr:
    """A dtype as Numba has it."""
    return load(PREFIX + DTYPES[node.id]) if isinstance(node, ast.Name) and node.id in DTYPES else node


__all__ = ["PREFIX", "NotFlat", "adapted"]
