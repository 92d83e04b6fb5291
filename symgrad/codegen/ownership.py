"""Where a value may be overwritten, and where it has to be copied first.

The IR says `store` gives a new version; generated code writes in place. That is
right where the old version, and every view of it, is dead and the memory is not
the caller's. Elsewhere a copy is inserted: of the view, where only views of the old
version are still needed, else of the memory itself.
"""
from __future__ import annotations

from typing import Any

import numpy as np

from symgrad.analysis.aliasing import Sites, carried, consumed, consumes, is_view, previous
from symgrad.analysis.liveness import Liveness
from symgrad.codegen.shape_versions import ask_later_versions, same_buffer
from symgrad.frontend.containers import list_append
from symgrad.frontend.lowering import make_dict, make_instance, make_list, make_tuple
from symgrad.ir.functions import FunctionRef
from symgrad.ir.nodes import Op, Region, Slot, Value, uses, walk
from symgrad.ir.types import Array, ListOf, Tree
from symgrad.optimize.dce import carried_count, substitute
from symgrad.passes import runs

MAX_ROUNDS = 200


def insert_copies(region: Region, lent: frozenset[Value] = frozenset()) -> None:
    """Make every write in place legal; `lent` are the parameters that a function's caller lets it write to."""
    for op in walk(region):
        if op.kind == "accumulate":
            op.attrs["in_place"] = isinstance(op.results[0].type, Array) and runs("in_place")
    if not runs("in_place"):
        copy_always(region)
    copies = Copies(region, lent)
    for _ in range(MAX_ROUNDS):
        if not copies.fix():
            return
        copies.look_again()
    raise RuntimeError("symgrad: copies do not settle")


def copy_always(region: Region) -> None:
    """Copy before every write, but for those that the primal's caller is to see."""
    for op in list(region.ops):
        for inner in op.regions:
            copy_always(inner)
        if consumes(op) and not op.attrs.get("effect") and op.fn is not overwrite:
            copy = Op("copy", [op.operands[0]], [op.operands[0].type], span=op.span)
            region.ops.insert(region.ops.index(op), copy)
            op.operands[0] = copy.result


def overwrite(memory: Any, value: Any) -> Any:
    """All contents of `memory` become those of `value`: the op that leaves a version where its first one was."""
    return value


def leave_in_place(region: Region, lent: tuple[tuple[int, int], ...]) -> bool:
    """Write what became of a parameter's memory back to it, where copies have come between; whether any was."""
    written = False
    sites = Sites(region)
    for i, k in lent:
        p, end = region.params[i], region.yields[k]
        if same_buffer(end, p):
            continue
        for j, y in enumerate(region.yields):       # what is returned of the old contents is saved first
            if j != k and p in sites.of(y) and not any(j == other for _, other in lent):
                copy = Op("copy", [y], [y.type])
                copy.result.name = y.name
                region.ops.append(copy)
                region.yields[j] = copy.result
        op = Op("call", [p, end], [p.type], fn=overwrite, args=(Slot(0), Slot(1)), kwargs={}, memory=True)
        op.result.name = p.name
        region.ops.append(op)
        region.yields[k] = op.result
        written = True
    return written


def fill_results(region: Region) -> None:
    """What a function returns is memory, and not a number that is only seen as an array."""
    for k, y in enumerate(region.yields):
        op = y.op
        if op is not None and op.kind == "call" and op.fn is np.broadcast_to and op in region.ops:
            copy = Op("copy", [y], [y.type], span=op.span)
            copy.adjoint, copy.result.name = op.adjoint, y.name
            region.ops.insert(region.ops.index(op) + 1, copy)
            region.yields[k] = copy.result
        elif op is not None and op.kind == "if":
            for arm in op.regions:
                fill_results(arm)


def puts(op: Op) -> tuple[int, ...]:
    """Which operands of an op become items of a list, a dict or an object."""
    if op.kind == "store":
        return (1,) if not isinstance(op.operands[0].type, Array) else ()
    if op.kind != "call":
        return ()
    if op.fn is list_append:
        return (1,)
    return tuple(range(len(op.operands))) if op.fn in (make_list, make_dict, make_tuple, make_instance) else ()


class Copies:
    """Finds writes that are not legal and mends them, one after another."""

    def __init__(self, region: Region, lent: frozenset[Value]) -> None:
        self.top = region
        self.lent = lent
        self.sites = Sites(region)
        self.live = Liveness(region)
        self.home: dict[Value, Region] = {}
        self.nesting: dict[Region, Region | None] = {region: None}
        self.replaced: set[Value] = set()           # views that a copy stands for by now
        self._map(region)

    def look_again(self) -> None:
        """Let what is known of memory take account of what was mended."""
        self.sites.follow()
        self.live = Liveness(self.top)

    def _map(self, region: Region) -> None:
        for p in region.params:
            self.home[p] = region
        for op in region.ops:
            for r in op.results:
                self.home[r] = region
            for inner in op.regions:
                self.nesting[inner] = region
                self._map(inner)

    def fix(self) -> bool:
        return (self._fix_items(self.top, self._written_inside()) or self._fix_tapes(self.top, self._written()) or self._fix_accumulations(self.top)
                or self._fix(self.top) or self._fix_kept())

    def _fix_accumulations(self, region: Region) -> bool:
        """``da += x`` becomes ``da = da + x`` where `da` may not be overwritten."""
        changed = False
        for i, op in enumerate(list(region.ops)):
            if op.kind == "accumulate" and consumes(op):
                changed |= self._fix_write(region, i, op, op.operands[0], 0)
            for inner in op.regions:
                changed |= self._fix_accumulations(inner)
        return changed

    def _fix_tapes(self, region: Region, written: set[Value]) -> bool:
        """What is recorded must not be overwritten later: such memory is copied onto the tape."""
        changed = False
        for op in region.ops:
            inside = [self._fix_tapes(inner, written) for inner in op.regions]
            if op.kind in ("for", "while") and not any(inside):     # else what it records is another list by now
                inside.append(self._fix_tape(op, written))
            changed |= any(inside)
        return changed

    def _fix_items(self, region: Region, written: set[Value]) -> bool:
        """An array in a list whose items are written to is the list's own: it is copied where it is put in, else."""
        changed = False
        for op in list(region.ops):
            for inner in op.regions:
                changed |= self._fix_items(inner, written)
            for slot in puts(op):
                w = op.operands[slot]
                if isinstance(w.type, Array) and self.sites.of(op.results[0]) & written and not self._given(w, slot, op, region):
                    self._copy_operand(region, region.ops.index(op), op, w, slot)
                    changed = True
        return changed

    def _given(self, w: Value, slot: int, op: Op, region: Region) -> bool:
        """Whether an array that is put into a list is nobody else's from then on."""
        mine = self.sites.of(w)
        others = [v for i, v in enumerate(op.operands) if i != slot and i in puts(op)]
        others += [v for v in self.live.after[op] if v not in op.results]
        return self._owned(w, region) and not any(v is w or self.sites.of(v) & mine for v in others)

    def _written_inside(self) -> set[Value]:
        """The lists, dicts and objects of which some op writes to items, and not only puts them in."""
        found: set[Value] = set()
        ops = walk(self.top)
        for op in ops:
            into = [op.operands[0]] if op.kind == "store" and len(op.attrs["path"]) > 1 else [
                op.operands[i] for i, _ in consumed(op)] if isinstance(op.fn, FunctionRef) else []
            found.update(*(self.sites.of(v) for v in into if not isinstance(v.type, Array)))
        carry = [c for op in ops if op.kind in ("for", "while") for c in carried(op)] if found else []
        known = -1
        while known != len(found):
            known = len(found)
            for init, param, after in carry:
                if param in found:
                    found |= self.sites.of(init) | self.sites.of(after)
        return found

    def _fix_kept(self) -> bool:
        """What a function keeps for its adjoint must not be memory that its caller may go on writing to."""
        for y in self.top.yields:
            if not isinstance(y.type, Tree) or y.op is None:
                continue
            for slot, v in enumerate(y.op.operands):
                if isinstance(v.type, Tree) or not self.sites.of(v) & self.lent:
                    continue
                copy = self._copy(v)
                home = self.home[v]
                self._insert(home, home.ops.index(v.op) + 1 if v.op is not None else 0, copy)
                y.op.operands[slot] = copy.result
                return True
        return False

    def _fix_tape(self, op: Op, written: set[Value]) -> bool:
        early = 1 if op.attrs.get("early") else 0
        body = op.regions[-1]
        n = carried_count(op)
        changed = False
        for k in range(n, n + op.attrs.get("taped", 0)):
            y = body.yields[k + early]
            if y.type.holds_memory and not (y.op is not None and y.op.kind == "copy") \
                    and self.sites.of(y) & written and not self._given_away(y, body):
                copy = self._copy(y)
                at = body.ops.index(y.op) + 1 if y.op is not None and y.op in body.ops else 0
                self._insert(body, at, copy)
                body.yields[k + early] = copy.result
                changed = True
        return changed

    def _given_away(self, y: Value, body: Region) -> bool:
        """Whether a body makes a value afresh and has no other use for it."""
        if y.op is None or y.op not in body.ops or self.sites.of(y) != frozenset([y]):
            return False
        return y.op.kind == "call" and uses(body).get(y, 0) == 1

    def _fix(self, region: Region) -> bool:
        for i, op in enumerate(region.ops):
            if any(self._fix_write(region, i, op, op.operands[slot], slot) for slot, _ in consumed(op)):
                return True
            for inner in op.regions:
                if self._fix(inner):
                    return True
            if op.kind in ("for", "while") and self._fix_loop(region, i, op):
                return True
        return False

    def _fix_loop(self, region: Region, i: int, op: Op) -> bool:
        first, shift = (1, 3) if op.kind == "for" else (0, 0)
        early = 1 if op.attrs.get("early") else 0
        body = op.regions[-1]
        n = carried_count(op)
        for k in range(n):
            if body.params[k + first] in self.sites.mutated:
                if self._fix_write(region, i, op, op.operands[k + shift], k + shift):
                    return True
                y = body.yields[k + early]
                others = [v for j, v in enumerate(body.yields) if j != k + early and v is not y]
                clash = any(self.sites.of(o) & self.sites.of(y) for o in others[early:]
                            if isinstance(o, Value) and o not in (y,)) and not self._chain_of_param(y, body)
                twice = [v for v in body.yields[early:early + n]].count(y) > 1
                if not self._owned(y, body) or clash or (twice and body.yields[early:early + n].index(y) != k):
                    copy = self._copy(y)
                    self._insert(body, len(body.ops), copy)
                    body.yields[k + early] = copy.result
                    return True
        return False

    def _chain_of_param(self, y: Value, body: Region) -> bool:
        while (before := previous(y)) is not None:
            y = before
        return y in body.params

    def _written(self) -> set[Value]:
        """The sites that some op writes to."""
        out: set[Value] = set(self.sites.mutated)
        for op in walk(self.top):
            for slot, _ in consumed(op):
                out |= self.sites.of(op.operands[slot])
            if op.kind in ("for", "while"):
                first, shift = (1, 3) if op.kind == "for" else (0, 0)
                early = 1 if op.attrs.get("early") else 0
                body = op.regions[-1]
                for k in range(carried_count(op)):
                    if body.params[k + first] in self.sites.mutated:
                        out |= self.sites.of(op.operands[k + shift]) | self.sites.of(body.yields[k + early])
        return out

    def _fix_write(self, region: Region, i: int, op: Op, v: Value, slot: int) -> bool:
        """Mend a write to `v` at op number `i` of a region, if it is not legal."""
        after = self.live.after[op]
        mine = self.sites.of(v)
        read = v in after or any(v in self.live.captured[r] for r in op.regions)
        if read and self.home.get(v) is region and self._owned(v, region) \
                and ask_later_versions(region, i, v, self.sites):
            return True
        clash = [w for w in after if w is not v and w not in op.results and w not in self.replaced
                 and self.sites.of(w) & mine]
        if op.regions or isinstance(op.fn, FunctionRef):
            inside = set[Value]().union(*[self.live.captured[r] for r in op.regions])
            clash += [w for w in inside if w is not v and self.sites.of(w) & mine]
            if op.operands.count(v) > 1 or v in inside:
                return self._copy_operand(region, i, op, v, slot)
            clash += [w for j, w in enumerate(op.operands) if j != slot and w is not v and w.type.holds_memory
                      and self.sites.of(w) & mine]
        if v in after or not self._owned(v, region):
            if op.kind == "accumulate":
                op.attrs["in_place"] = False
                return True
            return self._copy_operand(region, i, op, v, slot)
        if not clash:
            return False
        views = [w for w in clash if self._is_copyable_view(w)]
        if len(views) == len(clash):
            for w in sorted(set(views), key=lambda w: w.id):
                self._copy_view(w)
            return True
        if op.kind == "accumulate":
            op.attrs["in_place"] = False
            return True
        return self._copy_operand(region, i, op, v, slot)

    def _is_copyable_view(self, w: Value) -> bool:
        return w.op is not None and w.op.kind in ("load", "call") and not consumes(w.op) and isinstance(w.type, Array) \
            and self.sites.of(w) != frozenset([w])

    def _copy(self, v: Value) -> Op:
        op = Op("copy", [v], [v.type], span=v.op.span if v.op else None)
        op.result.name = v.name
        return op

    def _insert(self, region: Region, at: int, copy: Op) -> None:
        region.ops.insert(at, copy)
        self.home[copy.result] = region
        self.sites.add_copy(region, copy)

    def _copy_view(self, w: Value) -> None:
        home = self.home[w]
        copy = self._copy(w)
        assert w.op is not None
        at = home.ops.index(w.op)
        substitute(self.top, {w: copy.result})
        self.replaced.add(w)
        copy.operands = [w]
        self._insert(home, at + 1, copy)

    def _copy_operand(self, region: Region, i: int, op: Op, v: Value, slot: int) -> bool:
        copy = self._copy(v)
        self._insert(region, i, copy)
        op.operands[slot] = copy.result
        return True

    def _owned(self, v: Value, region: Region) -> bool:
        """Whether code in `region` may overwrite the memory of `v`, if nothing else reads it."""
        if not self._same_iteration(v, region):
            return False
        op = v.op
        if op is None:
            return v in self.sites.mutated or v in self.lent
        if op.kind == "load" and not is_view(op):
            return True
        if op.kind in ("arg", "load", "const", "undef"):
            return bool(op.attrs.get("shared"))         # what the primal does to a global is done to it
        if op.kind == "copy":
            return True
        if previous(v) is not None:
            return True
        if op.kind in ("for", "while"):
            k = op.results.index(v)
            if k >= carried_count(op):
                return True
            first = 1 if op.kind == "for" else 0
            return op.regions[-1].params[k + first] in self.sites.mutated
        if op.kind == "if":
            k = op.results.index(v)
            return all(k < len(r.yields) and self._owned_in_arm(r.yields[k], r, op) for r in op.regions)
        if op.kind == "call" and isinstance(v.type, ListOf) and op.attrs.get("memory"):
            return True
        return self.sites.of(v) == frozenset([v]) or (isinstance(v.type, ListOf) and v in self.sites.of(v))

    def _owned_in_arm(self, y: Value, arm: Region, op: Op) -> bool:
        return self._owned(y, arm) and y not in self.live.after[op]

    def _same_iteration(self, v: Value, region: Region) -> bool:
        """Whether no loop stands between where `v` is made and where it is overwritten."""
        home = self.home.get(v)
        r: Region | None = region
        while r is not None and r is not home:
            if r.parent is not None and r.parent.kind in ("for", "while"):
                return False
            r = self.nesting.get(r)
        return True
