"""The loss of a small classifier: one hidden layer of 128, 256 samples, whole-array NumPy."""
import numpy as np

from ..workload import SAME, Workload


def loss(w1, b1, w2, b2, x, onehot):
    h = np.tanh(x @ w1 + b1)
    z = h @ w2 + b2
    z = z - np.max(z, axis=1, keepdims=True)
    logp = z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))
    return -np.mean(np.sum(onehot * logp, axis=1))


def by_hand_numpy(w1, b1, w2, b2, x, onehot):
    h = np.tanh(x @ w1 + b1)
    z0 = h @ w2 + b2
    e = np.exp(z0 - np.max(z0, axis=1, keepdims=True))
    s = np.sum(e, axis=1, keepdims=True)
    dlogp = onehot * (-1.0 / x.shape[0])
    dz = dlogp - e * (np.sum(dlogp, axis=1, keepdims=True) / s)
    db2 = np.sum(dz, axis=0)
    dw2 = h.T @ dz
    da = (dz @ w2.T) * (1.0 - h * h)
    db1 = np.sum(da, axis=0)
    dw1 = x.T @ da
    return dw1, db1, dw2, db2


def for_torch():
    import torch

    def loss(w1, b1, w2, b2, x, onehot):
        h = torch.tanh(x @ w1 + b1)
        z = h @ w2 + b2
        z = z - torch.amax(z, 1, keepdim=True)
        logp = z - torch.log(torch.sum(torch.exp(z), axis=1, keepdim=True))
        return -torch.mean(torch.sum(onehot * logp, axis=1))
    return loss


def arguments(n, inputs, hidden, classes):
    rng = np.random.default_rng(0)
    return (0.1 * rng.normal(size=(inputs, hidden)), 0.1 * rng.normal(size=hidden),
            0.1 * rng.normal(size=(hidden, classes)), 0.1 * rng.normal(size=classes),
            rng.normal(size=(n, inputs)), np.eye(classes)[rng.integers(0, classes, n)])


MLP = Workload(
    "mlp", "MLP loss, 256 x 64-128-10", loss, arguments,
    size={"n": 256, "inputs": 64, "hidden": 128, "classes": 10},
    tiny={"n": 3, "inputs": 2, "hidden": 4, "classes": 3}, argnums=(0, 1, 2, 3), by_hand_numpy=by_hand_numpy,
    not_in_numba="Numba's max has no axis", jax=SAME, torch=for_torch, autograd=SAME, decade=("n", 256, 2560))
