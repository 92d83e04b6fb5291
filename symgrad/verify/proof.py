"""The proof on one path: the text's gradient minus SymPy's derivative of the primal is zero.

Both are run on symbols, in one field, so what they compute alike is the same atom. What is left of the
difference is taken apart step by step, each dearer than the one before: it may be the zero polynomial; zero
once inverses are cleared and roots reduced; zero but for the rounding of constants that the compiler folded;
or zero as SymPy's `simplify` finds, in a process of its own that is ended when its time is over.
"""
from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from symgrad.verify.errors import TooLarge, Undecided, Unreadable
from symgrad.verify.exact import Condition, Run
from symgrad.verify.field import Field
from symgrad.verify.paths import shown
from symgrad.verify.subject import Subject

SYMBOLS = 150                   # floats in the arguments
SIMPLIFIED_UP_TO = 2000         # atoms in an expression that SymPy is to simplify
SHOWN_UP_TO = 40                # atoms in an expression that a report shows
ROUNDING = 10**14               # one part in so many: of constants that were computed in floating point


@dataclass
class Proof:
    """What could be shown of each input's gradient on a path."""

    proved: list[bool]
    how: list[str]
    trouble: str = ""
    conditions: list[str] = field(default_factory=list)     # under which it holds
    domain: list[str] = field(default_factory=list)
    tie: bool = False           # two numbers that are compared are equal at this point


def prove(subject: Subject, numbers: list[float], seconds: float, wrong: Collection[int] = ()) -> Proof:
    """Try to prove each input's gradient on the path that this point takes; but for those known to be wrong."""
    end = time.monotonic() + seconds
    count = len(subject.wrt)
    nothing = [False] * count
    if len(numbers) > SYMBOLS:
        return Proof(nothing, [""] * count, f"{len(numbers)} floats are too many symbols: pass smaller arguments")
    run = Run(None, seconds)
    algebra = run.algebra = Field(run.check)
    symbols = [sp.Symbol(e.label, real=True) for e in subject.inputs.elements]

    def fresh() -> list[Any]:
        return [run.input(x, algebra.symbol(s)) for x, s in zip(numbers, symbols)]

    fresh()                     # the inputs are the first atoms, in order
    try:
        value = subject.run_primal(run, fresh())
        own = len(run.conditions)
        result = subject.run_text(run, fresh())
        rows = subject.gradient_elements(result)
        if run.tie:
            return Proof(nothing, [""] * count, "two numbers that are compared are equal here: no proof at a tie",
                         conditions(run, own), tie=True)
        proved, how = [], []
        stated = None if subject.stated is None else run.number(subject.stated(result))
        for k, row in enumerate(rows):
            ways = {""} if k in wrong else set()
            if k in wrong:
                row = []
            if stated is not None:
                ways.add(zero(algebra, algebra.sub(stated.form, value.form), stated.form, end))
            for i, g in zip(subject.element_numbers(k), row):
                form = run.number(g).form
                if form is None:
                    raise Unreadable("infinity or NaN is computed with")
                ways.add(zero(algebra, algebra.sub(form, algebra.derivative(value.form, i)), form, end))
            proved.append("" not in ways)
            how.append("; ".join(w for w in STEPS if w in ways) if "" not in ways else "the difference was not "
                       "simplified to zero")
        return Proof(proved, how, "", conditions(run, own), domain(algebra))
    except (Undecided, ArithmeticError) as error:
        return Proof(nothing, [""] * count, str(error), conditions(run, len(run.conditions)))
    except RecursionError:
        return Proof(nothing, [""] * count, "the expressions are nested too deeply")
    except Exception as error:  # noqa: BLE001 - the text may be broken in any way
        return Proof(nothing, [""] * count, f"{type(error).__name__}: {error}")


# -- zero or not ---------------------------------------------------------------------------------

EQUAL, CLEARED, ROUNDED, SIMPLIFIED, POSITIVE = STEPS = (
    "the same expression", "equal after clearing denominators",
    "equal but for the rounding of constants that were folded (1e-14)", "equal by SymPy's simplify",
    "equal by SymPy's simplify where all arguments are positive")


def zero(algebra: Field, difference: Any, size: Any, end: float) -> str:
    """How a difference was found to be zero; the empty text if it was not."""
    if not difference:
        return EQUAL
    if negligible(difference, size):
        return ROUNDED
    try:
        if algebra.vanishes(difference):
            return CLEARED
    except TooLarge:
        pass
    if algebra.weight(difference) > SIMPLIFIED_UP_TO:
        return ""
    answer = simplified(algebra.expression(difference), min(10.0, end - time.monotonic()))
    return {"zero": SIMPLIFIED, "zero if positive": POSITIVE}.get(answer, "")


def negligible(difference: Any, size: Any) -> bool:
    """Whether each coefficient is as small as the rounding of the constants that made it."""
    limit = max((abs(c) for c in size.values()), default=sp.QQ(0)) * sp.QQ(1, ROUNDING)
    return all(abs(c) <= limit for c in difference.values())


def simplified(e: Any, seconds: float) -> str:
    """What `symgrad.verify.simplify` says of an expression; nothing if it does not end in time."""
    if seconds <= 0.5:
        return ""
    names = {s: sp.Symbol(f"x{i}", real=True) for i, s in enumerate(sorted(e.free_symbols, key=str))}
    try:
        done = subprocess.run([sys.executable, "-m", "symgrad.verify.simplify"], input=sp.srepr(e.xreplace(names)),
                              capture_output=True, text=True, timeout=seconds, check=False)
    except (subprocess.TimeoutExpired, OSError, RecursionError):
        return ""
    return done.stdout.strip()


# -- what is assumed ------------------------------------------------------------------------------


def conditions(run: Run, own: int) -> list[str]:
    """The conditions of the path: of the primal, then those that only the generated text has."""
    found: dict[str, None] = {}
    for n, c in enumerate(run.conditions):
        text = condition(run, c)
        if n < own:
            found[text] = None
        elif text not in found and not generic(c):
            found[f"{text} (generated text)"] = None
    return list(found)


def generic(c: Condition) -> bool:
    """``u != 0``: holds almost everywhere."""
    return c.relation == "!="


def condition(run: Run, c: Condition) -> str:
    if c.left is not None and c.right is not None and \
            run.algebra.weight(c.left) + run.algebra.weight(c.right) <= SHOWN_UP_TO:
        text = f"{run.algebra.expression(c.left)} {c.relation} {run.algebra.expression(c.right)}"
        if len(text) <= 70:
            return text
    return f"{shown(c.place)} is {'true' if c.truth else 'false'}"


def domain(algebra: Field) -> list[str]:
    """What the expressions need: positive numbers under roots and logarithms, no division by zero."""
    found: dict[str, None] = {}
    positive = {algebra.key(s * a.args[0]) for a in algebra.atoms if a.kind in ("log", "root") for s in (1, -1)}
    for atom in algebra.atoms:
        relation = {"log": "> 0", "root": "> 0", "inverse": "!= 0"}.get(atom.kind)
        if relation is None or harmless(algebra, atom.args[0]) or \
                relation == "!= 0" and algebra.key(atom.args[0]) in positive:
            continue
        text = str(algebra.expression(atom.args[0])) if algebra.weight(atom.args[0]) <= SHOWN_UP_TO else ""
        found[f"{text} {relation}" if 0 < len(text) <= 40 else
              "no division by zero" if relation == "!= 0" else "what is under roots and logarithms is positive"] = None
    return list(found)


def harmless(algebra: Field, p: Any) -> bool:
    """What is positive wherever it is defined: constants, exponentials and roots."""
    if len(p) > 1:
        return False
    used = [i for m in p for i, e in enumerate(m) if e]
    return all(algebra.atoms[i].kind in ("exp", "root") or algebra.atoms[i].symbol is sp.pi for i in used)


__all__ = ["Proof", "prove"]
