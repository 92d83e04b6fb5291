"""Reading and writing along access paths: indices, slices, views, attributes of objects in lists."""
from __future__ import annotations

from typing import Any

import numpy as np

from symgrad.frontend.items import keep_alias
from symgrad.frontend.lowering import Lowering, unpack
from symgrad.frontend.values import (
    DictC,
    DynC,
    InstAt,
    InstC,
    Iter,
    ListC,
    Obj,
    Ref,
    SetC,
    Slice,
    Static,
    Tup,
)
from symgrad.ir.indexed import result_of_index
from symgrad.ir.infer import CannotInfer, infer
from symgrad.ir.nodes import Op, Slot, Step, Value, freeze, map_tree
from symgrad.ir.types import (
    BOTTOM,
    INT,
    STR,
    Array,
    DictOf,
    Dim,
    Instance,
    ListOf,
    Opaque,
    Optional_,
    Scalar,
    Tree,
    TupleOf,
    Type,
    dims_of,
    is_memory,
    located,
)
from symgrad.rules.core import holds


def path_type(type: Type, path: tuple[Step, ...], operands: tuple[Value, ...], lw: Lowering) -> Type:
    """The type of what a path leads to."""
    for step in path:
        if isinstance(type, (tuple, list)):            # the parts that np.split returns
            type = type[step.key]
        else:
            type = step_type(type, step, operands, lw)
    return type


def step_type(type: Type, step: Step, operands: tuple[Value, ...], lw: Lowering) -> Type:
    if isinstance(type, Optional_):
        type = type.item
    if step.kind == "view":
        fn, args, kwargs = step.key
        probe = Value(type)
        ops = [probe, *operands]
        moved = map_tree(args, lambda s: Slot(s.index + 1))
        return infer(fn, (Slot(0), *moved), map_tree(kwargs, lambda s: Slot(s.index + 1)), ops, False)
    if step.kind == "attr":
        if isinstance(type, Instance):
            return dict(type.fields)[step.key]
        lw.error(f"the attribute {step.key!r} of this object is not known")
    if isinstance(type, Array):
        index = step.key if isinstance(step.key, tuple) else (step.key,)
        try:
            return result_of_index(type, index, list(operands))[0]
        except CannotInfer as e:
            lw.error(str(e))
    if isinstance(type, ListOf):
        return type if isinstance(step.key, slice) else type.item
    if isinstance(type, DictOf):
        return type.item
    if isinstance(type, TupleOf):
        if isinstance(step.key, int):
            return type.items[step.key]
        if len(set(type.items)) == 1:
            return type.items[0]
    lw.error("an index into something that cannot be indexed")


def index_tree(lw: Lowering, index: Any, operands: list[Value]) -> Any:
    """An index as a tree of slots, ints, slices, None and Ellipsis; lists become arrays."""
    if isinstance(index, Tup):
        return tuple(index_tree(lw, i, operands) for i in index.items)
    if isinstance(index, Slice):
        return slice(*(index_tree(lw, p, operands) for p in (index.start, index.stop, index.step)))
    if isinstance(index, Static) and not isinstance(index.obj, list):
        x = index.obj
        if isinstance(x, tuple):
            return tuple(index_tree(lw, Static(i), operands) for i in x)
        if isinstance(x, slice):
            return slice(*(index_tree(lw, Static(i), operands) for i in (x.start, x.stop, x.step)))
        if isinstance(x, (bool, np.bool_)) or not (x is None or x is Ellipsis or isinstance(x, (int, np.integer, str))):
            lw.error(f"an index of type {type(x).__name__}")
        return int(x) if isinstance(x, (int, np.integer)) else x
    if isinstance(index, Iter) and index.kind == "range":
        from symgrad.frontend.primitives import call_primitive
        index = call_primitive(lw, np.arange, list(index.parts), {})
    if isinstance(index, (Obj, Static)):
        from symgrad.frontend.primitives import call_primitive
        index = call_primitive(lw, np.array, [index], {"dtype": Static(int)} if may_be_empty(lw, index) else {})
    v = lw.value(index)
    if isinstance(v.type, Optional_):
        v = lw.b.emit(Op("call", [v], [v.type.item], fn=unwrap_optional, args=(Slot(0),), kwargs={})).result
    operands.append(v)
    return Slot(len(operands) - 1)


def may_be_empty(lw: Lowering, index: Any) -> bool:
    """Whether an index is a list of whole numbers that may have none: as an array, that would be one of floats."""
    c = lw.contents(index) if isinstance(index, Obj) else None
    if isinstance(c, DynC):
        t = lw.type_of(c.ref)
        return isinstance(t, ListOf) and isinstance(t.item, Scalar) and t.item.kind == "i"
    return isinstance(c, ListC) and not c.items


@holds
def unwrap_optional(x: Any) -> Any:
    """A value that is known not to be None."""
    return x


def get_item(lw: Lowering, base: Any, index: Any) -> Any:
    """``base[index]``."""
    if isinstance(base, Tup):
        return _sequence_item(lw, base, list(base.items), index)
    if isinstance(base, Static) and isinstance(base.obj, (tuple, list, dict, str, range)):
        if lw.is_static(index):
            try:
                return wrap_static(lw, base.obj[lw.static(index)])
            except (KeyError, IndexError) as e:
                lw.error(f"{type(e).__name__}: {e}")
        return get_item(lw, static_container(lw, base.obj), index)
    if isinstance(base, Obj):
        c = lw.contents(base)
        if isinstance(c, ListC):
            return _sequence_item(lw, base, list(c.items), index)
        if isinstance(c, DictC):
            if lw.is_static(index):
                found = c.get(lw.static(index))
                if found is None:
                    lw.error(f"KeyError: {lw.static(index)!r} is not a key of this dict")
                return found
            return get_item(lw, lw.dynamic(base), index)
        if isinstance(c, InstC):
            return lw_method(lw, base, "__getitem__", [index])
        if isinstance(c, DynC):
            return get_item(lw, c.ref, index)
    if isinstance(base, Value):
        return _value_item(lw, base, index)
    if isinstance(base, Ref):
        return _ref_item(lw, base, index)
    if isinstance(base, Iter) and base.kind == "range":
        from symgrad.frontend.iteration import count_and_get
        _, get = count_and_get(lw, base)
        return get(lw.value(index))
    from symgrad.frontend import index_objects
    if isinstance(base, Static) and any(base.obj is o for o in index_objects.OBJECTS):
        return index_objects.item_of(lw, base.obj, index)
    what = f"an object of type {type(base.obj).__name__}" if isinstance(base, Static) else "this"
    lw.error(f"{what} cannot be indexed")


def static_container(lw: Lowering, obj: Any) -> Any:
    """A constant as something that can be indexed at run time."""
    if isinstance(obj, str):
        return lw.constant(obj)
    if isinstance(obj, range):
        return Iter("range", tuple(map(Static, (obj.start, obj.stop, obj.step))))
    if isinstance(obj, dict):
        return lw.new_object(DictC(tuple((k, wrap_static(lw, v)) for k, v in obj.items())))
    return lw.new_object(ListC(tuple(wrap_static(lw, x) for x in obj)))


def opened(lw: Lowering, a: Any) -> Any:
    """A value that is a tuple or an object at run time, as its parts; of None or such a thing, the latter."""
    if isinstance(a, Value) and isinstance(a.type, Tree):
        types = [located(t, (a.id, i)) for i, t in enumerate(a.type.node.items)]
        op = Op("call", [a], types, fn=unpack, args=(Slot(0),), kwargs={}, structure=tuple(map(Slot, range(len(types)))))
        return Tup(tuple(map(lw.bind, lw.b.emit(op).results)))
    if isinstance(a, Value) and isinstance(a.type, Optional_):
        inner = located(a.type.item, a.id)
        a = lw.b.emit(Op("call", [a], [inner], fn=unwrap_optional, args=(Slot(0),), kwargs={})).result
    return lw.bind(a) if isinstance(a, Value) and not isinstance(a.type, Scalar) else a


def lw_method(lw: Lowering, obj: Obj, name: str, args: list[Any]) -> Any:
    from symgrad.frontend.attributes import get_attribute
    from symgrad.frontend.calls import call
    return call(lw, get_attribute(lw, obj, name), args, {})


def wrap_static(lw: Lowering, x: Any) -> Any:
    return Tup(tuple(wrap_static(lw, i) for i in x)) if type(x) is tuple else Static(x)


def _sequence_item(lw: Lowering, base: Any, items: list[Any], index: Any) -> Any:
    if isinstance(index, Slice) and all(lw.is_static(p) for p in (index.start, index.stop, index.step)):
        part = items[slice(*(lw.static(p) for p in (index.start, index.stop, index.step)))]
        return Tup(tuple(part)) if isinstance(base, Tup) else lw.new_object(ListC(tuple(part)))
    if isinstance(index, Static):
        try:
            return items[index.obj]
        except (IndexError, TypeError) as e:
            lw.error(f"{type(e).__name__}: {e}")
    if isinstance(index, Value) and index in lw.static_args and len({_kind(i) for i in items}) > 1:
        lw.static(index)
    if isinstance(base, Tup):
        base = lw.new_object(ListC(tuple(items)))
    return get_item(lw, lw.dynamic(base), index)


def _kind(item: Any) -> Any:
    return type(item) if not isinstance(item, Value) else type(item.type)


def extend(ref: Ref, step_kind: str, key_of: Any) -> Ref:
    operands = list(ref.operands)
    key = key_of(operands)
    return Ref(ref.root, (*ref.path, Step(step_kind, key)), tuple(operands))


def _value_item(lw: Lowering, base: Value, index: Any) -> Any:
    operands: list[Value] = [base]
    if isinstance(base.type, Opaque):
        key = index_tree(lw, index, operands)
        return lw.b.emit(Op("load", operands, [base.type if base.type == STR else Opaque()], path=(Step("index", key),))).result
    if isinstance(base.type, (Optional_, TupleOf, Tree, Instance)):
        return get_item(lw, opened(lw, base), index)
    key = index_tree(lw, index, operands)
    step = Step("index", key)
    type = located(step_type(base.type, step, tuple(operands), lw), (freeze(step), tuple(v.id for v in operands)))
    return lw.b.emit(Op("load", operands, [type], path=(step,))).result


def _ref_item(lw: Lowering, base: Ref, index: Any) -> Any:
    whole = lw.load(base).type
    ref = extend(base, "index", lambda ops: index_tree(lw, index, ops))
    step = ref.path[-1]
    if isinstance(whole, Array):
        entries = step.key if isinstance(step.key, tuple) else (step.key,)
        try:
            _, view = result_of_index(whole, entries, list(ref.operands))
        except CannotInfer as e:
            lw.error(str(e))
        return ref if view else lw.load(ref)
    if isinstance(whole, ListOf) and isinstance(step.key, slice):
        return lw.load(ref)                               # a slice of a list is a new list
    return from_path(lw, ref, path_type(lw.current(ref).type, ref.path, ref.operands, lw))


def from_path(lw: Lowering, ref: Ref, type: Type) -> Any:
    """What an item of a list or dict is: a number, memory by reference, a tuple of such."""
    if isinstance(type, TupleOf):
        items = []
        for i, t in enumerate(type.items):
            items.append(from_path(lw, extend(ref, "index", lambda ops, i=i: i), t))
        return Tup(tuple(items))
    if isinstance(type, (ListOf, DictOf)):
        return lw.new_object(DynC(ref))
    if isinstance(type, Instance):
        return lw.new_object(InstAt(type.cls, (), ref, type.fields))
    return ref if is_memory(type) else lw.load(ref)


def field_of(lw: Lowering, ref: Ref, name: str, type: Type) -> Any:
    """An attribute of an object that lives in a run-time list."""
    return from_path(lw, extend(ref, "attr", lambda ops: name), type)


def set_item(lw: Lowering, base: Any, index: Any, value: Any) -> None:
    """``base[index] = value``."""
    if isinstance(base, Obj):
        c = lw.contents(base)
        if isinstance(index, Slice) and is_list_contents(lw, c):
            return set_slice(lw, base, c, index, value)
        if isinstance(c, ListC) and isinstance(index, Static) and -len(c.items) <= index.obj < len(c.items):
            items = list(c.items)
            items[index.obj] = lw.bind(value)
            return lw.set_contents(base, ListC(tuple(items)))
        if isinstance(c, DictC) and lw.is_static(index):
            return lw.set_contents(base, c.set(lw.static(index), lw.bind(value)))
        if isinstance(c, InstC):
            lw_method(lw, base, "__setitem__", [index, value])
            return None
        base = lw.dynamic(base)
    if not isinstance(base, Ref):
        lw.error("this cannot be written to",
                 hint="a tuple, a number and the result of an expression cannot be assigned to by index")
    ref = extend(base, "index", lambda ops: index_tree(lw, index, ops))
    whole = lw.load(base).type
    new = lw.value(value)
    if isinstance(whole, (ListOf, DictOf)):
        widen(lw, base, new.type, index)
        keep_alias(lw, value, base, ref)
    lw.store(ref, new)


def is_list_contents(lw: Lowering, c: Any) -> bool:
    return isinstance(c, ListC) or isinstance(c, DynC) and isinstance(lw.load(c.ref).type, ListOf)


def set_slice(lw: Lowering, base: Obj, c: Any, index: Slice, value: Any) -> None:
    """``base[start:stop] = value`` for a list: it may change its length."""
    from symgrad.frontend.comprehensions import as_list
    from symgrad.frontend.containers import concat_op, replace
    from symgrad.frontend.iteration import static_items
    items = static_items(lw, value)
    if isinstance(c, ListC) and items is not None and all(map(lw.is_static, (index.start, index.stop, index.step))):
        changed = list(c.items)
        changed[slice(*(lw.static(p) for p in (index.start, index.stop, index.step)))] = map(lw.bind, items)
        lw.set_contents(base, ListC(tuple(changed)))
        return
    if index.step != Static(None):
        lw.error("a slice of a list with a step is assigned to", hint="assign the items one by one in a loop")
    none = Static(None)
    new = lw.value(as_list(lw, value))
    if index.start != none:
        new = concat_op(lw, lw.value(get_item(lw, base, Slice(none, index.start, none))), new)
    if index.stop != none:
        if lw.static(index.stop) < (lw.static(index.start) if index.start != none else 0):
            lw.error("a slice of a list that ends before it starts is assigned to")
        new = concat_op(lw, new, lw.value(get_item(lw, base, Slice(index.stop, none, none))))
    replace(lw, base, new)


def widen(lw: Lowering, ref: Ref, item: Type, key: Any = None) -> None:
    """Let a run-time list or dict hold items of this type, too."""
    from symgrad.ir.types import join
    root = lw.current(ref)

    def widened(t: Type, path: tuple[Step, ...]) -> Type:
        if path:
            if isinstance(t, ListOf):
                return ListOf(widened(t.item, path[1:]))
            if isinstance(t, DictOf):
                return DictOf(t.key, widened(t.item, path[1:]))
            return t
        if isinstance(t, ListOf):
            joined = join(t.item, item)
            if joined is None:
                lw.error("a list with items of different kinds",
                         hint="use separate lists, or a tuple where the number of items is fixed")
            return ListOf(joined)
        if isinstance(t, DictOf):
            joined = join(t.item, item)
            if joined is None:
                lw.error("a dict with values of different kinds, under keys known at run time only")
            kt = key_type(lw, key)
            return DictOf(join(t.key, kt) or Opaque(), joined)
        return t

    new = widened(root.type, ref.path)
    if new != root.type:
        root.type = new


def key_type(lw: Lowering, key: Any) -> Type:
    return BOTTOM if key is None else lw.value(key).type


def length(lw: Lowering, a: Any) -> Any:
    """``len(a)``."""
    if isinstance(a, Tup):
        return Static(len(a.items))
    if isinstance(a, Static):
        return Static(len(a.obj))
    if isinstance(a, Obj):
        c = lw.contents(a)
        if isinstance(c, (ListC, DictC)):
            return Static(len(c.items))
        if isinstance(c, InstC):
            return lw_method(lw, a, "__len__", [])
        if isinstance(c, SetC):
            from symgrad.frontend import sets
            return sets.size(lw, c)
    if isinstance(a, Iter):
        from symgrad.frontend.iteration import count_and_get
        return count_and_get(lw, a)[0]
    v = lw.value(a)
    if isinstance(v.type, Array):
        return shape_item(lw, v, 0)
    if isinstance(v.type, Scalar):
        lw.error(f"TypeError: object of type {v.type.dtype.rstrip('0123456789')!r} has no len()")
    return lw.b.emit(Op("call", [v], [INT], fn=len, args=(Slot(0),), kwargs={})).result


def shape_item(lw: Lowering, v: Value, axis: int) -> Any:
    """``v.shape[axis]``: known where the type knows it."""
    from symgrad.ir.infer import dim_length
    if not isinstance(v.type, Array) or axis >= v.type.ndim:
        lw.error("TypeError: len() of something without a length")
    d = v.type.dims[axis]
    if isinstance(d, int) and lw.frame.in_rule:
        return Static(d)
    if lw.frame.in_rule:                          # no intermediate value is kept for its length
        v, axis = lw.lengths.get(d) or axis_source(v, axis)
    root = shape_source(v)
    return lw.b.emit(Op("call", [root], [INT], fn=dim_length, args=(Slot(0), axis), kwargs={})).result


def axis_source(v: Value, axis: int) -> tuple[Value, int]:
    """What a value was computed from elementwise and has this axis of it, and which axis of that it is."""
    d = dims_of(v.type)[axis]
    if isinstance(d, Dim) and d.varies:
        return v, axis
    from symgrad.frontend.primitives import is_elementwise
    while v.op is not None and is_elementwise(v.op):
        places = [(u, axis + len(dims_of(u.type)) - len(dims_of(v.type))) for u in v.op.operands]
        found = next(((u, k) for u, k in places if k >= 0 and dims_of(u.type)[k] == d), None)
        if found is None:
            break
        v, axis = found
    return v, axis


def shape_source(v: Value) -> Value:
    """An earlier version of the same memory, so that asking for a shape never keeps a version alive."""
    while v.op is not None and v.op.kind == "store":
        v = v.op.operands[0]
    return v


__all__ = ["extend", "from_path", "get_item", "index_tree", "length", "path_type", "set_item",
           "shape_item", "widen"]
