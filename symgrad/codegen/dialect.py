"""A kernel in the Python that Numba reads: the same calls in the forms that it has.

What a call means is not changed, with one exception that is none: Numba 0.68 compiles some loops ``while True`` wrongly
whose `break` follows an assignment to what the loop carries, so such a loop tests a name that is True.
"""
from __future__ import annotations

import ast
import copy
from typing import Any

from symgrad.codegen.trees import call, load

PREFIX = "_sg_"                 # of the names that a backend gives to kernels and frames: no program has them
# `math` has these by the same name: called on numbers, they mean no array
ELEMENTARY = frozenset({"exp", "expm1", "exp2", "log", "log1p", "log2", "log10", "sin", "cos", "tan", "sinh", "cosh", "tanh"})
DTYPES = {"int": "int64", "float": "float64", "bool": "bool_", "complex": "complex128"}
JOINING = frozenset({"concatenate", "stack", "hstack", "vstack", "dstack", "column_stack"})
RESHAPING = frozenset({"reshape", "ravel"})
REDUCTIONS = frozenset({"sum", "mean", "max", "min", "amax", "amin", "prod", "any", "all"})


class NotFlat(Exception):
    """What keeps a function from being a kernel, in words."""


def adapted(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements of a kernel as Numba takes them. Raises NotFlat where it takes them in no form."""
    dialect = Dialect()
    return [made for s in body for made in dialect.statement(s)]


def downwards(iterated: ast.expr) -> ast.expr:
    """``reversed(range(a, b, s))``, with s a number, as the range from the last of its numbers down or up to the first."""
    match iterated:
        case ast.Call(ast.Name("reversed"), [ast.Call(ast.Name("range"), [first, stop, step])]):
            pass
        case _:
            return iterated
    try:
        by = ast.literal_eval(step)
    except ValueError:
        return iterated
    a, b = ast.unparse(first), ast.unparse(stop)
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
        match node.iter:
            case ast.Call(ast.Attribute(_, "prange"), [chunks]) if getattr(node, "repeated", False):
                # time and again one chunk alone would wait for threads
                alone = ast.For(node.target, call(load("range"), chunks), copy.deepcopy(node.body), [])
                return ast.If(ast.Compare(chunks, [ast.Gt()], [ast.Constant(1)]), [node], [alone])
        return node

    def visit_Try(self, node: ast.Try) -> Any:
        raise NotFlat("an exception is handled, and compiled code raises none where Python does")

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        self.generic_visit(node)
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
        return self.narrowed(node)

    def visit_Name(self, node: ast.Name) -> Any:
        return self.narrowed(node)

    def visit_Constant(self, node: ast.Constant) -> Any:
        return self.narrowed(node)

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        return self.narrowed(self.generic_visit(node))

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        return self.narrowed(self.generic_visit(node))

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        return self.narrowed(self.generic_visit(node))

    def visit_Call(self, node: ast.Call) -> Any:
        name = called(node)
        if name == "at":                # np.add.at(memory, index, value)
            node.args[0] = self.seen(node.args[0], True)
        self.generic_visit(node)
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
        found = self.own(node, name)
        return self.narrowed(found)

    def own(self, node: ast.Call, name: str) -> ast.expr:
        """A call of one of the backend's own functions, where Numba does not have NumPy's with these arguments."""
        f: Any = node.func
        if isinstance(f, ast.Name) and f.id == "_unbroadcast_at_run_time":
            return call(load(PREFIX + "unbroadcast"), *node.args)
        if name in RESHAPING and (name == "reshape" or self.view):
            base, *shape = node.args if is_numpy(f) else (f.value, *node.args)
            return call(load(PREFIX + ("reshape_view" if self.view else "reshape")), base,
                        shape[0] if len(shape) == 1 else ast.Tuple(shape, ast.Load()) if shape else ast.Constant(-1))
        if name == "at" and isinstance(f.value, ast.Attribute) and f.value.attr in ("add", "subtract") and is_numpy(f.value):
            return call(load(f"{PREFIX}{f.value.attr}_at"), *node.args)
        if name in REDUCTIONS:
            given = {k.arg: k.value for k in node.keywords}
            args = node.args if is_numpy(f) else [f.value, *node.args]
            if len(args) == 2:
                given["axis"] = args.pop()
            if "dtype" in given and name in ("sum", "prod"):
                args[0] = call(ast.Attribute(args[0], "astype", ast.Load()), given.pop("dtype"))
            if len(args) == 1 and given and set(given) <= {"axis", "keepdims"} and constant(given.get("axis")):
                return call(load(PREFIX + name.removeprefix("a")), args[0], given.get("axis", ast.Constant(None)),
                            given.get("keepdims", ast.Constant(False)))
        return node

    def narrowed(self, node: Any) -> Any:
        """A Python number that takes the precision of the array or number that it meets."""
        narrow = getattr(node, "narrow", "")
        return node if not narrow else call(load(PREFIX + narrow), node)


def called(node: ast.AST) -> str:
    """The name of the attribute that is called, or ""."""
    return node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""


def is_numpy(f: Any) -> bool:
    return isinstance(f.value, ast.Name) and f.value.id in ("np", "numpy")


def entries(node: ast.Subscript) -> list[ast.expr]:
    """The entries of an index, one for each axis."""
    return node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]


def whole(node: ast.Subscript) -> bool:
    return isinstance(node.slice, ast.Constant) and node.slice.value is Ellipsis


def constant(axis: ast.expr | None) -> bool:
    try:
        return axis is None or ast.literal_eval(axis) is not ...
    except ValueError:
        return False


def dtype(node: ast.expr) -> ast.expr:
    """A dtype as Numba has it."""
    return load(PREFIX + DTYPES[node.id]) if isinstance(node, ast.Name) and node.id in DTYPES else node


__all__ = ["PREFIX", "NotFlat", "adapted"]
