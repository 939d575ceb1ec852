"""documents.py ROOT: what README.md of core and runner name exists, and "to add X touch Y" names every table of core."""
import pathlib
import re
import sys

FILE = re.compile(r"`([\w./*<>-]+(?:\.(?:c|h|def|md|sh|py|m|in|txt|yaml|[15])|/))`")


def missing_files(root, folder, text):
    """The files and folders in backquotes that are neither below `folder` nor named from ROOT or as an #include."""
    bases = [root / folder, root, root / "core", root / "runner"]
    for name in dict.fromkeys(FILE.findall(text)):
        found = any(any(base.glob(name.rstrip("/"))) for base in bases) or any((root / folder).rglob(name.rstrip("/")))
        if "<" not in name and not found:  # <name> stands for any
            yield f"{folder}/README.md names {name}, which does not exist"


def missing_tables(names, text):
    """The tables that no row of "to add | touch" names."""
    rows = text.partition("| to add | touch |")[2].partition("\n\n")[0]
    for name in names:
        if f"`{name}`" not in rows:
            yield f'core/README.md: no row of "to add | touch" names {name}'


def main():
    root = pathlib.Path(sys.argv[1])
    # The check itself has to find what is wrong.
    assert list(missing_files(root, "core", "`nn.h`, `core/nn.h`, `train/` and `no.c`")) == [
        "core/README.md names no.c, which does not exist"]
    assert len(list(missing_tables(["a.def", "b.def"], "`b.def`\n| to add | touch |\n| x | `a.def` |\n\n`b.def`"))) == 1
    complaints = []
    for folder in "core", "runner":
        complaints += missing_files(root, folder, (root / folder / "README.md").read_text())
    tables = sorted(path.relative_to(root / "core").as_posix() for path in (root / "core/tables").glob("*.def"))
    assert len(tables) > 10
    complaints += missing_tables(tables, (root / "core/README.md").read_text())
    print("\n".join(complaints) or "the documents name what there is")
    return bool(complaints)


if __name__ == "__main__":
    sys.exit(main())
