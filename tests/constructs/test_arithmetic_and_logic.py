"""Operators, comparison, logic with value semantics, unpacking, assignment in all its forms."""
import math

import numpy as np
import pytest

from tests.helpers import check

GRAVITY = 9.81
WEIGHTS = np.array([0.2, -0.4, 1.1])
rng = np.random.default_rng(0)
A, B, V = rng.normal(size=(3, 3)), rng.normal(size=(3, 3)), rng.normal(size=3)


def polynomial(x, y):
    return 3.0 * x**3 - 2.0 * x * y + y / x - -x + +y


def quotients(x, y):
    return (x / y) / (y / x + 1.0) - x / (y * y)


def floor_and_remainder(x, y):
    return x % y + (x // y) * x - (-x) % y


def powers(x, y):
    return x**2 + x**-1 + x**0.5 + 2.0**x + x**y - (-x) ** 3


def augmented(x, y):
    z = x
    z += y
    z -= 0.5
    z *= x
    z /= y
    z **= 2
    z %= 1.7
    z *= 1.0 + (x // 1.0)
    return z


def and_or_give_values(x, y):
    a = x and y
    b = 0.0 or x * y
    c = (x > 10.0 and x) or y * y
    return a + 2.0 * b + 3.0 * c


def or_as_default(x, given):
    rate = given or 0.1 * x
    return rate * x


def not_in_condition(x, y):
    if not x > y and not (x == y or x < -5.0):
        return x * y + float(not x)
    return x


def chained_comparison(x, y):
    inside = 0.0 < x < y <= 5.0 != x
    return x * y if inside else y


def nested_conditional_expression(x, y):
    return x * x if x > y else y * x if x > 0.5 * y else math.sin(y)


def walrus_in_test(x, y):
    if (product := x * y) > 1.0:
        return product * product
    return product


def walrus_in_expression(x):
    return (half := 0.5 * x) * math.exp(half) + half


def swap_and_rotate(x, y):
    a, b, c = x, y, x * y
    a, b = b, a
    a, b, c = b * c, c, a
    return a * a + b * c


def starred_unpacking(x, y):
    first, *rest, last = x, x * y, y * y, y
    (p, q), [r, *_] = rest, (last, first, x)
    return first * p + q * r


def star_in_literal(x, y):
    pair = (x, y)
    values = [*pair, 2.0 * x, *pair]
    return values[0] * values[3] + values[2] * values[4]


def multiple_assignment(x, y):
    a = b = c = x * y
    a += x
    b = b * y
    return a * b * c


def annotated(x: float, y: float) -> float:
    scale: float = 2.0 * x
    result: float
    result = scale * y + scale
    return result


def del_pass_docstring(x, y):
    """Things that carry no value."""
    temporary = x * y
    result = temporary + x
    del temporary
    temporary = result * y
    pass
    x * y
    return temporary


def assert_holds(x, y):
    assert x > 0.0, f"x must be positive, not {x}"
    assert y
    return math.log(x) * y


def raise_elsewhere(x, y):
    if x < 0.0:
        raise ValueError("negative")
    return math.sqrt(x) * y


def f_string(x, y):
    label = f"{x:.2f}/{y!r:>8}"
    return x * y + 0.0 * len(label)


def global_constants(h, v):
    return 0.5 * v * v + GRAVITY * h + WEIGHTS[2] * h * v


def builtin_functions(x, y):
    whole, part = divmod(x, 0.7)
    return abs(-x) * y + max(x, y, 0.1) * min(x, y) + pow(x, 3) + part + whole * y + float(x) + round(y) * x


def rounding_is_constant(x, y):
    return int(x) * y + round(x, 1) * x + math.floor(y) * x + bool(x) * y


def integers_and_bits(x, n):
    mask = (n & 6) | (n >> 1) ^ (~n & 1)
    return x ** (n % 3 + 1) * (mask << 1) + (n // 2) * x


def identity_and_membership(x, mode, extra=None):
    scale = 2.0 if extra is None else extra
    if mode in ("square", "cube") and mode is not None:
        return scale * (x * x if mode == "square" else x**3)
    return x


def names_that_look_generated(dx, x, dreturn, x_tape):
    t = dx * x
    ddx = t * dreturn
    dt = ddx + x_tape * t
    return dt * x_tape


def names_of_builtins(x, y):
    sum = x * y
    max = sum + x
    list = max * y
    return list * sum


def unicode_names(μ, σ):
    α = (1.5 - μ) / σ
    return -0.5 * α * α - math.log(σ)


SCALAR = [
    (polynomial, 1.3, 0.7), (quotients, 1.3, 0.7), (floor_and_remainder, 2.9, 0.8), (powers, 1.3, 0.7),
    (augmented, 1.6, 0.9), (and_or_give_values, 1.3, 0.7), (not_in_condition, 0.7, 1.3),
    (chained_comparison, 0.7, 1.3), (nested_conditional_expression, 0.9, 1.3), (walrus_in_test, 1.3, 0.9),
    (walrus_in_test, 0.3, 0.9), (walrus_in_expression, 1.3), (swap_and_rotate, 1.3, 0.7),
    (starred_unpacking, 1.3, 0.7), (star_in_literal, 1.3, 0.7), (multiple_assignment, 1.3, 0.7),
    (annotated, 1.3, 0.7), (del_pass_docstring, 1.3, 0.7), (assert_holds, 1.3, 0.7),
    (raise_elsewhere, 1.3, 0.7), (f_string, 1.3, 0.7), (global_constants, 1.3, 0.7),
    (builtin_functions, 1.3, 0.8), (rounding_is_constant, 2.33, 1.7), (integers_and_bits, 1.3, 5),
    (identity_and_membership, 1.3, "cube"), (names_that_look_generated, 1.3, 0.7, 0.4, -0.6),
    (names_of_builtins, 1.3, 0.7), (unicode_names, 0.4, 0.8),
]


@pytest.mark.parametrize("case", SCALAR, ids=lambda case: case[0].__name__)
def test_scalar(case):
    check(*case)


def test_or_takes_the_default_for_zero():
    check(or_as_default, 1.3, 0.0, argnums=0)


def test_or_takes_the_given():
    check(or_as_default, 1.3, 0.4)


def array_operators(a, b, v):
    c = a @ b - 2.0 * a / (1.0 + b * b)
    c = -c + a**2 * v - v[:, None] * b
    return np.sum(c * c) + v @ v


def array_comparison(a, v):
    return np.sum(a * (a > v)) + np.sum((v <= 0.0) * v * a**2)


def array_augmented(a, v):
    a = a + 0.0
    a += v
    a *= a
    a -= v[:, None]
    a /= 3.0 + v * v
    return np.sum(np.sin(a))


ARRAY = [(array_operators, A, B, V), (array_comparison, A, V), (array_augmented, A, V)]


@pytest.mark.parametrize("case", ARRAY, ids=lambda case: case[0].__name__)
def test_array(case):
    check(*case)
