"""Tests what a disk, a limit, a permission or another program can do to the file: the message is clear, the exit code
3, and nothing is lost.

The unit tests test_results*.c have the layout on a full disk, a limit on file sizes before the layout, a text file and
a cut file as output, and the message for a second writer; test_faults.py has failing calls.
"""
import functools
import os
import random
import resource
import shutil
import signal
import subprocess

import h5py
import rows
import system

GRID = """
name: environment
repeats: {repeats}
data: {{builtin: moons, rows: 120}}
base: {{hidden: [32], batch_size: 8, epochs: {epochs}}}
grid: {{learning_rate: [0.03, 0.3]}}
"""
NOBODY = 65534
LONELY = 54321  # a user that has no process


class Environment(system.SystemTest):
    def setUp(self):
        super().setUp()
        self.path = self.folder / "out.h5"

    def use_grid(self, repeats=6, epochs=20):
        self.write("grid.yaml", GRID.format(repeats=repeats, epochs=epochs))

    def run_grid(self, *more, code=0, out=None):
        return self.run_program("run", "grid.yaml", "-q", "-j", 2, "-o", out or self.path, *more, code=code)

    def refused(self, words, *more, out=None):
        """The exit code is 3, the message begins with the file and has these words, and what was there is untouched."""
        out = out or self.path
        before = (out.read_bytes(), out.stat().st_mode) if out.is_file() else None
        printed = self.run_grid(*more, code=3, out=out).stderr
        self.assertIn(words, printed)
        self.assertTrue(printed.startswith(f"nngrid: {out}"), printed)
        if before is not None:
            self.assertTrue((out.read_bytes(), out.stat().st_mode) == before, "the file was changed")
        self.assertEqual(list(self.folder.glob("*.tmp-*")), [])
        return printed

    def begin(self):
        """Starts a process that trains, and returns it when it has finished some rows."""
        self.use_grid(repeats=300 // system.FEWER, epochs=100)
        process = self.start("run", "grid.yaml", "-q", "-j", 2, "-o", self.path)
        self.assertTrue(rows.wait(lambda: rows.count(self.path)[0] >= 3, process), (self.folder / "log").read_text())
        return process

    def ends_with(self, process, *words):
        self.assertEqual(process.wait(60), 3, (self.folder / "log").read_text())
        printed = (self.folder / "log").read_text()
        for word in words + ("resume with\n", "run grid.yaml"):
            self.assertIn(word, printed)

    def finish_and_compare(self, before):
        """The same command completes the file: rows that were there stay, and the file equals an undisturbed one."""
        self.run_grid()
        after = rows.final_rows(self.path)
        self.assertEqual([key for key in before if before[key] != after.get(key)], [])
        undisturbed = self.folder / "undisturbed.h5"
        self.run_grid(out=undisturbed)
        self.assert_same_files(undisturbed, self.path)

    # ---- space ----

    def mount(self, size):
        small = self.folder / "small"
        small.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", small]).returncode != 0:
            self.skipTest("no right to mount a small file system")
        self.addCleanup(subprocess.run, ["umount", small], check=True)
        return small

    def test_a_copy_that_lost_its_reservation(self):
        process = self.begin()
        process.kill()
        process.wait()
        before = rows.final_rows(self.path)
        self.path = self.mount(4 * self.path.stat().st_size) / "out.h5"
        subprocess.run(["cp", "--sparse=always", self.folder / "out.h5", self.path], check=True)
        filling = self.path.with_name("filling")
        with open(filling, "wb") as file:
            while True:
                try:
                    os.write(file.fileno(), bytes(4096))
                except OSError:
                    break
        self.refused("are missing")
        self.assertEqual(rows.final_rows(self.path), before)
        filling.unlink()
        self.finish_and_compare(before)

    def test_a_disk_too_small_for_the_grid(self):
        self.use_grid(repeats=400)
        out = self.mount("400k") / "out.h5"
        printed = self.run_grid(code=3, out=out).stderr
        self.assertIn("of disk, and", printed)
        self.assertEqual(list(out.parent.iterdir()), [])

    def test_a_limit_on_file_sizes_while_it_runs(self):
        process = self.begin()
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (5000, 5000))
        self.ends_with(process, "cannot write: File too large")
        self.finish_and_compare(rows.final_rows(self.path))

    def test_standard_output_that_is_full(self):
        self.use_grid()
        with open("/dev/full", "w") as full:
            done = subprocess.run([system.PROGRAM, "run", "grid.yaml", "-q", "-o", self.path], cwd=self.folder, stdout=full,
                                  stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 3)
        self.assertIn("cannot write the standard output", done.stderr)
        self.finish_and_compare(rows.final_rows(self.path))

    # ---- threads ----

    def run_crew(self, environment, **options):
        """Runs with every thread of this machine; the program must not wait for a thread that it does not get."""
        return subprocess.run([self.copy_of_program(), "run", "grid.yaml", "-q", "-j", "64", "-o", self.path],
                              cwd=self.folder, env={**os.environ, **environment}, capture_output=True, text=True,
                              timeout=60, **options)

    def test_threads_that_openmp_does_not_give(self):
        self.use_grid()
        self.run_grid(out=self.folder / "undisturbed.h5")
        for setting in ("OMP_THREAD_LIMIT=1", "OMP_MAX_ACTIVE_LEVELS=0", "OMP_DYNAMIC=true", "OMP_NUM_THREADS=7",
                        "OMP_NESTED=true", "OMP_STACKSIZE=1M"):
            with self.subTest(setting):
                done = self.run_crew(dict([setting.split("=")]))
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assert_same_files(self.folder / "undisturbed.h5", self.path)
                self.path.unlink()

    def test_stacks_that_are_too_small(self):
        """The kernel would end the process without a word."""
        self.use_grid()
        small = {"preexec_fn": functools.partial(resource.setrlimit, resource.RLIMIT_STACK, (64 * 1024, 64 * 1024))}
        for environment, options, words in (({"OMP_STACKSIZE": "1k"}, {}, "OMP_STACKSIZE=1k is too small"),
                                            ({"OMP_STACKSIZE": "16"}, {}, "OMP_STACKSIZE=16 is too small"),
                                            ({"OMP_STACKSIZE": "lots"}, {}, "OMP_STACKSIZE=lots is no size"),
                                            ({}, small, "ulimit -s 8192")):
            with self.subTest(environment, **options):
                done = self.run_crew(environment, **options)
                self.assertEqual(done.returncode, 3, done.stderr)
                self.assertIn(words, done.stderr)
                self.assertFalse(self.path.exists())
        for size in (16, 24, 40):
            tiny = functools.partial(resource.setrlimit, resource.RLIMIT_STACK, (size * 1024, size * 1024))
            with self.subTest(size=size):
                done = subprocess.run([self.copy_of_program(), "--version"], env={}, preexec_fn=tiny, capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stdout), (3, ""))
                self.assertIn("raise it: ulimit -s 8192", done.stderr)
        self.run_grid()
        before = self.path.read_bytes()
        for size in ("1k", "1000000G"):
            done = subprocess.run([self.copy_of_program(), "compact", self.path, "-j", "4"], capture_output=True, text=True,
                                  env={**os.environ, "OMP_STACKSIZE": size, "ASAN_OPTIONS": "detect_leaks=0"})
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertIn(f"OMP_STACKSIZE={size}", done.stderr)
            self.assertEqual(self.path.read_bytes(), before)

    def test_threads_that_the_system_does_not_give(self):
        """The message names the cause, and the same command resumes."""
        self.use_grid()
        self.folder.chmod(0o777)
        cases = [({"OMP_STACKSIZE": size}, {}) for size in ("1000000G", "1000T")]  # no memory has room for it
        for threads in (1, 2) if os.geteuid() == 0 else ():  # of a user that has no other
            cases.append(({}, {"user": LONELY, "group": LONELY, "extra_groups": [], "preexec_fn": functools.partial(
                resource.setrlimit, resource.RLIMIT_NPROC, (threads, threads))}))
        for environment, options in cases:
            with self.subTest(environment, **options):
                done = self.run_crew({**environment, "ASAN_OPTIONS": "detect_leaks=0"}, **options)  # which takes a thread
                self.assertEqual(done.returncode, 3, done.stderr)
                self.assertRegex(done.stderr, "nngrid: the system starts [0-9]+ of the [0-9]+ threads that are needed")
                self.assertFalse(self.path.exists())
                self.finish_and_compare({})
                self.path.unlink()

    # ---- permissions: the program as an ordinary user ----

    def copy_of_program(self):
        """Copies the program to where other users may read it."""
        program = self.folder / "nngrid"
        if not program.exists():
            shutil.copy(system.PROGRAM, program)
            program.chmod(0o755)
        return program

    def as_nobody(self, code, out):
        program = self.copy_of_program()
        self.folder.chmod(0o755)
        who = {} if os.geteuid() != 0 else {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        done = subprocess.run([program, "run", "grid.yaml", "-q", "-o", out], cwd=self.folder, capture_output=True,
                              text=True, **who)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stderr

    def place(self, mode):
        """Makes a folder of the ordinary user, which gets this mode once the file is in it."""
        place = self.folder / "place"
        place.mkdir()
        place.chmod(0o777)
        self.addCleanup(place.chmod, 0o777)
        self.use_grid(repeats=2)
        self.as_nobody(0, place / "out.h5")
        place.chmod(mode)
        if os.geteuid() == 0:
            os.chown(place, NOBODY, NOBODY)
        return place

    def test_a_read_only_folder(self):
        place = self.place(0o555)
        old = place / "out.h5"
        before = (old.read_bytes(), old.stat().st_mode)
        self.as_nobody(0, old)  # nothing to train, nothing to write
        self.assertIn("cannot write in its folder: Permission denied", self.as_nobody(3, place / "new.h5"))
        self.use_grid(repeats=3)
        self.assertIn("cannot write in its folder: Permission denied", self.as_nobody(3, old))
        self.assertTrue((old.read_bytes(), old.stat().st_mode) == before, "the file was changed")
        self.assertEqual(list(place.iterdir()), [old])

    def test_a_file_of_another_user(self):
        if os.geteuid() != 0:
            self.skipTest("only root can make a file of another user")
        self.use_grid()
        self.run_grid()
        before = self.path.read_bytes()
        self.use_grid(repeats=7)
        self.folder.chmod(0o777)
        self.assertIn("cannot open it for writing: Permission denied", self.as_nobody(3, self.path))
        self.assertTrue(self.path.read_bytes() == before)

    def test_a_killed_ordinary_user_goes_on(self):
        """The file of a killed writer is read-only: for root that means nothing, for its owner it must not either."""
        place = self.place(0o755)
        (place / "out.h5").chmod(0o444)
        self.use_grid(repeats=3)
        self.as_nobody(0, place / "out.h5")
        self.assertEqual((place / "out.h5").stat().st_mode & 0o200, 0o200)

    # ---- what happens to the file while it is written ----

    def test_removed(self):
        process = self.begin()
        self.path.unlink()
        self.ends_with(process, "was removed or moved", "put it back")
        self.finish_and_compare({})

    def test_moved_away_and_back(self):
        process = self.begin()
        self.path.rename(self.folder / "elsewhere.h5")
        self.ends_with(process, "was removed or moved", "put it back")
        (self.folder / "elsewhere.h5").rename(self.path)
        self.finish_and_compare(rows.final_rows(self.path))

    def test_replaced(self):
        process = self.begin()
        other = self.write("other", "my thesis\n")
        other.rename(self.path)
        self.ends_with(process, "was replaced by another file", "choose another -o")
        self.assertEqual(self.path.read_text(), "my thesis\n")
        self.refused("is no results file")

    def test_cut(self):
        process = self.begin()
        os.truncate(self.path, 4096)
        self.assertEqual(process.wait(60), 3)
        printed = (self.folder / "log").read_text()
        self.assertIn("was cut or changed by another program", printed)
        self.assertRegex(printed, r"\(it had [0-9.]+ [kM]B and has [0-9.]+ [kM]B\), so that it is damaged")
        self.assertNotIn("resume with", printed)
        self.path.rename(self.folder / "damaged.h5")  # as the message advises
        self.finish_and_compare({})

    def test_writers_of_other_programs(self):
        process = self.begin()
        with self.assertRaises(OSError):
            h5py.File(self.path, "r+")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(10), 75)
        before = rows.final_rows(self.path)
        with h5py.File(self.path, "r+"):
            self.refused("is open for writing in another program")
        self.finish_and_compare(before)

    def test_two_writers_at_once(self):
        self.use_grid(repeats=20)
        for _ in range(6):
            pair = [self.start("run", "grid.yaml", "-q", "-j", 1, "-o", self.path) for _ in range(2)]
            codes = sorted(process.wait(60) for process in pair)
            self.assertIn(codes, ([0, 3], [0, 0]), (self.folder / "log").read_text())
            if codes == [0, 3]:
                self.assertIn("is being written by another nngrid", (self.folder / "log").read_text())
            self.finish_and_compare({})
            self.path.unlink()

    # ---- what is no results file, or a broken one ----

    def test_folders_devices_and_links(self):
        self.use_grid()
        self.path.mkdir()
        self.refused("is a folder")
        fifo = self.folder / "fifo"
        os.mkfifo(fifo)
        self.refused("is no results file", out=fifo)
        link = self.folder / "link"
        link.symlink_to("nowhere.h5")
        self.refused("cannot follow the link", out=link)
        self.assertTrue(link.is_symlink())

    def test_a_link_is_followed(self):
        self.use_grid()
        (self.folder / "big").mkdir()
        real, link = self.folder / "big" / "real.h5", self.folder / "link.h5"
        self.run_grid(out=real)
        link.symlink_to(real)
        before = rows.final_rows(real)
        self.use_grid(repeats=7)
        self.run_grid(out=link)
        self.assertTrue(link.is_symlink())
        after = rows.final_rows(real)
        self.assertEqual(len(after), 14)
        self.assertEqual([key for key in before if before[key] != after[key]], [])

    def test_files_of_others(self):
        self.use_grid()
        with h5py.File(self.path, "w") as file:
            file["x"] = [1, 2, 3]
        self.refused("not one that nngrid run wrote")
        self.path.unlink()
        self.run_grid()
        with h5py.File(self.path, "r+") as file:
            file.attrs["nngrid_format"] = 99
        self.refused("another version of nngrid (format 99")
        with h5py.File(self.path, "r+") as file:
            file.attrs["nngrid_format"] = 1
            del file["runs/check"]
        self.refused("/runs/check")

    def test_damaged_columns(self):
        """Damage in data without a checksum is found and mended before training, and no finished row is lost for it."""
        self.use_grid()
        self.run_grid(out=self.folder / "undisturbed.h5")
        whole = (self.folder / "undisturbed.h5").read_bytes()
        for name in ("runs/key", "runs/record_key", "runs/learning_rate", "curves/epoch", "runs/repeat", "cells/hidden"):
            with self.subTest(name):
                self.path.write_bytes(whole)
                with h5py.File(self.path, "r+") as file:
                    file[name][1] += 1
                    file["state"][...] = 0  # as a killed writer leaves it
                self.run_grid()
                self.assert_same_files(self.folder / "undisturbed.h5", self.path)

    def test_a_damaged_row_does_not_leave(self):
        """A row of a cell that the grid no longer has is kept only if it is whole."""
        self.use_grid(repeats=4)
        self.run_grid()
        with h5py.File(self.path, "r+") as file:
            for run in (3, 7):  # the last repeat of each of the two cells
                file["curves/train_loss"][run, 1] += 1
        self.use_grid(repeats=3)
        self.run_grid()
        self.assertEqual(len(rows.final_rows(self.path)), 6)

    def test_damage_anywhere(self):
        """Random bytes changed and random cuts: never a crash; a refusal changes nothing, else every row is right."""
        self.use_grid(repeats=2, epochs=5)
        self.run_grid()
        whole, truth = self.path.read_bytes(), rows.checked_rows(self.path)
        # Under a leak checker: HDF5 itself forgets memory where it finds damage.
        suppressions = self.write("suppressions", "leak:libhdf5\n")
        environment = dict(os.environ, LSAN_OPTIONS=f"suppressions={suppressions}:print_suppressions=0")
        rng, codes = random.Random(11), []
        for i in range(60 // system.FEWER):
            broken = bytearray(whole)
            for _ in range(rng.choice([1, 4, 64])):
                at = rng.randrange(min(len(broken), 4096) if i % 4 == 0 else len(broken))
                broken[at] = rng.randrange(256)
            if i % 5 == 0:
                del broken[rng.randrange(len(broken)):]
            self.path.write_bytes(broken)
            done = subprocess.run([system.PROGRAM, "run", "grid.yaml", "-q", "-o", self.path], capture_output=True,
                                  text=True, cwd=self.folder, env=environment)
            codes.append(done.returncode)
            with self.subTest(i=i):
                self.assertIn(done.returncode, (0, 3), done.stderr)
                if done.returncode == 3:
                    self.assertTrue(self.path.read_bytes() == broken, "a refused file was changed")
                else:
                    self.assertTrue(rows.checked_rows(self.path) == truth)
        print(f"{codes.count(0)} went on, {codes.count(3)} were refused")


if __name__ == "__main__":
    system.main()
