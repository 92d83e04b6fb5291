"""Grids: explicit and in-place schemes in one, two and three dimensions."""
import numpy as np

COURANT = 0.4
GRAY_SCOTT = {"du": 0.16, "dv": 0.08}


def heat_1d(u0, kappa, steps):
    """Explicit heat equation, updated in place with a copy of the old state."""
    u = u0.copy()
    for _ in range(steps):
        old = u.copy()
        u[1:-1] += kappa * (old[2:] - 2.0 * old[1:-1] + old[:-2])
        u[0] = u[1]
        u[-1] = u[-2]
    return np.sum(u ** 2)


def laplace_2d(boundary, sweeps):
    """Gauss-Seidel relaxation of a square with a given upper edge; returns the centre."""
    n = boundary.shape[0]
    grid = np.zeros((n, n))
    grid[0, :] = boundary
    for _ in range(sweeps):
        for i in range(1, n - 1):
            for j in range(1, n - 1):
                grid[i, j] = 0.25 * (grid[i - 1, j] + grid[i + 1, j] + grid[i, j - 1] + grid[i, j + 1])
    return grid[n // 2, n // 2] ** 2


def heat_2d(temperature, conductivity, steps):
    """Variable conductivity, two buffers swapped."""
    u = temperature.copy()
    v = temperature.copy()
    for step in range(steps):
        flux_x = 0.5 * (conductivity[1:, :] + conductivity[:-1, :]) * (u[1:, :] - u[:-1, :])
        flux_y = 0.5 * (conductivity[:, 1:] + conductivity[:, :-1]) * (u[:, 1:] - u[:, :-1])
        v[1:-1, 1:-1] = u[1:-1, 1:-1] + 0.1 * (
            flux_x[1:, 1:-1] - flux_x[:-1, 1:-1] + flux_y[1:-1, 1:] - flux_y[1:-1, :-1])
        u, v = v, u
    return np.max(u) + np.mean(u * u)


def diffusion_3d(c, rate, steps=2):
    """A seven-point stencil by loops, on an interior of a cube."""
    nx, ny, nz = c.shape
    for _ in range(steps):
        new = c.copy()
        for i in range(1, nx - 1):
            for j in range(1, ny - 1):
                for k in range(1, nz - 1):
                    laplacian = (c[i + 1, j, k] + c[i - 1, j, k] + c[i, j + 1, k] + c[i, j - 1, k]
                                 + c[i, j, k + 1] + c[i, j, k - 1] - 6.0 * c[i, j, k])
                    new[i, j, k] = c[i, j, k] + rate * laplacian - 0.1 * c[i, j, k] ** 2
        c = new
    return np.sum(c[1:-1, 1:-1, 1:-1] ** 2)


def upwind_advection(u, velocity, steps):
    """The side to difference on depends on the sign of the local velocity."""
    n = len(u)
    for _ in range(steps):
        new = np.empty(n)
        for i in range(n):
            c = COURANT * velocity[i]
            if c >= 0.0:
                new[i] = u[i] - c * (u[i] - u[i - 1])
            else:
                new[i] = u[i] - c * (u[(i + 1) % n] - u[i])
        u = new
    return float(np.dot(u, np.linspace(-1.0, 1.0, n) ** 2))


def burgers_lax_friedrichs(u, nsteps=8, dt_dx=0.2):
    for _ in range(nsteps):
        f = 0.5 * u ** 2
        right, left = np.roll(u, -1), np.roll(u, 1)
        u = 0.5 * (left + right) - 0.5 * dt_dx * (np.roll(f, -1) - np.roll(f, 1))
    return np.sum(np.abs(np.diff(u)) ** 3)


def laplacian_periodic(z):
    out = -4.0 * z
    out += np.roll(z, 1, axis=0)
    out += np.roll(z, -1, axis=0)
    out += np.roll(z, 1, axis=1)
    out += np.roll(z, -1, axis=1)
    return out


def gray_scott(u, v, feed, kill, steps=3):
    """Reaction and diffusion of two species, augmented in place."""
    u = u.copy()
    v = v.copy()
    for _ in range(steps):
        uvv = u * v * v
        lap_u, lap_v = laplacian_periodic(u), laplacian_periodic(v)
        u += GRAY_SCOTT["du"] * lap_u - uvv + feed * (1.0 - u)
        v += GRAY_SCOTT["dv"] * lap_v + uvv - (feed + kill) * v
    return np.mean(v) + 0.5 * np.var(u)


def blur_rows_then_columns(image, weights):
    """A separable blur: rows, then columns, each row a view that is written through."""
    radius = len(weights) // 2
    out = np.zeros_like(image)
    for i in range(image.shape[0]):
        row = out[i]
        for j in range(image.shape[1]):
            for k, w in enumerate(weights):
                jj = min(max(j + k - radius, 0), image.shape[1] - 1)
                row[j] += w * image[i, jj]
    result = np.zeros_like(image)
    for k, w in enumerate(weights):
        for i in range(image.shape[0]):
            ii = i + k - radius
            if ii < 0 or ii >= image.shape[0]:
                continue
            result[i] += w * out[ii]
    return np.sum((result - image) ** 2)


def shallow_water(h, hu, g, steps):
    """Lax-Friedrichs with reflecting walls; both fields live in one array's rows."""
    n = len(h)
    q = np.zeros((2, n + 2))
    q[0, 1:-1] = h
    q[1, 1:-1] = hu
    for _ in range(steps):
        q[:, 0] = q[:, 1]
        q[:, -1] = q[:, -2]
        q[1, 0] *= -1.0
        q[1, -1] *= -1.0
        f = np.stack([q[1], q[1] ** 2 / q[0] + 0.5 * g * q[0] ** 2])
        q[:, 1:-1] = 0.5 * (q[:, 2:] + q[:, :-2]) - 0.05 * (f[:, 2:] - f[:, :-2])
    return np.sum(q[0, 1:-1] ** 2) + np.sum(q[1, 1:-1] ** 2)


def red_black_relaxation(u, f, omega, sweeps):
    """Strided in-place updates: the odd points, then the even ones."""
    u = np.array(u)
    for _ in range(sweeps):
        for start in (1, 2):
            old = u[start:-1:2]
            target = 0.5 * (u[start - 1:-2:2] + u[start + 1::2] - f[start:-1:2])
            u[start:-1:2] = (1.0 - omega) * old + omega * target
    r = u[2:] - 2.0 * u[1:-1] + u[:-2] - f[1:-1]
    return np.sqrt(np.mean(r ** 2))


def _heat_args():
    return np.random.default_rng(0).normal(size=9), 0.2, 6


def _heat_no_steps_args():
    return np.random.default_rng(0).normal(size=4), 0.2, 0


def _laplace_args():
    return np.random.default_rng(1).normal(size=5), 4


def _heat_2d_args():
    rng = np.random.default_rng(2)
    return rng.normal(size=(5, 6)), 0.5 + rng.random((5, 6)), 3


def _diffusion_args():
    return np.random.default_rng(3).normal(size=(4, 4, 3)), 0.05


def _upwind_args():
    rng = np.random.default_rng(4)
    return rng.normal(size=7), rng.normal(size=7), 4


def _burgers_args():
    return (np.sin(np.linspace(0.0, 6.0, 10)) + 0.3,)


def _gray_scott_args():
    rng = np.random.default_rng(5)
    return 0.5 + 0.5 * rng.random((4, 5)), 0.3 * rng.random((4, 5)), 0.035, 0.06


def _gray_scott_thin_args():
    rng = np.random.default_rng(5)
    return 0.5 + 0.5 * rng.random((1, 4)), 0.3 * rng.random((1, 4)), 0.035, 0.06


def _blur_args():
    return np.random.default_rng(6).normal(size=(5, 4)), [0.25, 0.5, 0.25]


def _shallow_args():
    rng = np.random.default_rng(7)
    return 1.0 + 0.2 * rng.random(6), 0.1 * rng.normal(size=6), 9.81, 5


def _red_black_args():
    rng = np.random.default_rng(8)
    return rng.normal(size=9), rng.normal(size=9), 1.3, 2


CASES = [
    (heat_1d, _heat_args, (0, 1)),
    (heat_1d, _heat_no_steps_args, (0, 1)),
    (laplace_2d, _laplace_args, (0,)),
    (heat_2d, _heat_2d_args, (0, 1)),
    (diffusion_3d, _diffusion_args, (0, 1)),
    (upwind_advection, _upwind_args, (0, 1)),
    (burgers_lax_friedrichs, _burgers_args, (0,)),
    (gray_scott, _gray_scott_args, (0, 1, 2, 3)),
    (gray_scott, _gray_scott_thin_args, (0, 1)),
    (blur_rows_then_columns, _blur_args, (0, 1)),
    (shallow_water, _shallow_args, (0, 1, 2)),
    (red_black_relaxation, _red_black_args, (0, 1, 2)),
]
