"""for over everything one loops over; nesting; zero trips; what lives in, after and across loops."""
import math

import numpy as np
import pytest

from tests.helpers import check, check_second

rng = np.random.default_rng(2)
V, W = rng.normal(size=6), rng.uniform(0.5, 1.5, size=6)
M = rng.normal(size=(4, 3))


def over_range(x, n):
    total = 0.0
    for i in range(n):
        total += x**i / (i + 1.0)
    return total


def range_with_step(v):
    total = 0.0
    for i in range(1, len(v), 2):
        total += v[i] * v[i - 1]
    return total


def range_backwards(v):
    value = 0.0
    for i in range(len(v) - 1, -1, -1):
        value = value * 0.5 + v[i] ** 2
    return value


def over_array(v, x):
    total = 0.0
    for e in v:
        total += math.sin(e * x)
    return total


def over_rows(m):
    total = 0.0
    for row in m:
        total += math.sqrt(1.0 + row @ row)
    return total


def over_list_and_tuple(x):
    total = 0.0
    for weight in [0.5, x, 2.0]:
        for power in (1, 2, 3):
            total += weight * x**power
    return total


def over_dict(params, x):
    total = 0.0
    for name, value in params.items():
        total += value * x * len(name)
    for value in params.values():
        total *= value
    for name in params:
        total += params[name] ** 2
    return total


def over_zip(v, w):
    total = 0.0
    for a, b in zip(v, w):
        total += a * math.log(b)
    for left, right in zip(v[:-1], v[1:]):
        total += (right - left) ** 2
    return total


def over_zip_of_unequal(v, w):
    total = 0.0
    for a, b, n in zip(v, w[1:], range(100)):
        total += n * a * b
    return total


def over_enumerate(v):
    total = 0.0
    for i, e in enumerate(v):
        total += i * e * e
    for i, e in enumerate(v, start=1):
        total += e / i
    return total


def over_enumerate_zip(v, w):
    total = 0.0
    for i, (a, b) in enumerate(zip(v, w)):
        total += (a - b) ** 2 / (i + 1)
    return total


def over_reversed(v, x):
    value = 0.0
    for c in reversed(v):
        value = value * x + c
    return value


def reversed_range_and_zip(v, w):
    total = 1.0
    for i in reversed(range(len(v))):
        total = total * w[i] + v[i]
    return total


def over_arange(x):
    total = 0.0
    for t in np.arange(0.0, 1.0, 0.25):
        total += math.exp(-x * t)
    return total


def over_ndindex(m):
    total = 0.0
    for i, j in np.ndindex(m.shape):
        total += m[i, j] ** 2 * (i + 1) / (j + 1)
    return total


def triangular(m):
    total = 0.0
    for i in range(m.shape[0]):
        for j in range(i):
            total += m[i, j % 3] * m[j, i % 3]
    return total


def three_deep(a, b):
    total = 0.0
    for i in range(a.shape[0]):
        for j in range(b.shape[0]):
            s = 0.0
            for k in range(a.shape[1]):
                s += a[i, k] * b[j, k]
            total += math.tanh(s)
    return total


def carried_pair(x, y, n):
    for _ in range(n):
        x, y = x + 0.1 * y, y - 0.1 * math.sin(x)
    return x * y


def carried_array(w, v):
    for _ in range(3):
        v = np.tanh(w @ v)
    return np.sum(v)


def scalar_becomes_array(v):
    total = 0.0
    for k in range(1, 4):
        total = total + v**k / k
    return np.sum(np.sin(total))


def live_across_loops(v, x):
    scale = x * x
    total = 0.0
    for e in v:
        total += e * scale
    scale = scale + total
    product = 1.0
    for e in v:
        product *= 1.0 + 0.1 * e * scale
    return product + total * scale


def used_after_the_loop(v, w):
    for i in range(len(v)):
        last = v[i] * w[i]
    return last * i + w[i]


def overwritten_argument(x, n):
    for x_next in range(n):
        x = math.sin(x) + 0.1 * x_next
    return x


def loop_target_is_carried(v):
    e = 1.0
    total = 0.0
    for e in v:
        total += e
    return total * e


def branch_in_loop(v, x):
    for e in v:
        if e > 0.0:
            x = x * e + 1.0
        elif e > -0.5:
            x = math.cos(x)
    return x


def for_else(v, limit):
    total = 0.0
    for e in v:
        if e > limit:
            break
        total += e * e
    else:
        total = math.sqrt(total)
    return total


def loop_in_helper(v, x):
    return over_reversed(v, x) * over_array(v, x)


def names_in_loop(params, x):
    total = 0.0
    for name in ("a", "b", "a"):
        total += params[name] * x
        x = x * x
    return total


def invariant_in_loop(v, x, y):
    total = 0.0
    for e in v:
        total += e * (math.exp(x) * y)
    return total


@pytest.mark.parametrize("case", [
    (over_range, 0.8, 7), (range_with_step, V), (range_backwards, V), (over_array, V, 0.7), (over_rows, M),
    (over_list_and_tuple, 1.3), (over_dict, {"a": 0.7, "bcd": -1.2}, 1.3), (over_zip, V, W),
    (over_zip_of_unequal, V, W), (over_enumerate, V), (over_enumerate_zip, V, W), (over_reversed, V, 0.7),
    (reversed_range_and_zip, V, W), (over_arange, 0.9), (over_ndindex, M), (triangular, M),
    (three_deep, M, M + 1.0), (carried_pair, 0.4, 1.1, 12), (carried_array, M[:3], V[:3]),
    (scalar_becomes_array, V), (live_across_loops, V, 0.7), (used_after_the_loop, V, W),
    (overwritten_argument, 0.7, 5),
    (loop_target_is_carried, V), (branch_in_loop, V, 0.7), (for_else, V, 9.0), (loop_in_helper, V, 0.7),
    (names_in_loop, {"a": 0.7, "b": -1.2}, 1.3), (invariant_in_loop, V, 0.4, 1.2),
], ids=lambda case: case[0].__name__)
def test_loop(case):
    f, *args = case
    check(f, *args, argnums=0 if f is for_else else None)


def zero_trips(x, v):
    y = x * x
    for e in v:
        y = y * e
        x = y
    return x * y


def zero_inner_trips(x, n):
    total = x
    for i in range(n):
        for j in range(i - 1):
            total = total * 1.1 + x * j
    return total * x


@pytest.mark.parametrize("case", [
    (zero_trips, 1.3, []), (zero_trips, 1.3, ()), (zero_trips, 1.3, np.zeros(0)), (zero_inner_trips, 1.3, 0),
    (zero_inner_trips, 1.3, 2), (zero_inner_trips, 1.3, 4), (over_range, 1.3, 0), (over_range, 1.3, 1),
], ids=lambda case: f"{case[0].__name__}-{case[2]}")
def test_zero_trips(case):
    check(*case, argnums=0)


def test_for_else_left_by_break():
    check(for_else, V, float(np.sort(V)[-1]) - 1e-2, argnums=0)


def scaled_rows(m, w):
    t = np.tanh(m)                  # another array, of another rank, than the loop's
    d = w * t
    for i in range(m.shape[0] - 1, -1, -1):
        t = d[i].copy()
        d[i] = 0.0
        d[i] += w / (1.0 + i) * t
    return np.sum(d * d)


def test_a_name_is_another_kind_of_thing_in_the_loop():
    m = np.linspace(-0.7, 0.9, 6).reshape(3, 2)
    check(scaled_rows, m, 0.8)
    check_second(scaled_rows, m, 0.8)


# ---------------------------------------------------------------- variables that an iteration binds for the next

def a_slice_for_the_next(c, d, x):
    out = 0.0
    for k in range(c.shape[1] - 1, -1, -1):
        if k == c.shape[1] - 1:
            data = d[:, k]
        else:
            data = d[:, k] - c[:, k] * data
        out += np.sum(data * data) * x
    return out


def an_array_for_the_next_and_after(c, d, x):
    for k in range(c.shape[1]):
        if k == 0:
            data = d[:, k] * x
        else:
            data = d[:, k] - c[:, k] * data
    return np.sum(data)


def an_array_that_is_indexed(c, d, x):
    for k in range(c.shape[0]):
        if k > 0:
            x += last[k - 1] * np.sum(last[1:] * c[k, 1:])     # noqa: F821
        last = np.sin(d[k] * x)
    return x + last[0]


def a_tuple_for_the_next(c, d, x):
    for k in range(c.shape[0]):
        if k == 0:
            pair = c[0], x
        else:
            row, y = pair
            pair = row * d[k], y * np.sum(row)
    return pair[1] + np.sum(pair[0])


def a_count_for_the_next(c, d, x):
    for k in range(c.shape[0]):
        if k == 0:
            n = 1
        else:
            n = n + k
        x += c[k, n % 3] * x + np.sum(d[:n % 3])
    return x


@pytest.mark.parametrize("f", [a_slice_for_the_next, an_array_for_the_next_and_after, an_array_that_is_indexed,
                               a_tuple_for_the_next, a_count_for_the_next], ids=lambda f: f.__name__)
def test_bound_in_the_first_iteration(f):
    rng = np.random.default_rng(4)
    check(f, rng.standard_normal((3, 3)), rng.standard_normal((3, 3)), 0.5)


def test_an_array_without_a_value_before_the_loop_that_one_arm_binds():
    def f(x, n):
        for i in range(n):
            if i % 2 == 0:
                y = x * float(i)
            else:
                x = x + y
        return np.sum(x * y)

    check(f, np.array([0.3, 1.2, 2.0]), 3)
