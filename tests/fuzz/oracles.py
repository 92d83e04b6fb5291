"""What a gradient is held against.

Each oracle is a function of a `Case`; it raises `Mismatch` where symgrad is wrong. The cheap ones are asked of
every program, the dear ones of some (`ORACLES` says of how many in a hundred).
"""
from __future__ import annotations

import copy
import itertools
import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symgrad.errors import SymgradError
from symgrad.passes import PASSES, without
from symgrad.specialise import Options, Specialisations
from tests.fuzz.generator import Program
from tests.helpers import (
    argnums_of_floats,
    assert_like,
    assert_same_bits,
    difference,
    flatten,
    float_leaves,
    matching_floats,
    widened,
    with_elements,
)

LARGEST = 1e4                   # a value beyond this is not looked at: rounding would be


class Mismatch(AssertionError):
    """symgrad is wrong about a program."""


class Unfit(Exception):
    """A program that says nothing: it raises, or its value is not finite or too large."""


@dataclass
class Case:
    """A program, its value, and the value and gradient that symgrad gives."""

    program: Program
    rng: np.random.Generator
    function: Callable[..., Any] = field(init=False)
    argnums: tuple[int, ...] = field(init=False)
    expected: Any = field(init=False)
    value: Any = None
    gradient: Any = None

    def __post_init__(self) -> None:
        self.function = self.program.define()
        self.argnums = argnums_of_floats(self.program.args)
        try:
            self.expected = self.function(*self.args())
        except (ArithmeticError, ValueError, AssertionError) as error:
            raise Unfit(type(error).__name__) from None
        if not (np.shape(self.expected) == () and np.isfinite(self.expected) and abs(self.expected) < LARGEST):
            raise Unfit("value")

    def args(self) -> tuple[Any, ...]:
        return copy.deepcopy(self.program.args)

    @property
    def tolerance(self) -> float:
        return 2e-4 if self.program.single else 1e-10

    def flat(self, gradient: Any) -> np.ndarray:
        """All elements of a gradient, argument by argument."""
        return np.concatenate([flatten(matching_floats(g, self.program.args[i]))
                               for i, g in zip(self.argnums, gradient, strict=True)])

    def compare(self, gradient: Any, what: str, expected: Any = None, tolerance: float | None = None) -> None:
        """A gradient is this one, up to rounding."""
        expected = self.flat(self.gradient) if expected is None else expected
        got = self.flat(gradient)
        if got.shape != expected.shape:
            raise Mismatch(f"{what}: shape {got.shape}, not {expected.shape}")
        allowed = (tolerance or self.tolerance) * max(1.0, np.max(np.abs(expected), initial=0.0))
        if not np.all((np.abs(got - expected) <= allowed) | (got == expected)):
            raise Mismatch(f"{what}: gradient {got}, not {expected}")


# -- of every program --------------------------------------------------------------------------------


def promises(case: Case) -> None:
    """The value bit for bit, the arguments left alone, the gradient like its argument, the same on each call."""
    import symgrad
    function = symgrad.value_and_grad(case.function, argnums=case.argnums)
    args = case.args()
    case.value, case.gradient = function(*args)
    assert_same_bits(np.asarray(case.value), np.asarray(case.expected), "value")
    assert_same_bits(args, case.program.args, "the caller's arguments")
    assert_like(case.gradient, tuple(case.program.args[i] for i in case.argnums), "gradient")
    if not np.all(np.isfinite(case.flat(case.gradient))):
        raise Mismatch(f"gradient {case.gradient}")
    assert_same_bits(function(*args), (case.value, case.gradient), "the second call")
    kept = copy.deepcopy(case.gradient)
    for leaf in [*float_leaves(args), *float_leaves(case.gradient)]:
        if isinstance(leaf, np.ndarray):
            leaf += 1.0                                  # what was given and what was got is the caller's own
    assert_same_bits(function(*case.args()), (case.value, kept), "a call after the gradient was written to")
    case.gradient = kept


def differences(case: Case) -> bool:
    """The derivative along one direction of all arguments; False where differences do not tell."""
    direction = case.rng.choice([-1.0, -0.6, 0.7, 1.0], len(case.flat(case.gradient)))

    def along(t: float) -> float:
        args, at = [widened(a) for a in case.args()], 0
        for i in case.argnums:
            x = flatten(float_leaves(case.program.args[i]))
            args[i] = with_elements(case.program.args[i], x + t * direction[at:at + len(x)])
            at += len(x)
        return float(case.function(*args))

    try:
        numerical, unsure = difference(along, 1e-3)
    except (ArithmeticError, ValueError):
        return False
    got = float(case.flat(case.gradient) @ direction)
    scale = max(1.0, float(np.sum(np.abs(case.flat(case.gradient)))))
    near = (1e-3 if case.program.single else 1e-6) * scale
    if not (math.isfinite(numerical) and unsure <= near):
        return False
    if abs(got - numerical) > near + unsure and not rough(along, near):
        raise Mismatch(f"along {direction}: gradient {got!r}, differences {numerical!r} +- {unsure:.1e}")
    return True


def rough(g: Callable[[float], float], near: float) -> bool:
    """Whether a function of one number has a kink or a step close to 0."""
    steps = [1e-3 * 0.5**k for k in range(16)]
    slopes = [((g(h) - g(0.0)) / h, (g(0.0) - g(-h)) / h) for h in steps]
    jumps = [abs(right - left) for right, left in slopes]
    smooth = all(later <= 0.75 * before + 1e-12 * 2**k for k, (before, later) in enumerate(itertools.pairwise(jumps)))
    return not smooth


# -- of some ---------------------------------------------------------------------------------------------


def gradient_alone(case: Case) -> None:
    """`grad` gives what `value_and_grad` gives."""
    import symgrad
    case.compare(symgrad.grad(case.function, argnums=case.argnums)(*case.args()), "grad alone")


def passes(case: Case) -> None:
    """Without one of the compiler's passes, chosen at random, the numbers are the same."""
    name = str(case.rng.choice([*PASSES, "all"]))
    names = tuple(PASSES) if name == "all" else (name,)
    with without(*names):
        made = Specialisations(case.function, Options("value_and_grad", case.argnums))
        bound = made.parameters.bind(case.args(), {})
        compiled = made.of_values(bound)
    value, gradient = compiled.run(bound)
    assert_same_bits(np.asarray(value), np.asarray(case.expected), f"value without the pass {name!r}")
    case.compare(gradient, f"without the pass {name!r}")


CHEAP = (promises, differences)
ORACLES: dict[Callable[[Case], Any], int] = {gradient_alone: 15, passes: 50}


@dataclass
class Outcome:
    """What became of a program: "right", "rough" (differences did not tell), "refused" or "unfit"."""

    kind: str
    note: str = ""
    asked: tuple[str, ...] = ()


def judge(program: Program, seed: int = 0, oracles: dict[Callable[[Case], Any], int] | None = None) -> Outcome:
    """Ask the oracles about a program; raises `Mismatch`, or whatever went wrong."""
    rng = np.random.default_rng(seed)
    asked = []
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            case = Case(program, rng)
        except Unfit as unfit:
            return Outcome("unfit", str(unfit))
        if not case.argnums:
            return Outcome("unfit", "nothing to differentiate by")
        try:
            promises(case)
            told = differences(case)
            for oracle, percent in (ORACLES if oracles is None else oracles).items():
                if rng.integers(100) < percent:
                    asked.append(oracle.__name__)
                    oracle(case)
        except SymgradError as error:
            return Outcome("refused", f"{type(error).__name__}: {error.message}", tuple(asked))
    return Outcome("right" if told else "rough", "", tuple(asked))


__all__ = ["CHEAP", "ORACLES", "Case", "Mismatch", "Outcome", "Unfit", "judge"]
