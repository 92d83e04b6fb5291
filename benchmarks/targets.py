"""What symgrad has to reach, and whether it did."""
from .report import verdict
from .workload import Bound
from .workloads import BY_NAME

HEADER = ["target", "reached by", "not by", ""]
ENOUGH_BY_HAND = 8                  # workloads on which the native gradient has to be as good as the hand-written one


def figure(record, contender, key="median", size="native"):
    """One figure of a record; None where it was not measured."""
    return record["sizes"].get(size, record["sizes"]["native"])["contenders"].get(contender, {}).get(key)


def ratio(record, contender, other, key="median", size="native"):
    """One contender's figure over another's; None where one of them is missing."""
    a, b = figure(record, contender, key, size), figure(record, other, key, size)
    return a / b if a is not None and b else None


def verdicts(workloads):
    """A row for each target: what reaches it, what does not and by how much."""
    yield row("native gradient <= 1.2 x by hand (8 programs)", workloads,
              lambda work, r: ratio(r, "symgrad numba", "by hand"), lambda work: 1.2, enough=ENOUGH_BY_HAND)
    yield row("native gradient <= C++", workloads, over_cpp, lambda work: 1.0)
    for peer, title in (("jax", "JAX jit"), ("torch", "PyTorch"), ("casadi", "CasADi")):
        yield row(f"native gradient < {title}", workloads,
                  lambda work, r, peer=peer: ratio(r, "symgrad numba", peer), lambda work: 1.0)
    for bound in Bound:
        factor, primal = bound.value
        yield row(f"native gradient <= {factor:g} x {'Numba' if 'numba' in primal else 'NumPy'} primal ({bound.title})",
                  workloads, lambda work, r, bound=bound: over_primal(work, r, bound), lambda work, factor=factor: factor)
    yield row("Python gradient < HIPS autograd", workloads,
              lambda work, r: ratio(r, "symgrad python", "autograd", size="plain"), lambda work: 1.0)
    yield row("time grows as the primal's: exponents within 0.05", workloads, exponent_difference, lambda work: 0.05)
    yield row("first native call <= JAX's", workloads,
              lambda work, r: ratio(r, "symgrad numba", "jax", "first_call"), lambda work: 1.0)
    yield row("from a warm start to the first native gradient < 50 ms", workloads,
              lambda work, r: figure(r, "symgrad numba", "warm_start"), lambda work: 0.05, unit=" s")


def over_cpp(work, record):
    median = figure(record, "symgrad numba")
    return None if work.cpp_ms is None or median is None else 1e3 * median / work.cpp_ms


def over_primal(work, record, bound):
    if work.bound is not bound:
        return None
    primal = "primal python" if work.not_in_numba else bound.value[1]
    return ratio(record, "symgrad numba", primal)


def exponent_difference(work, record):
    found = record.get("exponents", {})
    differences = [abs(found[ours] - found[primal])
                   for ours, primal in (("symgrad numba", "primal numba"), ("symgrad python", "primal python"))
                   if ours in found and primal in found]
    return max(differences, default=None)


def row(title, workloads, measured, limit, enough=None, unit=""):
    """A target's row of the table. `enough`: how many programs have to reach it, if not all that were measured."""
    met, missed = [], []
    for name, record in workloads.items():
        work = BY_NAME.get(name)
        value = None if work is None else measured(work, record)
        if value is not None:
            (met if value <= limit(work) else missed).append(f"{name} {value:.3g}{unit}")
    reached = len(met) >= enough if enough is not None else not missed
    return [title, f"{len(met)} of {len(met) + len(missed)}", ", ".join(missed) or "-",
            str(verdict(reached, bool(met or missed)))]
