"""Can an element still be read from the array when a loop nest has ended, or was it overwritten later?

A factorisation that overwrites its input mostly reads elements that are final by then:
``a[i, :j]`` while it writes column j. What is final need not be recorded. To prove it, a
read is compared with every write that may happen after it: later in the same iteration,
and in all later iterations of each loop around it. Two index tuples are disjoint if on
some axis one is provably less than the other; the proof is linear arithmetic over loop
indices and their bounds (a small part of: W. Pugh, The Omega test, 1991).
"""
from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Any

from symgrad.ir.infer import dim_length
from symgrad.ir.nodes import Op, Region, Slot, Step, Value, is_number
from symgrad.ir.types import Array, Scalar
from symgrad.optimize.dce import carried_count

DEPTH = 8


class Affine:
    """A sum of whole multiples of symbols, plus a number."""

    def __init__(self, const: int = 0, terms: dict[Any, int] | None = None) -> None:
        self.const = const
        self.terms = {s: c for s, c in (terms or {}).items() if c}

    def plus(self, other: Affine, factor: int = 1) -> Affine:
        terms = dict(self.terms)
        for s, c in other.terms.items():
            terms[s] = terms.get(s, 0) + factor * c
        return Affine(self.const + factor * other.const, terms)

    def replace(self, symbol: Any, by: Affine) -> Affine:
        c = self.terms.get(symbol, 0)
        rest = Affine(self.const, {s: n for s, n in self.terms.items() if s is not symbol})
        return rest.plus(by, c) if c else rest


@dataclass
class Range:
    """Inclusive bounds of a loop index; None where there is none."""

    low: Affine | None
    high: Affine | None


class Space:
    """The loop indices in play, what is known of them, and symbols for what does not change."""

    def __init__(self, changing: set[Value]) -> None:
        self.changing = changing                 # values that differ from one iteration to another
        self.ranges: dict[Any, Range] = {}

    def affine(self, v: Any) -> Affine | None:
        """A value as a linear expression, or None."""
        if isinstance(v, int):
            return Affine(v)
        if not isinstance(v, Value) or not isinstance(v.type, Scalar) or v.type.kind != "i":
            return None
        op = v.op
        if op is None:
            self.index(v)
            return Affine(0, {v: 1}) if v in self.ranges or v not in self.changing else None
        if op.kind == "const":
            return Affine(int(op.attrs["value"]))
        if op.kind == "call" and op.fn in (operator.add, operator.sub) and len(op.operands) == 2:
            a, b = (self.affine(x) for x in op.operands)
            return None if a is None or b is None else a.plus(b, 1 if op.fn is operator.add else -1)
        if op.kind == "call" and op.fn is operator.mul and len(op.operands) == 2:
            a, b = (self.affine(x) for x in op.operands)
            if a is not None and b is not None and (not a.terms or not b.terms):
                return Affine().plus(b, a.const) if not a.terms else Affine().plus(a, b.const)
            return None
        return Affine(0, {v: 1}) if v not in self.changing else None

    def index(self, v: Value) -> None:
        """Learn the bounds of a loop's index."""
        region = v.region
        if v in self.ranges or region is None or region.parent is None:
            return
        loop = region.parent
        if loop.kind != "for" or region.params[0] is not v or loop.attrs.get("backwards"):
            return
        self.ranges[v] = Range(None, None)
        start, stop, step = loop.operands[:3]
        one = self.affine(step)
        if one is None or one.terms or one.const not in (1, -1):
            return
        first, last = self.affine(start), self.affine(stop)
        if one.const == 1:
            self.ranges[v] = Range(first, None if last is None else last.plus(Affine(-1)))
        else:
            self.ranges[v] = Range(None if last is None else last.plus(Affine(1)), first)

    def nonnegative(self, e: Affine, depth: int = DEPTH) -> bool:
        """Whether an expression is provably >= 0."""
        if not e.terms:
            return e.const >= 0
        if depth == 0:
            return False
        if e.const >= 0 and all(c > 0 and is_length(s) for s, c in e.terms.items()):
            return True
        for s, c in e.terms.items():
            r = self.ranges.get(s)
            bound = None if r is None else (r.low if c > 0 else r.high)
            if bound is not None and s not in bound.terms and self.nonnegative(e.replace(s, bound), depth - 1):
                return True
        return False


def is_length(s: Any) -> bool:
    """Whether a symbol is the length of an axis."""
    return isinstance(s, Value) and s.op is not None and s.op.kind == "call" and s.op.fn in (dim_length, len)


@dataclass
class Write:
    """A store on a chain of versions, and where it stands in the loop's body."""

    op: Op
    place: int


class Chain:
    """The versions of one carried array in a loop's body, and the writes that make them."""

    def __init__(self, body: Region, param: Value) -> None:
        self.versions = {param}
        self.place = {param: -1}
        self.writes: list[Write] = []
        self.sound = True
        for i, op in enumerate(body.ops):
            self._op(op, i)

    def _op(self, op: Op, i: int) -> None:
        if op.kind == "store" and op.operands[0] in self.versions:
            self._add(op.results[0], i)
            self.writes.append(Write(op, i))
        elif op.kind in ("for", "while"):
            first, shift = (1, 3) if op.kind == "for" else (0, 0)
            for k, init in enumerate(op.operands[shift:]):
                if init in self.versions:
                    for r in op.regions:
                        self._add(r.params[k + first], i)
                    self._add(op.results[k], i)
            for r in op.regions:
                for o in r.ops:
                    self._op(o, i)
            early = 1 if op.attrs.get("early") else 0
            if any(init in self.versions and y not in self.versions
                   for init, y in zip(op.operands[shift:], op.regions[-1].yields[early:])):
                self.sound = False                  # the name stands for another array afterwards
        elif op.kind == "if":
            for r in op.regions:
                for o in r.ops:
                    self._op(o, i)
            for k, result in enumerate(op.results):
                inside = [r.yields[k] in self.versions for r in op.regions if k < len(r.yields)]
                if any(inside):
                    self._add(result, i)
                    self.sound &= all(inside)
        elif op.kind == "call" and op.attrs.get("memory") and op.operands[0] in self.versions:
            self.sound = False

    def _add(self, v: Value, i: int) -> None:
        self.versions.add(v)
        self.place.setdefault(v, i)


def final_version(r: Any, loop: Op, version: Value, path: tuple[Step, ...], operands: list[Value]) -> Value | None:
    """The version after all loops around `loop` from which ``version[path]`` can still be read, or None."""
    if len(path) != 1 or path[0].kind != "index" or not isinstance(version.type, Array):
        return None
    current, read = loop, version
    while _slot(current, read) is None:              # a loop that reads the array but does not carry it
        home = r.homes[current]
        parent = home.parent
        if current.kind != "for" or home is r.top or parent is None or parent.kind != "for":
            return None
        current = parent
    while True:
        if current.kind != "for" or current.attrs.get("early") or not is_number(current.operands[2], 1):
            return None
        body = current.regions[0]
        slot = _slot(current, read)
        if slot is None:
            return None
        k, chain = slot
        if not chain.sound or any(not _disjoint(body, path[0].key, operands, w, chain.place[read]) for w in chain.writes):
            return None
        read = current.results[k]
        home = r.homes[current]
        if home is r.top:
            return read
        parent = home.parent
        if parent is None or parent.kind != "for":
            return None
        current = parent


def _slot(loop: Op, version: Value) -> tuple[int, Chain] | None:
    if loop.kind != "for":
        return None
    body = loop.regions[0]
    for k in range(carried_count(loop)):
        param = body.params[k + 1]
        if isinstance(param.type, Array):
            chain = Chain(body, param)
            if version in chain.versions and version in chain.place and body.yields[k] in chain.versions:
                return k, chain
    return None


def _disjoint(body: Region, key: Any, operands: list[Value], write: Write, read_place: int) -> bool:
    """Whether a write misses what is read, in the same iteration if it comes after, and in all later ones."""
    index = body.params[0]
    if len(write.op.attrs["path"]) != 1 or write.op.attrs["path"][0].kind != "index":
        return False
    changing = {v for v in body.params} | _inside(body)
    for later in (False, True):
        if not later and write.place <= read_place:
            continue
        space = Space(changing)
        space.index(index)
        mine = _entries(space, key, operands)
        theirs = _entries(space, write.op.attrs["path"][0].key, write.op.operands)
        if mine is None or theirs is None or len(mine) != len(theirs):
            return False
        if later:
            step = ("later",)
            shifted = Affine(0, {index: 1, step: 1})
            theirs = [None if e is None else tuple(None if x is None else x.replace(index, shifted) for x in e)
                      for e in theirs]
            for s, range_ in list(space.ranges.items()):
                if s is not index and s in _symbols(theirs):
                    space.ranges[s] = Range(*(None if b is None else b.replace(index, shifted)
                                              for b in (range_.low, range_.high)))
            space.ranges[step] = Range(Affine(1), None)
        if not any(_apart(space, a, b) for a, b in zip(mine, theirs)):
            return False
    return True


def _inside(body: Region) -> set[Value]:
    out: set[Value] = set()
    for op in body.ops:
        out.update(op.results)
        for r in op.regions:
            out.update(r.params)
            out |= _inside(r)
    return out


def _symbols(entries: Any) -> set[Any]:
    return {s for e in entries if e is not None for x in e if x is not None for s in x.terms}


def _entries(space: Space, key: Any, operands: list[Value]) -> list[Any] | None:
    """Per axis: (low, high) inclusive, or None where nothing is known. Indices below zero are not followed."""
    out: list[Any] = []
    for e in key if isinstance(key, tuple) else (key,):
        if isinstance(e, slice):
            if e.step is not None and e.step != 1:
                out.append(None)
                continue
            low, high = (_part(space, p, operands) for p in (e.start, e.stop))
            low_ok = e.start is None or low is not None and space.nonnegative(low)
            high_ok = high is not None and space.nonnegative(high)
            out.append((Affine(0) if e.start is None else low if low_ok else None,
                        high.plus(Affine(-1)) if high_ok and high is not None else None))
            continue
        if e is None or e is Ellipsis:
            return None
        point = _part(space, e, operands)
        out.append((point, point) if point is not None and space.nonnegative(point) else None)
    return out


def _part(space: Space, e: Any, operands: list[Value]) -> Affine | None:
    if isinstance(e, Slot):
        return space.affine(operands[e.index])
    return Affine(e) if isinstance(e, int) else None


def _apart(space: Space, a: Any, b: Any) -> bool:
    """Whether two ranges on an axis cannot meet."""
    if a is None or b is None:
        return False
    for (_, high), (low, _) in ((a, b), (b, a)):
        if high is not None and low is not None and space.nonnegative(low.plus(high, -1).plus(Affine(-1))):
            return True
    return False
