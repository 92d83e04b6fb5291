"""Gauss-Seidel sweeps of a nine-point mean: each new value is used at once."""
import numpy as np

from ..workload import Bound, Workload


def misfit(u0, observed, sweeps):
    u = u0.copy()
    n = len(u)
    for _ in range(sweeps):
        for i in range(1, n - 1):
            u[i, 1:-1] += (u[i - 1, :-2] + u[i - 1, 1:-1] + u[i - 1, 2:] + u[i, 2:]
                           + u[i + 1, :-2] + u[i + 1, 1:-1] + u[i + 1, 2:])
            for j in range(1, n - 1):
                u[i, j] += u[i, j - 1]
                u[i, j] /= 9.0
    r = u - observed
    return np.sum(r * r)


def by_hand(u0, observed, sweeps):
    """The sweeps are linear: nothing is kept."""
    u = u0.copy()
    n = len(u)
    for _ in range(sweeps):
        for i in range(1, n - 1):
            above, row, below = u[i - 1], u[i], u[i + 1]
            for j in range(1, n - 1):
                row[j] += above[j - 1] + above[j] + above[j + 1] + row[j + 1] + below[j - 1] + below[j] + below[j + 1]
            for j in range(1, n - 1):
                row[j] = (row[j] + row[j - 1]) / 9.0
    du = 2.0 * (u - observed)
    for _ in range(sweeps):
        for i in range(n - 2, 0, -1):
            dabove, drow, dbelow = du[i - 1], du[i], du[i + 1]
            for j in range(n - 2, 0, -1):
                drow[j] /= 9.0
                drow[j - 1] += drow[j]
            for j in range(1, n - 1):
                dabove[j - 1] += drow[j]
                dbelow[j - 1] += drow[j]
            for j in range(1, n - 1):
                dabove[j] += drow[j]
                dbelow[j] += drow[j]
            for j in range(1, n - 1):
                dabove[j + 1] += drow[j]
                dbelow[j + 1] += drow[j]
            for j in range(n - 1, 1, -1):               # row[j] was read before it was written
                drow[j] += drow[j - 1]
    return du


def for_jax():
    import jax
    import jax.numpy as jnp

    def misfit(u0, observed, sweeps):
        n = len(u0)

        def element(left, given):
            new = (given + left) / 9.0
            return new, new

        def row(i, u):
            given = u[i, 1:-1] + (u[i - 1, :-2] + u[i - 1, 1:-1] + u[i - 1, 2:] + u[i, 2:]
                                  + u[i + 1, :-2] + u[i + 1, 1:-1] + u[i + 1, 2:])
            return u.at[i, 1:-1].set(jax.lax.scan(element, u[i, 0], given)[1])

        def sweep(u, _):
            return jax.lax.fori_loop(1, n - 1, row, u), None
        r = jax.lax.scan(sweep, u0, None, length=sweeps)[0] - observed
        return jnp.sum(r * r)
    return misfit


def arguments(n, sweeps):
    rng = np.random.default_rng(2)
    return rng.normal(size=(n, n)), rng.normal(size=(n, n)), sweeps


GAUSS_SEIDEL = Workload(
    "gauss_seidel", "Gauss-Seidel 200x200, 4 sweeps", misfit, arguments, size={"n": 200, "sweeps": 4},
    tiny={"n": 5, "sweeps": 2}, by_hand=by_hand, bound=Bound.IN_PLACE_LOOPS, jax=for_jax,
    torch="each of its 158,000 writes of one element copies the gradient of the whole array",
    autograd="arrays cannot be written in place", decade=("sweeps", 4, 40))
