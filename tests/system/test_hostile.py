"""Gives results files that nobody may trust to every command that reads one: each ends within 10 s and 1 GB with exit
code 0, 2, 3 or 75, and a message where it is not 0; never by a signal, and never with bytes of another file.

NNGRID_HOSTILE=200 damages that many files at random and gives each and every lie to all commands, not some to one;
NNGRID_HOSTILE_FILES=FOLDER takes the files of this folder as well.
"""
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys

import h5py
import hostile
import sound
import system
import test_malformed

SEEDS = int(os.environ.get("NNGRID_HOSTILE", 3))
LONG = "NNGRID_HOSTILE" in os.environ
SANITIZED = system.FEWER > 1
GRID = """name: x
data: {builtin: xor}
base: {hidden: [2], epochs: 20, batch_size: full, output: tanh, loss: mse}
grid: {learning_rate: [0.1, 0.5], hidden: [[2], [3]]}
repeats: 2
stop: {mode: observe, rules: [{patience_train: 5}, {target: {train_loss: 0.1}}]}
record: {weights: [best, final]}
"""
READ = [["status"], ["status", "--json"], ["show"], ["show", "--cell", "0"], ["show", "--run", "1"], ["show", "--json"],
        ["show", "--compare", "0,1"], ["show", "--importance"], ["show", "--stops"], ["cells", "--json"], ["export"],
        ["export", "--what", "cells"], ["export", "--what", "curves"], ["export", "--what", "stops"],
        ["evaluate", "--run", "0"], ["predict", "new.csv", "--run", "0"], ["predict", "new.csv", "--run", "1", "--weights", "final"]]
WRITE = [["compact", "FILE", "-o", "out.h5"], ["merge", "grid.yaml", "FILE", "-o", "out.h5"], ["run", "grid.yaml", "-q", "-o", "FILE"],
         ["run", "other.yaml", "-q", "-o", "FILE"], ["plan", "grid.yaml", "-o", "FILE"], ["check", "start.yaml"], ["check", "split.yaml"],
         ["check", "order.yaml"]]
REFUSED = ("linked runs", "values runs/status -1", "values runs/cell -1", "values data/splits -7", "values runs/repeat -5",
           "all of 8589934592 runs")
NO_NETWORK = ("more_outputs", "narrow_input", "wide_input", "huge_widths", "negative_widths", "many_widths", "wide data/splits",
              "external data/split", "values runs/hidden 77", "values runs/output 50", "linked weights", "linked data")
SECRET = re.compile(rb"root:x:0")


def limits():
    """ulimit -v would end a sanitized program, whose shadow takes terabytes."""
    import resource
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 28, 1 << 28))
    if not SANITIZED:
        resource.setrlimit(resource.RLIMIT_DATA, (1 << 30, 1 << 30))


class Hostile(system.SystemTest):
    def setUp(self):
        super().setUp()
        self.write("grid.yaml", GRID)
        self.write("other.yaml", GRID.replace("[0.1, 0.5]", "[0.1, 0.7]"))
        base = "name: y\ndata: {builtin: xor}\nbase: {hidden: [2], epochs: 2, output: tanh, loss: mse, batch_size: 2}\n"
        self.write("start.yaml", base + "grid: {init_file: [{results: FILE.h5, run: 0}]}\n")
        self.write("split.yaml", base.replace("xor}", "xor, split: {file: FILE.h5}}"))
        self.write("order.yaml", base + "order_file: FILE.h5\n")
        self.write("new.csv", "0,1\n1,1\n")
        self.run_program("run", "grid.yaml", "-q", "-o", "whole.h5")
        self.whole = (self.folder / "whole.h5").read_bytes()
        options = ":".join([os.environ.get("ASAN_OPTIONS", ""), f"log_path={self.folder}/sanitizer"])
        self.environment = {**os.environ, "MALLOC_PERTURB_": "165", "ASAN_OPTIONS": options}
        self.failures = []

    def finish(self, words):
        """Runs a command, whose output goes to two files. Returns its exit code, or "no end"."""
        with open(self.folder / "stdout", "wb") as out, open(self.folder / "stderr", "wb") as errors:
            try:
                return subprocess.run([system.PROGRAM, *words], cwd=self.folder, stdout=out, stderr=errors,
                                      timeout=60 if SANITIZED else 10, env=self.environment, preexec_fn=limits,
                                      stdin=subprocess.DEVNULL).returncode
            except subprocess.TimeoutExpired:
                return "no end"

    def own_fault(self):
        """What a sanitizer reports of nngrid; the library may have faults, in a process of its own."""
        for path in self.folder.glob("sanitizer*"):
            report = path.read_text(errors="replace")
            path.unlink()
            frames = [line for line in re.findall(r"^ +#\d+ .*", report, re.M) if not test_malformed.RUNTIME.search(line)]
            if not frames or not test_malformed.LIBRARIES.search(frames[0]):
                return report
        return ""

    def call(self, arguments, path, how):
        shutil.copy(path, self.folder / "FILE.h5")
        (self.folder / "FILE.h5").chmod(0o644)
        (self.folder / "out.h5").unlink(missing_ok=True)
        words = ["FILE.h5" if word == "FILE" else word for word in arguments]
        code = self.finish(words)
        printed, errors = ((self.folder / name).read_bytes() for name in ("stdout", "stderr"))
        report = self.own_fault()
        if code == 0:
            report += sound.nonsense(words, printed) or self.other_results(words) or ""
        if report or code not in (0, 2, 3, 75) or SECRET.search(printed) or (code != 0 and not errors):
            errors += report.encode()
            self.failures.append(f"{how}: {words}: {code}\n{printed[-300:]}{errors[-2000:]}")
            print(self.failures[-1], file=sys.stderr, flush=True)
        return code

    def other_results(self, words):
        """Rows are verified before they are kept, and otherwise trained again: then they are those of the whole file."""
        written = {"run": "FILE.h5", "merge": "out.h5"}.get(words[0])
        if written is None or "other.yaml" in words:
            return None
        with h5py.File(self.folder / written) as file, h5py.File(self.folder / "whole.h5") as whole:
            covers = whole["runs/check"].attrs["covers"].decode().split()
            wrong = [name for name in covers if whole[name].shape == (8,) and file[name][:].tobytes() != whole[name][:].tobytes()]
            return f"{wrong[0]} is not that of the whole file" if wrong else None

    def must_refuse(self, name, arguments):
        """Is there nothing true that the command could say of this lie?"""
        if arguments[0] in ("status", "show", "cells", "export"):
            return name.endswith(("runs/status", "runs/cell")) and not name.startswith("virtual .") or name in REFUSED
        return arguments[0] == "evaluate" and name in NO_NETWORK

    def commands(self):
        return [[words[0], "FILE", *words[1:]] for words in READ] + WRITE

    def give(self, path, how, commands):
        for arguments in commands:
            if self.call(arguments, path, how) == 0 and self.must_refuse(how, arguments):
                self.failures.append(f"{how}: {arguments}: accepted")

    def look(self):
        self.assertEqual(len(self.failures), 0, f"{len(self.failures)} calls:\n" + "\n".join(self.failures[:60]))

    def test_lies(self):
        draw, path = random.Random("which commands"), self.folder / "lie.h5"
        for make in hostile.MAKERS if LONG else draw.sample(hostile.MAKERS, 35 if not SANITIZED else 20):
            if hostile.lie(self.whole, path, make):
                refused = [words for words in self.commands() if self.must_refuse(make.__name__, words)]
                few = draw.sample(refused or self.commands(), 1)
                self.give(path, make.__name__, self.commands() if LONG else few)
        self.look()

    def test_damage(self):
        draw, path = random.Random("which commands"), self.folder / "damaged.h5"
        for seed in range(SEEDS):
            path.write_bytes(hostile.damaged(self.whole, seed))
            self.give(path, f"seed {seed}", self.commands() if LONG else draw.sample(self.commands(), 5))
        self.look()

    def test_changes(self):
        """What HDF5 allows and no results file has: other types, shapes, links, attributes, values."""
        draw, path = random.Random("which commands"), self.folder / "changed.h5"
        for seed in range(SEEDS):
            how = hostile.changed(self.whole, path, seed)
            self.give(path, f"changes {seed}: {how}", self.commands() if LONG else draw.sample(self.commands(), 5))
        self.look()

    def test_wide_numbers(self):
        """Who writes reads in the program's own process what a child has looked over."""
        path = self.folder / "lie.h5"
        self.assertTrue(hostile.lie(self.whole, path, hostile.wide_numbers))
        self.assertEqual(self.call(["run", "other.yaml", "-q", "-o", "FILE"], path, "wide_numbers"), 3)
        self.look()

    def test_uneven_rules(self):
        """All rules are rows of one table: a rule without one of its columns would move the others."""
        path = self.folder / "lie.h5"
        self.assertTrue(hostile.lie(self.whole, path, hostile.uneven_rules))
        self.assertEqual(self.call(["export", "FILE", "--what", "stops"], path, "uneven_rules"), 3)
        self.look()

    def test_pipe(self):
        """A pipe that nobody writes is no results file, and nobody waits for it."""
        os.mkfifo(self.folder / "pipe.h5")
        (self.folder / "link.h5").symlink_to("pipe.h5")
        for words in (["status"], ["compact"], ["compact", "-o", "out.h5"], ["predict", "new.csv", "--run", "0"]):
            self.assertEqual(self.finish([words[0], "link.h5", *words[1:]]), 3, words)
        for words in (["merge", "grid.yaml", "pipe.h5", "-o", "out.h5"], ["run", "grid.yaml", "-q", "-o", "link.h5"]):
            self.assertEqual(self.finish(words), 3, words)

    def test_other_files(self):
        folder = os.environ.get("NNGRID_HOSTILE_FILES")
        for path in sorted(pathlib.Path(folder).glob("*.h5")) if folder else ():
            shutil.copy(pathlib.Path(folder) / "whole.h5", self.folder)
            self.give(path, path.name, self.commands())
        self.look()


if __name__ == "__main__":
    system.main()
