"""A line that says what is taking so long, while it does."""
from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterator

from symgrad.configuration import settings

PATIENCE = 2.0                  # seconds before anything is said


@contextlib.contextmanager
def progress(what: str) -> Iterator[None]:
    """Show a line on stderr, with the seconds it takes, from the second second on; it is gone at the end."""
    wanted = settings().progress
    if not (sys.stderr is not None and sys.stderr.isatty() if wanted is None else wanted):
        yield
        return
    done = threading.Event()
    start = time.perf_counter()

    def show() -> None:
        wait, shown = PATIENCE, 0
        while not done.wait(wait):
            text = f"symgrad: compiling {what} ({time.perf_counter() - start:.0f} s)"
            print(f"\r{text}", end="", file=sys.stderr, flush=True)
            wait, shown = 1.0, len(text)
        if shown:
            print(f"\r{' ' * shown}\r", end="", file=sys.stderr, flush=True)

    thread = threading.Thread(target=show, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


__all__ = ["progress"]
