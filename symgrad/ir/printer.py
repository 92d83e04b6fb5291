"""IR as text, for people who work on the compiler."""
from __future__ import annotations

from typing import Any

from symgrad.ir.nodes import Op, Region, Slot, Step, Value
from symgrad.ir.types import Array, Dim, Length, ListOf, Scalar, Type

SHOWN = ("value", "name", "add", "effect", "early", "taped", "backwards")      # attributes that are printed


def show(region: Region) -> str:
    """The text of a region, one op a line; values are numbered in the order in which they are made."""
    return "\n".join(Printer().region(region, ""))


class Printer:
    """Gives values short names of their own."""

    def __init__(self) -> None:
        self.names: dict[Value, str] = {}

    def value(self, v: Value) -> str:
        if v not in self.names:
            self.names[v] = f"%{len(self.names)}" + (f".{v.name}" if v.name else "")
        return self.names[v]

    def typed(self, values: list[Value]) -> str:
        return ", ".join(f"{self.value(v)}: {type_text(v.type)}" for v in values)

    def region(self, region: Region, indent: str) -> list[str]:
        lines = [line for op in region.ops for line in self.op(op, indent)]
        return [*lines, f"{indent}yield {', '.join(map(self.value, region.yields))}".rstrip()]

    def op(self, op: Op, indent: str) -> list[str]:
        head = f"{indent}{self.typed(op.results)} = " if op.results else indent
        if "path" in op.attrs and op.kind in ("load", "store"):
            place = self.value(op.operands[0]) + self.path(op.attrs["path"], op.operands)
            text = f"load {place}" if op.kind == "load" else (
                f"store {place} {'+=' if op.attrs.get('add') else '='} {self.value(op.operands[1])}")
        elif op.kind == "call":
            name = getattr(op.fn, "__name__", str(op.fn))
            given = [self.tree(a, op.operands) for a in op.attrs["args"]]
            given += [f"{k}={self.tree(a, op.operands)}" for k, a in op.attrs["kwargs"].items()]
            text = f"{name}({', '.join(given)})"
        else:
            text = f"{op.kind} {', '.join(map(self.value, op.operands))}".rstrip()
        notes = [repr(op.attrs[k]) if k in ("value", "name") else k if op.attrs[k] is True else f"{k}={op.attrs[k]}"
                 for k in SHOWN if k in op.attrs and op.attrs[k] not in (False, None, 0) or k == "value" in op.attrs]
        if op.kind == "store":
            notes = []
        lines = [" ".join([head + text, *notes])]
        titles = {"if": ["then", "else"], "while": ["test", "body"], "for": ["body"]}.get(op.kind, [])
        for title, region in zip(titles, op.regions):
            lines.append(f"{indent}  {title}" + (f" ({self.typed(region.params)})" if region.params else "") + ":")
            lines.extend(self.region(region, indent + "    "))
        return lines

    def tree(self, tree: Any, operands: list[Value]) -> str:
        """An argument structure with its slots filled."""
        if isinstance(tree, Slot):
            return self.value(operands[tree.index])
        if isinstance(tree, (tuple, list)):
            inner = ", ".join(self.tree(t, operands) for t in tree)
            return f"[{inner}]" if isinstance(tree, list) else f"({inner}{',' * (len(tree) == 1)})"
        if isinstance(tree, slice):
            ends = ["" if p is None else self.tree(p, operands) for p in (tree.start, tree.stop)]
            return ":".join(ends) + ("" if tree.step is None else f":{self.tree(tree.step, operands)}")
        return "..." if tree is Ellipsis else getattr(tree, "__name__", repr(tree))

    def path(self, path: tuple[Step, ...], operands: list[Value]) -> str:
        """An access path as it would be written in Python."""
        out = ""
        for step in path:
            if step.kind == "index":
                entries = step.key if isinstance(step.key, tuple) else (step.key,)
                out += f"[{', '.join(self.tree(e, operands) for e in entries)}]"
            elif step.kind == "attr":
                out += f".{step.key}"
            else:
                function = step.key[0] if isinstance(step.key, tuple) else step.key
                out += f".{getattr(function, '__name__', function)}()"
        return out


def type_text(t: Type) -> str:
    """``float64``, ``float64*`` for NumPy's own scalar, ``float64[n, 3]`` for an array."""
    if isinstance(t, Scalar):
        return t.dtype + ("" if t.python else "*")
    if isinstance(t, Array):
        return f"{t.dtype}[{', '.join(map(length_text, t.dims))}]"
    if isinstance(t, ListOf):
        return f"list of {type_text(t.item)}"
    return repr(t)


def length_text(d: Length) -> str:
    """A length as a number, ``?`` for one that is not known, with what is added to it."""
    if not isinstance(d, Dim):
        return str(d)
    return "?" + (f"{d.offset:+d}" if d.offset else "")


__all__ = ["show", "type_text"]
