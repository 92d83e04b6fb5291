"""NumPy functions that write into an argument, as writes of the IR; those that cannot be are refused."""
from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from symgrad.frontend import indexing, primitives
from symgrad.frontend.lowering import Lowering
from symgrad.frontend.values import Iter, Ref, Static, Tup
from symgrad.ir.types import Array, Scalar

Args = list[Any]
Kwargs = dict[str, Any]
HARMLESS = ("builtins", "logging", "warnings", "json", "pickle", "pprint", "time", "sys", "io", "_io", "random", "numpy",
            "math", "operator", "_operator", "itertools", "functools", "contextlib", "os", "posix", "threading", "_thread",
            "copy", "datetime", "re", "string", "traceback", "gc", "inspect", "types", "typing", "collections", "scipy")


def copyto(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    from symgrad.frontend.assignments import write_whole
    target, value = args[0], args[1]
    if not isinstance(target, Ref):
        lw.error("np.copyto() needs an array to write to")
    if "where" in kwargs:
        value = primitives.call_primitive(lw, np.where, [kwargs["where"], value, target], {})
    write_whole(lw, target, value)
    return Static(None)


def add_at(sign: Any) -> Callable[..., Any]:
    def make(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
        target, index, value = args
        if not isinstance(target, Ref):
            lw.error("ufunc.at() needs an array to write to")
        ref = indexing.extend(target, "index", lambda ops: indexing.index_tree(lw, index, ops))
        lw.store(ref, lw.value(value if sign is None else primitives.call_primitive(lw, sign, [value], {})), add=True)
        return Static(None)
    return make


def fill_diagonal(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    target, value = array(lw, args[0], "np.fill_diagonal()"), args[1]
    t = lw.load(target).type
    if not isinstance(t, Array) or t.ndim != 2 or len(args) > 2 or kwargs:
        lw.error("np.fill_diagonal() of an array that is not a matrix", hint="write to a[i, i] in a loop")
    from symgrad.frontend.builtin_folds import two
    n = two(lw, min, *(indexing.shape_item(lw, lw.load(target), axis) for axis in (0, 1)))
    along = primitives.call_primitive(lw, np.arange, [n], {})
    indexing.set_item(lw, target, Tup((along, along)), value)
    return Static(None)


def putmask(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    target, mask, value = array(lw, args[0], "np.putmask()"), args[1], args[2]
    same_shape(lw, value, lw.load(target).type, "np.putmask()")
    return copyto(lw, [target, value], {"where": mask})


def put(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    target = array(lw, args[0], "np.put()")
    t = lw.load(target).type
    if not isinstance(t, Array) or t.ndim != 1 or len(args) != 3 or kwargs:
        lw.error("np.put() into an array of several axes", hint="write a[i, j] = v")
    where = args[1] if isinstance(args[1], (Ref, Iter)) else primitives.call_primitive(lw, np.asarray, [args[1]], {})
    same_shape(lw, args[2], lw.value(where).type, "np.put()")
    indexing.set_item(lw, target, where, args[2])
    return Static(None)


def same_shape(lw: Lowering, value: Any, t: Any, name: str) -> None:
    """Refuse a value that the function would repeat."""
    v = lw.value(value).type
    if not (isinstance(v, Scalar) or isinstance(v, Array) and isinstance(t, Array) and v.dims == t.dims):
        lw.error(f"{name} with values of another shape than the places", hint="write a[where] = values")


def array(lw: Lowering, a: Any, name: str) -> Ref:
    if not isinstance(a, Ref):
        lw.error(f"{name} needs an array to write to", hint="give the array a name first")
    return a


def refused(name: str, hint: str) -> Callable[..., Any]:
    def make(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
        lw.error(f"{name} writes into its argument in a way that is not supported", hint=hint)
    return make


def may_write(fn: Any) -> bool:
    """Whether a function without a source may write into the arrays that it is given."""
    module = getattr(fn, "__module__", None) or type(getattr(fn, "__self__", None)).__module__
    if getattr(fn, "__name__", "") in ("shuffle", "readinto", "at"):
        return True
    return module.split(".")[0] not in HARMLESS


WRITERS: dict[Any, Callable[[Lowering, Args, Kwargs], Any]] = {
    np.copyto: copyto, np.add.at: add_at(None), np.subtract.at: add_at(operator.neg), np.fill_diagonal: fill_diagonal,
    np.putmask: putmask, np.put: put,
    np.place: refused("np.place()", "write a[mask] = values"),
    np.put_along_axis: refused("np.put_along_axis()", "write to a[i, index[i, j]] in a loop, or by integer arrays")}

__all__ = ["WRITERS", "may_write"]
