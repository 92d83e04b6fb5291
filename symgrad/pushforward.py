"""jvp: the value of a function and its derivative along tangents, by generated code in forward mode."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symgrad import gradient
from symgrad.arguments import Selected, name_of
from symgrad.errors import ArgumentError
from symgrad.pullback import fitted
from symgrad.specialise import Options, Specialisation


class Pushforward:
    """The function of primals and tangents that `jvp` makes of a function. Its source can be read as a gradient's can."""

    def __init__(self, function: Callable[..., Any], **how: Any) -> None:
        self.primal, self.how = function, how
        self.derivative = gradient.of(function, Options("jvp", mode="forward", **how))
        self._last: Specialisation | None = None

    def __call__(self, primals: Any, tangents: Any) -> tuple[Any, Any]:
        """``(value, tangent)`` at `primals`, along `tangents`: see `jvp`."""
        along, moving = at(self.primal, tuple(primals), tuple(tangents), **self.how)
        self._last = along.specialised
        return along(moving)

    @property
    def source(self) -> str:
        """The generated source for the types of the last call's arguments, with the tangents that it was given."""
        return str(self.derivative.source) if self._last is None else self._last.source

    def source_for(self, /, *primals: Any) -> str:
        """The source for arguments of these types, with tangents of all that hold floats."""
        return str(self.derivative.source_for(*primals))

    def export(self, path: Any, /, *primals: Any) -> None:
        """Write a module with the function of primals and tangents, for arguments of these types."""
        self.derivative.export(path, *primals)

    def __symgrad__(self, lw: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        from symgrad.frontend.values import Static
        return inline_pushforward(lw, [Static(self.primal), *args], kwargs)

    def __repr__(self) -> str:
        return f"jvp({getattr(self.primal, '__qualname__', None) or name_of(self.primal)})".replace("<locals>.", "")


def at(function: Any, primals: tuple[Any, ...], tangents: tuple[Any, ...],
       **how: Any) -> tuple[Linearised, dict[Selected, Any]]:
    """The function linearised at `primals`, and the tangents by place: an argument whose tangent is None has none.

    `how` are options: what runs it.
    """
    if len(primals) != len(tangents):
        raise ArgumentError(f"jvp: {len(primals)} primals and {len(tangents)} tangents",
                            hint="pass one tangent per argument, None for those that do not change")
    given = tuple(i for i, d in enumerate(tangents) if d is not None)
    along = Linearised(function, primals, {}, None if len(given) == len(tangents) else given, **how)
    by_place = {along.parameters.select(i, along.bound)[0]: tangents[i] for i in given}
    for (name, _), d in by_place.items():
        if name not in along.seeds and np.any(d):
            raise ArgumentError(f"the argument {name!r} holds no floats: it has no tangent",
                                hint=f"pass None as the tangent of {name}")
    return along, {place: d for place, d in by_place.items() if place.parameter in along.seeds}


class Linearised:
    """The compiled directional derivative at some arguments: called with a tangent for each that is selected."""

    def __init__(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], argnums: Any,
                 **how: Any) -> None:
        derivative = gradient.of(function, Options("jvp", argnums, mode="forward", **how))
        if isinstance(derivative, gradient.Bound):
            args, derivative = (derivative.instance, *args), derivative.gradient
        compiled = derivative._compiled
        self.parameters = compiled.parameters
        self.bound = self.parameters.bind(args, kwargs)
        self.specialised: Specialisation = compiled.of_values(self.bound)
        self.specialised.check(self.bound)
        self.selected = compiled.selected(self.bound, self.specialised.specs)
        names = dict.fromkeys(one.parameter for one in self.selected)
        self.seeds = dict(zip(names, self.specialised.generated.seeds))

    def value(self, place: Selected) -> Any:
        """The argument that is selected."""
        whole = self.bound[place.parameter]
        return whole if place.key is None else whole[place.key]

    def __call__(self, tangents: dict[Selected, Any]) -> tuple[Any, Any]:
        """``(value, tangent)``; zeros for what is not given."""
        found = {name: zeros_like(self.bound[name]) for name in self.seeds
                 if not any(place.parameter == name and place.key is None for place in tangents)}
        for place, tangent in tangents.items():
            d = fitted(tangent, self.value(place), f"the tangent of {place.parameter!r}")
            if isinstance(place.key, int):                  # one of what *args holds
                every = found[place.parameter]
                d = (*every[:place.key], d, *every[place.key + 1:])
            elif place.key is not None:
                d = {**found[place.parameter], place.key: d}
            found[place.parameter] = d
        return self.specialised.run(self.bound, **{seed: found[name] for name, seed in self.seeds.items()})  # type: ignore[no-any-return]


def inline_pushforward(lw: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """``jvp(f, primals, tangents)`` inside a function that is itself differentiated."""
    from symgrad.frontend import calls
    from symgrad.frontend.values import Func, Static
    from symgrad.nesting import inline_gradient
    given = dict(zip(("f", "primals", "tangents"), args)) | kwargs
    if isinstance(given["f"], Func):
        lw.error("the derivative of a function that is defined inside the function that is differentiated",
                 hint="define the inner function at the module's level, and pass it what it closes over")
    function = lw.static(given["f"], "what is differentiated")
    if "primals" not in given:
        return Static(Pushforward(function))
    primals, tangents = (sequence(lw, given[n]) for n in ("primals", "tangents"))
    moving = tuple(i for i, d in enumerate(tangents) if d != Static(None))
    options = Options("jvp", None if len(moving) == len(primals) else moving, mode="forward")
    derivative = gradient.of(function, options)
    if isinstance(derivative, gradient.Bound):
        primals.insert(0, calls.lift(lw, derivative.instance))
        tangents.insert(0, Static(None))
        derivative = derivative.gradient
    return inline_gradient(derivative._compiled, lw, primals, {}, tangents)


def sequence(lw: Any, a: Any) -> list[Any]:
    """The items of a tuple or list."""
    from symgrad.frontend.values import ListC, Obj, Tup
    if isinstance(a, Tup):
        return list(a.items)
    c: Any = lw.contents(a) if isinstance(a, Obj) else None
    if not isinstance(c, ListC):
        lw.error("jvp: primals and tangents are tuples or lists, one entry per argument")
    return list(c.items)


def zeros_like(value: Any) -> Any:
    """Zeros in the structure of a value."""
    from symgrad.frontend.signature import fields_of, is_record
    if isinstance(value, np.ndarray):
        return np.zeros(value.shape, value.dtype if value.dtype.kind in "fc" else float)
    if isinstance(value, (bool, str)) or value is None:
        return value
    if isinstance(value, (int, float, complex, np.generic)):
        return type(value)(0)
    if isinstance(value, dict):
        return {k: zeros_like(v) for k, v in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(zeros_like, value))
    if isinstance(value, (list, tuple)):
        return type(value)(map(zeros_like, value))
    if is_record(value):
        import copy
        made = copy.copy(value)
        for name, field in fields_of(value).items():
            object.__setattr__(made, name, zeros_like(field))
        return made
    return value


__all__ = ["Linearised", "Pushforward", "inline_pushforward", "zeros_like"]
