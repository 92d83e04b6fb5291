"""Texts that are equal for equal things, in this process and the next: of types, of functions, of classes.

What has no such text, because it may be another thing tomorrow without our noticing, raises `Unknown`.
"""
from __future__ import annotations

import enum
import functools
import os
import sys
import types
from typing import Any

import numpy as np

from symgrad.cache.disk import digest
from symgrad.structs import fields, is_struct


class Unknown(Exception):
    """A thing that cannot be told from others."""


OWN = ("builtins", "numpy", "math", "operator", "_operator", "symgrad", "typing", "abc", "enum", "collections",
       "dataclasses", "functools")


def of_code(obj: Any, closure: bool = False) -> str:
    """A function, class or module that generated code depends on; `closure`: what a function closes over is looked at
    elsewhere."""
    if isinstance(obj, types.FunctionType):
        if obj.__closure__ and not closure:
            raise Unknown
        c = obj.__code__
        return digest("function", obj.__module__, obj.__qualname__, of_bytecode(c), of_file(c.co_filename),
                      of_value(obj.__defaults__), of_value(obj.__kwdefaults__))
    if isinstance(obj, enum.Enum):
        return digest("member", of_code(type(obj)), obj.name, of_value(obj.value))
    if isinstance(obj, type):
        return digest("class", *(f"{c.__module__} {c.__qualname__} {of_home(c)}" for c in obj.__mro__))
    builtin = isinstance(obj, (types.ModuleType, types.BuiltinFunctionType, np.ufunc, types.MethodDescriptorType))
    if builtin and isinstance(getattr(obj, "__self__", None), (types.ModuleType, type(None))):
        return digest(type(obj).__name__, getattr(obj, "__module__", ""), obj.__name__)
    inner = getattr(obj, "py_func", None)               # compiled by Numba
    if isinstance(inner, types.FunctionType) and type(obj).__module__.startswith("numba."):
        return digest("compiled", of_code(inner))
    if type(obj).__module__.split(".")[0] == "numpy" and hasattr(obj, "__name__"):
        return digest(type(obj).__name__, obj.__name__)
    raise Unknown


def of_bytecode(code: types.CodeType) -> str:
    constants = [of_bytecode(x) if isinstance(x, types.CodeType) else
                 repr(sorted(map(repr, x))) if isinstance(x, frozenset) else repr(x) for x in code.co_consts]
    return digest(code.co_code, code.co_names, code.co_varnames, code.co_freevars, code.co_flags, code.co_argcount,
                  code.co_firstlineno, *constants)


def of_home(cls: type) -> str:
    """The file that a class is written in."""
    if cls.__module__.split(".")[0] in OWN:
        return ""
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    if "<" in cls.__qualname__ or file is None:
        raise Unknown
    return of_file(file)


def of_file(path: str) -> str:
    """The content of a source file."""
    try:
        found = os.stat(path)
    except OSError:
        raise Unknown from None
    return _content(path, found.st_size, found.st_mtime_ns)


@functools.lru_cache(256)
def _content(path: str, size: int, time: int) -> str:
    with open(path, "rb") as file:
        return digest(file.read())


def of_value(x: Any) -> str:
    """A type, a spec, or plain data."""
    if x is None or isinstance(x, (bool, int, float, complex, str, bytes, range, np.dtype)) and not isinstance(x, enum.Enum):
        return f"{type(x).__name__} {x!r}"
    if isinstance(x, (tuple, list)):
        return f"{type(x).__name__} [{', '.join(map(of_value, x))}]"
    if isinstance(x, frozenset):
        return f"set [{', '.join(sorted(map(of_value, x)))}]"
    if isinstance(x, dict):
        return f"dict [{', '.join(f'{of_value(k)}: {of_value(v)}' for k, v in x.items())}]"
    if isinstance(x, (type, enum.Enum)):
        return of_code(x)
    if is_struct(x) and type(x).__name__ not in ("Tree", "Node"):
        return f"{type(x).__name__}({', '.join(of_value(getattr(x, n)) for n in fields(x))})"
    raise Unknown


__all__ = ["Unknown", "of_code", "of_value"]
