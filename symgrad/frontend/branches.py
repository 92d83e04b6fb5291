"""Branches: run both arms on copies of the state and merge what differs."""
from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from symgrad.frontend.aliases import Meeting
from symgrad.frontend.lowering import Certain, Conflict, Lowering
from symgrad.frontend.merging import (
    NoTemplate,
    common,
    contents_template,
    fill_cell,
    fit_cell,
    leaves,
    relate,
    template,
)
from symgrad.frontend.recursion import NotYetKnown
from symgrad.frontend.values import UNDEF, Static
from symgrad.ir.nodes import Op, Region, Value
from symgrad.ir.types import located

RESULT = ("result",)
CONTROL = ("jump", "stop", "returned", "broke")     # how control leaves: see `statements`


def branch(lw: Lowering, condition: Value, then: Callable[[], Any], otherwise: Callable[[], Any],
           attempt: tuple[Any, ...] | None = None, origin: Any = None) -> Any:
    """Lower a branch; what the two functions return merges to what this returns.

    With `attempt`, the second arm is where the first one raises one of these exceptions: see `exceptions`.
    `origin` is the statement to lower with more care where what follows depends on the way that was taken. In an arm
    of a branch, another branch on the same condition is the arm that it takes.
    """
    known = lw.decided.get(condition)
    if known is not None:
        know(lw, condition, known)
        return (then if known else otherwise)()
    before = lw.cells
    regions, states, unknown = [Region(), Region()], [], 0
    mark = len(lw.saved)
    lw.saved.append(before)
    for region, arm in zip(regions, (then, otherwise)):
        lw.cells = dict(before)
        know(lw, condition, arm is then)
        with lw.b.nested(region), decided(lw, condition, arm is then):
            try:
                lw.cells[RESULT] = arm()
            except NotYetKnown:                     # a path that calls itself: the other one is the base case
                unknown += 1
                lw.cells.update({("dead",): Static(True), ("jump",): Static(True), RESULT: Static(None)})
            except Certain as error:
                from symgrad.frontend.exceptions import certain
                certain(lw, error)
                lw.cells[RESULT] = Static(None)
        states.append(lw.cells)
        del lw.saved[mark + 1:]
    del lw.saved[mark:]
    if unknown == 2:
        raise NotYetKnown
    op = Op("if", [condition], (), regions, span=lw.span())
    op.adjoint = lw.b.adjoint
    if attempt is not None:
        op.attrs.update(attempt=attempt, effect=True)
    dead = [bool(s.get(("dead",)) == Static(True)) for s in states]
    if attempt is not None and sum(dead) == 1:
        # what is bound in the arm that goes on; the other one has no say
        gone, stays = dead.index(True), states[dead.index(False)]
        states[gone] = {k: v for k, v in before.items() if k[0] in ("root", "obj", "outer")} | {
            k: v for k, v in stays.items() if not isinstance(v, Value) and k[0] in (*CONTROL, "result", "poison")}
        lw.cells = dict(before)
        lw.b.region.ops.append(op)
        merge(lw, op, before, states, origin)
    elif any(dead):
        # an arm that raises has no say in what follows
        lw.cells = dict(states[dead.index(False)] if not all(dead) else states[0])
        alive = dead.index(False) if not all(dead) else None
        hoist(lw, op, alive)
    else:
        lw.cells = dict(before)
        lw.b.region.ops.append(op)
        merge(lw, op, before, states, origin)
    return lw.cells.pop(RESULT)


def know(lw: Lowering, condition: Value, holds: bool) -> None:
    """What says how control leaves, and is this condition, is known in an arm."""
    for key, cell in list(lw.cells.items()):
        if cell is condition and key[0] in CONTROL:
            lw.cells[key] = Static(holds)


@contextmanager
def decided(lw: Lowering, condition: Value, holds: bool) -> Iterator[None]:
    """Note in which arm we are; the condition may be the opposite of another."""
    saved, lw.decided = lw.decided, {**lw.decided, condition: holds}
    if condition.op is not None and condition.op.kind == "call" and condition.op.fn is operator.not_:
        lw.decided[condition.op.operands[0]] = not holds
    try:
        yield
    finally:
        lw.decided = saved


def hoist(lw: Lowering, op: Op, alive: int | None) -> None:
    """An arm raised: the other arm's ops follow the `if`, not nested in it."""
    if alive is None:
        lw.b.region.ops.append(op)
        lw.cells["dead",] = Static(True)
        return
    op.attrs["raises"] = 1 - alive
    lw.b.region.ops.append(op)
    inner = op.regions[alive]
    op.regions[alive] = Region(op)
    lw.b.region.ops.extend(inner.ops)
    for o in inner.ops:
        if o.key is not None:
            lw.b.region.known.setdefault(o.key, o)


def merge(lw: Lowering, op: Op, before: dict[Any, Any], states: list[dict[Any, Any]], origin: Any = None) -> None:
    """Merge the cells of two arms; each leaf that differs is a result of the `if`."""
    for state in states:                            # what the other arm was the first to read
        state.update({k: v for k, v in before.items() if k not in state and k[0] in ("root", "obj", "outer")})
    keys = dict.fromkeys([*states[0], *states[1]])
    plans, meeting = [], Meeting(origin)
    for key in keys:
        a, b = states[0].get(key, UNDEF), states[1].get(key, UNDEF)
        if a is b or a == b:
            lw.cells[key] = a
            continue
        if before.get(key) is op.operands[0] and (a, b) == (Static(True), Static(False)):
            lw.cells[key] = op.operands[0]
            continue
        if key not in before and key[0] in ("root", "obj", "poison"):
            lw.cells[key] = a if a is not UNDEF else b        # made in one arm; names lead to it or not
            continue
        if key[0] == "taken":
            lw.cells[key] = Static(None)            # out of a list on one path only
            continue
        if key[0] in ("poison", "entangled"):
            lw.cells[key] = a if isinstance(a, Static) and a.obj is not None else b
            continue
        if isinstance(a, Conflict) or isinstance(b, Conflict):
            unsettled = a if isinstance(a, Conflict) else b
            on_both = isinstance(a, Conflict) and isinstance(b, Conflict)
            lw.cells[key] = unsettled if on_both or origin is None else Conflict(unsettled.message, origin)
            continue
        try:
            plans.append((key, a, b, joint_template(lw, key, a, b, states)))
        except NoTemplate:
            lw.cells[key] = conflict(key, origin)
    columns: list[list[Value]] = [[], []]
    for arm, (region, state) in enumerate(zip(op.regions, states)):
        saved, lw.cells = lw.cells, state
        with lw.b.nested(region):
            for key, a, b, t in plans:
                fit_cell(lw, key, t, (a, b)[arm], columns[arm])
        region.yields = columns[arm]
        lw.cells = saved
    for key, a, b, t in plans:
        count = len(leaves(t))
        start = len(op.results)
        values = []
        for n, leaf in enumerate(leaves(t)):
            name = lw.name_of(key) if count == 1 else ""
            name = name or columns[0][start + n].name
            values.append(result := op.add_result(leaf.type, name))
            result.type = located(leaf.type, result.id)
        filled = fill_cell(lw, key, t, values)
        lw.cells[key] = filled
        if key[0] != "root":
            for arm, (state, old) in enumerate(zip(states, (a, b))):
                for k, v in state.items():
                    if k[0] in ("obj", "root"):
                        lw.cells.setdefault(k, v)
                relate(lw, filled, old, state, meeting, arm)


def conflict(key: Any, origin: Any = None) -> Conflict:
    name = repr(key[2]) if key[0] == "var" else "this"
    return Conflict(f"{name} is not the same kind of thing on the paths that meet before this line", origin)


def joint_template(lw: Lowering, key: Any, a: Any, b: Any, states: list[dict[Any, Any]]) -> Any:
    parts = []
    for x, state in zip((a, b), states):
        saved, lw.cells = lw.cells, state
        with lw.b.nested(Region()):                 # what is read for its type is not read here: the arm is over
            parts.append(contents_template(lw, x, key) if key[0] == "obj" else template(lw, x, key))
        lw.cells = saved
    if key[0] == "obj":
        from symgrad.frontend.merging import common_contents
        return common_contents(lw, *parts)
    return common(lw, *parts)


__all__ = ["RESULT", "branch", "joint_template", "merge"]
