"""A tridiagonal system, solved by Thomas' algorithm; how far the solution is from where it was seen."""
import numpy as np

from ..workload import Bound, Workload


def misfit(lower, diagonal, upper, right, observed):
    n = len(right)
    c = np.empty(n)
    x = np.empty(n)
    c[0] = upper[0] / diagonal[0]
    x[0] = right[0] / diagonal[0]
    for i in range(1, n):
        pivot = diagonal[i] - lower[i] * c[i - 1]
        c[i] = upper[i] / pivot
        x[i] = (right[i] - lower[i] * x[i - 1]) / pivot
    for i in range(n - 2, -1, -1):
        x[i] -= c[i] * x[i + 1]
    r = x - observed
    return np.dot(r, r)


def by_hand(lower, diagonal, upper, right, observed):
    """The transposed system has the cotangent as its right side, and is solved with the same pivots."""
    n = len(right)
    c = np.empty(n)
    x = np.empty(n)
    inverse = np.empty(n)
    inverse[0] = 1.0 / diagonal[0]
    c[0] = upper[0] * inverse[0]
    x[0] = right[0] * inverse[0]
    for i in range(1, n):
        inverse[i] = 1.0 / (diagonal[i] - lower[i] * c[i - 1])
        c[i] = upper[i] * inverse[i]
        x[i] = (right[i] - lower[i] * x[i - 1]) * inverse[i]
    for i in range(n - 2, -1, -1):
        x[i] -= c[i] * x[i + 1]
    dright = np.empty(n)
    dright[0] = 2.0 * (x[0] - observed[0])
    for i in range(1, n):
        dright[i] = 2.0 * (x[i] - observed[i]) - c[i - 1] * dright[i - 1]
    dright[n - 1] *= inverse[n - 1]
    for i in range(n - 2, -1, -1):
        dright[i] = (dright[i] - lower[i + 1] * dright[i + 1]) * inverse[i]
    dlower = np.zeros(n)
    ddiagonal = np.empty(n)
    dupper = np.zeros(n)
    for i in range(n):
        ddiagonal[i] = -dright[i] * x[i]
    for i in range(1, n):
        dlower[i] = -dright[i] * x[i - 1]
    for i in range(n - 1):
        dupper[i] = -dright[i] * x[i + 1]
    return dlower, ddiagonal, dupper, dright


def for_jax():
    import jax
    import jax.numpy as jnp

    def misfit(lower, diagonal, upper, right, observed):
        def eliminate(before, row):
            c, x = before
            lower, diagonal, upper, right = row
            pivot = diagonal - lower * c
            new = upper / pivot, (right - lower * x) / pivot
            return new, new

        def substitute(after, row):
            c, x = row
            x = x - c * after
            return x, x
        _, rows = jax.lax.scan(eliminate, (0.0, 0.0), (lower, diagonal, upper, right))
        _, x = jax.lax.scan(substitute, 0.0, rows, reverse=True)
        r = x - observed
        return jnp.dot(r, r)
    return misfit


def arguments(n):
    rng = np.random.default_rng(11)
    lower, upper, right, observed = rng.normal(size=(4, n))
    return lower, 4.0 + rng.uniform(size=n), upper, right, observed


TRIDIAGONAL = Workload(
    "tridiagonal", "tridiagonal system, n=100,000", misfit, arguments, size={"n": 100_000}, tiny={"n": 5},
    plain={"n": 500}, argnums=(0, 1, 2, 3), by_hand=by_hand, bound=Bound.IN_PLACE_LOOPS, jax=for_jax,
    torch="its in-place writes change what its own tape has kept: it refuses",
    autograd="arrays cannot be written in place", decade=("n", 10_000, 100_000))
