"""NumPy on exact numbers: arrays of objects, and what `np` stands for in a program that is run on them.

Shapes, views, masks, stores, products, sums and sorting are NumPy's own, on arrays of objects. Stated here is
the rest: elementwise functions, what makes arrays, what NumPy computes in C for floats only.
"""
from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from symgrad.rules import core
from symgrad.verify.elementwise import ELEMENTWISE, SCIPY, UFUNCS
from symgrad.verify.errors import Unreadable
from symgrad.verify.exact import Exact, is_floating


class Exacts(np.ndarray):
    """An array of exact numbers and of floats that are constants."""

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return array[()] if array.ndim == 0 else wrapped(array)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return numpy(func)(*args, **kwargs)

    def astype(self, dtype: Any, *rest: Any, **options: Any) -> Any:    # type: ignore[override]
        if is_floating(dtype):
            return self.copy()
        return np.vectorize(math.trunc, [np.dtype(dtype)])(plain(self))


def _method(name: str, function: Any) -> None:
    def method(self: Exacts, *args: Any, **kwargs: Any) -> Any:
        return numpy(function)(self, *args, **kwargs)

    setattr(Exacts, name, method)


def wrapped(a: Any) -> Any:
    """A result of NumPy's in the form in which programs see it."""
    if isinstance(a, (tuple, list)) and not hasattr(a, "_fields"):
        return type(a)(map(wrapped, a))
    if isinstance(a, np.ndarray) and a.dtype.kind in "fO":
        return a.astype(object).view(Exacts) if a.dtype.kind == "f" else a if isinstance(a, Exacts) else a.view(Exacts)
    if isinstance(a, np.ndarray) and a.dtype.kind == "c":
        raise Unreadable("complex arrays")
    return a


def plain(a: Any) -> Any:
    """Arguments as NumPy's own functions want them."""
    if isinstance(a, Exacts):
        return a.view(np.ndarray)
    if type(a) in (list, tuple):
        return type(a)(map(plain, a))
    return a


def holds_exact(a: Any) -> bool:
    if isinstance(a, (Exact, Exacts)):
        return True
    return type(a) in (list, tuple) and any(map(holds_exact, a))


def each(function: Callable[..., Any], count: int) -> Any:
    """A function of exact numbers or floats as a ufunc; one that gives bools gives arrays of them."""
    ufunc = np.frompyfunc(function, count, 1)

    def apply(*args: Any, out: Any = None, where: Any = True, dtype: Any = None, **rest: Any) -> Any:
        if rest:
            raise Unreadable(f"the option {next(iter(rest))} of a NumPy function")
        result = ufunc(*map(plain, args))
        if isinstance(result, np.ndarray):
            kinds = {type(x) for x in result.flat}
            result = result.astype(kinds.pop()) if kinds in ({bool}, {int}) else wrapped(result)
        if out is not None:
            out = out[0] if isinstance(out, tuple) else out
            np.copyto(plain(out), result, where=where)
            return out
        return result

    return apply, ufunc


def on_numbers(exact: Callable[..., Any], floats: Callable[..., Any]) -> Callable[..., Any]:
    """A function that is `exact` where there is an exact number, and NumPy's own for constants."""
    def apply(*args: Any, **kwargs: Any) -> Any:
        if any(isinstance(a, Exact) for a in args):
            return exact(*args, **kwargs)
        with np.errstate(all="ignore"):
            result = floats(*args, **kwargs)
        return result.item() if isinstance(result, np.generic) else result

    return apply


class Ufunc:
    """A ufunc on exact numbers."""

    def __init__(self, ufunc: np.ufunc) -> None:
        self.ufunc = ufunc
        self.nin = ufunc.nin
        exact = UFUNCS.get(ufunc)
        if exact is None and getattr(np, ufunc.__name__, None) is not ufunc:
            exact = SCIPY.get(ufunc.__name__)
        if exact is not None:
            self.apply, self.inner = each(on_numbers(exact, ufunc), ufunc.nin)
        else:
            self.apply, self.inner = self._native, ufunc

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.apply(*args, **kwargs)

    def _native(self, *args: Any, **kwargs: Any) -> Any:
        kwargs.pop("dtype", None)
        return wrapped(self.ufunc(*map(plain, args), **{k: plain(v) for k, v in kwargs.items()}))

    def __getattr__(self, name: str) -> Any:
        if name not in ("reduce", "accumulate", "outer", "at", "reduceat"):
            return getattr(self.ufunc, name)

        def method(*args: Any, **kwargs: Any) -> Any:
            kwargs.pop("dtype", None)
            if "out" in kwargs and name in ("reduce", "accumulate"):
                out = kwargs.pop("out")
                out = out[0] if isinstance(out, tuple) else out
                if out is not None:
                    out[...] = method(*args, **kwargs)
                    return out
            return wrapped(getattr(self.inner, name)(*map(plain, args), **{k: plain(v) for k, v in kwargs.items()}))

        return method


# -- what NumPy has for floats only --------------------------------------------------------------


def mean(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False, *, where: Any = True) -> Any:
    total = numpy(np.sum)(a, axis=axis, keepdims=keepdims)
    return total / (np.size(a) // max(np.size(total), 1))


def var(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: int = 0, keepdims: bool = False,
        **options: Any) -> Any:
    if options:
        raise Unreadable(f"the option {next(iter(options))} of np.var")
    a = wrapped(np.asarray(plain(a), dtype=object))
    d = a - mean(a, axis, keepdims=True)
    total = numpy(np.sum)(d * d, axis=axis, keepdims=keepdims)
    return total / (np.size(a) // max(np.size(total), 1) - ddof)


def std(a: Any, *args: Any, **kwargs: Any) -> Any:
    return numpy(np.sqrt)(var(a, *args, **kwargs))


def average(a: Any, axis: Any = None, weights: Any = None) -> Any:
    if weights is None:
        return mean(a, axis)
    return numpy(np.sum)(a * weights, axis=axis) / numpy(np.sum)(weights, axis=axis)


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    if ord not in (None, 2, "fro", 1, np.inf) or (np.ndim(x) > 1 and axis is None and ord not in (None, "fro")):
        raise Unreadable(f"np.linalg.norm with ord={ord!r}")
    if ord in (None, 2, "fro"):
        return numpy(np.sqrt)(numpy(np.sum)(x * x, axis=axis, keepdims=keepdims))
    return numpy(np.sum if ord == 1 else np.max)(abs(x), axis=axis, keepdims=keepdims)


def det(a: Any) -> Any:
    """By cofactors: a polynomial in the elements."""
    square(a)
    if a.ndim > 2:
        return wrapped(np.array([det(m) for m in a], dtype=object))
    if len(a) == 0:
        return 1.0
    if len(a) == 1:
        return a[0, 0]
    if len(a) > 5:
        raise Unreadable("the determinant of a matrix of more than 5 rows")
    total: Any = 0
    for j in range(len(a)):
        minor = np.delete(plain(a)[1:], j, 1).view(Exacts)
        total = total + (-1)**j * a[0, j] * det(minor)
    return total


def inv(a: Any) -> Any:
    square(a)
    if a.ndim > 2:
        return wrapped(np.array([plain(inv(m)) for m in a], dtype=object))
    n, d = len(a), det(a)
    out = np.empty((n, n), dtype=object)
    for i in range(n):
        for j in range(n):
            minor = np.delete(np.delete(plain(a), i, 0), j, 1).view(Exacts)
            out[j, i] = (-1)**(i + j) * det(minor) / d
    return wrapped(out)


def square(a: Any) -> None:
    if a.shape[-1] != a.shape[-2]:
        raise np.linalg.LinAlgError("Last 2 dimensions of the array must be square")


def solve(a: Any, b: Any) -> Any:
    return numpy(np.matmul)(inv(a), b)


def cholesky(a: Any, *, upper: bool = False) -> Any:
    square(a)
    n = len(a)
    L = np.zeros((n, n), dtype=object)
    for j in range(n):
        L[j, j] = numpy(np.sqrt)(a[j, j] - sum((L[j, k] * L[j, k] for k in range(j)), 0.0))
        for i in range(j + 1, n):
            L[i, j] = (a[i, j] - sum((L[i, k] * L[j, k] for k in range(j)), 0.0)) / L[j, j]
    return wrapped(L.T.copy() if upper else L)


def slogdet(a: Any) -> Any:
    d = det(a)
    s = numpy(np.sign)(d)
    return np.linalg.slogdet(np.eye(1))._replace(sign=float(s), logabsdet=numpy(np.log)(d * s))


def matrix_power(a: Any, n: int) -> Any:
    if n < 0:
        a, n = inv(a), -n
    result = wrapped(np.eye(len(a)))
    for _ in range(n):
        result = numpy(np.matmul)(result, a)
    return result


def create(function: Any) -> Callable[..., Any]:
    """A function that makes arrays: of floats, they are arrays of objects."""
    def made(*args: Any, dtype: Any = None, **kwargs: Any) -> Any:
        if function is np.empty or function is np.empty_like:
            like = np.zeros if function is np.empty else np.zeros_like
            return create(like)(*args, dtype=dtype, **kwargs)
        if not is_floating(dtype):
            kwargs["dtype"] = dtype
        elif function in (np.full, np.full_like) and len(args) > 1 and holds_exact(args[1]):
            kwargs["dtype"] = object
        result = function(*map(plain, args), **kwargs)
        if result.dtype == object and function in (np.zeros_like, np.ones_like):
            result = result.astype(float)
        return wrapped(result)

    def positional(*args: Any, **kwargs: Any) -> Any:
        place = DTYPE_AT.get(function)
        if place is not None and len(args) > place:
            kwargs["dtype"] = args[place]
            args = args[:place] + args[place + 1:]
        return made(*args, **kwargs)

    return positional


def array(a: Any, dtype: Any = None, *, copy: Any = True, ndmin: int = 0, order: str = "K", subok: bool = False) -> Any:
    options: dict[str, Any] = {"ndmin": ndmin} if ndmin else {}
    if not is_floating(dtype):
        options["dtype"] = dtype
        if holds_exact(a):
            return wrapped(np.array(plain(a), object)).astype(dtype)
    elif holds_exact(a):
        options["dtype"] = object
    elif dtype is not None:
        options["dtype"] = float
    made = wrapped((np.array if copy else np.asarray)(plain(a), **options))
    return made


def asarray(a: Any, dtype: Any = None, **options: Any) -> Any:
    return array(a, dtype, copy=False)


def where(condition: Any, *arms: Any) -> Any:
    condition = np.asarray(plain(condition)).astype(bool)
    if not arms:
        return np.where(condition)
    x, y = (np.asarray(plain(a), dtype=object) for a in arms)
    return element(wrapped(np.where(condition, x, y)))


def element(a: Any) -> Any:
    return a[()] if isinstance(a, np.ndarray) and a.ndim == 0 else a


def isclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    return abs(a - b) <= atol + rtol * abs(b)


def copyto(target: Any, source: Any, where: Any = True) -> None:
    np.copyto(plain(target), plain(source), casting="unsafe", where=where)


def vectorised(function: Any) -> Callable[..., Any]:
    """An elementwise function that is no ufunc."""
    def apply(x: Any, *rest: Any, **kwargs: Any) -> Any:
        kwargs.pop("out", None)
        if isinstance(x, np.ndarray):
            spread = np.broadcast_arrays(plain(x), *(np.asarray(plain(r), dtype=object) for r in rest))
            out = np.empty(spread[0].shape, dtype=object)
            for i in np.ndindex(out.shape):
                out[i] = apply(*(part[i] for part in spread), **kwargs)
            return element(wrapped(out))
        if any(isinstance(a, Exact) for a in (x, *rest)):
            return ELEMENTWISE[function](x, *rest, **kwargs)
        result = function(x, *rest, **kwargs)
        return result.item() if isinstance(result, np.generic) else result

    return apply


DTYPE_AT = {np.zeros: 1, np.ones: 1, np.empty: 1, np.full: 2, np.zeros_like: 1, np.ones_like: 1, np.empty_like: 1,
            np.full_like: 2}
STATED: dict[Any, Callable[..., Any]] = {
    **{f: create(f) for f in (*DTYPE_AT, np.eye, np.identity, np.linspace, np.arange)},
    np.array: array, np.asarray: asarray, np.ascontiguousarray: asarray, np.asanyarray: asarray,
    np.where: where, np.mean: mean, np.var: var, np.std: std, np.average: average, np.isclose: isclose,
    np.allclose: lambda *args, **kwargs: bool(np.all(isclose(*args, **kwargs))), np.copyto: copyto,
    np.linalg.norm: norm, np.linalg.det: det, np.linalg.inv: inv, np.linalg.solve: solve,
    np.linalg.cholesky: cholesky, np.linalg.slogdet: slogdet, np.linalg.matrix_power: matrix_power,
    np.isscalar: lambda x: isinstance(x, Exact) or np.isscalar(x),
    **{f: vectorised(f) for f in ELEMENTWISE},
}
IN_C = {f for f in vars(np.linalg).values() if callable(f)} - set(STATED) | {
    np.interp, np.histogram, np.percentile, np.quantile, np.polyfit, np.roots, np.i0}


@functools.cache
def numpy(function: Any) -> Callable[..., Any]:
    """What a function of NumPy is on exact numbers."""
    if function in STATED:
        return STATED[function]
    if isinstance(function, np.ufunc):
        return Ufunc(function)

    def apply(*args: Any, **kwargs: Any) -> Any:
        exact = any(map(holds_exact, (*args, *kwargs.values())))
        if function in IN_C and exact and getattr(function, "__name__", "") not in ("multi_dot", "matmul", "outer"):
            raise Unreadable(f"NumPy's {function.__name__} is for floats only")
        kwargs.pop("dtype", None) if exact else None
        result = function(*map(plain, args), **{k: plain(v) for k, v in kwargs.items()})
        return wrapped(result)

    return apply


for _name, _function in core.METHODS.items():
    if _function in STATED or isinstance(_function, np.ufunc):
        _method(_name, _function)

__all__ = ["Exacts", "numpy", "plain", "wrapped"]
