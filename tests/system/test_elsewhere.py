"""Gives data in HDF5 and MATLAB 7.3 files whose values lie elsewhere: in external storage, behind links to other files or of
kinds that only their makers know, in virtual datasets of other files. Nobody who names one file means to read another, so
every door refuses, with the reason. What lies in the file itself is read, through whatever links and views."""
import json
import pathlib
import subprocess

import h5py
import numpy as np
import scipy.sparse

import system
import tables

X, Y = tables.table()
NUMBERS = np.ascontiguousarray(X, "f8")
DOORS = {  # what a grid, or a command, takes from HDF5 and MATLAB files; {} is the file
    "data": ("name: e\ndata: {{file: {}}}\nbase: {{hidden: [3], epochs: 1}}\n", "check grid.yaml"),
    "split": ("name: e\ndata: {{file: own.csv, split: {{file: {}}}}}\nbase: {{hidden: [3], epochs: 1}}\n", "check grid.yaml"),
    "order": ("name: e\ndata: {{file: own.csv, split: {{train: all}}}}\nbase: {{hidden: [3], epochs: 1, order_file: {}}}\n", "check grid.yaml"),
    "weights": ("name: e\ndata: {{file: own.csv}}\nbase: {{hidden: [3], epochs: 1, init_file: {}}}\n", "check grid.yaml"),
}
DOORS["theta"] = DOORS["weights"]
ARRAYS = {"data": "X", "split": "split", "order": "order", "weights": "W1", "theta": "Theta1"}
FILES = [(door, name) for door in DOORS for name in ("data.h5", "data.mat")
         if (door, name) not in (("weights", "data.mat"), ("theta", "data.h5"))]


def values_of(door):
    """The arrays of a sound file for this door."""
    n = len(NUMBERS)
    return {"data": {"X": NUMBERS, "y": Y.astype("f8")},
            "split": {"split": (np.arange(n) % 3).astype("f8").reshape(1, -1)},
            "order": {"order": np.arange(n).astype("f8").reshape(1, -1)},
            "weights": {"W1": np.ones((4, 3)), "b1": np.zeros(3), "W2": np.ones((3, 3)), "b2": np.zeros(3)},
            "theta": {"Theta1": np.ones((3, 5)), "Theta2": np.ones((3, 4))}}[door]


# ---- ways to have an array elsewhere, each (file, name, values, folder), the folder with other.h5 and other.raw ----


def external_storage(file, name, values, folder):
    file.create_dataset(name, shape=values.shape, dtype="f8", external=[(str(folder / "other.raw"), 0, values.nbytes)])


def external_storage_beside(file, name, values, folder):
    file.create_dataset(name, shape=values.shape, dtype="f8", external=[("other.raw", 0, values.nbytes)])


def external_link(file, name, values, folder):
    file[name] = h5py.ExternalLink("other.h5", "/array")


def external_link_behind_a_soft_one(file, name, values, folder):
    file["outside"] = h5py.ExternalLink(str(folder / "other.h5"), "/array")
    file[name] = h5py.SoftLink("/outside")


def group_behind_an_external_link(file, name, values, folder):
    file["outside"] = h5py.ExternalLink("other.h5", "/")
    file[name] = h5py.SoftLink("/outside/array")


def view(file, name, shape, *sources):
    layout = h5py.VirtualLayout(shape=shape, dtype="f8")
    for where, dataset in sources:
        layout[:] = h5py.VirtualSource(where, dataset, shape=shape)
    file.create_virtual_dataset(name, layout, fillvalue=0)


def virtual(file, name, values, folder):
    view(file, name, values.shape, ("other.h5", "array"))


def virtual_by_its_path(file, name, values, folder):
    view(file, name, values.shape, (str(folder / "other.h5"), "array"))


def virtual_of_the_same_name(file, name, values, folder):
    """A file of the same name in another folder."""
    file["array"] = np.zeros(values.shape)
    view(file, name, values.shape, (str(folder / "sub" / pathlib.Path(file.filename).name), "array"))


def virtual_of_the_same_name_below(file, name, values, folder):
    file["array"] = np.zeros(values.shape)
    view(file, name, values.shape, ("sub/" + pathlib.Path(file.filename).name, "array"))


def virtual_of_a_long_name(file, name, values, folder):
    """Whoever reads but the first 1023 bytes of the name takes it for this file."""
    own = pathlib.Path(file.filename).name
    front = (str(folder / "sub") + "/" * 2000)[:1023 - len(own)] + own
    file["array"] = np.zeros(values.shape)
    view(file, name, values.shape, (front + "/../../other.h5", "array"))


def virtual_of_an_external_link(file, name, values, folder):
    file["outside"] = h5py.ExternalLink("other.h5", "/array")
    view(file, name, values.shape, (".", "outside"))


def virtual_of_external_storage(file, name, values, folder):
    external_storage(file, "stored", values, folder)
    view(file, name, values.shape, (".", "stored"))


def virtual_of_a_virtual(file, name, values, folder):
    virtual(file, "first", values, folder)
    view(file, name, values.shape, (".", "first"))


def virtual_of_a_long_dataset(file, name, values, folder):
    """Likewise of the name of a dataset."""
    file["n" * 255] = np.zeros(values.shape)
    external_storage(file, "n" * 300, values, folder)
    view(file, name, values.shape, (".", "n" * 300))


def user_defined_link(file, name, values, folder):
    """A link to another file becomes one of a type that nobody has registered: see patch."""
    file[name] = h5py.ExternalLink("other.h5", "/array")


def patch(path):
    """Gives each external link of the file another type: 64 becomes 71, behind version and flags of its message."""
    content = path.read_bytes()
    for flags in range(32):
        content = content.replace(bytes((1, flags | 8, 64)), bytes((1, flags | 8, 71)))
    path.write_bytes(content)


ELSEWHERE = [external_storage, external_storage_beside, external_link, external_link_behind_a_soft_one,
             group_behind_an_external_link, virtual, virtual_by_its_path, virtual_of_the_same_name,
             virtual_of_the_same_name_below, virtual_of_a_long_name, virtual_of_an_external_link, virtual_of_external_storage,
             virtual_of_a_virtual, virtual_of_a_long_dataset, user_defined_link]
REASONS = ("another file", "file outside", "has no dataset", "has no array", "not in the file", "sparse matrix that is damaged")


class Elsewhere(system.SystemTest):
    def setUp(self):
        super().setUp()
        self.write("own.csv", tables.text_rows(NUMBERS, Y, ","))

    def write_others(self, values):
        """The files outside, from which nothing may come."""
        (self.folder / "sub").mkdir(exist_ok=True)
        values.astype("f8").tofile(self.folder / "other.raw")
        for path in ("other.h5", "sub/data.h5", "sub/data.mat"):
            with h5py.File(self.folder / path, "w") as file:
                file["array"] = values

    def write_file(self, name, door, make=None):
        """A file for this door, as HDF5 or as MATLAB has it, one array of which is elsewhere."""
        path, matlab = self.folder / name, name.endswith(".mat")
        with h5py.File(path, "w", userblock_size=512 if matlab else 0) as file:
            for array, values in values_of(door).items():
                if matlab and door != "order":  # rows and columns lie the other way round
                    values = np.ascontiguousarray(np.atleast_2d(values.T))
                if make is not None and array == ARRAYS[door]:
                    self.write_others(values)
                    make(file, array, values, self.folder)
                else:
                    file[array] = values
                if matlab and isinstance(file.get(array, getlink=True), h5py.HardLink):
                    tables.mark_class(file[array], "double")
        if make is user_defined_link:
            patch(path)
        if matlab:
            tables.mark_mat73(path)
        return path

    def give(self, door, name):
        grid, words = DOORS[door]
        self.write("grid.yaml", grid.format(name))
        return subprocess.run([system.PROGRAM, *words.split()], cwd=self.folder, capture_output=True, text=True, timeout=60)

    def must_refuse(self, done, what):
        self.assertIn(done.returncode, (2, 3), f"{what}:\n{done.stdout}{done.stderr}")
        self.assertTrue(any(reason in done.stderr for reason in REASONS), f"{what}:\n{done.stderr}")

    def test_every_door_reads_a_sound_file(self):
        for door, name in FILES:
            with self.subTest(door=door, file=name):
                self.write_file(name, door)
                done = self.give(door, name)
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_no_door_reads_another_file(self):
        for door, name in FILES:
            for make in ELSEWHERE:
                with self.subTest(door=door, file=name, how=make.__name__):
                    self.write_file(name, door, make)
                    self.must_refuse(self.give(door, name), f"{door} {name} {make.__name__}")

    def test_commands_that_take_data(self):
        """Each command that takes a file of data without a grid."""
        self.write("own.yaml", DOORS["data"][0].format("own.csv"))
        self.run_program("run", "own.yaml", "-q", "-o", "out.h5")
        for name in ("data.h5", "data.mat"):
            for make in (external_storage, external_link, virtual, virtual_of_the_same_name):
                self.write_file(name, "data", make)
                for words in (["data", name], ["init", name], ["predict", "out.h5", name, "--run", "0"],
                              ["evaluate", "out.h5", name, "--run", "0"]):
                    with self.subTest(command=words[0], file=name, how=make.__name__):
                        done = subprocess.run([system.PROGRAM, *words], cwd=self.folder, capture_output=True, text=True, timeout=60)
                        self.must_refuse(done, f"{words} {make.__name__}")

    def test_a_link_is_named(self):
        self.write_file("data.h5", "data", external_link)
        self.assertRegex(self.give("data", "data.h5").stderr, "[Xy] is a link to another file, which is not followed")

    def test_labels_and_sparse_matrices(self):
        """y elsewhere, and the numbers of a sparse matrix of MATLAB."""
        for make in (external_storage, external_link, virtual):
            with self.subTest(how=make.__name__):
                self.write_others(Y.astype("f8"))
                with h5py.File(self.folder / "data.h5", "w") as file:
                    file["X"] = NUMBERS
                    make(file, "y", Y.astype("f8"), self.folder)
                self.must_refuse(self.give("data", "data.h5"), f"labels {make.__name__}")
                stored = scipy.sparse.csc_matrix(NUMBERS)
                tables.mat73_sparse(self.folder / "data.mat", NUMBERS, Y)
                self.write_others(stored.data)
                with h5py.File(self.folder / "data.mat", "a") as file:
                    del file["X/data"]
                    make(file["X"], "data", stored.data, self.folder)
                self.must_refuse(self.give("data", "data.mat"), f"sparse {make.__name__}")

    def test_cells_of_matlab(self):
        """Words of a cell array are datasets of their own, which the array refers to."""
        words = [f"w{int(y)}" for y in Y]
        for outside in (False, True):
            with self.subTest(outside=outside), h5py.File(self.folder / "data.mat", "w", userblock_size=512) as file:
                tables.matlab_array(file, "X", NUMBERS, "double")
                refs, places = file.create_group("#refs#"), []
                for i, word in enumerate(words):
                    codes = np.frombuffer(word.encode("utf-16-le"), "<u2").reshape(-1, 1)
                    if outside and i == 7:
                        codes.tofile(self.folder / "word.raw")
                        refs.create_dataset(f"r{i}", shape=codes.shape, dtype="u2", external=[("word.raw", 0, codes.nbytes)])
                    else:
                        refs[f"r{i}"] = codes
                    tables.mark_class(refs[f"r{i}"], "char")
                    places.append(refs[f"r{i}"].ref)
                file.create_dataset("y", data=np.array(places, dtype=h5py.ref_dtype).reshape(1, -1), dtype=h5py.ref_dtype)
                tables.mark_class(file["y"], "cell")
            tables.mark_mat73(self.folder / "data.mat")
            done = self.give("data", "data.mat")
            if outside:
                self.must_refuse(done, "a cell")
            else:
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_links_and_views_of_the_same_file_are_read(self):
        """Also a view by the path that the file had before it was moved."""
        np.savez(self.folder / "data.npz", X=NUMBERS, y=Y)
        expected = self.told("data.npz")

        def view_of(where):
            return lambda file: (file.create_dataset("kept", data=NUMBERS), view(file, "X", NUMBERS.shape, (where, "kept")))

        def soft(file):
            file["kept/array"], file["again"] = NUMBERS, h5py.SoftLink("/kept/array")
            file["X"] = h5py.SoftLink("again")

        def hard(file):
            file["kept"] = NUMBERS
            file["X"] = file["kept"]
        for how, make in (("soft", soft), ("hard", hard), ("view", view_of(".")), ("view by name", view_of("data.h5")),
                          ("view by path", view_of(str(self.folder / "data.h5"))), ("moved", view_of("/no/such/folder/data.h5"))):
            with self.subTest(how=how):
                with h5py.File(self.folder / "data.h5", "w") as file:
                    make(file)
                    file["y"] = Y
                self.assertEqual(self.told("data.h5"), expected)

    def told(self, name):
        self.write("grid.yaml", DOORS["data"][0].format(name))
        return json.loads(self.run_program("data", "grid.yaml", "--json").stdout)["digest"]

    def test_links_that_lead_nowhere(self):
        for how, target in (("in a circle", "/X"), ("missing", "/no/such")):
            with self.subTest(how=how):
                with h5py.File(self.folder / "data.h5", "w") as file:
                    file["X"], file["y"] = h5py.SoftLink(target), Y
                self.must_refuse(self.give("data", "data.h5"), how)


if __name__ == "__main__":
    system.main()
