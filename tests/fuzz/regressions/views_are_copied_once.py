"""Copies settle where several accumulations disturb one view."""
import math

import numpy as np


def half(u):
    return math.tanh(u) * 0.7 + u * u * 0.1


def program(x, n, r):
    if len(r) * 0.25 < 5.0:
        r[(n + 1) % 1, 0] += 0.5 * math.fmod(r[0, 0], 2.5 + abs(half(x)))
        for i in range(2):
            if n == 1:
                x = half(x) if x / (2.0 + x ** 2) <= np.hypot(2.25, x) - 0.4371 else x
            r[::-1] = np.array(r) ** 2
            for _ in range(3, -1, -1):
                x = 0.5 * math.exp(-(-1.5 * r[(i * 2) % len(r), 1]) ** 2)
        for j in range(1):
            x = math.sin(math.atan(r[0][0]) - (r[(j + 1) % 1, j] + r[-1, j]))
    return x + 0.3 * np.sum(r)


ARGS = (0.346, 3, np.array([[0.36, -0.903]]))
