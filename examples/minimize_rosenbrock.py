"""Minimise a plain-Python loop over a list with scipy, with its exact gradient."""
import numpy as np
from scipy.optimize import minimize

from symgrad import value_and_grad


def rosenbrock(x):
    """Rosenbrock's banana-shaped valley; the minimum, 0, is where all elements are 1."""
    total = 0.0
    for i in range(len(x) - 1):
        total += 100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2
    return total


if __name__ == "__main__":
    result = minimize(value_and_grad(rosenbrock), np.full(20, -0.5), jac=True, method="L-BFGS-B")
    print(f"minimum {result.fun:.2e} after {result.nit} iterations and {result.nfev} calls")
    print("largest distance from 1:", f"{np.abs(result.x - 1.0).max():.2e}")
