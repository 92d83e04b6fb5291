"""itertools, operator, enumerations, and the protocols of classes written in Python."""
import enum
import functools
import itertools
import math
import operator

import numpy as np
import pytest

from symgrad import grad
from symgrad.errors import SymgradError
from tests.helpers import check

V = np.array([0.4, -0.7, 1.2])
W = np.array([0.3, 0.9, -0.5, 1.1])


def chain(v, w):
    total = 0.0
    for k, e in enumerate(itertools.chain(v, w)):
        total += (k + 1) * e * e
    for e in itertools.chain.from_iterable([[v[0], v[1]], [w[0]]]):
        total += e
    return total


def product(v, w):
    total = 0.0
    for a, b in itertools.product(v, w):
        total += a * b * b
    for i, j in itertools.product(range(3), range(2)):
        total += v[i] * v[j] * i
    for a, b in itertools.product(v, repeat=2):
        total += a * b**3
    return total


def combinations(v):
    total = sum(a * b for a, b in itertools.combinations(v, 2))
    for i, j in itertools.combinations(range(3), 2):
        total += v[i] * v[j] ** 2
    for a, b, c in itertools.permutations(v, 3):
        total += a * b**2 * c**3
    for a, b in itertools.combinations_with_replacement(v, 2):
        total += a * b
    return total


def repeat_and_cycle(v, x):
    total = sum(a * b for a, b in zip(v, itertools.repeat(x)))
    for e in itertools.repeat(x, 3):
        total += e * e
    for k, e in zip(itertools.cycle([1.0, 2.0]), v):
        total += k * e * e
    for k, e in zip(itertools.count(1), v):
        total += k * e
    return total


def islice(v):
    total = 0.0
    for e in itertools.islice(v, 2):
        total += e * e
    for e in itertools.islice(v, 0, 3, 2):
        total += e
    for e in itertools.islice(v, 1, None):
        total *= e
    for e in itertools.islice(v, 7):
        total += e
    return total


def starmap_and_compress(v):
    total = sum(itertools.starmap(pow, [(v[0], 2), (v[2], 3)]))
    for e in itertools.compress(v, [1, 0, 1]):
        total += e * e
    for a, b in itertools.zip_longest([v[0], v[1]], [v[2]], fillvalue=1.0):
        total += a * b
    return total


def while_it_holds(v):
    total = 0.0
    for e in itertools.takewhile(lambda q: q < 1.0, v):
        total += e * e
    for e in itertools.dropwhile(lambda q: q > 0.0, v):
        total += e * 3.0
    return total


def accumulate(v):
    total = sum(itertools.accumulate(v, lambda a, b: a * 0.5 + b, initial=1.0))
    total += sum(x * x for x in itertools.accumulate(v, operator.mul))
    return total + sum(itertools.accumulate([v[0], v[1]], initial=v[2]))


second = operator.itemgetter(1)


def operators(v, x):
    y = operator.itemgetter(0)(v) * second(v) + operator.attrgetter("size")(v) * x
    y += operator.getitem(v, 2) * operator.methodcaller("sum")(v)
    pairs = sorted([(v[0], x), (v[1], 2.0 * x)], key=operator.itemgetter(0))
    return y * functools.reduce(operator.mul, v) + pairs[0][1]


class Kind(enum.Enum):
    LINEAR = 1
    SQUARE = 2

    @property
    def power(self):
        return self.value

    def label(self):
        return self.name.lower()


class Order(enum.IntEnum):
    FIRST = 1
    SECOND = 2


def enumeration(x, kind):
    if kind is Kind.LINEAR:
        return x
    table = {Kind.LINEAR: x, Kind.SQUARE: x * x}
    if kind == Kind.SQUARE and kind.label() == "square":
        return table[kind] * Order.SECOND * kind.power
    return 0.0


def matched(x, kind):
    match kind:
        case Kind.LINEAR:
            return x
        case Kind.SQUARE:
            return x * x * 3.0


class Pair:
    def __init__(self, a, b):
        self.a, self.b = a, b

    def __iter__(self):
        return iter((self.a, self.b))

    def __abs__(self):
        return math.hypot(self.a, self.b)

    def powered(self, x, n):
        return x**n * self.a

    cube = functools.partialmethod(powered, n=3)


def protocols(x, y):
    p = Pair(x, y)
    a, b = p
    return a * a * b + sum(q * q for q in p) + abs(p) + p.cube(2.0 * y)


def formats(x, y):
    text = "{:.3f} {name}".format(2, name="y") + f"{x:.{3}f}" + "a,b".upper()
    parts = ["k=2", " m=3"]
    return x * y * len(text.strip()) + len(parts) * x + text.count("2") * y


CASES = [
    (chain, V, W), (chain, V, W[:1]), (product, V, W), (combinations, V), (repeat_and_cycle, V, 0.7), (islice, V),
    (starmap_and_compress, V), (while_it_holds, V), (while_it_holds, W), (accumulate, V), (operators, V, 0.7),
    (enumeration, 0.7, Kind.LINEAR), (enumeration, 0.7, Kind.SQUARE), (matched, 0.7, Kind.SQUARE),
    (protocols, 0.7, 1.3), (formats, 0.7, 1.3),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0].__name__)
def test_iterators(case):
    check(*case)


def test_accumulate_nothing():
    assert grad(lambda v, x: sum(itertools.accumulate(v, initial=x)), argnums=1)(V[:0], 2.0) == 1.0


@pytest.mark.parametrize("f", [
    lambda v: sum(np.sum(g) for _, g in itertools.groupby(v)), lambda v: sum(e * e for e in np.nditer(v))])
def test_iterators_with_state_are_refused(f):
    with pytest.raises(SymgradError, match="What to do"):
        grad(f)(V)
