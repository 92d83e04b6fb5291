"""Names that outlive the call: globals, and attributes of modules, classes and functions, assigned to.

An assignment is an effect of the forward sweep. What is read after it, in the same call, is what was
assigned; the next call reads the name anew, as a constant. So the derivative does not go through it from
one call to the next.
"""
from __future__ import annotations

import sys
import types
from typing import Any

from symgrad.frontend.lowering import Lowering
from symgrad.frontend.values import UNDEF, Ref, Static
from symgrad.ir.nodes import Op, Value
from symgrad.ir.types import NONE, Opaque, Scalar


def set_outer(owner: Any, name: str, value: Any) -> None:
    """``owner.name = value``."""
    setattr(owner, name, value)


def key_of(owner: Any, name: str) -> Any:
    return ("outer", id(owner.__dict__ if isinstance(owner, types.ModuleType) else owner), name)


def module_of(lw: Lowering, name: str) -> types.ModuleType:
    """The module whose global `name` is."""
    found = lw.frame.function.__globals__ if lw.frame.function is not None else {}
    module = sys.modules.get(found.get("__name__", ""))
    if module is None or vars(module) is not found:
        lw.error(f"the global {name!r} of something that is no module is assigned to", hint="return the new value instead")
    return module


def assign(lw: Lowering, owner: Any, name: str, value: Any) -> None:
    """``owner.name = value``, once, in the forward sweep."""
    if isinstance(value, Ref) or not isinstance(value, (Static, Value)) or isinstance(value, Value) and not isinstance(
            value.type, (Scalar, Opaque)):
        lw.error(f"an array or structure is assigned to {name!r}, which outlives the call",
                 hint="return it, or change in place what is there")
    if any(id(f.node) in lw.recursive for f, _, _ in lw.active_calls):
        lw.error(f"{name!r}, which outlives the call, is assigned to in a recursive function",
                 hint="return the new value instead")
    key = key_of(owner, name)
    if key not in lw.cells:                          # what it was before is known before every branch and loop
        first = before(lw, owner, name)
        for state in (lw.cells, lw.captured_cells, *lw.saved):
            state.setdefault(key, first)
    lw.changing(key)
    operands: list[Value] = []
    tree = lw.tree(value, operands)
    lw.b.emit(Op("call", operands, [NONE], fn=set_outer, args=(owner, name, tree), kwargs={}, effect=True))
    lw.cells[key] = value


def before(lw: Lowering, owner: Any, name: str) -> Any:
    """What the name stands for when the function is entered."""
    from symgrad.frontend.calls import capture, is_code
    where = ("global", vars(owner), name) if isinstance(owner, types.ModuleType) else ("attribute", owner, name)
    if name not in vars(owner):
        return UNDEF
    if is_code(vars(owner)[name]):
        lw.error(f"the function or class {name!r}, which outlives the call, is replaced",
                 hint="choose between the two with an if")
    return capture(lw, name, vars(owner)[name], where)


__all__ = ["assign", "key_of", "module_of", "set_outer"]
