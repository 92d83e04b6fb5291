"""A polynomial's least squares misfit, point by point."""
import numpy as np

from ..workload import SAME, Workload


def misfit(coefficients, x, y):
    total = 0.0
    for i in range(len(x)):
        value = 0.0
        power = 1.0
        for j in range(len(coefficients)):
            value += coefficients[j] * power
            power *= x[i]
        total += (value - y[i]) ** 2
    return total


def by_hand(coefficients, x, y):
    """A point is reversed right after it; its powers are kept."""
    n = len(coefficients)
    gradient = np.zeros(n)
    powers = np.empty(n)
    for i in range(len(x)):
        value = 0.0
        power = 1.0
        for j in range(n):
            powers[j] = power
            value += coefficients[j] * power
            power *= x[i]
        t = 2.0 * (value - y[i])
        for j in range(n):
            gradient[j] += t * powers[j]
    return gradient


def for_jax():
    import jax.numpy as jnp

    def misfit(coefficients, x, y):
        powers = jnp.vander(x, len(coefficients), increasing=True)
        return jnp.sum((powers @ coefficients - y) ** 2)
    return misfit


def for_torch():
    import torch

    def misfit(coefficients, x, y):
        powers = torch.vander(x, len(coefficients), increasing=True)
        return torch.sum((powers @ coefficients - y) ** 2)
    return misfit


def arguments(points, degree):
    rng = np.random.default_rng(6)
    x = np.linspace(-1.0, 1.0, points)
    return rng.normal(size=degree + 1) / np.arange(1, degree + 2), x, np.sin(5.0 * x) + 0.1 * rng.normal(size=points)


LEAST_SQUARES = Workload(
    "least_squares", "least squares, 16392 points, degree 127", misfit, arguments,
    size={"points": 16392, "degree": 127}, tiny={"points": 5, "degree": 3}, plain={"points": 500, "degree": 20},
    by_hand=by_hand, jax=for_jax, torch=for_torch, autograd=SAME, cpp_ms=4.0, decade=("points", 1600, 16_000))
