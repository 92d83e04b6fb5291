"""What the generator knows at a place in a program: the variables, their types and their shapes."""
from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Shape = tuple[int, ...]


@dataclass
class Variable:
    """A variable that is bound on every path to where it is used.

    An int is at least `low` and below `high`. Of an array the shape is known, of a list and a tuple the length,
    of a dict the keys. What is `fixed` is not bound anew (a loop's index); what is not `writable` is not
    written to.
    """

    name: str
    kind: str                           # "float", "int", "array", "ints", "list", "dict", "tuple"
    shape: Shape = ()
    low: int = 0
    high: int = 0
    keys: tuple[str, ...] = ()
    fixed: bool = False
    writable: bool = True
    depth: int = 0                      # how many loops stand around the definition
    views: bool = False                 # whether it shares memory with another variable

    @property
    def length(self) -> int:
        return self.shape[0] if self.shape else 0


@dataclass
class Helper:
    """A function that the program calls: `kind` says what it takes and returns."""

    name: str
    kind: str


@dataclass
class Scope:
    """The variables in view, innermost last."""

    variables: list[Variable] = field(default_factory=list)
    helpers: list[Helper] = field(default_factory=list)
    loops: int = 0
    jumps: int = 0                      # loops of this function that `break` and `continue` can leave
    counter: dict[str, int] = field(default_factory=dict)

    def name(self, stem: str) -> str:
        """A new name."""
        k = self.counter.get(stem, 0)
        self.counter[stem] = k + 1
        return f"{stem}{k}" if k else stem

    def define(self, variable: Variable) -> Variable:
        variable.depth = self.loops
        self.variables.append(variable)
        return variable

    @contextmanager
    def block(self, loop: bool = False) -> Iterator[None]:
        """What is defined inside is not in view afterwards."""
        count = len(self.variables)
        self.loops += loop
        self.jumps += loop
        try:
            yield
        finally:
            del self.variables[count:]
            self.loops -= loop
            self.jumps -= loop

    def of(self, *kinds: str) -> list[Variable]:
        return [v for v in self.variables if v.kind in kinds]

    def arrays(self, shape: Shape | None = None) -> list[Variable]:
        return [v for v in self.variables if v.kind == "array" and shape in (None, v.shape)]

    def filled(self) -> list[Variable]:
        """Arrays that have elements."""
        return [v for v in self.arrays() if v.shape and math.prod(v.shape)]


__all__ = ["Helper", "Scope", "Shape", "Variable"]
