"""A product of matrices, and how far it is from a given one."""
import numpy as np

from ..workload import SAME, Workload


def misfit(a, b, observed):
    r = a @ b - observed
    return np.sum(r * r)


def by_hand(a, b, observed):
    r = np.dot(a, b)
    for i in range(r.shape[0]):
        for j in range(r.shape[1]):
            r[i, j] = 2.0 * (r[i, j] - observed[i, j])
    return np.dot(r, b.T), np.dot(a.T, r)


def by_hand_numpy(a, b, observed):
    r = a @ b
    r -= observed
    r *= 2.0
    return r @ b.T, a.T @ r


def arguments(n):
    rng = np.random.default_rng(24)
    return rng.normal(size=(n, n)), rng.normal(size=(n, n)), rng.normal(size=(n, n))


PRODUCTS = Workload(
    "products", "matrix product 500^3", misfit, arguments, size={"n": 500}, tiny={"n": 3}, argnums=(0, 1),
    by_hand=by_hand, by_hand_numpy=by_hand_numpy, jax=SAME, torch=SAME, autograd=SAME,
    decade=("n", 100, 1000))
