"""The logarithm of a sum of exponentials, shifted by the largest as everybody does."""
import math

import numpy as np

from ..workload import SAME, Workload


def log_sum_exp(x):
    largest = np.max(x)
    return largest + np.log(np.sum(np.exp(x - largest)))


def by_hand(x):
    """The shift carries no adjoint; the exponentials are kept, in what becomes the result."""
    dx = np.empty_like(x)
    largest = -np.inf
    for i in range(x.size):
        largest = max(largest, x[i])
    total = 0.0
    for i in range(x.size):
        e = math.exp(x[i] - largest)
        dx[i] = e
        total += e
    scale = 1.0 / total
    for i in range(x.size):
        dx[i] *= scale
    return dx


def by_hand_numpy(x):
    e = np.exp(x - np.max(x))
    e *= 1.0 / np.sum(e)
    return e


def arguments(n):
    return (np.random.default_rng(0).normal(0.0, 3.0, n),)


LOG_SUM_EXP = Workload(
    "log_sum_exp", "log-sum-exp of 1.28e6", log_sum_exp, arguments, size={"n": 1_280_000}, tiny={"n": 7},
    by_hand=by_hand, by_hand_numpy=by_hand_numpy, jax=SAME, torch=SAME, autograd=SAME,
    cpp_ms=8.9, decade=("n", 128_000, 1_280_000))
