"""Putting a mutant in place: in a process that has symgrad already, or before it is imported."""
from __future__ import annotations

import gc
import importlib.abc
import importlib.machinery
import importlib.util
import linecache
import sys
import types
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from tests.mutation.mutants import ROOT, Mutant


def put_in_place(m: Mutant) -> bool:
    """Break symgrad in this process. False if that takes an import: the function has other free variables."""
    if m.rule:
        from symgrad.rules.core import RULES
        field, k = m.place
        for rule in RULES.values():
            if rule.name == m.rule and getattr(rule, field):
                texts = list(getattr(rule, field))
                texts[k] = m.to
                setattr(rule, field, tuple(texts))
        return True
    path, text = str(ROOT / m.file), m.text()
    functions = [f for f in gc.get_objects() if isinstance(f, types.FunctionType) and f.__code__.co_filename == path
                 and (f.__code__.co_qualname + ".").startswith(m.function + ".")]
    old, new = (codes(compile(t, path, "exec")) for t in ((ROOT / m.file).read_text(), text))
    changes = []
    for f in functions:
        key = f.__code__.co_qualname, f.__code__.co_firstlineno
        known = [k for k, c in enumerate(old[key]) if c == f.__code__]
        if len(old[key]) != len(new[key]) or not known or new[key][known[0]].co_freevars != f.__code__.co_freevars:
            return False
        changes.append((f, new[key][known[0]]))
    for f, code in changes:
        f.__code__ = code
    show(path, text)
    from symgrad.frontend import source
    for cached in vars(source).values():
        if hasattr(cached, "cache_clear"):
            cached.cache_clear()
    return bool(changes)


def codes(code: types.CodeType) -> dict[tuple[str, int], list[types.CodeType]]:
    """The code objects in one, by name and first line, in order."""
    found: dict[tuple[str, int], list[types.CodeType]] = defaultdict(list)
    def visit(c: types.CodeType) -> None:
        found[c.co_qualname, c.co_firstlineno].append(c)
        for inner in c.co_consts:
            if isinstance(inner, types.CodeType):
                visit(inner)
    visit(code)
    return found


def show(path: str, text: str) -> None:
    """Have those that read the source of the file read this text."""
    linecache.cache[path] = (len(text), None, text.splitlines(True), path)


class Broken(importlib.abc.MetaPathFinder):
    """Imports one module with another text than its file's."""

    def __init__(self, m: Mutant) -> None:
        self.path, self.text = str(ROOT / m.file), m.text()
        self.name = "symgrad." + m.file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: Any = None) -> Any:
        if fullname != self.name:
            return None
        sys.meta_path.remove(self)
        loader = Text(fullname, self.path)
        loader.text = self.text
        show(self.path, self.text)
        return importlib.util.spec_from_file_location(fullname, self.path, loader=loader)


class Text(importlib.machinery.SourceFileLoader):
    text: str

    def get_code(self, fullname: str) -> types.CodeType:
        return compile(self.text, self.path, "exec")
