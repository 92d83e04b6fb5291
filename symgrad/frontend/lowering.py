"""The state of a function while it is lowered: variables, memory, and what may be the same memory.

`cells` maps keys to abstract values (see `values`): ``("var", frame, name)`` a
variable, ``("root", n)`` the current version of a piece of memory, ``("obj", n)``
the contents of a compile-time object, ``("jump", ...)`` how control leaves.
Branches and loops copy the cells, run, and merge what differs.
"""
from __future__ import annotations

import ast
import builtins
import enum
import itertools
from typing import Any, NoReturn

from symgrad.errors import AliasError, SymgradError, UnsupportedError
from symgrad.frontend import source as source_module
from symgrad.frontend.aliases import Aliases, reachable
from symgrad.frontend.values import (
    Bound,
    DictC,
    DynC,
    Frame,
    Func,
    InstAt,
    InstC,
    Iter,
    ListC,
    Obj,
    Ref,
    SetC,
    Slice,
    Static,
    Tup,
    Undef,
)
from symgrad.ir.infer import PYTHON_TYPES
from symgrad.ir.nodes import Builder, Op, Region, Slot, Step, Value, freeze, map_tree
from symgrad.ir.types import (
    BOTTOM,
    NONE,
    STR,
    Array,
    DictOf,
    Instance,
    ListOf,
    Opaque,
    Scalar,
    TupleOf,
    Type,
    join,
    located,
)
from symgrad.rules.core import holds

GENERATED = "<symgrad "         # how the file names of generated code begin


class NeedStatic(Exception):
    """An argument's value, not only its type, decides the structure of the code."""

    def __init__(self, path: Any) -> None:
        super().__init__(path)
        self.path = path


class Unsettled(UnsupportedError):
    """What a loop carries has no one type; the loop can be written out where its length is known."""


class Ambiguous(UnsupportedError):
    """What is read here depends on how far a statement came; it can be lowered with more care."""

    origin: Any = None


class Certain(UnsupportedError):
    """The primal raises an exception wherever this line is reached."""

    raises: type[BaseException] = Exception


class Conflict:
    """A variable that stands for different kinds of things on different paths."""

    def __init__(self, message: str, origin: Any = None) -> None:
        self.message, self.origin = message, origin


class Fork:
    """Memory that may or may not have been written to, depending on which way a branch went."""

    def __init__(self, origin: ast.stmt, span: Any) -> None:
        self.origin, self.span = origin, span


class Half:
    """Memory that a statement may have changed in part when an exception came."""

    def __init__(self, origin: ast.stmt) -> None:
        self.origin = origin


@holds
def make_list(*items: Any) -> list[Any]:
    """``[*items]``: the op that builds a run-time list."""
    return list(items)


@holds
def make_tuple(*items: Any) -> tuple[Any, ...]:
    """``(*items,)``: the op that builds a tuple inside a run-time list."""
    return items


@holds
def unpack(*items: Any) -> tuple[Any, ...]:
    """``a, b, c = items``: the op that takes a tuple of a tree apart."""
    return items


@holds
def make_dict(keys: tuple[Any, ...], *items: Any) -> dict[Any, Any]:
    """``{key: item, ...}``: the op that builds a run-time dict."""
    return dict(zip(keys, items))


@holds
def make_instance(cls: type, names: tuple[str, ...], *items: Any) -> Any:
    """An instance of `cls` with these fields."""
    return cls(**dict(zip(names, items)))


class Lowering:
    """Lowers one function, with everything that it calls, to one region."""

    def __init__(self) -> None:
        self.region = Region()
        self.b = Builder(self.region)
        self.backend = "python"                      # what is to run the code
        self.parallel = False                        # on several threads
        self.cells: dict[Any, Any] = {}
        self.saved: list[dict[Any, Any]] = []        # the states that branches and loops around here started from
        self.aliases = Aliases()                     # what may be the same memory
        self.holders: dict[Any, set[Any]] = {}       # lists and dicts that may hold it
        self.held: dict[Any, set[Any]] = {}          # and back
        self.looped: list[list[Obj]] = []            # the lists that the loops around here go through, and that are to stay as long
        self.left: dict[Any, Any] = {}               # what was taken out of a list, and which list that was
        self.collected: dict[Value, list[tuple[Ref, bool]]] = {}     # the memory that is in the lists that loops gather
        self.ids = itertools.count(1)
        self.object_names: dict[int, str] = {}       # what lists and dicts are first called
        self.frames: list[Frame] = []
        self.node: ast.AST | None = None
        self.attempts: list[Any] = []                # the bodies of `try` that are being lowered
        self.handling: list[Value] = []              # the exceptions whose handlers are being lowered
        self.choosing: ast.Assign | None = None      # the last ``x = a if c else b``
        self.decided: dict[Value, bool] = {}         # the conditions of the branches around here, and whether they hold
        self.awaited: set[Any] = set()          # variables that a loop looks for an arm that binds them
        self.carrying: list[tuple[int, dict[Any, Any], dict[Any, Any]]] = []     # of the loops around here: frame, plan, state before
        self.careful: dict[int, int] = {}            # statements to be lowered step by step, see `exceptions`
        self.yields: list[Any] = []                  # (definition, what its one `yield` does)
        self.captures: dict[Any, Any] = {}
        self.captured_cells: dict[Any, Any] = {}     # the memory and objects that captures brought in
        self.objects: dict[Value, Any] = {}          # captured objects of which only the class is known
        self.code: dict[Any, Any] = {}               # functions and classes read from globals and closures
        self.shared: set[Any] = set()                # globals and closed-over objects: writes to them are effects
        self.arg_objects: dict[Any, Any] = {}        # objects that are arguments, by identity: name, path, class
        self.written_objects: set[Any] = set()       # those that are assigned to
        self.list_args: dict[Value, Any] = {}        # list arguments, by path
        self.static_args: dict[Value, Any] = {}      # values that NeedStatic can ask for, by path
        self.active_calls: list[Any] = []            # (definition, arguments, cells) of what is being inlined
        self.lengths: dict[Any, tuple[Value, int]] = {}      # which argument's axis has a length
        self.recursive: set[int] = set()             # definitions known to call themselves
        self.functions: dict[Any, Any] = {}          # the IR's functions, by what was called with what
        self.capture_hook: Any = None
        self.unbroadcast: Any = None                 # how a rule's cotangent gets the shape of an operand

    # -- errors ------------------------------------------------------------------------

    @property
    def frame(self) -> Frame:
        return self.frames[-1]

    def span(self, node: ast.AST | None = None) -> Any:
        node = node or self.node
        return source_module.span(self.frame.source, node) if node is not None and self.frames else None

    def error(self, message: str, node: ast.AST | None = None, hint: str = "",
              kind: type[SymgradError] = UnsupportedError) -> NoReturn:
        hint = hint or "write this line in another way, or take it out of what is differentiated"
        cls = getattr(builtins, message.partition(":")[0], None)
        if self.attempts and kind is UnsupportedError and isinstance(cls, type) and issubclass(cls, BaseException):
            certain = Certain(message, self.span(node), hint)
            certain.raises = cls
            raise certain
        raise kind(message, self.span(node), hint)

    def read_conflict(self, a: Conflict) -> None:
        """Ask for more care where it may tell what a variable stands for."""
        if isinstance(a.origin, (ast.If, ast.Assign)):
            self.step_by_step(a.message, a.origin)
        elif a.origin is not None:
            self.ambiguous(a.message, a.origin)

    def step_by_step(self, message: str, origin: Any) -> None:
        """Lower all again with the statement `origin` step by step, where that has not been tried."""
        if origin is not None and id(origin) not in self.careful:
            self.ambiguous(message, origin)

    def ambiguous(self, message: str, origin: Any) -> NoReturn:
        """Refuse to read what depends on how far the statement `origin` came."""
        error = Ambiguous(message, self.span(), "assign to another name inside the try, and to this one after it")
        error.origin = origin
        raise error

    def changing(self, key: Any) -> None:
        """Note what the bodies of the `try`s around here change, and where."""
        for a in self.attempts:
            a.changes.setdefault(key, (self.b.region, len(self.b.region.ops)))

    # -- memory ------------------------------------------------------------------------

    def new_root(self, value: Value) -> Ref:
        root = next(self.ids)
        self.cells["root", root] = value
        return Ref(root)

    def new_object(self, contents: Any) -> Obj:
        obj = Obj(next(self.ids))
        self.cells["obj", obj.id] = contents
        return obj

    def contents(self, obj: Obj) -> Any:
        self.check_poison(("obj", obj.id))
        c = self.cells["obj", obj.id]
        if isinstance(c, InstAt):
            from symgrad.frontend.indexing import field_of
            return InstAt(c.cls, tuple((n, field_of(self, c.ref, n, t)) for n, t in c.fields), c.ref, c.fields)
        return c

    def set_contents(self, obj: Obj, contents: Any) -> None:
        now = self.contents(obj)
        if isinstance(now, InstAt):
            self.set_fields(now, contents)
            return
        self.written(("obj", obj.id))
        if ("obj", obj.id) in self.shared:
            self.error("an object that outlives the call is changed",
                       hint="return the new state, or pass the object as an argument")
        self.cells["obj", obj.id] = contents

    def set_fields(self, at: InstAt, contents: InstC) -> None:
        """Write the fields of an object that lives in a run-time list."""
        types = dict(at.fields)
        for name, value in contents.items:
            if at.get(name) == value:
                continue
            new = self.value(value)
            if name not in types or join(types[name], new.type) != types[name]:
                self.error(f"the attribute {name!r} of an object in a list gets a value of another type",
                           hint="give it this type where the object is made (0.0, not 0; an array, not None)")
            self.store(Ref(at.ref.root, (*at.ref.path, Step("attr", name)), at.ref.operands), new)

    def holds(self, container: Any, item: Any) -> None:
        """A run-time list holds memory that is reached in another way, too."""
        self.holders.setdefault(item, set()).add(container)
        self.held.setdefault(container, set()).add(item)

    def items_of(self, container: Any) -> set[Any]:
        """The memory and objects that a list or dict is known to hold, and that its items may be or hold."""
        items = reachable(self.held, self.aliases.of(container))
        return items.union(*map(self.aliases.of, items))

    def item_like(self, x: Any, container: Any) -> bool:
        """Whether an identity is too small a thing to be this list or dict, and so may be an item of it only."""
        a, b = (nesting(v.type) if isinstance(v := self.cells.get(k), Value) else None for k in (x, container))
        return a is not None and b is not None and a < b

    def containers_of(self, items: set[Any]) -> set[Any]:
        """The lists and dicts that may hold one of these."""
        found: set[Any] = set()
        work = set(items)
        while work:
            holders = {c for x in work for c in self.holders.get(x, ())}
            work = {y for c in holders for y in self.aliases.of(c) if not self.item_like(y, c)} - found
            found |= work
        return found

    def written(self, identity: Any, inside: bool = False) -> None:
        """A write: whatever may be the same memory is not to be read from here on.

        `inside` says that the write goes to an item of a list, not to the list.
        """
        self.check_poison(identity)
        self.changing(identity)
        frozen = self.cells.get(("poison", ("frozen", identity)))
        if isinstance(frozen, Static) and frozen.obj is not None:
            self.error(f"this array was put into what a recursive function builds (line {frozen.obj.line}), and is written to",
                       kind=AliasError, hint="put a copy into it: a.copy()")
        same = self.aliases.of(identity)
        self.written_objects.update(x for x in same if x in self.arg_objects)
        if inside:
            items = self.items_of(identity)
            stale = same | self.containers_of(same) | items | self.containers_of(items)
        else:                                   # a list that gets another item is not one that it holds
            same = {x for x in same if not self.item_like(x, identity)}
            stale = same | self.containers_of(same)
        left = self.left.get(identity)
        if left is not None and not self.aliases.of(left) & self.containers_of({identity}):
            stale -= self.aliases.of(left)
        for other in stale - {identity}:
            origins = self.aliases.origins(identity, other) if other in same else ()
            origin = next((o for o in origins if id(o) not in self.careful), None)
            self.cells["poison", other] = Static(self.span() if origin is None else Fork(origin, self.span()))

    def freeze(self, root: int) -> None:
        """Memory goes into a tree, which holds it as it is now: it is not to be written to from here on."""
        if not self.frames or not self.frame.source.file.startswith(GENERATED):     # which writes to copies
            self.cells["poison", ("frozen", ("root", root))] = Static(self.span())

    def check_poison(self, identity: Any) -> None:
        poison = self.cells.get(("poison", identity))
        if isinstance(poison, Static) and isinstance(poison.obj, Half):
            self.ambiguous("this array, list or object may have been changed in part when the exception came",
                           poison.obj.origin)
        if isinstance(poison, Static) and poison.obj is not None:
            here, written = self.span(), poison.obj
            if isinstance(written, Fork):
                self.step_by_step("memory that depends on a branch", written.origin)
                written = written.span
            raise AliasError("this write may or may not go to memory that has another name, which is read"
                             f" {'later' if here is None else f'in line {here.line}'}", written,
                             "copy the array where the two names begin (b = a.copy()), or use one name for it")

    def current(self, ref: Ref) -> Value:
        self.check_poison(("root", ref.root))
        return self.cells["root", ref.root]

    def load(self, ref: Ref) -> Value:
        """The value that a reference stands for now."""
        value = self.current(ref)
        if not ref.path:
            return value
        return self.b.emit(Op("load", [value, *ref.operands], [self.type_of(ref)], path=shift(ref.path, 1))).result

    def type_of(self, ref: Ref) -> Type:
        """The type of what a reference stands for now, which is not read for that."""
        from symgrad.frontend.indexing import path_type
        value = self.current(ref)
        if not ref.path:
            return value.type
        return located(path_type(value.type, ref.path, ref.operands, self),
                       (value.id, freeze(ref.path), tuple(v.id for v in ref.operands)))

    def store(self, ref: Ref, value: Value, add: bool = False, into: bool = False, grown: bool = False) -> None:
        """Write `value` to where `ref` points, or `into` the array there: the root gets its next version.

        `grown` says that the value is the list that is there, after a change.
        """
        from symgrad.frontend import items
        old = self.current(ref)
        inside = not isinstance(old.type, Array) and (into or len(ref.path) > 1)
        twice = next((t for r in self.aliases.of(("root", ref.root)) if isinstance(t := self.cells.get(("entangled", r[1])), Static)
                      and t.obj is not None), None)
        if inside and twice is not None:
            self.error(f"two items of this list are the same memory (line {twice.obj.span.line}), and one is written to",
                       kind=AliasError, hint="put a copy into the list: rows[i] = rows[j].copy()")
        if not into and not grown and not isinstance(old.type, Array):
            items.replaced(self, ref)
        self.written(("root", ref.root), inside=inside)
        if not ref.path:
            self.error("internal: a store without a path")
        op = self.b.emit(Op("store", [old, value, *ref.operands], [old.type], path=shift(ref.path, 2), add=add))
        op.result.name = old.name
        if inside:
            op.attrs["inside"] = True        # of an item of a list
        self.effect(ref, op)
        self.cells["root", ref.root] = op.result

    def effect(self, ref: Ref, op: Op | None) -> None:
        """A write to memory of the program outlives the call: it is never dropped."""
        if ("root", ref.root) in self.shared and op is not None:
            if op.kind != "store" and not op.attrs.get("memory"):
                self.error("a global list is given wholly new contents",
                           hint="use append(), pop() or item assignment, or return the new list")
            op.attrs["effect"] = True

    def set_version(self, ref: Ref, value: Value) -> None:
        self.written(("root", ref.root))
        self.effect(ref, value.op)
        value.name = value.name or self.cells["root", ref.root].name
        self.cells["root", ref.root] = value

    # -- abstract values as IR values ------------------------------------------------------

    def bind(self, a: Any) -> Any:
        """What a name holds when it is bound to `a`: memory gets an identity."""
        if isinstance(a, Value) and isinstance(a.type, (Array, ListOf, DictOf, TupleOf, Instance)):
            from symgrad.frontend.indexing import from_path
            from symgrad.frontend.items import keep_items
            ref = self.new_root(a)
            keep_items(self, a, ref)
            return self.new_object(DynC(ref)) if isinstance(a.type, (ListOf, DictOf)) else from_path(self, ref, a.type)
        return a

    def value(self, a: Any) -> Value:
        """One IR value for `a`; structures are built."""
        if isinstance(a, Value):
            return a
        if isinstance(a, Ref):
            return self.load(a)
        if isinstance(a, Static):
            return self.constant(a.obj)
        if isinstance(a, Tup):
            items = [self.value(i) for i in a.items]
            return self.b.emit(Op("call", items, [TupleOf(tuple(i.type for i in items))], fn=make_tuple,
                                  args=tuple(Slot(i) for i in range(len(items))), kwargs={})).result
        if isinstance(a, Obj):
            c = self.contents(a)
            if isinstance(c, DynC):
                return self.load(c.ref)
            if isinstance(c, ListC):
                return self.list_value(c)
            if isinstance(c, SetC):
                from symgrad.frontend import sets
                return sets.value(self, c)
            if isinstance(c, DictC):
                items = [self.value(v) for _, v in c.items]
                item: Type = BOTTOM
                for i in items:
                    item = join(item, i.type) or Opaque()
                keys = [k for k, _ in c.items]
                key_type = type_of_constant(keys[0]) if keys else BOTTOM
                return self.b.emit(Op("call", items, [DictOf(key_type, item)], fn=make_dict, args=(
                    tuple(keys), *(Slot(i) for i in range(len(items)))), kwargs={}, new=True)).result
            if isinstance(c, InstC):
                items = [self.value(v) for _, v in c.items]
                type = Instance(c.cls, tuple((n, i.type) for (n, _), i in zip(c.items, items)))
                return self.b.emit(Op("call", items, [type], fn=make_instance, args=(
                    c.cls, tuple(n for n, _ in c.items), *(Slot(i) for i in range(len(items)))), kwargs={})).result
        if isinstance(a, Conflict):
            self.read_conflict(a)
            self.error(a.message, kind=Unsettled)
        if isinstance(a, (Func, Bound)):
            self.error("a function is put where its kind is known at run time only", kind=Unsettled,
                       hint="loop over a tuple of functions, or call the function where it is made")
        if isinstance(a, Undef):
            self.error("this variable may not be bound here")
        self.error(f"{describe(a)} cannot be used as a value here")

    def list_value(self, c: ListC) -> Value:
        items = [self.value(i) for i in c.items]
        item: Type = BOTTOM
        for i in items:
            joined = join(item, i.type)
            if joined is None:
                self.error("a list whose items are of different kinds is changed or indexed at run time",
                           hint="use a tuple, or separate lists for the different kinds")
            item = joined
        op = Op("call", items, [ListOf(item)], fn=make_list, args=tuple(Slot(i) for i in range(len(items))),
                kwargs={}, new=next(self.ids))
        return self.b.emit(op).result

    def name_of(self, key: Any) -> str:
        """What the primal calls a variable, or the list or dict that a variable was first bound to."""
        return str(key[2]) if key[0] == "var" else self.object_names.get(key[1], "") if key[0] == "obj" else ""

    def dynamic(self, obj: Obj) -> Ref:
        """Make an object's contents a run-time list or dict, from here on; where it is."""
        c = self.contents(obj)
        if not isinstance(c, DynC):
            from symgrad.frontend.items import keep_alias
            value = self.value(obj)
            value.name = value.name or self.name_of(("obj", obj.id))
            ref = self.new_root(value)
            for item in c.items:
                keep_alias(self, item[1] if isinstance(c, DictC) else item, ref)
            c = DynC(ref)
            self.cells["obj", obj.id] = c
            for other in self.aliases.of(("obj", obj.id)) - {("obj", obj.id)}:
                self.aliases.pair(("root", ref.root), other)
            if ("obj", obj.id) in self.arg_objects:
                self.arg_objects["root", ref.root] = self.arg_objects["obj", obj.id]
        return c.ref

    def constant(self, x: Any) -> Value:
        if isinstance(x, enum.Enum) and isinstance(x, (int, float, str)):
            x = x.value
        return self.b.const(x, type_of_constant(x))

    def tree(self, a: Any, operands: list[Value]) -> Any:
        """The argument structure of an abstract value, its leaves appended to `operands`."""
        if isinstance(a, Static):
            return a.obj
        if isinstance(a, Tup):
            items = tuple(self.tree(i, operands) for i in a.items)
            return items
        if isinstance(a, Slice):
            return slice(*(self.tree(p, operands) for p in (a.start, a.stop, a.step)))
        if isinstance(a, Obj) and isinstance(c := self.contents(a), ListC):
            return [self.tree(i, operands) for i in c.items]
        if isinstance(a, Obj) and isinstance(c := self.contents(a), DictC):
            return {k: self.tree(v, operands) for k, v in c.items}
        operands.append(self.value(a))
        return Slot(len(operands) - 1)

    def static(self, a: Any, what: str = "this") -> Any:
        """The Python object that `a` is at compile time; asks for an argument's value if need be."""
        if isinstance(a, Static):
            return a.obj
        if isinstance(a, Tup):
            return tuple(self.static(i, what) for i in a.items)
        if isinstance(a, Obj) and isinstance(c := self.contents(a), ListC):
            return [self.static(i, what) for i in c.items]
        if isinstance(a, Obj) and isinstance(c := self.contents(a), SetC) and isinstance(c.items, frozenset):
            return c.items
        if isinstance(a, Value):
            if a in self.static_args:
                raise NeedStatic(self.static_args[a])
            if a.op is not None and a.op.kind == "const":
                return a.op.attrs["value"]
        self.error(f"{what} must be known when the function is transformed",
                   hint="pass it as an argument of its own, or write a constant")

    def need_length(self, a: Any) -> None:
        """Ask for a list argument to be seen item by item, if `a` is one or a copy of one."""
        v = self.value(a)
        while v not in self.list_args:
            region = v.region
            if v.op is not None and v.op.kind == "call" and v.op.fn is list:
                v = v.op.operands[0]
            elif region is not None and region.parent is not None and region.parent.kind in ("for", "while"):
                first, shift = (1, 3) if region.parent.kind == "for" else (0, 0)
                if v not in region.params[first:]:
                    return
                v = region.parent.operands[region.params.index(v) - first + shift]
            else:
                return
        name, path = self.list_args[v]
        raise NeedStatic((name, (*path, "*")))

    def snapshot(self) -> Any:
        return (dict(self.cells), self.b.region, list(self.b.outer), len(self.b.region.ops), dict(self.b.region.known),
                list(self.frames), self.node, self.b.span, len(self.saved))

    def restore(self, state: Any) -> None:
        """Go back to where a snapshot was taken, as if nothing had been lowered since."""
        cells, self.b.region, self.b.outer, count, self.b.region.known, self.frames, self.node, self.b.span, n = state
        self.cells = {**self.captured_cells, **cells}
        del self.saved[n:]
        self.b.region.ops[count:] = [o for o in self.b.region.ops[count:] if o.kind == "arg"]     # captures stay

    def is_static(self, a: Any) -> bool:
        if isinstance(a, Static):
            return True
        return isinstance(a, Tup) and all(map(self.is_static, a.items))


def nesting(t: Type) -> int:
    """How many lists or dicts are around what an item of a type is."""
    return 1 + nesting(t.item) if isinstance(t, (ListOf, DictOf)) else 0


def shift(path: Any, by: int) -> Any:
    """A path whose slots count the operands that stand before them."""
    return map_tree(path, lambda s: Slot(s.index + by))


def type_of_constant(x: Any) -> Type:
    if type(x) in PYTHON_TYPES:
        return Scalar(PYTHON_TYPES[type(x)])
    if hasattr(x, "dtype") and getattr(x, "ndim", None) == 0 and x.dtype.kind in "biufc":
        return Scalar(x.dtype.name, python=False)
    if isinstance(x, str):
        return STR
    if x is None:
        return NONE
    if isinstance(x, tuple):
        return TupleOf(tuple(type_of_constant(i) for i in x))
    return Opaque(type(x).__name__)


def describe(a: Any) -> str:
    if isinstance(a, (Func, Bound)):
        return "a function"
    if isinstance(a, Iter):
        return f"a {a.kind} iterator"
    if isinstance(a, Static):
        return f"{type(a.obj).__name__} {getattr(a.obj, '__name__', a.obj)!r}"
    if isinstance(a, Value) and isinstance(a.type, Array):
        return "an array"
    return type(a).__name__


__all__ = ["Conflict", "Lowering", "NeedStatic", "describe", "make_dict", "make_instance", "make_list",
           "make_tuple", "shift", "type_of_constant"]
