"""One workload: every contender in a process of its own, all on one core, taking turns."""
import json
import math
import os
import pathlib
import select
import statistics
import subprocess
import sys
import tempfile

import numpy as np

from .contenders import BUILDERS, NATIVE, PEERS, PLAIN, PRIMALS, lines_changed

AGREE = 1e-9
PATIENCE = 600.0                    # seconds that a contender may be silent


class Contender:
    """A process that runs one contender: see `worker`."""

    def __init__(self, work, name, size, folder):
        self.name, self.times, self.gradient = name, [], None
        self.file, self.errors = folder / f"{name}.npy", folder / f"{name}.err"
        environment = {**os.environ, "XDG_CACHE_HOME": str(folder), "HOME": str(folder)}
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.worker", work.name, name, json.dumps(size), str(self.file)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=environment, text=True)
        self.said = self.answer()
        if self.runs and self.file.exists():
            self.gradient = np.load(self.file)

    @property
    def runs(self):
        return "calls" in self.said

    def answer(self):
        """What the process says next; how it failed if it says nothing."""
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        if not ready:
            self.process.kill()
            return {"fails": f"no answer in {PATIENCE:.0f} s"}
        line = self.process.stdout.readline()
        if line:
            return json.loads(line)
        last = self.errors.read_text().strip().splitlines()[-1:]
        return {"fails": f"the process died: {''.join(last)}"}

    def turn(self):
        """Time some calls."""
        print(self.said["calls"], file=self.process.stdin, flush=True)
        answer = self.answer()
        if "fails" in answer:
            raise RuntimeError(f"{self.name}: {answer['fails']}")
        self.times.append(answer["seconds"])

    def end(self):
        self.process.communicate()


def measure(work, seconds, growth=True, peers=True):
    """The record of a workload: for each size its contenders' figures, and how time grows with size.

    `seconds`: how long the turns of all contenders together go on at each size. Without `growth` and `peers`, these
    are left out.
    """
    if work.plain is None:
        sizes = {"native": ({}, NATIVE | PLAIN)}
    else:                                               # too long for plain Python at the native size
        sizes = {"native": ({}, {name for name in NATIVE if name != "primal python"}), "plain": (work.plain, PLAIN)}
    record = {"title": work.title, "sizes": {}}
    for label, (changed, names) in sizes.items():
        names = [name for name in BUILDERS if name in names and (peers or name not in PEERS)]
        record["sizes"][label] = {"size": {**work.size, **changed}, "contenders": at_size(work, names, changed, seconds)}
    if work.decade is not None and growth:
        record["exponents"] = exponents(work, seconds)
    record["lines_changed"] = {peer: lines_changed(work, peer) for peer in PEERS}
    return record


def at_size(work, names, size, seconds):
    """The figures of these contenders at one size, by name."""
    with tempfile.TemporaryDirectory() as folder:
        contenders = []
        try:
            for name in names:
                contenders.append(Contender(work, name, size, pathlib.Path(folder)))
            running = [c for c in contenders if c.runs]
            take_turns(running, seconds)
            errors = compare({c.name: c.gradient for c in running if c.gradient is not None})
        finally:
            for c in contenders:
                c.end()
        figures = {c.name: figures_of(c, errors) for c in contenders}
        if figures.get("symgrad numba", {}).get("median"):      # once more, with what the first process left on disk
            again = Contender(work, "symgrad numba", size, pathlib.Path(folder))
            again.end()
            figures["symgrad numba"]["warm_start"] = again.said.get("start")
    return figures


def exponents(work, seconds):
    """The slope of log time over log size, by contender, over the workload's decade."""
    what, low, high = work.decade
    names = [name for name in (*PRIMALS, "symgrad numba", "symgrad python")
             if work.plain is None or name in ("primal numba", "symgrad numba")]
    values = [low, round(math.sqrt(low * high)), high]
    found = [at_size(work, names, {what: value}, seconds / len(values)) for value in values]
    return {name: float(np.polyfit(np.log(values), np.log([f[name]["median"] for f in found]), 1)[0])
            for name in names if all("median" in f[name] for f in found)}


def take_turns(contenders, seconds):
    """Time them in turn until each has used up its share of the seconds, but some times at least, and sixty at most."""
    waiting = list(contenders)
    for turn in range(60):
        start = turn % max(1, len(waiting))             # nobody always runs after the same neighbour
        for c in waiting[start:] + waiting[:start]:
            c.turn()
        waiting = [c for c in waiting
                   if turn + 1 < c.said["turns"] or sum(c.times) * c.said["calls"] < seconds / len(contenders)]


def compare(gradients):
    """How far each gradient is from the median of all, relative to the largest element."""
    if not gradients:
        return {}
    kinds = {g.shape for g in gradients.values()}
    if len(kinds) > 1:
        return dict.fromkeys(gradients, float("inf"))
    middle = np.median(np.stack(list(gradients.values())), axis=0)
    scale = max(np.abs(middle).max(initial=0.0), 1e-300)
    return {name: float(np.abs(g - middle).max(initial=0.0) / scale) for name, g in gradients.items()}


def figures_of(contender, errors):
    """What was measured, or why nothing was."""
    if not contender.runs:
        return contender.said
    error = errors.get(contender.name)
    return {"median": statistics.median(contender.times), "turns": len(contender.times),
            "first_call": contender.said["first_call"], "start": contender.said["start"],
            "peak": contender.said.get("peak"), "error": error,
            "wrong": error is not None and not error <= AGREE}
