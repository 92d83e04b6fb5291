def logistic_growth_jvp(x, rate, dt, steps, dx, drate, ddt):
    """Value and derivative of logistic_growth (primals.py) along (dx, drate, ddt)."""
    for _ in range(steps):
        t = dt * rate
        t1 = t * x
        t2 = 1.0 - x
        dx = dx + ((ddt * rate + drate * dt) * x + dx * t) * t2 - dx * t1
        x = x + t1 * t2
    return x, dx
