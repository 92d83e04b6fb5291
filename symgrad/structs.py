"""Classes that hold values, as dataclasses are, made in a fifth of the time.

The compiler has some seventy of them. `dataclasses` compiles up to seven methods for each, one by one, while its module
is imported: a third of what importing symgrad took. Here ``__init__`` alone is compiled::

    @struct(frozen=True)
    class Slot:
        index: int

That nothing is assigned to a frozen one is what mypy checks. Nobody does when the program runs, and an object is made
in half the time for it.
"""
from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


class Field:
    """What a field has besides a type and a default."""

    def __init__(self, default: Any, default_factory: Callable[[], Any] | None, compare: bool) -> None:
        self.default, self.default_factory, self.compare = default, default_factory, compare


REQUIRED = Field(None, None, True)


def field(*, default: Any = None, default_factory: Callable[[], Any] | None = None, compare: bool = True) -> Any:
    """A field with a default that is made anew for each object, or one that equality does not look at."""
    return Field(default, default_factory, compare)


@dataclass_transform(field_specifiers=(field,))
def struct(*, frozen: bool = False, eq: bool = True) -> Callable[[type[T]], type[T]]:
    """A decorator that gives a class ``__init__`` and ``__repr__``, and with `eq` equality by its fields' values.

    Objects have a hash if they are `frozen`, or equal to themselves only. A method that the class has itself stays.
    """
    def made(cls: type[T]) -> type[T]:
        own = list(cls.__annotations__)
        found = {**getattr(cls, "__struct_fields__", {}), **{name: cls.__dict__.get(name, REQUIRED) for name in own}}
        for name in own:
            if isinstance(cls.__dict__.get(name), Field):
                delattr(cls, name)
        methods: dict[str, Any] = {"__struct_fields__": found, "__repr__": shown}
        exec(initialiser(found, hasattr(cls, "__post_init__")), {"_defaults": found}, methods)     # noqa: S102 - from here
        if eq:
            compared = [n for n, default in found.items() if not isinstance(default, Field) or default.compare]
            equal, hashed = by_value(compared)
            methods |= {"__eq__": equal, "__hash__": hashed if frozen else None}
        for name, method in methods.items():
            # Python itself puts `__hash__ = None` where there is an `__eq__`
            if name not in cls.__dict__ or name == "__hash__" and cls.__dict__[name] is None:
                setattr(cls, name, method)
        return cls

    return made


def initialiser(found: dict[str, Any], post: bool) -> str:
    """The text of the ``__init__`` of a class with these fields."""
    params, lines = ["_self"], []
    for name, default in found.items():
        value = name
        if not isinstance(default, Field):
            params.append(f"{name}=_defaults[{name!r}]")
        elif default.default_factory is not None:
            params.append(f"{name}=_defaults")              # which no caller can give
            value = f"_defaults[{name!r}].default_factory() if {name} is _defaults else {name}"
        else:
            params.append(name if default is REQUIRED else f"{name}=_defaults[{name!r}].default")
        lines.append(f"    _self.{name} = {value}\n")
    if post:
        lines.append("    _self.__post_init__()\n")
    return f"def __init__({', '.join(params)}):\n{''.join(lines or ['    pass'])}\n"


def by_value(names: list[str]) -> tuple[Callable[[Any, object], bool], Callable[[Any], int]]:
    """``__eq__`` and ``__hash__`` of a class whose objects are equal if what they have by these names is."""
    # a tuple in any case: in it, what is the same is equal, be it an array or not a number
    values: Callable[[Any], Any] = attrgetter(*names, *names[:len(names) == 1]) if names else lambda x: ()

    def equal(self: Any, other: object) -> bool:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    def hashed(self: Any) -> int:
        return hash(values(self))

    return equal, hashed


def shown(self: Any) -> str:
    return f"{type(self).__qualname__}({', '.join(f'{n}={getattr(self, n)!r}' for n in fields(self))})"


def is_struct(x: Any) -> bool:
    """Whether an object is of such a class."""
    return hasattr(type(x), "__struct_fields__")


def fields(x: Any) -> tuple[str, ...]:
    """The names of the fields of an object, or of a class."""
    return tuple(x.__struct_fields__)


def replace(x: T, **changes: Any) -> T:
    """An object with other values in some of its fields."""
    return type(x)(**{**{n: getattr(x, n) for n in fields(x)}, **changes})


__all__ = ["field", "fields", "is_struct", "replace", "struct"]
