"""How far a function is from the right result, in units in the last place."""
from functools import cache

import mpmath
import numba
import numpy as np


@cache
def looped(function):
    """The function over an array, in a loop that Numba compiles, once for each type."""
    return newly_looped(function)


def newly_looped(function):
    """The same, compiled again."""
    @numba.njit(error_model="numpy")
    def each(x, out):
        for i in range(len(x)):
            out[i] = function(x[i])

    def apply(x):
        out = np.empty_like(x)
        each(x, out)
        return out

    apply.dispatcher = each
    return apply


def exact(reference, *arguments):
    """The reference at each argument: the nearest float64, and how far that is from it in ulps."""
    nearest, rest = np.empty(len(arguments[0])), np.zeros(len(arguments[0]))
    with mpmath.workdps(40):
        for k, numbers in enumerate(zip(*(a.tolist() for a in arguments), strict=True)):
            value = reference(*map(mpmath.mpf, numbers))
            nearest[k] = float(value)
            if np.isfinite(nearest[k]):
                rest[k] = float(mpmath.ldexp(value - mpmath.mpf(nearest[k]), -int(ulp_exponent(nearest[k]))))
    return nearest, rest


def ulp_exponent(x):
    """The e for which a unit in the last place of x is 2**e."""
    return np.maximum(np.frexp(x)[1] - 53, -1074)


def ulps(result, nearest, rest):
    """The error of each result, in ulps; where the nearest float64 is infinite, 0 if the result is that."""
    with np.errstate(invalid="ignore"):
        off = np.ldexp(result - nearest, -ulp_exponent(nearest))
        return np.where(result == nearest, np.abs(rest), np.abs(off - rest))


def worst(errors, arguments):
    """The largest error and where it is; NaN counts as infinite."""
    errors = np.where(np.isnan(errors), np.inf, errors)
    k = int(np.argmax(errors))
    return float(errors[k]), arguments[k]
