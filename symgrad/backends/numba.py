"""A generated function compiled by Numba: its kernel, which Numba is given, in its frame, which is plain Python."""
from __future__ import annotations

import ast
import functools
import linecache
import math
import operator
import pathlib
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
from numba.core import entrypoints
from numba.core import types as types_of_numba
from numba.np.numpy_support import from_dtype, map_layout

from symgrad.backends.failure import NotCompiled, reason
from symgrad.backends.folds import FOLDS
from symgrad.backends.machine_code import KernelCache
from symgrad.backends.progress import progress
from symgrad.backends.sums import vectorise_sums
from symgrad.cache import disk
from symgrad.codegen.dialect import PREFIX, adapted

SCALARS = {PREFIX + t.__name__: t for t in (
    np.bool_, np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64, np.float16,
    np.float32, np.float64, np.complex64, np.complex128)}
SCALARS[PREFIX + "bool_"] = np.bool_
PRANGE = "numba.prange("
Instead = Callable[[Exception, dict[str, Any]], Callable[..., Any]]
OPTIONS: dict[str, Any] = {"error_model": "numpy", "nogil": True}
# only the loops that are written with prange, as they are written: Numba finds no loops of its own
PARALLEL: dict[str, Any] = {"parallel": {
    "comprehension": False, "reduction": False, "inplace_binop": False, "setitem": False, "numpy": False, "stencil": False,
    "fusion": False, "prange": True}}
POOL = threading.Lock()             # of Numba's own threads, which serve one caller at a time
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
        self.file, self.source = kept_file(parts, exact_math)
        self.filename = str(self.file or f"<symgrad {parts.kernel} {disk.digest(parts.source)}>")
        linecache.cache[self.filename] = (len(self.source), None, self.source.splitlines(True), self.filename)
        self.kernel = self.loaded()
        self.compile = self.kernel._compile_for_args
        self.kernel._compile_for_args = self.compiled

    def loaded(self) -> Any:
        """The kernel as Numba's function."""
        namespace: dict[str, Any] = {"__name__": __name__, PREFIX + "jit": jit,
                                     PREFIX + "parallel": parallel, PREFIX + "math": math, **SCALARS, **FOLDS}
        namespace.update((name, compilable(obj)) for name, obj in self.parts.objects.items())
        exec(compile(self.source, self.filename, "exec"), namespace)  # noqa: S102
        kernel = namespace[self.parts.kernel]
        kernel.typeof_pyval = functools.partial(type_of, kernel, kernel.typeof_pyval)

        def supply() -> None:
            """What only compiling needs: code that is loaded has it inside."""
            entrypoints.init_all()
            from symgrad.backends.array_calls import FUNCTIONS
            namespace.update({PREFIX + name: f for name, f in FUNCTIONS.items()})
            if not self.exact_math:
                namespace.update(quick_functions())

        if self.file is not None:
            try:
                kernel._cache = KernelCache(kernel.py_func, supply)
                kernel._compilation_chain_init_hook = lambda: None      # `supply` does it
                return kernel
            except (RuntimeError, OSError):             # there is no place where it can be kept
                self.file = None
        supply()
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
            PREFIX + "kernel": one_at_a_time(self.kernel) if PRANGE in self.source else self.kernel,
            PREFIX + "NotCompiled": NotCompiled,
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
    own = [body for name, body in text.imports.helpers.items() if name not in FOLDS]
    bodies = [*map(adapted_text, (*own, *text.functions)), text.kernel.body]
    pieces = [head, *(f"@{PREFIX}{'parallel' if PRANGE in body else 'jit'}\n{body}" for body in bodies)]
    source = "\n\n\n".join(filter(None, pieces)) + "\n"
    above = source[:source.rindex(text.kernel.body)].count("\n")
    frame = "\n\n\n".join(filter(None, [head, *helpers, text.kernel.frame])) + "\n"
    return Parts(text.name, text.kernel.name, source, frame,
                 {line + above: place for line, place in text.kernel.places.items()}, dict(text.imports.objects))


def adapted_text(body: str) -> str:
    """A function that a kernel calls as Numba reads it. Raises NotFlat."""
    tree = ast.parse(body)
    for function in tree.body:
        if isinstance(function, ast.FunctionDef):
            function.body = adapted(function.body)
    return ast.unparse(ast.fix_missing_locations(tree))


def kept_file(parts: Parts, exact_math: bool) -> tuple[pathlib.Path | None, str]:
    """The file that holds what Numba compiles, or None where none is kept, and the source in it.

    Its name says all that the machine code depends on, so that a file and what Numba keeps for it never are of another
    kernel. Functions that are not in the source could be other ones tomorrow.
    """
    versions = (numba.__version__, np.__version__, platform.python_version(), disk.package_stamp("backends"))
    name = f"{parts.kernel}_{disk.digest(parts.source, exact_math, sorted(OPTIONS.items()), *versions)}.py"
    base = disk.directory()
    if parts.objects or base is None:
        return None, parts.source if exact_math else quicker(parts)
    try:
        return base / "native" / name, (base / "native" / name).read_text(encoding="utf-8")
    except OSError:
        source = parts.source if exact_math else quicker(parts)
        return disk.kept(f"native/{name}", source.encode()), source


def type_of(kernel: Any, otherwise: Callable[[Any], Any], value: Any) -> Any:
    """The type of an argument, as Numba finds it, but without importing numpy.ma to see that an array has no mask."""
    if type(value) is not np.ndarray or not value.dtype.isnative or value.dtype.char not in "?bhilqBHILQfdFD":
        return otherwise(value)
    found = types_of_numba.Array(from_dtype(value.dtype), value.ndim, map_layout(value), readonly=not value.flags.writeable)
    kernel._types_active_call.add(found)                # as Numba does: it stays while it is compiled for
    return found


def jit(function: Callable[..., Any]) -> Any:
    return numba.njit(**OPTIONS)(function)


def one_at_a_time(kernel: Any) -> Callable[..., Any]:
    """A kernel with parallel loops, safe to be called by several threads at once whatever threading layer Numba has."""
    def call(*args: Any) -> Any:
        try:
            safe = numba.threading_layer() != "workqueue"
        except ValueError:                              # it starts with the first parallel loop
            safe = False
        if safe:
            return kernel(*args)
        with POOL:
            return kernel(*args)
    return call


def parallel(function: Callable[..., Any]) -> Any:
    return numba.njit(**OPTIONS, **PARALLEL)(function)


def compilable(obj: Any) -> Any:
    """A function that generated code calls, as Numba can call it."""
    return jit(obj) if isinstance(obj, types.FunctionType) else obj


# -- elementary functions ---------------------------------------------------------------------------


def quick_functions() -> dict[str, Any]:
    """The functions that LLVM vectorises, by their names in a kernel."""
    from symgrad.backends.elementary import REPLACEMENTS
    from symgrad.backends.elementary.ufuncs import UFUNCS
    return {**{f"{PREFIX}{f.__name__}": quick for f, quick in REPLACEMENTS.items() if f.__module__ == "math"},
            **{f"{PREFIX}np_{name}": quick for name, quick in UFUNCS.items()},
            PREFIX + "power": REPLACEMENTS[operator.pow]}


def quicker(parts: Parts) -> str:
    """The source of a kernel with calls of these in place of `math`'s, NumPy's and `**`; every line keeps its number."""
    there = quick_functions()
    edits: list[tuple[int, int, int, str]] = []         # line, columns from and to, text
    lines = parts.source.encode().splitlines(True)
    for node in ast.walk(ast.parse(parts.source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            f, module = node.func, node.func.value.id
            if module in ("math", PREFIX + "math", "np") and module not in parts.objects:
                quick = PREFIX + ("np_" if module == "np" else "") + f.attr
                if quick in there and f.end_lineno == f.lineno and len(node.args) == (2 if f.attr == "pow" else 1):
                    edits.append((f.lineno, f.col_offset, f.end_col_offset or 0, quick))
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and not simple_exponent(node.right):
            start, end = node.left.end_col_offset or 0, node.right.col_offset
            if node.end_lineno == node.lineno:
                sign = lines[node.lineno - 1].index(b"**", start, end)
                edits += [(node.lineno, node.col_offset, node.col_offset, f"{PREFIX}power("),
                          (node.lineno, sign, sign + 2, ","),
                          (node.lineno, node.end_col_offset or 0, node.end_col_offset or 0, ")")]
    # from the right; at one place, what is inserted comes before what is replaced
    for number, start, end, text in sorted(edits, key=lambda e: e[:3], reverse=True):
        line = lines[number - 1]
        lines[number - 1] = line[:start] + text.encode() + line[end:]
    return b"".join(lines).decode()


def simple_exponent(node: ast.expr) -> bool:
    """Whether a power with this exponent is products, a quotient or a root, which Numba and LLVM see to."""
    try:
        exponent = ast.literal_eval(node)
    except ValueError:
        return False
    return isinstance(exponent, int) or exponent in (0.0, 0.5, 1.0, 2.0, -1.0)


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
