"""Loops: what one iteration changes is carried to the next.

The body is lowered with a guess of what it carries; if it turns out to change
more, or to change a type, it is lowered again with the better guess.
"""
from __future__ import annotations

import ast
import itertools
from collections.abc import Callable
from typing import Any

from symgrad.analysis.skipped import skipped
from symgrad.analysis.unbound import unbound
from symgrad.errors import AliasError, SymgradError
from symgrad.frontend.aliases import Meeting
from symgrad.frontend.branches import conflict
from symgrad.frontend.items import Twice, collected
from symgrad.frontend.loop_guesses import guess, read_elsewhere
from symgrad.frontend.lowering import Conflict, Lowering, Unsettled
from symgrad.frontend.merging import (
    Leaf,
    NoTemplate,
    common,
    common_contents,
    contents_template,
    fill_cell,
    fit_cell,
    leaves,
    places,
    places_in,
    relate,
    template,
)
from symgrad.frontend.recursion import NotYetKnown
from symgrad.frontend.values import UNDEF, Static, Undef
from symgrad.ir.nodes import Op, Region, Value, uses
from symgrad.ir.types import FLOAT, INT, located, of_items
from symgrad.structs import field, struct


class EarlyRead(Exception):
    """A loop's body reads a variable that only an earlier iteration binds."""

    def __init__(self, key: Any) -> None:
        super().__init__(key)
        self.key = key


def bound_by_iterations(loops: list[tuple[int, dict[Any, Any], dict[Any, Any]]], key: Any) -> bool:
    """Whether one of these loops does not carry a variable that has no value before it: an iteration may bind it for the next."""
    return any(frame == key[1] and key not in plan and isinstance(before.get(key, UNDEF), Undef) for frame, plan, before in loops)


JUMP, STOP = ("jump",), ("stop",)
MAX_ATTEMPTS = 12


def for_loop(lw: Lowering, bounds: tuple[Any, Any, Any], body: Callable[[Value], None], stmts: list[ast.stmt],
             index_name: str, collect: bool = False) -> Any:
    """Lower ``for index in range(*bounds): body(index)``. With `collect`, gather what body returns."""
    start, stop, step = (lw.value(x) for x in bounds)

    def build(inits: list[Value]) -> tuple[Op, list[Region], list[list[Value]]]:
        region = Region()
        index = region.param(INT, index_name)
        op = Op("for", [start, stop, step, *inits], (), [region], span=lw.span())
        params = [region.param(v.type, v.name) for v in inits]
        op.attrs["index"] = index
        return op, [region], [params]

    def run(op: Op) -> Any:
        return body(op.attrs["index"])

    return loop(lw, build, [run], stmts, collect)


def while_loop(lw: Lowering, test: Callable[[], Value], body: Callable[[], None], stmts: list[ast.stmt]) -> None:
    """Lower ``while test(): body()``."""

    def build(inits: list[Value]) -> tuple[Op, list[Region], list[list[Value]]]:
        regions = [Region(), Region()]
        op = Op("while", inits, (), regions, span=lw.span())
        params = [[r.param(v.type, v.name) for v in inits] for r in regions]
        return op, regions, params

    loop(lw, build, [lambda op: test(), lambda op: body()], stmts)


def loop(lw: Lowering, build: Callable[[list[Value]], tuple[Op, list[Region], list[list[Value]]]],
         runs: list[Callable[[Op], Any]], stmts: list[ast.stmt], collect: bool = False) -> Any:
    mark, around = len(lw.saved), len(lw.carrying)
    lw.saved.append(before := lw.cells)
    try:
        return attempts(lw, before, build, runs, stmts, collect)
    finally:
        del lw.saved[mark:], lw.carrying[around:]


def attempts(lw: Lowering, before: dict[Any, Any], build: Any, runs: list[Callable[[Op], Any]], stmts: list[ast.stmt],
             collect: bool) -> Any:
    plan = guess(lw, stmts)
    functions = dict(lw.functions)
    memory = Sharing()
    node, span = lw.node, lw.b.span
    untouched = dict(before)                    # an attempt notes in `before` which variables are of no one kind
    depth, around = len(lw.frame.loops) if lw.frames else 0, list(lw.carrying)
    for _ in range(MAX_ATTEMPTS):
        lw.node, lw.b.span = node, span
        lw.functions = dict(functions)          # what a discarded attempt lowered refers to values that are gone
        attempt, mark = Attempt(lw, before, plan, build, stmts, collect, memory), len(lw.saved)
        lw.carrying = [*around, (lw.frame.id, plan, before)] if lw.frames else around
        try:
            if attempt.run(runs):
                return attempt.finish()
        except EarlyRead as e:
            if e.key in plan or bound_by_iterations(around, e.key):
                raise                           # an earlier iteration of a loop around this one may have bound it, too
            del lw.saved[mark:], lw.frame.loops[depth:]
            lw.cells = before
            lw.b.region, lw.b.outer = attempt.saved[0], list(attempt.saved[1])
            plan[e.key] = first_bound(lw, e.key, Attempt(lw, before, plan, build, stmts, collect, memory), runs)
            del lw.frame.loops[depth:]
            before.update(untouched)
            continue
        plan = attempt.better
        lw.cells = before
    before.update(untouched)
    lw.error("the types of this loop's variables do not settle", kind=Unsettled,
             hint="give each variable one type before the loop (0.0, not 0; np.zeros(n), not [])")


def first_bound(lw: Lowering, key: Any, attempt: Attempt, runs: list[Callable[[Op], Any]]) -> Any:
    """What a variable is that an earlier iteration binds: what the arms bind it to that do not read it before."""
    before, mark = lw.cells, len(lw.saved)
    lw.awaited.add(key)
    try:
        attempt.run(runs)
        end = attempt.ends[-1]
        return common(lw, UNDEF, attempt.template(key, end.get(key, UNDEF), end))
    except (NotYetKnown, EarlyRead, NoTemplate, SymgradError):      # no arm does: it may be a number
        return Leaf(FLOAT)
    finally:
        lw.awaited.discard(key)
        del lw.saved[mark:]
        lw.cells = before
        lw.b.region, lw.b.outer = attempt.saved[0], list(attempt.saved[1])


@struct()
class Sharing:
    """What earlier lowerings of a loop's body told about memory: it holds from the second iteration on.

    A *place* is a cell that is carried (a variable, what an object holds) and where in it: see `places`.
    """

    links: dict[Any, set[Any]] = field(default_factory=dict)    # place: what else it may lead to in a later iteration
    poison: dict[Any, Any] = field(default_factory=dict)        # memory that an iteration writes to by another name
    pairs: set[Any] = field(default_factory=set)                # places that may lead to the same memory later
    held: dict[Any, set[Any]] = field(default_factory=dict)     # place: what the list there holds in a later iteration
    inside: set[Any] = field(default_factory=set)               # places: one leads to a list that holds the other's memory
    twice: dict[Any, Any] = field(default_factory=dict)         # place: since where the list there has an item twice


class Attempt:
    """One lowering of a loop with a given plan: which cells are carried, by which templates."""

    def __init__(self, lw: Lowering, before: dict[Any, Any], plan: dict[Any, Any], build: Any, stmts: list[ast.stmt],
                 collect: bool, memory: Sharing) -> None:
        self.lw, self.before, self.plan, self.build, self.stmts, self.collect = lw, before, plan, build, stmts, collect
        self.memory = memory
        self.saved = (lw.b.region, list(lw.b.outer))
        self.better: dict[Any, Any] = {}

    def run(self, runs: list[Callable[[Op], Any]]) -> bool:
        """Lower the regions; False where the plan has to be better."""
        lw = self.lw
        self.given = self.before                    # what the next attempt starts from, too
        lw.cells = dict(self.before)
        inits: list[Value] = []
        for key, t in self.plan.items():
            first = len(inits)
            fit_cell(lw, key, t, self.before.get(key, UNDEF), inits)
            if key[0] == "obj" and len(inits) == first + 1 and not inits[first].name:
                inits[first].name = lw.name_of(key)         # the list that the loop is the first to make a run-time one
        all_leaves = [leaf for t in self.plan.values() for leaf in leaves(t)]
        inits = [self._typed(v, leaf) for v, leaf in zip(inits, all_leaves)]
        lw.cells.update(self.memory.poison)
        for key in [k for k in lw.cells if k[0] == "taken"]:        # an iteration may put it back
            del lw.cells[key]
        self.before = dict(lw.cells)
        self.op, regions, params = self.build(inits)
        for p, v, leaf in zip([p for ps in params for p in ps], inits * len(params), all_leaves * len(params)):
            p.type = located(leaf.type, p.id)
        self.inits, self.leaves = inits, all_leaves
        entry = lw.cells
        lw.saved.extend([self.before, entry])
        self.ends: list[dict[Any, Any]] = []
        self.assumed: list[dict[Any, Any]] = []
        self.returned: list[Any] = []
        self.began: list[dict[Any, Any]] = []       # what each place in what is carried leads to as a region begins
        self.holding: list[dict[Any, set[Any]]] = []        # and the items of the list there, then
        for region, ps, run in zip(regions, params, runs):
            start = Meeting(compared=1)             # later iterations: see `_memory_known`
            began: dict[Any, Any] = {}
            lw.cells = dict(entry)
            lw.cells[JUMP] = lw.cells[STOP] = Static(False)
            with lw.b.nested(region):
                rest = list(ps)
                for (key, t) in self.plan.items():
                    n = len(leaves(t))
                    if n == 1:
                        rest[0].name = lw.name_of(key) or rest[0].name
                    lw.cells[key] = fill_cell(lw, key, t, mine := rest[:n])
                    assert not mine
                    rest = rest[n:]
                    if key[0] != "root":
                        saved = dict(lw.cells)
                        relate(lw, lw.cells[key], entry.get(key, UNDEF), entry, start, 0)
                        for at, x in places(lw, lw.cells[key]).items():
                            began[key, at] = x
                            if linked := self.memory.links.get((key, at), set()) - {x}:
                                lw.aliases.meet(x, linked, start, 1)
                        lw.cells = saved
                for pair in self.memory.pairs:
                    if pair <= began.keys():
                        lw.aliases.pair(*(began[p] for p in pair))
                lists = {**began, **{key: key for key in self.before if key[0] == "root"}}
                for p, held in self.memory.held.items():
                    for x in held if p in lists else ():
                        lw.holds(lists[p], x)
                for p, q in self.memory.inside:
                    if p in lists and q in began:
                        lw.holds(lists[p], began[q])
                for p, twice in self.memory.twice.items():
                    if p in began:
                        lw.cells.setdefault(("entangled", began[p][1]), twice)
                self.holding.append({p: items for p, x in lists.items() if (items := lw.items_of(x))})
                self.assumed.append(dict(lw.cells))
                self.began.append(began)
                self.returned.append(run(self.op))
            self.ends.append(lw.cells)
        del lw.saved[-2:]
        if len(regions) == 2:
            self._refuse_changes_in_test()
        known = self._memory_known()
        return self._settled() and known

    def _memory_known(self) -> bool:
        """Whether the body was lowered with all that a later iteration's names may stand for."""
        lw, links, poison = self.lw, self.memory.links, self.memory.poison
        began = self.began[-1]
        entry: dict[Any, set[Any]] = {}                     # what a place leads to, or may lead to, at the start
        for place in began:
            was = places_in(lw, self.before, self.before.get(place[0], UNDEF))
            entry[place] = {*([was[place[1]]] if place[1] in was else was.values()), *links.get(place, ())}
        places_of: dict[Any, list[Any]] = {}                # the places that an identity of the body comes in by
        for place, x in began.items():
            places_of.setdefault(x, []).append(place)
        known = {*places_of, *self.before}
        settled = True
        held: dict[Any, Any] = {}                           # what each place leads to at the start, and at the end
        for (key, at), x in began.items():
            ends = places_in(lw, self.ends[-1], self.ends[-1][key])
            now = [ends[at]] if at in ends else list(ends.values())
            held[key, at] = x, now
            found = set[Any]()
            for y in set[Any]().union(*(lw.aliases.leaves(z, known) for z in now)):
                if y in places_of:
                    found |= set().union(*(entry[place] for place in places_of[y]))
                elif y in self.before:
                    found.add(y)
            if not found <= entry[key, at]:
                links.setdefault((key, at), set()).update(found)
                entry[key, at] |= found
                settled = False
        for (p, (x, xs)), (q, (y, ys)) in itertools.combinations(held.items(), 2):
            if self._written(x) | self._written(y) and not lw.aliases.same(x, y) and any(
                    lw.aliases.same(a, b) for a in xs for b in ys):
                self.memory.pairs.add(frozenset((p, q)))
                settled = False
        settled &= self._items_known(held, known)
        for key, cell in self.ends[-1].items():
            known_before = key[0] == "poison" and key[1] in self.before or key[0] == "entangled" and ("root", key[1]) in self.before
            if known_before and isinstance(cell, Static) and cell.obj is not None \
                    and key not in poison and key not in self.before:
                poison[key] = Static(Twice(cell.obj.span)) if isinstance(cell.obj, Twice) else cell
                settled = False
        return settled

    def _items_known(self, held: dict[Any, Any], known: set[Any]) -> bool:
        """Whether the body was lowered with all that a later iteration's lists may hold."""
        lw, memory, settled = self.lw, self.memory, True
        before = self.holding[-1]
        lists = {**held, **{key: (key, [key]) for key in self.before if key[0] == "root"}}
        for p, (x, xs) in lists.items():
            if not any(lw.held.keys() & lw.aliases.of(z) for z in xs):
                continue
            items = set[Any]().union(*map(lw.items_of, xs))
            outer = {y for z in items for y in lw.aliases.leaves(z, known) if y in self.before} - before.get(p, set())
            if not outer <= memory.held.setdefault(p, set()):
                memory.held[p] |= outer
                settled = False
            for q, (y, ys) in held.items():
                if q != p and (p, q) not in memory.inside and items.intersection(ys) and y not in before.get(p, ()):
                    memory.inside.add((p, q))
                    settled = False
            twice = next((t for z in xs if isinstance(t := self.ends[-1].get(("entangled", z[1])), Static)
                          and t.obj is not None), None)
            if twice is not None and p in held and p not in memory.twice:
                memory.twice[p] = Static(Twice(twice.obj.span))
                settled = False
        return settled

    def _written(self, x: Any) -> bool:
        """Whether the body writes to what a place leads to at the start, or may do so by another name."""
        return self.ends[-1].get(x) is not self.assumed[-1].get(x) or ("poison", x) in self.ends[-1]

    def _typed(self, v: Value, leaf: Leaf) -> Value:
        if v.op is not None and v.op.kind == "undef":
            v.op.attrs["of"] = leaf.type
        return v

    def _refuse_changes_in_test(self) -> None:
        changed = [k for k, v in self.ends[0].items()
                   if v != self.assumed[0].get(k, self.before.get(k, v))]
        if changed:
            raise TestChangesState

    def _refuse_unbound(self) -> None:
        """Read early is also what the loop begins with and uses, and only an earlier iteration around it may have bound."""
        body, around = self.op.regions[-1], self.lw.carrying[:-1]
        used, values = uses(body), iter(zip(self.inits, body.params[len(body.params) - len(self.inits):]))
        for key, t in self.plan.items():
            for init, param in itertools.islice(values, len(leaves(t))):
                if key[0] == "var" and key not in self.lw.awaited and bound_by_iterations(around, key) \
                        and skipped(init) and used.get(param):
                    raise EarlyRead(key)

    def _settled(self) -> bool:
        """Whether the plan's templates hold at the end of the body; else a better plan."""
        lw, end = self.lw, self.ends[-1]
        settled = True
        better = dict(self.plan)
        for key, now in end.items():
            if key in (JUMP, STOP) or key[0] in ("entangled", "taken") or (key[0] == "poison" and self._note_poison(key, now)):
                continue
            if key not in self.plan:
                if key not in self.before:
                    continue
                if self.before[key] == now:
                    continue
                start = self.before[key]
            else:
                start = self.assumed[-1][key]
                if start == now:
                    continue
            try:
                t = self.template(key, now, end)
                old = self.template(key, self.plan.get(key, start), self.before)
                t = common_contents(lw, old, t) if key[0] == "obj" else common(lw, old, t)
            except NoTemplate:
                better.pop(key, None)
                if key in self.plan or not isinstance(self.before.get(key), type(conflict(key))):
                    self.before[key] = self.given[key] = conflict(key)
                    settled = False
                continue
            if key not in self.plan or t != self.plan[key]:
                better[key] = t
                settled = False
        if settled:
            new = [k for k in end if k not in self.plan and k not in self.before and k[0] in ("var", "retval")]
            self.extra = {}
            for key in new:                       # bound in the body only: carried for what follows the loop
                if isinstance(end[key], (Undef, type(conflict(key)))):
                    continue
                try:
                    t = common(lw, UNDEF, self.template(key, end[key], end))
                except NoTemplate:
                    continue
                except AliasError as e:           # whoever reads it after the loop will be told
                    self.before[key] = Conflict(e.message)
                    continue
                if self._last_bound_before(key, t):
                    better[key] = t
                    settled = False
                else:
                    self.extra[key] = t
        self.better = better
        lw.b.region, lw.b.outer = self.saved[0], list(self.saved[1])
        return settled

    def _last_bound_before(self, key: Any, t: Any) -> bool:
        """Whether what follows the loop may read a variable that its last iteration left as an earlier one bound it."""
        lw, values = self.lw, list[Value]()
        frame = next((f for f in lw.frames if f.id == key[1]), None)
        if key[0] != "var" or frame is None or frame is lw.frame and not read_elsewhere(frame.node, self.stmts, key[2]):
            return False
        saved, lw.cells = lw.cells, self.ends[-1]
        try:
            with lw.b.nested(Region()):
                fit_cell(lw, key, t, self.ends[-1][key], values)
        finally:
            lw.cells = saved
        return any(map(unbound, values))

    def _note_poison(self, key: Any, now: Any) -> bool:
        if key not in self.assumed[-1] and key[1] in self.before:
            self.before[key] = now
        return True

    def template(self, key: Any, a: Any, cells: dict[Any, Any]) -> Any:
        lw = self.lw
        saved, lw.cells = lw.cells, cells
        try:
            with lw.b.nested(Region()):             # what is read for its type is not read here: the body is over
                return contents_template(lw, a, key) if key[0] == "obj" else template(lw, a, key)
        finally:
            lw.cells = saved

    def finish(self) -> Any:
        """Add the loop to the region and bind what follows it."""
        lw, op = self.lw, self.op
        self._refuse_unbound()
        body = op.regions[-1]
        end = self.ends[-1]
        lw.cells = end
        with lw.b.nested(body):
            nexts: list[Value] = []
            for key, t in self.plan.items():
                fit_cell(lw, key, t, end.get(key, UNDEF), nexts)
            extras: list[Value] = []
            for key, t in self.extra.items():
                fit_cell(lw, key, t, end[key], extras)
            stop = end.get(STOP, Static(False))
            early = stop != Static(False)
            yields = ([lw.value(stop)] if early else []) + nexts + extras
            taped = [lw.value(self.returned[-1])] if self.collect else []
        extra_leaves = [leaf for t in self.extra.values() for leaf in leaves(t)]
        lw.cells = self.before
        extra_types = [of_items(leaf.type) for leaf in extra_leaves]    # an iteration's lengths are not another's
        for t, v in zip(extra_types, extras):
            op.operands.append(lw.b.undef(t))
            for region in op.regions:
                p = region.param(t, v.name)
                p.type = located(t, p.id)
        body.yields = yields + taped
        if len(op.regions) == 2:
            with lw.b.nested(op.regions[0]):
                op.regions[0].yields = [lw.value(self.returned[0])]
        op.attrs["early"] = early
        op.attrs["taped"] = len(taped)
        lw.b.region.ops.append(op)
        for t, v in zip([*(leaf.type for leaf in self.leaves), *extra_types], nexts + extras):
            result = op.add_result(t, v.name)
            result.type = located(t, result.id)
        lw.cells = dict(self.before)
        for key, value in end.items():
            if key[0] in ("obj", "root", "entangled") and key not in lw.cells:
                lw.cells[key] = value
        values, after = list(op.results), Meeting()
        for key, t in {**self.plan, **self.extra}.items():
            n = len(leaves(t))
            mine, values = values[:n], values[n:]
            if n == 1:
                mine[0].name = lw.name_of(key) or mine[0].name
            filled = fill_cell(lw, key, t, mine)
            if key[0] != "root":
                relate(lw, filled, self.before.get(key, UNDEF), self.before, after, 0)
                relate(lw, filled, end.get(key, UNDEF), end, after, 1)
            lw.cells[key] = filled
        if taped:
            from symgrad.ir.types import ListOf
            result = op.add_result(ListOf(taped[0].type), "")
            if taped[0].type.holds_memory:
                lw.collected[result] = collected(lw, self.returned[-1], op.attrs.get("index"), set(self.before))
            return result
        return None


class TestChangesState(Exception):
    """A while loop's condition binds names; the loop is lowered as ``while True``."""


__all__ = ["JUMP", "STOP", "EarlyRead", "TestChangesState", "for_loop", "while_loop"]
