"""A generated function as a module that runs without symgrad."""
from __future__ import annotations

import ast
import dataclasses
import importlib
import math
import pathlib
import sys
import types
from typing import Any

import numpy as np

from symgrad.errors import SymgradError

LARGEST = 1000      # elements of an array that is written out


def module_text(generated: Any) -> str:
    """The text of a module that defines the generated function and all that it needs.

    Objects that generated code refers to are imported from where they are defined; globals and
    closure values are written down as they are now.
    """
    text = generated.text
    writer = Writer(text.imports)
    used = {n.id for n in ast.walk(ast.parse(text.source)) if isinstance(n, ast.Name)}
    for name, obj in text.imports.objects.items():
        if name in used:
            writer.define(name, obj, *text.imports.froms.get(name, ("", "")))
    for c in generated.captures:
        if c.name in used:
            writer.define(c.name, c.read(), c.module, c.attribute)
    needed = text.imports.statements()      # after the constants: they may need numpy as well
    imports = "\n".join([*(line for line in needed if not line.startswith("from ")),
                         *sorted({*writer.imports, *(line for line in needed if line.startswith("from "))})])
    body = text.source
    head = "\n".join(text.imports.statements())
    if head and body.startswith(head):
        body = body[len(head):].lstrip("\n")
    elif writer.imports or writer.constants:
        body = without_imports(body)
    parts = [imports, "\n".join(writer.constants)]
    apart = [f"# {p} and {q} must not be the same: {text.name} writes to {p}, and does not check." if p != q
             else f"# No two items of {p} may be the same: {text.name} writes to them, and does not check."
             for p, q in generated.apart]
    parts.append("\n".join(apart))
    return "\n\n".join(p.strip("\n") for p in parts if p) + ("\n\n\n" if any(parts) else "") + body


def without_imports(source: str) -> str:
    """A module's text after its imports."""
    lines = source.splitlines(True)
    for node in ast.parse(source).body:
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            return "".join(lines[node.lineno - 1:])
    return source


class Writer:
    """Collects the imports and the constants of an exported module."""

    def __init__(self, modules: Any) -> None:
        self.modules = modules
        self.imports: set[str] = set()
        self.constants: list[str] = []

    def define(self, name: str, obj: Any, module: str, attribute: str) -> None:
        """Let `name` stand for `obj`, which may also be had as an attribute of a module."""
        try:
            self.constants.append(f"{name} = {self.literal(obj)}")
        except CannotWrite as reason:
            place = importable(module, attribute, obj)
            if place is None:
                raise SymgradError(
                    f"{name!r} cannot be exported: {reason}",
                    hint="make it an argument of the function, or define it at the top of a module that can be "
                         "imported") from None
            self.imports.add(f"from {place} import {attribute}" + ("" if attribute == name else f" as {name}"))

    def literal(self, obj: Any) -> str:
        """The expression that makes `obj`."""
        if obj is None or obj is Ellipsis or isinstance(obj, (bool, str, bytes)) or type(obj) is int:
            return repr(obj)
        if type(obj) is float:
            return repr(obj) if math.isfinite(obj) else f'float("{obj}")'
        if type(obj) is complex:
            return f"complex({self.literal(obj.real)}, {self.literal(obj.imag)})"
        if isinstance(obj, np.generic) and obj.dtype.kind in "biufc":
            return f"{self.numpy()}.{obj.dtype.type.__name__}({self.literal(obj.item())})"
        if type(obj) is np.ndarray:
            return self.array(obj)
        if type(obj) in (list, tuple):
            items = ", ".join(map(self.literal, obj))
            return f"[{items}]" if isinstance(obj, list) else f"({items},)" if len(obj) == 1 else f"({items})"
        if type(obj) is dict:
            return "{" + ", ".join(f"{self.literal(k)}: {self.literal(v)}" for k, v in obj.items()) + "}"
        if isinstance(obj, tuple) and hasattr(obj, "_fields"):
            return f"{self.name(type(obj))}({', '.join(map(self.literal, obj))})"
        if dataclasses.is_dataclass(obj) and not isinstance(obj, type):
            fields = [f"{f.name}={self.literal(getattr(obj, f.name))}" for f in dataclasses.fields(obj) if f.init]
            return f"{self.name(type(obj))}({', '.join(fields)})"
        if isinstance(obj, types.ModuleType):
            return self.modules.module(obj)             # type: ignore[no-any-return]
        raise CannotWrite(f"a {type(obj).__name__} cannot be written down")

    def array(self, a: np.ndarray) -> str:
        if a.size > LARGEST:
            raise CannotWrite(f"an array of {a.size} elements is too large to be written down")
        if a.dtype.kind not in "biufc":
            raise CannotWrite(f"an array of {a.dtype}")
        np_ = self.numpy()
        if a.size == 0:
            return f"{np_}.empty({a.shape}, dtype={np_}.{a.dtype.name})"
        dtype = "" if a.dtype in (np.float64, np.bool_, np.complex128) else f", dtype={np_}.{a.dtype.name}"
        return f"{np_}.array({self.literal(a.tolist())}{dtype})"

    def numpy(self) -> str:
        return str(self.modules.module(np))

    def name(self, cls: type) -> str:
        """A class, imported from where it is defined."""
        place = importable(cls.__module__, cls.__name__, cls)
        if place is None:
            raise CannotWrite(f"the class {cls.__qualname__} is not at the top of a module")
        self.imports.add(f"from {place} import {cls.__name__}")
        return cls.__name__


class CannotWrite(Exception):
    """An object that no expression makes."""


def importable(module: str, attribute: str, obj: Any) -> str | None:
    """The module from which `obj` can be imported as `attribute`, or None."""
    if not module or not attribute.isidentifier():
        return None
    if module == "__main__":
        file = getattr(sys.modules.get(module), "__file__", None)
        main = sys.modules.get(module)
        return pathlib.Path(file).stem if file and getattr(main, attribute, None) is obj else None
    try:
        return module if getattr(importlib.import_module(module), attribute, None) is obj else None
    except ImportError:
        return None


__all__ = ["module_text"]
