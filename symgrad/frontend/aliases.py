"""Which names may stand for the same memory, where paths meet.

After a branch or a loop, a name that stands for one array on one path and for another on the other gets an
identity of its own: a *merged* one. What it may be is known path by path. Two names that are merged at one place
may be the same memory only if they are on one path (``u, v = v, u`` in an arm leaves them apart); any others, if
what the later one was merged from may be the other.
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
    members: list[Identity] = field(default_factory=list)


@struct(eq=False)
class Merged:
    """What an identity may be, for each path that leads to where it was made."""

    meeting: Meeting
    paths: list[set[Identity]] = field(default_factory=list)

    def along(self, path: int) -> set[Identity]:
        return self.paths[path] if path < len(self.paths) else set()


class Aliases:
    """All merged identities of a function."""

    def __init__(self) -> None:
        self.merged: dict[Identity, Merged] = {}
        self.others: dict[Identity, set[Identity]] = {}         # what may be the same memory

    def meet(self, x: Identity, others: set[Identity], meeting: Meeting, path: int) -> None:
        """Say that `x` may be any of these, which were made before it, if control came along this path."""
        others = others - {x}
        merged = self.merged.get(x)
        if merged is None:
            merged = self.merged[x] = Merged(meeting)
            merged.meeting.members.append(x)
        while len(merged.paths) <= path:
            merged.paths.append(set())
        merged.paths[path] |= others
        found = set().union(*map(self.of, others))
        for y in merged.meeting.members:
            if y is not x and y in found and not (path < merged.meeting.compared and found & self.merged[y].along(path)):
                found.discard(y)
        for y in found - {x}:
            self.pair(x, y)

    def may_be(self, x: Identity, others: set[Identity]) -> None:
        """Say that `x` is memory of its own or any of these."""
        self.meet(x, others, Meeting(compared=0), 0)

    def pair(self, x: Identity, y: Identity) -> None:
        """Say that two identities may be the same memory."""
        self.others.setdefault(x, set()).add(y)
        self.others.setdefault(y, set()).add(x)

    def of(self, x: Identity) -> set[Identity]:
        """What may be the same memory as `x`, and `x`."""
        return {x, *self.others.get(x, ())}

    def same(self, x: Identity, y: Identity) -> bool:
        """Whether two identities may be the same memory."""
        return x == y or y in self.others.get(x, ())

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
