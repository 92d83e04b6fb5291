"""The deflection of a plane truss as a function of its bars' cross-sections."""
import math

import numpy as np


def program(areas, positions, bars, load, fixed, modulus=210.0, density=7.8):
    """Compliance plus weighted mass and overstress of a truss.

    The stiffness matrix is assembled bar by bar, factorised in place (L D L', by columns)
    and solved by substitution, as a textbook's program does it.
    """
    n = 2 * len(positions)
    stiffness = np.zeros((n, n))
    mass = 0.0
    for b in range(len(bars)):
        i, j = bars[b]
        dx = positions[j, 0] - positions[i, 0]
        dy = positions[j, 1] - positions[i, 1]
        length = math.sqrt(dx * dx + dy * dy)
        direction = np.array([-dx / length, -dy / length, dx / length, dy / length])
        where = [2 * i, 2 * i + 1, 2 * j, 2 * j + 1]
        k = modulus * areas[b] / length
        for p in range(4):
            for q in range(4):
                stiffness[where[p], where[q]] += k * direction[p] * direction[q]
        mass += density * areas[b] * length
    for node in fixed:
        stiffness[2 * node, 2 * node] += 1e6
        stiffness[2 * node + 1, 2 * node + 1] += 1e6

    diagonal = np.zeros(n)
    for j in range(n):
        diagonal[j] = stiffness[j, j]
        for k in range(j):
            diagonal[j] -= stiffness[j, k] ** 2 * diagonal[k]
        for i in range(j + 1, n):
            for k in range(j):
                stiffness[i, j] -= stiffness[i, k] * stiffness[j, k] * diagonal[k]
            stiffness[i, j] /= diagonal[j]

    u = load.copy()
    for i in range(n):
        u[i] -= np.dot(stiffness[i, :i], u[:i])
    u /= diagonal
    for i in range(n - 1, -1, -1):
        u[i] -= np.dot(stiffness[i + 1:, i], u[i + 1:])

    overstress = 0.0
    for b in range(len(bars)):
        i, j = bars[b]
        stretch = u[2 * j:2 * j + 2] - u[2 * i:2 * i + 2]
        axis = positions[j] - positions[i]
        stress = modulus * np.dot(stretch, axis) / np.dot(axis, axis)
        if abs(stress) > 0.2:
            overstress += (abs(stress) - 0.2) ** 2
    return np.dot(load, u) + 0.01 * mass + 10.0 * overstress


def example():
    """A cantilever of three bays."""
    positions = np.array([[x, y] for x in (0.0, 1.0, 2.0, 3.0) for y in (0.0, 1.0)])
    bars = []
    for k in range(0, 6, 2):
        bars += [(k, k + 2), (k + 1, k + 3), (k, k + 3), (k + 1, k + 2), (k + 2, k + 3)]
    load = np.zeros(16)
    load[13] = -1.0
    return np.linspace(0.5, 1.5, len(bars)), positions, bars, load, [0, 1]
