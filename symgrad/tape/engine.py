"""Numbers that remember how they were made: `Value`, and the reverse sweep over what they remember.

`Value` is the scalar engine known from micrograd, with the same names. A program written for
`micrograd.engine` runs with this one. What an operation does to the derivatives is not written here,
it is read from the rule table, `symgrad.rules`.
"""
from __future__ import annotations

import builtins
import itertools
import math
import operator
import sys
import threading
import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

import symgrad.rules  # noqa: F401 - fills the table
from symgrad.rules.core import METHODS, RULES, find
from symgrad.tape import partials

Line = tuple[str, int]

PYTHON = (float, int)                             # their arithmetic raises where that of NumPy gives inf
NUMBERS = (float, int, complex, np.number, np.bool_)
_serial = itertools.count(1)


class Node:
    """One operation of a run: its result, what it was made from, and the adjoint of the result."""

    __slots__ = ("__weakref__", "_inputs", "_op", "_order", "_pull", "data", "grad", "line", "serial")

    data: Any
    grad: Any
    _op: str
    _inputs: tuple[Any, ...]                         # nodes, readings of memory, and constants
    _pull: Callable[[Any], None] | None              # hands the adjoint on to the inputs; None for a leaf
    line: Line | None                                # where in the primal, for a run that is recorded
    serial: int                                      # nodes are numbered as they are made
    _order: list[Node] | None

    @property
    def op(self) -> str:
        """The name of the operation; empty for a leaf."""
        return self._op

    @property
    def parents(self) -> list[Node]:
        """The nodes that this one was computed from, in the order of its operands."""
        return [i if isinstance(i, Node) else i.node for i in self._inputs if hasattr(i, "node") or isinstance(i, Node)]


class Value(Node):
    """A number and its gradient.

    >>> from symgrad.tape import Value
    >>> a, b = Value(-4.0), Value(2.0)
    >>> c = a * b + b**3
    >>> c.backward()
    >>> a.grad, b.grad
    (2.0, 8.0)
    >>> c
    Value(data=0.0, grad=1)

    data: a float; a complex number, or a NumPy scalar of any precision, keeps its type.
    _children, _op: what it was computed from, and by which operation, for drawing.
    """

    __slots__ = ("label",)

    label: str                                       # a name for `draw_dot`, if it is set
    __array_priority__ = 1000.0

    def __copy__(self) -> Value:
        return self                                  # a copy of a number is the number, and was computed as it was

    def __deepcopy__(self, memo: object) -> Value:
        return self

    def __init__(self, data: Any, _children: Iterable[Any] = (), _op: str = "") -> None:
        self.data = data
        self.grad = 0
        self._inputs = tuple(_children)
        self._op = _op
        self._pull = None
        self._order = None
        self.line = None
        self.serial = next(_serial)

    # -- the graph ---------------------------------------------------------------------------------

    @property
    def _prev(self) -> set[Node]:
        """What this value was computed from. Constants become values when they are asked for."""
        if len(self.parents) < len(self._inputs):
            self._inputs = tuple(i if isinstance(i, Node) or hasattr(i, "node") else Value(i) for i in self._inputs)
        return set(self.parents)

    @property
    def _backward(self) -> Callable[[], None]:
        """Adds this value's contribution to the gradients of what it was computed from."""
        pull = self._pull
        return (lambda: None) if pull is None else (lambda: pull(self))

    @_backward.setter
    def _backward(self, function: Callable[[], None]) -> None:
        self._pull = lambda node: function()

    def backward(self, *, free: bool = False) -> None:
        """Set this value's gradient to 1 and add up the gradients of everything it was computed from.

        Gradients are added to what `grad` holds, in the interior of the graph too, as in
        micrograd: set them to 0 before another sweep over the same values. With `free`, the graph is taken
        apart on the way, and each value's memory is given back as soon as nobody else holds it.
        """
        if self._order is None:
            self._order = order([self])
        self.grad = 1
        sweep(self._order, free)
        if free:
            self._order = None

    # -- operators ---------------------------------------------------------------------------------

    def __neg__(self) -> Value:
        return _unary(self, -self.data, _NEG)

    def __pos__(self) -> Value:
        return _unary(self, +self.data, _POS)

    def __abs__(self) -> Value:
        return _unary(self, abs(self.data), _ABS)

    def relu(self) -> Value:
        """The larger one of this value and 0, with derivative 0 at 0."""
        return _made(max(self.data, 0), "ReLU", (self,), _relu)

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    def __floordiv__(self, other: Any) -> Any:
        return self.data // _data(other)

    def __rfloordiv__(self, other: Any) -> Any:
        return other // self.data

    def __eq__(self, other: object) -> Any:
        return NotImplemented if _foreign(other) else self.data == _data(other)

    def __ne__(self, other: object) -> Any:
        return NotImplemented if _foreign(other) else self.data != _data(other)

    def __lt__(self, other: Any) -> Any:
        return NotImplemented if _foreign(other) else self.data < _data(other)

    def __le__(self, other: Any) -> Any:
        return NotImplemented if _foreign(other) else self.data <= _data(other)

    def __gt__(self, other: Any) -> Any:
        return NotImplemented if _foreign(other) else self.data > _data(other)

    def __ge__(self, other: Any) -> Any:
        return NotImplemented if _foreign(other) else self.data >= _data(other)

    __hash__ = object.__hash__              # two values are two keys, though their numbers may be equal

    def __bool__(self) -> bool:
        return bool(self.data)

    def __int__(self) -> int:
        return int(self.data)

    def __float__(self) -> float:
        raise TypeError("float() of a Value would lose how it was computed: use .data for the number alone")

    __complex__ = __float__

    def __round__(self, digits: int | None = None) -> Any:
        return round(self.data, digits)

    def __trunc__(self) -> int:
        return math.trunc(self.data)

    def __floor__(self) -> int:
        return math.floor(self.data)

    def __ceil__(self) -> int:
        return math.ceil(self.data)

    def __format__(self, spec: str) -> str:
        return format(self.data, spec) if spec else str(self)

    def __repr__(self) -> str:
        return f"Value(data={self.data}, grad={self.grad})"

    @property                                                   # type: ignore[misc]
    def __class__(self) -> type:                                # type: ignore[override]
        """While a function runs on the tape, what this value stands for: `isinstance` and `match` ask for it."""
        return type(self.data) if RECORDER.run is not None else type(self)

    # -- NumPy -------------------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        from symgrad.tape.apply import ufunc_call
        return ufunc_call(ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        from symgrad.tape.apply import apply
        return apply(function, function, args, kwargs)

    def __getattr__(self, name: str) -> Any:
        """What a NumPy scalar has besides: methods with a rule, `dtype`, `shape` and the like."""
        if name.startswith("_") or name == "label":
            raise AttributeError(f"'Value' object has no attribute {name!r}")
        if name in ("real", "imag", "T"):
            function = {"real": np.real, "imag": np.imag}.get(name)
            return self if function is None or name == "real" and not _complex(self.data) else _call(function, self)
        if name in METHODS:
            function = METHODS[name]
            if isinstance(function, types.MethodDescriptorType):        # a method of arrays only
                return getattr(_call(np.asarray, self), name)
            return lambda *args, **kwargs: _call(function, self, *args, **kwargs)
        found = getattr(self.data, name)
        if callable(found) and name not in ("is_integer", "as_integer_ratio", "hex"):
            raise AttributeError(f"'Value' object has no method {name!r} with a derivative")
        return found


def _data(x: Any) -> Any:
    return x.data if isinstance(x, Value) else x


def _foreign(x: Any) -> bool:
    """Whether an operand is not for `Value` to handle: an array, a string, an object of the user's."""
    return not isinstance(x, (Value, *NUMBERS))


def _complex(x: Any) -> bool:
    return isinstance(x, (complex, np.complexfloating))


def _call(function: Any, *args: Any, **kwargs: Any) -> Any:
    from symgrad.tape.apply import apply
    return apply(function, function, args, kwargs)


# -- making values ----------------------------------------------------------------------------------


class Recorder(threading.local):
    """What a run of `symgrad.tape.run` adds to the making of nodes in its thread: their lines, and a list of them all."""

    run: Any = None                                  # None: nothing runs on the tape
    nodes: list[Node] | None = None


RECORDER = Recorder()


def _made(data: Any, op: str, inputs: tuple[Any, ...], pull: Callable[[Any], None] | None) -> Value:
    v = Value.__new__(Value)
    v.data = data
    v.grad = 0
    v._inputs = inputs
    v._op = op
    v._pull = pull
    v._order = None
    v.line = None
    v.serial = next(_serial)
    if RECORDER.run is not None:
        recorded(v)
    return v


def recorded(node: Node) -> None:
    """Note the line of the primal at which a node is made; a leaf is made by the caller."""
    frame = primal_frame() if node._op else None
    if frame is not None:
        node.line = (frame.f_code.co_filename, frame.f_lineno)
    if RECORDER.nodes is not None:
        RECORDER.nodes.append(node)


def primal_frame() -> types.FrameType | None:
    """The frame of the function that runs on the tape."""
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").startswith(("symgrad.", "numpy")):
        frame = frame.f_back
    return frame


def _unary(x: Value, data: Any, pulls: tuple[Any, Any, str]) -> Value:
    return _made(data, pulls[2], (x,), pulls[0] if x.data.__class__ in PYTHON else pulls[1])


def _binary(name: str, symbol: str) -> None:
    """Define ``a + b`` for values and numbers, from the rule of the operator."""
    function = getattr(operator, name)
    python, numpy, _ = _pulls(function, symbol)

    def forward(self: Value, other: Any) -> Any:
        if isinstance(other, Value):
            data = function(self.data, other.data)
        elif isinstance(other, NUMBERS):
            data = function(self.data, other)
        else:
            return NotImplemented
        op = symbol if symbol != "**" or isinstance(other, Value) else f"**{other}"
        return _made(data, op, (self, other), python if data.__class__ in PYTHON else numpy)

    def reflected(self: Value, other: Any) -> Any:
        if not isinstance(other, NUMBERS):
            return NotImplemented
        data = function(other, self.data)
        return _made(data, symbol, (other, self), python if data.__class__ in PYTHON else numpy)

    setattr(Value, f"__{name}__", forward)
    setattr(Value, f"__r{name}__", reflected)


def _pulls(function: Any, symbol: str) -> tuple[Any, Any, str]:
    rule = find(function)
    assert rule is not None
    return partials.scalar(rule, 0, True), partials.scalar(rule, 0, False), symbol


def _relu(node: Value) -> None:
    node._inputs[0].grad += (node.data > 0) * node.grad


def _methods() -> None:
    """``x.exp()`` and the like: what object arrays call, and what is usual in programs for micrograd."""
    for name in ("exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "log1p", "expm1", "log2", "log10",
                 "cbrt", "exp2"):
        setattr(Value, name, _method(name, getattr(math, name), getattr(np, name)))


def _method(name: str, of_python: Callable[..., Any], of_numpy: Callable[..., Any]) -> Callable[[Value], Value]:
    rule = RULES[of_python]

    def method(self: Value) -> Value:
        python = type(self.data) in PYTHON
        return _made((of_python if python else of_numpy)(self.data), name, (self,), partials.scalar(rule, 0, python))

    method.__name__, method.__doc__ = name, f"{name} of this value."
    return method


_NEG, _POS, _ABS = (_pulls(f, s) for f, s in (
    (operator.neg, "neg"), (operator.pos, "pos"), (builtins.abs, "abs")))
for _name, _symbol in (("add", "+"), ("sub", "-"), ("mul", "*"), ("truediv", "/"), ("pow", "**"), ("mod", "%")):
    _binary(_name, _symbol)
_methods()


# -- the reverse sweep ------------------------------------------------------------------------------


def order(roots: Iterable[Node]) -> list[Node]:
    """Everything that the roots were computed from, each node before what was computed from it.

    A node is made after its operands, so the order in which they were made will do. Nothing recurses: a graph
    may be as deep as memory allows.
    """
    found: dict[Node, None] = dict.fromkeys(roots)
    todo = list(found)
    while todo:
        for i in todo.pop()._inputs:
            node = i if isinstance(i, Node) else getattr(i, "node", None)
            if node is not None and node not in found:
                found[node] = None
                todo.append(node)
    return sorted(found, key=operator.attrgetter("serial"))


def sweep(nodes: list[Node], free: bool = False) -> None:
    """Let each node, last to first, hand its adjoint on to what it was computed from."""
    with np.errstate(all="ignore"):
        for node in _last_to_first(nodes, free):
            if node._pull is not None:
                try:
                    node._pull(node)
                except Exception as error:
                    if node.line is not None:
                        error.add_note(f"in the derivative of {node._op}, made in {node.line[0]}, line {node.line[1]}")
                    raise
            if free:
                node._inputs, node._pull = (), None


def _last_to_first(nodes: list[Node], free: bool) -> Iterator[Node]:
    if not free:
        yield from reversed(nodes)
    while free and nodes:
        yield nodes.pop()


__all__ = ["Value"]
