"""exp and expm1.

With n = round(x / ln 2), exp(x) = 2**n * exp(r) for |r| <= ln(2) / 2. The quotient is rounded by adding 1.5 * 2**52,
which also leaves n in the low bits as an integer; AVX2 has no conversion. ln 2 is two numbers: x - n * LN2 is exact
when it is computed by a fused multiply-add (it is a multiple of 2**-54 and less than 1), and n * LN2_LOW is its correction.

exp(r) = 1 + r + r**2 * q(r), with q a minimax polynomial. 1 + r is kept with what its rounding takes off, so that
the last addition is the only one that counts: the error stays below 0.52 ulp. 2**n is put in as two factors, since
2**1024 is not a number and 2**-1074 not a normal one; the second is the only one that rounds.
"""
from __future__ import annotations

from typing import NamedTuple

from .arithmetic import (
    at_most,
    fast_two_sum,
    fma,
    muladd,
    polynomial,
    power_of_two,
    product,
    select,
    with_sign_of,
)
from .straightline import Float, Int

MAGIC, MAGIC_BITS = 1.5 * 2.0**52, 0x4338000000000000
LOG2_E = 1.4426950408889634
LN2, LN2_LOW = 0.6931471805599453, 2.3190468138462996e-17
# q(r) = (exp(r) - 1 - r) / r**2 on |r| <= ln(2) / 2
Q = (
    0.5, 0.1666666666666667, 0.041666666666666685, 0.008333333333326134, 0.0013888888888874398,
    0.0001984126987482227, 2.4801587347340244e-05, 2.7557255398232844e-06, 2.7557252912949476e-07,
    2.5105217773838853e-08, 2.092158894410641e-09,
)
Q_CUBIC = tuple(2.0 * c for c in Q[1:])
Q_SINGLE = (
    0.5000000013469612, 0.16666666756486032, 0.04166646489796874, 0.008333286000305454, 0.0013933652296696144,
    0.00019907588548615646,
)


class Reduced(NamedTuple):
    """x = n * ln 2 + r + low, and r + low rounded."""

    n: Float
    bits: Int
    r: Float
    low: Float
    rounded: Float


def reduced(x: Float) -> Reduced:
    """Reduce by multiples of ln 2; `bits` holds n in its low half, in two's complement."""
    shifted = fma(x, LOG2_E, MAGIC)
    n = shifted - MAGIC
    r = fma(n, -LN2, x)
    low = n * -LN2_LOW
    return Reduced(n, shifted.bits(), r, low, r + low)


def scaled(x: Float, bits: Int) -> Float:
    """x * 2**n for the n in the low half of bits, -2040 < n < 2040; rounded once."""
    biased = bits + (2046 - MAGIC_BITS)
    half = biased >> 1
    return x * power_of_two(half) * power_of_two(biased - half)


def tail(part: Reduced) -> Float:
    """exp(r + low) - 1 - r, which is small: r**2 / 2 and less."""
    return muladd(part.rounded * part.rounded, polynomial(part.rounded, Q), part.low)


def exp(x: Float) -> Float:
    """e**x: at most 0.52 ulp (0.8 where it is subnormal); inf from 709.79, 0 from -745.14."""
    return within(x, -746.0, 0.0, 710.0, exp_of(reduced(x)))


def within(x: Float, low: float, below: float, high: float, result: Float) -> Float:
    """The result for x from low to high, `below` below, and inf above; chosen last, so that nothing waits for it."""
    return select(x > high, float("inf"), select(x < low, below, result))


def exp_of(part: Reduced) -> Float:
    """e**(n * ln 2 + r + low), for |n| < 2040."""
    return scaled(_exp_of_rest(part), part.bits)


def exp_near(x: Float) -> Float:
    """e**x to 0.52 ulp, for |x| < 700."""
    part = reduced(x)
    return _exp_of_rest(part) * power_of_two(part.bits + (1023 - MAGIC_BITS))


def _exp_of_rest(part: Reduced) -> Float:
    total, lost = fast_two_sum(part.r.code.constant(1.0), part.r)
    return total + (lost + tail(part))


def exp_single(x: Float) -> Float:
    """e**x to 2**-29."""
    return within(x, -150.0, 0.0, 150.0, exp_near_single(x))


def exp_near_single(x: Float) -> Float:
    """The same, for |x| < 700."""
    part = reduced(x)
    return (expm1_reduced(part.rounded) + 1.0) * power_of_two(part.bits + (1023 - MAGIC_BITS))


def expm1(x: Float) -> Float:
    """e**x - 1, as 2**n * ((1 - 2**-n) + (exp(r) - 1)): at most 0.85 ulp; -1 from -36.8, inf from 709.79."""
    part = reduced(x)
    constant, lost = fast_two_sum(x.code.constant(1.0), -reciprocal_power(part.n))
    high, low = expm1_plus(constant, part)
    return with_sign_of(x, within(x, -40.0, -1.0, 710.0, scaled(high + (low + lost), part.bits)))


def expm1_plus(constant: Float, part: Reduced) -> tuple[Float, Float]:
    """constant + (exp(r + low) - 1) in two numbers, where the constant is 0 or at least 1/2 in size.

    The sum may be a third of r, so r**2 / 2 is added with what its rounding takes off.
    """
    r = part.rounded
    half_square, square_low = product(0.5 * r, r)
    high, lost = fast_two_sum(constant, part.r)
    high, lost_too = fast_two_sum(high, half_square)
    cube = muladd(r * half_square, polynomial(r, Q_CUBIC), part.low)
    return high, (lost + lost_too) + (square_low + cube)


def reciprocal_power(n: Float) -> Float:
    """2**-n for -1000 < n <= 64, and 2**-64 for a greater n."""
    return power_of_two((MAGIC - at_most(n, 64.0)).bits() + (1023 - MAGIC_BITS))


def expm1_single(x: Float) -> Float:
    """The same to 2**-28."""
    part = reduced(x)
    power = power_of_two(part.bits + (1023 - MAGIC_BITS))
    result = muladd(expm1_reduced(part.rounded), power, power - 1.0)
    return with_sign_of(x, within(x, -40.0, -1.0, 150.0, result))


def expm1_reduced(r: Float) -> Float:
    """exp(r) - 1 for |r| <= ln(2) / 2, to 2**-30."""
    return muladd(r * r, polynomial(r, Q_SINGLE), r)
