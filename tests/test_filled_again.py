"""Arrays that each iteration of a loop fills anew: filled again in the reverse sweep, and not recorded."""
import math

import numpy as np
import pytest

from symgrad import grad
from tests.helpers import check


def a_sweep(u, x):
    """A recurrence along a scratch array that no step of the outer loop leaves anything in for the next."""
    n = len(u)
    p = np.zeros(n)
    for _ in range(3):
        p[0] = x
        for i in range(1, n):
            p[i] = 1.0 / (2.0 + x * p[i - 1])
        for i in range(n - 2, -1, -1):
            u[i] = math.sin(u[i]) + p[i] * u[i + 1]
    return np.sum(u * u)


def with_slices(u, x):
    n = u.shape[0]
    p = np.zeros((n, n))
    for _ in range(3):
        p[1:-1, 0] = x
        for j in range(1, n - 1):
            p[1:n - 1, j] = 1.0 / (2.0 + x * p[1:n - 1, j - 1])
        for j in range(n - 2, 0, -1):
            u[1:-1, j] = p[1:-1, j] * np.sin(u[1:-1, j + 1])
    return np.sum(u * u)


def an_element_is_left(u, x):
    p = np.ones(len(u))
    for _ in range(3):
        for i in range(1, len(u)):
            p[i] = math.cos(p[i - 1] * x)       # p[0] is never written
        for i in range(len(u)):
            u[i] = u[i] * p[i] * x
    return np.sum(u * u)


def the_last_step_left_it(u, x):
    p = np.ones(len(u))
    for _ in range(3):
        p[0] = math.sin(p[-1]) * x
        for i in range(1, len(u)):
            p[i] = math.cos(p[i - 1] * x)
        for i in range(len(u)):
            u[i] = u[i] * p[i] * x
    return np.sum(u * u)


def read_before_it_is_written(u, x):
    p = np.ones(len(u))
    for _ in range(3):
        for i in range(len(u) - 1):
            u[i] = u[i] * p[i + 1] * x
            p[i] = math.cos(u[i] * x)
        p[-1] = x
    return np.sum(u * u)


def written_under_a_condition(u, x):
    p = np.ones(len(u))
    for _ in range(3):
        for i in range(len(u)):
            if u[i] > 0.2:
                p[i] = math.cos(p[i] * x)
        for i in range(len(u)):
            u[i] = u[i] * p[i] * x
    return np.sum(u * u)


def written_by_every_other_iteration(u, x):
    p = np.ones(len(u))
    for _ in range(3):
        for i in range(0, len(u), 2):
            p[i] = math.cos(u[i] * x)
        for i in range(len(u)):
            u[i] = u[i] * p[i] * x
    return np.sum(u * u)


def used_as_a_whole(u, x):
    p = np.ones(len(u))
    for _ in range(3):
        for i in range(1, len(u)):
            p[i] = math.cos(u[i] * x)
        x += math.sin(np.sum(p * p))
    return x


U = np.array([0.3, -0.8, 1.1, 0.4])


@pytest.mark.parametrize("f", [a_sweep, an_element_is_left, the_last_step_left_it, read_before_it_is_written,
                               written_under_a_condition, written_by_every_other_iteration, used_as_a_whole],
                         ids=lambda f: f.__name__)
@pytest.mark.parametrize("n", [4, 2, 1])
def test_array(f, n):
    check(f, U[:n].copy(), 0.37)


@pytest.mark.parametrize("n", [4, 3, 2, 1])
def test_matrix(n):
    check(with_slices, np.random.default_rng(3).standard_normal((n, n)), 0.37)


@pytest.mark.parametrize("f, args", [(a_sweep, (U, 0.37)), (with_slices, (np.ones((4, 4)), 0.37))],
                         ids=["elements", "slices"])
def test_the_scratch_array_is_not_recorded(f, args):
    text = grad(f).source_for(*args)
    assert "p_tape" not in text and "np.empty_like(p)" in text, text
