"""The Lennard-Jones energy of atoms in a box, and the forces on them."""
import numpy as np

from ..workload import SAME, Workload


def energy(positions, epsilon, sigma):
    total = 0.0
    n = len(positions)
    for i in range(n):
        for j in range(i + 1, n):
            squared = 0.0
            for c in range(3):
                d = positions[i, c] - positions[j, c]
                squared += d * d
            s6 = (sigma * sigma / squared) ** 3
            total += 4.0 * epsilon * (s6 * s6 - s6)
    return total


def by_hand(positions, epsilon, sigma):
    """Each pair is reversed right after it."""
    n = len(positions)
    gradient = np.zeros_like(positions)
    for i in range(n):
        x, y, z = positions[i, 0], positions[i, 1], positions[i, 2]
        gx = gy = gz = 0.0
        for j in range(i + 1, n):
            dx, dy, dz = x - positions[j, 0], y - positions[j, 1], z - positions[j, 2]
            inverse = 1.0 / (dx * dx + dy * dy + dz * dz)
            s2 = sigma * sigma * inverse
            s6 = s2 * s2 * s2
            t = -24.0 * epsilon * (2.0 * s6 * s6 - s6) * inverse
            gx += t * dx
            gy += t * dy
            gz += t * dz
            gradient[j, 0] -= t * dx
            gradient[j, 1] -= t * dy
            gradient[j, 2] -= t * dz
        gradient[i, 0] += gx
        gradient[i, 1] += gy
        gradient[i, 2] += gz
    return gradient


def for_jax():
    import jax.numpy as jnp

    def energy(positions, epsilon, sigma):
        i, j = jnp.triu_indices(len(positions), 1)
        d = positions[i] - positions[j]
        squared = jnp.sum(d * d, axis=1)
        s6 = (sigma * sigma / squared) ** 3
        return jnp.sum(4.0 * epsilon * (s6 * s6 - s6))
    return energy


def for_torch():
    import torch

    def energy(positions, epsilon, sigma):
        i, j = torch.triu_indices(len(positions), len(positions), 1)
        d = positions[i] - positions[j]
        squared = torch.sum(d * d, axis=1)
        s6 = (sigma * sigma / squared) ** 3
        return torch.sum(4.0 * epsilon * (s6 * s6 - s6))
    return energy


def arguments(side):
    grid = np.stack(np.meshgrid(*[np.arange(side)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    return 1.1 * grid + 0.05 * np.random.default_rng(22).normal(size=grid.shape), 1.3, 1.0


LENNARD_JONES = Workload(
    "lennard_jones", "Lennard-Jones, 343 atoms", energy, arguments, size={"side": 7}, tiny={"side": 2},
    plain={"side": 3}, by_hand=by_hand, jax=for_jax, torch=for_torch, autograd=SAME,
    decade=("side", 5, 11))
