"""Tests the warnings of data that load without a mistake: none that is wrong on real data, each where it is right."""
import csv
import json
import re

import system

# Real data set: the warnings that it deserves, by a piece of their text.
UNSCALED, FAR, SUM, CODES = "inputs are not scaled", "the targets go from", "add up to the target", "missing_values"
DATES, NUMBERS, AMOUNTS = "holds dates", "another whole number in every row", "classes are whole numbers"
REAL = {"abalone/abalone.csv": [AMOUNTS], "admissions/student_data.csv": [UNSCALED],
        "bike-sharing/day.csv": [UNSCALED, FAR, SUM, DATES, NUMBERS],
        "breast-cancer-wdbc/breast_cancer.csv": [UNSCALED], "concrete/Concrete_Data.csv": [UNSCALED, FAR],
        "digits/digits.csv.gz": [], "ex4/ex4data1.mat": [], "pima/pima-indians-diabetes.data": [UNSCALED, CODES],
        "vowel/vowel-context.data": [], "proben1/cancer/cancer1.dt": [], "proben1/card/card1.dt": [],
        "proben1/diabetes/diabetes1.dt": [CODES], "proben1/mushroom/mushroom1.dt": []}


class Advice(system.SystemTest):
    def warnings(self, *arguments):
        printed = self.run_program(*arguments).stderr
        return [line for line in printed.splitlines() if "warning: " in line and "scikit-learn's files" not in line]

    def assert_warnings(self, got, expected):
        self.assertEqual(len(got), len(expected), got)
        for text in expected:
            self.assertTrue(any(text in line for line in got), (text, got))

    def test_real_data(self):
        for name, expected in REAL.items():
            with self.subTest(name):
                self.assert_warnings(self.warnings("data", system.need_data(name)), expected)

    def test_zeros_that_stand_for_missing(self):
        """The counts are those of the data; pregnancies, of which many have none, are no code."""
        path = system.need_data("pima/pima-indians-diabetes.data")
        line = next(line for line in self.warnings("data", path) if CODES in line)
        rows = [row for row in csv.reader(path.read_text().splitlines()) if row]
        zeros = {j: sum(float(row[j]) == 0 for row in rows) for j in range(1, 6)}
        self.assertEqual({int(j): int(n) for j, n in re.findall(r"column (\d+) has 0 in (\d+) rows", line)}, zeros)
        codes = "data.missing_values={1: 0, 2: 0, 3: 0, 4: 0, 5: 0}"
        summary = json.loads(self.run_program("data", path, "--json", "--set", codes).stdout)
        self.assertEqual([c["missing"] for c in summary["inputs"]], [0, *zeros.values(), 0, 0])
        self.assert_warnings(self.warnings("data", path, "--set", codes), [UNSCALED])

    def grid(self, data, more=""):
        self.write("grid.yaml", f"data: {{{data}}}\nbase: {{epochs: 1}}\n{more}")
        return self.warnings("check", "grid.yaml")

    def table(self, name, rows, header="a,b,y"):
        self.write(name, header + "\n" + "\n".join(rows) + "\n")

    def test_each_is_silenced(self):
        self.table("far.csv", [f"{i * 7 % 31},{(i * 13) % 97},{50 + i % 3 * i}" for i in range(40)])
        far = "file: far.csv, task: regression"
        self.assert_warnings(self.grid(far), [UNSCALED, FAR])
        self.assert_warnings(self.grid(far + ", scale: none"), [FAR])
        self.assert_warnings(self.grid(far + ", scale: minmax, scale_target: none"), [])
        self.assert_warnings(self.grid(far + ", accept: [unscaled, target_scale]"), [])
        self.assert_warnings(self.grid(far + ", accept: unscaled"), [FAR])
        self.assert_warnings(self.grid(far, "grid: {data.scale: [none, minmax]}"), [FAR])

    def test_the_target_among_the_inputs(self):
        self.table("same.csv", [f"{i % 7 / 7},{'uvw'[i % 3]},{'xyz'[i % 3]}" for i in range(30)])
        same = "file: same.csv, one_hot: text"
        self.assert_warnings(self.grid(same), ["column 'b' tells the target exactly"])
        self.assert_warnings(self.grid(same + ", ignore: b"), [])
        self.table("nearly.csv", [f"{i % 7 / 7},{'uvw'[(i + (i == 29)) % 3]},{'xyz'[i % 3]}" for i in range(30)])
        self.assert_warnings(self.grid("file: nearly.csv, one_hot: text"), [])
        celsius = [f"{i % 9 / 9:.6f},{i % 11 / 8},{i % 11 / 8 * 1.8 + 3.2:.9f}" for i in range(30)]
        self.table("celsius.csv", celsius)
        self.assert_warnings(self.grid("file: celsius.csv, task: regression"), ["column 'b' tells the target exactly"])

    def test_codes_by_column(self):
        rows = [f"{-999 if i % 10 == 0 else i % 13 / 10},{99 if i in (3, 5) else i % 7 / 7:.4f},{i % 2}" for i in range(60)]
        self.table("codes.csv", rows)
        found = self.grid("file: codes.csv, scale: minmax")
        self.assert_warnings(found, ["missing_values: {'a': -999, 'b': 99}"])
        self.assert_warnings(self.grid("file: codes.csv, missing_values: {a: -999, b: [99, 98]}, missing: mean"), [])
        self.run_program("check", "grid.yaml")
        printed = self.run_program("data", "codes.csv", "--set", "data.missing_values=[-999, 99]", "--json").stdout
        self.assertEqual([c["missing"] for c in json.loads(printed)["inputs"]], [6, 2])
        refused = self.run_program("check", "grid.yaml", "--set", "data.missing_values={c: 0}", code=3)
        self.assertIn("'c' is no input column", refused.stderr)

    def test_codes_train_as_missing_values_do(self):
        """A value that stands for missing gives the digest, and so the runs, of an empty field."""
        rows = [f"{i % 13},{i % 7 / 7:.4f},{i % 2}" for i in range(1, 60)]
        self.table("coded.csv", [*rows, "-1,0.5,1"])
        self.table("empty.csv", [*rows, ",0.5,1"])
        coded = json.loads(self.run_program("data", "coded.csv", "--json", "--set", "data.missing_values={a: -1}").stdout)
        empty = json.loads(self.run_program("data", "empty.csv", "--json").stdout)
        self.assertEqual(coded["digest"], empty["digest"])

    def test_run_tells_once(self):
        self.table("big.csv", [f"{i * 7 % 31},{(i * 13) % 97},{i % 2}" for i in range(40)])
        self.write("grid.yaml", "data: {file: big.csv}\nbase: {epochs: 1}\n")
        self.assert_warnings(self.warnings("run", "grid.yaml", "-o", "out.h5"), [UNSCALED])


if __name__ == "__main__":
    system.main()
