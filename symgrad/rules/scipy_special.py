"""scipy.special: the elementwise functions of statistics, and log-sum-exp.

This module is imported when the first function is looked up after the program has imported SciPy
(`core.when_imported`); symgrad itself does not need SciPy.
"""
from __future__ import annotations

import math

import numpy as np
from scipy import special

from symgrad.rules import names
from symgrad.rules.broadcasting import unbroadcast
from symgrad.rules.core import alias, constant, elementwise, jvp, vjp
from symgrad.rules.reduced_axes import kept
from symgrad.rules.reductions import finite

for table in (names.SCALAR, names.ARRAY):                    # what the texts below use
    table.update(psi=special.psi, zeta=special.zeta, expit=special.expit)

alias(math.erf, special.erf)
alias(math.erfc, special.erfc)
alias(np.expm1, special.expm1)
alias(np.log1p, special.log1p)
alias(np.exp2, special.exp2)
alias(np.cbrt, special.cbrt)

elementwise("erfinv", (special.erfinv,), "x", ["0.5 * sqrt(pi) * exp(r * r)"], "abs(x) < 1", singular=True)
elementwise("erfcinv", (special.erfcinv,), "x", ["-0.5 * sqrt(pi) * exp(r * r)"], "0 < x < 2", singular=True)
elementwise("erfcx", (special.erfcx,), "x", ["2.0 * x * r - 2.0 / sqrt(pi)"], singular=True)
elementwise("ndtr", (special.ndtr,), "x", ["exp(-0.5 * x * x) / sqrt(2.0 * pi)"])
elementwise("log_ndtr", (special.log_ndtr,), "x", ["exp(-0.5 * x * x - r) / sqrt(2.0 * pi)"])
elementwise("ndtri", (special.ndtri,), "x", ["sqrt(2.0 * pi) * exp(0.5 * r * r)"], "0 < x < 1", singular=True)
elementwise("expit", (special.expit,), "x", ["r * (1.0 - r)"])
elementwise("log_expit", (special.log_expit,), "x", ["expit(-x)"])
elementwise("logit", (special.logit,), "x", ["1.0 / (x * (1.0 - x))"], "0 < x < 1", singular=True)
elementwise("exp10", (special.exp10,), "x", ["log(10.0) * r"], singular=True)

elementwise("special.gamma", (special.gamma,), "x", ["r * psi(x)"], "x > 0", singular=True)
elementwise("gammaln", (special.gammaln, special.loggamma), "x", ["psi(x)"], "x > 0", singular=True)
elementwise("rgamma", (special.rgamma,), "x", ["-r * psi(x)"], "x > 0", singular=True)
elementwise("psi", (special.psi,), "x", ["zeta(2.0, x)"], "x > 0", singular=True)
elementwise("beta", (special.beta,), "a b", ["r * (psi(a) - psi(a + b))", "r * (psi(b) - psi(a + b))"],
            "a > 0 and b > 0", singular=True)
elementwise("betaln", (special.betaln,), "a b", ["psi(a) - psi(a + b)", "psi(b) - psi(a + b)"],
            "a > 0 and b > 0", singular=True)

# 0 log 0 is 0: what 0 is multiplied by does not move it.
elementwise("xlogy", (special.xlogy,), "x y", ["log(y)", "x / y if x != 0.0 else 0.0"], "y > 0", singular=True)
elementwise("xlog1py", (special.xlog1py,), "x y", ["log1p(y)", "x / (1.0 + y) if x != 0.0 else 0.0"], "y > -1",
            singular=True)
elementwise("entr", (special.entr,), "x", ["-1.0 - log(x)"], "x > 0", singular=True)
elementwise("rel_entr", (special.rel_entr,), "x y", ["log(x / y) + 1.0", "-x / y"], "x > 0 and y > 0",
            singular=True)
elementwise("kl_div", (special.kl_div,), "x y", ["log(x / y)", "1.0 - x / y"], "x > 0 and y > 0", singular=True)


@vjp(special.zeta, wrt="q")
def zeta(dy, r, x, q):
    return unbroadcast(-dy * x * special.zeta(x + 1.0, q), q)


@jvp(special.zeta, "q")
def zeta_q(dq, r, x, q):
    return -x * special.zeta(x + 1.0, q) * dq


@vjp(special.polygamma, wrt="x")
def polygamma(dy, r, n, x):
    return unbroadcast(dy * special.polygamma(n + 1, x), x)


@jvp(special.polygamma, "x")
def polygamma_x(dx, r, n, x):
    return special.polygamma(n + 1, x) * dx


# -- along axes ----------------------------------------------------------------------------------


@vjp(special.logsumexp, wrt="a b")
def logsumexp(dy, r, a, axis=None, b=None, keepdims=False, return_sign=False):
    if return_sign:
        raise NotImplementedError("logsumexp(..., return_sign=True): write the sum out")
    share = kept(dy, axis, keepdims) * np.exp(a - finite(kept(r, axis, keepdims)))
    if b is None:
        return share, None
    return unbroadcast(share * b, a), unbroadcast(share, b)


@jvp(special.logsumexp, "a")
def logsumexp_a(da, r, a, axis=None, b=None, keepdims=False, return_sign=False):
    share = np.exp(a - finite(kept(r, axis, keepdims))) * da
    return np.sum(share if b is None else share * b, axis=axis, keepdims=keepdims)


@jvp(special.logsumexp, "b")
def logsumexp_b(db, r, a, axis=None, b=None, keepdims=False, return_sign=False):
    return np.sum(np.exp(a - finite(kept(r, axis, keepdims))) * db, axis=axis, keepdims=keepdims)


@vjp(special.softmax, wrt="x")
def softmax(dy, r, x, axis=None):
    d = dy * r
    return d - r * np.sum(d, axis=axis, keepdims=True)


@jvp(special.softmax, "x")
def softmax_x(dx, r, x, axis=None):
    d = dx * r
    return d - r * np.sum(d, axis=axis, keepdims=True)


@vjp(special.log_softmax, wrt="x")
def log_softmax(dy, r, x, axis=None):
    return dy - np.exp(r) * np.sum(dy, axis=axis, keepdims=True)


@jvp(special.log_softmax, "x")
def log_softmax_x(dx, r, x, axis=None):
    return dx - np.sum(np.exp(r) * dx, axis=axis, keepdims=True)


constant(special.factorial, special.comb, special.perm, special.gammasgn)
