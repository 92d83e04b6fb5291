"""What a compiler could not do, in one line that names the primal's."""
from __future__ import annotations

import re

from symgrad.errors import Span


class NotCompiled(Exception):
    """A kernel that cannot be compiled, or not now: why, and which of the primal's lines it is about."""

    def __init__(self, why: str, place: Span | None = None, transient: bool = False) -> None:
        super().__init__(why)
        self.why, self.place, self.transient = why, place, transient

    def __str__(self) -> str:
        where = f' (File "{self.place.file}", line {self.place.line}: {self.place.text.strip()})' if self.place else ""
        return self.why + where


def reason(error: BaseException, filename: str, places: dict[int, Span]) -> tuple[str, Span | None]:
    """What an error of Numba's says in its first telling line, and the line of the primal that it is about.

    `places` are those that the lines of the compiled file serve.
    """
    message = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    own = re.sub(r'^File ".*?(\n\s*\n|\Z)', "", message, flags=re.MULTILINE | re.DOTALL)          # without the source that it shows
    why = next(filter(telling, map(str.strip, own.splitlines())), "")
    if why.startswith("Return type of recursive function does not converge"):
        why = "the calls of a recursive function record as deep as they recurse, and Numba has no such type"
    missing = re.search(r"Use of unsupported NumPy function 'numpy\.([\w.]+)'", message)
    if missing and not why:
        why = f"Numba has no np.{missing[1]}()"
    why = why or f"Numba fails with {type(error).__name__}: {message.strip()[:100]}"
    why = re.sub(r"No implementation of function Function\(<[\w -]*?'?(?:npy_|array_|_sg_)?(\w+)'?(?: at 0x\w+)?>\).*",
                 r"Numba has no \1() for these arguments", why)
    name = re.escape(re.split(r"[/\\]", filename)[-1])               # Numba shows a path relative to where it runs
    numbers = re.findall(rf'File "[^"]*{name}", line (\d+)', message)
    return why.rstrip(".:"), next(filter(None, (places.get(int(n)) for n in reversed(numbers))), None)


def telling(line: str) -> bool:
    return bool(line) and not line.startswith(("Failed in", "During:", "File ", "<source", "Use of unsupported",
                                               "-", ">>>", "There are", "In definition"))


__all__ = ["NotCompiled", "reason"]
