"""The shortest tour: a loop, its gradient, and the source that computes it."""
from symgrad import grad


def logistic_growth(x, rate, dt, steps):
    """The population after some Euler steps of logistic growth."""
    for _ in range(steps):
        x = x + dt * rate * x * (1.0 - x)
    return x


if __name__ == "__main__":
    gradient = grad(logistic_growth, argnums=("x", "rate"))
    dx, drate = gradient(0.1, 1.5, 0.01, 300)
    print(gradient.source)
    print(f"value {logistic_growth(0.1, 1.5, 0.01, 300):.6f}, d/dx {dx:.6f}, d/drate {drate:.6f}")
