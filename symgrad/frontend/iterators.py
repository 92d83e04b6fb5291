"""itertools and operator: lazy sequences as a count and an item, orders of items as lists of indices."""
from __future__ import annotations

import ast
import functools
import itertools
import operator
from collections.abc import Callable
from typing import Any

from symgrad.frontend import attributes, branches, calls, containers, indexing
from symgrad.frontend.comprehensions import as_list
from symgrad.frontend.expressions import BINARY, binary, chain, identity, membership, negate, truth
from symgrad.frontend.iteration import count_and_get, endless, static_items
from symgrad.frontend.loops import for_loop
from symgrad.frontend.lowering import Lowering
from symgrad.frontend.values import Bound, Iter, ListC, Static, Tup
from symgrad.ir.nodes import Op, Slot, Value
from symgrad.ir.types import INT, ListOf, Opaque, TupleOf

Args = list[Any]
Kwargs = dict[str, Any]
NONE = Static(None)


def lazily(data: Any, item: Callable[..., Any], *over: Any) -> Iter:
    """The sequence of ``item(lw, data, args, {})`` for the items `args` of `over`."""
    return Iter("map", (Bound(data, item, True), *over))


# -- one after another -----------------------------------------------------------------------


def chained(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    columns = [static_items(lw, a) for a in args]
    known = [c for c in columns if c is not None]
    if len(known) == len(columns):
        return Tup(tuple(x for c in known for x in c))
    whole: Any = lw.new_object(ListC(()))
    for a in args:
        whole = lw.bind(containers.concatenate_lists(lw, whole, as_list(lw, a)))
    return whole


def chained_from(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    parts = static_items(lw, args[0])
    if parts is not None:
        return chained(lw, parts, {})
    out = lw.new_object(ListC(()))
    lw.dynamic(out)
    each(lw, args[0], lambda part: containers.extend_list(lw, out, part))
    return out


def repeated(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    times = args[1] if len(args) > 1 else kwargs.get("times")
    over = Iter("count", (Static(0),)) if times is None else Iter("range", (Static(0), times, Static(1)))
    return lazily(args[0], lambda lw, x, args, kwargs: x, over)


def cycled(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    a = as_list(lw, args[0])
    n, get = count_and_get(lw, a)

    def item(lw: Lowering, a: Any, args: Args, kwargs: Kwargs) -> Any:
        return get(lw.value(binary(lw, ast.Mod, args[0], n)))
    return lazily(a, item, Iter("count", (Static(0),)))


def sliced(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    a, *bounds = args
    start, stop, step = (Static(0), bounds[0], Static(1)) if len(bounds) == 1 else (
        Static(0) if bounds[0] == NONE else bounds[0], bounds[1], *(bounds[2:] or [Static(1)]))
    items = static_items(lw, a)
    if items is not None and all(map(lw.is_static, (start, stop, step))):
        return Tup(tuple(items[slice(*map(lw.static, (start, stop, step)))]))
    a = as_list(lw, a) if isinstance(a, Iter) and not endless(a) else a
    n, get = count_and_get(lw, a)
    if n is not None:
        from symgrad.frontend.builtin_folds import two
        stop = n if stop == NONE else two(lw, min, stop, n)
    return lazily(a, lambda lw, a, args, kwargs: get(lw.value(args[0])), Iter("range", (start, stop, step)))


# -- orders and selections -------------------------------------------------------------------


def selections(fn: Any) -> Callable[..., Any]:
    """``itertools.combinations`` and the like: of unknown lengths, the items at selected indices."""
    def make(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
        a = args[0]
        items = static_items(lw, a)
        size = args[1] if len(args) > 1 else kwargs.get("r", NONE)
        if items is not None:
            return Tup(tuple(Tup(row) for row in (fn(items) if size == NONE else fn(items, lw.static(size)))))
        r = lw.static(size, "the size of a selection")
        if r is None:
            lw.error("permutations of a sequence whose length is known at run time only", hint="say how many: r=2")
        a = as_list(lw, a) if isinstance(a, Iter) else a
        return picked(lw, fn, [a] * r, [a], (r,))
    return make


def product(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    repeat = lw.static(kwargs.get("repeat", Static(1)))
    columns = [static_items(lw, a) for a in args] * repeat
    known = [c for c in columns if c is not None]
    if len(known) == len(columns):
        return Tup(tuple(Tup(row) for row in itertools.product(*known)))
    sources = [as_list(lw, a) if isinstance(a, (Iter, Tup)) else a for a in args] * repeat
    return picked(lw, itertools.product, sources, sources, ())


def picked(lw: Lowering, fn: Any, columns: list[Any], over: list[Any], more: tuple[Any, ...]) -> Any:
    """The tuples of items of `columns` at the indices that ``fn`` gives for the lengths of `over`."""
    gets = [count_and_get(lw, c) for c in columns]
    ranges: list[Value] = []
    for a in over:
        n = lw.value(count_and_get(lw, a)[0])
        ranges.append(lw.b.emit(Op("call", [n], [Opaque("range")], fn=range, args=(Slot(0),), kwargs={})).result)
    slots = tuple(Slot(i) for i in range(len(ranges)))
    found = lw.b.emit(Op("call", ranges, [Opaque("iterator")], fn=fn, args=(*slots, *more), kwargs={})).result
    rows = lw.b.emit(Op("call", [found], [ListOf(TupleOf((INT,) * len(columns)))], fn=list, args=(Slot(0),),
                        kwargs={})).result

    def item(lw: Lowering, self: Any, args: Args, kwargs: Kwargs) -> Any:
        indices = static_items(lw, args[0]) or []
        return Tup(tuple(get(lw.value(i)) for (_, get), i in zip(gets, indices)))
    return lazily(NONE, item, lw.bind(rows))


def starmap(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    def item(lw: Lowering, f: Any, args: Args, kwargs: Kwargs) -> Any:
        values = static_items(lw, args[0])
        return calls.call(lw, f, calls.star_items(lw, args[0]) if values is None else values, {})
    return lazily(args[0], item, args[1])


def while_it_holds(taken: bool) -> Callable[..., Any]:
    """``itertools.takewhile`` and ``dropwhile``."""
    def make(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
        out = lw.new_object(ListC(()))
        lw.dynamic(out)
        key = ("temporary", lw.frame.id, next(lw.ids))
        lw.cells[key] = Static(True)

        def one(x: Any) -> None:
            lw.cells[key] = holds = chain(lw, True, [lambda: lw.cells[key],
                                                     lambda: truth(lw, calls.call(lw, args[0], [x], {}))])
            where(lw, holds if taken else negate(lw, holds), lambda: containers.append(lw, out, [x], {}))
        each(lw, args[1], one)
        lw.cells.pop(key)
        return out
    return make


def compress(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    out = lw.new_object(ListC(()))
    pairs = Iter("zip", tuple(args))
    if static_items(lw, pairs) is None:
        lw.dynamic(out)

    def one(pair: Any) -> None:
        where(lw, truth(lw, pair.items[1]), lambda: containers.append(lw, out, [pair.items[0]], {}))
    each(lw, pairs, one)
    return out


def zip_longest(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    columns = [static_items(lw, a) for a in args]
    known = [c for c in columns if c is not None]
    if len(known) < len(columns):
        lw.error("zip_longest() of a sequence whose length is known at run time only", hint="loop over a range")
    rows = itertools.zip_longest(*known, fillvalue=kwargs.get("fillvalue", NONE))
    return Tup(tuple(Tup(row) for row in rows))


def accumulate(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    fn = args[1] if len(args) > 1 else kwargs.get("func", NONE)
    fn = Static(operator.add) if fn == NONE else fn
    first = kwargs.get("initial", NONE)
    items = static_items(lw, args[0])
    out = lw.new_object(ListC(()))
    if items is not None:
        for total in itertools.accumulate(items, lambda a, b: calls.call(lw, fn, [a, b], {}),
                                          initial=None if first == NONE else first):
            containers.append(lw, out, [total], {})
        return out
    a = as_list(lw, args[0]) if isinstance(args[0], Iter) else args[0]
    n, get = count_and_get(lw, a)
    key = ("temporary", lw.frame.id, next(lw.ids))
    if first == NONE:
        lw.dynamic(out)

        def begin() -> None:
            containers.append(lw, out, [get(lw.constant(0))], {})
        where(lw, truth(lw, n), begin)              # nothing comes of nothing
        lw.cells[key] = Static(0.0)
    else:
        lw.cells[key] = lw.bind(first)
        containers.append(lw, out, [first], {})
        lw.dynamic(out)

    def body(i: Value) -> None:
        last = indexing.get_item(lw, out, Static(-1)) if first == NONE else lw.cells[key]
        lw.cells[key] = lw.bind(calls.call(lw, fn, [last, get(i)], {}))
        containers.append(lw, out, [lw.cells[key]], {})
    for_loop(lw, (Static(1 if first == NONE else 0), n, Static(1)), body, [], "")
    lw.cells.pop(key)
    return out


def each(lw: Lowering, a: Any, f: Callable[[Any], Any]) -> None:
    """``for x in a: f(x)``."""
    items = static_items(lw, a)
    if items is not None:
        for i in items:
            f(lw.bind(i))
        return
    n, get = count_and_get(lw, a)
    if n is None:
        lw.error("this sequence has no end", hint="loop over it with break")

    def body(i: Value) -> None:
        f(lw.bind(get(i)))
    for_loop(lw, (Static(0), n, Static(1)), body, [], "")


def where(lw: Lowering, condition: Any, f: Callable[[], Any]) -> None:
    if isinstance(condition, Static):
        if condition.obj:
            f()
        return
    branches.branch(lw, lw.value(condition), lambda: f() or NONE, lambda: NONE)


# -- operator --------------------------------------------------------------------------------


def getter(one: Callable[[Lowering, Any, Any], Any]) -> Callable[..., Any]:
    """``operator.itemgetter(*keys)`` and ``attrgetter(*names)``: a function of the object."""
    def make(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
        def apply(lw: Lowering, keys: Any, of: Args, kwargs: Kwargs) -> Any:
            found = [one(lw, of[0], k) for k in args]
            return found[0] if len(found) == 1 else Tup(tuple(found))
        return Bound(NONE, apply, True)
    return make


def attribute_at(lw: Lowering, a: Any, name: Any) -> Any:
    return functools.reduce(lambda x, n: attributes.get_attribute(lw, x, n), lw.static(name).split("."), a)


def methodcaller(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    def apply(lw: Lowering, self: Any, of: Args, none: Kwargs) -> Any:
        return calls.call(lw, attribute_at(lw, of[0], args[0]), args[1:], kwargs)
    return Bound(NONE, apply, True)


def set_item(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    indexing.set_item(lw, *args)
    return NONE


def updating(kind: type) -> Callable[..., Any]:
    """``operator.iadd`` and the like."""
    def make(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
        from symgrad.frontend.assignments import in_place
        return in_place(lw, kind, *args)
    return make


def refused(name: str, hint: str) -> Callable[..., Any]:
    def make(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
        lw.error(f"{name} keeps state between its items: that is not supported", hint=hint)
    return make


ITERATORS: dict[Any, Callable[[Lowering, Args, Kwargs], Any]] = {
    itertools.chain: chained, itertools.chain.from_iterable: chained_from, itertools.repeat: repeated,
    itertools.cycle: cycled, itertools.islice: sliced, itertools.product: product, itertools.starmap: starmap,
    itertools.combinations: selections(itertools.combinations),
    itertools.combinations_with_replacement: selections(itertools.combinations_with_replacement),
    itertools.permutations: selections(itertools.permutations),
    itertools.takewhile: while_it_holds(True), itertools.dropwhile: while_it_holds(False),
    itertools.compress: compress, itertools.zip_longest: zip_longest, itertools.accumulate: accumulate,
    itertools.groupby: refused("itertools.groupby()", "collect the groups in a dict of lists"),
    itertools.tee: refused("itertools.tee()", "make a list, and loop over it twice"),
    operator.itemgetter: getter(indexing.get_item), operator.attrgetter: getter(attribute_at),
    operator.methodcaller: methodcaller, operator.setitem: set_item,
    operator.getitem: lambda lw, args, kwargs: indexing.get_item(lw, *args),
    operator.contains: lambda lw, args, kwargs: membership(lw, args[1], args[0], True),
    operator.truth: lambda lw, args, kwargs: truth(lw, args[0]),
    operator.not_: lambda lw, args, kwargs: negate(lw, args[0]),
    operator.is_: lambda lw, args, kwargs: identity(lw, args[0], args[1], True),
    operator.is_not: lambda lw, args, kwargs: identity(lw, args[0], args[1], False)}
for kind, fn in BINARY.items():
    if hasattr(operator, "i" + fn.__name__.strip("_")):
        ITERATORS[getattr(operator, "i" + fn.__name__.strip("_"))] = updating(kind)

__all__ = ["ITERATORS"]
