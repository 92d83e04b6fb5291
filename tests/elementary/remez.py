"""Minimax polynomials by Remez' exchange algorithm, in mpmath: where the coefficients of the functions come from."""
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import mpmath

Real = Callable[[mpmath.mpf], mpmath.mpf]


@dataclass(frozen=True)
class Fit:
    """`coefficients` of a polynomial, from the constant up, as floats, and its largest weighted `error`."""

    coefficients: tuple[float, ...]
    error: float


def fit(function: Real, weight: Real, low: float, high: float, degree: int) -> Fit:
    """The polynomial p for which the largest |weight * (p - function)| over [low, high] is smallest.

    Starts at the extrema of a Chebyshev polynomial. Each round solves for the polynomial whose weighted errors at the
    reference points are equal in size and alternate in sign, and moves the points to the extrema of that error.
    The coefficients are then rounded, and the error given is that of the rounded polynomial, in exact arithmetic.
    """
    with mpmath.workdps(50):
        count = degree + 2
        middle, radius = (mpmath.mpf(low) + high) / 2, (mpmath.mpf(high) - low) / 2
        points = [middle - radius * mpmath.cos(mpmath.pi * k / (count - 1)) for k in range(count)]
        for _ in range(20):
            exact, levelled = _levelled(function, weight, points)
            points = _extrema(lambda x, p=exact: weight(x) * (mpmath.polyval(p, x) - function(x)), points, low, high)
            sizes = [abs(weight(x) * (mpmath.polyval(exact, x) - function(x))) for x in points]
            if max(sizes) < abs(levelled) * mpmath.mpf("1.001"):
                break
        rounded = tuple(float(c) for c in reversed(exact))
        return Fit(rounded, error(function, weight, low, high, rounded))


def error(function: Real, weight: Real, low: float, high: float, coefficients: Sequence[float]) -> float:
    """The largest |weight * (p - function)| over 1000 points of [low, high]."""
    with mpmath.workdps(50):
        polynomial = [mpmath.mpf(c) for c in reversed(coefficients)]
        middle, radius = (mpmath.mpf(low) + high) / 2, (mpmath.mpf(high) - low) / 2
        points = [middle - radius * mpmath.cos(mpmath.pi * (k + 0.5) / 1000) for k in range(1000)]
        return float(max(abs(weight(x) * (mpmath.polyval(polynomial, x) - function(x))) for x in points))


def _levelled(function: Real, weight: Real, points: list) -> tuple[list, mpmath.mpf]:
    """The polynomial, from the highest power down, and the error that it has with alternating sign at the points."""
    matrix = mpmath.matrix(len(points), len(points))
    right = mpmath.matrix(len(points), 1)
    for row, x in enumerate(points):
        for column in range(len(points) - 1):
            matrix[row, column] = x**column
        matrix[row, len(points) - 1] = (-1) ** row / weight(x)
        right[row] = function(x)
    solution = mpmath.lu_solve(matrix, right)
    return [solution[k] for k in range(len(points) - 2, -1, -1)], solution[len(points) - 1]


def _extrema(curve: Real, points: list, low: float, high: float) -> list:
    """Near each point, between its neighbours, where the curve is largest in size with the sign that it has there."""
    found = []
    for k, point in enumerate(points):
        left = (points[k - 1] + point) / 2 if k else mpmath.mpf(low)
        right = (points[k + 1] + point) / 2 if k + 1 < len(points) else mpmath.mpf(high)
        sign = 1 if curve(point) > 0 else -1
        for _ in range(3):
            grid = [left + (right - left) * j / 8 for j in range(9)]
            best = max(range(9), key=[sign * curve(x) for x in grid].__getitem__)
            left, right = grid[max(best - 1, 0)], grid[min(best + 1, 8)]
        found.append((left + right) / 2)
    found[0], found[-1] = max(found[0], mpmath.mpf(low)), min(found[-1], mpmath.mpf(high))
    return found
