"""Elementary functions against mpmath, at special values, and in float32 over the whole range."""
import math

import numpy as np
import pytest

from .accuracy import exact, looped, ulps, worst
from .cases import CASES

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@each_case
def test_against_mpmath(case):
    points = case.points(6000)
    error, where = worst(ulps(looped(case.function)(points), *exact(case.reference, points)), points)
    assert error <= case.bounds[0], f"{error} ulps at {where!r}"


@each_case
def test_special_values(case):
    points, results = np.array(case.special).T.copy()
    for x, found, expected in zip(points, looped(case.function)(points), results, strict=True):
        assert same(found, expected), f"{case.name}({x}) is {found}, not {expected}"


@each_case
def test_float32_over_the_whole_range(case):
    points = np.arange(0, 2**32, 2003, dtype=np.uint32).view(np.float32)
    found = looped(case.function)(points)
    assert found.dtype == np.float32
    with np.errstate(all="ignore"):
        right = getattr(np, case.name, looped(case.function))(points.astype(float))
        nearest = right.astype(np.float32)
        size = np.ldexp(1.0, np.maximum(np.frexp(right)[1] - 24, -149))
        errors = np.abs(found.astype(float) - right) / size
    same_class = (np.isnan(found) == np.isnan(right)) & (np.isinf(found) == np.isinf(nearest))
    assert same_class.all(), points[~same_class][:5]
    finite = np.isfinite(nearest)
    assert (np.signbit(found) == np.signbit(nearest))[finite].all()
    error, where = worst(errors[finite], points[finite])
    assert error <= case.bounds[1], f"{error} ulps at {where!r}"


def same(found, expected):
    """Equal, with NaN equal to NaN and the zeros different."""
    if math.isnan(expected):
        return math.isnan(found)
    return found == expected and math.copysign(1.0, found) == math.copysign(1.0, expected)
