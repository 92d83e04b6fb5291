"""Indexing by arrays, of any rank, as loops that are written for the types of the index: Numba has it for one vector.

An index is masks, arrays and lists of whole numbers, numbers, slices, None and an ellipsis, as in NumPy.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from numba import types

from symgrad.backends.loop_texts import compiled, loops, written_for


def take(a: Any, index: Any) -> Any:
    """``a[index]``, a copy."""


def put(a: Any, index: Any, value: Any) -> Any:
    """``a[index] = value``."""


def add_at(a: Any, index: Any, value: Any) -> Any:
    """``np.add.at(a, index, value)``."""


def subtract_at(a: Any, index: Any, value: Any) -> Any:
    """``np.subtract.at(a, index, value)``."""


def last_write(a: Any, index: Any) -> Any:
    """Which elements of ``a[index] = v`` are still there afterwards."""


class Walk(NamedTuple):
    """How the elements that an index names are run through: statements before the loops, and one loop per axis."""

    before: list[str]
    lengths: list[str]          # of the loops over i0, i1, ...
    element: str                # in terms of them


def walk(a: Any, index: Any) -> Walk | None:
    """The walk through ``a[index]``, for these types; None where it is none of this kind."""
    parts = split(a, index)
    if parts is None:
        return None
    before: list[str] = []
    arrays: list[tuple[str, int]] = []                  # those that index, by name and rank
    axes: list[tuple[str, Any]] = []                    # for each axis of `a` how it is indexed
    order: list[Any] = []                               # the loops: "new", "arrays", or an axis of `a`
    for t, text in parts:
        axis = len(axes)
        if isinstance(t, types.EllipsisType):               # keeps arrays apart, also where it stands for no axis
            order.append("apart")
        elif isinstance(t, types.NoneType):
            order.append("new")
        elif isinstance(t, types.SliceType):
            before.append(f"lo{axis}, hi{axis}, by{axis} = {text}.indices(a.shape[{axis}])" if text else
                          f"lo{axis}, hi{axis}, by{axis} = 0, a.shape[{axis}], 1")
            before.append(f"n{axis} = max(0, (hi{axis} - lo{axis} + by{axis} - (1 if by{axis} > 0 else -1)) // by{axis})")
            axes.append(("slice", axis))
            order.append(axis)
        elif isinstance(t, types.Integer):
            axes.append(("number", text))
            order.append("number")
        else:
            rank = t.ndim if isinstance(t, types.Array) else 1
            if isinstance(t, types.Array) and t.dtype == types.boolean:
                before.append(f"where{axis} = {text}.nonzero()")
                found = [(f"where{axis}[{k}]", 1) for k in range(rank)]
            else:
                found = [(text if isinstance(t, types.Array) else f"np.array({text})", rank)]
            for text_, rank_ in found:
                name = f"x{len(arrays)}"
                before.append(f"{name} = {text_}")
                arrays.append((name, rank_))
                axes.append(("array", len(arrays) - 1))
            order.append("arrays")
    rank = max((r for _, r in arrays), default=0)
    return placed(before, arrays, axes, order, rank)


def split(a: Any, index: Any) -> list[tuple[Any, str]] | None:
    """The parts of an index by type and text, a slice without text for each axis that none speaks of."""
    single = not isinstance(index, types.BaseTuple)
    parts = [(index, "index")] if single else [(t, f"index[{k}]") for k, t in enumerate(index.types)]
    used = 0
    for t, _ in parts:
        if isinstance(t, types.Array) and (t.dtype == types.boolean or isinstance(t.dtype, types.Integer)) and t.ndim:
            used += t.ndim if t.dtype == types.boolean else 1
        elif isinstance(t, (types.SliceType, types.Integer)) or isinstance(
                t, (types.List, types.ListType)) and isinstance(t.dtype, types.Integer):
            used += 1
        elif not isinstance(t, (types.NoneType, types.EllipsisType)):
            return None
    rest = [(types.slice2_type, "")] * (a.ndim - used)
    at = next((k for k, (t, _) in enumerate(parts) if isinstance(t, types.EllipsisType)), None)
    return [*parts, *rest] if at is None else [*parts[:at + 1], *rest, *parts[at + 1:]]


def placed(before: list[str], arrays: list[tuple[str, int]], axes: list[tuple[str, Any]], order: list[Any], rank: int) -> Walk:
    """The loops in NumPy's order: those of the arrays where these stand side by side, else first."""
    advanced = [k for k, o in enumerate(order) if o in ("arrays", "number")]
    together = advanced == list(range(advanced[0], advanced[-1] + 1)) if advanced else True
    sequence: list[Any] = [] if together or not rank else ["arrays"]
    for o in order:
        if o in ("arrays", "number"):
            if together and rank and "arrays" not in sequence:
                sequence.append("arrays")
        elif o != "apart":
            sequence.append(o)
    if rank:
        for r in range(rank):
            before.append(f"m{r} = 1")
        for name, own in arrays:
            for k in range(own):
                r = rank - own + k
                before += [f"if {name}.shape[{k}] != 1:",
                           f"    if m{r} != 1 and m{r} != {name}.shape[{k}]:",
                           "        raise IndexError('shape mismatch: indexing arrays could not be broadcast together')",
                           f"    m{r} = {name}.shape[{k}]"]
    lengths: list[str] = []
    first: dict[Any, int] = {}
    for o in sequence:
        first[o] = len(lengths)
        lengths += [f"m{r}" for r in range(rank)] if o == "arrays" else ["1"] if o == "new" else [f"n{o}"]
    entries = []
    for kind, x in axes:
        if kind == "slice":
            entries.append(f"lo{x} + by{x} * i{first[x]}")
        elif kind == "number":
            entries.append(x)
        else:
            name, own = arrays[x]
            at = [f"i{first['arrays'] + rank - own + k}" for k in range(own)]
            if len(arrays) > 1:
                for k in range(own):
                    before.append(f"s{name}{k} = 0 if {name}.shape[{k}] == 1 else 1")
                at = [f"{i} * s{name}{k}" for k, i in enumerate(at)]
            entries.append(f"{name}[{', '.join(at)}]")
    return Walk(before, lengths, f"a[{', '.join(entries)}]")


@written_for(take)
def _take(a: Any, index: Any) -> Any:
    found = walk(a, index) if isinstance(a, types.Array) else None
    if found is None or not found.lengths:
        return None
    n = len(found.lengths)
    lines = [*found.before, f"out = np.empty(({', '.join(found.lengths)},), a.dtype)"]
    depth = loops(lines, found.lengths)
    lines.append("    " * depth + f"out[{', '.join(f'i{k}' for k in range(n))}] = {found.element}")
    return compiled("a, index", [*lines, "return out"])


def stored(sign: str) -> Callable[..., Any]:
    """How to store to the elements that an index names, or add to them: one after the other, as often as they are named."""
    def define(a: Any, index: Any, value: Any) -> Any:
        found = walk(a, index) if isinstance(a, types.Array) else None
        rank = value.ndim if isinstance(value, types.Array) else 0
        if found is None or rank > len(found.lengths) or isinstance(value, (types.List, types.ListType, types.BaseTuple)):
            return None
        lines, item = [*found.before], "value" if not isinstance(value, types.Array) else "v[()]"
        if isinstance(value, types.Array):
            lines.append("v = value.copy()")                    # it may be of the same memory
        if rank:
            at = []
            for k, length in enumerate(found.lengths[len(found.lengths) - rank:]):
                lines += [f"if v.shape[{k}] != 1 and v.shape[{k}] != {length}:",
                          "    raise ValueError('shape mismatch: a value cannot be broadcast to the shape of the index')",
                          f"t{k} = 0 if v.shape[{k}] == 1 else 1"]
                at.append(f"t{k} * i{len(found.lengths) - rank + k}")
            item = f"v[{', '.join(at)}]"
        depth = loops(lines, found.lengths)
        lines.append("    " * depth + f"{found.element} {sign} {item}")
        return compiled("a, index, value", lines)
    return define


written_for(put)(stored("="))
written_for(add_at)(stored("+="))
written_for(subtract_at)(stored("-="))


@written_for(last_write)
def _last_write(a: Any, index: Any) -> Any:
    lines = ["order = np.zeros(a.shape, np.int64)", "found = take(order, index)",
             "count = np.arange(found.size).reshape(found.shape)", "put(order, index, count)", "return take(order, index) == count"]
    return compiled("a, index", lines, take=take, put=put)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "take": take, "put": put, "add_at": add_at, "subtract_at": subtract_at, "last_write": last_write}
__all__ = ["FUNCTIONS"]
