"""symgrad's other modes as witnesses: the tape and forward mode."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symgrad import jvp, tape
from symgrad.specialise import Options
from symgrad.verify.inputs import leaves
from symgrad.verify.subject import Subject

DIRECTIONS = 24                 # inputs with more floats are not differentiated in forward mode, one by one

Mode = Callable[[list[float]], list[list[float]]]


def modes(subject: Subject, options: Options) -> dict[str, Mode]:
    """Each mode's gradient at a point, in the form of `Subject.float_gradients`."""
    if options.has_aux:
        return {}
    found: dict[str, Mode] = {"the tape": lambda numbers: taped(subject, options, numbers)}
    count = sum(len(subject.element_numbers(k)) for k in range(len(subject.wrt)))
    if count <= DIRECTIONS:
        found["forward mode"] = lambda numbers: forward(subject, numbers)
    return found


def taped(subject: Subject, options: Options, numbers: list[float]) -> list[list[float]]:
    with np.errstate(all="ignore"):
        result = subject.call(tape.grad(subject.primal, argnums=options.wrt), subject.inputs.floats(numbers))
    rows = list(result) if isinstance(options.wrt, tuple) else [result]
    return [[float(x) for x in subject.row(k, g)] for k, g in enumerate(rows)]


def forward(subject: Subject, numbers: list[float]) -> list[list[float]]:
    rows = []
    for k in range(len(subject.wrt)):
        row = []
        for i in subject.element_numbers(k):
            direction = [0.0] * len(numbers)
            direction[i] = 1.0
            primals = subject.call(positional, subject.inputs.floats(numbers))
            tangents = subject.call(positional, subject.inputs.floats(direction))
            with np.errstate(all="ignore"):
                row.append(float(jvp(subject.primal, primals, tuple(
                    d if next(leaves(d), None) is not None else None for d in tangents))[1]))
        rows.append(row)
    return rows


def positional(*args: Any) -> tuple[Any, ...]:
    """The arguments of a call; a TypeError for those that are passed by name."""
    return args


__all__ = ["modes"]
