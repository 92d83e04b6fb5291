"""Calls: user functions are inlined, functions with a rule become one op, methods are looked up."""
from __future__ import annotations

import ast
import builtins
import ctypes
import dataclasses
import functools
import inspect
import math
import random
import types
from typing import Any

import numpy as np

from symgrad.errors import SourceError, UnsupportedError
from symgrad.frontend.lowering import Lowering, describe
from symgrad.frontend.source import assigned_names, closure_lookup, definition, parameters, span
from symgrad.frontend.values import (Bound, DictC, DynC, Frame, Func, InstC, Iter, ListC, LocalFunction, Obj,
                                    Ref, Static, Super, Tup)
from symgrad.ir.infer import CannotInfer, infer
from symgrad.ir.nodes import Op, Slot, Value
from symgrad.ir.types import (FLOAT, INT, NONE, Array, Instance, ListOf, Opaque, Optional_, Scalar,
                              TupleOf, Type, is_float)
from symgrad.rules.core import find

CAPTURES = "__symgrad_captures__"       # in the namespace of generated code: the globals of its primal, by name
CPointer: Any = ctypes._CFuncPtr        # type: ignore[attr-defined]   # a C function
MAX_DEPTH = 60


# -- functions -----------------------------------------------------------------------------


def make_function(lw: Lowering, node: ast.FunctionDef | ast.Lambda) -> Func:
    """The function that a nested def or a lambda makes; its free variables live in this frame."""
    from symgrad.frontend.expressions import evaluate
    if isinstance(node, ast.FunctionDef) and is_generator(node):
        lw.error("generators with state are not supported", first_yield(node), hint="return a list instead of yielding items")
    defaults = tuple(lw.bind(evaluate(lw, d)) for d in node.args.defaults)
    kw = tuple((a.arg, lw.bind(evaluate(lw, d)))
               for a, d in zip(node.args.kwonlyargs, node.args.kw_defaults) if d is not None)
    lw.frame.keep()
    return Func(node, lw.frame, defaults, kw)


def first_yield(node: ast.FunctionDef | ast.Lambda) -> ast.AST | None:
    from symgrad.frontend.statements import own_nodes
    found = [n for n in own_nodes(node.body) if isinstance(n, (ast.Yield, ast.YieldFrom))] if isinstance(
        node, ast.FunctionDef) else []
    return min(found, key=lambda n: n.lineno) if found else None


def is_generator(node: ast.FunctionDef | ast.Lambda) -> bool:
    return first_yield(node) is not None


def call(lw: Lowering, fn: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """``fn(*args, **kwargs)``."""
    if isinstance(fn, Func):
        return inline(lw, fn, args, kwargs)
    if isinstance(fn, Bound):
        return call_bound(lw, fn, args, kwargs)
    if isinstance(fn, Static):
        return call_static(lw, fn.obj, args, kwargs)
    if isinstance(fn, Obj) and isinstance(c := lw.contents(fn), InstC) and hasattr(c.cls, "__call__"):
        return call(lw, get_attribute(lw, fn, "__call__"), args, kwargs)
    if isinstance(fn, Value) and isinstance(fn.type, Opaque):
        return call_unknown(lw, fn, args, kwargs)
    lw.error(f"{describe(fn)} is called, but it is not a function known when the function is transformed")


def call_static(lw: Lowering, fn: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """A call of a Python object that is known at compile time."""
    from symgrad.frontend.builtin_calls import SPECIAL
    if fn is super:
        return super_(lw, args, kwargs)
    if isinstance(fn, functools._lru_cache_wrapper):
        fn = fn.__wrapped__
    if isinstance(fn, functools.partial):
        bound = [lift(lw, a) for a in fn.args]
        return call_static(lw, fn.func, [*bound, *args], {**{k: lift(lw, v) for k, v in fn.keywords.items()}, **kwargs})
    try:
        special = SPECIAL.get(fn)
    except TypeError:
        special = None
    if special is not None:
        return special(lw, args, kwargs)
    key = ufunc_method(fn)
    if find(fn) is not None or find(key) is not None:
        return call_primitive(lw, fn, args, kwargs)
    inner = getattr(fn, "__symgrad__", None)
    if inner is not None:
        return inner(lw, args, kwargs)
    py_func = getattr(fn, "py_func", None)            # a Numba dispatcher keeps what it was made from
    if isinstance(py_func, types.FunctionType):
        fn = py_func
    if isinstance(fn, LocalFunction):
        return inline(lw, fn.func, args, kwargs)
    if isinstance(fn, types.FunctionType):
        if all(map(lw.is_static, [*args, *kwargs.values()])) and lw.frame.in_rule:
            result = fn(*map(lw.static, args), **{k: lw.static(v) for k, v in kwargs.items()})
            from symgrad.frontend.indexing import wrap_static
            return wrap_static(lw, result)
        if is_user_function(fn):
            return inline(lw, function_of(lw, fn), args, kwargs)
    if isinstance(fn, types.MethodType) and is_user_function(fn.__func__):
        return call(lw, Bound(lift(lw, fn.__self__), fn.__func__), args, kwargs)
    if isinstance(fn, type):
        return construct(lw, fn, args, kwargs)
    return call_unknown(lw, fn, args, kwargs)


def is_user_function(fn: Any) -> bool:
    """A Python function whose source is to be read; libraries without rules are called as they are."""
    top = (fn.__module__ or "").split(".")[0]
    return top not in ("numpy", "scipy", "logging", "warnings", "random", "time", "os", "sys", "json", "re",
                       "contextlib", "copy", "inspect", "threading", "pathlib", "io", "datetime", "collections",
                       "traceback", "pprint", "textwrap", "shutil", "tempfile", "typing", "enum", "numba", "pandas",
                       "matplotlib")


def function_of(lw: Lowering, fn: Any, manager: bool = False) -> Func:
    """A Func for a Python function object."""
    code = fn.__code__
    if not manager and code.co_flags & (inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR):
        generator = bool(code.co_flags & inspect.CO_GENERATOR)
        node, src = definition(fn)
        place = first_yield(node) or node if generator else node
        raise UnsupportedError(
            f"{'generators with state are' if generator else 'async code is'} not supported ({fn.__qualname__})",
            span(src, place), "return a list instead of yielding items" if generator else "make it an ordinary function")
    node, src = definition(fn)
    frame = Frame(0, src, lookup_of(lw, fn), function=fn)
    defaults = tuple(lift(lw, d) for d in fn.__defaults__ or ())
    kw = tuple((k, lift(lw, v)) for k, v in (fn.__kwdefaults__ or {}).items())
    return Func(node, frame, defaults, kw, fn)


def lookup_of(lw: Lowering, fn: types.FunctionType) -> Any:
    closure = closure_lookup(fn)
    module = fn.__globals__

    def lookup(name: str) -> Any:
        if name in closure:
            return capture(lw, name, closure[name], ("closure", fn, name))
        if name in module:
            original = module.get(CAPTURES, {}).get(name)
            if original is not None:                # this is generated code: read what its primal reads
                return capture(lw, name, original.read(), original.where)
            return capture(lw, name, module[name], ("global", module, name))
        if hasattr(builtins, name):
            return Static(getattr(builtins, name))
        lw.error(f"NameError: name {name!r} is not defined")

    return lookup


def capture(lw: Lowering, name: str, obj: Any, where: Any) -> Any:
    """A global or closed-over object: functions and modules are known, data is read anew at each call."""
    key = (where[0], id(where[1]), where[2])
    if is_code(obj):
        if not isinstance(obj, types.ModuleType) and (getattr(obj, "__module__", None) or "").split(".")[0] not in (
                "", "symgrad", "numpy", "math", "builtins", "operator", "_operator"):
            lw.code[key] = (where, obj)             # the name may be bound to another one before the next call
        return Static(obj)
    if key not in lw.captures:
        known = set(lw.cells)
        lw.captures[key] = lw.capture_hook(name, obj, where) if lw.capture_hook else Static(obj)
        if where[0] in ("global", "closure"):
            lw.shared |= lw.cells.keys() - known
            for cell in lw.cells.keys() - known:
                if isinstance(v := lw.cells[cell], Value) and v.op is not None:
                    v.op.attrs["shared"] = True
        new = {cell: lw.cells[cell] for cell in lw.cells.keys() - known}
        lw.captured_cells.update(new)
        for state in lw.saved:                       # they were there before every branch and loop that we are in
            state.update(new)
        if isinstance(found := lw.captures[key], Value):
            lw.objects[found] = obj
    return lw.captures[key]


def is_code(obj: Any) -> bool:
    return isinstance(obj, (types.ModuleType, type, types.FunctionType, types.BuiltinFunctionType, np.ufunc, CPointer,
                            functools.partial, types.MethodType, types.MethodDescriptorType)) or (
        callable(obj) and (find(obj) is not None or hasattr(obj, "__symgrad__") or hasattr(obj, "py_func")
                           or type(obj).__module__.startswith(("numpy", "functools"))))


def lift(lw: Lowering, obj: Any) -> Any:
    """A Python object that code was made with (a default, a bound self) as an abstract value."""
    if is_code(obj) or isinstance(obj, (int, float, complex, str, bool, type(None), slice)):
        return Static(obj)
    if isinstance(obj, tuple):
        return Tup(tuple(lift(lw, i) for i in obj), type(obj) if hasattr(obj, "_fields") else None)
    return capture(lw, "captured", obj, ("object", obj, ""))


def inline(lw: Lowering, fn: Func, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Lower a function's body where it is called; a recursive function becomes one of the IR's."""
    from symgrad.frontend.recursion import Recursive, invoke, key_of
    bound = bind_arguments(lw, fn, args, kwargs)
    if len(lw.frames) > MAX_DEPTH:
        lw.error("calls are nested too deep", hint="write the recursion as a loop")
    again = not fn.frame.in_rule and any(f.node is fn.node for f, _, _ in lw.active_calls)
    key = key_of(lw, fn, bound) if again or id(fn.node) in lw.recursive else None
    if key is not None:
        if key in lw.functions:
            return invoke(lw, fn, bound, key)
        for active, begun, cells in lw.active_calls:
            if active.node is fn.node:
                here, lw.cells = lw.cells, cells
                same = key_of(lw, active, begun) == key
                lw.cells = here
                if same:
                    lw.recursive.add(id(fn.node))
                    raise Recursive(key)
    state = (dict(lw.cells), lw.b.region, list(lw.b.outer), len(lw.b.region.ops), dict(lw.b.region.known),
             list(lw.frames), lw.node, lw.b.span)
    saved, functions = len(lw.saved), dict(lw.functions)
    lw.active_calls.append((fn, bound, state[0]))
    try:
        return run_body(lw, fn, bound)
    except Recursive as e:
        here, lw.cells = lw.cells, {**lw.captured_cells, **state[0]}
        if key_of(lw, fn, bound) != e.key:
            lw.cells = here
            raise
        _, lw.b.region, lw.b.outer, count, lw.b.region.known, lw.frames, lw.node, lw.b.span = state
        del lw.saved[saved:]
        lw.functions = functions
        lw.b.region.ops[count:] = [o for o in lw.b.region.ops[count:] if o.kind == "arg"]     # captured globals stay
    finally:
        lw.active_calls.pop()
    return invoke(lw, fn, bound, key_of(lw, fn, bound))


@dataclasses.dataclass(frozen=True)
class Scope:
    """What the names of a function's body are."""

    local: frozenset[str]
    nonlocals: frozenset[str]
    globals: frozenset[str]
    generator: bool


@functools.lru_cache(4096)
def scope_of(node: ast.FunctionDef | ast.Lambda) -> Scope:
    from symgrad.frontend.statements import own_nodes
    names = set(parameters(node))
    if isinstance(node, ast.Lambda):
        return Scope(frozenset(names | assigned_names([node.body])), frozenset(), frozenset(), False)
    names |= assigned_names(node.body)
    nonlocals: set[str] = set()
    global_names: set[str] = set()
    for n in own_nodes(node.body):
        if isinstance(n, ast.Nonlocal):
            nonlocals.update(n.names)
        elif isinstance(n, ast.Global):
            global_names.update(n.names)
    return Scope(frozenset(names - nonlocals - global_names), frozenset(nonlocals), frozenset(global_names),
                 is_generator(node))


def run_body(lw: Lowering, fn: Func, bound: dict[str, Any]) -> Any:
    """Lower a function's body in a frame of its own, its parameters bound."""
    from symgrad.frontend import branches
    from symgrad.frontend.expressions import evaluate
    from symgrad.frontend.loops import JUMP, STOP
    from symgrad.frontend.statements import FALSE, block
    scope = scope_of(fn.node)
    if scope.generator and (not lw.yields or lw.yields[-1][0] is not fn.node):
        lw.error("generators with state are not supported", hint="return a list instead of yielding items")
    parent = fn.frame if fn.frame.id else None
    frame = Frame(next(lw.ids), fn.frame.source, fn.frame.lookup, parent, scope.local, scope.nonlocals, scope.globals,
                  fn.frame.function,
                  fn.frame.in_rule or (bool(lw.frames) and lw.frame.in_rule))
    flags = {k: lw.cells.get(k) for k in (JUMP, STOP)}
    node, span = lw.node, lw.b.span
    lw.frames.append(frame)
    try:
        lw.cells[JUMP] = FALSE
        lw.cells.pop(STOP, None)
        lw.cells["returned", frame.id] = FALSE
        for name, value in bound.items():
            lw.cells["var", frame.id, name] = value
        if isinstance(fn.node, ast.Lambda):
            result = evaluate(lw, fn.node.body)
        else:
            block(lw, fn.node.body)
            result = lw.cells.get(("retval", frame.id), Static(None))
            returned = lw.cells.get(("returned", frame.id), FALSE)
            if returned == FALSE:
                result = Static(None)
            elif isinstance(returned, Value):         # a value on some paths, None where the end is reached
                found = result
                result = branches.branch(lw, returned, lambda: found, lambda: Static(None))
    finally:
        lw.frames.pop()
        lw.node, lw.b.span = node, span
    gone = ("retval", "returned") if frame.kept else ("retval", "returned", "var")
    for key in [k for k in lw.cells if k[0] in gone and k[1] == frame.id]:
        del lw.cells[key]
    for k, v in flags.items():
        if v is None:
            lw.cells.pop(k, None)
        else:
            lw.cells[k] = v
    return result


def bind_arguments(lw: Lowering, fn: Func, args: list[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Match a call's arguments with a function's parameters, as Python does."""
    a = fn.node.args
    positional = [p.arg for p in [*a.posonlyargs, *a.args]]
    name = getattr(fn.node, "name", "<lambda>")
    bound: dict[str, Any] = dict(zip(positional, map(lw.bind, args)))
    rest = args[len(positional):]
    if a.vararg is not None:
        bound[a.vararg.arg] = Tup(tuple(map(lw.bind, rest)))
    elif rest:
        lw.error(f"TypeError: {name}() takes {len(positional)} positional arguments but {len(args)} were given")
    extra: dict[str, Any] = {}
    only = [p.arg for p in a.kwonlyargs]
    for k, v in kwargs.items():
        if k in bound and k in positional:
            lw.error(f"TypeError: {name}() got multiple values for argument {k!r}")
        if k in only or k in [p.arg for p in a.args]:
            bound[k] = lw.bind(v)
        elif a.kwarg is not None:
            extra[k] = lw.bind(v)
        else:
            lw.error(f"TypeError: {name}() got an unexpected keyword argument {k!r}")
    if a.kwarg is not None:
        bound[a.kwarg.arg] = lw.new_object(DictC(tuple(extra.items())))
    for p, d in zip(positional[len(positional) - len(fn.defaults):], fn.defaults):
        bound.setdefault(p, lw.bind(d))
    for k, d in fn.kwdefaults:
        bound.setdefault(k, lw.bind(d))
    missing = [p for p in [*positional, *only] if p not in bound]
    if missing:
        lw.error(f"TypeError: {name}() is missing the argument {missing[0]!r}")
    return bound


# -- functions that are one op -------------------------------------------------------------


def ufunc_method(fn: Any) -> Any:
    """The key under which the rule of a bound ufunc method (np.add.outer) is registered."""
    owner = getattr(fn, "__self__", None)
    return (owner, fn.__name__) if isinstance(owner, np.ufunc) else None


SEQUENCES = ("arrays", "tup", "choicelist", "condlist", "funclist", "y", "axes")     # parameters that lists are right for
TAKE_LISTS = (np.array, np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray, sum, math.fsum, math.prod,
              math.dist, math.hypot, math.sumprod if hasattr(math, "sumprod") else math.prod)


def call_primitive(lw: Lowering, fn: Any, args: list[Any], kwargs: dict[str, Any], method: bool = False) -> Any:
    """A call of a function that has a rule, or that is known to be pure: a view, or one op."""
    rule = find(fn) or find(ufunc_method(fn))
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
    if rule is not None and not rule.is_constant and not rule.is_elementwise and not rule.variadic and fn not in TAKE_LISTS:
        args = [call_primitive(lw, np.array, [a], {}) if p in rule.wrt and p not in SEQUENCES and _is_array_literal(lw, a)
                else a for p, a in zip(rule.params, args)] + args[len(rule.params):]
    operands: list[Value] = []
    tree = tuple(lw.tree(a, operands) for a in args)
    kw = {k: lw.tree(v, operands) for k, v in kwargs.items()}
    elementwise = rule is not None and rule.is_elementwise
    if elementwise and not kw:                       # numbers among the operands are operands as well
        values = [lw.value(a) if not _is_array_literal(lw, a) else _as_array(lw, a) for a in args]
        operands, tree = values, tuple(Slot(i) for i in range(len(values)))
        t = _comparison(fn, values)
        if t is not None:
            return lw.b.emit(Op("call", operands, [t], fn=fn, args=tree, kwargs={})).result
    elif rule is not None and rule.is_constant and not kw and isinstance(fn, (np.ufunc, types.BuiltinFunctionType)):
        elementwise = isinstance(fn, np.ufunc) or getattr(fn, "__module__", "") == "_operator"
        if elementwise:
            values = [lw.value(a) for a in args]
            operands, tree = values, tuple(Slot(i) for i in range(len(values)))
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
    op = lw.b.emit(Op("call", operands, types_, fn=fn, args=tree, kwargs=kw, method=method,
                      structure=shape))
    return _unflatten(lw, shape, list(op.results), result)


def _comparison(fn: Any, values: list[Value]) -> Type | None:
    """The type of an operation on things that are not numbers (strings, None), else None."""
    if all(isinstance(v.type, (Scalar, Array)) for v in values):
        return None
    if getattr(fn, "__name__", "") in ("eq", "ne", "lt", "le", "gt", "ge"):
        return Scalar("bool")
    return None


def _is_array_literal(lw: Lowering, a: Any) -> bool:
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


def _unflatten(lw: Lowering, shape: Any, values: list[Value], types_: Any) -> Any:
    if isinstance(shape, Slot):
        v = values[shape.index]
        return Static(None) if v.type == NONE else v
    items = tuple(_unflatten(lw, s, values, None) for s in shape)
    return Tup(items) if isinstance(shape, tuple) else lw.new_object(ListC(tuple(lw.bind(i) for i in items)))


def call_with_out(lw: Lowering, fn: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """``fn(..., out=a)`` is ``a[...] = fn(...)``, and a is the result."""
    from symgrad.frontend.statements import write_whole
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
        if isinstance(a, Ref) and is_float(lw.load(a).type):
            lw.error(f"{name}() has no source that can be read, and may write into the array that it is given",
                     hint="give it a copy (a.copy()) and use what it returns, or state its rule: see symgrad.rule")


STAND_INS: dict[Any, Any] = {np.random.Generator: lambda: np.random.default_rng(0),
                             np.random.RandomState: lambda: np.random.RandomState(0),
                             random.Random: lambda: random.Random(0)}
PURE_MODULES = ("scipy.special", "numpy", "scipy.linalg", "scipy.stats")


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
        if cls not in STAND_INS:
            return Opaque()
        stand_in = getattr(STAND_INS[cls](), step.key, None)
    elif getattr(fn, "restype", None) is ctypes.c_double:
        return FLOAT
    elif isinstance(owner, np.random.Generator):
        stand_in = getattr(np.random.default_rng(0), fn.__name__)
    elif isinstance(owner, np.random.RandomState):
        stand_in = getattr(np.random.RandomState(0), fn.__name__)
    elif type(owner).__name__ == "Random" and type(owner).__module__ == "random":
        stand_in = getattr(random.Random(0), fn.__name__)
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


# -- attributes, methods, classes ------------------------------------------------------------


def super_(lw: Lowering, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """``super()`` in a method, and ``super(cls, self)``."""
    if args:
        return Super(lw.static(args[0]), args[1])
    function = lw.frame.function
    cls = closure_lookup(function).get("__class__") if function is not None else None
    params = parameters(definition(function)[0]) if cls is not None else []
    if cls is None or not params:
        lw.error("super() outside a method of a class")
    return Super(cls, lw.cells["var", lw.frame.id, params[0]])


def super_attribute(lw: Lowering, a: Super, name: str) -> Any:
    """What the classes after `a.cls` in the order of look-up define as `name`, bound to the object."""
    own = a.self.obj if isinstance(a.self, Static) else None
    if own is None:
        own = lw.contents(a.self).cls if isinstance(a.self, Obj) else getattr(a.self, "cls", None)
    if not isinstance(own, type):
        lw.error("super() of an object whose class is not known")
    after = own.__mro__[own.__mro__.index(a.cls) + 1:]
    for cls in after:
        if name in vars(cls):
            member = vars(cls)[name]
            if isinstance(member, property):
                return call(lw, Static(member.fget), [a.self], {})
            if isinstance(member, staticmethod):
                return Static(member.__func__)
            if isinstance(member, classmethod):
                return Bound(Static(own), member.__func__)
            if isinstance(member, types.FunctionType):
                return Bound(a.self, member)
            if name == "__init__":                      # object's
                return Static(type(None))
            return capture(lw, name, member, ("attribute", cls, name))
    lw.error(f"AttributeError: 'super' object has no attribute {name!r}")


def get_attribute(lw: Lowering, a: Any, name: str) -> Any:
    """``a.name``."""
    if isinstance(a, Super):
        return super_attribute(lw, a, name)
    from symgrad.frontend.array_methods import array_attribute
    from symgrad.frontend.containers import container_method
    if isinstance(a, Static):
        if isinstance(a.obj, types.ModuleType) or is_code(a.obj):
            try:
                found = getattr(a.obj, name)
            except AttributeError as e:
                lw.error(f"AttributeError: {e}")
            if is_code(found):
                return Static(found)
            if isinstance(a.obj, type) and a.obj.__module__.split(".")[0] not in ("builtins", "numpy"):
                return capture(lw, name, found, ("attribute", a.obj, name))
            if isinstance(a.obj, types.ModuleType) and not a.obj.__name__.startswith(("numpy", "math", "sys")):
                return capture(lw, name, found, ("global", a.obj.__dict__, name))
            if isinstance(found, (float, int, str)):
                return Static(found) if not isinstance(found, float) else module_constant(lw, a.obj, name, found)
            return Static(found)
        member = getattr(a.obj, name, None)
        if member is not None and not callable(member):
            from symgrad.frontend.indexing import wrap_static
            return wrap_static(lw, member)
        return Bound(a, name)
    if isinstance(a, Tup):
        if a.cls is not None and name in getattr(a.cls, "_fields", ()):
            return a.items[a.cls._fields.index(name)]                                 # type: ignore[attr-defined]
        member = getattr(a.cls, name, None) if a.cls is not None else None
        if isinstance(member, types.FunctionType) and not name.startswith("_"):
            return Bound(a, member)
        if isinstance(member, property):
            return call(lw, Static(member.fget), [a], {})
        return Bound(a, name)
    if isinstance(a, Obj):
        c = lw.contents(a)
        if isinstance(c, InstC):
            return instance_attribute(lw, a, c, name)
        return Bound(a, container_method(lw, c, name), True)
    if isinstance(a, Ref) or (isinstance(a, Value) and isinstance(a.type, (Array, Scalar))):
        return array_attribute(lw, a, name)
    if isinstance(a, Value) and isinstance(a.type, Opaque):
        return lw.b.emit(Op("load", [a], [Opaque()], path=(attr_step(name),))).result
    if isinstance(a, Value) and isinstance(a.type, (Optional_, TupleOf, Instance)):
        from symgrad.frontend.indexing import opened
        return get_attribute(lw, opened(lw, a), name)
    if isinstance(a, Func):
        lw.error(f"the attribute {name!r} of a function")
    if isinstance(a, Value) and isinstance(a.type, ListOf):
        return get_attribute(lw, lw.bind(a), name)
    lw.error(f"the attribute {name!r} of this is not known")


def attr_step(name: str) -> Any:
    from symgrad.ir.nodes import Step
    return Step("attr", name)


def module_constant(lw: Lowering, module: Any, name: str, value: Any) -> Any:
    """``math.pi`` stays ``math.pi`` in the generated code."""
    if lw.frame.in_rule:
        return Static(value)
    return lw.b.emit(Op("const", (), [FLOAT], value=value, module=module.__name__, attribute=name)).result


def instance_attribute(lw: Lowering, a: Obj, c: InstC, name: str) -> Any:
    found = c.get(name)
    if found is not None:
        return found
    member = inspect.getattr_static(c.cls, name, None)
    if isinstance(member, property):
        return call(lw, Static(member.fget), [a], {})
    if isinstance(member, functools.cached_property):
        value = lw.bind(call(lw, Static(member.func), [a], {}))
        lw.set_contents(a, c.set(name, value))
        return value
    if isinstance(member, staticmethod):
        return Static(member.__func__)
    if isinstance(member, classmethod):
        return Bound(Static(c.cls), member.__func__)
    if isinstance(member, (types.FunctionType, LocalFunction)):
        return Bound(a, member)
    if name == "__class__":
        return Static(c.cls)
    if member is not None:
        return capture(lw, name, getattr(c.cls, name), ("attribute", c.cls, name))
    lw.error(f"AttributeError: {c.cls.__name__!r} object has no attribute {name!r}")


def set_attribute(lw: Lowering, a: Any, name: str, value: Any) -> None:
    """``a.name = value``."""
    if isinstance(a, Obj) and isinstance(c := lw.contents(a), InstC):
        member = inspect.getattr_static(c.cls, name, None)
        if isinstance(member, property):
            call(lw, Static(member.fset), [a, value], {})
            return
        found = c.get(name)
        if dataclasses.is_dataclass(c.cls) and c.cls.__dataclass_params__.frozen:           # type: ignore[attr-defined]
            lw.error(f"FrozenInstanceError: {c.cls.__name__} is frozen")
        if isinstance(found, Ref) and found.path and not isinstance(value, Ref) and isinstance(value, Value):
            pass
        lw.set_contents(a, c.set(name, lw.bind(value)))
        return
    lw.error(f"the attribute {name!r} of this cannot be assigned to")


def call_bound(lw: Lowering, fn: Bound, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if fn.internal:
        return fn.function(lw, fn.self, args, kwargs)
    if isinstance(fn.function, (types.FunctionType, LocalFunction)):
        return call_static(lw, fn.function, [fn.self, *args], kwargs)
    from symgrad.frontend.containers import static_method
    return static_method(lw, fn.self, fn.function, args, kwargs)


def construct(lw: Lowering, cls: type, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """``cls(*args)``: namedtuples, dataclasses and ordinary classes, as compile-time objects."""
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        values = dict(zip(cls._fields, map(lw.bind, args)))
        values.update({k: lw.bind(v) for k, v in kwargs.items()})
        for k, d in cls._field_defaults.items():                                           # type: ignore[attr-defined]
            values.setdefault(k, lift(lw, d))
        missing = [f for f in cls._fields if f not in values]
        if missing or len(args) > len(cls._fields):
            lw.error(f"TypeError: {cls.__name__}() does not take these arguments")
        return Tup(tuple(values[f] for f in cls._fields), cls)
    if issubclass(cls, BaseException) or cls.__module__ in ("builtins", "numpy") or cls.__init__ is object.__init__ \
            and not dataclasses.is_dataclass(cls) and cls.__module__.split(".")[0] in ("numpy",):
        return call_unknown(lw, cls, args, kwargs)
    obj = lw.new_object(InstC(cls, ()))
    init = cls.__init__
    if dataclasses.is_dataclass(cls) and "__init__" in cls.__dict__ and not _has_source(init):
        fields = [f for f in dataclasses.fields(cls)]
        names = [f.name for f in fields if f.init]
        values = dict(zip(names, map(lw.bind, args)))
        values.update({k: lw.bind(v) for k, v in kwargs.items()})
        contents = InstC(cls, ())
        for f in fields:
            if f.name in values:
                v = values[f.name]
            elif f.default is not dataclasses.MISSING:
                v = lift(lw, f.default)
            elif f.default_factory is not dataclasses.MISSING:
                v = lw.bind(call(lw, Static(f.default_factory), [], {}))
            elif f.init:
                lw.error(f"TypeError: {cls.__name__}() is missing the argument {f.name!r}")
            else:
                continue
            contents = contents.set(f.name, v)
        lw.cells["obj", obj.id] = contents
        post = getattr(cls, "__post_init__", None)
        if post is not None:
            call_static(lw, post, [obj], {})
        return obj
    if isinstance(init, (types.FunctionType, LocalFunction)):
        call_static(lw, init, [obj, *args], kwargs)
        return obj
    if init is object.__init__ and cls.__new__ is object.__new__ and cls.__module__.split(".")[0] not in (
            "numpy", "builtins"):
        return obj
    return call_unknown(lw, cls, args, kwargs)


def _has_source(fn: Any) -> bool:
    try:
        definition(fn)
    except (SourceError, AttributeError, TypeError):
        return False
    return True


def star_items(lw: Lowering, value: Any) -> list[Any]:
    """The items of ``*value`` where its length is not known: only what a type tells."""
    from symgrad.frontend.indexing import get_item
    v = lw.value(value)
    lw.need_length(v)
    if isinstance(v.type, Array) and v.type.dims and isinstance(v.type.dims[0], int):
        return [get_item(lw, value, Static(i)) for i in range(v.type.dims[0])]
    lw.error("a starred argument must have a length that is known when the function is transformed",
             hint="pass the items one by one, or let the function take the sequence")


__all__ = ["Iter", "call", "call_primitive", "construct", "get_attribute", "inline", "set_attribute"]
