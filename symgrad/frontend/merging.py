"""Where paths meet: what a variable stands for after a branch, or from one iteration to the next.

A *template* is an abstract value in which every IR value is replaced by a `Leaf`
of some type. Two abstract values are merged by finding the template that both
fit; branches and loops then carry one IR value per leaf.
"""
from __future__ import annotations

from typing import Any

from symgrad.frontend.aliases import Meeting
from symgrad.frontend.lowering import Conflict, Lowering, make_tuple, type_of_constant
from symgrad.frontend.values import UNDEF, DictC, DynC, InstC, ListC, Obj, Ref, SetC, Static, Tup, Undef
from symgrad.ir.nodes import Op, Slot, Step, Value, map_tree
from symgrad.ir.types import (
    BOTTOM,
    INT,
    NONE,
    Bottom,
    DictOf,
    ListOf,
    Opaque,
    Optional_,
    Scalar,
    Tree,
    Type,
    fits,
    is_memory,
    join,
)
from symgrad.structs import field, struct


@struct(frozen=True)
class Leaf:
    """One carried IR value."""

    type: Type
    memory: bool = False          # a root of its own
    root: int | None = None       # an existing root: its version is carried
    ref: Ref | None = field(default=None, compare=False)        # where it is reached now


@struct(frozen=True)
class ViewT:
    """A view of one piece of memory, at indices that are carried: ``rows[i]``, whichever `i` is."""

    root: int
    path: tuple[Step, ...]
    type: Type
    indices: int


@struct(frozen=True)
class ObjT:
    """A fresh object with these contents."""

    contents: Any
    of: Obj | None = field(default=None, compare=False)         # the object that has them now


class NoTemplate(Exception):
    """The two values have nothing in common that could be carried."""


NUMBERS = (bool, int, float, complex)


def template(lw: Lowering, a: Any, key: Any = None) -> Any:
    """The template that `a` fits exactly."""
    if isinstance(a, (Leaf, ObjT, ViewT)):
        return a
    if isinstance(a, Value):
        return Leaf(a.type, is_memory(a.type) and key is not None and key[0] != "root")
    if isinstance(a, Static):
        return a
    if isinstance(a, Ref):
        return Leaf(lw.type_of(a), True, ref=a)
    if isinstance(a, Tup):
        return Tup(tuple(template(lw, i, key) for i in a.items), a.cls)
    if isinstance(a, Obj):
        return ObjT(contents_template(lw, lw.contents(a), key), a)
    return a


def contents_template(lw: Lowering, c: Any, key: Any) -> Any:
    if isinstance(c, ListC):
        return ListC(tuple(template(lw, i, key or ("obj",)) for i in c.items))
    if isinstance(c, DictC):
        return DictC(tuple((k, template(lw, v, key or ("obj",))) for k, v in c.items))
    if isinstance(c, InstC):
        return InstC(c.cls, tuple((k, template(lw, v, key or ("obj",))) for k, v in c.items))
    if isinstance(c, DynC):
        return DynC(template(lw, c.ref, key))
    if isinstance(c, SetC) and isinstance(c.items, Value):
        return SetC(Leaf(c.items.type), c.item)
    return c


def common(lw: Lowering, a: Any, b: Any) -> Any:
    """The template that both templates fit, or NoTemplate.

    Memory or an object that is the same one on both sides is no leaf: it is carried, if it changes, where it is.
    """
    same = unmoved(a)
    if same is not None and same == unmoved(b):
        return same
    a, b = (template(lw, x) if isinstance(x, (Ref, Obj)) else x for x in (a, b))
    if a == b and not isinstance(a, (Leaf, ObjT, Tup)):
        return a
    view = common_view(a, b)
    if view is not None:
        return view
    a, b = (Leaf(x.type, True) if isinstance(x, ViewT) and not isinstance(y, Undef) else x
            for x, y in ((a, b), (b, a)))
    if isinstance(a, Undef) or isinstance(b, Undef):
        other = b if isinstance(a, Undef) else a
        return Leaf(type_of_constant(other.obj)) if isinstance(other, Static) and isinstance(
            other.obj, (*NUMBERS, str, type(None))) else other
    if isinstance(a, (Leaf, Static)) and isinstance(b, (Leaf, Static)):
        ta, tb = leaf_type(a), leaf_type(b)
        t = join(ta, tb)
        if t is None or (isinstance(t, Opaque) and (isinstance(a, Static) and isinstance(b, Static))
                         and t.what not in ("str", "None")):
            raise NoTemplate
        if isinstance(a, Leaf) and isinstance(b, Leaf) and a.memory and b.memory:
            same_kind(ta, tb, t)
        both = [x.memory for x in (a, b) if isinstance(x, Leaf) and is_memory(x.type)]
        return Leaf(t, is_memory(t) and (any(both) or not both))
    for x, y in ((a, b), (b, a)):                # None, or a tuple or an object: one value
        if leaf_is_none(x) and isinstance(y, (Tup, ObjT)):
            t = join(leaf_type(x), value_type(y))
            if t is None:
                raise NoTemplate
            return Leaf(t, is_memory(t))
    if isinstance(a, Tup) and isinstance(b, Tup) and len(a.items) == len(b.items) and a.cls is b.cls:
        return Tup(tuple(common(lw, x, y) for x, y in zip(a.items, b.items)), a.cls)
    if isinstance(a, ObjT) and isinstance(b, ObjT):
        both_contents = common_contents(lw, a.contents, b.contents)
        if isinstance(both_contents, DynC):
            same_kind(run_time_type(a.contents), run_time_type(b.contents), both_contents.ref.type)
        return ObjT(both_contents)
    raise NoTemplate


def unmoved(t: Any) -> Ref | Obj | None:
    """The memory or the object that a template was made of, if it was made of one."""
    if isinstance(t, (Leaf, ObjT)):
        return t.ref if isinstance(t, Leaf) else t.of
    return t if isinstance(t, (Ref, Obj)) else None


def forgets(known: Type, t: Type) -> bool:
    """Whether the type of a list or dict says less of its items: nothing, where their kind is known."""
    if isinstance(known, (ListOf, DictOf)) and isinstance(t, (ListOf, DictOf)):
        return forgets(known.item, t.item)
    return isinstance(t, Opaque) and t.what == "object" and not isinstance(known, (Opaque, Bottom))


def same_kind(a: Type, b: Type, joined: Type) -> None:
    """Two lists whose items are of two kinds are two kinds of thing."""
    if forgets(a, joined) and forgets(b, joined):
        raise NoTemplate


def common_view(a: Any, b: Any) -> ViewT | None:
    """The template of two views of one piece of memory that differ in whole-number indices only."""
    x, y = by_index(a), by_index(b)
    if isinstance(x, ViewT) and x == y and (isinstance(a, ViewT) or isinstance(b, ViewT) or a.ref != b.ref):
        return x
    return None


def by_index(t: Any) -> Any:
    """The template of a row of memory as a view at a carried index, where it is one; else as it is."""
    if isinstance(t, Tup):
        return Tup(tuple(map(by_index, t.items)), t.cls)
    if not isinstance(t, Leaf) or t.ref is None or not any(s.kind == "index" for s in t.ref.path):
        return t
    found: list[Any] = []
    try:
        path = tuple(Step(s.kind, _opened(s.key, t.ref.operands, found)) if s.kind == "index" else s
                     for s in t.ref.path)
    except NoTemplate:
        return t
    if not found or any(s.kind != "index" and map_tree(s.key, lambda slot: 0) != s.key for s in path):
        return t
    return ViewT(t.ref.root, path, t.type, len(found))


def _opened(key: Any, operands: tuple[Value, ...], found: list[Any]) -> Any:
    """An index with a slot for each whole number in it; the numbers are appended to `found`."""
    if isinstance(key, tuple):
        return tuple(_opened(k, operands, found) for k in key)
    if isinstance(key, int) and not isinstance(key, bool):
        found.append(key)
        return Slot(len(found) - 1)
    if isinstance(key, Slot):
        v = operands[key.index]
        if not isinstance(v.type, Scalar) or v.type.kind != "i":
            raise NoTemplate
        found.append(v)
        return Slot(len(found) - 1)
    if key is None or key is Ellipsis or isinstance(key, slice) and map_tree(key, lambda slot: 0) == key:
        return key
    raise NoTemplate


def leaf_is_none(a: Any) -> bool:
    return a == Static(None) or isinstance(a, Leaf) and isinstance(a.type, (Optional_, Tree))


def leaf_type(a: Any) -> Type:
    if isinstance(a, Leaf):
        return a.type
    if isinstance(a, Static) and isinstance(a.obj, (*NUMBERS, str, type(None))):
        return type_of_constant(a.obj)
    raise NoTemplate


def common_contents(lw: Lowering, a: Any, b: Any) -> Any:
    if isinstance(a, ListC) and isinstance(b, ListC) and len(a.items) == len(b.items):
        try:
            return ListC(tuple(common(lw, x, y) for x, y in zip(a.items, b.items)))
        except NoTemplate:
            pass
    if isinstance(a, DictC) and isinstance(b, DictC) and [k for k, _ in a.items] == [k for k, _ in b.items]:
        return DictC(tuple((k, common(lw, x, y)) for (k, x), (_, y) in zip(a.items, b.items)))
    if isinstance(a, SetC) and isinstance(b, SetC):
        return SetC(Leaf(Opaque("set")), join(a.item, b.item) or Opaque())
    if isinstance(a, InstC) and isinstance(b, InstC) and a.cls is b.cls:
        names = dict.fromkeys([k for k, _ in a.items] + [k for k, _ in b.items])
        return InstC(a.cls, tuple((k, common(lw, *(c.get(k) or template(lw, item_of(lw, c, k), ("obj",)) for c in (a, b))))
                                  for k in names))
    if isinstance(a, (ListC, DictC, DynC)) and isinstance(b, (ListC, DictC, DynC)):
        t = join(run_time_type(a), run_time_type(b))
        if t is None:
            raise NoTemplate
        return DynC(Leaf(t, True))
    raise NoTemplate


def run_time_type(c: Any) -> Type:
    """The type of a list or dict template's contents when it is built at run time."""
    if isinstance(c, DynC):
        return c.ref.type
    item: Type = BOTTOM
    key: Type = BOTTOM
    pairs = [(None, i) for i in c.items] if isinstance(c, ListC) else c.items
    for k, i in pairs:
        joined = join(item, value_type(i))
        if joined is None:
            raise NoTemplate
        item = joined
        key = type_of_constant(k) if k is not None else BOTTOM
    return ListOf(item) if isinstance(c, ListC) else DictOf(key, item)


def value_type(t: Any) -> Type:
    from symgrad.ir.types import Instance, TupleOf
    if isinstance(t, ViewT):
        return t.type
    if isinstance(t, (Leaf, Static)):
        return leaf_type(t)
    if isinstance(t, Tup):
        whole = TupleOf(tuple(map(value_type, t.items)))
        trees = [i for i in whole.items if isinstance(i, Tree) and fits(i, whole)]
        return trees[0] if trees else whole
    if isinstance(t, ObjT):
        c = t.contents
        if isinstance(c, InstC):
            return Instance(c.cls, tuple((k, value_type(v)) for k, v in c.items))
        return run_time_type(c)
    raise NoTemplate


def leaves(t: Any) -> list[Leaf]:
    """The leaves of a template, in order."""
    if isinstance(t, Leaf):
        return [t]
    if isinstance(t, ViewT):
        return [Leaf(INT)] * t.indices
    if isinstance(t, Tup):
        return [x for i in t.items for x in leaves(i)]
    if isinstance(t, ObjT):
        return leaves(t.contents)
    if isinstance(t, ListC):
        return [x for i in t.items for x in leaves(i)]
    if isinstance(t, (DictC, InstC)):
        return [x for _, i in t.items for x in leaves(i)]
    if isinstance(t, DynC):
        return leaves(t.ref)
    if isinstance(t, SetC):
        return leaves(t.items)
    return []


def fit(lw: Lowering, t: Any, a: Any, out: list[Value], sources: list[Any]) -> None:
    """Append the IR values that fill `t`'s leaves from `a`, and the reference that each was read from."""
    if isinstance(t, Leaf):
        if isinstance(a, (Undef, Conflict)):
            out.append(lw.b.undef(t.type))
            sources.append(None)
        else:
            value = lw.value(a) if not isinstance(t.type, Tree) else tree_value(lw, a, t.type)
            if isinstance(t.type, (ListOf, DictOf)) and value.type != t.type and value.op is not None \
                    and isinstance(value.type, type(t.type)) and not forgets(value.type, t.type):
                value.type = t.type
            out.append(value)
            sources.append(a if isinstance(a, Ref) else None)
    elif isinstance(t, ViewT):
        found: list[Any] = []
        if isinstance(a, Ref):
            for step in a.path:
                if step.kind == "index":
                    _opened(step.key, a.operands, found)
        for i in range(t.indices):
            out.append((found[i] if isinstance(found[i], Value) else lw.constant(found[i])) if found else lw.b.undef(INT))
            sources.append(None)
    elif isinstance(t, Tup):
        for i, x in enumerate(t.items):
            fit(lw, x, a.items[i] if isinstance(a, Tup) else UNDEF, out, sources)
    elif isinstance(t, ObjT):
        if isinstance(a, Obj):
            c = lw.contents(a)
            if isinstance(t.contents, DynC) and not isinstance(c, DynC):
                out.append(retyped(lw.value(a), t.contents.ref.type))
                sources.append(None)
                return
        else:
            c = UNDEF
        fit_contents(lw, t.contents, c, out, sources)


def tree_value(lw: Lowering, a: Any, t: Tree) -> Value:
    """One IR value for `a`, a tree."""
    if not isinstance(a, Tup):
        return lw.value(a)
    items = [tree_value(lw, i, x) if isinstance(x, Tree) else lw.value(i) for i, x in zip(a.items, t.node.items)]
    for kind, place in (c for i in a.items for c in identities(lw, i)):
        if kind == "root":
            lw.freeze(place)
    return lw.b.emit(Op("call", items, [t], fn=make_tuple, args=tuple(map(Slot, range(len(items)))), kwargs={},
                        tree=True)).result


def retyped(v: Value, t: Type) -> Value:
    if isinstance(v.type, type(t)):
        v.type = t
    return v


def fit_contents(lw: Lowering, t: Any, c: Any, out: list[Value], sources: list[Any]) -> None:
    if isinstance(t, SetC) and isinstance(t.items, Leaf):
        from symgrad.frontend import sets
        out.append(sets.value(lw, c) if isinstance(c, SetC) else lw.b.undef(t.items.type))
        sources.append(None)
        return
    if isinstance(t, DynC):
        if isinstance(c, (ListC, DictC)):
            out.append(retyped(lw.value(lw.new_object(c)), t.ref.type))
            sources.append(None)
        else:
            fit(lw, t.ref, c.ref if isinstance(c, DynC) else UNDEF, out, sources)
    elif isinstance(t, ListC):
        for i, x in enumerate(t.items):
            fit(lw, x, c.items[i] if isinstance(c, ListC) else UNDEF, out, sources)
    elif isinstance(t, (DictC, InstC)):
        for k, x in t.items:
            fit(lw, x, item_of(lw, c, k) if isinstance(c, type(t)) else UNDEF, out, sources)


def item_of(lw: Lowering, c: DictC | InstC, key: Any) -> Any:
    """An item of a dict, or an attribute of an instance: its class's, where it has none of its own."""
    from symgrad.frontend.attributes import class_default
    found = c.get(key)
    if found is None:
        return class_default(lw, c.cls, key) if isinstance(c, InstC) else UNDEF
    return found


def fill(lw: Lowering, t: Any, values: list[Value], key: Any) -> Any:
    """The abstract value that a template becomes when its leaves are `values` (taken from the front)."""
    if isinstance(t, Leaf):
        value = values.pop(0)
        if t.type == NONE:
            return Static(None)
        if t.memory and is_memory(t.type):
            ref = lw.new_root(value)
            return ref
        return value
    if isinstance(t, ViewT):
        indices = tuple(values.pop(0) for _ in range(t.indices))
        return Ref(t.root, t.path, indices)
    if isinstance(t, Tup):
        return Tup(tuple(fill(lw, i, values, key) for i in t.items), t.cls)
    if isinstance(t, ObjT):
        return lw.new_object(fill_contents(lw, t.contents, values, key))
    return t


def fill_contents(lw: Lowering, t: Any, values: list[Value], key: Any) -> Any:
    if isinstance(t, ListC):
        return ListC(tuple(fill(lw, i, values, key) for i in t.items))
    if isinstance(t, DictC):
        return DictC(tuple((k, fill(lw, v, values, key)) for k, v in t.items))
    if isinstance(t, InstC):
        return InstC(t.cls, tuple((k, fill(lw, v, values, key)) for k, v in t.items))
    if isinstance(t, DynC):
        ref = fill(lw, t.ref, values, key)
        return DynC(ref)
    if isinstance(t, SetC) and isinstance(t.items, Leaf):
        return SetC(values.pop(0), t.item)
    return t


def fit_cell(lw: Lowering, key: Any, t: Any, a: Any, out: list[Value]) -> None:
    if key[0] == "obj":
        fit_contents(lw, t, a, out, [])
    else:
        fit(lw, t, a, out, [])


def fill_cell(lw: Lowering, key: Any, t: Any, values: list[Value]) -> Any:
    if key[0] == "obj":
        return fill_contents(lw, t, values, key)
    if key[0] == "root":
        return values.pop(0)
    return fill(lw, t, values, key)


def places(lw: Lowering, a: Any, at: tuple[Any, ...] = ()) -> dict[tuple[Any, ...], Any]:
    """The memory and objects that an abstract value, or what an object holds, leads to: where in it each is."""
    if isinstance(a, Ref):
        return {at: ("root", a.root)}
    if isinstance(a, Obj):
        return {at: ("obj", a.id), **places(lw, lw.cells.get(("obj", a.id)), (*at, "contents"))}
    if isinstance(a, DynC):
        return places(lw, a.ref, at)
    items: Any = ()
    if isinstance(a, (Tup, ListC)):
        items = enumerate(a.items)
    elif isinstance(a, (DictC, InstC)):
        items = a.items
    return {place: x for k, i in items for place, x in places(lw, i, (*at, k)).items()}


def places_in(lw: Lowering, cells: dict[Any, Any], a: Any) -> dict[tuple[Any, ...], Any]:
    """The places in a value of another time, when the cells were these."""
    now, lw.cells = lw.cells, cells
    try:
        return places(lw, a)
    finally:
        lw.cells = now


def values_in(lw: Lowering, a: Any) -> list[Value]:
    """The IR values that an abstract value is made of: of memory, all of it."""
    if isinstance(a, Value):
        return [a]
    if isinstance(a, Ref):
        return [lw.cells["root", a.root]]
    if isinstance(a, Obj):
        return values_in(lw, lw.cells.get(("obj", a.id)))
    if isinstance(a, DynC):
        return values_in(lw, a.ref)
    items: Any = a.items if isinstance(a, (Tup, ListC)) else [i for _, i in a.items] if isinstance(a, (DictC, InstC)) else ()
    return [v for i in items for v in values_in(lw, i)]


def identities(lw: Lowering, a: Any) -> list[Any]:
    """The memory and objects that an abstract value, or what an object holds, leads to."""
    return list(places(lw, a).values())


def relate(lw: Lowering, new: Any, old: Any, cells: dict[Any, Any], meeting: Meeting, path: int) -> None:
    """What a merged name stands for is what it stood for on the path with that number, if control came along it.

    `cells` are those of the end of that path.
    """
    was = places_in(lw, cells, old)
    for place, x in places(lw, new).items():
        if place in was:
            if was[place] != x:
                lw.aliases.meet(x, {was[place]}, meeting, path)
        else:
            lw.aliases.meet(x, set(was.values()) - {x}, meeting, path)


__all__ = ["Leaf", "NoTemplate", "ObjT", "ViewT", "by_index", "common", "contents_template", "fill", "fill_contents", "fit",
           "fit_contents", "leaves", "places", "places_in", "relate", "template"]
