"""Markdown tables from what was measured, aligned so that they read well on a terminal too."""
import enum

NATIVE_COLUMNS = {"primal python": "NumPy primal", "primal numba": "Numba primal", "symgrad numba": "symgrad",
                  "by hand": "by hand", "jax": "JAX jit", "torch": "PyTorch", "casadi": "CasADi"}
PLAIN_COLUMNS = {"primal python": "primal", "symgrad python": "symgrad", "by hand numpy": "by hand",
                 "autograd": "autograd"}


class Verdict(enum.StrEnum):
    """What became of a target."""
    MET = "met"
    NOT_MET = "**NOT met**"
    WRONG = "**WRONG**"
    MISSING = "not measured"


def verdict(met, measured=True):
    """The verdict on a target that was met or not, if it could be measured."""
    if not measured:
        return Verdict.MISSING
    return Verdict.MET if met else Verdict.NOT_MET


def markdown(header, rows):
    """A Markdown table: the first column to the left, the others to the right."""
    lines = [header, *rows]
    widths = [max(3, *(len(line[k]) for line in lines)) for k in range(len(header))]

    def line_of(cells):
        aligned = [cell.ljust(width) if k == 0 else cell.rjust(width)
                   for k, (cell, width) in enumerate(zip(cells, widths))]
        return "| " + " | ".join(aligned) + " |"
    rule = ["-" * width if k == 0 else "-" * (width - 1) + ":" for k, width in enumerate(widths)]
    return "\n".join([line_of(header), line_of(rule), *map(line_of, rows)])


# -- figures as text -------------------------------------------------------------------------


def milliseconds(seconds):
    """Three digits, in ms."""
    return "-" if seconds is None else digits(1e3 * seconds)


def digits(x):
    """A number with three digits that count, without an exponent."""
    if x is None:
        return "-"
    return f"{x:.0f}" if x >= 99.5 else f"{x:.1f}" if x >= 9.95 else f"{x:.2f}" if x >= 0.095 else f"{x:.4f}"


def time_of(found):
    """A contender's time, or what became of it."""
    if "median" in found:
        return Verdict.WRONG if found["wrong"] else milliseconds(found["median"])
    return "fails" if "fails" in found else "-"


def megabytes(found):
    return "-" if found.get("peak") is None else f"{found['peak'] / 1e6:.1f}"


def over(found, other):
    """A contender's time in times of another's."""
    if "median" not in found or "median" not in other:
        return "-"
    return digits(found["median"] / other["median"])


# -- tables ----------------------------------------------------------------------------------


def native(workloads):
    """Compiled gradients, in milliseconds."""
    header = ["gradient, compiled (ms)", *NATIVE_COLUMNS.values(), "symgrad / by hand", "lines changed for JAX"]
    rows = []
    for record in workloads.values():
        found = record["sizes"]["native"]["contenders"]
        rows.append([record["title"], *(time_of(found.get(name, {})) for name in NATIVE_COLUMNS),
                     over(found.get("symgrad numba", {}), found.get("by hand", {})),
                     number(record["lines_changed"]["jax"])])
    return markdown(header, rows)


def short(workloads):
    """Compiled gradients next to the peers' for those who want the gist."""
    columns = {"primal numba": "the function itself, Numba", "symgrad numba": "symgrad", "by hand": "by hand, Numba",
               "jax": "JAX jit", "torch": "PyTorch"}
    rows = [[record["title"], *(time_of(record["sizes"]["native"]["contenders"].get(name, {})) for name in columns)]
            for record in workloads.values()]
    return markdown(["gradient of (ms)", *columns.values()], rows)


def plain(workloads):
    """Gradients in plain Python and NumPy, in times of the primal."""
    header = ["gradient / primal, Python and NumPy", "primal (ms)", *list(PLAIN_COLUMNS.values())[1:], "size"]
    rows = []
    for record in workloads.values():
        at = record["sizes"].get("plain", record["sizes"]["native"])
        found = at["contenders"]
        primal = found["primal python"]
        rows.append([record["title"], time_of(primal),
                     *(Verdict.WRONG if f.get("wrong") else over(f, primal) if "median" in f else time_of(f)
                       for f in (found.get(name, {}) for name in list(PLAIN_COLUMNS)[1:])),
                     " ".join(f"{k}={v}" for k, v in at["size"].items()) if "plain" in record["sizes"] else "as above"])
    return markdown(header, rows)


def first_calls(workloads):
    """What the first call takes, compilation included, in seconds, and the memory of a later one, in MB."""
    names = ("primal numba", "symgrad numba", "by hand", "jax", "torch", "symgrad python")
    titles = ("Numba primal", "symgrad", "by hand", "JAX jit", "PyTorch", "symgrad, Python")
    header = ["first call (s) / peak memory (MB)", *titles, "symgrad, warm start"]
    rows = []
    for record in workloads.values():
        found = record["sizes"]["native"]["contenders"]
        cells = [f"{digits(f['first_call'])} / {megabytes(f)}" if "first_call" in f else "-"
                 for f in (found.get(name, {}) for name in names)]
        rows.append([record["title"], *cells, digits(found.get("symgrad numba", {}).get("warm_start"))])
    return markdown(header, rows)


def number(n):
    return "-" if n is None else str(n)


def problems(workloads):
    """Every figure that is wrong or failed: program, size, contender and what is the matter."""
    for record in workloads.values():
        for label, at in record["sizes"].items():
            for name, found in at["contenders"].items():
                if "fails" in found:
                    yield record["title"], label, name, found["fails"]
                elif found.get("wrong"):
                    yield record["title"], label, name, f"wrong by {found['error']:.1e}"


def failures(workloads):
    """What is wrong or failed, a line each."""
    return "\n".join(f"- {title} ({label} size), {name}: {' '.join(what.split())}"
                     for title, label, name, what in problems(workloads))
