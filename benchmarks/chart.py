"""The chart of the README: what each gradient costs, in times of the faster of the two primals."""
import pathlib

FILE = pathlib.Path(__file__).parent.parent / "docs" / "benchmarks.svg"
DRAWN = {                           # contender: title, marker, colour
    "by hand": ("by hand, Numba", "|", "black"),
    "symgrad numba": ("symgrad", "o", "#d62728"),
    "jax": ("JAX jit", "s", "#1f77b4"),
    "torch": ("PyTorch", "^", "#ff7f0e"),
    "casadi": ("CasADi", "D", "#2ca02c"),
}


def ratios(workloads):
    """For each program its title and, by contender, the gradient's time over the faster primal's."""
    for record in workloads.values():
        found = record["sizes"]["native"]["contenders"]
        primals = [found[name]["median"] for name in ("primal python", "primal numba")
                   if "median" in found.get(name, {})]
        yield record["title"], {name: found[name]["median"] / min(primals) for name in DRAWN
                                if "median" in found.get(name, {})}


def draw(workloads, file=FILE):
    """Write the chart as SVG."""
    import matplotlib
    matplotlib.use("svg")
    import matplotlib.pyplot as plt
    rows = list(ratios(workloads))[::-1]
    with plt.rc_context({"svg.hashsalt": "symgrad", "font.size": 8, "svg.fonttype": "none"}):
        figure, axes = plt.subplots(figsize=(8.0, 0.6 + 0.2 * len(rows)))
        for name, (title, marker, colour) in DRAWN.items():
            points = [(found[name], k) for k, (_, found) in enumerate(rows) if name in found]
            if points:
                axes.scatter(*zip(*points), s=70 if marker == "|" else 26, marker=marker, color=colour, label=title,
                             zorder=3)
        axes.set_xscale("log")
        axes.set_yticks(range(len(rows)), [title for title, _ in rows])
        axes.set_ylim(-0.6, len(rows) - 0.4)
        axes.set_xlabel("time of the gradient / time of the faster primal, NumPy's or Numba's")
        axes.axvline(1.0, color="0.7", linewidth=0.8)
        axes.grid(axis="both", color="0.92", linewidth=0.6)
        axes.legend(loc="lower right", framealpha=1.0)
        figure.tight_layout()
        figure.savefig(file, format="svg", metadata={"Date": None})
        plt.close(figure)
