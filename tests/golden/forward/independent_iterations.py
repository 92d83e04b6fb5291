import math


def mixture_nll_jvp(log_weights, means, data, dlog_weights, dmeans, ddata):
    """Value and derivative of mixture_nll (primals.py) along (dlog_weights, dmeans, ddata)."""
    total = 0.0
    dtotal = 0.0
    for i in range(data.shape[0]):
        largest = -math.inf
        for k in range(means.shape[0]):
            largest = max(largest, log_weights[k] - 0.5 * (data[i] - means[k]) ** 2)
        s = 0.0
        ds = 0.0
        for k in range(means.shape[0]):
            t = data[i] - means[k]
            t1 = math.exp(log_weights[k] - 0.5 * t ** 2 - largest)
            ds += (dlog_weights[k] - (ddata[i] - dmeans[k]) * t) * t1
            s += t1
        dtotal -= ds / s
        total -= largest + math.log(s)
    return total, dtotal
