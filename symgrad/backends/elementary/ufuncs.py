"""NumPy's elementary functions in compiled code: quick ones for numbers, NumPy's own for arrays and complex numbers."""
from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import overload

from symgrad.backends.elementary import REPLACEMENTS
from symgrad.backends.elementary.intrinsics import NUMBERS


def _either(ufunc: Any, quick: Any) -> Any:
    """A function for compiled code that chooses by the type of its argument."""
    def stub(x: Any) -> Any:
        return ufunc(x)

    @overload(stub, inline="always")
    def choose(x: Any) -> Any:
        return (lambda x: quick(x)) if isinstance(x, NUMBERS) else (lambda x: ufunc(x))
    return stub


UFUNCS: dict[str, Any] = {f.__name__: _either(f, quick) for f, quick in REPLACEMENTS.items()
                          if isinstance(f, np.ufunc) and f.nin == 1}

__all__ = ["UFUNCS"]
