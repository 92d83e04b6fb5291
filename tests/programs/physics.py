"""Particles, waves and rays."""
import math
from collections import namedtuple
from dataclasses import dataclass

import numpy as np

G = 1.0
SOFTENING = 0.05

Vec = namedtuple("Vec", "x y z")


@dataclass
class Sphere:
    cx: float
    cy: float
    cz: float
    radius: float


@dataclass(frozen=True)
class Spring:
    stiffness: float
    rest: float
    damping: float = 0.1


def accelerations(positions, masses):
    n = len(masses)
    acc = np.zeros_like(positions)
    for i in range(n):
        for j in range(n):
            if i == j:
                continue
            d = positions[j] - positions[i]
            r2 = np.sum(d * d) + SOFTENING ** 2
            acc[i] += G * masses[j] * d / (r2 * np.sqrt(r2))
    return acc


def n_body(positions, velocities, masses, dt, steps):
    """Leapfrog; the distance between the first two bodies at the end."""
    x = positions.copy()
    v = velocities.copy()
    a = accelerations(x, masses)
    for _ in range(steps):
        v += 0.5 * dt * a
        x += dt * v
        a = accelerations(x, masses)
        v += 0.5 * dt * a
    return np.linalg.norm(x[0] - x[1])


def lennard_jones(coords, epsilon, sigma, cutoff=2.5):
    """Energy with a cutoff and shift; pairs through nested loops over a flat list."""
    n = len(coords) // 3
    shift = 4.0 * epsilon * ((sigma / cutoff) ** 12 - (sigma / cutoff) ** 6)
    energy = 0.0
    for i in range(n - 1):
        for j in range(i + 1, n):
            r2 = 0.0
            for k in range(3):
                r2 += (coords[3 * i + k] - coords[3 * j + k]) ** 2
            if r2 > cutoff ** 2:
                continue
            s6 = (sigma * sigma / r2) ** 3
            energy += 4.0 * epsilon * s6 * (s6 - 1.0) - shift
    return energy


def spring_chain(x0, springs, mass, dt=0.05, steps=12):
    """Masses on a line; springs is a list of frozen dataclasses; forces go into a list."""
    x = list(x0)
    v = [0.0] * len(x)
    for _ in range(steps):
        force = [0.0 for _ in x]
        for i, spring in enumerate(springs):
            stretch = x[i + 1] - x[i] - spring.rest
            f = spring.stiffness * stretch + spring.damping * (v[i + 1] - v[i])
            force[i] += f
            force[i + 1] -= f
        for i in range(1, len(x)):
            v[i] += dt * force[i] / mass
            x[i] += dt * v[i]
    kinetic = sum(0.5 * mass * vi ** 2 for vi in v)
    potential = sum(0.5 * s.stiffness * (b - a - s.rest) ** 2 for s, a, b in zip(springs, x, x[1:]))
    return kinetic + potential


def pendulum_period(theta0, length, gravity=9.81, dt=0.01):
    """Integrate until the pendulum passes the vertical, then interpolate."""
    theta, omega, t = theta0, 0.0, 0.0
    while True:
        previous = theta
        omega -= dt * gravity / length * math.sin(theta)
        theta += dt * omega
        t += dt
        if theta <= 0.0:
            break
    fraction = previous / (previous - theta)
    return 4.0 * (t - dt + fraction * dt)


def double_pendulum_energy_drift(state, masses, lengths, dt, steps):
    def derivatives(a1, a2, w1, w2):
        m1, m2 = masses
        l1, l2 = lengths
        d = a1 - a2
        denominator = 2.0 * m1 + m2 - m2 * math.cos(2.0 * d)
        acc1 = (-9.8 * (2.0 * m1 + m2) * math.sin(a1) - m2 * 9.8 * math.sin(a1 - 2.0 * a2)
                - 2.0 * math.sin(d) * m2 * (w2 * w2 * l2 + w1 * w1 * l1 * math.cos(d))) / (l1 * denominator)
        acc2 = 2.0 * math.sin(d) * (w1 * w1 * l1 * (m1 + m2) + 9.8 * (m1 + m2) * math.cos(a1)
                                    + w2 * w2 * l2 * m2 * math.cos(d)) / (l2 * denominator)
        return w1, w2, acc1, acc2

    s = tuple(state)
    for _ in range(steps):
        k = derivatives(*s)
        middle = tuple(si + 0.5 * dt * ki for si, ki in zip(s, k))
        k = derivatives(*middle)
        s = tuple(si + dt * ki for si, ki in zip(s, k))
    return s[0] ** 2 + s[1] ** 2 + 0.1 * s[2] * s[3]


def v_sub(a, b):
    return Vec(a.x - b.x, a.y - b.y, a.z - b.z)


def v_dot(a, b):
    return a.x * b.x + a.y * b.y + a.z * b.z


def v_scale(a, s):
    return Vec(a.x * s, a.y * s, a.z * s)


def v_unit(a):
    return v_scale(a, 1.0 / math.sqrt(v_dot(a, a)))


def intersect(origin, direction, sphere):
    """Distance along the ray, or None."""
    oc = v_sub(origin, Vec(sphere.cx, sphere.cy, sphere.cz))
    b = v_dot(oc, direction)
    c = v_dot(oc, oc) - sphere.radius ** 2
    disc = b * b - c
    if disc < 0.0:
        return None
    t = -b - math.sqrt(disc)
    return t if t > 1e-6 else None


def shade(origin, direction, spheres, light, depth=0):
    nearest, hit = math.inf, None
    for sphere in spheres:
        t = intersect(origin, direction, sphere)
        if t is not None and t < nearest:
            nearest, hit = t, sphere
    if hit is None:
        return 0.1 + 0.2 * direction.y
    point = Vec(*(o + nearest * d for o, d in zip(origin, direction)))
    normal = v_unit(v_sub(point, Vec(hit.cx, hit.cy, hit.cz)))
    brightness = max(0.0, v_dot(normal, v_unit(v_sub(light, point))))
    if depth >= 2:
        return brightness
    reflected = v_sub(direction, v_scale(normal, 2.0 * v_dot(direction, normal)))
    return 0.7 * brightness + 0.3 * shade(point, reflected, spheres, light, depth + 1)


def render_row(spheres, light, pixels):
    """Brightness of a row of pixels, by recursive ray tracing."""
    total = 0.0
    for k in range(pixels):
        u = 0.4 * ((k + 0.5) / pixels - 0.5)
        total += (k + 1) * shade(Vec(0.0, 0.0, -3.0), v_unit(Vec(u, 0.05, 1.0)), spheres, light)
    return total / pixels


def wave_misfit(speed, source, observed, dx=1.0, dt=0.4):
    """Leapfrog wave equation with three time levels in rows of one array."""
    nt, nx = len(source), len(speed)
    u = np.zeros((3, nx))
    trace = np.zeros(nt)
    c2 = (speed * dt / dx) ** 2
    for n in range(nt):
        now, before, after = n % 3, (n - 1) % 3, (n + 1) % 3
        u[after, 1:-1] = (2.0 * u[now, 1:-1] - u[before, 1:-1]
                          + c2[1:-1] * (u[now, 2:] - 2.0 * u[now, 1:-1] + u[now, :-2]))
        u[after, nx // 2] += dt ** 2 * source[n]
        trace[n] = u[after, 1]
    return 0.5 * np.sum((trace - observed) ** 2)


def projectile_range(speed, angle, drag, dt=0.02):
    vx, vy = speed * math.cos(angle), speed * math.sin(angle)
    x, y = 0.0, 0.0
    while y >= 0.0:
        x_old, y_old = x, y
        v = math.hypot(vx, vy)
        vx -= dt * drag * v * vx
        vy -= dt * (9.81 + drag * v * vy)
        x += dt * vx
        y += dt * vy
    return x_old + (x - x_old) * y_old / (y_old - y)


def decay_chain(amounts, rates, dt, steps):
    """Each isotope decays into the next; new lists are built at every step."""
    history = [sum(amounts)]
    for _ in range(steps):
        flows = [dt * r * a for r, a in zip(rates, amounts)]
        amounts = [a - out + inflow for a, out, inflow in zip(amounts, flows, [0.0, *flows[:-1]])]
        history.append(sum(a * r for a, r in zip(amounts, rates)))
    return sum(h * h for h in history) / len(history)


def mean_field_ising(couplings, field, beta):
    """Self-consistent magnetisation, iterated a fixed number of times."""
    m = np.full(len(field), 0.5)
    for _ in range(15):
        m = 0.5 * m + 0.5 * np.tanh(beta * (couplings @ m + field))
    entropy = -np.sum((1 + m) / 2 * np.log((1 + m) / 2) + (1 - m) / 2 * np.log((1 - m) / 2))
    return -0.5 * m @ couplings @ m - field @ m - entropy / beta


def _n_body_args():
    rng = np.random.default_rng(0)
    return rng.normal(size=(3, 2)), 0.3 * rng.normal(size=(3, 2)), 0.5 + rng.random(3), 0.02, 6


def _lj_args():
    return [0.0, 0.1, 0.0, 1.1, 0.0, 0.1, 0.2, 1.2, 0.3, 3.5, 0.1, 0.2], 0.8, 1.05


def _lj_single_atom_args():
    return [0.0, 0.1, 0.2], 0.8, 1.05


def _chain_args():
    return [0.0, 1.2, 2.1, 3.5], [Spring(4.0, 1.0), Spring(3.0, 1.1, 0.2), Spring(5.0, 0.9, 0.05)], 1.3


def _pendulum_args():
    return 0.6, 0.25, 9.81


def _double_args():
    return [1.2, -0.4, 0.1, 0.3], (1.0, 0.8), (1.1, 0.9), 0.02, 10


def _render_args():
    spheres = [Sphere(0.1, 0.0, 1.0, 1.0), Sphere(-0.9, 0.3, -0.2, 0.45)]
    return spheres, Vec(2.0, 3.0, -4.0), 3


def _wave_args():
    rng = np.random.default_rng(3)
    return 1.0 + 0.2 * rng.random(9), np.sin(np.arange(10.0)), 0.02 * rng.normal(size=10)


def _projectile_args():
    return 9.0, 0.7, 0.05


def _decay_args():
    return [1.0, 0.2, 0.0], [0.5, 0.3, 0.1], 0.1, 8


def _ising_args():
    rng = np.random.default_rng(4)
    return 0.2 * rng.normal(size=(4, 4)), 0.3 * rng.normal(size=4), 0.8


CASES = [
    (n_body, _n_body_args, (0, 1, 2)),
    (lennard_jones, _lj_args, (0, 1, 2)),
    (lennard_jones, _lj_single_atom_args, (0, 1, 2)),
    (spring_chain, _chain_args, (0, 1, 2)),
    (pendulum_period, _pendulum_args, (0, 1, 2)),
    (double_pendulum_energy_drift, _double_args, (0, 1, 2)),
    (render_row, _render_args, (0, 1)),
    (wave_misfit, _wave_args, (0, 1, 2)),
    (projectile_range, _projectile_args, (0, 1, 2)),
    (decay_chain, _decay_args, (0, 1)),
    (mean_field_ising, _ising_args, (0, 1, 2)),
]
