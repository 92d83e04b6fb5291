"""What a lowering has looked at: which functions it has read, and what it has found as attributes of modules and classes."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from symgrad.structs import field, struct


@struct()
class Read:
    """Functions by their code, and (module or class, name, what was found there)."""

    functions: dict[Any, Any] = field(default_factory=dict)
    attributes: list[tuple[Any, str, Any]] = field(default_factory=list)


FIXED = ("builtins", "numpy", "math", "operator", "scipy")      # what is found there is what it is called

_reading: ContextVar[Read | None] = ContextVar("reading", default=None)


@contextmanager
def noted() -> Iterator[Read]:
    """Note what is read in the `with` block, by this thread."""
    read = Read()
    token = _reading.set(read)
    try:
        yield read
    finally:
        _reading.reset(token)


def note_function(function: Any) -> None:
    read = _reading.get()
    if read is not None:
        read.functions[function.__code__, function.__code__.co_filename] = function


def note_attribute(owner: Any, name: str, found: Any) -> None:
    read = _reading.get()
    if read is not None and (getattr(owner, "__module__", None) or owner.__name__).split(".")[0] not in FIXED:
        read.attributes.append((owner, name, found))


__all__ = ["Read", "note_attribute", "note_function", "noted"]
