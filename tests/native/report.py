"""What came of the tests on the native backend: ``python -m tests.native.report FILE``.

The file is what ``SYMGRAD_TEST_BACKEND=numba SYMGRAD_TEST_REPORT=FILE python -m pytest`` wrote (``make native-test``).
"""
import collections
import json
import pathlib
import re
import sys


def main(path):
    rows = [json.loads(line) for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines()]
    outcomes = collections.Counter(general(outcome) for _, _, outcome in rows)
    print(f"{len(rows)} checks: {outcomes.pop('compiled', 0)} compiled, {outcomes.pop('mismatch', 0)} mismatches, "
          f"{sum(outcomes.values())} in plain Python because of:")
    for reason, count in outcomes.most_common():
        print(f"{count:6d}  {reason}")
    for test, name, outcome in rows:
        if outcome == "mismatch":
            print(f"mismatch: {test.split(' ')[0]}: {name}")


def general(reason):
    """A reason without what is particular to one program."""
    reason = reason.partition(" (File ")[0]
    reason = re.sub(r" Raised from <.*|0x[0-9a-f]+", "", reason)
    return re.sub(r"'[^']*'", "'...'", reason)[:150]


if __name__ == "__main__":
    main(sys.argv[1])
