"""Can an element still be read from the array when a loop nest has ended, or was it overwritten later?

A factorisation that overwrites its input mostly reads elements that are final by then: ``a[i, :j]`` while it writes
column j. What is final need not be recorded. To prove it, a read is compared with every write that may happen
after it: later in the same iteration, and in all later iterations of each loop around it. They are proven to miss
each other if no whole numbers solve what is known of both: which elements they name, the bounds of the loops that
they stand in, and the conditions of the branches (`analysis/elements.py`, `analysis/linear.py`).
"""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from symgrad.analysis.aliasing import consumed
from symgrad.analysis.elements import Access, Arm, Moment, places
from symgrad.analysis.linear import Affine
from symgrad.ir.nodes import Op, Region, Value, walk
from symgrad.ir.types import Array
from symgrad.optimize.dce import carried_count


@dataclass(frozen=True)
class Write:
    """An op that makes a version of another: where it stands in the loop's body, and when."""

    op: Op
    around: tuple[Arm, ...]
    number: int


class Chain:
    """The versions of an array that a loop carries, in the order in which its body makes them, and the writes."""

    def __init__(self, loop: Op, k: int) -> None:
        body = loop.regions[-1]
        param = body.params[k + (1 if loop.kind == "for" else 0)]
        self.loop, self.k = loop, k
        self.number = {param: 0}
        self.arms: dict[Value, tuple[Arm, ...]] = {param: ()}
        self.writes: list[Write] = []
        self.sound = isinstance(param.type, Array)
        self.count = 0
        self._region(body, ())
        self.sound &= body.yields[k + (1 if loop.attrs.get("early") else 0)] in self.number

    def _region(self, region: Region, around: tuple[Arm, ...]) -> None:
        for op in region.ops:
            if op.kind in ("for", "while"):
                self._loop(op, around)
            elif op.kind == "if":
                self._branch(op, around)
            else:
                for i, k in consumed(op):
                    if op.operands[i] in self.number:
                        self._add(op.results[k], around)
                        self.writes.append(Write(op, around, self.count))

    def _add(self, v: Value, around: tuple[Arm, ...]) -> None:
        self.count += 1
        self.number[v], self.arms[v] = self.count, around

    def _loop(self, op: Op, around: tuple[Arm, ...]) -> None:
        first, shift = (1, 3) if op.kind == "for" else (0, 0)
        early = 1 if op.attrs.get("early") else 0
        taken = [k for k in range(carried_count(op)) if op.operands[k + shift] in self.number]
        for j, r in enumerate(op.regions):
            for k in taken:
                self._add(r.params[k + first], (*around, (op, j)))
        for j, r in enumerate(op.regions):
            self._region(r, (*around, (op, j)))
        for k in taken:
            self._add(op.results[k], around)
            self.sound &= op.regions[-1].yields[early + k] in self.number   # else it is another array afterwards

    def _branch(self, op: Op, around: tuple[Arm, ...]) -> None:
        for j, r in enumerate(op.regions):
            self._region(r, (*around, (op, j)))
        for k, result in enumerate(op.results):
            inside = [r.yields[k] in self.number for r in op.regions if k < len(r.yields)]
            if any(inside):
                self._add(result, around)
                self.sound &= all(inside)

    def later(self, version: Value) -> list[Write]:
        """The writes that may follow on a version in the same iteration."""
        mine = {op: k for op, k in self.arms[version] if not op.attrs.get("attempt")}
        return [w for w in self.writes if w.number > self.number[version]
                and not any(mine.get(op, k) != k for op, k in w.around)]      # not in the other arm of a branch


@dataclass(frozen=True)
class Level:
    """A loop around a read: the version there that still has what was read, and the writes that may come after."""

    chain: Chain
    version: Value
    conflicts: tuple[Write, ...]


class Dependence:
    """What is known of the arrays that a function's loops carry."""

    def __init__(self, top: Region, homes: dict[Op, Region]) -> None:
        self.top, self.homes = top, homes
        self.chains: dict[Value, Chain] = {}
        self.where: dict[Op, dict[Op, tuple[Arm, ...]]] = {}
        self.inside: dict[Op, set[Value]] = {}

    def final_version(self, loop: Op, version: Value, read: Op) -> Value | None:
        """The version after all loops around `loop` from which a load of `version`, `read`, can still be had, or None.

        `read` may be a store: then it is about what was stored.
        """
        chain = None
        for level in self.levels(loop, version, read):
            if level.conflicts:
                return None
            chain = level.chain
        if chain is None or self.homes[chain.loop] is not self.top:
            return None
        return chain.loop.results[chain.k]

    def overwritten(self, loop: Op, version: Value, read: Op) -> bool:
        """Whether a loop carries what is read, and may leave something else there."""
        return self.carrying(loop, version) is not None and self.final_version(loop, version, read) is None

    def levels(self, loop: Op, version: Value, read: Op) -> Iterator[Level]:
        """The loops around a read that carry what is read, innermost first, up to the first that is not understood."""
        around, whole = self.carrying(loop, version), reads_all(read, version)
        while around is not None:
            chain = self.chain(around, version)
            if chain is None or not chain.sound or any(op.kind != "if" for op, _ in chain.arms[version]):
                return
            yield Level(chain, version, tuple(self.conflicts(chain, version, read, whole)))
            version = around.results[chain.k]
            around = self.loop_around(around)

    def carrying(self, loop: Op, version: Value) -> Op | None:
        """The innermost loop, `loop` or one around it, that carries what a version is one of."""
        around: Op | None = loop
        while around is not None and self.chain(around, version) is None:
            around = self.loop_around(around)               # it reads the array but does not carry it
        return around

    def loop_around(self, op: Op) -> Op | None:
        """The next loop around an op with regions."""
        parent = self.homes[op].parent
        while parent is not None and parent.kind == "if":
            parent = self.homes[parent].parent
        return parent if parent is not None and parent.kind in ("for", "while") else None

    def chain(self, loop: Op, version: Value) -> Chain | None:
        """What a loop carries that `version` is a version of in its body."""
        for k, p in enumerate(loop.regions[-1].params[1 if loop.kind == "for" else 0:]):
            if isinstance(p.type, Array):
                if p not in self.chains:
                    self.chains[p] = Chain(loop, k)
                if version in self.chains[p].number:
                    return self.chains[p]
        return None

    # -- reads and writes --------------------------------------------------------------------------

    def conflicts(self, chain: Chain, version: Value, read: Op, whole: bool) -> Iterator[Write]:
        """The writes of a loop's body that may hit what `read` read of `version`, in the same iteration or a later one."""
        loop = chain.loop
        if loop not in self.where or read not in self.where[loop]:
            self.where[loop] = places(loop.regions[-1])
            self.inside[loop] = values(loop.regions[-1], loops_only=False)
        around = self.where[loop].get(read)
        if around is None:
            yield from chain.writes
            return
        access, same = Access(read, around, whole), set(chain.later(version))
        for w in chain.writes:
            if not self.misses(chain, access, w, True) or (w in same and not self.misses(chain, access, w, False)):
                yield w

    def misses(self, chain: Chain, access: Access, write: Write, later: bool) -> bool:
        """Whether a write in a later iteration, or in the same one, cannot hit what was read."""
        loop, body = chain.loop, chain.loop.regions[-1]
        memory = body.params[chain.k + (1 if loop.kind == "for" else 0)].type
        if write.op.kind != "store" or not isinstance(memory, Array):
            return False
        now = Moment(set(), {}, "now")
        index: dict[Value, Affine] = {}
        if later:
            others = {*self.inside[loop], *body.params}
            if loop.kind == "for":
                i, step = now.affine(body.params[0]), now.affine(loop.operands[2])
                if i is not None and step is not None and not step.terms:
                    ahead = Affine.of("iterations")
                    now.known.least.append(ahead.plus(-1))
                    index[body.params[0]] = i.plus(ahead, -step.const if loop.attrs.get("backwards") else step.const)
        else:
            others = values(body, loops_only=True)
        then = Moment(others, index, "then")
        if later and loop.kind == "for":
            then.affine(body.params[0])
        for moment, a in ((now, access), (then, Access(write.op, write.around))):
            moment.within(a.around)
            moment.elements(a, memory)
        return now.known.and_(then.known).impossible()


def reads_all(op: Op, version: Value) -> bool:
    """Whether an op that needs a version of an array may need all of it, and not what its path says."""
    if op.kind == "load":
        return version in op.operands[1:]
    return op.kind != "store" or version in op.operands     # a store reads nothing, but it leaves the rest as it was


def values(region: Region, loops_only: bool) -> set[Value]:
    """The values that are made in a region, or only those made in loops in it."""
    out: set[Value] = set()
    for op in walk(region):
        if not loops_only:
            out.update(op.results, *(r.params for r in op.regions))
        elif op.kind in ("for", "while"):
            for r in op.regions:
                out.update(r.params)
                out |= values(r, loops_only=False)
    return out


__all__ = ["Chain", "Dependence", "Level", "Write", "reads_all"]
