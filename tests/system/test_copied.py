"""Tests that a results file which its user repacked, copied or annotated is read and grown, and loses nothing that is
not nngrid's."""
import shutil
import subprocess

import h5py
import numpy as np
import system

GRID = "data: {builtin: xor}\nrepeats: 3\nbase: {epochs: 10, hidden: [2]}\ngrid: {learning_rate: [%s]}\n"


def repacked(*options):
    def make(old, new):
        subprocess.run(["h5repack", *options, old, new], check=True, capture_output=True)
    return make


def copied_objects(old, new):
    """Copies each object and the attributes of the root, which no tool does in one call, without order of creation."""
    with h5py.File(old, "r") as a:
        for name in a:
            subprocess.run(["h5copy", "-i", old, "-o", new, "-s", name, "-d", name], check=True, capture_output=True)
        with h5py.File(new, "a") as b:
            for name, value in a.attrs.items():
                b.attrs[name] = value


WAYS = {"h5repack": repacked(), "h5repack packed": repacked("-f", "GZIP=4"), "h5repack compact": repacked("-l", "COMPA"),
        "h5copy": copied_objects}


class Copied(system.SystemTest):
    def setUp(self):
        super().setUp()
        self.write("grid.yaml", GRID % "0.1, 0.2")
        self.write("grown.yaml", GRID % "0.1, 0.2, 0.3")
        self.run_program("run", "grid.yaml", "-q", "-o", "x.h5")
        self.program_contents = system.contents(self.folder / "x.h5")

    def test_a_copied_file_is_read_and_grown(self):
        exported = self.run_program("export", "x.h5").stdout
        shutil.copy(self.folder / "x.h5", self.folder / "plain.h5")
        self.run_program("run", "grown.yaml", "-q", "-o", "plain.h5")
        for way, make in WAYS.items():
            with self.subTest(way=way):
                path = self.folder / "copy.h5"
                path.unlink(missing_ok=True)
                make(self.folder / "x.h5", path)
                self.assertEqual(self.run_program("export", path).stdout, exported)
                said = self.run_program("run", "grid.yaml", "-o", path)
                self.assertIn("nothing to train: all 6 runs", said.stdout + said.stderr)
                self.run_program("run", "grown.yaml", "-q", "-o", path)
                self.assert_same_files(self.folder / "plain.h5", path)


if __name__ == "__main__":
    system.main()
