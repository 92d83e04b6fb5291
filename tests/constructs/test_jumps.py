"""break, continue and return out of loops, nested arbitrarily, with state that lives on."""
import math

import numpy as np
import pytest

from tests.helpers import check

rng = np.random.default_rng(4)
V = np.array([0.4, -0.7, 1.2, 0.9, -0.3, 0.8])
M = rng.normal(size=(4, 3))


def break_on_data(v, x):
    total = 0.0
    for e in v:
        if e > 1.0:
            break
        total += e * x
        x = x * 1.1
    return total * x


def continue_on_data(v, x):
    total = 0.0
    for e in v:
        if e < 0.0:
            continue
        total = total * x + e
    return total


def break_in_the_middle(v, x):
    for e in v:
        x = x + e
        if x > 2.0:
            x = x * x
            break
        x = math.sin(x) + e * x
    return x


def break_and_continue(v, x):
    count = 0
    for i, e in enumerate(v):
        if i % 2 == 0:
            x = x * e
            if abs(x) < 0.01:
                break
            continue
        if e < -10.0:
            break
        x = x + e * e
        count += 1
    return x * count


def return_from_loop(v, x):
    for e in v:
        if e > 1.0:
            return x * e
        x = x + e * e
    return x


def return_from_nested(m, x):
    for i in range(m.shape[0]):
        for j in range(m.shape[1]):
            x = x * 0.9 + m[i, j]
            if i == 2 and j == 1:
                return x * m[i, j]
        x = x * 1.1
    return x


def break_inner_only(m):
    total = 0.0
    for row in m:
        partial = 1.0
        for e in row:
            if e < -0.5:
                break
            partial *= 1.0 + e * e
        total += math.log(partial) * row[0]
    return total


def break_both(m, x):
    found = False
    for row in m:
        for e in row:
            x = x + e * x
            if e > 0.5:
                found = True
                break
        if found:
            break
    return x * x


def while_true(a):
    x = 1.0
    while True:
        step = (x * x - a) / (2.0 * x)
        x = x - step
        if abs(step) < 1e-12:
            break
    return x


def return_inside_while_true(x, y):
    n = 0
    while True:
        n += 1
        x = x * y + 0.3
        if n == 4:
            return x * n


def continue_in_while(x, n):
    i = 0
    total = 0.0
    while i < n:
        i += 1
        if i % 3 == 0:
            continue
        total += x**i
        if i > 7:
            break
    return total


def for_else_found(v, x, limit):
    for e in v:
        x = x * e + 0.5
        if e > limit:
            result = x * e
            break
    else:
        result = math.sin(x)
    return result * x


def for_else_with_continue(v, x):
    for e in v:
        if e < 0.0:
            continue
        x += e * x
    else:
        x = x * x
    return x


def while_else_found(x, n):
    while n > 0:
        n -= 1
        x = 1.1 * x
        if x > 3.0:
            x = x * x
            break
    else:
        x = -x * x * x
    return x


def nested_for_else(m, x):
    for row in m:
        for e in row:
            if e > 5.0:
                break
            x = x + 0.1 * e * x
        else:
            x = x * 1.5
            continue
        break
    return x


def first_index(v, threshold):
    for i in range(len(v)):
        if v[i] > threshold:
            return i
    return -1


def return_from_helper_loop(v, x):
    i = first_index(v, 0.85)
    j = first_index(v, 100.0)
    return v[i] * x + j * x * x


def return_tuple_from_loop(v, x):
    def walk(x):
        for i, e in enumerate(v):
            x = x + e * x
            if x > 2.5:
                return x, i, e
        return x, len(v), 0.0

    x, n, e = walk(x)
    return x * n + e * x


def return_with_array_state(m, v):
    u = v.copy()
    for i in range(m.shape[0]):
        u[i % 3] += m[i, 0] * u[(i + 1) % 3]
        if i == 2:
            return np.sum(u * u)
    return np.sum(u)


def jumps_three_deep(m, x):
    for i in range(4):
        for j in range(3):
            k = 0
            while k < 5:
                k += 1
                if k == j:
                    continue
                if k > i + 1:
                    break
                x = x + 0.01 * m[i, j] * x * k
            if i == 3 and j == 1:
                return x * x
        if i == 9:
            break
    return x


@pytest.mark.parametrize("case", [
    (break_on_data, V, 1.3), (continue_on_data, V, 0.6), (break_in_the_middle, V, 0.9),
    (break_in_the_middle, V, 5.0), (break_and_continue, V, 1.3), (return_from_loop, V, 0.6),
    (return_from_loop, V[:2], 0.6), (return_from_loop, V[:0], 0.6), (return_from_nested, M, 0.6),
    (return_from_nested, M[:2], 0.6), (break_inner_only, M), (break_both, M, 0.6), (while_true, 2.3),
    (return_inside_while_true, 0.6, 1.2), (continue_in_while, 0.8, 20), (continue_in_while, 0.8, 4),
    (for_else_with_continue, V, 0.6), (while_else_found, 0.6, 3), (while_else_found, 2.1, 9),
    (nested_for_else, M, 0.6), (return_from_helper_loop, V, 1.3), (return_tuple_from_loop, V, 1.3),
    (return_tuple_from_loop, V, 0.3), (return_with_array_state, M, V[:3]), (jumps_three_deep, M, 0.6),
], ids=lambda case: case[0].__name__)
def test_jump(case):
    check(*case)


@pytest.mark.parametrize("limit", [1.0, 0.3, 100.0], ids=["middle", "first", "never"])
def test_for_else(limit):
    check(for_else_found, V, 0.6, limit, argnums=(0, 1))
