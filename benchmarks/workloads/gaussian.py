"""The Gaussian log-likelihood of 100,000 points."""
import numpy as np

from ..workload import SAME, Workload


def negative_log_likelihood(mu, log_sigma, x):
    z = (x - mu) / np.exp(log_sigma)
    return 0.5 * np.sum(z * z) + len(x) * (log_sigma + 0.5 * np.log(2.0 * np.pi))


def by_hand(mu, log_sigma, x):
    scale = np.exp(-log_sigma)
    total = squares = 0.0
    for i in range(len(x)):
        z = (x[i] - mu) * scale
        total += z
        squares += z * z
    return -total * scale, len(x) - squares


def by_hand_numpy(mu, log_sigma, x):
    sigma = np.exp(log_sigma)
    z = (x - mu) / sigma
    return -np.sum(z) / sigma, len(x) - np.sum(z * z)


def for_torch():
    import torch

    def negative_log_likelihood(mu, log_sigma, x):
        z = (x - mu) / torch.exp(log_sigma)
        return 0.5 * torch.sum(z * z) + len(x) * (log_sigma + 0.5 * np.log(2.0 * np.pi))
    return negative_log_likelihood


def arguments(n):
    return 0.3, 0.2, np.random.default_rng(2).normal(0.5, 1.4, n)


GAUSSIAN = Workload(
    "gaussian", "Gaussian log-likelihood, 1e5 points", negative_log_likelihood, arguments, size={"n": 100_000},
    tiny={"n": 4}, argnums=(0, 1), by_hand=by_hand, by_hand_numpy=by_hand_numpy,
    jax=SAME, torch=for_torch, autograd=SAME, decade=("n", 10_000, 100_000))
