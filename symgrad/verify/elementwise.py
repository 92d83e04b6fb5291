"""What `math`'s functions and NumPy's ufuncs are on exact numbers, one number at a time.

Each is stated by what it means, in SymPy's functions and in comparisons; none of it is taken from
the table of derivative rules, which is what a verification is to check.
"""
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp

from symgrad.rules import special
from symgrad.verify.exact import Exact, Run


def run_of(*args: Any) -> Run:
    return next(a.run for a in args if isinstance(a, Exact))


def primitive(name: str) -> Callable[..., Any]:
    return lambda *args: run_of(*args).call(name, *args)


def constant(e: Any) -> Callable[[Any], Exact]:
    return lambda x: x.run.number(e)


log2, log10, pi = constant(sp.log(2)), constant(sp.log(10)), constant(sp.pi)


def sqrt(x: Any) -> Any:
    return x ** 0.5


def cbrt(x: Any) -> Any:
    return x ** sp_third if x > 0 else -((-x) ** sp_third)


sp_third = 1.0 / 3.0


def log(x: Any, base: Any = None) -> Any:
    run = run_of(x, base)
    top = run.call("log", x)
    return top if base is None else top / run.call("log", base)


def hypot(*xs: Any) -> Any:
    return sqrt(sum(x * x for x in xs))


def sign(x: Any) -> int:
    return 1 if x > 0 else -1 if x < 0 else 0


def maximum(a: Any, b: Any) -> Any:
    return max(a, b)


def minimum(a: Any, b: Any) -> Any:
    return min(a, b)


def clip(x: Any, low: Any = None, high: Any = None) -> Any:
    x = x if low is None else maximum(x, low)
    return x if high is None else minimum(x, high)


def copysign(x: Any, y: Any) -> Any:
    return abs(x) if y > 0 or (not isinstance(y, Exact) and math.copysign(1.0, y) > 0) else -abs(x)


def logaddexp(a: Any, b: Any) -> Any:
    run = run_of(a, b)
    return run.call("log", run.call("exp", a) + run.call("exp", b))


def exp2(x: Any) -> Any:
    return x.run.call("exp", x * log2(x))


def logaddexp2(a: Any, b: Any) -> Any:
    run = run_of(a, b)
    return run.call("log", power2(run, a) + power2(run, b)) / run.number(sp.log(2))


def power2(run: Run, x: Any) -> Any:
    return run.call("exp", run.number(x) * run.number(sp.log(2)))


def sinc(x: Any) -> Any:
    t = pi(x) * x
    return x.run.call("sin", t) / t if x != 0.0 else x.run.number(1)


def fmod(a: Any, b: Any) -> Any:
    n = math.trunc(run_of(a, b).number(a) / b)
    return a - n * b


def remainder(a: Any, b: Any) -> Any:
    return a - run_of(a, b).floor(run_of(a, b).number(a) / b + 0.5) * b


def heaviside(x: Any, h: Any) -> Any:
    return 1.0 if x > 0 else 0.0 if x < 0 else h


def dist(p: Any, q: Any) -> Any:
    return sqrt(sum((a - b) * (a - b) for a, b in zip(p, q)))


def nan_to_num(x: Any, copy: bool = True, nan: float = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    return x


def whole(function: Callable[[Any], int]) -> Callable[[Any], float]:
    """A step function whose value is the same on this path, as a float."""
    return lambda x: float(function(x))


def isclose(a: Any, b: Any, *, rel_tol: float = 1e-9, abs_tol: float = 0.0) -> bool:
    return bool(abs(a - b) <= maximum(rel_tol * maximum(abs(a), abs(b)), abs_tol))


BY_NAME: dict[str, Callable[..., Any]] = {
    **{name: primitive(name) for name in ("exp", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh",
                                          "asinh", "acosh", "atanh", "erf", "erfc", "gamma", "lgamma", "atan2")},
    "log": log, "sqrt": sqrt, "cbrt": cbrt, "exp2": exp2, "expm1": lambda x: x.run.call("exp", x) - 1,
    "log2": lambda x: log(x) / log2(x), "log10": lambda x: log(x) / log10(x), "log1p": lambda x: log(1 + x),
    "hypot": hypot, "degrees": lambda x: x * 180 / pi(x), "radians": lambda x: x * pi(x) / 180,
    "fabs": abs, "fmod": fmod, "remainder": remainder, "copysign": copysign, "dist": dist,
    "ldexp": lambda x, i: x * 2**int(i) if i >= 0 else x / 2**-int(i), "fma": lambda x, y, z: x * y + z,
    "isnan": lambda x: False, "isinf": lambda x: False, "isfinite": lambda x: True, "isclose": isclose,
    "pow": lambda x, y: x**y, "fsum": lambda xs: sum(xs), "prod": lambda xs, start=1: math.prod(xs, start=start),
    "sumprod": lambda p, q: sum(a * b for a, b in zip(p, q)),
}
MATH: dict[Any, Callable[..., Any]] = {getattr(math, n): f for n, f in BY_NAME.items() if hasattr(math, n)}

UFUNCS: dict[Any, Callable[..., Any]] = {
    **{getattr(np, n): f for n, f in BY_NAME.items()
       if isinstance(getattr(np, n, None), np.ufunc) and n not in ("remainder", "pow", "gamma")},
    np.arcsin: BY_NAME["asin"], np.arccos: BY_NAME["acos"], np.arctan: BY_NAME["atan"], np.arctan2: BY_NAME["atan2"],
    np.arcsinh: BY_NAME["asinh"], np.arccosh: BY_NAME["acosh"], np.arctanh: BY_NAME["atanh"],
    np.rad2deg: BY_NAME["degrees"], np.deg2rad: BY_NAME["radians"],
    np.square: lambda x: x * x, np.reciprocal: lambda x: 1 / x, np.sign: sign, np.maximum: maximum, np.minimum: minimum,
    np.fmax: maximum, np.fmin: minimum, np.logaddexp: logaddexp, np.logaddexp2: logaddexp2, np.heaviside: heaviside,
    np.floor: whole(math.floor), np.ceil: whole(math.ceil), np.trunc: whole(math.trunc), np.rint: whole(round),
    np.signbit: lambda x: bool(x < 0), np.absolute: abs, np.conjugate: lambda x: x, np.positive: lambda x: x,
    np.float_power: lambda x, y: x**y,
}
ELEMENTWISE: dict[Any, Callable[..., Any]] = {         # functions that are no ufuncs
    np.sinc: sinc, np.nan_to_num: nan_to_num, np.clip: clip, np.real: lambda x: x, np.fix: whole(math.trunc),
    np.round: lambda x, decimals=0: round(x, decimals) if decimals else float(round(x)),
}
ELEMENTWISE[np.around] = ELEMENTWISE[np.round]
HELPERS: dict[str, Callable[..., Any]] = {             # copied by the compiler into the text; meant as SymPy's
    special.digamma.__name__: lambda x: x.run.call("polygamma", 0, x) if isinstance(x, Exact) else special.digamma(x),
    special.polygamma.__name__: lambda n, x: x.run.call("polygamma", n, x) if isinstance(x, Exact)
    else special.polygamma(n, x),
}



def zeta(s: Any, x: Any) -> Any:
    """Hurwitz's zeta function of a whole number and x."""
    n = int(s)
    return x.run.call("polygamma", n - 1, x) * (-1)**n / math.factorial(n - 1)


def digamma(x: Any) -> Any:
    return x.run.call("polygamma", 0, x)


def expit(x: Any) -> Any:
    return 1 / (1 + x.run.call("exp", -x))


def ndtr(x: Any) -> Any:
    return (1 + x.run.call("erf", x / x.run.number(sp.sqrt(2)))) / 2


def lbeta(a: Any, b: Any) -> Any:
    run = run_of(a, b)
    return run.call("lgamma", a) + run.call("lgamma", b) - run.call("lgamma", a + b)


SCIPY: dict[str, Callable[..., Any]] = {               # ufuncs of scipy.special
    **{name: BY_NAME[name] for name in ("erf", "erfc", "gamma", "log1p", "expm1", "exp2", "cbrt", "sinc", "radians")
       if name in BY_NAME},
    "gammaln": BY_NAME["lgamma"], "loggamma": BY_NAME["lgamma"], "psi": digamma, "zeta": zeta, "_zeta": zeta, "expit": expit,
    "rgamma": lambda x: 1 / x.run.call("gamma", x),
    "log_expit": lambda x: log(expit(x)), "logit": lambda x: log(x / (1 - x)), "ndtr": ndtr,
    "log_ndtr": lambda x: log(ndtr(x)), "exp10": lambda x: x.run.call("exp", x * log10(x)),
    "beta": lambda a, b: run_of(a, b).call("exp", lbeta(a, b)), "betaln": lbeta,
    "xlogy": lambda x, y: x * log(y) if isinstance(y, Exact) else x * math.log(y),
    "xlog1py": lambda x, y: x * log(1 + y) if isinstance(y, Exact) else x * math.log1p(y),
    "entr": lambda x: -x * log(x), "rel_entr": lambda x, y: x * log(run_of(x, y).number(x) / y),
    "kl_div": lambda x, y: x * log(run_of(x, y).number(x) / y) - x + y,
    "erfcx": lambda x: x.run.call("exp", x * x) * x.run.call("erfc", x),
}

__all__ = ["ELEMENTWISE", "HELPERS", "MATH", "SCIPY", "UFUNCS"]
