"""Calls that return their argument's memory, or a view of it: what is written to one is seen through the other."""
import numpy as np
import pytest

import symgrad
from tests.helpers import check

Z, X = np.array([1.0 + 2.0j, 3.0 - 1.0j]), np.array([0.5, 2.0, -1.0])
REFUSED = [
    (lambda z: np.real(z), Z), (lambda z: z.imag, Z), (lambda x: np.real(x), X), (lambda x: np.diff(x, 0), X),
    (lambda x: np.nan_to_num(x, copy=False), X), (lambda x: np.broadcast_arrays(x, x[:1])[0], X),
    (lambda x: np.einsum("ij->ji", x), np.outer(X, X)), (lambda x: np.einsum("ii->i", x), np.outer(X, X)),
    (lambda x: np.linalg.matrix_power(x, 1), np.outer(X, X)),
]


@pytest.mark.parametrize("part, x", REFUSED)
def test_a_write_to_the_whole_is_not_missed(part, x):
    def f(x):
        x = x * 1.0
        r = part(x)
        x[0] = 7.0
        return np.sum(np.abs(r))

    with pytest.raises(symgrad.AliasError):
        symgrad.grad(f)(x)


@pytest.mark.parametrize("part, x", REFUSED)
def test_a_write_to_the_part_is_not_missed(part, x):
    def f(x):
        x = x * 1.0
        r = part(x)
        r[0] = 7.0
        return np.sum(np.abs(x))

    with pytest.raises(symgrad.AliasError):
        symgrad.grad(f)(x)


def test_parts_are_read_and_copies_are_written():
    def f(x):
        z = np.exp(1j * x)
        a, b = np.real(z), z.imag.copy()
        d = np.diff(x)
        m = np.einsum("i,j->ij", a, b)
        x[0] = 3.0
        b[1] = x[0]
        z = z * a
        return np.sum(np.abs(z + m[0]) ** 2) + np.sum(a * b) + np.sum(d * x[1:])

    check(f, X)


def test_the_real_part_of_an_adjoint_is_not_its_memory():
    def f(a):
        b = a + 1.0j
        d = a + b
        e = d + b[0]
        return np.sum(np.real(e)) * np.sum(np.imag(e * e))

    check(f, X)


def test_keywords_that_the_method_does_not_take():
    def f(x):
        y = x * 2.0
        v = np.swapaxes(y, axis1=0, axis2=1)
        v[0] = 3.0 * x[:, 1]
        return np.sum(np.transpose(y, axes=(1, 0)) ** 2) + np.sum(np.transpose(x, axes=None) ** 3)

    check(f, np.array([[0.5, -1.0], [0.3, 2.0], [1.5, 0.7]]))


@pytest.mark.parametrize("first", [1.0, 0.0])
def test_the_gradient_of_a_sum_in_a_branch_is_the_callers_to_write_to(first):
    def total(a):
        if a[0] > 0.5:
            return np.sum(a)
        return np.sum(a * a)

    gradient = symgrad.grad(total)(np.array([first, 2.0]))
    gradient += 1.0
    np.testing.assert_array_equal(gradient, [2.0, 2.0] if first else [1.0, 5.0])
