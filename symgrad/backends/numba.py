"""A generated function compiled by Numba: its kernel, which Numba is given, in its frame, which is plain Python."""
from __future__ import annotations

import ast
import linecache
import math
import platform
import threading
import time
import types
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numba
import numba.typed
import numpy as np
import numpy.ma

from symgrad.backends.failure import NotCompiled, reason
from symgrad.backends.folds import FOLDS
from symgrad.backends.machine_code import KernelCache
from symgrad.backends.progress import progress
from symgrad.backends.sums import vectorise_sums
from symgrad.cache import disk
from symgrad.codegen.kernel import PREFIX

SCALARS = {PREFIX + t.__name__: t for t in (
    np.bool_, np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64, np.float16,
    np.float32, np.float64, np.complex64, np.complex128)}
Instead = Callable[[Exception, dict[str, Any]], Callable[..., Any]]
OPTIONS: dict[str, Any] = {"error_model": "numpy", "nogil": True}
vectorise_sums()


class Parts(NamedTuple):
    """What is compiled: the source of a kernel with all that it calls, and the source of its frame."""

    name: str                       # of the derivative
    kernel: str                     # the kernel's name
    source: str
    frame: str
    places: Any                     # line of the source -> place in the primal
    objects: dict[str, Any]         # what the sources refer to and do not import


class Native:
    """A kernel: compiled when it is called with arguments of new types.

    `instead(failure, namespace)` is the Python function that takes its place in a frame where it cannot be compiled.
    """

    def __init__(self, parts: Parts, exact_math: bool, instead: Instead) -> None:
        self.parts, self.exact_math, self.instead = parts, exact_math, instead
        self.seconds = 0.0                              # that compiling took
        self.background: threading.Thread | None = None  # the one that compiles for later calls
        self.file = kept_file(parts, exact_math)
        self.filename = str(self.file or f"<symgrad {parts.kernel} {disk.digest(parts.source)}>")
        linecache.cache[self.filename] = (len(parts.source), None, parts.source.splitlines(True), self.filename)
        self.kernel = self.loaded()
        self.compile = self.kernel._compile_for_args
        self.kernel._compile_for_args = self.compiled

    def loaded(self) -> Any:
        """The kernel as Numba's function."""
        tree = ast.parse(self.parts.source)
        if not self.exact_math:
            tree = Quicker(self.parts.objects).visit(tree)
            namespace = replacements()
        else:
            namespace = {}
        namespace.update({"__name__": __name__, PREFIX + "jit": jit, PREFIX + "math": math, **FOLDS})
        namespace.update((name, compilable(obj)) for name, obj in self.parts.objects.items())
        exec(compile(ast.fix_missing_locations(tree), self.filename, "exec"), namespace)  # noqa: S102
        kernel = namespace[self.parts.kernel]
        if self.file is not None:
            try:
                kernel._cache = KernelCache(kernel.py_func)
            except (RuntimeError, OSError):             # there is no place where it can be kept
                self.file = None
        return kernel

    def compiled(self, *args: Any, **kwargs: Any) -> Any:
        """What Numba calls for arguments of new types, with `NotCompiled` for whatever goes wrong."""
        if self.background not in (None, threading.current_thread()):
            raise NotCompiled("it is being compiled", transient=True)
        start = time.perf_counter()
        try:
            with warnings.catch_warnings(), progress(self.parts.name):
                warnings.simplefilter("ignore", numba.NumbaWarning)
                return self.compile(*args, **kwargs)
        except Exception as error:
            raise NotCompiled(*reason(error, self.filename, self.parts.places)) from error
        finally:
            self.background = None
            self.seconds += time.perf_counter() - start

    def prepare(self, call: Callable[[Callable[..., Any]], Any]) -> None:
        """Compile for the arguments that `call` calls a function with; nothing is run.

        Raises NotCompiled.
        """
        function = self.function()
        frame = function.__globals__

        def probe(*args: Any) -> Any:
            if tuple(map(self.kernel.typeof_pyval, args)) not in self.kernel.overloads:
                self.compiled(*args)
            raise Prepared

        def instead(failure: NotCompiled) -> Any:
            raise failure

        frame.update({PREFIX + "kernel": probe, PREFIX + "instead": instead})
        try:
            call(function)
        except Prepared:
            pass

    @property
    def from_disk(self) -> bool:
        """Whether what is compiled so far was found in the cache."""
        cache = self.kernel._cache
        return bool(isinstance(cache, KernelCache) and cache.loaded and cache.loaded == len(self.kernel.overloads))

    def function(self) -> Callable[..., Any]:
        """The frame, in a namespace of its own."""
        parts = self.parts
        namespace: dict[str, Any] = {
            "__name__": f"symgrad.generated.{parts.name}", **parts.objects, **SCALARS,
            PREFIX + "kernel": self.kernel, PREFIX + "NotCompiled": NotCompiled,
            PREFIX + "instead": lambda failure: self.instead(failure, namespace),
            PREFIX + "array": as_array, PREFIX + "items": as_items, PREFIX + "list": as_list}
        exec(compile(parts.frame, f"<symgrad {parts.name}, frame>", "exec"), namespace)  # noqa: S102
        return namespace[parts.name]                    # type: ignore[no-any-return]


class Prepared(Exception):
    """The kernel is compiled: there is nothing else to do."""


def parts_of(text: Any) -> Parts:
    """What is to be compiled of a generated text."""
    head = "\n".join(text.imports.statements())
    helpers = [*text.imports.helpers.values()]
    compiled = [body for name, body in text.imports.helpers.items() if name not in FOLDS]
    pieces = [head, *(f"@{PREFIX}jit\n{body}" for body in (*compiled, *text.functions, text.kernel.body))]
    source = "\n\n\n".join(filter(None, pieces)) + "\n"
    above = source[:source.rindex(text.kernel.body)].count("\n")
    frame = "\n\n\n".join(filter(None, [head, *helpers, text.kernel.frame])) + "\n"
    return Parts(text.name, text.kernel.name, source, frame,
                 {line + above: place for line, place in text.kernel.places.items()}, dict(text.imports.objects))


def kept_file(parts: Parts, exact_math: bool) -> Any:
    """The file that holds a kernel's source, or None where none is kept.

    Its name says all that the machine code depends on, so that a file and what Numba keeps for it never are of another
    kernel. Functions that are not in the source could be other ones tomorrow.
    """
    if parts.objects:
        return None
    versions = (numba.__version__, np.__version__, platform.python_version(), disk.package_stamp("backends"))
    name = f"{parts.kernel}_{disk.digest(parts.source, exact_math, sorted(OPTIONS.items()), *versions)}.py"
    return disk.kept(f"native/{name}", parts.source.encode())


def jit(function: Callable[..., Any]) -> Any:
    return numba.njit(**OPTIONS)(function)


def compilable(obj: Any) -> Any:
    """A function that generated code calls, as Numba can call it."""
    return jit(obj) if isinstance(obj, types.FunctionType) else obj


# -- elementary functions ---------------------------------------------------------------------------


def replacements() -> dict[str, Any]:
    from symgrad.backends.elementary import REPLACEMENTS
    from symgrad.backends.elementary.ufuncs import UFUNCS
    return {**{f"{PREFIX}{f.__name__}": quick for f, quick in REPLACEMENTS.items() if f.__module__ == "math"},
            **{f"{PREFIX}np_{name}": quick for name, quick in UFUNCS.items()}}


class Quicker(ast.NodeTransformer):
    """Lets calls of functions of `math` and NumPy be calls of those that LLVM vectorises."""

    def __init__(self, shadowed: Any) -> None:
        self.shadowed = shadowed
        self.there = replacements()

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        f = node.func
        if isinstance(f, ast.Attribute) and isinstance(f.value, ast.Name) and f.value.id in (
                "math", PREFIX + "math", "np"):
            quick = PREFIX + ("np_" if f.value.id == "np" else "") + f.attr
            if quick in self.there and len(node.args) == 1 and f.value.id not in self.shadowed:
                node.func = ast.copy_location(ast.Name(quick, ast.Load()), f)
        return node


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


__all__ = ["Native", "Parts", "parts_of"]
