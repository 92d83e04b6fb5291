"""Which arguments a function writes to, and which other arguments then must not be the same memory."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from symgrad.analysis.aliasing import consumed, consumes, is_view
from symgrad.errors import AliasError
from symgrad.ir.functions import FunctionRef
from symgrad.ir.nodes import Op, Region, Step, Value, hashable, walk
from symgrad.ir.types import Array, DictOf, ListOf, Opaque, Scalar, Type
from symgrad.rules.core import HOLDERS

WORK: Any = 100_000     # how long np.shares_memory may look for a common element


class Place(NamedTuple):
    """An array or list that is an argument, or is in one."""

    name: str
    path: tuple[Step, ...]
    type: Type

    def __str__(self) -> str:
        return self.name + "".join(f".{s.key}" if s.kind == "attr" else f"[{s.key!r}]" for s in self.path)

    def expression(self, name: str) -> str:
        """The code that reads it, where `name` holds the argument."""
        return name + str(self)[len(self.name):]

    def find(self, bound: dict[str, Any]) -> Any:
        """What is there in a call with these arguments."""
        x = bound[self.name]
        for step in self.path:
            x = getattr(x, step.key) if step.kind == "attr" else x[step.key]
        return x


def conflicts(region: Region) -> list[tuple[Place, Place]]:
    """Pairs of places, the first of which is written to, that must not share memory."""
    same = _Classes()
    written: list[Value] = []
    for op in walk(region):
        _note(op, same, written)
    if not written:
        return []
    dirty = {same.find(v) for v in written}
    inside = {same.find(op.operands[0]) for op in walk(region) if op.kind == "store" and op.attrs.get("inside")}
    inside |= {same.find(v) for v in written if isinstance(v.type, Array)}
    args = [op for op in region.ops if op.kind == "arg" and isinstance(op.result.type, (Array, ListOf, DictOf))]
    places = [(Place(op.attrs["name"], op.attrs["path"], op.result.type), same.find(op.result) in dirty) for op in args]
    twice = [(p, p) for op, (p, _) in zip(args, places) if isinstance(p.type, (ListOf, DictOf))
             and isinstance(p.type.item, (Array, ListOf, DictOf)) and same.find(op.result) in inside]
    return twice + [(p, q) for i, (p, wrote) in enumerate(places) if wrote for j, (q, also) in enumerate(places)
                    if i != j and not (also and j < i) and _may_meet(p.type, q.type)]


def same_objects(lw: Any) -> list[tuple[Place, Place]]:
    """Pairs of objects, dicts and lists that are arguments; the first is assigned to, so they must not be one."""
    places = {identity: (Place(name, path, Opaque("object")), cls) for identity, (name, path, cls)
              in lw.arg_objects.items() if identity[0] == "obj"}
    written = {identity for identity in lw.written_objects if identity in places}
    written |= {identity for identity, given in lw.arg_objects.items() if identity[0] == "obj" and any(
        lw.arg_objects[x] == given for x in lw.written_objects if x[0] == "root")}
    return [(places[a][0], q) for a in places if a in written for b, (q, cls) in places.items()
            if a != b and places[a][1] == cls and not (b in written and b < a)]


class _Classes:
    """Values that may be the same memory, joined."""

    def __init__(self) -> None:
        self.parent: dict[Value, Value] = {}

    def find(self, v: Value) -> Value:
        while v in self.parent:
            v = self.parent[v]
        return v

    def join(self, a: Value, b: Value) -> None:
        a, b = self.find(a), self.find(b)
        if a is not b and a.type.holds_memory and b.type.holds_memory:
            self.parent[a] = b


def _note(op: Op, same: _Classes, written: list[Value]) -> None:
    memory = [v for v in op.operands if v.type.holds_memory]
    if op.kind in ("for", "while"):
        first, shift = (1, 3) if op.kind == "for" else (0, 0)
        early = 1 if op.attrs.get("early") else 0
        for k, start in enumerate(op.operands[shift:]):
            for r in op.regions:
                same.join(r.params[k + first], start)
            same.join(op.regions[-1].yields[k + early], start)
            same.join(op.results[k], start)
    elif op.kind == "if":
        for r in op.regions:
            for result, v in zip(op.results, r.yields):
                same.join(result, v)
    elif isinstance(op.fn, FunctionRef):
        written.extend(op.operands[i] for i, _ in consumed(op))
        for result in op.results:
            for v in memory:
                same.join(result, v)
    elif consumes(op):
        written.append(op.operands[0])
        same.join(op.result, op.operands[0])
        if not isinstance(op.operands[0].type, Array):
            for v in memory:
                same.join(op.result, v)
    elif op.kind == "load":
        if not any(isinstance(v.type, (Array, ListOf)) for v in op.operands[1:]):
            same.join(op.result, op.operands[0])
    elif is_view(op) or hashable(op.fn) and op.fn in HOLDERS:
        for v in memory:
            same.join(op.results[0], v)


def _may_meet(a: Type, b: Type) -> bool:
    """Whether things of these types can be, or hold, the same memory."""
    if isinstance(a, Array) and isinstance(b, Array):
        return True
    return any(isinstance(t, (ListOf, DictOf)) and (type(t) is type(other) or not isinstance(t.item, Scalar))
               for t, other in ((a, b), (b, a)))


def meet(a: Any, b: Any) -> bool:
    """Whether an element of an array or list in `a` is one of `b`, too."""
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        if not np.may_share_memory(a, b):
            return False
        try:
            return bool(np.shares_memory(a, b, max_work=WORK))
        except np.exceptions.TooHardError:
            return True
    return any(x is y or isinstance(x, np.ndarray) and isinstance(y, np.ndarray) and meet(x, y)
               for x in _memory(a) for y in _memory(b))


def _memory(x: Any) -> Iterator[Any]:
    if isinstance(x, (list, dict, np.ndarray)):
        yield x
    if isinstance(x, (list, tuple, dict)):
        for item in x.values() if isinstance(x, dict) else x:
            if not isinstance(item, (float, int)):
                yield from _memory(item)


def clash(p: Place, q: Place, a: Any, b: Any) -> bool:
    """Whether what stands at two places that must be apart is the same."""
    if p == q:
        return repeats(a)
    return a is b if isinstance(p.type, Opaque) else meet(a, b)


def repeats(items: Any) -> bool:
    """Whether an array or list stands in a list or dict twice, or two arrays in it have an element in common."""
    _, *inner = _memory(items)
    if len({*map(id, inner)}) < len(inner):
        return True
    arrays = [x for x in inner if isinstance(x, np.ndarray)]
    if all(a.base is None for a in arrays):                 # each has memory of its own
        return False
    before: list[tuple[int, Any]] = []                      # arrays that start no later, and where they end
    for (start, end), a in sorted(((_extent(a), a) for a in arrays), key=lambda entry: entry[0]):
        before = [(e, b) for e, b in before if e > start]
        if any(meet(a, b) for _, b in before):
            return True
        before.append((end, a))
    return False


def _extent(a: Any) -> tuple[int, int]:
    """The addresses between which an array's elements lie."""
    start = a.__array_interface__["data"][0]
    ways = [(n - 1) * stride for n, stride in zip(a.shape, a.strides)]
    return start + sum(w for w in ways if w < 0), start + sum(w for w in ways if w > 0) + a.itemsize


def check(pairs: list[tuple[Place, Place]], bound: dict[str, Any], function: str) -> None:
    """Refuse a call in which memory that is written to is given twice."""
    for p, q in pairs:
        if clash(p, q, p.find(bound), q.find(bound)):
            if p == q:
                raise AliasError(f"two items of {p} are the same memory, and {function}() writes to one",
                                 hint="put a copy into the list")
            copy = f"{q}.copy()" if isinstance(q.type, Array) else f"copy.deepcopy({q})"
            what = "object" if isinstance(q.type, Opaque) else "memory"
            raise AliasError(f"{p} and {q} are the same {what}, and {function}() writes to {p}",
                             hint=f"pass a copy for one of them: {copy}")


__all__ = ["Place", "check", "clash", "conflicts", "meet", "same_objects"]
