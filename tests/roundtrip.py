"""Print a primal from its IR and run it: the frontend and code generation without differentiation.

`roundtrip(f, args)` lowers `f`, prints the IR as Python again, runs the text and
compares with the primal bit for bit. The printed function may not change its arguments.
"""
import ast
import copy
import inspect

import symgrad.rules  # noqa: F401
from symgrad.codegen.module import generate
from symgrad.codegen.results import template
from symgrad.frontend.lower import lower
from symgrad.frontend.lowering import NeedStatic
from symgrad.frontend.signature import describe
from tests.helpers import assert_same_bits


def printed(f, args, kwargs=None):
    """The text of `f` printed from its IR, the function, and the arguments to call it with."""
    signature = inspect.signature(f)
    bound = signature.bind(*args, **(kwargs or {}))
    bound.apply_defaults()
    variadic = {n: p.kind.name.lower() for n, p in signature.parameters.items()}
    forced = frozenset()
    while True:
        specs = {n: describe(a, n, forced) for n, a in bound.arguments.items()}
        try:
            lowered = lower(f, specs, variadic, forced)
            break
        except NeedStatic as e:
            assert e.path not in forced, e.path
            forced = forced | {e.path}
    out = []
    results = template(lowered.result, lowered.lowering.contents, lowered.lowering.value, out)
    lowered.region.yields = out
    captures = [c for c in lowered.captures if c.name]
    names = [*specs, *(c.name for c in captures)]
    parameters = ast.arguments([], [ast.arg(n, None) for n in names], None, [], [], None, [])
    text = generate("printed", lowered.region, parameters, results, "", {}, set())
    namespace = dict(text.imports.objects)
    exec(text.source, namespace)
    return text.source, namespace["printed"], [*bound.arguments.values(), *(c.read() for c in captures)]


def roundtrip(f, args, show=False, kwargs=None):
    """The value of the printed primal, which must be the primal's bits."""
    source, function, arguments = printed(f, args, kwargs)
    if show:
        print(source)
    given = copy.deepcopy(arguments)
    try:
        got = function(*given)
        assert_same_bits(got, f(*copy.deepcopy(args), **copy.deepcopy(kwargs or {})), "value")
        assert_same_bits(given, arguments, "arguments")
    except Exception as e:
        e.add_note(source)
        raise
    return got
