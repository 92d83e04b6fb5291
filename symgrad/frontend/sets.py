"""Sets: what they hold carries no derivative.

A set whose items are known exists at compile time. Any other is an object of the run, which is
changed and asked in the order of the program, once, in the forward sweep.
"""
from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from symgrad.frontend.expressions import contains
from symgrad.frontend.lowering import Lowering, type_of_constant
from symgrad.frontend.values import Iter, ListC, Obj, SetC, Static
from symgrad.ir.nodes import Op, Slot, Value
from symgrad.ir.types import BOOL, BOTTOM, INT, NONE, Array, ListOf, Opaque, Scalar, Type, is_float, join

SET = Opaque("set")


def make(lw: Lowering, items: Any = None) -> Obj:
    """``set(items)``."""
    from symgrad.frontend.comprehensions import as_list
    from symgrad.frontend.iteration import static_items
    if items is None:
        return lw.new_object(SetC(frozenset(), BOTTOM))
    source = contents(lw, items)
    if source is not None and not isinstance(source.items, frozenset):
        return lw.new_object(SetC(act(lw, set, [source.items], SET), source.item))
    known = static_items(lw, items)
    if known is not None and all(map(lw.is_static, known)):
        return lw.new_object(of_known(frozenset(map(lw.static, known))))
    v = lw.value(as_list(lw, items) if isinstance(items, Iter) else items if known is None else
                 lw.list_value(ListC(tuple(known))))
    item = v.type.item if isinstance(v.type, ListOf) else Opaque()
    if isinstance(v.type, Array):
        item = Scalar(v.type.dtype, python=False)
    return lw.new_object(SetC(act(lw, set, [v], SET), item))


def of_known(items: frozenset[Any]) -> SetC:
    item: Type = BOTTOM
    for x in items:
        item = join(item, type_of_constant(x)) or Opaque()
    return SetC(items, item)


def contents(lw: Lowering, a: Any) -> SetC | None:
    """What a set holds, None for anything else."""
    if isinstance(a, Static) and isinstance(a.obj, (set, frozenset)):
        return of_known(frozenset(a.obj))
    c = lw.contents(a) if isinstance(a, Obj) else None
    return c if isinstance(c, SetC) else None


def act(lw: Lowering, fn: Any, operands: list[Value], result: Type, method: bool = False) -> Value:
    """An operation on a set, which is not to be moved past another one."""
    return lw.b.emit(Op("call", operands, [result], fn=fn, args=tuple(Slot(i) for i in range(len(operands))),
                        kwargs={}, effect=True, method=method)).result


def value(lw: Lowering, c: SetC) -> Value:
    """The set as an object of the run."""
    if not isinstance(c.items, frozenset):
        return c.items                                                  # type: ignore[no-any-return]
    items = lw.list_value(ListC(tuple(map(Static, in_order(c.items)))))
    return act(lw, set, [items] if c.items else [], SET)


def in_order(items: frozenset[Any]) -> list[Any]:
    """The items as Python goes over them; text, which has another order in each process, by itself."""
    return sorted(items) if all(isinstance(x, str) for x in items) else list(items)


def as_run_time_list(lw: Lowering, c: SetC) -> Value:
    """``list(s)``."""
    if is_float(c.item):
        lw.error("the items of a set of floats known at run time only: no derivative flows through a set",
                 hint="use a list; a set of floats can be asked for its length and what is in it")
    return act(lw, list, [value(lw, c)], ListOf(c.item))


def includes(lw: Lowering, item: Any, c: SetC) -> Any:
    if isinstance(c.items, frozenset) and lw.is_static(item):
        return Static(lw.static(item) in c.items)
    if isinstance(c.items, frozenset) and not c.items:
        return Static(False)
    return lw.b.emit(Op("call", [lw.value(item), value(lw, c)], [BOOL], fn=contains, args=(Slot(0), Slot(1)), kwargs={},
                        effect=True)).result


def size(lw: Lowering, c: SetC) -> Any:
    return Static(len(c.items)) if isinstance(c.items, frozenset) else act(lw, len, [c.items], INT)


def combined(lw: Lowering, fn: Any, a: SetC, b: SetC) -> Any:
    """``a | b`` and the like, and the comparisons."""
    if isinstance(a.items, frozenset) and isinstance(b.items, frozenset):
        found = fn(a.items, b.items)
        return Static(found) if isinstance(found, bool) else lw.new_object(of_known(found))
    compares = fn in (operator.eq, operator.ne, operator.le, operator.lt, operator.ge, operator.gt)
    made = act(lw, fn, [value(lw, a), value(lw, b)], BOOL if compares else SET)
    return made if compares else lw.new_object(SetC(made, join(a.item, b.item) or Opaque()))


# -- methods ---------------------------------------------------------------------------------


def with_item(name: str) -> Callable[..., Any]:
    """``add``, ``discard``, ``remove``: of one item."""
    def make(lw: Lowering, self: Obj, args: list[Any], kwargs: dict[str, Any]) -> Any:
        c = lw.contents(self)
        if isinstance(c.items, frozenset) and lw.is_static(args[0]):
            items = set(c.items)
            try:
                getattr(items, name)(lw.static(args[0]))
            except KeyError as e:
                lw.error(f"KeyError: {e}")
            lw.set_contents(self, of_known(frozenset(items)))
            return Static(None)
        item = lw.value(args[0])
        there = value(lw, c)
        lw.set_contents(self, SetC(there, (join(c.item, item.type) or Opaque()) if name == "add" else c.item))
        act(lw, getattr(set, name), [there, item], NONE, method=True)
        return Static(None)
    return make


def update(lw: Lowering, self: Obj, args: list[Any], kwargs: dict[str, Any]) -> Any:
    for a in args:
        other = contents(lw, make(lw, a))
        assert other is not None
        lw.set_contents(self, lw.contents(combined(lw, operator.or_, lw.contents(self), other)))
    return Static(None)


def clear(lw: Lowering, self: Obj, args: list[Any], kwargs: dict[str, Any]) -> Any:
    lw.set_contents(self, SetC(frozenset(), BOTTOM))
    return Static(None)


def with_set(fn: Any) -> Callable[..., Any]:
    def method(lw: Lowering, self: Obj, args: list[Any], kwargs: dict[str, Any]) -> Any:
        found: Any = self
        for a in args:
            found = combined(lw, fn, lw.contents(found), lw.contents(make(lw, a)))
        return found
    return method


def copy(lw: Lowering, self: Obj, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return make(lw, self)


METHODS = {"add": with_item("add"), "discard": with_item("discard"), "remove": with_item("remove"), "update": update,
           "clear": clear, "copy": copy, "union": with_set(operator.or_), "intersection": with_set(operator.and_),
           "difference": with_set(operator.sub), "symmetric_difference": with_set(operator.xor),
           "issubset": with_set(operator.le), "issuperset": with_set(operator.ge)}

__all__ = ["METHODS", "as_run_time_list", "combined", "contents", "in_order", "includes", "make", "size", "value"]
