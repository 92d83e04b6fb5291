import numpy as np


def mlp_loss_jvp(w1, b1, w2, b2, x, onehot, dw1, db1, dw2, db2, dx, donehot):
    """Value and derivative of mlp_loss (primals.py) along (dw1, db1, dw2, db2, dx, donehot)."""
    h = np.tanh(x @ w1 + b1)
    dh = (dx @ w1 + x @ dw1 + db1) * (1.0 - h * h)
    dz = dh @ w2 + h @ dw2 + db2
    z = h @ w2 + b2
    z = z - np.max(z, axis=1, keepdims=True)
    t = np.exp(z)
    t1 = np.sum(t, axis=1, keepdims=True)
    dlogp = dz - np.sum(dz * t, axis=1, keepdims=True) / t1
    logp = z - np.log(t1)
    return -np.mean(np.sum(onehot * logp, axis=1)), -np.mean(np.sum(donehot * logp + dlogp * onehot, axis=1))
