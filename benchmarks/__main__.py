"""Run the measurements and print them as Markdown: `python -m benchmarks [--quick] [--only WORD]`."""
import argparse
import platform
import sys

import numpy as np

from . import compiler, ratios
from .contenders import available
from .report import markdown
from .workloads import ALL


def main():
    """Exit with 1 if any gradient is wrong or fails; a target that is not met is only reported."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds: rougher figures")
    parser.add_argument("--only", default="", metavar="WORD", help="programs whose title contains WORD")
    options = parser.parse_args()

    names = ["by hand"] + [name for name in ("symgrad", "autograd", "jax") if available(name)]
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, one thread, medians; "
          "ratios are gradient / primal\n")
    rows, failed = [], False
    for work in ALL:
        if options.only.lower() in work.title.lower():
            row, wrong = ratios.measure(work, names, rounds=10 if options.quick else 60)
            rows.append(row)
            failed |= wrong
    print(markdown(ratios.HEADER, rows))
    if "symgrad" in names and not options.only:
        print("\n" + markdown(compiler.HEADER, compiler.measure(options.quick)))
    return failed


if __name__ == "__main__":
    sys.exit(main())
