"""A limit on the time of a stage, which holds also where the stage does not look at the clock: within SymPy, say."""
from __future__ import annotations

import contextlib
import ctypes
import threading
from collections.abc import Iterator

from symgrad.verify.errors import OutOfTime

SLACK = 0.1             # seconds more than a stage gives itself, so that it can say what it has
AGAIN = 0.25            # seconds until an alarm is raised once more, should the first have been swallowed


class Alarm(BaseException):
    """Raised at whatever a thread is computing; no program catches it by accident."""


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise OutOfTime in this thread when the time is over. One call of a function written in C is waited for.

    >>> with within(0.1):
    ...     while True:
    ...         pass
    Traceback (most recent call last):
    symgrad.verify.errors.OutOfTime: the time is over
    """
    thread, ended, lock = threading.get_ident(), threading.Event(), threading.Lock()

    def watch() -> None:
        wait = seconds
        while not ended.wait(wait):
            with lock:
                if not ended.is_set():
                    raise_in(thread, Alarm)
            wait = AGAIN

    threading.Thread(target=watch, daemon=True).start()
    try:
        try:
            yield
        finally:
            with lock:
                ended.set()
                raise_in(thread, None)
    except Alarm:
        ended.set()
        raise OutOfTime("the time is over") from None


def raise_in(thread: int, exception: type[BaseException] | None) -> None:
    """Have an exception raised in a thread before its next operation; None takes back one that is still to come."""
    what = None if exception is None else ctypes.py_object(exception)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), what)


__all__ = ["SLACK", "within"]
