"""float32 in, float32 out; mixtures; NumPy scalars; complex arguments as conventions.md says."""
import math

import numpy as np
import pytest

from symgrad import grad, value_and_grad, vjp
from symgrad.errors import SymgradError
from tests.helpers import check

V = np.array([0.4, -0.7, 1.2])
M = np.array([[0.3, -0.2, 0.9], [1.1, 0.5, -0.4], [0.2, 0.8, 0.6]])
EPS = float(np.finfo(np.float32).eps)


def elementwise(v):
    return np.sum(np.tanh(v) * v + np.exp(-v * v) / (1.0 + v**2))


def reductions(v):
    return np.mean(v) * np.var(v) + np.max(v) * np.prod(v)


def product(m, v):
    return np.sum((m @ v) ** 2) + v @ v


def branch_and_where(v):
    w = np.where(v > 0, v, 0.1 * v)
    return np.sum(w * w) if w[0] > 0 else np.sum(w)


def loop_in_place(v):
    u = v.copy()
    for i in range(1, len(u)):
        u[i] += u[i - 1] * u[i]
    return np.sum(u * u)


def new_buffer(v):
    u = np.zeros_like(v)
    u[1:] = v[:-1] * 2
    return np.sum(u * v)


def loop_carried(v):
    s = v[0]
    for e in v:
        s = np.sin(s) * e + s
    return s


def solve(m, v):
    return np.sum(np.linalg.solve(m, v) ** 2)


CASES = [(elementwise, V), (reductions, V), (product, M, V), (branch_and_where, V), (loop_in_place, V),
         (new_buffer, V), (loop_carried, V), (solve, M, V)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0].__name__)
def test_float32(case):
    f, *args = case
    check(f, *args)
    check(f, *(a.astype(np.float32) for a in args))
    exact = grad(f, argnums=tuple(range(len(args))))(*args)
    rounded = grad(f, argnums=tuple(range(len(args))))(*(a.astype(np.float32) for a in args))
    for g32, g64 in zip(rounded, exact):
        assert g32.dtype == np.float32
        np.testing.assert_allclose(g32, g64, rtol=0.0, atol=100 * EPS * max(1.0, np.abs(g64).max()))


def test_float32_scalar():
    gradient = grad(lambda x: x * np.sin(x))(np.float32(0.7))
    assert isinstance(gradient, np.float32)
    assert gradient == pytest.approx(math.sin(0.7) + 0.7 * math.cos(0.7), rel=1e-6)


def test_python_float_stays_python_float():
    assert type(grad(lambda x: x * math.sin(x))(0.7)) is float


def test_float64_scalar():
    assert isinstance(grad(lambda x: x * np.sin(x))(np.float64(0.7)), np.float64)


def test_each_argument_keeps_its_dtype():
    def f(v, w, x):
        return np.sum(v * w * x)

    dv, dw, dx = grad(f, argnums=(0, 1, 2))(V.astype(np.float32), V, 2.0)
    assert dv.dtype == np.float32 and dw.dtype == np.float64 and isinstance(dx, float)
    np.testing.assert_allclose(dw, 2.0 * V.astype(np.float32), rtol=1e-12)


def test_cast_inside():
    def f(v):
        return np.sum(v.astype(np.float64) ** 2)

    gradient = grad(f)(V.astype(np.float32))
    assert gradient.dtype == np.float32 and np.array_equal(gradient, 2 * V.astype(np.float32))


def test_cast_to_float32_inside():
    check(lambda x, v: float(np.sum(v.astype(np.float64) * x)), 0.7, V.astype(np.float32))
    assert grad(lambda v: np.sum(v.astype(np.float32) ** 2))(V).dtype == np.float64


def test_structures_keep_their_dtypes():
    params = {"w": V.astype(np.float32), "b": 0.3, "m": (M, np.float32(2.0))}

    def f(p):
        return np.sum((p["m"][0] @ p["w"]) ** 2) * p["b"] * p["m"][1]

    gradient = grad(f)(params)
    assert gradient["w"].dtype == np.float32 and isinstance(gradient["b"], float)
    assert gradient["m"][0].dtype == np.float64 and isinstance(gradient["m"][1], np.float32)


def test_vjp_in_float32():
    value, pullback = vjp(lambda v: np.exp(v), V.astype(np.float32))
    (gradient,) = pullback(np.ones(3, np.float32))
    assert value.dtype == gradient.dtype == np.float32
    assert np.array_equal(value, gradient)


def test_types_change_between_calls():
    g = grad(lambda v: np.sum(v * v))
    assert g(V).dtype == np.float64 and g(V.astype(np.float32)).dtype == np.float32
    assert isinstance(g(3.0), float) and g(M).shape == (3, 3) and g(V).shape == (3,)


def test_integer_and_bool_arrays_stay_constant():
    def f(v, counts, mask):
        return np.sum(v[mask] ** 2) * np.sum(counts) + np.sum(v * counts)

    check(f, V, np.array([1, 2, 3]), np.array([True, False, True]), argnums=0)


def test_integer_array_is_no_argument_to_differentiate():
    with pytest.raises(SymgradError, match="int"):
        grad(lambda v: np.sum(v * 2.0))(np.array([1, 2, 3]))


Z = np.array([0.4 + 0.3j, -0.7 + 1.1j])


def complex_gradient(f, z):
    """df/dx - i df/dy by central differences, element by element."""
    z = np.asarray(z)
    result = np.zeros(z.shape, complex)
    for index in np.ndindex(z.shape):
        for unit, factor in ((1.0, 1.0), (1j, -1j)):
            def at(t):
                moved = z.copy()
                moved[index] += t * unit
                return f(moved if z.shape else complex(moved))
            h = 1e-3
            slope = (45 * (at(h) - at(-h)) - 9 * (at(2 * h) - at(-2 * h)) + at(3 * h) - at(-3 * h)) / (60 * h)
            result[index] += factor * slope
    return result


@pytest.mark.parametrize("f, z", [
    (lambda z: abs(z) ** 2, 0.4 + 0.3j), (lambda z: z.real * z.imag + z.real, 0.4 + 0.3j),
    (lambda z: np.real(z * z * np.exp(z)), 0.4 + 0.3j), (lambda z: np.sum(np.abs(z * z + 1.0)), Z),
    (lambda z: np.real(np.sum(z * np.conj(z) / (1.0 + z))), Z), (lambda z: np.sum(z.imag**3 + z.real), Z),
    (lambda z: np.real(np.vdot(z, z * (1.0 + 2.0j))) + np.imag(z[0] ** 3), Z),
], ids=["abs squared", "parts", "holomorphic", "abs", "conjugate", "imag", "vdot"])
def test_complex_argument(f, z):
    value, gradient = value_and_grad(f)(z)
    assert value == f(z) and np.iscomplexobj(gradient) and np.shape(gradient) == np.shape(z)
    np.testing.assert_allclose(gradient, complex_gradient(f, z), rtol=1e-6, atol=1e-9)


def test_complex_inside_a_real_function():
    check(lambda x: np.abs(np.exp(1j * x) + x) ** 2, 0.7)
    check(lambda v, t: float(np.abs(np.sum(v * np.exp(2j * np.pi * t * np.arange(3)))) ** 2), V, 0.2)
