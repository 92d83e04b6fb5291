"""The stages of a verification, one after the other, each with a time of its own."""
from __future__ import annotations

import dataclasses
import difflib
import inspect
import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import numpy as np

from symgrad import gradient
from symgrad.arguments import name_of
from symgrad.errors import Span
from symgrad.gradient import Bound, Gradient
from symgrad.specialise import Options
from symgrad.verify import consistency, locate, paths, precision, proof
from symgrad.verify.alarm import SLACK, within
from symgrad.verify.errors import OutOfTime
from symgrad.verify.exact import DIGITS
from symgrad.verify.report import PathReport, Refutation, Report, Verdict
from symgrad.verify.subject import Subject

T = TypeVar("T")
AGREE_AT = 4                    # random points besides the given one and the paths' witnesses


def verify(f: Callable[..., Any], /, *args: Any, argnums: Any = None, seconds: float = 60.0, **kwargs: Any) -> Report:
    """Check the gradient of a function at these arguments and, where it can be, prove it.

    f: what `grad` takes, or what it returns. `argnums` is as in `grad`.
    args, kwargs: arguments of `f`. A proof holds for the shapes, the integers (and so the trip counts) and
        the types that they have, for all values of the floats that take the same path.
    seconds: how long all of it may take; what does not end in time gets a lesser verdict.

    The report has one verdict for each input that is differentiated:

    - ``proved``: the generated source, run on symbols, gives SymPy's derivative of the function run on
      symbols, on each path that was found;
    - ``agrees``: with derivatives of 30 digits at random points;
    - ``consistent``: with differences, and with symgrad's other modes, in floating point;
    - ``refuted``: with the point, both values, and the generated line that departs;
    - ``unchecked``, and why.

    >>> from symgrad import verify
    >>> def area(r, h):
    ...     return 3.0 * r**2 * h
    >>> verify(area, 2.0, 5.0).verdict
    'proved'

    Raises what `grad` raises for a function that it cannot differentiate.
    """
    return check(subject_of(f, args, kwargs, argnums), seconds)


def verify_text(f: Callable[..., Any], source: str, /, *args: Any, argnums: Any = None, seconds: float = 60.0,
                **kwargs: Any) -> Report:
    """`verify` for a text that is said to be the generated source for this call, such as an edited one."""
    own = subject_of(f, args, kwargs, argnums)
    return check(dataclasses.replace(own, source=source, lines=carried(own.source, source, own.lines)), seconds)


def carried(old: str, new: str, lines: dict[int, Span]) -> dict[int, Span]:
    """Which of the primal's lines each line of an edited text serves."""
    out = {}
    for tag, i, end, j, last in difflib.SequenceMatcher(None, old.splitlines(), new.splitlines(), False).get_opcodes():
        if tag == "equal" or tag == "replace" and end - i == last - j:
            out.update({j + n + 1: lines[i + n + 1] for n in range(end - i) if i + n + 1 in lines})
    return out


# -- the subject ---------------------------------------------------------------------------------


def subject_of(f: Any, args: tuple[Any, ...], kwargs: dict[str, Any], argnums: Any = None) -> Subject:
    """The generated text of a call's gradient, with all that is needed to run it."""
    if not isinstance(f, (Gradient, Bound)):
        f = gradient.of(f, Options(argnums=argnums))
    if isinstance(f, Bound):
        args = (f.instance, *args)
        f = f.gradient
    compiled, options = f._compiled, f.options
    bound = compiled.parameters.bind(args, kwargs)
    s = compiled.of_values(bound)
    given = {n: bound[n] for n in s.specs}
    selected = compiled.selected(bound, s.specs)
    signature = compiled.parameters.signature
    objects = {**s.generated.text.imports.objects, **{c.name: c.read() for c in s.generated.captures if c.name}}
    with_value = options.kind == "value_and_grad"
    single = options.kind == "grad" and not isinstance(options.wrt, tuple) or \
        options.kind == "value_and_grad" and not isinstance(options.wrt, tuple)
    if options.kind == "vjp":
        raise TypeError("verify() is for gradients of scalar functions, not for pullbacks")

    def call(function: Any, values: dict[str, Any]) -> Any:
        whole = inspect.BoundArguments(signature, {**{n: v for n, v in bound.items() if n not in given}, **values})
        return function(*whole.args, **whole.kwargs)

    def gradients(result: Any) -> list[Any]:
        picked = s.picks(result) if s.picks else result
        if with_value:
            picked = picked[1]
        elif options.has_aux:
            picked = picked[0]
        return [picked] if single else list(picked)

    def place(parameter: str, key: Any) -> Callable[[dict[str, Any]], Any]:
        return lambda values: values[parameter] if key is None else values[parameter][key]

    return Subject(
        primal=compiled.function, source=s.source, name=s.generated.text.name, objects=objects, call=call, bound=given,
        wrt=[(x.parameter if x.key is None else f"{x.parameter}[{x.key!r}]", place(x.parameter, x.key))
             for x in selected],
        gradients=gradients, value=(lambda r: r[0]) if options.has_aux else lambda r: r,
        stated=(lambda r: r[0][0] if options.has_aux else r[0]) if with_value else None,
        options=options, lines=s.generated.lines)


# -- the stages ----------------------------------------------------------------------------------


def check(subject: Subject, seconds: float = 60.0) -> Report:
    """All stages, and the verdicts."""
    start = time.monotonic()

    def left(share: float) -> float:
        return max(0.2 if time.monotonic() < start + seconds else 0.0, share * (start + seconds - time.monotonic()))

    labels = [label for label, _ in subject.wrt]
    trouble = consistency.trouble(subject)
    if trouble:
        return Report(name_of(subject.primal), subject.source, subject.inputs.at(subject.inputs.values),
                      [Verdict(label, "unchecked", trouble) for label in labels])
    floats = consistency.compare(subject, left(0.3))            # the cheapest comes first: a lesser verdict is one, too
    found = paths.explore(subject, left(0.15))
    witnesses = [p.witness for p in found.found]
    rest = [p for p in paths.points(subject.inputs.values, 40) if p not in witnesses]
    comparisons: list[precision.Comparison] = []
    for numbers in witnesses + rest:
        if sum(not c.trouble for c in comparisons) >= len(witnesses) + AGREE_AT or time.monotonic() > start + 0.5 * seconds:
            break
        comparisons.append(in_time(left(0.15), partial(precision.compare, subject, numbers),
                                   partial(precision.Comparison, numbers, [])))
        if len(comparisons) > len(witnesses) + 3 * AGREE_AT:
            break
    wrong = {k for c in comparisons for k, d in enumerate(c.worst) if d.error > precision.WRONG}
    failed = next((c for c in comparisons if c.wrong), None)
    proofs = []
    if not failed and len(wrong) < len(labels):
        for n, path in enumerate(found.found):
            share = 0.8 if n == 0 else 0.5
            proofs.append(in_time(left(share), partial(proof.prove, subject, path.witness, wrong=wrong),
                                  partial(proof.Proof, [False] * len(labels), [""] * len(labels))))
    verdicts = []
    for k, label in enumerate(labels):
        refuted = None
        if k in wrong or failed or floats.wrong(k) and not exact(k, comparisons):
            refuted = refutation(subject, k, comparisons, floats, left)
        verdicts.append(verdict(k, label, refuted, proofs, comparisons, floats, found))
    return Report(
        function=name_of(subject.primal), source=subject.source, call=subject.inputs.at(subject.inputs.values),
        verdicts=verdicts,
        paths=[path_report(subject, p, q, labels) for p, q in zip(found.found, proofs)],
        shown_for=covered(subject, found, proofs), notes=notes(subject, found, floats), checks=floats.lines(comparisons),
        seconds=round(time.monotonic() - start, 2))


def in_time(seconds: float, stage: Callable[[float], T], otherwise: Callable[[str], T]) -> T:
    """What a stage finds in its time; else what there is without it, and why."""
    try:
        if seconds <= 0.0:
            raise OutOfTime("the time is over")
        with within(seconds + SLACK):
            return stage(seconds)
    except OutOfTime as error:
        return otherwise(str(error))


def exact(k: int, comparisons: list[precision.Comparison]) -> bool:
    """Whether an input's gradient is right in high precision; a difference in floating point is rounding then."""
    known = [c.worst[k].error for c in comparisons if not c.trouble]
    return bool(known) and max(known) <= precision.AGREES


def verdict(k: int, label: str, refuted: Refutation | None, proofs: list[proof.Proof],
            comparisons: list[precision.Comparison], floats: consistency.Consistency, found: paths.Paths) -> Verdict:
    """The best verdict that the stages allow."""
    if refuted is not None:
        return Verdict(label, "refuted", f"at {refuted.point}", refuted)
    done = [p for p in proofs if p.proved[k]]
    if done and (proofs[0].proved[k] or proofs[0].tie and len(done) == len(proofs) - 1):
        where = "" if len(done) == len(proofs) == 1 else f"on all {len(done)} paths: " if len(done) == len(proofs) else \
            f"away from the tie that these arguments are, on {len(done)} paths: " if proofs[0].tie else \
            f"on the path of these arguments and {len(done) - 1} of {len(proofs) - 1} others: "
        return Verdict(label, "proved", where + "; ".join(sorted({p.how[k] for p in done})))
    good = [c for c in comparisons if not c.trouble and c.worst[k].error <= precision.AGREES]
    known = [c for c in comparisons if not c.trouble]
    why = next((p.trouble or p.how[k] for p in proofs if not p.proved[k]), found.trouble)
    some = f" (proved on {sum(p.proved[k] for p in proofs)} of {len(proofs)} paths)" if any(
        p.proved[k] for p in proofs) else ""
    if good and len(good) == len(known):
        error = max(c.worst[k].error for c in good)
        return Verdict(label, "agrees", f"to {error:.0e} at {len(good)} points, in {DIGITS} digits; not proved: {why}{some}")
    if known and len(good) < len(known):
        why = f"differs by {max(c.worst[k].error for c in known):.0e} in {DIGITS} digits"
    if floats.good(k):
        return Verdict(label, "consistent", f"{floats.summary(k)}; no proof: {why}" if why else floats.summary(k))
    return Verdict(label, "unchecked", why or "nothing could be compared")


def refutation(subject: Subject, k: int, comparisons: list[precision.Comparison], floats: consistency.Consistency,
               left: Callable[[float], float]) -> Refutation | None:
    """The point, the two values and the line, from the stage that found the gradient wrong."""
    for c in comparisons:
        if c.wrong and c.line:
            span = subject.lines.get(c.line)
            return Refutation(subject.inputs.at(c.numbers), subject.wrt[k][0], c.trouble, "", c.line,
                              locate.code_of(subject.source.splitlines()[c.line - 1]), "it fails", span.text.strip() if span else "")
        if c.wrong or not c.trouble and c.worst[k].error > precision.WRONG:
            point, label = subject.inputs.at(c.numbers), subject.wrt[k][0]
            made = Refutation(point, label, c.trouble, "") if c.wrong else Refutation(
                point, c.worst[k].label, decimal(c.worst[k].generated), decimal(c.worst[k].derivative))
            place = departure(subject, c.numbers, left(0.5))
            if place is not None:
                made.line, made.text, made.why = place.line, place.text, place.why
                made.primal = place.primal
            return made
    return floats.refutation(subject, k)


def departure(subject: Subject, numbers: list[float], seconds: float) -> locate.Place | None:
    """`locate.departure`, once for a point."""
    if tuple(numbers) not in subject.departures:
        subject.departures[tuple(numbers)] = in_time(seconds, partial(locate.departure, subject, numbers), lambda why: None)
    return subject.departures[tuple(numbers)]      # type: ignore[no-any-return]


def decimal(x: Any) -> str:
    import mpmath
    return str(mpmath.nstr(x, 17)) if not isinstance(x, (float, np.floating)) else repr(float(x))


# -- what exactly was shown ------------------------------------------------------------------------


def path_report(subject: Subject, path: paths.Path, p: proof.Proof, labels: list[str]) -> PathReport:
    return PathReport(path.given, subject.inputs.at(path.witness, lambda x: f"{x:.6g}"), path.lines, p.conditions, p.domain,
                      {n: p.how[k] or p.trouble for k, n in enumerate(labels)},
                      {n: p.proved[k] for k, n in enumerate(labels)})


def covered(subject: Subject, found: paths.Paths, proofs: list[proof.Proof]) -> list[str]:
    """For what a proof holds."""
    if not any(any(p.proved) for p in proofs):
        return []
    shapes = [f"{n}: {np.shape(v)}" for n, v in subject.bound.items() if isinstance(v, np.ndarray)]
    fixed = [f"{n} = {v!r}" for n, v in subject.bound.items() if isinstance(v, (int, str)) and not isinstance(v, bool)]
    paths_ = "the same path" if len(found.found) == 1 else "one of these paths"
    out = [f"all real values of the floats in the arguments that take {paths_}, away from ties"]
    if shapes:
        out.append(f"arrays of these shapes: {', '.join(shapes)}")
    if fixed:
        out.append(f"these values, which decide trip counts: {', '.join(fixed)}")
    out.append("exact arithmetic: each float in the program stands for the simplest number that rounds to it")
    return out


def notes(subject: Subject, found: paths.Paths, floats: consistency.Consistency) -> list[str]:
    out = [*([found.trouble] if found.trouble else []), *found.one_way]
    if found.more:
        out.append(f"{found.more} more paths were found and not looked at")
    for k, (label, _) in enumerate(subject.wrt):
        row = floats.wrong(k)
        if row is not None:
            error, element, generated, other = row.worst[k]
            out.append(f"in floating point, {label} differs from {row.mode} by {error:.0e}: {element or label} is "
                       f"{generated!r} and {other!r}, at {subject.inputs.at(row.numbers)}")
    return out + floats.notes


__all__ = ["check", "subject_of", "verify", "verify_text"]
