"""Attributes and methods of arrays and numbers."""
from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np

from symgrad.frontend import attributes, indexing, primitives
from symgrad.frontend.lowering import Lowering
from symgrad.frontend.values import Bound, Obj, Ref, Static, Tup
from symgrad.ir.nodes import Op, Slot, Value
from symgrad.ir.types import Array, Opaque, Scalar
from symgrad.rules.core import METHODS


def array_attribute(lw: Lowering, a: Any, name: str) -> Any:
    """``a.name`` for an array or a number."""
    t: Any = lw.load(a).type if isinstance(a, Ref) else a.type
    if name == "ndim":
        return Static(t.ndim if isinstance(t, Array) else 0)
    if name == "shape":
        return Tup(tuple(indexing.shape_item(lw, lw.value(a), i) for i in range(t.ndim if isinstance(t, Array) else 0)))
    if name == "dtype":
        return Static(np.dtype(t.dtype))
    if name in ("size", "nbytes", "itemsize"):
        if isinstance(t, Scalar):
            return Static(1)
        if name == "size" and lw.frame.in_rule and isinstance(t, Array):
            return count(lw, lw.value(a), t)
        v = indexing.shape_source(lw.value(a))
        from symgrad.ir.types import INT
        return lw.b.emit(Op("load", [v], [INT], path=(attributes.attr_step(name),))).result
    if name in ("T", "mT"):
        if isinstance(t, Scalar) or (name == "T" and isinstance(t, Array) and t.ndim < 2):
            return a
        fn: Any = np.transpose if name == "T" else np.matrix_transpose
        return primitives.call_primitive(lw, fn, [a], {})
    if name in ("real", "imag"):
        if t.kind != "c" and name == "real":
            return a
        return primitives.call_primitive(lw, getattr(np, name), [a], {})
    if name == "flat":
        return primitives.call_primitive(lw, np.ravel, [a], {})
    if name in ARRAY_METHODS:
        return Bound(a, ARRAY_METHODS[name], True)
    if name in METHODS:
        return Bound(a, as_method(METHODS[name], name), True)
    if isinstance(t, Scalar):
        return Bound(a, scalar_method(name), True)
    lw.error(f"the array attribute {name!r} is not supported", hint="use a function of NumPy that has a rule")


def count(lw: Lowering, v: Value, t: Array) -> Any:
    """``v.size`` in a rule: of an argument of that shape, or the product of the lengths; `v` need not be kept."""
    from symgrad.frontend.expressions import binary
    places = [lw.lengths.get(d) for d in t.dims]
    if t.ndim > 1 and all(p is not None and p[1] == i and p[0] is places[0][0]           # type: ignore[index]
                          for i, p in enumerate(places)):
        source = places[0][0]                                                            # type: ignore[index]
        if isinstance(source.type, Array) and source.type.ndim == t.ndim:
            from symgrad.ir.types import INT
            return lw.b.emit(Op("load", [source], [INT], path=(attributes.attr_step("size"),))).result
    total: Any = Static(1)
    for i in range(t.ndim):
        total = binary(lw, ast.Mult, total, indexing.shape_item(lw, v, i))
    return total


def as_method(fn: Callable[..., Any], name: str) -> Callable[..., Any]:
    """``a.name(...)`` as the call of a function."""

    def method(lw: Lowering, self: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if name in ("reshape", "transpose") and args and not is_shape(args[0]):
            args = [Tup(tuple(args))]
        return primitives.call_primitive(lw, fn, [self, *args], kwargs, method=True)
    return method


def is_shape(a: Any) -> bool:
    """Whether an argument is all lengths or axes together, not the first of them."""
    return isinstance(a, (Tup, Obj)) or isinstance(a, Static) and (a.obj is None or isinstance(a.obj, tuple))


def scalar_method(name: str) -> Callable[..., Any]:
    def method(lw: Lowering, self: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if name == "conjugate":
            return primitives.call_primitive(lw, np.conjugate, [self], {})
        if not hasattr(float, name):
            lw.error(f"a number has no method {name!r}", hint="is it another kind of thing on another path?")
        operands = [lw.value(self)]
        tree = tuple(lw.tree(a, operands) for a in args)
        t = Scalar("bool") if name.startswith("is") else Opaque()
        return lw.b.emit(Op("call", operands, [t], fn=getattr(float, name), args=(Slot(0), *tree), kwargs={},
                            method=True)).result
    return method


def fill(lw: Lowering, self: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    from symgrad.frontend.assignments import write_whole
    write_whole(lw, memory(lw, self), args[0])
    return Static(None)


def sort(lw: Lowering, self: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    from symgrad.frontend.assignments import write_whole
    write_whole(lw, memory(lw, self), primitives.call_primitive(lw, np.sort, [self, *args], kwargs))
    return Static(None)


def partition(lw: Lowering, self: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    from symgrad.frontend.assignments import write_whole
    write_whole(lw, memory(lw, self), primitives.call_primitive(lw, np.partition, [self, *args], kwargs))
    return Static(None)


def memory(lw: Lowering, a: Any) -> Ref:
    if not isinstance(a, Ref):
        lw.error("the result of an expression is written to and thrown away", hint="give the array a name first")
    return a


def tolist(lw: Lowering, self: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    from symgrad.frontend.comprehensions import map_list
    v = lw.value(self)
    if not isinstance(v.type, Array):
        return self
    if v.type.ndim > 1:
        return map_list(lw, self, lambda item: tolist(lw, lw.bind(item), [], {}))
    kind = float if v.type.kind == "f" else int
    return map_list(lw, self, lambda item: primitives.call_primitive(lw, kind, [item], {}))


def item(lw: Lowering, self: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    v = lw.value(self)
    if not isinstance(v.type, Scalar) or v.type.python or args:
        return as_method(METHODS["item"], "item")(lw, self, args, kwargs)
    kinds: dict[str, type] = {"f": float, "i": int, "c": complex, "b": bool}
    return primitives.call_primitive(lw, kinds[v.type.kind], [v], {})           # a NumPy scalar as Python's number


def put_dot(lw: Lowering, self: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return primitives.call_primitive(lw, np.dot, [self, *args], kwargs)


ARRAY_METHODS: dict[str, Callable[..., Any]] = {"fill": fill, "sort": sort, "partition": partition, "tolist": tolist,
                                                "dot": put_dot, "item": item}

__all__ = ["array_attribute"]
