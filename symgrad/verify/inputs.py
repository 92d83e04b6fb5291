"""The arguments of a call as a vector of floats, and calls with other floats in their place."""
from __future__ import annotations

import copy
import dataclasses
import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from symgrad.verify.arrays import wrapped
from symgrad.verify.world import World


@dataclasses.dataclass(frozen=True)
class Element:
    """One float in an argument."""

    label: str              # v[2], params['w'][0, 1]
    parameter: str
    value: float


class Inputs:
    """All floats in the arguments of a call, in order."""

    def __init__(self, bound: dict[str, Any]) -> None:
        self.bound = bound
        self.elements: list[Element] = []
        for name, value in bound.items():
            rebuilt(value, functools.partial(self._note, name), name)

    def _note(self, name: str, label: str, leaf: Any) -> Any:
        if isinstance(leaf, np.ndarray):
            for i in np.ndindex(leaf.shape):
                inside = f"{label}[{', '.join(map(str, i))}]" if i else label
                self.elements.append(Element(inside, name, float(leaf[i])))
        else:
            self.elements.append(Element(label, name, float(leaf)))
        return leaf

    @property
    def values(self) -> list[float]:
        return [e.value for e in self.elements]

    def exact(self, numbers: list[Any], world: World) -> dict[str, Any]:
        """The arguments with exact numbers, in memory of their own."""
        rest = iter(numbers)

        def leaf(label: str, old: Any) -> Any:
            if not isinstance(old, np.ndarray):
                return next(rest)
            out = np.empty(old.shape, dtype=object)
            for i in np.ndindex(old.shape):
                out[i] = next(rest)
            return wrapped(out)

        return {name: rebuilt(value, leaf, name, world) for name, value in self.bound.items()}

    def floats(self, numbers: list[float]) -> dict[str, Any]:
        """The arguments with these floats, of the types that they had."""
        rest = iter(numbers)

        def leaf(label: str, old: Any) -> Any:
            if not isinstance(old, np.ndarray):
                return type(old)(next(rest))
            out = np.empty_like(old)
            for i in np.ndindex(old.shape):
                out[i] = next(rest)
            return out

        return {name: rebuilt(value, leaf, name) for name, value in self.bound.items()}

    def numbered(self) -> dict[str, Any]:
        """The arguments with each float replaced by its number in `elements`."""
        rest = iter(range(len(self.elements)))

        def leaf(label: str, old: Any) -> Any:
            if not isinstance(old, np.ndarray):
                return float(next(rest))
            return np.array([float(next(rest)) for _ in range(old.size)]).reshape(old.shape)

        return {name: rebuilt(value, leaf, name) for name, value in self.bound.items()}

    def numbers_of(self, name: str) -> list[int]:
        """Which elements belong to a parameter."""
        return [k for k, e in enumerate(self.elements) if e.parameter == name]

    def at(self, numbers: list[Any], shown: Callable[[Any], str] = repr) -> str:
        """The point in words: ``x = 1.0, v = [1.0, 2.0]``."""
        out = []
        for name in self.bound:
            own = self.numbers_of(name)
            values = [shown(numbers[k]) for k in own]
            if not own:
                out.append(f"{name} = {self.bound[name]!r}"[:60])
            elif len(own) == 1 and self.elements[own[0]].label == name:
                out.append(f"{name} = {values[0]}")
            else:
                more = ", ..." if len(values) > 8 else ""
                out.append(f"{name} = [{', '.join(values[:8])}{more}]")
        return ", ".join(out)


def is_float(x: Any) -> bool:
    """A leaf that carries a derivative and is real."""
    if isinstance(x, np.ndarray):
        return x.dtype.kind == "f"
    return isinstance(x, (float, np.floating))


def parts(tree: Any) -> Iterator[tuple[str, Any, Any]]:
    """The parts of a container: how each is written behind its name, its key, the part."""
    if isinstance(tree, dict):
        yield from ((f"[{k!r}]", k, v) for k, v in tree.items())
    elif isinstance(tree, tuple) and hasattr(tree, "_fields"):
        yield from ((f".{k}", i, v) for i, (k, v) in enumerate(zip(tree._fields, tree)))
    elif isinstance(tree, (list, tuple)):
        yield from ((f"[{k}]", k, v) for k, v in enumerate(tree))
    elif hasattr(tree, "__dict__") and not callable(tree) and not isinstance(tree, type):
        yield from ((f".{k}", k, v) for k, v in vars(tree).items())


def rebuilt(tree: Any, leaf: Callable[[str, Any], Any], label: str, world: World | None = None) -> Any:
    """A copy of a structure with its float leaves replaced by ``leaf(label, old)``, in order."""
    if is_float(tree):
        return leaf(label, tree)
    inner = {key: rebuilt(part, leaf, label + text, world) for text, key, part in parts(tree)}
    if isinstance(tree, dict):
        return inner
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*inner.values())
    if isinstance(tree, (list, tuple)):
        return type(tree)(inner.values())
    if inner:
        made = copy.copy(tree) if world is None else object.__new__(world.of(type(tree)))
        for name, part in inner.items():
            object.__setattr__(made, name, part)
        return made
    if isinstance(tree, np.ndarray):
        return tree.copy()
    return tree if world is None else world.of(tree)


def flat(gradient: Any, like: Any) -> list[Any]:
    """The elements of a gradient that stand where `like`, the argument, has floats."""
    if is_float(like):
        if isinstance(like, np.ndarray):
            found = np.asarray(gradient, dtype=object)
            if found.shape != like.shape:
                raise ShapeError(f"its shape is {found.shape}, the argument's is {like.shape}")
            return list(found.ravel())
        found = np.asarray(gradient, dtype=object)
        if found.shape:
            raise ShapeError(f"it is an array of shape {found.shape}, the argument is a float")
        return [found[()]]
    ours = list(parts(like))
    if not ours:
        return []
    theirs = {key: part for _, key, part in parts(gradient)}
    out = []
    for text, key, part in ours:
        if any(map(is_float, leaves(part))):
            if key not in theirs:
                raise ShapeError(f"it has no part {text}")
            out.extend(flat(theirs[key], part))
    return out


def leaves(tree: Any) -> Iterator[Any]:
    if is_float(tree):
        yield tree
    for _, _, part in parts(tree):
        yield from leaves(part)


class ShapeError(ValueError):
    """A gradient has not the argument's structure."""


__all__ = ["Element", "Inputs", "ShapeError", "flat", "is_float"]
