"""Functions of the IR: a recursive function is a region of its own, and `call` ops refer to it."""
from __future__ import annotations

from typing import Any

from symgrad.ir.nodes import Op, Region, Value
from symgrad.structs import field, struct


@struct(eq=False)
class FunctionRef:
    """A function of the IR. `region.params` are the leaves of its arguments, then what it captures."""

    name: str
    key: Any
    params: list[tuple[str, Any]] = field(default_factory=list)     # name, template
    region: Region = field(default_factory=Region)
    result: Any = None                                              # template, None while it is not known
    written: list[int] = field(default_factory=list)                # argument leaves that the function writes to
    state: dict[Any, Any] = field(default_factory=dict)             # outer cells that it changes, by template
    objects: dict[int, dict[Any, Any]] = field(default_factory=dict)   # items of arguments that it rebinds, by template
    returns: dict[int, frozenset[int]] = field(default_factory=dict)    # arguments that a result may be, or be a view of
    in_place: tuple[tuple[int, int], ...] = ()                      # parameters written to, and the yields they are
    visible: dict[Any, Any] = field(default_factory=dict)           # the outer variables it can read, as they were
    captured: list[Value] = field(default_factory=list)
    calls: list[Op] = field(default_factory=list)                   # its recursive calls, inside its own region
    done: bool = False
    pairs: list[Any] = field(default_factory=list)                  # what `transform.functions` makes of it
    tangent: Any = None                                             # in reverse and in forward mode
    shared: Any = None                                              # see `analysis.aliasing.shared`

    @property
    def __name__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<{self.name}>"

    def __call__(self, *args: Any) -> Any:
        raise TypeError("a function of the IR is not run")


def argument_values(op: Op) -> list[Value]:
    """The operands that are the arguments of a call of a function of the IR, in the order of its parameters."""
    return [op.operands[slot.index] for slot in op.attrs["args"]]


__all__ = ["FunctionRef", "argument_values"]
