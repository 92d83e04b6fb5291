"""What loops record, kept in arrays: the native backend has no lists of lists.

`transform/record_loops.py` lets a loop gather values, one per iteration; the tape of a loop nest is a list of lists.
Here such a nest becomes memory like any other: an array that is made before the nest, written by stores in the
forward sweep and read by loads in the reverse sweep.

Where the lengths of all its loops are known before the outermost of them, the array has an axis for each loop and
is indexed by their positions: ``y_tape[i, j, a] = y``. Where a length depends on a loop around it, or the loop is
left early, or stands in a branch, there is one axis, which grows: a stack. `top` says how far it is filled. A
loop of known length puts its records at ``y_tape[top + b]`` and then moves `top`; its reverse loop
moves `top` back and reads them in any order. Arrays that are recorded add their axes.

Records of other kinds, and arrays whose lengths are not known before the nest, stay in lists.
"""
from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from symgrad.analysis.aliasing import carried, previous
from symgrad.ir.infer import dim_length, length_of
from symgrad.ir.nodes import Op, Region, Slot, Step, Value, walk
from symgrad.ir.types import VARIES, Array, Dim, ListOf, Scalar, Type, dims_of
from symgrad.optimize.dce import carried_count, clean
from symgrad.structs import struct
from symgrad.transform.base import representative
from symgrad.transform.ranges import INT, Insert, Range, parts, span

DTYPES = {"float64": None, "float32": np.float32, "int64": np.int64, "int32": np.int32, "bool": np.bool_,
          "complex128": np.complex128, "complex64": np.complex64}
ARITHMETIC = (operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.pow,
              operator.neg, operator.pos, operator.invert)
ROOM = 64           # what a stack has room for at first

Path = list[tuple[Op, int]]         # from the outside in: an op with regions, and which of its regions


def grown(stack: Any, size: Any) -> Any:
    """`stack`, or a copy of it that has room for `size` records."""
    if size <= stack.shape[0]:
        return stack
    larger = np.empty((max(size, 2 * stack.shape[0]),) + stack.shape[1:], stack.dtype)
    larger[:stack.shape[0]] = stack
    return larger


def keep_in_arrays(region: Region) -> None:
    """Turn the tapes of a function's loops into arrays and stacks, where their types allow."""
    tapes = Tapes(region)
    if tapes.nests:
        tapes.rewrite()
        clean(region)


@struct(eq=False)
class Nest:
    """A tape of a loop nest: where it is written and where it is read."""

    forward: Path               # down to the loop whose body makes what is recorded
    reverse: Path               # down to the loop whose body needs it
    loops: list[Op]             # the loops of `forward` that gather
    arms: Path                  # in that body, the branches in whose arms alone it has a value
    leaf: Value                 # what is recorded
    reload: Op                  # what reads it

    @property
    def straight(self) -> bool:
        """Whether every iteration of the outermost loop runs the loops inside."""
        at = next(k for k, (op, _) in enumerate(self.forward) if op is self.loops[0])
        return len(self.forward) - at == len(self.loops)


class Tapes:
    """Finds the tapes of a region and rewrites them."""

    def __init__(self, region: Region) -> None:
        self.top = region
        self.home: dict[Op, Region] = {}
        self.parent: dict[Region, Op] = {}
        self.users: dict[Value, list[tuple[Op | None, Region]]] = {}
        self._map(region)
        self.nests = [nest for op in self.home if op.kind in ("for", "while")
                      for tape in tapes_of(op) if (nest := self._nest(op, tape)) is not None]

    def _map(self, region: Region) -> None:
        for op in region.ops:
            self.home[op] = region
            for v in op.operands:
                self.users.setdefault(v, []).append((op, region))
            for r in op.regions:
                self.parent[r] = op
                self._map(r)
        for v in region.yields:
            self.users.setdefault(v, []).append((None, region))

    # -- finding -----------------------------------------------------------------------------

    def _nest(self, loop: Op, tape: Value) -> Nest | None:
        """The tape whose outermost level is a loop's, if that is all that is done with it."""
        outermost = self._outermost(tape)
        if outermost is None:
            return None
        v, path = outermost
        forward: Path = [*path, (loop, len(loop.regions) - 1)]
        loops, reloads = [loop], []
        while True:
            reload = self._only_user(v)
            if reload is None or reload.kind != "reload":
                return None
            reloads.append(reload)
            inner = self._gathered(loops[-1], tape)
            if inner is None:
                break
            tape, deeper = inner
            forward += deeper
            loops.append(deeper[-1][0])
            v = reload.result
        reverse = self._down_to(self.home[reloads[-1]], self.parent[self.home[reloads[0]]])
        bodies = [self.parent[self.home[r]] for r in reloads]
        if reverse is None or bodies != [op for op, _ in reverse if op.kind != "if"]:
            return None
        if any(op.attrs.get("attempt") for op, _ in [*forward, *reverse]):
            return None
        leaf, arms = self._recorded(loops[-1], tape), Path()
        region = loops[-1].regions[-1]
        while leaf.op in region.ops and (arm := bound_in(leaf.op, leaf)) is not None:
            arms.append((leaf.op, arm))
            region = leaf.op.regions[arm]
            leaf = region.yields[leaf.op.results.index(leaf)]
        return Nest(forward, reverse, loops, arms, leaf, reloads[-1])

    def _only_user(self, v: Value) -> Op | None:
        users = self.users.get(v, [])
        return users[0][0] if len(users) == 1 else None

    def _outermost(self, tape: Value) -> tuple[Value, Path] | None:
        """What the reverse sweep sees of a tape, handed out of the arms of branches; None for one of an inner loop."""
        path: Path = []
        while True:
            users = self.users.get(tape, [])
            if len(users) != 1:
                return None
            op, region = users[0]
            if op is not None:
                return tape, path
            branch = self.parent.get(region)
            if branch is None or branch.kind != "if":
                return None
            k, arm = region.yields.index(tape), branch.regions.index(region)
            if not blank(branch.regions[1 - arm].yields[k]):
                return None
            path.insert(0, (branch, arm))
            tape = branch.results[k]

    def _recorded(self, loop: Op, tape: Value) -> Value:
        early = 1 if loop.attrs.get("early") else 0
        return loop.regions[-1].yields[early + loop.results.index(tape)]

    def _gathered(self, loop: Op, tape: Value) -> tuple[Value, Path] | None:
        """The tape of an inner loop that a loop's tape gathers, and the way to that loop."""
        v = self._recorded(loop, tape)
        path: Path = []
        while isinstance(v.type, ListOf) and v.op is not None and len(self.users[v]) == 1:
            op = v.op
            if op.kind in ("for", "while"):
                return (v, [*path, (op, len(op.regions) - 1)]) if v in tapes_of(op) else None
            arm = bound_in(op, v)
            if arm is None:
                return None
            path.append((op, arm))
            v = op.regions[arm].yields[op.results.index(v)]
        return None

    def _down_to(self, region: Region, outermost: Op) -> Path | None:
        path: Path = []
        while True:
            op = self.parent.get(region)
            if op is None:
                return None
            path.insert(0, (op, op.regions.index(region)))
            if op is outermost:
                return path
            region = self.home[op]

    # -- rewriting ---------------------------------------------------------------------------

    def rewrite(self) -> None:
        before: dict[Op, Before] = {}
        stacks: dict[tuple[tuple[Op, int], ...], list[tuple[Nest, list[Value]]]] = {}
        for nest in self.nests:
            t = nest.leaf.type
            if not isinstance(t, (Scalar, Array)) or t.dtype not in DTYPES or missing(nest.leaf, set()):
                continue
            first = nest.forward[0][0]
            place = before.setdefault(first, Before(first, self.home, self.parent))
            axes = place.lengths(t)
            if axes is None:
                continue
            ranges = [place.range(loop) for loop in nest.loops]
            if nest.straight and all(ranges):
                self._array(nest, place, [r for r in ranges if r], axes)
            else:
                stacks.setdefault((*nest.forward, *nest.reverse), []).append((nest, axes))
        for group in stacks.values():
            self._stack(group)

    def _array(self, nest: Nest, before: Before, ranges: list[Range], axes: list[Value]) -> None:
        """A tape with an axis for each loop."""
        memory = before.empty([*(before.size(r) for r in ranges), *axes], nest.leaf)

        def write(versions: list[Value]) -> list[Value]:
            return [self._record(nest, versions[0], lambda place: [
                place.position(loop.regions[0].params[0], r, True) for loop, r in zip(nest.loops, ranges)])]

        filled, = thread(nest.forward, [memory], write)
        readers = [op for op, _ in nest.reverse if op.kind == "for"]
        self._read(nest, filled, lambda place: [
            place.position(op.regions[0].params[0], r, True) for op, r in zip(readers, ranges)])

    def _record(self, nest: Nest, memory: Value, at: Callable[[Place], list[Value]]) -> Value:
        """The next version of a tape's memory: what is recorded is stored where it is made."""
        home = nest.arms[-1][0].regions[nest.arms[-1][1]] if nest.arms else nest.loops[-1].regions[-1]
        made = [op for op in (nest.leaf.op, memory.op) if op in home.ops]
        place = Place(home, after(home, max(made, key=home.ops.index, default=None)), nest.loops[-1])

        def write(versions: list[Value]) -> list[Value]:
            return [place.store(versions[0], nest.leaf, at(place))]
        return thread(nest.arms, [memory], write)[0]

    def _read(self, nest: Nest, memory: Value, at: Callable[[Place], list[Value]]) -> None:
        """Let the reverse sweep read a record from a tape's memory."""
        reload = nest.reload
        place = Place(self.home[reload], reload, reload)
        operands = [memory, *at(place)]
        path = (place_of(operands[1:], 1),)
        if reload.result.type == Scalar("bool") and any(counted(op) for op, _ in self.users[reload.result]):
            loaded = place.put(Op("load", operands, [Scalar("bool", False)], path=path))    # True - True is no bool
            reload.kind, reload.operands, reload.attrs = "call", [loaded], {"fn": bool, "args": (Slot(0),), "kwargs": {}}
        else:
            reload.kind, reload.operands, reload.attrs = "load", operands, {"path": path}

    def _stack(self, group: list[tuple[Nest, list[Value]]]) -> None:
        """Tapes of one loop that grow together."""
        forward, reverse = group[0][0].forward, group[0][0].reverse
        outermost, writer, reader = forward[0][0], forward[-1][0], reverse[-1][0]
        block = writer.kind == "for" and not writer.attrs.get("early")
        body = writer.regions[-1]
        place = Place(self.home[outermost], outermost, outermost)
        room = place.const(ROOM)
        stacks = [place.empty([room, *axes], nest.leaf) for nest, axes in group]
        top = place.const(0)
        top.name = "top"

        def append(versions: list[Value]) -> list[Value]:
            *stacks, top = versions
            for k, (nest, _) in enumerate(group):
                place = Place(body, nest.arms[0][0] if nest.arms else after(body, nest.leaf.op), writer)
                stack = place.grown(stacks[k], place.add(top, place.const(1)))
                stacks[k] = self._record(nest, stack, lambda place: [top])
            last = max((s.op for s in stacks if s.op is not None), key=body.ops.index)
            place = Place(body, after(body, last), writer)
            return [*stacks, place.move(operator.add, top, place.const(1))]

        def extend(versions: list[Value]) -> list[Value]:
            *stacks, top = versions
            bounds = span(writer)
            place = Place(self.home[writer], writer, writer)
            size = place.size(bounds)
            stacks = [place.grown(s, place.add(top, size)) for s in stacks]

            def write(versions: list[Value]) -> list[Value]:
                return [self._record(nest, v, lambda place: [place.add(top, place.position(body.params[0], bounds, False))])
                        for v, (nest, _) in zip(versions, group)]
            stacks = thread(forward[-1:], stacks, write)
            return [*stacks, Place(self.home[writer], after(self.home[writer], writer), writer).move(
                operator.add, top, size)]

        def take_back(versions: list[Value]) -> list[Value]:
            bounds = span(reader)
            if block:
                place = Place(self.home[reader], reader, reader)
                top = place.move(operator.sub, versions[0], place.size(bounds))
            else:
                place = Place(reader.regions[0], reader.regions[0].ops[0], reader)
                top = place.move(operator.sub, versions[0], place.const(1))
            for memory, (nest, _) in zip(filled, group):
                self._read(nest, memory, lambda place: [
                    place.add(top, place.position(reader.regions[0].params[0], bounds, False)) if block else top])
            return [top]

        *filled, top = thread(forward[:-1] if block else forward, [*stacks, top], extend if block else append)
        thread(reverse[:-1] if block else reverse, [top], take_back)


def tapes_of(loop: Op) -> list[Value]:
    n = carried_count(loop)
    return loop.results[n:n + loop.attrs.get("taped", 0)]


def blank(v: Value) -> bool:
    """Whether a value stands where an arm records nothing."""
    return v.op is not None and (v.op.kind == "undef" or bool(v.op.attrs.get("blank")))


def missing(v: Value, seen: set[Value]) -> bool:
    """Whether an array may be a blank, whose lengths are others."""
    if not isinstance(v.type, Array) or v in seen:
        return False
    seen.add(v)
    op = v.op
    if op is None:
        loop = v.region.parent if v.region is not None else None
        return loop is not None and any(missing(x, seen) for init, p, y in carried(loop) if p is v for x in (init, y))
    if op.kind == "if":
        return any(missing(r.yields[op.results.index(v)], seen) for r in op.regions)
    if op.kind in ("for", "while"):
        return any(missing(x, seen) for r, (init, _, y) in zip(op.results, carried(op)) if r is v for x in (init, y))
    before = previous(v)
    return blank(v) if before is None else missing(before, seen)


def bound_in(op: Op, v: Value) -> int | None:
    """The one arm of a branch in which a result has a value; None where there is no such arm."""
    if op.kind != "if" or op.attrs.get("attempt"):
        return None
    arms = [k for k, r in enumerate(op.regions) if not blank(r.yields[op.results.index(v)])]
    return arms[0] if len(arms) == 1 else None


def after(region: Region, op: Op | None) -> Op | None:
    """The op of a region that follows one of its ops, or that is its first; None at its end."""
    at = region.ops.index(op) + 1 if op in region.ops else 0
    return region.ops[at] if at < len(region.ops) else None


def counted(op: Op | None) -> bool:
    """Whether an op computes with its operands as numbers."""
    return op is not None and op.kind == "call" and op.fn in ARITHMETIC


def place_of(at: list[Value], first: int) -> Step:
    slots = tuple(Slot(k + first) for k in range(len(at)))
    return Step("index", slots if len(slots) > 1 else slots[0])


def thread(path: Path, values: list[Value], inside: Callable[[list[Value]], list[Value]]) -> list[Value]:
    """Carry values down a path into its innermost region, where `inside` gives their next versions, and out again."""
    if not path:
        return inside(values)
    (op, k), rest = path[0], path[1:]
    region = op.regions[k]
    if op.kind == "if":
        new = thread(rest, values, inside)
        for arm in op.regions:
            arm.yields += new if arm is region else values
        return [op.add_result(v.type, v.name) for v in values]
    n, early = carried_count(op), 1 if op.attrs.get("early") else 0
    for v in values:
        op.operands.append(v)
        for r in op.regions:
            r.param(v.type, v.name)
    params = region.params[len(region.params) - len(values):]
    new = thread(rest, params, inside)
    region.yields[early + n:early + n] = new
    results = [Value(v.type, op, v.name) for v in values]
    op.results[n:n] = results
    return results


class Place(Insert):
    """A place for ops that make, write and read the memory of tapes."""

    def empty(self, lengths: list[Value], leaf: Value) -> Value:
        """Memory for records of a value."""
        assert isinstance(leaf.type, (Scalar, Array))
        dtype = DTYPES[leaf.type.dtype]
        slots = tuple(map(Slot, range(len(lengths))))
        t = Array(leaf.type.dtype, (*(Dim(VARIES) for _ in lengths[:len(lengths) - len(dims_of(leaf.type))]),
                                    *dims_of(leaf.type)))
        memory = self.put(Op("call", lengths, [t], fn=np.empty, args=(slots[0] if len(slots) == 1 else slots,),
                             kwargs={} if dtype is None else {"dtype": dtype}))
        memory.name = (leaf.name or "t") + "_tape"
        return memory

    def grown(self, stack: Value, size: Value) -> Value:
        v = self.put(Op("call", [stack, size], [stack.type], fn=grown, args=(Slot(0), Slot(1)), kwargs={}, memory=True))
        v.name = stack.name
        return v

    def store(self, memory: Value, value: Value, at: list[Value]) -> Value:
        """The next version of memory: `value` at a place."""
        step = place_of(at, 2)
        if isinstance(value.type, Array):
            key = step.key if isinstance(step.key, tuple) else (step.key,)
            step = Step("index", (*key, Ellipsis))
        v = self.put(Op("store", [memory, value, *at], [memory.type], path=(step,), record=True))
        v.name = memory.name
        return v


class Before(Place):
    """What can be had before a loop nest."""

    def __init__(self, nest: Op, home: dict[Op, Region], parent: dict[Region, Op]) -> None:
        super().__init__(home[nest], nest, nest)
        self.home, self.parent = home, parent
        self.inside = set(nest.results)
        for r in nest.regions:
            self.inside.update(r.params)
            for op in walk(r):
                self.inside.update(op.results, *(inner.params for inner in op.regions))
        self.known: dict[Value, Value] = {}

    def value(self, v: Value) -> Value | None:
        """A whole number of the nest, computed before it."""
        if v not in self.inside or v in self.known:
            return self.known.get(v, v)
        op = v.op
        if op is None or op.kind not in ("const", "call"):
            return None
        if op.fn is dim_length:
            source = representative(op.operands[0])
            if source in self.inside:
                return None
            self.known[v] = self.length_of(source, op.attrs["args"][1])
            return self.known[v]
        if op.kind == "call" and op.fn not in (operator.add, operator.sub, operator.mul, operator.floordiv, max, min):
            return None
        if any(x.type != INT for x in op.operands):
            return None
        operands = [self.value(x) for x in op.operands]
        new = Op(op.kind, [x for x in operands if x is not None], [v.type])
        if len(new.operands) < len(operands):
            return None
        new.attrs = dict(op.attrs)
        self.known[v] = self.put(new)
        return self.known[v]

    def range(self, loop: Op) -> Range | None:
        if loop.kind != "for" or loop.attrs.get("early"):
            return None
        bounds = [b for v in loop.operands[:3] if (b := self.value(v)) is not None]
        return Range(*bounds) if len(bounds) == 3 else None

    def size(self, r: Range) -> Value:
        if not r.from_zero:
            return super().size(r)
        base, c = parts(r.stop if r.step == 1 else r.start)
        return self.least_0(self.plus(base, c if r.step == 1 else c + 1))

    def lengths(self, t: Type) -> list[Value] | None:
        """The lengths of an array's axes."""
        found = [n for d in dims_of(t) if (n := self.const(d) if isinstance(d, int) else self.length(d)) is not None]
        return found if len(found) == len(dims_of(t)) else None

    def length(self, d: Dim) -> Value | None:
        """A length that something before the nest has."""
        if d.varies:
            return None
        before = list(self.earlier())
        for v in before:
            if v.type == INT and isinstance(n := length_of(v), Dim) and n.base == d.base:
                return self.shorter(v, d.offset - n.offset)
        for v in before:
            for axis, n in enumerate(dims_of(v.type) if isinstance(v.type, Array) else ()):
                if isinstance(n, Dim) and n.base == d.base and not missing(v, set()):
                    return self.shorter(self.length_of(v, axis), d.offset - n.offset)
        return None

    def shorter(self, length: Value, by: int) -> Value:
        """A length that differs by a number from another; none is below zero, as of ``a[1:-1]`` of nothing."""
        n = self.plus(length, by)
        return self.least_0(n) if by < 0 else n

    def length_of(self, v: Value, axis: int) -> Value:
        """The length of an array, asked for where the array is made: by now it may have been overwritten."""
        home = next(r for r in self.around() if v in r.params or v.op in r.ops)
        place = Place(home, after(home, v.op), self.like if v.op is None else v.op)
        n = place.call(dim_length, v)
        assert n.op is not None
        n.op.attrs["args"] = (Slot(0), axis)
        return n

    def around(self) -> Iterator[Region]:
        """The regions around the nest, from the outside in."""
        regions = [self.region]
        while regions[-1] in self.parent:
            regions.append(self.home[self.parent[regions[-1]]])
        yield from reversed(regions)

    def earlier(self) -> Iterator[Value]:
        """All values that there are before the nest."""
        regions = list(self.around())
        for region, inner in zip(regions, [*regions[1:], None]):
            yield from region.params
            end = self.before if inner is None else self.parent[inner]
            assert end is not None
            for op in region.ops[:region.ops.index(end)]:
                yield from op.results


__all__ = ["keep_in_arrays"]
