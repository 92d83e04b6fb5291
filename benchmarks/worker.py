"""One contender in a process of its own: `python -m benchmarks.worker WORKLOAD CONTENDER SIZE FILE`.

It builds the gradient and calls it for the first time, writes the result to FILE, and says what that took as a line of
JSON. For each number that it then reads it makes as many calls and answers with the seconds that one of them took.
"""
import gc
import importlib
import json
import os
import sys

from symgrad.bench import calls_for, peak, per_call, settle_allocator

from .timing import clock


def main(name, contender, size, file):
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)                                       # what a peer prints is no answer
    first = start(name, contender, json.loads(size), file)
    function, args = first.pop("call", (None, ()))
    say(answers, first)
    gc.collect()
    gc.disable()
    for line in sys.stdin:
        calls = int(line)
        if calls > 1:
            function(*args)                             # into the caches again, which others have used
        say(answers, {"seconds": per_call(function, args, calls, clock=clock)})


def start(name, contender, size, file):
    """What building the gradient and its first calls took, or why there is none."""
    import numpy as np

    from .contenders import BUILDERS, LIBRARIES, PRIMALS, Missing, flat
    from .workloads import BY_NAME
    work = BY_NAME[name]
    args = work.at(size)
    began = clock()
    try:
        if contender in LIBRARIES:
            importlib.import_module(LIBRARIES[contender])
        imported = clock()
        function, args = BUILDERS[contender](work, args)
        result = function(*args)
        done = clock()
    except ImportError as reason:
        return {"missing": f"not installed: {reason}"}
    except Missing as reason:
        return {"missing": str(reason)}
    except Exception as reason:  # noqa: BLE001 - one failure must not hide the other figures
        return {"fails": f"{type(reason).__name__}: {reason}".replace(f"{os.getcwd()}{os.sep}", "")}
    if contender not in PRIMALS:
        np.save(file, flat(result))
    del result
    most = peak(function, args)
    settle_allocator()
    calls = calls_for(function, args, clock=clock)
    return {"call": (function, args), "first_call": done - imported, "start": done - began, "peak": most,
            "calls": calls, "turns": 2 if calls == 1 else 3}


def say(answers, what):
    print(json.dumps(what), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
