"""What a workload is: a program, its arguments, and the same program for the peers."""
import dataclasses
import enum
from collections.abc import Callable
from typing import Any


class Same(enum.Enum):
    """A peer runs the primal as it is, with its own NumPy in place of NumPy."""
    SAME = "the same program"


SAME = Same.SAME

# A peer's version: the primal itself, a function that imports the peer and returns its version, or why there is none.
Version = Same | Callable[[], Callable[..., Any]] | str


class Bound(enum.Enum):
    """What the native gradient may cost, in times of which primal."""
    GENERAL = 3.0, "primal numba"
    IN_PLACE_LOOPS = 4.0, "primal numba"        # scalar and triangular loops that write in place
    WHOLE_ARRAYS = 2.5, "primal python"         # stencils and sweeps over whole arrays, against NumPy

    @property
    def title(self):
        return self.name.lower().replace("_", " ")


@dataclasses.dataclass(frozen=True)
class Workload:
    """One program to differentiate, written as it would be without symgrad.

    `arguments(**size)` makes its arguments, the same ones at each call; whole numbers among them are structure, not data.
    `size` is for compiled code. What plain Python would take minutes for is compared at the size `plain` as well;
    the tests use `tiny`. `by_hand` is a gradient for Numba, `by_hand_numpy` one for NumPy or plain Python.
    """
    name: str
    title: str
    primal: Callable[..., Any]
    arguments: Callable[..., tuple[Any, ...]]
    size: dict[str, int]
    tiny: dict[str, int]
    jax: Version
    torch: Version
    autograd: Version
    plain: dict[str, int] | None = None
    casadi: Version = "not a program that one would write on symbols"
    by_hand: Callable[..., Any] | None = None
    by_hand_numpy: Callable[..., Any] | None = None
    argnums: tuple[int, ...] = (0,)
    bound: Bound = Bound.GENERAL
    not_in_numba: str = ""                      # why Numba does not compile the primal
    cpp_ms: float | None = None                 # the C++ gradient's time, measured on the machine of docs/benchmarks.md
    decade: tuple[str, int, int] | None = None  # a size's name, and the range over which time's exponent is measured

    def at(self, factor: dict[str, int] | None = None) -> tuple[Any, ...]:
        """The arguments at the native size, some of its numbers replaced."""
        return self.arguments(**{**self.size, **(factor or {})})
