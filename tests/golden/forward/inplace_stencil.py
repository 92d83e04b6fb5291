import numpy as np


def heat_loss_jvp(u0, alpha, target, steps, du0, dalpha, dtarget):
    """Value and derivative of heat_loss (primals.py) along (du0, dalpha, dtarget)."""
    du = du0.copy()
    u = u0.copy()
    v = np.zeros_like(u)
    dv = np.zeros_like(v)
    for _ in range(steps):
        t = du[1:-1]
        t1 = u[1:-1]
        t2 = u[2:] - 2.0 * t1 + u[:-2]
        dv[1:-1] = t + dalpha * t2 + alpha * (du[2:] + du[:-2] - 2.0 * t)
        v[1:-1] = t1 + alpha * t2
        u, v, du, dv = v, u, dv, du
    dr = du - dtarget
    r = u - target
    return np.sum(r * r), np.sum(2.0 * dr * r)
