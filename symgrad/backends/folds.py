"""The steps of sums and maxima as LLVM instructions that may be taken in another order, and so in vectors."""
from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.core.errors import TypingError
from numba.extending import intrinsic


def _same(total: Any, term: Any, kinds: tuple[Any, ...]) -> Any:
    if not isinstance(total, kinds) or total != term:
        raise TypingError(f"a fold of {total} and {term}")
    made: Any = total
    return made(total, term)


@intrinsic
def any_order(typingctx: Any, total: Any, term: Any) -> Any:
    """``total + term``, one of many whose order does not matter.

    Only these additions are `reassoc`: whatever else the loop computes keeps its order.
    """
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        if isinstance(total, types.Float):
            return builder.fadd(*args, flags=("reassoc",))
        a, b = (context.make_complex(builder, total, x) for x in args)
        made = context.make_complex(builder, total)
        made.real = builder.fadd(a.real, b.real, flags=("reassoc",))
        made.imag = builder.fadd(a.imag, b.imag, flags=("reassoc",))
        return made._getvalue()
    return _same(total, term, (types.Float, types.Complex)), code


def _extremum(name: str) -> Any:
    @intrinsic
    def step(typingctx: Any, total: Any, term: Any) -> Any:
        """The larger or smaller of two floats, NaN if either is: IEEE 754-2019's maximum and minimum."""
        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            t = args[0].type
            function = builder.module.declare_intrinsic(name, [t], ir.FunctionType(t, [t, t]))
            return builder.call(function, args)
        return _same(total, term, (types.Float,)), code
    return step


larger, smaller = _extremum("llvm.maximum"), _extremum("llvm.minimum")

# The helpers of generated code, by name, that have a better form here
FOLDS = {"_any_order": any_order, "_larger": larger, "_smaller": smaller}

__all__ = ["FOLDS"]
