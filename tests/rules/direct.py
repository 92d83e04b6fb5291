"""Check a rule by itself, as plain Python on NumPy arrays, without the compiler.

One line tests one call::

    check_pullback(np.sum, np.ones((3, 4)), axis=1)

The rule's pullback is compared with central differences for every floating argument of `wrt`
(sequences of arrays too), by the dot product with its forward mode, and with the pullback that the
compiler generates for the call (see `generated`). A rule registered for a ufunc method is named by
its key: ``check_pullback((np.add, "reduce"), x)``.
"""
from __future__ import annotations

import ast
import copy
import re
from typing import Any

import numpy as np

import symgrad.rules  # noqa: F401  (fills the table)
from symgrad.rules import names
from symgrad.rules.core import Rule, find
from symgrad.structs import replace
from tests.rules.generated import check_generated


def check_pullback(function: Any, *args: Any, rtol: float = 1e-6, h: float = 1e-6,
                   forward: bool = True, dy: Any = None, **kwargs: Any) -> Any:
    """Check the rule of `function` at these arguments; return the cotangents, one per `wrt`.

    float32 and complex64 arguments are compared with differences taken in double precision.
    """
    rule = find(function)
    assert rule is not None, f"{function} has no rule"
    call = resolve(function)
    as_given = (rule, args)
    if rule.variadic and rule.is_elementwise:
        rule = spelled_out(rule, len(args))
    elif rule.variadic:
        call, args = gathered(call, args, rule.params.index(rule.variadic))
    bound = bind(rule, args, kwargs)
    before = copy.deepcopy(bound)
    r = call(*args, **kwargs)
    dy = random_like(r, seed=1) if dy is None else dy
    cotangents = pull(rule, dy, r, bound)
    assert_same(bound, before, f"{rule.name} changed an argument")

    single = any(a.dtype.itemsize < 8 or a.dtype == np.complex64
                 for value in (*bound.values(), r) for a in leaves(value) if a.dtype.kind in "fc")
    active = {name: cotangents[name] for name in rule.wrt if is_floating(bound[name])}
    assert active, f"{rule.name}: no floating argument to differentiate"
    for name, cotangent in active.items():
        assert_like(cotangent, bound[name], f"{rule.name}: cotangent of {name}")
        expected = differences(call, args, kwargs, rule, name, dy, h)
        for got, want in zip(leaves(cotangent), leaves(expected), strict=True):
            scale = max(1.0, float(np.max(np.abs(want), initial=0.0)))
            np.testing.assert_allclose(got, want, rtol=max(rtol, 1e-4 * single),
                                       atol=max(rtol, 1e-4 * single) * scale, equal_nan=False,
                                       err_msg=f"{rule.name}: wrt {name} (desired: differences)")
    check_on_tape(rule, call, args, kwargs, dy, active, 1e-5 if single else 1e-12)
    if forward:
        check_forward(rule, call, args, kwargs, bound, r, dy, active, 1e-5 if single else 1e-12, h)
    together = rule is not as_given[0]                       # the cotangents of `*x` by position
    check_generated(as_given[0], function, as_given[1], kwargs, dy,
                    {as_given[0].variadic: list(cotangents.values())} if together else cotangents, single)
    return tuple(cotangents.get(name) for name in rule.wrt)


def check_forward(rule: Rule, call: Any, args: Any, kwargs: Any, bound: dict[str, Any], r: Any,
                  dy: Any, active: dict[str, Any], rtol: float, h: float) -> None:
    """The tangent is that of differences, and <dy, J dx> = <J' dy, dx>, argument by argument."""
    for seed, (name, cotangent) in enumerate(active.items()):
        dx = random_like(bound[name], seed=10 + seed)
        dr = push(rule, call, args, kwargs, name, dx, r, bound)
        assert_like(dr, r, f"{rule.name}: tangent of {name}")
        along = [difference_along(call, args, kwargs, rule, name, dx, t) for t in (h, -h)]
        for got, upper, lower in zip(leaves(dr), *map(leaves, along), strict=True):
            want = (upper.astype(np.complex128) - lower) / (2.0 * h)
            scale = max(1.0, float(np.max(np.abs(want), initial=0.0)))
            tolerance = max(1e-6, 10.0 * rtol)
            if np.asarray(upper).dtype.kind in "fc" and upper.dtype.itemsize >= (16 if upper.dtype.kind == "c" else 8):
                np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance * scale, equal_nan=False,
                                           err_msg=f"{rule.name}: tangent of {name} (desired: differences)")
        left, left_size = inner(dy, dr)
        right, right_size = inner(cotangent, dx)
        assert abs(left - right) <= rtol * max(left_size, right_size, 1.0), (
            f"{rule.name}: forward and reverse mode disagree wrt {name}: {left} and {right}")


def check_on_tape(rule: Rule, call: Any, args: Any, kwargs: Any, dy: Any, active: dict[str, Any], rtol: float) -> None:
    """The same call on the tape gives the same cotangents."""
    from symgrad import tape

    given = {name: bound_as_given(args, kwargs, rule, name) for name in active if is_given(args, kwargs, rule, name)}

    def called(given: dict[str, Any]) -> Any:
        new_args, new_kwargs = args, kwargs
        for name, value in given.items():
            new_args, new_kwargs = replaced(new_args, new_kwargs, rule, name, value)
        return call(*new_args, **new_kwargs)

    _, pullback = tape.vjp(called, given, argnums=0)
    for name, found in pullback(dy).items():
        for got, want in zip(leaves(found), leaves(active[name]), strict=True):
            scale = float(np.max(np.abs(want), initial=0.0))
            np.testing.assert_allclose(got, want, rtol=rtol, atol=rtol * scale, equal_nan=False,
                                       err_msg=f"{rule.name}: wrt {name}, tape")


def is_given(args: Any, kwargs: Any, rule: Rule, name: str) -> bool:
    return name in kwargs or rule.params.index(name) < len(args)


def bound_as_given(args: Any, kwargs: Any, rule: Rule, name: str) -> Any:
    return kwargs[name] if name in kwargs else args[rule.params.index(name)]


# -- the three forms of a rule, run directly -----------------------------------------------------

def resolve(function: Any) -> Any:
    """The callable that a key of the table stands for."""
    return getattr(*function) if isinstance(function, tuple) else function


def gathered(call: Any, args: Any, at: int) -> tuple[Any, Any]:
    """The call of a function with ``*args`` in position `at`, and its arguments, with these as one tuple."""
    return lambda *a, **k: call(*a[:at], *a[at], **k), (*args[:at], args[at:])


def spelled_out(rule: Rule, n: int) -> Rule:
    """The rule of an elementwise function of any number of arguments, for `n` of them."""
    params = tuple(f"{rule.params[0]}{i}" for i in range(n))
    partials = tuple(re.sub(rf"\b{rule.params[0]}\b", param, rule.partials[0]) for param in params)
    return replace(rule, params=params, wrt=params, partials=partials)


def bind(rule: Rule, args: Any, kwargs: Any) -> dict[str, Any]:
    """Every parameter of the rule with its value in this call."""
    assert len(args) <= len(rule.params), f"{rule.name} takes {rule.params}"
    bound = dict(rule.defaults) | dict(zip(rule.params, args)) | kwargs
    unknown = set(kwargs) - set(rule.params)
    assert not unknown, f"{rule.name} does not know {unknown}"
    return {name: bound[name] for name in rule.params}


def pull(rule: Rule, dy: Any, r: Any, bound: dict[str, Any]) -> dict[str, Any]:
    """Reverse mode: the cotangents by name."""
    if rule.is_elementwise:
        return {name: fit(contribution(rule, name, dy, r, bound), bound[name]) for name in rule.wrt
                if bound[name] is not None}
    result = rule.pullback(dy, r, *bound.values())
    result = result if len(rule.wrt) > 1 else (result,)
    assert len(result) == len(rule.wrt), f"{rule.name}: {len(result)} cotangents for {rule.wrt}"
    return {name: realised(value, bound[name]) for name, value in zip(rule.wrt, result)}


def push(rule: Rule, call: Any, args: Any, kwargs: Any, name: str, dx: Any, r: Any,
         bound: dict[str, Any]) -> Any:
    """Forward mode: the tangent of the result through one argument."""
    if rule.is_elementwise:
        return realised(contribution(rule, name, dx, r, bound), r).astype(np.asarray(r).dtype)
    if name in rule.pushforward:
        return realised(rule.pushforward[name](dx, r, *bound.values()), r)
    assert rule.linear, f"{rule.name} has no forward mode wrt {name}"
    return call(*replaced(args, kwargs, rule, name, dx)[0], **replaced(args, kwargs, rule, name, dx)[1])


def contribution(rule: Rule, name: str, dy: Any, r: Any, bound: dict[str, Any]) -> np.ndarray:
    """What an elementwise rule makes of a cotangent or tangent for one parameter, not yet summed.

    The compiler turns conditional expressions into `np.where`; here the text is evaluated element
    by element.
    """
    text = rule.partials[rule.params.index(name)]
    code = compile(text if mentions(text, "dy") else f"dy * ({text})", rule.name, "eval")
    values = {"dy": dy, "r": r, **bound}
    spread = np.broadcast_arrays(*map(np.asarray, values.values()))
    floating = [part.dtype for part in spread if part.dtype.kind in "fc"]
    out = np.empty(spread[0].shape, np.result_type(np.complex64, *floating))
    with np.errstate(all="ignore"):
        for i in np.ndindex(out.shape):
            out[i] = eval(code, names.ARRAY, {name: part[i] for name, part in zip(values, spread)})
    return out if any(d.kind == "c" for d in floating) or "1j" in text else np.real(out)


def mentions(text: str, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(ast.parse(text)))


# -- numbers, arrays and nested sequences of them ------------------------------------------------

def leaves(value: Any) -> list[np.ndarray]:
    """The arrays in a result or argument, which may be a tuple or list of arrays."""
    if isinstance(value, (tuple, list)):
        return [leaf for item in value for leaf in leaves(item)]
    try:
        return [np.asarray(value)]
    except ValueError:
        return []


def mapped(f: Any, value: Any) -> Any:
    """`f` of every array of a value, with the structure kept."""
    if isinstance(value, (tuple, list)):
        return [mapped(f, item) for item in value]
    return f(np.asarray(value))


def is_floating(value: Any) -> bool:
    parts = leaves(value)
    return bool(parts) and all(leaf.dtype.kind in "fc" for leaf in parts)


def random_like(value: Any, seed: int) -> Any:
    rng = np.random.default_rng(seed)

    def draw(a: np.ndarray) -> Any:
        x = rng.normal(size=a.shape)
        if a.dtype.kind == "c":
            x = x + 1j * rng.normal(size=a.shape)
        dtype = a.dtype if a.dtype.kind in "fc" else np.float64
        return np.asarray(x, dtype)[()] if a.ndim == 0 else np.asarray(x, dtype)

    return mapped(draw, value)


def realised(cotangent: Any, value: Any) -> Any:
    """The cotangent of a real argument is real: what the compiler does for every rule."""
    if isinstance(value, (tuple, list)):
        return [realised(c, v) for c, v in zip(cotangent, value, strict=True)]
    return np.real(cotangent) if np.asarray(value).dtype.kind != "c" else cotangent


def fit(cotangent: Any, value: Any) -> np.ndarray:
    """The sum over the axes along which an elementwise operand was broadcast."""
    value = np.asarray(value)
    cotangent = np.asarray(cotangent)
    cotangent = np.sum(cotangent, axis=tuple(range(cotangent.ndim - value.ndim)))
    stretched = tuple(i for i, n in enumerate(value.shape) if n == 1 and cotangent.shape[i] != 1)
    cotangent = np.sum(cotangent, axis=stretched, keepdims=True) if stretched else cotangent
    with np.errstate(invalid="ignore"):                     # a NaN for an integer, which nobody reads
        return realised(cotangent, value).astype(value.dtype)


def inner(a: Any, b: Any) -> tuple[float, float]:
    """The real inner product in which cotangents meet tangents, and the size of its terms."""
    terms = [np.real(np.ravel(x) * np.ravel(y)) for x, y in zip(leaves(a), leaves(b), strict=True)]
    flat = np.concatenate(terms or [np.zeros(0)]).astype(np.float64)
    return float(np.sum(flat)), float(np.sum(np.abs(flat)))


def replaced(args: Any, kwargs: Any, rule: Rule, name: str, value: Any) -> tuple[list[Any], dict[str, Any]]:
    """The call with one argument exchanged, passed the way it was passed."""
    args, kwargs = list(args), dict(kwargs)
    position = rule.params.index(name)
    if position < len(args):
        args[position] = value
    else:
        kwargs[name] = value
    return args, kwargs


def differences(call: Any, args: Any, kwargs: Any, rule: Rule, name: str, dy: Any, h: float) -> Any:
    """Central differences of Re<dy, f> with respect to one argument, in double precision."""
    args, kwargs = [mapped_up(a) for a in args], {k: mapped_up(v) for k, v in kwargs.items()}
    at = bind(rule, args, kwargs)[name]
    parts = [part.copy() for part in leaves(at)]

    def loss() -> float:
        rest = iter(parts)
        moved = mapped(lambda a: next(rest)[()], at)
        new_args, new_kwargs = replaced(args, kwargs, rule, name, moved)
        return inner(dy, call(*new_args, **new_kwargs))[0]

    def slope(part: np.ndarray, i: tuple[int, ...], direction: complex) -> float:
        middle = part[i].copy()
        part[i] = middle + h * direction
        upper = loss()
        part[i] = middle - h * direction
        lower = loss()
        part[i] = middle
        return (upper - lower) / (2.0 * h)

    result = []
    for part in parts:
        gradient = np.zeros(part.shape, part.dtype)
        for i in np.ndindex(part.shape):
            gradient[i] = slope(part, i, 1.0)
            if part.dtype.kind == "c":                       # df/dx - i df/dy, as in JAX
                gradient[i] -= 1j * slope(part, i, 1j)
        result.append(gradient)
    rest = iter(result)
    return mapped(lambda a: next(rest), at)


def difference_along(call: Any, args: Any, kwargs: Any, rule: Rule, name: str, dx: Any, t: float) -> Any:
    """The function a step along `dx`, in double precision."""
    args, kwargs = [mapped_up(a) for a in args], {k: mapped_up(v) for k, v in kwargs.items()}
    steps = iter(leaves(dx))
    moved = mapped(lambda a: (a + t * next(steps))[()], bind(rule, args, kwargs)[name])
    new_args, new_kwargs = replaced(args, kwargs, rule, name, moved)
    return call(*new_args, **new_kwargs)


def mapped_up(value: Any) -> Any:
    """The argument in double precision, if it is a single precision array."""
    wider = {"f": np.float64, "c": np.complex128}
    if isinstance(value, (tuple, list)) and is_floating(value):
        return type(value)(mapped_up(item) for item in value)
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in wider:
        return value.astype(wider[value.dtype.kind])
    return value


def assert_like(got: Any, value: Any, what: str) -> None:
    """The same structure, shapes and dtypes, where the value is floating."""
    for a, b in zip(leaves(got), leaves(value), strict=True):
        assert a.shape == b.shape, f"{what} has shape {a.shape}, not {b.shape}"
        if b.dtype.kind in "fc":
            assert a.dtype == b.dtype, f"{what} has dtype {a.dtype}, not {b.dtype}"


def assert_same(a: dict[str, Any], b: dict[str, Any], message: str) -> None:
    for value, other in zip(a.values(), b.values(), strict=True):
        for x, y in zip(leaves(value), leaves(other), strict=True):
            assert x.dtype == y.dtype and (x.dtype == object or x.tobytes() == y.tobytes()), message
