"""Loops that add up are vectorised, and the sums stay those of the order they are written in."""
import math

import numba
import numpy as np

from symgrad.backends.elementary import exp
from symgrad.backends.sums import vectorise_sums

from ..elementary.test_code import PACKED


def test_a_sum_of_exponentials():
    @numba.njit
    def terms(x, out):
        for i in range(len(x)):
            out[i] = exp(x[i])

    @numba.njit
    def added(x):
        total = 0.0
        for i in range(len(x)):
            total += exp(x[i])
        return total

    vectorise_sums()
    x = np.random.default_rng(0).normal(size=1003)
    out = np.empty_like(x)
    terms(x, out)
    total = 0.0
    for term in out.tolist():
        total += term
    assert added(x) == total != math.fsum(out)
    [assembly] = added.inspect_asm().values()
    assert PACKED.search(assembly)
