"""erf.

Below 1, erf(x) = x + x * p(x**2). From 1 on, erf(x) = 1 - exp(-x**2) * g(s) with s = (x - 5/2) / (x + 5/2), in which the
factor g(s) = erfc(x) * exp(x**2) is nearly a straight line; erfc(1) is 0.16, so its errors count for a sixth. Both are
computed, and p and g are minimax polynomials.
"""
from __future__ import annotations

from collections.abc import Sequence

from .arithmetic import at_most, fma, muladd, polynomial, product, select, with_sign_of
from .exponential import exp_near, exp_near_single
from .straightline import Float

# p(z) = erf(x) / x - 1 for z = x**2, 0 <= x <= 1
P = (
    0.1283791670955126, -0.37612638903183754, 0.1128379167095512, -0.026866170645129868, 0.005223977625423592,
    -0.0008548327021954679, 0.00012055332903751082, -1.4925647592618208e-05, 1.6462045941327059e-06,
    -1.6364648990355806e-07, 1.4792464235318986e-08, -1.2164935028131561e-09, 8.71034403752502e-11,
    -4.2329359900359524e-12,
)
P_SINGLE = (
    0.12837916591302242, -0.37612627129689413, 0.11283600090796252, -0.02685444043782918, 0.00518952636120294,
    -0.0008020752930154101, 7.888796636310647e-05,
)
# g(s) = erfc(x) * exp(x**2) for 1 <= x <= 6
G = (
    0.2108063640611436, -0.37173673394897294, 0.25171319321744595, -0.12503305237892812, 0.03992253907563091,
    -0.003993701159526581, -0.0026423659558158074, 0.0008759152741016888, 0.00022838001148237165,
    -0.00012887468914567175, -3.417602428305828e-05, 1.8596043716619947e-05, 7.5007063827455505e-06,
    -2.231532282960228e-06, -1.5888396219854224e-06,
)
G_SINGLE = (
    0.21080638279119385, -0.3717372813637022, 0.2517074745965685, -0.12503365779707512, 0.04002104617100225,
    -0.003832612239921356, -0.0030063439706747496,
)


def erf(x: Float) -> Float:
    """The error function: at most 1 ulp; 1 from 5.93."""
    size = at_most(abs(x), 6.0)
    square, lost = product(size, size)
    factor = ratio(size, G)
    above = fma(-exp_near(-square), fma(factor, -lost, factor), 1.0)
    return with_sign_of(x, select(size < 1.0, fma(size, polynomial(square, P), size), above))


def erf_single(x: Float) -> Float:
    """The same to 2**-28."""
    size = at_most(abs(x), 6.0)
    square = size * size
    above = 1.0 - exp_near_single(-square) * ratio(size, G_SINGLE)
    return with_sign_of(x, select(size < 1.0, muladd(size, polynomial(square, P_SINGLE), size), above))


def ratio(x: Float, g: Sequence[float]) -> Float:
    """erfc(x) / exp(-x**2) for 1 <= x <= 6."""
    return polynomial((x - 2.5) / (x + 2.5), g)
