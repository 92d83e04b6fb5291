"""The errors symgrad raises: each names file, line and code, and says what to do."""
from __future__ import annotations

from symgrad.structs import struct


@struct(frozen=True)
class Span:
    """A place in the primal's source."""

    file: str
    line: int
    column: int
    end_column: int
    text: str

    def show(self) -> str:
        """The place as Python shows it: file and line, the code, a caret."""
        stripped = self.text.lstrip()
        indent = len(self.text) - len(stripped)
        start = max(0, self.column - indent)
        width = max(1, min(self.end_column - self.column, len(stripped) - start))
        return (f'  File "{self.file}", line {self.line}\n'
                f"    {stripped}\n"
                f"    {' ' * start}{'^' * width}")


class SymgradError(Exception):
    """What symgrad raises when it cannot differentiate a program as it is written."""

    def __init__(self, message: str, span: Span | None = None, hint: str = "") -> None:
        self.message, self.span, self.hint = message, span, hint
        parts = [message]
        if span is not None:
            parts.append(span.show())
        if hint:
            parts.append(f"  What to do: {hint}")
        super().__init__("\n".join(parts))


class UnsupportedError(SymgradError):
    """A construct, or a use of one, that symgrad does not read."""


class SourceError(SymgradError):
    """The source text of a function cannot be had."""


class RefusedError(UnsupportedError):
    """A derivative rule does not cover a call."""


class MissingRuleError(SymgradError):
    """An active value reaches a function that has no derivative rule."""


class AliasError(SymgradError):
    """Two names may or may not be the same memory, and it matters."""


class ArgumentError(SymgradError, TypeError):
    """An argument cannot be differentiated, or does not fit the function."""


class NotScalarError(SymgradError, TypeError):
    """`grad` was asked of a function whose result is not a real scalar."""

    type: object = None         # the result's, as the compiler knows it


class NotCalledError(SymgradError, AttributeError):
    """What was asked for depends on the types of arguments, and none were given so far."""


class ZeroGradientWarning(UserWarning):
    """The result does not depend on an argument: its gradient is zero."""


class NativeFallbackWarning(UserWarning):
    """A derivative that was asked for as compiled code cannot be compiled: plain Python runs."""
