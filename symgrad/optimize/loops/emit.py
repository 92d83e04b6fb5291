"""A nest of array statements as loops in the IR."""
from __future__ import annotations

import operator
from typing import Any

import numpy as np

from symgrad.ir.infer import dim_length
from symgrad.ir.nodes import Builder, Op, Region, Slot, Step, Value
from symgrad.ir.types import Array, Dim, Length, Scalar, Type, dims_of
from symgrad.optimize.loops.elements import read, same_elements
from symgrad.optimize.loops.nests import Nest, Root, part_type
from symgrad.optimize.loops.places import Axis, Place, aligned
from symgrad.optimize.loops.reductions import fold_of

INDEX = Scalar("int64")
NAMES = ("i", "j", "k", "l")
SINGLE = {"float32": np.float32, "complex64": np.complex64}


def emit(nest: Nest, region: Region, out: list[Op], done: dict[Value, Value]) -> None:
    """Append a nest's loops to `out`; `done` says what stands for the results of its statements."""
    Emission(nest, region).run(out, done)


def equal_lengths(n: int, m: int) -> int:
    """The length of two axes that are run through together: who calls the loops has another way where they differ."""
    if n != m:
        raise ValueError("lengths that the loops take to be equal differ")
    return n


def not_empty(n: int) -> None:
    """What a maximum needs."""
    if n <= 0:
        raise ValueError("lengths that the loops take to be equal differ")


UNEQUAL = "lengths that the loops take to be equal differ"


class Emission:
    """One nest being written."""

    def __init__(self, nest: Nest, region: Region) -> None:
        self.nest, self.home = nest, region
        self.before = Region()                          # lengths, buffers
        self.b = Builder(self.before)
        self.state: dict[Any, Value] = {}               # version, buffer or sum before the nest -> what it is here
        self.scalars: dict[Value, Value] = {}           # elements made in this iteration
        self.chunk_of = {r: k for k, chunk in enumerate(nest.chunks) for r in chunk}
        self.inner = nest.parts
        self.asked: set[tuple[Value, Value]] = set()    # lengths that were compared

    def run(self, out: list[Op], done: dict[Value, Value]) -> None:
        nest, b = self.nest, self.b
        first = nest.first.op
        b.adjoint, b.span = first.adjoint, first.span
        self.lengths = [self.length(k) for k in range(nest.rank)]
        self.guard()
        for root in nest.roots():
            self.prepare(root)
        self.run_level(0, [])
        for root in nest.roots():
            result = root.op.results[0]
            key = nest.origin(result) if root.kind == "store" else result
            if key in self.state:
                done[result] = self.state[key]
        out.extend(self.before.ops)

    # -- lengths ------------------------------------------------------------------------------------

    def length(self, k: int) -> Value:
        """How often the loop over axis `k` runs."""
        nest = self.nest
        d = nest.dims[k]
        if isinstance(d, int):
            return self.const(d)
        if nest.first.kind == "store":
            return self.length_of_part(nest.first.op, k, d)
        leaves = [v for v in nest.leaves(nest.first) if isinstance(v.type, Array)]
        axes = [(v, a, dims_of(v.type)[a]) for v in leaves if (a := k - nest.rank + len(dims_of(v.type))) >= 0]
        fits = [(v, a) for v, a, length in axes if length == d] or [(v, a) for v, a, length in axes if length != 1]
        return self.length_of(*fits[0])

    def length_of(self, v: Value, axis: int) -> Value:
        """The length of a value's axis, from the memory that it is read from where types say how they differ."""
        assert isinstance(v.type, Array)
        place = read(v)
        return self.length_in(place, axis, v.type.dims[axis]) or self.axis_length(v, axis)

    def length_of_part(self, op: Op, axis: int, d: Length) -> Value:
        assert self.nest.first.place is not None
        found = self.length_in(self.nest.first.place, axis, d)
        if found is not None:
            return found
        path = tuple(shifted(step, -1) for step in op.attrs["path"])
        part = self.b.emit(Op("load", [op.operands[0], *op.operands[2:]], [part_type(op)], path=path)).result
        return self.axis_length(part, axis)

    def length_in(self, place: Place, axis: int, d: Length) -> Value | None:
        memory = place.memory.type
        assert isinstance(memory, Array)
        for m, a in enumerate(place.axes):
            if a.loop == axis:
                whole_length = memory.dims[m]
                if whole_length == d:
                    return self.axis_length(place.memory, m)
                if isinstance(d, Dim) and isinstance(whole_length, Dim) and d.base == whole_length.base:
                    return self.plus(self.axis_length(place.memory, m), d.offset - whole_length.offset)
        return None

    def axis_length(self, v: Value, axis: int) -> Value:
        return self.b.emit(Op("call", [v], [INDEX], fn=dim_length, args=(Slot(0), axis), kwargs={})).result

    def guard(self) -> None:
        """Where types do not say that lengths are equal, ask before the loops run."""
        nest = self.nest
        for root in nest.roots():
            for v in nest.leaves(root):
                if isinstance(v.type, Array) and v not in nest.made:
                    self.guard_one(v)
            for start in root.values():
                self.guard_same(start)

    def guard_same(self, v: Value) -> None:
        """What is asked for its shape only has the shape of the loops."""
        op = v.op
        if op is None or op not in self.inner and (v not in self.nest.made or self.nest.made[v].kind != "make"):
            return
        if same_elements(op) and op.operands[1] not in self.nest.made:
            self.guard_one(op.operands[1])
        for o in op.operands[:1] if same_elements(op) else op.operands:
            self.guard_same(o)

    def guard_one(self, v: Value) -> None:
        assert isinstance(v.type, Array)
        for axis, d in enumerate(v.type.dims):
            k = axis + self.nest.rank - v.type.ndim
            if d == 1 or d == self.nest.dims[k] and not (isinstance(d, Dim) and d.varies):
                continue
            n, m = self.lengths[k], self.length_of(v, axis)
            if n is not m and (n, m) not in self.asked:
                self.asked.add((n, m))
                self.b.emit(Op("call", [n, m], [INDEX], fn=equal_lengths, args=(Slot(0), Slot(1)), kwargs={},
                               effect=True))

    # -- memory -------------------------------------------------------------------------------------

    def prepare(self, root: Root) -> None:
        """The memory, buffer or sum that a statement writes to, as it is before the loops."""
        result = root.op.results[0]
        if root.kind == "store":
            origin = self.nest.origin(result)
            self.state.setdefault(origin, origin)
        elif root.kind == "reduce":
            t = result.type
            assert isinstance(t, Scalar)
            start = fold_of(root.op)[1]
            if start:
                for n in self.lengths:
                    self.b.emit(Op("call", [n], [INDEX], fn=not_empty, args=(Slot(0),), kwargs={}, effect=True))
            first = self.const(start if t.kind == "f" else 0j, Scalar("float64" if t.kind == "f" else "complex128"))
            self.state[result] = self.call(SINGLE[t.dtype], [first], t) if t.dtype in SINGLE else first
        else:
            use = self.use(root)
            if use:
                assert isinstance(root.value.type, Array)
                lengths = self.lengths if use == "all" else self.lengths[-1:]
                self.state[result] = self.buffer(root.value, lengths)

    def buffer(self, v: Value, lengths: list[Value]) -> Value:
        assert isinstance(v.type, Array)
        dims = v.type.dims[len(v.type.dims) - len(lengths):]
        lengths = [self.call(max, [n, self.const(0)], INDEX) if n.op is not None and n.op.fn is operator.sub else n
                   for n in lengths]                    # a[1:-1] of one element
        shape = tuple(Slot(i) for i in range(len(lengths)))
        kwargs = {} if v.type.dtype == "float64" else {"dtype": np.dtype(v.type.dtype)}
        args = (shape if len(shape) > 1 else shape[0],)
        op = Op("call", lengths, [Array(v.type.dtype, dims)], fn=np.empty, args=args, kwargs=kwargs)
        op.adjoint, op.span = self.b.adjoint, self.b.span
        self.b.region.ops.append(op)
        op.result.name = v.name
        return op.result

    def use(self, root: Root) -> str:
        """Who needs the elements of a value: nobody but its chunk "", other chunks "row", others "all"."""
        found = ""
        todo = list(self.nest.users.get(root.op.results[0], ()))
        while todo:
            region, op = todo.pop()
            if op is None or region is not self.home:
                return "all"
            user = self.nest.made.get(op.results[0]) if op.results else None
            if user is None and op in self.nest.parts:
                todo += self.nest.users.get(op.results[0], ())
            elif user is None or user.op is not op or op.kind == "store" and op.operands[0] is root.op.results[0]:
                return "all"
            elif self.chunk_of[user] != self.chunk_of[root]:
                found = "row"
        return found

    # -- loops --------------------------------------------------------------------------------------

    def run_level(self, k: int, index: list[Value]) -> None:
        if k == self.nest.rank - 1:
            for chunk in self.nest.chunks:
                keys = {self.key(r) for r in chunk} & set(self.state)
                self.loop(k, index, [s for s in self.state if s in keys], lambda i, chunk=chunk: self.run_chunk(chunk, i))
        else:
            self.loop(k, index, list(self.state), lambda i: self.run_level(k + 1, i))

    def key(self, root: Root) -> Value:
        result = root.op.results[0]
        return self.nest.origin(result) if root.kind == "store" else result

    def loop(self, k: int, index: list[Value], keys: list[Value], body: Any) -> None:
        """One loop that carries the memory and sums in `keys`."""
        b = self.b
        region = Region()
        i = region.param(INDEX, NAMES[min(k, len(NAMES) - 1)])
        inits = [self.state[s] for s in keys]
        start, step = self.const(0), self.const(1)
        op = Op("for", [start, self.lengths[k], step, *inits], (), [region], span=b.span)
        op.adjoint = b.adjoint
        op.attrs.update(early=False, taped=0)
        outside = {s: self.state[s] for s in self.state}
        for s in keys:
            self.state[s] = region.param(self.state[s].type, self.state[s].name)
        with b.nested(region):
            b.outer = []
            body([*index, i])
        region.yields = [self.state[s] for s in keys]
        self.state.update(outside)
        for s in keys:
            self.state[s] = op.add_result(outside[s].type, outside[s].name)
        b.region.ops.append(op)

    def run_chunk(self, chunk: list[Root], index: list[Value]) -> None:
        self.scalars = {}
        for root in chunk:
            self.b.adjoint, self.b.span = root.op.adjoint, root.op.span
            self.statement(root, index)

    def statement(self, root: Root, index: list[Value]) -> None:
        result = root.op.results[0]
        if root.kind == "reduce":
            terms = [self.element(v, index) for v in root.values()]
            term = terms[0] if len(terms) == 1 else self.call(operator.mul, terms, result.type)
            self.state[result] = self.call(fold_of(root.op)[0], [self.state[result], term], self.state[result].type)
        elif root.kind == "store":
            assert root.place is not None
            self.write(self.key(root), root.place, index, self.element(root.value, index), root.add)
        else:
            x = self.computed(root.op, index)
            x.name = x.name or ""
            self.scalars[result] = x
            if result in self.state:
                place = self.made_place(root)
                self.write(result, place, index, x, False)

    def made_place(self, root: Root) -> Place:
        """Where a value that the nest makes is kept: all of it, or one row."""
        memory = self.state[root.op.results[0]]
        assert isinstance(memory.type, Array)
        rank = self.nest.rank
        return Place(memory, tuple(Axis(0, 1, k) for k in range(rank - memory.type.ndim, rank)))

    def write(self, key: Value, place: Place, index: list[Value], x: Value, add: bool) -> None:
        memory = self.state[key]
        entries = self.entries(place, index)
        slots = tuple(Slot(2 + k) for k in range(len(entries)))
        path = (Step("index", slots if len(slots) > 1 else slots[0]),)
        self.state[key] = self.b.emit(Op("store", [memory, x, *entries], [memory.type], path=path, add=add)).result
        self.state[key].name = memory.name

    # -- elements -----------------------------------------------------------------------------------

    def element(self, v: Value, index: list[Value]) -> Value:
        """The element of a value at an iteration of the loops."""
        if not isinstance(v.type, Array):
            return v
        if v in self.scalars:
            return self.scalars[v]
        if v.op in self.inner:
            assert v.op is not None
            return self.element(v.op.operands[0], index) if same_elements(v.op) else self.computed(v.op, index)
        if v in self.nest.made and self.nest.made[v].kind == "make":
            return self.load(self.made_place(self.nest.made[v]), index)
        return self.load(aligned(read(v), v.type.dims, self.nest.dims), index)

    def load(self, place: Place, index: list[Value]) -> Value:
        memory = place.memory
        memory = self.state.get(self.nest.origin(memory), memory)
        entries = self.entries(place, index)
        slots = tuple(Slot(1 + k) for k in range(len(entries)))
        assert isinstance(memory.type, Array)
        path = (Step("index", slots if len(slots) > 1 else slots[0]),)
        return self.b.emit(Op("load", [memory, *entries], [Scalar(memory.type.dtype, False)], path=path)).result

    def entries(self, place: Place, index: list[Value]) -> list[Value]:
        out = []
        for m, a in enumerate(place.axes):
            start = a.start if isinstance(a.start, Value) else None
            at: Value | None = None
            if a.loop is not None:
                at = index[a.loop]
                if a.step != 1:
                    at = self.const(a.step) if at is None else self.call(operator.mul, [self.const(a.step), at], INDEX)
            if a.back:
                length = self.axis_length(place.memory, m)
                at = length if at is None else self.call(operator.add, [length, at], INDEX)
            if start is not None:
                at = start if at is None else self.call(operator.add, [start, at], INDEX)
            else:
                at = self.const(a.start) if at is None else self.plus(at, a.start)
            out.append(at)
        return out

    def computed(self, op: Op, index: list[Value]) -> Value:
        """An elementwise op on elements."""
        t = op.results[0].type
        assert isinstance(t, Array)
        if same_elements(op):
            return self.element(op.operands[0], index)
        scalar = Scalar(t.dtype, False)
        args = [self.fitting(self.element(v, index), scalar) for v in op.operands]
        if op.kind == "accumulate":
            return self.call(operator.add, args, scalar)
        if op.fn is np.where and len(args) == 3:
            return self.choice(args, scalar)
        return self.call(op.fn, args, scalar)

    def fitting(self, x: Value, t: Scalar) -> Value:
        """A Python number that meets an array of single precision takes part in that precision."""
        if t.dtype in SINGLE and isinstance(x.type, Scalar) and x.type.kind in "fc" and x.type.dtype not in SINGLE:
            return self.call(SINGLE[t.dtype], [x], Scalar(t.dtype, False))
        return x

    def choice(self, args: list[Value], t: Type) -> Value:
        arms = [Region(), Region()]
        op = Op("if", [args[0]], [t], arms, span=self.b.span)
        op.adjoint = self.b.adjoint
        for arm, v in zip(arms, args[1:]):
            arm.yields = [v]
        self.b.region.ops.append(op)
        return op.result

    # -- small ops ----------------------------------------------------------------------------------

    def call(self, fn: Any, args: list[Value], t: Type) -> Value:
        return self.b.emit(Op("call", args, [t], fn=fn, args=tuple(Slot(i) for i in range(len(args))), kwargs={})).result

    def plus(self, v: Value, n: int) -> Value:
        if n == 0:
            return v
        fn = operator.add if n > 0 else operator.sub
        return self.call(fn, [v, self.const(abs(n))], INDEX)

    def const(self, x: Any, t: Type = INDEX) -> Value:
        return self.b.const(x, t)


def shifted(step: Step, by: int) -> Step:
    from symgrad.ir.nodes import map_tree
    moved: Step = map_tree(step, lambda s: Slot(s.index + by))
    return moved


__all__ = ["UNEQUAL", "emit"]
