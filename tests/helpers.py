"""The one way in which the tests ask "is this gradient right?".

`check(f, *args)` compares what symgrad generates with numerical differences of
the primal, and with what symgrad promises besides: the primal's value, the
arguments' structure, the caller's data left alone, the same bits every time.
symgrad is imported inside the functions that need it, so that the primals and
the differences can be tested on their own.
"""
import copy
import dataclasses
import json
import os
import warnings

import numpy as np

ELEMENTWISE = 40        # arguments with more elements are probed along random directions
FIRST_STEP = 1e-2       # relative to the element's magnitude; see `difference`


# ---------------------------------------------------------------- structures

def is_float(x):
    """A leaf that carries a derivative: a float, a NumPy float or an array of them."""
    if isinstance(x, np.ndarray):
        return np.issubdtype(x.dtype, np.floating)
    return isinstance(x, (float, np.floating))


def children(tree):
    """The parts of a container as (key, part), or None for anything that is no container."""
    if isinstance(tree, dict):
        return list(tree.items())
    if isinstance(tree, (list, tuple)):
        return list(enumerate(tree))
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        return [(field.name, getattr(tree, field.name)) for field in dataclasses.fields(tree)]
    return None


def map_floats(function, tree):
    """A deep copy of `tree` with `function` applied to its float leaves, in order."""
    if is_float(tree):
        return function(tree)
    parts = children(tree)
    if parts is None:
        return copy.deepcopy(tree)
    parts = {key: map_floats(function, part) for key, part in parts}
    if isinstance(tree, dict):
        return parts
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*parts.values())
    if isinstance(tree, (list, tuple)):
        return type(tree)(parts.values())
    moved = copy.copy(tree)
    for name, part in parts.items():
        object.__setattr__(moved, name, part)       # works for frozen dataclasses too
    return moved


def float_leaves(tree):
    found = []
    map_floats(found.append, tree)
    return found


def flatten(leaves):
    """All elements as one float64 vector."""
    return np.concatenate([np.zeros(0)] + [np.ravel(leaf).astype(np.float64) for leaf in leaves])


def with_elements(tree, vector):
    """`tree` with the elements of `vector` in place of its own (always float64)."""
    position = 0

    def take(leaf):
        nonlocal position
        part = vector[position:position + np.size(leaf)]
        position += np.size(leaf)
        return part.reshape(leaf.shape).copy() if isinstance(leaf, np.ndarray) else float(part[0])

    return map_floats(take, tree)


def widened(tree):
    """A copy in float64: differences of float32 values would be noise."""
    def widen(leaf):
        return leaf.astype(np.float64) if isinstance(leaf, np.ndarray) else float(leaf)

    return map_floats(widen, tree)


def assert_same_bits(got, expected, what):
    """Equal in type, structure and every bit; -0.0 is not 0.0, and NaN equals the same NaN."""
    assert type(got) is type(expected), f"{what}: {type(got)}, not {type(expected)}"
    if isinstance(expected, np.ndarray) and expected.dtype != object:
        assert got.shape == expected.shape, f"{what}: shape {got.shape}, not {expected.shape}"
        assert got.dtype == expected.dtype, f"{what}: dtype {got.dtype}, not {expected.dtype}"
        assert got.tobytes() == expected.tobytes(), f"{what}: {got}, not {expected}"
    elif isinstance(expected, (float, np.floating)):
        assert np.asarray(got).tobytes() == np.asarray(expected).tobytes(), f"{what}: {got!r}, not {expected!r}"
    elif children(expected) is not None:
        ours, theirs = children(got), children(expected)
        assert [key for key, _ in ours] == [key for key, _ in theirs], f"{what}: {got}, not {expected}"
        for (key, one), (_, other) in zip(ours, theirs):
            assert_same_bits(one, other, f"{what}[{key!r}]")
    elif isinstance(expected, (int, str, bytes, np.integer, np.bool_, type(None))):
        assert got == expected, f"{what}: {got!r}, not {expected!r}"
    # anything else (functions, generators) has no bits to compare


def assert_like(gradient, argument, what):
    """The gradient has the argument's structure, shapes and dtypes.

    A part of the argument that is no float (a count, a name) has no derivative;
    what a gradient holds in its place is not looked at.
    """
    if is_float(argument):
        assert is_float(gradient), f"{what}: {type(gradient)} for {type(argument)}"
        assert np.shape(gradient) == np.shape(argument), f"{what}: shape {np.shape(gradient)}, not {np.shape(argument)}"
        ours, theirs = np.asarray(gradient).dtype, np.asarray(argument).dtype
        assert ours == theirs, f"{what}: dtype {ours}, not {theirs}"
        return
    parts = children(argument)
    if parts is None:
        return
    assert type(gradient) is type(argument), f"{what}: {type(gradient)}, not {type(argument)}"
    got = dict(children(gradient))
    assert list(got) == [key for key, _ in parts], f"{what}: keys {list(got)}"
    for key, part in parts:
        assert_like(got[key], part, f"{what}[{key!r}]")


def matching_floats(gradient, argument):
    """The gradient's leaves that stand where the argument has floats."""
    if is_float(argument):
        return [gradient]
    parts = children(argument) or []
    got = dict(children(gradient)) if parts else {}
    return [leaf for key, part in parts for leaf in matching_floats(got[key], part)]


# --------------------------------------------------------------- differences

def difference(g, step):
    """The derivative of g at 0 and an estimate of its error (Ridders).

    Central differences with halved steps, extrapolated to step 0. The entry on
    which the orders agree best is taken, so neither a step nor an order has to be
    guessed, and the expected answer is never looked at.
    """
    best, error, previous = np.nan, np.inf, []
    for _ in range(8):
        right, left = g(step), g(-step)
        row = [(right - left) / (2.0 * step)]
        rounding = np.finfo(np.float64).eps * max(abs(right), abs(left)) / step
        for k, coarse in enumerate(previous):
            row.append(row[k] + (row[k] - coarse) / (4.0 ** (k + 1) - 1.0))
            estimate = max(abs(row[k + 1] - row[k]), abs(row[k + 1] - coarse)) + rounding
            if estimate < error:
                best, error = row[k + 1], estimate
        if error <= 1e-10 * abs(best):
            break
        previous = row
        step *= 0.5
    return best, error


def stencil(g, step):
    """The derivative of g at 0 by the sixth-order central stencil: a second opinion."""
    return (45.0 * (g(step) - g(-step)) - 9.0 * (g(2 * step) - g(-2 * step)) + (g(3 * step) - g(-3 * step))) / (60.0 * step)


def probes(x, leaves):
    """Directions to differentiate an argument along, each with its largest entry 1, and a step.

    Every element of a small argument. Of a large one, a few elements and a few
    directions that move all elements at once, so that nothing goes unseen.
    """
    typical = [np.full(np.size(leaf), 0.1 * np.mean(np.abs(leaf))) for leaf in leaves if np.size(leaf)]
    typical = np.concatenate([np.zeros(0)] + typical)
    moves = np.maximum(np.abs(x), typical)
    moves[~(moves > 0.0)] = 1.0
    rng = np.random.default_rng(len(x))
    elements = range(len(x)) if len(x) <= ELEMENTWISE else rng.choice(len(x), 6, replace=False)
    for i in elements:
        unit = np.zeros(len(x))
        unit[i] = 1.0
        yield unit, FIRST_STEP * moves[i]
    for _ in range(0 if len(x) <= ELEMENTWISE else 4):
        direction = moves * rng.choice([-1.0, 1.0], len(x))
        largest = np.max(moves)
        yield direction / largest, FIRST_STEP * largest


def along(f, args, argnum, direction, kwargs):
    """t -> f at the arguments with one of them moved by t along `direction`, in float64."""
    x = flatten(float_leaves(args[argnum]))

    def g(t):
        moved = [widened(a) for a in args]
        moved[argnum] = with_elements(args[argnum], x + t * direction)
        return float(f(*moved, **copy.deepcopy(kwargs)))

    return g


def argnums_of_floats(args):
    return tuple(i for i, a in enumerate(args) if float_leaves(a))


# ------------------------------------------------------------------- checks

def check(f, *args, argnums=None, rtol=1e-6, kwargs=None, nan_ok=False):
    """Assert that symgrad's value and gradient of `f` at `args` are right.

    argnums: as symgrad.grad takes it; all positional arguments that hold floats if
        not given. kwargs: passed on, not differentiated. nan_ok: declares that the
        value is NaN (otherwise NaN equals nothing), and that differences may be NaN
        (such entries are then not compared).
    The error allowed in an entry is rtol times the larger of that derivative and the
    largest entry of that argument's gradient, plus what the differences themselves
    are unsure of, and never more than rtol times the largest of these two and 1.
    """
    import symgrad

    kwargs = {} if kwargs is None else kwargs
    argnums = argnums_of_floats(args) if argnums is None else argnums
    if os.environ.get("SYMGRAD_TEST_BACKEND") == "numba":
        check_native(f, *args, argnums=argnums, kwargs=kwargs, nan_ok=nan_ok)
        return
    expected = f(*copy.deepcopy(args), **copy.deepcopy(kwargs))
    copies, kwcopies = copy.deepcopy(args), copy.deepcopy(kwargs)
    value_and_grad = symgrad.value_and_grad(f, argnums=argnums)
    value, gradient = value_and_grad(*copies, **kwcopies)

    ours, theirs = np.asarray(value), np.asarray(expected)
    assert ours.dtype == theirs.dtype and ours.shape == theirs.shape, f"value {value!r}, not {expected!r}"
    if np.isnan(theirs):
        assert nan_ok and np.isnan(ours), f"value {value!r}, the primal's {expected!r}"
    else:
        assert ours.tobytes() == theirs.tobytes(), f"value {value!r}, the primal's {expected!r}"
    assert_same_bits(copies, args, "the caller's arguments")
    assert_same_bits(kwcopies, kwargs, "the caller's keyword arguments")

    again = value_and_grad(*copies, **kwcopies)
    assert_same_bits(again, (value, gradient), "the second call's (value, gradient)")

    if isinstance(argnums, int):
        assert_like(gradient, args[argnums], "gradient")
        pairs = [(argnums, gradient)]
    else:
        assert type(gradient) is tuple and len(gradient) == len(argnums), f"gradient {gradient!r}"
        assert_like(gradient, tuple(args[i] for i in argnums), "gradient")
        pairs = list(zip(argnums, gradient))

    alone = symgrad.grad(f, argnums=argnums)(*copies, **kwcopies)
    for (i, g), a in zip(pairs, [alone] if isinstance(argnums, int) else alone):
        assert_like(a, args[i], "grad alone")
        a, g = flatten(matching_floats(a, args[i])), flatten(matching_floats(g, args[i]))
        np.testing.assert_allclose(a, g, 1e-12, 1e-12, equal_nan=nan_ok, err_msg="grad and value_and_grad")

    assert_tape_agrees(f, args, argnums, kwargs, value, gradient, nan_ok)
    for argnum, g in pairs:
        assert_agrees(f, args, argnum, flatten(matching_floats(g, args[argnum])), rtol, kwargs, nan_ok)
    if not np.isnan(theirs):
        assert_forward_agrees(f, copies, kwcopies, pairs, value)
        assert_same_bits(copies, args, "the caller's arguments, in forward mode")


def check_native(f, *args, argnums=None, rtol=1e-12, kwargs=None, nan_ok=False):
    """Assert that the compiled value and gradient are those of plain Python. Returns why it is not compiled, or "".

    With SYMGRAD_TEST_BACKEND=numba in the environment, this is what `check` does; what came of it is then added to the file
    that SYMGRAD_TEST_REPORT names (see tests/native/report.py).
    """
    import symgrad

    kwargs = {} if kwargs is None else kwargs
    argnums = argnums_of_floats(args) if argnums is None else argnums
    outcome = "mismatch"
    try:
        expected = symgrad.value_and_grad(f, argnums=argnums, backend="python")(*args, **kwargs)
        copies, kwcopies = copy.deepcopy(args), copy.deepcopy(kwargs)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found = symgrad.value_and_grad(f, argnums=argnums, backend="numba")(*copies, **kwcopies)
        reasons = [str(w.message) for w in caught if issubclass(w.category, symgrad.NativeFallbackWarning)]
        assert_same_bits(copies, args, "the caller's arguments, after compiled code")
        assert_same_bits(kwcopies, kwargs, "the caller's keyword arguments, after compiled code")
        assert type(found) is tuple and len(found) == 2
        assert_native_agrees(found[0], expected[0], "value", rtol, nan_ok)
        several = isinstance(argnums, tuple)
        for k, (a, b) in enumerate(zip(found[1], expected[1], strict=True) if several else [(found[1], expected[1])]):
            assert_native_agrees(a, b, f"gradient {k}", rtol, nan_ok, together=True)
        outcome = reasons[0].partition("plain Python: ")[2] if reasons else "compiled"
    finally:
        if report := os.environ.get("SYMGRAD_TEST_REPORT"):
            with open(report, "a", encoding="utf-8") as file:
                file.write(json.dumps([os.environ.get("PYTEST_CURRENT_TEST", ""), getattr(f, "__name__", type(f).__name__), outcome]) + "\n")
    return "" if outcome == "compiled" else outcome


def assert_forward_agrees(f, args, kwargs, pairs, value):
    """The dot-product test: forward mode's derivative along random tangents is their product with the gradient."""
    from symgrad.pushforward import Linearised

    rng = np.random.default_rng(7)
    argnums = tuple(i for i, _ in pairs)

    def random(leaf):
        v = rng.uniform(-1.0, 1.0, np.shape(leaf))
        return v.astype(leaf.dtype) if isinstance(leaf, np.ndarray) else type(leaf)(v)

    tangents = {i: map_floats(random, args[i]) for i in argnums}
    linearised = Linearised(f, args, kwargs, argnums)
    by_place = {place: tangents[i] for place, i in zip(linearised.selected, argnums)}
    forward_value, tangent = linearised(by_place)
    assert_same_bits(forward_value, value, "the value in forward mode")
    terms = [flatten(matching_floats(g, args[i])) * flatten(float_leaves(tangents[i])) for i, g in pairs]
    product, scale = np.sum(np.concatenate(terms)), np.sum(np.abs(np.concatenate(terms)))
    single = any(np.asarray(leaf).dtype == np.float32 for i in argnums for leaf in float_leaves(args[i]))
    assert is_float(tangent), f"the tangent is {tangent!r}"
    assert abs(float(tangent) - product) <= (1e-4 if single else 1e-12) * max(scale, 1.0), (
        f"forward {float(tangent)!r}, reverse {product!r}, off by {abs(float(tangent) - product):.1e} of {scale:.1e}")


def assert_tape_agrees(f, args, argnums, kwargs, value, gradient, nan_ok=False):
    """Assert that the tape, which shares nothing with the compiler but the rules, gives the same value and gradient.

    The two add up in different orders, so that where large terms cancel they differ in proportion to these: an error is
    measured against the largest entry of an argument's gradient.
    """
    from symgrad import tape

    copies, kwcopies = copy.deepcopy(args), copy.deepcopy(kwargs)
    made, found = tape.value_and_grad(f, argnums=argnums)(*copies, **kwcopies)
    assert_same_bits(made, value, "the tape's value")
    assert_same_bits(copies, args, "the caller's arguments, after the tape")
    lone = isinstance(argnums, int)
    for i, ours, theirs in zip((argnums,) if lone else argnums, *(((g,) if lone else g) for g in (found, gradient))):
        argument = args[i]
        assert_like(ours, argument, "the tape's gradient")
        leaves = matching_floats(ours, argument)
        rtol = 1e-5 if any(np.asarray(leaf).dtype == np.float32 for leaf in leaves) else 1e-12
        ours, theirs = flatten(leaves), flatten(matching_floats(theirs, argument))
        finite = np.abs(theirs[np.isfinite(theirs)])
        np.testing.assert_allclose(ours, theirs, rtol, rtol * np.max(finite, initial=0.0), equal_nan=nan_ok,
                                   err_msg=f"argument {i}: the tape (actual) and the generated gradient (desired)")


def assert_native_agrees(found, expected, what, rtol=1e-12, nan_ok=False, together=False):
    """Assert that compiled code returns what plain Python does: structure, dtypes, shapes, and values up to rounding.

    An error is measured against the largest entry of the array, `together` against that of all that is expected (the gradient
    with respect to one argument, as in `check`): the two may add up in different orders.
    """
    assert_like(found, expected, what)
    largest = [np.max(np.abs(b[np.isfinite(b)]), initial=0.0) for b in map(np.asarray, float_leaves(expected))]
    for ours, theirs, scale in zip(float_leaves(found), float_leaves(expected), largest):
        a, b = np.asarray(ours), np.asarray(theirs)
        tolerance = max(rtol, 1e-5) if b.dtype == np.float32 else rtol
        scale = max(largest) if together else scale
        np.testing.assert_allclose(a, b, tolerance, tolerance * scale, equal_nan=nan_ok,
                                   err_msg=f"{what}: compiled (actual) and plain Python (desired)")


def assert_agrees(f, args, argnum, gradient, rtol, kwargs, nan_ok):
    """Assert that `gradient` (all elements of one argument's) is what differences say."""
    leaves = float_leaves(args[argnum])
    if any(np.asarray(leaf).dtype == np.float32 for leaf in leaves):
        rtol = max(rtol, 1e-3)
    for direction, step in probes(flatten(leaves), leaves):
        at = direction != 0.0
        numerical, unsure = difference(along(f, args, argnum, direction, kwargs), step)
        if nan_ok and np.isnan(numerical):
            continue
        terms = gradient[at] * direction[at]
        assert np.all(np.isfinite(terms)), f"argument {argnum}, elements {np.flatnonzero(at)}: gradient {terms}"
        scale = max(abs(numerical), np.max(np.abs(gradient[np.isfinite(gradient)])))
        allowed = min(rtol * max(1.0, scale), rtol * scale + unsure)
        got = np.sum(terms)
        assert abs(got - numerical) <= allowed, (
            f"argument {argnum}, elements {np.flatnonzero(at)}: gradient {got!r}, "
            f"differences {numerical!r} +- {unsure:.1e}, off by {abs(got - numerical):.1e}, allowed {allowed:.1e}")


def check_second(f, x, *rest, rtol=1e-6, kwargs=None):
    """Assert that second derivatives with respect to `x` are right: check the gradient of v . grad f.

    Both derivatives are generated code; the differences are those of the first
    gradient. `x` is a float or an array; `rest` and `kwargs` are passed on.
    """
    import symgrad

    kwargs = {} if kwargs is None else kwargs
    gradient = symgrad.grad(f, argnums=0)
    v = np.random.default_rng(1).uniform(0.5, 1.5, np.shape(x)) if np.shape(x) else 1.25

    def slope(x):
        return np.sum(v * gradient(x, *rest, **kwargs))

    check(slope, x, argnums=0, rtol=rtol)


def assert_well_posed(f, args, argnums, kwargs=None):
    """Assert, without symgrad, that a test of `f` at `args` can mean something.

    A finite real scalar, the same bits on every call, and a derivative on which two
    unrelated difference formulas agree to 1e-7: no kink or cliff at the point or near.
    """
    kwargs = {} if kwargs is None else kwargs
    value = f(*copy.deepcopy(args), **copy.deepcopy(kwargs))
    assert np.shape(value) == () and is_float(value) and np.isfinite(value), f"value {value!r}"
    assert_same_bits(f(*copy.deepcopy(args), **copy.deepcopy(kwargs)), value, "the second call's value")
    for argnum in argnums:
        leaves = float_leaves(args[argnum])
        x = flatten(leaves)
        assert np.all(np.isfinite(x)), f"argument {argnum}"
        results = []
        for direction, step in probes(x, leaves):
            g = along(f, args, argnum, direction, kwargs)
            tiny = 1e-4 * step
            kink = (g(tiny) - 2.0 * g(0.0) + g(-tiny)) / tiny
            results.append((*difference(g, step), stencil(g, 0.1 * step), kink, direction))
        scale = max([abs(r[0]) for r in results] + [1e-5 * abs(value), 1e-9])
        for first, unsure, second, kink, direction in results:
            near = 1e-7 * scale
            assert abs(kink) <= 1e-3 * scale, f"argument {argnum}, elements {np.flatnonzero(direction)}: a kink"
            assert unsure <= near and abs(first - second) <= near, (
                f"argument {argnum}, elements {np.flatnonzero(direction)}: {first!r} +- {unsure:.1e}, or {second!r}")
