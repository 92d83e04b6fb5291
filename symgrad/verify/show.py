"""A report on the screen: as text, plain or in colours, as HTML, and as a picture."""
from __future__ import annotations

import html as markup
import textwrap
from collections.abc import Iterator

from symgrad.verify.report import Refutation, Report

WIDTH = 100
COLOURS = {"proved": "32", "agrees": "32", "consistent": "33", "unchecked": "35", "refuted": "31", "dim": "2", "bold": "1"}
HEX = {"proved": "#2e7d32", "agrees": "#2e7d32", "consistent": "#b26a00", "unchecked": "#6a1b9a", "refuted": "#c62828",
       "dim": "#6b7280", "bold": "#111827", "": "#111827"}

Span = tuple[str, str]          # a style, and text in it
Line = list[Span]


def lines(report: Report) -> Iterator[Line]:
    """The report line by line, as pieces of text with their styles."""
    yield [("bold", f"{report.function}: "), (report.verdict, report.verdict)]
    yield from wrapped("dim", f"at {report.call}", 2)
    yield []
    column = max((len(v.input) for v in report.verdicts), default=0)
    for v in report.verdicts:
        head: Line = [("bold", f"  {v.input:<{column}}  "), (v.verdict, f"{v.verdict:<10}  ")]
        first, *rest = textwrap.wrap(v.because, WIDTH - column - 16) or [""]
        yield [*head, ("", first)]
        for more in rest:
            yield [("", " " * (column + 16) + more)]
        if v.refutation is not None:
            yield from refuted(v.refutation)
    many = len(report.paths) > 1 or any(p.conditions for p in report.paths)
    for n, p in enumerate(report.paths if many else (), 1):
        good = all(p.proved.values())
        yield []
        yield [("bold", f"  path {n}"), ("dim", " of the arguments" if p.given else f" at {short(p.witness)}"),
               ("proved" if good else "unchecked", "  proved" if good else "  not proved")]
        for c in p.conditions:
            yield from wrapped("", c, 6)
        if not good:
            for why in dict.fromkeys(w for name, w in p.verdicts.items() if not p.proved[name]):
                yield from wrapped("dim", why, 6)
    domain = list(dict.fromkeys(c for p in report.paths if any(p.proved.values()) for c in p.domain))
    proved_for = report.shown_for + ([f"where {', '.join(domain)}"] if domain else [])
    for title, items in (("proved for", proved_for), ("compared with", report.checks), ("notes", report.notes)):
        if items:
            yield []
            yield [("bold", f"  {title}")]
        for item in items:
            yield from wrapped("", item, 6, "    - ")


def refuted(r: Refutation) -> Iterator[Line]:
    yield [("", f"      {r.element}: generated "), ("refuted", r.generated),
           *([("", ", should be "), ("proved", r.derivative)] if r.derivative else [])]
    if r.line:
        yield [("dim", f"      line {r.line:<4} "), ("bold", r.text)]
        if r.primal and r.primal not in r.text:
            yield [("dim", "      for       "), ("", r.primal)]
        yield from wrapped("", r.why, 16)


def wrapped(style: str, text: str, indent: int, bullet: str = "") -> Iterator[Line]:
    blank = " " * indent
    for n, part in enumerate(textwrap.wrap(text, WIDTH - indent) or [""]):
        yield [(style, (bullet if bullet and not n else blank) + part)]


def short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


def text(report: Report, colour: bool = False) -> str:
    """The report for a terminal."""
    def painted(style: str, part: str) -> str:
        return f"\033[{COLOURS[style]}m{part}\033[0m" if colour and style else part

    return "\n".join("".join(painted(*span) for span in line).rstrip() for line in lines(report))


def html(report: Report) -> str:
    """The report for a notebook."""
    body = "\n".join("".join(
        f'<span style="color:{HEX[style]}{";font-weight:bold" if style in VERDICT_STYLES else ""}">{markup.escape(part)}</span>'
        if style else markup.escape(part) for style, part in line) for line in lines(report))
    return f'<pre style="line-height:1.35;font-size:13px">{body}</pre>'


VERDICT_STYLES = ("bold", "proved", "agrees", "consistent", "unchecked", "refuted")


def svg(report: Report) -> str:
    """The report as a picture: the text, in SVG."""
    rows = list(lines(report))
    columns = max((sum(len(part) for _, part in row) for row in rows), default=1)
    width, height, step = 7.23 * columns + 32, 18 * len(rows) + 28, 18
    size = f'width="{width:.0f}" height="{height}"'
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" {size}',
           ' font-family="Menlo, Consolas, DejaVu Sans Mono, monospace" font-size="12">',
           f'<rect width="{width:.0f}" height="{height}" rx="8" fill="#fbfbfa" stroke="#d6d6d2"/>']
    for n, row in enumerate(rows):
        if not row:
            continue
        spans = "".join(f'<tspan fill="{HEX[style]}"{" font-weight=" + chr(34) + "bold" + chr(34) if style in VERDICT_STYLES else ""}>'
                        f"{markup.escape(part)}</tspan>" for style, part in row)
        out.append(f'<text x="16" y="{26 + n * step}" xml:space="preserve">{spans}</text>')
    return "\n".join([*out, "</svg>"]) + "\n"


__all__ = ["html", "svg", "text"]
