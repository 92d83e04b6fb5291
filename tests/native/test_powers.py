"""Powers in compiled gradients: those that LLVM vectorises where the exponent is a float, Numba's elsewhere."""
import math

import numpy as np
import pytest

from symgrad import grad
from symgrad.backends.numba import Parts, quicker


def total(x, y, n):
    s = 0.0
    for i in range(len(x)):
        s += (x[i] + 1.0) ** y * x[i] ** n + math.pow(x[i], 2.5) + math.exp(x[i]) ** x[i] ** 1.5 - x[i] ** -2
    return s


def arrays(x, y):
    return np.sum(x ** y) + np.sum(np.exp(x) ** 0.3)


@pytest.mark.parametrize(("f", "args"), [(total, (np.linspace(0.5, 2.0, 7), 1.7, 3)),
                                         (arrays, (np.linspace(0.5, 2.0, 7), 1.7))])
def test_gradients_with_powers(f, args):
    compiled = grad(f, argnums=("x", "y"), backend="numba")
    for found, expected in zip(compiled(*args), grad(f, argnums=("x", "y"), backend="python")(*args), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-14)


@pytest.mark.parametrize(("source", "expected"), [
    ("y = a ** b", "y = _symgrad_power(a , b)"),
    ("y = -(a + b) ** (c) ** d", "y = -_symgrad_power((a + b) , _symgrad_power((c) , d))"),
    ("y = math.exp(x) ** y", "y = _symgrad_power(_symgrad_exp(x) , y)"),
    ("y = x ** 2 + x ** -1.0 + x ** 0.5", "y = x ** 2 + x ** -1.0 + x ** 0.5"),
    ("y = math.log(x, b) + math.pow(x, y)", "y = math.log(x, b) + _symgrad_pow(x, y)"),
])
def test_source_of_kernels(source, expected):
    from symgrad.codegen.kernel import PREFIX
    parts = Parts(*[""] * len(Parts._fields))._replace(source=source, objects={})
    assert quicker(parts) == expected.replace("_symgrad_", PREFIX)
