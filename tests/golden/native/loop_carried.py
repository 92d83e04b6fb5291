import numpy as np


def logistic_growth_grad(x, rate, dt, steps, dreturn=1.0):
    """Gradient of logistic_growth (primals.py) with respect to (x, rate)."""
    # forward
    x_tape = np.empty(max(steps, 0))
    for i in range(steps):
        x_tape[i] = x
        x = x + dt * rate * x * (1.0 - x)
    # reverse
    dx = dreturn
    drate = 0.0
    for i in range(steps - 1, -1, -1):
        x = x_tape[i]
        t = dt * rate  # x = x + dt * rate * x * (1.0 - x)
        t1 = dx * (1.0 - x)
        dx -= dx * (t * x)
        dx += t1 * t
        drate += t1 * x * dt
    return dx, drate
