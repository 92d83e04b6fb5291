"""Differentiation of ordinary Python functions, as readable Python source."""
from typing import Any

from symgrad.api import grad, hessian, jacfwd, jacobian, jacrev, jvp, value_and_grad, vjp
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
           "UnsupportedError", "ZeroGradientWarning", "grad", "hessian", "jacfwd", "jacobian", "jacrev", "jvp", "rule",
           "symbolic", "value_and_grad", "verify", "vjp"]


def __getattr__(name: str) -> Any:
    if name == "rule":              # loaded when it is used: the rules take as long to import as the rest
        from symgrad.rules.user import rule
        return rule
    if name in ("tape", "verify"):
        import importlib
        return importlib.import_module(f"symgrad.{name}")
    if name == "symbolic":
        from symgrad.verify import symbolic
        return symbolic
    raise AttributeError(f"module 'symgrad' has no attribute {name!r}")
