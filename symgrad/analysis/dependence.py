"""Can an element still be read from the array when a loop nest has ended, or was it overwritten later?

A factorisation that overwrites its input mostly reads elements that are final by then: ``a[i, :j]`` while it writes
column j. What is final need not be recorded. To prove it, a read is compared with every write that may happen
after it: later in the same iteration, and in all later iterations of each loop around it. They are proven to miss
each other if no whole numbers solve what is known of both: which elements they name, the bounds of the loops that
they stand in, and the conditions of the branches (`analysis/elements.py`, `analysis/linear.py`).
"""
from __future__ import annotations

from collections.abc import Hashable, Iterator

from symgrad.analysis.aliasing import consumed
from symgrad.analysis.elements import Access, Arm, Moment, places
from symgrad.analysis.linear import Affine, System, solved
from symgrad.ir.infer import dim_length
from symgrad.ir.nodes import Op, Region, Value, is_number, walk
from symgrad.ir.types import Array
from symgrad.optimize.dce import carried_count
from symgrad.structs import struct


@struct(frozen=True)
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


@struct(frozen=True)
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
        self.found: dict[Chain, bool] = {}

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
        others = {*self.inside[loop], *body.params} if later else values(body, loops_only=True)
        return apart(loop, access, Access(write.op, write.around), memory, others, later)

    # -- arrays that each iteration fills anew -----------------------------------------------------

    def filled(self, chain: Chain) -> bool:
        """Whether a loop's body reads nothing of an array but what it has written in the same iteration."""
        if chain not in self.found:
            self.found[chain] = chain.sound and self._filled(chain)
        return self.found[chain]

    def filled_level(self, loop: Op, version: Value, read: Op) -> Level | None:
        """The outer loop in whose body a load can be had, where each iteration fills the array anew."""
        for level in self.levels(loop, version, read):
            if level.conflicts:
                outer = level.chain.loop is not loop and not level.chain.arms[level.version] and self.filled(level.chain)
                return level if outer and self.homes[level.chain.loop] is self.top else None
        return None

    def _filled(self, chain: Chain) -> bool:
        body = chain.loop.regions[-1]
        if any(w.op.kind != "store" or w.op.attrs.get("add") for w in chain.writes):
            return False
        where = places(body)
        for op in walk(body):
            first = 3 if op.kind == "for" else 0
            if op.regions or op.kind == "store" and not any(v in chain.number for v in op.operands[1:]) \
                    or op.kind == "call" and op.fn is dim_length:
                if any(v in chain.number for v in op.operands[:first]):
                    return False
            elif any(v in chain.number for v in op.operands) and (
                    reads_all(op, op.operands[0]) or not self._covered(chain, op, where[op])):
                return False
        return True

    def _covered(self, chain: Chain, read: Op, around: tuple[Arm, ...]) -> bool:
        """Whether a load reads only what the same iteration of the chain's loop has written before."""
        version, memory = read.operands[0], read.operands[0].type
        assert isinstance(memory, Array)
        now = Moment(set(), {}, "now")
        now.within(around)
        now.elements(Access(read, around), memory)
        now.inside(memory)
        known = now.known.and_(now.region)
        for w in sorted(chain.writes, key=lambda w: -w.number):
            missed = self._missed(chain, w, now, around, w.number <= chain.number[version])
            if missed is None:
                continue
            left = [case for case in missed if not known.and_(case).impossible()]
            if not left:
                return True
            known.choices.append(left)
        return known.impossible()

    def _missed(self, chain: Chain, write: Write, now: Moment, around: tuple[Arm, ...],
                before: bool) -> list[System] | None:
        """How an element may not be among those that a write has written by now; None if nothing is known of that."""
        loops = [op for op, _ in write.around]
        mine = [op for op, _ in around if op.kind != "if"]
        shared = len([a for a, b in zip(loops, mine) if a is b])
        if any(op.kind != "for" or op.attrs.get("early") or not unit(op.operands[2]) for op in loops) \
                or not shared and not before:
            return None
        then = Moment(values(chain.loop.regions[-1], loops_only=True), {}, "then")
        then.known = now.known.and_()
        wanted, chosen = System(), list[Affine]()
        for n, op in enumerate(loops):
            index = op.regions[0].params[0]
            here = now.affine(index) if n < shared else None
            if here is not None and n < shared - 1:
                then.seen[index] = here                     # in the same iteration
                chosen.append(here)
                continue
            i = then.seen[index] = Affine.of(("iteration", n))
            start, stop, step = (then.affine(v) for v in op.operands[:3])
            if start is None or stop is None or step is None:
                return None
            wanted.least += [i.minus(start).times(step.const), stop.minus(i).times(step.const).plus(-1)]
            chosen.append(start if here is None else here.minus(0 if before else step.const))
            if here is not None:
                wanted.least.append(here.minus(i).times(step.const).plus(0 if before else -1))
        then.known = then.known.and_(wanted)                # else it counts as missed anyway
        then.elements(Access(write.op, write.around), array_type(write.op))
        if not then.exact:
            return None
        wanted = wanted.and_(then.region)
        found: list[tuple[Hashable, Affine]] = []
        for n in range(max(shared - 1, 0), len(loops)):     # in the iteration that writes the element
            symbol = ("iteration", n)
            e = next((z for z in wanted.zero if z.terms.get(symbol) in (1, -1)), None)
            if e is None and any(symbol in z.terms for z in wanted.zero):
                return None
            if e is None:                                   # each iteration writes it: the one at hand, or the first
                e = Affine.of(symbol).minus(chosen[n])
                for other, equation in found:
                    e = solved(e, other, equation)
            found.append((symbol, e))
            wanted = System([solved(z, symbol, e) for z in wanted.zero if z is not e],
                            [solved(z, symbol, e) for z in wanted.least])
        return [*(System([], [z.times(sign).plus(-1)]) for z in wanted.zero for sign in (1, -1)),
                *(System([], [Affine(-1).minus(z)]) for z in wanted.least)]


def apart(loop: Op, first: Access, second: Access, memory: Array, others: set[Value], later: bool) -> bool:
    """Whether two accesses in a loop's body name no common element, the second in a later iteration or in the same one.

    `others` are the values that are not the same ones at both.
    """
    now, index = Moment(set(), {}, "now"), dict[Value, Affine]()
    if later and loop.kind == "for":
        variable = loop.regions[0].params[0]
        i, step = now.affine(variable), now.affine(loop.operands[2])
        if i is not None and step is not None and not step.terms:
            ahead = Affine.of("iterations")
            now.known.least.append(ahead.plus(-1))
            index[variable] = i.plus(ahead, -step.const if loop.attrs.get("backwards") else step.const)
    then = Moment(others, index, "then")
    if later and loop.kind == "for":
        then.affine(loop.regions[0].params[0])
    now.within(first.around)
    then.within(second.around)
    now.known = then.known = now.known.and_(then.known)         # both happen
    now.ends = then.ends
    now.elements(first, memory)
    then.elements(second, memory)
    return now.known.and_(now.region, then.region).impossible()


def array_type(store: Op) -> Array:
    """The type of the array that a store writes to."""
    t = store.operands[0].type
    assert isinstance(t, Array)
    return t


def unit(step: Value) -> bool:
    """Whether a loop goes from one number to the next."""
    return is_number(step, 1) or is_number(step, -1)


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


__all__ = ["Chain", "Dependence", "Level", "Write", "apart", "reads_all", "values"]
