"""Markdown tables, aligned so that they read well on a terminal too."""
import enum


class Verdict(enum.StrEnum):
    """What became of a target."""
    MET = "met"
    NOT_MET = "**NOT met**"
    WRONG = "**WRONG**"
    MISSING = "not measured"


def verdict(met, measured=True):
    """The verdict on a target that was met or not, if it could be measured."""
    if not measured:
        return Verdict.MISSING
    return Verdict.MET if met else Verdict.NOT_MET


def markdown(header, rows):
    """A Markdown table: the first column to the left, the others to the right."""
    lines = [header, *rows]
    widths = [max(3, *(len(line[k]) for line in lines)) for k in range(len(header))]

    def line_of(cells):
        aligned = [cell.ljust(width) if k == 0 else cell.rjust(width)
                   for k, (cell, width) in enumerate(zip(cells, widths))]
        return "| " + " | ".join(aligned) + " |"
    rule = ["-" * width if k == 0 else "-" * (width - 1) + ":" for k, width in enumerate(widths)]
    return "\n".join([line_of(header), line_of(rule), *map(line_of, rows)])
