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

    # ---- what users put into the file ----

    def annotate(self, path):
        """Adds what users add, and returns the names of it."""
        with h5py.File(path, "r+") as file:
            file.attrs["note"] = "good one"
            file.attrs["numbers"] = [1.5, 2.5]
            file["runs"].attrs["who"] = ["me", "you"]
            file["runs/key"].attrs["why"] = np.int16(3)
            file["runs/mine"] = np.arange(6)
            mine = file.create_group("mine")
            mine["words"] = ["a", "b"]
            mine["table"] = np.zeros(3, dtype=[("a", "i4"), ("b", "S3")])
            mine["deep/four"] = np.arange(16.0).reshape(2, 2, 2, 2)
            mine["type"] = np.dtype("f4")
            mine["empty"] = h5py.Empty("f4")
            mine["link"], mine["nowhere"] = h5py.SoftLink("/runs/key"), h5py.SoftLink("/gone")
            mine["outside"] = h5py.ExternalLink("other.h5", "/a")
            mine.create_dataset("packed", data=np.arange(1000), chunks=(100,), compression="gzip")
            mine.attrs["key"] = file["runs/key"].ref
            mine["rows"] = np.zeros(6)
            mine["rows"].dims[0].attach_scale(file["runs/run"])
            file["set/x"], file["set/y"] = np.arange(4), np.arange(4.0)
            file["set/x"].make_scale("x")
            file["set/y"].dims[0].attach_scale(file["set/x"])

    def assert_annotated(self, path):
        with h5py.File(path, "r") as file:
            self.assertEqual((file.attrs["note"], list(file.attrs["numbers"])), ("good one", [1.5, 2.5]))
            self.assertEqual((list(file["runs"].attrs["who"]), file["runs/key"].attrs["why"]), (["me", "you"], 3))
            mine = file["mine"]
            self.assertEqual(file["runs/mine"][:].tolist(), list(range(6)))
            self.assertEqual(list(mine["words"].asstr()), ["a", "b"])
            self.assertEqual(mine["table"].dtype.names, ("a", "b"))
            self.assertEqual(mine["deep/four"][1, 1, 1, 1], 15)
            self.assertEqual(mine["type"].dtype, np.dtype("f4"))
            self.assertIsNone(mine["empty"].shape)
            self.assertEqual([type(mine.get(name, getlink=True)) for name in ("link", "nowhere", "outside")],
                             [h5py.SoftLink, h5py.SoftLink, h5py.ExternalLink])
            self.assertEqual(mine["link"][:].tolist(), file["runs/key"][:].tolist())
            self.assertEqual((mine["packed"].compression, mine["packed"][999]), ("gzip", 999))
            self.assertEqual(mine["rows"].shape, (6,))
            self.assertEqual(file["set/y"].dims[0][0], file["set/x"])

    def assert_only_annotated(self, plain, path):
        """Without what the user added, the file is as it would be."""
        with h5py.File(path, "r+") as file:
            for name in ("mine", "set", "runs/mine"):
                del file[name]
            for thing, name in ((file, "note"), (file, "numbers"), (file["runs"], "who"), (file["runs/key"], "why")):
                del thing.attrs[name]
        self.assert_same_files(plain, path)

    def test_what_users_added_is_carried_over(self):
        shutil.copy(self.folder / "x.h5", self.folder / "plain.h5")
        self.run_program("run", "grown.yaml", "-q", "-o", "plain.h5")
        self.annotate(self.folder / "x.h5")
        self.run_program("run", "grid.yaml", "-q", "-o", "x.h5")
        self.assert_annotated(self.folder / "x.h5")
        self.run_program("run", "grown.yaml", "-q", "-o", "x.h5")
        self.assert_annotated(self.folder / "x.h5")
        subprocess.run(["h5dump", "-H", self.folder / "x.h5"], check=True, capture_output=True)
        self.run_program("run", "grown.yaml", "-q", "-o", "x.h5", "--set", "epochs=20")
        self.assert_annotated(self.folder / "x.h5")
        self.run_program("run", "grown.yaml", "-q", "-o", "x.h5", "--prune")
        self.assert_only_annotated(self.folder / "plain.h5", self.folder / "x.h5")

    def test_merge_takes_the_notes_of_all_shards(self):
        for i in (1, 2):
            self.run_program("run", "grid.yaml", "-q", "--shard", f"{i}/2", "-o", f"{i}.h5")
            with h5py.File(self.folder / f"{i}.h5", "r+") as file:
                file.attrs[f"note{i}"] = file.attrs["note"] = i
                file[f"mine{i}/a"] = [i]
        self.run_program("merge", "grid.yaml", "1.h5", "2.h5", "-o", "all.h5")
        with h5py.File(self.folder / "all.h5") as file:
            self.assertEqual([file.attrs[name] for name in ("note", "note1", "note2")], [1, 1, 2])
            self.assertEqual([file["mine1/a"][0], file["mine2/a"][0]], [1, 2])


if __name__ == "__main__":
    system.main()
