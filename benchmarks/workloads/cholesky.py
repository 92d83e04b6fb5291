"""The log-determinant of a covariance matrix, by a Cholesky factorisation row by row in place."""
import math

import numpy as np

from ..workload import Bound, Workload


def log_determinant(covariance):
    a = covariance.copy()
    total = 0.0
    for i in range(len(a)):
        for j in range(i):
            a[i, j] -= np.dot(a[i, :j], a[j, :j])
            a[i, j] /= a[j, j]
        a[i, i] -= np.dot(a[i, :i], a[i, :i])
        a[i, i] = math.sqrt(a[i, i])
        total += 2.0 * math.log(a[i, i])
    return total


def by_hand(covariance):
    """Every element of the factor is final when it is read: the factor is all that is kept."""
    a = covariance.copy()
    n = len(a)
    for i in range(n):
        row = a[i]
        for j in range(i):
            other = a[j]
            s = row[j]
            for k in range(j):
                s -= row[k] * other[k]
            row[j] = s / other[j]
        s = row[i]
        for k in range(i):
            s -= row[k] * row[k]
        row[i] = math.sqrt(s)
    da = np.zeros_like(a)
    for i in range(n - 1, -1, -1):
        row, drow = a[i], da[i]
        drow[i] = 0.5 * (drow[i] + 2.0 / row[i]) / row[i]
        for k in range(i):
            drow[k] -= 2.0 * drow[i] * row[k]
        for j in range(i - 1, -1, -1):
            other, dother = a[j], da[j]
            drow[j] /= other[j]
            t = drow[j]
            dother[j] -= t * row[j]
            for k in range(j):
                drow[k] -= t * other[k]
            for k in range(j):
                dother[k] -= t * row[k]
    return da


def for_jax():
    """Slices whose length depends on the loop become masks over whole rows."""
    import jax
    import jax.numpy as jnp

    def log_determinant(covariance):
        n = len(covariance)
        columns = jnp.arange(n)

        def element(j, state):
            a, i = state
            s = a[i, j] - jnp.dot(jnp.where(columns < j, a[i], 0.0), jnp.where(columns < j, a[j], 0.0))
            return a.at[i, j].set(jnp.where(j < i, s / a[j, j], a[i, j])), i

        def row(i, state):
            a, total = state
            a, _ = jax.lax.fori_loop(0, n, element, (a, i))
            known = jnp.where(columns < i, a[i], 0.0)
            a = a.at[i, i].set(jnp.sqrt(a[i, i] - jnp.dot(known, known)))
            return a, total + 2.0 * jnp.log(a[i, i])
        return jax.lax.fori_loop(0, n, row, (covariance, 0.0))[1]
    return log_determinant


def arguments(n):
    x = np.random.default_rng(3).normal(size=(n, 2 * n))
    return (x @ x.T / n,)


CHOLESKY = Workload(
    "cholesky", "Cholesky by rows, n=150", log_determinant, arguments, size={"n": 150}, tiny={"n": 4},
    by_hand=by_hand, bound=Bound.IN_PLACE_LOOPS, jax=for_jax,
    torch="its in-place writes change what its own tape has kept: it refuses",
    autograd="arrays cannot be written in place", decade=("n", 60, 600))
