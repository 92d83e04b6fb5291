"""What runs when a gradient is called, and why."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from symgrad.arguments import name_of

KINDS = {"grad": "the gradient", "value_and_grad": "the value and gradient", "vjp": "the pullback",
         "jvp": "the directional derivative"}


@dataclass(frozen=True)
class Explanation:
    """The report of `Gradient.explain`.

    backend: "python" or "numba", whichever runs. reason: why it is not the other one; "" where it was asked for.
    parallel: the outermost loops, and whether their iterations run at the same time. recorded: what the forward sweep keeps
    of each iteration, one line each. lowered: the primal's lines with array operations, and whether compiled code has
    loops or calls for them. file: where the compiled code is kept, or None. seconds: what compiling or loading took so
    far. from_disk: whether an earlier process had compiled it.
    """

    title: str
    backend: str
    reason: str = ""
    recorded: tuple[str, ...] = ()
    parallel: tuple[str, ...] = ()
    lowered: tuple[str, ...] = ()
    file: str | None = None
    seconds: float = 0.0
    from_disk: bool = False
    rows: tuple[tuple[str, str], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        native = self.backend == "numba"
        rows = [("backend", "compiled by Numba" if native else "plain Python")]
        if self.reason:
            rows.append(("because", self.reason))
        rows.extend(("lowered", line) for line in self.lowered)
        rows.extend(("parallel", line) for line in self.parallel)
        rows.extend(("recorded", line) for line in self.recorded or ("nothing",))
        if native:
            rows.append(("loaded in" if self.from_disk else "compiled in", f"{self.seconds:.2f} s"))
            rows.append(("kept in", self.file or "memory only"))
        object.__setattr__(self, "rows", tuple(rows))

    def __str__(self) -> str:
        return "\n".join([self.title, *(f"  {name:<12} {text}" for name, text in self.rows)])


def explain(gradient: Any, s: Any) -> Explanation:
    """The report on one specialisation of a gradient."""
    from symgrad.derivative import spec_text
    text, native = s.generated.text, s.native
    types = ", ".join(map(spec_text, s.specs.values()))
    title = f"{KINDS[gradient.options.kind]} of {name_of(gradient.primal)}, for {types}"
    recorded = tuple(f"{r.name}: a {described(r.type)} per iteration{at(r.place)}" for r in text.recorded)
    parallel = tuple(map(verdict, text.verdicts))
    lowered = tuple(" and ".join([*["loops"] * one.loops, *one.calls]) + at(one.place) for one in text.lowered)
    if native is None:
        return Explanation(title, "python", s.reason, recorded, parallel, lowered)
    return Explanation(title, "numba", s.reason, recorded, parallel, lowered, str(native.file) if native.file else None,
                       native.seconds, native.from_disk)


def described(t: Any) -> str:
    """A type in words."""
    from symgrad.derivative import type_words
    return type_words(t).split(" ", 1)[-1]


def verdict(v: Any) -> str:
    """Whether a loop runs in parallel, and why not, in words."""
    words = "a loop" if v.place is None else f"line {v.place.line}, {v.place.text.strip().rstrip(':')}"
    return (f"no: {words}" if v.reason else f"yes: {words}") + (", in reverse" if v.reverse else "") + (
        f": {v.reason}" if v.reason else "")


def at(place: Any) -> str:
    return "" if place is None else f", of line {place.line}: {place.text.strip()}"


__all__ = ["Explanation", "explain"]
