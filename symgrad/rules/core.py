"""What a derivative rule is, and the one table that holds them all.

A rule is stated once and read by everybody: reverse mode, forward mode, the
tape and the SymPy check. There are three forms.

* `elementwise`: the partial derivatives as expressions in the operands and the
  result ``r``. They are text, so that SymPy can read them too::

      elementwise("tanh", (math.tanh, np.tanh), "x", ["1.0 - r * r"])

  Each text is multiplied by the cotangent (or, forward, by the tangent), unless it says itself
  what becomes of it: a text that names ``dy`` is the whole contribution, in either mode::

      elementwise("where", (np.where,), "c x y", ["0", "dy if c else 0.0", "0.0 if c else dy"])

* `vjp`: for what is not elementwise, an ordinary Python function from the
  cotangent of the result to the cotangents of the arguments named in `wrt`.
  It is called with ``(dy, r, *arguments)`` and its source is differentiated
  code's raw material: the compiler inlines it, deciding every branch on
  `ndim`, `axis` and the like, so that none of them reaches the generated code::

      @vjp(np.outer, wrt="a b", linear=True)
      def outer(dy, r, a, b):
          return (dy @ np.ravel(b)).reshape(a.shape), (np.ravel(a) @ dy).reshape(b.shape)

* `constant`: piecewise constant functions; nothing flows through them.

Forward mode follows for free where the function is linear in each argument of
`wrt` (`linear=True`); elsewhere `jvp` states it.
"""
from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from symgrad.structs import field, struct

F = TypeVar("F", bound=Callable[..., Any])
Key = Callable[..., Any] | tuple[Callable[..., Any], str]     # a function, or a variant of one: (np.add, "outer")


@struct(frozen=True)
class Viewed:
    """An array of which a function returns a view or a copy, as far as it is known before the program runs."""

    ndim: int
    dtype: str
    in_rows: Callable[[], bool]                  # whether it is certainly laid out row by row, without gaps
    given: dict[str, Any]                        # the other arguments, by name; Ellipsis for those that are not known


@struct(eq=False)
class Rule:
    """The derivative of one primitive function."""

    name: str
    functions: tuple[Key, ...]
    params: tuple[str, ...]
    defaults: dict[str, Any] = field(default_factory=dict)
    wrt: tuple[str, ...] = ()
    partials: tuple[str, ...] | None = None      # elementwise rules only, one text per parameter
    pullback: Callable[..., Any] | None = None   # (dy, r, *params) -> cotangent, or tuple of them
    pushforward: dict[str, Callable[..., Any]] = field(default_factory=dict)
    linear: bool = False
    variadic: str = ""                           # the parameter that holds the tuple of a `*args`
    domain: str = ""                             # a condition under which the partials hold
    scalar_partials: tuple[str, ...] | None = None   # for Python floats, which raise at 1.0 / 0.0
    singular: bool = False                       # a partial can be inf or NaN at finite arguments
    absent: bool = False                         # a result that nothing flows back from has None for its cotangent

    # What else the compiler knows of the function: see `facts`.
    view: bool | Callable[[Viewed], bool | None] = False
    writable: bool = True
    moves: bool = False
    rows: bool = False
    fresh: bool = False
    like: bool = False
    zeros: bool = False
    lists: tuple[str, ...] = ()
    shapes: tuple[str, ...] = ()
    aliases: dict[str, str] = field(default_factory=dict)        # other names of parameters, as keywords

    @property
    def is_elementwise(self) -> bool:
        return self.partials is not None

    @property
    def is_constant(self) -> bool:
        return not self.wrt


RULES: dict[Key, Rule] = {}
VARYING: set[Callable[..., Any]] = set()          # functions that have variants
STATED: list[str] = []                            # the functions whose rules users have stated
METHODS: dict[str, Callable[..., Any]] = {}       # ndarray method -> the function that it stands for


LATER: dict[str, str] = {}                        # library -> the module that states its rules, once it is imported


def find(function: Key) -> Rule | None:
    """The rule of `function`, or None."""
    try:
        rule = RULES.get(function)
        if rule is None and function is not None and LATER and _state_what_is_imported():
            rule = RULES.get(function)
        return rule
    except TypeError:                             # an unhashable callable has no rule
        return None


def key_of(function: Any, count: int, complex: bool) -> Key:
    """The key of the rule for a call with `count` arguments, some of them complex: a function may have variants."""
    if find(function) is None or not varies(function):
        return function
    if count == 2 and (function, "base") in RULES:
        return (function, "base")
    return (function, "complex") if complex and (function, "complex") in RULES else function


def varies(function: Any) -> bool:
    """Whether a function has variants with rules of their own: for two arguments, for complex ones."""
    try:
        return function in VARYING
    except TypeError:                             # an unhashable callable
        return False


def when_imported(library: str, rules: str) -> None:
    """Have the module `rules` imported when a function is looked up after the program has imported `library`.

    So rules for a library cost nothing where it is not used, and it need not be installed.
    """
    LATER[library] = rules


def _state_what_is_imported() -> bool:
    """Import the rules of libraries that have been imported since; whether there were any."""
    found = [library for library in LATER if library in sys.modules]
    for library in found:
        importlib.import_module(LATER.pop(library))
    return bool(found)


def elementwise(name: str, functions: Iterable[Key], params: str,
                partials: list[str], domain: str = "", *, scalar: list[str] | None = None,
                singular: bool = False, defaults: dict[str, Any] | None = None,
                aliases: dict[str, str] | None = None) -> Rule:
    """State the partial derivatives of an elementwise function, one text per parameter.

    The text may use the parameters, the result ``r``, numbers, ``pi``, ``inf``, ``nan``, Python
    operators and comparisons, conditional expressions, the cotangent ``dy`` and the names of
    other elementwise functions (``exp``, ``log``, ``cos`` ..., see `names`). ``"0"`` says that
    nothing flows to that parameter. ``"*x"`` for `params` means any number of arguments, with
    the one text for each of them.

    `singular` warns that a partial can be inf or NaN at finite arguments: a cotangent that is
    exactly 0 stays 0 there. `scalar` gives the texts for Python floats where those would raise
    ZeroDivisionError and arrays would not. The text of a real function of a complex argument is
    df/dx - i df/dy; forward mode takes the real part of what it gives.
    """
    names = tuple(params.removeprefix("*").split())
    assert len(names) == len(partials) == len(scalar or partials), name
    wrt = tuple(n for n, p in zip(names, partials) if p != "0")
    return _add(Rule(name, tuple(functions), names, defaults or {}, wrt, tuple(partials), domain=domain,
                     scalar_partials=tuple(scalar) if scalar else None, singular=singular, aliases=aliases or {},
                     variadic=names[0] if params.startswith("*") else ""))


def facts(*, view: bool | Callable[[Viewed], bool | None] = False, writable: bool = True, moves: bool | None = None,
          rows: bool = False, fresh: bool = False, like: bool = False, zeros: bool = False, lists: str = "",
          shapes: str = "", absent: bool = False) -> dict[str, Any]:
    """What a function does with memory, shapes and lists: the keywords of `vjp` and `constant`.

    view: the result is the memory of the first argument: always, or where the predicate says True; None is its
        answer where only the layout in memory tells.
    writable: the view can be written to.
    moves: the result's elements are elements of the first argument. Views have that, if nothing else is said.
    rows: the result is laid out row by row, without gaps; a view, if what it is a view of is.
    fresh: the result is an array to write to: two calls with the same arguments are two arrays.
    like: the result has the shape of the first argument.
    zeros: all elements of the result are 0.
    lists: the parameters that take a sequence of arrays or numbers as it is; for the others one is made an array.
    shapes: the parameters of which the shape and dtype matter only: nothing flows to them.
    absent: a result that nothing flows back from has None for its cotangent, and not zeros.
    """
    return {"view": view, "writable": writable, "moves": bool(view) if moves is None else moves, "rows": rows,
            "fresh": fresh, "like": like, "zeros": zeros, "lists": tuple(lists.split()), "shapes": tuple(shapes.split()),
            "absent": absent}


def vjp(*functions: Key, wrt: str, linear: bool = False, variadic: str = "",
        **known: Any) -> Callable[[Callable[..., Any]], Rule]:
    """Register the decorated pullback ``(dy, r, *params) -> cotangents of wrt``.

    A parameter named `variadic` holds the tuple of what the function takes as ``*args``. Other keywords
    say what else is known of the function: see `facts`.
    """

    def register(pullback: Callable[..., Any]) -> Rule:
        code, defaults = pullback.__code__, pullback.__defaults__ or ()
        names = code.co_varnames[:code.co_argcount]
        return _add(Rule(
            getattr(functions[0], "__name__", pullback.__name__), functions,
            names[2:], dict(zip(names[len(names) - len(defaults):], defaults)),
            wrt=tuple(wrt.split()), pullback=pullback, linear=linear, variadic=variadic, **facts(**known)))

    return register


def jvp(function: Key, wrt: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the tangent through one argument: the decorated ``(d<wrt>, r, *params) -> dr``."""

    def register(pushforward: Callable[..., Any]) -> Callable[..., Any]:
        RULES[function].pushforward[wrt] = pushforward
        return pushforward

    return register


def constant(*functions: Key, **known: Any) -> None:
    """Register functions whose result carries no derivative: comparisons, argmax, floor ... Keywords as in `facts`."""
    for function in functions:
        _add(Rule(getattr(function, "__name__", str(function)), (function,), (), **facts(**known)))


def returns_argument(*functions: Key, when: Callable[[tuple[Any, ...], Mapping[str, Any]], bool] | None = None) -> None:
    """Say that a function's result may be memory of an argument, or a view: always, or for these arguments and keywords.

    For functions that do so in some calls only; one that always returns a view says so with `view` (see `facts`).
    """
    for function in functions:
        RETURNING[function] = when or (lambda args, kwargs: True)


RETURNING: dict[Key, Callable[[tuple[Any, ...], Mapping[str, Any]], bool]] = {}


def may_return_argument(function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    """Whether the result of this call may be memory of an argument, or a view of it."""
    try:
        decide = RETURNING.get(function)
    except TypeError:                             # an unhashable callable
        return False
    return decide is not None and decide(args, kwargs)


HOLDERS: set[Callable[..., Any]] = {list, sum}    # their results may be, or hold, the memory of each argument


def holds(function: F) -> F:
    """Say that what the decorated function returns may hold the memory of its arguments, as a list does."""
    HOLDERS.add(function)
    return function


def alias(function: Key, *others: Key) -> None:
    """Say that `others` have the rule of `function`."""
    for other in others:
        _enter(other, RULES[function])


def method(**names: Callable[..., Any]) -> None:
    """Say which function each ndarray method stands for: ``method(sum=np.sum)``."""
    METHODS.update(names)


def _enter(function: Key, rule: Rule) -> None:
    RULES[function] = rule
    if isinstance(function, tuple):
        VARYING.add(function[0])


def _add(rule: Rule) -> Rule:
    for function in rule.functions:
        try:
            _enter(function, rule)
        except TypeError:
            raise TypeError(f"{rule.name}() cannot have a rule of its own, since it cannot be hashed: call it from "
                            "a Python function, and state the rule of that one") from None
    return rule
