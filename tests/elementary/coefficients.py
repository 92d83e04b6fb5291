"""The minimax polynomials in the source: `python -m tests.elementary.coefficients` computes and prints them anew."""
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

import mpmath
from mpmath import mpf

from .remez import fit


@dataclass(frozen=True)
class Approximation:
    """`coefficients`, a name in a module, approximate the function with a weighted error of at most 2**bound."""

    module: str
    name: str
    function: Callable[[mpf], mpf]
    interval: tuple[float, float]
    bound: float
    weight: Callable[[mpf], mpf] = lambda x: mpf(1)

    @property
    def coefficients(self):
        return getattr(import_module(f"symgrad.backends.elementary.{self.module}"), self.name)

    def fitted(self):
        return fit(self.function, self.weight, *self.interval, degree=len(self.coefficients) - 1)


def exp_rest(r):
    return (mpmath.expm1(r) - r) / r**2 if abs(r) > 1e-15 else mpf(1) / 2 + r / 6


def log_rest(z):
    s = mpmath.sqrt(z)
    return (2 * mpmath.atanh(s) / s - 2) / z if z > 1e-12 else mpf(2) / 3 + 2 * z / 5


def log_rest_past_cube(z):
    s = mpmath.sqrt(z)
    return ((2 * mpmath.atanh(s) / s - 2) / z - mpf(2) / 3) / z if z > 1e-12 else mpf(2) / 5 + 2 * z / 7


def sin_rest(z):
    r = mpmath.sqrt(z)
    return (mpmath.sin(r) / r - 1) / z if z > 1e-12 else -mpf(1) / 6 + z / 120


def cos_rest(z):
    return (mpmath.cos(mpmath.sqrt(z)) - 1 + z / 2) / z**2 if z > 1e-8 else mpf(1) / 24 - z / 720


def sinh_rest(z):
    r = mpmath.sqrt(z)
    return (mpmath.sinh(r) / r - 1) / z if z > 1e-12 else mpf(1) / 6 + z / 120


def cosh_rest(z):
    return (mpmath.cosh(mpmath.sqrt(z)) - 1) / z if z > 1e-12 else mpf(1) / 2 + z / 24


def arctan_rest(z):
    t = mpmath.sqrt(z)
    return (mpmath.atan(t) / t - 1) / z if z > 1e-12 else -mpf(1) / 3 + z / 5


def erf_rest(z):
    x = mpmath.sqrt(z)
    return mpmath.erf(x) / x - 1 if z > 1e-12 else 2 / mpmath.sqrt(mpmath.pi) * (1 - z / 3) - 1


def erfc_factor(s):
    x = 2.5 * (1 + s) / (1 - s)
    return mpmath.erfc(x) * mpmath.exp(x**2)


def erfc_weight(s):
    """What the factor is multiplied by, and a little more, without which its values far out would not matter at all."""
    x = 2.5 * (1 + s) / (1 - s)
    return mpmath.exp(-(x**2)) + 0.003


# a little wider than needed: the reductions round
HALF_LN2 = float(mpmath.log(2) / 2) * 1.0001
TAN_SQUARED = float(((mpmath.sqrt(2) - 1) / (mpmath.sqrt(2) + 1)) ** 2) * 1.001
EIGHTH_SQUARED = float((mpmath.pi / 4) ** 2) * 1.0002
ERFC = (-1.5 / 3.5, 3.5 / 8.5)

ALL = [
    Approximation("exponential", "Q", exp_rest, (-HALF_LN2, HALF_LN2), -58),
    Approximation("exponential", "Q_SINGLE", exp_rest, (-HALF_LN2, HALF_LN2), -29),
    Approximation("logarithm", "P", log_rest, (0.0, TAN_SQUARED), -51),
    Approximation("logarithm", "P_SINGLE", log_rest, (0.0, TAN_SQUARED), -29),
    Approximation("trigonometric", "SIN", sin_rest, (0.0, EIGHTH_SQUARED), -56),
    Approximation("trigonometric", "COS", cos_rest, (0.0, EIGHTH_SQUARED), -58),
    Approximation("trigonometric", "SIN_SINGLE", sin_rest, (0.0, EIGHTH_SQUARED), -35),
    Approximation("trigonometric", "COS_SINGLE", cos_rest, (0.0, EIGHTH_SQUARED), -38),
    Approximation("error_function", "P", erf_rest, (0.0, 1.0001), -56),
    Approximation("error_function", "P_SINGLE", erf_rest, (0.0, 1.0001), -29),
    Approximation("error_function", "G", erfc_factor, ERFC, -56, erfc_weight),
    Approximation("error_function", "G_SINGLE", erfc_factor, ERFC, -31, erfc_weight),
    Approximation("powers", "P", log_rest_past_cube, (0.0, TAN_SQUARED), -55),
    Approximation("hyperbolic", "SINH", sinh_rest, (0.0, HALF_LN2**2), -55),
    Approximation("hyperbolic", "COSH", cosh_rest, (0.0, HALF_LN2**2), -55),
    Approximation("inverse_trigonometric", "P", arctan_rest, (0.0, 0.25001), -55),
    Approximation("inverse_trigonometric", "P_SINGLE", arctan_rest, (0.0, 0.25001), -29),
]

if __name__ == "__main__":
    for approximation in ALL:
        found = approximation.fitted()
        print(f"{approximation.module}.{approximation.name}, error 2**{float(mpmath.log(found.error, 2)):.1f}")
        print("   ", ",\n    ".join(map(repr, found.coefficients)))
