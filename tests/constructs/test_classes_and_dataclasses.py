"""User classes and dataclasses: methods, properties, attributes read and written, as arguments too."""
import dataclasses
import math
from collections import namedtuple
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pytest

import symgrad
from tests.helpers import check

V = np.array([0.4, -0.7, 1.2])


class Spring:
    damping = 0.1

    def __init__(self, stiffness, position, velocity=0.0):
        self.stiffness = stiffness
        self.position = position
        self.velocity = velocity

    @property
    def energy(self):
        return 0.5 * (self.stiffness * self.position**2 + self.velocity**2)

    def force(self, at=None):
        at = self.position if at is None else at
        return -self.stiffness * at - self.damping * self.velocity

    def step(self, dt):
        self.velocity += dt * self.force()
        self.position += dt * self.velocity
        return self

    @classmethod
    def unit(cls, position):
        return cls(1.0, position)

    @staticmethod
    def period(stiffness, mass=1.0):
        return 2.0 * math.pi * math.sqrt(mass / stiffness)


class Duffing(Spring):
    def __init__(self, stiffness, position, cubic):
        super().__init__(stiffness, position)
        self.cubic = cubic

    def force(self, at=None):
        return super().force(at) - self.cubic * self.position**3


class Vector:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)

    def __mul__(self, scale):
        return Vector(self.x * scale, self.y * scale)

    def __call__(self, t):
        return self.x * t + self.y

    def __len__(self):
        return 2

    def __getitem__(self, i):
        return self.y if i else self.x


@dataclass
class Params:
    w: np.ndarray
    bias: float
    scale: float = 2.0

    def predict(self, x):
        return self.scale * math.tanh(self.w @ x + self.bias)

    @property
    def penalty(self):
        return np.sum(self.w**2) + self.bias**2


@dataclass(frozen=True)
class Point:
    x: float
    y: float = 0.5
    trail: tuple = ()


@dataclass
class History:
    values: list = field(default_factory=list)
    total: float = 0.0

    def __post_init__(self):
        self.total = self.total + 1.0

    def add(self, value):
        self.values.append(value)
        self.total += value * value


Line = namedtuple("Line", "slope intercept")


class Circle(NamedTuple):
    centre: np.ndarray
    radius: float = 1.0

    def area(self):
        return math.pi * self.radius**2


def methods_and_properties(k, x):
    spring = Spring(k, x)
    return spring.energy * spring.force() + spring.force(at=2.0) * Spring.period(k)


def attributes_in_loop(k, x, n):
    spring = Spring(k, x, velocity=x * k)
    for _ in range(n):
        spring.step(0.1)
    return spring.energy


def chained_methods(x):
    return Spring.unit(x).step(0.1).step(0.2).position


def inherited(k, x, cubic):
    system = Duffing(k, x, cubic)
    for _ in range(3):
        system.step(0.1)
    return system.energy + system.cubic


def attribute_assigned_outside(k, x):
    spring = Spring(k, x)
    spring.position = spring.position * 2.0
    spring.extra = spring.position * k
    spring.velocity -= spring.extra
    return spring.energy * spring.extra


def aliased_objects(x, y):
    a = Spring(1.0, x)
    b = a
    c = [a, Spring(y, y)]
    b.position *= y
    c[0].velocity = b.position * 3.0
    return a.energy + c[1].energy * b.position


def objects_in_list(xs, dt):
    bodies = [Spring(1.0 + i, x) for i, x in enumerate(xs)]
    for _ in range(2):
        for body in bodies:
            body.step(dt)
    return sum(body.energy for body in bodies)


def operators_of_a_class(x, y):
    v = Vector(x, y) + Vector(y, x * y) * x
    return v(2.0) * v[0] + v[1] * len(v)


def local_class(x):
    class Gain:
        def __init__(self, g):
            self.g = g

        def apply(self, value):
            return self.g * math.sin(value)

    return Gain(x).apply(Gain(2.0).apply(x))


def array_attribute(v, x):
    class State:
        pass

    state = State()
    state.u = v * x
    state.u[0] += 3.0 * x
    state.u = state.u * state.u
    return np.sum(state.u)


def dataclass_argument(params, x):
    return params.predict(x) + params.penalty * params.scale


def dataclass_built_inside(w, x):
    p = Params(w * 2.0, x)
    q = dataclasses.replace(p, scale=x * x)
    return p.predict(w) * q.predict(w)


def dataclass_written(params, x):
    params.bias = params.bias * params.scale
    params.w[0] *= 2.0
    return params.predict(x)


def frozen_dataclasses(p, n):
    for _ in range(n):
        p = Point(p.x + 0.1 * p.y, p.y - 0.1 * p.x, p.trail + (p.x,))
    return p.x * p.y + sum(p.trail)


def post_init_and_factory(x, y):
    history = History(total=x)
    for value in (x, y, x * y):
        history.add(value)
    return history.total * history.values[1]


def named_tuples(line, circle):
    moved = line._replace(slope=line.slope * 2.0)
    a, b = moved
    return a * b + circle.area() * circle.centre[0] + line[0] * Line(slope=b, intercept=1.0).slope


CASES = [
    (methods_and_properties, 1.3, 0.7), (attributes_in_loop, 1.3, 0.7, 5), (attributes_in_loop, 1.3, 0.7, 0),
    (chained_methods, 0.7), (inherited, 1.3, 0.7, 0.4), (attribute_assigned_outside, 1.3, 0.7),
    (aliased_objects, 1.3, 0.7), (objects_in_list, [0.4, -0.7, 1.2], 0.1), (operators_of_a_class, 1.3, 0.7),
    (local_class, 0.7), (array_attribute, V, 1.3), (dataclass_argument, Params(V * 0.5, 0.3), V),
    (dataclass_built_inside, V * 0.5, 0.3), (dataclass_written, Params(V * 0.5, 0.3), V),
    (frozen_dataclasses, Point(0.4), 3), (frozen_dataclasses, Point(0.4), 1),
    (post_init_and_factory, 1.3, 0.7), (named_tuples, Line(0.4, 1.2), Circle(V, 0.7)),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0].__name__)
def test_class(case):
    check(*case)


@dataclasses.dataclass
class Place:
    at: float
    height: float


def nearest(places, x):
    """The last place that was nearer than all before it, if any was."""
    best, found = 4.0, None
    for place in places:
        if (place.at - x) ** 2 < best:
            best, found = (place.at - x) ** 2, place
    return 0.5 * x if found is None else found.height * best


@pytest.mark.parametrize("x", [0.3, 2.9, 9.0])
def test_an_object_or_none_is_carried(x):
    check(nearest, [Place(-0.9, 2.0), Place(0.5, 3.0), Place(2.0, 4.0)], x)


class Iterable:
    def __init__(self, items):
        self.items = items

    def __iter__(self):
        return iter(self.items)


class Sequence:
    def __init__(self, items):
        self.items = items

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]


@pytest.mark.parametrize("cls", [Iterable, Sequence])
@pytest.mark.parametrize("of", [sum, max, min])
def test_builtins_on_objects_that_are_iterated_over(cls, of):
    check(lambda v: of(cls(v * v)), np.array([0.5, 1.5, 1.0]))
    check(lambda a, b: of(cls([a * b, b])), 1.5, 0.5)


def test_what_has_no_items_is_refused():
    class Empty:
        pass

    nothing = Empty()
    for of in (sum, max):
        with pytest.raises(symgrad.SymgradError, match="cannot be iterated over") as error:
            symgrad.grad(lambda x, of=of: x * of(nothing))(1.0)
        assert error.value.span is not None
