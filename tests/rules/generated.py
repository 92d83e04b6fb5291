"""Push a call whose rule has been checked by itself through the compiler, and compare.

A rule is plain Python, and `direct` runs it as such. Here the same call becomes the body of a
function, whose generated pullback must give the cotangents that the rule gave: so the compiler can
decide every branch that the rule has, and knows every function that it calls.
"""
from __future__ import annotations

import itertools
import linecache
import warnings
from typing import Any

import numpy as np

import symgrad
from symgrad.rules.core import Rule

_count = itertools.count()
Place = tuple[Any, ...]                                     # a parameter and the indices of a part of its argument


def check_generated(rule: Rule, key: Any, args: Any, kwargs: Any, dy: Any, expected: dict[str, Any],
                    single: bool) -> None:
    """Assert that the generated pullback of a call gives `expected`, the cotangents by parameter.

    The generated tangent is compared with it by the dot product: <dy, J dx> = <J' dy, dx>.
    """
    from tests.rules.direct import inner, random_like
    call = Call(rule, args, kwargs)
    function = call.function(key)
    active = tuple(i for i, place in enumerate(call.places) if place is not None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", symgrad.ZeroGradientWarning)
        _, pullback = symgrad.vjp(function, *call.values, argnums=active)
        found = pullback(dy)
        tangents = tuple(random_like(x, seed=20 + i) if i in active else None for i, x in enumerate(call.values))
        _, dr = symgrad.jvp(function, tuple(call.values), tangents)
    for i, got in zip(active, found, strict=True):
        place, value = call.places[i], np.asarray(call.values[i])
        want = expected[place[0]]
        for index in place[1:]:
            want = want[index]
        where = f"{call.text}: generated cotangent of {place}"
        assert np.shape(got) == value.shape, f"{where} has shape {np.shape(got)}, not {value.shape}"
        assert np.asarray(got).dtype == value.dtype, f"{where} has dtype {np.asarray(got).dtype}, not {value.dtype}"
        tolerance = 1e-5 if single else 1e-11
        scale = max(1.0, float(np.max(np.abs(want), initial=0.0)))
        np.testing.assert_allclose(got, want, tolerance, tolerance * scale, equal_nan=False,
                                   err_msg=f"{where} (desired: the rule's)")
    left, left_size = inner(dy, dr)
    right, right_size = inner(list(found), [tangents[i] for i in active])
    assert abs(left - right) <= (1e-5 if single else 1e-12) * max(left_size, right_size, 1.0), (
        f"{call.text}: generated forward and reverse mode disagree: {left} and {right}")


class Call:
    """A call as source: arrays, and floats that have a derivative, are parameters; all else is written out."""

    def __init__(self, rule: Rule, args: Any, kwargs: Any) -> None:
        self.values: list[Any] = []
        self.places: list[Place | None] = []                # of what is differentiated; None for what is not
        texts = []
        for i, a in enumerate(args):
            at = rule.params.index(rule.variadic) if rule.variadic else len(rule.params)
            place = (rule.params[i],) if i < at else (rule.variadic, i - at)
            texts.append(self.of(a, place if place[0] in rule.wrt else None))
        texts += [f"{name}={self.of(a, (name,) if name in rule.wrt else None)}" for name, a in kwargs.items()]
        self.text = ", ".join(texts)

    def of(self, x: Any, place: Place | None) -> str:
        """The expression for an argument."""
        if isinstance(x, (list, tuple)) and not all(isinstance(i, (int, str)) for i in x):
            parts = [self.of(item, None if place is None else (*place, i)) for i, item in enumerate(x)]
            return f"[{', '.join(parts)}]" if isinstance(x, list) else f"({', '.join(parts)},)"
        floating = np.ndim(x) == 0 and isinstance(x, (float, complex, np.inexact)) or (
            isinstance(x, np.ndarray) and x.dtype.kind in "fc")
        if isinstance(x, np.ndarray) or floating and place is not None:
            self.values.append(x)
            self.places.append(place if floating else None)
            return f"x{len(self.values) - 1}"
        if isinstance(x, type):
            return x.__name__ if x in (float, complex) else f"np.{x.__name__}"
        return repr(x).replace("inf", "np.inf") if isinstance(x, float) else repr(x)

    def function(self, key: Any) -> Any:
        """The function that makes the call."""
        called = f"function.{key[1]}" if isinstance(key, tuple) else "function"
        names = ", ".join(f"x{i}" for i in range(len(self.values)))
        source = f"def f({names}):\n    return {called}({self.text})\n"
        file = f"<call {next(_count)}>"
        linecache.cache[file] = (len(source), None, source.splitlines(True), file)
        namespace = {"function": key[0] if isinstance(key, tuple) else key, "np": np}
        exec(compile(source, file, "exec"), namespace)
        return namespace["f"]
