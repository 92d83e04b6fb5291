"""Gradients that Numba compiles: the values, types and structures of the plain Python ones."""
import math
import random
import warnings
from typing import NamedTuple

import numpy as np
import pytest

from symgrad import NativeFallbackWarning, grad, value_and_grad, vjp
from tests.helpers import assert_native_agrees, check_native

pytest.importorskip("numba")


class Pair(NamedTuple):
    weight: float
    points: np.ndarray


SCALE = np.array([1.0, 2.0, 3.0])


def scalar(x, n):
    for i in range(n):
        x = x + 0.01 * math.sin(x) * i
    return x


def structured(p, d, s):
    total = 0.0
    for i in range(p.points.shape[0]):
        total += p.weight * p.points[i] ** 2 * d["a"][0] + s[1] * SCALE[i]
    return total


def of_list(values, k):
    total = 0.0
    for i in range(len(values)):
        total += k * values[i] * values[i - 1]
    return total


def single(x):
    total = np.float32(0.0)
    for i in range(len(x)):
        total += x[i] * x[i]
    return total


CASES = [
    (scalar, (1.0, 5), 0),
    (structured, (Pair(2.0, np.arange(3.0)), {"a": [1.5, 2], "b": None}, (1.0, 3.0)), ("p", "d", "s")),
    (of_list, ([1.0, 2.0, 4.0], 2.0), (0, 1)),
    (single, (np.arange(4, dtype=np.float32),), 0),
]


def native(f, args, argnums):
    """The value and gradient, which must have been computed by compiled code."""
    g = value_and_grad(f, argnums=argnums, backend="numba")
    with warnings.catch_warnings():
        warnings.simplefilter("error", NativeFallbackWarning)
        found = g(*args)
    assert g._last.native is not None
    return found


@pytest.mark.parametrize("f, args, argnums", [pytest.param(*c, id=c[0].__name__) for c in CASES])
def test_compiled_is_what_python_gives(f, args, argnums):
    assert_native_agrees(native(f, args, argnums), value_and_grad(f, argnums=argnums, backend="python")(*args), args)


def cube_sum(x):
    total = 0.0
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            total += x[i, j] ** 3
    return total


def test_arrays_of_any_layout():
    x = np.arange(24.0).reshape(4, 6)
    locked = x.copy()
    locked.flags.writeable = False
    g = grad(cube_sum, backend="numba")
    for a in (x, x.T, x[::2, ::-1], np.asfortranarray(x), locked):
        np.testing.assert_array_equal(g(a), 3.0 * a ** 2)
    assert g._last.native is not None


def test_globals_are_read_at_each_call():
    g = grad(structured, argnums="s", backend="numba")
    args = CASES[1][1]
    assert g(*args) == (0.0, 6.0)
    SCALE[0] = 11.0
    try:
        assert g(*args) == (0.0, 16.0)
    finally:
        SCALE[0] = 1.0


def test_a_pullback_is_compiled_too():
    _, pullback = vjp(np.cumsum, np.ones(3), backend="numba")
    np.testing.assert_array_equal(pullback(np.array([1.0, 10.0, 100.0]))[0], [111.0, 110.0, 100.0])


def power_spectrum(x):
    return np.sum(np.abs(np.fft.fft(x)) ** 2)


def test_what_does_not_compile_runs_in_python_and_says_why():
    g, x = grad(power_spectrum, backend="numba"), np.arange(4.0)
    with pytest.warns(NativeFallbackWarning, match=r"power_spectrum\(\) runs in plain Python: .*fft.* line \d+: return"):
        first = g(x)
    np.testing.assert_array_equal(first, grad(power_spectrum, backend="python")(x))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(g(x), first)


def test_unknown_backends_are_refused():
    with pytest.raises(TypeError, match="backend='jit': there are 'python', 'numba', 'auto'"):
        grad(scalar, backend="jit")


def first_below(x, n):
    previous = x
    while True:
        n += 1
        after = x - 0.3 * previous
        if after <= 0.5 or n > 50:
            previous = x
            x = after
            break
        previous = x
        x = after
    return previous * x


def test_a_loop_that_is_left_after_what_it_carries_is_assigned():
    """Numba 0.68 compiles such a ``while True`` wrongly."""
    assert check_native(first_below, 3.0, 0) == ""


def array_calls(x, k):
    rows = np.sum(x, axis=1, keepdims=True) + x.mean(axis=-1)[:, None]
    top = np.max(x * rows, axis=0)
    flat = (x.T * 2.0).reshape(-1)
    counts = np.zeros(3)
    np.add.at(counts, k.astype(int), flat[:3])
    total = 0.0
    for v in np.concatenate([top, counts]):
        total += v * v
    return total


def test_calls_in_forms_that_numba_lacks():
    assert check_native(array_calls, np.arange(6.0).reshape(2, 3) + 0.5, np.array([0, 2, 0]), argnums=0) == ""


def column_reshaped(m, x):
    m[:, 1].reshape(3, 1)[1, 0] = x
    return np.sum(m * m)


def column_raised(m, x):
    v = m[:, 1].reshape(-1)
    v += x
    return np.sum(m * m)


def test_a_view_that_numba_has_not_is_no_copy_that_is_written_to():
    m = np.arange(9.0).reshape(3, 3)
    with pytest.warns(NativeFallbackWarning, match="reshape_view"):
        value, gradient = value_and_grad(column_reshaped, backend="numba")(m, 0.5)
    assert (value, gradient.tolist()) == (column_reshaped(m.copy(), 0.5), value_and_grad(column_reshaped)(m, 0.5)[1].tolist())
    assert check_native(column_raised, m, 0.5) == ""            # a vector that stays one


def single_precision(x, k):
    v = np.zeros_like(x)
    for i in range(3):
        v = v + 0.1 * x * k
        v *= 0.5
    return np.sum(v * v)


def test_numbers_take_the_precision_of_arrays():
    assert check_native(single_precision, np.ones(3, np.float32), 0.7) == ""


def drawing(x):
    return x * random.gauss(0.0, 1.0) * np.random.normal()


def test_numbers_are_drawn_from_the_generator_that_the_program_has_seeded():
    found = []
    for backend in ("python", "numba"):
        random.seed(7)
        np.random.seed(7)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found.append(grad(drawing, backend=backend)(2.0))
        assert ("global generator" in str([w.message for w in caught])) == (backend == "numba")
    assert found[0] == found[1]


def in_pairs(x, n, hop):
    for i in range(0, 2 * n, hop):
        x = x * math.sin(x + i)
    for i in range(0, n, 2):
        x = x * math.sin(x + i)
    for i in range(n, 1, -3):
        x = x + math.cos(x * i)
    return x


@pytest.mark.parametrize("n", [0, 1, 2, 5, 6, 7])
def test_ranges_with_steps_are_run_backwards(n):
    found = native(in_pairs, (0.7, n, 3), 0)
    assert_native_agrees(found, value_and_grad(in_pairs)(0.7, n, 3), "in_pairs")


def lists_by_branch(x, n):
    total = 0.0
    for i in range(n):
        items = [] if i == 1 else [x * k for k in range(i)]
        for v in items:
            total += v * v
    return total


def test_empty_lists_have_a_type():
    assert check_native(lists_by_branch, 0.7, 4) == ""
