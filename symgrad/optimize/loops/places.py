"""Where in memory the elements of an array value are: for each axis of the memory a start, a step and a loop."""
from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

import numpy as np

from symgrad.analysis.elements import Moment
from symgrad.analysis.linear import Affine
from symgrad.analysis.naturals import Lengths
from symgrad.ir.nodes import Slot, Step, Value
from symgrad.ir.types import Array, Length, Scalar, dims_of
from symgrad.structs import struct

Loops = tuple[int | None, ...]      # for each axis of a value the loop that runs through it


@struct(frozen=True)
class Axis:
    """An axis of memory: element number k of the loop over axis `loop` of the value is at ``start + step * k``.

    `start` may be below zero where `loop` is None: then it is an index as the program wrote it. With `through`, it is an
    array of such indices, and these are the loops that run through it.
    """

    start: Any                  # an int or a Value
    step: int = 1
    loop: int | None = None
    back: bool = False          # start counts from the end of the axis: the place is length + start
    through: tuple[int | None, ...] = ()
    cut: bool = False           # the value may end before the axis of the memory does: its last element is not the axis's last

    def moved(self, loops: Sequence[int | None]) -> Axis:
        """The same with other numbers for the loops."""
        return Axis(self.start, self.step, None if self.loop is None else loops[self.loop], self.back,
                    tuple(None if k is None else loops[k] for k in self.through), self.cut)

    @property
    def whole(self) -> bool:
        """Whether an index of the value is one of the memory, also one that counts from the end."""
        return isinstance(self.start, int) and self.start == 0 and self.step == 1 and not self.back and not self.cut


@struct(frozen=True)
class Place:
    """The elements of an array value as a part of a version of memory."""

    memory: Value
    axes: tuple[Axis, ...]


def aligned(place: Place, loops: Loops) -> Place:
    """A value's place in terms of the loops that run through the value's axes."""
    return Place(place.memory, tuple(a.moved(loops) for a in place.axes))


def broadcast_loops(v: Value, dims: Sequence[Length], loops: Loops) -> Loops:
    """The loops that run through an operand of something with these lengths and loops: the last ones, none for a length of 1."""
    own = dims_of(v.type)
    by = len(dims) - len(own)
    return tuple(None if d == 1 and dims[k + by] != 1 else loops[k + by] for k, d in enumerate(own))


def moved_axes(fn: Any, args: Sequence[Any], kwargs: dict[str, Any], rank: int) -> tuple[int, ...] | None:
    """Which axis of ``fn(x, *args)`` each axis of x is; None for functions that do more than put axes elsewhere."""
    if fn in (np.transpose, np.permute_dims) and not kwargs and len(args) <= 1:
        axes = args[0] if args else None
        order = tuple(range(rank))[::-1] if axes is None else axes
        if not isinstance(order, tuple) or not all(isinstance(a, int) for a in order):
            return None
        return tuple([a % rank for a in order].index(k) for k in range(rank))
    if fn in (np.matrix_transpose, np.linalg.matrix_transpose) or fn is np.swapaxes and len(args) == 2:
        pair = (-1, -2) if fn is not np.swapaxes else args
        if kwargs or not all(isinstance(a, int) for a in pair):
            return None
        a, b = (x % rank for x in pair)
        return tuple(b if k == a else a if k == b else k for k in range(rank))
    if fn is np.expand_dims and len(args) + len(kwargs) == 1:
        axis = args[0] if args else kwargs.get("axis")
        new = axis if isinstance(axis, tuple) else (axis,)
        if not all(isinstance(a, int) for a in new):
            return None
        total = rank + len(new)
        taken = {a % total for a in new}
        return tuple(k for k in range(total) if k not in taken)
    return None


class Relation(Enum):
    """How two places in the same memory meet."""

    SAME = "the same element in each iteration"
    APART = "no element in common"
    INNER = "elements in common within one run of the innermost loop only"
    OUTER = "elements in common, in different runs of the innermost loop"


def whole(v: Value) -> Place:
    """All of an array."""
    assert isinstance(v.type, Array)
    return Place(v, tuple(Axis(0, 1, k) for k in range(v.type.ndim)))


def place_of(memory: Value, path: Sequence[Step], operands: Sequence[Value]) -> Place | None:
    """What an access path leads to, or None where it is more than whole numbers and slices of fixed steps."""
    if not isinstance(memory.type, Array):
        return None
    axes = list(whole(memory).axes)
    for step in path:
        taken = one_step(axes, step, operands)
        if taken is None:
            return None
        axes = taken
    return Place(memory, tuple(axes))


def one_step(axes: list[Axis], step: Step, operands: Sequence[Value]) -> list[Axis] | None:
    """Index what `axes` describe once more; axes that are added by None have no memory and are not in it."""
    if step.kind == "view":
        fn, args, kwargs = step.key
        free = sorted(a.loop for a in axes if a.loop is not None)
        if free != list(range(len(free))) or any(a.through for a in axes):
            return None
        if fn in (np.diag, np.diagonal) and len(free) == 2 and not args and not kwargs:
            return [a.moved((0, 0)) for a in axes]
        moved = moved_axes(fn, args, kwargs, len(free))
        return None if moved is None else [a.moved(moved) for a in axes]
    if step.kind != "index":
        return None
    entries = list(step.key) if isinstance(step.key, tuple) else [step.key]
    places = sorted((a.loop, k) for k, a in enumerate(axes) if a.loop is not None)
    if any(a.through for a in axes):
        return None
    used = sum(e is not None and e is not Ellipsis for e in entries)
    if entries.count(Ellipsis) > 1 or used > len(places) or [n for n, _ in places] != list(range(len(places))):
        return None
    arrays = index_arrays(entries, operands)        # an ellipsis keeps them apart, also where it stands for no axis
    if arrays is None:
        return None
    if Ellipsis in entries:
        at = entries.index(Ellipsis)
        entries[at:at + 1] = [slice(None)] * (len(places) - used)
    else:
        entries += [slice(None)] * (len(places) - used)
    out, loop, position, first = list(axes), 0, 0, -1
    for e in entries:
        if e is None:
            loop += 1
            continue
        k = places[position][1]
        position += 1
        if isinstance(e, Slot) and operands[e.index] in arrays:
            rank = len(dims_of(operands[e.index].type))
            if first < 0:
                first, loop = loop, loop + rank
            taken = gathered(axes[k], operands[e.index], tuple(range(first, first + rank)))
        elif isinstance(e, slice):
            taken = sliced(axes[k], e, operands, loop)
            loop += 1
        else:
            taken = indexed(axes[k], e, operands)
        if taken is None:
            return None
        out[k] = taken
    return out


def index_arrays(entries: list[Any], operands: Sequence[Value]) -> list[Value] | None:
    """The arrays of indices among the entries of an index: of one shape, side by side and without numbers; else None."""
    found = [operands[e.index] for e in entries if isinstance(e, Slot) and isinstance(operands[e.index].type, Array)]
    if not found:
        return []
    at = [k for k, e in enumerate(entries) if isinstance(e, Slot) and operands[e.index] in found]
    single = all(isinstance(e, slice) or e is None or e is Ellipsis or k in at for k, e in enumerate(entries))
    same = all(dims_of(v.type) == dims_of(found[0].type) and v.type.dtype == "int64"         # type: ignore[attr-defined]
               for v in found)
    return found if single and same and at == list(range(at[0], at[0] + len(at))) and dims_of(found[0].type) else None


def gathered(axis: Axis, indices: Value, loops: tuple[int, ...]) -> Axis | None:
    """An axis of which an array of indices says which elements are meant."""
    return Axis(indices, 0, None, False, loops) if axis.whole else None


def indexed(axis: Axis, e: Any, operands: Sequence[Value]) -> Axis | None:
    v = operands[e.index] if isinstance(e, Slot) else e
    if isinstance(v, bool) or not isinstance(v, int | Value):
        return None
    if isinstance(v, Value) and not (isinstance(v.type, Scalar) and v.type.kind == "i"):
        return None
    if axis.whole:
        return Axis(v, 0)
    if axis.step == 1 and not axis.back and isinstance(axis.start, int) and isinstance(v, int) and v >= 0:
        return Axis(axis.start + v, 0)
    return None


def sliced(axis: Axis, e: slice, operands: Sequence[Value], loop: int) -> Axis | None:
    step = e.step if e.step is not None else 1
    if not isinstance(step, int) or step == 0:
        return None
    if axis.step != 1 or axis.back or not isinstance(axis.start, int):
        return Axis(axis.start, axis.step, loop, axis.back, (), axis.cut) if e == slice(None) else None
    if step < 0:
        return Axis(-1, step, loop, True) if e.start is None and e.stop is None and axis.whole else None
    cut = axis.cut or e.stop is not None
    start = operands[e.start.index] if isinstance(e.start, Slot) else e.start or 0
    if isinstance(start, int):
        if start < 0:
            return None
        return Axis(axis.start + start, step, loop, cut=cut)
    here = Moment(set(), {}, "")
    known = here.affine(start)
    if axis.start != 0 or known is None or not here.known.proves(known):
        return None                             # it may count from the end
    return Axis(start, step, loop, cut=cut)


def difference(a: Any, b: Any) -> int | None:
    """By how much two starts differ, where that is known."""
    here = Moment(set(), {}, "")
    x, y = here.affine(a), here.affine(b)
    if x is None or y is None:
        return 0 if a is b else None
    d = x.minus(y)
    return None if d.terms else d.const


def same_end(a: Any, b: Any) -> bool:
    """Whether two indices certainly count from the same end of an axis."""
    here = Lengths(set(), {}, "")
    x, y = here.affine(a), here.affine(b)
    return x is not None and y is not None and any(
        here.known.proves(p) and here.known.proves(q) for p, q in ((x, y), (Affine(-1).minus(x), Affine(-1).minus(y))))


def relation(a: Place, b: Place, rank: int) -> Relation:
    """How the elements of two places in versions of the same memory meet in a nest of `rank` loops."""
    found, known = Relation.SAME, True
    for x, y in zip(a.axes, b.axes):
        if x.through or y.through:
            known = False
        elif x.loop is None and y.loop is None:
            d = difference(x.start, y.start) if x.back == y.back else None
            if d and same_end(x.start, y.start):
                return Relation.APART
            known &= d == 0
        elif x.loop != y.loop or x.step != y.step or x.back != y.back:
            known = False
        else:
            d = difference(x.start, y.start)
            if d is None:
                known = False
            elif d % x.step:
                return Relation.APART
            elif d and x.loop == rank - 1:
                found = Relation.INNER if found is not Relation.OUTER else found
            elif d:
                found = Relation.OUTER
    mapped = {x.loop for x in a.axes}, {y.loop for y in b.axes}
    if not known:
        return Relation.OUTER
    if any(k not in both for both in mapped for k in range(rank - 1)):
        return Relation.OUTER                    # an outer loop comes back to the same elements
    if any(rank - 1 not in both for both in mapped):
        return Relation.INNER if found is not Relation.OUTER else found
    return found


__all__ = ["Axis", "Loops", "Place", "Relation", "aligned", "broadcast_loops", "moved_axes", "place_of", "relation", "whole"]
