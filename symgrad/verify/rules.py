"""Which rules of the table are proved: each elementwise one, as the compiler prints it, by SymPy."""
from __future__ import annotations

import cmath
import functools
import importlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np

import symgrad.rules  # noqa: F401  (fills the table)
from symgrad.rules.core import RULES, Rule
from symgrad.verify.check import subject_of
from symgrad.verify.proof import prove

PROVED, NUMERICAL, CONSTANT = "proved", "checked numerically", "constant"

# Points at which a rule's proof starts, one for each piece of the function; others start at USUAL.
USUAL = ((0.7,), (-0.7,), (0.7, 1.3), (1.3, 0.7))
POINTS: dict[str, tuple[tuple[Any, ...], ...]] = {
    "acosh": ((1.7,),), "pow": ((1.3, 0.7), (0.7, 3.0)), "log_base": ((0.7, 1.3),),
    "ldexp": ((0.7, 3), (-0.7, -2)), "polygamma": ((1, 1.3), (2, 0.7)), "where": ((True, 0.7, 1.3), (False, 0.7, 1.3)),
    "heaviside": ((0.7, 0.5), (-0.7, 0.5)), "clip": ((0.7, 0.1, 1.0), (0.05, 0.1, 1.0), (1.5, 0.1, 1.0), (0.7, 2.0, 1.0)),
    "fma": ((0.7, 1.3, 0.4),), "hypot": ((0.7, 1.3), (0.7, 1.3, 0.4)), "copysign": (
        (0.7, 1.3), (0.7, -1.3), (-0.7, 1.3), (-0.7, -1.3)),
}
COMPLEX = ("complex", "imag", "angle")      # what they are for is not real; proved in the tests, for complex numbers
NO_FORMULA = ("nextafter",)                 # x but for rounding


def log_base(x: float, base: float) -> float:
    return math.log(x, base)


def status(rule: Rule) -> str:
    """How well a rule is known to be right."""
    if rule.is_constant:
        return CONSTANT
    if not rule.is_elementwise or rule.name in COMPLEX + NO_FORMULA:
        return NUMERICAL
    return PROVED if not unproved(rule.name) else NUMERICAL


@functools.cache
def unproved(name: str) -> tuple[str, ...]:
    """What of an elementwise rule could not be proved: the function, the point, the reason."""
    rule = next(r for r in RULES.values() if r.name == name and r.is_elementwise)
    out = []
    for f in functions(rule):
        for point in points(rule):
            if isinstance(f, np.ufunc) and len(point) != f.nin:
                continue
            wrt = tuple(i for i, x in enumerate(point) if isinstance(x, float) and (
                rule.variadic or rule.partials is not None and rule.partials[i] != "0"))
            subject = subject_of(f, point, {}, wrt)
            found = prove(subject, subject.inputs.values, 30.0)
            out += [f"{getattr(f, '__name__', f)}{point}: {found.trouble or how}"
                    for good, how in zip(found.proved, found.how) if not good]
    return tuple(out)


def functions(rule: Rule) -> list[Callable[..., Any]]:
    """The functions of a rule that take real numbers: at most one for floats and one for arrays."""
    if rule.name == "log_base":
        return [log_base]
    plain = [f for f in rule.functions if callable(f) and getattr(cmath, getattr(f, "__name__", ""), None) is not f]
    arrays = [f for f in plain if isinstance(f, np.ufunc) and getattr(np, f.__name__, None) is f]
    others = [f for f in plain if not isinstance(f, np.ufunc)]
    return others[:1] + arrays[:1]


def points(rule: Rule) -> list[tuple[Any, ...]]:
    found = POINTS.get(rule.name)
    if found is None:
        found = tuple(p for p in USUAL if len(p) == len(rule.params) - len(rule.defaults) or rule.name == "float" and len(p) == 1)
    signed = "x > 0" not in rule.domain and "x > -1" not in rule.domain
    return [p for p in found if signed or rule.name in POINTS or all(x > 0 for x in p)]


def table() -> str:
    """The rule table, as a page of documentation."""
    importlib.import_module("symgrad.rules.fourier")        # which are stated where np.fft is used
    rows = {rule.name + str(rule.params): rule for rule in RULES.values() if own(rule)}.values()
    elementwise = [r for r in rows if r.is_elementwise]
    structured = [r for r in rows if r.pullback is not None]
    constants = sorted({r.name for r in rows if r.is_constant})
    out = [HEAD, "| function | derivative with respect to | is | where | |", "|---|---|---|---|---|"]
    for r in elementwise:
        for p, text in zip(r.params, r.partials or ()):
            if text != "0":
                out.append(f"| {spelled(r) if p == r.wrt[0] else ''} | `{p}` | `{text.replace('|', chr(92) + '|')}` | "
                           f"{f'`{r.domain}`' if r.domain and p == r.wrt[0] else ''} | {status(r) if p == r.wrt[0] else ''} |")
    out += [STRUCTURED, "| function | with a derivative with respect to | forward mode | |", "|---|---|---|---|"]
    out += [f"| `{named(r)}` | {', '.join(f'`{w}`' for w in r.wrt)} | {'linear' if r.linear else 'stated' if r.pushforward else ''} "
            f"| {status(r)} |" for r in structured]
    out += [CONSTANTS, ", ".join(f"`{n}`" for n in constants) + "."]
    return "\n".join(out) + "\n"


def own(rule: Rule) -> bool:
    """A rule for Python or NumPy, not one that a user or another library stated."""
    f = rule.functions[0] if callable(rule.functions[0]) else rule.functions[0][0]
    if isinstance(f, np.ufunc):
        return getattr(np, f.__name__, None) is f
    return str(getattr(f, "__module__", None) or "numpy").split(".")[0] in (
        "numpy", "math", "_operator", "builtins", "cmath", "symgrad", "operator")


def spelled(rule: Rule) -> str:
    return f"`{rule.name}({'*' if rule.variadic else ''}{', '.join(rule.params)})`"


def named(rule: Rule) -> str:
    f = rule.functions[0]
    if not callable(f):
        return f"{f[0].__name__}.{f[1]}"
    module = str(getattr(f, "__module__", "") or "")
    return f"linalg.{rule.name}" if "linalg" in module else rule.name


HEAD = """# The rule table

Made from the table in `symgrad/rules` by `python -m docs.update`. [rules.md](rules.md) says how a rule is written and
[edge-cases.md](edge-cases.md) what is chosen where there is no derivative.

*proved*: the generated source of the function's gradient, run on symbols, is SymPy's derivative, on each piece of a
function in pieces, away from the ties between them ([verification.md](verification.md)). *checked numerically*:
the tests compare it with differences, and forward mode with reverse mode.

## Elementwise functions

`r` is the function's result; what names `dy`, the cotangent, is the whole contribution.
"""
STRUCTURED = """
## Functions of arrays and structures
"""
CONSTANTS = """
## Constants to the derivative

Nothing flows through these:
"""

__all__ = ["status", "table", "unproved"]

if __name__ == "__main__":
    print(table(), end="")
