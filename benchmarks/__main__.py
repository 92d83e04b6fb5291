"""Run the measurements and print them as Markdown: `python -m benchmarks [--quick] [--only WORD...] [--record]`."""
import argparse
import os
import platform
import sys

from . import compiler, report, results
from .measure import measure
from .timing import pin
from .workloads import ALL


def main():
    """Exit with 1 if any gradient is wrong or fails; a target that is not met is only reported."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, no growth with size: rougher figures")
    parser.add_argument("--only", nargs="+", default=[""], metavar="WORD",
                        help="programs whose name or title contains one of the words")
    parser.add_argument("--no-peers", action="store_true", help="only symgrad, the primals and what is written by hand")
    parser.add_argument("--record", action="store_true",
                        help="write benchmarks/results.json and the chart; then python -m docs.update")
    options = parser.parse_args()
    pin()

    found = {"about": about(), "workloads": {}, "compiler": []}
    for work in ALL:
        if any(word.lower() in work.title.lower() or word == work.name for word in options.only):
            print(f"{work.title} ...", file=sys.stderr, flush=True)
            found["workloads"][work.name] = measure(work, seconds=1 if options.quick else 10,
                                                    growth=not options.quick, peers=not options.no_peers)
            if options.record:
                results.record(found)
    if options.only == [""]:
        found["compiler"] = compiler.measure(options.quick)
    print("\n\n".join(text for _, text in results.tables(found) if text))
    if options.record:
        results.record(found)
    return any(report.problems(found["workloads"]))


def about():
    """What was measured on, and with which versions."""
    from importlib import metadata
    versions = {}
    for name in ("numpy", "numba", "autograd", "jax", "torch", "casadi"):
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = None
    return {"python": platform.python_version(), "machine": processor(), "versions": versions}


def processor():
    """The processor's name, where the system tells."""
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    return platform.machine()


if __name__ == "__main__":
    sys.exit(main())
