"""What was measured, kept as JSON, and what the documents show of it."""
import json
import pathlib

from . import compiler, report, targets

FILE = pathlib.Path(__file__).parent / "results.json"
TITLES = {"numpy": "NumPy", "numba": "Numba", "autograd": "HIPS autograd", "jax": "JAX", "torch": "PyTorch",
          "casadi": "CasADi"}
IN_README = ("mixture_loops", "lstm", "least_squares", "k_means", "log_sum_exp", "gauss_seidel", "heat_3d", "adi",
             "recursive_filter", "cholesky", "lu", "n_body", "lennard_jones", "brownian")


def load():
    """What was recorded last."""
    return json.loads(FILE.read_text(encoding="utf-8"))


def record(found):
    """Keep what was measured, and draw the chart; programs that were not measured this time keep their figures."""
    from . import chart
    if FILE.exists():
        known = load()
        found = {"about": found["about"], "workloads": {**known["workloads"], **found["workloads"]},
                 "compiler": found["compiler"] or known["compiler"]}
    FILE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    chart.draw(found["workloads"])


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
