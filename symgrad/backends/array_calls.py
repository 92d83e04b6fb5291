"""NumPy's functions in the forms that Numba lacks, for kernels: reductions along axes, `reshape`, `np.add.at`.

Each is an `@overload` of a function that is only a name: what is compiled is written for the number of axes.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

PYTHON = {"np": np, "range": range, "len": len, "abs": abs}


def written_for(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    """`overload`, for a definition with annotations, which Numba would compare with the implementation's."""
    def decorate(define: Callable[..., Any]) -> Callable[..., Any]:
        define.__annotations__ = {}
        overload(function, inline="never", **options)(define)
        return define
    return decorate


def reshape(a: Any, shape: Any) -> Any:
    """``a.reshape(shape)``; a copy unless the memory is in order."""


@written_for(reshape)
def _reshape(a: Any, shape: Any) -> Any:
    if not isinstance(a, types.Array):
        return lambda a, shape: np.array(a).reshape(shape)
    if a.layout == "C":
        return lambda a, shape: a.reshape(shape)
    return lambda a, shape: np.ascontiguousarray(a).reshape(shape)


def reshape_view(a: Any, shape: Any) -> Any:
    """``a.reshape(shape)`` where it is written to: there is none for memory that is not in order."""


@written_for(reshape_view)
def _reshape_view(a: Any, shape: Any) -> Any:
    return (lambda a, shape: a.reshape(shape)) if isinstance(a, types.Array) and a.layout == "C" else None


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


def literal(t: Any) -> Any:
    """The value that a type is the literal of; NotImplemented if it is none."""
    if isinstance(t, types.Literal):
        return t.literal_value
    if isinstance(t, types.NoneType):
        return None
    if isinstance(t, (types.Omitted, types.BooleanLiteral)):
        return t.value if isinstance(t, types.Omitted) else t.literal_value
    if isinstance(t, types.BaseTuple):
        items = [literal(i) for i in getattr(t, "types", ())]
        return NotImplemented if NotImplemented in items else tuple(items)
    return NotImplemented


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


# -- scattering ---------------------------------------------------------------------------------------


def add_at(a: Any, index: Any, value: Any) -> Any:
    """``np.add.at(a, index, value)``."""


def subtract_at(a: Any, index: Any, value: Any) -> Any:
    """``np.subtract.at(a, index, value)``."""


def scatter(sign: str) -> Callable[..., Any]:
    """How to add to the elements or rows that index arrays name: of one axis, or of as many as there are arrays."""
    def define(a: Any, index: Any, value: Any) -> Any:
        parts: list[Any] = [*getattr(index, "types", ())] if isinstance(index, types.BaseTuple) else [index]
        if not all(isinstance(p, types.Array) and p.ndim == 1 and isinstance(p.dtype, types.Integer) for p in parts):
            return None
        if len(parts) > a.ndim:
            return None
        at = [f"index[{k}][i]" if isinstance(index, types.BaseTuple) else "index[i]" for k in range(len(parts))]
        first = "index[0]" if isinstance(index, types.BaseTuple) else "index"
        rest = a.ndim - len(parts)
        if isinstance(value, types.Array) and value.ndim == rest + 1:
            item = "value[i]"
        elif not isinstance(value, types.Array) or value.ndim <= rest:
            item = "value"
        else:
            return None
        target = ", ".join([*at, *[":"] * rest])
        namespace = dict(PYTHON)
        exec(f"def function(a, index, value):\n    for i in range(len({first})):\n"  # noqa: S102
             f"        a[{target}] {sign}= {item}\n", namespace)
        return namespace["function"]
    return define


written_for(add_at)(scatter("+"))
written_for(subtract_at)(scatter("-"))

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "reshape": reshape, "reshape_view": reshape_view, "unbroadcast": unbroadcast, "add_at": add_at, "subtract_at": subtract_at, **{name: reduction(name) for name in STEPS}}


__all__ = ["FUNCTIONS"]
