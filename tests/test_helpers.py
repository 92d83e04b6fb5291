"""The checking helper must itself fail when it should: run against stand-ins for symgrad."""
import math
import sys
import types

import numpy as np
import pytest

from tests.helpers import assert_well_posed, check, check_second, difference


def cubes(p, x):
    return float(np.sum(p["a"] * x ** 3))


def cubes_grad(p, x):
    return {"a": float(np.sum(x ** 3)), "n": None}, 3.0 * p["a"] * x ** 2


def stand_in(monkeypatch, grad, value=cubes):
    def value_and_grad(f, argnums):
        return lambda *args: (value(*args), grad(*args))

    module = types.SimpleNamespace(value_and_grad=value_and_grad, grad=lambda f, argnums: grad)
    module.tape = types.SimpleNamespace(value_and_grad=value_and_grad)
    monkeypatch.setitem(sys.modules, "symgrad", module)


def arguments(n=5, dtype=np.float64):
    return {"a": 1.5, "n": 3}, np.random.default_rng(0).normal(size=n).astype(dtype)


def wrong_entry(p, x):
    dp, dx = cubes_grad(p, x)
    dx[-1] += 1e-5 * np.max(np.abs(dx))
    return dp, dx


def wrong_structure(p, x):
    return list(cubes_grad(p, x)[0].values()), cubes_grad(p, x)[1]


def wrong_shape(p, x):
    return cubes_grad(p, x)[0], cubes_grad(p, x)[1][:, None]


def wrong_dtype(p, x):
    return cubes_grad(p, x)[0], cubes_grad(p, x)[1].astype(np.float32)


def infinite(p, x):
    return cubes_grad(p, x)[0], np.full_like(x, np.inf)


def meddling(p, x):
    result = cubes_grad(p, x)
    x[0] += 1.0
    return result


def forgetful(p, x, calls=[]):      # noqa: B006 - the state between calls is the fault
    calls.append(x)
    dp, dx = cubes_grad(p, x)
    return dp, dx * (1.0 + 1e-15 * len(calls))


@pytest.mark.parametrize("n", [1, 5, 200])
def test_right_gradient_is_accepted(monkeypatch, n):
    stand_in(monkeypatch, cubes_grad)
    check(cubes, *arguments(n))


@pytest.mark.parametrize("n", [1, 5, 200])
@pytest.mark.parametrize(
    "fault", [wrong_entry, wrong_structure, wrong_shape, wrong_dtype, infinite, meddling, forgetful])
def test_fault_is_caught(monkeypatch, fault, n):
    stand_in(monkeypatch, fault)
    with pytest.raises(AssertionError):
        check(cubes, *arguments(n))


def test_value_must_be_the_primals_to_the_last_bit(monkeypatch):
    stand_in(monkeypatch, cubes_grad, value=lambda p, x: math.nextafter(cubes(p, x), math.inf))
    with pytest.raises(AssertionError):
        check(cubes, *arguments())


def test_nan_has_to_be_declared(monkeypatch):
    def undefined(p, x):
        return math.nan * cubes(p, x)

    stand_in(monkeypatch, cubes_grad, value=undefined)
    with pytest.raises(AssertionError):
        check(undefined, *arguments())
    check(undefined, *arguments(), nan_ok=True)


def test_single_precision_is_compared_with_double_precision_differences(monkeypatch):
    def in_float32(p, x):
        return cubes_grad(p, x)[0], (3.0 * p["a"] * x ** 2).astype(np.float32)

    stand_in(monkeypatch, in_float32)
    check(cubes, *arguments(dtype=np.float32))


def test_second_derivative_is_of_the_slope(monkeypatch):
    def slope_grad(x):
        return 1.25 * -math.sin(x)

    module = types.SimpleNamespace(
        grad=lambda f, argnums: math.cos if f is math.sin else slope_grad,
        value_and_grad=lambda f, argnums: lambda x: (f(x), slope_grad(x)))
    module.tape = module
    monkeypatch.setitem(sys.modules, "symgrad", module)
    check_second(math.sin, 0.7)


def test_differences_are_accurate():
    got, unsure = difference(lambda t: math.exp(math.sin(1.0 + t)), 1e-2)
    assert abs(got - math.cos(1.0) * math.exp(math.sin(1.0))) < 1e-11
    assert unsure < 1e-9


@pytest.mark.parametrize("f, x", [
    (abs, 0.0), (lambda x: max(x, 1.001), 1.0), (lambda x: math.floor(x) + 1.0, 1.0),
    (lambda x: 1j * x, 1.0), (lambda x: math.inf, 1.0)])
def test_ill_posed_points_are_noticed(f, x):
    with pytest.raises(AssertionError):
        assert_well_posed(f, (x,), (0,))
