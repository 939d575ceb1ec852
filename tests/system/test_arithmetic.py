"""Tests results files with finished runs of an older arithmetic: nothing is written until the user says what to do with
them; --accept-arithmetic keeps them beside new ones, --retrain trains them again beside the old file; none is lost.

NNGRID_LATER names two programs whose arithmetic is one and two versions later than that of nngrid (system/later.c).
"""
import csv
import json
import lzma
import os
import shutil
import subprocess
import sys
import unittest

import h5py
import numpy as np
import rows
import system

LATER = os.environ.get("NNGRID_LATER", "").split(":")
GRID = """
name: older
repeats: 2
data: {builtin: moons, rows: 60, split: {train: 0.5, validation: 0.25, test: rest}}
base: {hidden: [4], epochs: 6, learning_rate: 0.1}
grid: {learning_rate: [0.1, 0.3], momentum: [0, 0.9]}
stop: {rules: [{patience: 2}]}
success: {final_train_error: "< 0.4"}
"""
MORE = ("--set", "repeats=3")  # 12 runs instead of 8
STEP = 1403  # from one write that is killed to the next
READERS = (["status"], ["show"], ["show", "--cell", "1"], ["show", "--run", "1"], ["show", "--stops"], ["cells"],
           ["export"], ["export", "--what", "curves"], ["evaluate", "--run", "2"])


@unittest.skipUnless(len(LATER) == 2, "NNGRID_LATER does not name two programs")
class Arithmetic(system.SystemTest):
    def setUp(self):
        super().setUp()
        self.write("grid.yaml", GRID)
        self.path = self.folder / "out.h5"

    def call(self, program, *arguments, code=0, **environment):
        done = subprocess.run([program, *map(str, arguments)], cwd=self.folder, capture_output=True, text=True,
                              env={**os.environ, **environment})
        self.assertEqual(done.returncode, code, f"{arguments}:\n{done.stdout}\n{done.stderr}")
        return done

    def later(self, *arguments, code=0):
        return self.call(LATER[0], *arguments, code=code)

    def latest(self, *arguments, code=0):
        return self.call(LATER[1], *arguments, code=code)

    def train(self, *more, out="out.h5"):
        """Writes a file with today's program."""
        self.run_program("run", "grid.yaml", "-q", "-o", out, *more)

    def arithmetics(self, name="out.h5"):
        """Returns how many versions each run is ahead of nngrid; -1 where no arithmetic is known."""
        with h5py.File(self.folder / name, "r") as file:
            return (file["runs/arithmetic"][:] - self.now()).clip(-1).tolist()

    def now(self):
        if not hasattr(self, "number"):
            self.train("--set", "repeats=1", out="now.h5")
            with h5py.File(self.folder / "now.h5", "r") as file:
                self.number = int(file["provenance"].attrs["arithmetic"])
            (self.folder / "now.h5").unlink()
        return self.number

    def keys(self, name="out.h5", active=1):
        with h5py.File(self.folder / name, "r") as file:
            return file["runs/key"][:][file["runs/active"][:] == active].tolist()

    def state(self):
        return {p.name: p.read_bytes() for p in self.folder.iterdir() if p.is_file()}

    def assert_refused(self, program, *arguments):
        """run and plan refuse with code 2 and both remedies, and write nothing."""
        before = self.state()
        for command in (("run",), ("run", "-q"), ("run", "--prune"), ("plan",), ("plan", "--json")):
            printed = self.call(program, *command, "grid.yaml", "-o", "out.h5", *arguments, code=2).stderr
            for word in ("out.h5: ", "of arithmetic ", "nothing was written", "--accept-arithmetic", "--retrain",
                         f"keeps this file as out-arithmetic{self.now()}.h5", "change for tests"):
                self.assertIn(word, printed)
        self.assertEqual(self.state(), before)
        return printed

    def harder(self):
        self.write("grid.yaml", GRID.replace("< 0.4", "< 0.1"))

    # ---- nothing is written before the user has decided ----

    def test_more_runs_are_refused(self):
        self.train()
        now = self.now()
        printed = self.assert_refused(LATER[0], *MORE)
        self.assertIn(f"8 of its runs are of arithmetic {now}; this program has {now + 1} (a first change for tests)",
                      printed)
        printed = self.assert_refused(LATER[1], *MORE)
        self.assertIn(f"this program has {now + 2} (a first change for tests; a second change for tests)", printed)

    def test_what_would_be_written_without_training_is_refused(self):
        self.train()
        self.harder()
        self.assert_refused(LATER[0])  # recomputed
        self.write("grid.yaml", GRID)
        self.assert_refused(LATER[0], "--set", "momentum=0.9")  # half of the runs would become inactive
        self.train("--set", "momentum=0.9")
        self.assert_refused(LATER[0])  # they come back

    def test_a_file_that_has_all_is_left_alone(self):
        self.train()
        for more in ((), ("compact",)):
            if more:
                self.run_program("compact", "out.h5")
            before = self.state()
            printed = self.later("run", "grid.yaml", "-o", "out.h5").stdout
            self.assertIn("nothing to train: all 8 runs are in out.h5\n", printed)
            self.assertIn("8 of them are of arithmetic", printed)
            self.assertIn("nothing was written; --retrain trains them again", printed)
            self.assertIn("8 runs; by best_validation_loss", printed)
            plan = json.loads(self.later("plan", "grid.yaml", "-o", "out.h5", "--json").stdout)
            names = ("to_train", "done", "older_arithmetic", "retrained")
            self.assertEqual([plan[name] for name in names], [0, 8, 8, 0])
            self.assertIn("older    8 runs kept, of arithmetic", self.later("plan", "grid.yaml", "-o", "out.h5").stdout)
            self.assertEqual(self.state(), before)

    def test_the_two_options_exclude_each_other(self):
        for command in ("run", "plan"):
            printed = self.run_program(command, "grid.yaml", "--retrain", "--accept-arithmetic", code=2).stderr
            self.assertIn("cannot be given together", printed)

    def test_they_change_nothing_where_no_run_is_older(self):
        self.train()
        for option in ("--accept-arithmetic", "--retrain"):
            self.train(option, out="new.h5")
            self.assert_same_files(self.path, self.folder / "new.h5")
            before = self.state()
            self.assertIn("nothing to train", self.run_program("run", "grid.yaml", "-o", "new.h5", option).stdout)
            self.assertEqual(self.state(), before)
            (self.folder / "new.h5").unlink()

    # ---- --accept-arithmetic ----

    def accept(self, *more, program=LATER[0]):
        return self.call(program, "run", "grid.yaml", "-o", "out.h5", "--accept-arithmetic", *more)

    def test_accepted_runs_stay_as_they_are(self):
        self.train()
        before, took = rows.final_rows(self.path), rows.seconds(self.path)
        plan = json.loads(self.later("plan", "grid.yaml", "-o", "out.h5", "--json", "--accept-arithmetic",
                                     *MORE).stdout)
        self.assertEqual((plan["to_train"], plan["done"], plan["older_arithmetic"]), (4, 8, 8))
        self.assertIn("trained 4 runs", self.accept(*MORE).stderr)
        after = rows.final_rows(self.path)
        self.assertEqual({key: after[key] for key in before}, before)
        self.assertLessEqual(took.items(), rows.seconds(self.path).items())
        self.assertEqual(self.arithmetics(), [0, 0, 1] * 4)
        self.later("run", "grid.yaml", "-q", "-o", "fresh.h5", *MORE)
        self.assertEqual(self.arithmetics("fresh.h5"), [1] * 12)
        new, fresh = self.keys(), self.keys("fresh.h5")
        self.assertEqual(new[2::3], fresh[2::3])
        self.assertEqual(set(new) - set(fresh), set(before))

    def test_accepting_is_remembered(self):
        self.train()
        self.assertIn("trained 0 runs", self.accept().stderr)
        self.assertEqual(self.arithmetics(), [0] * 8)
        with h5py.File(self.path, "r") as file:
            self.assertEqual(file["provenance"].attrs["accepted_arithmetic"], self.now())
            self.assertEqual(file["provenance"].attrs["arithmetic"], self.now() + 1)
        before = self.state()
        printed = self.later("run", "grid.yaml", "-o", "out.h5").stdout
        self.assertIn("nothing to train: all 8 runs are in out.h5\n", printed)
        self.assertNotIn("--retrain", printed)
        self.assertEqual(self.state(), before)
        self.later("run", "grid.yaml", "-o", "out.h5", *MORE)  # no option is needed any more
        self.later("run", "grid.yaml", "-o", "out.h5", "--set", "repeats=4")
        self.assertEqual(self.arithmetics(), [0, 0, 1, 1] * 4)
        printed = self.assert_refused(LATER[1], "--set", "repeats=5")
        self.assertIn(f"8 of its runs are of arithmetic {self.now() + 1}", printed)
        self.accept("--set", "repeats=5", program=LATER[1])
        self.assertEqual(self.arithmetics(), [0, 0, 1, 1, 2] * 4)
        self.latest("run", "grid.yaml", "-o", "out.h5", "--set", "repeats=6")

    def test_inactive_runs_come_back(self):
        self.train()
        before = rows.final_rows(self.path)
        self.accept("--set", "momentum=0.9", "--set", "learning_rate=[0.1,0.5]")
        self.assertEqual(self.arithmetics(), [0, 0, 1, 1, *[0] * 6])
        self.accept(*MORE)
        self.assertEqual(self.arithmetics()[:12], [0, 0, 1] * 4)
        after = rows.final_rows(self.path)
        self.assertEqual({key: after[key] for key in before}, before)

    def test_recomputed_runs_keep_their_arithmetic(self):
        self.train()
        keys = self.keys()
        self.harder()
        self.assertIn("8 of these recomputed from stored curves", self.accept().stderr)
        self.assertEqual((self.arithmetics(), self.keys()), ([0] * 8, keys))
        self.train(out="fresh.h5")
        self.assert_same_files(self.folder / "fresh.h5", self.path)

    def test_retried_and_damaged_runs_are_of_today(self):
        self.write("grid.yaml", GRID.replace("[0.1, 0.3]", "[0.1, 1e30]").replace("[0, 0.9]", "[0]"))
        self.train()
        with h5py.File(self.path, "r") as file:
            self.assertEqual(file["runs/status"][:].tolist(), [1, 1, 2, 2])
        with h5py.File(self.path, "r+") as file:
            file["runs/final_train_loss"][0] += 1
        self.accept("--retry", "diverged")
        self.assertEqual(self.arithmetics(), [1, 0, 1, 1])

    def test_readers_say_that_runs_differ(self):
        self.train()
        older = self.state()["out.h5"]
        said = {tuple(command): self.run_program(command[0], "out.h5", *command[1:]).stdout for command in READERS}
        for command, text in said.items():  # a later program reads the same, except for what depends on the time
            if command[0] != "status":
                self.assertEqual(self.later(command[0], "out.h5", *command[1:]).stdout, text)
            self.assertNotIn("arithmetics (", text)
        self.assertEqual(self.path.read_bytes(), older)
        self.accept(*MORE)
        line = f"runs of several arithmetics (8 of {self.now()}, 4 of {self.now() + 1}): "
        for command in (["status"], ["show"], ["show", "--cell", "1"], ["show", "--compare", "0,1"]):
            self.assertEqual(self.later(command[0], "out.h5", *command[1:]).stdout.count(line), 1, command)
        for command in READERS:
            self.later(command[0], "out.h5", *command[1:])
        table = list(csv.DictReader(self.later("export", "out.h5").stdout.splitlines()))
        self.assertEqual([int(row["arithmetic"]) - self.now() for row in table], [0, 0, 1] * 4)
        before = rows.final_rows(self.path)
        self.later("compact", "out.h5")
        self.assertEqual(rows.final_rows(self.path), before)
        self.assertIn(line, self.later("show", "out.h5").stdout)
        self.later("run", "grid.yaml", "-q", "-o", "out.h5", "--set", "repeats=4")  # a compact file grows, too
        self.assertEqual(self.arithmetics(), [0, 0, 1, 1] * 4)

    def test_the_python_reader(self):
        self.train()
        self.accept(*MORE)
        script = ("import sys, nngrid; r = nngrid.open(sys.argv[1]); "
                  "print(*r.runs['arithmetic'], r.model(run=2).predict([[0.1, 0.2]]).shape)")
        environment = {"PYTHONPATH": str(system.SOURCE / "scripts/python"), "NNGRID": LATER[0], "MPLBACKEND": "Agg"}
        printed = self.call(sys.executable, "-B", "-c", script, "out.h5", **environment).stdout
        numbers = printed.split("(")[0].split()
        self.assertEqual([int(n) - self.now() for n in numbers], [0, 0, 1] * 4)

    def test_folds(self):
        self.write("grid.yaml", GRID.replace("{train: 0.5, validation: 0.25, test: rest}", "{folds: 3, test: 0.2}"))
        self.train()
        self.assert_refused(LATER[0], *MORE)
        self.accept(*MORE)
        self.assertEqual(self.arithmetics(), ([0] * 6 + [1] * 3) * 4)
        self.assertIn("folds_best_validation_loss", self.later("show", "out.h5").stdout)

    # ---- --retrain ----

    def retrain(self, *more, program=LATER[0]):
        return self.call(program, "run", "grid.yaml", "-o", "out.h5", "--retrain", *more)

    def test_retrained_is_a_fresh_file(self):
        self.train()
        older, aside = self.path.read_bytes(), f"out-arithmetic{self.now()}.h5"
        plan = self.later("plan", "grid.yaml", "-o", "out.h5", "--retrain").stdout
        self.assertIn("8 to train", plan)
        self.assertIn("older    8 runs trained again; the file has them of arithmetic", plan)
        self.assertIn(f"kept     the results of before as {aside}", plan)
        printed = self.retrain()
        self.assertIn("trained 8 runs", printed.stderr)
        self.assertIn(f"kept     the results of before as {aside}", printed.stderr)
        self.assertEqual((self.folder / aside).read_bytes(), older)
        self.later("run", "grid.yaml", "-q", "-o", "fresh.h5")
        self.assert_same_files(self.folder / "fresh.h5", self.path)
        before = self.state()
        self.assertIn("nothing to train", self.retrain().stdout)
        self.assertEqual(self.state(), before)
        self.path.write_bytes(older)
        self.retrain(*MORE)  # the name is taken
        self.assertEqual((self.folder / aside.replace(".h5", "-2.h5")).read_bytes(), older)
        self.assertEqual((self.folder / aside).read_bytes(), older)

    def test_a_mixture_is_retrained(self):
        self.train()
        self.accept(*MORE)
        mixed, took = self.path.read_bytes(), rows.seconds(self.path)
        self.assertIn("trained 8 runs", self.retrain(*MORE).stderr)
        self.assertEqual((self.folder / f"out-arithmetic{self.now()}.h5").read_bytes(), mixed)
        self.later("run", "grid.yaml", "-q", "-o", "fresh.h5", *MORE)
        self.assert_same_files(self.folder / "fresh.h5", self.path)
        same = took.items() & rows.seconds(self.path).items()
        self.assertGreaterEqual(len(same), 4)  # those of today are not trained again
        with h5py.File(self.path, "r") as file:
            self.assertEqual(file["provenance"].attrs["accepted_arithmetic"], 0)

    # ---- unfinished runs, and kills ----

    def test_an_unfinished_run_begins_anew(self):
        self.write("grid.yaml", GRID.replace("epochs: 6", "epochs: 3000000").replace("[0.1, 0.3]", "[0.1]")
                   .replace("[0, 0.9]", "[0]").replace("repeats: 2", "repeats: 1") + "record: {per_decade: 5}\n")
        process = self.start("run", "grid.yaml", "-q", "-o", "out.h5", "--checkpoint", "0.1s")
        folder = self.folder / "out.h5.checkpoints"

        def names():
            return {p.name for p in folder.glob("*") if len(p.name) == 16} if folder.exists() else set()

        self.assertTrue(rows.wait(names, process))
        process.kill()
        process.wait()
        older = names()
        options = ("-o", "out.h5", "--checkpoint", "0.1s")
        process = self.start("run", "grid.yaml", *options, program=LATER[0])
        self.assertTrue(rows.wait(lambda: names() - older, process))
        process.terminate()
        process.wait()
        self.assertNotIn("resumed", (self.folder / "log").read_text())
        self.assertEqual(self.arithmetics(), [1])
        self.assertFalse(names() & older)
        self.assertIn("resumed", self.later("run", "grid.yaml", *options, "--max-time", "1.5s", code=75).stderr)

    def killed(self, option):
        """Kills the command at many writes, calls it again, and returns how often it was killed."""
        older, kills = self.path.read_bytes(), 0
        command = [LATER[0], "run", "grid.yaml", "-q", "-o", "out.h5", option, *MORE]
        for n in range(1, 100000, STEP * system.FEWER):
            environment = system.with_faults(os.environ["NNGRID_FAULTS"], NNGRID_FAULT=f"pwrite:{n}:kill")
            done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True)
            if done.returncode == 0:
                return kills
            self.assertEqual(done.returncode, -9, done.stderr)
            kills += 1
            there = {key for p in self.folder.glob("out*.h5") for key in rows.final_rows(p)}
            self.assertLessEqual(self.older, there)
            self.call(*command)
            self.assert_same_files(self.folder / "whole.h5", self.path)
            for p in self.folder.glob("out-arithmetic*.h5"):
                self.assertEqual(p.read_bytes(), older)
                p.unlink()
            self.path.write_bytes(older)
        return self.fail("no end")

    @unittest.skipUnless(os.environ.get("NNGRID_FAULTS"), "NNGRID_FAULTS names no library")
    def test_no_kill_loses_a_result(self):
        self.train()
        self.older, older = set(rows.final_rows(self.path)), self.path.read_bytes()
        for option in ("--accept-arithmetic", "--retrain"):
            self.path.write_bytes(older)
            self.call(LATER[0], "run", "grid.yaml", "-q", "-o", "out.h5", option, *MORE)
            self.path.rename(self.folder / "whole.h5")
            for p in self.folder.glob("out-arithmetic*.h5"):
                p.unlink()
            self.path.write_bytes(older)
            self.assertGreater(self.killed(option), 1)

    # ---- shards and merge ----

    def shards(self, programs, *more):
        for i, program in enumerate(programs, 1):
            self.call(program, "run", "grid.yaml", "-q", "-o", f"{i}.h5", "--shard", f"{i}/{len(programs)}", *more)
        return [f"{i}.h5" for i in range(1, len(programs) + 1)]

    def test_shards_of_one_arithmetic_are_merged(self):
        files = self.shards([system.PROGRAM] * 3)
        self.run_program("merge", "grid.yaml", *files, "-o", "all.h5")
        before = self.state()
        printed = self.later("run", "grid.yaml", "-o", "1.h5", "--shard", "1/3").stdout
        self.assertIn("nothing to train: all 3 runs of the shard are in 1.h5", printed)
        self.assertEqual(self.state(), before)
        self.later("merge", "grid.yaml", *files, "-o", "later.h5")
        self.assert_same_files(self.folder / "all.h5", self.folder / "later.h5")
        self.later("merge", "grid.yaml", *files[:2], "-o", "out.h5", code=75)
        self.assertEqual([a for i, a in enumerate(self.arithmetics()) if i % 3 < 2], [0] * 6)
        self.assert_refused(LATER[0])
        self.accept()
        self.assertEqual(self.arithmetics(), [0, 0, 1, 0, 0, 1, 0, 0])

    def test_a_mixture_is_merged_once_it_is_accepted(self):
        files = self.shards([system.PROGRAM, system.PROGRAM, LATER[0]])
        before = self.state()
        for order in (files, files[::-1]):
            printed = self.later("merge", "grid.yaml", *order, "-o", "all.h5", code=2).stderr
            for word in (f"of arithmetic {self.now() + (order != files)} and", "nothing was merged",
                         "--accept-arithmetic", "--retrain", "--shard"):
                self.assertIn(word, printed)
        self.assertEqual(self.state(), before)
        for i in (1, 2):
            printed = self.later("merge", "grid.yaml", *files, "-o", "all.h5", code=2).stderr
            self.assertIn("run 2.h5 with its --shard", printed)
            self.later("run", "grid.yaml", "-q", "-o", f"{i}.h5", "--shard", f"{i}/3", "--accept-arithmetic")
        self.later("merge", "grid.yaml", *files, "-o", "all.h5")
        self.assertEqual(self.arithmetics("all.h5"), [0, 0, 1, 0, 0, 1, 0, 0])
        self.assertIn("arithmetics (6 of", self.later("show", "all.h5").stdout)
        self.assertIn("nothing to train", self.later("run", "grid.yaml", "-o", "all.h5").stdout)
        self.later("run", "grid.yaml", "-q", "-o", "all.h5", *MORE)
        self.assertEqual(sum(self.arithmetics("all.h5")), 2 + 4)
        older = {key for name in files for key in rows.final_rows(self.folder / name)}
        self.assertLessEqual(older, set(rows.final_rows(self.folder / "all.h5")))

    def test_of_two_accepted_files_the_newer_run_counts(self):
        self.train()
        self.accept()
        self.later("run", "grid.yaml", "-q", "-o", "new.h5")
        for files in (["out.h5", "new.h5"], ["new.h5", "out.h5"]):
            self.later("merge", "grid.yaml", *files, "-o", "all.h5")
            self.assertEqual(self.arithmetics("all.h5"), [1] * 8)
            (self.folder / "all.h5").unlink()

    def test_a_merge_goes_on(self):
        files = self.shards([system.PROGRAM] * 3)
        self.later("merge", "grid.yaml", *files[:2], "-o", "all.h5", code=75)
        self.later("merge", "grid.yaml", files[2], "-o", "all.h5")
        self.run_program("merge", "grid.yaml", *files, "-o", "whole.h5")
        self.assert_same_files(self.folder / "whole.h5", self.folder / "all.h5")

    # ---- files that do not say with which arithmetic they were trained ----

    def test_files_without_the_column(self):
        golden = system.SOURCE / "tests" / "golden"
        shutil.copy(golden / "older.yaml", self.folder / "grid.yaml")
        self.path.write_bytes(lzma.decompress((golden / "older.h5.xz").read_bytes()))
        older = self.path.read_bytes()
        with h5py.File(self.path, "r") as file:
            self.assertNotIn("arithmetic", file["runs"])
            n = int((file["runs/active"][:] == 1).sum())
            status = file["runs/status"][:]
        self.assertTrue((status == 1).all())
        printed = self.later("run", "grid.yaml", "-o", "out.h5").stdout
        self.assertIn(f"{n} of them", printed)
        self.assertEqual(self.path.read_bytes(), older)
        self.accept()
        with h5py.File(self.path, "r") as file:
            self.assertEqual(set(file["runs/arithmetic"][:n].tolist()), {7})  # the file is of that time
        self.path.write_bytes(older)
        self.retrain()
        self.assertEqual((self.folder / "out-arithmetic7.h5").read_bytes(), older)
        self.assertEqual(self.arithmetics()[:n], [1] * n)

    def test_runs_of_no_known_arithmetic_become_inactive(self):
        self.train()
        with h5py.File(self.path, "r+") as file:
            file["runs/key"][:] = file["runs/key"][:] ^ np.uint64(1 << 40)
            del file["runs/arithmetic"]
            for run in range(8):
                file["runs/check"][run] = rows.check_of(file, run)
        keys = self.keys()
        self.assertIn("trained 8 runs", self.later("run", "grid.yaml", "-o", "out.h5").stderr)
        self.assertEqual(self.arithmetics(), [1] * 8 + [-1] * 8)
        self.assertEqual(self.keys(active=0), keys)


if __name__ == "__main__":
    system.main()
