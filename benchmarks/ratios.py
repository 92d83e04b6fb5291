"""How long a gradient takes, in times of its primal."""
import statistics

import numpy as np

from .contenders import BUILDERS, flat
from .report import Verdict, verdict
from .timing import interleaved, median_ratio

NAMES = ("symgrad", "by hand", "autograd", "jax")
TITLES = {"by hand": "by hand", "jax": "JAX jit", "autograd": "autograd", "symgrad": "symgrad"}
HEADER = ["program", "primal", *(TITLES[name] for name in NAMES), "symgrad / by hand", "target", ""]
AGREE = 1e-9
NOISE = 0.05                        # two copies of the same function differ by that much now and then


def measure(work, names, rounds):
    """Measure one workload; return its row of the table and symgrad's verdict."""
    contenders = {"primal": (work.primal, work.args)}
    wrong = {}
    expected = flat(work.by_hand(*work.args))
    for name in names:
        try:
            gradient, args = BUILDERS[name](work)
            difference = np.abs(flat(gradient(*args)) - expected).max() / max(1.0, np.abs(expected).max())
        except Exception as reason:  # noqa: BLE001 - one failure must not hide the other figures
            print(f"{work.title}: {name} fails: {type(reason).__name__}: {reason}")
            wrong[name] = "fails"
            continue
        if not difference <= AGREE:
            wrong[name] = f"WRONG by {difference:.0e}"
        contenders[name] = gradient, args
    times = interleaved(contenders, rounds)
    ratios = {name: median_ratio(times[name], times["primal"]) for name in contenders}
    return _row(work, times, ratios, wrong)


def _row(work, times, ratios, wrong):
    cells = [wrong.get(name) or (f"{ratios[name]:.2f}" if name in ratios else "-") for name in NAMES]
    against_hand = median_ratio(times["symgrad"], times["by hand"]) if "symgrad" in times else None
    if work.bound == "primal":
        target, met = "< 4 x primal", ratios.get("symgrad", np.inf) < 4.0
    else:
        target, met = f"<= by hand + {NOISE:.0%}", against_hand is not None and against_hand <= 1.0 + NOISE
    result = Verdict.WRONG if wrong.get("symgrad") else verdict(met, "symgrad" in times)
    primal = f"{1e6 * statistics.median(times['primal']):.1f} us"
    hand = f"{against_hand:.2f}" if against_hand is not None else "-"
    return [work.title, primal, *cells, hand, target, str(result)], bool(wrong)
