"""Whatever stands in the place of a file (data, init_file, order_file, a file of splits): a damaged one that crashes the
library that reads it, a small one that asks for gigabytes or never ends, a device, a folder, a socket. Each gives a
message and exit code 3, in time and in memory."""
import os
import resource
import socket
import struct
import subprocess

import h5py
import numpy as np

import system

BASE = "hidden: [2], output: sigmoid, loss: mse, epochs: 2"
DOORS = {
    "data": "data: {{file: {file}}}\nbase: {{hidden: [2], epochs: 2}}\n",
    "init_file": "data: {{builtin: xor}}\nbase: {{" + BASE + ", batch_size: full, init_file: {file}}}\n",
    "order_file": "data: {{builtin: xor}}\nbase: {{" + BASE + ", batch_size: 2, order_file: {file}}}\n",
    "split": "data: {{builtin: moons, rows: 20, split: {{file: {file}}}}}\nbase: {{hidden: [2], epochs: 2}}\n",
}


def crashing(path):
    """HDF5 1.10 believes the length of a text in a heap, and reads far beyond its memory."""
    with h5py.File(path, "w") as file:
        file.create_dataset("W1", data=["one", "two", "three", "four"], dtype=h5py.string_dtype())
        for name in ("X", "y", "order", "split"):
            file[name] = file["W1"]
    content = bytearray(path.read_bytes())
    heap = content.index(b"GCOL")
    content[heap + 24:heap + 32] = struct.pack("<Q", 1 << 40)
    path.write_bytes(content)


def element(kind, content):
    return struct.pack("<II", kind, len(content)) + content + b"\0" * (-len(content) % 8)


def greedy(path):
    """A MATLAB file of a few hundred bytes: a cell array with room for many millions of cells, and one in it."""
    header = b"MATLAB 5.0 MAT-file".ljust(124, b" ") + struct.pack("<HH", 0x100, 0x4d49)
    cells = (element(6, struct.pack("<II", 1, 0)) + element(5, struct.pack("<ii", 1, 100_000_000))
             + element(1, b"X") + element(14, b""))
    path.write_bytes(header + element(14, cells))


class Shield(system.SystemTest):
    def check(self, door, file, says):
        self.write("grid.yaml", DOORS[door].format(file=file))
        done = subprocess.run([system.PROGRAM, "check", "grid.yaml"], cwd=self.folder, capture_output=True, text=True,
                              timeout=60)
        self.assertEqual(done.returncode, 3, f"{door} {file}:\n{done.stderr}")
        self.assertRegex(done.stderr, says, f"{door} {file}")
        self.assertIn(str(file), done.stderr)

    def test_a_crash_of_the_library_is_a_message(self):
        crashing(self.folder / "bad.h5")
        for door in DOORS:
            with self.subTest(door=door):
                self.check(door, "bad.h5", "damaged")

    def test_only_files_are_data(self):
        (self.folder / "folder").mkdir()
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(self.folder / "socket"))
            os.mkfifo(self.folder / "pipe")
            for door in DOORS:
                for file, kind in (("/dev/zero", "device"), ("folder", "folder"), ("socket", "socket"), ("pipe", "pipe")):
                    with self.subTest(door=door, file=file):
                        if (door, kind) != ("data", "pipe"):  # which is read
                            self.check(door, file, f"is a {kind}; name a file")

    def test_little_memory_for_a_little_file(self):
        greedy(self.folder / "greedy.mat")
        with h5py.File(self.folder / "greedy.h5", "w") as file:
            for name, shape in (("X", (10**8, 4)), ("W1", (10**8, 4)), ("order", (10**8, 4)), ("split", (10**8, 20))):
                file.create_dataset(name, shape=shape, dtype="f8", chunks=(10**6, 4), compression="gzip")
                file[name][:1] = 1
        for door in DOORS:
            for file in ("greedy.mat", "greedy.h5"):
                if door != "order_file" or file == "greedy.h5":
                    with self.subTest(door=door, file=file):
                        self.check(door, file, ": ")
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
        if "NNGRID_FAULTS_FEW" not in os.environ:
            self.assertLess(peak, 500, f"MB for files of {(self.folder / 'greedy.h5').stat().st_size} bytes")


if __name__ == "__main__":
    system.main()
