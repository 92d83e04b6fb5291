"""A generated function compiled by Numba: its kernel, which Numba is given, in its frame, which is plain Python."""
from __future__ import annotations

import hashlib
import linecache
import time
import types
import warnings
from collections.abc import Callable
from typing import Any

import numba
import numba.typed
import numpy as np
from numba.core.errors import NumbaPendingDeprecationWarning, NumbaPerformanceWarning, NumbaWarning

from symgrad.backends.failure import NotCompiled, reason
from symgrad.codegen.kernel import PREFIX

SCALARS = {PREFIX + t.__name__: t for t in (
    np.bool_, np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64, np.float16,
    np.float32, np.float64, np.complex64, np.complex128)}
OPTIONS: dict[str, Any] = {"error_model": "numpy", "nogil": True}


class Native:
    """A kernel: compiled when it is called with arguments of new types.

    `instead(failure)` is the Python function that takes its place where it cannot be compiled.
    """

    def __init__(self, text: Any, instead: Callable[[NotCompiled], Callable[..., Any]]) -> None:
        self.text, self.instead = text, instead
        self.seconds = 0.0                              # that compiling took
        source = module(text)
        self.filename = f"<symgrad {text.kernel.name} {hashlib.sha256(source.encode()).hexdigest()[:12]}>"
        linecache.cache[self.filename] = (len(source), None, source.splitlines(True), self.filename)
        namespace: dict[str, Any] = {
            "__name__": __name__, PREFIX + "jit": jit,
            **{name: compilable(obj) for name, obj in text.imports.objects.items()}}
        exec(compile(source, self.filename, "exec"), namespace)  # noqa: S102 - what was generated is to be run
        above = source[:source.rindex(text.kernel.body)].count("\n")
        self.places = {line + above: place for line, place in text.kernel.places.items()}
        self.kernel = namespace[text.kernel.name]
        self.compile = self.kernel._compile_for_args
        self.kernel._compile_for_args = self.compiled

    def compiled(self, *args: Any, **kwargs: Any) -> Any:
        """What Numba calls for arguments of new types, with `NotCompiled` for whatever goes wrong."""
        start = time.perf_counter()
        try:
            with warnings.catch_warnings():
                for category in (NumbaPerformanceWarning, NumbaPendingDeprecationWarning, NumbaWarning):
                    warnings.simplefilter("ignore", category)
                return self.compile(*args, **kwargs)
        except Exception as error:
            raise NotCompiled(*reason(error, self.filename, self.places)) from error
        finally:
            self.seconds += time.perf_counter() - start

    def function(self) -> Callable[..., Any]:
        """The frame, in a namespace of its own."""
        text = self.text
        namespace: dict[str, Any] = {
            "__name__": f"symgrad.generated.{text.name}", **text.imports.objects, **SCALARS,
            PREFIX + "kernel": self.kernel, PREFIX + "NotCompiled": NotCompiled, PREFIX + "instead": self.instead,
            PREFIX + "array": as_array, PREFIX + "items": as_items, PREFIX + "list": as_list}
        head = "\n".join(text.imports.statements())
        helpers = "\n\n".join(text.imports.helpers.values())
        code = compile(f"{head}\n\n{helpers}\n\n{text.kernel.frame}", f"<symgrad {text.name}, frame>", "exec")
        exec(code, namespace)  # noqa: S102
        return namespace[text.name]                     # type: ignore[no-any-return]


def module(text: Any) -> str:
    """The source of a kernel with all that it calls."""
    parts = ["\n".join(text.imports.statements())]
    for body in (*text.imports.helpers.values(), *text.functions, text.kernel.body):
        parts.append(f"@{PREFIX}jit\n{body}")
    return "\n\n\n".join(filter(None, parts)) + "\n"


def jit(function: Callable[..., Any]) -> Any:
    return numba.njit(**OPTIONS)(function)


def compilable(obj: Any) -> Any:
    """A function that generated code calls, as Numba can call it."""
    return jit(obj) if isinstance(obj, types.FunctionType) else obj


# -- at the border ---------------------------------------------------------------------------------


def as_array(value: Any, dtype: str) -> np.ndarray:
    return np.asarray(value, dtype)


def as_items(value: list[Any]) -> Any:
    """A list of arrays, tuples or lists, as Numba takes it."""
    try:
        return numba.typed.List([as_items(x) if isinstance(x, list) else x for x in value])
    except Exception as error:
        raise NotCompiled(f"a list of such items cannot be passed: {type(error).__name__}") from error


def as_list(value: Any, kind: Any = None) -> list[Any]:
    """A list of what a kernel returns."""
    found = value.tolist() if isinstance(value, np.ndarray) else list(value)
    return found if kind is None else [kind(x) for x in found]


__all__ = ["Native"]
