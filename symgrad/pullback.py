"""vjp: the value of a function now, products with its transposed Jacobian whenever they are wanted."""
from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from symgrad.arguments import name_of
from symgrad.errors import ArgumentError
from symgrad.gradient import Bound, Gradient


def pull_back(derivative: Gradient | Bound, args: tuple[Any, ...], kwargs: dict[str, Any],
              ) -> tuple[Any, Callable[[Any], Any]]:
    """``(value, pullback)`` at these arguments, which may be changed afterwards."""
    from symgrad.frontend.signature import float_leaves
    if isinstance(derivative, Bound):
        return pull_back(derivative.gradient, (derivative.instance, *args), kwargs)
    compiled = derivative._compiled
    parameters = compiled.parameters
    primal: Any = derivative.primal
    bound = parameters.bind(args, kwargs)
    s = compiled.of_values(bound)
    s.check(bound)
    args, kwargs = copied(args), copied(kwargs)
    bound = parameters.bind(args, kwargs)
    run = s.detached(copied)
    cotangent_name, = s.generated.seeds
    value = primal(*copied(args), **copied(kwargs))
    everything = compiled.options.argnums is None
    selected = compiled.selected(bound, s.specs)

    def pullback(cotangent: Any) -> Any:
        """The cotangents of the arguments, given the cotangent of the result."""
        result = run(bound, **{cotangent_name: fitted(cotangent, value, f"the cotangent of {name_of(primal)}()")})
        if not everything:
            return result
        found: dict[str, Any] = dict(zip([n.parameter for n in selected], result))
        gradients = []
        for place in range(len(args) - parameters.skip):
            name, key = parameters.select(place, bound)[0]
            spec = s.specs.get(name)
            if key is not None and spec is not None:
                spec = dict(spec.items)[key]
            whole: Any = found.get(name)
            holds = spec is not None and float_leaves(spec)
            gradients.append(None if not holds else whole if key is None else whole[key])
        return tuple(gradients)

    return value, pullback


def copied(x: Any) -> Any:
    """A copy of what a function could write to: arrays, lists, dicts and objects with fields."""
    from symgrad.frontend.signature import fields_of, is_record
    if isinstance(x, np.ndarray):
        return x.copy()
    if type(x) in (list, dict, tuple):
        return {k: copied(v) for k, v in x.items()} if isinstance(x, dict) else type(x)(map(copied, x))
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return type(x)(*map(copied, x))
    if isinstance(x, dict):
        made = copy.copy(x)
        made.update((k, copied(v)) for k, v in x.items())
        return made
    if x is None or isinstance(x, (bool, int, float, complex, str, np.generic)) or callable(x) and not is_record(x):
        return x
    if is_record(x):
        made = copy.copy(x)
        for name, field in fields_of(x).items():
            object.__setattr__(made, name, copied(field))
        return made
    return x


def fitted(cotangent: Any, value: Any, name: str, where: str = "") -> Any:
    """A cotangent with the structure, shapes and kinds of numbers of the value.

    `name` says whose it is: "the cotangent of f()", "the tangent of 'x'".
    """
    def refuse(what: str) -> ArgumentError:
        whose = "function returns" if "cotangent" in name else "argument has"
        return ArgumentError(f"{name}{where} does not fit its value: {what}",
                             hint=f"pass the structure that the {whose}, with the same shapes")

    if isinstance(value, np.ndarray):
        ct = np.asarray(cotangent)
        if ct.shape != value.shape or ct.dtype.kind not in "biufc":
            raise refuse(f"an array of shape {ct.shape} for one of shape {value.shape}")
        return ct.astype(value.dtype, copy=False) if value.dtype.kind in "fc" else ct
    if isinstance(value, (float, complex, np.floating, np.complexfloating)):
        if np.ndim(cotangent) or not isinstance(cotangent, (int, float, complex, np.number, np.ndarray)):
            raise refuse(f"{cotangent!r} for a number")
        number: Any = cotangent[()] if isinstance(cotangent, np.ndarray) else cotangent
        return type(value)(number)
    if isinstance(value, dict):
        if not isinstance(cotangent, dict) or list(cotangent) != list(value) and set(cotangent) != set(value):
            raise refuse(f"the keys {list(value)} are needed")
        return {k: fitted(cotangent[k], v, name, f"{where}[{k!r}]") for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        if not isinstance(cotangent, (list, tuple)) or len(cotangent) != len(value):
            raise refuse(f"{len(value)} items are needed")
        items = [fitted(c, v, name, f"{where}[{i}]") for i, (c, v) in enumerate(zip(cotangent, value))]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    return cotangent


__all__ = ["pull_back"]
