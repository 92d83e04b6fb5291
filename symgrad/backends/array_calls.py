"""NumPy's functions in the forms that Numba lacks, for kernels: reductions along axes, `reshape`, and what the other modules have.

Each is an `@overload` of a function that is only a name: what is compiled is written for the number of axes.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import types

from symgrad.backends import along_axes, indexing, products
from symgrad.backends.loop_texts import PYTHON, compiled, literal, written_for


def reshape(a: Any, shape: Any) -> Any:
    """``a.reshape(shape)``; a copy unless the memory is in order."""


@written_for(reshape)
def _reshape(a: Any, shape: Any) -> Any:
    if not isinstance(a, types.Array):
        return lambda a, shape: np.array(a).reshape(shape)
    if a.ndim == 1 and vector(shape):
        return same_vector(shape)
    if a.layout == "C":
        return lambda a, shape: a.reshape(shape)
    return lambda a, shape: np.ascontiguousarray(a).reshape(shape)


def reshape_view(a: Any, shape: Any) -> Any:
    """``a.reshape(shape)`` where it is written to: there is none for memory that is not in order."""


@written_for(reshape_view)
def _reshape_view(a: Any, shape: Any) -> Any:
    if not isinstance(a, types.Array) or a.ndim == 1 and vector(shape):
        return _reshape(a, shape)
    return (lambda a, shape: a.reshape(shape)) if a.layout == "C" else None


def vector(shape: Any) -> bool:
    return isinstance(shape, types.Integer) or isinstance(shape, types.BaseTuple) and len(shape) == 1


def same_vector(shape: Any) -> Callable[..., Any]:
    """A vector as one of the length that it has: a view, of whatever layout."""
    return compiled("a, shape", [f"n = {'shape' if isinstance(shape, types.Integer) else 'shape[0]'}",
                                 "if n != len(a) and n != -1:",
                                 "    raise ValueError('cannot reshape a vector to another length')", "return a"])


def clip(a: Any, low: Any, high: Any) -> Any:
    """``np.clip(a, low, high)``."""


@written_for(clip)
def _clip(a: Any, low: Any, high: Any) -> Any:
    above = "a" if isinstance(low, types.NoneType) else "np.maximum(a, low)"
    return compiled("a, low, high", [f"return {above if isinstance(high, types.NoneType) else f'np.minimum({above}, high)'}"])


def number(x: Any) -> Any:
    """``float(x)`` of a truth or of an array of one element."""


@written_for(number)
def _number(x: Any) -> Any:
    if isinstance(x, types.Array):
        return compiled("x", [f"return itself(x[{', '.join('0' * x.ndim) or '()'}])"], itself=number)
    return compiled("x", ["return 1.0 if x else 0.0" if x == types.boolean else "return float(x)"])


# -- reductions ---------------------------------------------------------------------------------------

# how a result begins, takes in an element x, and ends; {n} is the number of elements
STEPS = {
    "sum": ("0", "{r} += {x}", ""),
    "mean": ("0", "{r} += {x}", "{r} /= n"),
    "prod": ("1", "{r} *= {x}", ""),
    "max": ("first", "if {r} == {r} and not {x} <= {r}: {r} = {x}", ""),
    "min": ("first", "if {r} == {r} and not {x} >= {r}: {r} = {x}", ""),
    "any": ("False", "{r} = {r} or {x} != 0", ""),
    "all": ("True", "{r} = {r} and {x} != 0", ""),
}


def reduction(name: str) -> Callable[..., Any]:
    """A function that reduces an array along axes: ``f(a, axis, keepdims)``."""
    def function(a: Any, axis: Any, keepdims: Any) -> Any:
        """Only a name."""

    def define(a: Any, axis: Any, keepdims: Any) -> Any:
        axes, kept = literal(axis), literal(keepdims)
        if not isinstance(a, types.Array) or axes is NotImplemented or not isinstance(kept, bool):
            return None
        given = range(a.ndim) if axes is None else (axes,) if isinstance(axes, int) else axes
        along = {k % a.ndim for k in given} if a.ndim else set()
        if axes is None and not kept or len(along) == a.ndim and not kept:
            along = set(range(a.ndim))
        return written(name, a, along, kept)

    written_for(function, prefer_literal=True)(define)
    function.__name__ = name
    return function


def written(name: str, a: Any, along: set[int], kept: bool) -> Callable[..., Any]:
    """The loops that reduce an array of this many axes along some of them, as a function."""
    first, step, last = STEPS[name]
    n = a.ndim
    index = [f"i{k}" for k in range(n)]
    lengths = ", ".join(f"n{k}" for k in range(n))
    shape = "".join(f"{'1' if k in along else f'n{k}'}, " for k in range(n) if kept or k not in along)
    place = ", ".join("0" if k in along else f"i{k}" for k in range(n) if kept or k not in along)
    dtype = {"any": "np.bool_", "all": "np.bool_", "mean": "np.float64"}.get(name, "a.dtype")
    if name == "mean" and a.dtype in (types.float32, types.complex64, types.complex128):
        dtype = "a.dtype"
    if name in ("sum", "prod") and (a.dtype == types.boolean or isinstance(a.dtype, types.Integer)):
        dtype = "np.int64"
    outer = [k for k in range(n) if k not in along]
    scalar = not shape
    lines = ["def function(a, axis, keepdims):", f"    {lengths}, = a.shape"]
    lines.append("    n = " + (" * ".join(f"n{k}" for k in sorted(along)) or "1"))
    if first == "first":
        lines.append("    if n == 0:")
        lines.append("        raise ValueError('zero-size array to reduction operation which has no identity')")
    trailing = along == set(range(n - len(along), n))
    begin = first if first != "first" else "a[" + ", ".join("0" if k in along else f"i{k}" for k in range(n)) + "]"
    typed = begin if first == "first" else f"{'np.bool_' if first in ('True', 'False') else 'zero'}" + (
        f"({begin})" if first in ("True", "False") else f" + {begin}")
    if first in ("0", "1"):
        lines.append(f"    zero = np.zeros(1, {dtype})[0]")
    if not scalar:
        lines.append(f"    out = np.empty(({shape}), {dtype})")
    if trailing:                                            # a row at a time, in a register
        depth = loops(lines, outer, 1)
        pad = "    " * depth
        lines.append(f"{pad}r = {typed}")
        inner = loops(lines, sorted(along), depth)
        lines.append("    " * inner + step.format(r="r", x=f"a[{', '.join(index)}]"))
        if last:
            lines.append(pad + last.format(r="r"))
        lines.append(f"{pad}return r" if scalar else f"{pad}out[{place}] = r")
    else:                                                   # in the order of the memory
        depth = loops(lines, outer, 1)
        lines.append("    " * depth + f"out[{place}] = {typed}")
        depth = loops(lines, range(n), 1)
        lines.append("    " * depth + step.format(r=f"out[{place}]", x=f"a[{', '.join(index)}]"))
        if last:
            depth = loops(lines, outer, 1)
            lines.append("    " * depth + last.format(r=f"out[{place}]"))
    if not scalar:
        lines.append("    return out")
    namespace = dict(PYTHON)
    exec("\n".join(lines), namespace)  # noqa: S102 - it is written above
    return namespace["function"]                            # type: ignore[return-value]


def loops(lines: list[str], axes: Any, depth: int) -> int:
    """Loops over axes; the depth inside."""
    for k in axes:
        lines.append("    " * depth + f"for i{k} in range(n{k}):")
        depth += 1
    return depth


def unbroadcast(d: Any, x: Any, axes: Any) -> Any:
    """Sum `d` over those of its axes along which `x` was stretched: see `symgrad.rules.broadcasting`."""


@written_for(unbroadcast, prefer_literal=True)
def _unbroadcast(d: Any, x: Any, axes: Any) -> Any:
    asked = literal(axes)
    if not isinstance(d, types.Array) or not isinstance(asked, tuple):
        return None
    along = {k % d.ndim for k in asked}
    lines = ["def function(d, x, axes):", "    n = d.shape"]
    for k in range(d.ndim):
        lines.append(f"    s{k} = {f'1 if x.shape[{k}] == n[{k}] else 0' if k in along else '1'}")
        lines.append(f"    n{k} = n[{k}]")
    lines.append(f"    if {' and '.join(f's{k} == 1' for k in sorted(along)) or 'True'}:")
    lines.append("        return d")
    shape = "".join(f"n{k} if s{k} == 1 else 1, " for k in range(d.ndim))
    lines.append(f"    out = np.zeros(({shape}), d.dtype)")
    depth = loops(lines, range(d.ndim), 1)
    place = ", ".join(f"i{k} * s{k}" for k in range(d.ndim))
    lines.append("    " * depth + f"out[{place}] += d[{', '.join(f'i{k}' for k in range(d.ndim))}]")
    lines.append("    return out")
    namespace = dict(PYTHON)
    exec("\n".join(lines), namespace)  # noqa: S102
    return namespace["function"]


# -- what is made of reductions ------------------------------------------------------------------------

FOLDS = {name: reduction(name) for name in STEPS}


def var(a: Any, axis: Any, ddof: Any, keepdims: Any) -> Any:
    """``np.var(a, axis=axis, ddof=ddof, keepdims=keepdims)``."""


@written_for(var, prefer_literal=True)
def _var(a: Any, axis: Any, ddof: Any, keepdims: Any) -> Any:
    along = literal(axis)
    if not isinstance(a, types.Array) or along is NotImplemented or literal(keepdims) is NotImplemented:
        return None
    axes = range(a.ndim) if along is None else (along,) if isinstance(along, int) else along
    count = " * ".join(f"a.shape[{k % a.ndim}]" for k in axes) or "1"
    square = "d.real * d.real + d.imag * d.imag" if isinstance(a.dtype, types.Complex) else "d * d"
    return compiled("a, axis, ddof, keepdims", [f"d = a - mean(a, {along}, True)",
                                                f"return total({square}, {along}, {literal(keepdims)}) / ({count} - ddof)"],
                    mean=FOLDS["mean"], total=FOLDS["sum"])


def std(a: Any, axis: Any, ddof: Any, keepdims: Any) -> Any:
    """``np.std(a, axis=axis, ddof=ddof, keepdims=keepdims)``."""


@written_for(std, prefer_literal=True)
def _std(a: Any, axis: Any, ddof: Any, keepdims: Any) -> Any:
    if literal(axis) is NotImplemented or literal(keepdims) is NotImplemented:
        return None
    return compiled("a, axis, ddof, keepdims", [f"return np.sqrt(var(a, {literal(axis)}, ddof, {literal(keepdims)}))"], var=var)


def norm(x: Any, ord: Any, axis: Any, keepdims: Any) -> Any:
    """``np.linalg.norm(x, ord, axis, keepdims)``: along axes, those of vectors and of Frobenius."""


@written_for(norm, prefer_literal=True)
def _norm(x: Any, ord: Any, axis: Any, keepdims: Any) -> Any:
    kind, along, kept = literal(ord), literal(axis), literal(keepdims)
    if not isinstance(x, types.Array) or NotImplemented in (along, kept):
        return None
    if along is None and not kept and (x.ndim == 1 or x.ndim == 2 and kind is not None):
        return compiled("x, ord, axis, keepdims", [f"return np.linalg.norm(x{'' if kind is None else ', ord'})"])
    if kind not in (None, 2, "fro") or kind == 2 and isinstance(along, tuple):
        return None
    square = "x.real * x.real + x.imag * x.imag" if isinstance(x.dtype, types.Complex) else "x * x"
    return compiled("x, ord, axis, keepdims", [f"return np.sqrt(total({square}, {along}, {kept}))"], total=FOLDS["sum"])


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "reshape": reshape, "reshape_view": reshape_view, "unbroadcast": unbroadcast, "var": var, "std": std, "norm": norm, "number": number, "clip": clip, **FOLDS,
    **indexing.FUNCTIONS, **along_axes.FUNCTIONS, **products.FUNCTIONS}


__all__ = ["FUNCTIONS"]
