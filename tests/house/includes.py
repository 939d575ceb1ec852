"""includes.py ROOT: holds the sources of core/ and runner/ against rules.py: which folder includes which, who may use a
library or a function, how long files and functions are. Prints every violation with its place and reason."""

import fnmatch
import os
import re
import subprocess
import sys

from function_lengths import functions
from rules import *

TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'', re.S)


def code_of(text):
    """The code without comments and texts, line by line as it was; what an #include names stays."""

    def blank(match):
        include = text.rfind("\n", 0, match.start()) + 1
        if re.match(r"\s*#\s*include", text[include:match.start()]):
            return match.group(0)
        return re.sub(r"[^\n]", " ", match.group(0))

    return TOKEN.sub(blank, text)


def matches(path, patterns):
    """Is the path one of the shell patterns? A * stops at a /."""
    return any(pattern == "*" or (path.count("/") == pattern.count("/") and fnmatch.fnmatchcase(path, pattern))
               for pattern in patterns.split())


def is_family(one, other):
    return one == other or one.startswith(other + "/") or other.startswith(one + "/")


def why_not_include(path, header):
    """Why the file may not include this header of the project; None: it may."""
    folder, seen = os.path.dirname(path), os.path.dirname(header)
    if folder == seen or (path, header) in EXCEPTIONS:
        return None
    if is_family(folder, seen) and seen not in ("core", "runner"):
        return None
    # Of core's folders each counts alone: runner reaches core through its public face.
    if not any(seen == allowed or (allowed != "core" and seen.startswith(allowed + "/")) for allowed in FOLDERS[folder]):
        return f"{folder} may use {', '.join(FOLDERS[folder])}, not {seen} (tests/house/rules.py)"
    faces = PUBLIC.get(seen, [])
    if faces != ["*"] and os.path.basename(header) not in faces:
        return f"{header} is private to {seen}; others see {', '.join(faces)}"
    return None


def find_header(root, path, name):
    """The project's header that the name means; None: it is none."""
    places = ["core"] if path.startswith("core/") else ["runner", "core"]
    return next((f"{place}/{name}" for place in places if os.path.isfile(f"{root}/{place}/{name}")), None)


def check_includes(root, path, code):
    for number, line in enumerate(code.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if match is None:
            continue
        quote, name = match.groups()
        if quote == '"' and name not in ("version.h",):
            header = find_header(root, path, name)
            reason = ("there is no such header here: core stands alone" if path.startswith("core/")
                      else "there is no such header here") if header is None else why_not_include(path, header)
            if reason:
                yield number, f"includes {name}: {reason}"
        elif path.startswith("core/") and quote == "<":
            if not any(name in names.split() and matches(path, files) for names, files, _ in CORE_HEADERS):
                yield number, f"includes <{name}>: not in the list of headers for core (CORE_HEADERS in tests/house/rules.py)"


def check_calls(path, code):
    rules = [(rule, "", reason) for rule, reason in CORE_CALLS] if path.startswith("core/") else RUNNER_CALLS
    for number, line in enumerate(code.splitlines(), 1):
        for rule, files, reason in rules:
            if re.search(rule, line) and not matches(path, files):
                yield number, f"{line.strip()}: {reason}"


def check_comments(text, there):
    """A comment sends nobody to a file that has gone."""
    for comment in TOKEN.finditer(text):
        if comment.group(0).startswith("/"):
            for name in re.finditer(r"(?<![<\w.>])(?:\w+/)*(\w+\.(?:c|h|def))\b(?![\w(])", comment.group(0)):
                if name.group(1) not in there and not name.group(1).startswith("NAME."):
                    line = text.count("\n", 0, comment.start() + name.start()) + 1
                    yield line, f"a comment names {name.group(0)}, which is not there"


def check_lengths(text):
    n_lines = len(text.splitlines())
    if n_lines > MAX_FILE:
        yield n_lines, f"{n_lines} lines; files stay under {MAX_FILE}: split it by subject"
    for length, line, name in functions(text):
        if length > MAX_FUNCTION:
            yield line, f"{name} is a function of {length} lines; none over {MAX_FUNCTION}"


def sources(root, folders, endings=(".c", ".h")):
    for folder in folders:
        for where, _, names in os.walk(os.path.join(root, folder)):
            for name in sorted(names):
                if name.endswith(endings):
                    yield os.path.relpath(os.path.join(where, name), root)


def check_top_level(root):
    """The names at the top level are agreed; without git nobody can tell them from what a build left there."""
    try:
        command = ["git", "-C", root, "-c", f"safe.directory={root}", "ls-files"]
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return
    for name in sorted({line.split("/")[0] for line in listed.splitlines()} - set(TOP_LEVEL)):
        yield f"{name}: not one of the agreed names at the top level ({' '.join(TOP_LEVEL)})"


def file_names(root):
    return {os.path.basename(path) for path in sources(root, ["core", "runner", "tests"], (".c", ".h", ".def"))}


def violations_of(root, path, there=None):
    """Those of one file. Tests and benchmarks may include and call what they like."""
    with open(os.path.join(root, path), encoding="utf-8") as file:
        text = file.read()
    checks = [check_lengths(text), check_comments(text, there or file_names(root))]
    if not path.startswith("tests/"):
        code = code_of(text)
        checks += [check_includes(root, path, code), check_calls(path, code)]
    return [f"{path}:{number}: {message}" for check in checks for number, message in check]


def violations(root):
    there = file_names(root)
    for path in sources(root, ["core", "runner", "tests/unit", "tests/bench"]):
        yield from violations_of(root, path, there)
    yield from check_top_level(root)


if __name__ == "__main__":
    found = list(violations(sys.argv[1]))
    print("\n".join(found) if found else "the rules hold")
    sys.exit(1 if found else 0)
