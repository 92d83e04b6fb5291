import math

import numpy as np


def log_det_grad(a, dreturn=1.0):
    """Gradient of log_det (primals.py) with respect to a."""
    # forward
    n = a.shape[0]
    a1 = a.copy()
    t_tape = []
    t_tape1 = [0.0] * n
    t_tape_tape = []
    t_tape_tape1 = []
    t_tape_tape2 = []
    t_tape_tape3 = []
    for j in range(n):
        t = a1[j, :j]
        t_tape.append(t.copy())
        t = math.sqrt(a1[j, j] - np.dot(t, t))
        t_tape1[j] = t
        a1[j, j] = t
        t_tape2 = []
        t_tape3 = []
        t_tape4 = []
        t_tape5 = []
        for i in range(j + 1, n):
            t = a1[i, :j]
            t_tape2.append(t.copy())
            t1 = a1[j, :j]
            t_tape3.append(t1.copy())
            t_tape4.append(a1[j, j])
            t = (a1[i, j] - np.dot(t, t1)) / a1[j, j]
            t_tape5.append(t)
            a1[i, j] = t
        t_tape_tape3.append(t_tape5)
        t_tape_tape2.append(t_tape4)
        t_tape3 = [item.copy() for item in t_tape3]
        t_tape_tape1.append(t_tape3)
        t_tape2 = [item.copy() for item in t_tape2]
        t_tape_tape.append(t_tape2)
    # reverse
    dtotal = 2.0 * dreturn  # return 2.0 * total
    da = np.zeros_like(a)  # for j in range(n):
    t = n - 1
    for j in range(n):
        da[j, j] += dtotal / a1[j, j]  # total += math.log(a[j, j])
    for j in range(t, -1, -1):
        t1 = t_tape1[j]
        t_tape2 = t_tape_tape.pop()
        t_tape3 = t_tape_tape1.pop()
        t_tape4 = t_tape_tape2.pop()
        t_tape5 = t_tape_tape3.pop()
        for i in range(t, j, -1):
            t2 = t_tape4.pop()
            t3 = da[i, j]  # a[i, j] = (a[i, j] - np.dot(a[i, :j], a[j, :j])) / a[j, j]
            da[i, j] = 0.0
            t4 = t3 / t2
            da[j, j] -= t3 * t_tape5.pop() / t2
            t2 = -t4
            da[j, :j] += t2 * t_tape2.pop()
            da[i, :j] += t2 * t_tape3.pop()
            da[i, j] += t4
        t2 = da[j, j]  # a[j, j] = math.sqrt(a[j, j] - np.dot(a[j, :j], a[j, :j]))
        da[j, j] = 0.0
        if t2 != 0.0:
            t1 = 0.5 * t2 / t1
        else:
            t1 = 0.0
        da[j, :j] -= 2.0 * t1 * t_tape.pop()
        da[j, j] += t1
    return da
