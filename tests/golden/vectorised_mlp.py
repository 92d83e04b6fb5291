import numpy as np


def mlp_loss_grad(w1, b1, w2, b2, x, onehot, dreturn=1.0):
    """Gradient of mlp_loss (primals.py) with respect to (w1, b1, w2, b2)."""
    # forward
    h = np.tanh(x @ w1 + b1)
    z = h @ w2 + b2
    z = z - np.max(z, axis=1, keepdims=True)
    t = np.exp(z)
    # reverse
    dlogp = -dreturn / max(onehot.shape[0], 1) * onehot  # return -np.mean(np.sum(onehot * logp, axis=1))
    dlogp += np.sum(-dlogp, axis=1, keepdims=True) / np.sum(t, axis=1, keepdims=True) * t
    db2 = np.sum(dlogp, axis=0)  # z = h @ w2 + b2
    dh = dlogp @ w2.T
    dw2 = h.T @ dlogp
    t = dh * (1.0 - h * h)  # h = np.tanh(x @ w1 + b1)
    db1 = np.sum(t, axis=0)
    dw1 = x.T @ t
    return dw1, db1, dw2, db2
