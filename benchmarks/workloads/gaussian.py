"""The Gaussian log-likelihood of 100,000 points."""
import numpy as np

from ..workload import Workload


def negative_log_likelihood(mu, log_sigma, x):
    z = (x - mu) / np.exp(log_sigma)
    return 0.5 * np.sum(z * z) + x.size * (log_sigma + 0.5 * np.log(2.0 * np.pi))


def by_hand(mu, log_sigma, x):
    sigma = np.exp(log_sigma)
    z = (x - mu) / sigma
    return -np.sum(z) / sigma, x.size - np.sum(z * z)


def _with(np):
    def negative_log_likelihood(mu, log_sigma, x):
        z = (x - mu) / np.exp(log_sigma)
        return 0.5 * np.sum(z * z) + x.size * (log_sigma + 0.5 * np.log(2.0 * np.pi))
    return negative_log_likelihood


def for_autograd():
    import autograd.numpy
    return _with(autograd.numpy)


def for_jax():
    import jax.numpy
    return _with(jax.numpy)


GAUSSIAN = Workload(
    "Gaussian log-likelihood, 1e5 points", negative_log_likelihood, by_hand, for_autograd, for_jax,
    args=(0.3, 0.2, np.random.default_rng(2).normal(0.5, 1.4, 100_000)), argnums=(0, 1), bound="by hand")
