"""`Array`: what a NumPy program sees in place of an array of floats while it is run on the tape."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from symgrad.rules.core import METHODS
from symgrad.tape import engine
from symgrad.tape.memory import Memory, Reading, create, owned, write

PLAIN = ("shape", "ndim", "size", "dtype", "nbytes", "itemsize", "strides", "flags")


class Array(np.lib.mixins.NDArrayOperatorsMixin):
    """An array whose elements remember how they were made: a view of a block of memory, see `memory`.

    >>> import numpy as np
    >>> from symgrad import tape
    >>> a = tape.array([1.0, 2.0, 3.0])
    >>> b = np.exp(a[1:]) * a[0]
    >>> np.sum(b).backward()
    >>> a.grad.round(3)
    array([27.475,  7.389, 20.086])
    """

    __slots__ = ("data", "memory")
    __array_priority__ = 1000.0

    def __init__(self, data: np.ndarray, memory: Memory) -> None:
        self.data = data                        # the elements, a view of the block
        self.memory = memory

    @property
    def active(self) -> bool:
        """Whether anything in the block depends on what is differentiated."""
        return self.memory.head is not None

    @property
    def grad(self) -> Any:
        """The gradient with respect to this array as it was made, after `backward`."""
        origin = self.memory.origin
        if origin is None or not np.ndim(origin.grad):
            return np.zeros_like(self.data) if origin is None or np.ndim(self.data) else self.data.dtype.type(origin.grad)
        whole = np.zeros_like(self.memory.flat)
        dtype, offset, shape, strides = origin.layout                           # type: ignore[attr-defined]
        np.ndarray(shape, dtype, whole, offset, strides)[...] = origin.grad
        dtype, offset, shape, strides = self.memory.layout(self.data)
        return np.ndarray(shape, dtype, whole, offset, strides).copy()

    def reading(self) -> Reading:
        """This view as an operand, at the version that the block has now."""
        assert self.memory.head is not None
        return Reading(self.memory.head, self.memory, self.data)

    # -- elements ----------------------------------------------------------------------------------

    def __getitem__(self, key: Any) -> Any:
        from symgrad.tape.apply import live
        key = live(key)
        r = self.data[key]
        if isinstance(r, np.ndarray):
            if self.memory.holds(r):
                return Array(r, self.memory)
            if not self.active:
                return constant(r)
            return self._gathered(r, key)
        if not self.active:
            return r
        keys = key if isinstance(key, tuple) else (key,)
        place = Reading(self.memory.head, self.memory, self.data[(*keys, ...)])         # type: ignore[arg-type]
        return engine._made(r, "[]", (place,), _to_place)

    def _gathered(self, r: np.ndarray, key: Any) -> Array:
        from symgrad.tape.memory import _kept
        reading, key = self.reading(), _kept(key)
        shape, dtype = self.data.shape, self.data.dtype

        def pullback(dy: Any) -> None:
            d = np.zeros(shape, dtype)
            np.add.at(d, key, dy)
            reading.add(d)

        return create(r, "[]", (reading,), pullback)            # type: ignore[no-any-return]

    def __setitem__(self, key: Any, value: Any) -> None:
        from symgrad.tape.apply import apply, target_of
        if isinstance(value, (list, tuple)) and target_of(value) is not None:
            value = apply(np.array, np.array, (value,), {})
        write(self, key, value)

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[Any]:
        for i in range(len(self.data)):
            yield self[i]

    def __bool__(self) -> bool:
        return bool(self.data)

    def __int__(self) -> int:
        return int(self.data)

    def __index__(self) -> int:
        return self.data.__index__()                            # type: ignore[no-any-return]

    def __contains__(self, x: Any) -> bool:
        from symgrad.tape.apply import live
        return live(x) in self.data

    def __float__(self) -> float:
        if self.active:
            raise TypeError("float() of an array on the tape would lose how it was computed: use .data")
        return float(self.data)

    def __complex__(self) -> complex:
        if self.active:
            raise TypeError("complex() of an array on the tape would lose how it was computed: use .data")
        return complex(self.data)

    def __copy__(self) -> Any:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> Any:
        return self.copy()

    __hash__ = None                                             # type: ignore[assignment]

    @property                                                   # type: ignore[misc]
    def __class__(self) -> type:                                # type: ignore[override]
        """While a function runs on the tape, what this array stands for: `isinstance` and `match` ask for it."""
        return np.ndarray if engine.RECORDER.run is not None else Array

    def __repr__(self) -> str:
        return repr(self.data)

    def __format__(self, spec: str) -> str:
        return format(self.data, spec)

    # -- NumPy -------------------------------------------------------------------------------------

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        if self.active:
            raise TypeError("an array on the tape was given to a function that NumPy's protocols do not reach; its "
                            "derivative would be lost. Use .data for the numbers alone, or state a rule for the function")
        return np.array(self.data, dtype=dtype)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        from symgrad.tape.apply import ufunc_call
        return ufunc_call(ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        from symgrad.tape.apply import apply
        return apply(function, function, args, kwargs)

    @property
    def T(self) -> Array:
        return Array(self.data.T, self.memory)

    @property
    def mT(self) -> Array:
        return Array(self.data.mT, self.memory)

    @property
    def real(self) -> Any:
        return Array(self.data.real, self.memory)

    @real.setter
    def real(self, value: Any) -> None:
        self.real[...] = value

    @property
    def imag(self) -> Any:
        if self.data.dtype.kind == "c":
            return Array(self.data.imag, self.memory)
        return constant(np.zeros_like(self.data))

    @imag.setter
    def imag(self, value: Any) -> None:
        self.imag[...] = value

    @property
    def flat(self) -> Any:
        """All elements in a row; if they do not lie so in memory, for reading only."""
        flat = self.reshape(-1)
        if flat.memory is not self.memory:
            flat.data.flags.writeable = False
        return flat

    def fill(self, value: Any) -> None:
        self[...] = value

    def sort(self, *args: Any, **kwargs: Any) -> None:
        self[...] = np.sort(self, *args, **kwargs)              # type: ignore[call-overload]

    def partition(self, *args: Any, **kwargs: Any) -> None:
        self[...] = np.partition(self, *args, **kwargs)         # type: ignore[call-overload]

    def dot(self, b: Any, out: Any = None) -> Any:
        return np.dot(self, b) if out is None else np.dot(self, b, out)         # type: ignore[arg-type]

    def reshape(self, *shape: Any, **kwargs: Any) -> Any:
        return np.reshape(self, *(shape if len(shape) == 1 else (shape,)), **kwargs)    # type: ignore[arg-type]

    def transpose(self, *axes: Any) -> Any:
        return np.transpose(self, *(axes if len(axes) < 2 else (axes,)))        # type: ignore[arg-type]

    def __getattr__(self, name: str) -> Any:
        if name in PLAIN:
            return getattr(self.data, name)
        if name in METHODS:
            from symgrad.tape.apply import apply
            function = METHODS[name]
            return lambda *args, **kwargs: apply(function, function, (self, *args), kwargs)
        raise AttributeError(f"arrays on the tape have no attribute {name!r}")


def _to_place(node: Any) -> None:
    node._inputs[0].add(node.grad)


def constant(r: np.ndarray) -> Array:
    """An array on which nothing depends, until something that does is written to it."""
    memory, r = owned(r)
    return Array(r, memory)


def array(data: Any) -> Array:
    """A new array to differentiate with respect to: a leaf of the tape, with `grad` after `backward`."""
    made: Array = create(np.array(data, dtype=np.result_type(np.asarray(data), np.float32)), "", (), None)
    return made


__all__ = ["Array", "array"]
