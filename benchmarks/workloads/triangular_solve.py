"""A triangular system, solved row by row."""
import numpy as np

from ..workload import Bound, Workload


def squared_norm(lower, right):
    n = len(right)
    x = np.zeros(n)
    for i in range(n):
        x[i] = (right[i] - np.dot(lower[i, :i], x[:i])) / lower[i, i]
    return np.dot(x, x)


def by_hand(lower, right):
    n = len(right)
    x = np.zeros(n)
    for i in range(n):
        x[i] = (right[i] - np.dot(lower[i, :i], x[:i])) / lower[i, i]
    dx = 2.0 * x
    dlower = np.zeros_like(lower)
    for i in range(n - 1, -1, -1):
        row, drow = lower[i], dlower[i]
        t = dx[i] / row[i]
        dx[i] = t
        drow[i] = -t * x[i]
        for j in range(i):
            drow[j] = -t * x[j]
        for j in range(i):
            dx[j] -= t * row[j]
    return dlower, dx


def for_jax():
    """The slice x[:i] needs no mask: what is not known yet is zero."""
    import jax
    import jax.numpy as jnp

    def squared_norm(lower, right):
        def element(i, x):
            return x.at[i].set((right[i] - jnp.dot(lower[i], x)) / lower[i, i])
        x = jax.lax.fori_loop(0, len(right), element, jnp.zeros(len(right)))
        return jnp.dot(x, x)
    return squared_norm


def arguments(n):
    rng = np.random.default_rng(15)
    return np.tril(rng.normal(size=(n, n))) / n + np.diag(rng.uniform(1.0, 2.0, n)), rng.normal(size=n)


TRIANGULAR_SOLVE = Workload(
    "triangular_solve", "triangular solve, n=2000", squared_norm, arguments, size={"n": 2000}, tiny={"n": 4},
    argnums=(0, 1), by_hand=by_hand, bound=Bound.IN_PLACE_LOOPS, jax=for_jax,
    torch="its in-place writes change what its own tape has kept: it refuses",
    autograd="arrays cannot be written in place", decade=("n", 400, 4000))
