"""objects.py BUILD ROOT: holds the object files of a build against rules.py: what exported names begin with, no calls in
a circle between files, no call up the chain of folders, nothing declared in a header of another file."""

import os
import re
import subprocess
import sys
from collections import defaultdict

from includes import code_of, sources
from rules import FACES, FOLDERS, PREFIXES

COMPILED_TWICE = re.compile(r"_f(32|64)_(portable|avx2|avx512|neon)$")  # precision and instruction set


def symbols(build, root):
    """What each source file defines and what it takes from elsewhere: {name: file}, {file: {names}}."""
    defined, taken = {}, defaultdict(set)
    for where, _, names in os.walk(os.path.join(build, "CMakeFiles")):
        for name in names:
            source = os.path.join(where, name).split(".dir/", 1)[-1][:-2]
            if not name.endswith(".o") or not os.path.isfile(os.path.join(root, source)):
                continue  # what an earlier build left of a file that has gone
            lines = subprocess.run(["nm", os.path.join(where, name)], capture_output=True, text=True, check=True)
            for *_, kind, symbol in map(str.split, lines.stdout.splitlines()):
                if kind == "U":
                    taken[source].add(symbol)
                elif kind in "TDRBC":
                    defined[symbol] = source
    return defined, taken


def calls(defined, taken):
    """{file: {file it takes from: names}}"""
    graph = defaultdict(lambda: defaultdict(set))
    for file, names in taken.items():
        for name in names & defined.keys():
            if defined[name] != file:
                graph[file][defined[name]].add(COMPILED_TWICE.sub("", name))
    return graph


def circles(graph):
    """Sets of files that reach each other (Tarjan 1972)."""
    index, low, stack, found = {}, {}, [], []

    def visit(file):
        index[file] = low[file] = len(index)
        stack.append(file)
        for other in list(graph.get(file, ())):
            if other not in index:
                visit(other)
            if other in stack:
                low[file] = min(low[file], low[other])
        if low[file] == index[file]:
            at = stack.index(file)
            found.append(stack[at:])
            del stack[at:]

    for file in list(graph):
        if file not in index:
            visit(file)
    return [sorted(files) for files in found if len(files) > 1]


def upward(graph):
    order = {folder: i for i, folder in enumerate(FOLDERS)}
    for file, others in sorted(graph.items()):
        for other, names in sorted(others.items()):
            here, there = os.path.dirname(file), os.path.dirname(other)
            family = here.startswith(there) or there.startswith(here)
            if here.startswith("runner") and not (family and there != "runner") and order[there] > order[here]:
                yield f"{file} calls up the chain, {other}: {', '.join(sorted(names))}"


def misnamed(defined):
    for name, file in sorted(defined.items(), key=lambda item: item[::-1]):
        folder = os.path.dirname(file)
        prefixes = PREFIXES.get(folder) or PREFIXES["core"]
        name = COMPILED_TWICE.sub("", name)
        stem = os.path.splitext(os.path.basename(file))[0]
        if not any(name.startswith(stem.rstrip("s") if prefix == "FILE" else prefix) for prefix in prefixes):
            yield f"{file} exports {name}, which does not begin with {' or '.join(prefixes)}"


def declared(root):
    """(header, name, is it compiled once for each precision and instruction set) of all that headers declare."""
    for header in sources(root, ["core", "runner"]):
        if not header.endswith(".h"):
            continue
        with open(os.path.join(root, header), encoding="utf-8") as file:
            code = code_of(file.read())
        for line in code.splitlines():
            match = re.match(r"(?!static|typedef|#|return|enum|struct \w+ \{)(extern )?\w[\w ]*[ *](X\()?(\w+)\)?[(\[;,]", line)
            if match:
                yield header, match.group(3), match.group(2) is not None


def misplaced(defined, root):
    """What a header declares is defined in the file of its name, but for the public faces of folders."""
    twice = {COMPILED_TWICE.sub("", name): file for name, file in defined.items() if COMPILED_TWICE.search(name)}
    for header, name, is_twice in declared(root):
        folder, base = os.path.split(header)
        file = (twice if is_twice else defined).get(name)
        is_face = base in FACES.get(folder, ()) and file is not None and file.startswith(folder + "/")
        if file and os.path.splitext(file)[0] != os.path.splitext(header)[0] and not is_face:
            yield f"{header} declares {name}, which {file} defines"


def violations(build, root):
    defined, taken = symbols(build, root)
    if not defined:
        return [f"there are no object files below {build}"]
    graph = calls(defined, taken)
    found = [f"calls go in a circle: {', '.join(files)}" for files in circles(graph)]
    return found + list(upward(graph)) + list(misnamed(defined)) + list(misplaced(defined, root))


if __name__ == "__main__":
    found = violations(sys.argv[1], sys.argv[2])
    print("\n".join(found) if found else "the rules hold")
    sys.exit(1 if found else 0)
