"""parallel=True: independent iterations at the same time, with results that no number of threads changes."""
import ast
import math
import threading
import types

import numpy as np
import pytest

import symgrad
from symgrad import grad, jvp, value_and_grad, vjp
from symgrad.codegen.control_flow import passed_on
from symgrad.errors import ArgumentError
from tests.helpers import assert_native_agrees, flatten, float_leaves

pytest.importorskip("numba")

RNG = np.random.default_rng(3)
N = 3000


def waves(x, w):
    total = 0.0
    for i in range(len(x)):
        total += math.sin(w * x[i]) * x[i]
    return total


def kernel_density(x, nearest, y):
    total = 0.0
    for i in range(len(nearest)):
        d = x[nearest[i]] - y[i]
        total += math.exp(-d * d)
    return total


def rows(a, b):
    c = np.empty(a.shape[0])
    for i in range(a.shape[0]):
        s = 0.0
        for j in range(a.shape[1]):
            if a[i, j] > 0.0:
                s += a[i, j] * math.tanh(b[j])
        c[i] = s
    return np.sum(c * c)


def up_to_a_peak(a):
    total = 0.0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            if a[i, j] > 2.0:
                break
            total += math.sin(a[i, j])
    return total


def steps(x, w, n):
    x = x.copy()
    for _ in range(n):
        total = 0.0
        for i in range(len(x)):
            total += math.cos(x[i])
            x[i] = x[i] + w[i % 3] * math.sin(x[i])
        w = w + 1e-6 * total
    return np.max(x) + w[0]


def backwards(x):
    y = np.zeros(len(x))
    for i in range(len(x) - 1, 0, -2):
        y[i] = math.exp(math.sin(x[i]) * x[i - 1])
    return np.sum(y)


def from_the_end(x):
    total = 0.0
    for i in range(-len(x), 0):
        total += math.exp(x[i]) * math.cos(x[i])
    return total


def filtered(x):
    y = x.copy()
    for i in range(1, len(x)):
        y[i] = y[i] + 0.5 * math.sin(y[i - 1])
    return y[-1]


def until(x):
    total = 0.0
    for i in range(len(x)):
        total += math.sin(x[i])
        if total > 5.0:
            break
    return total


X, NEAREST = RNG.uniform(0.5, 1.5, N), RNG.integers(0, 40, N)
A, B = RNG.normal(size=(500, 40)), RNG.normal(size=40)
SHARED = [(waves, (X, 1.3), (0, 1)), (kernel_density, (B, NEAREST, X), (0, 2)),
          (rows, (A, B), (0, 1)), (up_to_a_peak, (A,), 0),
          (steps, (X, np.array([0.1, 0.2, 0.3]), 2), (0, 1)), (backwards, (X,), 0),
          (from_the_end, (X,), 0)]
IN_ORDER = [(filtered, (X,), 0), (until, (X,), 0)]
KEY = {"ids": lambda x: getattr(x, "__name__", "")}


def source(f, args, argnums):
    return value_and_grad(f, argnums=argnums, backend="numba", parallel=True).source_for(*args)


def run(f, args, argnums, order):
    """What the generated source computes in plain Python, its chunks in some order; and how many there were at most."""
    chunks = [0]

    def prange(n):
        chunks.append(n)
        return order(range(n))
    namespace = {}
    exec(source(f, args, argnums).replace("import numba\n", ""), namespace)
    namespace["numba"] = types.SimpleNamespace(prange=prange)
    return namespace[f.__name__ + "_value_and_grad"](*args), max(chunks)


@pytest.mark.parametrize("f, args, argnums", [*SHARED, *IN_ORDER], **KEY)
def test_chunks_in_any_order(f, args, argnums):
    found, chunks = run(f, args, argnums, list)
    assert_native_agrees(found, value_and_grad(f, argnums=argnums, backend="python")(*args), f.__name__)
    again, _ = run(f, args, argnums, reversed)
    np.testing.assert_array_equal(flatten(float_leaves(found)), flatten(float_leaves(again)))
    assert chunks > 1 or (f, args, argnums) in IN_ORDER


def test_single_precision():
    args = X.astype(np.float32), np.float32(1.3)
    found, chunks = run(waves, args, (0, 1), reversed)
    assert chunks > 1
    assert_native_agrees(found[1], grad(waves, argnums=(0, 1))(*args), "waves")


@pytest.mark.parametrize("n", [0, 1, 2])
def test_few_iterations(n):
    for f, args, argnums in ((waves, (X[:n], 1.3), (0, 1)), (kernel_density, (B, NEAREST[:n], X), (0, 2))):
        found, _ = run(f, args, argnums, reversed)
        assert_native_agrees(found, value_and_grad(f, argnums=argnums, backend="python")(*args), f.__name__)


def test_what_each_iteration_has_for_itself_is_not_summed():
    text = source(waves, (X, 1.3), (0, 1))
    assert "dx[i] += " in text
    assert "dx_parts" not in text
    assert "dw_parts[chunk] = dw" in text
    text = source(kernel_density, (B, NEAREST, X), (0, 2))
    assert "dy[i] " in text
    assert "dx_parts[chunk] = dx" in text


@pytest.mark.parametrize("f, args, argnums, why", [
    (filtered, (X,), 0, "no: line {}, for i in range(1, len(x)): its iterations may touch the same elements of 'y'"),
    (until, (X,), 0, "no: line {}, for i in range(len(x)): it may end early"),
    (steps, (X, np.ones(3), 2), 0, "no: line {}, for _ in range(n): its iterations may touch the same elements of 'w'"),
], **KEY)
def test_the_report_says_why_not(f, args, argnums, why, monkeypatch):
    from symgrad.backends.numba import Native
    monkeypatch.setattr(Native, "prepare", lambda *_: None)
    report = grad(f, argnums=argnums, backend="numba", parallel=True).explain(*args)
    lines = f.__code__.co_firstlineno
    assert any(line in why.format(n) for line in report.parallel for n in range(lines, lines + 9)), report


def test_compiled():
    import numba
    threads = numba.get_num_threads()
    g = value_and_grad(kernel_density, argnums=(0, 2), backend="numba", parallel=True)
    args = B, NEAREST, X
    found = g(*args)
    assert g.explain().parallel[0].startswith("yes: line ")
    assert_native_agrees(found, value_and_grad(kernel_density, argnums=(0, 2), backend="python")(*args), "kernel_density")
    results = []

    def call():
        results.append(flatten(float_leaves(g(*args))))
    try:
        for n in range(1, threads + 1):
            numba.set_num_threads(n)
            call()
    finally:
        numba.set_num_threads(threads)
    several = [threading.Thread(target=call) for _ in range(3)]
    for t in several:
        t.start()
    for t in several:
        t.join()
    assert len(results) == threads + 3
    for r in results:
        np.testing.assert_array_equal(r, flatten(float_leaves(found)))


def test_loops_in_loops_are_there_in_both_forms():
    from symgrad.backends.numba import parts_of
    g = value_and_grad(steps, argnums=(0, 1), backend="numba", parallel=True)
    made = g._compiled.of_values(g._compiled.parameters.bind((X, np.ones(3), 2), {}))
    kernel = parts_of(made.generated.text).source
    assert kernel.count("if chunks > 1:") == kernel.count("    else:") == 2
    assert "[_sg_uint64(j)] = " in kernel


@pytest.mark.parametrize("body, names", [
    ("t += x[i]", {"t"}), ("t = x[i]\nt += 1.0", set()), ("y = t\nt = x[i]", {"t"}), ("y = x[i] + k", set()), ("x[i] += 1.0", set()),
    ("if k:\n  t = 1.0\ny = t", {"t"}), ("if k:\n  t = 1.0\nelse:\n  t = 2.0\ny = t", set()),
    ("for j in r:\n  t = x[j]\ny = t", {"t"}), ("for j in r:\n  t += j", {"t"}), ("for j in r:\n  y = j", set()),
    ("while t < 1.0:\n  t = x[i]", {"t"})], ids=lambda x: x if isinstance(x, str) else "")
def test_names_that_one_iteration_passes_to_the_next(body, names):
    assert passed_on(ast.parse(body).body) == names


def test_the_option():
    with symgrad.configure(backend="numba", parallel=True):
        g = grad(waves)
        assert g.options.parallel
        assert "parallel=True" in repr(g)
        assert not grad(waves, parallel=False).options.parallel
        assert not grad(waves, backend="python").options.parallel
    assert not grad(waves, backend="numba").options.parallel
    for f in (grad, value_and_grad, jvp):
        with pytest.raises(ArgumentError, match='parallel=True is for compiled code.*\n.*backend="numba"'):
            f(waves, backend="python", parallel=True)
    assert jvp(waves, backend="numba", parallel=True).derivative.options.parallel
    with pytest.raises(ArgumentError, match="parallel=True is for compiled code"):
        vjp(waves, X, 1.3, parallel=True)
    with pytest.raises(ArgumentError, match="parallel is True or False, not 4"):
        symgrad.configure(parallel=4)


def test_forward_mode():
    source = jvp(waves, backend="numba", parallel=True).source_for(X, 1.3)
    assert "for chunk in numba.prange(chunks):" in source
