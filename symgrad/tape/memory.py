"""Memory that arrays share, and the record of what was written to it.

Arrays are views of a block of memory, as in NumPy: a slice and its base are the same elements. So the adjoint
belongs to the block. It is an array of the same layout, and the adjoint of a view is the same view of it.

A block that is written to is a chain of versions. Each write is a node whose operands are the version before
and what was written. In the reverse sweep, which meets nodes in the opposite order, the block's one adjoint
is at each moment that of the version at hand: a read has added to it, a write takes out what belongs to the
value that was written and leaves zeros to the version before.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symgrad.tape.engine import RECORDER, Node, _serial, recorded

Layout = tuple[np.dtype, int, tuple[int, ...], tuple[int, ...]]         # dtype, offset, shape, strides in bytes


class Memory:
    """A block of memory, the node that last wrote to it, and in a reverse sweep its adjoint."""

    __slots__ = ("adjoint", "flat", "head", "origin", "snapshots")

    def __init__(self, flat: np.ndarray) -> None:
        self.flat = flat                                # all elements, as they lie in memory
        self.head: Node | None = None                   # None: nothing in it depends on what is differentiated
        self.origin: Node | None = None                 # the node that made it
        self.adjoint: np.ndarray | None = None
        self.snapshots: dict[Layout, np.ndarray] = {}

    def layout(self, view: np.ndarray) -> Layout:
        """Where in this block the elements of a view are."""
        return view.dtype, _address(view) - _address(self.flat), view.shape, view.strides

    def holds(self, a: np.ndarray) -> bool:
        """Whether an array is a view of this block."""
        return bool(np.may_share_memory(a, self.flat)) and a.size > 0

    def snapshot(self, view: np.ndarray) -> np.ndarray:
        """The elements of a view as they are now, for a derivative that needs them later."""
        layout = self.layout(view)
        if layout not in self.snapshots:
            self.snapshots[layout] = view.copy(order="K")
        return self.snapshots[layout]

    def written(self) -> None:
        """What was saved stays with whoever saved it; later readers need a new copy."""
        self.snapshots = {}

    def adjoint_of(self, layout: Layout) -> np.ndarray:
        """The same view of the adjoint. Additions to it are additions to the adjoint."""
        if self.adjoint is None:
            self.adjoint = np.zeros_like(self.flat)
        dtype, offset, shape, strides = layout
        return np.ndarray(shape, dtype, self.adjoint, offset, strides)


def _address(a: np.ndarray) -> int:
    return int(a.__array_interface__["data"][0])


class Reading:
    """A view of a block at one version, as an operand."""

    __slots__ = ("layout", "memory", "node")

    def __init__(self, node: Node, memory: Memory, view: np.ndarray) -> None:
        self.node, self.memory, self.layout = node, memory, memory.layout(view)

    def add(self, d: Any) -> None:
        """Add a contribution, of the shape of the view or of one that it was broadcast to."""
        dtype, offset, shape, strides = self.layout
        d = fitted(d, shape, dtype)
        sign = self.sign
        repeated = tuple(i for i, (n, s) in enumerate(zip(shape, strides)) if s == 0 and n > 1)
        if repeated:                                    # a broadcast view has its elements many times over
            d = d.sum(axis=repeated, keepdims=True)
            shape = tuple(1 if i in repeated else n for i, n in enumerate(shape))
        if overlaps(shape, strides, dtype.itemsize):    # as do windows that overlap
            places = np.arange(self.memory.flat.nbytes // dtype.itemsize, dtype=np.intp)
            factor = places.itemsize / dtype.itemsize
            taken = np.ndarray(shape, np.intp, places, int(offset * factor), tuple(int(s * factor) for s in strides))
            whole = self.memory.adjoint_of((dtype, 0, places.shape, (dtype.itemsize,)))
            np.add.at(whole, taken, sign * d)
            return
        view = self.memory.adjoint_of((dtype, offset, shape, strides))
        view += d if sign > 0 else -d

    @property
    def sign(self) -> int:
        """-1 for a view of imaginary parts: the adjoint of x + iy is that of x minus i times that of y."""
        dtype, offset, _, _ = self.layout
        whole = self.memory.flat.dtype
        return -1 if whole.kind == "c" and dtype.kind != "c" and offset % whole.itemsize else 1


def overlaps(shape: tuple[int, ...], strides: tuple[int, ...], itemsize: int) -> bool:
    """Whether two elements of a view may be the same memory; strides tell, but for odd cases that do not."""
    extent = itemsize
    for step, n in sorted((abs(s), n) for s, n in zip(strides, shape) if n > 1):
        if step < extent:
            return True
        extent += step * (n - 1)
    return False


def fitted(d: Any, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """A contribution summed over the axes along which its operand was broadcast, in the operand's dtype."""
    d = np.asarray(d)
    if d.shape != shape:
        if d.ndim > len(shape):
            d = d.sum(axis=tuple(range(d.ndim - len(shape))))
        d = d.reshape((1,) * (len(shape) - d.ndim) + d.shape)
        stretched = tuple(i for i, n in enumerate(shape) if n == 1 and d.shape[i] != 1)
        d = d.sum(axis=stretched, keepdims=True) if stretched else d
        d = np.broadcast_to(d, shape)
    if d.dtype.kind == "c" and dtype.kind != "c":
        d = d.real
    return d.astype(dtype, copy=False)


# -- nodes ------------------------------------------------------------------------------------------


class ArrayNode(Node):
    """An operation whose result is an array, or a write to one."""

    __slots__ = ("layout", "memory")

    memory: Memory
    layout: Layout

    def __repr__(self) -> str:
        return f"<{self._op or 'leaf'} of shape {np.shape(self.data)}>"


def node(memory: Memory, op: str, data: Any, layout: Layout, inputs: tuple[Any, ...]) -> ArrayNode:
    """A node that is the newest version of a block from now on."""
    made = ArrayNode()
    made.data, made.grad, made._op, made._inputs = data, 0, op, inputs
    made.memory, made.layout, made.serial = memory, layout, next(_serial)
    made.line = made._order = None
    memory.head = made
    if RECORDER.run is not None:
        recorded(made)
    return made


def owned(r: np.ndarray) -> tuple[Memory, np.ndarray]:
    """The block of a new array, and the array as a view of it."""
    flat = r.ravel(order="K")
    if not r.flags.writeable or not np.shares_memory(flat, r) and r.size or flat.strides != (r.itemsize,) * bool(r.size):
        r = np.array(r, order="K")
        flat = r.ravel(order="K")
    return Memory(flat), r


def create(r: np.ndarray, op: str, inputs: tuple[Any, ...], pullback: Callable[[Any], None] | None) -> Any:
    """The array that an operation made."""
    from symgrad.tape.arrays import Array
    memory, r = owned(r)
    made = node(memory, op, memory.snapshot(r), memory.layout(r), inputs)
    memory.origin = made

    def pull(made: Any) -> None:
        made.grad = made.grad + memory.adjoint_of(made.layout)
        memory.adjoint = None
        if pullback is not None:
            pullback(made.grad)

    made._pull = pull
    return Array(r, memory)


def write(target: Any, key: Any, value: Any, op: str = "write", add: bool = False) -> None:
    """``target[key] = value`` on an `Array`, or ``np.add.at(target, key, value)``."""
    from symgrad.tape.apply import live, target_of
    memory: Memory = target.memory
    view: np.ndarray = target.data
    key, plain = live(key), live(value)
    aim = target_of(value)
    if isinstance(plain, np.ndarray) and np.may_share_memory(plain, view):
        plain = plain.copy()                # NumPy may else read what it has just written: see `codegen.overlap`
    if add:
        np.add.at(view, key, plain)
    else:
        view[key] = plain
    memory.written()
    if memory.head is None and aim is None:
        return
    key = _kept(key)
    before = () if memory.head is None else (Reading(memory.head, memory, view),)
    layout = memory.layout(view)
    made = node(memory, op, np.array(plain), layout, (*before, *(() if aim is None else (aim,))))
    sign = Reading(made, memory, view).sign

    def pull(made: Any) -> None:
        region = memory.adjoint_of(layout)
        d = sign * np.array(region[key])
        if not add:
            d = _last_wins(d, key, layout[2])
            region[key] = 0.0
        made.grad = made.grad + d
        if aim is not None:
            deliver(aim, made.grad)
        if not before:
            memory.adjoint = None

    made._pull = pull


def _kept(key: Any) -> Any:
    """A subscript that nobody else can change."""
    if isinstance(key, tuple):
        return tuple(map(_kept, key))
    if isinstance(key, list) and not key:
        return np.zeros(0, dtype=int)              # np.array([]) is one of floats
    return np.array(key) if isinstance(key, (np.ndarray, list)) else key


def _last_wins(d: np.ndarray, key: Any, shape: tuple[int, ...]) -> np.ndarray:
    """The adjoint of what was written with an index array: of elements written twice, only the last one counts."""
    arrays = [k for k in (key if isinstance(key, tuple) else (key,)) if isinstance(k, np.ndarray) and k.dtype != bool]
    if not arrays:
        return d
    writer = np.empty(shape, np.intp)
    numbers = np.arange(d.size).reshape(d.shape)
    writer[key] = numbers
    return np.where(writer[key] == numbers, d, 0.0).astype(d.dtype)


def deliver(target: Any, d: Any) -> None:
    """Hand a cotangent to an operand: a value, a reading of an array, or a nested sequence of them."""
    if target is None or d is None:
        return
    if isinstance(target, (list, tuple)):
        for i, t in enumerate(target):
            if t is not None:
                deliver(t, d[i])
    elif isinstance(target, Reading):
        target.add(d)
    else:
        d = np.sum(d) if np.ndim(d) else d
        if np.iscomplexobj(d) and not np.iscomplexobj(target.data):
            d = np.real(d)
        target.grad = target.grad + (d[()] if isinstance(d, np.ndarray) else d)


__all__ = ["ArrayNode", "Memory", "Reading", "create", "deliver", "write"]
