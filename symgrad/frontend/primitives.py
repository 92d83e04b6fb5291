"""Calls that are one op: functions with a rule, and functions of which nothing is known."""
from __future__ import annotations

import ctypes
import operator
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from symgrad.frontend.lowering import Lowering
from symgrad.frontend.values import DictC, DynC, ListC, Obj, Ref, Static, Tup
from symgrad.ir.infer import CannotInfer, infer
from symgrad.ir.nodes import Op, Slot, Value, map_tree
from symgrad.ir.types import FLOAT, INT, NONE, Array, ListOf, Opaque, Scalar, Type, is_complex, is_float
from symgrad.rules.core import Rule, find, key_of, may_return_argument, varies


def ufunc_method(fn: Any) -> Any:
    """The key under which the rule of a bound ufunc method (np.add.outer) is registered."""
    owner = getattr(fn, "__self__", None)
    return (owner, fn.__name__) if isinstance(owner, np.ufunc) else None


def rule_of_call(op: Op) -> Rule | None:
    """The rule of the function, or the variant of it, that an op calls."""
    fn: Any = op.attrs.get("fn")
    rule = find(fn)
    if varies(fn):
        rule = find(key_of(fn, len(op.attrs["args"]), any(is_complex(v.type) for v in op.operands)))
    return rule or find(ufunc_method(fn))


def sources(op: Op) -> list[Value]:
    """The operands of an op that a derivative can flow to: not those that only give the result its shape."""
    rule = rule_of_call(op) if op.kind == "call" and not isinstance(op.fn, Slot) else None
    if rule is None or not rule.shapes:
        return op.operands
    named = [*zip(rule.params, op.attrs["args"]), *op.attrs["kwargs"].items()]
    used: set[int] = set()
    map_tree([a for name, a in named if name not in rule.shapes],
             lambda s: used.add(s.index) or s)                                  # type: ignore[func-returns-value]
    return [v for i, v in enumerate(op.operands) if i in used]


def is_elementwise(op: Op) -> bool:
    """Whether an op is a call of a function with an elementwise rule."""
    rule = find(op.fn) if op.kind == "call" else None
    return rule is not None and rule.is_elementwise


def call_primitive(lw: Lowering, fn: Any, args: list[Any], kwargs: dict[str, Any], method: bool = False) -> Any:
    """A call of a function that has a rule, or that is known to be pure: a view, or one op."""
    rule = find(fn) or find(ufunc_method(fn))
    if rule is not None and rule.view and rule.variadic and len(args) > 1:       # np.atleast_2d(a, b): one by one
        return Tup(tuple(call_primitive(lw, fn, [a], kwargs) for a in args))
    if rule is not None and rule.view and args and isinstance(args[0], Ref) and not lw.frame.in_rule:
        from symgrad.frontend.sharing import view_or_copy
        found = view_or_copy(lw, args[0], fn, args[1:], kwargs)
        if found is not None:
            return found
    if "out" in kwargs and kwargs["out"] != Static(None):
        return call_with_out(lw, fn, args, kwargs)
    if rule is not None and rule.params[:1] == ("x",) and len(args) == 1 and lw.frames and lw.frame.in_rule \
            and lw.is_static(args[0]) and isinstance(lw.static(args[0]), (int, float)):
        return Static(fn(lw.static(args[0])))
    if fn is np.where and len(args) == 1:
        fn, rule = np.nonzero, find(np.nonzero)
    if rule is not None and not rule.is_constant and not rule.is_elementwise and not rule.variadic:
        arrays = [p for p in rule.wrt if p not in rule.lists]
        args = [_as_given(lw, a, p in arrays) for p, a in zip(rule.params, args)] + args[len(rule.params):]
        kwargs = {p: _as_given(lw, a, p in arrays) for p, a in kwargs.items()}
    if rule is not None and lw.frame.in_rule:           # a rule passes on all that it may be given
        kwargs = {k: v for k, v in kwargs.items() if k not in rule.defaults or v != Static(rule.defaults[k])}
    operands: list[Value] = []
    tree = tuple(lw.tree(a, operands) for a in args)
    kw = {k: lw.tree(v, operands) for k, v in kwargs.items()}
    elementwise = rule is not None and rule.is_elementwise
    if elementwise and not kw:                       # numbers among the operands are operands as well
        values = [lw.value(a) if not _is_array_literal(lw, a) else _as_array(lw, a) for a in args]
        operands, tree = values, tuple(Slot(i) for i in range(len(values)))
    elif rule is not None and rule.is_constant and not kw and isinstance(fn, (np.ufunc, types.BuiltinFunctionType)):
        elementwise = isinstance(fn, np.ufunc) or getattr(fn, "__module__", "") == "_operator"
        if elementwise:
            values = [lw.value(a) for a in args]
            operands, tree = values, tuple(Slot(i) for i in range(len(values)))
    if elementwise and not kw and (t := _comparison(fn, operands)) is not None:
        return lw.b.emit(Op("call", operands, [t], fn=fn, args=tree, kwargs={})).result
    try:
        result = infer(fn, tree, kw, operands, elementwise)
    except CannotInfer as e:
        if all(isinstance(v.type, (Scalar, Array)) for v in operands):
            lw.error(f"{getattr(fn, '__name__', fn)}() cannot take these arguments: {e}",
                     hint="check the shapes and types of the arguments")
        if any(isinstance(v.type, Opaque) for v in operands) and any(map(is_float, (
                v.type for v in operands))):
            lw.error("a number meets something whose type is not known before the function runs",
                     hint="say what it is (float(...), int(...)), or give its function a rule: see symgrad.rule")
        result = Opaque()
    except TypeError as e:
        lw.error(f"TypeError: {e}")
    types_: list[Type] = []
    shape = _flatten_types(result, types_)
    made = Op("call", operands, types_, fn=fn, args=tree, kwargs=kw, method=method, structure=shape)
    if rule is not None and rule.fresh and not lw.frame.in_rule:
        made.attrs["buffer"] = next(lw.ids)          # memory of its own: two are never one node
    op = lw.b.emit(made)
    results = unflatten(lw, shape, list(op.results))
    return shared_with(lw, args, results) if not lw.frame.in_rule and may_return_argument(fn, tree, kw) else results


def shared_with(lw: Lowering, args: list[Any], result: Any) -> Any:
    """Results that may be the arguments' memory: what is written to one is not to be read from the other."""
    if isinstance(result, Tup):
        return Tup(tuple(shared_with(lw, args, r) for r in result.items), result.cls)
    if isinstance(result, Obj) and isinstance(c := lw.contents(result), ListC):
        return lw.new_object(ListC(tuple(shared_with(lw, args, r) for r in c.items)))
    bases = [a for a in args if isinstance(a, Ref)]
    if not isinstance(result, Value) or not isinstance(result.type, Array) or not bases:
        return result
    own = lw.new_root(result)
    lw.aliases.may_be(("root", own.root), {("root", base.root) for base in bases})
    return own


def outer(lw: Lowering, ufunc: np.ufunc, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """``ufunc.outer(a, b)`` is the ufunc of `a`, with an axis more for each of `b`, and `b`."""
    from symgrad.frontend.builtin_calls import rank
    from symgrad.frontend.indexing import get_item
    a, b = (call_primitive(lw, np.asarray, [x], {}) if _is_array_literal(lw, x) else x for x in args)
    if rank(lw, a) and rank(lw, b):
        a = get_item(lw, a, Tup((Static(...), *(Static(None),) * rank(lw, b))))
    return call_primitive(lw, ufunc, [a, b], kwargs)


def _comparison(fn: Any, values: list[Value]) -> Type | None:
    """The type of an operation on things that are not numbers (strings, None), else None."""
    if all(isinstance(v.type, (Scalar, Array)) for v in values):
        return None
    if fn in (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge):
        return Scalar("bool")
    return None


def _as_given(lw: Lowering, a: Any, array: bool) -> Any:
    """An argument of a function; a list or tuple where the function takes an array is made one here."""
    return call_primitive(lw, np.array, [a], {}) if array and _is_array_literal(lw, a) else a


def _is_array_literal(lw: Lowering, a: Any) -> bool:
    if isinstance(a, Value):
        return isinstance(a.type, ListOf)
    return isinstance(a, Tup) or (isinstance(a, Obj) and isinstance(lw.contents(a), (ListC, DynC)))


def _as_array(lw: Lowering, a: Any) -> Value:
    return lw.value(call_primitive(lw, np.asarray, [a], {}))


def _flatten_types(t: Any, out: list[Type]) -> Any:
    if isinstance(t, tuple):
        return tuple(_flatten_types(i, out) for i in t)
    if isinstance(t, list):
        return [_flatten_types(i, out) for i in t]
    out.append(t)
    return Slot(len(out) - 1)


def unflatten(lw: Lowering, shape: Any, values: list[Value]) -> Any:
    if isinstance(shape, Slot):
        v = values[shape.index]
        return Static(None) if v.type == NONE else v
    items = tuple(unflatten(lw, s, values) for s in shape)
    return Tup(items) if isinstance(shape, tuple) else lw.new_object(ListC(tuple(lw.bind(i) for i in items)))


def call_with_out(lw: Lowering, fn: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """``fn(..., out=a)`` is ``a[...] = fn(...)``, and a is the result."""
    from symgrad.frontend.assignments import write_whole
    kwargs = dict(kwargs)
    out = kwargs.pop("out")
    if isinstance(out, Tup) and len(out.items) == 1:
        out = out.items[0]
    if not isinstance(out, Ref):
        lw.error("out= must be an array")
    where = kwargs.pop("where", None)
    result = call_primitive(lw, fn, args, kwargs)
    if where is not None and where != Static(True):
        result = call_primitive(lw, np.where, [where, result, out], {})
    write_whole(lw, out, result)
    return out


RESULT_TYPES = {float: FLOAT, int: INT, "float": FLOAT, "int": INT}


def call_unknown(lw: Lowering, fn: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """A function without a rule and without a source: it runs once, as it is; nothing flows through it."""
    if isinstance(fn, types.MethodDescriptorType) and args and isinstance(args[0], Obj):        # list.sort(a) is a.sort()
        from symgrad.frontend.attributes import get_attribute
        from symgrad.frontend.calls import call
        return call(lw, get_attribute(lw, args[0], fn.__name__), args[1:], kwargs)
    operands: list[Value] = []
    callee: Any = fn
    if isinstance(fn, Value):
        operands.append(fn)
        callee = Slot(0)
    tree = tuple(lw.tree(a, operands) for a in args)
    kw = {k: lw.tree(v, operands) for k, v in kwargs.items()}
    result = result_type(lw, fn, tree, kw, operands)
    refuse_writes(lw, fn, [*args, *kwargs.values()])
    op = lw.b.emit(Op("call", operands, [result], fn=callee, args=tree, kwargs=kw, effect=True, unknown=True))
    return Static(None) if result == NONE else op.result


def refuse_writes(lw: Lowering, fn: Any, args: list[Any]) -> None:
    """A function that may write into an array: nothing is known of the array after it."""
    from symgrad.frontend.writers import may_write
    name = getattr(fn, "__name__", "this function")
    if isinstance(fn, Value):
        step = fn.op.attrs["path"][-1] if fn.op is not None and fn.op.kind == "load" else None
        name = str(step.key) if step is not None and step.kind == "attr" else name
        if name not in ("shuffle", "readinto"):
            return
    elif not may_write(fn):
        return
    for a in args:
        if name == "shuffle" and isinstance(a, (Ref, Obj)):
            lw.error("shuffle() writes into its argument in a way that is not supported",
                     hint="take a permutation: a = a[rng.permutation(len(a))], or random.sample(a, len(a)) of a list")
        if isinstance(a, Ref) and is_float(lw.load(a).type):
            lw.error(f"{name}() has no source that can be read, and may write into the array that it is given",
                     hint="give it a copy (a.copy()) and use what it returns, or state its rule: see symgrad.rule")
        if isinstance(a, Obj) and isinstance(lw.contents(a), (ListC, DynC, DictC)):
            lw.error(f"{name}() has no source that can be read, and may change the list or dict that it is given",
                     hint="write what it does to it in Python, or give it a copy")


# By the names of their classes: the modules are loaded by the programs that use them.
STAND_INS: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("numpy.random._generator", "Generator"): lambda cls: np.random.default_rng(0),
    ("numpy.random.mtrand", "RandomState"): lambda cls: cls(0),
    ("random", "Random"): lambda cls: cls(0)}
PURE_MODULES = ("scipy.special", "numpy", "scipy.linalg", "scipy.stats")


def stand_in_of(cls: Any) -> Any:
    """A generator of random numbers of a class, to try its methods on, or None."""
    for base in getattr(cls, "__mro__", ()):
        make = STAND_INS.get((base.__module__, base.__qualname__))
        if make is not None:
            return make(base)
    return None


def result_type(lw: Lowering, fn: Any, tree: Any, kw: Any, operands: list[Value]) -> Type:
    annotation = getattr(fn, "__annotations__", {}).get("return") if not isinstance(fn, Value) else None
    if annotation in RESULT_TYPES:
        return RESULT_TYPES[annotation]
    owner = getattr(fn, "__self__", None)
    stand_in: Any = None
    if isinstance(fn, Value):                        # a method of something known by its class only
        made, step = fn.op, fn.op.attrs["path"][-1] if fn.op is not None and fn.op.kind == "load" else None
        cls = getattr(made.operands[0].type, "cls", None) if made is not None and step is not None else None
        if step is None or made is None or step.kind != "attr":
            return Opaque()
        if made.operands[0] in lw.objects:
            known = getattr(lw.objects[made.operands[0]], step.key, None)
            return Opaque() if known is None else result_type(lw, known, tree, kw, operands)
        stand_in = getattr(stand_in_of(cls), step.key, None)
    elif getattr(fn, "restype", None) is ctypes.c_double:
        return FLOAT
    elif stand_in_of(type(owner)) is not None:
        stand_in = getattr(stand_in_of(type(owner)), fn.__name__)
    elif fn in (print,):
        return NONE
    elif isinstance(fn, np.ufunc) or (getattr(fn, "__module__", None) or "").startswith(PURE_MODULES):
        stand_in = fn
    elif getattr(fn, "__module__", None) in ("time", "math", "builtins") and callable(fn):
        stand_in = {"time": lambda *a: 0.5}.get(fn.__module__, fn if fn is not input else None)
    if stand_in is None:
        return Opaque()
    try:
        result = infer(stand_in, tree, kw, operands, False)
    except (CannotInfer, TypeError, ValueError, AttributeError, ArithmeticError):     # the type stays unknown
        return Opaque()
    return result if isinstance(result, Type) else Opaque()
