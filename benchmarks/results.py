"""What was measured, kept as JSON, and what the documents show of it."""
import json
import pathlib

from . import compiler, report, targets
from .workloads import BY_NAME

FILE = pathlib.Path(__file__).parent / "results.json"
TITLES = {"numpy": "NumPy", "numba": "Numba", "autograd": "HIPS autograd", "jax": "JAX", "torch": "PyTorch",
          "casadi": "CasADi"}
IN_README = ("mixture_loops", "lstm", "least_squares", "k_means", "log_sum_exp", "gauss_seidel", "heat_3d", "adi",
             "recursive_filter", "cholesky", "lu", "n_body", "lennard_jones", "brownian")


def load():
    """What was recorded last."""
    return json.loads(FILE.read_text(encoding="utf-8"))


def record(found):
    """Keep what was measured, and draw the chart; what was not measured this time keeps its figures."""
    from . import chart
    if FILE.exists():
        known = load()
        workloads = {name: merged(known["workloads"].get(name, {}), new) for name, new in found["workloads"].items()}
        together = {**known["workloads"], **workloads}
        found = {"about": found["about"], "compiler": found["compiler"] or known["compiler"],
                 "workloads": {name: together[name] for name in BY_NAME if name in together}}
    FILE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    chart.draw(found["workloads"])


def merged(old, new):
    """A program's record with the figures of contenders that were left out this time."""
    for label, at in new["sizes"].items():
        before = old.get("sizes", {}).get(label, {"size": None})
        if before["size"] == at["size"]:
            at["contenders"] = {**before["contenders"], **at["contenders"]}
    return {**old, **new}


def tables(found):
    """All tables, as Markdown, by name."""
    workloads = found["workloads"]
    yield "machine", machine(found["about"])
    yield "native", report.native(workloads)
    yield "plain", report.plain(workloads)
    yield "first", report.first_calls(workloads)
    yield "targets", report.markdown(targets.HEADER, list(targets.verdicts(workloads)))
    yield "problems", report.failures(workloads)
    if found["compiler"]:
        yield "compiler", report.markdown(compiler.HEADER, found["compiler"])


def recorded(name):
    """One table of what was recorded last."""
    return dict(tables(load()))[name]


def short():
    """The README's table."""
    found = load()["workloads"]
    return report.short({name: found[name] for name in IN_README if name in found})


def machine(about):
    versions = ", ".join(f"{TITLES[name]} {version}" for name, version in about["versions"].items() if version)
    return f"Python {about['python']}, {versions}; one core of {about['machine']}; medians of processor time."
