"""A nest of array statements as loops in the IR."""
from __future__ import annotations

import operator
from typing import Any

import numpy as np

from symgrad.ir.nodes import Builder, Op, Region, Slot, Step, Value
from symgrad.ir.types import Array, Scalar, Type
from symgrad.optimize.loops.elements import operands, read, same_elements
from symgrad.optimize.loops.lengths import INDEX, Lengths, Ops, not_empty
from symgrad.optimize.loops.nests import Nest, Root
from symgrad.optimize.loops.places import Axis, Loops, Place, aligned
from symgrad.optimize.loops.reductions import fold_of

NAMES = ("i", "j", "k", "l")
SINGLE = {"float32": np.float32, "complex64": np.complex64}


def emit(nest: Nest, region: Region, again: bool, out: list[Op], done: dict[Value, Value]) -> None:
    """Append a nest's loops to `out`; `done` says what stands for the results of its statements.

    Where lengths are not as they were taken to be, the loops raise: whoever called them has to run the function another way,
    if it may be run `again`.
    """
    Emission(nest, region, again).run(out, done)


class Emission(Ops):
    """One nest being written."""

    def __init__(self, nest: Nest, region: Region, again: bool) -> None:
        self.nest, self.home = nest, region
        self.before = Region()                          # lengths, buffers
        self.b = Builder(self.before)
        self.state: dict[Any, Value] = {}               # version, buffer or sum before the nest -> what it is here
        self.scalars: dict[Value, Value] = {}           # elements made in this iteration
        self.chunk_of = {r: k for k, chunk in enumerate(nest.chunks) for r in chunk}
        self.inner = nest.parts
        self.counts: dict[Root, Value] = {}             # how many terms a mean has
        self.again = again                              # whether the function may be run once more, another way

    def run(self, out: list[Op], done: dict[Value, Value]) -> None:
        nest, b = self.nest, self.b
        first = nest.first.op
        b.adjoint, b.span = first.adjoint, first.span
        self.lengths = Lengths(nest, b, self.again).lengths
        for root in nest.roots():
            self.prepare(root)
        self.run_level(0, [])
        for root in nest.roots():
            result = root.op.results[0]
            key = nest.origin(result) if root.kind == "store" else result
            if key in self.state:
                done[result] = self.averaged(root, self.state[key]) if root.kind == "reduce" else self.state[key]
        out.extend(self.before.ops)

    # -- memory -------------------------------------------------------------------------------------

    def prepare(self, root: Root) -> None:
        """The memory, buffer or sum that a statement writes to, as it is before the loops."""
        result = root.op.results[0]
        if root.kind == "store":
            origin = self.nest.origin(result)
            self.state.setdefault(origin, origin)
        elif root.kind in ("reduce", "fold"):
            axes = root.axes or tuple(range(self.nest.rank))
            if fold_of(root.op).start:
                for k in axes:
                    self.b.emit(Op("call", [self.lengths[k]], [INDEX], fn=not_empty, args=(Slot(0),), kwargs={},
                                   effect=True))
            if fold_of(root.op).mean:
                count = self.lengths[axes[0]]
                for k in axes[1:]:
                    count = self.call(operator.mul, [count, self.lengths[k]], INDEX)
                self.counts[root] = count
            self.state[result] = self.start(root) if root.kind == "reduce" else self.filled(root)
        else:
            use = self.use(root)
            if use:
                assert isinstance(root.value.type, Array)
                lengths = self.lengths if use == "all" else self.lengths[-1:]
                self.state[result] = self.buffer(root.value, lengths)

    def start(self, root: Root) -> Value:
        """The number that a fold starts from."""
        t, start = root.op.results[0].type, fold_of(root.op).start
        assert isinstance(t, (Scalar, Array))
        first = self.const(start if t.kind == "f" else 0j, Scalar("float64" if t.kind == "f" else "complex128"))
        return self.call(SINGLE[t.dtype], [first], Scalar(t.dtype, False)) if t.dtype in SINGLE else first

    def filled(self, root: Root) -> Value:
        """The array that a fold along axes goes into."""
        assert root.place is not None
        lengths = [self.const(1) if a.loop is None else self.lengths[a.loop] for a in root.place.axes]
        if root.axes == (self.nest.rank - 1,):          # written once, when the innermost loop has ended
            return self.buffer(root.op.results[0], lengths)
        memory = self.buffer(root.op.results[0], lengths, np.full, self.start(root))
        return memory

    def buffer(self, v: Value, lengths: list[Value], fn: Any = np.empty, *more: Value) -> Value:
        assert isinstance(v.type, Array)
        dims = v.type.dims[len(v.type.dims) - len(lengths):]
        lengths = [self.call(max, [n, self.const(0)], INDEX) if n.op is not None and n.op.fn is operator.sub else n
                   for n in lengths]                    # a[1:-1] of one element
        shape = tuple(Slot(i) for i in range(len(lengths)))
        kwargs = {} if v.type.dtype == "float64" else {"dtype": np.dtype(v.type.dtype)}
        args = (shape if len(shape) > 1 else shape[0], *(Slot(len(lengths) + i) for i in range(len(more))))
        op = Op("call", [*lengths, *more], [Array(v.type.dtype, dims)], fn=fn, args=args, kwargs=kwargs)
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
                inner = [r for r in chunk if r.kind == "fold" and k in r.axes]
                for r in inner:                         # summed up in a number while the innermost loop runs
                    self.state[r] = self.start(r)
                keys = {self.key(r) for r in chunk if r not in inner} & set(self.state) | set(inner)
                self.loop(k, index, [s for s in self.state if s in keys], lambda i, chunk=chunk: self.run_chunk(chunk, i))
                for r in inner:
                    self.b.adjoint, self.b.span = r.op.adjoint, r.op.span
                    self.folded(r, self.state.pop(r), [*index, index[-1] if index else self.const(0)])
        else:
            self.loop(k, index, list(self.state), lambda i: self.run_level(k + 1, i))

    def key(self, root: Root) -> Value:
        result = root.op.results[0]
        return self.nest.origin(result) if root.kind == "store" else result

    def folded(self, root: Root, x: Value, index: list[Value]) -> None:
        """Put what the innermost loop has made of a row where it belongs."""
        key, place = root.op.results[0], root.place
        assert place is not None
        if root.axes == (self.nest.rank - 1,):
            x = self.averaged(root, x)
        else:
            x = self.call(fold_of(root.op).step, [self.load(place, index), self.averaged(root, x)], x.type)
        self.write(key, place, index, x, False)

    def averaged(self, root: Root, x: Value) -> Value:
        """A sum as the mean, if that is asked for."""
        count = self.counts.get(root)
        return x if count is None else self.call(operator.truediv, [x, self.real(root, count)], x.type)

    def number(self, root: Root, x: Value) -> Value:
        """An element as it is added up: a truth is 1.0 or 0.0."""
        t = root.op.results[0].type
        if not isinstance(x.type, Scalar) or x.type.dtype != "bool" or not isinstance(t, (Scalar, Array)):
            return x
        number = Scalar("float64")
        one = self.choice([x, self.const(1.0, number), self.const(0.0, number)], number)
        return self.call(SINGLE[t.dtype], [one], Scalar(t.dtype, False)) if t.dtype in SINGLE else one

    def real(self, root: Root, count: Value) -> Value:
        t = root.op.results[0].type
        assert isinstance(t, (Scalar, Array))
        return self.call(SINGLE.get(t.dtype, float), [count], Scalar(t.dtype, False))

    def loop(self, k: int, index: list[Value], keys: list[Any], body: Any) -> None:
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
        if root.kind == "fold":
            x = self.number(root, self.element(*root.values()[0], index))
            assert root.place is not None
            if root in self.state:
                self.state[root] = self.call(fold_of(root.op).step, [self.state[root], x], x.type)
            else:
                x = self.call(fold_of(root.op).step, [self.load(root.place, index), self.averaged(root, x)], x.type)
                self.write(result, root.place, index, x, False)
        elif root.kind == "reduce":
            terms = [self.number(root, self.element(v, loops, index)) for v, loops in root.values()]
            term = terms[0] if len(terms) == 1 else self.call(operator.mul, terms, result.type)
            self.state[result] = self.call(fold_of(root.op).step, [self.state[result], term], self.state[result].type)
        elif root.kind == "store":
            assert root.place is not None
            self.write(self.key(root), root.place, index, self.element(*root.values()[0], index), root.add)
        else:
            x = self.computed(root.op, tuple(range(self.nest.rank)), index)
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

    def element(self, v: Value, loops: Loops, index: list[Value]) -> Value:
        """The element of a value at an iteration of the loops, of which `loops` run through its axes."""
        if not isinstance(v.type, Array):
            return v
        if v in self.scalars and loops == tuple(range(self.nest.rank)):
            return self.scalars[v]
        if v.op in self.inner:
            assert v.op is not None
            return self.computed(v.op, loops, index)
        if v in self.nest.made and self.nest.made[v].kind == "make" and loops == tuple(range(self.nest.rank)):
            return self.load(self.made_place(self.nest.made[v]), index)
        return self.load(aligned(read(v), loops), index)

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
            if a.through:
                out.append(self.element(a.start, a.through, index))
                continue
            base = a.start if isinstance(a.start, Value) else None
            if a.back:
                length = self.axis_length(place.memory, m)
                base = length if base is None else self.call(operator.add, [length, base], INDEX)
            more = 0 if isinstance(a.start, Value) else a.start
            if a.loop is None:
                out.append(self.const(more) if base is None else self.plus(base, more))
            elif a.step == -1:
                last = self.const(more) if base is None else self.plus(base, more)
                out.append(self.call(operator.sub, [last, index[a.loop]], INDEX))
            else:
                at = index[a.loop]
                if a.step != 1:
                    at = self.call(operator.mul, [self.const(a.step), at], INDEX)
                out.append(self.plus(at if base is None else self.call(operator.add, [base, at], INDEX), more))
        return out

    def computed(self, op: Op, loops: Loops, index: list[Value]) -> Value:
        """An elementwise op on elements."""
        t = op.results[0].type
        assert isinstance(t, Array)
        if same_elements(op):
            return self.element(*operands(op, loops)[0], index)
        scalar = Scalar(t.dtype, False)
        args = [self.fitting(self.element(v, inner, index), scalar) for v, inner in operands(op, loops)]
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


__all__ = ["emit"]
