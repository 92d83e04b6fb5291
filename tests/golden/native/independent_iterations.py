import math

import numpy as np


def mixture_nll_grad(log_weights, means, data, dreturn=1.0):
    """Gradient of mixture_nll (primals.py) with respect to (log_weights, means)."""
    dmeans = np.zeros_like(means)  # for i in range(data.shape[0]):
    dlog_weights = np.zeros_like(log_weights)
    for i in range(data.shape[0]):
        largest = -math.inf
        for k in range(means.shape[0]):
            largest = max(largest, log_weights[k] - 0.5 * (data[i] - means[k]) ** 2)
        s = 0.0
        for k in range(means.shape[0]):
            s += math.exp(log_weights[k] - 0.5 * (data[i] - means[k]) ** 2 - largest)
        ds = -dreturn / s  # total -= largest + math.log(s)
        for k in range(means.shape[0]):
            t = data[i] - means[k]
            t1 = ds * math.exp(log_weights[k] - 0.5 * t ** 2 - largest)
            dmeans[k] += t1 * t
            dlog_weights[k] += t1
    return dlog_weights, dmeans
