"""Each row of the table of conventions, at the point itself, in generated code and on the tape."""
import math
import warnings

import numpy as np
import pytest

from symgrad import grad, jvp, tape
from symgrad.errors import SymgradError

inf, nan = math.inf, math.nan
ZERO3 = np.zeros(3)


def gradient(f, *args, argnums=0):
    with np.errstate(all="ignore"):
        generated = grad(f, argnums=argnums)(*args)
        taped = tape.grad(f, argnums=argnums)(*args)
    for ours, theirs in zip(*(g if isinstance(g, tuple) else (g,) for g in (taped, generated)), strict=True):
        np.testing.assert_array_equal(ours, theirs, err_msg="the tape (actual) and the generated gradient (desired)")
    return generated


@pytest.mark.parametrize("f, args, expected", [
    (lambda x: abs(x) * 3.0, (0.0,), 0.0), (lambda x: np.abs(x), (0.0,), 0.0),
    (lambda x: math.fabs(x), (0.0,), 0.0),
    (lambda v: np.sum(np.abs(v)), (np.array([0.0, -2.0, 3.0]),), [0.0, -1.0, 1.0]),
    (lambda x: np.sign(x) * x, (0.0,), 0.0), (lambda x: abs(-x), (-0.0,), 0.0),
])
def test_abs_at_zero(f, args, expected):
    np.testing.assert_array_equal(gradient(f, *args), expected)


@pytest.mark.parametrize("f, expected", [
    (lambda x, y: max(x, y), (1.0, 0.0)), (lambda x, y: max(y, x), (0.0, 1.0)),
    (lambda x, y: min(x, y), (1.0, 0.0)),
    (lambda x, y: max([x, y, x]), (1.0, 0.0)), (lambda x, y: np.maximum(x, y), (0.5, 0.5)),
    (lambda x, y: np.minimum(x, y), (0.5, 0.5)), (lambda x, y: np.max(np.array([x, y])), (0.5, 0.5)),
    (lambda x, y: max(x, 2.0) * y, (2.0, 2.0)),
    (lambda x, y: max(2.0, x) * y, (0.0, 2.0)),
])
def test_max_of_equals(f, expected):
    assert gradient(f, 2.0, 2.0, argnums=(0, 1)) == expected


@pytest.mark.parametrize("f, expected", [
    (lambda v: np.max(v), [0.0, 0.5, 0.5, 0.0]), (lambda v: v.min(), [0.5, 0.0, 0.0, 0.5]),
    (lambda v: max(v), [0.0, 1.0, 0.0, 0.0]), (lambda v: np.ptp(v), [-0.5, 0.5, 0.5, -0.5]),
    (lambda v: np.sum(np.max(v.reshape(2, 2), axis=0) * np.array([1.0, 10.0])), [0.0, 10.0, 1.0, 0.0]),
    (lambda v: np.sum(np.max(v.reshape(2, 2).T, axis=1)), [0.0, 1.0, 1.0, 0.0]),
    (lambda v: np.sum(np.amax(np.stack([v, v]), axis=0)), [1.0, 1.0, 1.0, 1.0]),
])
def test_ties_of_reductions(f, expected):
    np.testing.assert_array_equal(gradient(f, np.array([1.0, 2.0, 2.0, 1.0])), expected)


@pytest.mark.parametrize("f, expected", [
    (lambda x: max(0.0, x), 0.0), (lambda x: max(x, 0.0), 1.0), (lambda x: np.maximum(0.0, x), 0.5),
    (lambda x: np.maximum(x, 0), 0.5), (lambda x: x if x > 0.0 else 0.0, 0.0),
])
def test_relu_at_zero(f, expected):
    assert gradient(f, 0.0) == expected


def test_clip_at_its_bounds():
    v = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    for f in (lambda v: np.sum(np.clip(v, -1.0, 1.0)), lambda v: np.sum(v.clip(-1.0, 1.0))):
        np.testing.assert_array_equal(gradient(f, v), [0.0, 1.0, 1.0, 1.0, 0.0])


@pytest.mark.parametrize("f, expected", [
    (lambda x: math.sqrt(x), inf), (lambda x: np.sqrt(x), inf), (lambda x: 0.0 * math.sqrt(x), 0.0),
    (lambda x: math.sqrt(x) * math.sqrt(x) * x, 0.0), (lambda x: np.sqrt(x) * 0.0 + x, 1.0),
])
def test_sqrt_at_zero(f, expected):
    assert gradient(f, 0.0) == expected


def test_sqrt_of_an_array_with_a_zero():
    v = np.array([0.0, 4.0])
    np.testing.assert_array_equal(gradient(lambda v: np.sum(np.sqrt(v)), v), [inf, 0.25])
    np.testing.assert_array_equal(gradient(lambda v: np.sum(np.sqrt(v)[1:]), v), [0.0, 0.25])


@pytest.mark.parametrize("f", [
    lambda v: np.linalg.norm(v), lambda v: np.linalg.norm(v[None], "fro"), lambda v: np.linalg.norm(v, 2),
    lambda v: np.sum(np.linalg.norm(np.stack([v, v]), axis=1)),
], ids=["vector", "frobenius", "two", "axis"])
def test_norm_at_zero(f):
    np.testing.assert_array_equal(gradient(f, ZERO3), ZERO3)


def test_angle_at_the_origin():
    zeros = np.zeros(2)
    assert gradient(lambda y, x: math.atan2(y, x), 0.0, 0.0, argnums=(0, 1)) == (0.0, 0.0)
    np.testing.assert_array_equal(gradient(lambda y, x: np.sum(np.arctan2(y, x)), zeros, zeros, argnums=(0, 1)), [zeros] * 2)
    assert gradient(lambda y, x: math.atan2(y, x), 1e-200, 0.0, argnums=(0, 1)) == (0.0, -1e200)


@pytest.mark.parametrize("n, expected", [(0, 0.0), (1, 1.0), (2, 0.0), (3, 0.0), (1.0, 1.0), (2.0, 0.0)])
def test_integer_power_of_zero(n, expected):
    assert gradient(lambda x, n: x**n, 0.0, n) == expected
    assert gradient(lambda x, n: pow(x, n), 0.0, n) == expected
    np.testing.assert_array_equal(gradient(lambda v, n: np.sum(v**n), ZERO3, n), [expected] * 3)
    np.testing.assert_array_equal(gradient(lambda v, n: np.sum(np.power(v, n)), ZERO3, n), [expected] * 3)


@pytest.mark.parametrize("y", [0.5, 1.0, 2.0])
def test_power_of_zero_wrt_the_exponent(y):
    assert gradient(lambda x, y: x**y, 0.0, y, argnums=1) == 0.0
    assert gradient(lambda x, y: np.sum(x**y), ZERO3, y, argnums=1) == 0.0
    assert gradient(lambda x, y: math.pow(x, y), 0.0, y, argnums=1) == 0.0


@pytest.mark.parametrize("f", [
    lambda x: math.log(x) if x > 0.0 else x * x + x,
    lambda x: np.where(x > 0.0, np.log(x), x * x + x),
    lambda x: np.where(x > 0.0, np.sqrt(x) / x, x * x + x),
    lambda x: np.where(x != 0.0, np.sin(x) / x, x + 1.0),
], ids=["conditional", "where log", "where sqrt", "sinc"])
def test_branch_not_taken_gets_zero(f):
    assert gradient(f, 0.0) == 1.0


def test_branch_not_taken_elementwise():
    v = np.array([-1.0, 0.0, 4.0])
    np.testing.assert_array_equal(
        gradient(lambda v: np.sum(np.where(v > 0.0, np.log(v) + np.sqrt(v), 3.0 * v)), v), [3.0, 3.0, 0.5])


@pytest.mark.parametrize("f", [
    lambda x: x + math.floor(x), lambda x: x + math.ceil(x), lambda x: x + round(x), lambda x: x + np.sign(x),
    lambda x: x + (x > 1.0), lambda x: x + x // 0.5, lambda x: x + np.floor(x) + np.ceil(x) + np.round(x),
    lambda x: x + np.argmax(np.array([x, 1.0])), lambda x: x + int(x) + bool(x) + math.trunc(x),
    lambda x: x + np.heaviside(x, 0.5),
])
def test_steps_are_constants(f):
    assert gradient(f, 2.0) == 1.0 and gradient(f, 1.3) == 1.0


def test_remainder():
    assert gradient(lambda x, m: x % m, 7.5, 2.0, argnums=(0, 1)) == (1.0, -3.0)
    assert gradient(lambda x, m: x % m, -7.5, 2.0, argnums=(0, 1)) == (1.0, 4.0)
    assert gradient(lambda x, m: np.sum(np.mod(x, m)), np.array([6.0, 7.5]), 2.0, argnums=1) == -6.0


@pytest.mark.parametrize("argument", [2, True, np.int64(2), np.array([1, 2]), (1, 2)], ids=repr)
def test_integer_argument(argument):
    with pytest.raises(SymgradError) as error:
        gradient(lambda scale: np.sum(np.array(scale) * 2.0), argument)
    assert "scale" in str(error.value)


def test_independent_of_the_argument():
    with pytest.warns(UserWarning, match="offset"):
        assert gradient(lambda x, offset: x * 2.0, 3.0, 1.0, argnums="offset") == 0.0
    with pytest.warns(UserWarning, match="weights"):
        dw = gradient(lambda x, weights: x * 2.0, 3.0, np.ones((2, 3), np.float32), argnums=1)
    assert dw.shape == (2, 3) and dw.dtype == np.float32 and not dw.any()


def test_no_warning_where_it_depends():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert gradient(lambda x, y: x * y, 3.0, 0.0) == 0.0


def test_complex():
    assert gradient(lambda z: abs(z) ** 2, 3.0 + 4.0j) == pytest.approx(6.0 - 8.0j, rel=1e-12)
    assert gradient(lambda z: (z * z).real, 3.0 + 4.0j) == pytest.approx(2.0 * (3.0 + 4.0j), rel=1e-12)
    assert gradient(lambda z: z.imag, 3.0 + 4.0j) == -1j


# -- complex numbers ---------------------------------------------------------------------------------

Z = 0.3 - 0.8j


def modulus(z):
    return abs(z)


@pytest.mark.parametrize("f", [
    lambda z: np.real(np.sign(z) * (1.0 + 2.0j)),
    lambda z: np.sum(np.real(np.sign(z * z) * (1.0 + 2.0j))),
    lambda z: np.imag(grad(modulus)(z) * (1.0 + 2.0j)),
], ids=["sign", "inner", "second derivative of abs"])
def test_sign_of_a_complex_number_turns(f):
    h = 1e-6
    slopes = [(f(Z + d) - f(Z - d)) / (2.0 * h) for d in (h, 1j * h)]
    assert grad(f)(Z) == pytest.approx(slopes[0] - 1j * slopes[1], rel=1e-8)
    assert jvp(f)((Z,), (0.3 + 0.4j,))[1] == pytest.approx(0.3 * slopes[0] + 0.4 * slopes[1], rel=1e-8)


def test_sign_of_complex_numbers_on_the_tape_and_at_zero():
    def f(z):
        return np.sum(np.real(np.sign(z) * (1.0 + 2.0j)))
    got = gradient(f, np.array([Z, 0.0]))
    assert got[0] == pytest.approx(grad(f)(Z), rel=1e-14) and got[1] == 0.0
