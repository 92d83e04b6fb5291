"""Whole Jacobians: one run of generated code per element of the arguments, or per element of the result."""
from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from symgrad import gradient
from symgrad.arguments import Argnums, Selected, name_of
from symgrad.errors import ArgumentError
from symgrad.pullback import pull_back
from symgrad.pushforward import Linearised, zeros_like
from symgrad.specialise import Options

Leaf = Any                      # a float, or an array of floats
Blocks = list[list[Any]]        # for each leaf of the value, for each leaf of the argument


def jacobian_of(function: Any, argnums: Argnums | None, by: str, **how: Any) -> Callable[..., Any]:
    """The function that computes the Jacobian by its "columns", its "rows", or whichever are "fewer"; `how`: options."""
    wrt: Argnums = 0 if argnums is None else argnums
    several = wrt if isinstance(wrt, tuple) else (wrt,)

    @functools.wraps(function, updated=())
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        linearised = Linearised(function, args, kwargs, several, **how)
        arguments = [linearised.value(place) for place in linearised.selected]
        for place, a in zip(linearised.selected, arguments):
            check_real(function, place, a)
        value, _ = linearised({})
        forward = by == "columns" or by == "fewer" and size(arguments) <= size(value)
        if forward:
            blocks = [columns(linearised, place, value) for place in linearised.selected]
        else:
            blocks = rows(gradient.of(function, Options("vjp", several, **how)), args, kwargs, value, arguments)
        found = tuple(rebuilt(value, [rebuilt(a, row) for row in parts]) for a, parts in zip(arguments, blocks))
        return found if isinstance(wrt, tuple) else found[0]

    return jacobian


def columns(linearised: Linearised, place: Selected, value: Any) -> Blocks:
    """A directional derivative per element of one argument."""
    argument = linearised.value(place)
    found = [[leaves(linearised({place: unit})[1]) for unit in row] for row in units(argument)]
    return [[block([tangents[k] for tangents in row], -1, v, a) for row, a in zip(found, leaves(argument))]
            for k, v in enumerate(leaves(value))]


def rows(derivative: Any, args: tuple[Any, ...], kwargs: dict[str, Any], value: Any, arguments: list[Any]) -> list[Blocks]:
    """A pullback per element of the value, for all arguments at once."""
    _, pullback = pull_back(derivative, args, kwargs)
    found = [[[leaves(g) for g in pullback(unit)] for unit in row] for row in units(value)]
    return [[[block([gradients[n][j] for gradients in row], 0, v, a) for j, a in enumerate(leaves(argument))]
             for row, v in zip(found, leaves(value))] for n, argument in enumerate(arguments)]


def block(parts: list[Leaf], axis: int, value: Leaf, argument: Leaf) -> Leaf:
    """The derivative of one leaf by another: axes of the value, then axes of the argument."""
    shape = (*np.shape(value), *np.shape(argument))
    if not shape:
        return parts[0]
    if not parts:
        return np.zeros(shape, np.result_type(value))
    return np.stack(parts, axis).reshape(shape)


def units(tree: Any) -> Iterator[Iterator[Any]]:
    """For each leaf, for each of its elements: the tree that is 1 there, and 0 elsewhere."""
    every = leaves(zeros_like(tree))
    for k, leaf in enumerate(every):
        def one(k: int = k, leaf: Leaf = leaf) -> Iterator[Any]:
            for i in range(np.size(leaf)):
                unit: Any = type(leaf)(1) if not isinstance(leaf, np.ndarray) else np.zeros(leaf.shape, leaf.dtype)
                if isinstance(unit, np.ndarray):
                    unit.flat[i] = 1
                yield rebuilt(tree, [*every[:k], unit, *every[k + 1:]])
        yield one()


# -- structures -----------------------------------------------------------------------------------


def is_leaf(x: Any) -> bool:
    return isinstance(x, (float, complex, np.floating, np.complexfloating)) or \
        isinstance(x, np.ndarray) and x.dtype.kind in "fc"


def parts_of(x: Any) -> dict[Any, Any] | None:
    """The parts of a structure by key, or None for what has none."""
    from symgrad.frontend.signature import fields_of, is_record
    if isinstance(x, dict):
        return x
    if isinstance(x, (list, tuple)):
        return dict(enumerate(x))
    return fields_of(x) if is_record(x) else None


def leaves(tree: Any) -> list[Leaf]:
    """The floats and arrays of floats of a structure, in order."""
    if is_leaf(tree):
        return [tree]
    return [leaf for part in (parts_of(tree) or {}).values() for leaf in leaves(part)]


def rebuilt(tree: Any, new: list[Any]) -> Any:
    """The structure with other leaves."""
    supply = iter(new)

    def build(x: Any) -> Any:
        if is_leaf(x):
            return next(supply)
        parts = parts_of(x)
        if parts is None:
            return x
        made = {k: build(v) for k, v in parts.items()}
        if isinstance(x, tuple):
            return type(x)(*made.values()) if hasattr(x, "_fields") else tuple(made.values())
        if isinstance(x, (list, dict)):
            return list(made.values()) if isinstance(x, list) else made
        return with_fields(x, made)
    return build(tree)


def with_fields(record: Any, fields: dict[str, Any]) -> Any:
    """A copy of an object with other fields."""
    import copy
    made = copy.copy(record)
    for name, field in fields.items():
        object.__setattr__(made, name, field)
    return made


def size(tree: Any) -> int:
    return sum(int(np.size(leaf)) for leaf in leaves(tree))


def check_real(function: Any, place: Selected, argument: Any) -> None:
    if any(np.result_type(leaf).kind == "c" for leaf in leaves(argument)):
        raise ArgumentError(f"the Jacobian of {name_of(function)}() with respect to the complex argument "
                            f"{place.parameter!r} has two real parts",
                            hint="pass real and imaginary parts as arguments of their own, or use jvp and vjp")


__all__ = ["jacobian_of"]
