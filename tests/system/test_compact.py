"""Tests nngrid compact: the copy holds all that the original holds, every command and plain tool reads it, a grid grows
from it, and after an error the original is unchanged."""
import os
import re
import shutil
import signal
import subprocess
import unittest

import h5py
import numpy as np
import rows
import system
import xarray

GRID = """
name: compact
repeats: {repeats}
data: {{builtin: spirals, rows: 400, split: {{train: 0.5, validation: 0.25, test: rest}}}}
base: {{activation: tanh, epochs: {epochs}, batch_size: 32}}
grid:
  hidden: [[24, 12], [8]]
  learning_rate: {rates}
  precision: [float32, float64]
stop: {{rules: [{{patience: 5}}]}}
record: {{weights: [initial, best, final]}}
success: {{final_train_error: "< 0.3"}}
"""

def described(path):
    """Returns all that a file holds, in order of creation: (name, what) of every object and attribute, references by name."""
    found = []
    names = {}  # by address: HDF5 searches the whole file for the name of what a reference points to

    def note(name, thing):
        names[h5py.h5o.get_info(thing.id).addr] = thing.name

    def named(thing, reference):
        return names[h5py.h5o.get_info(h5py.h5r.dereference(reference, thing.file.id)).addr]

    def attributes(thing):
        for i in range(h5py.h5a.get_num_attrs(thing.id)):
            attribute = h5py.h5a.open(thing.id, index=i, index_type=h5py.h5.INDEX_CRT_ORDER)
            name, value = attribute.name.decode(), thing.attrs[attribute.name]
            if name == "DIMENSION_LIST":
                value = [[named(thing, scale) for scale in scales] for scales in value]
            elif name == "REFERENCE_LIST":
                value = [(named(thing, data), int(dim)) for data, dim in value]
            kind = attribute.get_type()
            yield name, kind.get_class(), kind.get_size(), attribute.shape, repr(np.asarray(value).tolist())

    def visit(group):
        found.append((group.name, *attributes(group)))
        members = []
        group.id.links.iterate(members.append, idx_type=h5py.h5.INDEX_CRT_ORDER)
        for name in members:
            thing = group[name]
            if isinstance(thing, h5py.Group):
                visit(thing)
            else:
                found.append((thing.name, str(thing.dtype), thing.shape, thing[()].tobytes(), *attributes(thing)))

    with h5py.File(path, "r") as file:
        file.visititems(note)
        visit(file["/"])
    return found


def lookup3(data):
    """Bob Jenkins' hash of 2006, which HDF5 has as checksum of its headers."""
    mask = 0xffffffff
    a = b = c = (0xdeadbeef + len(data)) & mask

    def rot(x, k):
        return (x << k | x >> (32 - k)) & mask
    data = bytes(data)
    blocks = max(0, (len(data) - 1) // 12)
    for i in range(blocks + 1):
        words = [int.from_bytes(data[12 * i + 4 * k:12 * i + min(4 * k + 4, 12)], "little") for k in range(3)]
        a, b, c = (a + words[0]) & mask, (b + words[1]) & mask, (c + words[2]) & mask
        if i < blocks:
            a = (a - c & mask) ^ rot(c, 4); c = c + b & mask
            b = (b - a & mask) ^ rot(a, 6); a = a + c & mask
            c = (c - b & mask) ^ rot(b, 8); b = b + a & mask
            a = (a - c & mask) ^ rot(c, 16); c = c + b & mask
            b = (b - a & mask) ^ rot(a, 19); a = a + c & mask
            c = (c - b & mask) ^ rot(b, 4); b = b + a & mask
    c = (c ^ b) - rot(b, 14) & mask
    a = (a ^ c) - rot(c, 11) & mask
    b = (b ^ a) - rot(a, 25) & mask
    c = (c ^ b) - rot(b, 16) & mask
    a = (a ^ c) - rot(c, 4) & mask
    b = (b ^ a) - rot(a, 14) & mask
    return (c ^ b) - rot(b, 24) & mask


def sign_header(content, at):
    """Renews the checksum of the object header (version 2) that holds the byte `at`."""
    start = content.rindex(b"OHDR", 0, at)
    flags = content[start + 5]
    size_at = start + 6 + (16 if flags & 32 else 0) + (4 if flags & 16 else 0)
    width = 1 << (flags & 3)
    end = size_at + width + int.from_bytes(content[size_at:size_at + width], "little")
    content[end:end + 4] = lookup3(content[start:end]).to_bytes(4, "little")


class Compact(system.SystemTest):
    trained = {}  # {grid: its file}: each is trained once for all tests

    def setUp(self):
        super().setUp()
        self.path = self.folder / "out.h5"
        self.use_grid()

    def use_grid(self, repeats=6, rates="[0.03, 0.3]", epochs=60):
        self.write("grid.yaml", GRID.format(repeats=repeats, rates=rates, epochs=epochs))

    def run_grid(self, *more, out="out.h5", code=0):
        return self.run_program("run", "grid.yaml", "-q", "-j", 2, "-o", out, *more, code=code)

    def have(self):
        """Trains the grid and returns its finished file."""
        grid = (self.folder / "grid.yaml").read_text()
        if grid not in self.trained:
            self.run_grid()
            self.trained[grid] = self.path.read_bytes()
        self.path.write_bytes(self.trained[grid])

    def both(self):
        """Returns the file in both forms: (contiguous, compact)."""
        self.have()
        self.run_program("compact", "out.h5", "-o", "small.h5")
        return self.path, self.folder / "small.h5"

    def left_over(self):
        return list(self.folder.glob("*.tmp-*"))

    def test_nothing_is_lost(self):
        whole, small = self.both()
        a, b = described(whole), described(small)
        self.assertEqual([x[0] for x in a], [x[0] for x in b])
        self.assertEqual([x[0] for x, y in zip(a, b) if x != y], [])
        self.assertLess(small.stat().st_size, 0.95 * whole.stat().st_size)
        self.assertEqual(small.stat().st_mode, whole.stat().st_mode)
        self.assertEqual(self.left_over(), [])

    def test_how_it_is_stored(self):
        _, small = self.both()
        chunked = []

        def visit(name, thing):
            if not isinstance(thing, h5py.Dataset):
                return
            self.assertEqual(thing.chunks is not None, thing.nbytes >= 8192, name)
            if thing.chunks is None:
                self.assertTrue(thing.size == 0 or thing.id.get_offset() % 8 == 0, name)
                return
            chunked.append(name)
            filters = thing.id.get_create_plist()
            names = [filters.get_filter(i)[0] for i in range(filters.get_nfilters())]
            self.assertEqual(names, [h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_FLETCHER32])
            self.assertLessEqual(np.prod(thing.chunks) * thing.dtype.itemsize, 100_000, name)

        with h5py.File(small, "r") as file:
            file.visititems(visit)
            self.assertIn("curves/train_loss", chunked)
            # Random numbers do not shrink much; constants do.
            stored = file["curves/learning_rate"].id.get_storage_size()
            self.assertLess(stored, file["curves/learning_rate"].nbytes / 20)

    def test_in_place(self):
        self.have()
        self.path.chmod(0o640)
        before, size = described(self.path), self.path.stat().st_size
        printed = self.run_program("compact", "out.h5", "-j", 2).stdout
        self.assertRegex(printed, r"^out.h5: \S+ .B, \d+% of \S+ .B, in .*; verified\n$")
        self.assertTrue(described(self.path) == before)
        self.assertLess(self.path.stat().st_size, size)
        self.assertEqual(self.path.stat().st_mode & 0o777, 0o640)
        self.assertIn("already compact", self.run_program("compact", "out.h5").stdout)
        self.assertEqual(self.left_over(), [])

    def test_what_its_user_added_is_kept(self):
        self.have()
        records = np.array([(1, b"a"), (2, b"b")], [("n", "i4"), ("word", "S3")])
        with h5py.File(self.path, "a") as file:
            mine = file.create_group("mine")
            mine["notes"], mine["numbers"], mine["records"] = "seen on Monday", np.arange(5000), records
            mine["kind"] = np.dtype("S7")
            mine["soft"] = h5py.SoftLink("/runs/status")
            mine.attrs["by"] = "me"
            file["runs"]["remarks"] = ["good"] * 48
            file["mine/notes"].attrs["language"] = "en"
        self.run_program("compact", "out.h5", "-o", "small.h5")
        self.run_program("compact", "out.h5")
        for name in ("small.h5", "out.h5"):
            with h5py.File(self.folder / name) as file:
                mine = file["mine"]
                self.assertEqual((mine["notes"][()], mine.attrs["by"], mine["notes"].attrs["language"]),
                                 (b"seen on Monday", "me", "en"))
                self.assertEqual((mine["numbers"][:].tolist(), mine["records"][:].tolist()),
                                 (list(range(5000)), records.tolist()))
                self.assertEqual((file["runs/remarks"][:].tolist(), mine["soft"][0]), ([b"good"] * 48, 1))
                self.assertEqual(mine["kind"].dtype, np.dtype("S7"))
            self.run_program("show", name)

    # ---- one dataset on top of another, columns of another length ----

    def test_datasets_that_overlap_are_not_written_into(self):
        self.have()
        with h5py.File(self.path) as file:
            one, other = (file[name].id.get_offset() for name in ("runs/epochs", "runs/best_epoch"))
        content = self.path.read_bytes()
        at = [i for i in range(len(content)) if content.startswith(other.to_bytes(8, "little"), i)]
        self.assertEqual(len(at), 1)
        unchanged = bytearray(content)
        sign_header(unchanged, at[0])
        self.assertEqual(bytes(unchanged), content)
        for moved in (one, one + 8):
            damaged = bytearray(content)
            damaged[at[0]:at[0] + 8] = moved.to_bytes(8, "little")
            sign_header(damaged, at[0])
            self.path.write_bytes(damaged)
            self.assertRegex(self.run_grid(code=3).stderr, "out.h5: .* at the same place of the file")
            self.assertEqual(self.path.read_bytes(), bytes(damaged))

    def test_export_says_which_columns_it_leaves_out(self):
        self.have()
        with h5py.File(self.path, "a") as file:
            file["runs/short"], file["runs/long"], file["runs/images"] = np.arange(5), np.arange(50), np.zeros((48, 3))
        done = self.run_program("export", "out.h5", "--columns", "cell")
        self.assertEqual(done.stderr, "")
        done = self.run_program("export", "out.h5")
        self.assertEqual(done.stdout.count("\n"), 49)
        self.assertRegex(done.stderr, "warning: /runs/short has 5 rows and the table 48: it is left out, as is 1 more")
        for name in ("short", "long"):
            done = self.run_program("export", "out.h5", "--columns", name, code=2)
            self.assertRegex(done.stderr, f"--columns: /runs/{name} has {5 if name == 'short' else 50} rows and the table 48")

    def test_one_thread_or_many_or_twice(self):
        _, small = self.both()
        for name, source, threads in (("one.h5", "out.h5", 1), ("twice.h5", "small.h5", 2)):
            self.run_program("compact", source, "-o", name, "-j", threads)
            self.assertTrue((self.folder / name).read_bytes() == small.read_bytes(), name)

    # ---- who reads it ----

    def test_commands_read_both(self):
        whole, small = self.both()
        small.rename(self.folder / "s.h5")
        whole.rename(self.folder / "w.h5")
        for command in (["show"], ["show", "--json"], ["show", "--run", "3"], ["show", "--cell", "1"], ["status"],
                        ["export"], ["export", "--what", "cells"], ["export", "--what", "curves"],
                        ["export", "--what", "stops"], ["export", "--what", "curves", "--run", "5"]):
            a, b = (self.run_program(command[0], name, *command[1:]).stdout for name in ("w.h5", "s.h5"))
            self.assertGreater(len(a), 50)
            a, b = (re.sub(r"(?m)^written .*$", "", text).replace("w.h5", "s.h5") for text in (a, b))
            self.assertEqual(a, b, command)
        a, b = (self.run_program("plan", "grid.yaml", "-o", name).stdout for name in ("w.h5", "s.h5"))
        self.assertIn("48 done", a)
        self.assertIn("48 done", b)

    def test_plain_tools_read_both(self):
        """Other readers open it; h5py and pandas are in the readers' own tests."""
        whole, small = self.both()
        for engine in ("netcdf4", "h5netcdf"):
            for group in ("runs", "curves", "cells", "plots/learning_curves"):
                with xarray.open_dataset(whole, group=group, engine=engine) as a, \
                        xarray.open_dataset(small, group=group, engine=engine) as b:
                    self.assertTrue(a.load().identical(b.load()), (engine, group))
                    self.assertFalse(any(str(name).startswith("phony") for name in b.dims))
        for tool in (["ncdump"], ["h5dump", "-m", "%.17g"]):
            a, b = (subprocess.run([*tool, path], capture_output=True, text=True, check=True).stdout
                    for path in (whole, small))
            self.assertGreater(len(a), 100_000)
            if tool[0] == "ncdump":
                self.assertTrue(a.replace("netcdf out", "netcdf small") == b, "ncdump shows another file")

    @unittest.skipUnless(shutil.which("octave-cli"), "octave-cli is not there")
    def test_octave_reads_both(self):
        whole, small = self.both()
        script = "pkg load netcdf; for f = {%r, %r}, printf('%%.17g ', ncread(f{1}, '/curves/train_loss')(:, 1:3), " \
                 "ncread(f{1}, '/runs/best_test_loss'), ncread(f{1}, '/runs/status')); printf('\\n'); end"
        done = subprocess.run(["octave-cli", "--quiet", "--norc", "--eval", script % (str(whole), str(small))],
                              capture_output=True, text=True, check=True)
        one, two = done.stdout.strip().split("\n")
        self.assertGreater(len(one.split()), 200)
        self.assertEqual(one.split(), two.split())

    # ---- how it goes on ----

    def test_the_same_grid_trains_nothing(self):
        self.have()
        self.run_program("compact", "out.h5")
        before = self.path.read_bytes()
        self.assertIn("nothing to train: all 48 runs", self.run_grid().stdout)
        self.assertTrue(self.path.read_bytes() == before)

    def check_growth(self, **grid):
        """A compact file grows as a contiguous one does: the rows are the same, and none is trained again."""
        whole, small = self.both()
        self.use_grid(**grid)
        self.assertIn("48 done", self.run_program("plan", "grid.yaml", "-o", "small.h5").stdout)
        took = rows.seconds(small)
        for path in (whole, small):
            self.run_grid(out=path.name)
        self.assert_same_files(whole, small)
        after = rows.seconds(small)
        self.assertEqual({key: after[key] for key in took}, took)
        with h5py.File(small, "r") as file:
            file.visititems(lambda name, thing: self.assertIsNone(getattr(thing, "chunks", None), name))
        self.run_program("compact", "small.h5")
        self.run_grid(out="small.h5")

    def test_growth_by_a_value(self):
        self.check_growth(rates="[0.3, 0.1, 0.03]")

    def test_growth_by_repeats(self):
        self.check_growth(repeats=7)

    def test_many_short_runs(self):
        """Columns of /runs are in chunks too, and the grown grid has its rows in another order."""
        grid = """
name: many
repeats: {}
data: {{builtin: xor}}
base: {{hidden: [2], epochs: 1, batch_size: full, activation: tanh}}
grid: {{{}}}
"""
        rates, momenta = "learning_rate: {log: [0.01, 1], num: 40}", "momentum: {lin: [0, 0.9], num: 25}"
        self.write("grid.yaml", grid.format(3, rates + ", " + momenta))
        whole, small = self.both()
        with h5py.File(small, "r") as file:
            for name in ("runs/status", "runs/key", "runs/check", "timing/seconds", f"weights/{next(iter(file['weights']))}/run"):
                self.assertIsNotNone(file[name].chunks, name)
        self.assertIn("3000 done", self.run_program("plan", "grid.yaml", "-o", "small.h5").stdout)
        self.write("grid.yaml", grid.format(4, momenta + ", " + rates))
        took = rows.seconds(small)
        for path in (whole, small):
            self.run_grid(out=path.name)
        self.assert_same_files(whole, small)
        after = rows.seconds(small)
        self.assertEqual((len(took), len(after)), (3000, 4000))
        self.assertEqual({key: after[key] for key in took}, took)

    def test_growth_by_epochs_keeps_the_old_rows(self):
        whole, small = self.both()
        self.use_grid(epochs=61)
        for path in (whole, small):
            self.run_grid(out=path.name)
        self.assert_same_files(whole, small)
        with h5py.File(small, "r") as file:
            self.assertEqual(np.bincount(file["runs/active"][()]).tolist(), [48, 48])
        self.run_program("compact", "small.h5")
        self.use_grid()  # back: the rows are there
        for path in (whole, small):
            self.assertIn("48 done", self.run_program("plan", "grid.yaml", "-o", path.name).stdout)
            self.run_grid(out=path.name)
        self.assert_same_files(whole, small)

    def test_other_rules_are_computed_anew(self):
        whole, small = self.both()
        grid = self.folder / "grid.yaml"
        grid.write_text(grid.read_text().replace("patience: 5", "patience: 3"))
        took = rows.seconds(small)
        for path in (whole, small):
            self.run_grid(out=path.name)
        self.assert_same_files(whole, small)
        self.assertEqual(rows.seconds(small), took)

    def test_failed_runs_are_tried_again(self):
        self.use_grid(epochs=400)
        grid = self.folder / "grid.yaml"
        grid.write_text(grid.read_text() + "limits: {per_run: 0.002s}\n")
        self.run_grid(code=1)
        self.run_program("compact", "out.h5")
        with h5py.File(self.path, "r") as file:
            failed = int((file["runs/status"][()] == rows.FAILED).sum())
        self.assertGreater(failed, 0)
        grid.write_text(grid.read_text().replace("0.002s", "60s"))
        self.run_grid("--retry", "failed")
        with h5py.File(self.path, "r") as file:
            self.assertTrue((file["runs/status"][()] == 1).all())

    def test_a_damaged_chunk_is_found_and_trained_again(self):
        whole, small = self.both()
        with h5py.File(small, "r") as file:
            weights = next(thing for name, thing in file["weights/2-24-12-2"].items() if name.startswith("best_W2"))
            self.assertGreater(weights.nbytes, 8192)
            chunk = weights.id.get_chunk_info(0)
            runs = file["weights/2-24-12-2/run"][: weights.chunks[0]]
        with open(small, "r+b") as file:
            file.seek(chunk.byte_offset + chunk.size // 2)
            byte = file.read(1)
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte[0] ^ 4]))
        self.assertIn(f"{len(runs)} damaged", self.run_program("plan", "grid.yaml", "-o", "small.h5").stdout)
        self.run_program("compact", "small.h5", "-o", "other.h5", code=3)
        self.assertFalse((self.folder / "other.h5").exists())
        self.run_grid(out="small.h5")
        self.assert_same_files(whole, small)

    # ---- what is refused ----

    def refused(self, words, *arguments):
        before = self.path.read_bytes() if self.path.exists() else None
        printed = self.run_program("compact", *arguments, code=3).stderr
        self.assertRegex(printed, words)
        self.assertEqual(self.path.read_bytes() if self.path.exists() else None, before)
        self.assertEqual(self.left_over(), [])

    def test_only_complete_files(self):
        self.refused("No such file", "out.h5")
        self.use_grid(repeats=40, epochs=200)
        process = self.start("run", "grid.yaml", "-q", "-j", 2, "-o", "out.h5")
        self.assertTrue(rows.wait(lambda: rows.count(self.path)[0] > 2, process))
        for more in ([], ["-o", "copy.h5"]):
            printed = self.run_program("compact", "out.h5", *more, code=3).stderr
            self.assertIn("is being written; compact it when it is complete", printed)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(), 75)
        self.refused(r"not complete \(stopped\).*finish it with nngrid run", "out.h5")
        self.assertFalse((self.folder / "copy.h5").exists())

    def test_what_is_no_results_file(self):
        self.path.write_text("text\n")
        self.refused("no results file", "out.h5")
        self.refused("is a folder", ".")
        with h5py.File(self.path, "w") as file:
            file["x"] = 1
        self.refused("not one that nngrid run wrote", "out.h5")

    def test_where_the_copy_goes(self):
        self.have()
        self.write("there.h5", "mine\n")
        self.refused("there.h5 is there already", "out.h5", "-o", "there.h5")
        self.assertEqual((self.folder / "there.h5").read_text(), "mine\n")
        self.refused("out.h5 is there already", "out.h5", "-o", "out.h5")
        self.refused("cannot write in its folder", "out.h5", "-o", "nowhere/copy.h5")

    def test_a_signal_gives_up(self):
        self.have()
        original = self.path.read_bytes()
        for _ in range(50):
            process = self.start("compact", "out.h5", "-j", 1)
            rows.wait(self.left_over, process)
            process.send_signal(signal.SIGTERM)
            if process.wait() == 75:
                break
            self.path.write_bytes(original)
        self.assertEqual(process.returncode, 75, "no signal came in time")
        self.assertIn("stopped; out.h5 is as it was", (self.folder / "log").read_text())
        self.assertTrue(self.path.read_bytes() == original)
        self.assertEqual(self.left_over(), [])

    def test_a_link_is_followed(self):
        self.have()
        (self.folder / "link.h5").symlink_to("out.h5")
        size = self.path.stat().st_size
        self.run_program("compact", "link.h5")
        self.assertTrue((self.folder / "link.h5").is_symlink())
        self.assertLess(self.path.stat().st_size, size)

    def test_a_file_that_would_not_shrink(self):
        self.write("tiny.yaml", "name: tiny\ndata: {builtin: xor}\nbase: {hidden: [2], epochs: 1, batch_size: full}\n")
        self.run_program("run", "tiny.yaml", "-q", "-o", "out.h5")
        before = self.path.read_bytes()
        self.assertIn("is unchanged", self.run_program("compact", "out.h5").stdout)
        self.assertTrue(self.path.read_bytes() == before)
        self.assertEqual(self.left_over(), [])


if __name__ == "__main__":
    system.main()
