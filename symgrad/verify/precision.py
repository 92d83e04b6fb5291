"""The generated text against derivatives of the primal in high precision.

Both are run on numbers of 100 digits. The derivative is a central difference of the primal with a step of
1e-35, whose own error is some 1e-65: no rule of symgrad's, and nothing of SymPy's, is involved.
"""
from __future__ import annotations

import math
import traceback
from dataclasses import dataclass
from typing import Any

from symgrad.verify.errors import Undecided
from symgrad.verify.subject import Subject, numbers_only

STEP = "1e-35"
AGREES = 1e-30
WRONG = 1e-9                    # more than this, relatively, is no matter of rounding in constants
DIRECTIONS = 16                 # inputs with more elements are differentiated along so many of them


@dataclass
class Difference:
    """The two values of one element of a gradient at a point."""

    label: str
    generated: Any
    derivative: Any
    error: float                # relative to the larger one, or to 1


@dataclass
class Comparison:
    """A gradient at one point: for each input, its worst element; or why there is no answer."""

    numbers: list[float]
    worst: list[Difference]
    trouble: str = ""
    wrong: bool = False         # the generated text fails where the primal does not
    line: int = 0               # where it fails


def compare(subject: Subject, numbers: list[float], seconds: float) -> Comparison:
    """Compare each input's gradient at a point."""
    run = numbers_only(seconds)
    h = run.mp.mpf(STEP)
    try:
        base = subject.run_primal(run, [run.input(x) for x in numbers])
        run.check()
    except (Undecided, ArithmeticError) as error:
        return Comparison(numbers, [], str(error))
    decisions = list(run.decisions)
    try:
        result = subject.run_text(run, [run.input(x) for x in numbers])
        rows = subject.gradient_elements(result)
    except Undecided as error:
        return Comparison(numbers, [], str(error))
    except Exception as error:  # noqa: BLE001 - whatever a broken text raises
        return failed(subject, numbers, error)
    worst = []
    for k, row in enumerate(rows):
        best: Difference | None = None
        elements = subject.element_numbers(k)

        def moved(i: int, step: Any) -> Any:
            """The primal with one float moved, on the same path."""
            run.decisions = []
            run.conditions.clear()
            value = subject.run_primal(run, [run.input(run.mp.mpf(x) + (step if m == i else 0))
                                             for m, x in enumerate(numbers)]).value
            if run.decisions != decisions:
                raise Undecided("the path changes at this very point")
            return value

        chosen = range(len(row)) if len(row) <= DIRECTIONS else range(0, len(row), -(-len(row) // DIRECTIONS))
        for j in chosen:
            i = elements[j]
            size = h * max(1, abs(run.mp.mpf(numbers[i])))
            try:
                g = run.number(row[j]).value
            except (TypeError, ValueError, AttributeError):
                return Comparison(numbers, [], f"a gradient's element is {row[j]!r}", True)
            try:
                d = (moved(i, size) - moved(i, -size)) / (2 * size)
                off = float(abs(g - d) / max(1, abs(d), abs(g))) if run.mp.isfinite(g) else math.inf
                if off > AGREES:
                    finer = size * run.mp.mpf("1e-5")
                    again = (moved(i, finer) - moved(i, -finer)) / (2 * finer)
                    rounding = abs(base.value) * run.mp.eps * 1000 / size
                    if max(abs(again - d), rounding) > abs(g - d) / 100:
                        return Comparison(numbers, [], "the function varies too wildly here for differences")
            except (Undecided, ArithmeticError) as error:
                return Comparison(numbers, [], str(error))
            if best is None or off > best.error:
                best = Difference(subject.inputs.elements[i].label, g, d, off)
        worst.append(best or Difference("", 0.0, 0.0, 0.0))
    stated = subject.stated(result) if subject.stated else None
    if stated is not None:
        v = run.number(stated).value
        apart = float(abs(v - base.value) / max(1, abs(base.value)))
        if apart > WRONG:
            worst = [Difference("value", v, base.value, apart) for _ in worst]
    return Comparison(numbers, worst)


def failed(subject: Subject, numbers: list[float], error: Exception) -> Comparison:
    """The text fails on exact numbers: it is wrong if it fails on floats as well."""
    why = f"{type(error).__name__}: {error}"
    try:
        subject.float_gradients(numbers)
    except Exception as own:  # noqa: BLE001
        return Comparison(numbers, [], why, True, line_of(own, subject.file))
    return Comparison(numbers, [], why)


def line_of(error: BaseException, file: str) -> int:
    """The line of the generated text at which an exception left it."""
    lines = [f.lineno or 0 for f in traceback.extract_tb(error.__traceback__) if f.filename == file]
    return lines[-1] if lines else 0


__all__ = ["AGREES", "WRONG", "Comparison", "Difference", "compare", "line_of"]
