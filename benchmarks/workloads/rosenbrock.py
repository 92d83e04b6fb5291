"""Rosenbrock's function of a list of 100 floats, in plain Python."""
from ..workload import Workload


def rosenbrock(x):
    total = 0.0
    for i in range(len(x) - 1):
        total += 100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2
    return total


def by_hand(x):
    dx = [0.0] * len(x)
    for i in range(len(x) - 1):
        xi = x[i]
        r = x[i + 1] - xi * xi
        dx[i + 1] += 200.0 * r
        dx[i] -= 400.0 * r * xi + 2.0 * (1.0 - xi)
    return dx


def for_autograd():
    return rosenbrock


def for_jax():
    import jax.numpy as jnp

    def vectorised(x):
        return jnp.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)
    return vectorised


ROSENBROCK = Workload(
    "Rosenbrock, list of 100", rosenbrock, by_hand, for_autograd, for_jax,
    args=([0.7 + 0.006 * i for i in range(100)],), argnums=(0,), bound="primal")
