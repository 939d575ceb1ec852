"""Makes every call that writes the file fail, be cut short or be the process's last, and cuts the power at any moment.

faults.c makes the calls fail and keeps a journal of them. NNGRID_FAULTS names the built library; NNGRID_FAULTS_ALL=1
takes every call in turn (half an hour) instead of a selection, NNGRID_LONG=1 nine times as many; NNGRID_FAULTS_FEW=1
takes a smaller selection, for sanitizers.
"""
import concurrent.futures
import itertools
import os
import pathlib
import random
import stat
import struct
import subprocess
import unittest

import rows
import system

LIBRARY = os.environ.get("NNGRID_FAULTS", "")
ALL = bool(os.environ.get("NNGRID_FAULTS_ALL"))
FEWER = 1 if os.environ.get("NNGRID_LONG") else max(3, system.FEWER)
GRID = """
name: faults
repeats: {repeats}
data: {{builtin: xor}}
base: {{hidden: [3], activation: tanh, output: sigmoid, loss: mse, batch_size: full, epochs: 3}}
grid: {{learning_rate: [0.3, 1]}}
record: {{weights: [final], parts: [train]}}
"""
USUAL_MODE = 0o644
SECTOR = 512  # bytes that a disk writes whole
WRITE, SYNC, LENGTH = 1, 2, 3  # kinds of records in a journal
ENDS = ("kill", "tear")
# What each call is made to do. A full disk stays full (+); after an interrupted or short call the program goes on.
ACTIONS = {
    "pwrite": ("ENOSPC+", "kill", "EIO", "tear"),
    "fsync": ("EIO", "ENOSPC", "kill", "EINTR"),
    "fdatasync": ("EIO", "ENOSPC", "kill", "EINTR"),
    "rename": ("EIO", "ENOSPC", "kill"),
    "posix_fallocate": ("ENOSPC", "EDQUOT", "EIO", "kill", "EINTR"),
    "ftruncate": ("ENOSPC+", "EIO", "kill"),
    "fchmod": ("EPERM", "kill"),
}


@unittest.skipUnless(LIBRARY, "NNGRID_FAULTS names no library")
class Faults(system.SystemTest):
    def setUp(self):
        super().setUp()
        self.never_reached = []  # of two threads
        self.addCleanup(os.umask, os.umask(0o022))
        self.names = itertools.count(1)  # two threads draw from it, and next() gives each number once
        self.use_grid(2)
        self.run_program("run", "grid.yaml", "-q", "-o", "undisturbed.h5")
        self.truth = rows.final_rows(self.folder / "undisturbed.h5")
        self.whole = datasets(self.folder / "undisturbed.h5")

    def use_grid(self, repeats):
        self.write("grid.yaml", GRID.format(repeats=repeats))

    def run_with(self, out, command=None, **settings):
        """The command (the grid's run) with the library preloaded; settings: fault, counts, journal. What it returns has
        .happened: whether the faulty call was reached."""
        command = command or ["run", "grid.yaml", "-q", "-j", "1", "-o", out]
        environment = system.with_faults(LIBRARY)
        for name, value in settings.items():
            environment["NNGRID_FAULT" + ("" if name == "fault" else "_" + name.upper())] = str(value)
        environment.setdefault("NNGRID_FAULT_COUNTS", str(self.folder / f"{out}.counts"))
        done = subprocess.run([system.PROGRAM, *command], cwd=self.folder, env=environment, capture_output=True, text=True)
        done.happened = True
        if "fault" in settings and done.returncode == 0:  # it ended by itself, and has told how often it made each call
            call, n, _ = settings["fault"].split(":")
            done.happened = read_counts(environment["NNGRID_FAULT_COUNTS"])[call] >= int(n)
        return done

    def next_name(self):
        """Returns a name as long as counted.h5: the file has its name in it, and a longer one changes how often HDF5 writes."""
        return f"f{next(self.names):06}.h5"

    def calls(self, out, command=None):
        """Returns {call: how often}, and writes a journal of `out` beside it."""
        done = self.run_with(out, command, counts=self.folder / "counts", journal=self.folder / "journal")
        self.assertEqual(done.returncode, 0, done.stderr)
        return read_counts(self.folder / "counts")

    def cases(self, counts, before, after):
        """(call, n, action): the rarer calls with the actions in turn, or with NNGRID_LONG all (under sanitizers every third
        call); of the writes every so manieth, before and after the new file got its name, with the actions in turn."""
        published = published_after(read_journal(self.folder / "journal"))
        for call in counts:
            actions = ACTIONS[call]
            self.assertGreater(counts[call], 0, f"{call} is never called")
            for n in range(1, counts[call] + 1):
                step = 1 if ALL else FEWER**2 * (before if n <= published else after)
                if call != "pwrite":
                    if system.FEWER > 1 and n % 3 != 1 and not ALL:
                        continue
                    some = actions if ALL or FEWER == 1 else [actions[(n + n // 3) % len(actions)]]
                    yield from ((call, n, action) for action in some)
                elif (n - 1) % step == 0:
                    yield call, n, actions[n // step % len(actions)]

    def left_over(self, out):
        return [path.name for path in self.folder.glob(f"{out}.tmp-*")]

    def check_end(self, done, out, call, action):
        """The exit code is right, and an error names the file, the cause and how to resume."""
        printed = f"{done.returncode}: {done.stderr}"
        if not done.happened:  # rows that end close together are written together: the busier the machine, the fewer writes
            self.assertIn(call, ("pwrite", "fdatasync"), printed)
            self.never_reached.append(call)
        elif action in ENDS:
            self.assertEqual(done.returncode, -9, printed)
            path = self.folder / out
            if path.exists() and rows.is_complete(path):  # the program does not touch it again
                self.assertEqual(stat.S_IMODE(path.stat().st_mode), USUAL_MODE, "complete, and still read-only")
        elif action == "EINTR":
            self.assertEqual(done.returncode, 0, printed)
        else:
            self.assertIn(done.returncode, (0, 3) if call == "fchmod" else (3,), printed)
        if done.returncode == 3:
            self.assertRegex(done.stderr, rf"^nngrid: {out}\b", printed)
            self.assertRegex(done.stderr, r"same command again|resume with\n  \S+ run grid.yaml", printed)
            self.assertNotRegex(done.stderr, r"errno|0x|tmp-", printed)
            self.assertEqual(self.left_over(out), [])

    def resume(self, out, truth, whole):
        """The rows in the file are right; the same command trains the others, and none twice."""
        path = self.folder / out
        before = rows.final_rows(path)
        self.assertEqual([key for key in before if before[key] != truth[key]], [])
        took = rows.seconds(path) if before else {}
        self.run_program("run", "grid.yaml", "-q", "-o", out)
        after = rows.seconds(path)
        self.assertEqual({key: after[key] for key in took}, took, "a finished row was trained again")
        now = datasets(path)
        self.assertEqual([name for name in now.keys() | whole.keys() if now.get(name) != whole.get(name)], [])
        self.assertEqual(self.left_over(out), [])
        path.unlink()
        return before

    def each(self, cases, check):
        """Calls check(case) for all cases, two at a time."""
        cases = list(cases)
        self.never_reached.clear()
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for case, done in zip(cases, [pool.submit(check, *case) for case in cases]):
                with self.subTest(fault=":".join(map(str, case))):
                    done.result()
        self.assertLess(10 * len(self.never_reached), len(cases), "faults that never happened")
        return len(cases)

    def test_a_new_file(self):
        counts = self.calls("counted.h5")

        def check(call, n, action):
            out = self.next_name()
            self.check_end(self.run_with(out, fault=f"{call}:{n}:{action}"), out, call, action)
            if (self.folder / out).exists() or n % 5 == 0 or call != "pwrite":
                self.resume(out, self.truth, self.whole)

        print(f"{self.each(self.cases(counts, 97, 9), check)} faults in {counts}")

    def test_only_short_writes(self):
        done = self.run_with("short.h5", fault="pwrite:1:short+")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_same_files(self.folder / "undisturbed.h5", self.folder / "short.h5")

    def test_a_growing_file(self):
        """The old file stays the same to the last bit until the grown one replaces it with all its rows."""
        small = (self.folder / "undisturbed.h5").read_bytes()
        old = self.truth
        self.use_grid(3)
        self.run_program("run", "grid.yaml", "-q", "-o", "grown.h5")
        truth, whole = rows.final_rows(self.folder / "grown.h5"), datasets(self.folder / "grown.h5")
        (self.folder / "counted.h5").write_bytes(small)
        counts = self.calls("counted.h5")
        if not ALL:  # what is laid out is tried above; here, the way of the old rows and of the name
            counts = {call: counts[call] for call in ("pwrite", "fsync", "rename")}

        def check(call, n, action):
            out = self.next_name()
            path = self.folder / out
            path.write_bytes(small)
            inode = path.stat().st_ino
            self.check_end(self.run_with(out, fault=f"{call}:{n}:{action}"), out, call, action)
            if path.stat().st_ino == inode:
                self.assertTrue(path.read_bytes() == small, "the old file was changed")
            if path.stat().st_ino != inode or n % 5 == 0 or call != "pwrite":
                self.assertEqual(old.keys() - self.resume(out, truth, whole).keys(), set())

        print(f"{self.each(self.cases(counts, 61, 41), check)} faults in {counts}")

    def test_compaction(self):
        """Whatever fails, the file is there: the original to the last bit, or the whole compact copy."""
        grid = self.folder / "grid.yaml"
        grid.write_text(grid.read_text().replace("epochs: 3", "epochs: 1500"))
        self.run_program("run", "grid.yaml", "-q", "-o", "counted.h5")
        original, whole = (self.folder / "counted.h5").read_bytes(), system.contents(self.folder / "counted.h5")
        counts = self.calls("counted.h5", ["compact", "counted.h5", "-j", "1"])
        self.assertLess((self.folder / "counted.h5").stat().st_size, len(original))
        counts.pop("fdatasync"), counts.pop("posix_fallocate")  # these are of `run`

        def check(call, n, action):
            out = self.next_name()
            path = self.folder / out
            path.write_bytes(original)
            inode = path.stat().st_ino
            done = self.run_with(out, ["compact", out, "-j", "1"], fault=f"{call}:{n}:{action}")
            printed = f"{done.returncode}: {done.stdout}{done.stderr}"
            if action in ENDS:
                self.assertEqual(done.returncode, -9, printed)
            elif action == "EINTR":
                self.assertEqual(done.returncode, 0, printed)
            else:  # HDF5 writes some of its blocks again where they could not be written at first
                self.assertIn(done.returncode, (0, 3) if call == "fchmod" or action == "EIO" else (3,), printed)
            if done.returncode == 3:
                self.assertRegex(done.stderr, rf"^nngrid: {out}\b", printed)
                self.assertNotRegex(done.stderr, r"errno|0x|tmp-|unknown reason", printed)
                self.assertEqual(self.left_over(out), [])
            if call != "fchmod" or action == "kill":
                self.assertEqual(stat.S_IMODE(path.stat().st_mode), USUAL_MODE)
            if path.stat().st_ino == inode:
                self.assertTrue(path.read_bytes() == original, "the original was changed")
            else:
                self.assertTrue(system.contents(path) == whole, "the copy is not whole")
            self.run_program("compact", out)
            self.assertLess(path.stat().st_size, len(original))
            self.assertEqual(self.left_over(out), [])
            path.unlink()

        print(f"{self.each(self.cases(counts, 41, 5), check)} faults in {counts}")

    def test_killed_twice_at_the_end(self):
        """Kills when all rows are done but /cells is not, and again at each write by which the next command finishes the file."""
        total = self.calls("counted.h5")["pwrite"]
        n = total
        while n > 0:  # back to the last row
            n -= 8
            self.run_with("once.h5", fault=f"pwrite:{n}:kill")
            final, all_rows = rows.count(self.folder / "once.h5")
            if final < all_rows:
                break
            once = (self.folder / "once.h5").read_bytes()
            (self.folder / "once.h5").unlink()
        for n in range(1, 9):
            with self.subTest(n=n):
                (self.folder / "twice.h5").write_bytes(once)
                self.run_with("twice.h5", fault=f"pwrite:{n}:kill")
                self.resume("twice.h5", self.truth, self.whole)

    def test_killed_around_the_state(self):
        """A file that says complete has its usual mode, whatever the last call was."""
        counts, complete = self.calls("counted.h5"), []
        for call in ("pwrite", "fchmod", "fsync", "fdatasync"):
            for n in range(max(1, counts[call] - 3), counts[call] + 1):
                out = self.next_name()
                done = self.run_with(out, fault=f"{call}:{n}:kill")
                with self.subTest(call=call, n=n):
                    self.check_end(done, out, call, "kill")
                    complete.append((self.folder / out).exists() and rows.is_complete(self.folder / out))
                    self.run_program("run", "grid.yaml", "-q", "-o", out)
                    self.assertEqual(stat.S_IMODE((self.folder / out).stat().st_mode), USUAL_MODE)
        self.assertEqual(set(complete), {True, False})


def datasets(path):
    """Attributes are left out, for speed: nothing writes one once the file is laid out."""
    return system.contents(path, attributes=False)


def read_counts(path):
    """Returns {call: how often}."""
    lines = pathlib.Path(path).read_text().split()
    return dict(zip(lines[::2], map(int, lines[1::2])))


# ---- the power goes ----


def read_journal(path):
    """Returns [(kind, inode, offset, size, bytes)]."""
    text, records, at = path.read_bytes(), [], 0
    while at < len(text):
        kind, inode, offset, size = struct.unpack_from("<4Q", text, at)
        at += 32
        n = size if kind == WRITE else 0
        records.append((kind, inode, offset, size, text[at:at + n]))
        at += n
    return records


def published_after(records):
    """Counts the writes before the new file got its name: those up to the first sync."""
    writes = 0
    for kind, *_ in records:
        if kind == SYNC:
            return writes
        writes += kind == WRITE
    raise AssertionError("never synced")


def apply(image, record):
    kind, _, offset, size, text = record
    if kind == WRITE:
        image.extend(bytes(max(0, offset + size - len(image))))
        image[offset:offset + size] = text
    elif kind == LENGTH:
        del image[size:]
        image.extend(bytes(size - len(image)))


def sectors(record):
    """Splits a write into pieces, each of which reaches the disk whole or not at all."""
    kind, inode, offset, size, text = record
    at = 0
    while at < size:
        n = min(SECTOR - (offset + at) % SECTOR, size - at)
        yield kind, inode, offset + at, n, text[at:at + n]
        at += n


@unittest.skipUnless(LIBRARY, "NNGRID_FAULTS names no library")
class PowerCut(Faults):
    """Of what was written since the last sync, each sector is on the disk or is not, whatever the order."""

    test_a_new_file = test_only_short_writes = test_a_growing_file = None
    test_killed_twice_at_the_end = test_killed_around_the_state = test_compaction = None

    def after_a_cut(self, records, cut, keep, rng):
        """Writes the file as it is after the power fails behind `cut` records, with a share `keep` of the unsynced ones."""
        synced = max(i for i in range(cut) if records[i][0] == SYNC)
        image = bytearray()
        for record in records[:synced + 1]:
            apply(image, record)
        lost = [piece for record in records[synced + 1:cut] for piece in sectors(record)]
        for piece in lost:
            if rng.random() < keep:
                apply(image, piece)
        return bytes(image)

    def plan_says(self, path):
        return self.run_program("plan", "grid.yaml", "-o", path.name).stdout

    def check_cut(self, image, name):
        """Rows that are marked final and are not whole are found by `check`, counted, and trained again."""
        path = self.folder / name
        path.write_bytes(image)
        found = rows.final_rows(path)
        broken = [key for key in found if found[key] != self.truth.get(key)]
        if broken:
            self.assertRegex(self.plan_says(path), rf"\b{len(broken)} damaged")
        self.run_program("run", "grid.yaml", "-q", "-o", name)
        self.assertTrue(datasets(path) == self.whole)
        path.unlink()
        self.broken.extend(broken)  # from two threads

    def test_power_cuts(self):
        self.calls("cut.h5")
        inode = (self.folder / "cut.h5").stat().st_ino
        records = [record for record in read_journal(self.folder / "journal") if record[1] == inode]
        image = bytearray()
        for record in records:
            apply(image, record)
        self.assertTrue(bytes(image) == (self.folder / "cut.h5").read_bytes(), "the journal is not the file")
        published = next(i for i, record in enumerate(records) if record[0] == SYNC)
        rng = random.Random(3)
        # The end is tried more often: there /cells and the state are written.
        last = len(records) - 1
        cuts = [rng.randint(published + 1, last) if i % 3 else last - i % 2 for i in range(400 if ALL else 90 // FEWER // 2)]
        self.broken = []

        def check(i, cut):
            # A series of its own for each: the order in which they run does not matter.
            own = random.Random(i)
            self.check_cut(self.after_a_cut(records, cut, own.choice([0.1, 0.5, 0.9, 0.98]), own), f"cut{i}.h5")

        self.each(enumerate(cuts), check)
        print(f"{len(cuts)} power cuts; {len(self.broken)} rows that were marked final and not whole were found")
        self.assertGreater(len(self.broken), 0)


if __name__ == "__main__":
    system.main()
