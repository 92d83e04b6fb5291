"""tanh, from exp(2 |x|) - 1 as it comes out of its reduction, before it is rounded."""
from __future__ import annotations

from .arithmetic import at_most, fast_two_sum, fma, two_sum, with_sign_of
from .exponential import expm1_plus, expm1_reduced, reciprocal_power, reduced
from .straightline import Float


def tanh(x: Float) -> Float:
    """At most 0.8 ulp; 1 from 19.06. With exp(2 |x|) = 2**n * exp(r),

        tanh |x| = N / (N + 2 * 2**-n),    N = (1 - 2**-n) + (exp(r) - 1),

    each in two numbers. The second of each is taken in by a step of Newton's on the quotient.
    """
    part = reduced(2.0 * at_most(abs(x), 20.0))
    power = reciprocal_power(part.n)
    high, low = fast_two_sum(*expm1_plus(1.0 - power, part))
    below, below_low = two_sum(power + power, high)
    inverse = 1.0 / below
    quotient = high * inverse
    remainder = fma(-quotient, below, high) + fma(-quotient, below_low + low, low)
    return with_sign_of(x, fma(remainder, inverse, quotient))


def tanh_single(x: Float) -> Float:
    """The same to 2**-28."""
    part = reduced(2.0 * at_most(abs(x), 20.0))
    power = reciprocal_power(part.n)
    above = (1.0 - power) + expm1_reduced(part.rounded)
    return with_sign_of(x, above / (above + 2.0 * power))
