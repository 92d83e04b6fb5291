"""Calling a function that has a rule: the value now, and the rule's pullback in the reverse sweep."""
from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from symgrad.errors import MissingRuleError, UnsupportedError
from symgrad.rules.core import Rule, find, key_of
from symgrad.rules.einsum import subscripts_of
from symgrad.tape import engine, partials
from symgrad.tape.arrays import Array, constant
from symgrad.tape.engine import NUMBERS, Node, Value
from symgrad.tape.memory import Memory, Reading, create, deliver, write

IGNORED = ("dtype", "casting", "order", "subok")                # of ufuncs: they say nothing about derivatives


def live(x: Any) -> Any:
    """The plain number or array that something on the tape stands for; sequences are gone through."""
    if isinstance(x, (Value, Array)):
        return x.data
    if type(x) in (list, tuple):
        return type(x)(map(live, x))
    if isinstance(x, slice):
        return slice(live(x.start), live(x.stop), live(x.step))
    return x


def is_complex(x: Any) -> bool:
    """Whether an operand is a complex number, or an array of them."""
    data = x.data if isinstance(x, (Value, Array)) else x
    return isinstance(data, (complex, np.complexfloating)) or isinstance(data, np.ndarray) and data.dtype.kind == "c"


def saved(x: Any) -> Any:
    """The same, as it will still be in the reverse sweep."""
    if isinstance(x, Array):
        return x.memory.snapshot(x.data)
    if isinstance(x, np.ndarray):
        return x.copy(order="K")
    if type(x) in (list, tuple):
        return type(x)(map(saved, x))
    return live(x)


def target_of(x: Any) -> Any:
    """Where the cotangent of an operand goes: a value, a reading, a list of these; None for a constant."""
    if isinstance(x, Value):
        return x
    if isinstance(x, Array):
        return x.reading() if x.active else None
    if isinstance(x, (list, tuple)):
        found = [target_of(i) for i in x]
        return found if any(i is not None for i in found) else None
    return None


def leaves(target: Any) -> tuple[Any, ...]:
    """The values and readings of nested targets."""
    if isinstance(target, (list, tuple)):
        return tuple(leaf for t in target for leaf in leaves(t))
    return () if target is None else (target,)


def blocks(x: Any) -> list[Memory]:
    """The blocks of memory that operands are views of."""
    if isinstance(x, Array):
        return [x.memory]
    return [m for i in x for m in blocks(i)] if isinstance(x, (list, tuple)) else []


def apply(key: Any, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``function(*args, **kwargs)``, recorded if anything in the arguments is active. `key` is that of its rule."""
    from symgrad.tape.writers import WRITERS
    if key in WRITERS:
        return WRITERS[key](*args, **kwargs)
    out = kwargs.get("out")
    if isinstance(out, Array):
        result = apply(key, function, args, {k: v for k, v in kwargs.items() if k != "out"})
        out[...] = result
        return out
    if key is np.einsum and not isinstance(args[0], str):
        pairs = len(args) // 2 * 2
        args = (subscripts_of(args[1:pairs:2], args[pairs:]), *args[:pairs:2])
    rule = find(key_of(key, len(args), any(map(is_complex, args))))
    if rule is None and isinstance(key, tuple) and key[1] == "outer":
        a, b = args
        if np.ndim(live(a)) and np.ndim(live(b)):
            a = (a if isinstance(a, Array) else np.asarray(a))[(..., *(None,) * np.ndim(live(b)))]
        return apply(key[0], key[0], (a, b), kwargs)
    if rule is not None and not rule.variadic and getattr(function, "__module__", "") not in ("math", "builtins"):
        arrays = [p for p in (rule.params if rule.is_elementwise else rule.wrt) if p not in rule.lists]
        args = tuple(as_given(a, p in arrays) for p, a in zip(rule.params, args)) + args[len(rule.params):]
        kwargs = {p: as_given(a, p in arrays) for p, a in kwargs.items()}
    active = target_of([*args, *kwargs.values()]) is not None
    stored = bound(rule, args, kwargs) if active and rule is not None and not rule.is_constant else None
    keep = None if stored is None or rule is None else {n: saved(v) for n, v in stored.items() if needed(rule, n)}
    targets = None if stored is None else {n: t for n, v in stored.items() if (t := target_of(v)) is not None}
    if targets and rule is not None and rule.shapes:
        targets = {n: t for n, t in targets.items() if n not in rule.shapes}
        active = bool(targets)
    result = function(*live(args), **{k: live(v) for k, v in kwargs.items()})
    if not active or rule is not None and rule.is_constant or key is np.where and len(args) == 1:
        return held(result, blocks([*args, *kwargs.values()]))
    shared = views(result, blocks(list(args)))
    if shared is not None:
        return shared
    if rule is None:
        name = getattr(function, "__name__", repr(function))
        raise MissingRuleError(f"{name}() has no derivative rule",
                               hint="say what its derivative is with symgrad.rule, or write the function in Python")
    assert keep is not None and targets is not None
    for name in targets:
        if name not in (*rule.wrt, *rule.shapes) and not rule.is_elementwise:
            raise UnsupportedError(f"the derivative of {rule.name}() with respect to its argument {name!r} is not "
                                   "supported", hint="pass a constant, or write the computation out")
    if rule.is_elementwise:
        return elementwise(rule, result, args, keep, targets)
    return structured(rule, function, result, keep, targets)


def as_given(a: Any, array: bool) -> Any:
    """An argument of a function; a list or tuple where the function takes an array is made one here."""
    return apply(np.array, np.array, (a,), {}) if array and isinstance(a, (list, tuple)) and target_of(a) is not None else a


def needed(rule: Rule, name: str) -> bool:
    """Whether the reverse sweep may need an operand's value."""
    return not rule.is_elementwise or name in partials.used(rule)


def bound(rule: Rule | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The operands by the names that the rule gives them."""
    assert rule is not None
    found: dict[str, Any] = dict(rule.defaults)
    if rule.variadic:
        at = rule.params.index(rule.variadic)
        found.update(zip(rule.params[:at], args[:at]))
        found[rule.variadic] = tuple(args[at:])
    else:
        if len(args) > len(rule.params):
            raise UnsupportedError(f"{rule.name}() with {len(args)} arguments")
        found.update(zip(rule.params, args))
    for k, v in kwargs.items():
        k = rule.aliases.get(k, k)
        if k in rule.params:
            found[k] = v
        elif not (rule.is_elementwise and k in IGNORED):
            raise UnsupportedError(f"the argument {k!r} of {rule.name}() is not supported", hint="leave it out")
    return {p: np.asarray(found[p]) if is_list_of_numbers(rule, p, found[p]) else found[p]
            for p in rule.params if p in found}


def is_list_of_numbers(rule: Rule, name: str, value: Any) -> bool:
    """Whether an argument without derivative is a list where the rule wants an array."""
    return isinstance(value, (list, tuple)) and name in rule.wrt \
        and name not in (*rule.lists, rule.variadic) and target_of(value) is None


# -- results ----------------------------------------------------------------------------------------


def held(result: Any, memories: list[Memory]) -> Any:
    """A result on which nothing depends; arrays of floats are made such that they can be written to."""
    if isinstance(result, np.ndarray):
        if result.dtype.kind not in "fc":
            return result
        for m in memories:
            if m.holds(result):
                return Array(result, m)
        return constant(result)
    if type(result) in (list, tuple):
        return type(result)(held(r, memories) for r in result)
    if isinstance(result, tuple) and hasattr(result, "_fields"):
        return type(result)(*(held(r, memories) for r in result))
    return result


def views(result: Any, memories: list[Memory]) -> Any:
    """The result as views of the operands' memory, or None if it is not that."""
    if isinstance(result, np.ndarray):
        return next((Array(result, m) for m in memories if m.holds(result)), None)
    if type(result) in (list, tuple) and result:
        found = [views(r, memories) for r in result]
        return type(result)(found) if all(f is not None for f in found) else None
    return None


def made(r: Any, op: str, inputs: tuple[Any, ...], pullback: Callable[[Any], None]) -> Any:
    """One result of an operation."""
    if isinstance(r, np.ndarray):
        return create(r, op, inputs, pullback) if r.dtype.kind in "fc" else r
    if isinstance(r, (float, complex, np.inexact)):
        return engine._made(r, op, inputs, lambda node: pullback(node.grad))
    return r


# -- elementwise ------------------------------------------------------------------------------------


def elementwise(rule: Rule, result: Any, args: tuple[Any, ...], keep: dict[str, Any], targets: dict[str, Any]) -> Any:
    """A function with partial derivatives: on numbers, or on arrays."""
    if rule.variadic:
        return any_number(rule, result, args)
    if not isinstance(result, np.ndarray) and len(args) == len(rule.params) and not any(
            isinstance(a, (Array, np.ndarray)) for a in args):
        python = all(type(live(a)) in engine.PYTHON for a in args)
        return engine._made(result, rule.name, tuple(args), partials.scalar(rule, 0, python))
    keep = {**{p: None for p in rule.params}, **keep}
    r = np.array(result) if "r" in partials.used(rule) else None
    return made(result, rule.name, tuple(targets.values()), functools.partial(_elementwise, rule, r, keep, targets))


def _elementwise(rule: Rule, r: Any, keep: dict[str, Any], targets: dict[str, Any], dy: Any) -> None:
    for name, target in targets.items():
        if name not in rule.wrt:
            continue
        deliver(target, partials.array(rule, name)(dy, r, **keep))


def any_number(rule: Rule, result: Any, args: tuple[Any, ...]) -> Any:
    """math.hypot: each argument in turn is the rule's one parameter."""
    if all(isinstance(a, (Value, *NUMBERS)) for a in args):
        python = all(type(live(a)) in engine.PYTHON for a in args)
        return engine._made(result, rule.name, tuple(args), partials.scalar(rule, len(args), python))
    operands = [(saved(a), target_of(a)) for a in args]
    r = np.array(result)

    def pullback(dy: Any) -> None:
        for value, target in operands:
            if target is not None:
                deliver(target, partials.array(rule, rule.variadic)(dy, r, value))

    return made(result, rule.name, leaves([t for _, t in operands]), pullback)


# -- structured -------------------------------------------------------------------------------------


def structured(rule: Rule, function: Any, result: Any, keep: dict[str, Any], targets: dict[str, Any]) -> Any:
    """A function whose rule is a pullback."""
    if getattr(function, "__module__", "") not in ("math", "builtins"):
        keep = {n: _with_shape(v) if n in targets and not isinstance(targets[n], list) else v for n, v in keep.items()}
    inputs = leaves(list(targets.values()))
    if isinstance(result, (list, tuple)):
        return several(rule, function, result, keep, targets, inputs)
    r = result.copy() if isinstance(result, np.ndarray) else result
    return made(result, rule.name, inputs, lambda dy: pull_back(rule, like(dy, r), r, keep, targets))


def _with_shape(x: Any) -> Any:
    """A number as NumPy's: rules ask for its shape."""
    return np.float64(x) if type(x) in (float, int) else np.complex128(x) if type(x) is complex else x


def like(dy: Any, r: Any) -> Any:
    """A cotangent in the type of the result."""
    if isinstance(r, (np.ndarray, np.generic)):
        return np.asarray(dy, r.dtype) if isinstance(r, np.ndarray) else r.dtype.type(dy)
    return type(r)(dy) if isinstance(r, (float, complex)) else dy


def pull_back(rule: Rule, dy: Any, r: Any, keep: dict[str, Any], targets: dict[str, Any]) -> None:
    """Call a rule's pullback and hand out what it returns."""
    assert rule.pullback is not None
    got = rule.pullback(dy, r, **keep)
    if len(rule.wrt) == 1:
        lone = isinstance(got, tuple) and len(got) == 1 and not isinstance(keep[rule.wrt[0]], (list, tuple))
        got = got if lone else (got,)
    for name, d in zip(rule.wrt, got, strict=True):
        deliver(targets.get(name), d)


class Several(Node):
    """An operation with several results; they hand their adjoints to it."""

    __slots__ = ("cotangents",)

    cotangents: dict[int, Any]


def several(rule: Rule, function: Any, result: Any, keep: dict[str, Any], targets: dict[str, Any],
            inputs: tuple[Any, ...]) -> Any:
    whole = Several()
    whole.data, whole.grad, whole._op, whole._inputs, whole.cotangents = result, 0, rule.name, inputs, {}
    whole._order, whole.line, whole.serial = None, None, next(engine._serial)
    flat: list[Any] = []
    kept: list[Any] = []

    def part(r: Any) -> Any:
        if isinstance(r, (list, tuple)):
            items = [part(i) for i in r]
            return type(r)(*items) if hasattr(r, "_fields") else type(r)(items)
        i = len(flat)
        flat.append(r)
        kept.append(r.copy() if isinstance(r, np.ndarray) else r)
        return made(r, f"{rule.name}[{i}]", (whole,), lambda dy: whole.cotangents.__setitem__(i, like(dy, kept[i])))

    results = part(result)

    def pull(node: Any) -> None:
        numbers = iter(range(len(flat)))
        linalg = "linalg" in (getattr(function, "__module__", "") or "")

        def cotangent(r: Any) -> Any:
            if isinstance(r, (list, tuple)):
                return type(r)(map(cotangent, r)) if not hasattr(r, "_fields") else tuple(map(cotangent, r))
            i = next(numbers)
            if i in node.cotangents:
                return node.cotangents[i]
            return None if linalg else np.zeros_like(kept[i]) if isinstance(r, np.ndarray) else type(r)(0)

        def value(r: Any) -> Any:
            if isinstance(r, (list, tuple)):
                items = list(map(value, r))
                return type(r)(*items) if hasattr(r, "_fields") else type(r)(items)
            return kept[next(again)]

        again = iter(range(len(flat)))
        dy = cotangent(result)
        pull_back(rule, dy, value(result), keep, targets)
        node.cotangents = {}

    whole._pull = pull
    return results


# -- ufuncs -----------------------------------------------------------------------------------------


def ufunc_call(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What NumPy hands over when an operand of a ufunc, or of one of its methods, is on the tape."""
    if any(isinstance(i, np.ndarray) and i.dtype == object for i in inputs):
        return getattr(ufunc, method)(*(_boxed(i) for i in inputs), **kwargs)
    kwargs = dict(kwargs)
    if method != "__call__":
        if method == "at":
            from symgrad.tape.writers import at
            return at(ufunc, *inputs)
        out = kwargs.pop("out", None)
        out = out[0] if isinstance(out, tuple) else out
        result = apply((ufunc, method), getattr(ufunc, method), inputs, kwargs)
        return _into(out, result)
    outs = kwargs.pop("out", ())
    outs = outs if isinstance(outs, tuple) else (outs,)
    where = kwargs.pop("where", True)
    result = apply(ufunc, ufunc, inputs, kwargs)
    if not outs:
        return result
    results = result if isinstance(result, tuple) else (result,)
    stored = tuple(_into(o, r if where is True else np.where(where, r, o)) for o, r in zip(outs, results))
    return stored if isinstance(result, tuple) else stored[0]


def _boxed(x: Any) -> Any:
    """A value as an array of objects, so that NumPy calls its operators."""
    if not isinstance(x, Value):
        return x
    box = np.empty((), object)
    box[()] = x
    return box


def _into(out: Any, result: Any) -> Any:
    if out is None:
        return result
    dtype = np.asarray(live(result)).dtype
    if not np.can_cast(dtype, out.dtype, "same_kind"):
        raise TypeError(f"Cannot cast the output from {dtype!r} to {out.dtype!r} with casting rule 'same_kind'")
    if not isinstance(out, Array):
        if target_of(result) is not None:
            raise TypeError("the result of an operation on the tape is written to an array that is not on it: its "
                            "derivative would be lost")
        np.copyto(out, live(result), casting="same_kind")
        return out
    write(out, ..., result)
    return out


__all__ = ["Reading", "apply", "live", "target_of", "ufunc_call"]
