"""log.

x = 2**k * (1 + f) with sqrt(1/2) <= 1 + f < sqrt(2), taken from the bits of x. With s = f / (2 + f),

    log(1 + f) = f - f**2 / 2 + s * (f**2 / 2 + R(s**2)),    R(z) = z * p(z),

where p is a minimax polynomial (this form is that of fdlibm's log: what is subtracted from f is small). k * ln 2 is
added in two parts, the first exact, and their sum with f keeps what rounding takes off.
"""
from __future__ import annotations

from typing import NamedTuple

from .arithmetic import fast_two_sum, muladd, polynomial, select
from .straightline import Float

SMALLEST_NORMAL = 2.0**-1022
ONE_BITS, ROOT_HALF_BITS = 0x3FF0000000000000, 0x3FE6A09E667F3BCD
FRACTION = 0x000FFFFFFFFFFFFF
TWO_52, TWO_52_BITS = 2.0**52, 0x4330000000000000
# the first has 42 bits, so that k times it is exact
LN2, LN2_LOW = 0.69314718055989033, 5.4979230187083712e-14
# p(z) = R(z) / z on 0 <= sqrt(z) <= (sqrt(2) - 1) / (sqrt(2) + 1)
P = (
    0.666666666666667, 0.3999999999989789, 0.2857142862665141, 0.22222211031749325, 0.18182896207631685,
    0.15331497764506818, 0.1461909699201228,
)
P_SINGLE = (0.6666666655260869, 0.40000123090506895, 0.2855069897010335, 0.23333418750836313)


class Split(NamedTuple):
    """x = 2**k * (1 + f)."""

    k: Float
    f: Float


def split(x: Float, subnormals: bool = True) -> Split:
    """For positive x; anything for others. Subnormal numbers are multiplied by 2**54 first."""
    bias = x.code.constant(TWO_52 + 1023)
    if subnormals:
        subnormal = x < SMALLEST_NORMAL
        x, bias = select(subnormal, x * 2.0**54, x), select(subnormal, TWO_52 + 1023 + 54, bias)
    bits = x.bits() + (ONE_BITS - ROOT_HALF_BITS)
    k = ((bits >> 52) | TWO_52_BITS).as_float() - bias
    return Split(k, ((bits & FRACTION) + ROOT_HALF_BITS).as_float() - 1.0)


def log_sum(k: Float, f: Float, lost: Float | float) -> Float:
    """k * ln 2 + log(1 + f) + lost."""
    half_square = 0.5 * f * f
    s = f / (f + 2.0)
    z = s * s
    rest = half_square - s * muladd(z, polynomial(z, P), half_square)
    high, low = fast_two_sum(k * LN2, f)
    return high + (muladd(k, LN2_LOW, low + lost) - rest)


def with_ends(x: Float, result: Float) -> Float:
    """The logarithm's ends: -inf at 0, inf at inf, NaN for negative numbers and NaN."""
    inf = float("inf")
    return select(x < inf, select(x > 0.0, result, select(x < 0.0, float("nan"), -inf)), x)


def log(x: Float) -> Float:
    """The natural logarithm: at most 0.8 ulp; log(0) = -inf, NaN for negative x."""
    return with_ends(x, log_sum(*split(x), 0.0))


def log_single(x: Float) -> Float:
    """The same to 2**-28, for x that are float32: none is subnormal as a float64."""
    k, f = split(x, subnormals=False)
    s = f / (f + 2.0)
    z = s * s
    return with_ends(x, muladd(k, LN2 + LN2_LOW, s * muladd(z, polynomial(z, P_SINGLE), 2.0)))
