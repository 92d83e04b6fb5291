"""Dynamic time warping: the least cost of stretching one series onto another."""
import math

import numpy as np

from ..workload import Bound, Workload


def cost(x, y):
    n, m = len(x), len(y)
    least = np.full((n + 1, m + 1), math.inf)
    least[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            step = (x[i - 1] - y[j - 1]) ** 2
            least[i, j] = step + min(least[i - 1, j], least[i, j - 1], least[i - 1, j - 1])
    return least[n, m]


def by_hand(x, y):
    """Only the cheapest path has an adjoint: it is walked back."""
    n, m = len(x), len(y)
    least = np.full((n + 1, m + 1), math.inf)
    least[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            step = (x[i - 1] - y[j - 1]) ** 2
            least[i, j] = step + min(least[i - 1, j], least[i, j - 1], least[i - 1, j - 1])
    dx = np.zeros(n)
    dy = np.zeros(m)
    i, j = n, m
    while i > 0 and j > 0:
        t = 2.0 * (x[i - 1] - y[j - 1])
        dx[i - 1] += t
        dy[j - 1] -= t
        above, left, diagonal = least[i - 1, j], least[i, j - 1], least[i - 1, j - 1]
        if above <= left and above <= diagonal:
            i -= 1
        elif left <= diagonal:
            j -= 1
        else:
            i -= 1
            j -= 1
    return dx, dy


def for_jax():
    import jax
    import jax.numpy as jnp

    def cost(x, y):
        def row(above, x_i):
            def element(left, given):
                y_j, above, diagonal = given
                new = (x_i - y_j) ** 2 + jnp.minimum(jnp.minimum(above, left), diagonal)
                return new, new
            _, new = jax.lax.scan(element, jnp.inf, (y, above[1:], above[:-1]))
            return jnp.append(jnp.inf, new), None
        first = jnp.full(len(y) + 1, jnp.inf).at[0].set(0.0)
        return jax.lax.scan(row, first, x)[0][-1]
    return cost


def arguments(n, m):
    rng = np.random.default_rng(21)
    return np.cumsum(rng.normal(size=n)), np.cumsum(rng.normal(size=m))


TIME_WARPING = Workload(
    "time_warping", "dynamic time warping, 400 x 400", cost, arguments, size={"n": 400, "m": 400},
    tiny={"n": 5, "m": 4}, plain={"n": 40, "m": 40}, argnums=(0, 1), by_hand=by_hand, bound=Bound.IN_PLACE_LOOPS,
    jax=for_jax, torch="each of its 160,000 writes of one element copies the gradient of the whole table",
    autograd="arrays cannot be written in place", decade=("n", 200, 2000))
