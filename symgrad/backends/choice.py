"""Which backend runs a derivative: the one that was asked for, the one that pays, or the one that can."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symgrad.backends.failure import NotCompiled
from symgrad.backends.python import load
from symgrad.garbage import uncollected
from symgrad.structs import struct

Generate = Callable[[str], Any]                     # generated code for a backend
Warn = Callable[[NotCompiled], None]


@struct()
class Chosen:
    """A derivative as generated code and as a function."""

    generated: Any
    function: Callable[..., Any]
    native: Any = None              # what compiles it
    instead: Instead | None = None
    reason: str = ""

    @property
    def backend(self) -> str:
        return "python" if self.native is None else "numba"


class Instead:
    """The plain Python function that runs while a compiled one is not there, or because it never will be."""

    def __init__(self, generate: Generate, warn: Warn) -> None:
        self.generate, self.warn = generate, warn
        self.specialisation: Any = None
        self.warned = False                             # that some shapes run in plain Python
        self.generated: Any = None

    def __call__(self, failure: Exception, namespace: dict[str, Any]) -> Callable[..., Any]:
        """The function for one frame, whose namespace has the globals and closure values that it is to see."""
        from symgrad.specialise import LOCK
        if not isinstance(failure, NotCompiled):            # the program's own, or loops that are not for these shapes
            from symgrad.optimize.loops.lengths import UNEQUAL
            if str(failure) != UNEQUAL:
                raise failure
            failure = NotCompiled(UNEQUAL, transient=True)
            if not self.warned:
                self.warned = True
                self.warn(failure)
        with LOCK:
            if self.generated is None:
                self.generated = self.generate("python")
            if PLAIN not in namespace:
                namespace[PLAIN] = load(self.generated.text)
            function: Callable[..., Any] = namespace[PLAIN]
            captures = self.generated.captures
            function.__globals__.update(placed(captures), **{c.name: namespace[c.name] for c in captures if c.name})
            s = self.specialisation
            if not failure.transient and s.native is not None:
                self.warn(failure)
                if s.function.__globals__ is namespace:
                    s.generated, s.function, s.native, s.reason = self.generated, function, None, str(failure)
                    redirect(s.guard, function, self.generated.lines)
        return function


PLAIN = "_sg_plain"


def choose(generate: Generate, options: Any, warn: Warn) -> Chosen:
    """The function that computes what `options` ask for; `generate` writes it."""
    if options.backend == "python":
        return python(generate, "")
    generated = generate("numba")
    if options.backend == "auto" and not generated.text.worth:
        return python(generate, "it has no loops over numbers, which is what compiling makes quicker")
    if generated.text.kernel is None:
        failure = NotCompiled(generated.text.obstacle)
        warn(failure)
        return python(generate, str(failure))
    try:
        with uncollected():
            from symgrad.backends.numba import Native, parts_of
    except ImportError as error:
        failure = NotCompiled(f"Numba cannot be imported: {error}")
        warn(failure)
        return python(generate, str(failure))
    from symgrad.codegen.dialect import NotFlat
    try:
        parts = parts_of(generated.text)
    except NotFlat as why:
        failure = NotCompiled(str(why))
        warn(failure)
        return python(generate, str(failure))
    instead = Instead(generate, warn)
    native = Native(parts, options.exact_math, instead)
    reason = "it has loops over numbers" if options.backend == "auto" else ""
    return Chosen(generated, native.function(), native, instead, reason)


def again(record: Any, generate: Generate, options: Any, warn: Warn) -> Chosen:
    """What an earlier process chose."""
    if record.backend == "python":
        return Chosen(record.generated, load(record.generated.text), reason=record.reason)
    with uncollected():
        from symgrad.backends.numba import Native, parts_of
    instead = Instead(generate, warn)
    native = Native(parts_of(record.generated.text), options.exact_math, instead)
    return Chosen(record.generated, native.function(), native, instead, record.reason)


def python(generate: Generate, reason: str) -> Chosen:
    generated = generate("python")
    return Chosen(generated, load(generated.text), reason=reason)


def placed(captures: list[Any]) -> dict[str, Any]:
    """What a generated function's namespace says of the globals and closure values that it reads."""
    from symgrad.frontend.calls import CAPTURES
    return {CAPTURES: {c.name: c for c in captures if c.name}}


def redirect(guard: Callable[..., Any], function: Callable[..., Any], lines: Any) -> None:
    """Let a guard call another function of the same parameters."""
    from symgrad.dispatch import PREFIX
    guard.__globals__.update({f"{PREFIX}function": function, f"{PREFIX}namespace": function.__globals__,
                              f"{PREFIX}lines": lines})


__all__ = ["Chosen", "again", "choose", "placed"]
