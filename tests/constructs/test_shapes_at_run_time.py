"""Arrays of which only the call decides whether one is stretched to the other's shape, and what is kept to find out."""
import numpy as np
import pytest

import symgrad
from tests.helpers import check, check_second

LONG, SHORT = np.array([0.6, -0.3, 1.2, 0.4]), np.array([0.7, 1.1])     # [1:] of the second has one element
TALL, FLAT = np.sin(np.arange(1.0, 13.0)).reshape(4, 3), np.cos(np.arange(6.0)).reshape(2, 3)


def sum_of_slices(x, y):
    return np.sum((x[1:] + y[1:]) ** 3)


def product_of_slices(x, y):
    return np.sum(x[1:] * y[1:])


def chain_of_slices(x, y, w):
    return np.sum(np.tanh(2.0 * (x[1:] - y[1:]) * w[1:] / (1.0 + w[1:] ** 2)))


def used_in_two_shapes(x, y, w):
    a = np.sin(x[1:])                   # by itself and stretched
    return np.sum(a * y[1:]) + np.sum(a * w[1:] * y[1:]) + np.sum(a)


def shared_inside(x, y, w):
    a = x[1:] * y[1:]
    return np.sum(np.exp(a) + w[1:] * a)


def read_and_stretched(x, y):
    a = np.exp(x[1:])                   # one element is read, and the whole is stretched
    return a[0] * a[-1] + np.sum(a * y[1:])


def written_after(x, y):
    a = x[1:] * 2.0
    total = np.sum(a * y[1:])
    a[0] = total
    return np.sum(a * y[1:]) ** 2


def in_a_branch(x, y, n):
    a = x[1:] * x[1:]
    if n > 2:
        b = a * y[1:]
    else:
        b = a + y[1:]
    return np.sum(b * a)


def in_a_loop(x, y, n):
    a = np.cos(x[1:])
    total = 0.0
    for k in range(n):
        total += np.sum(a * (k + 1.0) * y[1:]) + np.sum(a)
    return total


def rows(a, b, w):
    return np.sum(np.sqrt(2.0 + a[1:] * b[1:]) * w[:, None])


def staggered(e, h, steps):
    """Each half step writes a part of one array with differences of the other."""
    e, h = e.copy(), h.copy()
    for _ in range(steps):
        e[1:] -= 0.5 * (h[1:] - h[:-1])
        h[:-1] -= 0.7 * (e[1:] - e[:-1])
    return np.sum(e * e) + np.sum(h ** 3)


def added_in_place(x, y):
    x = x.copy()
    x[1:] += y[1:]
    x[1:] = x[1:] * y[1:] - x[:-1]
    x[2:] = x[1:-1]
    return np.sum(x ** 2)


def complex_part(x, y):
    z = np.exp(1j * x[1:]) * y[1:]
    return np.sum(np.abs(z + x[1:]) ** 2)


def last_of_a_loop(x, n):
    total = 0.0
    for i in range(n):
        t = np.sin(x[x > 0.34 * i])      # of another length in each iteration
        total += np.sum(t)
    return np.sum(np.hypot(t, x)) + np.sum(t) * total


def masked_in_a_loop(x):
    for _ in range(2):
        x[x > 0.5] = np.sin(x[x > 0.5])
        b = x[x > 0.5] * 2.0
    if x[1] < 0.1:
        x = np.cos(x + x)
    return np.sum(x * x) + np.sum(b * b)


CASES = [
    (sum_of_slices, LONG, 2.0 * LONG), (sum_of_slices, LONG, SHORT), (sum_of_slices, SHORT, LONG),
    (chain_of_slices, LONG, 2.0 * LONG, 1.0 + LONG), (chain_of_slices, SHORT, LONG, SHORT),
    (chain_of_slices, LONG, SHORT, SHORT), (chain_of_slices, SHORT, SHORT, LONG),
    (used_in_two_shapes, SHORT, LONG, LONG), (used_in_two_shapes, SHORT, SHORT, LONG),
    (used_in_two_shapes, LONG, LONG, SHORT), (shared_inside, SHORT, SHORT, LONG), (shared_inside, LONG, SHORT, LONG),
    (read_and_stretched, SHORT, LONG), (read_and_stretched, LONG, SHORT), (written_after, SHORT, LONG),
    (written_after, LONG, LONG), (in_a_branch, SHORT, LONG, 3), (in_a_branch, SHORT, LONG, 2), (in_a_loop, SHORT, LONG, 3),
    (in_a_loop, LONG, SHORT, 2), (rows, FLAT, TALL, LONG[1:]), (rows, TALL, FLAT, LONG[1:]), (rows, FLAT, FLAT, LONG[1:]),
    (staggered, LONG, 2.0 * LONG, 3), (added_in_place, LONG, 1.0 + LONG), (added_in_place, LONG, SHORT),
    (complex_part, SHORT, LONG), (complex_part, LONG, SHORT),
    (product_of_slices, LONG, SHORT), (product_of_slices, SHORT, LONG),
    (last_of_a_loop, LONG, 4), (last_of_a_loop, SHORT, 4), (masked_in_a_loop, LONG),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0].__name__)
def test_gradient(case):
    check(*case)


@pytest.mark.parametrize("case", [case for case in CASES if case[0] is not complex_part],
                         ids=lambda case: case[0].__name__)
def test_second_derivative(case):
    check_second(*case)


def test_nothing_is_recorded_for_its_shape():
    def total(e, h, steps):
        for _ in range(steps):
            e[1:, :] -= 0.5 * (h[1:, :] - h[:-1, :])
            h[:-1, 1:] += 0.3 * (e[1:, 1:] - e[1:, :-1])
        return np.sum(e) + np.sum(h)

    text = symgrad.grad(total, argnums=(0, 1)).source_for(TALL, TALL + 1.0, 5)
    assert "tape" not in text


def test_nothing_is_computed_for_its_shape():
    def total(x, y, s):
        a = x[1:] + y[1:]
        return np.sum(s * a)

    assert "(s * a).shape" not in symgrad.grad(total, argnums=(0, 1)).source_for(LONG, SHORT, 0.5)
