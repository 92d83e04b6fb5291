"""From generated text to a function: compiled, in a namespace of its own, its lines where tracebacks find them."""
from __future__ import annotations

import itertools
import linecache
import zlib
from typing import Any

from symgrad.errors import Span


def load(text: Any) -> Any:
    """The function that a generated module's text defines.

    The text gets a file name of its own and an entry in `linecache`, so that tracebacks, pdb and
    `inspect` show its lines. A name never stands for another text: it holds a checksum of its own one and,
    should another text have had that already, a number.
    """
    source = text.source
    lines = source.splitlines(True)
    stem = f"<symgrad {text.name} {zlib.crc32(source.encode()):08x}"
    names = (f"{stem}{f' {n}' if n else ''}>" for n in itertools.count())
    filename = next(name for name in names if [*linecache.cache.get(name, (0, None, lines, name))][2:3] == [lines])
    # without a modification time, linecache.checkcache() leaves the entry alone
    linecache.cache[filename] = (len(source), None, lines, filename)
    namespace: dict[str, Any] = {"__name__": f"symgrad.generated.{text.name}", **text.imports.objects}
    exec(compile(source, filename, "exec"), namespace)  # noqa: S102 - what was generated is to be run
    return namespace[text.name]


def annotate(error: BaseException, function: Any, lines: dict[int, Span]) -> None:
    """Add a note to an exception that left a generated function: which of the primal's lines it served."""
    import traceback
    for frame, number in reversed(list(traceback.walk_tb(error.__traceback__))):
        if frame.f_code.co_filename == function.__code__.co_filename:
            span = lines.get(number)
            if span is not None:
                note = f'primal: File "{span.file}", line {span.line}: {span.text.strip()}'
                if note not in getattr(error, "__notes__", ()):
                    error.add_note(note)
            return


__all__ = ["annotate", "load"]
