"""The most memory that a call takes, whoever allocates it: from what Linux says of the process's resident pages."""
import ctypes
import pathlib


def peak(f, args):
    """Bytes by which a call raises the resident set above what it was before it; None where it cannot be known."""
    try:
        ctypes.CDLL(None).malloc_trim(0)                # freed pages go back to the system: using them anew counts
        pathlib.Path("/proc/self/clear_refs").write_text("5", encoding="ascii")     # the high-water mark starts anew
        before = _status("VmRSS")
        result = f(*args)
        after = _status("VmHWM")
        del result
    except (OSError, AttributeError):
        return None
    return max(0, after - before)


def _status(field):
    for line in pathlib.Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(field + ":"):
            return 1024 * int(line.split()[1])
    raise OSError(f"/proc/self/status has no {field}")
