"""Calls: user functions are inlined, functions with a rule become one op, methods are looked up."""
from __future__ import annotations

import ast
import builtins
import ctypes
import enum
import functools
import inspect
import operator
import types
from typing import Any

import numpy as np

from symgrad.errors import UnsupportedError
from symgrad.frontend import attributes, classes, primitives
from symgrad.frontend.helpers import HELPERS, READERS
from symgrad.frontend.lowering import Lowering, describe
from symgrad.frontend.source import assigned_names, closure_lookup, definition, parameters, span
from symgrad.frontend.values import (
    Bound,
    DictC,
    Frame,
    Func,
    InstC,
    ListC,
    LocalFunction,
    Obj,
    Static,
    Tup,
    Undef,
)
from symgrad.ir.nodes import Value
from symgrad.ir.types import Array, Opaque
from symgrad.rules.core import find
from symgrad.structs import struct

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
    if isinstance(fn, Obj) and isinstance(lw.contents(fn), InstC):
        return call(lw, attributes.get_attribute(lw, fn, "__call__"), args, kwargs)
    if isinstance(fn, Value) and isinstance(fn.type, Opaque):
        return primitives.call_unknown(lw, fn, args, kwargs)
    lw.error(f"{describe(fn)} is called, but it is not a function known when the function is transformed")


def call_static(lw: Lowering, fn: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """A call of a Python object that is known at compile time."""
    from symgrad.frontend.builtin_calls import SPECIAL
    if fn is super:
        return attributes.super_(lw, args, kwargs)
    if isinstance(fn, functools._lru_cache_wrapper):
        fn = fn.__wrapped__
    if isinstance(fn, functools.partial):
        bound = [lift(lw, a) for a in fn.args]
        return call_static(lw, fn.func, [*bound, *args], {**{k: lift(lw, v) for k, v in fn.keywords.items()}, **kwargs})
    if isinstance(fn, (operator.itemgetter, operator.attrgetter, operator.methodcaller)):
        made, given, *_ = tuple(fn.__reduce__())             # what it was made with
        return call(lw, call_static(lw, made, [lift(lw, a) for a in given], {}), args, kwargs)
    try:
        special = SPECIAL.get(fn) or READERS.get(fn)
    except TypeError:
        special = None
    if special is not None:
        return special(lw, args, kwargs)
    key = primitives.ufunc_method(fn)
    if find(fn) is not None or find(key) is not None:
        return primitives.call_primitive(lw, fn, args, kwargs)
    if key is not None and key[1] == "outer" and find(key[0]) is not None:
        return primitives.outer(lw, key[0], args, kwargs)
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
            if not makes_arrays(result):                    # an array is made where it is used
                from symgrad.frontend.indexing import wrap_static
                return wrap_static(lw, result)
        if is_user_function(fn):
            return inline(lw, function_of(lw, fn), args, kwargs)
    if isinstance(fn, types.MethodType) and is_user_function(fn.__func__):
        return call(lw, Bound(lift(lw, fn.__self__), fn.__func__), args, kwargs)
    if isinstance(fn, type):
        return classes.construct(lw, fn, args, kwargs)
    return primitives.call_unknown(lw, fn, args, kwargs)


def makes_arrays(result: Any) -> bool:
    return isinstance(result, np.ndarray) or isinstance(result, (tuple, list)) and any(map(makes_arrays, result))


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
        if ("outer", id(module), name) in lw.cells and name not in module:
            return capture(lw, name, None, ("global", module, name))
        if name in module:
            if name in HELPERS and getattr(module[name], "__doc__", None) == HELPERS[name].__doc__:
                return Static(HELPERS[name])
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
    now = lw.cells.get(("outer", id(where[1]), where[2]))
    if now is not None and not isinstance(now, Undef):
        return now                                  # this call has assigned to it
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
    """Whether an object is known when the function is transformed: a function, a class, a member of an Enum."""
    return isinstance(obj, (enum.Enum, operator.itemgetter, operator.attrgetter, operator.methodcaller, types.ModuleType, type, types.FunctionType, types.BuiltinFunctionType, np.ufunc, CPointer,
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
    if again:
        let_grow(lw, fn, bound)
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


def let_grow(lw: Lowering, fn: Func, bound: dict[str, Any]) -> None:
    """A list that is longer than in the call around this one has a length that is known at run time."""
    from symgrad.frontend.recursion import objects_of
    begun, cells = next((b, c) for f, b, c in reversed(lw.active_calls) if f.node is fn.node)
    for name, a in bound.items():
        then = begun.get(name)
        if isinstance(a, Obj) and ("obj", a.id) not in cells and isinstance(then, Obj) \
                and longer(lw.contents(a), cells.get(("obj", then.id))):
            lw.dynamic(a)
    for cell in objects_of(lw, bound):
        if longer(lw.cells[cell], cells.get(cell)):
            lw.dynamic(Obj(cell[1]))


def longer(now: Any, then: Any) -> bool:
    return isinstance(now, ListC) and isinstance(then, ListC) and len(now.items) > len(then.items)


@struct(frozen=True)
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
    from symgrad.frontend.statements import FALSE, always_returns, block
    scope = scope_of(fn.node)
    if scope.generator and (not lw.yields or lw.yields[-1][0] is not fn.node):
        lw.error("generators with state are not supported", hint="return a list instead of yielding items")
    parent = fn.frame if fn.frame.id else None
    frame = Frame(next(lw.ids), fn.frame.source, fn.frame.lookup, parent, scope.local, scope.nonlocals, scope.globals,
                  fn.frame.function,
                  fn.frame.in_rule or (bool(lw.frames) and lw.frame.in_rule), node=fn.node)
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
            elif isinstance(returned, Value) and not always_returns(fn.node):         # a value on some paths, None where the end is reached
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


def call_bound(lw: Lowering, fn: Bound, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if fn.internal:
        return fn.function(lw, fn.self, args, kwargs)
    if isinstance(fn.function, (types.FunctionType, LocalFunction)):
        return call_static(lw, fn.function, [fn.self, *args], kwargs)
    from symgrad.frontend.containers import static_method
    return static_method(lw, fn.self, fn.function, args, kwargs)


def star_items(lw: Lowering, value: Any) -> list[Any]:
    """The items of ``*value`` where its length is not known: only what a type tells."""
    from symgrad.frontend.indexing import get_item
    v = lw.value(value)
    lw.need_length(v)
    if isinstance(v.type, Array) and v.type.dims and isinstance(v.type.dims[0], int):
        return [get_item(lw, value, Static(i)) for i in range(v.type.dims[0])]
    lw.error("a starred argument must have a length that is known when the function is transformed",
             hint="pass the items one by one, or let the function take the sequence")


__all__ = ["bind_arguments", "call", "capture", "function_of", "inline", "lift", "run_body"]
