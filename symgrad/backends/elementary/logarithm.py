"""log and log1p.

x = 2**k * (1 + f) with sqrt(1/2) <= 1 + f < sqrt(2), taken from the bits of x. With s = f / (2 + f),

    log(1 + f) = f - f**2 / 2 + s * (f**2 / 2 + R(s**2)),    R(z) = z * p(z),

where p is a minimax polynomial (this form is that of fdlibm's log: what is subtracted from f is small). k * ln 2 is
added in two parts, the first exact, and their sum with f keeps what rounding takes off.
"""
from __future__ import annotations

from typing import NamedTuple

from .arithmetic import fast_two_sum, muladd, polynomial, select, two_sum, with_sign_of
from .straightline import Float

SMALLEST_NORMAL = 2.0**-1022
ONE_BITS, ROOT_HALF_BITS = 0x3FF0000000000000, 0x3FE6A09E667F3BCD
FRACTION = 0x000FFFFFFFFFFFFF
TWO_52, TWO_52_BITS = 2.0**52, 0x4330000000000000
# the first has 42 bits, so that k times it is exact
LN2, LN2_LOW = 0.69314718055989033, 5.4979230187083712e-14
# p(z) = R(z) / z on 0 <= sqrt(z) <= (sqrt(2) - 1) / (sqrt(2) + 1)
P = (
    0.666666666666667, 0.3999999999989789, 0.2857142862665168, 0.22222211031720054, 0.18182896208807628,
    0.15331497748380396, 0.14619096996002975,
)
P_SINGLE = (
    0.6666666655260426, 0.40000123091702106, 0.28550698929353413, 0.23333418757237726,
)


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


def log_parts(k: Float, f: Float) -> tuple[Float, Float]:
    """k * ln 2 + log(1 + f) in two numbers, of which the first is near to their sum."""
    high, low = fast_two_sum(k * LN2, f)
    return high, muladd(k, LN2_LOW, low) - rest_of_log(f)


def rest_of_log(f: Float) -> Float:
    """f - log(1 + f)."""
    half_square = 0.5 * f * f
    s = f / (f + 2.0)
    z = s * s
    return half_square - s * muladd(z, polynomial(z, P), half_square)


def log_near(k: Float, f: Float) -> Float:
    """The same to 2**-28."""
    s = f / (f + 2.0)
    z = s * s
    return muladd(k, LN2 + LN2_LOW, s * muladd(z, polynomial(z, P_SINGLE), 2.0))


def with_ends(x: Float, result: Float, pole: float = 0.0) -> Float:
    """The ends of a logarithm: -inf at the pole, NaN below it, inf at inf, NaN at NaN."""
    inf = float("inf")
    return select(x < inf, select(x > pole, result, select(x < pole, float("nan"), -inf)), x)


def log(x: Float) -> Float:
    """The natural logarithm: at most 0.9 ulp; log(0) = -inf, NaN for negative x."""
    high, low = log_parts(*split(x))
    return with_ends(x, high + low)


def log_single(x: Float) -> Float:
    """The same to 2**-28, for x that are float32: none is subnormal as a float64."""
    return with_ends(x, log_near(*split(x, subnormals=False)))


def log1p(x: Float) -> Float:
    """log(1 + x): at most 0.9 ulp. With u = 1 + x, rounded, it is log(u) + (1 + x - u) / u."""
    total, lost = two_sum(x.code.constant(1.0), x)
    high, low = log_parts(*split(total, subnormals=False))
    return with_ends(x, with_sign_of(x, high + (low + lost / total)), pole=-1.0)


def log1p_single(x: Float) -> Float:
    """The same to 2**-27."""
    total, lost = two_sum(x.code.constant(1.0), x)
    return with_ends(x, with_sign_of(x, log_near(*split(total, subnormals=False)) + lost / total), pole=-1.0)
