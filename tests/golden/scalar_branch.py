import math


def huber_like_grad(x, scale, eps=0.001, dreturn=1.0):
    """Gradient of huber_like (primals.py) with respect to (x, scale)."""
    # forward
    t = x / scale
    r = math.sqrt(t * t + eps * eps)
    # reverse
    if r < 1.0:
        dr = dreturn * (0.5 * r)  # return 0.5 * r * r
        dr += 0.5 * (dreturn * r)
    else:
        dr = dreturn
    t1 = dr * t / r  # return math.sqrt(u * u + eps * eps)
    dx = t1 / scale  # r = smooth_abs(x / scale, eps)
    dscale = -t1 * t / scale
    return dx, dscale
