import math

import numpy as np


def log_det_grad(a, dreturn=1.0):
    """Gradient of log_det (primals.py) with respect to a."""
    # forward
    n = a.shape[0]
    a = np.copy(a)
    for j in range(n):
        t = a[j, :j]
        a[j, j] = math.sqrt(a[j, j] - np.dot(t, t))
        for i in range(j + 1, n):
            a[i, j] = (a[i, j] - np.dot(a[i, :j], a[j, :j])) / a[j, j]
    # reverse
    dtotal = 2.0 * dreturn  # return 2.0 * total
    da = np.zeros_like(a)  # for j in range(n):
    t = n - 1
    for j in range(n):
        da[j, j] += dtotal / a[j, j]  # total += math.log(a[j, j])
    for j in range(t, -1, -1):
        t1 = a[j, j]
        for i in range(t, j, -1):
            t2 = da[i, j]  # a[i, j] = (a[i, j] - np.dot(a[i, :j], a[j, :j])) / a[j, j]
            da[i, j] = 0.0
            t3 = t2 / a[j, j]
            da[j, j] -= t2 * a[i, j] / a[j, j]
            t2 = -t3
            da[j, :j] += t2 * a[i, :j]
            da[i, :j] += t2 * a[j, :j]
            da[i, j] += t3
        t2 = da[j, j]  # a[j, j] = math.sqrt(a[j, j] - np.dot(a[j, :j], a[j, :j]))
        da[j, j] = 0.0
        t1 = 0.5 * t2 / t1 if t2 != 0.0 else 0.0
        da[j, :j] -= 2.0 * t1 * a[j, :j]
        da[j, j] += t1
    return da
