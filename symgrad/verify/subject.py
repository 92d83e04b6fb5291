"""What is verified: a primal, the text of its gradient, and arguments."""
from __future__ import annotations

import ast
import functools
import linecache
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symgrad.errors import Span
from symgrad.specialise import Options
from symgrad.verify.errors import Undecided, Undefined, Unreadable
from symgrad.verify.exact import Exact, Numbers, Run
from symgrad.verify.inputs import Inputs, flat
from symgrad.verify.world import World


@dataclass(eq=False)
class Subject:
    """The primal, and the generated text that is said to compute its gradient."""

    primal: Callable[..., Any]
    source: str                                         # of the module that defines the generated function
    name: str                                           # of that function
    objects: dict[str, Any]                             # what the text needs: imports, globals, closure values
    call: Callable[[Any, dict[str, Any]], Any]          # calls a function that takes the primal's arguments
    bound: dict[str, Any]                               # the primal's arguments by name
    wrt: list[tuple[str, Callable[[dict[str, Any]], Any]]]      # label of each input, and where it is in `bound`
    gradients: Callable[[Any], list[Any]]               # what the text returns, as one gradient for each input
    value: Callable[[Any], Any]                         # the number that is differentiated, in the primal's result
    options: Options = Options()                        # noqa: RUF009 - what was asked for
    stated: Callable[[Any], Any] | None = None          # the value in what the text returns, if it is there
    lines: dict[int, Span] = field(default_factory=dict)
    inputs: Inputs = field(init=False)
    departures: dict[Any, Any] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.inputs = Inputs(self.bound)
        linecache.cache[self.file] = (len(self.source), None, self.source.splitlines(True), self.file)

    @property
    def file(self) -> str:
        return f"<symgrad verify {self.name}>"

    @functools.cached_property
    def code(self) -> Any:
        return compile(self.source, self.file, "exec")

    @functools.cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source)

    # -- on exact numbers ----------------------------------------------------------------------

    def run_primal(self, run: Run, numbers: list[Exact], rewritten: Any = None) -> Exact:
        """The value of the primal; with its functions `rewritten`, if that is given."""
        world = World(run, rewritten)
        try:
            result = self.call(world.of(self.primal), self.inputs.exact(numbers, world))
            value = run.number(scalar(self.value(result)))
        except (Undecided, ArithmeticError, RecursionError):
            raise
        except Exception as error:
            raise Unreadable(f"{type(error).__name__}: {error}") from error
        if not run.mp.isfinite(value.value):
            raise Undefined("the function's value is not finite here")
        if run.algebra.symbolic and value.form is None:
            raise Unreadable("infinity or NaN is computed with")
        return value

    def run_text(self, run: Run, numbers: list[Exact], code: Any = None, more: dict[str, Any] | None = None) -> Any:
        """What the text returns; or a variant of it, compiled to `code`, that uses `more` names."""
        world = World(run)
        function = world.execute(code or self.code, self.objects, self.name)
        function.__globals__.update(more or {})
        return self.positional(function, self.inputs.exact(numbers, world))

    def positional(self, function: Any, bound: dict[str, Any]) -> Any:
        code = function.__code__
        names = code.co_varnames[:code.co_argcount + code.co_kwonlyargcount]
        first = code.co_varnames[:code.co_argcount]
        given = {n: v for n, v in bound.items() if n in names}
        ordered = [given.pop(n) for n in first if n in given]
        return function(*ordered, **given)

    def gradient_elements(self, result: Any) -> list[list[Any]]:
        """The elements of each input's gradient."""
        return [self.row(k, g) for k, g in enumerate(self.gradients(result))]

    def row(self, k: int, gradient: Any) -> list[Any]:
        """The elements of the gradient with respect to input number `k`."""
        return flat(gradient, self.wrt[k][1](self.bound))

    def element_numbers(self, k: int) -> list[int]:
        """Which of the call's floats input number `k` consists of."""
        place = self.wrt[k][1]
        return [int(x) for x in flat(place(self.inputs.numbered()), place(self.bound))]

    # -- on floats -----------------------------------------------------------------------------

    @functools.cached_property
    def function(self) -> Any:
        """The function that the text defines."""
        namespace: dict[str, Any] = {"__name__": f"symgrad.verified.{self.name}", **self.objects}
        exec(self.code, namespace)  # noqa: S102 - what is to be verified is run
        return namespace[self.name]

    def float_value(self, numbers: list[float]) -> float:
        with np.errstate(all="ignore"):
            return float(self.value(self.call(self.primal, self.inputs.floats(numbers))))

    def float_gradients(self, numbers: list[float]) -> list[list[float]]:
        with np.errstate(all="ignore"):
            result = self.positional(self.function, self.inputs.floats(numbers))
        return [[float(x) for x in row] for row in self.gradient_elements(result)]


def scalar(value: Any) -> Any:
    """A result that is one number, also as an array of one element."""
    if isinstance(value, np.ndarray):
        if value.size != 1:
            raise Undecided(f"the result is an array of shape {value.shape}")
        return value.ravel()[0]
    return value


def numbers_only(seconds: float) -> Run:
    return Run(Numbers(), seconds)


__all__ = ["Subject", "numbers_only", "scalar"]
