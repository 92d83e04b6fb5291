"""Functions for kernels that are written for the types that they are called with: as text, with a loop for each axis."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

PYTHON = {"np": np, "range": range, "len": len, "abs": abs, "float": float, "max": max, "min": min, "ValueError": ValueError,
          "IndexError": IndexError}


DEFINITIONS: dict[Any, Callable[..., Any]] = {}         # name in Python -> what writes the implementation for argument types


def written_for(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    """`overload`, for a definition with annotations, which Numba would compare with the implementation's."""
    def decorate(define: Callable[..., Any]) -> Callable[..., Any]:
        define.__annotations__ = {}
        overload(function, inline="never", **options)(define)
        DEFINITIONS[function] = define
        return define
    return decorate


def compiled(parameters: str, lines: Sequence[str], **names: Any) -> Callable[..., Any]:
    """The function with these statements; `names` are what else they refer to."""
    namespace = {**PYTHON, **names}
    body = "".join(f"    {line}\n" for line in lines)
    exec(f"def function({parameters}):\n{body}", namespace)  # noqa: S102 - it is written by this package
    return namespace["function"]                            # type: ignore[return-value]


def loops(lines: list[str], lengths: Sequence[str]) -> int:
    """Loops over i0, i1, ... of these lengths; the depth inside."""
    for k, n in enumerate(lengths):
        lines.append("    " * k + f"for i{k} in range({n}):")
    return len(lengths)


def literal(t: Any) -> Any:
    """The value that a type is the literal of; NotImplemented if it is none."""
    if isinstance(t, types.Literal):
        return t.literal_value
    if isinstance(t, types.NoneType):
        return None
    if isinstance(t, (types.Omitted, types.BooleanLiteral)):
        return t.value if isinstance(t, types.Omitted) else t.literal_value
    if isinstance(t, types.BaseTuple):
        items = [literal(i) for i in getattr(t, "types", ())]
        return NotImplemented if NotImplemented in items else tuple(items)
    return NotImplemented


__all__ = ["DEFINITIONS", "compiled", "literal", "loops", "written_for"]
