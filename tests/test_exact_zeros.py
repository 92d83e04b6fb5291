"""A cotangent that is exactly zero stays zero, however wild the derivative is there; and no guard where none is needed."""
import math

import numpy as np
import pytest

from symgrad import grad, jvp
from tests.helpers import check

V = np.array([0.0, -1.0, 4.0, 0.25])
POSITIVE = V > 0.0


def log(v):
    return np.log(v)


def product_with_log(v):
    return v * np.log(v)


def log_of_log(v):
    return np.log(np.log(v + 1.0) + 1.0)


def quotient(v):
    return np.sqrt(v) / v


def quotient_below(v):
    return 1.0 / np.sqrt(v)


def power(v):
    return v ** -0.5


def power_of_two(v):
    return np.power(v, v)


def tangent_of_log(v):
    return np.tanh(np.log(v)) * np.log(v)


def inverse(v):
    return np.reciprocal(v) * np.exp(v)


def chain_of_roots(v):
    return np.sqrt(np.sqrt(v))


def sum_of_squares_of_log(v):
    return np.log(v) ** 2 + np.square(np.log(v))


FUNCTIONS = [log, product_with_log, log_of_log, quotient, quotient_below, power, power_of_two, tangent_of_log, inverse,
             chain_of_roots, sum_of_squares_of_log]


def chosen(v, f):
    return np.sum(np.where(v > 0.0, f(v), 0.0))


def chosen_last(v, f):
    return np.sum(np.where(v <= 0.0, -1.0, f(v)))


def read_by_mask(v, f):
    return np.sum(f(v)[v > 0.0])


def read_where(v, f):
    return np.sum(f(v), where=v > 0.0)


def written_over(v, f):
    w = f(v)
    w[v <= 0.0] = 2.0
    return np.sum(w)


def scaled_afterwards(v, f):
    return np.sum(3.0 * np.where(v > 0.0, 2.0 * f(v), 0.0) * np.array([1.0, 1.0, 1.0, 1.0]))


def in_a_branch(v, f):
    w = f(v)
    total = 0.0
    for i in range(len(v)):
        if v[i] > 0.0:
            total += w[i]
    return total


def of_a_part(v, f):
    return np.sum(f(v)[2:])


def rows(v, f):
    m = np.stack([v, v])
    return np.sum(np.where(m > 0.0, f(m), 0.0)) * 0.5


MASKS = [chosen, chosen_last, read_by_mask, read_where, written_over, scaled_afterwards, rows]


@pytest.mark.parametrize("mask", MASKS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
def test_what_is_masked_gets_nothing(mask, f):
    with np.errstate(all="ignore"):
        got = grad(lambda v: mask(v, f))(V)
    alone = grad(lambda v: np.sum(f(v)))(V[POSITIVE])           # the elements that are used, and no others
    scale = 6.0 if mask is scaled_afterwards else 1.0
    expected = np.zeros(4)
    expected[POSITIVE] = scale * alone
    np.testing.assert_allclose(got, expected, rtol=1e-14)


@pytest.mark.parametrize("part", [in_a_branch, of_a_part])
def test_what_is_not_read_gets_nothing_where_the_function_is_finite(part):
    with np.errstate(all="ignore"):
        got = grad(lambda v: part(v, chain_of_roots))(np.array([0.0, 0.0, 4.0, 0.25]))
    np.testing.assert_allclose(got, [0.0, 0.0, 0.25 * 4.0 ** -0.75, 0.25 * 0.25 ** -0.75], rtol=1e-14)


@pytest.mark.parametrize("f", [
    lambda x, c: math.log(x) if c else 0.0, lambda x, c: (x * math.log(x) if c else x),
    lambda x, c: math.sqrt(x) * (1.0 if c else 0.0) + x, lambda x, c: x ** 0.5 if c else x,
])
def test_numbers(f):
    assert grad(f)(0.0, False) in (0.0, 1.0)
    assert math.isfinite(grad(f)(4.0, True)) and grad(f)(4.0, True) != 0.0


@pytest.mark.parametrize("f", [
    lambda v: np.sum(np.sqrt(v * v + 1e-6)), lambda v: np.sum(np.log(1.0 + np.exp(v))), lambda v: np.sum(v / np.cosh(v)),
    lambda v: np.sum(np.log(np.abs(v) + 1.0)), lambda v: np.sum(np.sqrt(np.maximum(v, 0.5))),
    lambda v: np.sum(1.0 / (1.0 + v ** 2)), lambda v: np.sum(np.where(v > 0.0, np.sin(v), 0.0)),
    lambda v: np.sum(np.where(v > 0.0, 1.0 / (2.0 + np.square(v)), v * v)), lambda v: np.sum(np.exp(v) ** 0.5),
    lambda v: np.sum(np.log(np.sum(np.exp(v)))),
])
def test_no_guard_where_nothing_is_infinite(f):
    text = grad(f).source_for(V)
    assert "!= 0.0" not in text and "isfinite" not in text, text


@pytest.mark.parametrize("f", [
    lambda v: np.dot(np.sqrt(v), v), lambda v: np.sum(v * np.sqrt(np.abs(v))), lambda v: np.sum(np.sqrt(v * v - 1.0) ** 3),
    lambda v: np.sum(np.sqrt(np.maximum(v, 0.0))), lambda v: np.sum(np.where(v > 0.0, np.sqrt(v), 0.0)),
])
def test_a_guard_where_the_slope_can_be_infinite(f):
    text = grad(f).source_for(V)
    assert "np.where" in text, text


@pytest.mark.parametrize("exponent", [1.5, 2.5, 3.0, 0.5, -1.5])
def test_a_power_of_a_negative_number_that_is_not_chosen(exponent):
    x = np.array([-1.2, 0.0, 0.3, 2.0])

    def f(x):
        return np.sum(np.where(x > 0.0, x ** exponent, 0.0))

    def g(x):
        return np.sum(np.where(x > 0.0, x ** 2.5, 0.0))

    for function, p in ((f, exponent), (g, 2.5)):
        with np.errstate(all="ignore"):
            expected = [0.0, 0.0, *(p * x[2:] ** (p - 1.0))]
            assert np.allclose(grad(function)(x), expected, rtol=1e-14, atol=0.0)
            assert np.isclose(jvp(function, (x,), (np.ones(4),))[1], sum(expected))


def test_a_known_exponent_needs_a_guard_below_a_mask_only():
    def guards(f):
        return grad(f).source_for(V).count("where")

    assert guards(lambda x: np.sum(np.sin(x) * x ** 2.5)) == 0 == guards(lambda x: np.sum(np.sin(x) * x ** 3))
    assert guards(lambda x: np.sum(np.where(x > 0.0, x, 0.0) ** 3)) == 2     # of the primal, and the mask


def test_a_diagonal_matrix_of_positive_numbers_is_not_positive():
    def f(u, v):
        return np.sum(np.sqrt(np.diag(np.exp(v)) * np.exp(u)) * np.diag(v))

    u, v = np.array([[0.1, 0.4], [-0.2, 0.6]]), np.array([0.3, -0.7])
    assert np.allclose(grad(f)(u, v), np.diag(0.5 * v * np.exp(0.5 * (v + np.diag(u)))), rtol=1e-14, atol=0.0)


def test_a_power_of_a_positive_number_is_positive():
    """The root has a derivative everywhere: nothing is asked of the cotangent."""
    def f(x):
        return np.sum(np.sin(x) * np.sqrt(np.exp(x) ** 2))

    check(f, V)
    assert "where" not in grad(f).source_for(V)
