"""What follows a loop reads a variable that not every iteration binds: its last one left it as an earlier one bound it."""
import math

import numpy as np
import pytest

from symgrad import grad
from tests.helpers import check, check_second

V = np.array([0.7, 0.35, 1.3, 0.95])


def break_before(x, n):
    for i in range(n):
        if not x > i:
            break
        w = x * i
    return w * w


def else_break(v, n):
    for i in range(n):
        if v[i] > 0.5 or i == 1:
            w = v * i
        else:
            break
    return np.sum(w * v)


def every_third(v, n):
    for i in range(n):
        if i % 3 == 1:
            w = np.zeros(3)
            w[i % 4 % 3] = v[1]
            w += v[:3]
    return np.sum(w * w)


def while_true(x, n):
    i = 0
    while True:
        i += 1
        if i > n:
            break
        row = [x * i, x]
    return sum(row) * row[0]


def tuples(x, n):
    for i in range(n):
        if i % 3 == 1:
            p, q = x * i, (x, [x * x])
    return p * q[0] + q[1][0]


def dictionary(x, n):
    for i in range(n):
        if i % 3 == 1:
            d = {"a": x * i, "b": math.sin(x)}
    return d["a"] * d["b"]


def raises(x, n):
    for i in range(n):
        try:
            if i > 2:
                raise ValueError
            w = x * i
        except ValueError:
            break
    return w * x


def nested(v, n):
    for i in range(n):
        for j in range(i, 2):           # of no iterations, from the third on
            u = v * (i + j)
            if j == 1:
                w = u + v
        v = v * 0.9
    return np.sum(w * u)


def of_another_length(v, n):
    total = 0.0
    for i in range(n):
        chosen = v > 0.2 * i
        if chosen.any():
            w = v[chosen]
            w[0] *= v[0]
            total += np.sum(np.log(w) * w / np.sum(w))
        else:
            break
    return total + np.sum(w)


CASES = [(break_before, 3.5, 2), (break_before, 3.5, 9), (else_break, V, 2), (else_break, V, 4), (every_third, V, 2),
         (every_third, V, 6), (while_true, 0.7, 3), (tuples, 0.7, 3), (tuples, 0.7, 6), (dictionary, 0.7, 6),
         (raises, 0.7, 3), (raises, 0.7, 6), (nested, V, 1), (nested, V, 4), (of_another_length, V, 3),
         (of_another_length, V, 9)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0].__name__)
def test_gradient(case):
    check(*case)


@pytest.mark.parametrize("case", [(break_before, 3.5, 9), (else_break, V, 4), (nested, V, 4)],
                         ids=lambda case: case[0].__name__)
def test_second_derivative(case):
    check_second(*case)


def test_nothing_is_recorded_for_the_shape_of_what_may_not_be_there():
    assert "tape" not in grad(else_break).source_for(V, 4)


def test_what_nothing_reads_afterwards_is_not_carried():
    def used_where_it_is_bound(v, n):
        total = 0.0
        for i in range(n):
            if v[i] > 0.5:
                w = math.sin(v[i])
                total += w * w
        return total

    assert "w = 0.0" not in grad(used_where_it_is_bound).source_for(V, 4)
