"""Sums in compiled loops."""
from __future__ import annotations

import llvmlite.binding as llvm


def vectorise_sums() -> None:
    """Have LLVM vectorise loops that add floats up, in the order that they are written in.

    In `total += exp(x[i])` each addition rounds, so that their order counts. LLVM can compute several terms at once and
    still add them one by one: the sum is the same, bit for bit. Where it asks no one, which is on x86, it leaves
    such a loop alone. The option holds for all that Numba compiles from now on in this process, and changes no result.
    """
    llvm.set_option("symgrad", "-force-ordered-reductions")
