"""Tests that the same table has the same digest, keys of runs and results in every format, and that parts in files of
their own give the same as one file with a column that names the part."""
import gzip
import json
import subprocess

import h5py
import numpy as np
import scipy.io
import scipy.sparse
import system
import tables


def csv_field(text):
    return '"' + text.replace('"', '""') + '"'


class Formats(system.SystemTest):
    def results(self, name, text, more=""):
        """Trains the grid on this file; returns the digest, the keys and every dataset of the results."""
        out = self.folder / "out.h5"
        out.unlink(missing_ok=True)
        self.write("grid.yaml", tables.grid(name, text, more))
        self.run_program("run", "grid.yaml", "-q", "-o", out)
        with h5py.File(out, "r") as file:
            digest, keys = int(file["data"].attrs["digest"]), file["runs/key"][:].tolist()
        found = system.contents(out, attributes=False)
        return digest, keys, found

    def assert_same(self, one, other, what):
        self.assertEqual(one[0], other[0], f"{what}: digest")
        self.assertEqual(one[1], other[1], f"{what}: keys of runs")
        self.assertEqual([name for name in sorted(one[2].keys() | other[2].keys())
                          if one[2].get(name) != other[2].get(name)], [], what)

    def each_format(self, real, more):
        """Returns [(name of the format, results)]."""
        X, y = tables.table(real=real)
        found = []
        for name, file, write, text in tables.FORMATS:
            write(self.folder / file, X, y)
            found.append((name, self.results(file, text, more)))
            (self.folder / file).unlink()
        return found

    def compare_all(self, real):
        # A Proben1 file has a split of its own; a split in the grid comes first.
        found = self.each_format(real, "  split: {train: 0.5, validation: 0.3, test: 0.2, stratify: true}\n")
        for name, results in found[1:]:
            with self.subTest(format=name):
                self.assert_same(found[0][1], results, name)

    def test_real_numbers(self):
        self.compare_all(True)

    def test_bytes(self):
        self.compare_all(False)

    def test_what_data_says_of_each(self):
        X, y = tables.table()
        digests = []
        for name, file, write, text in tables.FORMATS:
            with self.subTest(format=name):
                write(self.folder / file, X, y)
                self.write("grid.yaml", tables.grid(file, text))
                told = json.loads(self.run_program("data", "grid.yaml", "--json").stdout)
                self.assertEqual((told["rows"], len(told["inputs"]), told["task"]), (60, 4, "classification"))
                self.assertEqual(told["classes"], {"0": 20, "1": 20, "2": 20})
                self.assertEqual([(c["low"], c["high"]) for c in told["inputs"]],
                                 list(zip(X.min(axis=0), X.max(axis=0))))
                digests.append(told["digest"])
        self.assertEqual(len(set(digests)), 1)

    def test_missing_values(self):
        """NaN in arrays and an empty or marked field in text give the same table, filled in the same way."""
        X, y = tables.table()
        X[3, 0] = X[17, 2] = X[58, 3] = np.nan
        more = "  missing: median\n  split: {train: 0.5, validation: 0.5}\n"
        np.savez(self.folder / "data.npz", X=X, y=y)
        expected = self.results("data.npz", "", more)
        for name, file, write, text in tables.FORMATS:
            with self.subTest(format=name):
                write(self.folder / file, X, y)
                if file.startswith(("data.csv", "data.tsv", "data.dt")):
                    self.mark_missing(self.folder / file)
                self.assert_same(expected, self.results(file, text, more), name)

    def mark_missing(self, path):
        pack, unpack = (gzip.compress, gzip.decompress) if path.suffix == ".gz" else (bytes, bytes)
        path.write_bytes(pack(unpack(path.read_bytes()).replace(b"nan", b"?" if "dt" in path.name else b"")))

    # ---- other forms of the same numbers ----

    def told(self, file, text=""):
        self.write("grid.yaml", tables.grid(file, text))
        return json.loads(self.run_program("data", "grid.yaml", "--json").stdout)

    def test_types_and_orders_of_numbers(self):
        """Each form holds the same table, exactly, with a missing value where it can have one."""
        for real in (True, False):
            expected = self.told(tables.as_npz(lambda X, y: {"X": X, "y": y})(self.folder, *self.values(real)))["digest"]
            for form, write in tables.FORMS.items():
                with self.subTest(form=form, real=real):
                    name = write(self.folder, *self.values(real))
                    if name is not None:
                        self.assertEqual(self.told(name)["digest"], expected)

    def values(self, real):
        X, y = tables.table(real=real)
        if real:
            X[3, 0] = X[17, 2] = X[58, 3] = np.nan
        return X, y

    # ---- numbers that the program cannot hold ----

    def given(self, file, text="", base="", code=0):
        """What `check` says of a grid on this file."""
        self.write("grid.yaml", tables.grid(file, text).replace("base: {", "base: {" + base))
        return self.run_program("check", "grid.yaml", code=code).stderr

    def test_labels_beyond_doubles_are_never_merged(self):
        X, _ = tables.table()
        ids = np.array([2**53, 2**53 + 1, -2**53 - 1, 5])[np.arange(60) % 4]
        counts = {str(value): 15 for value in ids[:4]}
        rows = [",".join([*(f"{v:.17g}" for v in row), str(value)]) for row, value in zip(X, ids)]
        self.write("data.csv", "a,b,c,d,id\n" + "\n".join(rows) + "\n")
        records = np.zeros(60, [("a", "f8"), ("id", ">i8")])
        records["a"], records["id"] = X[:, 0], ids
        np.save(self.folder / "data.npy", records)
        np.savez(self.folder / "data.npz", X=X, y=ids.astype("U"))
        for file in ("data.csv", "data.npy", "data.npz"):
            with self.subTest(kept=file):
                told = self.told(file)
                self.assertEqual((told["classes"], told["warnings"]), (counts, []))
        for name in ("data.csv", "data.npy"):
            told = self.told(name, "target: a\n  task: regression\n  one_hot: [id]")
            self.assertEqual([c["words"] for c in told["inputs"] if c["name"] == "id"], [4])
        out = self.folder / "out.h5"
        self.write("grid.yaml", tables.grid("data.csv", ""))
        self.run_program("run", "grid.yaml", "-q", "-o", out)
        self.write("new.csv", "a,b,c,d,id\n" + "\n".join(rows[:20]) + "\n")
        report = json.loads(self.run_program("evaluate", out, "new.csv", "--run", 0, "--json").stdout)
        self.assertIn(str(2**53 + 1), json.dumps(report))
        self.write("new.csv", "a,b,c,d,id\n" + rows[0].replace(str(2**53), str(2**53 + 2)) + "\n")
        self.assertIn("is not one of the 4 classes", self.run_program("evaluate", out, "new.csv", "--run", 0, code=3).stderr)
        np.savez(self.folder / "data.npz", X=X, y=ids)
        np.savez(self.folder / "unsigned.npz", X=X, y=np.array([2**64 - 1, 2**64 - 2], "u8")[np.arange(60) % 2])
        np.save(self.folder / "X.npy", X)
        np.save(self.folder / "y.npy", ids)
        scipy.io.savemat(self.folder / "data.mat", {"X": X, "y": ids.reshape(-1, 1)})
        with h5py.File(self.folder / "data.h5", "w") as file:
            file["X"], file["y"] = X, ids
        for file, text in (("data.npz", ""), ("unsigned.npz", ""), ("data.mat", ""), ("data.h5", ""),
                           ("", "file: {inputs: X.npy, targets: y.npy}")):
            with self.subTest(refused=file):
                self.assertRegex(self.given(file, text, code=3), "label .* is beyond 2\\^53.*save the labels as text")
        np.save(self.folder / "ids.npy", np.c_[ids, np.arange(60) % 2])
        self.assertRegex(self.given("ids.npy", "one_hot: [0]", code=3), "1: .*beyond 2\\^53.*save .* as text")

    def test_categories_have_names_that_tell_them_apart(self):
        self.write("data.csv", "id,x,y\n" + "".join(f"{10**12 + i % 3},{i},{i % 2}\n" for i in range(30)))
        self.write("grid.yaml", tables.grid("data.csv", "one_hot: [id]"))
        self.run_program("run", "grid.yaml", "-q", "-o", "out.h5")
        with h5py.File(self.folder / "out.h5") as file:
            self.assertEqual(list(file["data"].attrs["input_names"]), [f"id={10**12 + i}" for i in range(3)] + ["x"])
        self.assertEqual(self.run_program("evaluate", "out.h5", "data.csv", "--run", 0).stderr, "")

    def test_numbers_beyond_float32(self):
        rows = [f"{i},{i * 1e37},{i % 2}" for i in range(30)]
        far, small = rows[:], rows[:]
        far[6], far[9], small[4] = "6,-1e39,0", "9,4e38,1", "4,1e-46,0"
        header = "a,b,y"
        for text, words in (([header, *far], "data.csv:8:2: -1e\\+39 is beyond float32 .*\\(column 'b'; 2 values\\)"),
                            (far, "data.csv:7:2: -1e\\+39 is beyond float32 .*\\(2 values\\)")):
            self.write("data.csv", "\n".join(text) + "\n")
            for base, code in (("", 3), ("precision: float32, ", 3), ("precision: float64, ", 0)):
                said = self.given("data.csv", "scale: none\n  accept: [unscaled, identifiers]", base, code=code)
                self.assertRegex(said, words + "; set precision: float64.* scale: standardize" if code else "^$")
            self.assertEqual(self.given("data.csv", "scale: standardize\n  accept: [identifiers]"), "")
            self.assertIn("is beyond float32", str(self.told("data.csv", "accept: [unscaled]")["warnings"]))
        both = tables.grid("data.csv", "scale: none").replace("grid: {", "grid: {precision: [float64, float32], ")
        self.write("grid.yaml", both)
        self.assertIn("is beyond float32", self.run_program("check", "grid.yaml", code=3).stderr)
        self.write("grid.yaml", both.replace("  scale: none\n", "").replace("[float64, float32]", "[float64]").replace(
            "grid: {", "grid: {data.scale: [none, standardize], "))
        self.run_program("check", "grid.yaml")
        self.write("grid.yaml", both.replace("scale: none", "scale: 0.001").replace("-1e39", "1").replace("4e38", "1"))
        self.assertIn("is beyond float32", self.run_program("check", "grid.yaml", code=3).stderr)
        self.write("data.csv", "\n".join([header, *small]) + "\n")
        text = "scale: none\n  accept: [unscaled, identifiers]"
        self.assertRegex(self.given("data.csv", text), "data.csv:6:2: .*1e-46 becomes 0 in float32.*set precision: float64")
        self.assertEqual(self.given("data.csv", text.replace("]", ", precision]")), "")
        self.assertEqual(self.given("data.csv", text, "precision: float64, "), "")
        self.write("data.csv", "time,b,y\n" + "".join(f"{1600000000 + i},{i / 30},{i % 2}\n" for i in range(30)))
        text = "accept: [unscaled, identifiers]"
        self.assertRegex(self.given("data.csv", text), "all values \\(column 'time'; from .*\\) are one number in float32; set scale: standardize")
        self.assertEqual(self.given("data.csv", text + "\n  scale: minmax"), "")
        self.write("data.csv", "a,y\n" + "".join(f"{i / 30},{i}e38\n" for i in range(30)))
        text = "task: regression\n  scale_target: "
        self.assertRegex(self.given("data.csv", text + "none", code=3), "data.csv:6:2: 4e\\+38 is beyond float32.*scale_target")
        self.assertEqual(self.given("data.csv", text + "standardize"), "")
        np.savez(self.folder / "data.npz", X=np.array([[1, 2], [1e39, 3]] * 10), y=np.arange(20) % 2)
        self.assertRegex(self.given("data.npz", "scale: none", code=3), "data.npz:2:1: 1e\\+39 is beyond float32")
        self.write("data.csv", "a,b,y\n" + "".join(f"{i - 15}e200,{i},{i % 2}\n" for i in range(30)))
        self.assertRegex(self.given("data.csv", "scale: standardize", code=3), "goes from -1.5e\\+201 to 1.4e\\+201.*other unit")

    # ---- records ----

    WORDS = ["gr\u00fcn", "rot, 'hell'", 'blau "5"']

    def records(self, kinds, align=False):
        """An array with a column of each kind, a part and a label of text, and the same table as CSV."""
        names = [f"f{i} \u00f6" for i in range(len(kinds))]
        made = np.zeros(60, np.dtype([*zip(names, kinds), ("part", "U10"), ("label", "S12" if align else ">U12")], align=align))
        generator = np.random.default_rng(4)
        for name, kind in zip(names, kinds):
            made[name] = generator.integers(0, 2 if kind == "?" else 100, 60) / (8 if "f" in kind else 1)
        made["part"] = np.array(["train", "validation", "test"])[np.arange(60) // 20]
        labels = np.array(self.WORDS)[np.arange(60) * 7 % 3]
        made["label"] = [label.encode() for label in labels] if align else labels
        text = [",".join([*names, "part", "label"])]
        for row, label in zip(made, labels):
            text.append(",".join([f"{float(row[name]):.17g}" for name in names] + [str(row["part"]), csv_field(label)]))
        return made, "\n".join(text) + "\n"

    def test_records_are_tables_with_names(self):
        more = "  split: {column: part}\n  target: label\n"
        for kinds, align, shape in ((["f8"], False, (60,)), (["<f4", ">i2", "?", "u1", ">f8"], True, (60, 1)),
                                    (["f2", "i8", ">u4", "i1"], False, (1, 60)), (["i1", ">f2", "u8"], True, (60,))):
            with self.subTest(kinds=kinds, align=align):
                made, text = self.records(kinds, align)
                self.write("data.csv", text)
                np.save(self.folder / "data.npy", made.reshape(shape))
                self.assert_same(self.results("data.csv", "", more), self.results("data.npy", "", more), "records")
                with h5py.File(self.folder / "out.h5") as file:
                    self.assertEqual(list(file["data"].attrs["input_names"]), list(made.dtype.names[:-2]))
                    self.assertEqual(sorted(file["data"].attrs["class_names"]), sorted(self.WORDS))

    def test_records_as_other_programs_make_them(self):
        """Names with quotes, titles, padding of all kinds, missing numbers, words as inputs, and a forecast by name."""
        kind = np.dtype({"names": ["it's", 'a "b"', "back\\slash", "word", "y"],
                         "formats": ["f8", ">i4", "u8", "U3", "i8"], "offsets": [8, 20, 24, 40, 56], "itemsize": 72})
        made = np.zeros(60, kind)
        made["it's"] = np.where(np.arange(60) % 7 == 3, np.nan, np.arange(60) / 8)
        made['a "b"'], made["back\\slash"] = np.arange(60) - 30, np.arange(60) % 5
        made["word"], made["y"] = np.array(["a", "bb", ""])[np.arange(60) % 3], np.arange(60) % 2
        np.save(self.folder / "data.npy", made)
        import pandas
        pandas.DataFrame({name: made[name] for name in kind.names}).to_csv(self.folder / "data.csv", index=False)
        more = "one_hot: text\n  missing: drop"
        self.assertEqual(self.told("data.npy", more)["digest"], self.told("data.csv", more)["digest"])
        out = self.folder / "out.h5"
        self.write("grid.yaml", tables.grid("data.npy", more))
        self.run_program("run", "grid.yaml", "-q", "-o", out)
        few = made[(np.arange(60) % 3 < 2) & ~np.isnan(made["it's"])]
        back = np.zeros(len(few), [(name, kind[name]) for name in reversed(kind.names[:-1])])
        for name in back.dtype.names:
            back[name] = few[name]
        np.save(self.folder / "new.npy", back)
        told = self.run_program("predict", out, "new.npy", "--run", 0).stdout
        self.assertEqual(told.count("\n"), len(few) + 1)
        np.save(self.folder / "new.npy", few)
        self.assertEqual(told, self.run_program("predict", out, "new.npy", "--run", 0).stdout)

    def test_refused_records(self):
        number = ("x", "f8")
        wide = np.zeros((30, 2), [number, ("y", "i4")])
        for kind, words in (([number, ("at", [("a", "f4"), ("b", "f4")]), ("y", "i4")], "field 'at' is itself a record"),
                            ([number, ("pixels", "u1", (28, 28)), ("y", "i4")], "field 'pixels' holds an array"),
                            ([number, ("when", "M8[s]"), ("y", "i4")], "field 'when' .* type '<M8\\[s\\]'"),
                            ([number, ("z", "c16"), ("y", "i4")], "field 'z' .* type '<c16'"),
                            ([number, ("o", "O"), ("y", "i4")], "field 'o' holds Python objects"),
                            (wide, "30 x 2 records"), (wide[0, 0], "single record")):
            with self.subTest(words=words):
                np.save(self.folder / "data.npy", kind if isinstance(kind, (np.ndarray, np.void)) else np.zeros(30, kind))
                self.assertRegex(self.refused("data.npy"), words)
        np.save(self.folder / "data.npy", wide[:, 0])
        cut = (self.folder / "data.npy").read_bytes()
        for end, words in ((-5, "is cut short"), (None, "too many bytes")):
            (self.folder / "data.npy").write_bytes(cut[:end] + (b"more" if end is None else b""))
            self.assertRegex(self.refused("data.npy"), words)
        np.savez(self.folder / "data.npz", X=wide[:, 0], y=np.zeros(30))
        self.assertRegex(self.refused("data.npz"), "X.npy: is an array of records; .*numpy.save")
        np.save(self.folder / "data.npy", np.array([(b"gr\xfcn", 1), (b"rot", 2)] * 9, [("word", "S5"), ("y", "i4")]))
        self.assertRegex(self.refused("data.npy"), "data.npy:1:1: the byte 0xFC is no UTF-8.*astype")

    def test_bytes_that_are_no_text(self):
        X, _ = tables.table()
        np.savez(self.folder / "data.npz", X=X, y=np.array([b"gr\xfcn", b"rot"] * 30))
        self.assertRegex(self.refused("data.npz"), "data.npz:1:1: the byte 0xFC is no UTF-8.*text")
        with h5py.File(self.folder / "data.h5", "w") as file:
            file["X"], file["y"] = X, np.array([b"rot", b"gr\xfcn"] * 30)
        self.assertRegex(self.refused("data.h5"), "data.h5:2:1: the byte 0xFC is no UTF-8.*text")

    # ---- netCDF ----

    def netcdf(self, values, **attributes):
        with h5py.File(self.folder / "data.nc", "w") as file:
            file["X"] = values
            for name, value in attributes.items():
                file["X"].attrs[name] = value
            file["y"] = np.arange(len(values)) % 2

    def opened(self):
        """Returns X as xarray gives it."""
        try:
            import xarray
        except ImportError:
            self.skipTest("xarray is not installed")
        with xarray.open_dataset(self.folder / "data.nc", engine="h5netcdf", phony_dims="access") as data:
            return np.asarray(data["X"])

    def test_attributes_are_those_of_xarray(self):
        generator = np.random.default_rng(3)
        stored = generator.integers(-100, 100, (40, 3))
        cases = {"scale": dict(kind="i2", scale_factor=0.01), "offset": dict(kind="i4", add_offset=273.15),
                 "both": dict(kind="i2", scale_factor=0.1, add_offset=-4.5),
                 "fill": dict(kind="i2", fill=-99, scale_factor=0.5),
                 "missing": dict(kind="i4", missing=[-99, 7], add_offset=1.0), "floats": dict(kind="f4", fill=-99.9),
                 "wide missing": dict(kind="f4", missing=-99.9), "unsigned": dict(kind="i1", fill=-1, _Unsigned="true"),
                 "bytes": dict(kind="u1", fill=255), "two": dict(kind="i2", fill=5, missing=6)}
        for case, attributes in cases.items():
            with self.subTest(case=case):
                kind, fill, missing = attributes.pop("kind"), attributes.pop("fill", None), attributes.pop("missing", None)
                values = (np.abs(stored) if kind == "u1" else stored).astype(kind)
                values[::7, 1] = values[0, 1] if fill is None else np.array(fill).astype(kind)
                values[1::9, 2] = values[0, 1] if missing is None else np.ravel(missing)[0]
                if fill is not None:
                    attributes["_FillValue"] = np.array(fill).astype(kind)
                if missing is not None:
                    attributes["missing_value"] = np.array(missing, "f8" if case == "wide missing" else kind)
                self.netcdf(values, **attributes)
                X = self.opened()
                self.assertEqual(case in ("scale", "offset", "both"), not np.isnan(X).any())
                told = self.told("data.nc", "missing: mean")
                self.assertEqual((told["rows"], told["missing"]), (len(X), int(np.isnan(X).sum())), told)
                for column, of in zip(told["inputs"], X.astype(float).T):
                    np.testing.assert_allclose([column["low"], column["high"], column["mean"]],
                                               [np.nanmin(of), np.nanmax(of), np.nanmean(of)], rtol=2e-6, atol=1e-6)

    def test_defaults_and_ranges_are_those_of_netcdf4(self):
        """xarray leaves both; the netCDF libraries and CF count them as missing."""
        try:
            import netCDF4
        except ImportError:
            self.skipTest("netCDF4 is not installed")
        with netCDF4.Dataset(self.folder / "data.nc", "w") as file:
            for name, n in (("row", 20), ("column", 3)):
                file.createDimension(name, n)
            X = file.createVariable("X", "f4", ("row", "column"))
            X[1:20] = np.arange(57).reshape(19, 3)
            X.valid_range = np.array([2, 50], "f4")
            y = file.createVariable("y", "i4", ("row",))
            y[:] = np.arange(20) % 2
        with netCDF4.Dataset(self.folder / "data.nc") as file:
            mask = np.ma.getmaskarray(file["X"][:])
        told = self.told("data.nc", "missing: mean")
        self.assertEqual([column["missing"] for column in told["inputs"]], mask.sum(axis=0).tolist())
        self.assertEqual(mask[0].sum(), 3)

    def refused(self, file="data.nc"):
        self.write("grid.yaml", tables.grid(file, ""))
        return self.run_program("check", "grid.yaml", code=3).stderr

    def test_refused_attributes(self):
        values = np.arange(12, dtype="i2").reshape(6, 2)
        for name, value in (("scale_factor", "ten"), ("scale_factor", 0.0), ("add_offset", [1.0, 2.0]),
                            ("_FillValue", "none"), ("valid_range", 3)):
            with self.subTest(attribute=name):
                self.netcdf(values, **{name: value})
                self.assertIn(name, self.refused())

    def test_objects_of_matlab_are_named(self):
        X, y = tables.table()
        for kind in ("table", "string", "categorical"):
            with self.subTest(kind=kind), h5py.File(self.folder / "data.mat", "w", userblock_size=512) as file:
                tables.matlab_array(file, "X", X, "double")
                file["y"] = np.array([[3707764736, 2, 1, 1, 1, 1]], "u4")
                tables.mark_class(file["y"], kind)
                file["y"].attrs["MATLAB_object_decode"] = np.int32(3)
                file["#subsystem#/MCOS"] = np.zeros((1, 6), "u8")
            tables.mark_mat73(self.folder / "data.mat")
            self.assertIn("cellstr(...)", self.refused("data.mat"))

    def test_arrays_of_another_kind_are_named_with_the_remedy(self):
        X, y = tables.table()
        for X_kept, words in ((scipy.sparse.csc_matrix(X + 1j), "X is a sparse matrix of complex numbers"),
                              (scipy.sparse.csc_matrix(([1.0], ([60000], [60000])), shape=(10**5, 10**5)), "too large with all"),
                              (X + 1j, "X has complex numbers"), ({"a": X}, "X is a struct"),
                              (X.T, "X has 4 rows and 60 columns, y has 60 values; it seems transposed")):
            for column in (True, False):
                with self.subTest(words=words, column=column):
                    labels = y.reshape(-1, 1) if column else y.reshape(1, -1)
                    scipy.io.savemat(self.folder / "data.mat", {"X": X_kept, "y": labels.astype(float)})
                    self.write("grid.yaml", tables.grid("data.mat", ""))
                    done = subprocess.run([system.PROGRAM, "check", "grid.yaml"], cwd=self.folder, capture_output=True,
                                          text=True)
                    self.assertIn(done.returncode, (2, 3))
                    self.assertIn(words, done.stderr)

    # ---- virtual datasets, enumerations, characters ----

    def virtual(self, sources, file="data.h5", rows=60):
        """Writes X as a virtual dataset of these (file, dataset, rows)."""
        layout = h5py.VirtualLayout(shape=(rows, 4), dtype="f8")
        at = 0
        for name, dataset, n in sources:
            layout[at:at + n] = h5py.VirtualSource(name, dataset, shape=(n, 4))
            at += n
        with h5py.File(self.folder / file, "a") as out:
            out.create_virtual_dataset("X", layout, fillvalue=-1)
            out["y"] = np.arange(rows) % 3

    def test_virtual_datasets(self):
        X, _ = tables.table()
        path = self.folder / "data.h5"

        def parts(*sizes):
            path.unlink(missing_ok=True)
            with h5py.File(path, "w") as file:
                for i, n in enumerate(sizes):
                    file[f"part{i}"] = X[sum(sizes[:i]):sum(sizes[:i]) + n]
        np.savez(self.folder / "data.npz", X=X, y=np.arange(60) % 3)
        parts(40, 20)
        self.virtual([(".", "part0", 40), ("data.h5", "part1", 20)])
        self.assertEqual(self.told("data.h5")["digest"], self.told("data.npz")["digest"])
        for sources, words in (([(".", "part0", 40)], "give 160 of its 240 values"),
                               ([(".", "part0", 40), (".", "gone", 20)], "source gone is not in the file"),
                               ([(".", "part0", 40), (".", "part1", 20)], "source part1 is not in the file, or not whole"),
                               ([(".", "part0", 40), ("other.h5", "part1", 20)], "of another file, other.h5")):
            with self.subTest(words=words):
                parts(40, 19 if "whole" in words else 20)
                self.virtual(sources)
                self.assertIn(words, self.refused("data.h5"))

    def test_names_of_enumerations(self):
        X, y = tables.table()
        words = ["setosa", "virginica", "versicolor"]
        self.write("data.csv", "".join(
            ",".join([f"{v:.17g}" for v in row] + [words[label]]) + "\n" for row, label in zip(X, y)))
        expected = self.told("data.csv")
        for kind, values in (("u1", (0, 1, 2)), ("i4", (-5, 70000, 3))):
            with self.subTest(kind=kind):
                enum = h5py.enum_dtype(dict(zip(words, values)), basetype=kind)
                with h5py.File(self.folder / "data.h5", "w") as file:
                    file["X"] = X
                    file.create_dataset("y", data=np.array(values)[y], dtype=enum)
                told = self.told("data.h5")
                self.assertEqual((told["classes"], told["digest"]), (expected["classes"], expected["digest"]))
        with h5py.File(self.folder / "data.h5", "w") as file:
            file["X"], file["y"] = X, y == 1
        self.assertEqual(self.told("data.h5")["classes"], {"0": 40, "1": 20})
        with h5py.File(self.folder / "data.h5", "w") as file:
            file["X"] = X
            file["y"] = np.array([list(words[label].ljust(10, "\0")) for label in y], "S1")
        self.assertEqual(self.told("data.h5")["digest"], expected["digest"])

    # ---- parts ----

    def write_parts(self, X, y, part):
        """Writes data.csv with a column that names the part, and a file for each part, each in another format."""
        words = ["train", "validation", "test"]
        lines = [",".join([f"{v:.17g}" for v in row] + [words[p], str(label)]) for row, label, p in zip(X, y, part)]
        self.write("data.csv", "a,b,c,d,part,class\n" + "\n".join(lines) + "\n")
        tables.tsv(self.folder / "train.tsv", X[part == 0], y[part == 0])
        tables.npz(self.folder / "validation.npz", X[part == 1], y[part == 1])
        tables.idx(self.folder / "test.idx", X[part == 2], y[part == 2])

    FILES = "file: {train: train.tsv, validation: validation.npz, test: {inputs: test.idx, targets: labels.idx.gz}}"

    def test_files_of_the_parts_are_a_column(self):
        X, y = tables.table()
        part = np.repeat([0, 1, 2], [30, 18, 12])
        self.write_parts(X, y, part)
        column = self.results("data.csv", "split: {column: part}")
        self.assert_same(column, self.results("", self.FILES), "files of the parts")
        tables.proben1(self.folder / "data.dt", X, y)
        self.assert_same(column, self.results("data.dt", ""), "the header of a Proben1 file")
        np.savez(self.folder / "data.npz", X=X, y=y, part=part)
        self.assert_same(column, self.results("data.npz", "split: {column: part}"), "an array of parts")
        table = np.c_[X, part, y]
        np.save(self.folder / "data.npy", table)
        self.assert_same(column, self.results("data.npy", "split: {column: 4}"), "a column of a matrix")

    def test_training_file_is_divided_further(self):
        X, y = tables.table()
        self.write_parts(X, y, np.repeat([0, 2], [48, 12]))
        files = "file: {train: train.tsv, test: {inputs: test.idx, targets: labels.idx.gz}}"
        self.results("", files, "  split: {train: 0.75, validation: rest, stratify: true}\n")
        with h5py.File(self.folder / "out.h5") as file:
            split = file["data/split"][:]
        self.assertEqual(split.shape, (2, 60))
        for row in split:
            self.assertEqual([int((row[:48] == p).sum()) for p in range(3)], [36, 12, 0])
            self.assertEqual(np.bincount(y[:48][row[:48] == 0], minlength=3).tolist(), [12, 12, 12])
            self.assertTrue((row[48:] == 2).all(), "the test file is the test part")
        self.assertTrue((split[0] != split[1]).any(), "each repeat draws its own split of the training file")
        self.results("", files, "  split: {folds: 4}\n")
        with h5py.File(self.folder / "out.h5") as file:
            split = file["data/split"][:]
        self.assertTrue((split[:, 48:] == 2).all())
        self.assertTrue(((split[:4, :48] == 1).sum(axis=0) == 1).all(), "each row is validated in one fold")
        self.results("", files)
        with h5py.File(self.folder / "out.h5") as file:
            self.assertEqual(np.bincount(file["data/split"][0]).tolist(), [48, 0, 12])

    def test_scaling_of_files_is_fitted_on_the_training_file(self):
        X, y = tables.table()
        part = np.repeat([0, 1, 2], [30, 18, 12])
        more = "  scale: standardize\n"
        self.write_parts(X, y, part)
        first = self.results("", self.FILES, more)
        X[part == 2] *= 1000.0
        self.write_parts(X, y, part)
        second = self.results("", self.FILES, more)
        for name in ("curves/train_loss", "curves/validation_loss"):
            self.assertEqual(first[2][name], second[2][name], name)
        self.assertNotEqual(first[2]["curves/test_loss"], second[2]["curves/test_loss"])

    # ---- one-hot ----

    def test_one_hot_words_are_columns_of_0_and_1(self):
        X, y = tables.table(real=False)
        sex, month = np.array(["M", "F", "I"])[X[:, 0] % 3], X[:, 1] % 4
        lines = [f"{s},{m},{c},{d},{label}" for s, m, c, d, label in zip(sex, month, X[:, 2], X[:, 3], y)]
        self.write("words.csv", "sex,month,c,d,class\n" + "\n".join(lines) + "\n")
        coded = np.c_[[sex == w for w in "FIM"] + [month == m for m in range(4)]].T
        tables.csv(self.folder / "coded.csv", np.c_[coded, X[:, 2:]], y)
        expected = self.results("coded.csv", "")
        self.assert_same(expected, self.results("words.csv", "one_hot: [sex, month]"), "one-hot")
        with h5py.File(self.folder / "out.h5") as file:
            names = [str(name) for name in file["data"].attrs["input_names"]]
        self.assertEqual(names, ["sex=F", "sex=I", "sex=M", "month=0", "month=1", "month=2", "month=3", "c", "d"])
        np.savez(self.folder / "words.npz", X=np.c_[month, X[:, 2:], X[:, 0]], y=y)
        tables.csv(self.folder / "coded.csv", np.c_[coded[:, 3:], X[:, 2:]], y)
        self.assert_same(self.results("coded.csv", ""), self.results("words.npz", "one_hot: [0]", "  ignore: [3]\n"),
                         "numbers that are names")

    def test_one_hot_is_the_same_in_all_parts(self):
        """A category that only the test file has still gets its column."""
        self.write("train.csv", "w,x,y\n" + "".join(f"{'ab'[i % 2]},{i},{i % 3 % 2}\n" for i in range(30)))
        self.write("test.csv", "w,x,y\n" + "".join(f"{'ca'[i % 2]},{i},{i % 3 % 2}\n" for i in range(10)))
        self.write("whole.csv", "w,x,part,y\n" + "".join(
            f"{'ab'[i % 2]},{i},0,{i % 3 % 2}\n" for i in range(30)) + "".join(
            f"{'ca'[i % 2]},{i},2,{i % 3 % 2}\n" for i in range(10)))
        parts = self.results("", "file: {train: train.csv, test: test.csv}", "  one_hot: text\n")
        whole = self.results("whole.csv", "split: {column: part}", "  one_hot: text\n")
        self.assert_same(whole, parts, "one-hot over files")

    # ---- labels ----

    def test_labels_of_any_kind(self):
        X, _ = tables.table()
        words = np.array(["\u00e4pfel", "Birne", "quitte rot"])[np.arange(60) % 3]
        self.write("data.csv", "".join(
            ",".join([f"{v:.17g}" for v in row] + [f'"{word}"']) + "\n" for row, word in zip(X, words)))
        expected = self.results("data.csv", "")
        with h5py.File(self.folder / "out.h5") as file:
            self.assertEqual([str(name) for name in file["data"].attrs["class_names"]],
                             ["Birne", "quitte rot", "\u00e4pfel"])
        np.savez(self.folder / "data.npz", X=X, y=words)
        self.assert_same(expected, self.results("data.npz", ""), "text of NumPy")
        tables.hdf5(self.folder / "data.h5", X, [str(word) for word in words])
        self.assert_same(expected, self.results("data.h5", ""), "text of HDF5")
        with h5py.File(self.folder / "data.h5", "a") as file:
            del file["y"]
            file["y"] = np.array([word.encode() for word in words])
        self.assert_same(expected, self.results("data.h5", ""), "fixed text of HDF5")
        scipy.io.savemat(self.folder / "data.mat", {"X": X, "y": words.astype(object)})
        self.assert_same(expected, self.results("data.mat", ""), "cells of MATLAB")
        codes = np.array([-7, 3, 10**12])[np.arange(60) % 3]
        tables.csv(self.folder / "data.csv", X, codes)
        expected = self.results("data.csv", "")
        np.savez(self.folder / "data.npz", X=X, y=codes)
        self.assert_same(expected, self.results("data.npz", ""), "large and negative labels")

    def test_regression_of_several_targets(self):
        X, _ = tables.table()
        Y = np.c_[X[:, 0] * 2, X[:, 1] - 1]
        np.savez(self.folder / "data.npz", X=X, y=Y)
        expected = self.results("data.npz", "task: regression")
        np.save(self.folder / "X.npy", X)
        np.save(self.folder / "Y.npy", np.asfortranarray(Y))
        self.assert_same(expected, self.results("", "file: {inputs: X.npy, targets: Y.npy}", "  task: regression\n"),
                         "two files")
        rows = [" ".join(f"{v:.17g}" for v in row) for row in np.c_[X, Y]]
        self.write("data.dt", "bool_in=0\nreal_in=4\nbool_out=0\nreal_out=2\ntraining_examples=36\n"
                   "validation_examples=12\ntest_examples=12\n" + "\n".join(rows) + "\n")
        self.assertEqual(expected[0], self.results("data.dt", "task: regression")[0])


if __name__ == "__main__":
    system.main()
