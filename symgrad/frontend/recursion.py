"""Recursive functions become functions of the IR: one `call` op each, instead of inlining without end.

A call is recursive if the same function with arguments of the same types is being
inlined already. Lowering then goes back to where the outermost of these calls began
and lowers the function once, as a region of its own. What the recursive call gives
is not known at first: paths that need it count as not taken, so the first result is
that of the base case; lowering is repeated until the result's type settles.
"""
from __future__ import annotations

import ast
from typing import Any

from symgrad.errors import AliasError, SymgradError
from symgrad.frontend.lowering import Lowering, shift, type_of_constant
from symgrad.frontend.merging import (
    Leaf,
    NoTemplate,
    ObjT,
    common,
    common_contents,
    contents_template,
    fill,
    fill_cell,
    fit,
    fit_cell,
    identities,
    leaves,
    template,
    value_type,
)
from symgrad.frontend.values import Bound, DictC, DynC, Frame, Func, InstC, ListC, Obj, Ref, SetC, Static, Tup
from symgrad.ir.functions import FunctionRef
from symgrad.ir.nodes import Op, Region, Slot, Value, captured
from symgrad.ir.types import (
    BOTTOM,
    Array,
    DictOf,
    Dim,
    ListOf,
    Node,
    Optional_,
    Scalar,
    Tree,
    TupleOf,
    Type,
    is_memory,
    joined_items,
    of_items,
)

MAX_ROUNDS = 10


class Recursive(Exception):
    """A call that is being inlined already; `key` says which."""

    def __init__(self, key: Any) -> None:
        super().__init__("recursion")
        self.key = key


class Grows(Exception):
    """A function adds to a list or dict that is its argument; `place` says to which of its objects."""

    def __init__(self, place: int) -> None:
        super().__init__("grows")
        self.place = place


class Holds(Exception):
    """A function puts things into a list or dict that it is given empty: argument leaf `place` is of this type."""

    def __init__(self, place: int, type: Type) -> None:
        super().__init__("holds")
        self.place, self.type = place, type


class NotYetKnown(Exception):
    """What a recursive call gives is needed before any base case has said what that is."""


def generalise(t: Any) -> Any:
    """A template with numbers by type only and arrays by rank only: what recursion is recognised by."""
    if isinstance(t, Leaf):
        return ("leaf", kind(t.type))
    if isinstance(t, Static):
        x = t.obj
        if isinstance(x, (int, float)) and not isinstance(x, bool):
            return ("leaf", type_of_constant(x))
        return t
    if isinstance(t, Tup):
        return ("tuple", t.cls, tuple(map(generalise, t.items)))
    if isinstance(t, ObjT):
        return ("object", generalise(t.contents))
    if isinstance(t, ListC):
        return ("list", tuple(map(generalise, t.items)))
    if isinstance(t, (DictC, InstC)):
        return (type(t).__name__, getattr(t, "cls", None), tuple((k, generalise(v)) for k, v in t.items))
    if isinstance(t, DynC):
        return ("run-time", generalise(t.ref))
    if isinstance(t, Func):
        return ("function", id(t.node))
    if isinstance(t, Bound):
        return ("bound", generalise(t.self), id(t.function))
    return t


def kind(t: Type) -> Any:
    if isinstance(t, Array):
        return ("array", t.dtype, tuple(d == 1 for d in t.dims))
    if isinstance(t, ListOf):
        return ("list", kind(t.item))
    return t


def key_of(lw: Lowering, fn: Func, bound: dict[str, Any]) -> Any:
    return (id(fn.node), fn.frame.id, tuple((n, generalise(template(lw, v, ("var",)))) for n, v in bound.items()))


def lifted(t: Any, path: tuple[Any, ...]) -> Any:
    """A template in which numbers are values and lengths are the function's own."""
    if isinstance(t, Leaf):
        if isinstance(t.type, Array):
            dims = tuple(1 if d == 1 else Dim(("parameter", path, i)) for i, d in enumerate(t.type.dims))
            return Leaf(Array(t.type.dtype, dims), t.memory)
        return t
    if isinstance(t, Static) and isinstance(t.obj, (int, float)) and not isinstance(t.obj, bool):
        return Leaf(type_of_constant(t.obj))
    if isinstance(t, Tup):
        return Tup(tuple(lifted(i, (*path, k)) for k, i in enumerate(t.items)), t.cls)
    if isinstance(t, ObjT):
        return ObjT(lifted(t.contents, path))
    if isinstance(t, ListC):
        return ListC(tuple(lifted(i, (*path, k)) for k, i in enumerate(t.items)))
    if isinstance(t, DictC):
        return DictC(tuple((k, lifted(v, (*path, k))) for k, v in t.items))
    if isinstance(t, InstC):
        return InstC(t.cls, tuple((k, lifted(v, (*path, k))) for k, v in t.items))
    if isinstance(t, DynC):
        return DynC(lifted(t.ref, path))
    return t


def invoke(lw: Lowering, fn: Func, bound: dict[str, Any], key: Any) -> Any:
    """The call of a recursive function: one op."""
    ref = lw.functions.get(key)
    if ref is None:
        ref = lw.functions[key] = FunctionRef(getattr(fn.node, "name", "function").strip("<>"), key)
        ref.params = [(n, lifted(template(lw, v, ("var",)), (n,))) for n, v in bound.items()]
        try:
            lower_function(lw, fn, ref)
        except Grows as grows:                  # how many items it has is known at run time only
            del lw.functions[key]
            objects = objects_of(lw, bound)
            for place, cell in enumerate(objects):      # and of the others that may take its place in a call inside
                c = lw.cells[cell]
                if place == grows.place or isinstance(c, ListC) and all(map(is_number, c.items)):
                    lw.dynamic(Obj(cell[1]))
            return invoke(lw, fn, bound, key_of(lw, fn, bound))
        except Holds as holds:                  # what is put into it says what it holds
            del lw.functions[key]
            given: list[Value] = []
            for (_, t), a in zip(ref.params, bound.values()):
                fit(lw, t, a, given, [])
            given[holds.place].type = holds.type
            return invoke(lw, fn, bound, key_of(lw, fn, bound))
    fresh = renewed(lw, ref) if ref.done else {}
    if fresh is None:
        del lw.functions[key]
        return invoke(lw, fn, bound, key)
    if ref.result is None:
        raise NotYetKnown
    operands: list[Value] = []
    origins: list[Ref | None] = []
    for (_, t), a in zip(ref.params, bound.values()):
        fit(lw, t, a, operands, origins)
    apart(lw, ref, origins)
    types = [leaf.type for leaf in leaves(ref.result)]
    results = [*types, *(operands[i].type for i in ref.written)]
    for cell, t in ref.state.items():
        fit_cell(lw, cell, t, lw.cells[cell], operands)
        results.extend(leaf.type for leaf in leaves(t))
    results.extend(leaf.type for items in ref.objects.values() for t in items.values() for leaf in leaves(t))
    args = [Slot(i) for i in range(len(operands))]
    paths: dict[int, Any] = {}
    for i in ref.written:                       # what is written to is the memory that the argument is a view of
        origin = origins[i]
        if origin is not None and origin.path:
            operands[i] = lw.current(origin)
            paths[i] = shift(origin.path, len(operands))
            operands.extend(origin.operands)
            results[len(types) + ref.written.index(i)] = operands[i].type
    if ref.done:
        args.extend(Slot(len(operands) + i) for i in range(len(ref.captured)))
        operands.extend(fresh[v] for v in ref.captured)
    op = Op("call", operands, results, span=lw.span(), fn=ref, args=tuple(args), kwargs={}, paths=paths,
            in_place=ref.in_place, effect=has_effects(ref))
    op = lw.b.emit(op)
    if not ref.done:
        ref.calls.append(op)
    for i, version in zip(ref.written, op.results[len(types):]):
        origin = origins[i]
        if origin is not None:
            change(lw, op, ("root", origin.root), version, bool(origin.path))
    rest = list(op.results[len(types) + len(ref.written):])
    for cell, t in ref.state.items():
        n = len(leaves(t))
        new = fill_cell(lw, cell, t, rest[:n])
        if cell[0] in ("root", "obj"):
            change(lw, op, cell, new)
        lw.cells[cell] = new
        rest = rest[n:]
    cells = objects_of(lw, bound)
    for place, items in ref.objects.items():
        now = {k: fill(lw, t, rest, ("obj",)) for k, t in items.items()}
        change(lw, op, cells[place], with_items(lw.cells[cells[place]], now))
    result = fill(lw, ref.result, list(op.results[:len(types)]), ("var",))
    roots: list[Ref | None] = []
    fit(lw, ref.result, result, [], roots)
    for k, places_ in ref.returns.items():
        for origin in (origins[i] for i in places_):
            if origin is not None and (root := roots[k]) is not None:
                lw.aliases.may_be(("root", root.root), {("root", origin.root)})
    if any(isinstance(leaf.type, Tree) and leaf.type.holds_memory for leaf in leaves(ref.result)):
        for origin in origins:
            if origin is not None:
                lw.freeze(origin.root)
    return result


def change(lw: Lowering, op: Op, cell: Any, new: Any, inside: bool = False) -> None:
    """Memory is what a call made of it; what a call does to memory of the program outlives it."""
    lw.written(cell, inside=inside)
    if cell in lw.shared:
        op.attrs["effect"] = True
    old = lw.cells[cell]
    if isinstance(new, Value) and isinstance(old, Value):
        new.name = new.name or old.name
    lw.cells[cell] = new


def apart(lw: Lowering, ref: FunctionRef, origins: list[Ref | None]) -> None:
    """Refuse a call in which memory that the function writes to is reached in a second way."""
    for i in ref.written:
        origin = origins[i]
        if origin is None:
            continue
        root = ("root", origin.root)
        same = lw.aliases.of(root)
        others = {("root", o.root) for j, o in enumerate(origins) if o is not None and j != i}
        if same & (others | ref.state.keys()) or any(lw.cells.get(c) in ref.captured for c in same):
            lw.error(f"{ref.name}() writes to memory that is given to it twice",
                     hint="pass a copy for one of them, or write the recursion as a loop", kind=AliasError)


def renewed(lw: Lowering, ref: FunctionRef) -> dict[Value, Value] | None:
    """The outer values that a function reads, as they are now; None where its text would be another one now."""
    now = {v: v for v in ref.captured}
    for cell, then in ref.visible.items():
        current = lw.cells.get(cell)
        if current is then or current == then or cell in ref.state:
            continue
        if not isinstance(then, Value) or not isinstance(current, Value) or then.type != current.type:
            return None
        if then in now:
            if now[then] is not then and now[then] is not current:
                return None
            now[then] = current
    return now


def visible_cells(lw: Lowering, fn: Func) -> dict[Any, Any]:
    """The variables of enclosing functions that a function can read, and the memory that they lead to."""
    found: dict[Any, Any] = {}
    todo: list[Any] = [fn]
    seen: set[int] = set()
    while todo:
        a = todo.pop()
        if isinstance(a, Func):
            if id(a) in seen:
                continue
            seen.add(id(a))
            names = {n.id for n in ast.walk(a.node) if isinstance(n, ast.Name)}
            frame: Frame | None = a.frame
            while frame is not None:
                for name in sorted(names & frame.locals):
                    cell = ("var", frame.id, name)
                    if cell in lw.cells and cell not in found:
                        found[cell] = lw.cells[cell]
                        todo.append(found[cell])
                frame = frame.parent
            continue
        if isinstance(a, Tup):
            todo.extend(a.items)
        for cell in identities(lw, a):
            if cell in lw.cells:
                found[cell] = lw.cells[cell]
    return found


def has_effects(ref: FunctionRef) -> bool:
    from symgrad.optimize.dce import has_effect
    return any(has_effect(op) for op in ref.region.ops if not (op.kind == "call" and op.fn is ref))


def lower_function(lw: Lowering, fn: Func, ref: FunctionRef) -> None:
    """Lower a recursive function as a region of its own, in which what it captures are parameters."""
    outer = (lw.cells, lw.b.region, lw.b.outer, lw.b.span, lw.node)
    try:
        settle(lw, fn, ref, lw.cells)
    finally:
        lw.cells, lw.b.region, lw.b.outer, lw.b.span, lw.node = outer
    free = captured(ref.region)
    inner: dict[Value, Value] = {}
    for v in free:
        inner[v] = v if v.op is not None and v.op.kind == "arg" else ref.region.param(v.type, v.name)
        if inner[v] is v:
            inner[v] = ref.region.param(v.type, v.name)
    from symgrad.optimize.dce import substitute
    substitute(ref.region, inner)
    for op in ref.calls:
        op.attrs["args"] += tuple(Slot(len(op.operands) + i) for i in range(len(free)))
        op.operands.extend(inner[v] for v in free)
    ref.captured = free
    ref.done = True


def settle(lw: Lowering, fn: Func, ref: FunctionRef, outer: dict[Any, Any]) -> None:
    """Lower the body of a recursive function until the type of its result settles."""
    from symgrad.frontend.calls import run_body
    functions, frames, saved = dict(lw.functions), len(lw.frames), len(lw.saved)
    ref.visible = visible_cells(lw, fn)
    for _ in range(MAX_ROUNDS):
        lw.functions = dict(functions)
        lw.cells = dict(outer)
        ref.region, ref.calls = Region(), []
        lw.b.region, lw.b.outer = ref.region, []
        bound: dict[str, Any] = {}
        starts: list[tuple[Value, Any]] = []
        for name, t in ref.params:
            params = []
            for i, leaf in enumerate(leaves(t)):
                params.append(ref.region.param(leaf.type, name if len(leaves(t)) == 1 else f"{name}{i}"))
            a = fill(lw, t, list(params), ("var",))
            bound[name] = a
            origins: list[Ref | None] = []
            fit(lw, t, a, [], origins)
            starts.extend((p, None if o is None else ("root", o.root)) for p, o in zip(params, origins))
        for cell, t in ref.state.items():
            params = [ref.region.param(leaf.type, cell[2] if cell[0] == "var" else "state") for leaf in leaves(t)]
            lw.cells[cell] = fill_cell(lw, cell, t, params)
        before = dict(lw.cells)
        given = objects_of(lw, bound)
        try:
            result = run_body(lw, fn, bound)
        except NotYetKnown:
            state = changed(lw, ref, outer, before)
            if state == ref.state:
                lw.error("this recursion has no base case that can be seen",
                         hint="let one path of the function return without calling it again")
            ref.state = state                   # a path may have been chosen by what is not known, after all
            del lw.frames[frames:], lw.saved[saved:]
            continue
        except SymgradError:
            for place, cell in enumerate(given):
                now, was = lw.cells.get(cell), before[cell]
                if isinstance(was, (ListC, DictC)) and (not isinstance(now, type(was)) or len(now.items) != len(was.items)):
                    raise Grows(place) from None
            raise
        shape, grown = _carried(template(lw, result, ("var",))), False
        if ref.result is not None:
            try:
                old, shape, grown = folded(ref.result, shape)
                shape = common(lw, old, shape)
            except NoTemplate:
                lw.error("a recursive function returns different kinds of things")
        yields: list[Value] = []
        roots: list[Ref | None] = []
        fit(lw, shape, result, yields, roots)
        returns = {k: frozenset(i for i, (_, start) in enumerate(starts) if start is not None and start in
                                lw.aliases.of(("root", o.root)))
                   for k, o in enumerate(roots) if o is not None}
        written = [i for i, (p, r) in enumerate(starts) if r is not None and lw.cells[r] is not p]
        known = [leaf.type for _, t in ref.params for leaf in leaves(t)]
        for i in written:
            version = lw.cells[starts[i][1]]
            if is_bottom(known[i]) and not is_bottom(version.type):
                raise Holds(i, version.type)
            yields.append(version)
        state = changed(lw, ref, outer, before)
        for cell, t in ref.state.items():
            fit_cell(lw, cell, t, lw.cells[cell], yields)
        rebound = {place: items for place, cell in enumerate(given)
                   if (items := rebound_items(lw, place, before[cell], lw.cells[cell]))}
        for place, items in rebound.items():
            now = items_of(lw.cells[given[place]])
            for k, t in items.items():
                fit(lw, t, now[k], yields, [])
        settled = (not grown and shape == ref.result and written == ref.written and state == ref.state
                   and rebound == ref.objects and returns == ref.returns)
        ref.state, ref.objects, ref.returns = state, rebound, returns
        ref.in_place = places(ref, shape, written)
        ref.result, ref.written, ref.region.yields = shape, written, yields
        if settled:
            break
    else:
        lw.error("what this recursive function returns grows with the depth of the recursion",
                 hint="return tuples, not lists or objects that hold what the calls inside return")


def folded(old: Any, new: Any) -> tuple[Any, Any, bool]:
    """The results of two rounds, where a tuple that holds what the earlier round gave is a tree.

    Also says whether more than before is known of what a tree's tuples hold.
    """
    a, b = _whole(old), _whole(new)
    if isinstance(a, Tree) and isinstance(b, TupleOf):
        items = joined_items(a, b)
        if items is None:
            raise NoTemplate
        grown = items != a.node.items
        a.node.items = items
        return old, Leaf(a), grown
    if isinstance(a, TupleOf) and isinstance(b, TupleOf) and a != b and any(_within(a, i) for i in b.items):
        tree = Tree(Node())
        tree.node.items = tuple(_replaced(i, a, tree) for i in b.items)
        return Leaf(tree), Leaf(tree), True
    if isinstance(old, Tup) and isinstance(new, Tup) and len(old.items) == len(new.items):
        parts = [folded(x, y) for x, y in zip(old.items, new.items)]
        return (Tup(tuple(x for x, _, _ in parts), old.cls), Tup(tuple(y for _, y, _ in parts), new.cls),
                any(g for _, _, g in parts))
    return old, new, False


def _whole(t: Any) -> Type | None:
    """The type of the one value that a template is, None or not."""
    try:
        found = of_items(value_type(t))
    except NoTemplate:
        return None
    return found.item if isinstance(found, Optional_) else found


def _within(t: Type, other: Type) -> bool:
    if isinstance(other, (Optional_, ListOf)):
        return _within(t, other.item)
    return t == other or isinstance(other, TupleOf) and any(_within(t, i) for i in other.items)


def _replaced(t: Type, old: Type, new: Type) -> Type:
    if t == old or isinstance(t, Optional_) and t.item == old:
        return new
    if isinstance(t, (Optional_, ListOf)):
        return type(t)(_replaced(t.item, old, new))
    return TupleOf(tuple(_replaced(i, old, new) for i in t.items)) if isinstance(t, TupleOf) else t


def changed(lw: Lowering, ref: FunctionRef, outer: dict[Any, Any], before: dict[Any, Any]) -> dict[Any, Any]:
    """The outer variables and memory that a function has changed, and what they are before and after."""
    state = dict(ref.state)
    for cell in outer:
        if cell in state or (cell[0] in ("root", "var", "obj")
                             and lw.cells.get(cell) is not before.get(cell)
                             and lw.cells.get(cell) != before.get(cell)):
            state[cell] = lifted(both(lw, cell, outer, lw.cells), cell)
    return state


def is_bottom(t: Type) -> bool:
    """Whether a list or dict was empty when last seen, so that it is not known what it holds."""
    return isinstance(t, (ListOf, DictOf)) and (t.item == BOTTOM or is_bottom(t.item))


def is_number(a: Any) -> bool:
    return isinstance(a, Value) and isinstance(a.type, Scalar) or isinstance(a, Static) and isinstance(a.obj, (int, float))


def objects_of(lw: Lowering, bound: dict[str, Any]) -> list[Any]:
    """The cells of the objects that arguments are, or hold."""
    return list(dict.fromkeys(c for a in bound.values() for c in identities(lw, a) if c[0] == "obj"))


def items_of(contents: Any) -> dict[Any, Any]:
    return dict(enumerate(contents.items) if isinstance(contents, ListC) else contents.items)


def with_items(contents: Any, items: dict[Any, Any]) -> Any:
    """An object's contents with some items in place of its own."""
    new = items_of(contents) | items
    if isinstance(contents, ListC):
        return ListC(tuple(new.values()))
    return DictC(tuple(new.items())) if isinstance(contents, DictC) else InstC(contents.cls, tuple(new.items()))


def rebound_items(lw: Lowering, place: int, before: Any, after: Any) -> dict[Any, Any]:
    """The items of an object that a function has rebound, by what they are before and after."""
    if before == after or isinstance(before, DynC):
        return {}
    if isinstance(before, SetC):
        lw.error("a set that is an argument of a recursive function is changed in it",
                 hint="return the new set, or close over it")
    if type(before) is not type(after) or items_of(before).keys() != items_of(after).keys():
        raise Grows(place)
    found = {}
    was = items_of(before)
    for k, now in items_of(after).items():
        if now != was[k]:
            try:
                found[k] = lifted(_carried(common(lw, template(lw, was[k], ("obj",)), template(lw, now, ("obj",)))),
                                  ("object", place, k))
            except NoTemplate:
                lw.error("a recursive function changes what kind of thing an argument holds")
    return found


def places(ref: FunctionRef, result: Any, written: list[int]) -> tuple[tuple[int, int], ...]:
    """The parameters that are memory which the function writes to, and which yield is what became of each."""
    at = len(leaves(result))
    found = [(i, at + k) for k, i in enumerate(written)]
    at, i = at + len(written), sum(len(leaves(t)) for _, t in ref.params)
    for cell, t in ref.state.items():
        for leaf in leaves(t):
            if cell[0] in ("root", "obj") and is_memory(leaf.type):
                found.append((i, at))
            at, i = at + 1, i + 1
    return tuple(found)


def both(lw: Lowering, cell: Any, before: dict[Any, Any], after: dict[Any, Any]) -> Any:
    """The template that a cell fits before and after the call."""
    a, b = (_cell_template(lw, cell, cells) for cells in (before, after))
    try:
        return common_contents(lw, a, b) if cell[0] == "obj" else common(lw, a, b)
    except NoTemplate:
        lw.error("a recursive function changes what kind of thing a variable outside it is")


def _cell_template(lw: Lowering, cell: Any, cells: dict[Any, Any]) -> Any:
    here, lw.cells = lw.cells, cells
    try:
        a = cells[cell]
        return contents_template(lw, a, cell) if cell[0] == "obj" else template(lw, a, cell)
    finally:
        lw.cells = here


def _carried(t: Any) -> Any:
    """Numbers that a function returns are values, whichever path returns them."""
    return _map(t, lambda s: Leaf(type_of_constant(s.obj)) if isinstance(s.obj, (int, float)) else s)


def _map(t: Any, f: Any) -> Any:
    if isinstance(t, Static):
        return f(t)
    if isinstance(t, Leaf) and isinstance(t.type, Array):
        return Leaf(Array(t.type.dtype, tuple(1 if d == 1 else Dim(("result", i)) for i, d in enumerate(t.type.dims))),
                    True)
    if isinstance(t, Leaf):
        return Leaf(t.type, is_memory(t.type))
    if isinstance(t, Tup):
        return Tup(tuple(_map(i, f) for i in t.items), t.cls)
    if isinstance(t, ObjT):
        return ObjT(_map(t.contents, f))
    if isinstance(t, ListC):
        return ListC(tuple(_map(i, f) for i in t.items))
    if isinstance(t, (DictC, InstC)):
        items = tuple((k, _map(v, f)) for k, v in t.items)
        return DictC(items) if isinstance(t, DictC) else InstC(t.cls, items)
    if isinstance(t, DynC):
        return DynC(_map(t.ref, f))
    return t


__all__ = ["NotYetKnown", "Recursive", "invoke", "key_of"]
