"""Programs in a world in which numbers are exact: functions as they are, with other globals.

A function's code is run unchanged; `math`, `np` and the builtins that it names are those of `arrays` and
`elementwise`, in its helpers, closures and classes too. Generated text is executed in the same world.
"""
from __future__ import annotations

import builtins
import contextlib
import dataclasses
import functools
import math
import operator
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from symgrad.rules import special
from symgrad.verify import arrays
from symgrad.verify.elementwise import HELPERS, MATH
from symgrad.verify.errors import Undefined, Unreadable
from symgrad.verify.exact import Exact, Run

OWN = ("symgrad.verify.truth",)         # marks in a rewritten function
AS_THEY_ARE = (bool, int, float, str, bytes, type(None), type(Ellipsis), range, slice, np.dtype)


class FloatType(type):
    """What `float` and NumPy's float types are: a call gives the number itself, an instance is any float."""

    exact = True

    def __instancecheck__(cls, x: Any) -> bool:
        return isinstance(x, (float, Exact, np.floating))

    def __call__(cls, x: Any = 0.0, *_: Any) -> Any:
        if isinstance(x, Exact):
            return x
        return arrays.wrapped(np.asarray(x, dtype=object)) if isinstance(x, np.ndarray) and x.ndim else float(x)


class Float(metaclass=FloatType):
    """`float`."""

    exact = True


class IntType(type):
    def __instancecheck__(cls, x: Any) -> bool:
        return isinstance(x, int)

    def __call__(cls, x: Any = 0, *rest: Any) -> Any:
        return math.trunc(x) if isinstance(x, Exact) else int(x, *rest)


class Int(metaclass=IntType):
    """`int`."""

    exact = False
    dtype = np.dtype(int)


def float_pow(x: Any, y: Any, modulus: Any = None) -> Any:
    return x**y if modulus is None else builtins.pow(x, y, modulus)


def bool_(x: Any = False) -> bool:
    return bool(x)


FUNCTIONS: dict[Any, Any] = {
    special.digamma: HELPERS["digamma"], special.polygamma: HELPERS["polygamma"],
    float: Float, np.float64: Float, np.float32: Float, int: Int, builtins.pow: float_pow, math.fabs: abs,
}


class World:
    """The stand-ins of one run."""

    def __init__(self, run: Run, rewritten: Callable[[types.FunctionType], types.FunctionType] | None = None) -> None:
        self.run = run
        self.rewritten = rewritten          # another form of a function: with marks in it, say
        self.made: dict[int, Any] = {}
        self.kept: list[Any] = []           # what `made` knows by its id
        self.builtins = {**vars(builtins), "float": Float, "int": Int, "pow": float_pow, "__import__": self._import}

    def _import(self, name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
        return self.of(__import__(name, globals, locals, fromlist, level))

    def of(self, obj: Any) -> Any:
        """What an object of the program is in this world."""
        if isinstance(obj, (Exact, *AS_THEY_ARE)) or obj is operator or type(obj).__module__ in OWN:
            return obj
        try:
            known = FUNCTIONS.get(obj)
        except TypeError:
            known = None
        if known is not None:
            return known
        if id(obj) in self.made:
            return self.made[id(obj)]
        made = self._make(obj)
        self.made[id(obj)] = made
        self.kept.append(obj)
        return made

    def _make(self, obj: Any) -> Any:
        if isinstance(obj, types.ModuleType):
            return Module(obj, self)
        if isinstance(obj, np.ndarray):
            return arrays.wrapped(obj)
        if isinstance(obj, np.generic):
            if obj.dtype.kind == "c":
                raise Unreadable("complex numbers")
            return obj.item()
        if isinstance(obj, np.ufunc):
            return arrays.numpy(obj)
        if isinstance(obj, complex):
            raise Unreadable("complex numbers")
        if isinstance(obj, (types.FunctionType, types.MethodType, types.BuiltinFunctionType)) or callable(obj):
            return self._callable(obj)
        if isinstance(obj, (tuple, list, dict, set, frozenset)):
            return self._container(obj)
        return self._instance(obj)

    def _container(self, obj: Any) -> Any:
        if isinstance(obj, dict):
            return {k: self.of(v) for k, v in obj.items()}
        if isinstance(obj, tuple) and hasattr(obj, "_fields"):
            return type(obj)(*map(self.of, obj))
        return type(obj)(map(self.of, obj)) if isinstance(obj, (tuple, list)) else obj

    def _callable(self, obj: Any) -> Any:
        if isinstance(obj, types.FunctionType):
            module = obj.__module__ or ""
            if module.split(".")[0] == "numpy":
                return arrays.numpy(obj)
            return self.function(obj)
        if isinstance(obj, types.MethodType):
            return types.MethodType(self.of(obj.__func__), self.of(obj.__self__))
        if isinstance(obj, functools.partial):
            return functools.partial(self.of(obj.func), *map(self.of, obj.args),
                                     **{k: self.of(v) for k, v in obj.keywords.items()})
        if obj in MATH:
            return with_floats(MATH[obj], obj)
        if getattr(obj, "__module__", "") and str(obj.__module__).split(".")[0] == "numpy" and not isinstance(obj, type):
            return arrays.numpy(obj)
        if type(obj).__module__.startswith("numpy") and not isinstance(obj, type):
            return arrays.numpy(obj)                        # NumPy's functions written in C
        if isinstance(obj, type):
            return self._class(obj)
        if type(obj).__module__.startswith("symgrad"):
            raise Unreadable("a gradient inside the function")
        if isinstance(obj, (types.BuiltinFunctionType, type(len), type(str.join))):
            return obj
        if hasattr(obj, "__dict__") and not type(obj).__module__.startswith(("functools", "builtins")):
            return self._instance(obj)
        return obj

    def function(self, f: types.FunctionType) -> types.FunctionType:
        """The same code, in this world."""
        g = self.rewritten(f) if self.rewritten else f
        cells = tuple(map(self._cell, g.__closure__ or ()))
        made = types.FunctionType(g.__code__, self.globals(f.__globals__), f.__name__, None, cells or None)
        self.made[id(f)] = made                             # a recursive function finds itself
        self.kept.append(f)
        made.__defaults__ = tuple(map(self.of, f.__defaults__)) if f.__defaults__ else None
        made.__kwdefaults__ = {k: self.of(v) for k, v in f.__kwdefaults__.items()} if f.__kwdefaults__ else None
        return made

    def _cell(self, cell: types.CellType) -> types.CellType:
        if id(cell) not in self.made:
            made = types.CellType()
            self.made[id(cell)] = made
            self.kept.append(cell)
            with contextlib.suppress(ValueError):       # a variable that is bound later
                made.cell_contents = self.of(cell.cell_contents)
        return self.made[id(cell)]          # type: ignore[no-any-return]

    def globals(self, original: dict[str, Any]) -> Globals:
        if id(original) not in self.made:
            self.made[id(original)] = Globals(original, self)
            self.kept.append(original)
        return self.made[id(original)]      # type: ignore[no-any-return]

    def _class(self, cls: type) -> Any:
        """A class of the program, with its methods in this world."""
        module = cls.__module__.split(".")[0]
        if module in sys.stdlib_module_names and module != "__main__" or module in ("numpy", "scipy", "sympy", "symgrad"):
            return cls
        if issubclass(cls, (tuple, BaseException)) or type(cls) is not type:
            return cls
        body = {k: v for k, v in vars(cls).items() if k not in ("__dict__", "__weakref__")}
        made = type(cls.__name__, tuple(map(self.of, cls.__bases__)), {k: v for k, v in body.items()
                                                                     if not isinstance(v, types.MemberDescriptorType)})
        self.made[id(cls)] = made
        self.kept.append(cls)
        for k, v in body.items():
            if isinstance(v, types.FunctionType):
                setattr(made, k, self.of(v))
            elif isinstance(v, (staticmethod, classmethod)):
                setattr(made, k, type(v)(self.of(v.__func__)))
            elif isinstance(v, property) and v.fget is not None:
                setattr(made, k, property(self.of(v.fget)))
        return made

    def _instance(self, obj: Any) -> Any:
        cls = self.of(type(obj))
        if cls is type(obj) and not dataclasses.is_dataclass(obj):
            return obj
        made = object.__new__(cls)
        self.made[id(obj)] = made
        self.kept.append(obj)
        for k, v in vars(obj).items():
            object.__setattr__(made, k, self.of(v))
        return made

    def execute(self, code: Any, objects: dict[str, Any], name: str) -> Any:
        """The function `name` that a generated module's text defines, in this world."""
        namespace: dict[str, Any] = {"__name__": f"symgrad.verified.{name}", "__builtins__": self.builtins}
        namespace.update({n: self.of(v) for n, v in objects.items()})
        exec(code, namespace)  # noqa: S102 - what is to be verified is run
        namespace.update({n: HELPERS[n.strip("_")] for n in namespace if n.strip("_") in HELPERS})
        return namespace[name]


def with_floats(exact: Callable[..., Any], real: Callable[..., Any]) -> Callable[..., Any]:
    """`exact` where an argument is an exact number, the function itself for constants."""
    def apply(*args: Any, **kwargs: Any) -> Any:
        args = tuple(a[()] if isinstance(a, np.ndarray) and a.size == 1 else a for a in args)
        if not any(map(arrays.holds_exact, args)):
            return real(*args, **kwargs)
        result = exact(*args, **kwargs)
        if isinstance(result, Exact) and not result.run.mp.isfinite(result.value):
            raise Undefined(f"math domain error in {real.__name__}()")      # as `math` does, and NumPy does not
        return result

    return apply


class Globals(dict):        # type: ignore[type-arg]
    """A module's globals in a world, translated when they are read."""

    def __init__(self, original: dict[str, Any], world: World) -> None:
        super().__init__({"__builtins__": world.builtins, "__name__": original.get("__name__", "")})
        self.original, self.world = original, world

    def __missing__(self, name: str) -> Any:
        self[name] = found = self.world.of(self.original[name])
        return found


class Module:
    """A module in a world."""

    def __init__(self, module: types.ModuleType, world: World) -> None:
        self.__name__, self._module, self._world = module.__name__, module, world

    def __getattr__(self, name: str) -> Any:
        found = self._world.of(getattr(self._module, name))
        setattr(self, name, found)
        return found


__all__ = ["World"]
