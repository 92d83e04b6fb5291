"""From a region to the text of a module: imports, signature, docstring, body, comments."""
from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import astor

from symgrad.analysis.comprehensions import is_comprehension
from symgrad.analysis.naturals import Naturals
from symgrad.analysis.worth import worth_compiling
from symgrad.codegen.binding import bind_what_is_copied
from symgrad.codegen.blocks import blocks
from symgrad.codegen.callables import Imports
from symgrad.codegen.control_flow import silent_flags
from symgrad.codegen.expressions import Expressions
from symgrad.codegen.inlining import Inlining
from symgrad.codegen.kernel import Kernel, NotFlat, split
from symgrad.codegen.naming import Names
from symgrad.codegen.overlap import read_first
from symgrad.codegen.ownership import fill_results, insert_copies, leave_in_place
from symgrad.codegen.results import expression
from symgrad.codegen.rows import keep_rows
from symgrad.codegen.statements import Statements
from symgrad.errors import Span
from symgrad.frontend.exceptions import block_mark
from symgrad.frontend.values import Tup
from symgrad.ir.functions import FunctionRef
from symgrad.ir.nodes import Op, Region, Slot, Value, walk
from symgrad.ir.types import Type
from symgrad.optimize.dce import carried_count, clean
from symgrad.structs import field, struct
from symgrad.transform.record_loops import tape_indexed


class Recorded(NamedTuple):
    """A value of each iteration of a loop that is kept for the reverse sweep."""

    name: str
    type: Type
    place: Span | None              # where it is computed


@struct()
class Text:
    """A generated function and what it needs around it."""

    name: str
    body: str                       # the def
    imports: Imports
    places: dict[int, Span] = field(default_factory=dict)       # line of the body -> place in the primal
    functions: list[str] = field(default_factory=list)          # recursive functions that it calls
    kernel: Kernel | None = None    # for a backend that compiles it
    obstacle: str = ""              # why there is none
    worth: bool = False             # whether compiling it pays
    recorded: list[Recorded] = field(default_factory=list)
    verdicts: list[Any] = field(default_factory=list)       # on loops that could run in parallel
    lowered: list[Any] = field(default_factory=list)        # what became of array statements, for a backend that compiles it

    @property
    def source(self) -> str:
        return self.head + self.body + "\n"

    @property
    def head(self) -> str:
        head = "\n".join(self.imports.statements())
        return "".join(part + "\n\n\n" for part in [*([head] if head else []), *self.imports.helpers.values(),
                                                       *self.functions])

    @property
    def lines(self) -> dict[int, Span]:
        """The place in the primal that each line of the source serves."""
        above = self.head.count("\n")
        return {line + above: place for line, place in self.places.items()}


def generate(name: str, region: Region, signature: ast.arguments, results: Any, docstring: str,
             namespace: dict[str, Any], reserved: set[str], backend: str = "python",
             parallel: bool = False) -> Text:
    """The text of a function whose body is `region`; `results` shows what its yields are put into."""
    clean(region)
    worth, verdicts, lowered = False, list[Any](), list[Any]()
    if backend == "numba":
        from symgrad.optimize.loops import native
        from symgrad.optimize.sums import sum_in_numbers
        from symgrad.optimize.tapes import keep_in_arrays
        keep_in_arrays(region)
        lowered = native.lower(region)
        sum_in_numbers(region)
        worth = worth_compiling(region)
        if parallel:
            from symgrad.optimize.parallel import run_in_parallel
            verdicts = run_in_parallel(region)
    imports = Imports(namespace, {a.arg for a in signature.args} | reserved)
    functions = called(region, imports, backend)
    text = one(name, region, signature, results, docstring, imports, reserved, native=backend == "numba")
    text.functions, text.worth, text.verdicts, text.lowered = functions, worth, verdicts, lowered
    return text


def called(region: Region, imports: Imports, backend: str) -> list[str]:
    """The texts of the recursive functions that a region calls, and of those that they call."""
    texts: list[str] = []
    done: set[Any] = set()

    def visit(r: Region) -> None:
        for op in walk(r):
            if isinstance(op.fn, FunctionRef) and op.fn not in done:
                done.add(op.fn)
                add(op.fn)

    def add(ref: FunctionRef) -> None:
        region, lent = ref.region, ref.in_place
        clean(region)
        if backend == "numba":
            from symgrad.optimize.tapes import keep_in_arrays
            keep_in_arrays(region)
        fill_results(region)
        visit(region)
        names = unique([p.name or "x" for p in region.params])
        for p, n in zip(region.params, names):
            p.name = n
        signature = ast.arguments([], [ast.arg(n, None) for n in names], None, [], [], None, [])
        slots = [Slot(i) for i in range(len(region.yields)) if i not in {k for _, k in lent}]
        shape: Any = None if not slots else slots[0] if len(slots) == 1 else Tup(tuple(slots))
        texts.append(one(imports.function(ref), region, signature, shape, "", imports, set(), lent).body)

    visit(region)
    return texts


def unique(names: list[str]) -> list[str]:
    out: list[str] = []
    for n in names:
        k, name = 1, n
        while name in out:
            name, k = f"{n}{k}", k + 1
        out.append(name)
    return out


def one(name: str, region: Region, signature: ast.arguments, results: Any, docstring: str, imports: Imports,
        reserved: set[str], lent: tuple[tuple[int, int], ...] = (), native: bool = False) -> Text:
    """The text of one function; it leaves the yields in `lent` in the memory of those parameters."""
    keep_rows(region)
    insert_copies(region, frozenset(region.params[i] for i, _ in lent))
    if leave_in_place(region, lent):
        insert_copies(region, frozenset(region.params[i] for i, _ in lent))
    read_first(region)
    if native:
        from symgrad.optimize.hoisting import hoist_memory
        hoist_memory(region)
    recorded = record_ops(region)
    inlining = Inlining(region)
    fixed = {op.results[0]: op.attrs["name"] for op in region.ops if op.kind == "arg" and not op.attrs["path"]}
    fixed.update({p: p.name for p in region.params})
    arguments = {a.arg for a in [*signature.posonlyargs, *signature.args, *signature.kwonlyargs]}
    unused = {a for a in arguments if a not in fixed.values()}
    taken = reserved | unused | {"np", "math"} | set(imports.preferred.values())
    outer = {v for v, n in fixed.items() if n not in arguments}
    names = Names(region, inlining, fixed, taken, outer, silent := silent_flags(region, inlining.count), native)
    if bind_what_is_copied(region, names):
        inlining = Inlining(region)
        names = Names(region, inlining, fixed, taken, outer, silent := silent_flags(region, inlining.count), native)
    expressions = Expressions(inlining, names, imports, Naturals() if native else None)
    printer = Statements(inlining, names, expressions)
    printer.silent = silent
    body: list[ast.stmt] = [ast.Expr(ast.Constant(docstring))] if docstring else []
    body.extend(sections(region, printer))
    if results is not None:
        last = ast.Return(expression(results, lambda i: expressions.value(region.yields[i]), expressions))
        last.place = next(filter(None, (printer.place(v.op) for v in region.yields if v.op is not None)), None)  # type: ignore[attr-defined]
        body.append(last)
    function = ast.FunctionDef(name, signature, body, [], None)

    text = tidy(to_source(function))
    made = Text(name, text, imports, places(function, text), recorded=recorded)
    if native:
        try:
            made.kernel = kernel(*split(function, region, results, expressions))
        except NotFlat as reason:
            made.obstacle = str(reason)
    return made


def kernel(inner: ast.FunctionDef, frame: ast.FunctionDef) -> Kernel:
    """The texts of a kernel and its frame."""
    text = tidy(to_source(inner))
    return Kernel(inner.name, text, tidy(to_source(frame)), places(inner, text))


def places(function: ast.FunctionDef, text: str) -> dict[int, Span]:
    """The place that each line of a printed function serves, from the statements it was printed from."""
    found: dict[int, Span] = {}
    for printed, made in zip(nested(ast.parse(text).body[0]), nested(function)):
        place = getattr(made, "place", None)
        if type(printed) is not type(made):
            return {}
        if place is not None:
            inner = getattr(printed, "body", None)
            end = inner[0].lineno - 1 if inner else printed.end_lineno
            found.update(dict.fromkeys(range(printed.lineno, max(printed.lineno, end) + 1), place))
    return found


def nested(node: Any) -> Iterator[Any]:
    """The statements in a statement, in order, without comments."""
    for name in ("body", "handlers", "orelse", "finalbody"):
        for child in getattr(node, name, ()):
            comment = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant) and str(
                child.value.value)[:1] in ("¶", "§")
            if not comment:
                yield child
                yield from nested(child)


def sections(region: Region, printer: Statements) -> list[ast.stmt]:
    """The statements, with the forward and the reverse sweep marked where there are both."""
    forward: list[ast.stmt] = []
    reverse: list[ast.stmt] = []
    blocks_end = max((i for i, op in enumerate(region.ops) if op.fn is block_mark), default=0)
    for i, op in enumerate(region.ops):
        if op in printer.inlining.inline or op.kind == "arg":
            continue
        turned = op.adjoint and i >= blocks_end         # what was moved into a block of the primal's is no sweep
        (reverse if turned or reverse else forward).extend(printer.statement(op))
    forward = blocks(forward)
    if forward and reverse:
        return [comment("forward"), *forward, comment("reverse"), *reverse]
    return forward + reverse


def comment(text: str) -> ast.stmt:
    return ast.Expr(ast.Constant("¶" + text))


def record_ops(region: Region) -> list[Recorded]:
    """Turn gathered values into explicit records, each right after its value is made; what they are of."""
    recorded: list[Recorded] = []
    for op in list(walk(region)):
        if op.attrs.get("record"):                           # a store to what is a tape's memory by now
            memory, y = op.operands[:2]
            recorded.append(Recorded(y.name or memory.name, y.type, y.op.span if y.op is not None else None))
        taped = op.attrs.get("taped", 0)
        if op.kind not in ("for", "while") or not taped:
            continue
        body = op.regions[-1]
        early = 1 if op.attrs.get("early") else 0
        n = carried_count(op)
        if is_comprehension(op):
            op.attrs["comprehension"] = True
            continue
        modes = []
        for k in range(taped):
            y = body.yields[early + n + k]
            tape = op.results[n + k]
            mode, size, index = tape_mode(op, tape)
            record = Op("record", [tape, y] + ([index] if index is not None else []), (), effect=True, mode=mode)
            if y.op is not None and y.op in body.ops:
                body.ops.insert(body.ops.index(y.op) + 1, record)
            else:
                body.ops.insert(0, record)
            modes.append((mode, size))
            recorded.append(Recorded(y.name or tape.name, y.type, y.op.span if y.op is not None else op.span))
        body.yields = body.yields[:early + n]
        op.attrs["tapes"] = tuple(modes)
        op.attrs["taped"] = 0
        op.attrs["records"] = taped
    return recorded


def tape_mode(op: Op, tape: Value) -> tuple[str, Any, Value | None]:
    """How a tape is kept: indexed where the number of trips is known, else appended to."""
    if tape_indexed(op, tape):
        return "index", op.operands[1], op.regions[0].params[0]
    return "append", None, None


def to_source(function: ast.FunctionDef) -> str:
    return str(astor.to_source(function, pretty_source=wrap))


def wrap(pieces: list[str]) -> str:
    """astor's pieces as text, unwrapped: long lines are broken by `tidy`."""
    return "".join(pieces)


COMMENT = re.compile(r"^(\s*)(\"\"\"|'''|'|\")([§¶])(.*?)\2$")


def tidy(text: str) -> str:
    """Comments where the string statements were; no blank lines at the end."""
    out: list[str] = []
    for line in text.splitlines():
        m = COMMENT.match(line)
        if m is None:
            out.append(line)
        elif m.group(3) == "¶":
            out.append(f"{m.group(1)}# {m.group(4)}")
        elif out:
            note = ast.literal_eval(f"'''{m.group(4)}'''") if "\\" in m.group(4) else m.group(4)
            joined = f"{out[-1]}  # {note}"
            out[-1] = joined if len(joined) <= 110 else out[-1]
    return "\n".join(out).rstrip()


__all__ = ["Text", "generate"]
