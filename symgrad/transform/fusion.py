"""Reverse loops whose iterations may run in any order: they become one loop with the forward loop, or count upwards.

Where no iteration's adjoint depends on another iteration, each iteration is reversed right after it was run, and there
is nothing to keep. Where that cannot be, as the reverse loop needs what is known only after the forward loop, it runs
in the forward loop's direction.
"""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symgrad.analysis.aliasing import consumes
from symgrad.ir.nodes import Op, Region, Value, captured, walk
from symgrad.optimize.dce import carried_count, has_effect, substitute
from symgrad.transform.record import defined


def fuse(r: Any, forward: Op, backward: Op, scratch: Mapping[int, Value]) -> bool:
    """Reverse each iteration right after it is run, where no iteration's adjoint waits for another's."""
    region: Region = r.b.region
    if forward not in region.ops or not any_order(backward, scratch):
        return False
    at = region.ops.index(forward)
    later = [op for op in region.ops[at + 1:] if op is not backward]
    dependent: set[Value] = set(forward.results)
    waits = []
    ready = {zeros: before for j, before in scratch.items() if (zeros := backward.operands[3 + j].op) is not None}
    for op in later:
        if op in ready:
            continue
        needs = [*op.operands, *(v for x in op.regions for v in captured(x))]
        if any(v in dependent for v in needs):
            dependent.update(op.results)
            waits.append(op)
    inner = backward.regions[0]
    if any(v in dependent for v in [*backward.operands, *captured(inner)]):
        return False
    free = [op for op in later if op not in waits]
    if any(map(has_effect, free)) and any(map(has_effect, [*waits, forward])):
        return False
    if forward.attrs.get("early") and any(consumes(o) for o in walk(forward.regions[-1])):
        return False
    for zeros, before in ready.items():
        zeros.operands[0] = before
    region.ops = [*region.ops[:at], *free, forward, *waits]
    n, early = carried_count(forward), 1 if forward.attrs.get("early") else 0
    body = forward.regions[-1]
    if forward.kind == "for":
        substitute(inner, {inner.params[0]: body.params[0]})
    for k, (init, p, y, result) in enumerate(zip(backward.operands[3:], inner.params[1:], inner.yields,
                                                 backward.results)):
        forward.operands.append(init)
        p.region = body
        body.params.append(p)
        for test in forward.regions[:-1]:
            test.param(p.type, p.name)
        body.yields.insert(early + n + k, y)
        result.op = forward
        forward.results.insert(n + k, result)
    body.ops.extend(inner.ops)
    for op in inner.ops:
        for x in op.regions:
            x.parent = op
    return True


def run_upwards(forward: Op, backward: Op, scratch: Mapping[int, Value]) -> None:
    """A reverse loop whose iterations may run in any order counts upwards, as the forward loop does."""
    body = backward.regions[0]
    if forward.kind != "for" or forward.attrs.get("early") or backward.attrs.get("backwards"):
        return
    if any(o.kind == "reload" and len(o.operands) == 1 for o in body.ops) or not any_order(
            backward, scratch):
        return
    backward.operands[:3] = forward.operands[:3]


def any_order(op: Op, scratch: Mapping[int, Value]) -> bool:
    """Whether a loop only adds to what it carries, `scratch` aside, so that its iterations may run in any order."""
    first = 1 if op.kind == "for" else 0
    body = op.regions[-1]
    return all(k in scratch or only_added_to(body, body.params[k + first], body.yields[k])
               for k in range(carried_count(op)))


def only_added_to(region: Region, v: Value, end: Value) -> bool:
    """Whether a loop's body adds to what it carries or reads it, and not both: `v` comes in, `end` goes on."""
    return passage(region, v, end) in (set(), {"added"}, {"read"})


def passage(region: Region, v: Value, end: Value) -> set[str]:
    """What happens to a value on its way through a region: "added" to, "read", "other"."""
    found: set[str] = set()
    now, user = end, None                     # a version, and what takes it on to the next
    while True:
        users = uses_of(region, now)
        if set(users) != {user} or len(users) > 1 and (user is None or user.kind != "if"):     # once in each arm
            found.add("read")
        if now is v:
            return found
        user = now.op
        if user is None or user not in region.ops:
            return {"other"}
        if user.kind == "accumulate" or (user.kind == "store" and user.attrs.get("add")):
            found.add("added")
            now = user.operands[0]
        elif user.kind == "for":
            k, body = user.results.index(now), user.regions[0]
            if k >= carried_count(user):
                return {"other"}
            found |= passage(body, body.params[k + 1], body.yields[k + bool(user.attrs.get("early"))])
            now = user.operands[k + 3]
        elif user.kind == "if":
            k, outside = user.results.index(now), defined(region)
            starts = {origin(arm, arm.yields[k]) for arm in user.regions}
            now = starts.pop()
            if starts or now not in outside:
                return {"other"}
            for arm in user.regions:
                found |= passage(arm, now, arm.yields[k])
        else:
            return {"other"}


def origin(arm: Region, v: Value) -> Value:
    """The version from outside of an arm that one of its versions was made from."""
    while v.op is not None and v.op in arm.ops:
        op = v.op
        if op.kind == "for" and op.results.index(v) < carried_count(op):
            v = op.operands[op.results.index(v) + 3]
        elif op.kind in ("accumulate", "store"):
            v = op.operands[0]
        else:
            break
    return v


def uses_of(region: Region, v: Value) -> list[Op | None]:
    """The ops that use a value, each as often as it does; None for the region's yields."""
    found: list[Op | None] = []
    for op in region.ops:
        found += [op] * (op.operands.count(v) + sum(captured(r).count(v) for r in op.regions))
    return found + [None] * region.yields.count(v)


__all__ = ["fuse", "passage", "run_upwards"]
