"""Every elementwise rule where floats end: zeros of both signs, subnormals, ties, ends of domains, infinities, NaN.

The generated code, for numbers and for arrays, against the tape, which runs the rule itself: the same numbers, and NaN only
where an argument or the value is NaN, or where `UNDECIDED` says so. What the derivative is at such points is in
test_conventions.py; that all forms of a rule agree on it is shown here.
"""
import itertools
import math
import warnings

import numpy as np
import pytest

from symgrad import grad, tape
from symgrad.rules.core import RULES

TINY, HUGE = 5e-324, 1.7e308
POINTS = [0.0, -0.0, TINY, -TINY, 1e-310, 1e-160, -1e-160, 0.5, -0.5, 1.0, -1.0, math.nextafter(1.0, 2.0), 2.0, -2.0, 709.0, -745.0,
          HUGE, -HUGE, math.inf, -math.inf, math.nan]
PAIRS = [*itertools.product([0.0, -0.0, TINY, 1.0, -1.0, 2.0, math.inf, -math.inf, math.nan], repeat=2),
         (HUGE, HUGE), (HUGE, TINY), (1e-160, 1e-160), (0.5, 0.5), (-0.5, 3.0), (709.0, 710.0)]


def infinite(*args):
    return any(math.isinf(x) for x in args)


def power_without_limit(a, b):
    """0 * inf with respect to the base; inf * 0, the pole at 0, log(a) for a < 0 with respect to the exponent."""
    return infinite(a, b) or (a == 0.0 and b < 0.0) or a < 0.0


# Where finite derivatives are made of infinities: inf - inf, 0 * inf, inf / inf.
UNDECIDED = {"atan2": infinite, "arctan2": infinite, "logaddexp": infinite, "logaddexp2": infinite,
             "pow": power_without_limit, "power": power_without_limit, "float_power": power_without_limit}


def may_be_nan(fn, *args):
    """Whether a derivative of `fn` at these numbers may be NaN."""
    return (any(map(math.isnan, args)) or bool(np.isnan(outcome(fn, *args)))
            or UNDECIDED.get(fn.__name__, lambda *_: False)(*args))


def rules(module, count):
    """The functions of a module that have an elementwise rule of so many arguments."""
    found = []
    for fn, rule in RULES.items():
        public = getattr(module, getattr(fn, "__name__", ""), None) is fn
        if public and rule.is_elementwise and not rule.variadic and len(rule.params) - len(rule.defaults) == count \
                and fn.__name__ not in ("ldexp", "angle"):      # an int, a division by way of complex numbers
            found.append(pytest.param(fn, id=fn.__name__))
    return found


def outcome(f, *args):
    """The result of a call, or the kind of error that it raises."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return f(*args)
        except (ValueError, OverflowError, ZeroDivisionError) as error:
            return type(error)


def assert_same(got, expected, where, nan_ok):
    """`nan_ok`: where NaN is expected to be, a bool or an array of them."""
    if isinstance(expected, type):
        assert got is expected, f"{where}: {got!r}, not {expected}"
        return
    assert not isinstance(got, type), f"{where}: {got}, not {expected!r}"
    got, expected = np.asarray(got, float), np.asarray(expected, float)
    assert not np.any(np.isnan(expected) & ~np.asarray(nan_ok)), f"{where}: {expected}"
    np.testing.assert_allclose(got, expected, 1e-14, 1e-300, err_msg=str(where))


@pytest.mark.parametrize("fn", rules(math, 1) + rules(np, 1))
def test_one_argument(fn):
    gradient, run = grad(lambda x: fn(x) * 1.0), tape.grad(lambda x: fn(x) * 1.0)
    for x in POINTS:
        if isinstance(outcome(fn, x), type):
            continue                                    # the function itself raises there
        assert_same(outcome(gradient, x), outcome(run, x), (fn.__name__, x), may_be_nan(fn, x))


@pytest.mark.parametrize("fn", rules(math, 2) + rules(np, 2))
def test_two_arguments(fn):
    gradient = grad(lambda x, y: fn(x, y) * 1.0, argnums=(0, 1))
    run = tape.grad(lambda x, y: fn(x, y) * 1.0, argnums=(0, 1))
    for x, y in PAIRS:
        if isinstance(outcome(fn, x, y), type):
            continue
        assert_same(outcome(gradient, x, y), outcome(run, x, y), (fn.__name__, x, y), may_be_nan(fn, x, y))


@pytest.mark.parametrize("fn", rules(np, 1))
def test_arrays(fn):
    v = np.array(POINTS)
    expected = outcome(tape.grad(lambda v: np.sum(fn(v))), v)
    assert_same(outcome(grad(lambda v: np.sum(fn(v))), v), expected, fn.__name__, [may_be_nan(fn, x) for x in POINTS])


@pytest.mark.parametrize("fn", rules(np, 2))
def test_pairs_of_arrays(fn):
    x, y = np.array(PAIRS).T
    expected = outcome(tape.grad(lambda x, y: np.sum(fn(x, y)), argnums=(0, 1)), x, y)
    found = outcome(grad(lambda x, y: np.sum(fn(x, y)), argnums=(0, 1)), x, y)
    assert_same(found, expected, fn.__name__, [may_be_nan(fn, *pair) for pair in PAIRS])


@pytest.mark.parametrize("fn", rules(np, 1))
def test_what_is_not_chosen_gets_exactly_nothing(fn):
    """A rule whose partial derivative can be inf or NaN at a finite argument says so (singular)."""
    v = np.array([x for x in POINTS if math.isfinite(x)])
    with np.errstate(all="ignore"):
        got = grad(lambda v: np.sum(np.where(v > 1e309, fn(v), v)))(v)
    np.testing.assert_array_equal(got, np.ones_like(v))


@pytest.mark.parametrize("fn", rules(np, 2))
def test_pairs_that_are_not_chosen_get_exactly_nothing(fn):
    x, y = np.array([pair for pair in [*PAIRS, (TINY, TINY), (0.0, TINY), (TINY, 0.0)] if np.all(np.isfinite(pair))]).T
    with np.errstate(all="ignore"):
        got = grad(lambda x, y: np.sum(np.where(x > 1e309, fn(x, y), x + y)), argnums=(0, 1))(x, y)
    np.testing.assert_array_equal(got, [np.ones_like(x)] * 2)
