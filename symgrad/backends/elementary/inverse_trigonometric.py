"""arctan.

|x| is reduced by tan's addition theorem: arctan(x) = c + arctan(t) with t = x and c = 0 below 1/2, t = (x - 1) / (x + 1) and
c = pi/4 up to 2, and t = -1 / x and c = pi/2 beyond, so that |t| <= 1/2. The quotient is kept with what its rounding takes off.
"""
from __future__ import annotations

from .arithmetic import at_most, fast_two_sum, fma, muladd, polynomial, select, with_sign_of
from .straightline import Float

QUARTER_PI, QUARTER_PI_LOW = 0.7853981633974483, 3.061616997868383e-17
# (arctan(t) / t - 1) / t**2 as a polynomial in t**2 on |t| <= 1/2
P = (
    -0.3333333333333333, 0.1999999999999953, -0.14285714285607123, 0.1111111110150774, -0.09090908643018912,
    0.07692295227515322, -0.06666443086238251, 0.058796486115777556, -0.05240543060496763,
    0.046298766872567204, -0.03811557169935267, 0.025081100885137094, -0.009265447454741563,
)
P_SINGLE = (
    -0.33333333314000696, 0.19999992192136382, -0.1428519841757953, 0.11098243972686365, -0.08935872091243069,
    0.06703404191142727, -0.032901383002223505,
)


def arctan(x: Float) -> Float:
    """At most 0.8 ulp."""
    size = at_most(abs(x), 1e300)
    small, large = size < 0.5, size > 2.0
    sum_, sum_low = fast_two_sum(x.code.constant(1.0), size)
    above = select(small, size, select(large, -1.0, size - 1.0))
    below = select(small, 1.0, select(large, size, sum_))
    below_low = select(small | large, 0.0, sum_low)
    inverse = 1.0 / below
    t = above * inverse
    t_low = fma(-t, below_low, fma(-t, below, above)) * inverse
    constant = select(small, 0.0, select(large, 2.0 * QUARTER_PI, QUARTER_PI))
    constant_low = select(small, 0.0, select(large, 2.0 * QUARTER_PI_LOW, QUARTER_PI_LOW))
    z = t * t
    total, lost = fast_two_sum(constant, t)
    rest = muladd(t * z, polynomial(z, P), (t_low + constant_low) + lost)
    return with_sign_of(x, total + rest)


def arctan_single(x: Float) -> Float:
    """The same to 2**-28."""
    size = at_most(abs(x), 1e300)
    small, large = size < 0.5, size > 2.0
    above = select(small, size, select(large, -1.0, size - 1.0))
    t = above / select(small, 1.0, select(large, size, size + 1.0))
    z = t * t
    constant = select(small, 0.0, select(large, 2.0 * QUARTER_PI, QUARTER_PI))
    return with_sign_of(x, constant + muladd(t * z, polynomial(z, P_SINGLE), t))
