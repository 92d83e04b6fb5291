"""Arrays that a reverse loop carries backwards: what was overwritten is put back, one store at a time.

Where something overwrites what was read, the reverse loop either has each read recorded, or it is given the array as
the loops leave it and undoes the stores that may have hit what was read. An elimination that swaps rows
reads every element many times and swaps each row once: what a swap overwrites is recorded, not what is read. The
array that is carried equals the version at hand in those elements only that are asked for: stores that hit none of
them are not undone.
"""
from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any

from symgrad.analysis.dependence import Chain, Level, reads_all
from symgrad.frontend.indexing import path_type
from symgrad.frontend.lowering import shift
from symgrad.ir.infer import dim_length
from symgrad.ir.nodes import Op, Region, Value, captured, freeze, walk
from symgrad.ir.types import Array, dims_of
from symgrad.optimize.dce import substitute
from symgrad.structs import field, struct

LENGTH = 32.0                   # what a loop or an axis is taken to have of iterations or elements
UNDO, UNDO_NUMBER = 1.5, 2.5    # to put something back, in units of recording it; a number is read slower from an array


@struct()
class Undo:
    """An array that a reverse loop carries backwards."""

    chain: Chain
    stores: dict[Op, None] = field(default_factory=dict)        # those in the loop's body that are undone
    result: Value | None = None                                 # the version before the loop, once that is built


@struct(frozen=True)
class Read:
    """A version that an op needs, as far as the op reads it."""

    version: Value
    op: Op


@struct()
class Plan:
    """Where an array is carried backwards, so that some reads find what they read."""

    chain: Chain                                # what the innermost loop carries that undoes a part
    version: Value                              # the version there that has what is read
    stores: dict[Op, dict[Op, None]]            # by loop
    loops: list[tuple[Op, Chain]]


class Undoing:
    """Decides for the loops of a function what is undone."""

    def __init__(self, r: Any) -> None:
        self.r = r
        self.dependence = r.dependence
        self.loops: dict[tuple[Op, int], Undo] = {}
        self.kept: set[Op] = r.costs.kept       # loads of what is overwritten: they are recorded, whatever else

    def of(self, loop: Op) -> list[Undo]:
        """What the reverse of a loop carries backwards."""
        return [u for (op, _), u in self.loops.items() if op is loop]

    # -- decisions ---------------------------------------------------------------------------------

    def decide(self, loop: Op, groups: list[tuple[float, list[Read]]]) -> dict[Read, Value]:
        """Undo what is cheaper to undo than to record; what costs that much to record is read by these.

        Returns the versions from which reads are had then, where it is not the one that they read.
        """
        chains: dict[Value, list[tuple[float, list[Read]]]] = {}
        for cost, reads in groups:
            found = {self.dependence.chain(loop, read.version) for read in reads}
            if len(found) == 1 and None not in found:
                (chain,) = found
                chains.setdefault(loop.regions[-1].params[chain.k + (1 if loop.kind == "for" else 0)], []).append(
                    (cost, reads))
        moved: dict[Read, Value] = {}
        for mine in chains.values():
            plans = {read: self.plan(loop, read) for _, reads in mine for read in reads}
            usable = [(cost, reads) for cost, reads in mine if all(plans[read] is not None for read in reads)]
            kept = [plans[read] for _, reads in usable for read in reads]
            stores = {op: around for plan in kept if plan is not None for around, ops in plan.stores.items() for op in ops}
            price = sum(self.price(op, around) for op, around in stores.items() if not self.undone(op, around))
            if usable and price < sum(cost for cost, _ in usable):
                for _, reads in usable:
                    for read in reads:
                        plan = plans[read]
                        assert plan is not None
                        self.register(plan)
                        if plan.chain.loop is not loop:
                            moved[read] = plan.version
        return moved

    def undone(self, op: Op, loop: Op) -> bool:
        return any(op in u.stores for u in self.of(loop))

    def register(self, plan: Plan) -> None:
        for loop, chain in plan.loops:
            undo = self.loops.setdefault((loop, chain.k), Undo(chain))
            undo.stores.update(plan.stores.get(loop, {}))

    def price(self, op: Op, loop: Op) -> float:
        t = self.overwritten(op)
        return (UNDO if isinstance(t, Array) else UNDO_NUMBER) * self.size(loop, t)

    def size(self, loop: Op, t: Any) -> float:
        """How many numbers it is to record a value of a type in each iteration of a loop."""
        depth, around = 0, loop
        while around is not None:
            depth, around = depth + 1, self.dependence.loop_around(around)
        return float(LENGTH ** (depth + len(dims_of(t))))

    def overwritten(self, store: Op) -> Any:
        """The type of what a store overwrites."""
        return path_type(store.operands[0].type, shift(store.attrs["path"], -2), tuple(store.operands[2:]), self.r.lw)

    def plan(self, loop: Op, read: Read) -> Plan | None:
        """What has to be undone for one read, in a loop or in those around it only; None where that cannot be."""
        levels = self.levels(loop, read)
        first = next((n for n, level in enumerate(levels) if level.conflicts), len(levels) - 1)
        inside = set(walk(levels[first - 1].chain.loop.regions[-1])) if first > 0 else set()
        if reads_all(read.op.again or read.op, read.version) or any(
                w.op in inside for level in levels for w in level.conflicts):
            first = 0
        return self.plan_from(levels[first:])

    def plan_from(self, levels: list[Level]) -> Plan | None:
        """What has to be undone in these loops, the innermost first."""
        loops = [(level.chain.loop, level.chain) for level in levels]
        for (inner, _), (outer, _) in itertools.pairwise(loops):
            if self.dependence.homes[inner] is not outer.regions[-1]:
                return None
        stores: dict[Op, dict[Op, None]] = {}
        for level in levels:
            for w in level.conflicts:
                home = next((op for op, _ in reversed(w.around) if op.kind != "if"), level.chain.loop)
                if w.op.kind != "store" or home not in [op for op, _ in loops] \
                        or any(op.attrs.get("attempt") for op, _ in w.around):
                    return None
                stores.setdefault(home, {})[w.op] = None
        if not levels:
            return None
        chain, version = levels[0].chain, levels[0].version
        if any(w.op in stores.get(chain.loop, {}) and same_branch(chain, version, w.around) for w in chain.later(version)):
            return None
        return Plan(chain, lifted(chain, version), stores, loops)

    def levels(self, loop: Op, read: Read) -> list[Level]:
        """The loops around a read that carry what it reads, if all are understood."""
        levels = list(self.dependence.levels(loop, read.version, read.op.again or read.op))
        if not levels or self.dependence.homes[levels[-1].chain.loop] is not self.dependence.top:
            return []
        return levels

    def covers(self, loop: Op, version: Value, read: Op) -> bool:
        """Whether all that may hit a read is undone in a loop and those around it."""
        plan = self.plan_from(self.levels(loop, Read(version, read)))
        return plan is not None and plan.chain.loop is loop and all(
            self.undone(op, home) for home, ops in plan.stores.items() for op in ops)

    def results(self, region: Region) -> list[Value]:
        """The arrays that loops of a region have carried backwards."""
        return [u.result for u in self.loops.values() if u.result is not None and u.result.op in region.ops]

    def carried_in(self, op: Op) -> bool:
        """Whether an op is a reverse loop that carries an array backwards."""
        return any(u.result is not None and u.result.op is op for u in self.loops.values())


def lifted(chain: Chain, version: Value) -> Value:
    """The version that a branch leaves, where that is all that comes after a version made in it."""
    arms = chain.arms[version]
    if not arms:
        return version
    return next(v for v in arms[0][0].results if v in chain.number)


def same_branch(chain: Chain, version: Value, around: Iterable[Any]) -> bool:
    """Whether a version is made in a branch of a loop's body, and a write in the same one."""
    arms = chain.arms[version]
    return bool(arms) and next(iter(around), None) == arms[0]


# -- building ----------------------------------------------------------------------------------------


@struct()
class Undone:
    """One op of a body undone: by ops of its own, or by the reverse loop that is there anyway."""

    place: int
    loop: Op | None
    ops: list[Op]
    result: Value


class Backwards:
    """The undoing of one array in the body of a reverse loop."""

    def __init__(self, undoing: Undoing, undo: Undo, backward: Op, branch: Callable[[Any, Op, Op], None]) -> None:
        self.undoing, self.undo, self.branch = undoing, undo, branch
        self.r, self.chain, self.backward = undoing.r, undo.chain, backward
        self.body, self.inner = self.chain.loop.regions[-1], backward.regions[0]
        self.there = {*self.body.params, *(v for op in self.body.ops for v in op.results)}
        self.recorded = {                           # versions that undoing does not give
            v for op in walk(self.inner) for v in op.operands if v in self.there and v in self.chain.number
            and not undoing.carried_in(op) and not undoing.covers(self.chain.loop, v, op)}
        self.recorded |= {v for op in walk(self.inner) for region in op.regions for v in region.yields}
        self.position = {r: i for i, op in enumerate(self.body.ops) for o in [op, *walk_in(op)] for r in o.results}
        after = self.chain.loop.results[self.chain.k]
        self.now = now = self.inner.param(after.type, after.name)
        self.steps: list[Undone] = []
        for i in reversed(range(len(self.body.ops))):
            op = self.body.ops[i]
            inner = next((u for u in undoing.of(op) if u.result is not None and self.carries(op, u)), None)
            if inner is not None and inner.result is not None:
                now = inner.result
                self.steps.append(Undone(i, now.op, [], now))
            elif op in undo.stores or any(o in undo.stores for o in walk_in(op)):
                ops: list[Op] = []
                now = self.undone(op, self.body, now, ops)
                self.steps.append(Undone(i, None, ops, now))

    def carries(self, loop: Op, inner: Undo) -> bool:
        return loop.results[inner.chain.k] in self.chain.number

    def undone(self, op: Op, region: Region, now: Value, out: list[Op]) -> Value:
        """Append what undoes an op that makes a version of the array: `now` is the version after it."""
        if op.kind == "store" and op in self.undo.stores:
            old = self.old(op, region)
            new = Op("store", [now, old, *op.operands[2:]], [now.type], path=op.attrs["path"], add=False)
            new.result.name = now.name
        elif op.kind == "if" and any(o in self.undo.stores for o in walk_in(op)):
            arms = []
            for forward in op.regions:
                arm, here = Region(), now
                for o in reversed(list(forward.ops)):
                    here = self.undone(o, forward, here, arm.ops)
                arm.yields.append(here)
                arms.append(arm)
            new = Op("if", [op.operands[0]], [now.type], arms)
            new.result.name = now.name
            self.branch(self.r, op, new)
        else:
            return now
        new.adjoint = True
        out.append(new)
        return new.result

    def old(self, store: Op, region: Region) -> Value:
        """What a store overwrites."""
        memory, _, *indices = store.operands
        path = shift(store.attrs["path"], -1)
        for op in region.ops:
            if op.kind == "load" and op.operands == [memory, *indices] and freeze(op.attrs["path"]) == freeze(path):
                break
        else:
            op = Op("load", [memory, *indices], [self.undoing.overwritten(store)], path=path)
            op.span = store.span
            region.ops.insert(region.ops.index(store), op)
        self.undoing.kept.add(op)
        return op.result

    def demanded(self) -> list[Value]:
        """What undoing needs of the primal."""
        scratch = Region()
        scratch.ops = [op for step in self.steps for op in step.ops]
        there = {*self.body.params, *(v for op in self.body.ops for v in op.results)}     # the arms hand out what they keep
        return [v for v in captured(scratch) if v in there]

    # -- order -------------------------------------------------------------------------------------

    def stage(self, v: Value) -> int:
        """How much is undone by the time that a version is there."""
        at = self.position.get(v, -1)
        return sum(step.place > at for step in self.steps)

    def needs(self, op: Op) -> list[Value]:
        """The versions that an op of the reverse loop's body uses and that undoing gives."""
        return [v for v in uses(op) if v in self.there and v in self.chain.number and v not in self.recorded]

    def schedule(self, clones: dict[Op, list[Op]]) -> set[Op]:
        """Find out which versions come too early or too late to be given by undoing; `recorded` are those from now on.

        The clones are what will be computed again right before an op. Returns those that read at the wrong time.
        """
        ops, done, refused = self.inner.ops, 0, set()
        later = [len(self.steps)] * (len(ops) + 1)              # what is undone latest when an op, or one that follows, is run
        for i in reversed(range(len(ops))):
            later[i] = min([later[i + 1], *(self.stage(v) for v in self.needs(ops[i]))])
        for i, op in enumerate(ops):
            for clone in clones.get(op, ()):
                stage = max(self.stage(v) for v in uses(clone) if v in self.there and v in self.chain.number)
                if done <= stage <= later[i] and self.reached(done, stage):
                    done = stage
                else:
                    refused.add(clone)
            needed = self.needs(op)
            stage = max(done, min(map(self.stage, needed), default=0))
            if not self.reached(done, stage):
                stage = done
            self.recorded |= {v for v in needed if self.stage(v) != stage}
            done = stage
            if done < len(self.steps) and self.steps[done].loop is op:
                done += 1
        return refused

    def reached(self, done: int, stage: int) -> bool:
        """Whether no inner loop has yet to come that undoes a part."""
        return all(step.loop is None for step in self.steps[done:stage])

    def insert(self) -> None:
        """Put the undoing between the ops of the reverse loop's body, each step before what needs it done."""
        done, now, out = 0, self.now, list[Op]()
        after = self.chain.loop.results[self.chain.k]
        undoing = (op for step in self.steps if step.loop is None for op in step.ops)
        for op in (o for top in (*self.inner.ops, *undoing) for o in [top, *inside(top)]):
            if op.kind == "call" and op.fn in (dim_length, len) \
                    and (op.operands[0] is after or op.operands[0] in self.chain.number):
                op.operands[0] = now                # a length is the same before and after, in what undoes, too

        def advance(stage: int) -> None:
            nonlocal done, now
            while done < stage:
                out.extend(self.steps[done].ops)
                now = self.steps[done].result
                done += 1

        for op in self.inner.ops:
            needed = self.needs(op)
            advance(max(map(self.stage, needed), default=0))
            replace(op, dict.fromkeys(needed, now))
            out.append(op)
            if done < len(self.steps) and self.steps[done].loop is op:
                now = self.steps[done].result
                done += 1
        advance(len(self.steps))
        self.inner.ops = out
        self.backward.operands.append(self.chain.loop.results[self.chain.k])
        self.inner.yields.append(now)
        self.undo.result = self.backward.add_result(now.type, self.now.name)


def inside(op: Op) -> list[Op]:
    """The ops in an op's regions."""
    return [o for r in op.regions for o in walk(r)]


def walk_in(op: Op) -> list[Op]:
    """The ops in the arms of a branch."""
    return inside(op) if op.kind == "if" else []


def uses(op: Op) -> list[Value]:
    return list(dict.fromkeys([*op.operands, *(v for r in op.regions for v in captured(r))]))


def replace(op: Op, mapping: dict[Value, Value]) -> None:
    """Replace values in an op and inside of it."""
    op.operands = [mapping.get(v, v) for v in op.operands]
    for r in op.regions:
        substitute(r, mapping)


__all__ = ["Backwards", "Read", "Undo", "Undoing"]
