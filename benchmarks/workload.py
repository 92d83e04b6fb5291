"""What a workload is: a primal, its gradient by hand, and the same program for the peers."""
import dataclasses
from collections.abc import Callable


@dataclasses.dataclass(frozen=True)
class Workload:
    """One program to differentiate. The peers' versions are built lazily: they may not be installed.

    `bound` is what symgrad's time has to stay under: 4 times the "primal", or the gradient "by hand".
    """
    title: str
    primal: Callable
    by_hand: Callable
    for_autograd: Callable[[], Callable]
    for_jax: Callable[[], Callable]
    args: tuple
    argnums: tuple[int, ...]
    bound: str
    jax_static: tuple[int, ...] = ()
