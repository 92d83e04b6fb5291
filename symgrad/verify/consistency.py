"""The generated function in floating point, against differences and against symgrad's other modes.

At the arguments and at points around them it is compared with differences of the primal, with the tape
and with forward mode. At ties, zeros and signed zeros there may be no derivative; there it is compared with
the other modes only, which follow the same conventions.
"""
from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symgrad.verify.alarm import SLACK, within
from symgrad.verify.errors import OutOfTime
from symgrad.verify.exact import DIGITS
from symgrad.verify.modes import modes
from symgrad.verify.paths import now
from symgrad.verify.precision import Comparison
from symgrad.verify.report import Refutation
from symgrad.verify.subject import Subject

DIFFERENCES, MODES = 1e-6, 1e-9         # tolerances, relative to the larger value or 1
ELEMENTS = 24                           # of an input that are compared with differences
SPECIAL = 12                            # points with ties and zeros
NOT_ALL = "not all points were compared in floating point: the time was over"


@dataclass
class Row:
    """The comparison with one witness at one point."""

    kind: str                           # "given" | "random" | "special"
    mode: str
    numbers: list[float]
    worst: list[tuple[float, str, float, float]]        # for each input: error, element, generated, the witness's

    def within(self, k: int) -> bool:
        return self.worst[k][0] <= (DIFFERENCES if self.mode == "differences" else MODES)


@dataclass
class Consistency:
    """All comparisons in floating point."""

    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def wrong(self, k: int) -> Row | None:
        """The row that shows that input number `k` is wrong."""
        for row in self.rows:
            if row.within(k):
                continue
            if row.mode == "differences" or all(not r.within(k) for r in self.rows if r.numbers is row.numbers
                                                and r.mode != "differences"):
                return row
        return None

    def good(self, k: int) -> bool:
        return bool(self.rows) and self.wrong(k) is None and any(r.mode == "differences" or r.kind != "special"
                                                                 for r in self.rows)

    def summary(self, k: int) -> str:
        out = []
        for mode in dict.fromkeys(r.mode for r in self.rows):
            rows = [r for r in self.rows if r.mode == mode]
            out.append(f"{mode} at {len(rows)} points: {size(max(r.worst[k][0] for r in rows), mode)}")
        return "agrees with " + ", ".join(out)

    def refutation(self, subject: Subject, k: int) -> Refutation | None:
        row = self.wrong(k)
        if row is None:
            return None
        _, label, generated, other = row.worst[k]
        return Refutation(subject.inputs.at(row.numbers), label, repr(generated), repr(other))

    def lines(self, comparisons: list[Comparison]) -> list[str]:
        """What was compared, for the report."""
        known = [c for c in comparisons if not c.trouble]
        out = []
        if known:
            error = max((d.error for c in known for d in c.worst), default=0.0)
            out.append(f"derivatives in {DIGITS} digits, {len(known)} points: {size(error)}")
        for mode in dict.fromkeys(r.mode for r in self.rows):
            for special in (False, True):
                rows = [r for r in self.rows if r.mode == mode and (r.kind == "special") == special]
                if rows:
                    error = max(w[0] for r in rows for w in r.worst)
                    tolerance = DIFFERENCES if mode == "differences" else MODES
                    what = "points with ties, zeros, -0.0" if special else "points"
                    out.append(f"{mode}, {len(rows)} {what}: {size(error, mode)} (tolerance {tolerance:.0e})")
        return out


def size(error: float, mode: str = "") -> str:
    """How far two gradients are apart; from differences, beyond the error that these know of themselves."""
    if mode == "differences":
        return f"{error:.0e} beyond their own error" if error else "within their own error"
    return f"within {error:.0e}" if error else "the same numbers"


def trouble(subject: Subject) -> str:
    """Why a function cannot be checked at all."""
    try:
        first, second = subject.float_value(subject.inputs.values), subject.float_value(subject.inputs.values)
    except Exception as error:  # noqa: BLE001 - whatever the primal raises
        return f"the function fails at the given arguments: {type(error).__name__}: {error}"
    if first != second and not (math.isnan(first) and math.isnan(second)):
        return "the function gives different values for the same arguments"
    return ""


def compare(subject: Subject, seconds: float) -> Consistency:
    """All comparisons that the time allows."""
    found = Consistency()
    try:
        with within(seconds + SLACK):
            add_all(found, subject, now() + seconds)
    except OutOfTime:
        found.notes.append(NOT_ALL)
    return found


def add_all(found: Consistency, subject: Subject, end: float) -> None:
    """Add the comparisons, point by point."""
    values = subject.inputs.values
    others = modes(subject, subject.options)
    for kind, numbers in [("given", values), *(("random", p) for p in around(values)),
                          *(("special", p) for p in special(values))]:
        if now() > end:
            found.notes.append(NOT_ALL)
            return
        try:
            rows = subject.float_gradients(numbers)
            usable = math.isfinite(subject.float_value(numbers)) and all(math.isfinite(x) for row in rows for x in row)
        except Exception as error:  # noqa: BLE001 - an error at a point that was made up says nothing
            if kind == "given":
                found.notes.append(f"the generated function fails: {type(error).__name__}: {error}")
                return
            continue
        if not usable:
            if kind == "given":
                found.notes.append("the value or the gradient is not finite at the given arguments")
            continue
        if kind != "special":
            worst = differences(subject, numbers, rows, end)
            if worst is not None:
                found.rows.append(Row(kind, "differences", numbers, worst))
        for name, other in others.items():
            try:
                theirs = other(numbers)
            except Exception as error:  # noqa: BLE001 - a mode may not support what another does
                note = f"{name} was not compared: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
                if note not in found.notes and kind == "given":
                    found.notes.append(note)
                continue
            found.rows.append(Row(kind, name, numbers, [against(subject, k, row, theirs[k]) for k, row in enumerate(rows)]))


def against(subject: Subject, k: int, ours: list[float], theirs: list[float]) -> tuple[float, str, float, float]:
    """The element on which two gradients differ most."""
    elements = subject.element_numbers(k)
    worst = (0.0, "", 0.0, 0.0)
    for i, a, b in zip(elements, ours, theirs, strict=True):
        error = 0.0 if a == b or math.isnan(a) and math.isnan(b) else abs(a - b) / max(1.0, abs(a), abs(b))
        if not error <= worst[0]:
            worst = (error, subject.inputs.elements[i].label, a, b)
    return worst


# -- points ----------------------------------------------------------------------------------------


def around(values: list[float]) -> Iterator[list[float]]:
    rng = random.Random(1)
    for width in (1e-3, 0.05, 0.3):
        yield [x * (1.0 + rng.gauss(0.0, width)) + (rng.gauss(0.0, width) if x == 0.0 else 0.0) for x in values]


def special(values: list[float]) -> Iterator[list[float]]:
    """Points with ties, zeros and signed zeros."""
    if not values:
        return
    rng = random.Random(2)
    yield [0.0] * len(values)
    yield [-0.0] * len(values)
    yield [1.0] * len(values)
    for n in range(SPECIAL - 3):
        point = list(values)
        i, j = rng.randrange(len(values)), rng.randrange(len(values))
        point[i] = (0.0, -0.0, point[j])[n % 3]
        yield point


# -- differences -----------------------------------------------------------------------------------


def differences(subject: Subject, numbers: list[float], rows: list[list[float]], end: float) -> Any:
    """The worst element of each input against differences of the primal; None where there are no derivatives."""
    worst = []
    for k, row in enumerate(rows):
        elements = subject.element_numbers(k)
        step = -(-len(row) // ELEMENTS) if row else 1
        best = (0.0, "", 0.0, 0.0)
        for j in range(0, len(row), step):
            i = elements[j]

            def moved(t: float, i: int = i) -> float:
                point = list(numbers)
                point[i] += t
                return subject.float_value(point)

            if now() > end:
                return None
            single = narrow(subject, i)
            try:
                d, error = difference(moved, (0.05 if single else 0.01) * max(abs(numbers[i]), 0.1))
            except Exception:  # noqa: BLE001 - outside the domain
                return None
            scale = max(1.0, abs(d), abs(row[j]))
            off = abs(row[j] - d) / scale
            if not error <= 1e-3 * scale or single:
                continue                        # a kink, noise, or single precision: no witness
            off = max(0.0, off - 20.0 * error / scale)
            if off > best[0]:
                best = (off, subject.inputs.elements[i].label, row[j], d)
        worst.append(best)
    return worst


def narrow(subject: Subject, i: int) -> bool:
    """Whether an element is kept in fewer than 64 bits, so that differences see mostly rounding."""
    value = subject.bound[subject.inputs.elements[i].parameter]
    return isinstance(value, (np.ndarray, np.floating)) and value.dtype.itemsize < 8


def difference(g: Callable[[float], float], step: float) -> tuple[float, float]:
    """The derivative of g at 0 and an estimate of its error: central differences, extrapolated (Ridders)."""
    best, error = math.nan, math.inf
    previous: list[float] = []
    for _ in range(8):
        right, left = g(step), g(-step)
        row = [(right - left) / (2.0 * step)]
        rounding = 2.3e-16 * max(abs(right), abs(left)) / step
        for k, coarse in enumerate(previous):
            row.append(row[k] + (row[k] - coarse) / (4.0 ** (k + 1) - 1.0))
            estimate = max(abs(row[k + 1] - row[k]), abs(row[k + 1] - coarse)) + rounding
            if estimate < error:
                best, error = row[k + 1], estimate
        if error <= 1e-10 * abs(best):
            break
        previous = row
        step *= 0.5
    return best, error


__all__ = ["Consistency", "compare", "trouble"]
