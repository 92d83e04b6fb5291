"""A generated function in two: a kernel over numbers and arrays, which is compiled, and what packs and unpacks.

A compiler takes no dicts and objects, and freezes globals. So the kernel has a parameter for each leaf of the
arguments and of what the function reads from outside, and returns the leaves of the result as a tuple. The *frame*,
plain Python, has the parameters of the generated function: it takes the leaves from them, calls the kernel, and
builds the result of what it returns.
"""
from __future__ import annotations

import ast
import copy
from collections.abc import Iterable
from typing import Any

import numpy as np

from symgrad.codegen.dialect import PREFIX, NotFlat, adapted
from symgrad.codegen.expressions import Expressions
from symgrad.codegen.results import expression
from symgrad.codegen.trees import call, load
from symgrad.errors import Span
from symgrad.ir.nodes import Op, Region, Value, walk
from symgrad.ir.types import BOTTOM, Array, ListOf, Opaque, Scalar, TupleOf, Type
from symgrad.structs import field, struct


@struct()
class Kernel:
    """The two parts of a generated function."""

    name: str
    body: str                       # the kernel's def
    frame: str                      # the frame's def
    places: dict[int, Span] = field(default_factory=dict)       # line of the body -> place in the primal


@struct()
class Leaf:
    """A number, array or list that the kernel is given: where it is among the arguments, and its parameter's name."""

    op: Op
    name: str

    @property
    def type(self) -> Type:
        return self.op.result.type


def split(function: ast.FunctionDef, region: Region, results: Any, e: Expressions) -> tuple[ast.FunctionDef, ast.FunctionDef]:
    """The kernel and the frame of a function whose last statement returns `results`.

    Raises NotFlat where an argument is nothing that a kernel can be given.
    """
    import random
    for op in walk(region):
        if isinstance(getattr(op.fn, "__self__", None), (np.random.RandomState, random.Random)):
            raise NotFlat("it draws from the global generator of random numbers, and compiled code has one of its own")
    leaves = leaves_of(function, region)
    body = copy.deepcopy(function.body[:-1])
    returned = [e.value(v) for v in region.yields]
    values = ast.Tuple([exact(copy.deepcopy(x), v.type) for x, v in zip(returned, region.yields)], ast.Load())
    body.append(ast.Return(values if len(values.elts) != 1 else values.elts[0]))
    flat = Flatten({key(leaf.op): leaf.name for leaf in leaves})
    body = adapted([flat.visit(s) for s in body])
    loose = {leaf.op.attrs["name"] for leaf in leaves if leaf.op.attrs["path"]}
    for node in (n for s in body for n in ast.walk(s)):
        if isinstance(node, ast.Name) and node.id in loose:
            raise NotFlat(f"{node.id!r} is used as a whole")
    parameters = []
    for leaf in leaves:
        if isinstance(leaf.type, ListOf) and not isinstance(leaf.type.item, ListOf) and not only_read(body, leaf.name):
            given = fresh(f"{leaf.name}_items", {n.id for s in body for n in ast.walk(s) if isinstance(n, ast.Name)})
            body.insert(0, ast.Assign([ast.Name(leaf.name, ast.Store())], copied_list(given)))
            parameters.append(given)
        else:
            parameters.append(leaf.name)
    signature = ast.arguments([], [ast.arg(p, None) for p in parameters], None, [], [], None, [])
    kernel = ast.FunctionDef(function.name + "_kernel", signature, body, [], None)
    return kernel, frame(function, leaves, region.yields, results, e)


def frame(function: ast.FunctionDef, leaves: list[Leaf], yields: list[Value], results: Any, e: Expressions) -> ast.FunctionDef:
    """The Python function around a kernel."""
    given = [passed(e.path(load(leaf.op.attrs["name"]), leaf.op.attrs["path"], []), leaf) for leaf in leaves]
    found = fresh("found", {a.arg for a in function.args.args})
    parts = [load(found)] if len(yields) == 1 else [
        ast.Subscript(load(found), ast.Constant(i), ast.Load()) for i in range(len(yields))]
    packed = expression(results, lambda i: python_value(parts[i], yields[i].type), e)
    names = [a.arg for a in function.args.args]
    again = call(call(load(PREFIX + "instead"), load(PREFIX + "failure")), *map(load, names))
    body: list[ast.stmt] = [
        ast.Try([ast.Assign([ast.Name(found, ast.Store())], call(load(PREFIX + "kernel"), *given))],
                [ast.ExceptHandler(ast.Tuple([load(PREFIX + "NotCompiled"), load("ValueError")], ast.Load()),
                                   PREFIX + "failure", [ast.Return(again)])], [], []),
        ast.Return(packed)]
    return ast.FunctionDef(function.name, function.args, body, [], None)


def passed(value: ast.expr, leaf: Leaf) -> ast.expr:
    """An argument as the kernel takes it."""
    t = leaf.type
    if isinstance(t, ListOf):
        if isinstance(t.item, Scalar):
            return call(load(PREFIX + "array"), value, ast.Constant(t.item.dtype))
        return call(load(PREFIX + "items"), value)
    return value


def python_value(value: ast.expr, t: Type) -> ast.expr:
    """A leaf of the kernel's result as plain Python has it."""
    if isinstance(t, Scalar) and not t.python:
        return call(load(PREFIX + t.dtype), value)
    if isinstance(t, Array) and (not t.dims or t.dtype != "float64"):
        return call(load(PREFIX + "array"), value, ast.Constant(t.dtype))
    if isinstance(t, ListOf):
        kind = [load(PREFIX + t.item.dtype)] if isinstance(t.item, Scalar) and not t.item.python else []
        return call(load(PREFIX + "list"), value, *kind)
    return value


def exact(value: ast.expr, t: Type) -> ast.expr:
    """A leaf of the result as the kernel returns it: a float is one, even where machine types made an int of it."""
    if isinstance(t, Scalar) and t.kind in "fc" and t.dtype in ("float64", "complex128"):
        constant = isinstance(value, ast.Constant) and type(value.value) in (float, complex)
        return value if constant else call(load("float" if t.kind == "f" else "complex"), value)
    return value


def leaves_of(function: ast.FunctionDef, region: Region) -> list[Leaf]:
    """The leaves that a function uses."""
    taken = {n.id for n in ast.walk(function) if isinstance(n, ast.Name)} | {a.arg for a in function.args.args}
    found: dict[Any, Leaf] = {}
    for op in region.ops:
        if op.kind != "arg" or key(op) in found:
            continue
        name, path = op.attrs["name"], op.attrs["path"]
        why = obstacle(op.result.type)
        if why:
            raise NotFlat(f"{name!r} is {why}" if not path else f"{name!r} holds {why}")
        if path:
            name = fresh("_".join([name, *(str(s.key) for s in path)]), taken)
            taken.add(name)
        found[key(op)] = Leaf(op, name)
    return list(found.values())


def obstacle(t: Type) -> str:
    """Why a kernel cannot be given a value of this type; "" if it can."""
    if isinstance(t, Scalar):
        return "" if t.kind in "biufc" else f"a {t.dtype}"
    if isinstance(t, Array):
        return "" if t.kind in "biufc" else f"an array of {t.dtype}"
    if isinstance(t, ListOf):
        return "an empty list" if t.item == BOTTOM else obstacle(t.item)
    if isinstance(t, TupleOf):
        return next(filter(None, map(obstacle, t.items)), "")
    if isinstance(t, Opaque):
        return "" if t.cls is np.random.Generator else f"an object of {t.what}"
    return f"a {type(t).__name__.rstrip('_').lower()}"


def key(op: Op) -> Any:
    """An argument's leaf by where it is."""
    return (op.attrs["name"], *((s.kind, s.key) for s in op.attrs["path"]))


class Flatten(ast.NodeTransformer):
    """Puts the parameters of leaves in the place of the access paths that lead to them."""

    def __init__(self, names: dict[Any, str]) -> None:
        self.names = names

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        return self.flattened(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        return self.flattened(node)

    def flattened(self, node: Any) -> ast.AST:
        name = self.names.get(access(node))
        return load(name) if name is not None else self.generic_visit(node)


def access(node: ast.AST) -> Any:
    """``p["w"].x`` as ("p", ("index", "w"), ("attr", "x")); None for what is no such path."""
    steps: list[Any] = []
    while True:
        if isinstance(node, ast.Attribute):
            steps.append(("attr", node.attr))
            node = node.value
        elif isinstance(node, ast.Subscript):
            try:
                steps.append(("index", ast.literal_eval(node.slice)))
                hash(steps[-1])
            except (ValueError, TypeError):
                return None
            node = node.value
        else:
            return (node.id, *reversed(steps)) if isinstance(node, ast.Name) and steps else None


def only_read(body: list[ast.stmt], name: str) -> bool:
    """Whether all that is done with a list is to read its items and its length: an array does as well."""
    fine: set[ast.AST] = set()
    for node in (n for s in body for n in ast.walk(s)):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and not isinstance(
                node.slice, (ast.Slice, ast.Tuple)):
            fine.add(node.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("len", "enumerate"):
            fine.update(node.args)
        elif isinstance(node, (ast.For, ast.comprehension)):
            fine.add(node.iter)
    return all(n in fine for s in body for n in ast.walk(s) if isinstance(n, ast.Name) and n.id == name)


def copied_list(name: str) -> ast.expr:
    return ast.ListComp(load("item"), [ast.comprehension(ast.Name("item", ast.Store()), load(name), [], 0)])


def fresh(name: str, taken: Iterable[str]) -> str:
    """A name that is none of those taken."""
    name = "".join(c if c.isalnum() else "_" for c in name)
    while name in taken:
        name += "_"
    return name


__all__ = ["PREFIX", "Kernel", "NotFlat", "split"]
