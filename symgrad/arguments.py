"""Which parameters a primal has, how a call fills them, and which of them `argnums` means."""
from __future__ import annotations

import inspect
import math
import types
from typing import Any, NamedTuple

from symgrad.errors import ArgumentError, MissingRuleError

Argnums = int | str | tuple[int | str, ...]

POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
VARIADIC = {inspect.Parameter.VAR_POSITIONAL: "var_positional", inspect.Parameter.VAR_KEYWORD: "var_keyword",
            inspect.Parameter.KEYWORD_ONLY: "keyword_only"}


class Miss:
    """What a guard returns when the arguments are not those it was made for."""

    def __repr__(self) -> str:
        return "MISS"


MISS = Miss()


class Selected(NamedTuple):
    """An argument to differentiate: a parameter, or an item of what `*args` or `**kwargs` holds."""

    parameter: str
    key: int | str | None = None


class Parameters:
    """The parameters of a primal. The first `skip` of them (a method's `self`) are not counted by `argnums`."""

    def __init__(self, function: Any, skip: int = 0) -> None:
        self.function, self.skip = function, skip
        self.signature = signature(function)
        every = self.signature.parameters
        self.positional = [n for n, p in every.items() if p.kind in POSITIONAL][skip:]
        self.rest = next((n for n, p in every.items() if p.kind is p.VAR_POSITIONAL), None)
        self.named = next((n for n, p in every.items() if p.kind is p.VAR_KEYWORD), None)
        # what a library function, a partial or another gradient is not given, it fills in itself
        self.complete = isinstance(function, types.FunctionType)

    def bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """The value of each parameter, as in a call of the primal."""
        try:
            bound = self.signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{name_of(self.function)}() {error}") from None
        bound.apply_defaults()
        return dict(bound.arguments)

    def split(self, bound: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str], dict[str, Any]]:
        """What generated code is given, the kinds of parameters that are not positional, and what is left out."""
        given: dict[str, Any] = {}
        kinds: dict[str, str] = {}
        omitted: dict[str, Any] = {}
        for name, value in bound.items():
            parameter = self.signature.parameters[name]
            if not self.complete and value is parameter.default:
                omitted[name] = value
                continue
            given[name] = value
            if parameter.kind in VARIADIC:
                kinds[name] = VARIADIC[parameter.kind]
            elif omitted:
                kinds[name] = "keyword_only"
        return given, kinds, omitted

    def select(self, argnums: Argnums, bound: dict[str, Any] | None) -> list[Selected]:
        """The arguments that `argnums` means in a call."""
        return [self._select(n, bound) for n in (argnums if isinstance(argnums, tuple) else (argnums,))]

    def _select(self, argnum: int | str, bound: dict[str, Any] | None) -> Selected:
        every = self.signature.parameters
        if isinstance(argnum, str):
            if argnum in every:
                return Selected(argnum)
            if self.named is not None and bound is not None and argnum in bound[self.named]:
                return Selected(self.named, argnum)
            wrapped = list(inspect.signature(self.function).parameters) if self.rest is not None else []
            if argnum in wrapped:                       # *args stand for the parameters of what is wrapped
                return self._select(wrapped.index(argnum), bound)
        elif isinstance(argnum, int) and not isinstance(argnum, bool):
            count = len(self.positional)
            rest = len(bound[self.rest]) if bound is not None and self.rest is not None else 0
            place = argnum + count + rest if argnum < 0 else argnum
            if 0 <= place < count:
                return Selected(self.positional[place])
            if count <= place < count + rest and self.rest is not None:
                return Selected(self.rest, place - count)
        takes = ", ".join(str(p).split(":")[0].split("=")[0].strip() for p in list(every.values())[self.skip:])
        raise ArgumentError(f"argnums: {argnum!r} is no argument of {name_of(self.function)}({takes})",
                            hint="give an index, a parameter's name, or a tuple of them")

    def check(self, argnums: Argnums) -> None:
        """Refuse `argnums` that can be an argument of no call."""
        if self.rest is None and self.named is None:
            self.select(argnums, None)


def normal(argnums: Any) -> Argnums:
    """`argnums` as an int, a str or a tuple of them."""
    if isinstance(argnums, list):
        argnums = tuple(argnums)
    if isinstance(argnums, tuple):
        return tuple(map(_one, argnums))
    return _one(argnums)


def _one(argnum: Any) -> Any:
    if not isinstance(argnum, str) and hasattr(argnum, "__index__") and not isinstance(argnum, bool):
        return argnum.__index__()
    if not isinstance(argnum, str):
        raise ArgumentError(f"argnums: an int, a name or a tuple of them, not {argnum!r}")
    return argnum


def signature(function: Any) -> inspect.Signature:
    """The parameters of a function; those of a library function with a rule are the rule's."""
    if isinstance(function, types.FunctionType):
        return inspect.signature(function, follow_wrapped=False)
    if hasattr(function, "_signature"):                 # a gradient
        return function._signature                      # type: ignore[no-any-return]
    import symgrad.rules  # noqa: F401 - fills the table
    from symgrad.rules.core import find
    rule = find(function)
    if rule is not None and rule.params:
        return inspect.Signature([_parameter(name, rule) for name in rule.params])
    try:
        return inspect.signature(function)
    except (ValueError, TypeError):
        if function in (max, min, math.hypot):
            return inspect.Signature([inspect.Parameter("args", inspect.Parameter.VAR_POSITIONAL)])
        raise MissingRuleError(
            f"{name_of(function)}() has no derivative rule and no source that could be read",
            hint="say what its derivative is with symgrad.rule, or write the function in Python") from None


def _parameter(name: str, rule: Any) -> inspect.Parameter:
    if name == rule.variadic:
        return inspect.Parameter(name, inspect.Parameter.VAR_POSITIONAL)
    if name in rule.defaults:
        return inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=rule.defaults[name])
    return inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def name_of(function: Any) -> str:
    """What a function is called in messages."""
    name = getattr(function, "__name__", None) or getattr(getattr(function, "func", None), "__name__", None)
    return str(name or type(function).__name__)


__all__ = ["MISS", "Argnums", "Parameters", "Selected", "name_of", "normal", "signature"]
