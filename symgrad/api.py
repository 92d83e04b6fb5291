"""The functions that users call."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symgrad import gradient
from symgrad.arguments import Argnums, normal
from symgrad.specialise import Options


def grad(f: Callable[..., Any] | None = None, *, argnums: Argnums | None = None, has_aux: bool = False,
         source: str | None = None) -> Any:
    """The gradient of a function whose result is a real scalar.

    Use it as ``grad(f)``, as the decorator ``@grad``, or as ``@grad(argnums="w")``.

    f: a Python function whose source can be read, a method, a callable object, a
        `functools.partial`, or a library function with a derivative rule. Its result is a
        float or a 0-d array.
    argnums: which arguments to differentiate with respect to: an index (negative ones count
        from the end), a name, or a tuple of these. Without it, the first argument; the
        first after ``self`` where the gradient is called as a method.
    has_aux: `f` returns ``(value, aux)``; the gradient is then ``(gradient, aux)``.
    source: the text of `f`, where it is in no file.

    The result is called as `f` is. It returns the derivative with the structure, shape and
    dtype of the argument: a float for a float, a float32 array for a float32 array, a dict
    for a dict. For a tuple of argnums it returns a tuple. For a complex argument z = x + iy
    it is df/dx - i df/dy. The arguments are never changed.

    >>> from symgrad import grad
    >>> def area(r, h):
    ...     return 3.0 * r**2 * h
    >>> grad(area)(2.0, 5.0)
    60.0
    >>> grad(area, argnums=("h", "r"))(2.0, h=5.0)
    (12.0, 60.0)

    Raises ArgumentError (a TypeError) for argnums that are no arguments and for arguments without
    floats, NotScalarError for a result that is no scalar (see `vjp`), UnsupportedError with the line
    for what symgrad does not read, MissingRuleError for a function without rule or source,
    AliasError where memory is shared in ways that cannot be followed. Warns ZeroGradientWarning where
    the result does not depend on the argument.
    """
    return _of("grad", f, argnums, has_aux, source)


def value_and_grad(f: Callable[..., Any] | None = None, *, argnums: Argnums | None = None, has_aux: bool = False,
                   source: str | None = None) -> Any:
    """The value of a function together with its gradient: see `grad`.

    The result returns ``(value, gradient)``, with `has_aux` ``((value, aux), gradient)``. The
    value is the function's own, bit for bit.

    >>> import math
    >>> from symgrad import value_and_grad
    >>> value_and_grad(math.exp)(0.0)
    (1.0, 1.0)
    """
    return _of("value_and_grad", f, argnums, has_aux, source)


def vjp(f: Callable[..., Any], *args: Any, argnums: Argnums | None = None) -> tuple[Any, Callable[[Any], Any]]:
    """The value of ``f(*args)`` and the function that pulls cotangents back through it.

    The result of `f` may be an array or any structure of floats and arrays. The pullback takes
    a cotangent of that structure and these shapes, and returns the sum over all elements of cotangent
    times derivative: a tuple with one entry per argument, None for those without floats. With
    `argnums`, only for those arguments, as in `grad`. It may be called any number of times.

    >>> import numpy as np
    >>> from symgrad import vjp
    >>> value, pullback = vjp(np.exp, np.zeros(2))
    >>> value
    array([1., 1.])
    >>> pullback(np.array([3.0, 5.0]))
    (array([3., 5.]),)

    Raises what `grad` raises, and ArgumentError for a cotangent that does not fit the value.
    """
    from symgrad.pullback import pull_back
    return pull_back(_of("vjp", f, argnums, False, None), args)


def _of(kind: str, f: Any, argnums: Any, has_aux: bool, source: str | None) -> Any:
    if argnums is not None:
        argnums = normal(argnums)
    options = Options(kind, argnums, has_aux, 0, source)
    if f is None:
        return lambda f: gradient.of(f, options)
    return gradient.of(f, options)


def _inside(function: Callable[..., Any]) -> Callable[..., Any]:
    """How a call of `function` is lowered inside a function that is differentiated."""
    def hook(lw: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        from symgrad.nesting import make_gradient
        return make_gradient(function, lw, args, kwargs)

    return hook


grad.__symgrad__ = _inside(grad)                            # type: ignore[attr-defined]
value_and_grad.__symgrad__ = _inside(value_and_grad)        # type: ignore[attr-defined]

__all__ = ["grad", "value_and_grad", "vjp"]
