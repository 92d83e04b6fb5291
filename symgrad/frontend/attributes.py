"""Attributes: of modules, objects, classes and arrays."""
from __future__ import annotations

import dataclasses
import enum
import functools
import inspect
import types
from typing import Any

from symgrad.frontend import calls, outer
from symgrad.frontend.lowering import Lowering
from symgrad.frontend.reading import note_attribute
from symgrad.frontend.source import closure_lookup, definition, parameters
from symgrad.frontend.values import (
    UNDEF,
    Bound,
    Func,
    InstC,
    LocalFunction,
    Obj,
    Ref,
    Static,
    Super,
    Tup,
    Undef,
)
from symgrad.ir.nodes import Op, Value
from symgrad.ir.types import FLOAT, STR, Array, Instance, ListOf, Opaque, Optional_, Scalar, TupleOf


def super_(lw: Lowering, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """``super()`` in a method, and ``super(cls, self)``."""
    if args:
        return Super(lw.static(args[0]), args[1])
    function = lw.frame.function
    cls = closure_lookup(function).get("__class__") if function is not None else None
    params = parameters(definition(function)[0]) if cls is not None else []
    if cls is None or not params:
        lw.error("super() outside a method of a class")
    return Super(cls, lw.cells["var", lw.frame.id, params[0]])


def super_attribute(lw: Lowering, a: Super, name: str) -> Any:
    """What the classes after `a.cls` in the order of look-up define as `name`, bound to the object."""
    own = a.self.obj if isinstance(a.self, Static) else None
    if own is None:
        own = lw.contents(a.self).cls if isinstance(a.self, Obj) else getattr(a.self, "cls", None)
    if not isinstance(own, type):
        lw.error("super() of an object whose class is not known")
    after = own.__mro__[own.__mro__.index(a.cls) + 1:]
    for cls in after:
        if name in vars(cls):
            member = vars(cls)[name]
            if isinstance(member, property):
                return calls.call(lw, Static(member.fget), [a.self], {})
            if isinstance(member, staticmethod):
                return Static(member.__func__)
            if isinstance(member, classmethod):
                return Bound(Static(own), member.__func__)
            if isinstance(member, types.FunctionType):
                return Bound(a.self, member)
            if name == "__init__":                      # object's
                return Static(type(None))
            return calls.capture(lw, name, member, ("attribute", cls, name))
    lw.error(f"AttributeError: 'super' object has no attribute {name!r}")


def get_attribute(lw: Lowering, a: Any, name: str) -> Any:
    """``a.name``."""
    if isinstance(a, Super):
        return super_attribute(lw, a, name)
    from symgrad.frontend.array_methods import array_attribute
    from symgrad.frontend.containers import container_method
    if isinstance(a, Static):
        if isinstance(a.obj, enum.Enum):
            found = getattr(a.obj, name)
            from symgrad.frontend.indexing import wrap_static
            return Static(found) if calls.is_code(found) else wrap_static(lw, found)
        if isinstance(a.obj, types.ModuleType) or calls.is_code(a.obj):
            try:
                found = getattr(a.obj, name)
            except AttributeError as e:
                lw.error(f"AttributeError: {e}")
            if calls.is_code(found):
                note_attribute(a.obj, name, found)
                return Static(found)
            if isinstance(a.obj, types.FunctionType) and not name.startswith("__"):
                return calls.capture(lw, name, found, ("attribute", a.obj, name))
            if isinstance(a.obj, type) and a.obj.__module__.split(".")[0] not in ("builtins", "numpy"):
                return calls.capture(lw, name, found, ("attribute", a.obj, name))
            if isinstance(a.obj, types.ModuleType) and not a.obj.__name__.startswith(("numpy", "math", "sys")):
                return calls.capture(lw, name, found, ("global", a.obj.__dict__, name))
            if isinstance(found, (float, int, str)):
                return Static(found) if not isinstance(found, float) else module_constant(lw, a.obj, name, found)
            return Static(found)
        member = getattr(a.obj, name, None)
        if member is not None and not callable(member):
            from symgrad.frontend.indexing import wrap_static
            return wrap_static(lw, member)
        return Bound(a, name)
    if isinstance(a, Tup):
        if a.cls is not None and name in getattr(a.cls, "_fields", ()):
            return a.items[a.cls._fields.index(name)]                                 # type: ignore[attr-defined]
        member = getattr(a.cls, name, None) if a.cls is not None else None
        if isinstance(member, types.FunctionType) and not name.startswith("_"):
            return Bound(a, member)
        if isinstance(member, property):
            return calls.call(lw, Static(member.fget), [a], {})
        return Bound(a, name)
    if isinstance(a, Obj):
        c = lw.contents(a)
        if isinstance(c, InstC):
            return instance_attribute(lw, a, c, name)
        return Bound(a, container_method(lw, c, name), True)
    if isinstance(a, Ref) or (isinstance(a, Value) and isinstance(a.type, (Array, Scalar))):
        return array_attribute(lw, a, name)
    if isinstance(a, Value) and a.type == STR and hasattr(str, name):
        from symgrad.frontend.containers import text_method
        return Bound(a, text_method(name), True)
    if isinstance(a, Value) and isinstance(a.type, Opaque):
        return lw.b.emit(Op("load", [a], [Opaque()], path=(attr_step(name),))).result
    if isinstance(a, Value) and isinstance(a.type, (Optional_, TupleOf, Instance)):
        from symgrad.frontend.indexing import opened
        return get_attribute(lw, opened(lw, a), name)
    if isinstance(a, Func):
        lw.error(f"the attribute {name!r} of a function")
    if isinstance(a, Value) and isinstance(a.type, ListOf):
        return get_attribute(lw, lw.bind(a), name)
    lw.error(f"the attribute {name!r} of this is not known")


def attr_step(name: str) -> Any:
    from symgrad.ir.nodes import Step
    return Step("attr", name)


def module_constant(lw: Lowering, module: Any, name: str, value: Any) -> Any:
    """``math.pi`` stays ``math.pi`` in the generated code."""
    if lw.frame.in_rule:
        return Static(value)
    return lw.b.emit(Op("const", (), [FLOAT], value=value, module=module.__name__, attribute=name)).result


def instance_attribute(lw: Lowering, a: Obj, c: InstC, name: str) -> Any:
    found = c.get(name)
    if found is not None:
        return found
    member = inspect.getattr_static(c.cls, name, None)
    if isinstance(member, property):
        return calls.call(lw, Static(member.fget), [a], {})
    if isinstance(member, functools.partialmethod):
        def apply(lw: Lowering, self: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
            first = [calls.lift(lw, x) for x in member.args]
            named = {k: calls.lift(lw, v) for k, v in member.keywords.items()}
            return calls.call(lw, Bound(self, member.func), [*first, *args], {**named, **kwargs})
        return Bound(a, apply, True)
    if isinstance(member, functools.cached_property):
        value = lw.bind(calls.call(lw, Static(member.func), [a], {}))
        lw.set_contents(a, c.set(name, value))
        return value
    if isinstance(member, staticmethod):
        return Static(member.__func__)
    if isinstance(member, classmethod):
        return Bound(Static(c.cls), member.__func__)
    if isinstance(member, (types.FunctionType, LocalFunction)):
        return Bound(a, member)
    if name == "__class__":
        return Static(c.cls)
    if not isinstance(found := class_default(lw, c.cls, name), Undef):
        return found
    lw.error(f"AttributeError: {c.cls.__name__!r} object has no attribute {name!r}")


def class_default(lw: Lowering, cls: type, name: str) -> Any:
    """What is read of an instance that was not given an attribute of its own: that of its class, if it has one."""
    if not hasattr(cls, name) or hasattr(type(inspect.getattr_static(cls, name)), "__get__"):
        return UNDEF
    return calls.capture(lw, name, getattr(cls, name), ("attribute", cls, name))


def set_attribute(lw: Lowering, a: Any, name: str, value: Any) -> None:
    """``a.name = value``."""
    if isinstance(a, Obj) and isinstance(c := lw.contents(a), InstC):
        member = inspect.getattr_static(c.cls, name, None)
        if isinstance(member, property):
            calls.call(lw, Static(member.fset), [a, value], {})
            return
        if dataclasses.is_dataclass(c.cls) and c.cls.__dataclass_params__.frozen:           # type: ignore[attr-defined]
            lw.error(f"FrozenInstanceError: {c.cls.__name__} is frozen")
        if c.get(name) is None:
            class_default(lw, c.cls, name)          # it is read here, at the latest: where paths meet may be too late
        lw.set_contents(a, c.set(name, lw.bind(value)))
        return
    if isinstance(a, Static) and isinstance(a.obj, (type, types.FunctionType, types.ModuleType)):
        outer.assign(lw, a.obj, name, value)
        return
    lw.error(f"the attribute {name!r} of this cannot be assigned to")
