"""What NumPy does along one axis of an array of any rank, and with its axes: Numba has most of it for vectors only."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import njit, types

from symgrad.backends.loop_texts import compiled, literal, loops, written_for

FUNCTIONS: dict[str, Callable[..., Any]] = {}


def declared(name: str, function: Callable[..., Any], define: Callable[..., Any]) -> None:
    """Let `function`, which is only a name, have the implementations that `define` writes."""
    written_for(function, prefer_literal=True)(define)
    FUNCTIONS[name] = function


# -- a vector at a time --------------------------------------------------------------------------------


class Vectors(NamedTuple):
    """How each vector x along an axis becomes the vector y: ``step(x, y)``, or ``step(x, y, more)``."""

    step: Callable[..., Any]
    more: bool = False              # whether a number stands between the array and the axis
    length: str = "n"               # of y, n being x's
    dtype: str = "a.dtype"          # "total" is what sums of such numbers have, "mean" what means have


@njit
def running_sum(x: Any, y: Any) -> None:
    for i in range(len(x)):
        y[i] = x[i] if i == 0 else y[i - 1] + x[i]


@njit
def running_product(x: Any, y: Any) -> None:
    for i in range(len(x)):
        y[i] = x[i] if i == 0 else y[i - 1] * x[i]


@njit
def in_order(x: Any, y: Any) -> None:
    y[:] = np.sort(x)


@njit
def order(x: Any, y: Any) -> None:
    y[:] = np.argsort(x, kind="mergesort")


@njit
def rolled(x: Any, y: Any, shift: Any) -> None:
    n = len(x)
    for i in range(n):
        y[(i + shift) % n] = x[i]


@njit
def repeated(x: Any, y: Any, repeats: Any) -> None:
    for i in range(len(y)):
        y[i] = x[i // repeats]


@njit
def differences(x: Any, y: Any) -> None:
    for i in range(len(y)):
        y[i] = x[i + 1] - x[i]


@njit
def middle(x: Any, y: Any) -> None:
    y[0] = np.median(x)


@njit
def first_largest(x: Any, y: Any) -> None:
    if len(x) == 0:
        raise ValueError("attempt to get argmax of an empty sequence")
    k = 0
    for i in range(1, len(x)):
        if x[k] == x[k] and not x[i] <= x[k]:
            k = i
    y[0] = k


@njit
def first_smallest(x: Any, y: Any) -> None:
    if len(x) == 0:
        raise ValueError("attempt to get argmin of an empty sequence")
    k = 0
    for i in range(1, len(x)):
        if x[k] == x[k] and not x[i] >= x[k]:
            k = i
    y[0] = k


TOTALS = {"total": "np.int64", "mean": "np.float64"}       # of whole numbers
VECTORS = {
    "cumsum": Vectors(running_sum, dtype="total"), "cumprod": Vectors(running_product, dtype="total"),
    "sort": Vectors(in_order), "argsort": Vectors(order, dtype="np.int64"),
    "roll": Vectors(rolled, True), "repeat": Vectors(repeated, True, "n * more"),
    "first_differences": Vectors(differences, length="max(n - 1, 0)"),
    "median": Vectors(middle, length="1", dtype="mean"),
    "argmax": Vectors(first_largest, length="1", dtype="np.int64"),
    "argmin": Vectors(first_smallest, length="1", dtype="np.int64"),
}


def along(name: str) -> None:
    """Define a function of VECTORS: ``f(a, axis)`` or ``f(a, more, axis)``; without an axis, of all elements in a row."""
    vectors = VECTORS[name]
    given = "a, more, axis" if vectors.more else "a, axis"

    def write(a: Any, axis: Any) -> Any:
        if not isinstance(a, types.Array) or not a.ndim:
            return None
        if axis is None:
            back = ".reshape(a.shape)" if name == "roll" else ""
            return compiled(given, [f"return itself({given.replace('a', 'np.ravel(a)', 1)[:-4]}0){back}"],
                            itself=FUNCTIONS[name])
        if not isinstance(axis, int) or not -a.ndim <= axis < a.ndim:
            return None
        at = axis % a.ndim
        others = [k for k in range(a.ndim) if k != at]
        shape = ", ".join(vectors.length if k == at else f"a.shape[{k}]" for k in range(a.ndim))
        whole_numbers = a.dtype == types.boolean or isinstance(a.dtype, types.Integer)
        dtype = vectors.dtype
        if dtype in TOTALS:
            dtype = TOTALS[dtype] if whole_numbers else "a.dtype"
        lines = [f"n = a.shape[{at}]", f"out = np.empty(({shape},), {dtype})"]
        depth = loops(lines, [f"a.shape[{k}]" for k in others])
        place = ", ".join(":" if k == at else f"i{others.index(k)}" for k in range(a.ndim))
        lines.append("    " * depth + f"step(a[{place}], out[{place}]{', more' * vectors.more})")
        lone = ", ".join("0" if k == at else ":" for k in range(a.ndim))
        return compiled(given, [*lines, f"return out[{lone}]" if vectors.length == "1" else "return out"], step=vectors.step)

    if vectors.more:
        def function(a: Any, more: Any, axis: Any) -> Any:
            """Only a name."""

        def define(a: Any, more: Any, axis: Any) -> Any:
            axes = literal(axis)
            if isinstance(axes, tuple) and isinstance(more, types.BaseTuple) and len(more) == len(axes):
                text = "a"
                for k, one in enumerate(axes):
                    text = f"itself({text}, more[{k}], {one})"
                return compiled(given, [f"return {text}"], itself=FUNCTIONS[name])
            return write(a, axes) if isinstance(more, types.Integer) else None
    else:
        def function(a: Any, axis: Any) -> Any:         # type: ignore[misc]
            """Only a name."""

        def define(a: Any, axis: Any) -> Any:           # type: ignore[misc]
            return write(a, literal(axis))
    function.__name__ = name
    declared(name, function, define)


for _name in VECTORS:
    along(_name)


def diff(a: Any, n: Any, axis: Any) -> Any:
    """``np.diff(a, n, axis)``."""


def _diff(a: Any, n: Any, axis: Any) -> Any:
    times, at = literal(n), literal(axis)
    if not isinstance(times, int) or not isinstance(at, int):
        return None
    text = "a"
    for _ in range(times):
        text = f"step({text}, {at})"
    return compiled("a, n, axis", [f"return {text}"], step=FUNCTIONS["first_differences"])


declared("diff", diff, _diff)

# -- axes put elsewhere --------------------------------------------------------------------------------


def transposed(parameters: str, a: Any, order: list[int]) -> Callable[..., Any]:
    """A function that returns its first argument with its axes in this order."""
    if order == sorted(order):
        return compiled(parameters, ["return a"])
    return compiled(parameters, ["return a.T" if a.ndim == 2 else f"return np.transpose(a, ({', '.join(map(str, order))}))"])


def transpose(a: Any, axes: Any) -> Any:
    """``np.transpose(a, axes)``."""


def _transpose(a: Any, axes: Any) -> Any:
    order = literal(axes)
    if not isinstance(a, types.Array) or order is NotImplemented:
        return None
    return transposed("a, axes", a, list(range(a.ndim))[::-1] if order is None else [k % a.ndim for k in order])


def swapaxes(a: Any, axis1: Any, axis2: Any) -> Any:
    """``np.swapaxes(a, axis1, axis2)``."""


def _swapaxes(a: Any, axis1: Any, axis2: Any) -> Any:
    pair = literal(axis1), literal(axis2)
    if not isinstance(a, types.Array) or NotImplemented in pair:
        return None
    order = list(range(a.ndim))
    one, other = (k % a.ndim for k in pair)
    order[one], order[other] = order[other], order[one]
    return transposed("a, axis1, axis2", a, order)


def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    """``np.moveaxis(a, source, destination)``."""


def _moveaxis(a: Any, source: Any, destination: Any) -> Any:
    pair = literal(source), literal(destination)
    if not isinstance(a, types.Array) or NotImplemented in pair:
        return None
    froms, tos = ([k % a.ndim for k in ((x,) if isinstance(x, int) else x)] for x in pair)
    order = [k for k in range(a.ndim) if k not in froms]
    for to, origin in sorted(zip(tos, froms)):
        order.insert(to, origin)
    return transposed("a, source, destination", a, order)


def flip(a: Any, axis: Any) -> Any:
    """``np.flip(a, axis)``."""


def _flip(a: Any, axis: Any) -> Any:
    at = literal(axis)
    if not isinstance(a, types.Array) or at is NotImplemented:
        return None
    turned = {k % a.ndim for k in (range(a.ndim) if at is None else (at,) if isinstance(at, int) else at)}
    return compiled("a, axis", [f"return a[{', '.join('::-1' if k in turned else ':' for k in range(a.ndim))}]"])


def squeeze(a: Any, axis: Any) -> Any:
    """``np.squeeze(a, axis)``."""


def _squeeze(a: Any, axis: Any) -> Any:
    at = literal(axis)
    if not isinstance(a, types.Array) or at is NotImplemented or at is None:
        return None
    gone = {k % a.ndim for k in ((at,) if isinstance(at, int) else at)}
    return compiled("a, axis", [f"return a[{', '.join('0' if k in gone else ':' for k in range(a.ndim))}]"])


def diagonal(a: Any, offset: Any, axis1: Any, axis2: Any) -> Any:
    """``np.diagonal(a, offset, axis1, axis2)``, a copy: NumPy's is not to be written to."""


def _diagonal(a: Any, offset: Any, axis1: Any, axis2: Any) -> Any:
    pair = literal(axis1), literal(axis2)
    if not isinstance(a, types.Array) or NotImplemented in pair or a.ndim < 2:
        return None
    one, other = (k % a.ndim for k in pair)
    others = [k for k in range(a.ndim) if k not in (one, other)]
    lines = ["down, right = max(-offset, 0), max(offset, 0)",
             f"n = max(min(a.shape[{one}] - down, a.shape[{other}] - right), 0)"]
    lengths = [*(f"a.shape[{k}]" for k in others), "n"]
    lines.append(f"out = np.empty(({', '.join(lengths)},), a.dtype)")
    depth = loops(lines, lengths)
    at = {k: f"i{m}" for m, k in enumerate(others)} | {one: f"i{depth - 1} + down", other: f"i{depth - 1} + right"}
    entries = ", ".join(at[k] for k in range(a.ndim))
    lines.append("    " * depth + f"out[{', '.join(f'i{k}' for k in range(depth))}] = a[{entries}]")
    return compiled("a, offset, axis1, axis2", [*lines, "return out"])


# -- more of the same elements -------------------------------------------------------------------------


def tile(a: Any, reps: Any) -> Any:
    """``np.tile(a, reps)``."""


def _tile(a: Any, reps: Any) -> Any:
    times = [f"reps[{k}]" for k in range(len(reps))] if isinstance(reps, types.BaseTuple) else ["reps"]
    if not isinstance(a, types.Array) or not isinstance(reps, (types.BaseTuple, types.Integer)):
        return None
    rank = max(a.ndim, len(times))
    times = ["1"] * (rank - len(times)) + times
    own = [f"a.shape[{k - rank + a.ndim}]" if k >= rank - a.ndim else "1" for k in range(rank)]
    lengths = [f"{n} * {m}" for n, m in zip(own, times)]
    lines = [f"out = np.empty(({', '.join(lengths)},), a.dtype)"]
    depth = loops(lines, lengths)
    at = ", ".join(f"i{k} % {own[k]}" for k in range(rank - a.ndim, rank))
    lines.append("    " * depth + f"out[{', '.join(f'i{k}' for k in range(rank))}] = a[{at}]")
    return compiled("a, reps", [*lines, "return out"])


def pad(a: Any, width: Any) -> Any:
    """``np.pad(a, width)``, with zeros."""


def _pad(a: Any, width: Any) -> Any:
    if not isinstance(a, types.Array) or not a.ndim:
        return None
    if isinstance(width, types.Integer):
        pairs = [("width", "width")] * a.ndim
    elif all(isinstance(t, types.Integer) for t in getattr(width, "types", [None])):
        pairs = [("width[0]", f"width[{len(width) - 1}]")] * a.ndim
    elif isinstance(width, types.BaseTuple) and len(width) in (1, a.ndim):
        pairs = [(f"width[{k}][0]", f"width[{k}][1]") for k in range(len(width))] * (a.ndim if len(width) == 1 else 1)
    else:
        return None
    shape = ", ".join(f"a.shape[{k}] + {before} + {after}" for k, (before, after) in enumerate(pairs))
    inner = ", ".join(f"{before}:{before} + a.shape[{k}]" for k, (before, _) in enumerate(pairs))
    return compiled("a, width", [f"out = np.zeros(({shape},), a.dtype)", f"out[{inner}] = a", "return out"])


for _name, _function, _define in (
        ("transpose", transpose, _transpose), ("swapaxes", swapaxes, _swapaxes), ("moveaxis", moveaxis, _moveaxis),
        ("flip", flip, _flip), ("squeeze", squeeze, _squeeze), ("diagonal", diagonal, _diagonal), ("tile", tile, _tile),
        ("pad", pad, _pad)):
    declared(_name, _function, _define)

__all__ = ["FUNCTIONS"]
