"""The type of what an index or a path gives."""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from symgrad.ir.infer import CannotInfer, infer, length_of
from symgrad.ir.nodes import Slot, Step, Value, map_tree
from symgrad.ir.types import Array, Dim, Length, Type, broadcast, with_dtype


def result_of_index(t: Array, index: tuple[Any, ...], operands: list[Value]) -> tuple[Type, bool]:
    """The type of ``a[index]`` and whether it is a view. Entries: slots, ints, slices, None, Ellipsis."""

    def entry(i: Any) -> Any:
        return operands[i.index] if isinstance(i, Slot) else i

    entries = [entry(i) for i in index]
    used = 0
    for e in entries:
        if isinstance(e, Value) and isinstance(e.type, Array) and e.type.kind == "b":
            used += e.type.ndim
        elif e is not None and e is not Ellipsis and not _is_bool(e):
            used += 1
    if used > t.ndim:
        raise CannotInfer(f"too many indices: the array has {t.ndim} axes, the index {used}")
    if Ellipsis not in [e for e in entries if e is Ellipsis]:
        entries.append(Ellipsis)
    out: list[Any] = []
    advanced: list[tuple[Length, ...]] = []
    where: list[int] = []
    axis = 0
    for n, e in enumerate(entries):
        if e is Ellipsis:
            rest = t.ndim - used
            out.extend(t.dims[axis:axis + rest])
            axis += rest
        elif e is None:
            out.append(1)
        elif isinstance(e, slice):
            out.append(slice_length(t.dims[axis], entry(e.start), entry(e.stop), entry(e.step)))
            axis += 1
        elif isinstance(e, Value) and isinstance(e.type, Array):
            if e.type.kind == "b":
                advanced.append((Dim(("mask", e.id)),))
                axis += e.type.ndim
            else:
                advanced.append(e.type.dims)
                axis += 1
            where.append(n)
            out.append("advanced")
        else:
            where.append(n) if any(isinstance(x, Value) and isinstance(x.type, Array) for x in entries) else None
            axis += 1
    if not advanced:
        dims = tuple(out)
        return with_dtype(t.dtype, dims), bool(dims)
    block = broadcast(*advanced)
    together = where == list(range(where[0], where[-1] + 1))
    place = out.index("advanced") if together else 0
    before = [d for d in out[:place] if d != "advanced"]
    after = [d for d in out[place:] if d != "advanced"]
    return with_dtype(t.dtype, (*before, *block, *after)), False


def _is_bool(e: Any) -> bool:
    return isinstance(e, bool)


def slice_length(d: Length, start: Any, stop: Any, step: Any) -> Length:
    """The length of ``x[start:stop:step]`` where an axis of x has length `d`."""
    if start is None and stop is None and step in (None, 1, -1):
        return d
    known = [s for s in (start, stop, step) if s is None or isinstance(s, int)]
    if len(known) == 3:
        if isinstance(d, int):
            return len(range(d)[slice(start, stop, step)])
        lo, hi = start or 0, stop
        if step in (None, 1) and lo >= 0 and (hi is None or hi < 0):
            return Dim(d.base, d.offset - lo + (hi or 0))
        if step in (None, 1) and lo < 0 and hi is None:
            return -lo if lo == -1 else Dim(("slice", d, start, stop, step))
        if step in (None, 1) and lo >= 0 and hi is not None and hi - lo == 1:
            return Dim(("slice", d, start, stop, step))
    parts = tuple(length_of(s) if isinstance(s, Value) else s for s in (start, stop, step))
    if step in (None, 1) and parts[0] in (None, 0) and isinstance(stop, Value):
        return Dim(("upto", d, parts[1]))
    return Dim(("slice", d, parts))


def types_along(t: Type, path: Iterable[Step], operands: list[Value]) -> Iterator[Any]:
    """The types of an array and of its parts along an access path, one more than there are steps."""
    found: Any = t
    yield found
    for step in path:
        if isinstance(found, (tuple, list)):            # the parts of np.split
            found = found[step.key]
        elif step.kind == "view":
            fn, args, kwargs = map_tree(step.key, lambda s: Slot(s.index + 1))
            found = infer(fn, (Slot(0), *args), kwargs, [Value(found), *operands], False)
        else:
            found = result_of_index(found, step.key if isinstance(step.key, tuple) else (step.key,), operands)[0]
        yield found


__all__ = ["result_of_index", "types_along"]
