"""What a name can stand for while a function is lowered.

Scalars are IR values. Arrays and run-time lists are a `Ref`: a root (a piece of
memory with a current version) and an access path into it, so that a view writes
to what it is a view of. Tuples, dataclasses, dicts with known keys and lists of
known length exist at compile time only: a tuple is its items, an object is a cell
that names its fields, and none of them reaches the generated code.
"""
from __future__ import annotations

import ast
import types
from collections.abc import Callable
from typing import Any

from symgrad.ir.nodes import Step, Value, freeze
from symgrad.ir.types import Type
from symgrad.structs import field, struct


class Static:
    """A Python object known at compile time: a module, a function, a class, a constant."""

    __slots__ = ("obj",)

    def __init__(self, obj: Any) -> None:
        self.obj = obj

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Static) and (self.obj is other.obj or _same(self.obj, other.obj))

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return f"Static({self.obj!r})"


def _same(a: Any, b: Any) -> bool:
    simple = (int, float, complex, str, bytes, bool, type(None), range)
    if isinstance(a, types.MethodType) and isinstance(b, types.MethodType):
        return a.__self__ is b.__self__ and a.__func__ is b.__func__
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(_same, a, b))
    return type(a) is type(b) and isinstance(a, simple) and repr(a) == repr(b)


class Undef:
    """The value of a variable that is not bound."""

    def __repr__(self) -> str:
        return "UNDEF"


UNDEF = Undef()


class Ref:
    """Memory, reached from a root along a path. `operands` fill the path's slots."""

    __slots__ = ("operands", "path", "root")

    def __init__(self, root: int, path: tuple[Step, ...] = (), operands: tuple[Value, ...] = ()) -> None:
        self.root, self.path, self.operands = root, path, operands

    def __eq__(self, other: object) -> bool:
        return (isinstance(other, Ref) and self.root == other.root and self.operands == other.operands
                and freeze(self.path) == freeze(other.path))

    def __hash__(self) -> int:
        return hash(self.root)

    def __repr__(self) -> str:
        return f"Ref({self.root}, {self.path})"


@struct(frozen=True)
class Tup:
    """A tuple, or a namedtuple of class `cls`."""

    items: tuple[Any, ...]
    cls: type | None = None


@struct(frozen=True)
class Obj:
    """A mutable object; the cell ``("obj", id)`` says what it holds now."""

    id: int


@struct(frozen=True)
class ListC:
    """Contents: a list of known length."""

    items: tuple[Any, ...]


@struct(frozen=True)
class DictC:
    """Contents: a dict with known keys, in order."""

    items: tuple[tuple[Any, Any], ...]

    def get(self, key: Any) -> Any:
        for k, v in self.items:
            if k == key and type(k) is type(key):
                return v
        return None

    def set(self, key: Any, value: Any) -> DictC:
        if self.get(key) is None:
            return DictC((*self.items, (key, value)))
        return DictC(tuple((k, value if k == key else v) for k, v in self.items))


@struct(frozen=True)
class SetC:
    """Contents: a set; its items where they are known, else the set of the run."""

    items: Any                  # a frozenset or an IR value; in templates, a Leaf
    item: Type


@struct(frozen=True)
class InstC:
    """Contents: an instance of a class with named fields."""

    cls: type
    items: tuple[tuple[str, Any], ...]

    def get(self, name: str) -> Any:
        return dict(self.items).get(name)

    def set(self, name: str, value: Any) -> InstC:
        fields = dict(self.items)
        fields[name] = value
        return InstC(self.cls, tuple(fields.items()))


@struct(frozen=True)
class InstAt(InstC):
    """Contents: an instance inside a run-time list; its fields are read and written where it is."""

    ref: Ref = field(default_factory=lambda: Ref(0))
    fields: tuple[tuple[str, Type], ...] = ()


@struct(frozen=True)
class DynC:
    """Contents: a list or dict whose length or keys are known at run time only."""

    ref: Any                    # a Ref; in templates, a Leaf


@struct(frozen=True)
class Slice:
    """A slice object with abstract parts."""

    start: Any
    stop: Any
    step: Any


@struct(frozen=True, eq=False)
class Iter:
    """Something to iterate over, lazily: range, zip, enumerate, reversed, map, a generator."""

    kind: str
    parts: tuple[Any, ...]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Iter) and (self.kind, self.parts) == (other.kind, other.parts)

    def __hash__(self) -> int:
        return hash(self.kind)


@struct(eq=False)
class Source:
    """Where code comes from: for names and for error messages."""

    file: str
    lines: list[str]
    first_line: int
    name: str


@struct(eq=False)
class Frame:
    """One activation of a function being lowered: variables live in cells ``("var", id, name)``."""

    id: int
    source: Source
    lookup: Callable[[str], Any]                 # global and closure names
    parent: Frame | None = None                  # the enclosing def, for nested functions
    locals: frozenset[str] = frozenset()
    nonlocals: frozenset[str] = frozenset()
    globals: frozenset[str] = frozenset()
    function: Any = None
    in_rule: bool = False                        # rule code: conditional expressions may be np.where
    loops: list[int] = field(default_factory=list)
    comprehension: bool = False                  # a comprehension's own scope, inside a function's
    kept: bool = False                           # a closure was made here: the variables outlive the call
    node: ast.FunctionDef | ast.Lambda | None = None     # what is being lowered

    def keep(self) -> None:
        """Let the variables of this frame, and of those around it, outlive their calls."""
        frame: Frame | None = self
        while frame is not None:
            frame.kept = True
            frame = frame.parent


@struct(eq=False)
class Func:
    """A function whose body will be inlined where it is called."""

    node: ast.FunctionDef | ast.Lambda
    frame: Frame                                  # the frame that it was defined in
    defaults: tuple[Any, ...] = ()
    kwdefaults: tuple[tuple[str, Any], ...] = ()
    pyfunc: Any = None


class LocalFunction:
    """A method of a class that is defined inside a function: stands in the class for what is inlined."""

    def __init__(self, func: Func) -> None:
        self.func = func

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("a method of a local class is inlined, not run")


@struct(frozen=True)
class Bound:
    """A method bound to its object."""

    self: Any
    function: Any
    internal: bool = False      # `function` is the compiler's own: (lowering, self, args, kwargs) -> abstract value


@struct(frozen=True)
class Super:
    """What ``super()`` gives: attributes are looked up after a class."""

    cls: type
    self: Any
