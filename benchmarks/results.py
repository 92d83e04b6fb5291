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


def page(found):
    """All tables, as Markdown."""
    workloads = found["workloads"]
    parts = [machine(found["about"]), report.native(workloads), report.plain(workloads),
             report.first_calls(workloads), report.markdown(targets.HEADER, list(targets.verdicts(workloads)))]
    if found["compiler"]:
        parts.append(report.markdown(compiler.HEADER, found["compiler"]))
    return "\n\n".join(parts)


def short():
    """The README's table."""
    found = load()["workloads"]
    return report.short({name: found[name] for name in IN_README if name in found})


def machine(about):
    versions = ", ".join(f"{TITLES[name]} {version}" for name, version in about["versions"].items() if version)
    return f"Python {about['python']}, {versions}; one core of {about['machine']}; medians of processor time."
