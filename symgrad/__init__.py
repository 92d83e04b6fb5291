"""Differentiation of ordinary Python functions, as readable Python source."""
from importlib import import_module
from typing import TYPE_CHECKING, Any

from symgrad.errors import (
    AliasError,
    ArgumentError,
    MissingRuleError,
    NativeFallbackWarning,
    NotScalarError,
    SourceError,
    SymgradError,
    UnsupportedError,
    ZeroGradientWarning,
)
from symgrad.garbage import uncollected

if TYPE_CHECKING:
    from symgrad.api import grad, hessian, jacfwd, jacobian, jacrev, jvp, value_and_grad, vjp
    from symgrad.configuration import configure
    from symgrad.rules.user import rule
    from symgrad.verify import symbolic

__all__ = ["AliasError", "ArgumentError", "MissingRuleError", "NativeFallbackWarning", "NotScalarError", "SourceError", "SymgradError",
           "UnsupportedError", "ZeroGradientWarning", "configure", "grad", "hessian", "jacfwd", "jacobian", "jacrev", "jvp", "rule",
           "symbolic", "value_and_grad", "verify", "vjp"]

def __getattr__(name: str) -> Any:
    """Load what is asked for. The compiler comes with `grad`, not with the first gradient; the tape needs none."""
    if name in ("tape", "verify"):
        return import_module(f"symgrad.{name}")
    if name == "symbolic":
        return import_module("symgrad.verify").symbolic
    if name == "configure":
        return import_module("symgrad.configuration").configure
    if name not in __all__:
        raise AttributeError(f"module 'symgrad' has no attribute {name!r}")
    with uncollected():
        for part in ("build", "dispatch", "backends.python"):
            import_module(f"symgrad.{part}")
    found = globals()[name] = getattr(import_module("symgrad.rules.user" if name == "rule" else "symgrad.api"), name)
    return found
