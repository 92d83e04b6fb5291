"""Heat flow by the alternating-direction implicit method: tridiagonal sweeps along columns, then along rows."""
import numpy as np

from ..workload import Bound, Workload


def misfit(u0, observed, steps):
    u = u0.copy()
    n = len(u)
    v = np.zeros_like(u)
    p = np.zeros_like(u)
    q = np.zeros_like(u)
    mu1, mu2 = 2.0 * n * n / steps, 1.0 * n * n / steps
    a, b = -0.5 * mu1, 1.0 + mu1
    d, e = -0.5 * mu2, 1.0 + mu2
    for _ in range(steps):
        v[0, 1:-1] = 1.0                                # columns
        p[1:-1, 0] = 0.0
        q[1:-1, 0] = v[0, 1:-1]
        for j in range(1, n - 1):
            p[1:-1, j] = -a / (a * p[1:-1, j - 1] + b)
            q[1:-1, j] = (-d * u[j, :-2] + (1.0 + 2.0 * d) * u[j, 1:-1] - d * u[j, 2:]
                          - a * q[1:-1, j - 1]) / (a * p[1:-1, j - 1] + b)
        v[n - 1, 1:-1] = 1.0
        for j in range(n - 2, 0, -1):
            v[j, 1:-1] = p[1:-1, j] * v[j + 1, 1:-1] + q[1:-1, j]
        u[1:-1, 0] = 1.0                                # rows
        p[1:-1, 0] = 0.0
        q[1:-1, 0] = u[1:-1, 0]
        for j in range(1, n - 1):
            p[1:-1, j] = -d / (d * p[1:-1, j - 1] + e)
            q[1:-1, j] = (-a * v[:-2, j] + (1.0 + 2.0 * a) * v[1:-1, j] - a * v[2:, j]
                          - d * q[1:-1, j - 1]) / (d * p[1:-1, j - 1] + e)
        u[1:-1, n - 1] = 1.0
        for j in range(n - 2, 0, -1):
            u[1:-1, j] = p[1:-1, j] * u[1:-1, j + 1] + q[1:-1, j]
    r = u - observed
    return np.sum(r * r)


def for_jax():
    import jax
    import jax.numpy as jnp

    def misfit(u0, observed, steps):
        n = len(u0)
        mu1, mu2 = 2.0 * n * n / steps, 1.0 * n * n / steps
        a, b = -0.5 * mu1, 1.0 + mu1
        d, e = -0.5 * mu2, 1.0 + mu2
        ones, zeros = jnp.ones(n - 2), jnp.zeros(n - 2)

        def solve(a, b, right):
            """Along the first axis of right; both ends are one."""
            def eliminate(before, right):
                p, q = before
                new = -a / (a * p + b), (right - a * q) / (a * p + b)
                return new, new

            def substitute(after, row):
                p, q = row
                x = p * after + q
                return x, x
            _, rows = jax.lax.scan(eliminate, (zeros, ones), right)
            return jax.lax.scan(substitute, ones, rows, reverse=True)[1]

        def step(u, _):
            right = -d * u[1:-1, :-2] + (1.0 + 2.0 * d) * u[1:-1, 1:-1] - d * u[1:-1, 2:]
            v = jnp.zeros_like(u).at[1:-1, 1:-1].set(solve(a, b, right))
            v = v.at[0, 1:-1].set(1.0).at[n - 1, 1:-1].set(1.0)
            right = -a * v[:-2, 1:-1] + (1.0 + 2.0 * a) * v[1:-1, 1:-1] - a * v[2:, 1:-1]
            u = u.at[1:-1, 1:-1].set(solve(d, e, right.T).T)
            return u.at[1:-1, 0].set(1.0).at[1:-1, n - 1].set(1.0), None
        r = jax.lax.scan(step, u0, None, length=steps)[0] - observed
        return jnp.sum(r * r)
    return misfit


def arguments(n, steps):
    rng = np.random.default_rng(13)
    return rng.uniform(size=(n, n)), rng.uniform(size=(n, n)), steps


ADI = Workload(
    "adi", "ADI, n=200, 5 steps", misfit, arguments, size={"n": 200, "steps": 5}, tiny={"n": 5, "steps": 2},
    bound=Bound.WHOLE_ARRAYS, jax=for_jax,
    torch="its in-place writes change what its own tape has kept: it refuses",
    autograd="arrays cannot be written in place", decade=("steps", 2, 20))
