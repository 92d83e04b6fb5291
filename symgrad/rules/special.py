"""Functions that derivatives need and neither `math` nor NumPy has.

They are plain scalar Python and use nothing but `math`: the compiler copies the source of the
ones that it needs into the head of the generated module.
"""
from __future__ import annotations

import math


def sign(x):
    """-1, 0 or 1: np.sign for a Python float."""
    return int(x > 0.0) - int(x < 0.0)


def digamma(x):
    """The derivative of log(gamma(x)).

    Reflection for x < 0, recurrence up to 10, then the asymptotic series:
    Abramowitz and Stegun 6.3.7, 6.3.5 and 6.3.18.
    """
    if x < 0.0:
        return digamma(1.0 - x) - math.pi / math.tan(math.pi * (x - math.floor(x)))
    shift = 0.0
    while x < 10.0:
        shift += 1.0 / x
        x += 1.0
    t = 1.0 / (x * x)
    series = t * (1 / 12 - t * (1 / 120 - t * (1 / 252 - t * (1 / 240 - t * (1 / 132 - t * (
        691 / 32760 - t / 12))))))
    return math.log(x) - 0.5 / x - series - shift


def polygamma(n, x):
    """The n-th derivative of digamma(x), n >= 1.

    Recurrence upwards, then the asymptotic series: Abramowitz and Stegun 6.4.6 and 6.4.11.
    """
    x = float(x)
    shift = 0.0
    while x < 12.0 + n:
        shift += x ** -(n + 1)
        x += 1.0
    bernoulli = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)
    term = math.factorial(n - 1) * x ** -n
    total = term + 0.5 * n * term / x
    term *= n / (x * x)                             # (2k + n - 1)! / ((2k)! x**(2k + n)) for k = 1,
    term *= 0.5 * (n + 1)
    for k, b in enumerate(bernoulli, start=1):
        total += b * term
        term *= (2 * k + n) * (2 * k + n + 1) / ((2 * k + 1) * (2 * k + 2) * x * x)
    total += math.factorial(n) * shift
    return total if n % 2 == 1 else -total
