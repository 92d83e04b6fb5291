"""Calls of NumPy's functions that a kernel makes of a backend's own, where Numba has them for fewer ranks or arguments."""
from __future__ import annotations

import ast
from typing import Any

from symgrad.codegen.trees import call, load

PREFIX = "_sg_"                 # of the names that a backend gives to kernels and frames: no program has them
RESHAPING = frozenset({"reshape", "ravel"})
REDUCTIONS = frozenset({"sum", "mean", "max", "min", "amax", "amin", "prod", "any", "all"})
# The parameters of the functions, as NumPy has them; what is in brackets changes nothing
FORMS = {
    "cumsum": "a axis=None", "cumprod": "a axis=None", "sort": "a axis=-1 [kind]", "argsort": "a axis=-1 [kind]",
    "argmax": "a axis=None", "argmin": "a axis=None", "roll": "a shift axis=None", "repeat": "a repeats axis=None",
    "diff": "a n=1 axis=-1", "transpose": "a axes=None", "swapaxes": "a axis1 axis2", "moveaxis": "a source destination",
    "flip": "a axis=None", "squeeze": "a axis=None", "diagonal": "a offset=0 axis1=0 axis2=1", "tile": "a reps",
    "pad": "a width", "array": "x dtype=None", "stack": "parts axis=0", "concatenate": "parts axis=0", "matmul": "a b",
    "tensordot": "a b axes", "vstack": "parts", "hstack": "parts", "column_stack": "parts", "median": "a axis=None",
    "clip": "a a_min=None a_max=None",
    "var": "a axis=None [dtype] [out] ddof=0 keepdims=False", "std": "a axis=None [dtype] [out] ddof=0 keepdims=False",
    "norm": "x ord=None axis=None keepdims=False"}
METHODS = frozenset({"cumsum", "cumprod", "argsort", "argmax", "argmin", "repeat", "transpose", "swapaxes", "squeeze",
                     "diagonal", "clip", "var", "std"})

# The functions in the head of generated code that a backend has, too
HELPERS = {"_unbroadcast_at_run_time": "unbroadcast", "_last_write": "last_write"}


def own(node: ast.Call, name: str, view: bool) -> ast.expr:
    """A call of one of the backend's own functions in place of a call of NumPy's; other calls are as they were.

    `view`: what is reshaped is written to.
    """
    f: Any = node.func
    if isinstance(f, ast.Name) and f.id in HELPERS:
        return call(load(PREFIX + HELPERS[f.id]), *node.args)
    if name in RESHAPING and (name == "reshape" or view):
        base, *shape = node.args if is_numpy(f) else (f.value, *node.args)
        return call(load(PREFIX + ("reshape_view" if view else "reshape")), base,
                    shape[0] if len(shape) == 1 else ast.Tuple(shape, ast.Load()) if shape else ast.Constant(-1))
    if name in ("at", "outer") and isinstance(f.value, ast.Attribute) and is_numpy(f.value):
        if name == "outer" and len(node.args) == 2 and not node.keywords:
            return call(f.value, call(load(PREFIX + "outer_operand"), *node.args), node.args[1])
        return call(load(f"{PREFIX}{f.value.attr}_at"), *node.args) if f.value.attr in ("add", "subtract") else node
    if name == "einsum" and is_numpy(f) and not node.keywords:
        return call(load(PREFIX + "einsum"), node.args[0], ast.Tuple(node.args[1:], ast.Load()))
    if name in REDUCTIONS:
        return reduction(node, name)
    if name == "array" and getattr(node, "numbers", False) and not node.keywords and display(node.args):
        return node                             # Numba fills the array and makes no list
    if name in FORMS and not (view and name == "diagonal") and (is_numpy(f) or name in METHODS or name == "norm" and is_linalg(f)):
        return formed(node, name)
    return node


def reduction(node: ast.Call, name: str) -> ast.expr:
    f: Any = node.func
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


def formed(node: ast.Call, name: str) -> ast.expr:
    """A call of one of FORMS with an argument for each parameter; as it was where it has other arguments."""
    f: Any = node.func
    args = [*node.args] if is_numpy(f) or is_linalg(f) else [f.value, *node.args]
    if name == "transpose" and len(args) > 2:               # the method takes any number of axes
        args = [args[0], ast.Tuple(args[1:], ast.Load())]
    if name in ("stack", "concatenate") and isinstance(args[0], ast.Tuple):
        return node
    given: dict[str, ast.expr] = {k.arg: k.value for k in node.keywords if k.arg is not None}
    made: list[ast.expr] = []
    for k, parameter in enumerate(FORMS[name].split()):
        own_name, _, default = parameter.strip("[]").partition("=")
        value = args[k] if k < len(args) else given.pop(own_name, None)
        if parameter.startswith("["):
            continue
        if value is None and not default:
            return node
        made.append(value if value is not None else ast.parse(default, mode="eval").body)
    if name == "tensordot":
        pair = made.pop()
        if not isinstance(pair, (ast.List, ast.Tuple)) or len(pair.elts) != 2:
            return node
        made += map(tuples, pair.elts)
    return node if given or len(args) > len(FORMS[name].split()) else call(load(PREFIX + name), *made)


def tuples(e: ast.expr) -> ast.expr:
    """Lists of axes as tuples, whose items a compiler takes for constants."""
    return ast.Tuple([tuples(x) for x in e.elts], ast.Load()) if isinstance(e, (ast.List, ast.Tuple)) else e


def display(args: list[ast.expr]) -> bool:
    """Whether a call's one argument is a list of at least one item, written out."""
    return len(args) == 1 and isinstance(args[0], ast.List) and bool(args[0].elts)


def is_numpy(f: Any) -> bool:
    return isinstance(f.value, ast.Name) and f.value.id in ("np", "numpy")


def is_linalg(f: Any) -> bool:
    return isinstance(f.value, ast.Attribute) and f.value.attr == "linalg"


def constant(axis: ast.expr | None) -> bool:
    try:
        return axis is None or ast.literal_eval(axis) is not ...
    except ValueError:
        return False


# -- indexing ------------------------------------------------------------------------------------------


def taken(node: ast.Subscript) -> ast.expr:
    """``a[index]`` by the backend."""
    return call(load(PREFIX + "take"), node.value, argument(node.slice))


def put(node: ast.Subscript, value: ast.expr) -> ast.stmt:
    """``a[index] = value`` by the backend."""
    return ast.Expr(call(load(PREFIX + "put"), node.value, argument(node.slice), value))


def argument(index: ast.expr) -> ast.expr:
    """An index as an argument."""
    if isinstance(index, ast.Slice):
        parts = [p or ast.Constant(None) for p in (index.lower, index.upper, index.step)]
        return call(load("slice"), *parts[:3 if index.step is not None else 2])
    if isinstance(index, ast.Tuple):
        return ast.Tuple([argument(i) for i in index.elts], ast.Load())
    return index


__all__ = ["PREFIX", "constant", "is_numpy", "own", "put", "taken"]
