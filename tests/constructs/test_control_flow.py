"""if/elif/else, conditional definitions, early return without loops, match."""
import math

import numpy as np
import pytest

from symgrad import grad
from tests.helpers import check

rng = np.random.default_rng(1)
V = rng.normal(size=5)


def three_arms(x):
    if x < 0.0:
        y = -x
    elif x < 1.0:
        y = x * x
    else:
        y = 2.0 * x - 1.0
    return y * math.exp(-y)


def no_else(x, y):
    if x > y:
        x = x * y
    return x + y * x


def nested(x, y):
    if x > 0.0:
        z = x * y
        if y > 0.0:
            z = math.sin(z) + x
            if z > 100.0:
                z = 0.0
        else:
            z = math.cos(z)
    else:
        z = y
    return z * z


def assigned_in_some_arms(x, y):
    if x > 1.0:
        bonus = y * y
    result = x * y
    if x > 1.0:
        result += bonus
    return result


def swap_in_branch(x, y):
    if x < y:
        x, y = y, x
    return x**2 - x / y


def condition_on_active_expression(x, y):
    if x * y + math.sin(x) > 0.5:
        return x**3 * y
    return y


def early_returns(x, y):
    if x < 0.0:
        return y * y
    z = math.sqrt(x)
    if z > 3.0:
        return z
    w = z * y
    if w > 1.0:
        return w * w
    return w + x


def return_in_every_arm(x, y):
    if x > y:
        if y > 0.0:
            return x * y
        else:
            return x - y
    else:
        return x / y


def arm_with_pass(x):
    if x > 2.0:
        pass
    else:
        x = x * x
    return x * 3.0


def condition_on_shape(v):
    if v.ndim == 1 and len(v) > 3:
        return np.sum(v * v)
    return v[0]


def condition_on_reduction(v):
    if np.any(v < 0.0) and v.max() > 0.0:
        v = np.where(v < 0.0, 0.1 * v, v)
    if not np.all(np.isfinite(v)):
        return 0.0
    return np.sum(v**2)


def array_or_none(v, w=None):
    if w is None:
        w = np.ones(v.shape)
    return np.sum(w * v * v)


def flag_decides(v, centred):
    if centred:
        v = v - v.mean()
    else:
        v = v * 2.0
    return np.sum(v**3)


def black_scholes(s, k, r, sigma, t, call):
    d1 = (math.log(s / k) + (r + 0.5 * sigma**2) * t) / (sigma * math.sqrt(t))
    d2 = d1 - sigma * math.sqrt(t)
    sign = 1.0 if call else -1.0
    n1 = 0.5 * (1.0 + math.erf(sign * d1 / math.sqrt(2.0)))
    n2 = 0.5 * (1.0 + math.erf(sign * d2 / math.sqrt(2.0)))
    return sign * (s * n1 - k * math.exp(-r * t) * n2)


def huber(residual, delta):
    size = abs(residual)
    if size <= delta:
        return 0.5 * residual * residual
    return delta * (size - 0.5 * delta)


def huber_of_two(a, b, delta):
    return huber(a, delta) + 3.0 * huber(b, delta)


@pytest.mark.parametrize("case", [
    (three_arms, -0.7), (three_arms, 0.6), (three_arms, 1.8), (no_else, 1.2, 0.4), (no_else, 0.4, 1.2),
    (nested, 1.1, 0.6), (nested, 1.1, -0.6), (assigned_in_some_arms, 1.4, 0.6),
    (assigned_in_some_arms, 0.4, 0.6), (swap_in_branch, 0.5, 1.4), (condition_on_active_expression, 1.2, 0.9),
    (early_returns, 4.0, 0.3), (early_returns, 4.0, 0.9), (early_returns, 16.0, 0.9),
    (return_in_every_arm, 1.4, 0.5), (return_in_every_arm, 0.5, 1.4), (arm_with_pass, 1.5),
    (arm_with_pass, 2.5), (condition_on_shape, V), (condition_on_reduction, V), (array_or_none, V),
    (array_or_none, V, V**2), (flag_decides, V, True), (flag_decides, V, False),
    (black_scholes, 100.0, 95.0, 0.03, 0.25, 0.7, True), (black_scholes, 100.0, 95.0, 0.03, 0.25, 0.7, False),
    (huber_of_two, 0.4, 2.5, 1.0),
], ids=lambda case: case[0].__name__)
def test_branches(case):
    f, *args = case
    check(f, *args, argnums=0 if f is early_returns else None)


def match_constant(x, mode):
    match mode:
        case "linear":
            return 2.0 * x
        case "square" | "quadratic":
            y = x * x
        case 3:
            y = x**3
        case None:
            y = math.sin(x)
        case _:
            y = math.exp(x)
    return y * x


def match_tuple(x, y, shape):
    match shape:
        case ("circle", radius):
            area = math.pi * radius * x
        case ("rectangle", (w, h)):
            area = w * h * x * y
        case ("polygon", first, *rest) if len(rest) > 1:
            area = first * x + len(rest) * y
        case _:
            area = 0.0
    return area * area + x * y


def match_active_tuple(x, y):
    match (x * y, x > y):
        case (product, True):
            return product * x
        case (product, False):
            return product + y
    return 0.0


def exchanged_once_bound(x, n):
    for i in range(n):
        if i > 1:
            z, y = y, z         # noqa: F821
        elif i > 0:
            z = y                       # noqa: F841
        else:
            y = x * 2.0                 # `z` has no value yet
        x = x + math.sin(y)
    return x + y


def exchanged_with_what_is_bound(x, n):
    y = x * 2.0
    for i in range(n):
        if i > 1:
            z, y = y, z         # noqa: F821
        elif i > 0:
            z, y = y, math.sin(x)     # noqa: F841
        else:
            y = math.cos(x)
        x = x + math.sin(y)
    return x + y


@pytest.mark.parametrize("f", [exchanged_once_bound, exchanged_with_what_is_bound])
@pytest.mark.parametrize("n", [1, 2, 4])
def test_variables_that_are_exchanged_before_each_has_a_value(f, n):
    check(f, 0.5, n)


@pytest.mark.parametrize("mode", ["linear", "quadratic", 3, None, "other"])
def test_match_constant(mode):
    check(match_constant, 1.3, mode)


SHAPES = [("circle", 2), ("rectangle", (2, 3)), ("polygon", 1, 2, 3)]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape[0])
def test_match_tuple(shape):
    check(match_tuple, 1.3, 0.7, shape, argnums=(0, 1))


@pytest.mark.parametrize("args", [(1.3, 0.7), (0.7, 1.3)])
def test_match_active_tuple(args):
    check(match_active_tuple, *args)


def match_in_loop(x, program):
    for op in program:
        match op:
            case "double":
                x = 2.0 * x
            case ("add", n):
                x = x + n * x * x
            case "sin":
                x = math.sin(x)
    return x


@pytest.mark.parametrize("program", [("sin", "double", ("add", 3), "sin"), ()], ids=["four", "none"])
def test_match_in_loop(program):
    check(match_in_loop, 0.4, program)


def assigned_on_one_path(x, c):
    if c > 0.0:
        y = x * 2.0
    if c > 1.0:
        s = np.sum(y * y)
    else:
        s = x[0]
    return s


def assigned_on_both_paths(x, c):
    if c > 0.0:
        y = np.sin(x)
    else:
        y = np.cos(x)
    if c > 1.0:
        s = np.sum(y * y)
    else:
        s = x[0]
    return s


@pytest.mark.parametrize("c", [-1.0, 0.5, 2.0])
@pytest.mark.parametrize("f", [assigned_on_one_path, assigned_on_both_paths])
def test_an_array_that_one_path_assigns_and_another_reads(f, c):
    check(f, np.array([0.4, -1.2, 0.7]), c)


def test_the_adjoint_of_an_array_that_is_always_there_asks_for_no_path():
    text = grad(assigned_on_both_paths).source_for(np.ones(3), 0.5)
    assert text.count("np.zeros_like(y)") == 1 and "np.zeros(0)" not in text
    assert "np.zeros_like(y) if t else np.zeros(0)" in grad(assigned_on_one_path).source_for(np.ones(3), 0.5)
