"""Variables that a path leaves without a value: what is asked of a loop's values, and where a blank is bound."""
import pytest

from symgrad.analysis.unbound import unbound
from symgrad.codegen.binding import bind
from symgrad.ir.nodes import Op, Region
from symgrad.ir.types import Scalar

FLOAT, INT = Scalar("float64"), Scalar("int64")


@pytest.fixture
def carrying():
    """A region with a loop that carries two numbers, of which the first is unbound before the loop."""
    region, body = Region(), Region()
    bounds = [Op("const", (), [INT], value=k) for k in (0, 3, 1)]
    undef, one = Op("undef", (), [FLOAT], of=FLOAT), Op("const", (), [FLOAT], value=1.0)
    body.param(INT, "i")
    body.yields = [body.param(FLOAT, "late"), body.param(FLOAT, "early")]
    loop = Op("for", [op.result for op in (*bounds, undef, one)], [FLOAT, FLOAT], [body])
    region.ops = [*bounds, undef, one, loop]
    return region, loop, undef, one


def test_what_a_loop_carries_is_unbound_if_it_is_before(carrying):
    _, loop, _, _ = carrying
    _, late, early = loop.regions[0].params
    assert unbound(late) and not unbound(early)
    assert unbound(loop.results[0]) and not unbound(loop.results[1])
    assert not unbound(Region().param(FLOAT))


@pytest.mark.parametrize("asked", ["in the loop", "after the loop"])
def test_a_blank_is_bound_before_the_loop_that_needs_it(carrying, asked):
    region, loop, undef, one = carrying
    v = loop.regions[0].params[1] if asked == "in the loop" else loop.results[0]
    bind(v, {r: region for op in region.ops for r in op.results}, set())
    blank = loop.operands[3].op
    assert blank is not undef and blank.kind == "const" and region.ops[-2:] == [blank, loop]
    assert loop.operands[4].op is one and not unbound(v)


def test_nothing_is_bound_for_another_value_of_the_loop(carrying):
    region, loop, undef, _ = carrying
    bind(loop.results[1], {r: region for op in region.ops for r in op.results}, set())
    assert loop.operands[3].op is undef and len(region.ops) == 6
