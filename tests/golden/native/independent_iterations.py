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
        t_tape = np.empty(means.shape[0])
        s = 0.0
        for k in range(means.shape[0]):
            t = math.exp(log_weights[k] - 0.5 * (data[i] - means[k]) ** 2 - largest)
            t_tape[k] = t
            s += t
        ds = -dreturn / s  # total -= largest + math.log(s)
        for k in range(means.shape[0]):
            t = ds * t_tape[k]  # s += math.exp(log_weights[k] - 0.5 * (data[i] - means[k]) ** 2 - largest)
            dmeans[k] += t * (data[i] - means[k])
            dlog_weights[k] += t
    return dlog_weights, dmeans
