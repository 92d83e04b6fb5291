"""Gradients by the tape: what `symgrad.grad` computes ahead of time, decided while the function runs."""
from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from symgrad.arguments import Argnums, Parameters, Selected, normal
from symgrad.errors import ArgumentError, NotScalarError
from symgrad.tape import engine, run
from symgrad.tape.apply import held
from symgrad.tape.arrays import Array
from symgrad.tape.engine import Node, Value
from symgrad.tape.memory import create
from symgrad.tape.structures import floats, is_float, is_record, mapped


class Record:
    """One run of a function: its value, and every operation on what was differentiated.

    nodes: in the order in which they were made. Each has `op`, its name; `data`, the value; `grad`, the adjoint, after
        `pull_back`; `line`, the file and line of the primal; `parents`, what it was computed from.
    value: what the function returned, in plain numbers and arrays.
    """

    def __init__(self, f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any],
                 argnums: Argnums | None) -> None:
        self.nodes: list[Node] = []
        function, skip, instance = method(f)
        parameters = Parameters(function, skip)
        bound = parameters.bind((*instance, *args), kwargs)
        chosen = [s for n in (range(len(args)) if argnums is None else [normal(argnums)])
                  for s in parameters.select(n, bound)]
        self.lone = argnums is not None and not isinstance(normal(argnums), tuple)
        for s in chosen:
            if argnums is not None and not floats(part(bound, s)):
                raise ArgumentError(f"the argument {s.parameter!r} has no floats: there is no derivative with respect "
                                    "to it", hint="pass a float; or choose other arguments with argnums")
        with run.running(self.nodes) as current:
            lifted = {name: lift(value, {s.key for s in chosen if s.parameter == name}, current)
                      for name, value in bound.items()}
            # the function may put something else into a list or an object that it is given
            own = {name: mapped(lambda leaf: leaf, value) for name, value in lifted.items()}
            self.arguments = [(part(bound, s), part(own, s)) for s in chosen]
            call = parameters.signature.bind_partial()
            call.arguments.update(lifted)
            self.result = run.call(function, *call.args, **call.kwargs)
        self.value = plain_of(self.result)

    def pull_back(self, cotangent: Any) -> Any:
        """The cotangents of the arguments, given one with the structure of the value; each node's `grad`."""
        for node in self.nodes:
            node.grad = 0
        seeds: list[Node] = []
        seed(self.result, cotangent, seeds)
        engine.sweep(engine.order(seeds))
        found = tuple(gradient(plain, lifted) for plain, lifted in self.arguments)
        return found[0] if self.lone else found


def method(f: Any) -> tuple[Any, int, tuple[Any, ...]]:
    """The function to run, how many of its parameters are not counted, and what is bound to them."""
    if isinstance(f, types.MethodType) and isinstance(f.__func__, types.FunctionType):
        return f.__func__, 1, (f.__self__,)
    return f, 0, ()


def part(bound: dict[str, Any], chosen: Selected) -> Any:
    """An argument, or an item of what ``*args`` or ``**kwargs`` holds."""
    whole = bound[chosen.parameter]
    return whole if chosen.key is None else whole[chosen.key]


# -- arguments and results -------------------------------------------------------------------------


def lift(x: Any, keys: set[Any], current: run.Run) -> Any:
    """An argument as the run sees it: a copy, whose floats are on the tape where they are differentiated.

    keys: empty for a constant, {None} for the whole argument, else those of its items.
    """
    if keys - {None}:
        items = x.items() if isinstance(x, dict) else enumerate(x)
        lifted = {k: lift(v, {None} if k in keys else set(), current) for k, v in items}
        return lifted if isinstance(x, dict) else tuple(lifted.values())

    def leaf(x: Any) -> Any:
        if isinstance(x, np.ndarray) and x.dtype.kind in "fc":
            x = x.copy(order="K")
            return create(x, "", (), None) if keys else held(x, [])
        if isinstance(x, np.ndarray):
            return x.copy(order="K")
        return engine._made(x, "", (), None) if keys and is_float(x) else x

    if is_record(x):
        current.instrument_class(type(x))
    return mapped(leaf, x)


def plain_of(x: Any) -> Any:
    """A result in plain numbers and arrays."""
    return mapped(lambda leaf: leaf.data.copy() if isinstance(leaf, Array) else leaf.data if isinstance(leaf, Value)
                  else leaf, x)


def gradient(plain: Any, lifted: Any) -> Any:
    """The gradients of an argument, in its structure; what has no derivative stays as it is."""
    def leaf(x: Any, node: Any) -> Any:
        if isinstance(node, Array):
            return node.grad.astype(node.data.dtype, copy=False)
        if isinstance(node, Value):
            g = node.grad
            return type(x)(g.real if np.iscomplexobj(g) and not np.iscomplexobj(x) else g)
        return x

    return mapped(leaf, plain, lifted)


def seed(result: Any, cotangent: Any, seeds: list[Node]) -> None:
    """Set the adjoints of what a function returned."""
    def leaf(r: Any, d: Any) -> None:
        if d is None:
            return
        if isinstance(r, Value):
            r.grad = r.grad + d
            seeds.append(r)
        elif isinstance(r, Array) and r.active:
            reading = r.reading()
            reading.add(np.asarray(d))
            seeds.append(reading.node)

    mapped(leaf, result, cotangent)


# -- what users call --------------------------------------------------------------------------------


def record(f: Callable[..., Any], *args: Any, argnums: Argnums | None = None, **kwargs: Any) -> Record:
    """Run a function on the tape and keep the record of it.

    >>> from symgrad import tape
    >>> def f(x):
    ...     return x * x + 1.0
    >>> r = tape.record(f, 3.0)
    >>> r.value, r.pull_back(1.0)
    (10.0, (6.0,))
    >>> [(node.op, node.data, node.grad) for node in r.nodes]
    [('', 3.0, 6.0), ('*', 9.0, 1.0), ('+', 10.0, 1.0)]
    """
    return Record(f, args, kwargs, argnums)


def vjp(f: Callable[..., Any], *args: Any, argnums: Argnums | None = None) -> tuple[Any, Callable[[Any], Any]]:
    """The value of ``f(*args)`` and the function that pulls cotangents back through it: see `symgrad.vjp`.

    >>> import numpy as np
    >>> from symgrad import tape
    >>> value, pullback = tape.vjp(np.exp, np.zeros(2))
    >>> value
    array([1., 1.])
    >>> pullback(np.array([3.0, 5.0]))
    (array([3., 5.]),)
    """
    made = record(f, *args, argnums=argnums)

    def pullback(cotangent: Any) -> Any:
        found = made.pull_back(cotangent)
        if argnums is not None:
            return found
        return tuple(g if floats(a) else None for g, a in zip(found, args))

    return made.value, pullback


def value_and_grad(f: Callable[..., Any], *, argnums: Argnums | None = None) -> Callable[..., Any]:
    """The value of a function together with its gradient, by the tape: see `symgrad.value_and_grad`."""
    @functools.wraps(f, updated=())
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        made = record(f, *args, argnums=0 if argnums is None else argnums, **kwargs)
        if not isinstance(made.value, (float, np.floating)) and not (
                isinstance(made.value, np.ndarray) and made.value.ndim == 0 and made.value.dtype.kind == "f"):
            raise NotScalarError(f"the gradient needs a function whose result is a real scalar, not {made.value!r}",
                                 hint="use vjp for other results")
        return made.value, made.pull_back(np.ones_like(made.value)[()])

    return wrapper


def grad(f: Callable[..., Any], *, argnums: Argnums | None = None) -> Callable[..., Any]:
    """The gradient of a function whose result is a real scalar, by the tape: see `symgrad.grad`.

    The function is run as it is written, and its operations are recorded; no code is generated. The
    gradient has the structure of the argument, and the arguments are never changed.

    >>> import math
    >>> from symgrad import tape
    >>> def f(x, n):
    ...     for _ in range(n):
    ...         x = math.sin(x) * 2.0
    ...     return x
    >>> round(tape.grad(f)(0.5, 3), 6)
    -0.267069
    """
    both = value_and_grad(f, argnums=argnums)

    @functools.wraps(f, updated=())
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return wrapper
