"""while, while/else, loops whose trip count depends on data, zero trips."""
import math

import numpy as np
import pytest

from tests.helpers import check

rng = np.random.default_rng(3)
V = np.array([1.1, -0.7, 0.4, 0.1])
SPD = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]])


def counted(x, n):
    i = 0
    y = 1.0
    while i < n:
        y = y * x + math.sin(y)
        i += 1
    return y


def counting_down(x, n):
    while n > 0:
        x = x * (1.0 + 0.1 * n)
        n -= 2
    return x * x


def newton_square_root(a):
    x = a
    while abs(x * x - a) > 1e-13 * a:
        x = 0.5 * (x + a / x)
    return x


def until_large(x, rate):
    year = 0
    while x < 10.0:
        x = x * (1.0 + rate)
        year += 1
    return x * (year + 1)


def walrus_condition(x):
    total = 0.0
    while (x := 0.5 * x) > 0.06:
        total += x * x
    return total + x


def two_conditions(x, y):
    n = 0
    while x > 0.1 and n < 5:
        x = x - 0.2 * y * x
        n += 1
    return x * y + n


def while_else(x, limit):
    n = 0
    while n < limit:
        x = math.sin(x) + x
        n += 1
    else:
        x = x * x
    return x


def nested_while(x, y):
    total = 0.0
    i = 0
    while i < 3:
        j = i
        while j < 3:
            total = total * 0.9 + x**i * y**j
            j += 1
        i += 1
    return total


def while_in_for(v):
    total = 0.0
    for e in v:
        e = abs(e)
        while e > 0.3:
            e = 0.5 * e * (1.0 + 0.1 * e)
        total += e * e
    return total


def array_state(a, b):
    x = np.zeros_like(b)
    r = b - a @ x
    p = r
    rho = r @ r
    k = 0
    while rho > 1e-18 and k < 3:
        ap = a @ p
        alpha = rho / (p @ ap)
        x = x + alpha * p
        r = r - alpha * ap
        rho_next = r @ r
        p = r + (rho_next / rho) * p
        rho = rho_next
        k += 1
    return np.sum(x * x)


def index_moves_irregularly(v):
    i = 0
    total = 1.0
    while i < len(v):
        total = total * v[i] + 1.0
        i += 1 if i % 2 else 2
    return total


def pops_until_empty(x, y):
    work = [x, y, x * y]
    total = 0.0
    while work:
        e = work.pop()
        total = total * 0.5 + e * e
    return total


def euler_to_final_time(x, rate, dt):
    t = 0.0
    while t < 1.0 - 1e-9:
        x = x + dt * rate * x * (1.0 - x)
        t += dt
    return x


def bisection_then_newton(c):
    lo, hi = 0.0, 3.0
    while hi - lo > 0.5:
        mid = 0.5 * (lo + hi)
        if mid**3 + mid > c:
            hi = mid
        else:
            lo = mid
    x = 0.5 * (lo + hi)
    for _ in range(6):
        x = x - (x**3 + x - c) / (3.0 * x**2 + 1.0)
    return x


def value_of_last_test(x):
    error = 1.0
    n = 0
    while error > 1e-3:
        new = math.cos(x)
        error = abs(new - x)
        x = new
        n += 1
    return x + error


def steps_active_in_condition_only(x, y):
    total = 0.0
    while x > 0.0:
        x = x - 1.0
        total += y * y
    return total * y


@pytest.mark.parametrize("case", [
    (counted, 0.7, 6), (counted, 0.7, 0), (counting_down, 1.2, 5), (counting_down, 1.2, -1),
    (newton_square_root, 2.7), (until_large, 1.0, 0.3), (until_large, 11.0, 0.3), (walrus_condition, 1.3),
    (walrus_condition, 0.05), (two_conditions, 1.3, 0.7), (two_conditions, 0.05, 0.7), (while_else, 0.4, 3),
    (while_else, 0.4, 0), (nested_while, 1.1, 0.7), (while_in_for, V), (array_state, SPD, V[:3]),
    (index_moves_irregularly, V), (pops_until_empty, 1.1, 0.7), (bisection_then_newton, 2.2),
    (value_of_last_test, 0.3),
], ids=lambda case: case[0].__name__)
def test_while(case):
    check(*case)


def test_argument_that_only_decides():
    check(steps_active_in_condition_only, 2.5, 0.7, argnums=1)


def test_step_is_not_differentiated():
    check(euler_to_final_time, 0.1, 1.7, 0.125, argnums=(0, 1))


def test_a_number_that_starts_at_zero_and_is_another_variable_does_not_count_the_iterations():
    def exchanged(x):
        i = j = 0
        while x > 1.0:
            x = x * 0.5 * math.cos(x)
            i, j = j, i
        return x * x + i - j

    check(exchanged, 1.4)
    check(exchanged, 9.0)
