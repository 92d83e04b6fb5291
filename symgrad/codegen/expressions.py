"""From IR values to Python expressions."""
from __future__ import annotations

import ast
import dataclasses
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from symgrad.analysis.naturals import Naturals
from symgrad.codegen.callables import Imports
from symgrad.codegen.inlining import Inlining
from symgrad.codegen.naming import Names
from symgrad.codegen.trees import attribute, call, dotted, load, plus
from symgrad.frontend.comprehensions import range_list
from symgrad.frontend.containers import list_concat, list_repeat, list_reverse
from symgrad.frontend.expressions import contains, fstring
from symgrad.frontend.indexing import unwrap_optional
from symgrad.frontend.iteration import range_length
from symgrad.frontend.lowering import make_dict, make_instance, make_list, make_tuple
from symgrad.ir.functions import FunctionRef
from symgrad.ir.infer import dim_length
from symgrad.ir.nodes import Op, Slot, Step, Value, hashable
from symgrad.ir.types import Array, DictOf, ListOf, Scalar, Type
from symgrad.rules.core import METHODS

BINARY: dict[Any, type[ast.operator]] = {
    operator.add: ast.Add, operator.sub: ast.Sub, operator.mul: ast.Mult, operator.truediv: ast.Div,
    operator.floordiv: ast.FloorDiv, operator.mod: ast.Mod, operator.pow: ast.Pow, operator.matmul: ast.MatMult,
    operator.and_: ast.BitAnd, operator.or_: ast.BitOr, operator.xor: ast.BitXor, operator.lshift: ast.LShift,
    operator.rshift: ast.RShift, list_concat: ast.Add, list_repeat: ast.Mult}
UNARY: dict[Any, type[ast.unaryop]] = {operator.neg: ast.USub, operator.pos: ast.UAdd, operator.invert: ast.Invert,
                                       operator.not_: ast.Not}
COMPARE: dict[Any, type[ast.cmpop]] = {
    operator.eq: ast.Eq, operator.ne: ast.NotEq, operator.lt: ast.Lt, operator.le: ast.LtE, operator.gt: ast.Gt,
    operator.ge: ast.GtE, operator.is_: ast.Is, operator.is_not: ast.IsNot, contains: ast.In}
NEGATED = {ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn}
METHOD_NAMES: dict[Any, str] = {}


class Expressions:
    """Prints values: a variable's name, or the expression of the op that makes it."""

    def __init__(self, inlining: Inlining, names: Names, imports: Imports, naturals: Naturals | None = None) -> None:
        self.inlining, self.names, self.imports = inlining, names, imports
        self.naturals = naturals            # for a kernel: which indices need not be asked whether they are negative

    def value(self, v: Value) -> ast.expr:
        if self.names.has(v) and not (v.op is not None and v.op.kind == "arg" and v.op.attrs["path"]):
            return load(self.names.variable(v))
        assert v.op is not None, v
        return self.op(v.op)

    def op(self, op: Op) -> ast.expr:
        """The expression that an op computes."""
        if op.kind == "call":
            return self.call(op)
        if op.kind == "const":
            return self.constant(op)
        if op.kind == "load":
            return self.place(op)
        if op.kind == "arg":
            base = load(op.attrs["name"])
            return self.path(base, op.attrs["path"], [])
        if op.kind == "undef":
            return ast.Constant(None)
        if op.kind == "copy":
            made = op.operands[0].op
            if made is not None and made in self.inlining.inline and made.fn is np.broadcast_to and isinstance(
                    made.operands[0].type, Scalar):
                value, shape = (self.tree(a, made.operands) for a in made.attrs["args"])
                lone = shape.elts[0] if isinstance(shape, ast.Tuple) and len(shape.elts) == 1 else shape
                return call(dotted(self.imports.path(np.full)), lone, value)
            base = self.value(op.operands[0])
            if op.attrs.get("deep"):
                import copy
                return call(dotted(self.imports.path(copy.deepcopy)), base)
            return call(attribute(base, "copy")) if op.attrs.get("rows") else self.copied(base, op.results[0].type)
        if op.kind == "accumulate":
            return plus(self.value(op.operands[0]), self.value(op.operands[1]))
        if op.kind == "if":
            return self.conditional(op)
        if op.kind == "for":
            return self.comprehension(op)
        if op.kind == "reload":
            return self.reload(op)
        raise AssertionError(op.kind)

    def copied(self, base: ast.expr, t: Type) -> ast.expr:
        """A copy that shares no memory with `base`."""
        item = t.item if isinstance(t, (ListOf, DictOf)) else None
        if isinstance(t, Array) and t.ndim > 1:
            return call(dotted(self.imports.path(np.copy)), base)       # in the order of its memory: sums depend on it
        if isinstance(t, Array) or item is not None and not item.holds_memory:
            return call(attribute(base, "copy"))
        if isinstance(t, ListOf) and isinstance(t.item, (Array, ListOf)):
            target = ast.Name("item" if isinstance(t.item, Array) else "row", ast.Store())
            return ast.ListComp(self.copied(load(target.id), t.item), [ast.comprehension(target, base, [], 0)])
        import copy
        return call(dotted(self.imports.path(copy.deepcopy)), base)

    def reload(self, op: Op) -> ast.expr:
        tape = self.value(op.operands[0])
        if len(op.operands) == 1:
            return call(attribute(tape, "pop"))
        return ast.Subscript(tape, self.value(op.operands[1]), ast.Load())

    def constant(self, op: Op) -> ast.expr:
        if op.attrs.get("module"):
            import importlib
            module = self.imports.module(importlib.import_module(op.attrs["module"]))
            return attribute(load(module), op.attrs["attribute"])
        made = self.literal(op.attrs["value"])
        if isinstance(made, ast.List):
            made.type = op.results[0].type          # type: ignore[attr-defined]
        return made

    def literal(self, x: Any) -> ast.expr:
        """A Python object as an expression."""
        if isinstance(x, (bool, str, bytes, type(None))) or x is Ellipsis:
            return ast.Constant(x)
        if isinstance(x, np.generic):
            return call(dotted(self.imports.path(type(x))), self.literal(x.item()))
        if isinstance(x, (int, float)):
            if isinstance(x, float) and not math.isfinite(x):
                name = "nan" if math.isnan(x) else "inf"
                value = attribute(load(self.imports.module(math)), name)
                return ast.UnaryOp(ast.USub(), value) if x < 0 else value
            if x < 0 or (isinstance(x, float) and math.copysign(1.0, x) < 0):
                return ast.UnaryOp(ast.USub(), ast.Constant(-x))
            return ast.Constant(x)
        if isinstance(x, complex):
            return ast.Constant(x)
        if isinstance(x, tuple):
            return ast.Tuple([self.literal(i) for i in x], ast.Load())
        if isinstance(x, list):
            return ast.List([self.literal(i) for i in x], ast.Load())
        if isinstance(x, dict):
            return ast.Dict([self.literal(k) for k in x], [self.literal(v) for v in x.values()])
        if isinstance(x, slice):
            return call(load("slice"), *(self.literal(p) for p in (x.start, x.stop, x.step)))
        if isinstance(x, np.dtype):
            if getattr(np, x.name, None) is x.type:
                return dotted(self.imports.path(x.type))
            return ast.Constant(x.name)
        return dotted(self.imports.path(x))

    def tree(self, t: Any, operands: list[Value]) -> ast.expr:
        """An argument structure as an expression."""
        if isinstance(t, Slot):
            return self.value(operands[t.index])
        if isinstance(t, tuple) and not hasattr(t, "_fields"):
            return ast.Tuple([self.tree(i, operands) for i in t], ast.Load())
        if isinstance(t, list):
            return ast.List([self.tree(i, operands) for i in t], ast.Load())
        if isinstance(t, dict):
            return ast.Dict([self.literal(k) for k in t], [self.tree(v, operands) for v in t.values()])
        if isinstance(t, slice):
            parts = (t.start, t.stop, t.step)
            return call(load("slice"), *(self.tree(p, operands) for p in parts))
        return self.literal(t)

    # -- access paths --------------------------------------------------------------------

    def place(self, op: Op) -> ast.expr:
        """What a load or a store of a part of memory names."""
        found = self.path(self.value(op.operands[0]), op.attrs["path"], op.operands)
        if self.naturals is not None and isinstance(op.operands[0].type, Array):
            mark_natural(found, op.attrs["path"], op.operands, self.naturals)
        return found

    def path(self, base: ast.expr, path: tuple[Step, ...], operands: list[Value]) -> ast.expr:
        for step in path:
            base = self.step(base, step, operands)
        return base

    def step(self, base: ast.expr, step: Step, operands: list[Value]) -> ast.expr:
        if step.kind == "attr":
            return attribute(base, step.key)
        if step.kind == "view":
            fn, args, kwargs = step.key
            return self.function_call(fn, [base, *(self.tree(a, operands) for a in args)],
                                      {k: self.tree(v, operands) for k, v in kwargs.items()}, True)
        made = ast.Subscript(base, self.index(step.key, operands), ast.Load())
        if by_arrays(step.key, operands):
            made.own = "take"                                                       # type: ignore[attr-defined]
        return made

    def index(self, key: Any, operands: list[Value]) -> ast.expr:
        if isinstance(key, tuple):
            return ast.Tuple([self.index(k, operands) for k in key], ast.Load())
        if isinstance(key, slice):
            parts = [None if p is None else self.tree(p, operands) for p in (key.start, key.stop, key.step)]
            return ast.Slice(*parts)
        return self.tree(key, operands)

    # -- calls -----------------------------------------------------------------------------

    def call(self, op: Op) -> ast.expr:
        fn, operands = op.fn, op.operands
        if isinstance(fn, FunctionRef):
            return call(load(self.imports.function(fn)), *(
                self.path(self.value(operands[a.index]), op.attrs["paths"].get(a.index, ()), operands)
                for a in op.attrs["args"]))
        if not SPECIAL:
            SPECIAL.update(_special())
        special = SPECIAL.get(fn) if not isinstance(fn, Slot) and hashable(fn) else None
        if special is not None:
            return special(self, op)
        args = [self.tree(a, operands) for a in op.attrs["args"]]
        mark_narrow(op, args)
        if isinstance(fn, Slot):
            return call(self.value(operands[fn.index]), *args,
                        **{k: self.tree(v, operands) for k, v in op.attrs["kwargs"].items()})
        if fn in BINARY and len(args) == 2:
            made = ast.BinOp(args[0], BINARY[fn](), args[1])
            if fn is operator.matmul and not plain_product(operands):
                made.own = "matmul"                                                 # type: ignore[attr-defined]
            return made
        if fn in UNARY:
            return self.unary(fn, args[0])
        if fn in COMPARE:
            return ast.Compare(args[0], [COMPARE[fn]()], [args[1]])
        kwargs = {k: self.tree(v, operands) for k, v in op.attrs["kwargs"].items()}
        called = self.function_call(fn, args, kwargs, bool(op.attrs.get("method")))
        called.numbers = all(isinstance(v.type, Scalar) and v.type.kind != "c" for v in operands)  # type: ignore[attr-defined]
        if fn is float and any(isinstance(v.type, Array) or getattr(v.type, "dtype", "") == "bool" for v in operands):
            called.own = "number"                                                   # type: ignore[attr-defined]
        return called

    def unary(self, fn: Any, arg: ast.expr) -> ast.expr:
        if fn is operator.not_ and isinstance(arg, ast.Compare) and len(arg.ops) == 1 and type(arg.ops[0]) in NEGATED:
            return ast.Compare(arg.left, [NEGATED[type(arg.ops[0])]()], arg.comparators)
        return ast.UnaryOp(UNARY[fn](), arg)

    def function_call(self, fn: Any, args: list[ast.expr], kwargs: dict[str, ast.expr], method: bool) -> ast.expr:
        if fn is np.transpose and len(args) == 1 and not kwargs:
            twice = isinstance(args[0], ast.Attribute) and args[0].attr == "T"
            return args[0].value if twice else attribute(args[0], "T")               # type: ignore[attr-defined]
        if fn is np.matrix_transpose:
            return attribute(args[0], "mT")
        spread = fn is np.reshape and len(args) > 2           # the method takes any number of lengths, and no order
        if (method and not (kwargs and fn in POSITIONAL) or _is_method(fn)) and not spread:
            name = method_name(fn)
            if name is not None:
                return call(attribute(args[0], name), *args[1:], **kwargs)
        return call(dotted(self.imports.path(fn)), *args, **kwargs)

    # -- expressions with regions -------------------------------------------------------------

    def conditional(self, op: Op) -> ast.expr:
        test = self.value(op.operands[0])
        a, b = (r.yields[0] for r in op.regions)
        if b is op.operands[0]:
            return ast.BoolOp(ast.And(), [test, self.value(a)])
        if a is op.operands[0]:
            return ast.BoolOp(ast.Or(), [test, self.value(b)])
        if a.op is not None and a.op.kind == "const" and a.op.attrs["value"] is True:
            return ast.BoolOp(ast.Or(), [test, self.value(b)])
        if b.op is not None and b.op.kind == "const" and b.op.attrs["value"] is False:
            return ast.BoolOp(ast.And(), [test, self.value(a)])
        return ast.IfExp(test, self.value(a), self.value(b))

    def comprehension(self, op: Op) -> ast.expr:
        body = op.regions[0]
        target = ast.Name(self.names.variable(body.params[0]), ast.Store())
        return ast.ListComp(self.value(body.yields[-1]),
                            [ast.comprehension(target, self.range(op), [], 0)])

    def range(self, op: Op, function: ast.expr | None = None) -> ast.expr:
        """The range of a for loop, or what `function` makes of its bounds."""
        start, stop, step = op.operands[:3]
        args = [self.value(start), self.value(stop), self.value(step)]
        if constant_of(step) == 1:
            args.pop()
            if constant_of(start) == 0:
                args.pop(0)
        r = call(function or load("range"), *args)
        return call(load("reversed"), r) if op.attrs.get("backwards") else r


POSITIONAL = (np.transpose, np.swapaxes)         # as methods of arrays they take no keyword arguments


def constant_of(v: Value) -> Any:
    return v.op.attrs["value"] if v.op is not None and v.op.kind == "const" else None


def method_name(fn: Any) -> str | None:
    if not METHOD_NAMES:
        METHOD_NAMES.update({f: n for n, f in METHODS.items() if hashable(f)})
    if _is_method(fn):
        return str(fn.__name__)
    return METHOD_NAMES.get(fn)


def _is_method(fn: Any) -> bool:
    owner = getattr(fn, "__objclass__", None)
    return owner in (list, dict, str, float, int, np.ndarray, tuple) if owner is not None else False


# -- ops that are syntax, not calls ---------------------------------------------------------


def _dim_length(e: Expressions, op: Op) -> ast.expr:
    base = e.value(op.operands[0])
    axis = op.attrs["args"][1]
    return ast.Subscript(attribute(base, "shape"), e.literal(axis), ast.Load())


def _make_list(e: Expressions, op: Op) -> ast.expr:
    made = ast.List([e.value(v) for v in op.operands], ast.Load())
    made.type = op.results[0].type              # type: ignore[attr-defined]
    return made


def _unpack(e: Expressions, op: Op) -> ast.expr:
    return e.value(op.operands[0])


def _make_tuple(e: Expressions, op: Op) -> ast.expr:
    return ast.Tuple([e.value(v) for v in op.operands], ast.Load())


def _make_dict(e: Expressions, op: Op) -> ast.expr:
    return ast.Dict([e.literal(k) for k in op.attrs["args"][0]], [e.value(v) for v in op.operands])


def _make_instance(e: Expressions, op: Op) -> ast.expr:
    cls, names, *_ = op.attrs["args"]
    return instance(e, cls, dict(zip(names, (e.value(v) for v in op.operands))))


def mark_narrow(op: Op, args: list[ast.expr]) -> None:
    """Mark Python's numbers that take the precision of what they meet, for compilers to which they are of double precision."""
    t = op.results[0].type if op.results else None
    single = {"float32": "float32", "complex64": "float32"}.get(getattr(t, "dtype", ""), "")
    if single and (op.fn in BINARY or isinstance(op.fn, np.ufunc)):
        for a, arg in zip(op.attrs["args"], args):
            v = op.operands[a.index].type if isinstance(a, Slot) else None
            if isinstance(a, float) or isinstance(v, Scalar) and v.python and v.dtype in ("float64", "int64"):
                arg.narrow = single         # type: ignore[attr-defined]


def mark_natural(place: ast.expr, path: tuple[Step, ...], operands: list[Value], naturals: Naturals) -> None:
    """Mark the whole numbers in a place's indices that are never negative."""
    for step in reversed(path):
        if step.kind != "index" or not isinstance(place, ast.Subscript):
            return
        keys = step.key if isinstance(step.key, tuple) else (step.key,)
        entries = place.slice.elts if isinstance(place.slice, ast.Tuple) else [place.slice]
        for key, entry in zip(keys, entries):
            if isinstance(key, Slot) and not isinstance(entry, ast.Constant) and naturals.has(operands[key.index]):
                entry.natural = True        # type: ignore[attr-defined]
        place = place.value


def plain_product(operands: list[Value]) -> bool:
    """Whether a product is of vectors and matrices of one dtype, which every compiler of NumPy code has."""
    types = [v.type for v in operands]
    return all(isinstance(t, Array) and t.ndim <= 2 and t.kind in "fc" for t in types) and \
        len({getattr(t, "dtype", "") for t in types}) == 1


def by_arrays(key: Any, operands: list[Value]) -> bool:
    """Whether an index is made of arrays, and not of one vector alone, which every compiler of NumPy code has."""
    entries = key if isinstance(key, tuple) else (key,)
    types = [operands[e.index].type for e in entries if isinstance(e, Slot)]
    arrays = [t for t in types if isinstance(t, Array) and t.ndim or isinstance(t, ListOf)]
    return bool(arrays) and (len(arrays) > 1 or isinstance(arrays[0], ListOf) or arrays[0].ndim > 1 or None in entries)


def instance(e: Expressions, cls: type, fields: dict[str, ast.expr]) -> ast.expr:
    """An object with these fields: by its constructor where that takes them by name."""
    path = dotted(e.imports.path(cls))
    by_name = dataclasses.is_dataclass(cls) and set(fields) == {f.name for f in dataclasses.fields(cls) if f.init}
    if by_name or cls.__new__ is not object.__new__:
        return call(path, **fields)
    return call(load(e.imports.helper(make_object)), path, **fields)


def make_object(cls: Any, **fields: Any) -> Any:
    """An object of a class with these fields, its constructor not called."""
    made = object.__new__(cls)
    for name, value in fields.items():
        object.__setattr__(made, name, value)
    return made


def _range_list(e: Expressions, op: Op) -> ast.expr:
    return call(load("list"), _range(e, op.operands))


def _range_length(e: Expressions, op: Op) -> ast.expr:
    return call(load("len"), _range(e, op.operands))


def _range(e: Expressions, bounds: list[Value]) -> ast.expr:
    args = [e.value(v) for v in bounds]
    if constant_of(bounds[2]) == 1:
        args.pop()
        if constant_of(bounds[0]) == 0:
            args.pop(0)
    return call(load("range"), *args)


def _reverse(e: Expressions, op: Op) -> ast.expr:
    return ast.Subscript(e.value(op.operands[0]), ast.Slice(None, None, e.literal(-1)), ast.Load())


def _unwrap(e: Expressions, op: Op) -> ast.expr:
    return e.value(op.operands[0])


def _fstring(e: Expressions, op: Op) -> ast.expr:
    parts: list[ast.expr] = []
    for p in op.attrs["args"]:
        if isinstance(p, str):
            parts.append(ast.Constant(p))
        else:
            spec = ast.JoinedStr([ast.Constant(p[2])]) if p[2] else None
            parts.append(ast.FormattedValue(e.tree(p[0], op.operands), p[1], spec))
    return ast.JoinedStr(parts)


def _sort_order(e: Expressions, op: Op) -> ast.expr:
    keys = e.value(op.operands[0])
    kwargs: dict[str, ast.expr] = {"key": attribute(keys, "__getitem__")}
    if constant_of(op.operands[1]) is not False:
        kwargs["reverse"] = e.value(op.operands[1])
    return call(load("sorted"), call(load("range"), call(load("len"), keys)), **kwargs)


def _special() -> dict[Any, Callable[[Expressions, Op], ast.expr]]:
    from symgrad.codegen import shadows
    from symgrad.frontend.builtin_folds import sort_order
    from symgrad.frontend.lowering import unpack
    from symgrad.transform.lists import add_lists, finish_list, float_items, zeros_of
    return {unpack: _unpack, zeros_of: shadows.zeros, add_lists: shadows.sums, finish_list: shadows.finished,
            float_items: shadows.float_items, dim_length: _dim_length, make_list: _make_list, make_tuple: _make_tuple, make_dict: _make_dict,
            make_instance: _make_instance, range_list: _range_list, range_length: _range_length,
            list_reverse: _reverse, unwrap_optional: _unwrap, fstring: _fstring, sort_order: _sort_order}


SPECIAL: dict[Any, Callable[[Expressions, Op], ast.expr]] = {}

__all__ = ["Expressions", "constant_of"]
