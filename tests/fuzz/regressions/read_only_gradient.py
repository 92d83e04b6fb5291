"""What is returned belongs to the caller, also where one arm of a branch gives a stretched number."""
import numpy as np


def program(x, r, z):
    if x > 1.0:
        r[:, 0] *= np.cos(r[0][-2])
    x = np.sum(np.array(x))
    return x + 0.3 * np.sum(r) + float(z)


ARGS = (0.341, np.array([[-0.804, 0.719]]), np.array(-0.691))
