"""What a verification found, for people and for machines."""
from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any

VERDICTS = ("proved", "agrees", "consistent", "unchecked", "refuted")     # the best first


@dataclass
class Refutation:
    """Where a gradient is wrong, and what it should be."""

    point: str                      # the arguments
    element: str                    # of the gradient: v[2]
    generated: str
    derivative: str
    line: int = 0                   # of the generated source, 0 where it could not be found
    text: str = ""
    why: str = ""                   # what is wrong in that line
    primal: str = ""                # the primal's line that it serves


@dataclass
class Verdict:
    """What is known of the gradient with respect to one input."""

    input: str
    verdict: str
    because: str
    refutation: Refutation | None = None


@dataclass
class PathReport:
    """What was shown on one path through the function."""

    given: bool
    witness: str
    taken: list[str]                # how its branches went
    conditions: list[str]           # under which the proof holds
    domain: list[str]
    verdicts: dict[str, str]        # input -> how it was proved, or why it was not
    proved: dict[str, bool]


@dataclass
class Report:
    """The verdict on a gradient: one for each input, with what exactly was shown.

    It prints itself as text, shows itself as HTML in a notebook, and gives the same as JSON.
    `ok` says that nothing was refuted and nothing left unchecked; `status` is the exit status: 0 if so, else 1.
    """

    function: str
    source: str                     # the generated text
    call: str                       # the arguments
    verdicts: list[Verdict]
    paths: list[PathReport] = field(default_factory=list)
    shown_for: list[str] = field(default_factory=list)      # what exactly a proof covers
    notes: list[str] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)         # the numerical comparisons
    seconds: float = 0.0

    @property
    def verdict(self) -> str:
        """The worst of the verdicts."""
        return max((v.verdict for v in self.verdicts), key=VERDICTS.index, default="unchecked")

    @property
    def ok(self) -> bool:
        return self.verdict in ("proved", "agrees", "consistent")

    @property
    def status(self) -> int:
        return 0 if self.ok else 1

    def __getitem__(self, name: str) -> Verdict:
        """The verdict on one input."""
        return next(v for v in self.verdicts if v.input == name)

    def json(self, indent: int | None = None) -> str:
        """The report as JSON."""
        return json.dumps({"verdict": self.verdict, "ok": self.ok, **dataclasses.asdict(self)}, indent=indent)

    def __str__(self) -> str:
        from symgrad.verify.show import text
        return text(self)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        from symgrad.verify.show import html
        return html(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))


__all__ = ["VERDICTS", "PathReport", "Refutation", "Report", "Verdict"]
