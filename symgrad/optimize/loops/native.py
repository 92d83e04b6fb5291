"""Array statements become loops: what is computed elementwise, stored, summed, region by region.

An array expression that is used once has no array of its own: its elements are computed where they are used.
What is left are *roots*: values that need memory, stores, and sums. Each is a loop nest; those that follow each
other over the same lengths share one, as far as no element is read before it is written, or after it is
overwritten (`nests`).

Everything stays in terms of versions of memory: the loops carry them. So whether writing in place is right
is decided afterwards, as for every other program, by `codegen.ownership`.
"""
from __future__ import annotations

import numpy as np

from symgrad.analysis.aliasing import Sites, carried, consumes
from symgrad.analysis.dependence import Chain
from symgrad.frontend.blocks import enter_context
from symgrad.frontend.exceptions import block_mark
from symgrad.frontend.statements import assert_true, raise_error
from symgrad.ir.infer import dim_length
from symgrad.ir.nodes import Op, Region, Slot, Value, walk
from symgrad.ir.types import Array, dims_of
from symgrad.optimize.dce import clean, substitute
from symgrad.optimize.loops.crosses import cross_by_elements
from symgrad.optimize.loops.elements import array, elementwise, same_elements, same_length
from symgrad.optimize.loops.emit import emit
from symgrad.optimize.loops.lengths import certainly_equal_lengths, equal_lengths
from symgrad.optimize.loops.nests import Nest, Root, in_itself, part_type
from symgrad.optimize.loops.places import place_of, whole
from symgrad.optimize.loops.reductions import axes_of, place_of_result, reduces
from symgrad.optimize.loops.report import Lowered, lowered
from symgrad.rules.broadcasting import unbroadcast_at_run_time
from symgrad.transform.base import representative
from symgrad.transform.ranges import Insert

# effects that may be had twice: a block that an exception left is left, and may be entered again
REPEATABLE = (assert_true, raise_error, block_mark, enter_context, np.errstate)

Users = dict[Value, list[tuple[Region, Op | None]]]


def lower(region: Region) -> list[Lowered]:
    """Rewrite a function for a backend in which loops over numbers are quick; what became of its array statements."""
    again = not any(op.attrs.get("effect") and op.fn not in REPEATABLE for op in walk(region))
    cross_by_elements(region, equal_lengths if again else certainly_equal_lengths)
    ask_operands(region)
    ask_earliest(region)
    users: Users = {}
    collect(region, users)
    done: dict[Value, Value] = {}
    looped: list[Op] = []
    visit(region, users, Sites(region), again, done, looped)
    substitute(region, done)
    ask_before(region)
    clean(region)
    return lowered(looped, region)


def ask_before(region: Region) -> None:
    """Ask before a loop for the lengths of what it carries: in its body no version is needed for that alone."""
    for loop in list(region.ops):
        for r in loop.regions:
            ask_before(r)
        if loop.kind == "for":
            lengths: dict[Value, Value] = {}
            place = Insert(region, loop, loop)
            memory = {v: (k, init) for k, (init, p, _) in enumerate(carried(loop)) for v in (init, p, loop.results[k])
                      if isinstance(init.type, Array)}
            for op in walk(loop.regions[0]):
                if op.kind == "call" and op.fn is dim_length and op.operands[0] in memory:
                    k, init = memory[op.operands[0]]
                    if Chain(loop, k).sound:                # else it may have another length in each iteration
                        lengths[op.result] = place.call(dim_length, init)
                        lengths[op.result].op.attrs["args"] = op.attrs["args"]      # type: ignore[union-attr]
            substitute(loop.regions[0], lengths)


def ask_operands(region: Region) -> None:
    """Ask for a length what an array expression is computed from: nothing is to be computed for its shape alone."""
    for op in walk(region):
        while op.kind == "call" and op.fn is dim_length and (found := operand_of(op)) is not None:
            op.operands[0], axis = found
            op.attrs["args"] = (Slot(0), axis)
            op.key = None


def ask_earliest(region: Region) -> None:
    """Ask for a shape the first version of memory that has it: loops that are done early do not wait for a later one."""
    for op in list(region.ops):
        for r in op.regions:
            ask_earliest(r)
        like = op.operands[1].op if op.fn is unbroadcast_at_run_time else None
        if like is not None and like.kind == "load" and (first := representative(like.operands[0])) is not like.operands[0]:
            part = Op("load", [first, *like.operands[1:]], [like.result.type], path=like.attrs["path"])
            region.ops.insert(region.ops.index(op), part)
            op.operands[1] = part.result


def operand_of(op: Op) -> tuple[Value, int] | None:
    """An operand of the elementwise op whose length is asked for that has this length, and which axis of it that is."""
    v, axis = op.operands[0], op.attrs["args"][1]
    if v.op is None or not elementwise(v.op):
        return None
    d = dims_of(v.type)[axis]
    for o in v.op.operands:
        k = axis - rank(v) + rank(o)
        if k >= 0 and same_length(dims_of(o.type)[k], d):
            return o, k
    return None


def collect(region: Region, users: Users) -> None:
    for op in region.ops:
        for v in op.operands:
            users.setdefault(v, []).append((region, op))
        for r in op.regions:
            collect(r, users)
    for v in region.yields:
        users.setdefault(v, []).append((region, None))


def visit(region: Region, users: Users, sites: Sites, again: bool, done: dict[Value, Value],
          looped: list[Op]) -> None:
    for op in list(region.ops):
        for r in op.regions:
            visit(r, users, sites, again, done, looped)
    if any(elementwise(op) or op.kind == "store" and array(op.operands[0]) or reduces(op) or axes_of(op) is not None
           for op in region.ops):
        statements = Statements(region, users, sites, again)
        statements.rewrite(done)
        looped += statements.roots


class Statements:
    """The array statements of one region."""

    def __init__(self, region: Region, users: Users, sites: Sites, again: bool) -> None:
        self.region, self.users, self.sites, self.again = region, users, sites, again
        self.order = list(region.ops)                   # as it is numbered, without copies that are put in
        self.at = {op: k for k, op in enumerate(self.order)}
        self.killed: dict[Value, int] = {}              # where a version of memory is overwritten
        for k, op in enumerate(region.ops):
            for v in overwritten(op):
                self.killed.setdefault(v, k)
        self.parts: set[Op] = {op for op in region.ops if elementwise(op) or same_elements(op)}
        self.roots: dict[Op, Root] = {}
        self.early: dict[Op, list[Op]] = {}             # before an op: roots that read what it overwrites

    # -- what becomes a loop of its own ------------------------------------------------------------

    def rewrite(self, done: dict[Value, Value]) -> None:
        self.plan()
        self.virtual = {op for op in self.parts if op not in self.roots}
        out: list[Op] = []
        nest: Nest | None = None
        for op in self.region.ops:
            for o in [*self.early.get(op, ()), op]:
                if o is op and any(o in early for early in self.early.values()):
                    continue
                nest = self.place(o, nest, out, done)
        if nest is not None:
            emit(nest, self.region, self.again, out, done)
        self.region.ops = out

    def place(self, op: Op, nest: Nest | None, out: list[Op], done: dict[Value, Value]) -> Nest | None:
        """Put an op into the open nest, or before it, or close the nest first."""
        root = self.roots.get(op)
        if root is not None:
            if nest is None or not nest.takes(root):
                if nest is not None:
                    emit(nest, self.region, self.again, out, done)
                nest = Nest(root, self.virtual, self.sites, self.users, self.at)
            return nest
        if op in self.virtual:
            return nest
        if nest is not None and (op.regions or op.attrs.get("effect") or consumes(op)
                                 or any(v in nest.made for v in op.operands)):
            emit(nest, self.region, self.again, out, done)
            nest = None
        out.append(op)
        return nest

    def plan(self) -> None:
        for op in self.region.ops:
            if op.kind == "store" and array(op.operands[0]):
                place = place_of(op.operands[0], op.attrs["path"], op.operands)
                value = op.operands[1]
                loops = {k for a in place.axes for k in (a.loop, *a.through)} if place is not None else set()
                dims = dims_of(part_type(op)) if place is not None else ()
                if place is not None and dims and rank(value) <= len(dims) and all(
                        k in loops or d == 1 for k, d in enumerate(dims)):
                    self.roots[op] = Root("store", op, value, place, bool(op.attrs.get("add")))
            elif reduces(op):
                self.roots[op] = Root("reduce", op, op.operands[0], None, True)
            elif (axes := axes_of(op)) is not None:
                self.roots[op] = Root("fold", op, op.operands[0], place_of_result(op, axes), True, axes)
        for op in reversed(self.region.ops):
            if op in self.parts and not self.single(op):
                self.roots[op] = Root("make", op, op.results[0], whole(op.results[0]), False)
        for _ in range(len(self.parts) + 1):
            changed = [self.settle(op) for op in list(self.roots)]
            if not any(changed):
                break

    def single(self, op: Op) -> bool:
        """Whether one statement of this region alone uses an op's result, element by element."""
        users = self.users.get(op.results[0], [])
        ops = {u for _, u in users}
        if len(ops) != 1 or any(r is not self.region for r, _ in users):
            return False
        user = ops.pop()
        return user is not None and (user in self.parts or user in self.roots and user.operands[0] is not op.results[0]
                                     or reduces(user) or axes_of(user) is not None)

    def settle(self, op: Op) -> bool:
        """See to it that a root reads what is there when it runs; whether anything was changed."""
        root = self.roots[op]
        at = self.at[op]
        inner = {o for o in self.parts if o not in self.roots}
        if in_itself(root, inner):                    # all of it is computed before any of it is stored
            part = root.value.op
            if part not in self.parts or part in self.roots:
                self.copy(root)
                return True
            self.roots[part] = Root("make", part, root.value, whole(root.value), False)
            return True
        read = [v for v, _ in root.leaves(inner)]
        stale = [v for v in read if array(v) and self.killed_at(v) < at]
        if not stale:
            return False
        first = min(map(self.killed_at, stale))
        if root.kind == "make":
            late = [v for v in read if v.op in self.at and self.at[v.op] >= first]
            if not late:
                target = self.order[first]
                if op not in self.early.get(target, ()):
                    self.early.setdefault(target, []).append(op)
                    self.at[op] = first - 1
                    return True
            self.give_up(op)
            return True
        for start, _ in root.values():                  # compute it where it stands
            part = start.op
            if part in self.parts and part not in self.roots:
                self.roots[part] = Root("make", part, start, whole(start), False)
                return True
        del self.roots[op]
        return True

    def copy(self, root: Root) -> None:
        """Let a store take what it stores from a copy."""
        op, v = root.op, root.value
        made = Op("copy", [v], [v.type], span=op.span)
        made.adjoint = op.adjoint
        self.region.ops.insert(self.region.ops.index(op), made)
        self.at[made] = self.at[op]
        self.users[made.result] = [(self.region, op)]
        op.operands[1] = root.value = made.result

    def killed_at(self, v: Value) -> int:
        """Where in this region the memory that a value is read from is overwritten."""
        memory = v
        while memory.op is not None and memory.op.kind == "load":
            memory = memory.op.operands[0]
        return min(self.killed.get(memory, len(self.at)), self.killed.get(v, len(self.at)))

    def give_up(self, op: Op) -> None:
        """Leave an op as it is; what it takes is computed as arrays."""
        del self.roots[op]
        self.parts.discard(op)
        for v in op.operands:
            if v.op in self.parts and v.op not in self.roots:
                self.roots[v.op] = Root("make", v.op, v, whole(v), False)


def rank(v: Value) -> int:
    return v.type.ndim if isinstance(v.type, Array) else 0


def overwritten(op: Op) -> list[Value]:
    """The versions that an op, or one inside it, overwrites."""
    found = [op.operands[0]] if op.kind in ("store", "accumulate") and op.operands[0].type.holds_memory else []
    if op.kind == "call" and consumes(op):
        found += [v for v in op.operands if v.type.holds_memory]
    if op.kind in ("for", "while"):
        found += [v for v in op.operands if v.type.holds_memory]
    for r in op.regions:
        for o in walk(r):
            if o.kind == "store" or o.kind == "call" and consumes(o):
                found.append(o.operands[0])
            elif o.kind in ("for", "while"):
                found += [v for v in o.operands if v.type.holds_memory]
    return found


__all__ = ["lower"]
