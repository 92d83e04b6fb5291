"""List, dict and nested comprehensions; generator expressions consumed at once."""
import math

import numpy as np
import pytest

from tests.helpers import check

XS = [0.4, -0.7, 1.2, 0.9]
ROWS = [[0.4, -0.7], [1.2, 0.9], [-0.3, 0.8]]
V = np.array([0.4, -0.7, 1.2, 0.9])


def square_all(xs, x):
    squares = [e * e * x for e in xs]
    return squares[0] * squares[-1] + sum(squares)


def with_condition(xs, x):
    positive = [e * x for e in xs if e > 0.0]
    return sum(positive) * len(positive)


def with_conditional_expression(xs):
    return sum([e * e if e > 0.0 else -e for e in xs])


def two_loops(xs, x):
    return sum([a * b * x for a in xs for b in xs if a > b])


def nested_lists(rows, x):
    scaled = [[e * x for e in row] for row in rows]
    transposed = [[row[j] for row in scaled] for j in range(2)]
    return transposed[0][1] * transposed[1][2] + sum(sum(row) for row in transposed)


def flattened(rows):
    flat = [e for row in rows for e in row]
    return math.sqrt(sum(e * e for e in flat)) * flat[3]


def generators_consumed(xs, x):
    total = sum(e * x for e in xs)
    largest = max(e * e for e in xs)
    smallest = min(math.sin(e) for e in xs)
    return total * largest + smallest


def any_and_all(xs, x):
    if any(e < 0.0 for e in xs) and all(abs(e) < 10.0 for e in xs):
        return x * sum(xs)
    return x


def list_and_tuple_of_generator(xs):
    a = list(e * e for e in xs)
    b = tuple(math.exp(e) for e in xs if e < 1.0)
    return a[0] * b[0] + a[-1] * b[-1]


def consumed_by_math(xs):
    return math.fsum(e**3 for e in xs) * math.prod(1.0 + e * e for e in xs)


def sorted_generator(xs):
    a = sorted(e * e for e in xs)
    return a[0] * a[1] + a[3]


def over_zip_and_enumerate(xs, v):
    return sum(i * a * b for i, (a, b) in enumerate(zip(xs, v))) + sum([a - b for a, b in zip(xs[1:], xs)])


def over_dict_items(x, y):
    d = {name: value * x for name, value in (("a", x), ("b", y))}
    return sum(value * len(name) for name, value in d.items()) * d["b"]


def array_of_comprehension(xs, x):
    v = np.array([math.sin(e * x) for e in xs])
    m = np.array([[a * b + x for b in xs] for a in xs])
    return v @ m @ v


def comprehension_in_loop(xs, n):
    for _ in range(n):
        xs = [0.5 * (a + b) for a, b in zip(xs, xs[1:])]
    return sum(e * e for e in xs)


def bernstein(points, t):
    points = list(points)
    while len(points) > 1:
        points = [(1.0 - t) * p + t * q for p, q in zip(points[:-1], points[1:])]
    return points[0]


def target_does_not_leak(xs):
    e = 3.0
    squares = [e * e for e in xs]
    return e * squares[1]


def walrus_inside(xs):
    kept = [y for e in xs if (y := e * e) > 0.3]
    return sum(kept) * kept[0]


def calls_inside(xs, x):
    def f(e):
        return math.tanh(e * x) + e
    return sum(f(f(e)) for e in xs) + [f(e) for e in xs][2]


def empty(xs, x):
    return sum([e * x for e in xs]) + x * x + sum(e for e in xs if e > 100.0)


def set_of_constants(xs, x):
    kinds = {round(e) for e in xs}
    return x * len(kinds)


CASES = [
    (square_all, XS, 1.3), (square_all, V, 1.3), (with_condition, XS, 1.3), (with_conditional_expression, XS),
    (two_loops, XS, 1.3), (nested_lists, ROWS, 1.3), (flattened, ROWS), (flattened, np.array(ROWS)),
    (generators_consumed, XS, 1.3), (any_and_all, XS, 1.3), (list_and_tuple_of_generator, XS),
    (consumed_by_math, XS), (sorted_generator, XS), (over_zip_and_enumerate, XS, V),
    (over_dict_items, 1.3, 0.7), (array_of_comprehension, XS, 1.3), (comprehension_in_loop, XS, 2),
    (comprehension_in_loop, XS, 0), (bernstein, XS, 0.3), (target_does_not_leak, XS), (walrus_inside, XS),
    (calls_inside, XS, 0.7),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0].__name__)
def test_comprehension(case):
    check(*case)


@pytest.mark.parametrize("xs", [[], (), np.zeros(0)], ids=["list", "tuple", "array"])
def test_empty(xs):
    check(empty, xs, 1.3, argnums=1)


def test_set_of_constants():
    check(set_of_constants, XS, 1.3, argnums=1)
