import numpy as np


def heat_loss_grad(u0, alpha, target, steps, dreturn=1.0):
    """Gradient of heat_loss (primals.py) with respect to u0."""
    # forward
    u = u0.copy()
    v = np.zeros_like(u)
    for _ in range(steps):
        t = u[1:-1]
        v[1:-1] = t + alpha * (u[2:] - 2.0 * t + u[:-2])
        u, v = v, u
    r = u - target
    # reverse
    dr = 2.0 * dreturn * r  # return np.sum(r * r)
    dv = np.zeros_like(u0)  # for _ in range(steps):
    for _ in range(steps - 1, -1, -1):
        t = dr[1:-1].copy()
        dr[1:-1] = 0.0  # v[1:-1] = u[1:-1] + alpha * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        t1 = alpha * t
        dv[:-2] += t1
        dv[2:] += t1
        t = t - 2.0 * t1
        dv[1:-1] += t
        dr, dv = dv, dr
    return dr
