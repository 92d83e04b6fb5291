"""Searches: a loop that keeps the best of its candidates is reversed in one iteration, the winner's.

In ``if s < best: best = s`` the adjoint of `best` goes to the iteration that set it last, and to no other. Where
that is all that a reverse loop has to do, every other iteration adds zeros. So the forward loop notes which iteration
was the last to take its candidate, and what its adjoint needs of it; the reverse sweep does that iteration, if there
was any. Nothing is recorded for the others.
"""
from __future__ import annotations

import operator
from typing import Any

import numpy as np

from symgrad.ir.nodes import Op, Region, Slot, Value, is_number, walk
from symgrad.ir.types import Scalar
from symgrad.optimize.dce import carried_count, mark, substitute, sweep
from symgrad.passes import runs
from symgrad.transform.blanks import blank_of
from symgrad.transform.clones import clone_region
from symgrad.transform.ranges import Insert, parts
from symgrad.transform.record import cut, demanded, recompute

LINEAR = (operator.neg, operator.pos, float, np.float64, np.float32)
TEST = {min: operator.lt, max: operator.gt}             # whether the second of two takes the place of the first


def search(r: Any, forward: Op, backward: Op, carried: list[int]) -> Op | None:
    """The branch that does what a reverse loop does, where only one iteration matters; `carried` are those with adjoints."""
    if not runs("searches") or forward.kind != "for" or not carried:
        return None
    none = outside(forward)
    found = [choice(forward, k) for k in carried]
    first = found[0]
    if first is None or none is None or any(c is None or (c.op, c.arm) != (first.op, first.arm) for c in found):
        return None
    inner = backward.regions[0]
    not_taken, taken = Assuming(first, False), Assuming(first, True)
    adjoints = inner.params[1:]
    for k, (p, y) in enumerate(zip(adjoints, inner.yields)):
        if not not_taken.same(y, p) or k < len(carried) and not taken.zero(y):
            return None
    return winner(r, forward, backward, first, len(carried), none)


class Choice:
    """A carried value that an iteration either leaves as it is or replaces."""

    def __init__(self, op: Op, arm: int, operands: tuple[Value, ...] = ()) -> None:
        self.op = op                    # an `if`, or a call of min or max
        self.arm = arm                  # the arm that replaces
        self.operands = operands        # of a call: the candidate and the value so far

    def arm_of(self, op: Op, taken: bool) -> int | None:
        """Which arm of a branch is run where this choice was so; None if it does not say."""
        test = op.operands[0]
        if self.op.kind == "if":
            return (self.arm if taken else 1 - self.arm) if test is self.op.operands[0] else None
        made = test.op
        if made is None or made.kind != "call" or made.fn is not TEST[self.op.fn] or tuple(made.operands) != self.operands:
            return None
        return 0 if taken else 1


def choice(forward: Op, k: int) -> Choice | None:
    """How carried value number `k` of a loop is chosen."""
    body = forward.regions[0]
    p, y = body.params[k + 1], body.yields[k + (1 if forward.attrs.get("early") else 0)]
    op = y.op
    if op is None or op not in body.ops or not isinstance(y.type, Scalar):
        return None
    if op.kind == "if" and not op.attrs.get("attempt"):
        yields = [region.yields[op.results.index(y)] for region in op.regions]
        return Choice(op, 1 - yields.index(p)) if yields.count(p) == 1 else None
    if op.kind == "call" and op.fn in TEST and op.operands[0] is p and len(op.operands) == 2 and op.operands[1] is not p \
            and op.attrs["args"] == (Slot(0), Slot(1)) and not op.attrs["kwargs"]:
        return Choice(op, 0, (op.operands[1], p))
    return None


class Assuming:
    """What follows for the values of a reverse loop's body from a choice."""

    def __init__(self, choice: Choice, taken: bool) -> None:
        self.choice, self.taken = choice, taken
        self.zeros: set[Value] = set()          # parameters of loops that are zero
        self.entered: set[Op] = set()

    def arms(self, op: Op) -> list[Region]:
        arm = self.choice.arm_of(op, self.taken)
        return op.regions if arm is None else [op.regions[arm]]

    def zero(self, v: Value) -> bool:
        """Whether a value is zero."""
        op = v.op
        if op is None:
            return v in self.zeros
        if op.kind == "const":
            return type(op.attrs.get("value")) in (int, float) and op.attrs["value"] == 0
        if op.kind == "if":
            return all(self.zero(arm.yields[op.results.index(v)]) for arm in self.arms(op))
        if op.kind == "for" and op.results.index(v) < carried_count(op):
            self.enter(op)
            return op.regions[0].params[op.results.index(v) + 1] in self.zeros
        if op.kind == "accumulate" or op.kind == "call" and op.fn in (operator.add, operator.sub):
            return all(map(self.zero, op.operands))
        if op.kind == "call" and op.fn is operator.mul:
            return any(map(self.zero, op.operands))
        return op.kind == "call" and (op.fn is operator.truediv or op.fn in LINEAR) and self.zero(op.operands[0])

    def enter(self, loop: Op) -> None:
        """Find out which of the numbers that a loop carries are zero all the time."""
        if loop in self.entered:
            return
        self.entered.add(loop)
        early = 1 if loop.attrs.get("early") else 0
        left = {p: y for x, p, y in zip(loop.operands[3:], loop.regions[0].params[1:], loop.regions[0].yields[early:])
                if isinstance(p.type, Scalar) and self.zero(x)}
        self.zeros.update(left)
        while wrong := [p for p, y in left.items() if not self.zero(y)]:
            self.zeros.difference_update(wrong)
            for p in wrong:
                del left[p]

    def same(self, v: Value, start: Value) -> bool:
        """Whether a value is `start`, with nothing but zeros added."""
        if v is start:
            return True
        op = v.op
        if op is None:
            return False
        if op.kind == "if":
            return all(self.same(arm.yields[op.results.index(v)], start) for arm in self.arms(op))
        if op.kind == "for" and op.results.index(v) < carried_count(op):
            self.enter(op)
            k, body = op.results.index(v), op.regions[0]
            return self.same(op.operands[k + 3], start) and self.same(
                body.yields[k + (1 if op.attrs.get("early") else 0)], body.params[k + 1])
        if op.kind == "accumulate" or op.kind == "call" and op.fn is operator.add:
            a, b = op.operands
            return self.same(a, start) and self.zero(b) or self.same(b, start) and self.zero(a)
        return op.kind == "store" and bool(op.attrs.get("add")) and self.same(op.operands[0], start) and self.zero(
            op.operands[1])


def outside(forward: Op) -> int | None:
    """A number that is no index of a loop."""
    start, stop, step = forward.operands[:3]
    for s, end in ((1, start), (-1, stop)):
        base, c = parts(end)
        if is_number(step, s) and base is None:
            return c - 1 if s == 1 else c
    return None


def winner(r: Any, forward: Op, backward: Op, made: Choice, n: int, none: int) -> Op | None:
    """Reverse the iteration that was chosen last; None where that would need more of it than numbers.

    `none` is no index of the loop: what stands for the iteration where there was none.
    """
    body, inner = forward.regions[0], backward.regions[0]
    mapping = dict(zip(inner.params, [body.params[0], *backward.operands[3:]]))
    region = clone_region(inner, mapping)
    for new, old in zip(walk(region), walk(inner)):
        new.again = old.again
    substitute(region, dict(zip(region.params, [body.params[0], *backward.operands[3:]])))
    region.params = []
    decide(region, Assuming(made, True))
    region.yields[:n] = backward.operands[3:3 + n]                      # zeros of their types, below
    sweep(region, mark(region))
    before = {v for op in body.ops[:body.ops.index(made.op)] for v in op.results} | set(body.params)
    index = body.params[0]
    wanted = [v for v in demanded(region, body) if v is not index]
    recorded, again = cut(r.costs, body, wanted, r.costs.weights.hand_out, frozenset([index]))
    if any(not isinstance(v.type, Scalar) or v not in before for v in recorded):
        return None
    kept = carry(r, forward, made, [index, *recorded], none)
    found = dict(zip([index, *recorded], kept))
    recompute(again, region, found)
    substitute(region, found)
    for k in range(n):
        zero = Op("const", (), [region.yields[k].type], value=0.0)
        zero.adjoint = True
        region.ops.append(zero)
        region.yields[k] = zero.result
    place = Insert(r.b.region, None, backward)
    test = place.call(operator.ne, kept[0], place.const(none))
    test.type = Scalar("bool")
    other = Region()
    other.yields = list(backward.operands[3:])
    branch = Op("if", [test], (), [region, other], span=backward.span)
    branch.adjoint = True
    for v in backward.results:
        v.op = branch
    branch.results = list(backward.results)
    return branch


def decide(region: Region, assuming: Assuming) -> None:
    """Put the arms that are run in the place of the branches that are decided."""
    replaced: dict[Value, Value] = {}
    ops: list[Op] = []
    for op in region.ops:
        arms = assuming.arms(op) if op.kind == "if" else op.regions
        for arm in arms:
            decide(arm, assuming)
        if op.kind == "if" and len(arms) == 1:
            ops += arms[0].ops
            replaced.update(zip(op.results, arms[0].yields))
        else:
            ops.append(op)
    region.ops = ops
    substitute(region, replaced)


def carry(r: Any, forward: Op, made: Choice, values: list[Value], none: int) -> list[Value]:
    """What values were in the iteration that was chosen last; the first is `none` if there was none."""
    body, home = forward.regions[0], r.homes[forward]
    early, n = 1 if forward.attrs.get("early") else 0, carried_count(forward)
    op = made.op
    if op.kind == "call":                       # min(best, s) is s where that is less
        so_far = op.operands[0]
        test = Insert(body, op, op).call(TEST[op.fn], op.operands[1], so_far)
        test.type = Scalar("bool")
        arms = [Region(), Region()]
        arms[0].yields, arms[1].yields = [op.operands[1]], [so_far]
        op.kind, op.operands, op.attrs, op.regions = "if", [test], {}, arms
        for arm in arms:
            arm.parent = op
        made = Choice(op, 0)
    results = []
    for k, v in enumerate(values):
        start = Op("const", (), [v.type], value=none) if k == 0 else blank_of(v.type)
        home.ops.insert(home.ops.index(forward), start)
        forward.operands.append(start.result)
        name = v.name if k else (v.name or "i") + "_best"
        p = body.param(v.type, name)
        for arm in op.regions:
            arm.yields.append(v if op.regions.index(arm) == made.arm else p)
        body.yields.insert(early + n + k, op.add_result(v.type, name))
        results.append(Value(v.type, forward, name))
    forward.results[n:n] = results
    return results


__all__ = ["search"]
