#!/usr/bin/env python3
"""function_lengths.py ROOT: measures how long the functions of core and runner are, and holds them to the goals below;
includes.py holds each function to MAX_FUNCTION.

The files are laid out by clang-format, so that the body of a function begins with a line `{` and ends with a line `}`,
both at the first column. A function's length is the number of lines between the two.
"""
import pathlib
import re
import statistics
import sys

GOALS = {"core": (6, 18), "runner": (8, 18)}  # the median, and what nine in ten functions do not exceed


def functions(text):
    """(lines of the body, number of the line that names it, name) of each function of a file."""
    lines = text.splitlines()
    start = None
    for number, line in enumerate(lines):
        if line.startswith("{"):
            start = number
        elif line.startswith("}") and start is not None:
            yield number - start - 1, *name_above(lines, start)
            start = None


def name_above(lines, start):
    """Where the head of the function whose body begins at lines[start] begins, and its name: the word before the first (."""
    first = start - 1
    while first > 0 and lines[first][:1] in (" ", ")"):  # a head of several lines
        first -= 1
    found = re.search(r"(\w+)\(", " ".join(lines[first:start]))
    return first + 1, found[1] if found else lines[first]


def percentile(lengths, percent):
    """The smallest length that at least `percent` of 100 functions do not exceed."""
    return sorted(lengths)[-(-len(lengths) * percent // 100) - 1]


def main():
    root = pathlib.Path(sys.argv[1])
    complaints = []
    for folder, (goal, goal_p90) in GOALS.items():
        lengths = [length for path in (root / folder).rglob("*.[ch]") for length, _, _ in functions(path.read_text())]
        if not lengths:
            sys.exit(f"{root / folder}: there is no function here")
        median, p90 = statistics.median(lengths), percentile(lengths, 90)
        print(f"{folder}: {len(lengths)} functions; median {median:g} lines, 90 % at most {p90}, longest {max(lengths)}")
        if median > goal:
            complaints.append(f"{folder}: the median function has {median:g} lines; the goal is {goal}")
        if p90 > goal_p90:
            complaints.append(f"{folder}: nine in ten functions have at most {p90} lines; the goal is {goal_p90}")
    print(*complaints, sep="\n", end="\n" if complaints else "")
    sys.exit(bool(complaints))


if __name__ == "__main__":
    main()
