"""The log-determinant of a matrix, by an LU factorisation row by row in place."""
import math

import numpy as np

from ..workload import Bound, Workload


def log_determinant(matrix):
    a = matrix.copy()
    total = 0.0
    for i in range(len(a)):
        for j in range(i):
            a[i, j] -= np.dot(a[i, :j], a[:j, j])
            a[i, j] /= a[j, j]
        for j in range(i, len(a)):
            a[i, j] -= np.dot(a[i, :i], a[:i, j])
        total += math.log(abs(a[i, i]))
    return total


def by_hand(matrix):
    """Every element of the factors is final when it is read. Rows are updated by rows: no column is walked."""
    a = matrix.copy()
    n = len(a)
    for i in range(n):
        row = a[i]
        for k in range(i):
            other = a[k]
            row[k] /= other[k]
            t = row[k]
            for j in range(k + 1, n):
                row[j] -= t * other[j]
    da = np.zeros_like(a)
    for i in range(n - 1, -1, -1):
        row, drow = a[i], da[i]
        drow[i] += 1.0 / row[i]
        for k in range(i - 1, -1, -1):
            other, dother = a[k], da[k]
            t = row[k]
            dt = drow[k]
            for j in range(k + 1, n):
                dt -= drow[j] * other[j]
            for j in range(k + 1, n):
                dother[j] -= t * drow[j]
            drow[k] = dt / other[k]
            dother[k] -= drow[k] * t
    return da


def for_jax():
    """Slices whose length depends on the loop become masks over whole rows and columns."""
    import jax
    import jax.numpy as jnp

    def log_determinant(matrix):
        n = len(matrix)
        index = jnp.arange(n)

        def element(j, state):
            a, i = state
            known = index < jnp.minimum(i, j)
            s = a[i, j] - jnp.dot(jnp.where(known, a[i], 0.0), jnp.where(known, a[:, j], 0.0))
            return a.at[i, j].set(jnp.where(j < i, s / a[j, j], s)), i

        def row(i, state):
            a, total = state
            a, _ = jax.lax.fori_loop(0, n, element, (a, i))
            return a, total + jnp.log(jnp.abs(a[i, i]))
        return jax.lax.fori_loop(0, n, row, (matrix, 0.0))[1]
    return log_determinant


def arguments(n):
    return (np.random.default_rng(14).normal(size=(n, n)) / math.sqrt(n) + 2.0 * np.eye(n),)


LU = Workload(
    "lu", "LU by rows, n=120", log_determinant, arguments, size={"n": 120}, tiny={"n": 4},
    by_hand=by_hand, bound=Bound.IN_PLACE_LOOPS, jax=for_jax,
    torch="its in-place writes change what its own tape has kept: it refuses",
    autograd="arrays cannot be written in place", decade=("n", 60, 600))
