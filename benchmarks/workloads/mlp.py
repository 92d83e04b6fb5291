"""The loss of a small classifier: one hidden layer of 128, 256 samples, whole-array NumPy."""
import numpy as np

from ..workload import Workload


def loss(w1, b1, w2, b2, x, onehot):
    h = np.tanh(x @ w1 + b1)
    z = h @ w2 + b2
    z = z - np.max(z, axis=1, keepdims=True)
    logp = z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))
    return -np.mean(np.sum(onehot * logp, axis=1))


def by_hand(w1, b1, w2, b2, x, onehot):
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


def _with(np):
    def loss(w1, b1, w2, b2, x, onehot):
        h = np.tanh(x @ w1 + b1)
        z = h @ w2 + b2
        z = z - np.max(z, axis=1, keepdims=True)
        logp = z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))
        return -np.mean(np.sum(onehot * logp, axis=1))
    return loss


def for_autograd():
    import autograd.numpy
    return _with(autograd.numpy)


def for_jax():
    import jax.numpy
    return _with(jax.numpy)


def _args():
    rng = np.random.default_rng(0)
    n, d, m, k = 256, 64, 128, 10
    return (0.1 * rng.normal(size=(d, m)), 0.1 * rng.normal(size=m), 0.1 * rng.normal(size=(m, k)),
            0.1 * rng.normal(size=k), rng.normal(size=(n, d)), np.eye(k)[rng.integers(0, k, n)])


MLP = Workload("MLP loss, 256 x 64-128-10", loss, by_hand, for_autograd, for_jax,
               args=_args(), argnums=(0, 1, 2, 3), bound="by hand")
