"""The coefficients in the source are those that Remez' algorithm gives, with the errors that the accuracy rests on."""
import mpmath
import pytest
from mpmath import mpf

from symgrad.backends.elementary import exponential, logarithm, trigonometric

from .remez import fit

HALF_LN2 = float(mpmath.log(2) / 2) * 1.0001
TAN_SQUARED = float(((mpmath.sqrt(2) - 1) / (mpmath.sqrt(2) + 1)) ** 2) * 1.001

EIGHTH_SQUARED = float((mpmath.pi / 4) ** 2 * mpf("1.0002"))


def one(x):
    return mpf(1)


def exp_rest(r):
    return (mpmath.expm1(r) - r) / r**2 if abs(r) > 1e-15 else mpf(1) / 2 + r / 6


def log_rest(z):
    s = mpmath.sqrt(z)
    return (2 * mpmath.atanh(s) / s - 2) / z if z > 1e-12 else mpf(2) / 3 + 2 * z / 5


def sin_rest(z):
    r = mpmath.sqrt(z)
    return (mpmath.sin(r) / r - 1) / z if z > 1e-12 else -mpf(1) / 6 + z / 120


def cos_rest(z):
    return (mpmath.cos(mpmath.sqrt(z)) - 1 + z / 2) / z**2 if z > 1e-8 else mpf(1) / 24 - z / 720


FITS = [
    (exponential.Q, exp_rest, one, (-HALF_LN2, HALF_LN2), 2.0**-58),
    (exponential.Q_SINGLE, exp_rest, one, (-HALF_LN2, HALF_LN2), 2.0**-29),
    (logarithm.P, log_rest, one, (0.0, TAN_SQUARED), 2.0**-51),
    (logarithm.P_SINGLE, log_rest, one, (0.0, TAN_SQUARED), 2.0**-29),
    (trigonometric.SIN, sin_rest, one, (0.0, EIGHTH_SQUARED), 2.0**-54),
    (trigonometric.COS, cos_rest, one, (0.0, EIGHTH_SQUARED), 2.0**-58),
    (trigonometric.SIN_SINGLE, sin_rest, one, (0.0, EIGHTH_SQUARED), 2.0**-35),
    (trigonometric.COS_SINGLE, cos_rest, one, (0.0, EIGHTH_SQUARED), 2.0**-38),
]


@pytest.mark.parametrize(("coefficients", "function", "weight", "interval", "bound"), FITS)
def test_coefficients_are_minimax(coefficients, function, weight, interval, bound):
    found = fit(function, weight, *interval, degree=len(coefficients) - 1)
    assert found.coefficients == coefficients
    assert found.error <= bound
