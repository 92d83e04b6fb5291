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

from symgrad.backends.choice import Chosen
from symgrad.backends.python import load
from symgrad.errors import SymgradError
from symgrad.frontend.lowering import NeedStatic
from symgrad.optimize.loops.lengths import UNEQUAL
from symgrad.passes import PASSES, without
from symgrad.specialise import Options, Specialisations
from tests.fuzz.generator import Program
from tests.fuzz.metamorphic import REWRITINGS, read_first, reversed_parameters, rewritten
from tests.helpers import (
    argnums_of_floats,
    assert_like,
    assert_same_bits,
    difference,
    flatten,
    float_leaves,
    map_floats,
    matching_floats,
    widened,
    with_elements,
)

LARGEST = 1e4                   # a value beyond this is not looked at, nor its gradient: rounding would be


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
        except (ArithmeticError, ValueError, AssertionError, TypeError) as error:       # whole numbers take no float in place
            raise Unfit(type(error).__name__) from None
        if not (np.shape(self.expected) == () and np.isfinite(self.expected) and abs(self.expected) < LARGEST):
            raise Unfit("value")
        apart = rewritten(self.program, read_first)
        if apart is not None and np.asarray(apart.define()(*self.args())).tobytes() != np.asarray(self.expected).tobytes():
            raise Unfit("NumPy reads what it has just written: see symgrad.codegen.overlap")

    def args(self) -> tuple[Any, ...]:
        return copy.deepcopy(self.program.args)

    @property
    def tolerance(self) -> float:
        return 2e-4 if self.program.single else 1e-10

    def flat(self, gradient: Any) -> np.ndarray:
        """All elements of a gradient, argument by argument."""
        return np.concatenate([flatten(matching_floats(g, self.program.args[i]))
                               for i, g in zip(self.argnums, gradient, strict=True)])

    def near(self, step: np.ndarray) -> list[Any]:
        """The arguments in double precision, with numbers added to all elements that are differentiated by."""
        args, at = [widened(a) for a in self.args()], 0
        for i in self.argnums:
            x = flatten(float_leaves(self.program.args[i]))
            args[i] = with_elements(self.program.args[i], x + step[at:at + len(x)])
            at += len(x)
        return args

    def moved(self, step: np.ndarray) -> float:
        """The value there."""
        return float(self.function(*self.near(step)))

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
        if math.isnan(along_one(case)[1]):
            raise Unfit("gradient")                     # differences overflow too: some number on the way is too large
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
    direction, numerical, near = along_one(case)
    if math.isnan(numerical):
        return False
    got = float(case.flat(case.gradient) @ direction)
    if abs(got - numerical) > near and not rough(lambda t: case.moved(t * direction), near):
        raise Mismatch(f"along {direction}: gradient {got!r}, differences {numerical!r} +- {near:.1e}")
    return True


def along_one(case: Case) -> tuple[np.ndarray, float, float]:
    """A direction, the derivative along it by differences (NaN where they do not tell), and how near to it is right."""
    gradient = case.flat(case.gradient)
    direction = case.rng.choice([-1.0, -0.6, 0.7, 1.0], len(gradient))
    try:
        numerical, unsure = difference(lambda t: case.moved(t * direction), 1e-3)
    except (ArithmeticError, ValueError):
        return direction, math.nan, math.nan
    scale = max(1.0, float(np.sum(np.abs(gradient))) if np.all(np.isfinite(gradient)) else abs(numerical))
    near = (1e-3 if case.program.single else 1e-6) * scale
    if not (math.isfinite(numerical) and unsure <= near):
        numerical = math.nan
    return direction, numerical, near + unsure


def unsteady(case: Case) -> bool:
    """Whether rounding decides about the gradient: it is another one where the arguments differ by a rounding error.

    That of np.std of equal numbers is: their mean is not exactly what each of them is.
    """
    import symgrad
    if case.gradient is None:
        return False
    x = np.concatenate([flatten(float_leaves(case.program.args[i])) for i in case.argnums])
    gradients = []
    for _ in range(8):
        args = case.near(case.rng.choice([-2.0, -1.0, 1.0, 2.0], len(x)) * np.spacing(x))
        gradients.append(case.flat(symgrad.grad(case.function, argnums=case.argnums)(*args)))
    gradients = [g for g in gradients if np.all(np.isfinite(g))]
    if not gradients:
        return False                                    # it is wrong everywhere
    scale = max(1.0, float(np.max(np.abs(gradients), initial=0.0)))
    return not np.all(np.ptp(gradients, axis=0) <= 1e-6 * scale)


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


def forward(case: Case) -> None:
    """The dot-product test: forward mode along a random tangent is the product of tangent and gradient."""
    import symgrad

    def random(leaf: Any) -> Any:
        v = case.rng.uniform(-1.0, 1.0, np.shape(leaf))
        return v.astype(leaf.dtype) if isinstance(leaf, np.ndarray) else type(leaf)(v)

    primals = case.args()
    tangents = tuple(map_floats(random, a) if i in case.argnums else None for i, a in enumerate(primals))
    value, tangent = symgrad.jvp(case.function, primals, tangents)
    assert_same_bits(np.asarray(value), np.asarray(case.expected), "the value in forward mode")
    assert_same_bits(primals, case.program.args, "the caller's arguments in forward mode")
    direction = np.concatenate([flatten(float_leaves(tangents[i])) for i in case.argnums])
    terms = case.flat(case.gradient) * direction
    allowed = (1e-4 if case.program.single else 1e-12) * max(1.0, float(np.sum(np.abs(terms))))
    if not abs(float(tangent) - np.sum(terms)) <= allowed:
        raise Mismatch(f"forward mode: {tangent!r}, reverse mode: {np.sum(terms)!r}")


def tape(case: Case) -> None:
    """The tape, which runs the program as it is, gives the same value and gradient."""
    from symgrad import tape
    args = case.args()
    value, gradient = tape.value_and_grad(case.function, argnums=case.argnums)(*args)
    assert_same_bits(np.asarray(value), np.asarray(case.expected), "the tape's value")
    assert_same_bits(args, case.program.args, "the caller's arguments after the tape")
    case.compare(gradient, "the tape", tolerance=1e-4 if case.program.single else 1e-12)


def exported(case: Case) -> None:
    """The module that `export` writes gives the same bits."""
    from symgrad.export import module_text
    made = Specialisations(case.function, Options("value_and_grad", case.argnums))
    bound = made.parameters.bind(case.args(), {})
    made = made.of_values(bound)
    assert not case.program.text.count("symgrad")
    namespace: dict[str, Any] = {"__name__": "exported"}
    exec(module_text(made.generated), namespace)
    assert_same_bits(namespace[made.function.__name__](*case.args()), (case.value, case.gradient), "the exported module")


class AsCompiled(Specialisations):
    """What is written for Numba, run as plain Python: loops over elements, tapes in arrays."""

    def choose(self, generate: Callable[[str], Any], *_: Any) -> Any:
        try:
            generated = generate("numba")
        except NeedStatic as need:
            return need.path
        return Chosen(generated, load(generated.text))


def loops(case: Case) -> None:
    """What is written for compiled code computes the same, unless it says that shapes are not as they have to be."""
    made = AsCompiled(case.function, Options("value_and_grad", case.argnums))
    args = case.args()
    bound = made.parameters.bind(args, {})
    try:
        value, gradient = made.of_values(bound).run(bound)
    except ValueError as error:
        if str(error) != UNEQUAL:
            raise
        return
    assert_same_bits(args, case.program.args, "the caller's arguments after the loops")
    assert abs(value - case.expected) <= case.tolerance * max(1.0, abs(case.expected)), f"loops: value {value!r}"
    case.compare(gradient, "loops")


def rewriting(case: Case) -> None:
    """A program that is rewritten and means the same has the same gradient."""
    change = REWRITINGS[case.rng.integers(len(REWRITINGS))]
    program = rewritten(case.program, change)
    if program is None:
        return
    other = Case(program, case.rng)
    if not abs(other.expected - case.expected) <= 1e-12 * max(1.0, abs(case.expected)):
        return                                  # it does not mean the same after all
    promises(other)
    gradient = other.gradient[::-1] if change is reversed_parameters else other.gradient
    case.compare(gradient, f"{change.__name__}:\n{program.text}\n", tolerance=1e-5 if case.program.single else 1e-12)


def second(case: Case) -> None:
    """The gradient of the gradient, with respect to one argument, along a direction: against differences of the gradient."""
    import symgrad
    if case.program.single:
        return
    plain = [i for i in case.argnums if isinstance(case.program.args[i], (float, np.ndarray))]
    k = plain[case.rng.integers(len(plain))]
    x = case.program.args[k]
    v = case.rng.choice([-1.0, 0.6, 1.0], np.shape(x))
    v = v if np.ndim(x) else float(v)
    gradient = symgrad.grad(case.function, argnums=k)

    def slope(*args):
        return np.sum(v * gradient(*args))

    d = symgrad.grad(slope, argnums=k)(*case.args())
    w = case.rng.choice([-1.0, 0.7, 1.0], np.shape(x))

    def along(t: float) -> float:
        args = list(case.args())
        args[k] = np.array(x + t * w) if isinstance(x, np.ndarray) else float(x + t * w)
        return float(slope(*args))

    numerical, unsure = difference(along, 1e-3)
    got = float(np.sum(d * w))
    scale = max(1.0, float(np.sum(np.abs(d))))
    near = 1e-5 * scale
    if math.isfinite(numerical) and unsure <= near and abs(got - numerical) > near + unsure and not rough(along, near):
        raise Mismatch(f"second derivative with respect to argument {k} along {v} and {w}: {got!r}, "
                       f"differences {numerical!r} +- {unsure:.1e}")


ORACLES: dict[Callable[[Case], Any], int] = {gradient_alone: 15, passes: 35, forward: 35, tape: 35, rewriting: 20,
                                             exported: 8, second: 12, loops: 25}


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
            if np.max(np.abs(case.flat(case.gradient)), initial=0.0) > LARGEST ** 2:
                raise Unfit("gradient")
            told = differences(case)
            for oracle, percent in (ORACLES if oracles is None else oracles).items():
                if rng.integers(100) < percent:
                    asked.append(oracle.__name__)
                    oracle(case)
        except Unfit as unfit:
            return Outcome("unfit", str(unfit))
        except Mismatch:
            if unsteady(case):
                return Outcome("unfit", "rounding decides")
            raise
        except SymgradError as error:
            by = f"{asked[-1]}: " if asked else ""
            return Outcome("refused", f"{by}{type(error).__name__}: {error.message}", tuple(asked))
    return Outcome("right" if told else "rough", "", tuple(asked))


__all__ = ["ORACLES", "AsCompiled", "Case", "Mismatch", "Outcome", "Unfit", "judge"]
