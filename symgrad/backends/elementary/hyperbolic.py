"""tanh, sinh and cosh, of x = n * ln 2 + r.

tanh is computed from exp(2 |x|) - 1 as it comes out of its reduction, before it is rounded. The others are, with no division,

    sinh(x) = 2**n * (a * cosh(r) + b * sinh(r)),    cosh(x) = 2**n * (b * cosh(r) + a * sinh(r)),

with a = (1 - 4**-n) / 2 and b = (1 + 4**-n) / 2, and minimax polynomials in r**2 for cosh(r) and sinh(r).
"""
from __future__ import annotations

from .arithmetic import at_most, fast_two_sum, fma, muladd, polynomial, product, select, two_sum, with_sign_of
from .exponential import expm1_plus, expm1_reduced, reciprocal_power, reduced, scaled
from .straightline import Float

# (sinh(r) / r - 1) / r**2 and (cosh(r) - 1) / r**2, as polynomials in r**2 on |r| <= ln(2) / 2
SINH = (
    0.16666666666666669, 0.008333333333330062, 0.0001984126986305609, 2.755726845669049e-06,
    2.510038687472843e-08,
)
COSH = (
    0.5, 0.04166666666666668, 0.0013888888888879073, 2.480158733644489e-05, 2.7557263276551274e-07,
    2.0918138586803424e-09,
)


def tanh(x: Float) -> Float:
    """At most 0.8 ulp; 1 from 19.06. With exp(2 |x|) = 2**n * exp(r),

        tanh |x| = N / (N + 2 * 2**-n),    N = (1 - 2**-n) + (exp(r) - 1),

    each in two numbers. The second of each is taken in by a step of Newton's on the quotient.
    """
    size = abs(x)
    part = reduced(2.0 * size)
    power = reciprocal_power(part.n)
    high, low = fast_two_sum(*expm1_plus(1.0 - power, part))
    below, below_low = two_sum(power + power, high)
    inverse = 1.0 / below
    quotient = high * inverse
    remainder = fma(-quotient, below, high) + fma(-quotient, below_low + low, low)
    return with_sign_of(x, select(size > 20.0, 1.0, fma(remainder, inverse, quotient)))


def tanh_single(x: Float) -> Float:
    """The same to 2**-28."""
    size = abs(x)
    part = reduced(2.0 * size)
    power = reciprocal_power(part.n)
    above = (1.0 - power) + expm1_reduced(part.rounded)
    return with_sign_of(x, select(size > 20.0, 1.0, above / (above + 2.0 * power)))


def sinh(x: Float) -> Float:
    """At most 0.85 ulp; inf from 710.48."""
    return with_sign_of(x, _combined(abs(x), -1.0))


def cosh(x: Float) -> Float:
    """At most 0.85 ulp; inf from 710.48."""
    return _combined(abs(x), 1.0)


def _combined(size: Float, sign: float) -> Float:
    """cosh(size) for sign = 1, and sinh(size) for sign = -1."""
    part = reduced(at_most(size, 711.0))
    r = part.rounded
    z = r * r
    power = (0.5 * sign) * reciprocal_power(part.n + part.n)
    even, even_low = fast_two_sum(size.code.constant(0.5), power)
    odd = 0.5 - power
    linear, linear_low = product(odd, part.r)
    total, lost = fast_two_sum(even, linear)  # either even = 0 or it is the larger one
    rest = muladd(even, z * polynomial(z, COSH), odd * muladd(r * z, polynomial(z, SINH), part.low))
    return scaled(total + (rest + (lost + linear_low + even_low)), part.bits)
