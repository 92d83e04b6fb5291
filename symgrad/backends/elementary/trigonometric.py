"""sin, cos and tan.

x = n * pi/2 + r with |r| <= pi/4, r in two numbers. Up to 2**36, pi/2 is three numbers (Cody and Waite): x - n * HALF_PI is
exact when it is computed by a fused multiply-add, being a multiple of 2**-53 less than 1, and the products with the
others are kept with what rounding takes off, since x may be as near to n * pi/2 as 2**-62. Beyond, 2/pi is needed to 1200 bits
(Payne and Hanek), which is in a path of its own (calls.py). The quadrant, n mod 4, says which of two minimax
polynomials in r**2 to take, and with what sign.
"""
from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import ldexp
from typing import NamedTuple

from .arithmetic import fast_two_sum, fma, muladd, polynomial, product, select, two_sum
from .calls import Body, called
from .straightline import Float, Int

MAGIC = 1.5 * 2.0**52
TWO_OVER_PI = 0.6366197723675814
HALF_PI, HALF_PI_2, HALF_PI_3 = 1.5707963267948966, 6.123233995736766e-17, -1.4973849048591698e-33
NEAR = 2.0**36
TINY = 2.0**-27
# (sin(r) / r - 1) / r**2 and (cos(r) - 1 + r**2 / 2) / r**4, as polynomials in r**2 on |r| <= pi/4
SIN = (
    -0.16666666666666666, 0.008333333333333331, -0.00019841269841265063, 2.7557319219337045e-06,
    -2.5052106231654302e-08, 1.605853148598282e-10, -7.586688922632294e-13,
)
COS = (
    0.041666666666666664, -0.0013888888888887398, 2.480158729876479e-05, -2.7557317271174754e-07,
    2.0876146138218772e-09, -1.1382622215984899e-11,
)
SIN_SINGLE = (
    -0.16666666663858606, 0.008333331875459711, -0.00019840086965072247, 2.7249940432893103e-06,
)
COS_SINGLE = (
    0.04166666666432331, -0.0013888887672448612, 2.48006004851259e-05, -2.7300962365613506e-07,
)


class Reduced(NamedTuple):
    """x = n * pi/2 + r + low; the last two bits of n are the quadrant."""

    n: Int
    r: Float
    low: Float


def near(x: Float) -> Reduced:
    """For |x| <= 2**36, to 2**-120."""
    shifted = fma(x, TWO_OVER_PI, MAGIC)
    n = shifted - MAGIC
    high, low = product(n, HALF_PI_2)
    r, lost = two_sum(fma(n, -HALF_PI, x), -high)
    return Reduced(shifted.bits(), r, fma(n, -HALF_PI_3, lost - low))


def near_single(x: Float) -> Reduced:
    """For |x| <= 2**36 that are float32, which are not as near to a zero: to 2**-68."""
    shifted = fma(x, TWO_OVER_PI, MAGIC)
    n = shifted - MAGIC
    return Reduced(shifted.bits(), fma(n, -HALF_PI_2, fma(n, -HALF_PI, x)), x.code.constant(0.0))


def pairs(part: Reduced) -> tuple[tuple[Float, Float], tuple[Float, Float]]:
    """The sine and the cosine of r + low, each as a number and a lesser one."""
    _, r, low = part
    z = r * r
    half, half_low = product(0.5 * r, r)
    one_less = 1.0 - half
    rest = fma(z * z, polynomial(z, COS), ((1.0 - one_less) - half) - half_low)
    return (r, fma(r * z, polynomial(z, SIN), low * one_less)), (one_less, fma(-r, low, rest))


def sin_of(x: Float, part: Reduced) -> Float:
    """sin(x) for x reduced to `part`: at most 0.85 ulp, as the cosine."""
    (sine, sine_rest), (cosine, cosine_rest) = pairs(part)
    return _signed(part.n, sine + sine_rest, cosine + cosine_rest)


def tan_of(x: Float, part: Reduced) -> Float:
    """tan(x) for x reduced to `part`: at most 1 ulp. A quotient of pairs, corrected by a step of Newton's."""
    sine, cosine = (fast_two_sum(*pair) for pair in pairs(part))
    even = (part.n & 1).is_zero()
    above, above_low = (select(even, s, -c) for s, c in zip(sine, cosine, strict=True))
    below, below_low = (select(even, c, s) for s, c in zip(sine, cosine, strict=True))
    inverse = 1.0 / below
    quotient = above * inverse
    remainder = fma(-quotient, below, above) + fma(-quotient, below_low, above_low)
    return fma(remainder, inverse, quotient)


def singles(r: Float) -> tuple[Float, Float]:
    """The sine and the cosine of r, to 2**-30."""
    z = r * r
    sine = muladd(r * z, polynomial(z, SIN_SINGLE), r)
    return sine, muladd(z * z, polynomial(z, COS_SINGLE), muladd(z, -0.5, 1.0))


def sin_single_of(x: Float, part: Reduced) -> Float:
    """The same to 2**-30."""
    return _signed(part.n, *singles(part.r))


def tan_single_of(x: Float, part: Reduced) -> Float:
    """The same to 2**-30."""
    n, r, _ = part
    sine, cosine = singles(r)
    even = (n & 1).is_zero()
    return select(even, sine, -cosine) / select(even, cosine, sine)


def _signed(n: Int, sine: Float, cosine: Float) -> Float:
    """The sine in the quadrant n mod 4: sine, cosine, -sine, -cosine."""
    return (select((n & 1).is_zero(), sine, cosine).bits() ^ ((n & 2) << 62)).as_float()


def _cos_of(sin_of: Callable[[Float, Reduced], Float]) -> Callable[[Float, Reduced], Float]:
    return lambda x, part: sin_of(x, part._replace(n=part.n + 1))


def _odd(function: Callable[[Float, Reduced], Float]) -> Callable[[Float, Reduced], Float]:
    """The same, and x itself where that is the nearest number, which may be -0.0."""
    return lambda x, part: select(abs(x) < TINY, x, function(x, part))


def _everywhere(name: str, reduced: Callable[[Float], Reduced], function: Callable[[Float, Reduced], Float]) -> Body:
    return called(name, lambda x: function(x, reduced(x)), lambda x: abs(x) <= NEAR,
                  lambda x: select(abs(x) < float("inf"), function(x, far(x)), x - x))


# --------------------------------------------------------------------------------------------- numbers past 2**36

# the integer part of 2/pi * 2**1216
TWO_OVER_PI_BITS = int(
    "a2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe5163abdebbc561b7246e3a424d"
    "d2e006492eea09d1921cfe1deb1cb129a73ee88235f52ebb4484e99c7026b45f7e413991d639"
    "835339f49c845f8bbdf9283b1ff897ffde05980fef2f118b5a0a6d1f6d367ecf27cb09b74f46"
    "3f669e5fea2d7527bac7ebe5f17b3d0739f78a5292ea6bfb5fb11f8d5d0856033046fc7b6bab", 16)
BITS = 1216
FIRST_ROW, LAST_ROW = 33, 63


def far(x: Float) -> Reduced:
    """For finite |x| >= 2**33, to 2**-120.

    Numbers whose biased exponents agree but in the lower five bits share a row of four numbers: their sum is 2/pi, less
    what is a multiple of 4 when multiplied by any of them, times a power of two: that which the upper six bits
    of the exponent take off x. The multiples of 4 that are left in the products are taken off one by one.
    """
    bits = x.bits()
    row = ((bits >> 57) & 63) - FIRST_ROW
    x = ((bits & ~(63 << 57)) | (31 << 57)).as_float()
    products = [product(x, x.code.lookup(column, row)) for column in two_over_pi()]
    (high, low), (second, second_low), (third, third_low), (fourth, _) = products
    total, lost = two_sum(_modulo_4(high), _modulo_4(low))
    total, lost_too = two_sum(total, _modulo_4(second))
    n = total.rounded()
    total -= n
    rest = third_low + fourth
    for part in (second_low, third, lost, lost_too):
        total, lost = two_sum(total, part)
        rest += lost
    more = total.rounded()  # total was a half, but for what has been added to it
    total, rest = two_sum(total - more, rest)
    r, low = product(total, HALF_PI)
    return Reduced((n + more + MAGIC).bits(), r, fma(total, HALF_PI_2, muladd(rest, HALF_PI, low)))


def _modulo_4(x: Float) -> Float:
    return x - 4.0 * (0.25 * x).rounded()


@cache
def two_over_pi() -> list[tuple[float, ...]]:
    """The rows of `far`, as four columns."""
    rows = []
    for row in range(FIRST_ROW, LAST_ROW + 1):
        lowest = 32 * row - 1023  # the least exponent: these x are multiples of 2**(lowest - 52)
        modulus = 1 << (54 - lowest + BITS)
        left = TWO_OVER_PI_BITS % modulus
        left -= modulus if 2 * left > modulus else 0
        numbers = []
        for _ in range(4):
            shift = max(left.bit_length() - 53, 0)
            leading = (left + (1 << shift >> 1)) >> shift
            left -= leading << shift
            numbers.append(ldexp(leading, shift - BITS + 32 * (row - 31)))
        rows.append(numbers)
    return list(zip(*rows, strict=True))


sin = _everywhere("sin", near, _odd(sin_of))
cos = _everywhere("cos", near, _cos_of(sin_of))
tan = _everywhere("tan", near, _odd(tan_of))
sin_single = _everywhere("sin_single", near_single, _odd(sin_single_of))
cos_single = _everywhere("cos_single", near_single, _cos_of(sin_single_of))
tan_single = _everywhere("tan_single", near_single, _odd(tan_single_of))
