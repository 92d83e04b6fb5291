"""`symgrad.rule`: how users state the derivatives of functions of their own."""
from __future__ import annotations

import ast
import functools
import inspect
import types
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from symgrad.errors import ArgumentError
from symgrad.rules import core, names


def rule(function: Callable[..., Any], *, wrt: str | None = None, linear: bool = False, variadic: str = "",
         partials: str | Sequence[str] | None = None, params: str = "", singular: bool = False,
         mode: str = "reverse") -> Any:
    """State the derivative of a function: of one that symgrad cannot read, or in place of what it would derive.

    As a decorator, for any function. The decorated pullback takes the cotangent of the result, the
    result, and the function's parameters, by the names that the function gives them. It returns the
    cotangents of the parameters in `wrt`, as a tuple where these are several. Its source becomes
    part of the generated code, so it is written in the Python that symgrad reads.

    >>> import math
    >>> import statistics
    >>> import symgrad
    >>> def quantile(p, sigma=1.0):
    ...     return statistics.NormalDist(0.0, sigma).inv_cdf(p)
    >>> @symgrad.rule(quantile, wrt="p sigma")
    ... def quantile_pullback(dy, r, p, sigma):
    ...     z = r / sigma
    ...     return dy * sigma * math.sqrt(2.0 * math.pi) * math.exp(0.5 * z * z), dy * z
    >>> round(symgrad.grad(quantile)(0.5), 6)
    2.506628

    With `partials`, for an elementwise function: one text per parameter, an expression in the
    parameters and the result ``r``. See `symgrad.rules.core.elementwise` for what it may hold.

    >>> def relative_error(x, y):
    ...     return abs(x - y) / abs(y)
    >>> _ = symgrad.rule(relative_error, partials=["sign(x - y) / abs(y)", "0"])
    >>> symgrad.grad(relative_error)(3.0, 2.0)
    0.5

    Forward mode uses the same texts, and transposes a pullback. Where one knows better, ``mode="forward"`` states
    how the tangent of the one parameter in `wrt` goes through: the decorated function takes that tangent, the
    result, and the function's parameters, and returns the tangent of the result.

    >>> @symgrad.rule(quantile, wrt="p", mode="forward")
    ... def quantile_pushforward(dp, r, p, sigma):
    ...     z = r / sigma
    ...     return dp * sigma * math.sqrt(2.0 * math.pi) * math.exp(0.5 * z * z)
    >>> value, tangent = symgrad.jvp(quantile, (0.5, 1.0), (2.0, None))
    >>> round(tangent, 6)
    5.013257

    function: a Python function, a function written in C, a ufunc, a callable object.
    wrt: the names of the parameters that have a derivative, separated by spaces. The empty text
        says that there are none: nothing flows through the function.
    linear: the function is linear in each parameter of `wrt`.
    variadic: the name of the pullback's parameter that holds the tuple of the function's ``*args``.
    params: the function's parameters, for `partials` of a function whose signature cannot be had.
    singular: a partial derivative can be infinite or NaN at finite arguments; a cotangent that is
        exactly 0 stays 0 there.
    mode: "reverse" for a pullback, "forward" for a pushforward through one parameter.

    A rule is stated before a gradient that needs it is first called. A later one replaces it for
    functions that are compiled after that. Raises ArgumentError where the rule does not fit the function.
    """
    if not callable(function):
        raise ArgumentError(f"a rule is for a function, not for {function!r}",
                            hint="@symgrad.rule(function, wrt=...): give the function itself")
    if isinstance(function, functools.partial):
        raise ArgumentError("a rule is for a function, not for a functools.partial of it",
                            hint=f"state the rule of {_name(function.func)}() with all its parameters")
    core.find(function)             # symgrad's own rule first, where it is stated when the library is used: it would replace this one
    core.STATED.append(_name(function))
    if isinstance(function, functools._lru_cache_wrapper):      # the compiler looks through the cache
        function = function.__wrapped__
    if partials is not None:
        return _elementwise(function, [partials] if isinstance(partials, str) else list(partials), params, singular)
    if wrt is None:
        raise ArgumentError(f"a rule for {_name(function)}() needs wrt=, or partials=",
                            hint='@symgrad.rule(function, wrt="x y") names the parameters that have a derivative; '
                                 'wrt="" says that there are none')
    if not wrt.split():
        core.constant(function)
        return None

    if mode == "forward":
        return functools.partial(_pushforward, function, wrt)

    def register(pullback: Callable[..., Any]) -> Callable[..., Any]:
        checked = _checked(function, pullback, wrt.split(), variadic)
        core.vjp(function, wrt=wrt, linear=linear, variadic=variadic, lists=wrt)(checked).name = _name(function)
        return pullback

    return register


def _name(function: Any) -> str:
    return str(getattr(function, "__name__", None) or type(function).__name__)


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter] | None:
    """The parameters of a function, or None where they cannot be had, as for some functions written in C."""
    if isinstance(function, np.ufunc):
        return None
    try:
        return list(inspect.signature(function, follow_wrapped=False).parameters.values())
    except (TypeError, ValueError):
        return None


# -- elementwise rules -----------------------------------------------------------------------------


def _elementwise(function: Callable[..., Any], texts: list[str], params: str, singular: bool) -> core.Rule:
    name = _name(function)
    known = None if params else _parameters(function)
    if not params and (known is None or any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in known)):
        raise ArgumentError(f"the parameters of {name}() cannot be had",
                            hint=f'say what they are: symgrad.rule({name}, partials=..., params="x y")')
    taken = params or " ".join(p.name for p in known or ())
    parameters = taken.removeprefix("*").split()
    if len(texts) != len(parameters):
        raise ArgumentError(f"{name}({', '.join(parameters)}) has {len(parameters)} parameters, and the rule has "
                            f"{len(texts)} partial derivatives",
                            hint='give one text per parameter, "0" where nothing flows')
    for parameter, text in zip(parameters, texts):
        where = f"the partial derivative of {name}() with respect to {parameter}, {text!r},"
        try:
            tree = ast.parse(text, mode="eval")
        except SyntaxError as error:
            raise ArgumentError(f"{where} is not an expression: {error.msg}") from None
        free = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
        unknown = sorted(free - {*parameters, "r", "dy", *names.SCALAR, *names.ARRAY})
        if unknown:
            raise ArgumentError(f"{where} uses {', '.join(unknown)}, which it cannot",
                                hint=f"it may use the parameters, r, dy and {', '.join(sorted(names.ARRAY))}; for "
                                     "anything else write a pullback: @symgrad.rule(function, wrt=...)")
    defaults = {p.name: p.default for p in known or () if p.default is not p.empty}
    return core.elementwise(name, (function,), taken, texts, singular=singular, defaults=defaults)


# -- pullbacks -------------------------------------------------------------------------------------


def _checked(function: Callable[..., Any], pullback: Any, wrt: list[str], variadic: str) -> Callable[..., Any]:
    """The pullback with the function's defaults, after a look at whether it can be right."""
    name = _name(function)
    if not isinstance(pullback, types.FunctionType):
        raise ArgumentError(f"the rule of {name}() must be a Python function, not {pullback!r}")
    taken = list(inspect.signature(pullback).parameters.values())
    call = f"{pullback.__name__}({', '.join(p.name for p in taken)})"
    if len(taken) < 3 or any(p.kind is not p.POSITIONAL_OR_KEYWORD for p in taken):
        raise ArgumentError(f"the rule {call} of {name}() must take the cotangent of the result, the result, and "
                            "the function's parameters", hint=f"def {pullback.__name__}(dy, r, x, ...)")
    given = [p.name for p in taken[2:]]
    for n in wrt:
        if n not in given:
            raise ArgumentError(f"wrt names {n!r}, but the rule {call} of {name}() has no such parameter")
    known = _parameters(function)
    defaults: dict[str, Any] = {}
    if known is not None and not any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in known) and not variadic:
        expected = [n if p.kind is p.POSITIONAL_ONLY else p.name for n, p in zip(given, known)]
        expected += [p.name for p in known[len(given):]]
        if given != expected[:len(given)] or any(p.default is p.empty for p in known[len(given):]):
            raise ArgumentError(f"the rule {call} does not fit {name}({', '.join(expected)})",
                                hint=f"def {pullback.__name__}(dy, r, {', '.join(expected)})")
        defaults = {p.name: p.default for p in known if p.default is not p.empty}
    defaults.update({p.name: p.default for p in taken if p.default is not p.empty})
    if wrt:
        _check_count(name, pullback, wrt)
    checked = types.FunctionType(pullback.__code__, pullback.__globals__, pullback.__name__, None, pullback.__closure__)
    last = [n for n in given if n not in defaults]
    start = given.index(last[-1]) + 1 if last else 0            # Python wants defaults to come last
    checked.__defaults__ = tuple(defaults[n] for n in given[start:])
    checked.__module__, checked.__qualname__ = pullback.__module__, pullback.__qualname__
    return checked


def _pushforward(function: Callable[..., Any], wrt: str, pushforward: Callable[..., Any]) -> Callable[..., Any]:
    """Add a pushforward to a rule that states the pullback."""
    name, known = _name(function), core.find(function)
    if known is None or known.pullback is None or wrt not in known.wrt:
        raise ArgumentError(f"there is no rule of {name}() with a pullback to its parameter {wrt!r} yet",
                            hint=f'state that first: @symgrad.rule({name}, wrt="{wrt}"), then the pushforward, '
                                 "one parameter at a time")
    core.jvp(function, wrt)(_checked(function, pushforward, [], known.variadic))
    return pushforward


def _check_count(name: str, pullback: types.FunctionType, wrt: list[str]) -> None:
    """Refuse a pullback that plainly returns more or fewer cotangents than there are names in `wrt`."""
    from symgrad.frontend.source import definition, span
    node, source = definition(pullback)
    for expression in _returned(node):
        found = _count(expression)
        if found is None or found == len(wrt) or len(wrt) == 1 and found > 1:      # the parts of a sequence
            continue
        raise ArgumentError(f"the rule of {name}() returns {found} cotangent{'s' * (found != 1)}, and wrt names "
                            f"{len(wrt)} parameter{'s' * (len(wrt) != 1)} ({', '.join(wrt)})",
                            span(source, expression), "return one cotangent for each, in that order")


def _returned(node: ast.FunctionDef | ast.Lambda) -> Iterator[ast.expr]:
    """What the return statements of a function give, without those of functions inside it."""
    if isinstance(node, ast.Lambda):
        yield node.body
        return
    todo: list[ast.AST] = list(node.body)
    while todo:
        inner = todo.pop(0)
        if isinstance(inner, ast.Return):
            yield inner.value or ast.copy_location(ast.Constant(None), inner)
        elif not isinstance(inner, (ast.FunctionDef, ast.Lambda, ast.ClassDef)):
            todo.extend(ast.iter_child_nodes(inner))


def _count(e: ast.expr) -> int | None:
    """How many cotangents an expression is, as far as its form tells."""
    if isinstance(e, ast.Tuple):
        return None if any(isinstance(i, ast.Starred) for i in e.elts) else len(e.elts)
    if isinstance(e, ast.Constant):
        return 0 if e.value is None else 1
    return 1 if isinstance(e, (ast.BinOp, ast.UnaryOp)) else None


__all__ = ["rule"]
