"""Powers: against mpmath, C's special values, in float32, vectorised, and for which types."""
import math
import operator
import re
from functools import cache

import mpmath
import numba
import numpy as np
import pytest

from symgrad.backends import elementary
from symgrad.backends.elementary import intrinsics

from .accuracy import exact, ulps, worst
from .test_code import PACKED

BOUND = 0.8


@cache
def looped(function):
    return newly_looped(function)


def newly_looped(function):
    @numba.njit(error_model="numpy")
    def each(x, y, out):
        for i in range(len(x)):
            out[i] = function(x[i], y[i])

    def apply(x, y):
        out = np.empty_like(x)
        each(x, y, out)
        return out

    apply.dispatcher = each
    return apply


def arguments(count):
    """Bases from all over the range and near 1, with exponents for which the powers are; and small exponents."""
    random = np.random.default_rng(0)
    x = np.concatenate([10.0 ** random.uniform(-3, 3, count), 10.0 ** random.uniform(-307, 308, count),
                        1.0 + 1e-3 * random.normal(size=count), 10.0 ** random.uniform(-323, -308, count // 10)])
    y = random.uniform(-1073.0, 1023.9, len(x)) / np.log2(x)
    y[::3] = random.uniform(-3.0, 3.0, len(y[::3]))
    return x, np.where(abs(y * np.log2(x)) < 1074.0, y, 1.0)


def test_against_mpmath():
    x, y = arguments(1500)
    error, where = worst(ulps(looped(elementary.pow)(x, y), *exact(mpmath.power, x, y)), list(zip(x, y, strict=True)))
    assert error <= BOUND, f"{error} ulps at {where!r}"


def test_negative_bases():
    x, y = arguments(300)
    y = np.rint(y)
    np.testing.assert_array_equal(looped(elementary.pow)(-x, y), looped(elementary.pow)(x, y) * np.where(y % 2, -1, 1))


def test_without_fused_multiply_add(monkeypatch):
    monkeypatch.setattr(intrinsics, "_machine", lambda context: (False, (2,)))
    x, y = arguments(300)
    error, where = worst(ulps(newly_looped(elementary.pow)(x, y), *exact(mpmath.power, x, y)), list(zip(x, y, strict=True)))
    assert error <= 1.0, f"{error} ulps at {where!r}"


def test_special_values():
    ends = [0.0, 1.0, 2.0, 0.5, 3.0, 1.5, math.inf, 1e308, 5e-324, 2.0**53 + 2, 2.0**52 + 1]
    x, y = (a.ravel() for a in np.meshgrid([math.nan, *ends, *(-e for e in ends)], [math.nan, *ends, *(-e for e in ends)]))
    found, expected = looped(elementary.pow)(x, y), []
    for base, exponent in zip(x.tolist(), y.tolist(), strict=True):
        try:
            expected.append(math.pow(base, exponent))
        except ValueError:
            expected.append(math.inf if base == 0.0 else math.nan)
            if base == 0.0 and math.copysign(1.0, base) < 0.0 and exponent % 2.0 == 1.0:
                expected[-1] = -math.inf
        except OverflowError:
            expected.append(-math.inf if base < 0.0 and exponent % 2.0 == 1.0 else math.inf)
    np.testing.assert_allclose(found, expected, rtol=3e-16, atol=5e-324)
    numbers = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(found)[numbers], np.signbit(expected)[numbers])


def test_float32():
    random = np.random.default_rng(1)
    x = (10.0 ** random.uniform(-38, 38, 100_000)).astype(np.float32)
    y = (random.uniform(-149, 128, len(x)) / np.log2(x)).astype(np.float32)
    found, right = looped(elementary.pow)(x, y), np.power(x.astype(float), y.astype(float))
    assert found.dtype == np.float32
    finite = np.isfinite(right.astype(np.float32))
    size = np.ldexp(1.0, np.maximum(np.frexp(right)[1] - 24, -149))
    error, where = worst((abs(found - right) / size)[finite], list(zip(x[finite], y[finite], strict=True)))
    assert error <= 0.51, f"{error} ulps at {where!r}"


def test_loops_are_vectorised():
    apply = looped(elementary.pow)
    apply(np.ones(3), np.ones(3))
    for assembly in apply.dispatcher.inspect_asm().values():
        assert PACKED.search(assembly)
        assert not re.search(r"(?<![.\w])powf?\b", assembly), "calls the function of libm"


def test_types():
    def called(power):
        @numba.njit
        def call(x, y):
            return power(x, y)
        return call

    assert called(elementary.pow)(2, 3) == 8.0
    power, plain = called(elementary.REPLACEMENTS[operator.pow]), numba.njit(lambda x, y: x**y)
    for x, y in [(2.0, 3), (2, 0.5), (2, 3), (-2.0, 3.0), (np.float32(2), np.float32(0.5)), (2j, 2.0)]:
        assert power(x, y) == pytest.approx(x**y, rel=1e-6)
        assert type(power(x, y)) is type(plain(x, y))
    np.testing.assert_array_equal(power(np.arange(3.0), 2.5), np.arange(3.0) ** 2.5)
    with pytest.raises(numba.TypingError):
        power("2", 3.0)
