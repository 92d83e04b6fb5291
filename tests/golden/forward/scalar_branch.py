import math


def huber_like_jvp(x, scale, eps, dx, dscale, deps):
    """Value and derivative of huber_like (primals.py) along (dx, dscale, deps)."""
    t = x / scale
    t1 = 2.0 * (dx / scale - dscale * t / scale) * t + 2.0 * deps * eps
    r = math.sqrt(t * t + eps * eps)
    dr = t1 * (0.5 / r if r != 0.0 else math.inf if t1 != 0.0 else 0.0)
    if r < 1.0:
        t = 0.5 * r
        dr = 0.5 * dr * r + dr * t
        t = t * r
    else:
        t = r - 0.5
    return t, dr
