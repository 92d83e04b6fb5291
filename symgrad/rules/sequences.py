"""Sums and products of Python sequences: builtins.sum, math.fsum, math.prod, math.sumprod.

The compiler unrolls them or makes loops of them where it can; these are the rules for a whole
list, tuple or array. The cotangent of an array is an array, that of any other sequence a list.
"""
from __future__ import annotations

import builtins
import math

import numpy as np

from symgrad.rules.broadcasting import unbroadcast
from symgrad.rules.core import jvp, vjp


@vjp(math.fsum, wrt="seq", lists="seq")
def fsum(dy, r, seq):
    return np.full(seq.shape, dy, seq.dtype) if isinstance(seq, np.ndarray) else [dy for _ in seq]


@jvp(math.fsum, wrt="seq")
def fsum_tangent(dseq, r, seq):
    return math.fsum(dseq)


@vjp(builtins.sum, wrt="iterable start", lists="iterable")
def sum_(dy, r, iterable, start=0):
    if isinstance(iterable, np.ndarray):
        return np.broadcast_to(dy, iterable.shape).astype(iterable.dtype), unbroadcast(dy, start)
    return [unbroadcast(dy, x) for x in iterable], unbroadcast(dy, start)


@jvp(builtins.sum, wrt="iterable")
def sum_tangent(diterable, r, iterable, start=0):
    return sum(diterable)


@jvp(builtins.sum, wrt="start")
def sum_tangent_start(dstart, r, iterable, start=0):
    return np.broadcast_to(dstart, np.shape(r))


@vjp(math.prod, wrt="iterable start", lists="iterable")
def prod(dy, r, iterable, start=1):
    exclusive, product = products_of_others(iterable)
    d = [dy * start * p for p in exclusive]
    return np.array(d, iterable.dtype) if isinstance(iterable, np.ndarray) else d, dy * product


@jvp(math.prod, wrt="iterable")
def prod_tangent(diterable, r, iterable, start=1):
    exclusive, _ = products_of_others(iterable)
    return start * sum(p * d for p, d in zip(exclusive, diterable))


@jvp(math.prod, wrt="start")
def prod_tangent_start(dstart, r, iterable, start=1):
    return math.prod(iterable) * dstart


def products_of_others(sequence):
    """For each element the product of all others, without division, and the product of all."""
    left = []
    product = 1.0
    for x in sequence:
        left.append(product)
        product = product * x
    exclusive = []
    right = 1.0
    for x, p in zip(reversed(sequence), reversed(left)):
        exclusive.append(p * right)
        right = right * x
    return exclusive[::-1], product


if hasattr(math, "sumprod"):                                 # Python 3.12

    @vjp(math.sumprod, wrt="p q", linear=True, lists="p q")
    def sumprod(dy, r, p, q):
        dp = [dy * b for b in q]
        dq = [dy * a for a in p]
        return (np.array(dp) if isinstance(p, np.ndarray) else dp,
                np.array(dq) if isinstance(q, np.ndarray) else dq)
