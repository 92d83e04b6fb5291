"""Minimax polynomials by Remez' exchange algorithm, in mpmath: where the coefficients of the functions come from."""
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import mpmath

Real = Callable[[mpmath.mpf], mpmath.mpf]


@dataclass(frozen=True)
class Fit:
    """`coefficients` of a polynomial, from the constant up, as floats, and its largest weighted `error`."""

    coefficients: tuple[float, ...]
    error: float


def fit(function: Real, weight: Real, low: float, high: float, degree: int) -> Fit:
    """The polynomial p for which the largest |weight * (p - function)| over [low, high] is smallest.

    Starts at the zeros of a Chebyshev polynomial. Each round solves for the polynomial whose weighted errors at the
    reference points are equal in size and alternate in sign, and moves the points to the extrema of that error.
    The coefficients are then rounded, and the error given is that of the rounded polynomial, in exact arithmetic.
    """
    def curve(x: mpmath.mpf) -> mpmath.mpf:
        return weight(x) * (mpmath.polyval(exact, x) - function(x))

    with mpmath.workdps(40):
        count = degree + 2
        middle, radius = (mpmath.mpf(low) + high) / 2, (mpmath.mpf(high) - low) / 2
        points = [middle - radius * mpmath.cos(mpmath.pi * (k + 0.5) / count) for k in range(count)]
        for _ in range(20):
            exact, levelled = _levelled(function, weight, points)
            points = _extrema(curve, points, low, high)
            if max(abs(curve(x)) for x in points) < abs(levelled) * mpmath.mpf("1.001"):
                break
        rounded = tuple(float(c) for c in reversed(exact))
        return Fit(rounded, error(function, weight, low, high, rounded))


def error(function: Real, weight: Real, low: float, high: float, coefficients: Sequence[float]) -> float:
    """The largest |weight * (p - function)| over 200 points of [low, high]."""
    with mpmath.workdps(40):
        polynomial = [mpmath.mpf(c) for c in reversed(coefficients)]
        middle, radius = (mpmath.mpf(low) + high) / 2, (mpmath.mpf(high) - low) / 2
        points = [middle - radius * mpmath.cos(mpmath.pi * (k + 0.5) / 200) for k in range(200)]
        return float(max(abs(weight(x) * (mpmath.polyval(polynomial, x) - function(x))) for x in points))


def _levelled(function: Real, weight: Real, points: list) -> tuple[list, mpmath.mpf]:
    """The polynomial, from the highest power down, and the error that it has with alternating sign at the points."""
    matrix = mpmath.matrix(len(points), len(points))
    right = mpmath.matrix(len(points), 1)
    for row, x in enumerate(points):
        for column in range(len(points) - 1):
            matrix[row, column] = weight(x) * x**column
        matrix[row, len(points) - 1] = (-1) ** row
        right[row] = weight(x) * function(x)
    solution = mpmath.lu_solve(matrix, right)
    return [solution[k] for k in range(len(points) - 2, -1, -1)], solution[len(points) - 1]


def _extrema(curve: Real, points: list, low: float, high: float) -> list:
    """Where the curve is largest in size between its zeros, of which there is one between any two of the points."""
    zeros = [mpmath.mpf(low), *(_zero(curve, *pair) for pair in pairwise(points)), mpmath.mpf(high)]
    return [_largest(curve, *pair) for pair in pairwise(zeros)]


def _zero(curve: Real, left: mpmath.mpf, right: mpmath.mpf) -> mpmath.mpf:
    """By bisection, to a thousandth of the interval."""
    rising = curve(right) > 0
    for _ in range(10):
        middle = (left + right) / 2
        left, right = (left, middle) if (curve(middle) > 0) == rising else (middle, right)
    return left


def _largest(curve: Real, left: mpmath.mpf, right: mpmath.mpf) -> mpmath.mpf:
    for _ in range(4):
        grid = [left + (right - left) * k / 8 for k in range(9)]
        best = max(range(9), key=[abs(curve(x)) for x in grid].__getitem__)
        left, right = grid[max(best - 1, 0)], grid[min(best + 1, 8)]
    return grid[best]
