"""Reprojection errors of a bundle adjustment: cameras with radial distortion that look at points (as in ADBench)."""
import math

import numpy as np

from ..workload import SAME, Workload


def rotated(point, rotation):
    """Rodrigues' formula."""
    squared = np.dot(rotation, rotation)
    if squared == 0.0:
        return point + np.cross(rotation, point)
    angle = math.sqrt(squared)
    axis = rotation / angle
    cosine = math.cos(angle)
    return (point * cosine + np.cross(axis, point) * math.sin(angle)
            + axis * np.dot(axis, point) * (1.0 - cosine))


def projected(camera, point):
    """Where a camera sees a point. A camera: rotation, centre, focal length, principal point, radial distortion."""
    seen = rotated(point - camera[3:6], camera[0:3])
    flat = seen[:2] / seen[2]
    r = np.dot(flat, flat)
    distortion = 1.0 + camera[9] * r + camera[10] * r * r
    return flat * distortion * camera[6] + camera[7:9]


def cost(cameras, points, weights, observed, features):
    """observed: which camera saw which point; features: where."""
    total = 0.0
    for k in range(len(observed)):
        error = weights[k] * (projected(cameras[observed[k, 0]], points[observed[k, 1]]) - features[k])
        total += np.dot(error, error) + (1.0 - weights[k] ** 2) ** 2
    return total


def _for_arrays(np, norm):
    """All observations at once."""
    def rotated(point, rotation):
        angle = norm(rotation)
        axis = rotation / angle
        cosine = np.cos(angle)
        along = np.sum(axis * point, 1)[:, None]
        return point * cosine + np.cross(axis, point) * np.sin(angle) + axis * along * (1.0 - cosine)

    def projected(camera, point):
        seen = rotated(point - camera[:, 3:6], camera[:, 0:3])
        flat = seen[:, :2] / seen[:, 2:]
        r = np.sum(flat * flat, 1)[:, None]
        distortion = 1.0 + camera[:, 9:10] * r + camera[:, 10:11] * r * r
        return flat * distortion * camera[:, 6:7] + camera[:, 7:9]

    def cost(cameras, points, weights, observed, features):
        error = weights[:, None] * (projected(cameras[observed[:, 0]], points[observed[:, 1]]) - features)
        return np.sum(error * error) + np.sum((1.0 - weights ** 2) ** 2)
    return cost


def for_jax():
    import jax.numpy as jnp
    return _for_arrays(jnp, lambda r: jnp.linalg.norm(r, axis=1)[:, None])


def for_torch():
    import torch
    return _for_arrays(torch, lambda r: torch.linalg.norm(r, axis=1)[:, None])


def arguments(cameras, points, observations):
    rng = np.random.default_rng(9)
    given = np.zeros((cameras, 11))
    given[:, :3] = 0.2 * rng.normal(size=(cameras, 3))
    given[:, 3:6] = rng.normal(size=(cameras, 3)) - [0.0, 0.0, 10.0]
    given[:, 6] = rng.uniform(0.8, 1.2, cameras)
    given[:, 7:] = 0.05 * rng.normal(size=(cameras, 4))
    observed = np.stack([rng.integers(0, cameras, observations), rng.integers(0, points, observations)], axis=1)
    return (given, rng.normal(size=(points, 3)), rng.normal(1.0, 0.1, observations), observed,
            0.1 * rng.normal(size=(observations, 2)))


BUNDLE_ADJUSTMENT = Workload(
    "bundle_adjustment", "bundle adjustment, 31843 observations", cost, arguments,
    size={"cameras": 49, "points": 7776, "observations": 31_843}, tiny={"cameras": 2, "points": 3, "observations": 5},
    plain={"cameras": 5, "points": 20, "observations": 100}, argnums=(0, 1, 2),
    jax=for_jax, torch=for_torch, autograd=SAME, decade=("observations", 3000, 30_000))
