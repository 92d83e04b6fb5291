"""Which elements of an array an access names, and when: as linear equations and inequalities over loop indices."""
from __future__ import annotations

import operator
from collections.abc import Hashable
from typing import Any

import numpy as np

from symgrad.analysis.linear import Affine, System
from symgrad.ir.infer import dim_length
from symgrad.ir.nodes import Op, Region, Slot, Step, Value
from symgrad.ir.types import VARIES, Array, Dim, Length, Scalar, dims_of
from symgrad.structs import struct

COMPARED = {operator.lt: (1, 1), operator.gt: (-1, 1), operator.le: (1, 0), operator.ge: (-1, 0)}
OPPOSITE = {operator.lt: operator.ge, operator.ge: operator.lt, operator.gt: operator.le, operator.le: operator.gt,
            operator.eq: operator.ne, operator.ne: operator.eq}
Arm = tuple[Op, int]                # an op with regions, and which of them


@struct(frozen=True)
class Access:
    """What an op reads or writes of an array: a path, and the ops with regions that it stands in, outermost first."""

    op: Op
    around: tuple[Arm, ...]
    whole: bool = False

    @property
    def path(self) -> tuple[Step, ...]:
        return () if self.whole else tuple(self.op.attrs["path"])


class Moment:
    """What is known at one execution of an op: the facts about the whole numbers that are used there.

    Values in `others` are not those of the moment it is compared with; `index` stands for a loop's index.
    """

    def __init__(self, others: set[Value], index: dict[Value, Affine], tag: str) -> None:
        self.others, self.index, self.tag = others, index, tag
        self.known = System()                   # what holds whatever is read or written
        self.region = System()                  # which elements are
        self.exact = True                       # whether all of these elements are
        self.strides = 0
        self.ends: set[Hashable] = set()        # symbols for ends of slices that may be counted from either side
        self.seen: dict[Value, Affine] = {}

    # -- whole numbers ---------------------------------------------------------------------------

    def affine(self, v: Any) -> Affine | None:
        """A whole number as a linear expression; None for what is none."""
        if isinstance(v, (int, np.integer)) and not isinstance(v, bool):
            return Affine(int(v))
        if not isinstance(v, Value) or not isinstance(v.type, Scalar) or v.type.kind != "i":
            return None
        if v not in self.seen:
            self.seen[v] = self._symbol(v)
            self.seen[v] = self._affine(v)
        return self.seen[v]

    def _affine(self, v: Value) -> Affine:
        op, symbol = v.op, self.seen[v]
        if op is None:
            return self._index(v, symbol)
        if op.kind == "const":
            return Affine(int(op.attrs["value"]))
        if "least" in op.attrs:
            return self._at_least_0(symbol.plus(-op.attrs["least"])).plus(op.attrs["least"])
        if op.kind != "call" or op.attrs.get("kwargs"):
            return symbol
        if op.fn is dim_length:
            length = self.length(dims_of(op.operands[0].type)[op.attrs["args"][1]])
            return self._at_least_0(symbol) if length is None else length
        if op.fn in (len, np.argmax, np.argmin):
            return self._at_least_0(symbol)
        parts = [self.affine(x) for x in op.operands]
        if len(parts) != len(op.attrs["args"]) or any(p is None for p in parts):
            return symbol
        return self._calculated(op.fn, symbol, [p for p in parts if p is not None])

    def _calculated(self, fn: Any, symbol: Affine, parts: list[Affine]) -> Affine:
        if fn is operator.neg:
            return parts[0].times(-1)
        if fn in (min, max):
            sign = 1 if fn is min else -1
            self.known.least += [p.minus(symbol).times(sign) for p in parts]
            return symbol
        if len(parts) != 2:
            return symbol
        a, b = parts
        if fn in (operator.add, operator.sub):
            return a.plus(b, 1 if fn is operator.add else -1)
        if fn is operator.mul and not (a.terms and b.terms):
            return a.times(b.const) if not b.terms else b.times(a.const)
        if fn is operator.mul:
            apart = a.minus(b)
            neighbours = not apart.terms and abs(apart.const) <= 1      # no whole number is between them, and so no 0
            if neighbours or self.known.proves(a) and self.known.proves(b):
                self.known.least.append(symbol)
            return symbol
        if fn in (operator.floordiv, operator.mod) and not b.terms and b.const > 0:
            quotient = symbol if fn is operator.floordiv else Affine.of((*self._key(symbol), "quotient"))
            rest = a.minus(quotient.times(b.const))
            self.known.least += [rest, Affine(b.const - 1).minus(rest)]
            return quotient if fn is operator.floordiv else rest
        return symbol

    def _at_least_0(self, e: Affine) -> Affine:
        self.known.least.append(e)
        return e

    def _symbol(self, v: Value) -> Affine:
        kind = "arg" if v.op is not None and v.op.kind == "arg" else "value"
        key: tuple[Hashable, ...] = (kind, v.id)            # as the lengths of arrays are called
        return Affine.of((*key, self.tag) if v in self.others else key)

    def _key(self, symbol: Affine) -> tuple[Hashable, ...]:
        (key,) = symbol.terms
        return key if isinstance(key, tuple) else (key,)

    def _index(self, v: Value, symbol: Affine) -> Affine:
        """A loop's index: between its bounds."""
        loop = v.region.parent if v.region is not None else None
        if loop is None or loop.kind != "for" or loop.regions[0].params[0] is not v:
            return symbol
        e = self.seen[v] = self.index.get(v, symbol)
        start, stop, step = map(self.affine, loop.operands[:3])
        if step is None or step.terms or not step.const:
            return e
        sign = 1 if step.const > 0 else -1
        if start is not None:
            self.known.least.append(e.minus(start).times(sign))
            if abs(step.const) > 1:
                count = Affine.of((*self._key(symbol), "count"))
                self.known.zero.append(e.minus(start).plus(count, -step.const))
        if stop is not None:
            self.known.least.append(stop.minus(e).times(sign).plus(-1))
        return e

    def length(self, d: Length) -> Affine | None:
        """The length of an axis."""
        if isinstance(d, int):
            return Affine(d)
        offset, base = 0, d
        while isinstance(base, Dim):
            offset, base = offset + base.offset, base.base
        if base == VARIES:
            return None
        return self._at_least_0(Affine(offset, {base: 1}))

    # -- conditions --------------------------------------------------------------------------------

    def within(self, around: tuple[Arm, ...]) -> None:
        """Take note of what holds inside of these regions."""
        for op, k in around:
            if op.kind == "for":
                self.affine(op.regions[0].params[0])
            elif op.kind == "if" and not op.attrs.get("attempt"):
                self.holds(op.operands[0], k == 0)

    def holds(self, condition: Value, truth: bool) -> None:
        """Take note of the outcome of a condition."""
        op = condition.op
        if op is None:
            return
        if op.kind == "if":                                 # `a and b`: b in one arm, a constant in the other
            results = [r.yields[op.results.index(condition)] for r in op.regions]
            for k in (0, 1):
                other = results[1 - k].op
                if other is not None and other.kind == "const" and other.attrs["value"] is (not truth):
                    self.holds(op.operands[0], k == 0)
                    self.holds(results[k], truth)
                    return
        if op.kind != "call":
            return
        if op.fn is operator.not_:
            self.holds(op.operands[0], not truth)
            return
        fn = op.fn if truth else OPPOSITE.get(op.fn)
        if fn not in OPPOSITE or len(op.operands) != 2:
            return
        a, b = map(self.affine, op.operands)
        if a is None or b is None:
            return
        if fn is operator.eq:
            self.known.zero.append(a.minus(b))
        elif fn is operator.ne:
            self.known.choices.append([System([], [a.minus(b).plus(-1)]), System([], [b.minus(a).plus(-1)])])
        else:
            sign, distance = COMPARED[fn]
            self.known.least.append(b.minus(a).times(sign).minus(distance))

    # -- elements ----------------------------------------------------------------------------------

    def elements(self, access: Access, t: Array) -> None:
        """Take note of which element is meant: number ``("element", axis)`` along each axis."""
        op = access.op
        operands = op.operands
        axes: list[View | None] = [View(Affine.of(("element", a)), Affine(), self.length(d))
                                   for a, d in enumerate(t.dims)]
        for step in access.path:
            if step.kind != "index":
                self.exact = False
                return                                      # some of these elements, in another order
            now: list[View | None] = []
            entries = expanded(step.key, len(axes))
            if entries is None or len(entries) - entries.count(None) > len(axes):
                self.exact = False
                return
            rest = iter(axes)
            for e in entries:
                if e is None:
                    now.append(None)                        # a new axis
                    continue
                view = next(rest)
                e = operands[e.index] if isinstance(e, Slot) else e
                if isinstance(e, Value) and isinstance(e.type, Array):
                    self.exact = False
                    if e.type.kind != "i":
                        return                              # a mask: it may stand for several axes
                    now.append(None)
                elif view is None:
                    self.exact = False
                    if isinstance(e, slice):
                        now.append(None)
                elif isinstance(e, slice):
                    now.append(self._slice(view, e, operands))
                else:
                    self._point(view, e)
            axes = [*now, *rest]

    def inside(self, t: Array) -> None:
        """Take note that the element is one of the array's: of others a program reads nothing."""
        for axis, d in enumerate(t.dims):
            element, length = Affine.of(("element", axis)), self.length(d)
            self.region.least.append(element)
            if length is not None:
                self.region.least.append(length.minus(element).plus(-1))

    def _point(self, view: View, e: Any) -> None:
        place, start = self.affine(e), view.start
        if place is not None and start is not None and not self.known.proves(place):
            below = view.length is not None and self.known.proves(Affine(-1).minus(place))
            start = start.plus(view.length) if below and view.length is not None else None
        if place is None or start is None:
            self.exact = False
        else:
            self.region.zero.append(view.element.minus(start.plus(place)))

    def _slice(self, view: View, e: slice, operands: list[Value]) -> View:
        """What a slice leaves of an axis."""
        start, stop, step = ((operands[x.index] if isinstance(x, Slot) else x) for x in (e.start, e.stop, e.step))
        stride = Affine(1) if step is None else self.affine(step)
        rest = View(view.element, None, None)
        if view.start is None or stride is None or stride.terms or stride.const < 1:
            self.exact = False
            return rest
        self.exact &= stride.const == 1
        low = Affine() if start is None else self._bound(start, view)
        high = view.length if stop is None else self._bound(stop, view)
        if low is not None:
            self.region.least.append(view.element.minus(view.start.plus(low)))
            if self.known.proves(low):                      # else it may start before the view does, which is cut off
                rest.start = view.start.plus(low)
                rest.length = None if stop is not None or view.length is None else view.length.minus(low)
            if stride.const > 1:
                if rest.start is not None:
                    self.strides += 1
                    count = Affine.of(("stride", self.strides, self.tag))
                    self.region.zero.append(view.element.minus(rest.start).plus(count, -stride.const))
                    self.region.least.append(count)
                rest.start = rest.length = None
        if high is not None:
            self.region.least.append(view.start.plus(high).minus(view.element).plus(-1))
        self.exact &= rest.start is not None and high is not None
        return rest

    def _bound(self, x: Any, view: View) -> Affine | None:
        """The end of a slice, counted from the view's start."""
        e = self.affine(x)
        if e is None or self.known.proves(e):
            return e
        if view.length is None:
            return None
        back = view.length.plus(e)
        if self.known.proves(Affine(-1).minus(e)):
            return back
        end = Affine.of(("end", e.const, frozenset(e.terms.items()), back.const, frozenset(back.terms.items())))
        if end.terms.keys() - self.ends:                    # one of three, but the same wherever it is written
            self.ends |= end.terms.keys()
            self.known.least.append(end)
            self.known.choices.append([System([end.minus(e)], [e]), System([end.minus(back)], [Affine(-1).minus(e), back]),
                                       System([end], [Affine(-1).minus(e), Affine(-1).minus(back)])])
        return end


@struct()
class View:
    """An axis of a view: the element it stands for, where the view starts and how long it is, if that is known."""

    element: Affine
    start: Affine | None
    length: Affine | None


def expanded(key: Any, axes: int) -> list[Any] | None:
    """The entries of an index, an ellipsis written out; None where that is not known."""
    entries = list(key) if isinstance(key, tuple) else [key]
    if any(e is True or e is False or not (e is None or e is Ellipsis or isinstance(e, (int, np.integer, slice, Slot)))
           for e in entries):
        return None
    at = next((i for i, e in enumerate(entries) if e is Ellipsis), None)
    if at is not None:
        missing = axes - sum(e is not None and e is not Ellipsis for e in entries)
        entries[at:at + 1] = [slice(None)] * missing
    return entries


def places(region: Region) -> dict[Op, tuple[Arm, ...]]:
    """The ops with regions that each op stands in, outermost first."""
    out: dict[Op, tuple[Arm, ...]] = {}

    def visit(r: Region, around: tuple[Arm, ...]) -> None:
        for op in r.ops:
            out[op] = around
            for k, inner in enumerate(op.regions):
                visit(inner, (*around, (op, k)))
    visit(region, ())
    return out


__all__ = ["Access", "Arm", "Moment", "places"]
