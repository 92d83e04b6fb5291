"""The cost of a clustering: each point's squared distance from the nearest centroid."""
import math

import numpy as np

from ..workload import SAME, Workload


def cost(centroids, points):
    total = 0.0
    for p in range(len(points)):
        nearest = math.inf
        for c in range(len(centroids)):
            distance = 0.0
            for i in range(points.shape[1]):
                difference = points[p, i] - centroids[c, i]
                distance += difference * difference
            nearest = min(nearest, distance)
        total += nearest
    return total


def by_hand(centroids, points):
    """Which centroid is the nearest is kept, and no distance."""
    gradient = np.zeros_like(centroids)
    k, d = centroids.shape
    for p in range(len(points)):
        point = points[p]
        nearest, chosen = math.inf, 0
        for c in range(k):
            centroid = centroids[c]
            distance = 0.0
            for i in range(d):
                difference = point[i] - centroid[i]
                distance += difference * difference
            if distance < nearest:
                nearest, chosen = distance, c
        for i in range(d):
            gradient[chosen, i] -= 2.0 * (point[i] - centroids[chosen, i])
    return gradient


def for_jax():
    """By one product of matrices: five times faster than the differences of all pairs."""
    import jax.numpy as jnp

    def cost(centroids, points):
        distances = jnp.sum(centroids ** 2, axis=1) - 2.0 * points @ centroids.T
        return jnp.sum(jnp.min(distances, axis=1)) + jnp.sum(points ** 2)
    return cost


def for_torch():
    import torch

    def cost(centroids, points):
        distances = torch.sum(centroids ** 2, axis=1) - 2.0 * points @ centroids.T
        return torch.sum(torch.amin(distances, 1)) + torch.sum(points ** 2)
    return cost


def arguments(n, k, d):
    rng = np.random.default_rng(8)
    return rng.normal(size=(k, d)), rng.normal(size=(n, d))


K_MEANS = Workload(
    "k_means", "k-means, 10^4 points, 100 centroids, d=8", cost, arguments, size={"n": 10_000, "k": 100, "d": 8},
    tiny={"n": 6, "k": 3, "d": 2}, plain={"n": 50, "k": 10, "d": 4}, by_hand=by_hand,
    jax=for_jax, torch=for_torch, autograd=SAME, cpp_ms=3.1, decade=("n", 1000, 10_000))
