"""Tests that every two options of a command work together or are refused: none is ignored without a message."""
import functools
import itertools
import json
import os
import re
import shutil
import subprocess

import h5py
import system

GRID = """
name: options
repeats: 3
data: {file: d.csv, task: classification, split: {train: 0.5, validation: 0.25, test: 0.25}}
base: {epochs: 4, hidden: [3], learning_rate: 0.1}
grid: {learning_rate: RATES}
success: {final_train_error: "< 0.3"}
stop: {rules: [{patience: 2}]}
"""
# What is given to each command: its arguments and a value of each option. "a+b" is a value for this pair alone.
OUT, NEW = ["results/options.h5"], ["new.csv"]
SCENES = {
    "show": (OUT, {"by": "best_epoch", "top": "1", "cell": "0", "run": "0", "compare": "0,1", "cell+inactive": "3",
                   "run+inactive": "10", "compare+inactive": "0,3", "where": "learning_rate=1",
                   "where+inactive": "learning_rate=3"}),
    "status": (OUT, {}),
    "cells": (OUT, {}),
    "export": (OUT, {"what": "curves", "out": "x.csv", "columns": "repeat", "run": "1", "run+inactive": "10",
                     "cell": "0", "cell+inactive": "3", "where": "learning_rate=1", "where+inactive": "learning_rate=3",
                     "what+inactive": "cells", "columns+what": "train_loss"}),
    "evaluate": (OUT, {"run": "1", "cell": "1", "weights": "final", "part": "train", "targets": "t.npy", "data": "elsewhere"}),
    "predict": (OUT + NEW, {"run": "3", "cell": "1", "weights": "final", "id": "x1", "out": "x.csv"}),
    "compact": (OUT, {"out": "x.h5", "threads": "1"}),
    "run": (["more.yaml"], {"out": "other.h5", "threads": "1", "max-time": "0.0001s", "checkpoint": "1h", "set": "repeats=2",
                         "data": "elsewhere", "engine": "reference", "retry": "diverged", "shard": "2/3"}),
    "plan": (["more.yaml"], {"out": "other.h5", "threads": "1", "set": "repeats=2", "data": "elsewhere",
                          "engine": "reference", "retry": "diverged", "shard": "2/3"}),
    "check": (["g.yaml"], {"set": "repeats=2", "data": "elsewhere"}),
    "merge": (["g.yaml", "shard1.h5", "shard2.h5"], {"out": "x.h5", "set": "repeats=4", "data": "elsewhere",
                                                     "engine": "reference"}),
    "params": ([], {}),
    "data": (["g.yaml"], {"set": "data.ignore=[x1]", "data": "elsewhere"}),
    "init": ([], {"out": "x.yaml", "targets": "t.npy", "set": "data.task=regression", "builtin": "xor"}),
    "schema": ([], {"out": "x.json"}),
    "gradcheck": ([], {"set": "activation=tanh", "data": "elsewhere", "difference": "1e-4", "precision": "float32"}),
}
ARGUMENTS = {"evaluate": NEW, "params": ["metric"], "init": ["d.csv"], "gradcheck": ["g.yaml"]}  # that may be left out
# What each takes even alone, so that the rest can be looked at.
NEEDED = {"evaluate": ["run"], "predict": ["run"]}
# No effect that a short grid shows: other tests see it.
UNSEEN = {("run", "checkpoint"), ("run", "no-checkpoint"), ("compact", "threads"),
          *((command, option) for command in ("run", "plan")
            for option in ("accept-new-data", "accept-arithmetic", "retrain"))}
# One of the two holds the other by its meaning, or there is nothing that the other could change here.
CONTAINED = {
    ("data", "all", "json"): "JSON has every column and class",
    ("merge", "engine", "set"): "files of another engine are refused, whatever is set",
    ("plan", "engine", "retry"): "under another engine no run is diverged yet",
    ("show", "highest", "where"): "one cell has no order",
    ("show", "top", "where"): "there is one cell",
    ("run", "engine", "retry"): "under another engine no run is diverged yet",
    ("run", "quiet", "retry"): "a run that is trained again has the same bits",
    ("run", "quiet", "threads"): "the number of threads is in the estimates",
}
TIMES = re.compile(r"(?:[0-9.]+ (?:ms|s|min|h|d)\b ?)+|[0-9.]+ [kMG]?B\b|^ *\"(?:seconds|now|elapsed|memory_bytes)\".*$"
                   r"|^(?:time|memory|written) .*$|^.*\d+%.*left.*$", re.M)


def numbered(text):
    return [re.split(r"  +", line.strip()) for line in text.splitlines() if line.strip()]


class Trained(system.SystemTest):
    """self.base has a results file with an inactive cell (3), a diverged one (2), and two shards of the same grid."""
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.place = system.tempfile.TemporaryDirectory(prefix="nngrid-options-")
        cls.addClassCleanup(cls.place.cleanup)
        cls.base, cls.kept = (system.pathlib.Path(cls.place.name) / name for name in ("base", "kept"))
        (cls.base / "elsewhere").mkdir(parents=True)
        rng = system.np.random.default_rng(3)
        x = rng.normal(size=(60, 22)).round(3)
        y = (x[:, 0] * x[:, 1] + 0.3 * rng.normal(size=60) > 0).astype(int)
        for name in ("d.csv", "elsewhere/d.csv", "new.csv"):
            lines = [",".join(map(str, [*row, label])) for row, label in zip(x, y)]
            header = ",".join(f"x{i}" for i in range(x.shape[1])) + ",y\n"
            (cls.base / name).write_text(header + "\n".join(lines[: 20 if name == "new.csv" else 60]) + "\n")
        system.np.save(cls.base / "x.npy", x)
        system.np.save(cls.base / "t.npy", y)
        (cls.base / "old.yaml").write_text(GRID.replace("RATES", "[0.1, 1, 1e30, 3]"))
        (cls.base / "g.yaml").write_text(GRID.replace("RATES", "[0.1, 1, 1e30]"))
        (cls.base / "more.yaml").write_text(GRID.replace("RATES", "[0.1, 1, 1e30, 0.5]"))
        for call in (["run", "old.yaml"], ["run", "g.yaml", "--shard", "1/2", "-o", "shard1.h5"],
                     ["run", "g.yaml", "--shard", "2/2", "-o", "shard2.h5"], ["run", "g.yaml"]):
            done = subprocess.run([system.PROGRAM, *call, "-q"], cwd=cls.base, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
        for name in ("other.h5", "results/options-2of3.h5"):
            shutil.copy(cls.base / OUT[0], cls.base / name)
        shutil.copytree(cls.base, cls.kept)


class Options(Trained):
    @functools.cache
    def in_copy(self, *call, without_data=False):
        """Returns what the call prints and writes in the folder, which is restored, without times and sizes."""
        work = self.base
        if without_data:
            (work / "d.csv").unlink()
        before = {p: p.read_bytes() for p in work.rglob("*") if p.is_file()}
        done = subprocess.run([system.PROGRAM, *call], cwd=work, capture_output=True, text=True)
        files = {str(p.relative_to(work)): self.content(p) for p in work.rglob("*")
                 if p.is_file() and before.get(p) != p.read_bytes()}
        shutil.rmtree(work)
        shutil.copytree(self.kept, work)
        return done.returncode, TIMES.sub("", done.stdout), TIMES.sub("", done.stderr), files

    def content(self, path):
        if path.suffix == ".h5":
            with h5py.File(path, "r") as file:
                return [file[f"runs/{name}"][:].tolist() for name in ("key", "status", "active")]
        return path.read_text()

    def options_of(self, command):
        """Returns {name: takes a value} by --help."""
        text = self.run_program(command, "--help").stdout
        return {name: bool(value) for name, value in
                re.findall(r"^  (?:-\w, |    )--([\w-]+)( \S+)?", text, re.M)}

    def test_every_command_has_a_scene(self):
        commands = re.findall(r"^  nngrid ([a-z]+)  ", self.run_program("--help").stdout, re.M)
        self.assertEqual(sorted(commands), sorted(SCENES))
        for command in commands:
            valued = {name for name, value in self.options_of(command).items() if value}
            self.assertEqual(valued, {name for name in SCENES[command][1] if "+" not in name}, command)

    def test_every_rule_is_of_options_that_exist(self):
        n_rules = 0
        for command in SCENES:
            text = self.run_program(command, "--help").stdout
            usage = re.findall(r"[A-Z][\w.]+", text.splitlines()[0])
            known = {"--" + name for name in self.options_of(command)} | set(usage)
            for option, others in re.findall(r"^  (\S+) (?:cannot be given with|needs) (.*) \(", text, re.M):
                self.assertLessEqual({option, *others.split()}, known, command)
                n_rules += 1
        self.assertEqual(n_rules, 19)

    def words(self, command, names, takes):
        values = SCENES[command][1]
        words = []
        for name in names:
            if name == "(argument)":
                words += ARGUMENTS[command]
                continue
            words.append("--" + name)
            special = [values[key] for key in values if "+" in key and set(key.split("+")) == set(names)
                       and key.split("+")[0] == name]
            if takes[name]:
                words.append((special or [values[name]])[0])
        return words

    def look(self, command, names, takes, pair):
        needed = [] if "cell" in names and "run" not in names else NEEDED.get(command, [])  # a cell names a run, too
        names = [*needed, *(name for name in names if name not in needed)]
        asks = SCENES[command][1].keys()
        words = self.words(command, names, takes)
        for key in asks:  # the value for a pair also when one of it is given alone
            if "+" in key and set(key.split("+")) == set(pair) and key.split("+")[0] in names:
                one = key.split("+")[0]
                words[words.index("--" + one) + 1] = SCENES[command][1][key]
        if command == "evaluate" and "targets" in names and not ({"data", "(argument)"} - set(names)) & set(pair):
            words = [word for word in words if word not in ARGUMENTS[command]] + ["x.npy"]
        if command == "init" and "targets" in pair:
            words = [word for word in words if word != "d.csv"] + (["x.npy"] if "(argument)" in names else [])
        if command == "init" and not {"builtin", "(argument)"} & {*names, *pair}:
            words.append("x.npy" if "targets" in pair else "d.csv")
        if command == "gradcheck" and "(argument)" not in names and "(argument)" not in pair:
            words.append("g.yaml")
        return self.in_copy(command, *SCENES[command][0], *words, without_data="data" in pair)

    def check_pair(self, command, takes, pair):
        both = self.look(command, pair, takes, pair)
        if both[0] == 2:
            self.assertRegex(both[2], "cannot be given together|needs", f"{command} {pair}")
            self.assertTrue(any("--" + name in both[2] for name in pair), f"{command} {pair}: {both[2]}")
            return
        self.assertIn(both[0], (0, 3, 75), f"{command} {pair}: {both}")
        for one in pair:
            other = pair[1 - pair.index(one)]
            if (command, other) in UNSEEN or (command, *sorted(pair)) in CONTAINED or other in NEEDED.get(command, []):
                continue
            self.assertNotEqual(both, self.look(command, (one,), takes, pair),
                                f"{command} --{one}: --{other} changes nothing")

    def test_no_option_of_a_pair_is_ignored(self):
        for command in SCENES:
            takes = self.options_of(command)
            pairs = itertools.combinations([*takes, *(["(argument)"] if command in ARGUMENTS else [])], 2)
            for pair in itertools.islice(pairs, 0, None, system.FEWER):
                with self.subTest(command=command, pair=pair):
                    self.check_pair(command, takes, pair)

    def test_a_value_given_twice_is_refused(self):
        printed = self.run_program("show", self.base / OUT[0], "--cell", "0", "--cell", "1", code=2).stderr
        self.assertIn("--cell is given twice", printed)

    def test_checkpoints_are_kept_or_not(self):
        printed = self.run_program("run", self.base / "g.yaml", "--checkpoint", "1h", "--no-checkpoint", code=2).stderr
        self.assertIn("--checkpoint and --no-checkpoint cannot be given together", printed)

    def test_json_has_numbers_as_numbers(self):
        """The JSON of every command is valid, has no number as text, and no name twice."""
        n_commands = 0

        def once(pairs):
            self.assertEqual(len({key for key, _ in pairs}), len(pairs), pairs)
            for key, value in pairs:
                for one in value if isinstance(value, list) else [value]:
                    if isinstance(one, str) and key not in ("default", "hidden", "name", "digest", "key"):
                        self.assertNotRegex(one, r"^(-?[0-9][0-9.e+-]*|true|false|nan|inf)$", key)
            return dict(pairs)

        for command, (arguments, _) in SCENES.items():
            if "json" not in self.options_of(command):
                continue
            more = {"evaluate": [["--run", "3"]], "show": [[], ["--by", "solved"], ["--cell", "1"], ["--run", "7"],
                                                           ["--compare", "0,1"], ["--stops"]]}.get(command, [[]])
            for words in more:
                with self.subTest(command=command, words=words):
                    text = self.in_copy(command, *arguments, *words, "--json")[1]
                    json.loads(text, object_pairs_hook=once)
                    n_commands += 1
        self.assertEqual(n_commands, 12)

    def test_json_is_utf8_whatever_a_file_is_called(self):
        path = os.fsencode(self.folder) + b"/caf\xe9.h5"
        shutil.copy(self.base / OUT[0], path)
        done = subprocess.run([system.PROGRAM, "status", path, "--json"], capture_output=True)
        self.assertEqual(json.loads(done.stdout)["file"], os.fsdecode(self.folder) + "/caf\u00e9.h5")


class Show(Trained):
    """Tests what show prints: the best cells first, values under their headings, and the numbers of its JSON."""

    def show(self, *options, code=0):
        return self.run_program("show", self.base / OUT[0], *options, code=code).stdout

    def show_json(self, *options):
        def refuse(word):
            raise AssertionError(f"JSON has no {word}")
        return json.loads(self.show(*options, "--json"), parse_constant=refuse)

    def test_the_best_comes_first(self):
        metrics = json.loads(self.run_program("params", "--json").stdout)["metric"]
        high = re.compile("accuracy|precision|recall|_f1|_r2|log_likelihood|_auc")
        n_seen = 0
        for metric in metrics:
            name = metric["name"]
            self.assertEqual(metric["better"] == "higher", bool(high.search(name)), name)
            if re.search("loss|_error$|abs_error|mae|brier|calibration", name):
                self.assertEqual(metric["better"], "lower", name)
            if self.run_program_code("show", self.base / OUT[0], "--by", name) == 2:
                continue  # no run has a value
            means = [line[name]["mean"] for line in self.show_json("--by", name, "--top", "0")]
            means = [mean for mean in means if mean is not None]
            self.assertEqual(means, sorted(means, reverse=metric["better"] == "higher"), name)
            printed = "highest first" if metric["better"] == "higher" else "lowest first"
            self.assertIn(printed, self.show("--by", name).splitlines()[0], name)
            self.assertIn("highest first", self.show("--by", name, "--highest").splitlines()[0], name)
            n_seen += 1
        self.assertGreater(n_seen, 60)

    def run_program_code(self, *arguments):
        return subprocess.run([system.PROGRAM, *map(str, arguments)], capture_output=True).returncode

    def test_by_solved(self):
        lines = self.show_json("--by", "solved", "--top", "0")
        with h5py.File(self.base / OUT[0], "r") as file:
            active, cell, solved = (file["runs"][n][:] for n in ("active", "cell", "solved"))
        shares = [solved[(cell == line["cell"]) & (active == 1)].mean() for line in lines]
        self.assertEqual(shares, sorted(shares, reverse=True))
        self.assertGreater(len(set(shares)), 1)
        self.assertIn("highest first", self.show("--by", "solved"))

    def test_values_stand_under_their_headings(self):
        for options in ([], ["--inactive"], ["--inactive", "--by", "solved"], ["--by", "final_test_f1"]):
            table = numbered(self.show(*options, "--top", "0").split("\n\n")[1])
            lines = self.show_json(*options, "--top", "0")
            self.assertEqual(len(table) - 1, len(lines))
            for row, line in zip(table[1:], lines):
                if "*" in table[0] and len(row) < len(table[0]):
                    row.insert(table[0].index("*"), "")  # a cell without a mark
                self.assertEqual(len(row), len(table[0]), f"{options}: {table}")
                for heading, text in zip(table[0], row):
                    value = line.get(heading)
                    value = value["mean"] if isinstance(value, dict) else value
                    if heading == "active":
                        self.assertEqual(text, "yes" if value else "no")
                    elif heading == "done":
                        self.assertEqual(text.split()[0], f"{value}/{line['runs']}" if value < line["runs"] else str(value))
                        for word in ("diverged", "failed", "pending"):
                            self.assertEqual(word in text, line[word] > 0, text)
                    elif heading not in ("+- sd", "*", "solved"):
                        self.assertEqual(text, "-" if value is None else "%.4g" % value, (options, heading))

    def check_rows(self, text, found, columns):
        """Rows of a table of the text, by name, have the numbers of found[name][column]."""
        shown_names = set()
        for row in numbered(text):
            if row[0] in found and len(row) > len(columns):
                shown_names.add(row[0])
                for shown, column in zip(row[1:], columns):
                    value = found[row[0]][column]
                    self.assertEqual(float(shown) if shown.strip("-") not in ("", "inf") else None,
                                     None if value is None else float("%.4g" % value), (row, column))
        valued = {name for name, of in found.items() if any(of[c] is not None for c in columns if c != "n")}
        self.assertEqual(valued - shown_names, set())

    def test_a_cell_as_json(self):
        for cell, more in (("1", []), ("3", ["--inactive"]), ("2", [])):
            found, text = self.show_json("--cell", cell, *more), self.show("--cell", cell, *more)
            self.assertEqual(found["cell"], int(cell))
            self.assertEqual(found["active"], not more)
            self.assertEqual(sum(found["runs"].values()), 3)
            self.check_rows(text, found["statistics"], ["n", "mean", "sd", "q1", "median", "q3", "low", "high"])
            self.assertEqual([found["settings"][name] for name in ("activation", "bias", "learning_rate")],
                             ["relu", True, {"1": 1, "2": 1e30, "3": 3}[cell]])
        with h5py.File(self.base / OUT[0], "r") as file:
            of = file["runs/cell"][:] == 1
            self.assertEqual(self.show_json("--cell", "1")["statistics"]["final_train_loss"]["median"],
                             system.np.median(file["runs/final_train_loss"][of]))

    def test_a_run_as_json(self):
        for run, more in (("1", []), ("10", ["--inactive"]), ("7", [])):
            found, text = self.show_json("--run", run, *more), self.show("--run", run, *more)
            title = text.splitlines()[0]
            self.assertIn(f"run {found['run']}: {found['status']}", title)
            self.assertIn(f"key {found['key']}", title)
            self.assertEqual(found["active"], "inactive" not in title)
            self.assertEqual("not solved" in title, not found["solved"])
            self.check_rows(text, {name: {"value": v} for name, v in found["metrics"].items()}, ["value"])
            self.check_rows(text, found["curves"], ["first", "lowest", "highest", "last"])
            with h5py.File(self.base / OUT[0], "r") as file:
                for name, value in found["metrics"].items():
                    stored = file[f"runs/{name}"][int(run)]
                    self.assertEqual(value, stored if system.np.isfinite(stored) else None, name)

    def test_a_comparison_as_json(self):
        found, text = self.show_json("--compare", "0,1"), self.show("--compare", "0,1")
        self.assertEqual((found["a"]["cell"], found["b"]["cell"], found["pairs"]), (0, 1, 3))
        self.assertEqual(found["better"], "lower")
        self.assertIn("(lower is better)", text)
        for value in (found["a"]["mean"], found["b"]["mean"], found["difference"], found["low"], found["high"],
                      found["sd"], found["t"], found["p"]):
            self.assertIn("%.4g" % value, text)


if __name__ == "__main__":
    system.main()
