"""Items of run-time lists, dicts and objects: what a name was bound to outlives the place that it was read from.

``a = l[i]`` is a reference to a place in the list, so that ``a[0] = 1.0`` writes to the list's item. Before the place
gets another item, ``a`` becomes memory of its own, which the list may hold: it is still what it was.
"""
from __future__ import annotations

from collections.abc import Callable
from operator import is_
from typing import Any

from symgrad.analysis.naturals import Naturals
from symgrad.frontend.lowering import Lowering
from symgrad.frontend.values import Bound, DictC, DynC, InstAt, InstC, Iter, ListC, Obj, Ref, Static, Tup
from symgrad.ir.nodes import Slot, Step, Value, freeze, hashable, map_tree
from symgrad.ir.types import Array, DictOf, ListOf, Scalar, TupleOf
from symgrad.rules.core import HOLDERS
from symgrad.structs import struct


def replaced(lw: Lowering, place: Ref) -> None:
    """The item at a place is about to be another one."""
    keep(lw, place, len(place.path))


def rearranged(lw: Lowering, whole: Ref, longer: bool = False) -> None:
    """The items of a list are about to have other places: those counted from its end only, if it gets `longer`."""
    looped = (c.ref for objects in lw.looped for obj in objects if isinstance(c := lw.cells.get(("obj", obj.id)), DynC))
    if any(not ref.path and lw.aliases.same(("root", whole.root), ("root", ref.root)) for ref in looped):
        lw.error("a list gets longer or shorter while it is looped over", hint="loop over a copy: for x in list(a)")
    twice = lw.cells.get(cell := ("entangled", whole.root))
    if isinstance(twice, Static) and twice.obj is not None:
        lw.cells[cell] = Static(Twice(twice.obj.span))          # at whichever places
    keep(lw, whole, len(whole.path) + 1, longer)


def keep(lw: Lowering, place: Ref, depth: int, longer: bool = False) -> None:
    """Let all that leads through a place, `depth` steps from its root, lead to the memory that is there now."""
    from symgrad.frontend.indexing import path_type
    whole = lw.cells["root", place.root].type
    if isinstance(path_type(whole, place.path, place.operands, lw), Scalar) and depth == len(place.path):
        return                                  # a number is no memory
    found: dict[Any, tuple[Ref, Ref]] = {}      # by the path that it was reached by: what it was, what it is now

    def moved(ref: Ref) -> Ref:
        if ref.root != place.root or len(ref.path) < depth or apart(ref, place):
            return ref
        if longer and from_start(ref.path[depth - 1].key, ref):
            return ref
        count = depth
        while count < len(ref.path) and isinstance(path_type(whole, ref.path[:count], ref.operands, lw), TupleOf):
            count += 1
        item = part(ref, ref.path[:count])
        key = spelled(item)
        if key not in found:
            found[key] = item, lw.new_root(lw.load(item))
            if key == spelled(place):           # the list does not hold it any more
                lw.cells["taken", found[key][1].root] = Static(place.root)
        rest = part(ref, ref.path[count:])
        return Ref(found[key][1].root, rest.path, rest.operands)

    for cell in reached(lw):
        lw.cells[cell] = mapped(lw.cells[cell], moved)
    holder = ("root", place.root)
    held = lw.items_of(holder)
    for i, (was, now) in enumerate(found.values()):
        for y in held:
            lw.aliases.pair(("root", now.root), y)
        for other_was, other in list(found.values())[:i]:
            if not apart(was, other_was):
                lw.aliases.pair(("root", now.root), ("root", other.root))
        lw.holds(holder, ("root", now.root))


def reached(lw: Lowering) -> list[Any]:
    """The cells of variables, and of the objects that these lead to; what was in between in an expression is gone."""
    found = {key: None for key in lw.cells if key[0] not in ("obj", "root")}
    work = [lw.cells[key] for key in found]
    while work:
        a = work.pop()
        if isinstance(a, Obj):
            if (key := ("obj", a.id)) not in found and key in lw.cells:
                found[key] = None
                work.append(lw.cells[key])
        elif isinstance(a, (Tup, ListC)):
            work.extend(a.items)
        elif isinstance(a, (DictC, InstC)):
            work.extend(i for _, i in a.items)
        elif isinstance(a, Iter):
            work.extend(a.parts)
        elif isinstance(a, Bound):
            work.append(a.self)
    return list(found)


def from_start(key: Any, ref: Ref) -> bool:
    """Whether an index is not counted from the end."""
    if isinstance(key, Slot):
        return Naturals().has(ref.operands[key.index])
    return type(key) is int and key >= 0


def apart(a: Ref, b: Ref) -> bool:
    """Whether two paths from one root part at an index or an attribute."""
    for x, y in zip(a.path, b.path):
        if x.kind != y.kind:
            return False
        if x.kind == "attr" and x.key != y.key:
            return True
        if x.kind == "index" and x.key != y.key and all(type(k) is int for k in (x.key, y.key)):
            if (x.key < 0) == (y.key < 0):
                return True
        elif x.kind == "index" and all(type(k) is str for k in (x.key, y.key)) and x.key != y.key:
            return True
    return False


def keep_alias(lw: Lowering, value: Any, container: Ref, place: Ref | None = None) -> None:
    """An array put into a list is the list's item, too: a later write to either concerns both.

    It goes to this place in the list, if its place is to be known.
    """
    holder = ("root", container.root)
    if isinstance(value, Ref):
        note_twice(lw, value, container, place)
        if value.root != container.root:
            lw.holds(holder, ("root", value.root))
    elif isinstance(value, Tup):
        for item in value.items:
            keep_alias(lw, item, container)
    elif isinstance(value, Obj):
        c = lw.contents(value)
        if isinstance(c, DynC):
            keep_alias(lw, c.ref, container, place)
        lw.holds(holder, ("obj", value.id))
        if isinstance(c, (ListC, InstC, DictC)):
            for item in c.items:
                keep_alias(lw, item if isinstance(c, ListC) else item[1], container)


def keep_items(lw: Lowering, made: Value, ref: Ref) -> None:
    """The items of a list that is made of others are theirs, too: of a copy, a slice, a sum."""
    if not isinstance(made.type, (ListOf, DictOf)) or not made.type.item.holds_memory or made.op is None:
        return
    for item, again in lw.collected.get(made, ()):
        hold(lw, ref, item)
        if again:
            lw.cells["entangled", ref.root] = Static(Twice(lw.span()))
    if made.op.attrs.get("new"):                # see `keep_alias`
        return
    roots = {v: key[1] for key, v in lw.cells.items() if key[0] == "root"}
    found = [root for v in made.op.operands for root in sources(v, roots)]
    for root in found:
        hold(lw, ref, Ref(root, (Step("index", None),)))
    if made.op.attrs.get("repeats") or made.op.kind == "call" and len(set(found)) < len(found):
        lw.cells["entangled", ref.root] = Static(Twice(lw.span()))


def sources(v: Value, roots: dict[Value, int]) -> list[int]:
    """The memory that a list, or an item of one, was made of by copies, slices and sums: the roots of it."""
    if v in roots:
        return [roots[v]]
    if v.op is None or not v.type.holds_memory or v.op.kind not in ("load", "call"):
        return []
    inner = v.op.operands[:1] if v.op.kind == "load" else v.op.operands if hashable(v.op.fn) and v.op.fn in HOLDERS else ()
    return [root for u in inner for root in sources(u, roots)]


def hold(lw: Lowering, container: Ref, item: Ref) -> None:
    """A list holds this memory, or what may be any item of the list that this leads to."""
    inside = ("root", item.root)
    if item.path and not isinstance(lw.cells["root", item.root].type, Array):
        inside = ("items", next(lw.ids))
        lw.holds(("root", item.root), inside)
    lw.holds(("root", container.root), inside)


def collected(lw: Lowering, a: Any, index: Value | None, known: set[Any]) -> list[tuple[Ref, bool]]:
    """What was there before a loop and becomes an item of what it gathers; whether it may do so more than once."""
    if isinstance(a, Ref):
        steps = {s.key.index for s in a.path if s.kind == "index" and isinstance(s.key, Slot)}
        once = any(a.operands[i] is index for i in steps)
        return [(Ref(x[1], a.path, a.operands), not once) for x in sorted(lw.aliases.leaves(("root", a.root), known))
                if x in known and x[0] == "root"]
    if isinstance(a, Value):
        return [(ref, True) for ref, _ in lw.collected.get(a, ())]
    if isinstance(a, Obj):
        c = lw.cells["obj", a.id]
        return collected(lw, c.ref if isinstance(c, DynC) else c, index, known)
    items: Any = a.items if isinstance(a, (Tup, ListC)) else [i for _, i in a.items] if isinstance(a, (DictC, InstC)) else ()
    return [x for i in items for x in collected(lw, i, index, known)]


def may_be_item(lw: Lowering, taken: Any, container: Ref) -> None:
    """What was taken out of a list may have been bound to other names while it was in there, or be in there once more."""
    from symgrad.frontend.merging import identities
    items = lw.items_of(("root", container.root))
    named = {y for key in reached(lw) for y in identities(lw, lw.cells[key])} if items else set()
    twice = lw.cells.get(("entangled", container.root))
    for x in identities(lw, taken):
        if isinstance(twice, Static) and twice.obj is not None:
            lw.holds(("root", container.root), x)
        else:
            lw.left[x] = ("root", container.root)
        for y in items:
            if y in named or y[0] == "items":
                lw.aliases.pair(x, y)


@struct(frozen=True)
class Twice:
    """Two items of a list are the same memory: since this line, and at these two places, where they are known."""

    span: Any
    places: frozenset[Any] = frozenset()


def note_twice(lw: Lowering, value: Ref, container: Ref, place: Ref | None) -> None:
    """Note whether two items of a list are the same memory, from here on, as it gets this one."""
    root = container.root
    now = lw.cells.get(cell := ("entangled", root))
    pending = now.obj if isinstance(now, Static) else None
    to = None if place is None else spelled(place)
    if value.root == root:
        if to == spelled(value):
            return                              # it is there already
        lw.cells[cell] = Static(Twice(lw.span(), frozenset((to, spelled(value))) if to is not None and pending is None
                                      else frozenset()))
        return
    if pending is not None and to in pending.places:
        lw.cells[cell] = Static(None)           # one of the two places has another item now
    if ("root", value.root) in lw.items_of(("root", root)) and lw.cells.get(("taken", value.root)) != Static(root):
        lw.cells[cell] = Static(Twice(lw.span()))
    lw.cells["taken", value.root] = Static(None)


def spelled(ref: Ref) -> Any:
    """A path with what is in its slots, to compare paths from one root."""
    return freeze(map_tree(ref.path, lambda slot: ref.operands[slot.index]))


def part(ref: Ref, path: tuple[Step, ...]) -> Ref:
    """The reference with some of the steps, and the operands that these have."""
    operands: list[Value] = []

    def own(slot: Slot) -> Slot:
        operands.append(ref.operands[slot.index])
        return Slot(len(operands) - 1)

    path = map_tree(path, own)
    return Ref(ref.root, path, tuple(operands))


def mapped(a: Any, f: Callable[[Ref], Ref]) -> Any:
    """An abstract value, or what an object holds, with each reference mapped; the same one where none changes."""
    if isinstance(a, Ref):
        new: Any = f(a)
        return a if new is a else new
    if isinstance(a, DynC):
        ref = mapped(a.ref, f)
        return a if ref is a.ref else DynC(ref)
    if isinstance(a, InstAt):
        ref = mapped(a.ref, f)
        return a if ref is a.ref else InstAt(a.cls, a.items, ref, a.fields)
    if isinstance(a, (Tup, ListC)):
        items = tuple(mapped(i, f) for i in a.items)
        if all(map(is_, items, a.items)):
            return a
        return Tup(items, a.cls) if isinstance(a, Tup) else ListC(items)
    if isinstance(a, (DictC, InstC)):
        pairs = tuple((k, mapped(i, f)) for k, i in a.items)
        if all(x is y for (_, x), (_, y) in zip(pairs, a.items)):
            return a
        return DictC(pairs) if isinstance(a, DictC) else InstC(a.cls, pairs)
    if isinstance(a, Iter):
        parts = tuple(mapped(i, f) for i in a.parts)
        return a if all(map(is_, parts, a.parts)) else Iter(a.kind, parts)
    if isinstance(a, Bound):
        self = mapped(a.self, f)
        return a if self is a.self else Bound(self, a.function, a.internal)
    return a


__all__ = ["keep_alias", "rearranged", "replaced"]
