"""Which values of the primal the adjoint is handed, and which it computes again.

An adjoint region refers to values of a primal region. Each of them is recorded or
computed again; a minimum cut over the primal region's DAG finds the cheapest
mixture (a recorded value costs a store and a load, a recomputed one its op and
whatever it needs in turn). Nothing is kept that can be had otherwise.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping

from symgrad.ir.nodes import Op, Region, Value, captured
from symgrad.passes import runs
from symgrad.transform.clones import clone
from symgrad.transform.costs import Costs
from symgrad.transform.mincut import INFINITE, Network
from symgrad.transform.undo import uses

NOTHING: Mapping[Value, Value] = {}


def demanded(inner: Region, primal: Region) -> list[Value]:
    """The values of a primal region that an adjoint region refers to."""
    there = defined(primal)
    return [v for v in captured(inner) if v in there]


def defined(region: Region) -> set[Value]:
    return set(region.params) | {r for op in region.ops for r in op.results}


def homes(region: Region) -> dict[Op, Region]:
    """The region that each op with regions stands in."""
    out: dict[Op, Region] = {}

    def visit(r: Region) -> None:
        for op in r.ops:
            if op.regions:
                out[op] = r
            for inner in op.regions:
                visit(inner)
    visit(region)
    return out


def reachable(wanted: list[Value], there: set[Value]) -> list[Value]:
    """Values of a region, and all that they are computed from in it."""
    seen = dict.fromkeys(wanted)
    todo = list(wanted)
    while todo:
        op = todo.pop().op
        if op is None:
            continue
        for u in [*op.operands, *(x for r in op.regions for x in captured(r))]:
            if u in there and u not in seen:
                seen[u] = None
                todo.append(u)
    return list(seen)


def cut(costs: Costs, region: Region, wanted: list[Value], cheap: float, free: frozenset[Value] = frozenset(),
        instead: Mapping[Value, Value] = NOTHING,
        gone: Callable[[Op, Value], float] = lambda op, v: 0.0) -> tuple[list[Value], list[Value]]:
    """Which of a region's values to record, and which to recompute, so that `wanted` can be had.

    The values in `free` are there anyway. A value in `instead` is had as that other value is made. What is
    around the region is there; `gone` says what it costs that memory has other contents when an op is done again.
    """
    net = Network()
    there = defined(region) - free
    todo, seen = list(wanted), set(wanted)
    for v in wanted:
        net.edge("source", ("need", v), INFINITE)
    while todo:
        v = todo.pop()
        net.edge(("need", v), ("again", v), costs.record(v, cheap))
        op = instead.get(v, v).op
        again = INFINITE if op is None else costs.recompute(op)
        if 0.0 < again and v not in instead and not runs("cut"):
            again = INFINITE
        net.edge(("again", v), "sink", again)
        if op is None or again >= INFINITE:
            continue
        needs = [*op.operands, *(u for r in op.regions for u in captured(r))]
        for u in dict.fromkeys(needs):
            if u not in there:
                net.edge(("again", v), "sink", gone(op, u))
            if u in there:
                net.edge(("again", v), ("need", u), INFINITE)
                if u not in seen:
                    seen.add(u)
                    todo.append(u)
    side = net.source_side("source", "sink")
    again_values = [v for v in seen if ("again", v) in side]
    recorded = [v for v in seen if ("need", v) in side and ("again", v) not in side]
    position = {v: (i, j) for i, op in enumerate(region.ops) for j, v in enumerate(op.results)}

    def place(v: Value) -> tuple[int, int]:
        return position.get(v, (-1, region.params.index(v) if v in region.params else 0))
    return sorted(recorded, key=place), in_order(sorted(again_values, key=place), instead)


def in_order(values: list[Value], instead: Mapping[Value, Value]) -> list[Value]:
    """Values that are to be computed again, each after those that it needs: what is made instead may need later ones."""
    again, out = set(values), dict[Value, None]()

    def visit(v: Value) -> None:
        op = instead.get(v, v).op
        for u in uses(op) if op is not None and v not in out else ():
            if u in again and u is not v:
                visit(u)
        out[v] = None

    for v in values:
        visit(v)
    return list(out)


def recompute(values: list[Value], into: Region, mapping: dict[Value, Value],
              instead: Mapping[Value, Value] = NOTHING) -> None:
    """Put the ops that make `values` at the start of a region."""
    made: dict[Op, Op] = {}
    for v in values:
        op = instead.get(v, v).op
        if op is None:
            continue
        if op not in made:
            made[op] = clone(op, mapping)
        if v in instead:
            mapping[v] = mapping[instead[v]]
    into.ops[:0] = made.values()


__all__ = ["NOTHING", "cut", "defined", "demanded", "homes", "reachable", "recompute"]
