"""For each elementary function: where it is tested, against what, and the error that it states."""
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np

from symgrad.backends import elementary

INF, NAN = float("inf"), float("nan")
LARGEST, SMALLEST, NORMAL = float(np.finfo(float).max), 5e-324, 2.0**-1022
# the float64 nearest to a multiple of pi/2, relative to its ulp
NEAREST_TO_HALF_PI = 6381956970095103.0 * 2.0**797


@dataclass(frozen=True)
class Case:
    """`bounds` are in ulps, for float64 and float32. `dense` are intervals where it is hard to be right.

    `special` pairs arguments with results that have to be met exactly, the signs of zeros included.
    """

    function: Any
    reference: Callable[..., Any]
    bounds: tuple[float, float]
    domain: tuple[float, float]
    dense: tuple[tuple[float, float], ...]
    special: tuple[tuple[float, float], ...]

    @property
    def name(self):
        return self.function.__name__

    def points(self, count, seed=0):
        """About `count` arguments: a quarter from all binades of the domain, the others from the dense intervals."""
        random = np.random.default_rng(seed)
        low, high = self.domain
        exponents = np.arange(-1074, 1024)
        sizes = np.repeat(exponents, 1 + count // (8 * len(exponents)))
        sizes = np.ldexp(random.uniform(1.0, 2.0, len(sizes)), sizes)
        both = np.concatenate([sizes, -sizes])
        parts = [both[(both >= low) & (both <= high)]]
        if len(parts[0]) > count // 4:
            parts = [random.choice(parts[0], count // 4, replace=False)]
        parts += [random.uniform(left, right, 3 * count // (4 * len(self.dense))) for left, right in self.dense]
        return np.concatenate(parts)


CASES = [
    Case(elementary.exp, mpmath.exp, (0.8, 0.51), (-745.5, 709.78),
         ((-1.0, 1.0), (-745.13, 709.78), (-745.13, -708.0), (700.0, 709.78)),
         ((0.0, 1.0), (-0.0, 1.0), (INF, INF), (-INF, 0.0), (NAN, NAN),
          (709.782712893384, 1.7976931348622732e308), (709.7827128933841, INF), (1e300, INF), (-1e300, 0.0),
          (-745.1332191019411, SMALLEST), (-745.1332191019412, 0.0), (-745.2, 0.0), (LARGEST, INF),
          (-LARGEST, 0.0), (SMALLEST, 1.0), (-SMALLEST, 1.0))),
    Case(elementary.expm1, mpmath.expm1, (0.85, 0.51), (-50.0, 709.78),
         ((-1.0, 1.0), (-0.4, 0.6), (-40.0, 40.0), (700.0, 709.78)),
         ((0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -1.0), (NAN, NAN), (709.7827128933841, INF),
          (1e300, INF), (-1e300, -1.0), (-45.0, -1.0), (SMALLEST, SMALLEST), (-SMALLEST, -SMALLEST),
          (NORMAL, NORMAL))),
    Case(elementary.log, mpmath.log, (0.9, 0.51), (SMALLEST, LARGEST),
         ((0.5, 2.0), (0.999, 1.001), (SMALLEST, NORMAL), (1e307, LARGEST), (0.6, 0.8)),
         ((1.0, 0.0), (0.0, -INF), (-0.0, -INF), (INF, INF), (-INF, NAN), (NAN, NAN), (-1.0, NAN),
          (-SMALLEST, NAN), (SMALLEST, -744.4400719213812), (LARGEST, 709.782712893384))),
    Case(elementary.tanh, mpmath.tanh, (0.8, 0.51), (-LARGEST, LARGEST),
         ((-1.0, 1.0), (-0.3, 0.3), (-20.0, 20.0), (17.0, 19.2)),
         ((0.0, 0.0), (-0.0, -0.0), (INF, 1.0), (-INF, -1.0), (NAN, NAN), (20.0, 1.0), (-20.0, -1.0),
          (LARGEST, 1.0), (SMALLEST, SMALLEST), (-SMALLEST, -SMALLEST), (NORMAL, NORMAL))),
    Case(elementary.sin, mpmath.sin, (0.85, 0.51), (-LARGEST, LARGEST),
         ((-1.0, 1.0), (-10.0, 10.0), (3.14, 3.1417), (-1e5, 1e5), (-1e11, 1e11), (1e300, 1e308)),
         ((0.0, 0.0), (-0.0, -0.0), (INF, NAN), (-INF, NAN), (NAN, NAN), (SMALLEST, SMALLEST),
          (-SMALLEST, -SMALLEST), (NORMAL, NORMAL), (3.141592653589793, 1.2246467991473532e-16),
          (NEAREST_TO_HALF_PI, 1.0))),
    Case(elementary.cos, mpmath.cos, (0.85, 0.51), (-LARGEST, LARGEST),
         ((-1.0, 1.0), (-10.0, 10.0), (1.57, 1.571), (-1e5, 1e5), (-1e11, 1e11), (1e300, 1e308)),
         ((0.0, 1.0), (-0.0, 1.0), (INF, NAN), (-INF, NAN), (NAN, NAN), (SMALLEST, 1.0), (NORMAL, 1.0),
          (1.5707963267948966, 6.123233995736766e-17), (NEAREST_TO_HALF_PI, -4.687165924254628e-19))),
    Case(elementary.log1p, mpmath.log1p, (0.9, 0.51), (-1.0, LARGEST),
         ((-1.0, 1.0), (-0.3, 0.5), (-1e-3, 1e-3), (1e307, LARGEST), (0.0, 1e17), (-1.0, -0.999)),
         ((0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, NAN), (NAN, NAN), (-1.0, -INF), (-1.1, NAN),
          (SMALLEST, SMALLEST), (-SMALLEST, -SMALLEST), (NORMAL, NORMAL), (LARGEST, 709.782712893384))),
    Case(elementary.erf, mpmath.erf, (1.0, 0.53), (-LARGEST, LARGEST),
         ((-1.0, 1.0), (-6.0, 6.0), (0.8, 1.2), (1.0, 2.0)),
         ((0.0, 0.0), (-0.0, -0.0), (INF, 1.0), (-INF, -1.0), (NAN, NAN), (LARGEST, 1.0), (6.0, 1.0),
          (SMALLEST, SMALLEST), (-SMALLEST, -SMALLEST))),
    Case(elementary.exp2, lambda x: mpmath.power(2, x), (0.8, 0.51), (-1076.0, 1023.999),
         ((-1.0, 1.0), (-1074.9, 1023.9), (-1074.9, -1022.0), (1010.0, 1023.9)),
         ((0.0, 1.0), (-0.0, 1.0), (INF, INF), (-INF, 0.0), (NAN, NAN), (1.0, 2.0), (-1074.0, SMALLEST),
          (1024.0, INF), (1023.0, 2.0**1023), (-1076.0, 0.0), (SMALLEST, 1.0), (LARGEST, INF), (-LARGEST, 0.0))),
    Case(elementary.log2, lambda x: mpmath.log(x, 2), (0.9, 0.51), (SMALLEST, LARGEST),
         ((0.5, 2.0), (0.999, 1.001), (SMALLEST, NORMAL), (1e307, LARGEST), (0.6, 0.8)),
         ((1.0, 0.0), (0.0, -INF), (-0.0, -INF), (INF, INF), (-INF, NAN), (NAN, NAN), (-1.0, NAN),
          (SMALLEST, -1074.0), (8.0, 3.0), (0.125, -3.0), (2.0**1023, 1023.0))),
    Case(elementary.log10, mpmath.log10, (0.9, 0.51), (SMALLEST, LARGEST),
         ((0.5, 2.0), (0.999, 1.001), (SMALLEST, NORMAL), (1e307, LARGEST), (0.6, 0.8)),
         ((1.0, 0.0), (0.0, -INF), (-0.0, -INF), (INF, INF), (-INF, NAN), (NAN, NAN), (-1.0, NAN),
          (1000.0, 3.0), (1e22, 22.0), (0.001, -3.0))),
    Case(elementary.sinh, mpmath.sinh, (0.85, 0.51), (-710.4, 710.4),
         ((-1.0, 1.0), (-0.3, 0.6), (-40.0, 40.0), (700.0, 710.47)),
         ((0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -INF), (NAN, NAN), (710.5, INF), (-LARGEST, -INF),
          (SMALLEST, SMALLEST), (-SMALLEST, -SMALLEST), (NORMAL, NORMAL))),
    Case(elementary.cosh, mpmath.cosh, (0.85, 0.51), (-710.4, 710.4),
         ((-1.0, 1.0), (-0.3, 0.6), (-40.0, 40.0), (700.0, 710.47)),
         ((0.0, 1.0), (-0.0, 1.0), (INF, INF), (-INF, INF), (NAN, NAN), (710.5, INF), (-LARGEST, INF),
          (SMALLEST, 1.0))),
    Case(elementary.tan, mpmath.tan, (1.0, 0.51), (-LARGEST, LARGEST),
         ((-1.0, 1.0), (-10.0, 10.0), (1.57, 1.571), (-1e5, 1e5), (-1e11, 1e11), (1e300, 1e308)),
         ((0.0, 0.0), (-0.0, -0.0), (INF, NAN), (-INF, NAN), (NAN, NAN), (SMALLEST, SMALLEST),
          (1.5707963267948966, 1.633123935319537e16), (-SMALLEST, -SMALLEST))),
    Case(elementary.arctan, mpmath.atan, (0.8, 0.51), (-LARGEST, LARGEST),
         ((-1.0, 1.0), (-0.6, 0.6), (-3.0, 3.0), (-50.0, 50.0), (0.3, 1.0)),
         ((0.0, 0.0), (-0.0, -0.0), (INF, 1.5707963267948966), (-INF, -1.5707963267948966), (NAN, NAN),
          (1.0, 0.7853981633974483), (LARGEST, 1.5707963267948966), (SMALLEST, SMALLEST), (-SMALLEST, -SMALLEST))),
]
BY_NAME = {case.name: case for case in CASES}
