"""What elementary functions are made of: selection, polynomials, and sums and products that keep what they round off."""
from __future__ import annotations

from collections.abc import Sequence

from .straightline import Bool, Float, Int

SPLITTER = 2.0**27 + 1


def select(condition: Bool, one: Float | float, other: Float | float) -> Float:
    """`one` where the condition holds, else `other`; both are computed."""
    code = condition.code
    one, other = (x if isinstance(x, Float) else code.constant(x) for x in (one, other))
    return Float(code, code.builder.select(condition.value, one.value, other.value))


def at_most(x: Float, bound: float) -> Float:
    """The lesser of the two, and NaN if x is."""
    return select(x > bound, bound, x)


def at_least(x: Float, bound: float) -> Float:
    """The greater of the two, and NaN if x is."""
    return select(x < bound, bound, x)


def with_sign_of(sign: Float, x: Float) -> Float:
    """|x| with the sign of `sign`, which may be a zero or NaN."""
    return x.code.call("llvm.copysign", x, sign)


def power_of_two(biased: Int) -> Float:
    """2 ** (biased - 1023), for biased exponents from 1 to 2046."""
    return (biased << 52).as_float()


# ------------------------------------------------------------------------------------------- products and sums

def product(x: Float, y: Float | float) -> tuple[Float, Float]:
    """x * y, rounded, and what rounding took off: Dekker's product, or one fused instruction."""
    y = x.code.constant(y) if not isinstance(y, Float) else y
    high = x * y
    if x.code.fused:
        return high, x.code.call("llvm.fma", x, y, -high)
    (x1, x2), (y1, y2) = _halves(x), _halves(y)
    return high, x2 * y2 - (((high - x1 * y1) - x2 * y1) - x1 * y2)


def _halves(x: Float) -> tuple[Float, Float]:
    """Veltkamp's splitting into two numbers of at most 26 bits, whose products are exact."""
    scaled = x * SPLITTER
    high = scaled - (scaled - x)
    return high, x - high


def fma(x: Float, y: Float | float, z: Float | float) -> Float:
    """x * y + z, rounded once (twice, where the machine has no such instruction, and the first time to 106 bits)."""
    y, z = (number if isinstance(number, Float) else x.code.constant(number) for number in (y, z))
    if x.code.fused:
        return x.code.call("llvm.fma", x, y, z)
    high, low = product(x, y)
    total, lost = two_sum(high, z)
    return total + (lost + low)


def muladd(x: Float, y: Float | float, z: Float | float) -> Float:
    """x * y + z, rounded once or twice, whichever is faster."""
    return fma(x, y, z) if x.code.fused else x * y + z


def two_sum(x: Float, y: Float) -> tuple[Float, Float]:
    """x + y, rounded, and what rounding took off (Knuth)."""
    total = x + y
    part = total - x
    return total, (x - (total - part)) + (y - part)


def fast_two_sum(x: Float, y: Float) -> tuple[Float, Float]:
    """The same where x is 0 or |x| >= |y| (Dekker)."""
    total = x + y
    return total, y - (total - x)


def polynomial(x: Float, coefficients: Sequence[float]) -> Float:
    """The polynomial with these coefficients, from the constant up, by Estrin's scheme.

    As many multiplications as Horner's and a few squarings, but a chain of log2(n) steps instead of n: a loop that is
    not vectorised, because each iteration needs the one before, waits for this chain.
    """
    terms = [x.code.constant(c) for c in coefficients]
    while len(terms) > 1:
        pairs = [muladd(x, high, low) for low, high in zip(terms[::2], terms[1::2], strict=False)]
        terms = pairs + terms[2 * len(pairs):]
        if len(terms) > 1:
            x = x * x
    return terms[0]
