"""Buffers that loops make in each iteration: made once where that is right."""
import numpy as np
import pytest

from symgrad import grad
from symgrad.passes import without


def powers(c, x):
    """What is recorded of an inner loop is of one iteration."""
    total = 0.0
    for i in range(len(x)):
        value, power = 0.0, 1.0
        for j in range(len(c)):
            value += c[j] * power
            power *= x[i]
        total += (value - 1.0) ** 2
    return total


def parts(c, x):
    """Lengths of slices of rows that the loop chooses."""
    m = c.reshape(2, 3)
    total = 0.0
    for i in range(len(x)):
        head, tail = m[i % 2][:2], m[i % 2][1:]
        d = np.sin(head * x[i]) - tail
        s = d / np.sqrt(np.sum(d * d) + 1.0)
        total += np.sum(s * d * d)
    return total


def parts_of_rows_by_an_index_array(c, x):
    m, which = np.outer(c, c), np.arange(5) % 3
    total = 0.0
    for i in range(len(x)):
        d = np.sin(m[which[i]][:4] * x[i])
        s = d / (np.sum(d * d) + 1.0)
        total += np.sum(s * d * d)
    return total


def kept_by_the_next_iteration(c, x):
    """What the last iteration made is read in this one."""
    before = np.zeros(len(c))
    total = 0.0
    for i in range(len(x)):
        now = np.sin(c * x[i]) * 2.0
        for j in range(len(c)):
            total += now[j] * before[j] * c[j]
        before = now
    return total + np.sum(before)


def kept_by_the_next_inner_iteration(c, x):
    total = 0.0
    for i in range(len(x)):
        d = c * x[i]
        for _ in range(3):
            d = np.sin(d[::-1]) * d
        total += np.sum(d * d)
    return total


def kept_in_a_list(c, x):
    rows = []
    for i in range(len(x)):
        row = np.sin(c * x[i]) * c
        rows.append(row)
    total = 0.0
    for row in rows:
        total += np.sum(row * row)
    return total


def longer_each_time(c, x):
    total = 0.0
    for i in range(1, len(c) + 1):
        d = np.sin(c[:i]) * x[0]
        e = d / (np.sum(d * d) + 1.0)
        total += np.sum(e * d)
    return total


def in_a_branch(c, x):
    total = 0.0
    for i in range(len(x)):
        if x[i] > 0.0:
            d = np.cos(c) * x[i]
        else:
            d = np.sin(c) + x[i]
        e = d / (np.sum(d * d) + 1.0)
        total += np.sum(e * d)
    return total


def made_anew_by_an_inner_loop(c, x):
    best = np.zeros(len(c))
    total = 0.0
    for i in range(len(x)):
        row = np.empty(len(c))
        row[:] = x[i]
        row[0] = x[i] * x[i]
        for _ in range(2):
            row = row * c + 1.0
        total += np.sum(best * row)
        best = row
    return total


def swapped_by_an_inner_loop(c, x):
    """Two buffers of different lengths: which is which after three swaps does not hold in the next iteration."""
    total = 0.0
    for i in range(len(x)):
        row, other = np.empty(len(c)), np.empty(len(c) + 1)
        row[:] = x[i]
        other[:] = x[i] * 2.0
        for j in range(3):
            row[0] = other[0] * c[j]
            other[1] = row[1] * c[j + 1]
            row, other = other, row
        total += np.sum(row * row) + np.sum(other * 3.0)
    return total


def kept_by_some_iterations(c, x):
    best = np.zeros(len(c))
    total = 0.0
    for i in range(len(x)):
        row = np.empty(len(c))
        for k in range(len(c)):
            row[k] = c[k] * x[i]
        if x[i] > 0.0:
            best = row
        else:
            row[0] = 3.0
            total += np.sum(row * best)
    return total + np.sum(best * best)


def read_while_the_next_is_filled(c, x):
    last = np.ones(len(c))
    total = 0.0
    for i in range(len(x)):
        row = last
        for _ in range(2):
            new = np.empty(len(c))
            for k in range(len(c)):
                new[k] = np.sin(row[k] * x[i]) * row[k - 1] + c[k]
            row = new
        last = row
        total += np.sum(last * last)
    return total


def made_by_a_helper(c, x):
    def step(v):
        w = np.empty(len(v))
        for k in range(len(v)):
            w[k] = v[k] * v[k - 1] + c[k]
        return w

    total = 0.0
    for i in range(len(x)):
        u = c * x[i]
        v = step(step(u))
        total += np.sum(v * step(v)) + np.sum(u)
    return total


C, X = np.linspace(0.1, 0.9, 6), np.array([0.4, -1.3, 0.8, 2.1, 0.6])
ALL = [powers, parts, parts_of_rows_by_an_index_array, kept_by_the_next_iteration, kept_by_the_next_inner_iteration, kept_in_a_list,
       longer_each_time, in_a_branch, made_anew_by_an_inner_loop, swapped_by_an_inner_loop,
       kept_by_some_iterations, read_while_the_next_is_filled, made_by_a_helper]


@pytest.mark.parametrize("f", ALL, ids=lambda f: f.__name__)
def test_numbers(f):
    """The code that is written for the compiler is run by Python, where a wrong alias shows as well."""
    from symgrad.backends.python import load
    text, plain = native_text(f), grad(f, argnums=(0, 1))
    for n in (len(X), 1):
        for a, b in zip(load(text)(C, X[:n]), plain(C, X[:n])):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


def native_text(f, parallel=False):
    from symgrad.build import build
    from symgrad.frontend.signature import describe
    specs = {"c": describe(C, "c"), "x": describe(X, "x")}
    return build(f, specs, wrt=("c", "x"), single=False, name=f.__name__ + "_grad", backend="numba",
                 parallel=parallel).text


def in_loops(text):
    return sum("np.empty" in line and line.startswith(" " * 8) for line in text.source.splitlines())


def test_where_they_are_made():
    assert in_loops(native_text(powers)) == 0 and in_loops(native_text(parts)) == 1      # of what is carried
    assert in_loops(native_text(parts_of_rows_by_an_index_array)) == 0
    with without("hoist"):
        assert in_loops(native_text(powers)) == 1 and in_loops(native_text(parts)) > 2
    assert in_loops(native_text(longer_each_time)) > 0


def test_threads_share_no_buffer():
    """Each chunk of iterations has its own."""
    lines = native_text(powers, parallel=True).source.splitlines()
    depth, = (len(line) - len(line.lstrip()) for line in lines if "power_tape" in line and "np.empty" in line)
    chunks, = (len(line) - len(line.lstrip()) for line in lines if "numba.prange" in line)
    iterations, = (len(line) - len(line.lstrip()) for line in lines if "for i in range(bounds" in line)
    assert chunks < depth == iterations


def test_a_length_below_zero_where_it_is_not_made():
    def f(c, n, trips):
        total = 0.0
        for i in range(trips):
            rest = np.empty(n - 3)
            for j in range(n - 3):
                rest[j] = c[j] * i
            for j in range(n - 3):
                total += rest[j] * rest[j]
        return total + np.sum(c)

    gradient = grad(f, backend="numba")
    np.testing.assert_array_equal(gradient(C, 2, 0), np.ones(6))
    np.testing.assert_allclose(gradient(C, 5, 2), grad(f)(C, 5, 2), rtol=1e-14)
