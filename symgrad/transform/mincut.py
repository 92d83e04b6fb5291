"""Minimum cut, for deciding what to record (Dinic's algorithm; the graphs are small).

E. A. Dinic, Algorithm for solution of a problem of maximum flow in networks, 1970.
"""
from __future__ import annotations

from collections import deque
from collections.abc import Hashable

INFINITE = 1e12


class Network:
    """A flow network; `source_side` says which nodes a minimum cut leaves with the source."""

    def __init__(self) -> None:
        self.ids: dict[Hashable, int] = {}
        self.edges: list[list[int]] = []
        self.to: list[int] = []
        self.capacity: list[float] = []

    def node(self, name: Hashable) -> int:
        if name not in self.ids:
            self.ids[name] = len(self.edges)
            self.edges.append([])
        return self.ids[name]

    def edge(self, a: Hashable, b: Hashable, capacity: float) -> None:
        i, j = self.node(a), self.node(b)
        for x, y, c in ((i, j, capacity), (j, i, 0.0)):
            self.edges[x].append(len(self.to))
            self.to.append(y)
            self.capacity.append(c)

    def source_side(self, source: Hashable, sink: Hashable) -> set[Hashable]:
        s, t = self.node(source), self.node(sink)
        while True:
            level = self._levels(s)
            if level[t] < 0:
                break
            position = [0] * len(self.edges)
            while self._push(s, t, INFINITE, level, position) > 0:
                pass
        level = self._levels(s)
        return {name for name, i in self.ids.items() if level[i] >= 0}

    def _levels(self, s: int) -> list[int]:
        level = [-1] * len(self.edges)
        level[s] = 0
        queue = deque([s])
        while queue:
            v = queue.popleft()
            for e in self.edges[v]:
                if self.capacity[e] > 1e-9 and level[self.to[e]] < 0:
                    level[self.to[e]] = level[v] + 1
                    queue.append(self.to[e])
        return level

    def _push(self, v: int, t: int, flow: float, level: list[int], position: list[int]) -> float:
        if v == t:
            return flow
        while position[v] < len(self.edges[v]):
            e = self.edges[v][position[v]]
            w = self.to[e]
            if self.capacity[e] > 1e-9 and level[w] == level[v] + 1:
                pushed = self._push(w, t, min(flow, self.capacity[e]), level, position)
                if pushed > 0:
                    self.capacity[e] -= pushed
                    self.capacity[e ^ 1] += pushed
                    return pushed
            position[v] += 1
        return 0.0
