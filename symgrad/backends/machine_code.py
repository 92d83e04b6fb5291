"""Numba's cache of machine code, without what Numba does before it looks into it.

Before it loads anything, Numba imports and registers all that it would need to compile, and the modules in which the
functions that are called were written: several times as long as loading takes. Code that is loaded needs none of it but
the symbols that it refers to. Where they are all there, it is linked at once; where one is missing, the registering is
done after all.
"""
from __future__ import annotations

import io
import pickle
import sys
from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm
from numba.core import environment
from numba.core.caching import FunctionCache, IndexDataCacheFile
from numba.core.runtime import nrt, rtsys

# Older versions of Numba count references with functions that LLVM makes; now only code that is to be compiled needs them.
COMPILED_RUNTIME = hasattr(nrt._nrt, "memsys_set_atomic_ops")


class KernelCache(FunctionCache):  # type: ignore[misc]
    """The cache of one function's machine code; `loaded` counts the signatures that it had.

    `missed` is called before Numba compiles what the cache does not have.
    """

    def __init__(self, function: Any, missed: Callable[[], None]) -> None:
        super().__init__(function)
        self.loaded, self.missed = 0, missed
        self._cache_file = CacheFile(cache_path=self._cache_path, filename_base=self._impl.filename_base,
                                     source_stamp=self._impl.locator.get_source_stamp())

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        with self._guard_against_spurious_io_errors():
            found = self._cache_file.load(self._index_key(sig, target_context.codegen()))
            if found is not None:
                data, needed = found
                enter_symbols()
                if COMPILED_RUNTIME or needed is None or not all(map(llvm.address_of_symbol, needed)):
                    rtsys.initialize(target_context)
                    target_context.refresh()
                made = self._impl.rebuild(target_context, data)
                self.loaded += 1
                return made
        self.missed()
        return None


class CacheFile(IndexDataCacheFile):  # type: ignore[misc]
    """A file of machine code and of the symbols that it needs, read without importing what its environments name."""

    def _save_data(self, name: str, data: Any) -> None:
        super()._save_data(name, (data, needed_symbols(data)))

    def _load_data(self, name: str) -> Any:
        with open(self._data_path(name), "rb") as file:
            return Unpickler(io.BytesIO(file.read())).load()


class Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        found = super().find_class(module, name)
        return rebuilt_environment if found is environment._rebuild_env else found


def rebuilt_environment(module: str, constants: Any, name: str) -> Any:
    """A function's environment: the globals of its module are for code that calls back into Python."""
    known = environment.lookup_environment(name)
    if known is not None:
        return known
    made = environment.Environment(vars(sys.modules[module]) if module in sys.modules else {"__name__": module})
    made.consts[:] = constants
    made.env_name = name
    environment.Environment._memo[name] = made
    return made


def enter_symbols() -> None:
    """Let code that is linked find the functions of Numba's memory management."""
    for name, address in nrt._nrt.c_helpers.items():
        llvm.add_symbol(name if name.startswith("_") else f"NRT_{name}", address)


def needed_symbols(data: Any) -> list[str] | None:
    """The symbols that a function's machine code refers to; None where that is not known."""
    (_, kind, code), *_ = data
    if kind != "object":
        return None
    module = llvm.parse_bitcode(code[1])
    needed = [x.name for x in (*module.functions, *module.global_variables) if x.is_declaration]
    return [name for name in needed if not name.startswith("llvm.")]


__all__ = ["KernelCache"]
