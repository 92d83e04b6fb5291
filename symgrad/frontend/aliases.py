"""Which names may stand for the same memory, where paths meet.

After a branch or a loop, a name that stands for one array on one path and for another on the other gets an
identity of its own: a *merged* one. What it may be is known path by path. Two names that are merged at one place
may be the same memory only if they are on one path (``u, v = v, u`` in an arm leaves them apart); any others, if
what either was merged from may be.
"""
from __future__ import annotations

import ast
from collections.abc import Container, Iterator
from typing import Any

from symgrad.structs import field, struct

Identity = Any                                  # ("root", n) or ("obj", n): the higher the number, the later it was made


@struct(eq=False)
class Meeting:
    """A place where paths meet."""

    origin: ast.stmt | None = None              # the branch
    compared: int = 2                           # the paths, from the first on, that say which names are the same memory
    same: set[frozenset[Identity]] = field(default_factory=set)     # pairs of which that is known otherwise


@struct(eq=False)
class Merged:
    """What an identity may be, for each path that leads to where it was made."""

    meeting: Meeting
    paths: list[set[Identity]] = field(default_factory=list)


class Aliases:
    """All merged identities of a function."""

    def __init__(self) -> None:
        self.merged: dict[Identity, Merged] = {}
        self.related: dict[Identity, set[Identity]] = {}        # merged identities and what they may be, both ways

    def meet(self, x: Identity, others: set[Identity], meeting: Meeting, path: int) -> None:
        """Say that `x` may be any of these if control came along this path."""
        others = others - {x}
        merged = self.merged.setdefault(x, Merged(meeting))
        while len(merged.paths) <= path:
            merged.paths.append(set())
        merged.paths[path] |= others
        for y in others:
            self._relate(x, y)

    def pair(self, x: Identity, y: Identity) -> None:
        """Say that two identities that are merged at one place may be the same memory, whatever the paths say."""
        self.merged[x].meeting.same.add(frozenset((x, y)))
        self._relate(x, y)

    def _relate(self, x: Identity, y: Identity) -> None:
        self.related.setdefault(x, set()).add(y)
        self.related.setdefault(y, set()).add(x)

    def may_be(self, x: Identity, others: set[Identity]) -> None:
        """Say that `x` is memory of its own or any of these."""
        self.meet(x, others, Meeting(compared=0), 0)

    def leaves(self, x: Identity, until: Container[Identity]) -> set[Identity]:
        """What `x` was merged from, in the end, or among `until`."""
        found, work = set[Identity](), [x]
        while work:
            y = work.pop()
            if y not in found:
                found.add(y)
                if y not in until and y in self.merged:
                    work += set().union(*self.merged[y].paths)
        return found

    def of(self, x: Identity) -> set[Identity]:
        """What may be the same memory as `x`, and `x`."""
        known: dict[Any, bool] = {}
        return {x, *(y for y in reachable(self.related, {x}) if self.same(x, y, known))}

    def same(self, x: Identity, y: Identity, known: dict[Any, bool] | None = None) -> bool:
        """Whether two identities may be the same memory."""
        if x == y:
            return True
        known = {} if known is None else known
        pair = frozenset((x, y))
        if pair not in known:
            known[pair] = False
            known[pair] = self._same(x, y, known)
        return known[pair]

    def _same(self, x: Identity, y: Identity, known: dict[Any, bool]) -> bool:
        a, b = self.merged.get(x), self.merged.get(y)
        if a is not None and b is not None and a.meeting is b.meeting:
            return frozenset((x, y)) in a.meeting.same or any(
                self.same(p, q, known) for along, other in list(zip(a.paths, b.paths))[:a.meeting.compared]
                for p in along for q in other)
        if a is None or b is not None and y[1] > x[1]:
            (x, a), (y, b) = (y, b), (x, a)         # the later one is what it was made from
        return a is not None and any(self.same(p, y, known) for along in a.paths for p in along)

    def origins(self, *start: Identity) -> Iterator[ast.stmt]:
        """The branches that made identities what they may be: the last ones first."""
        work, seen = list(start), set(start)
        while work:
            merged = self.merged.get(work.pop(0))
            if merged is None:
                continue
            if merged.meeting.origin is not None:
                yield merged.meeting.origin
            for y in sorted(set().union(*merged.paths) - seen):
                seen.add(y)
                work.append(y)


def reachable(edges: dict[Any, set[Any]], start: set[Any]) -> set[Any]:
    """What edges lead to, over any number of them."""
    found: set[Any] = set()
    work = list(start)
    while work:
        for x in edges.get(work.pop(), ()):
            if x not in found:
                found.add(x)
                work.append(x)
    return found


__all__ = ["Aliases", "Meeting", "reachable"]
