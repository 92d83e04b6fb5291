"""The functions that users call."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symgrad import configuration, gradient
from symgrad.arguments import Argnums, normal
from symgrad.errors import ArgumentError
from symgrad.specialise import Options


def grad(f: Callable[..., Any] | None = None, *, argnums: Argnums | None = None, has_aux: bool = False,
         source: str | None = None, mode: str = "reverse",
         backend: str | None = None, exact_math: bool | None = None, parallel: bool | None = None) -> Any:
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
    mode: "reverse", or "forward" for the derivative with respect to one float: the generated code
        then computes it next to the value and records nothing.
    backend: "python", "numba" for code that Numba compiles, or "auto" for whichever suits the function. Without it,
        what `configure` says: "python" at first.
    exact_math: whether compiled code calls the C library's exp, log and so on, as Python does, in place of functions
        that LLVM vectorises and that may differ in the last bit. Without it, what `configure` says: False at first.
    parallel: whether compiled code runs loops whose iterations are independent on all cores. Sums are added up in parts
        then, always the same ones. Without it, what `configure` says: False at first.

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
    return _of("grad", f, argnums, has_aux, source, mode, backend, exact_math, parallel)


def value_and_grad(f: Callable[..., Any] | None = None, *, argnums: Argnums | None = None, has_aux: bool = False,
                   source: str | None = None, mode: str = "reverse",
                   backend: str | None = None, exact_math: bool | None = None, parallel: bool | None = None) -> Any:
    """The value of a function together with its gradient: see `grad`.

    The result returns ``(value, gradient)``, with `has_aux` ``((value, aux), gradient)``. The
    value is the function's own, bit for bit.

    >>> import math
    >>> from symgrad import value_and_grad
    >>> value_and_grad(math.exp)(0.0)
    (1.0, 1.0)
    """
    return _of("value_and_grad", f, argnums, has_aux, source, mode, backend, exact_math, parallel)


def vjp(f: Callable[..., Any], *args: Any, argnums: Argnums | None = None,
        backend: str | None = None, exact_math: bool | None = None,
        parallel: bool | None = None) -> tuple[Any, Callable[[Any], Any]]:
    """The value of ``f(*args)`` and the function that pulls cotangents back through it.

    The result of `f` may be an array or any structure of floats and arrays. The pullback takes
    a cotangent of that structure and these shapes, and returns the sum over all elements of cotangent
    times derivative: a tuple with one entry per argument, None for those without floats. With
    `argnums`, only for those arguments, as in `grad`; `backend`, `exact_math` and `parallel` as in `grad`. It may be
    called any number of times.

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
    return pull_back(_of("vjp", f, argnums, backend=backend, exact_math=exact_math, parallel=parallel), args, {})


def jvp(f: Callable[..., Any], primals: Any = None, tangents: Any = None, *,
        backend: str | None = None, exact_math: bool | None = None, parallel: bool | None = None) -> Any:
    """The value of ``f(*primals)`` and its derivative along `tangents`, in forward mode.

    primals: the arguments, as a tuple or list.
    tangents: one for each argument, of its structure, shapes and kind of number; None for an
        argument that does not change.
    backend, exact_math, parallel: as in `grad`.

    Returns ``(value, tangent)``; the tangent has the structure, shapes and dtypes of the value. The
    cost is a small multiple of the function's, whatever it returns, and nothing is recorded.

    >>> import math
    >>> from symgrad import jvp
    >>> jvp(math.exp, (0.0,), (2.0,))
    (1.0, 2.0)

    Without primals and tangents it returns the function of both, whose generated source can be read:

    >>> def decay(x, rate):
    ...     return x - rate * x
    >>> print(jvp(decay).source_for(2.0, 0.5))  # doctest: +ELLIPSIS
    def decay_jvp(x, rate, dx, drate):
        ...
        return x - rate * x, dx - drate * x - dx * rate

    Raises what `grad` raises, and ArgumentError for tangents that do not fit the arguments.
    """
    from symgrad.pushforward import Pushforward
    function = Pushforward(f, **configuration.execution(backend, exact_math, parallel))
    return function if primals is None and tangents is None else function(primals, tangents)


def jacfwd(f: Callable[..., Any], *, argnums: Argnums | None = None, backend: str | None = None,
           exact_math: bool | None = None, parallel: bool | None = None) -> Callable[..., Any]:
    """The Jacobian of a function, column by column in forward mode: for few inputs and many outputs.

    The result is called as `f` is. For a result of shape S and an argument of shape T it returns an array of
    shape S + T; for structures, the structure of the result with, in place of each leaf, the structure of
    the argument. For a tuple of argnums it returns a tuple. `backend`, `exact_math` and `parallel` as in `grad`.

    >>> import numpy as np
    >>> from symgrad import jacfwd
    >>> jacfwd(np.cumsum)(np.ones(3))
    array([[1., 0., 0.],
           [1., 1., 0.],
           [1., 1., 1.]])

    Raises what `grad` raises, and ArgumentError for complex arguments.
    """
    return _jacobian(f, argnums, "columns", backend, exact_math, parallel)


def jacrev(f: Callable[..., Any], *, argnums: Argnums | None = None, backend: str | None = None,
           exact_math: bool | None = None, parallel: bool | None = None) -> Callable[..., Any]:
    """The Jacobian of a function, row by row in reverse mode: for many inputs and few outputs. See `jacfwd`.

    >>> import numpy as np
    >>> from symgrad import jacrev
    >>> jacrev(lambda x: np.array([x @ x, np.sum(x)]))(np.ones(3))
    array([[2., 2., 2.],
           [1., 1., 1.]])
    """
    return _jacobian(f, argnums, "rows", backend, exact_math, parallel)


def jacobian(f: Callable[..., Any], *, argnums: Argnums | None = None, backend: str | None = None,
             exact_math: bool | None = None, parallel: bool | None = None) -> Callable[..., Any]:
    """The Jacobian of a function, in the mode that needs fewer runs: see `jacfwd` for what it returns.

    >>> import numpy as np
    >>> from symgrad import jacobian
    >>> jacobian(np.outer, argnums=1)(np.array([1.0, 2.0]), np.array([3.0]))
    array([[[1.]],
           [[2.]]])
    """
    return _jacobian(f, argnums, "fewer", backend, exact_math, parallel)


def hessian(f: Callable[..., Any], *, argnums: int | str | None = None, backend: str | None = None,
            exact_math: bool | None = None, parallel: bool | None = None) -> Callable[..., Any]:
    """The second derivatives of a function whose result is a real scalar: the forward Jacobian of its gradient.

    >>> import numpy as np
    >>> from symgrad import hessian
    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 3.0]))
    array([[6., 2.],
           [2., 0.]])
    """
    return _jacobian(grad(f, argnums=argnums, backend="python"), argnums, "columns", backend, exact_math, parallel)


def _jacobian(f: Any, argnums: Any, by: str, *how: Any) -> Callable[..., Any]:
    from symgrad.jacobians import jacobian_of
    return jacobian_of(f, None if argnums is None else normal(argnums), by, **configuration.execution(*how))


def _of(kind: str, f: Any, argnums: Any, has_aux: bool = False, source: str | None = None, mode: str = "reverse",
        backend: str | None = None, exact_math: bool | None = None, parallel: bool | None = None) -> Any:
    if mode not in ("reverse", "forward"):
        raise ArgumentError(f"mode={mode!r}: there are \"reverse\" and \"forward\"")
    if argnums is not None:
        argnums = normal(argnums)
    options = Options(kind, argnums, has_aux, 0, source, mode, **configuration.execution(backend, exact_math, parallel))
    if f is None:
        return lambda f: gradient.of(f, options)
    return gradient.of(f, options)


def _inside(function: Callable[..., Any]) -> Callable[..., Any]:
    """How a call of `function` is lowered inside a function that is differentiated."""
    def hook(lw: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        from symgrad.nesting import make_gradient
        return make_gradient(function, lw, args, kwargs)

    return hook


def _inside_jvp(lw: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """How a call of `jvp` is lowered inside a function that is differentiated."""
    from symgrad.pushforward import inline_pushforward
    return inline_pushforward(lw, args, kwargs)


jvp.__symgrad__ = _inside_jvp                               # type: ignore[attr-defined]
grad.__symgrad__ = _inside(grad)                            # type: ignore[attr-defined]
value_and_grad.__symgrad__ = _inside(value_and_grad)        # type: ignore[attr-defined]

__all__ = ["grad", "hessian", "jacfwd", "jacobian", "jacrev", "jvp", "value_and_grad", "vjp"]
