"""What is put into an object that symgrad knows nothing of, and read again, is refused: its gradient would be zero."""
import bisect
import heapq
from collections import defaultdict, deque

import numpy as np
import pytest

from symgrad import grad
from symgrad.errors import SymgradError, UnsupportedError
from tests.helpers import check

V = np.array([0.7, 0.35, 1.3, 0.95])


def queue(v):
    waiting, total = deque(), 0.0
    for x in v:
        waiting.append(x * x)
        total += sum(waiting)
    return total


def item_of_a_queue(v):
    waiting = deque([0.0], maxlen=2)
    waiting.append(v[0] * v[1])
    return float(waiting[1]) * 2.0


def groups(v):
    found = defaultdict(list)
    for i, x in enumerate(v):
        found[i % 2].append(x * x)
    return sum(np.prod(items) for items in found.values())


def in_a_branch(v):
    waiting = deque()
    if v[0] > 0.0:
        push = waiting.append
        push(v[0])
    return float(sum(waiting)) * v[1]


def bytes_of_an_array(v):
    return float(memoryview(v)[0]) ** 2


@pytest.mark.parametrize("f", [queue, item_of_a_queue, groups, in_a_branch, bytes_of_an_array])
def test_refused(f):
    with pytest.raises(SymgradError):
        grad(f)(V)


def test_a_log_that_is_not_read_is_no_matter():
    seen = deque(maxlen=3)

    def logged(v):
        last = deque()
        total = 0.0
        for x in v:
            total += np.sin(x)
            seen.append(total)
            last.append(total)
        return total * len(v)

    np.testing.assert_allclose(grad(logged)(V), 4.0 * np.cos(V))


@pytest.mark.parametrize("change", [lambda heap, x: heapq.heappush(heap, x), bisect.insort], ids=["heappush", "insort"])
def test_a_list_that_is_changed_by_what_cannot_be_read(change):
    def smallest(v):
        heap = [v[0], v[2]]
        change(heap, v[1])
        return heap[0] * 2.0

    with pytest.raises(UnsupportedError, match="may change the list"):
        grad(smallest)(V)


def methods_by_their_class(v):
    items, named = [v[0], v[1]], {"x": v[2]}
    list.sort(items)
    list.append(items, v[3])
    dict.update(named, y=v[0])
    return items[0] * items[-1] + named["x"] * named["y"]


def test_methods_by_their_class():
    check(methods_by_their_class, V)
