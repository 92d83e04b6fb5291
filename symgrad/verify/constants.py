"""Which exact number a float in a program stands for.

A program says 0.1 and means one tenth; a compiler folds ``2.0 / math.sqrt(math.pi)`` into
1.1283791670955126 and means two over the root of pi. A proof reads each float as the simplest exact
number that rounds to it: a short decimal, a fraction, a multiple of a well-known constant. Where there is
none, it is the decimal as written. Both texts that a proof compares are read in the same way.
"""
from __future__ import annotations

import functools
import math
from decimal import Decimal
from fractions import Fraction

import sympy as sp

SHORT = 14                      # a decimal of so few digits was written by hand
PARTS = 10**8                   # numerator times denominator of a fraction that is meant as one
WELL_KNOWN = (sp.pi, 1 / sp.pi, sp.sqrt(sp.pi), 1 / sp.sqrt(sp.pi), sp.sqrt(2), sp.sqrt(2 * sp.pi),
              1 / sp.sqrt(2 * sp.pi), sp.log(2), 1 / sp.log(2), sp.log(10), 1 / sp.log(10), sp.sqrt(3), sp.pi**2,
              sp.log(2 * sp.pi), sp.log(sp.pi), sp.E, sp.sqrt(5))


@functools.lru_cache(4096)
def meaning(c: float) -> sp.Expr:
    """The exact number that a finite float stands for.

    >>> meaning(0.1), meaning(0.1 + 0.2), meaning(1.0 / 3.0), meaning(2.5066282746310002)
    (1/10, 3/10, 1/3, sqrt(2)*sqrt(pi))
    """
    decimal = Decimal(repr(c))
    if len(decimal.normalize().as_tuple().digits) <= SHORT:
        return sp.Rational(str(decimal))
    fraction = simple(c)
    if fraction is not None:
        return sp.Rational(fraction.numerator, fraction.denominator)
    for constant, size in _sizes():
        fraction = simple(c / size)
        if fraction is not None:
            return constant * sp.Rational(fraction.numerator, fraction.denominator)
    rounded = f"{c:.15g}"
    if len(Decimal(rounded).normalize().as_tuple().digits) <= SHORT and near(float(rounded), c):
        return sp.Rational(rounded)
    return sp.Rational(str(decimal))


@functools.cache
def _sizes() -> list[tuple[sp.Expr, float]]:
    return [(constant, float(constant.evalf(30))) for constant in WELL_KNOWN]


def simple(c: float) -> Fraction | None:
    """The simple fraction that a float rounds, if there is one."""
    fraction = Fraction(c).limit_denominator(5000)
    plain = abs(fraction.numerator) * fraction.denominator <= PARTS
    return fraction if plain and near(float(fraction), c) else None


def near(a: float, b: float) -> bool:
    """Equal but for two roundings."""
    return abs(a - b) <= 2.0 * math.ulp(b)


__all__ = ["meaning"]
