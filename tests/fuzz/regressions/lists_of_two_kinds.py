"""A name is a list of vectors, then of matrices in a loop: what is known of the items of the second is not forgotten."""
import numpy as np


def program(x, m):
    rows = []
    for _ in range(3):
        items = []
        for _ in range(2):
            m = np.sin(m) * x
            items.append(m)
        rows.append(items)
    items = []
    for _ in range(2):
        items.append(np.array([x]))
    s = 0.0
    for _ in range(2):
        s += items.pop()[0]
    for _ in range(3):
        items = rows.pop()
        for _ in range(2):
            s = s + np.sum(np.cos(items.pop()))
    return s


ARGS = (0.411, np.array([[1.238, 0.32, 0.688]]))
