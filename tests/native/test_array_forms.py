"""NumPy's functions in forms that Numba lacks: what is written for the types of a call, and that calls are found."""
import numpy as np
import pytest

import symgrad
from tests.helpers import check_native

numba = pytest.importorskip("numba")

from symgrad.backends.array_calls import FUNCTIONS
from symgrad.backends.loop_texts import DEFINITIONS

rng = np.random.default_rng(3)
V, M, T = rng.normal(size=5), rng.normal(size=(3, 4)), rng.normal(size=(2, 3, 4))
C = M + 1j * rng.normal(size=(3, 4))
ROWS, COLUMNS = np.array([0, 2, 0]), np.array([1, 3, 1])


def type_of(x):
    if isinstance(x, (int, str)) and not isinstance(x, bool):
        return numba.types.literal(x)
    if isinstance(x, tuple):
        return numba.types.BaseTuple.from_types([type_of(i) for i in x])
    return numba.types.literal(x) if isinstance(x, bool) else numba.typeof(x)


def written(function, *args):
    """What is written for these arguments, run in plain Python."""
    made = DEFINITIONS[function](*map(type_of, args))
    for name, value in list(made.__globals__.items()):
        if callable(value) and value in DEFINITIONS:
            made.__globals__[name] = lambda *a, f=value: written(f, *a)
        elif hasattr(value, "py_func"):
            made.__globals__[name] = value.py_func
    return made(*args)


@pytest.mark.parametrize("name, args, expected", [
    ("cumsum", (T, 1), np.cumsum(T, 1)), ("cumsum", (M > 0, None), np.cumsum(M > 0)), ("cumprod", (T, -1), np.cumprod(T, -1)),
    ("sort", (M, 0), np.sort(M, 0)), ("argsort", (M, -1), np.argsort(M, -1)),
    ("roll", (M, 5, 1), np.roll(M, 5, 1)), ("roll", (M, -1, None), np.roll(M, -1)),
    ("roll", (M, (1, 2), (0, 1)), np.roll(M, (1, 2), (0, 1))), ("repeat", (M, 2, 0), np.repeat(M, 2, 0)),
    ("argmax", (M, 0), np.argmax(M, 0)), ("argmin", (T, 2), np.argmin(T, 2)), ("median", (M, 1), np.median(M, 1)),
    ("median", (ROWS.reshape(1, 3), None), 0.0), ("median", (np.array([[1, 2], [2, 4]]), 0), np.array([1.5, 3.0])),
    ("argmax", (np.array([1.0, np.nan, 3.0, np.nan]), 0), 1), ("diff", (M, 2, -1), np.diff(M, 2)),
    ("diff", (M, 0, 0), M), ("transpose", (T, None), T.T), ("transpose", (T, (1, 2, 0)), T.transpose(1, 2, 0)),
    ("swapaxes", (T, 0, -1), np.swapaxes(T, 0, -1)), ("moveaxis", (T, 0, -1), np.moveaxis(T, 0, -1)),
    ("moveaxis", (T, (0, 1), (2, 0)), np.moveaxis(T, (0, 1), (2, 0))), ("flip", (M, 1), np.flip(M, 1)),
    ("flip", (M, None), np.flip(M)), ("squeeze", (T[:1], 0), T[0]), ("diagonal", (M, 1, 0, 1), np.diagonal(M, 1)),
    ("diagonal", (T, -1, 1, 2), np.diagonal(T, -1, 1, 2)), ("tile", (M, 2), np.tile(M, 2)),
    ("tile", (M, (2, 1, 3)), np.tile(M, (2, 1, 3))), ("pad", (M, 2), np.pad(M, 2)),
    ("pad", (M, ((1, 0), (0, 2))), np.pad(M, ((1, 0), (0, 2)))), ("pad", (V, (2, 1)), np.pad(V, (2, 1))),
    ("var", (T, (0, 2), 1, True), np.var(T, axis=(0, 2), ddof=1, keepdims=True)),
    ("var", (C, 0, 0, False), np.var(C, axis=0)), ("std", (M, None, 0, False), np.std(M)),
    ("norm", (M, None, 1, True), np.linalg.norm(M, axis=1, keepdims=True)), ("norm", (T, None, None, False), np.linalg.norm(T)),
    ("clip", (M, -0.5, None), np.clip(M, -0.5, None)), ("clip", (M, M - 1.0, 0.5), np.clip(M, M - 1.0, 0.5)),
    ("number", (np.array([2.5]),), 2.5), ("number", (np.array(3.0),), 3.0), ("number", (np.bool_(True),), 1.0),
    ("reshape", (V[::-1], (5,)), V[::-1]),
    ("matmul", (T, M.T), T @ M.T), ("matmul", (T, np.swapaxes(T, 1, 2)), T @ np.swapaxes(T, 1, 2)),
    ("matmul", (T[:1], np.swapaxes(T, 1, 2)), T[:1] @ np.swapaxes(T, 1, 2)), ("matmul", (M[0], np.swapaxes(T, 1, 2)), T @ M[0]),
    ("matmul", (T, M[0]), T @ M[0]), ("matmul", (C, M.T), C @ M.T), ("matmul", (M[:, :2], T[:, :2]), M[:, :2] @ T[:, :2]),
    ("matmul", (T[:, :, :0], M[:0]), np.zeros((2, 3, 4))), ("tensordot", (T[:, :, :0], M[:0], 2, 0), np.zeros((2, 3, 4))),
    ("tensordot", (T, T, (0, 2), (0, 2)), np.tensordot(T, T, ((0, 2), (0, 2)))),
    ("einsum", ("ij,ij->i", (M, M)), np.einsum("ij,ij->i", M, M)), ("einsum", ("...j,...j", (T, M)), np.einsum("...j,...j", T, M)),
    ("einsum", ("ii", (M[:, :3],)), np.trace(M[:, :3])), ("einsum", ("ji,k->ik", (M, V)), np.einsum("ji,k->ik", M, V)),
    ("einsum", (",ij", (2.0, C)), 2.0 * C), ("outer_operand", (M, V), M[:, :, None]), ("array", (M[:, 0], None), M[:, 0]),
    ("vstack", ((V, V),), np.vstack((V, V))), ("column_stack", ((V, V[::-1]),), np.column_stack((V, V[::-1]))),
    ("hstack", ((M, M),), np.hstack((M, M))),
], ids=lambda x: x if isinstance(x, str) else "")
def test_what_is_written(name, args, expected):
    found = written(FUNCTIONS[name], *args)
    assert np.result_type(found) == np.result_type(expected)
    assert np.shape(found) == np.shape(expected)
    np.testing.assert_allclose(found, expected, 1e-14, 1e-15)


@pytest.mark.parametrize("array, index", [
    (M, (ROWS, COLUMNS)), (M, M > 0.0), (T, (slice(None), M > 0.0)), (M, (slice(None), COLUMNS.reshape(3, 1))),
    (T, (np.array([0, 1, 1]), slice(None), COLUMNS)), (T, (1, slice(0, 3, 2), COLUMNS)), (T, (..., ROWS)), (T, (ROWS % 2, None, 1)),
    (M, (ROWS.reshape(3, 1), COLUMNS)), (V, np.array([[-1, 0], [2, -5]])), (M, (slice(None, None, -1), ROWS)),
    (T, (ROWS[:2] % 2, np.array([True, False, True]))), (M, (ROWS, None, COLUMNS)),
    (T, (slice(None), ROWS, ..., COLUMNS)), (T, (ROWS % 2, COLUMNS % 3, ...)), (M, (ROWS, ..., COLUMNS))], ids=repr)
def test_indexing_by_arrays(array, index):
    found = written(FUNCTIONS["take"], array, index)
    np.testing.assert_array_equal(found, array[index])
    for name in ("put", "add_at", "subtract_at"):
        for value in (2.0, rng.normal(size=found.shape), rng.normal(size=found.shape[-1:])):
            ours, theirs = array.copy(), array.copy()
            written(FUNCTIONS[name], ours, index, value)
            if name == "put":
                theirs[index] = value
            else:
                (np.add if name == "add_at" else np.subtract).at(theirs, index, np.broadcast_to(value, found.shape))
            np.testing.assert_allclose(ours, theirs, 1e-14)


def test_what_the_last_writes_left():
    index = slice(None), np.array([1, 1, 2]), np.array([2, 2, 0])
    np.testing.assert_array_equal(written(FUNCTIONS["last_write"], T, index), [[False, True, True]] * 2)


@pytest.mark.parametrize("name, args", [
    ("take", (M, (ROWS, COLUMNS[:2]))), ("put", (M, (ROWS, COLUMNS), V)), ("matmul", (T, np.ones((3, 4, 2)))),
    ("tensordot", (M, M, (1, 0), (0, 1))),
    ("einsum", ("ij,ik->", (M, V[:, None]))), ("reshape", (V, (4,)))], ids=lambda x: x if isinstance(x, str) else "")
def test_lengths_that_do_not_fit_are_errors(name, args):
    with pytest.raises((ValueError, IndexError)):
        written(FUNCTIONS[name], *args)


# -- in compiled gradients: each function asks for many forms ------------------------------------------


def moved_and_multiplied(t, m):
    r = (np.swapaxes(t, 1, 2) @ np.roll(m, 1, axis=0)).transpose(2, 0, 1)
    return np.sum(r * r) + np.einsum("ij,ij->", m, m)


def named_by_arrays(m):
    a = m.copy()
    a[a < 0.0] *= 0.1
    a[[0, 1], [1, 1]] = m[2, :2]
    return np.sum(a[a > 0.5] ** 2) + float(m[0, 0] > 0.0)


def stored_apart(t, m):
    a = np.sin(t)
    i, j = np.array([1, 1, 2]), np.array([2, 2, 0])         # one place twice; the ellipsis stands for no axis
    a[:, i, ..., j] = m[:, :2]
    return np.sum(a ** 2) + np.sum(t[:, i, ..., j] * m[:, 2:])


def made_of_lists(m):
    rows = [m[i] * i for i in range(3)]
    return np.sum(np.stack(rows, axis=1) ** 2) + np.sum(np.concatenate(rows)[1:] ** 2)


@pytest.mark.parametrize("f, args", [(moved_and_multiplied, (T, M)), (named_by_arrays, (M,)), (stored_apart, (T, M)), (made_of_lists, (M,))], ids=lambda x: getattr(x, "__name__", ""))
def test_compiled(f, args):
    assert check_native(f, *args) == ""


@pytest.mark.parametrize("f", [lambda a, x: float(np.array(x)) * a[0], lambda a, x: float(x > 0.5) * a[0]], ids=["array", "bool"])
def test_a_number_of_what_numba_makes_no_number(f):
    assert "_sg_number(" in symgrad.grad(f, backend="numba")._find((V, 0.7), {}).generated.text.kernel.body


def fibonacci(x, n):
    return x if n < 2 else x * fibonacci(x, n - 1) + fibonacci(x, n - 2)


def test_a_recursion_that_is_recorded_says_so():
    with pytest.warns(symgrad.NativeFallbackWarning, match="record as deep as they recurse"):
        symgrad.grad(fibonacci, backend="numba")(1.1, 4)


def test_what_numba_lacks_is_named():
    with pytest.warns(symgrad.NativeFallbackWarning, match=r"Numba has no np.gradient\(\) \(File"):
        symgrad.grad(lambda x: np.sum(np.gradient(x) ** 2), backend="numba")(V)
