"""Products of arrays of any rank, and arrays made of lists: Numba has them for matrices and tuples."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import types
from numba.np.numpy_support import as_dtype

from symgrad.backends.loop_texts import compiled, literal, loops, written_for
from symgrad.optimize.loops.lengths import UNEQUAL


def common(*operands: Any) -> str:
    """The dtype of a product."""
    return f"np.{np.result_type(*(as_dtype(getattr(t, 'dtype', t)) for t in operands)).name}"


def matmul(a: Any, b: Any) -> Any:
    """``a @ b``."""


@written_for(matmul)
def _matmul(a: Any, b: Any) -> Any:
    if not all(isinstance(t, types.Array) and t.ndim for t in (a, b)):
        return None
    dtype = common(a, b)
    lines = [f"{x} = {x}.astype({dtype})" for x, t in (("a", a), ("b", b)) if f"np.{as_dtype(t.dtype).name}" != dtype]
    if "int" in dtype or "bool" in dtype:
        return None
    if a.ndim <= 2 and b.ndim <= 2:
        return compiled("a, b", [*lines, "return np.dot(a, b)"])
    if a.ndim == 1 or b.ndim == 1:                          # a matrix of one row or column, for as long
        short, long = ("a", "np.ascontiguousarray(a).reshape((1, a.shape[0]))") if a.ndim == 1 else (
            "b", "np.ascontiguousarray(b).reshape((b.shape[0], 1))")
        given = f"{long}, b" if short == "a" else f"a, {long}"
        return compiled("a, b", [*lines, f"return itself({given})[..., {'0, :' if short == 'a' else '0'}]"], itself=matmul)
    if b.ndim == 2:                                         # all rows at once
        shape = ", ".join(f"a.shape[{k}]" for k in range(a.ndim - 1))
        count = " * ".join(f"a.shape[{k}]" for k in range(a.ndim - 1))              # -1 is unknown where a row is empty
        return compiled("a, b", [*lines, f"rows = np.ascontiguousarray(a).reshape(({count}, a.shape[{a.ndim - 1}]))",
                                 f"return np.dot(rows, b).reshape(({shape}, b.shape[1]))"])
    rank = max(a.ndim, b.ndim) - 2
    places = {}
    for x, t in (("a", a), ("b", b)):
        own = t.ndim - 2
        places[x] = [f"i{rank - own + k} * s{x}{k}" for k in range(own)]
        for k in range(own):
            lines.append(f"s{x}{k} = 0 if {x}.shape[{k}] == 1 else 1")
    lengths = []
    for r in range(rank):
        mine, theirs = (r - rank + t.ndim - 2 for t in (a, b))
        if mine < 0 or theirs < 0:
            lengths.append(f"b.shape[{theirs}]" if mine < 0 else f"a.shape[{mine}]")
            continue
        lines += [f"if a.shape[{mine}] != b.shape[{theirs}] and a.shape[{mine}] != 1 and b.shape[{theirs}] != 1:",
                  "    raise ValueError('matmul: the shapes cannot be broadcast together')",
                  f"n{r} = b.shape[{theirs}] if a.shape[{mine}] == 1 else a.shape[{mine}]"]
        lengths.append(f"n{r}")
    lines.append(f"out = np.empty(({', '.join(lengths)}, a.shape[{a.ndim - 2}], b.shape[{b.ndim - 1}]), {dtype})")
    depth = loops(lines, lengths)
    parts = [f"np.ascontiguousarray({x}[{', '.join(places[x])}])" if places[x] else x for x in ("a", "b")]
    lines.append("    " * depth + f"np.dot({', '.join(parts)}, out[{', '.join(f'i{r}' for r in range(rank))}])")
    return compiled("a, b", [*lines, "return out"])


def tensordot(a: Any, b: Any, mine: Any, theirs: Any) -> Any:
    """``np.tensordot(a, b, (mine, theirs))``: a product of two matrices."""


@written_for(tensordot, prefer_literal=True)
def _tensordot(a: Any, b: Any, mine: Any, theirs: Any) -> Any:
    along = literal(mine), literal(theirs)
    if not all(isinstance(t, types.Array) for t in (a, b)) or NotImplemented in along:
        return None
    summed = [[k % t.ndim for k in ((x,) if isinstance(x, int) else x)] for t, x in zip((a, b), along)]
    free = [[k for k in range(t.ndim) if k not in s] for t, s in zip((a, b), summed)]
    lines = []
    for j, k in zip(*summed):
        lines += [f"if a.shape[{j}] != b.shape[{k}]:", "    raise ValueError('the summed axes of a tensor product differ in length')"]
    for x, t, order in (("a", a, free[0] + summed[0]), ("b", b, summed[1] + free[1])):
        turned = x if order == list(range(t.ndim)) else f"np.transpose({x}, ({', '.join(map(str, order))},))"
        count = " * ".join(f"{x}.shape[{k}]" for k in summed[x == "b"]) or "1"
        others = " * ".join(f"{x}.shape[{k}]" for k in free[x == "b"]) or "1"       # -1 is unknown where count is 0
        shape = f"{others}, {count}" if x == "a" else f"{count}, {others}"
        lines.append(f"{x}2 = np.ascontiguousarray({turned}).reshape(({shape}))")
    shape = ", ".join([*(f"a.shape[{k}]" for k in free[0]), *(f"b.shape[{k}]" for k in free[1])])
    end = f"return product(a2, b2).reshape(({shape},))" if shape else "return product(a2, b2)[0, 0]"
    return compiled("a, b, mine, theirs", [*lines, end], product=matmul)


def einsum(subscripts: Any, operands: Any) -> Any:
    """``np.einsum(subscripts, *operands)``: loops over the axes of the result around loops over those that are summed."""


@written_for(einsum, prefer_literal=True)
def _einsum(subscripts: Any, operands: Any) -> Any:
    text = literal(subscripts)
    if not isinstance(text, str) or not isinstance(operands, (types.Tuple, types.UniTuple)):
        return None
    found = axes_of_terms(text, [getattr(t, "ndim", 0) for t in operands.types])
    if found is None:
        return None
    terms, result = found
    letters = [*result, *dict.fromkeys(c for term in terms for c in term if c not in result)]
    number = {c: k for k, c in enumerate(letters)}
    lines = [f"x{k} = operands[{k}]" for k in range(len(terms))]
    lines += [f"n{k} = -1" for k in range(len(letters))]
    for m, term in enumerate(terms):
        for axis, c in enumerate(term):
            lines += [f"if n{number[c]} >= 0 and n{number[c]} != x{m}.shape[{axis}]:", f"    raise ValueError({UNEQUAL!r})",
                      f"n{number[c]} = x{m}.shape[{axis}]"]
    dtype = common(*operands.types)
    lengths = [f"n{k}" for k in range(len(letters))]
    factors = " * ".join(f"x{m}[{', '.join(f'i{number[c]}' for c in term)}]" if term else f"x{m}" + "[()]" * isinstance(t, types.Array)
                         for m, (term, t) in enumerate(zip(terms, operands.types)))
    lines.append(f"zero = np.zeros(1, {dtype})[0]")
    if result:
        lines.append(f"out = np.empty(({', '.join(lengths[:len(result)])},), {dtype})")
    outer = loops(lines, lengths[:len(result)])
    lines.append("    " * outer + "total = zero")
    for k in range(len(result), len(letters)):
        lines.append("    " * k + f"for i{k} in range(n{k}):")
    lines.append("    " * len(letters) + f"total += {factors}")
    if result:
        lines.append("    " * outer + f"out[{', '.join(f'i{k}' for k in range(len(result)))}] = total")
    return compiled("subscripts, operands", [*lines, "return out" if result else "return total"])


def axes_of_terms(text: str, ranks: list[int]) -> tuple[list[list[str]], list[str]] | None:
    """The names of the axes of each operand and of the result; those that an ellipsis stands for are "0", "1", ... from the end."""
    left, arrow, right = text.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(ranks):
        return None
    more = max((rank - len(t.replace("...", "")) for t, rank in zip(terms, ranks)), default=0)

    def spread(term: str, rank: int | None) -> list[str]:
        head, dots, tail = term.partition("...")
        n = (more if rank is None else rank - len(head) - len(tail)) if dots else 0
        return [*head, *(str(k) for k in range(n - 1, -1, -1)), *tail]

    if not arrow:
        every = left.replace(",", "").replace("...", "")
        right = ("..." if "..." in left else "") + "".join(sorted(c for c in set(every) if every.count(c) == 1))
    found = [spread(t, rank) for t, rank in zip(terms, ranks)]
    return (found, spread(right, None)) if all(len(t) == rank for t, rank in zip(found, ranks)) else None


def outer_operand(a: Any, b: Any) -> Any:
    """`a` with an axis of length 1 for each of `b`: ``np.add.outer(a, b)`` is ``outer_operand(a, b) + b``."""


@written_for(outer_operand)
def _outer_operand(a: Any, b: Any) -> Any:
    more = b.ndim if isinstance(b, types.Array) else 0
    if not isinstance(a, types.Array) or not more:
        return compiled("a, b", ["return a"])
    shape = ", ".join([*(f"a.shape[{k}]" for k in range(a.ndim)), *["1"] * more])
    return compiled("a, b", [f"return np.ascontiguousarray(a).reshape(({shape},))"])


# -- arrays of lists -----------------------------------------------------------------------------------


def is_list(t: Any) -> bool:
    return isinstance(t, (types.List, types.ListType))


def array(x: Any, dtype: Any) -> Any:
    """``np.array(x, dtype)``: a copy of an array, or one that a list of arrays is joined to."""


@written_for(array)
def _array(x: Any, dtype: Any) -> Any:
    cast = "" if isinstance(dtype, types.NoneType) else ".astype(dtype)"
    if isinstance(x, types.Array):
        return compiled("x, dtype", [f"return x{cast or '.copy()'}"])
    if is_list(x) and isinstance(x.dtype, (types.Array, types.ListType)):
        return compiled("x, dtype", [f"return stack(x, 0){cast}"], stack=stack)
    if isinstance(x, types.UniTuple) and isinstance(x.dtype, types.Array):
        return compiled("x, dtype", [f"return np.stack(x){cast}"])
    return compiled("x, dtype", [f"return np.array(x{', dtype' if cast else ''})"])


def stack(parts: Any, axis: Any) -> Any:
    """``np.stack(parts, axis)``."""


@written_for(stack, prefer_literal=True)
def _stack(parts: Any, axis: Any) -> Any:
    at = literal(axis)
    if not is_list(parts):
        return compiled("parts, axis", [f"return np.stack(parts, {at})"]) if isinstance(at, int) else None
    item = parts.dtype
    nested = is_list(item)
    if nested and at == 0:                                  # a list of lists of numbers
        return compiled("parts, axis", ["m = len(parts[0]) if len(parts) else 0",
                                        "out = np.empty((len(parts), m), type_of(parts))",
                                        "for i in range(len(parts)):",
                                        "    if len(parts[i]) != m:",
                                        "        raise ValueError('the lists have different lengths')",
                                        "    for j in range(m):",
                                        "        out[i, j] = parts[i][j]",
                                        "return out"], type_of=item_type)
    if not isinstance(item, types.Array) or not isinstance(at, int):
        return None
    at %= item.ndim + 1
    shape = [f"parts[0].shape[{k}]" for k in range(item.ndim)]
    shape.insert(at, "len(parts)")
    entry = ", ".join("k" if k == at else ":" for k in range(item.ndim + 1))
    return compiled("parts, axis", ["if len(parts) == 0:", "    raise ValueError('need at least one array to stack')",
                                    f"out = np.empty(({', '.join(shape)},), parts[0].dtype)",
                                    "for k in range(len(parts)):",
                                    "    if parts[k].shape != parts[0].shape:",
                                    "        raise ValueError('all input arrays must have the same shape')",
                                    f"    out[{entry}] = parts[k]", "return out"])


def item_type(parts: Any) -> Any:
    """The dtype of the numbers in a list of lists."""


@written_for(item_type)
def _item_type(parts: Any) -> Any:
    inner = as_dtype(parts.dtype.dtype).type
    return lambda parts: inner


def concatenate(parts: Any, axis: Any) -> Any:
    """``np.concatenate(parts, axis)``."""


@written_for(concatenate, prefer_literal=True)
def _concatenate(parts: Any, axis: Any) -> Any:
    at = literal(axis)
    if at is None and is_list(parts) and isinstance(parts.dtype, types.Array):
        return compiled("parts, axis", ["return itself([np.ravel(p) for p in parts], 0)"], itself=concatenate)
    if not isinstance(at, int):
        return None
    if not is_list(parts):
        return compiled("parts, axis", [f"return np.concatenate(parts, {at})"])
    item = parts.dtype
    if not isinstance(item, types.Array):
        return None
    at %= item.ndim
    shape = ", ".join("n" if k == at else f"parts[0].shape[{k}]" for k in range(item.ndim))
    entry = ", ".join(f"n:n + p.shape[{k}]" if k == at else ":" for k in range(item.ndim))
    checks = [f"    if p.shape[{k}] != parts[0].shape[{k}]:\n"
              "            raise ValueError('all the input array dimensions must match')" for k in range(item.ndim) if k != at]
    return compiled("parts, axis", ["if len(parts) == 0:", "    raise ValueError('need at least one array to concatenate')",
                                    "n = 0", "for p in parts:", *checks, f"    n += p.shape[{at}]",
                                    f"out = np.empty(({shape},), parts[0].dtype)", "n = 0", "for p in parts:",
                                    f"    out[{entry}] = p", f"    n += p.shape[{at}]", "return out"])


def joined_along(name: str) -> Callable[..., Any]:
    """`np.vstack`, `np.hstack` or `np.column_stack`, of a tuple or list of arrays of whatever ranks."""
    def function(parts: Any) -> Any:
        """Only a name."""

    def define(parts: Any) -> Any:
        items = [parts.dtype] if is_list(parts) else [*getattr(parts, "types", ())]
        if not all(isinstance(t, types.Array) and t.ndim for t in items):
            return None
        flat = all(t.ndim == 1 for t in items)
        axis = 0 if name == "vstack" or name == "hstack" and flat else 1

        def raised(part: str, t: Any) -> str:
            if t.ndim > 1 or name == "hstack":
                return part
            return f"{part}.reshape(({'1, -1' if name == 'vstack' else '-1, 1'}))" if t.layout == "C" else \
                f"np.ascontiguousarray({part}).reshape(({'1, -1' if name == 'vstack' else '-1, 1'}))"

        if is_list(parts):
            return compiled("parts", [f"return join([{raised('p', items[0])} for p in parts], {axis})"], join=concatenate)
        each = "".join(raised(f"parts[{k}]", t) + ", " for k, t in enumerate(items))
        return compiled("parts", [f"return np.concatenate(({each}), {axis})"])

    function.__name__ = name
    written_for(function)(define)
    return function


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "tensordot": tensordot, **{name: joined_along(name) for name in ("vstack", "hstack", "column_stack")}, "matmul": matmul, "einsum": einsum, "outer_operand": outer_operand, "array": array, "stack": stack,
    "concatenate": concatenate}

__all__ = ["FUNCTIONS"]
