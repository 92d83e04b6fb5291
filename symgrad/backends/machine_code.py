"""Numba's cache of machine code, without what Numba does before it looks into it.

Before it loads anything, Numba imports and registers all that it would need to compile: several times as long
as loading takes. Code that is loaded needs none of it but the symbols that it refers to. Where they are all there, it is
linked at once; where one is missing, the registering is done after all.
"""
from __future__ import annotations

from typing import Any

import llvmlite.binding as llvm
from numba.core.caching import FunctionCache
from numba.core.runtime import rtsys


class KernelCache(FunctionCache):  # type: ignore[misc]
    """The cache of one function's machine code; `loaded` counts the signatures that it had."""

    def __init__(self, function: Any) -> None:
        super().__init__(function)
        self.loaded = 0

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)

    def _load_overload(self, sig: Any, target_context: Any) -> Any:
        data = self._cache_file.load(self._index_key(sig, target_context.codegen()))
        if data is None:
            return None
        if not linkable(data):
            target_context.refresh()
        made = self._impl.rebuild(target_context, data)
        self.loaded += 1
        return made


def linkable(data: Any) -> bool:
    """Whether all symbols that a function's machine code refers to are known already."""
    (_, kind, code), *_ = data
    if kind != "object":
        return False
    module = llvm.parse_bitcode(code[1])
    needed = [x.name for x in (*module.functions, *module.global_variables) if x.is_declaration]
    return all(name.startswith("llvm.") or llvm.address_of_symbol(name) for name in needed)


__all__ = ["KernelCache"]
