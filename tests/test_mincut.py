"""The minimum cut that decides what is recorded, against all cuts of small networks."""
import itertools
import random

import pytest

from symgrad.transform.mincut import INFINITE, Network


def cut(edges, side):
    return sum(c for a, b, c in edges if a in side and b not in side)


@pytest.mark.parametrize("seed", range(30))
def test_no_cut_is_smaller(seed):
    chosen = random.Random(seed)
    inner = range(chosen.randrange(1, 6))
    nodes = ["source", *inner, "sink"]
    edges = [(a, b, chosen.choice([0.25, 0.5, 1.0, 3.0])) for a, b in itertools.permutations(nodes, 2) if chosen.random() < 0.5]
    network = Network()
    for edge in edges:
        network.edge(*edge)
    side = network.source_side("source", "sink")
    sides = [{"source", *s} for n in range(len(inner) + 1) for s in itertools.combinations(inner, n)]
    least = min(cut(edges, s) for s in sides)
    assert "source" in side and "sink" not in side
    assert cut(edges, side) == pytest.approx(least, abs=1e-12)
    assert all(side <= s for s in sides if cut(edges, s) <= least + 1e-12)       # of equal ones the one nearest the source


def test_what_must_not_be_cut_is_not():
    network = Network()
    for edge in [("source", 1, INFINITE), (1, 2, 5.0), (1, 3, INFINITE), (3, 2, 2.0), (2, "sink", INFINITE)]:
        network.edge(*edge)
    assert network.source_side("source", "sink") == {"source", 1, 3}


def test_flow_is_taken_back():
    network = Network()
    edges = [("source", 1, 1.0), ("source", 2, 1.0), (1, 3, 1.0), (1, 4, 1.0), (2, 3, 1.0), (3, "sink", 1.0), (4, "sink", 1.0)]
    for edge in edges:
        network.edge(*edge)
    assert network.source_side("source", "sink") == {"source"}          # 1, 3 is the path found first, and 2 needs 3
