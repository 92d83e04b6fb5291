"""Making instances of namedtuples, dataclasses and ordinary classes."""
from __future__ import annotations

import dataclasses
import types
from typing import Any

from symgrad.errors import SourceError
from symgrad.frontend import calls, primitives
from symgrad.frontend.lowering import Lowering
from symgrad.frontend.source import definition
from symgrad.frontend.values import InstC, LocalFunction, Static, Tup


def construct(lw: Lowering, cls: type, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """``cls(*args)``: namedtuples, dataclasses and ordinary classes, as compile-time objects."""
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        values = dict(zip(cls._fields, map(lw.bind, args)))
        values.update({k: lw.bind(v) for k, v in kwargs.items()})
        for k, d in cls._field_defaults.items():                                           # type: ignore[attr-defined]
            values.setdefault(k, calls.lift(lw, d))
        missing = [f for f in cls._fields if f not in values]
        if missing or len(args) > len(cls._fields):
            lw.error(f"TypeError: {cls.__name__}() does not take these arguments")
        return Tup(tuple(values[f] for f in cls._fields), cls)
    if issubclass(cls, BaseException) or cls.__module__ in ("builtins", "numpy") or cls.__init__ is object.__init__ \
            and not dataclasses.is_dataclass(cls) and cls.__module__.split(".")[0] in ("numpy",):
        return primitives.call_unknown(lw, cls, args, kwargs)
    obj = lw.new_object(InstC(cls, ()))
    init = cls.__init__
    if dataclasses.is_dataclass(cls) and "__init__" in cls.__dict__ and not _has_source(init):
        fields = [f for f in dataclasses.fields(cls)]
        names = [f.name for f in fields if f.init]
        values = dict(zip(names, map(lw.bind, args)))
        values.update({k: lw.bind(v) for k, v in kwargs.items()})
        contents = InstC(cls, ())
        for f in fields:
            if f.name in values:
                v = values[f.name]
            elif f.default is not dataclasses.MISSING:
                v = calls.lift(lw, f.default)
            elif f.default_factory is not dataclasses.MISSING:
                v = lw.bind(calls.call(lw, Static(f.default_factory), [], {}))
            elif f.init:
                lw.error(f"TypeError: {cls.__name__}() is missing the argument {f.name!r}")
            else:
                continue
            contents = contents.set(f.name, v)
        lw.cells["obj", obj.id] = contents
        post = getattr(cls, "__post_init__", None)
        if post is not None:
            calls.call_static(lw, post, [obj], {})
        return obj
    if isinstance(init, (types.FunctionType, LocalFunction)):
        calls.call_static(lw, init, [obj, *args], kwargs)
        return obj
    if init is object.__init__ and cls.__new__ is object.__new__ and cls.__module__.split(".")[0] not in (
            "numpy", "builtins"):
        return obj
    return primitives.call_unknown(lw, cls, args, kwargs)


def _has_source(fn: Any) -> bool:
    try:
        definition(fn)
    except (SourceError, AttributeError, TypeError):
        return False
    return True
