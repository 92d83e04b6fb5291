import math

import numpy as np


def log_det_jvp(a, da):
    """Value and derivative of log_det (primals.py) along (da)."""
    n = a.shape[0]
    a = np.copy(a)
    da = np.copy(da)
    for j in range(n):
        t = da[j, :j]
        t1 = a[j, :j]
        t = da[j, j] - np.dot(t, t1) - np.dot(t1, t)
        t1 = math.sqrt(a[j, j] - np.dot(t1, t1))
        da[j, j] = 0.5 * t / t1 if t != 0.0 else 0.0
        a[j, j] = t1
        for i in range(j + 1, n):
            t = a[i, :j]
            t1 = a[j, :j]
            t2 = a[j, j]
            t3 = (a[i, j] - np.dot(t, t1)) / t2
            da[i, j] = (da[i, j] - np.dot(da[i, :j], t1) - np.dot(t, da[j, :j])) / t2 - da[j, j] * t3 / t2
            a[i, j] = t3
    total = 0.0
    dtotal = 0.0
    for j in range(n):
        dtotal += da[j, j] / a[j, j]
        total += math.log(a[j, j])
    return 2.0 * total, 2.0 * dtotal
