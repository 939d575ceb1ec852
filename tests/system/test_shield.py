"""Whatever stands in the place of a file (data, init_file, order_file, a file of splits): a damaged one that crashes the
library that reads it, a small one that asks for gigabytes or never ends, a device, a folder, a socket. Each gives a
message and exit code 3, in time and in memory. What comes through a pipe is data as in a file."""
import os
import resource
import socket
import struct
import subprocess
import threading
import time

import h5py
import numpy as np
import scipy.io

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
                        if (door, kind) != ("data", "pipe"):  # which Pipes reads
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


class Pipes(system.SystemTest):
    ARRAYS = ("data.target={inputs: X, targets: y}",)

    def setUp(self):
        super().setUp()
        rng = np.random.default_rng(5)
        self.x = rng.random((4000, 3))  # of more bytes than a pipe holds
        self.y = np.arange(4000) % 3
        self.table = np.column_stack([self.x, self.y])
        np.savetxt(self.folder / "table.csv", self.table, "%.17g", delimiter=",", header="a,b,c,y", comments="")

    def write_formats(self):
        np.save(self.folder / "table.npy", self.table)
        np.save(self.folder / "records.npy", np.rec.fromarrays([*self.x.T, self.y], names="a,b,c,y"))
        np.savez(self.folder / "arrays.npz", X=self.x, y=self.y)
        scipy.io.savemat(self.folder / "arrays.mat", {"X": self.x, "y": self.y[:, None]}, do_compression=True)
        with h5py.File(self.folder / "arrays.h5", "w", userblock_size=512) as file:
            file["X"], file["y"] = self.x, self.y

    def fill(self, path, content):
        """Writes into a pipe as soon as it is opened, and closes it."""
        thread = threading.Thread(target=path.write_bytes, args=(content,))
        thread.start()
        self.addCleanup(thread.join)

    def named(self, name, content):
        pipe = self.folder / name
        if not pipe.exists():
            os.mkfifo(pipe)
        self.fill(pipe, content)
        return pipe

    def piped(self, *arguments, content=b"", code=0):
        done = subprocess.run([system.PROGRAM, *map(str, arguments)], cwd=self.folder, input=content, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, code, done.stderr)
        return (done.stdout if code == 0 else done.stderr).decode()

    def described(self, *arguments, content=b""):
        return [line for line in self.piped("data", *arguments, content=content).split("\n")[1:] if line]

    def test_every_format_through_every_pipe(self):
        self.write_formats()
        for file in ("table.csv", "table.npy", "records.npy", "arrays.npz", "arrays.mat", "arrays.h5"):
            content = (self.folder / file).read_bytes()
            expected = self.described(file)
            self.assertIn("rows     4000", expected)
            for path in ("-", "/dev/stdin", "/dev/fd/0"):
                with self.subTest(file=file, path=path):
                    self.assertEqual(self.described(path, content=content), expected)
            with self.subTest(file=file, path="named"):
                self.assertEqual(self.described(self.named("pipe", content)), expected)

    def test_what_a_pipe_cannot_give_is_refused(self):
        with h5py.File(self.folder / "arrays.mat", "w", userblock_size=512) as file:
            file["X"], file["y"] = self.x.T, self.y[None]
        content = bytearray((self.folder / "arrays.mat").read_bytes())
        content[:128] = b"MATLAB 7.3 MAT-file".ljust(124, b" ") + struct.pack("<HH", 0x200, 0x4d49)
        self.assertIn("/dev/stdin: is a MATLAB file of version 7.3, which cannot be read from a pipe; name a file",
                      self.piped("data", "-", content=bytes(content), code=3))

    def test_a_socket_as_standard_input(self):
        content = (self.folder / "table.csv").read_bytes()[:100_000].rsplit(b"\n", 1)[0]
        ours, theirs = socket.socketpair()
        thread = threading.Thread(target=lambda: (ours.sendall(content), ours.close()))
        thread.start()
        done = subprocess.run([system.PROGRAM, "data", "-"], stdin=theirs, capture_output=True, text=True, timeout=60)
        thread.join()
        theirs.close()
        self.assertIn(f"rows     {content.count(10)}", done.stdout, done.stderr)

    def test_a_grid_of_pipes_and_new_data_from_one(self):
        base = "base: {hidden: [2], epochs: 2}\n"
        content = (self.folder / "table.csv").read_bytes()
        self.write("grid.yaml", "data: {file: table.csv}\n" + base)
        self.run_program("run", "grid.yaml", "-q", "-o", "file.h5")
        self.write("grid.yaml", "data: {file: table.pipe}\n" + base)
        self.named("table.pipe", content)
        self.run_program("run", "grid.yaml", "-q", "-o", "pipe.h5")
        with h5py.File(self.folder / "file.h5") as one, h5py.File(self.folder / "pipe.h5") as other:
            self.assertEqual(one["runs/key"][0], other["runs/key"][0])
            self.assertEqual(one["runs/check"][0], other["runs/check"][0])
        expected = self.run_program("predict", "file.h5", "table.csv", "--run", 0).stdout
        for results in ("file.h5", "pipe.h5"):
            self.assertEqual(self.piped("predict", results, "-", "--run", 0, content=content), expected)
        self.write_formats()
        np.save(self.folder / "first.npy", np.column_stack([self.y, self.x]))  # the ids before the inputs
        for file, column in (("table.csv", "y"), ("table.npy", "3"), ("arrays.npz", "y"), ("first.npy", "0")):
            with self.subTest(file=file):  # y tells no rows apart, but that is the user's affair
                rows = self.run_program("predict", "file.h5", file, "--run", 0, "--id", column).stdout.split("\n")
                self.assertEqual([row.split(",", 1)[0] for row in rows[1:-1]], [str(y) for y in self.y])
                self.assertEqual([row.split(",", 1)[1] for row in rows[1:-1]], expected.split("\n")[1:-1])
        self.write("grid.yaml", "data: {file: '-'}\n" + base)
        self.piped("run", "grid.yaml", "-q", "-o", "input.h5", content=content)
        self.assertEqual(self.piped("predict", "input.h5", "-", "--run", 0, content=content), expected)
        self.assertEqual(self.piped("evaluate", "input.h5", "-", "--run", 0, content=content),
                         self.run_program("evaluate", "file.h5", "table.csv", "--run", 0).stdout.replace("table.csv", "stdin"))

    def test_a_grid_through_a_pipe(self):
        """Its files are those of the current folder; one that nobody writes is no hang."""
        self.write("table.csv", "a,y\n" + "1,0\n2,1\n" * 9)
        grid = "data: {file: table.csv, split: {train: all}}\nbase: {hidden: [2]}\n"
        self.assertIn("no mistakes", self.piped("check", "/dev/stdin", content=grid.encode()))
        pipe = self.folder / "grid"
        os.mkfifo(pipe)
        self.assertIn("the grid grid is a pipe that no program has opened", self.piped("check", "grid", code=2))
        self.fill(pipe, grid.encode())
        self.assertIn("no mistakes", self.piped("check", "grid"))

    def test_a_slow_writer_is_waited_for(self):
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)

        def write():
            with open(pipe, "wb", buffering=0) as file:
                time.sleep(0.5)
                file.write(b"a,y\n")
                time.sleep(0.5)
                file.write(b"1,2\n3,4\n")

        thread = threading.Thread(target=write)
        thread.start()
        self.assertIn("rows     2", self.described(pipe))
        thread.join()

    def test_a_pipe_without_a_writer_or_without_bytes(self):
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        began = time.monotonic()
        self.assertIn("pipe: is a pipe that no program has opened for writing in 5 s; start the one",
                      self.piped("data", "pipe", code=3))
        self.assertLess(time.monotonic() - began, 9)
        self.fill(pipe, b"")
        self.assertIn("pipe: is empty", self.piped("data", "pipe", code=3))
        self.assertIn("/dev/stdin: is empty", self.piped("data", "-", code=3))

    def test_errors_name_the_pipe_and_the_line(self):
        self.assertIn("/dev/stdin:3:1: 'x' is not a number", self.piped("data", "-", "--set", "data.decimal=point",
                                                                         content=b"a,y\n1,2\nx,4\n5,6\n", code=3))
        self.assertIn("- is a pipe, and a grid must name a file", self.piped("init", "-", code=3))


if __name__ == "__main__":
    system.main()
