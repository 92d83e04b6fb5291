"""Lowering expressions."""
from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from symgrad.analysis.skipped import skipped
from symgrad.frontend import attributes, branches, calls, indexing, primitives
from symgrad.frontend.loops import EarlyRead, bound_by_iterations
from symgrad.frontend.lowering import Conflict, Lowering, Unsettled
from symgrad.frontend.merging import values_in
from symgrad.frontend.recursion import NotYetKnown
from symgrad.frontend.values import (
    UNDEF,
    Bound,
    DictC,
    DynC,
    Func,
    InstC,
    Iter,
    ListC,
    Obj,
    Ref,
    SetC,
    Slice,
    Static,
    Tup,
    Undef,
)
from symgrad.ir.nodes import Op, Slot, Value
from symgrad.ir.types import BOOL, NONE, STR, Array, DictOf, ListOf, Opaque, Optional_, Scalar, Tree

BINARY: dict[type, Callable[..., Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow, ast.MatMult: operator.matmul,
    ast.BitAnd: operator.and_, ast.BitOr: operator.or_, ast.BitXor: operator.xor, ast.LShift: operator.lshift,
    ast.RShift: operator.rshift}
UNARY: dict[type, Callable[..., Any]] = {
    ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Invert: operator.invert}
COMPARE: dict[type, Callable[..., Any]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge}
DUNDER: dict[type, str] = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.FloorDiv: "floordiv",
          ast.Mod: "mod", ast.Pow: "pow", ast.MatMult: "matmul", ast.BitAnd: "and", ast.BitOr: "or",
          ast.BitXor: "xor", ast.LShift: "lshift", ast.RShift: "rshift",
          ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge",
          ast.USub: "neg", ast.UAdd: "pos", ast.Invert: "invert"}


def evaluate(lw: Lowering, node: ast.expr) -> Any:
    """The abstract value of an expression; its ops are appended where the builder stands."""
    method = EXPRESSIONS.get(type(node))
    if method is None:
        lw.error(f"{type(node).__name__} expressions are not supported", node)
    outer, lw.node = lw.node, node
    span = lw.b.span
    if not lw.frame.in_rule:                  # what a rule computes serves the line of the call
        lw.b.span = lw.span(node)
    try:
        return method(lw, node)
    finally:
        lw.node, lw.b.span = outer, span


def constant(lw: Lowering, node: ast.Constant) -> Any:
    return Static(node.value)


def name(lw: Lowering, node: ast.Name) -> Any:
    return read_name(lw, node.id)


def read_name(lw: Lowering, name: str) -> Any:
    frame: Any = lw.frame
    while frame is not None:
        if name in frame.locals:
            key = ("var", frame.id, name)
            found = lw.cells.get(key, UNDEF)
            if isinstance(found, Conflict):
                lw.read_conflict(found)
                lw.error(found.message, hint="give each kind of thing a name of its own", kind=Unsettled)
            if isinstance(found, Undef):
                if key in lw.awaited:
                    raise NotYetKnown
                if ("stop",) in lw.cells and frame is lw.frame and lw.frame.loops:
                    raise EarlyRead(key)
                lw.error(f"UnboundLocalError: {name!r} has no value here")
            if key not in lw.awaited and lw.carrying and bound_by_iterations(lw.carrying, key) \
                    and any(map(skipped, values_in(lw, found))):
                raise EarlyRead(key)
            return found
        if frame.parent is None:
            break
        frame = frame.parent
    return lw.frame.lookup(name)


def attribute(lw: Lowering, node: ast.Attribute) -> Any:
    return attributes.get_attribute(lw, evaluate(lw, node.value), node.attr)


def subscript(lw: Lowering, node: ast.Subscript) -> Any:
    base = evaluate(lw, node.value)
    if isinstance(base, Static) and isinstance(base.obj, type):
        return base
    return indexing.get_item(lw, base, evaluate(lw, node.slice))


def slice_(lw: Lowering, node: ast.Slice) -> Any:
    return Slice(*(Static(None) if p is None else evaluate(lw, p) for p in (node.lower, node.upper, node.step)))


def tuple_(lw: Lowering, node: ast.Tuple) -> Any:
    return Tup(tuple(sequence(lw, node.elts)))


def list_(lw: Lowering, node: ast.List) -> Any:
    from symgrad.frontend.containers import concatenate_lists
    from symgrad.frontend.iteration import static_items
    whole: Any = lw.new_object(ListC(()))
    for n in node.elts:                          # [*xs, y] with xs of any length: joined from its pieces
        if isinstance(n, ast.Starred):
            value = evaluate(lw, n.value)
            items = static_items(lw, value)
            from symgrad.frontend.comprehensions import as_list
            part = as_list(lw, value) if items is None else lw.new_object(ListC(tuple(map(lw.bind, items))))
        else:
            part = lw.new_object(ListC((lw.bind(evaluate(lw, n)),)))
        whole = lw.bind(concatenate_lists(lw, whole, part))
    return whole


def sequence(lw: Lowering, nodes: list[ast.expr]) -> list[Any]:
    from symgrad.frontend.iteration import static_items
    items: list[Any] = []
    for n in nodes:
        if isinstance(n, ast.Starred):
            inner = static_items(lw, evaluate(lw, n.value))
            if inner is None:
                lw.error("a starred list must have a length that is known when the function is transformed", n)
            items.extend(inner)
        else:
            items.append(evaluate(lw, n))
    return items


def dict_(lw: Lowering, node: ast.Dict) -> Any:
    contents = DictC(())
    for k, v in zip(node.keys, node.values):
        if k is None:
            inner = evaluate(lw, v)
            c = lw.contents(inner) if isinstance(inner, Obj) else None
            if not isinstance(c, DictC):
                lw.error("** needs a dict with known keys", v)
            for key, item in c.items:
                contents = contents.set(key, item)
        else:
            key = evaluate(lw, k)
            if not lw.is_static(key):
                obj = lw.new_object(contents)
                lw.dynamic(obj)
                indexing.set_item(lw, obj, key, evaluate(lw, v))
                lw.error("a dict display with keys known at run time only", k,
                         hint="start with {} and assign the items one by one")
            contents = contents.set(lw.static(key), lw.bind(evaluate(lw, v)))
    return lw.new_object(contents)


def set_(lw: Lowering, node: ast.Set) -> Any:
    from symgrad.frontend import sets
    return sets.make(lw, Tup(tuple(sequence(lw, node.elts))))


def binary_node(lw: Lowering, node: ast.BinOp) -> Any:
    left = evaluate(lw, node.left)
    return binary(lw, type(node.op), left, evaluate(lw, node.right))


def binary(lw: Lowering, kind: type, left: Any, right: Any) -> Any:
    """``left <op> right``."""
    fn = BINARY[kind]
    if lw.is_static(left) and lw.is_static(right):
        a, b = lw.static(left), lw.static(right)
        if foldable(lw, a, b):
            try:
                return Static(fn(a, b))
            except (ZeroDivisionError, TypeError, ValueError):
                pass
    if lw.frames and lw.frame.in_rule:
        same = identity_element(kind, left, right)
        if same is not None:
            return same
    for a in (left, right):
        if isinstance(a, Obj) and isinstance(lw.contents(a), InstC):
            return instance_operator(lw, kind, left, right)
    if kind in (ast.BitOr, ast.BitAnd, ast.BitXor, ast.Sub) and (both := two_sets(lw, left, right)):
        from symgrad.frontend import sets
        return sets.combined(lw, fn, *both)
    if kind is ast.Add and (isinstance(left, Tup) or isinstance(right, Tup)):
        left, right = (Tup(tuple(map(Static, x.obj))) if isinstance(x, Static) and type(x.obj) is tuple else x
                       for x in (left, right))
    if isinstance(left, Tup) and isinstance(right, Tup) and kind is ast.Add:
        return Tup(left.items + right.items)
    if isinstance(left, Tup) and isinstance(right, Static) and kind is ast.Mult:
        return Tup(left.items * right.obj)
    for a, b in ((left, right), (right, left)):
        if is_list(lw, a) and kind in (ast.Add, ast.Mult) and not is_array(b):
            return list_operator(lw, kind, left, right)
    if kind is ast.BitOr and isinstance(left, Obj) and isinstance(right, Obj):
        merged, more = lw.contents(left), lw.contents(right)
        if not isinstance(merged, DictC) or not isinstance(more, DictC):
            lw.error("dicts whose keys are known at run time only are merged", hint="update one item by item")
        for key, item in more.items:
            merged = merged.set(key, item)
        return lw.new_object(merged)
    if is_text(left):
        operands: list[Value] = []
        tree = (lw.tree(left, operands), lw.tree(right, operands))
        return lw.b.emit(Op("call", operands, [STR], fn=fn, args=tree, kwargs={})).result
    return primitives.call_primitive(lw, fn, [left, right], {})


def two_sets(lw: Lowering, left: Any, right: Any) -> Any:
    """The contents of two sets, None where there are not two."""
    from symgrad.frontend import sets
    if not isinstance(left, (Obj, Static)) or not isinstance(right, (Obj, Static)):
        return None
    found = sets.contents(lw, left), sets.contents(lw, right)
    return None if None in found else found


def identity_element(kind: type, left: Any, right: Any) -> Any:
    """``x ** 1``, ``1.0 * x``, ``x / 1``, in the code of rules."""
    if isinstance(right, Static) and right.obj == 1 and kind in (ast.Pow, ast.Mult, ast.Div):
        return left
    if isinstance(left, Static) and left.obj == 1 and kind is ast.Mult:
        return right
    return None


def foldable(lw: Lowering, *xs: Any) -> bool:
    """Whole numbers, strings and tuples are computed at compile time; floats stay as they are written."""
    if lw.frames and lw.frame.in_rule:
        return True
    return all(isinstance(x, (int, str, tuple, frozenset, type(None))) for x in xs)


def is_list(lw: Lowering, a: Any) -> bool:
    if isinstance(a, Obj):
        c = lw.contents(a)
        return isinstance(c, ListC) or (isinstance(c, DynC) and isinstance(lw.load(c.ref).type, ListOf))
    return isinstance(a, Value) and isinstance(a.type, ListOf)


def is_text(a: Any) -> bool:
    return isinstance(a, Static) and isinstance(a.obj, str) or isinstance(a, Value) and a.type == STR


def is_array(a: Any) -> bool:
    return isinstance(a, Ref) or (isinstance(a, Value) and isinstance(a.type, Array))


def list_operator(lw: Lowering, kind: type, left: Any, right: Any) -> Any:
    from symgrad.frontend.containers import concatenate_lists, repeat_list
    if kind is ast.Add:
        return concatenate_lists(lw, left, right)
    return repeat_list(lw, *((left, right) if is_list(lw, left) else (right, left)))


def instance_operator(lw: Lowering, kind: type, left: Any, right: Any) -> Any:
    stem = DUNDER[kind]
    for a, b, name in ((left, right, f"__{stem}__"), (right, left, f"__r{stem}__")):
        if isinstance(a, Obj) and isinstance(c := lw.contents(a), InstC) and hasattr(c.cls, name):
            if getattr(c.cls, name) is getattr(object, name, None):
                continue
            return calls.call(lw, attributes.get_attribute(lw, a, name), [b], {})
    lw.error(f"the operator is not defined for {type(left).__name__} and {type(right).__name__}")


def unary(lw: Lowering, node: ast.UnaryOp) -> Any:
    a = evaluate(lw, node.operand)
    if isinstance(node.op, ast.Not):
        return negate(lw, a)
    fn = UNARY[type(node.op)]
    if isinstance(a, Static) and isinstance(a.obj, (int, float, complex)):
        return Static(fn(a.obj))
    if isinstance(a, Obj) and isinstance(lw.contents(a), InstC):
        return calls.call(lw, attributes.get_attribute(lw, a, f"__{DUNDER[type(node.op)]}__"), [], {})
    return primitives.call_primitive(lw, fn, [a], {})


def negate(lw: Lowering, a: Any) -> Any:
    t = truth(lw, a)
    if isinstance(t, Static):
        return Static(not t.obj)
    return lw.b.emit(Op("call", [t], [BOOL], fn=operator.not_, args=(Slot(0),), kwargs={})).result


def truth(lw: Lowering, a: Any) -> Any:
    """``bool(a)`` as a Static or a value that can stand in a condition."""
    if isinstance(a, Static):
        return Static(bool(a.obj))
    if isinstance(a, Tup):
        return Static(bool(a.items))
    if isinstance(a, (Func, Bound)):
        return Static(True)
    if isinstance(a, Obj):
        c = lw.contents(a)
        if isinstance(c, (ListC, DictC)) or isinstance(c, SetC) and isinstance(c.items, frozenset):
            return Static(bool(c.items))
        if isinstance(c, SetC):
            return truth(lw, indexing.length(lw, a))
        if isinstance(c, InstC):
            for method, convert in (("__bool__", lambda x: x), ("__len__", lambda x: truth(lw, x))):
                if hasattr(c.cls, method):
                    return convert(calls.call(lw, attributes.get_attribute(lw, a, method), [], {}))
            return Static(True)
    if isinstance(a, Value) and a in lw.static_args and a.type == BOOL:
        return Static(lw.static(a))
    v = lw.value(a)
    if isinstance(v.type, Scalar) and v.type.kind == "b":
        return v
    if isinstance(v.type, (ListOf, DictOf, Opaque, Scalar, Array, Optional_, Tree)):
        return lw.b.emit(Op("call", [v], [BOOL], fn=bool, args=(Slot(0),), kwargs={})).result
    lw.error("the truth of this is not known")


def bool_op(lw: Lowering, node: ast.BoolOp) -> Any:
    return chain(lw, isinstance(node.op, ast.And), [lambda n=n: evaluate(lw, n) for n in node.values])


def chain(lw: Lowering, conjunction: bool, parts: list[Any]) -> Any:
    """``a and b and ...`` with Python's values and its order of evaluation."""
    first = parts[0]()
    if len(parts) == 1:
        return first
    if lw.frame.in_rule and is_array(first):
        fn = np.logical_and if conjunction else np.logical_or
        return primitives.call_primitive(lw, fn, [first, chain(lw, conjunction, parts[1:])], {})
    t = truth(lw, first)
    if isinstance(t, Static):
        return chain(lw, conjunction, parts[1:]) if t.obj is conjunction else first
    if lw.frame.in_rule:                       # nothing in a rule's condition can raise: what is known decides
        second = chain(lw, conjunction, parts[1:])
        if isinstance(second, Static):
            return second if bool(second.obj) is not conjunction else first
        return branches.branch(lw, t, (lambda: second) if conjunction else (lambda: first),
                               (lambda: first) if conjunction else (lambda: second))
    def rest() -> Any:
        return chain(lw, conjunction, parts[1:])
    return branches.branch(lw, t, rest if conjunction else lambda: first, (lambda: first) if conjunction else rest)


def compare(lw: Lowering, node: ast.Compare) -> Any:
    left = evaluate(lw, node.left)

    def link(left: Any, i: int) -> Any:
        right = evaluate(lw, node.comparators[i])
        result = compare_pair(lw, node.ops[i], left, right)
        if i + 1 == len(node.ops):
            return result
        if is_array(result):
            lw.error("a chained comparison of arrays", hint="use (a < b) & (b < c)")
        return chain(lw, True, [lambda: result, lambda: link(right, i + 1)])

    return link(left, 0)


def compare_pair(lw: Lowering, op: ast.cmpop, left: Any, right: Any) -> Any:
    if isinstance(op, (ast.Is, ast.IsNot)):
        return identity(lw, left, right, isinstance(op, ast.Is))
    if isinstance(op, (ast.In, ast.NotIn)):
        return membership(lw, left, right, isinstance(op, ast.In))
    if both := two_sets(lw, left, right):
        from symgrad.frontend import sets
        return sets.combined(lw, COMPARE[type(op)], *both)
    if lw.is_static(left) and lw.is_static(right):
        return Static(COMPARE[type(op)](lw.static(left), lw.static(right)))
    sides = [x for x in (left, right) if isinstance(x, Obj) and isinstance(lw.contents(x), InstC)]
    if sides:
        return instance_operator(lw, type(op), left, right)
    pair = [as_tuple(lw, x) for x in (left, right)]
    if isinstance(op, (ast.Eq, ast.NotEq)) and None not in pair and not is_array(left) and not is_array(right):
        if len(pair[0]) != len(pair[1]):
            return Static(isinstance(op, ast.NotEq))
        same = chain(lw, True, [lambda a=a, b=b: compare_pair(lw, ast.Eq(), a, b) for a, b in zip(*pair)]
                     or [lambda: Static(True)])
        return same if isinstance(op, ast.Eq) else negate(lw, same)
    for a, b in ((left, right), (right, left)):        # a number never equals a string or None
        if isinstance(a, Static) and isinstance(a.obj, (str, type(None))) and isinstance(b, Value) and isinstance(
                b.type, Scalar) and isinstance(op, (ast.Eq, ast.NotEq)):
            return Static(isinstance(op, ast.NotEq))
    return primitives.call_primitive(lw, COMPARE[type(op)], [left, right], {})


def as_tuple(lw: Lowering, a: Any) -> Any:
    if isinstance(a, Tup):
        return a.items
    if isinstance(a, Obj) and isinstance(c := lw.contents(a), ListC):
        return c.items
    if isinstance(a, Static) and isinstance(a.obj, tuple):
        return tuple(map(Static, a.obj))
    return None


def identity(lw: Lowering, left: Any, right: Any, same: bool) -> Any:
    if right == Static(None) or left == Static(None):
        other = left if right == Static(None) else right
        if other == Static(None) or isinstance(other, Value) and other.type == NONE:
            return Static(same)
        if isinstance(other, Value) and (isinstance(other.type, (Optional_, Tree)) or other.type == Opaque()):
            return lw.b.emit(Op("call", [other], [BOOL], fn=operator.is_ if same else operator.is_not,
                                args=(Slot(0), None), kwargs={})).result
        if isinstance(other, Ref) and isinstance(lw.load(other).type, Optional_):
            return identity(lw, lw.load(other), Static(None), same)
        return Static(not same)
    if isinstance(left, Static) and isinstance(right, Static):
        return Static((left.obj is right.obj) == same)
    if isinstance(left, (Obj, Ref, Func)) and isinstance(right, (Obj, Ref, Func)):
        return Static((left == right) == same)
    if isinstance(right, Static) and isinstance(right.obj, bool) and isinstance(left, Value):
        result = primitives.call_primitive(lw, operator.eq if same else operator.ne, [left, right], {})
        return result
    return Static(not same)


def membership(lw: Lowering, item: Any, container: Any, inside: bool) -> Any:
    from symgrad.frontend.iteration import static_items
    if isinstance(container, Obj) and isinstance(c := lw.contents(container), DictC) and lw.is_static(item):
        return Static((c.get(lw.static(item)) is not None) == inside)
    if lw.is_static(item) and isinstance(container, Static):
        return Static((lw.static(item) in container.obj) == inside)
    if isinstance(container, Obj) and isinstance(c := lw.contents(container), SetC):
        from symgrad.frontend import sets
        found = sets.includes(lw, item, c)
        return found if inside else negate(lw, found)
    items = static_items(lw, container)
    if items is not None and not isinstance(container, Iter):
        if lw.is_static(item) and all(map(lw.is_static, items)):
            return Static(any(lw.static(item) == lw.static(i) for i in items) == inside)
        found = any_of(lw, [lambda x=x: compare_pair(lw, ast.Eq(), item, x) for x in items])
        return found if inside else negate(lw, found)
    operands = [lw.value(item), lw.value(container)]
    result = lw.b.emit(Op("call", operands, [BOOL], fn=contains, args=(Slot(0), Slot(1)), kwargs={})).result
    return result if inside else negate(lw, result)


def any_of(lw: Lowering, parts: list[Any]) -> Any:
    return chain(lw, False, parts) if parts else Static(False)


def contains(item: Any, container: Any) -> bool:
    """``item in container``."""
    return item in container


def if_exp(lw: Lowering, node: ast.IfExp) -> Any:
    condition = evaluate(lw, node.test)
    if lw.frame.in_rule and is_array(condition):
        return primitives.call_primitive(lw, np.where, [condition, evaluate(lw, node.body), evaluate(lw, node.orelse)], {})
    t = truth(lw, condition)
    if isinstance(t, Static):
        return evaluate(lw, node.body if t.obj else node.orelse)
    stmt, start = lw.choosing, lw.snapshot()
    result = branches.branch(
        lw, t, lambda: evaluate(lw, node.body), lambda: evaluate(lw, node.orelse),
        origin=stmt if stmt is not None and stmt.value is node and not lw.frame.in_rule else None)
    if isinstance(result, Conflict) and lw.frame.in_rule:       # a number decides for an array, as np.where has it
        lw.restore(start)
        return primitives.call_primitive(lw, np.where, [t, evaluate(lw, node.body), evaluate(lw, node.orelse)], {})
    return result


def walrus(lw: Lowering, node: ast.NamedExpr) -> Any:
    from symgrad.frontend.assignments import assign
    value = lw.bind(evaluate(lw, node.value))
    assign(lw, node.target, value)
    return value


def lambda_(lw: Lowering, node: ast.Lambda) -> Any:
    return calls.make_function(lw, node)


def call_node(lw: Lowering, node: ast.Call) -> Any:
    fn = evaluate(lw, node.func)
    args, kwargs = call_arguments(lw, node)
    lw.node = node
    return calls.call(lw, fn, args, kwargs)


def call_arguments(lw: Lowering, node: ast.Call) -> tuple[list[Any], dict[str, Any]]:
    """The positional and keyword arguments of a call."""
    from symgrad.frontend.iteration import static_items
    args: list[Any] = []
    for a in node.args:
        if isinstance(a, ast.Starred):
            value = evaluate(lw, a.value)
            if isinstance(value, Iter):
                from symgrad.frontend.comprehensions import as_list
                value = as_list(lw, value)
            items = static_items(lw, value)
            if items is None:
                items = calls.star_items(lw, value)
            args.extend(items)
        else:
            args.append(evaluate(lw, a))
    kwargs: dict[str, Any] = {}
    for k in node.keywords:
        if k.arg is None:
            inner = evaluate(lw, k.value)
            c = lw.contents(inner) if isinstance(inner, Obj) else None
            if not isinstance(c, DictC):
                lw.error("** needs a dict with known keys", k.value)
            kwargs.update({str(key): v for key, v in c.items})
        else:
            kwargs[k.arg] = evaluate(lw, k.value)
    return args, kwargs


CONVERSIONS: dict[int, Callable[[Any], str]] = {115: str, 114: repr, 97: ascii}


def joined_string(lw: Lowering, node: ast.JoinedStr) -> Any:
    """An f-string: kept as `format` calls joined; no derivative flows into text."""
    operands: list[Value] = []
    parts: list[Any] = []
    for part in node.values:
        if isinstance(part, ast.Constant):
            parts.append(part.value)
        elif isinstance(part, ast.FormattedValue):
            spec = ""
            if part.format_spec is not None:
                spec = lw.static(evaluate(lw, part.format_spec), "a format")
            value = evaluate(lw, part.value)
            if isinstance(value, Static):
                text = CONVERSIONS[part.conversion](value.obj) if part.conversion > 0 else value.obj
                parts.append(format(text, spec))
                continue
            parts.append((lw.tree(value, operands), part.conversion, spec))
    if not operands:
        return Static("".join(parts))
    return lw.b.emit(Op("call", operands, [Opaque("str")], fn=fstring, args=tuple(parts), kwargs={})).result


def fstring(*parts: Any) -> str:
    """``f"..."``: the op that formats text."""
    return "".join(p if isinstance(p, str) else format(p[0], p[2]) for p in parts)


def comprehension(lw: Lowering, node: Any) -> Any:
    from symgrad.frontend import comprehensions
    return comprehensions.comprehension(lw, node)


def await_(lw: Lowering, node: ast.expr) -> Any:
    lw.error("async code is not supported", hint="make the function an ordinary one")


def yield_(lw: Lowering, node: ast.expr) -> Any:
    if lw.yields and isinstance(node, ast.Yield) and lw.yields[-1][2] == len(lw.frames):
        return lw.yields[-1][1](Static(None) if node.value is None else evaluate(lw, node.value))
    lw.error("generators with state are not supported", hint="return a list instead of yielding items")


EXPRESSIONS: dict[type, Callable[[Lowering, Any], Any]] = {
    ast.Constant: constant, ast.Name: name, ast.Attribute: attribute, ast.Subscript: subscript, ast.Slice: slice_,
    ast.Tuple: tuple_, ast.List: list_, ast.Dict: dict_, ast.Set: set_, ast.BinOp: binary_node, ast.UnaryOp: unary,
    ast.BoolOp: bool_op, ast.Compare: compare, ast.IfExp: if_exp, ast.NamedExpr: walrus, ast.Lambda: lambda_,
    ast.Call: call_node, ast.JoinedStr: joined_string, ast.ListComp: comprehension, ast.GeneratorExp: comprehension,
    ast.DictComp: comprehension, ast.SetComp: comprehension, ast.Await: await_, ast.Yield: yield_,
    ast.YieldFrom: yield_}

__all__ = ["evaluate", "truth"]
