"""Running a function as it is written, with values of the tape in place of its arguments' floats.

For the length of a run, the functions that are called have the code that `rewriting` makes of them: each of
their calls comes through `call`, which hands it to the rule table if a value of the tape is among the arguments.
"""
from __future__ import annotations

import builtins
import contextlib
import copy
import functools
import itertools
import linecache
import math
import operator
import pathlib
import threading
import types
from collections.abc import Callable, Hashable, Iterator
from typing import Any

import numpy as np

from symgrad.api import jvp
from symgrad.errors import Span, SymgradError
from symgrad.gradient import Bound, Gradient
from symgrad.pushforward import Pushforward, at
from symgrad.rules.core import METHODS, find
from symgrad.tape.apply import apply, held, live, target_of, ufunc_call
from symgrad.tape.arrays import Array
from symgrad.tape.engine import RECORDER, Node, Value, primal_frame
from symgrad.tape.index_objects import indexed
from symgrad.tape.rewriting import Rewriter
from symgrad.tape.structures import LIBRARIES, mapped

OWN = str(pathlib.Path(__file__).parent.parent)
_lock = threading.RLock()


class Run:
    """What one run has changed, so that it can be put back."""

    def __init__(self) -> None:
        self.codes: dict[types.FunctionType, types.CodeType] = {}
        self.classes: set[type] = set()
        self.taken: dict[int, tuple[Any, Any]] = {}             # arrays that the run has met outside of its arguments

    def instrument(self, function: types.FunctionType) -> None:
        """Let a function run with visible calls, if its source can be had and it is no library's."""
        if function in self.codes or (function.__module__ or "").split(".")[0] in LIBRARIES or \
                function.__code__.co_filename.startswith(OWN):
            return
        made = REWRITER.rewritten(function.__code__)
        if made is not None and made is not function.__code__:
            self.codes[function] = function.__code__
            function.__code__ = made

    def instrument_class(self, cls: type) -> None:
        """The same for the methods and properties of a class."""
        for c in cls.__mro__:
            if c in self.classes or c.__module__.split(".")[0] in LIBRARIES:
                continue
            self.classes.add(c)
            for member in list(vars(c).values()):
                for function in functions_of(member):
                    self.instrument(function)

    def restore(self) -> None:
        for function, code in self.codes.items():
            function.__code__ = code


def functions_of(member: Any) -> list[types.FunctionType]:
    """The Python functions behind a member of a class."""
    if isinstance(member, (staticmethod, classmethod)):
        member = member.__func__
    if isinstance(member, functools.cached_property):
        member = member.func
    if isinstance(member, property):
        return [f for f in (member.fget, member.fset) if isinstance(f, types.FunctionType)]
    return [member] if isinstance(member, types.FunctionType) else []


@contextlib.contextmanager
def running(nodes: list[Node] | None = None) -> Iterator[Run]:
    """Within this, functions can be run on the tape; one thread at a time. `nodes` receives what is recorded."""
    with _lock:
        before = RECORDER.run, RECORDER.nodes
        run = Run()
        RECORDER.run, RECORDER.nodes = run, nodes
        try:
            yield run
        finally:
            run.restore()
            RECORDER.run, RECORDER.nodes = before


def read(x: Any) -> Any:
    """What is read or returned: an array from outside of the run becomes one on the tape.

    It is copied, as something outside may hold it, and whenever it is met again it is the same one.
    """
    if type(x) is not np.ndarray or RECORDER.run is None or x.dtype.kind not in "fc":
        return x
    return taken(RECORDER.run, x)


def taken(run: Run, x: np.ndarray) -> Any:
    """An array from outside as one on the tape. Views of one array stay views of one array."""
    if id(x) in run.taken:
        return run.taken[id(x)][1]
    owner = x
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    if owner is x or owner.dtype != x.dtype:
        made = held(x.copy(order="K"), [])
    else:
        whole = taken(run, owner)
        offset = x.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
        if whole.data.strides == owner.strides:
            view = np.ndarray(x.shape, x.dtype, whole.memory.flat, offset, x.strides)
            made = Array(view, whole.memory)
        else:
            made = held(x.copy(order="K"), [])
    run.taken[id(x)] = (x, made)
    return made


# -- calls ------------------------------------------------------------------------------------------


def call(function: Any, /, *args: Any, **kwargs: Any) -> Any:
    """``function(*args, **kwargs)``, as a call in a function that runs on the tape."""
    run = RECORDER.run
    if run is None:
        return function(*args, **kwargs)
    if not isinstance(function, Hashable):                  # an object of a dataclass that can be called
        function = type(function).__call__.__get__(function)
    if function in SPECIAL:
        return SPECIAL[function](*args, **kwargs)
    if isinstance(function, functools._lru_cache_wrapper):
        function = function.__wrapped__
    if isinstance(function, functools.partial):
        return call(function.func, *function.args, *args, **{**function.keywords, **kwargs})
    if isinstance(function, (Gradient, Bound)):
        return gradient_inside(run, function, args, kwargs)
    if function is jvp:
        return pushforward_inside(run, *args, **kwargs)
    if isinstance(function, Pushforward):
        return pushforward_inside(run, function.primal, *args, **kwargs)
    owner = getattr(function, "__self__", None)
    key = function
    if type(owner) is np.ndarray and function.__name__ in METHODS and active(args, kwargs):
        return call(METHODS[function.__name__], owner, *args, **kwargs)         # a method of an array from outside
    if isinstance(owner, np.ufunc):
        return ufunc_call(owner, function.__name__, args, kwargs)
    if isinstance(function, np.ufunc):
        return ufunc_call(function, "__call__", args, kwargs)
    rule = find(key) if function not in OPERATORS else None
    if rule is not None:
        args = tuple(list(a) if hasattr(a, "__next__") else a for a in args)
        if active(args, kwargs) or not isinstance(function, types.FunctionType) \
                or function.__module__.split(".")[0] == "numpy":
            return library(key, function, args, kwargs)
    if isinstance(function, (types.FunctionType, types.MethodType)):
        inner = getattr(function, "__func__", function)
        if isinstance(inner, types.FunctionType):
            run.instrument(inner)
        return read(function(*args, **kwargs))
    if function in HIGHER or getattr(function, "__name__", "") == "sort":
        args = tuple(map(visible, args))
        kwargs = {k: visible(v) for k, v in kwargs.items()}
    elif not isinstance(function, types.BuiltinFunctionType):
        run.instrument_class(function if isinstance(function, type) else type(function))
    if getattr(function, "__module__", None) == "numpy":
        return library(key, function, args, kwargs)
    return read(function(*args, **kwargs))


def gradient_inside(run: Run, function: Any, args: Any, kwargs: Any) -> Any:
    """A call of `symgrad.grad`'s result: its generated source runs on the tape, like any function."""
    if isinstance(function, Bound):
        return gradient_inside(run, function.gradient, (function.instance, *args), kwargs)
    compiled = function._compiled
    bound = compiled.parameters.bind(args, kwargs)
    found = compiled.of_values({name: mapped(live, value) for name, value in bound.items()})
    run.instrument(found.function)
    return read(found.run(bound))


def pushforward_inside(run: Run, f: Any, primals: Any = None, tangents: Any = None) -> Any:
    """A call of `symgrad.jvp`: its generated source runs on the tape, too."""
    if primals is None:
        return Pushforward(f)
    along, _ = at(f, mapped(live, tuple(primals)), mapped(live, tuple(tangents)))
    instance = along.parameters.skip * (getattr(f, "__self__", f),)
    bound = along.parameters.bind((*instance, *primals), {})
    places = [along.parameters.select(i, bound)[0] for i in range(len(primals))]
    seeds = {along.seeds[place.parameter]: d for place, d in zip(places, tangents) if place.parameter in along.seeds}
    generated: Any = along.specialised.function
    run.instrument(generated)
    return read(along.specialised.run(bound, **seeds))


def library(key: Any, function: Any, args: Any, kwargs: Any) -> Any:
    """A function of `math` or NumPy."""
    try:
        return apply(key, function, args, kwargs)
    except SymgradError as error:
        if error.span is not None:
            raise
        raise type(error)(error.message, here(), error.hint) from None


def here() -> Span | None:
    """The place in the primal that is being run."""
    frame = primal_frame()
    if frame is None:
        return None
    file, positions = frame.f_code.co_filename, list(frame.f_code.co_positions())[frame.f_lasti // 2]
    line = positions[0] or frame.f_lineno
    text = linecache.getline(file, line).rstrip("\n")
    return Span(file, line, positions[2] or 0, (positions[3] if positions[1] == line else None) or len(text), text)


def active(args: Any, kwargs: Any) -> bool:
    """Whether anything in the arguments of a call depends on what is differentiated."""
    return target_of([*args, *kwargs.values()]) is not None


def visible(function: Any) -> Any:
    """A function that is given to another one, such as `map`, to be called there."""
    if isinstance(function, (types.FunctionType, types.MethodType)):
        inner = getattr(function, "__func__", function)
        if RECORDER.run is not None and isinstance(inner, types.FunctionType):
            RECORDER.run.instrument(inner)
        return function
    return functools.partial(call, function) if callable(function) and not isinstance(function, (Array, Value)) \
        else function


# -- builtins that ask what a value is ----------------------------------------------------------------


def type_(*args: Any, **kwargs: Any) -> Any:
    return args[0].__class__ if len(args) == 1 else type(*args, **kwargs)


def number(cls: type) -> Callable[..., Any]:
    """float(x), and the like: the same value as a number of another type."""
    def convert(*args: Any, **kwargs: Any) -> Any:
        if not active(args, kwargs):
            return read(cls(*map(live, args), **kwargs))
        if cls in (float, complex):
            args = tuple(a.item() if isinstance(a, Array) else a for a in args)
        if len(args) == 1 and type(live(args[0])) is cls:
            return args[0]
        return apply(cls, cls, args, kwargs)

    return convert


def plainly(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that shows values and does not compute with them."""
    return lambda *args, **kwargs: function(*map(live, args), **kwargs)


def natural(function: Callable[..., Any]) -> Callable[..., Any]:
    """A builtin that only uses the operators of its arguments."""
    def run(*args: Any, **kwargs: Any) -> Any:
        return function(*map(visible_key, args), **{k: visible_key(v) for k, v in kwargs.items()})

    return run


def sum_(items: Any, /, start: Any = 0) -> Any:
    """Python's sum: from 3.12 on it makes up for what rounding loses, so numbers are left to it as a whole."""
    items = list(items)
    if all(isinstance(x, (Value, int, float)) for x in (*items, start)):
        return library(sum, sum, (items, start), {})
    return sum(items, start)


def visible_key(x: Any) -> Any:
    return visible(x) if callable(x) and not isinstance(x, type) else x


def shallow(x: Any) -> Any:
    return x if isinstance(x, Value) else copy.copy(x)


SPECIAL: dict[Any, Callable[..., Any]] = {
    type: type_, float: number(float), complex: number(complex), np.float64: number(np.float64),
    np.float32: number(np.float32), copy.copy: shallow, repr: plainly(repr), str: plainly(str), print: plainly(print),
    format: plainly(format), abs: operator.abs, divmod: natural(divmod), builtins.sum: sum_, round: natural(round),
    pow: natural(pow), max: natural(max), min: natural(min),
    np.ndenumerate: lambda a: ((i, a[i]) for i in np.ndindex(a.shape))}
OPERATORS = frozenset(f for f in vars(operator).values() if isinstance(f, types.BuiltinFunctionType)) | {
    int, bool, math.floor, math.ceil, math.trunc}
HIGHER = frozenset({map, filter, sorted, functools.reduce, max, min, itertools.accumulate, itertools.starmap,
                    itertools.takewhile, itertools.dropwhile})
REWRITER = Rewriter(call, read, indexed)
