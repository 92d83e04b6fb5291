"""Counters: whole numbers that a loop carries and that its reverse loop finds again without a tape.

In ``p += 1`` what is added is known in the reverse loop, too. Where it is the same in every iteration of a `for` loop,
the counter is its start and a multiple of it. Elsewhere the reverse loop starts from what the counter was
at the end and takes away what was added. An inner loop adds its increment as often as it ran.
"""
from __future__ import annotations

import operator

from symgrad.ir.nodes import Op, Region, Value
from symgrad.optimize.dce import carried_count
from symgrad.transform.ranges import INT, Insert, Range, span

ARITHMETIC = (operator.add, operator.sub, operator.mul, operator.floordiv)
# what is added, with its sign; of an inner loop, how often: (range, value, sign)
Increment = tuple[Range | None, Value, int]


def counters(forward: Op, backward: Op, wanted: set[Value]) -> tuple[dict[Value, Value], list[Op]]:
    """What stands for the wanted counters of a loop in its reverse loop, and the ops that compute it."""
    body, inner = forward.regions[-1], backward.regions[0]
    first, shift = (1, 3) if forward.kind == "for" else (0, 0)
    early = 1 if forward.attrs.get("early") else 0
    there = set(body.params) | {v for op in body.ops for v in op.results}
    found: dict[Value, Value] = {}
    head = Region()
    place = Insert(head, None, backward)
    for k in range(carried_count(forward)):
        p = body.params[k + first]
        added = increments(body.yields[k + early], p) if p in wanted and p.type == INT else None
        if not added:
            continue
        again = Again(place, there, {body.params[0]: inner.params[0]} if first else {})
        parts = quantities(added)
        if not all(map(again.may, parts)):
            continue
        if forward.kind == "for" and all(v not in there or constant(v) for v in parts):
            t = place.position(inner.params[0], span(forward), False)
            found[p] = moved(place, forward.operands[k + shift], again.increments(added), t)
        else:
            backward.operands.append(forward.results[k])
            after = inner.param(INT, p.name)
            found[p] = moved(place, after, again.increments(added, -1), None)
            inner.yields.append(found[p])
            backward.add_result(INT, p.name)
        found[p].name = p.name
    again = Again(place, there, {**found, **({body.params[0]: inner.params[0]} if first else {})})
    for op in body.ops:
        for v in op.results if op.kind == "for" else ():
            start = op.operands[op.results.index(v) + 3] if op.results.index(v) < carried_count(op) else v
            added = increments(v, start) if v in wanted else None
            if added and all(map(again.may, (start, *quantities(added)))):
                again.known[v] = found[v] = moved(place, again(start), again.increments(added), None)
    return found, head.ops


def constant(v: Value) -> bool:
    return v.op is not None and v.op.kind == "const"


def quantities(added: list[Increment]) -> list[Value]:
    """The values of which increments are made."""
    return [v for r, v, _ in added for v in (v, *(() if r is None else (r.start, r.stop, r.stride)))]


class Again:
    """Whole numbers of a loop's body computed anew in its reverse loop, from the index and from what is outside."""

    def __init__(self, place: Insert, there: set[Value], known: dict[Value, Value]) -> None:
        self.place, self.there, self.known = place, there, known

    def may(self, v: Value) -> bool:
        if v not in self.there or v in self.known:
            return v.type == INT
        return v.op is not None and v.type == INT and (v.op.kind == "const" or v.op.kind == "call" and (
            v.op.fn in ARITHMETIC) and all(map(self.may, v.op.operands)))

    def increments(self, added: list[Increment], sign: int = 1) -> list[Increment]:
        return [(r and Range(self(r.start), self(r.stop), self(r.stride)), self(v), sign * s) for r, v, s in added]

    def __call__(self, v: Value) -> Value:
        if v not in self.there:
            return v
        if v not in self.known:
            assert v.op is not None
            new = Op(v.op.kind, [self(x) for x in v.op.operands], [v.type])
            new.attrs = dict(v.op.attrs)
            self.known[v] = self.place.put(new)
        return self.known[v]


def increments(v: Value, p: Value) -> list[Increment] | None:
    """What is added to `p` to give `v`; None if `v` is no such sum."""
    if v is p:
        return []
    op = v.op
    if op is None or v.type != INT:
        return None
    if op.kind == "call" and op.fn in (operator.add, operator.sub) and len(op.operands) == 2:
        a, b = op.operands
        before = increments(a, p)
        if before is not None:
            return [*before, (None, b, 1 if op.fn is operator.add else -1)]
        before = increments(b, p) if op.fn is operator.add else None
        return None if before is None else [*before, (None, a, 1)]
    if op.kind == "for" and not op.attrs.get("early") and op.results.index(v) < carried_count(op):
        k, body = op.results.index(v), op.regions[0]
        before, inside = increments(op.operands[k + 3], p), increments(body.yields[k], body.params[k + 1])
        there = set(body.params) | {x for o in body.ops for x in o.results}
        if before is None or inside is None or any(r is not None or x in there for r, x, _ in inside):
            return None
        return [*before, *((span(op), x, sign) for _, x, sign in inside)]
    return None


def moved(place: Insert, v: Value, added: list[Increment], times: Value | None) -> Value:
    """A counter with what is added to it, so many times."""
    for r, x, sign in added:
        for factor in (None if r is None else place.size(r), times):
            if factor is not None:
                x = place.product(x, factor)
        v = place.call(operator.add if sign > 0 else operator.sub, v, x, aug=True)
    return v


__all__ = ["counters"]
