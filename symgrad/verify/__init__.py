"""Is a gradient right? Proofs by SymPy, comparisons in high precision, and with symgrad's other modes.

``symgrad.verify`` is this package and, called, the function `symgrad.verify.check.verify`.
"""
import sys
import types
from typing import Any

__all__ = ["Report", "symbolic", "verify", "verify_text"]

PLACES = {"verify": "check", "verify_text": "check", "Report": "report", "symbolic": "formula"}


class Package(types.ModuleType):
    """A module that can be called."""

    def __call__(self, f: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Check the gradient of a function: see `symgrad.verify.check.verify`."""
        return self.verify(f, *args, **kwargs)


def __getattr__(name: str) -> Any:
    if name not in PLACES:
        raise AttributeError(f"module 'symgrad.verify' has no attribute {name!r}")
    import importlib  # SymPy and mpmath are loaded when they are needed
    return getattr(importlib.import_module(f"symgrad.verify.{PLACES[name]}"), name)


sys.modules[__name__].__class__ = Package
