"""Which array statements run in one loop nest.

A nest has one loop for each axis but the last; inside, for each *chunk*, a loop over the last axis. A statement joins a nest
if no element that two of them touch is touched in different runs of the innermost loops, where one of them writes
it; contributions that are added may come in any order. It joins a chunk if they touch the same element in the same
iteration only, so that the innermost loops can be vectorised.
"""
from __future__ import annotations

from symgrad.analysis.aliasing import Sites
from symgrad.ir.indexed import types_along
from symgrad.ir.nodes import Op, Region, Value
from symgrad.ir.types import Array, Length, Type, dims_of
from symgrad.optimize.loops.elements import leaves, read
from symgrad.optimize.loops.places import Loops, Place, Relation, aligned, broadcast_loops, relation
from symgrad.structs import field, struct


@struct(eq=False)
class Root:
    """A statement that becomes a loop: a value that needs memory, a store, or a sum."""

    kind: str                   # "make" | "store" | "reduce" | "fold"
    op: Op
    value: Value
    place: Place | None         # where it is written
    add: bool                   # what is there already is kept, and added to
    axes: tuple[int, ...] = ()  # those along which a fold goes

    @property
    def dims(self) -> tuple[Length, ...]:
        """The lengths of the loops."""
        return dims_of(part_type(self.op) if self.kind == "store" else self.value.type)

    def values(self) -> list[tuple[Value, Loops]]:
        """The values whose elements it reads, and the loops that run through them."""
        loops: Loops = tuple(range(len(self.dims)))
        if self.kind == "reduce":
            return [(v, loops) for v in self.op.operands]
        return [(self.value, broadcast_loops(self.value, self.dims, loops))]

    def leaves(self, computed: set[Op]) -> list[tuple[Value, Loops]]:
        """The values that are there already which an element is computed from; `computed` are ops that are a part of it."""
        if self.kind == "make":
            computed = computed | {self.op}
        return [leaf for v, loops in self.values() for leaf in leaves(v, loops, computed)]


def part_type(op: Op) -> Type:
    """The type of the part of memory that a store writes to."""
    *_, t = types_along(op.operands[0].type, op.attrs["path"], op.operands)
    assert isinstance(t, Type)
    return t


@struct(eq=False)
class Nest:
    """Statements over the same lengths, in chunks."""

    first: Root
    parts: set[Op]              # what is computed where it is used
    sites: Sites
    users: dict[Value, list[tuple[Region, Op | None]]]
    at: dict[Op, int]
    chunks: list[list[Root]] = field(default_factory=list)
    made: dict[Value, Root] = field(default_factory=dict)           # results, and who makes them
    chain: dict[Value, Value] = field(default_factory=dict)         # version -> the version before the nest
    age: dict[Value, int] = field(default_factory=dict)             # how many writes came before a version

    def __post_init__(self) -> None:
        self.dims = self.first.dims
        self.rank = len(self.dims)
        self.add(self.first, 0)

    def roots(self) -> list[Root]:
        return [r for chunk in self.chunks for r in chunk]

    def takes(self, root: Root) -> bool:
        """Let a statement join, if it may."""
        if root.dims != self.dims or any(getattr(d, "varies", False) for d in self.dims):
            return False
        at = self.position(root)
        if at is None or root.kind == "store" and root.op.operands[0] in self.made and self.needed_after(root):
            return False
        self.add(root, at)
        return True

    def needed_after(self, root: Root) -> bool:
        """Whether the version that a store overwrites is used by what comes after it."""
        return any(op is None or op not in self.at or self.at[op] > self.at[root.op]
                   for _, op in self.users[root.op.operands[0]] if op is not root.op)

    def add(self, root: Root, at: int) -> None:
        if at == len(self.chunks):
            self.chunks.append([])
        self.chunks[at].append(root)
        result = root.op.results[0]
        self.made[result] = root
        if root.kind == "store":
            before = root.op.operands[0]
            self.chain[before] = self.chain.get(before, before)
            self.chain[result] = self.chain[before]
            self.age[result] = self.age.get(before, 0) + 1

    def reads(self, root: Root) -> list[Place]:
        """What a statement reads, as far as the nest writes to it."""
        return [aligned(read(v), loops) for v, loops in root.leaves(self.parts) if isinstance(v.type, Array)]

    def position(self, root: Root) -> int | None:
        """The chunk that a statement can join, or the number of chunks for a new one, or None."""
        at = 0
        if any(v in self.made and not isinstance(v.type, Array) for v, _ in root.leaves(self.parts)):
            return None                                  # a sum is known when the nest has ended
        if root.place is not None and any(a.start in self.made for a in root.place.axes):
            return None
        reads = self.reads(root)
        for k, chunk in enumerate(self.chunks):
            for other in chunk:
                met = self.meet(other, root, reads)
                if met is None:
                    return None
                at = max(at, k + met)
        return at

    def meet(self, early: Root, late: Root, reads: list[Place]) -> int | None:
        """0 if a statement may be in the chunk of one before it, 1 if in a later one, None if in no one of this nest."""
        at = 0
        for place in reads:
            if early.place is None:
                if place.memory in self.made and self.made[place.memory] is early:
                    return None
                continue
            found = self.touch(early.place, early.op.results[0], place)
            if found is Relation.APART:
                continue
            older = early.kind == "store" and self.age.get(place.memory, 0) < self.age[early.op.results[0]]
            if found is Relation.OUTER or older:
                return None
            at = max(at, int(found is Relation.INNER))
        if late.place is None:
            return at
        if late.kind == "store" and early.place is not None:
            found = self.touch(early.place, early.op.results[0], late.place)
            if found is Relation.OUTER and not (early.add and late.add):
                return None
            at = max(at, int(found not in (Relation.SAME, Relation.APART)))
        if late.kind == "store":
            for place in self.reads(early):
                found = self.touch(late.place, late.op.operands[0], place)
                if found is Relation.OUTER:
                    return None
                at = max(at, int(found is Relation.INNER))
        return at

    def touch(self, written: Place, version: Value, other: Place) -> Relation:
        """How a place that is written to, giving a version, meets another."""
        mine, theirs = self.origin(version), self.origin(other.memory)
        if mine is theirs:
            found = relation(written, other, self.rank)
            return Relation.INNER if found is Relation.OUTER and self.rank == 1 else found
        return Relation.OUTER if self.sites.of(mine) & self.sites.of(theirs) else Relation.APART

    def origin(self, v: Value) -> Value:
        return self.chain.get(v, v)


def in_itself(root: Root, parts: set[Op]) -> bool:
    """Whether a store writes elements that it still has to read for others."""
    if root.kind != "store":
        return False
    assert root.place is not None
    for v, loops in root.leaves(parts):
        if isinstance(v.type, Array):
            place = aligned(read(v), loops)
            if place.memory is root.op.operands[0] and relation(root.place, place, len(root.dims)) not in (
                    Relation.SAME, Relation.APART):
                return True
    return False


__all__ = ["Nest", "Root", "in_itself"]
