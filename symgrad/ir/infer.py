"""The type of a call's result from the types of its operands.

Elementwise functions follow NumPy's broadcasting and promotion. Any other NumPy
function is asked itself: it is run on small stand-ins in which every unknown
length is a prime of its own, and the lengths of what it returns are read back.
"""
from __future__ import annotations

import itertools
import math
import operator
import warnings
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from symgrad.ir.nodes import Slot, Value, freeze, known_number, map_tree
from symgrad.ir.types import (
    NONE,
    STR,
    Array,
    Dim,
    Instance,
    Length,
    ListOf,
    Opaque,
    Optional_,
    Scalar,
    TupleOf,
    Type,
    broadcast,
    dims_of,
    with_dtype,
)

PRIMES = (5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47)
PYTHON_TYPES = {float: "float64", int: "int64", bool: "bool", complex: "complex128"}


class CannotInfer(Exception):
    """The type of a call's result cannot be known before it runs."""


def length_of(v: Value) -> Length:
    """The dim that an axis of length `v` has."""
    op = v.op
    if op is not None:
        if op.kind == "const" and isinstance(op.attrs["value"], (int, np.integer)):
            return int(op.attrs["value"])
        if op.kind == "call" and op.fn is len and isinstance(op.operands[0].type, ListOf):
            return Dim(("items", op.operands[0].id))
        if op.kind == "call" and op.fn is dim_length:
            return dims_of(op.operands[0].type)[op.attrs["args"][1]]
        if op.kind == "call" and op.fn in (operator.add, operator.sub) and len(op.operands) == 2:
            a, b = (length_of(x) for x in op.operands)
            if isinstance(b, int):
                return a + (b if op.fn is operator.add else -b)
            if isinstance(a, int) and op.fn is operator.add:
                return b + a
    return Dim(("arg" if op is not None and op.kind == "arg" else "value", v.id))


def dim_length(x: Any, axis: int) -> int:
    """``x.shape[axis]``."""
    return x.shape[axis]


def infer(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], operands: list[Value],
          elementwise: bool) -> Any:
    """The type of ``fn(*args, **kwargs)``: a Type, or a tuple or list of such structures."""
    types = [v.type for v in operands]
    if elementwise and len(operands) == len(args) and not kwargs:
        return _elementwise(fn, operands, types)
    if fn is np.reshape and len(args) == 2 and not set(kwargs) - {"order"} and args[0] == Slot(0) and all(
            isinstance(e, Slot) and isinstance(operands[e.index].type, Scalar) or isinstance(e, int)
            for e in (args[1] if isinstance(args[1], tuple) else args[1:])) and operands:
        return _reshaped(operands[0], args[1], operands)
    if fn in PRODUCTS and len(args) == 2 and not kwargs and len(operands) == 2:
        product = _product(types[0], types[1])
        if product is not None:
            return product
    if fn is np.arange and any(isinstance(t, Scalar) and t.kind == "f" for t in types):
        t = _run(fn, args, kwargs, operands, _Sizes(types))
        return Array(t.dtype, (Dim(("arange", freeze(args), freeze(kwargs), tuple(v.id for v in operands))),))
    sizes = _Sizes(types)
    key = None
    if all(isinstance(t, (Scalar, Array)) for t in types):
        consts = tuple(_signature(v) for v in operands)
        key = (fn, freeze(args), freeze(kwargs), consts)
        try:
            if key in _CACHE:
                return _CACHE[key]
        except TypeError:
            key = None
    result = _run(fn, args, kwargs, operands, sizes)
    if key is not None and not _depends(result):
        _CACHE[key] = result
    return result


PRODUCTS = (operator.matmul, np.matmul, np.dot)


def _product(a: Type, b: Type) -> Type | None:
    """The type of ``a @ b`` of vectors and matrices."""
    if not isinstance(a, Array) or not isinstance(b, Array) or a.ndim not in (1, 2) or b.ndim not in (1, 2):
        return None
    inner = (a.dims[-1], b.dims[0])
    if isinstance(inner[0], int) and isinstance(inner[1], int) and inner[0] != inner[1]:
        raise CannotInfer(f"lengths {inner[0]} and {inner[1]} do not fit in a matrix product")
    return with_dtype(np.result_type(a.dtype, b.dtype).name, a.dims[:-1] + b.dims[1:])


_CACHE: dict[Any, Any] = {}


def _signature(v: Value) -> Any:
    if isinstance(v.type, Scalar) and v.type.kind in "ib":
        return (v.type, length_of(v))
    x = known_number(v)
    if x is not None:
        return (v.type, freeze(x))
    if v.op is not None and v.op.kind == "const":
        return (v.type, freeze(v.op.attrs["value"]))
    return v.type


def _elementwise(fn: Callable[..., Any], operands: list[Value], types: list[Type]) -> Type:
    if any(isinstance(t, Optional_) for t in types):
        types = [t.item if isinstance(t, Optional_) else t for t in types]
    if not all(isinstance(t, (Scalar, Array)) or t == NONE for t in types):       # np.clip(x, None, upper)
        raise CannotInfer
    dims = broadcast(*(dims_of(t) for t in types))
    if getattr(fn, "__module__", "") == "math" and all(isinstance(t, Scalar) for t in types):
        return _math_result(fn, len(types))
    consts = tuple(freeze(v.op.attrs["value"]) if v.op and v.op.kind == "const" and isinstance(v.type, Scalar)
                   and v.type.kind in "ib" else None for v in operands)
    kind = _promote(fn, tuple(Array(t.dtype, (1,) * bool(t.dims)) if isinstance(t, Array) else t for t in types), consts)
    return with_dtype(kind.dtype, dims, kind.python)


@lru_cache(1024)
def _math_result(fn: Callable[..., Any], count: int) -> Scalar:
    for trial in (0.5, 1.5, 2):
        try:
            return Scalar(PYTHON_TYPES[type(fn(*[trial] * count))])
        except (ValueError, TypeError, OverflowError, KeyError):
            continue
    return Scalar("float64")


@lru_cache(4096)
def _promote(fn: Callable[..., Any], types: tuple[Type, ...], consts: tuple[Any, ...]) -> Scalar:
    samples: list[Any] = []
    for t, c in zip(types, consts):
        if not isinstance(t, (Scalar, Array)):
            samples.append(None)
        elif isinstance(t, Array):
            samples.append(np.ones((1,) * len(t.dims), t.dtype))
        else:
            sample: Any = np.dtype(t.dtype).type(1)
            if t.python:
                sample = c[1] if c is not None and c[0] in (int, bool) else sample.item()
            samples.append(sample)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        ones = [type(s)(1) if isinstance(s, (int, float)) else s for s in samples]
        for trial in (samples, [s if s is None or isinstance(s, bool) else s + s for s in samples], ones):
            try:
                return _scalar_type(fn(*trial))
            except (ValueError, ZeroDivisionError):
                continue
            except TypeError as e:
                raise CannotInfer(str(e)) from e
    raise CannotInfer("no sample of these types is in the function's domain")


def _scalar_type(x: Any) -> Scalar:
    if type(x) in PYTHON_TYPES:
        return Scalar(PYTHON_TYPES[type(x)])
    if isinstance(x, (np.ndarray, np.generic)):
        return Scalar(x.dtype.name, python=False)
    raise CannotInfer(f"a {type(x).__name__}")


class _Sizes:
    """Which number stands for which unknown length, and back."""

    def __init__(self, types: list[Type], chosen: dict[Any, int] | None = None) -> None:
        taken = {d + k for t in types for d in dims_of(t) if isinstance(d, int) for k in (-1, 0, 1)}
        self.by_base: dict[Any, int] = {}
        self.chosen = chosen or {}
        self.free = iter([p for p in PRIMES if p not in taken and p not in self.chosen.values()])

    def size(self, d: Length) -> int:
        if isinstance(d, int) and d <= 64:
            return d
        base, offset = (("const", d), 0) if isinstance(d, int) else (d.base, d.offset)
        if base not in self.by_base:
            self.by_base[base] = self.chosen.get(base) or next(self.free, 53 + 2 * len(self.by_base))
        return max(0, self.by_base[base] + offset)

    def dim(self, size: int, known: list[Length], fresh: Any) -> Length:
        fits = [d for d in known if not isinstance(d, int) and self.size(d) == size]
        if fits:
            # lengths that were made equal for a try cannot be told apart: none is known not to be 1 unless all are
            one_of = len(set(fits)) == 1 or all(d.many for d in fits)
            return fits[0] if one_of and not fits[0].varies else Dim(fresh)
        for base, n in self.by_base.items():
            if n == size:
                return base[1] if base[0] == "const" else Dim(base)
        if size in (0, 1) or any(d == size for d in known) or not self.by_base:
            return size
        return Dim(fresh)


def _run(fn: Any, args: Any, kwargs: Any, operands: list[Value], sizes: _Sizes) -> Any:
    types = [v.type for v in operands]
    known = [d for t in types for d in dims_of(t)]
    known += [length_of(v) for v in operands if isinstance(v.type, Scalar) and v.type.kind == "i"]
    fresh = (getattr(fn, "__name__", str(fn)), freeze(args), freeze(kwargs), tuple(v.id for v in operands))
    error: Exception | None = None
    for chosen in _choices(sizes, types, known, args):
        sizes = _Sizes(types, chosen) if chosen else sizes
        try:
            first = _read(_tried(fn, args, kwargs, operands, sizes), sizes, known, fresh)
            if not chosen and sizes.by_base:
                for other in _other_sizes(types):
                    first = _confirmed(first, fn, args, kwargs, operands, known, fresh, other)
            elif chosen:                                # a half of two is one, a half of six is not
                other = _Sizes(types, {base: 3 * n for base, n in chosen.items()})
                first = _confirmed(first, fn, args, kwargs, operands, known, fresh, other)
            return _confirmed(first, fn, args, kwargs, operands, known, (FOUND, *fresh), sizes, varied=True)
        except (ValueError, IndexError, np.linalg.LinAlgError, ZeroDivisionError) as e:
            error = error or e
        except TypeError as e:
            if "shape" not in str(e):               # np.average says so where lengths differ
                raise
            error = error or e
    raise CannotInfer(str(error))


def _tried(fn: Any, args: Any, kwargs: Any, operands: list[Value], sizes: _Sizes, varied: bool = False) -> Any:
    """What a function returns for small samples of its operands."""
    def stand_in(slot: Slot) -> Any:
        return _sample(operands[slot.index], operands[slot.index].type, sizes, varied)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return fn(*map_tree(args, stand_in), **map_tree(kwargs, stand_in))


def _other_sizes(types: list[Type]) -> Iterator[_Sizes]:
    """Unknown lengths in another order, and unknown lengths that are shorter than those that are known."""
    sizes = _Sizes(types)
    sizes.free = iter(sorted(itertools.islice(sizes.free, 8), reverse=True))
    yield sizes
    given = {d for t in types for d in dims_of(t) if isinstance(d, int) and d > 1}
    if given:
        sizes = _Sizes(types)
        sizes.free = iter(range(min(given) - 1, 0, -1))
        yield sizes


def _confirmed(first: Any, fn: Any, args: Any, kwargs: Any, operands: list[Value], known: list[Length],
               fresh: Any, sizes: _Sizes, varied: bool = False) -> Any:
    """A result's type, looked at again with other lengths or other elements. What differs is known at run time only.

    What np.convolve(x, y, "same") returns is as long as the longer of the two, a diagonal as the shorter axis. How many elements np.flatnonzero(x) finds depends on the elements of x.
    """
    try:
        result = _tried(fn, args, kwargs, operands, sizes, varied)
    except Exception:  # noqa: BLE001 - a function may refuse them in whatever way it likes
        return first
    return _common(first, _read(result, sizes, known, fresh), fresh)


FOUND = "found"


def _depends(result: Any) -> bool:
    """Whether a length depends on elements: it is another one for other operands of the same types."""
    if isinstance(result, (tuple, list)):
        return any(map(_depends, result))
    return any(isinstance(d, Dim) and _is_found(d.base) for d in dims_of(result))


def _is_found(base: Any) -> bool:
    return isinstance(base, tuple) and len(base) > 0 and (base[0] == FOUND or _is_found(base[0]))


def _common(a: Any, b: Any, fresh: Any) -> Any:
    """What two looks at a result agree on."""
    if isinstance(a, Array) and isinstance(b, Array) and a.ndim == b.ndim:
        return Array(a.dtype, tuple(x if x == y else Dim((fresh, i)) for i, (x, y) in enumerate(zip(a.dims, b.dims))))
    if isinstance(a, (tuple, list)) and type(a) is type(b):
        if len(a) != len(b):
            raise CannotInfer("how many arrays there are depends on a length that is known at run time only")
        return type(a)(_common(x, y, (fresh, i)) for i, (x, y) in enumerate(zip(a, b)))
    return a


def _choices(sizes: _Sizes, types: list[Type], known: list[Length], args: Any) -> Iterator[dict[Any, int]]:
    """Lengths to try: all different, then some equal, to each other or to a known length, then one a product."""
    yield {}
    bases = list(sizes.by_base)
    given = sorted({d for d in known if isinstance(d, int) and 1 < d <= 64} | {n for a in args for n in _numbers(a)})
    given += [given[-1] + 1] if given else []               # an index needs an axis that is longer
    numbers = list(dict.fromkeys([*given, 3, 12, 2]))
    for a, b in itertools.combinations(bases, 2):
        yield {a: 7, b: 7}
    for a in bases:
        for n in numbers:
            yield {a: n}
    yield {d.base: PRIMES[i] for t in types for i, d in enumerate(dims_of(t)) if isinstance(d, Dim)}    # of one shape
    yield dict.fromkeys(bases, 7)
    for n in numbers:
        yield dict.fromkeys(bases, n)
    for a, b in itertools.islice(itertools.permutations(bases, 2), 6):
        for n, m in itertools.islice(itertools.product(numbers, repeat=2), 36):
            yield {a: n, b: m}
    for a, b, c in itertools.islice(itertools.permutations(bases, 3), 24):
        yield {a: 6, b: 2, c: 3}


def _numbers(args: Any) -> Iterator[int]:
    """The numbers in a call's arguments, and the lengths of its lists."""
    if isinstance(args, (tuple, list)):
        yield len(args)
        for a in args:
            yield from _numbers(a)
    elif isinstance(args, int) and 1 < args <= 64:
        yield args


def _reshaped(x: Value, shape: Any, operands: list[Value]) -> Type:
    """The type of ``np.reshape(x, shape)``."""
    entries = shape if isinstance(shape, tuple) else (shape,)
    dims: list[Length] = [length_of(operands[e.index]) if isinstance(e, Slot) else e for e in entries]
    if -1 in dims:
        old, i = dims_of(x.type), dims.index(-1)
        rest = dims[:i] + dims[i + 1:]
        if not rest and len(old) == 1:
            dims[i] = old[0]
        elif all(isinstance(d, int) for d in (*old, *rest)) and 0 not in rest:
            dims[i] = math.prod(old) // math.prod(rest)                                  # type: ignore[arg-type]
        elif len(left := _without(list(old), rest)) == 1:
            dims[i] = left[0]
        else:
            dims[i] = Dim(("slice", "reshape", *old, *rest))
    assert isinstance(x.type, (Array, Scalar))
    return Array(x.type.dtype, tuple(dims))


def _without(dims: list[Length], others: list[Length]) -> list[Length]:
    """Lengths with others taken out where they are there; all of them where one is not."""
    left = list(dims)
    for d in others:
        if d not in left or isinstance(d, Dim) and d.varies:
            return dims
        left.remove(d)
    return left if len(left) == len(dims) - len(others) else dims


def _sample(v: Value | None, t: Type, sizes: _Sizes, varied: bool = False) -> Any:
    if v is not None and v.op is not None and v.op.kind == "const":
        return v.op.attrs["value"]
    if v is not None and (x := known_number(v)) is not None:
        return x
    if isinstance(t, Optional_):
        t = t.item
    if isinstance(t, Array):
        return _array(tuple(map(sizes.size, t.dims)), t.dtype, varied)
    if isinstance(t, Scalar):
        if t.kind == "i":
            n = sizes.size(length_of(v)) if v is not None else 2
            return n if t.python else np.dtype(t.dtype).type(n)
        x = np.dtype(t.dtype).type(0.5)
        return x.item() if t.python else x
    if isinstance(t, ListOf):
        n = sizes.size(Dim(("items", v.id if v is not None else "inner")))
        return [_sample(None, t.item, sizes, varied)] * n
    if isinstance(t, TupleOf):
        return tuple(_sample(None, i, sizes, varied) for i in t.items)
    if isinstance(t, Instance):
        made: Any = object.__new__(t.cls)
        for name, field in t.fields:
            object.__setattr__(made, name, _sample(None, field, sizes, varied))
        return made
    if isinstance(t, Opaque) and t.what == "str":
        return ""
    raise CannotInfer(f"an operand of type {t}")


@lru_cache(256)
def _array(shape: tuple[int, ...], dtype: str, varied: bool) -> np.ndarray:
    """Elements that most functions take. Some are 0 and some are 1 if they are varied, sorted, a matrix stays regular."""
    kind = np.dtype(dtype).kind
    if varied and (len(shape) < 2 or kind in "biu"):
        size = math.prod(shape)
        return (np.arange(size) >= (size + 1) // 2).reshape(shape).astype(dtype)
    if kind in "iu":
        return np.zeros(shape, dtype)
    if len(shape) < 2 or kind == "b":
        return np.ones(shape, dtype)
    matrix = np.eye(shape[-2], shape[-1])
    if not varied:
        matrix = 0.9375 * matrix + 0.0625                            # positive definite; all are in (0, 1]
    return np.broadcast_to(matrix, shape).astype(dtype)


def _read(result: Any, sizes: _Sizes, known: list[Length], fresh: Any) -> Any:
    if isinstance(result, np.ndarray):
        if result.dtype.kind not in "biufc":
            raise CannotInfer(f"an array of {result.dtype}")
        return Array(result.dtype.name,
                     tuple(sizes.dim(n, known, (fresh, i)) for i, n in enumerate(result.shape)))
    if isinstance(result, np.generic) or type(result) in PYTHON_TYPES:
        return _scalar_type(result)
    if isinstance(result, tuple):
        return tuple(_read(r, sizes, known, (fresh, i)) for i, r in enumerate(result))
    if isinstance(result, list):
        return [_read(r, sizes, known, (fresh, i)) for i, r in enumerate(result)]
    if result is None:
        return NONE
    if isinstance(result, str):
        return STR
    return Opaque(type(result).__name__, type(result))


def type_of(obj: Any, name: Any = "") -> Type | None:
    """The type of a run-time object that is one IR value, or None where it is a structure."""
    if type(obj) in PYTHON_TYPES:
        return Scalar(PYTHON_TYPES[type(obj)])
    if isinstance(obj, np.ndarray):
        if obj.dtype.kind not in "biufc":
            return Opaque("ndarray")
        dims = tuple(1 if n == 1 else Dim(("arg", name, i), many=True) for i, n in enumerate(obj.shape))
        return Array(obj.dtype.name, dims)
    if isinstance(obj, np.generic) and obj.dtype.kind in "biufc":
        return Scalar(obj.dtype.name, python=False)
    if isinstance(obj, str):
        return STR
    return None


__all__ = ["CannotInfer", "dim_length", "infer", "length_of", "type_of"]
