"""Modified Gram-Schmidt orthogonalisation, column by column; how far its factors are from given ones."""
import math

import numpy as np

from ..workload import Bound, Workload


def misfit(matrix, q_observed, r_observed):
    a = matrix.copy()
    columns = a.shape[1]
    q = np.zeros_like(a)
    r = np.zeros((columns, columns))
    for k in range(columns):
        r[k, k] = math.sqrt(np.dot(a[:, k], a[:, k]))
        q[:, k] = a[:, k] / r[k, k]
        for j in range(k + 1, columns):
            r[k, j] = np.dot(q[:, k], a[:, j])
            a[:, j] -= q[:, k] * r[k, j]
    return np.sum((q - q_observed) ** 2) + np.sum((r - r_observed) ** 2)


def for_autograd():
    import autograd.numpy as np

    def misfit(matrix, q_observed, r_observed):
        a = [matrix[:, k] for k in range(matrix.shape[1])]
        columns = len(a)
        q, r = [], []
        for k in range(columns):
            norm = np.sqrt(np.dot(a[k], a[k]))
            q.append(a[k] / norm)
            row = [0.0] * k + [norm]
            for j in range(k + 1, columns):
                row.append(np.dot(q[k], a[j]))
                a[j] = a[j] - q[k] * row[j]
            r.append(np.array(row))
        return np.sum((np.stack(q, axis=1) - q_observed) ** 2) + np.sum((np.stack(r) - r_observed) ** 2)
    return misfit


def for_jax():
    """The loop over the columns to the right becomes one product and a mask."""
    import jax
    import jax.numpy as jnp

    def misfit(matrix, q_observed, r_observed):
        right = jnp.arange(matrix.shape[1])

        def column(a, k):
            norm = jnp.sqrt(jnp.dot(a[:, k], a[:, k]))
            q = a[:, k] / norm
            row = jnp.where(right > k, q @ a, 0.0)
            return a - q[:, None] * row, (q, row + jnp.where(right == k, norm, 0.0))
        _, (q, r) = jax.lax.scan(column, matrix, right)
        return jnp.sum((q.T - q_observed) ** 2) + jnp.sum((r - r_observed) ** 2)
    return misfit


def for_torch():
    import torch

    def misfit(matrix, q_observed, r_observed):
        a = [matrix[:, k] for k in range(matrix.shape[1])]
        columns = len(a)
        q, r = [], []
        for k in range(columns):
            norm = torch.sqrt(torch.dot(a[k], a[k]))
            q.append(a[k] / norm)
            row = [torch.tensor(0.0)] * k + [norm]
            for j in range(k + 1, columns):
                row.append(torch.dot(q[k], a[j]))
                a[j] = a[j] - q[k] * row[j]
            r.append(torch.stack(row))
        return torch.sum((torch.stack(q, axis=1) - q_observed) ** 2) + torch.sum((torch.stack(r) - r_observed) ** 2)
    return misfit


def arguments(rows, columns):
    rng = np.random.default_rng(16)
    return rng.normal(size=(rows, columns)), rng.normal(size=(rows, columns)), rng.normal(size=(columns, columns))


GRAM_SCHMIDT = Workload(
    "gram_schmidt", "Gram-Schmidt 100x80", misfit, arguments, size={"rows": 100, "columns": 80},
    tiny={"rows": 4, "columns": 3}, bound=Bound.IN_PLACE_LOOPS, jax=for_jax, torch=for_torch, autograd=for_autograd,
    decade=("rows", 100, 1000))
