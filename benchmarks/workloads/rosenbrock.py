"""Rosenbrock's function, term by term."""
import numpy as np

from ..workload import SAME, Workload


def rosenbrock(x):
    total = 0.0
    for i in range(len(x) - 1):
        total += 100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2
    return total


def by_hand(x):
    """Each element's two parts in loops of their own, which vectorise."""
    dx = np.empty_like(x)
    for i in range(len(x) - 1):
        dx[i] = -400.0 * (x[i + 1] - x[i] * x[i]) * x[i] - 2.0 * (1.0 - x[i])
    dx[len(x) - 1] = 0.0
    for i in range(len(x) - 1):
        dx[i + 1] += 200.0 * (x[i + 1] - x[i] * x[i])
    return dx


def by_hand_numpy(x):
    dx = np.zeros_like(x)
    for i in range(len(x) - 1):
        xi = x[i]
        r = x[i + 1] - xi * xi
        dx[i + 1] += 200.0 * r
        dx[i] -= 400.0 * r * xi + 2.0 * (1.0 - xi)
    return dx


def for_jax():
    import jax.numpy as jnp

    def rosenbrock(x):
        return jnp.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)
    return rosenbrock


def for_torch():
    import torch

    def rosenbrock(x):
        return torch.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)
    return rosenbrock


def for_casadi():
    def rosenbrock(x):
        total = 0.0
        for i in range(x.numel() - 1):
            total += 100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2
        return total
    return rosenbrock


def arguments(n):
    return (np.linspace(0.7, 1.3, n),)


ROSENBROCK = Workload(
    "rosenbrock", "Rosenbrock, 10,000 numbers", rosenbrock, arguments, size={"n": 10_000}, tiny={"n": 5},
    plain={"n": 100}, by_hand=by_hand, by_hand_numpy=by_hand_numpy,
    jax=for_jax, torch=for_torch, autograd=SAME, casadi=for_casadi, decade=("n", 10_000, 100_000))
