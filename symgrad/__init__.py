"""Reverse-mode differentiation of ordinary Python functions, as readable Python source."""
from symgrad.api import grad, value_and_grad, vjp
from symgrad.errors import (
    AliasError,
    ArgumentError,
    MissingRuleError,
    NotScalarError,
    SourceError,
    SymgradError,
    UnsupportedError,
    ZeroGradientWarning,
)

__all__ = ["AliasError", "ArgumentError", "MissingRuleError", "NotScalarError", "SourceError", "SymgradError",
           "UnsupportedError", "ZeroGradientWarning", "grad", "value_and_grad", "vjp"]
