"""Classes that hold values: what the decorator `struct` gives them."""
import copy
import math
import pickle

import pytest

from symgrad.structs import field, fields, replace, struct


@struct(frozen=True)
class Point:
    """A place."""

    x: float
    y: float = 0.0
    note: str = field(default="", compare=False)

    def norm(self):
        return math.hypot(self.x, self.y)


@struct(frozen=True)
class Labelled(Point):
    label: str = "p"


@struct()
class Bag:
    self: str
    items: list = field(default_factory=list)

    def __post_init__(self):
        self.items.append(0)


@struct(frozen=True)
class Known:
    obj: object

    def __eq__(self, other):
        return self.obj is other.obj

    def __hash__(self):
        return 7


@struct(eq=False)
class Ref:
    target: object = None


def test_construction_and_defaults():
    assert (Point(1.0, y=2.0).y, Point(1.0).y, Point(3.0, 4.0).norm()) == (2.0, 0.0, 5.0)
    assert Bag("a").items == [0] and Bag("b", [1]).items == [1, 0]          # a list of its own for each
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'x'"):
        Point()
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        Point(1.0, z=2.0)


def test_equality_and_hash():
    assert Point(1.0) == Point(1.0, note="seen") != Point(2.0) and hash(Point(1.0)) == hash(Point(1.0, note="seen"))
    assert Point(1.0) != Labelled(1.0) and Point(1.0) != (1.0, 0.0)
    nan = float("nan")
    assert Point(nan) == Point(nan) and Point(nan) != Point(float("nan"))   # as in tuples
    assert Bag("a") == Bag("a") and Ref() != Ref() and len({Ref(), Ref()}) == 2
    with pytest.raises(TypeError, match="unhashable"):
        hash(Bag("a"))


def test_own_methods_stay():
    assert Known(Point) == Known(Point) and hash(Known(1)) == 7 and Known(1) != Known(2)


def test_inherited_fields_come_first():
    assert fields(Labelled) == ("x", "y", "note", "label")
    assert repr(Labelled(1.0, label="q")) == "Labelled(x=1.0, y=0.0, note='', label='q')"


def test_replaced_copied_and_pickled():
    p = Labelled(1.0, 2.0, "n", "l")
    assert replace(p, y=5.0) == Labelled(1.0, 5.0, "n", "l") and replace(p, y=5.0).note == "n"
    assert pickle.loads(pickle.dumps(p)) == copy.deepcopy(p) == p
