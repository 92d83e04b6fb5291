"""NumPy's objects that are called by indexing: np.mgrid, np.ogrid, np.r_, np.c_, as the functions that they stand for."""
from __future__ import annotations

import ast
from typing import Any

import numpy as np

from symgrad.frontend.expressions import binary
from symgrad.frontend.lowering import Lowering
from symgrad.frontend.primitives import call_primitive
from symgrad.frontend.values import ListC, Obj, Slice, Static, Tup
from symgrad.ir.types import Array, Scalar, is_complex

OBJECTS: tuple[Any, ...] = (np.mgrid, np.ogrid, np.r_, np.c_)


def item_of(lw: Lowering, base: Any, index: Any) -> Any:
    """``base[index]`` for one of `OBJECTS`."""
    several = isinstance(index, Tup) or isinstance(index, Static) and isinstance(index.obj, tuple)
    parts = list(index.items) if isinstance(index, Tup) else [Static(x) for x in index.obj] if several else [index]
    if base is np.r_ or base is np.c_:
        return joined(lw, parts, base is np.c_)
    axes = [line(lw, p) for p in parts]
    if not several:
        return axes[0]
    if base is np.ogrid:
        return call_primitive(lw, np.meshgrid, axes, {"indexing": Static("ij"), "sparse": Static(True)})
    return call_primitive(lw, np.stack, [call_primitive(lw, np.meshgrid, axes, {"indexing": Static("ij")})], {})


def line(lw: Lowering, part: Any, joining: bool = False) -> Any:
    """The numbers from start to stop; a complex step says how many, rounded as np.mgrid does or, `joining`, as np.r_."""
    if isinstance(part, Static) and isinstance(part.obj, slice):
        part = Slice(*(Static(p) for p in (part.obj.start, part.obj.stop, part.obj.step)))
    if not isinstance(part, Slice):
        lw.error("np.mgrid and np.ogrid are indexed with slices", hint="write np.mgrid[a:b, c:d]")
    start = Static(0) if part.start == Static(None) else part.start
    step = Static(1) if part.step == Static(None) else part.step
    if isinstance(step, Static) and isinstance(step.obj, complex):
        n = int(abs(step.obj))
        if joining:
            return call_primitive(lw, np.linspace, [start, part.stop, Static(n)], {})
        step = binary(lw, ast.Div, binary(lw, ast.Sub, part.stop, start), Static(max(n - 1, 1)))
        return binary(lw, ast.Add, binary(lw, ast.Mult, call_primitive(lw, np.arange, [Static(float(n))], {}), step), start)
    if is_complex(lw.value(step).type):
        lw.error("a complex step of a slice that is known at run time only", hint="write np.linspace(start, stop, n)")
    return call_primitive(lw, np.arange, [start, part.stop, step], {})


def joined(lw: Lowering, parts: list[Any], columns: bool) -> Any:
    """What np.r_ and np.c_ make of arrays, numbers and slices: one array after the other, or side by side."""
    name = "np.c_" if columns else "np.r_"
    if any(isinstance(p, Static) and isinstance(p.obj, str) for p in parts):
        lw.error(f"{name} with directions in a string", hint="write np.concatenate, np.stack or np.column_stack")
    arrays = [part if not is_slice(part) else line(lw, part, True) for part in parts]
    arrays = [call_primitive(lw, np.array, [a], {}) if isinstance(a, (Tup, Obj)) or isinstance(a, Static) and isinstance(
        a.obj, (list, tuple)) else a for a in arrays]
    types = [lw.value(a).type for a in arrays]
    if not all(isinstance(t, (Array, Scalar)) for t in types):
        lw.error(f"{name} of something that is neither an array nor a number")
    if columns and any(isinstance(t, Array) and t.ndim > 2 for t in types):
        lw.error("np.c_ of arrays with more than two axes", hint="write np.concatenate(..., axis=-1)")
    dtype = np.result_type(*(one_of(t) for t in types))
    arrays = [a if isinstance(t, Array) and t.ndim else call_primitive(
        lw, np.array, [lw.new_object(ListC((a,)))], {"dtype": Static(dtype)}) for a, t in zip(arrays, types)]
    return call_primitive(lw, np.column_stack if columns else np.concatenate, [Tup(tuple(arrays))], {})


def is_slice(part: Any) -> bool:
    return isinstance(part, Slice) or isinstance(part, Static) and isinstance(part.obj, slice)


def one_of(t: Any) -> Any:
    """Something of this type: Python's numbers are weak where precisions meet."""
    if isinstance(t, Scalar) and t.python:
        return {"f": 1.0, "i": 1, "c": 1j, "b": True}[t.kind]
    return np.dtype(t.dtype)
