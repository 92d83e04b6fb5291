"""Headings and small tables for the terminal."""


def heading(number, title):
    """Print the title of a step of the demo."""
    print(f"\n{number}. {title}\n{'-' * (len(title) + 3)}")


def table(header, rows):
    """Print rows under a header: the first column to the left, the others to the right."""
    lines = [header, *rows]
    widths = [max(len(line[k]) for line in lines) for k in range(len(header))]
    for line in lines:
        cells = [cell.ljust(width) if k == 0 else cell.rjust(width)
                 for k, (cell, width) in enumerate(zip(line, widths))]
        print("   " + "   ".join(cells).rstrip())
