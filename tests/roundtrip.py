"""Print a primal from its IR and run it: the frontend and code generation without differentiation.

`roundtrip(f, args)` lowers `f`, prints the IR as Python again, runs the text and
compares with the primal bit for bit.
"""
import ast
import copy
import inspect

import numpy as np

import symgrad.rules  # noqa: F401
from symgrad.codegen.module import generate
from symgrad.codegen.results import template
from symgrad.frontend.lower import lower
from symgrad.frontend.lowering import NeedStatic
from symgrad.frontend.signature import describe


def roundtrip(f, args, show=False):
    """The value of the printed primal, which must be the primal's bits."""
    params = inspect.signature(f).parameters
    full = list(args) + [p.default for p in list(params.values())[len(args):] if p.default is not p.empty]
    names = list(params)[:len(full)]
    forced = frozenset()
    while True:
        specs = {n: describe(a, n, forced) for n, a in zip(names, full)}
        try:
            lowered = lower(f, specs, forced=forced)
            break
        except NeedStatic as e:
            forced = forced | {e.path}
    out = []
    results = template(lowered.result, lowered.lowering.contents, lowered.lowering.value, out)
    lowered.region.yields = out
    captured = [c.name for c in lowered.captures]
    signature = ast.arguments([], [ast.arg(n, None) for n in [*names, *captured]], None, [], [], None, [])
    text = generate("printed", lowered.region, signature, results, "", {}, set())
    if show:
        print(text.source)
    namespace = dict(text.imports.objects)
    for name, (module, attribute) in text.imports.froms.items():
        del module, attribute
        namespace.setdefault(name, text.imports.objects[name])
    exec(text.source, namespace)
    got = namespace["printed"](*copy.deepcopy(full), *[c.read() for c in lowered.captures])
    want = f(*copy.deepcopy(args))
    assert np.array_equal(np.asarray(got), np.asarray(want), equal_nan=True), (got, want)
    return got
