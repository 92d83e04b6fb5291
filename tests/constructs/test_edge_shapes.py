"""Empty arrays, axes of length 1, 0-d arrays, zero-trip loops over arrays, odd layouts."""
import numpy as np
import pytest

from symgrad import grad, value_and_grad
from tests.helpers import check

rng = np.random.default_rng(13)
V, M, T = rng.normal(size=3), rng.normal(size=(2, 3)), rng.normal(size=(2, 1, 3))
ROW, COLUMN, ONE = rng.normal(size=(1, 3)), rng.normal(size=(2, 1)), rng.normal(size=(1, 1))
SCALAR0D = np.array(0.7)


def add_multiply(a, b):
    return np.sum((a + b) * a * np.cos(b))


def divide(a, b):
    return np.sum(a / (2.5 + np.sin(b)) - b / (2.5 + np.cos(a)))


def power(a, b):
    return np.sum((a * a + 0.5) ** b)


def compare_and_select(a, b):
    return np.sum(np.where(a > b, a * b, np.maximum(a, 2.0 * b)) + np.minimum(a, b))


SHAPES = {"row and column": (ROW, COLUMN), "vector and column": (V, COLUMN), "matrix and row": (M, ROW),
          "matrix and one": (M, ONE), "one and vector": (ONE, V), "three axes and column": (T, COLUMN),
          "three axes and matrix": (T, M), "matrix and 0-d": (M, SCALAR0D), "0-d and vector": (SCALAR0D, V),
          "0-d and 0-d": (SCALAR0D, np.array(-0.4)), "float and column": (0.7, COLUMN),
          "row and float": (ROW, 0.7), "empty and one": (np.zeros((0, 3)), ROW),
          "column and empty": (COLUMN, np.zeros((2, 0))),
          "empty and float": (np.zeros(0), 0.7)}


@pytest.mark.parametrize("f", [add_multiply, divide, power, compare_and_select], ids=lambda f: f.__name__)
@pytest.mark.parametrize("shapes", SHAPES)
def test_broadcasting(f, shapes):
    check(f, *SHAPES[shapes])


def augmented(a, b):
    u = np.zeros((2, 3)) + a
    u += b
    u *= b
    u[:1] -= b[:1]
    return np.sum(u * u)


def matmul_shapes(a, b):
    return np.sum((a @ b) ** 2)


def reduce_keepdims(a):
    return np.sum(a / (3.0 + np.sum(a * a, axis=-1, keepdims=True))) + np.sum(a.mean(axis=0) ** 2)


def loop_over_rows(a):
    total = 0.0
    for row in a:
        total += np.sum(row**2) * (1.0 + total)
    return total


def loop_over_last_axis(a):
    total = 1.0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            total = total * 1.1 + a[i, j] ** 2
    return total


def write_in_slices(a):
    u = a.copy()
    u[1:] += u[:-1]
    u[:0] = 5.0
    return np.sum(u * u)


def zero_dimensional(a):
    u = a * 2.0
    return u * np.sin(u) + float(a) + a[()] ** 2 + a.item()


def build_zero_dimensional(x):
    u = np.array(x)
    w = np.zeros(())
    w += u
    w[()] *= 3.0
    return w * u


def concatenate_with_empty(a):
    return np.sum(np.concatenate([a[:0], a, a[2:2]]) ** 2) + np.sum(a[5:])


def squeeze_and_expand(a):
    return np.sum(a.squeeze() ** 2) + np.sum(a[None] * np.expand_dims(a, -1))


def reductions_of_one(a):
    return a.sum() * a.max() + np.prod(a) + np.mean(a) * np.var(a + np.arange(a.size))


CASES = [
    (augmented, ROW, COLUMN), (augmented, 0.7, ONE), (augmented, M, ROW), (matmul_shapes, ROW, V[:, None]),
    (matmul_shapes, COLUMN, ROW), (matmul_shapes, ONE, ONE),
    (matmul_shapes, np.zeros((2, 0)), np.zeros((0, 3))), (matmul_shapes, np.zeros((0, 3)), V),
    (matmul_shapes, T, V), (matmul_shapes, T, rng.normal(size=(1, 3, 2))), (reduce_keepdims, M),
    (reduce_keepdims, T), (reduce_keepdims, COLUMN), (reduce_keepdims, ONE), (loop_over_rows, M),
    (loop_over_rows, ROW), (loop_over_rows, np.zeros((0, 3))), (loop_over_rows, np.zeros((3, 0))),
    (loop_over_last_axis, M), (loop_over_last_axis, np.zeros((0, 3))),
    (loop_over_last_axis, np.zeros((3, 0))), (write_in_slices, V), (write_in_slices, V[:1]),
    (write_in_slices, V[:0]), (write_in_slices, ROW), (zero_dimensional, SCALAR0D),
    (build_zero_dimensional, 0.7), (build_zero_dimensional, SCALAR0D), (concatenate_with_empty, V),
    (concatenate_with_empty, V[:0]), (squeeze_and_expand, ROW), (squeeze_and_expand, ONE),
    (reductions_of_one, V[:1]), (reductions_of_one, ONE),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0].__name__}-{np.shape(case[1])}")
def test_shape(case):
    check(*case)


@pytest.mark.parametrize("a", [np.asfortranarray(M), M.T, M[:, ::-1], M[::2], np.broadcast_to(V, (2, 3))],
                         ids=["fortran", "transposed", "reversed", "strided", "broadcast"])
def test_layout(a):
    check(reduce_keepdims, a)
    check(write_in_slices, a)


def test_read_only_argument():
    v = V.copy()
    v.flags.writeable = False
    check(write_in_slices, v)
    gradient = grad(lambda v: np.sum(v))(v)
    gradient[0] = 3.0


def test_same_array_for_two_arguments():
    first, second = grad(add_multiply, argnums=(0, 1))(V, V)
    check(add_multiply, V, V)
    assert first is not second


def test_one_element_of_many():
    v = rng.normal(size=500)
    gradient = grad(lambda v: v[7] ** 2 * v[-1])(v)
    expected = np.zeros(500)
    expected[7], expected[-1] = 2.0 * v[7] * v[-1], v[7] ** 2
    np.testing.assert_allclose(gradient, expected, rtol=1e-12)


def test_same_function_for_many_shapes():
    g = grad(reduce_keepdims)
    for a in (M, ROW, T, M, COLUMN):
        assert g(a).shape == a.shape


@pytest.mark.parametrize("f", [
    lambda x: np.sum(x, axis=1), lambda x: np.sum(x * x, axis=1, keepdims=True), lambda x: (x @ x.T)[0],
    lambda x: np.cumsum(x, axis=1)[:, -1] ** 2,
], ids=["axis", "keepdims", "row", "column"])
def test_a_result_with_one_element_has_axes(f):
    x = np.array([[0.5, 1.5, -2.0]])
    expected = grad(lambda x: np.sum(f(x)))(x)
    np.testing.assert_array_equal(grad(f)(x), expected)
    np.testing.assert_array_equal(value_and_grad(f)(x)[1], expected)
    got = grad(f)(x.astype(np.float32))
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, expected, rtol=1e-6)
