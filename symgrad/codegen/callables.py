"""How generated code calls a function: by which name, and what has to be imported for it."""
from __future__ import annotations

import ast
import builtins
import functools
import importlib
import inspect
import sys
import textwrap
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from symgrad.ir.nodes import hashable


class Imports:
    """The modules and objects that a generated module refers to."""

    def __init__(self, namespace: dict[str, Any], taken: set[str]) -> None:
        self.aliases: dict[str, str] = {}           # module name -> local name
        self.objects: dict[str, Any] = {}           # local name -> object that is not importable by path
        self.froms: dict[str, tuple[str, str]] = {}  # local name -> (module, attribute)
        self.helpers: dict[str, str] = {}            # functions that go into the module's head
        self.functions: dict[Any, str] = {}         # recursive functions of the generated module
        self.taken = taken
        self.preferred = {id(v): k for k, v in reversed(list(namespace.items())) if isinstance(v, types.ModuleType)}

    def module(self, module: types.ModuleType) -> str:
        name = module.__name__
        if name not in self.aliases:
            alias = self.preferred.get(id(module)) or {"numpy": "np"}.get(name, name.split(".")[-1])
            while alias in self.taken and alias not in self.aliases.values():
                alias += "_"
            self.aliases[name] = alias
        return self.aliases[name]

    def path(self, obj: Any) -> str:
        """The expression that gives `obj`: ``np.linalg.solve``."""
        name = getattr(obj, "__name__", "")
        if getattr(builtins, name, None) is obj:
            return str(name)
        if isinstance(obj, types.FunctionType) and (obj.__module__ or "").startswith("symgrad."):
            return self.helper(obj)
        found = where(obj) if hashable(obj) else None
        if found is not None:
            module, attributes = found
            return ".".join([self.module(importlib.import_module(module)), *attributes])
        return self.named(obj)

    def function(self, ref: Any) -> str:
        """The name of a function of the IR."""
        if ref not in self.functions:
            name = ref.name
            while name in self.taken or name in self.functions.values():
                name += "_"
            self.functions[ref] = name
        return self.functions[ref]

    def helper(self, function: Callable[..., Any]) -> str:
        """A function of symgrad's that generated code needs: its source goes into the module's head."""
        assert isinstance(function, types.FunctionType)
        name = "_" + function.__name__
        if name not in self.helpers:
            self.helpers[name] = ""
            tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
            assert isinstance(tree, ast.FunctionDef)
            tree.name, tree.returns, tree.decorator_list = name, None, []
            for node in ast.walk(tree):
                if isinstance(node, ast.arg):
                    node.annotation = None
                elif isinstance(node, ast.Name) and node.id in function.__globals__:
                    value = function.__globals__[node.id]
                    if isinstance(value, types.ModuleType):
                        node.id = self.module(value)
                    elif isinstance(value, types.FunctionType):
                        node.id = self.helper(value)
            self.helpers[name] = ast.unparse(tree)
        return name

    def named(self, obj: Any) -> str:
        """An object that is imported by name, or, if that is impossible, put into the namespace."""
        name = getattr(obj, "__name__", None) or type(obj).__name__.lower()
        name = name if name.isidentifier() else "function"
        while name in self.taken or (name in self.objects and self.objects[name] is not obj):
            name += "_"
        module = getattr(obj, "__module__", None)
        qualname = getattr(obj, "__qualname__", "")
        if module and "<" not in qualname and "." not in qualname and qualname:
            self.froms[name] = (module, qualname)
        self.objects[name] = obj
        return name

    def statements(self) -> list[str]:
        lines = []
        for name, alias in sorted(self.aliases.items()):
            lines.append(f"import {name}" if alias == name else f"import {name} as {alias}")
        plain = [line for line in lines if line.split()[1] in ("math", "functools", "operator", "random", "time")]
        rest = [line for line in lines if line not in plain]
        return [*plain, *([""] if plain and rest else []), *rest]


@functools.lru_cache(4096)
def where(obj: Any) -> tuple[str, tuple[str, ...]] | None:
    """The module and attributes by which a function is known: ("numpy", ("linalg", "solve"))."""
    owner = getattr(obj, "__self__", None)
    name = getattr(obj, "__name__", "")
    if isinstance(owner, np.ufunc):
        inner = where(owner)
        return (inner[0], (*inner[1], name)) if inner else None
    for module in ("math", "numpy", "numpy.linalg", "numpy.random", "numpy.fft"):
        found: Any = getattr(sys.modules.get(module), name, None)   # some are loaded when they are first used
        if type(found) is type(obj) and found == obj:
            package, *attributes = module.split(".")
            return (package, (*attributes, name))
    scipy = sys.modules.get("scipy.special")            # its ufuncs do not know where they are from
    if scipy is not None and getattr(scipy, name, None) is obj:
        return ("scipy.special", (name,))
    if isinstance(obj, types.ModuleType):
        return (obj.__name__, ())
    module_name, qualname = getattr(obj, "__module__", None), getattr(obj, "__qualname__", "")
    if module_name and module_name != "__main__" and qualname and "<" not in qualname:
        try:
            found = importlib.import_module(module_name)
            for part in qualname.split("."):
                found = getattr(found, part)
        except (ImportError, AttributeError):
            return None
        if found is obj:
            return (module_name, tuple(qualname.split(".")))
    return None
