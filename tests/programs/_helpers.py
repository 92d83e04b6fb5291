"""Small functions that the programs share, as a project's own `utils` module would have them."""
import math

import numpy as np

SQRT_2PI = math.sqrt(2.0 * math.pi)


def normal_pdf(x, mean=0.0, sd=1.0):
    z = (x - mean) / sd
    return math.exp(-0.5 * z * z) / (sd * SQRT_2PI)


def normal_cdf(x):
    return 0.5 * (1.0 + math.erf(x / math.sqrt(2.0)))


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def softplus(x):
    """log(1 + exp(x)) of a number, without overflow."""
    if x > 30.0:
        return x
    return math.log1p(math.exp(x))


def logsumexp(values):
    """Of a list of numbers."""
    largest = max(values)
    total = 0.0
    for v in values:
        total += math.exp(v - largest)
    return largest + math.log(total)


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


def matvec_into(out, a, x):
    """out = a @ x, written into `out`."""
    for i in range(a.shape[0]):
        out[i] = 0.0
        for j in range(a.shape[1]):
            out[i] += a[i, j] * x[j]


def rk4_step(f, t, y, h, *args):
    k1 = f(t, y, *args)
    k2 = f(t + 0.5 * h, y + 0.5 * h * k1, *args)
    k3 = f(t + 0.5 * h, y + 0.5 * h * k2, *args)
    k4 = f(t + h, y + h * k3, *args)
    return y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
