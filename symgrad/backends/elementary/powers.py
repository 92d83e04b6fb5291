"""Powers, from a logarithm in two numbers; log2, log10 and exp2.

x**y = exp2(y * log2(x)), and y * log2(x) is up to 1024, so log2(x) is needed to 2**-65. As in logarithm.py, x = 2**k * (1 + f)
and s = f / (2 + f), with

    log(1 + f) = 2 s + s**3 * (2/3 + s**2 * p(s**2)),

where all but the minimax polynomial p is computed in pairs of numbers: p counts for 2**-12 of the sum.
"""
from __future__ import annotations

from .arithmetic import (
    at_least,
    at_most,
    fast_two_sum,
    fma,
    muladd,
    polynomial,
    product,
    select,
    with_sign_of,
)
from .exponential import MAGIC, Reduced, exp_near_single, exp_of
from .logarithm import log_parts, log_single, rest_of_log, split, with_ends
from .straightline import Float

INF, NAN, HUGE = float("inf"), float("nan"), 2.0**200
LN2, LN2_LOW = 0.6931471805599453, 2.3190468138462996e-17
LOG2_E, LOG2_E_LOW = 1.4426950408889634, 2.0355273740931033e-17
LOG10_E, LOG10_E_LOW = 0.4342944819032518, 1.098319650216765e-17
LOG10_2, LOG10_2_LOW = 0.30102999566361177, 3.694239077158931e-13  # the first has 42 bits, so that k times it is exact
TWO_THIRDS, TWO_THIRDS_LOW = 0.6666666666666666, 3.700743415417188e-17
# p(z) = (log(1 + f) / s - 2 - 2/3 z) / z**2 on 0 <= sqrt(z) <= (sqrt(2) - 1) / (sqrt(2) + 1)
P = (
    0.4, 0.2857142857142938, 0.22222222221648177, 0.18181818337035321, 0.15384594796231546,
    0.13334813319626226, 0.11706014835066145, 0.11725409849733133,
)


def log2_pair(x: Float) -> tuple[Float, Float]:
    """log2(x) for positive finite x, to 2**-65."""
    k, f = split(x)
    high, low = _log_pair(f)
    product_high, product_low = product(high, LOG2_E)
    product_low = muladd(low, LOG2_E, muladd(high, LOG2_E_LOW, product_low))
    total, lost = fast_two_sum(k, product_high)
    return fast_two_sum(total, lost + product_low)


def _log_pair(f: Float) -> tuple[Float, Float]:
    """log(1 + f)."""
    below, below_low = fast_two_sum(f.code.constant(2.0), f)
    inverse = 1.0 / below
    s = f * inverse
    s_low = fma(-s, below_low, fma(-s, below, f)) * inverse
    z, z_low = product(s, s)
    z_low = muladd(s + s, s_low, z_low)
    factor, factor_low = fast_two_sum(f.code.constant(TWO_THIRDS), z * polynomial(z, P))
    factor_low += TWO_THIRDS_LOW
    square, square_low = product(z, factor)
    square_low = muladd(z, factor_low, muladd(z_low, factor, square_low))
    cube, cube_low = product(s, square)
    cube_low = muladd(s, square_low, muladd(s_low, square, cube_low))
    total, lost = fast_two_sum(s + s, cube)
    return fast_two_sum(total, lost + (s_low + s_low + cube_low))


def exp2_pair(high: Float, low: Float) -> Reduced:
    """2**(high + low) reduced to e**(n * ln 2 + r), for a high of at most 1100 in size, and low an ulp of it."""
    shifted = high + MAGIC
    n = shifted - MAGIC
    fraction = high - n
    r, r_low = product(fraction, LN2)
    r_low = muladd(low, LN2, muladd(fraction, LN2_LOW, r_low))
    return Reduced(n, shifted.bits(), r, r_low, r + r_low)


def power(x: Float, y: Float) -> Float:
    """x**y: at most 0.8 ulp; NaN for negative x and y that is not an integer, and 1 for y = 0 or x = 1, even with NaN."""
    size = abs(x)
    high, low = log2_pair(size)
    high, low = _log_with_ends(size, high, low)
    times = _finite(y)
    exponent, rest = product(times, high)
    bounded = at_least(at_most(exponent, 1100.0), -1100.0)
    rest = select(bounded.equals(exponent), muladd(times, low, rest), 0.0)
    return _with_signs(x, y, exp_of(exp2_pair(bounded, rest)))


def power_single(x: Float, y: Float) -> Float:
    """The same to 2**-28."""
    size = abs(x)
    high, low = log_parts(*split(size, subnormals=False))
    logarithm, _ = _log_with_ends(size, high + low, low)
    exponent = _finite(y) * logarithm
    return _with_signs(x, y, exp_near_single(at_least(at_most(exponent, 150.0), -150.0)))


def _log_with_ends(size: Float, high: Float, low: Float) -> tuple[Float, Float]:
    end = select(size.equals(0.0), -INF, size)
    ordinary = (size > 0.0) & (size < INF)
    return select(ordinary, high, end), select(ordinary, low, 0.0)


def _finite(y: Float) -> Float:
    """y, or a lesser number with which x**y is the same: every logarithm is 0 or at least 2**-54."""
    return at_least(at_most(y, HUGE), -HUGE)


def _with_signs(x: Float, y: Float, result: Float) -> Float:
    """|x|**y with the sign of x**y, and what C's pow gives where it is NaN."""
    integer = y.rounded().equals(y)
    half = 0.5 * y
    odd = integer & ~half.rounded().equals(half)
    result = select(odd, with_sign_of(x, result), result)
    result = select((x < 0.0) & ~integer & (x > -INF), NAN, result)
    return select(y.equals(0.0) | x.equals(1.0), 1.0, result)


def exp2(x: Float) -> Float:
    """2**x: at most 0.52 ulp (0.8 where it is subnormal)."""
    x = at_least(at_most(x, 1100.0), -1100.0)
    return exp_of(exp2_pair(x, x.code.constant(0.0)))


def exp2_single(x: Float) -> Float:
    """The same to 2**-29."""
    return exp_near_single(at_least(at_most(x, 200.0), -200.0) * LN2)


def log2(x: Float) -> Float:
    """The logarithm to base 2: at most 0.9 ulp; exact for powers of two."""
    k, f = split(x)
    scaled, lost = _scaled_log(f, LOG2_E, LOG2_E_LOW)
    high, low = fast_two_sum(k, scaled)
    return with_ends(x, high + (low + lost))


def log10(x: Float) -> Float:
    """The logarithm to base 10: at most 0.9 ulp; exact for powers of ten."""
    k, f = split(x)
    scaled, lost = _scaled_log(f, LOG10_E, LOG10_E_LOW)
    high, low = fast_two_sum(k * LOG10_2, scaled)
    return with_ends(x, high + (muladd(k, LOG10_2_LOW, low) + lost))


def _scaled_log(f: Float, scale: float, scale_low: float) -> tuple[Float, Float]:
    """log(1 + f) * (scale + scale_low) in two numbers, of which the first is near to their sum."""
    high, low = product(f, scale)
    return high, muladd(-rest_of_log(f), scale, muladd(f, scale_low, low))


def log2_single(x: Float) -> Float:
    """The same to 2**-28."""
    return log_single(x) * LOG2_E


def log10_single(x: Float) -> Float:
    """The same to 2**-28."""
    return log_single(x) * LOG10_E
