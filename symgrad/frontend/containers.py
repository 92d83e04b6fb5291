"""Lists, tuples and dicts: their methods, growing and shrinking."""
from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from symgrad.frontend import indexing
from symgrad.frontend.items import keep_alias, may_be_item, rearranged
from symgrad.frontend.lowering import Lowering
from symgrad.frontend.values import DictC, DynC, Iter, ListC, Obj, Ref, SetC, Slice, Static, Tup
from symgrad.ir.nodes import Op, Slot, Value
from symgrad.ir.types import BOOL, INT, STR, DictOf, ListOf, Opaque, Type, join, located
from symgrad.rules.core import holds


def list_append(items: list[Any], item: Any) -> list[Any]:
    """``items.append(item)``: the list's next version."""
    items.append(item)
    return items


def list_pop(items: list[Any]) -> tuple[list[Any], Any]:
    """``items.pop()``: the list's next version and the last item."""
    return items, items.pop()


@holds
def list_concat(a: list[Any], b: list[Any]) -> list[Any]:
    """``a + b`` of lists."""
    return a + b


@holds
def list_repeat(a: list[Any], n: int) -> list[Any]:
    """``a * n`` of a list."""
    return a * n


@holds
def list_reverse(a: list[Any]) -> list[Any]:
    """``a[::-1]`` of a list."""
    return a[::-1]


def append(lw: Lowering, self: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    item = lw.bind(args[0])
    c = lw.contents(self)
    if isinstance(c, ListC):
        lw.set_contents(self, ListC((*c.items, item)))
    else:
        update_list(lw, c.ref, lambda whole: append_op(lw, whole, item, c.ref), longer=True)
    return Static(None)


def append_op(lw: Lowering, whole: Value, item: Any, ref: Ref) -> Value:
    value = lw.value(item)
    keep_alias(lw, item, ref)
    assert isinstance(whole.type, ListOf)
    joined = join(whole.type.item, value.type) or Opaque()
    return lw.b.emit(Op("call", [whole, value], [ListOf(joined)], fn=list_append, args=(Slot(0), Slot(1)),
                        kwargs={}, memory=True)).result


def update_list(lw: Lowering, ref: Ref, change: Callable[[Value], Value], longer: bool = False) -> None:
    """Give the list that `ref` leads to its next version, which may only be `longer`."""
    rearranged(lw, ref, longer)
    new = change(lw.load(ref))
    if not ref.path:
        lw.set_version(ref, new)
    else:
        indexing.widen(lw, ref, new.type.item)                                       # type: ignore[attr-defined]
        lw.store(ref, new, grown=True)


def extend_list(lw: Lowering, self: Any, other: Any) -> None:
    """``self += other`` and ``self.extend(other)``."""
    from symgrad.frontend.iteration import static_items
    c = lw.contents(self)
    items = static_items(lw, other)
    if items is not None:
        for i in items:
            append(lw, self, [i], {})
        return
    from symgrad.frontend.comprehensions import as_list
    if isinstance(c, ListC) and not c.items:
        ref = as_list(lw, other)
        copied = lw.bind(copy_list(lw, lw.value(ref)))
        lw.set_contents(self, lw.contents(copied))
        return
    ref = lw.dynamic(self)
    value = lw.value(as_list(lw, other))
    update_list(lw, ref, lambda whole: concat_op(lw, whole, value), longer=True)


def copy_list(lw: Lowering, v: Value) -> Value:
    return lw.b.emit(Op("call", [v], [v.type], fn=list, args=(Slot(0),), kwargs={})).result


def concat_op(lw: Lowering, a: Value, b: Value) -> Value:
    t = join(a.type, b.type)
    if t is None:
        lw.error("lists with items of different kinds are joined")
    return lw.b.emit(Op("call", [a, b], [t], fn=list_concat, args=(Slot(0), Slot(1)), kwargs={})).result


def concatenate_lists(lw: Lowering, left: Any, right: Any) -> Any:
    cs = [lw.contents(x) if isinstance(x, Obj) else None for x in (left, right)]
    if isinstance(cs[0], ListC) and isinstance(cs[1], ListC):
        return lw.new_object(ListC(cs[0].items + cs[1].items))
    for c, other in (cs, cs[::-1]):
        if isinstance(c, ListC) and not c.items:
            return copy_list(lw, lw.value(left if other is cs[0] else right))
    return concat_op(lw, lw.value(left), lw.value(right))


def repeat_list(lw: Lowering, items: Any, count: Any) -> Any:
    c = lw.contents(items) if isinstance(items, Obj) else None
    if isinstance(c, ListC) and isinstance(count, Static):
        return lw.new_object(ListC(c.items * count.obj))
    v = lw.value(items)
    return lw.b.emit(Op("call", [v, lw.value(count)], [v.type], fn=list_repeat, args=(Slot(0), Slot(1)),
                        kwargs={}, repeats=True)).result


def pop(lw: Lowering, self: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    c = lw.contents(self)
    if isinstance(c, ListC):
        index = lw.static(args[0], "the index of pop()") if args else -1
        if not c.items:
            lw.error("IndexError: pop from an empty list")
        items = list(c.items)
        item = items.pop(index)
        lw.set_contents(self, ListC(tuple(items)))
        return item
    if args and args[0] != Static(-1):
        item = indexing.get_item(lw, self, args[0])
        rearranged(lw, lw.dynamic(self))
        item = lw.bind(lw.value(item)) if not isinstance(item, Value) else item
        may_be_item(lw, item, lw.dynamic(self))
        delete_item(lw, self, args[0])
        return item
    rearranged(lw, c.ref)
    whole = lw.load(c.ref)
    assert isinstance(whole.type, ListOf)
    op = lw.b.emit(Op("call", [whole], [whole.type, whole.type.item], fn=list_pop, args=(Slot(0),), kwargs={},
                      memory=True))
    if c.ref.path:
        lw.store(c.ref, op.results[0], grown=True)
    else:
        lw.set_version(c.ref, op.results[0])
    popped = op.results[1]
    popped.type = located(popped.type, popped.id)
    item = lw.bind(popped)
    may_be_item(lw, item, c.ref)
    return item


def extend(lw: Lowering, self: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    extend_list(lw, self, args[0])
    return Static(None)


def insert(lw: Lowering, self: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    c = lw.contents(self)
    if isinstance(c, ListC) and isinstance(args[0], Static):
        items = list(c.items)
        items.insert(args[0].obj, lw.bind(args[1]))
        lw.set_contents(self, ListC(tuple(items)))
        return Static(None)
    index, none = args[0], Static(None)
    head = indexing.get_item(lw, self, Slice(none, index, none))
    tail = indexing.get_item(lw, self, Slice(index, none, none))
    middle = lw.list_value(ListC((args[1],)))
    replace(lw, self, concat_op(lw, concat_op(lw, lw.value(head), middle), lw.value(tail)))
    return Static(None)


def replace(lw: Lowering, self: Obj, new: Value) -> None:
    """Give a run-time list wholly new contents."""
    update_list(lw, lw.dynamic(self), lambda whole: new)


def delete_item(lw: Lowering, base: Any, index: Any) -> None:
    """``del base[index]``."""
    from symgrad.frontend.expressions import binary
    c = lw.contents(base) if isinstance(base, Obj) else None
    if isinstance(c, ListC) and lw.is_static(index):
        items = list(c.items)
        del items[lw.static(index)]
        lw.set_contents(base, ListC(tuple(items)))
        return
    if isinstance(c, DictC) and lw.is_static(index):
        key = lw.static(index)
        lw.set_contents(base, DictC(tuple((k, v) for k, v in c.items if k != key)))
        return
    if isinstance(c, (DynC, ListC)) and not isinstance(index, Slice):
        if index == Static(-1):
            pop(lw, base, [], {})
            return
        none = Static(None)
        head = indexing.get_item(lw, base, Slice(none, index, none))
        tail = indexing.get_item(lw, base, Slice(binary(lw, ast.Add, index, Static(1)), none, none))
        replace(lw, base, concat_op(lw, lw.value(head), lw.value(tail)))
        return
    lw.error("this cannot be deleted from")


def reverse(lw: Lowering, self: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    c = lw.contents(self)
    if isinstance(c, ListC):
        lw.set_contents(self, ListC(c.items[::-1]))
    else:
        whole = lw.load(c.ref)
        replace(lw, self, lw.b.emit(Op("call", [whole], [whole.type], fn=list_reverse, args=(Slot(0),),
                                       kwargs={})).result)
    return Static(None)


def copy(lw: Lowering, self: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    c = lw.contents(self)
    if isinstance(c, DynC):
        return copy_list(lw, lw.load(c.ref))
    return lw.new_object(c)


def sort(lw: Lowering, self: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    from symgrad.frontend.builtin_folds import sorted_
    result = lw.value(sorted_(lw, [self], kwargs))
    replace(lw, self, result)
    return Static(None)


def clear(lw: Lowering, self: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    lw.set_contents(self, type(lw.contents(self))(()) if not isinstance(lw.contents(self), DynC) else ListC(()))
    return Static(None)


def dict_view(kind: str) -> Callable[..., Any]:
    def make(lw: Lowering, self: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        return Iter(kind, (self,))
    return make


def get(lw: Lowering, self: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    from symgrad.frontend import branches
    from symgrad.frontend.expressions import membership
    default = args[1] if len(args) > 1 else kwargs.get("default", Static(None))
    c = lw.contents(self)
    if isinstance(c, DictC) and lw.is_static(args[0]):
        found = c.get(lw.static(args[0]))
        return default if found is None else found
    inside = membership(lw, args[0], self, True)
    if isinstance(inside, Static):
        return indexing.get_item(lw, self, args[0]) if inside.obj else default
    return branches.branch(lw, inside, lambda: indexing.get_item(lw, self, args[0]), lambda: default)


def setdefault(lw: Lowering, self: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    from symgrad.frontend import branches
    from symgrad.frontend.expressions import membership
    default = args[1] if len(args) > 1 else Static(None)
    c = lw.contents(self)
    if isinstance(c, DictC) and lw.is_static(args[0]):
        if c.get(lw.static(args[0])) is None:
            lw.set_contents(self, c.set(lw.static(args[0]), lw.bind(default)))
        return indexing.get_item(lw, self, args[0])
    lw.dynamic(self)
    inside = membership(lw, args[0], self, True)

    def absent() -> Any:
        indexing.set_item(lw, self, args[0], default)
        return Static(None)
    branches.branch(lw, lw.value(inside), lambda: Static(None), absent)
    return indexing.get_item(lw, self, args[0])


def update(lw: Lowering, self: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    c = lw.contents(self)
    pairs: list[tuple[Any, Any]] = []
    if args:
        other = lw.contents(args[0]) if isinstance(args[0], Obj) else None
        if not isinstance(other, DictC):
            lw.error("update() needs a dict with known keys")
        pairs.extend(other.items)
    pairs.extend(kwargs.items())
    for k, v in pairs:
        indexing.set_item(lw, self, Static(k), v)
    del c
    return Static(None)


def dict_pop(lw: Lowering, self: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    c = lw.contents(self)
    if isinstance(c, DictC) and lw.is_static(args[0]):
        key = lw.static(args[0])
        found = c.get(key)
        if found is None:
            if len(args) > 1:
                return args[1]
            lw.error(f"KeyError: {key!r}")
        lw.set_contents(self, DictC(tuple((k, v) for k, v in c.items if k != key)))
        return found
    lw.error("pop() of a dict needs a key known when the function is transformed")


def index(lw: Lowering, self: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return opaque_method(lw, self, "index", args, kwargs)


def count(lw: Lowering, self: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return opaque_method(lw, self, "count", args, kwargs)


def opaque_method(lw: Lowering, self: Any, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    from symgrad.ir.types import INT
    c = lw.contents(self)
    if isinstance(c, ListC) and all(map(lw.is_static, [*c.items, *args])):
        return Static(getattr([lw.static(i) for i in c.items], name)(*map(lw.static, args)))
    operands = [lw.value(self)]
    tree = tuple(lw.tree(a, operands) for a in args)
    return lw.b.emit(Op("call", operands, [INT], fn=getattr(list, name), args=(Slot(0), *tree), kwargs={},
                        method=True)).result


LIST = {"append": append, "extend": extend, "pop": pop, "insert": insert, "reverse": reverse, "copy": copy,
        "sort": sort, "clear": clear, "index": index, "count": count}
DICT = {"items": dict_view("items"), "keys": dict_view("keys"), "values": dict_view("values"), "get": get,
        "setdefault": setdefault, "update": update, "pop": dict_pop, "copy": copy, "clear": clear}


def container_method(lw: Lowering, c: Any, name: str) -> Any:
    if isinstance(c, SetC):
        from symgrad.frontend.sets import METHODS
        if name not in METHODS:
            lw.error(f"the method {name!r} of a set is not supported")
        return METHODS[name]
    is_dict = isinstance(c, DictC) or (isinstance(c, DynC) and isinstance(lw.load(c.ref).type, DictOf))
    method = (DICT if is_dict else LIST).get(name)
    if method is None:
        lw.error(f"the method {name!r} of a {'dict' if is_dict else 'list'} is not supported")
    return method


def static_method(lw: Lowering, self: Any, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """A method of a compile-time constant or a tuple."""
    if isinstance(self, Tup) and self.cls is not None and name in ("_replace", "_asdict"):
        fields = self.cls._fields                                                     # type: ignore[attr-defined]
        values = dict(zip(fields, self.items))
        if name == "_asdict":
            return lw.new_object(DictC(tuple(values.items())))
        return Tup(tuple(kwargs.get(f, values[f]) for f in fields), self.cls)
    if isinstance(self, (Tup,)) and name in ("index", "count"):
        return Static(getattr(tuple(lw.static(i) for i in self.items), name)(*[lw.static(a) for a in args]))
    obj = lw.static(self)
    if isinstance(obj, dict) and name in ("items", "keys", "values", "get"):
        result = getattr(obj, name)(*[lw.static(a) for a in args])
        return indexing.wrap_static(lw, tuple(result) if name != "get" else result)
    if all(map(lw.is_static, [*args, *kwargs.values()])) and isinstance(obj, (str, int, float, tuple, bytes)):
        result = getattr(obj, name)(*[lw.static(a) for a in args], **{k: lw.static(v) for k, v in kwargs.items()})
        return indexing.wrap_static(lw, result)
    operands: list[Value] = [lw.value(self)]
    tree = tuple(lw.tree(a, operands) for a in args)
    kw = {k: lw.tree(v, operands) for k, v in kwargs.items()}
    return lw.b.emit(Op("call", operands, [text_type(obj, name)], fn=getattr(type(obj), name), args=(Slot(0), *tree), kwargs=kw,
                        method=True, effect=not isinstance(obj, (str, int, float)))).result


def text_method(name: str) -> Callable[..., Any]:
    """A method of a text that is known at run time only."""
    def make(lw: Lowering, self: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        operands: list[Value] = [self]
        tree = tuple(lw.tree(a, operands) for a in args)
        kw = {k: lw.tree(v, operands) for k, v in kwargs.items()}
        return lw.b.emit(Op("call", operands, [text_type("", name)], fn=getattr(str, name), args=(Slot(0), *tree),
                            kwargs=kw, method=True)).result
    return make


def text_type(obj: Any, name: str) -> Type:
    """What a method of a text gives; of anything else nothing is known."""
    if not isinstance(obj, str):
        return Opaque()
    if name.startswith("is") or name in ("startswith", "endswith"):
        return BOOL
    if name in ("find", "rfind", "index", "rindex", "count"):
        return INT
    return ListOf(STR) if name in ("split", "rsplit", "splitlines") else STR


__all__ = ["container_method", "list_append", "list_concat", "list_pop", "list_repeat", "list_reverse"]
