"""Tests a writer's locks on NFS, where flock() uses the same locks as fcntl(): faults.c imitates the file system."""
import fcntl
import os
import signal
import struct
import subprocess
import time
import unittest

import rows
import system

LIBRARY = os.environ.get("NNGRID_FAULTS", "")
GRID = """
name: nfs
repeats: 40
data: {builtin: moons, rows: 200}
base: {hidden: [64, 64], epochs: 1200, batch_size: 8} # too large for lanes: it takes its time
record: {every: 100}
"""
F_OFD_GETLK = 36
FLOCK = "hhqqi4x"


def lock_on(path):
    """Returns the lock that keeps a writer away from the file: F_WRLCK, F_RDLCK or F_UNLCK."""
    with open(path, "rb") as file:
        query = struct.pack(FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        return struct.unpack(FLOCK, fcntl.fcntl(file, F_OFD_GETLK, query))[0]


@unittest.skipUnless(LIBRARY, "NNGRID_FAULTS names no library")
class Nfs(system.SystemTest):
    def setUp(self):
        super().setUp()
        self.write("grid.yaml", GRID)
        self.path, self.lock = self.folder / "out" / "x.h5", self.folder / "out" / "x.h5.lock"
        self.environment = system.with_faults(LIBRARY, NNGRID_FAULT_NFS="1")

    def start_nfs(self, *options):
        log = open(self.folder / "log", "ab")
        self.addCleanup(log.close)
        process = subprocess.Popen([system.PROGRAM, "run", "grid.yaml", "-q", "-o", self.path, *options], cwd=self.folder,
                                   env=self.environment, stdout=log, stderr=log)
        self.addCleanup(process.kill)
        return process

    def run_nfs(self, *arguments, code=0):
        done = subprocess.run([system.PROGRAM, *arguments], cwd=self.folder, env=self.environment, capture_output=True,
                              text=True)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def begin(self):
        process = self.start_nfs()
        self.assertTrue(rows.wait(lambda: rows.count(self.path)[0] > 0, process), (self.folder / "log").read_text())
        return process

    def test_the_lock_is_beside_the_file(self):
        process = self.begin()
        self.assertEqual(lock_on(self.lock), fcntl.F_WRLCK)
        self.assertEqual(lock_on(self.path), fcntl.F_RDLCK)  # readers come in, HDF5's writers do not
        refused = self.run_nfs("run", "grid.yaml", "-q", "-o", self.path, code=3)
        self.assertIn(f"is being written by another nngrid (pid {process.pid})", refused.stderr)
        self.assertIn('"state": "running"', self.run_nfs("status", self.path, "--json").stdout)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(), 75)
        self.assertFalse(self.lock.exists())
        self.assertIn('"state": "stopped"', self.run_nfs("status", self.path, "--json").stdout)

    def test_the_lock_of_a_killed_writer_is_taken(self):
        process = self.begin()
        process.kill()
        process.wait()
        self.assertTrue(self.lock.exists())
        self.assertEqual(lock_on(self.lock), fcntl.F_UNLCK)
        self.assertIn('"state": "interrupted"', self.run_nfs("status", self.path, "--json").stdout)
        before = rows.final_rows(self.path)
        process = self.start_nfs()
        rows.wait(lambda: rows.count(self.path)[0] > len(before), process)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(), 75, (self.folder / "log").read_text())
        after = rows.final_rows(self.path)
        self.assertEqual({key: after.get(key) for key in before}, before)
        self.assertFalse(self.lock.exists())

    def test_a_file_that_grows_and_ends(self):
        """The new file takes the place of the old one under the same lock; half-made ones are cleared away."""
        self.run_nfs("run", "grid.yaml", "-q", "-o", self.path, "--set", "epochs=3", "--set", "repeats=2")
        left_over = self.path.with_name("x.h5.tmp-123-0")
        left_over.write_bytes(b"half")
        self.run_nfs("run", "grid.yaml", "-q", "-o", self.path, "--set", "epochs=3", "--set", "repeats=3")
        self.assertEqual(rows.count(self.path), (3, 3))
        self.assertFalse(left_over.exists() or self.lock.exists())
        self.run_program("run", "grid.yaml", "-q", "-o", "plain.h5", "--set", "epochs=3", "--set", "repeats=3")
        self.assert_same_files(self.folder / "plain.h5", self.path)

    def test_one_of_many_at_once(self):
        """Eight processes start at the same moment: one writes, the others name it, and leave no file."""
        processes = [self.start_nfs("--set", "epochs=400000") for _ in range(8)]
        end = time.monotonic() + 30
        while sum(process.poll() is None for process in processes) > 1 and time.monotonic() < end:
            time.sleep(0.01)
        running = [process for process in processes if process.poll() is None]
        self.assertEqual(len(running), 1, (self.folder / "log").read_text())
        self.assertEqual([process.returncode for process in processes if process not in running], [3] * 7)
        self.assertEqual((self.folder / "log").read_text().count("is being written by another nngrid"), 7)
        running[0].send_signal(signal.SIGTERM)
        self.assertEqual(running[0].wait(), 75)
        self.assertEqual([path.name for path in self.path.parent.iterdir()], ["x.h5"])

    def test_a_folder_that_cannot_hold_the_lock(self):
        self.path.parent.mkdir()
        self.lock.mkdir()
        refused = self.run_nfs("run", "grid.yaml", "-q", "-o", self.path, code=3)
        self.assertRegex(refused.stderr, r"x.h5.lock: cannot make it: .*NFS.*choose another -o")
        self.assertFalse(self.path.exists())


if __name__ == "__main__":
    system.main()
