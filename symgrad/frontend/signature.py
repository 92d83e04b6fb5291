"""What the compiler is told about arguments: their structure and types, never their values.

`describe` turns a run-time object into a hashable spec, `instantiate` turns a spec
into the abstract value that the body starts from. Two calls whose specs are equal
share one compiled function.
"""
from __future__ import annotations

import dataclasses
import enum
import types
from collections import OrderedDict
from typing import Any

import numpy as np

from symgrad.frontend.lowering import Lowering
from symgrad.frontend.values import DictC, DynC, InstC, Iter, ListC, Static, Tup
from symgrad.ir.infer import type_of
from symgrad.ir.nodes import Op, Step
from symgrad.ir.types import (
    BOTTOM,
    VARIES,
    Array,
    DictOf,
    Dim,
    Instance,
    ListOf,
    Opaque,
    Scalar,
    TupleOf,
    Type,
    is_float,
    join,
)
from symgrad.structs import struct


@struct(frozen=True)
class Leaf:
    """One value: a number, an array, a list of one kind of items, or something opaque."""

    type: Type


@struct(frozen=True)
class Known:
    """A value that is part of the signature: None, a bool, a string, a function."""

    obj: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Known) and Static(self.obj) == Static(other.obj)

    def __hash__(self) -> int:
        return hash(type(self.obj))


@struct(frozen=True)
class Struct:
    """A tuple, list, dict or object whose structure is part of the signature."""

    kind: str                           # "tuple" | "list" | "dict" | "instance"
    cls: Any
    items: tuple[tuple[Any, Any], ...]  # key (index, dict key or field name), spec


def describe(obj: Any, name: Any = "", forced: frozenset[Any] = frozenset(), path: Any = ()) -> Any:
    """The spec of a run-time object. `forced` paths are known by value."""
    if (name, path) in forced:
        return Known(obj)
    if obj is None or isinstance(obj, (bool, str, range, enum.Enum)):
        return Known(obj)
    t = type_of(obj, (name, path))
    if t is not None:
        return Leaf(t)
    if isinstance(obj, tuple):
        cls = type(obj) if hasattr(obj, "_fields") else None
        return Struct("tuple", cls, tuple((i, describe(x, name, forced, (*path, i))) for i, x in enumerate(obj)))
    if isinstance(obj, list):
        item = item_type(obj) if (name, (*path, "*")) not in forced else None
        if item is not None and not any((name, (*path, i)) in forced for i in range(len(obj))):
            return Leaf(ListOf(item))
        return Struct("list", None, tuple((i, describe(x, name, forced, (*path, i))) for i, x in enumerate(obj)))
    if type(obj) is dict or type(obj) is OrderedDict and all(type(k) is str and k.isidentifier() for k in obj):
        return Struct("dict", None if type(obj) is dict else OrderedDict, tuple(
            (k, describe(x, name, forced, (*path, k))) for k, x in obj.items()))
    from symgrad.frontend.calls import is_code
    if is_code(obj):
        return Known(obj)
    if is_record(obj):
        return Struct("instance", type(obj), tuple(
            (k, describe(x, name, forced, (*path, k))) for k, x in fields_of(obj).items()))
    return Leaf(Opaque(type(obj).__name__, type(obj)))


def is_record(obj: Any) -> bool:
    """An object of a class written in Python whose fields symgrad may read."""
    cls = type(obj)
    if dataclasses.is_dataclass(obj) and not isinstance(obj, type) or cls is types.SimpleNamespace:
        return True
    top = cls.__module__.split(".")[0]
    return (hasattr(obj, "__dict__") and top not in ("builtins", "numpy", "_io", "random", "logging", "threading",
                                                     "types", "functools", "re", "pathlib", "datetime", "collections",
                                                     "ctypes")
            and not isinstance(obj, BaseException))


def fields_of(obj: Any) -> dict[str, Any]:
    names = list(getattr(obj, "__dict__", {}))
    for cls in type(obj).__mro__:
        names.extend(s for s in getattr(cls, "__slots__", ()) if hasattr(obj, s) and s not in names)
    return {n: getattr(obj, n) for n in names}


def item_type(items: Any) -> Type | None:
    """The type that all items of a list have, or None where there is none."""
    t: Type = BOTTOM
    for x in items:
        if isinstance(x, (bool, np.bool_)):
            one: Type | None = Scalar("bool", type(x) is bool)
        else:
            one = type_of(x, "item")
        if one is None:
            one = composite_type(x)
        if one is None or isinstance(one, Opaque) and one.what not in ("str", "None"):
            return None
        if isinstance(t, Array) and isinstance(one, Array) and [d == 1 for d in t.dims] != [d == 1 for d in one.dims]:
            return None
        joined = join(t, one) if not isinstance(one, Array) or t == BOTTOM else merge_arrays(t, one)
        if joined is None or (isinstance(joined, Opaque) and joined != one):
            return None
        t = joined
    if isinstance(t, Array):
        t = Array(t.dtype, tuple(d if d == 1 else Dim(VARIES, many=True) for d in t.dims))
    return t


def merge_arrays(a: Type, b: Array) -> Type | None:
    if not isinstance(a, Array) or a.dtype != b.dtype or a.ndim != b.ndim:
        return None
    return a


def composite_type(x: Any) -> Type | None:
    if x is None:
        return Opaque("None")
    if isinstance(x, list):
        item = item_type(x)
        return None if item is None else ListOf(item)
    if type(x) is tuple:
        parts = [item_type([i]) for i in x]
        return None if any(p is None for p in parts) else TupleOf(tuple(p for p in parts if p is not None))
    if is_record(x) and dataclasses.is_dataclass(x):
        fields = [(k, item_type([v])) for k, v in fields_of(x).items()]
        if all(t is not None for _, t in fields):
            return Instance(type(x), tuple((k, t) for k, t in fields if t is not None))
    return None


def instantiate(lw: Lowering, spec: Any, name: str, path: tuple[Step, ...] = (), keys: tuple[Any, ...] = ()) -> Any:
    """The abstract value of an argument: its leaves are `arg` ops."""
    if isinstance(spec, Known):
        obj = spec.obj
        if isinstance(obj, range):
            return Iter("range", tuple(map(Static, (obj.start, obj.stop, obj.step))))
        return Tup(tuple(map(Static, obj))) if type(obj) is tuple else Static(obj)
    if isinstance(spec, Leaf):
        value = lw.b.emit(Op("arg", (), [spec.type], name=name, path=path)).result
        if not path:
            value.name = name
        if isinstance(spec.type, Scalar) and spec.type.kind in "ib":
            lw.static_args[value] = (name, keys)
        if isinstance(spec.type, ListOf):
            lw.list_args[value] = (name, keys)
        if isinstance(spec.type, Array):
            for axis, d in enumerate(spec.type.dims):
                lw.lengths.setdefault(d, (value, axis))
            return lw.new_root(value)
        if isinstance(spec.type, (ListOf, DictOf)):
            return lw.new_object(DynC(lw.new_root(value)))
        return value
    items = []
    for key, inner in spec.items:
        kind = "attr" if spec.kind == "instance" or (spec.cls is not None and spec.kind == "tuple") else "index"
        step_key = spec.cls._fields[key] if spec.kind == "tuple" and spec.cls is not None else key
        items.append((key, instantiate(lw, inner, name, (*path, Step(kind, step_key)), (*keys, key))))
    if spec.kind == "tuple":
        return Tup(tuple(v for _, v in items), spec.cls)
    contents: Any = ListC(tuple(v for _, v in items)) if spec.kind == "list" else DictC(tuple(items))
    obj = lw.new_object(contents if spec.kind != "instance" else InstC(spec.cls, tuple(items)))
    lw.arg_objects["obj", obj.id] = name, path, spec.cls if spec.kind == "instance" else spec.kind
    return obj


def float_leaves(spec: Any) -> bool:
    """Whether an argument of this spec holds anything to differentiate with respect to."""
    if isinstance(spec, Leaf):
        return is_float(spec.type)
    if isinstance(spec, Known):
        return False
    return any(float_leaves(s) for _, s in spec.items)


__all__ = ["Known", "Leaf", "Struct", "describe", "float_leaves", "instantiate"]
