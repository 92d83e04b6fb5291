"""From a Python function and the specs of its arguments to IR."""
from __future__ import annotations

import ast
import keyword
import types
from collections.abc import Callable, Iterable
from typing import Any

import symgrad.frontend.blocks  # adds `with` to the statements
import symgrad.frontend.exceptions  # adds `try`
import symgrad.frontend.loop_statements  # adds `for` and `while`
import symgrad.frontend.matching  # noqa: F401  (adds `match`)
from symgrad.errors import Span
from symgrad.frontend import calls, signature
from symgrad.frontend.loops import EarlyRead
from symgrad.frontend.lowering import Ambiguous, Lowering
from symgrad.frontend.values import Frame, Source, Static
from symgrad.ir.nodes import Region
from symgrad.ir.order import in_order
from symgrad.rules.core import find
from symgrad.structs import field, struct


@struct()
class Capture:
    """A global or closed-over object that the function reads: read anew before each call."""

    name: str                   # in the generated code; "" for functions and classes, which are part of it
    read: Callable[[], Any]
    spec: Any
    value: Any
    module: str = ""            # where an exported module can import it from
    attribute: str = ""
    where: Any = None           # how `calls.capture` names it


@struct()
class Lowered:
    """A function as IR."""

    name: str
    region: Region
    arguments: dict[str, Any]                  # parameter -> abstract value
    specs: dict[str, Any]
    result: Any                                # abstract value
    lowering: Lowering
    captures: list[Capture] = field(default_factory=list)
    span: Span | None = None
    file: str = ""
    source: str = ""


def lower(function: Callable[..., Any], specs: dict[str, Any], variadic: dict[str, str] | None = None,
          forced: frozenset[Any] = frozenset()) -> Lowered:
    """Lower `function`; `specs` gives the spec of each parameter, in order.

    Raises NeedStatic where an argument's value decides the structure of the code. Where what follows depends
    on which way a statement went, it is all lowered again, with that statement step by step.
    """
    careful: dict[int, int] = {}
    while True:
        try:
            return lower_with(function, specs, variadic, forced, careful)
        except Ambiguous as error:
            tried = careful.get(id(error.origin), 0)
            if tried > (1 if getattr(error.origin, "finalbody", None) else 0) or len(careful) >= MOST_CAREFUL:
                raise
            careful[id(error.origin)] = tried + 1


MOST_CAREFUL = 6            # what follows a branch is lowered once for each of its arms: twice as often for each


def lower_with(function: Callable[..., Any], specs: dict[str, Any], variadic: dict[str, str] | None,
               forced: frozenset[Any], careful: dict[int, int]) -> Lowered:
    """`lower`, with the statements in `careful` step by step."""
    lw = Lowering()
    lw.careful = careful
    captures: list[Capture] = []
    taken = set(specs)

    def on_capture(name: str, obj: Any, where: Any) -> Any:
        unique = name
        while unique in taken:
            unique += "_"
        taken.add(unique)
        spec = signature.describe(obj, ("capture", unique), forced)
        here, lw.b.region, lw.b.outer = (lw.b.region, lw.b.outer), lw.region, []   # read once, at the start
        value = signature.instantiate(lw, spec, unique)
        lw.b.region, lw.b.outer = here
        fix_static(lw, unique)
        module = where[1].get("__name__", "") if where[0] == "global" else ""
        captures.append(Capture(unique, reader(where, obj), spec, value, module, name, where))
        return value

    lw.capture_hook = on_capture
    target = function
    bound_self = None
    if isinstance(function, types.MethodType):
        target, bound_self = function.__func__, function.__self__
    body = entry(lw, target, specs, variadic or {})
    outer = body.frame
    lw.frames.append(Frame(0, outer.source, outer.lookup, function=target))
    lw.node = body.node
    arguments = {}
    for name, spec in specs.items():
        arguments[name] = signature.instantiate(lw, spec, name)
    region = lw.region
    args, kwargs = distribute(lw, arguments, variadic or {})
    if bound_self is not None:
        args.insert(0, calls.lift(lw, bound_self))
    try:
        result = calls.call(lw, body, args, kwargs)
    except EarlyRead as e:
        lw.error(f"UnboundLocalError: {e.key[2]!r} has no value here")
    in_order(region)
    for where, obj in lw.code.values():
        captures.append(Capture("", reader(where, obj), signature.Known(obj), Static(obj), where=where))
    src: Source = outer.source
    node = body.node
    text = "\n".join(src.lines[node.lineno - 1:node.end_lineno]) if node.lineno else ""
    return Lowered(getattr(node, "name", "function"), region, arguments, specs, result, lw, captures,
                   None, src.file, text)


def fix_static(lw: Lowering, name: str) -> None:
    for paths in (lw.static_args, lw.list_args):
        for value, path in list(paths.items()):
            if path[0] == name:
                paths[value] = (("capture", name), path[1])


def entry(lw: Lowering, function: Any, names: Iterable[str], variadic: dict[str, str]) -> Any:
    """The Func to lower; for what has no source to read (a library function, a partial), a wrapper that calls it."""
    from symgrad.frontend.values import Func
    if isinstance(function, types.FunctionType) and calls.is_user_function(function) and find(function) is None:
        return calls.function_of(lw, function)
    py_func = getattr(function, "py_func", None)
    if isinstance(py_func, types.FunctionType):
        return calls.function_of(lw, py_func)
    name = str(getattr(getattr(function, "func", function), "__name__", "function")).strip("<>")
    kinds = [(n, variadic.get(n, "")) for n in names]
    stars = {"var_positional": "*", "var_keyword": "**"}
    params = [stars.get(kind, "") + n for n, kind in kinds]
    only = [i for i, (_, kind) in enumerate(kinds) if kind == "keyword_only"]
    if only and not any(kind == "var_positional" for _, kind in kinds):
        params.insert(only[0], "*")
    passed = [f"{n}={n}" if kind == "keyword_only" else stars.get(kind, "") + n for n, kind in kinds]
    callee = name if name not in names and not keyword.iskeyword(name) else name + "_"
    text = f"lambda {', '.join(params)}: {callee}({', '.join(passed)})"
    node = ast.parse(text, mode="eval").body
    assert isinstance(node, ast.Lambda)
    source = Source(f"<{name}>", [text], 1, name)
    return Func(node, Frame(0, source, lambda n: Static(function), function=None), (), (), function)


def distribute(lw: Lowering, arguments: dict[str, Any], variadic: dict[str, str]) -> tuple[list[Any], dict[str, Any]]:
    """Arguments by name as the positional and keyword arguments of one call."""
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for name, value in arguments.items():
        kind = variadic.get(name, "positional")
        if kind == "var_positional":
            args.extend(value.items)
        elif kind == "var_keyword":
            kwargs.update(lw.contents(value).items)
        elif kind == "keyword_only":
            kwargs[name] = value
        else:
            args.append(value)
    return args, kwargs


def reader(where: Any, obj: Any) -> Callable[[], Any]:
    """A function that reads a captured object as it is now."""
    kind, owner, name = where
    if kind == "global":
        return lambda: owner[name]
    if kind == "attribute":
        return lambda: getattr(owner, name)
    if kind == "closure":
        cell = owner.__closure__[owner.__code__.co_freevars.index(name)]
        return lambda: cell.cell_contents
    return lambda: obj


__all__ = ["Capture", "Lowered", "lower"]
