"""Straight-line code as functions that Numba compiles calls of."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .straightline import DOUBLE, Code, Float

Body = Callable[..., Float]
NUMBERS = (types.Integer, types.Boolean, types.Float)


def unary(double: Body, single: Body) -> Any:
    """A function of a number, to be called in nopython mode.

    A float32 gives a float32, computed by `single` in float64; every other real number gives a float64, as with
    `math` and NumPy. Anything else is a TypingError, like with `math.exp`.
    """
    def define(typing_context: Any, x: Any) -> Any:
        return _typed(double, single, x)
    return _named(define, double)


def binary(double: Body, single: Body) -> Any:
    """The same of two numbers; float32 if both are."""
    def define(typing_context: Any, x: Any, y: Any) -> Any:
        return _typed(double, single, x, y)
    return _named(define, double)


def operation(operator: Any, double: Body, single: Body) -> Any:
    """The same as an operator: of a number and a float. Of other operands, it is what Numba makes of the operator."""
    def define(typing_context: Any, x: Any, y: Any) -> Any:
        if isinstance(x, NUMBERS) and isinstance(y, types.Float):
            return _typed(double, single, x, y)
        signature = typing_context.resolve_function_type(operator, (x, y), {})
        return signature and (signature, lambda context, builder, signature, arguments: context.get_function(
            operator, signature)(builder, arguments))
    return _named(define, double)


def _named(define: Callable[..., Any], body: Body) -> Any:
    define.__name__, define.__doc__ = body.__name__, body.__doc__
    return intrinsic(define)


def _typed(double: Body, single: Body, *arguments: Any) -> Any:
    if not all(isinstance(a, NUMBERS) for a in arguments):
        return None
    narrow = all(a == types.float32 for a in arguments)
    kind = types.float32 if narrow else types.float64

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        code = Code(builder, *_machine(context))
        wide = [builder.fpext(a, DOUBLE) if narrow else a for a in arguments]
        result = (single if narrow else double)(*(Float(code, a) for a in wide)).value
        return builder.fptrunc(result, ir.FloatType()) if narrow else result

    return kind(*[kind] * len(arguments)), write


def _machine(context: Any) -> tuple[bool, tuple[int, ...]]:
    """Whether what is compiled for multiplies and adds in one instruction, and the numbers that its vectors may hold."""
    triple, _, features = context.codegen().magic_tuple()
    has = features.split(",").__contains__
    if triple.startswith(("x86_64", "i386", "i686")):
        return has("+fma"), (4, 8) if has("+avx512f") else (4,) if has("+avx") else (2,)
    return True, (2,)
