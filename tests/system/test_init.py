"""Tests nngrid init: whatever the data, the grid that it writes passes `check` and trains, and `schema` accepts it."""
import json
import re

import jsonschema
import system
import tables
import yaml

BUILTINS = ("xor", "moons", "circles", "spirals", "blobs", "noisy_sine", "parity", "and", "or")
REAL = ("abalone/abalone.csv", "admissions/student_data.csv", "bike-sharing/day.csv", "breast-cancer-wdbc/breast_cancer.csv",
        "concrete/Concrete_Data.csv", "digits/digits.csv.gz", "ex4/ex4data1.mat", "pima/pima-indians-diabetes.data",
        "vowel/vowel-context.data", "proben1/cancer/cancer1.dt", "proben1/mushroom/mushroom1.dt")


class Init(system.SystemTest):
    def use(self, path):
        """Checks a written grid and trains it a little; returns the parsed grid."""
        grid = yaml.safe_load((self.folder / path).read_text())
        schema = json.loads(self.run_program("schema").stdout)
        errors = [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(grid)]
        self.assertEqual(errors, [])
        printed = self.run_program("check", path)
        warnings = [line for line in printed.stderr.splitlines() if ": warning: " in line]
        # init cannot mend these
        may_be = r"it is left out|\d+ classes are whole numbers|class '.*' has 1 row|no training row has class"
        self.assertEqual([line for line in warnings if not re.search(may_be, line)], [])
        self.run_program("run", path, "-o", "out.h5", "--quiet", "--set", "epochs=2", "--set", "repeats=1")
        (self.folder / "out.h5").unlink()
        return grid

    def test_builtin(self):
        for name in BUILTINS:
            with self.subTest(name):
                self.run_program("init", "--builtin", name, "-o", f"{name}.yaml")
                self.assertEqual(self.use(f"{name}.yaml")["data"]["builtin"], name)

    def test_formats(self):
        for name, file, write, text in tables.FORMATS:
            with self.subTest(name):
                for old in self.folder.glob("*"):
                    old.unlink()
                write(self.folder / file, *tables.table())
                more = []
                if text.startswith("file:"):
                    targets = [path.name for path in self.folder.glob("labels*")]
                    more = ["--targets", *targets]
                elif text:
                    more = ["--set", "data." + text.replace(": ", "=", 1)]
                self.run_program("init", file, *more, "-o", "grid.yaml")
                self.assertEqual(self.use("grid.yaml")["data"]["task"], "classification")

    def test_odd_tables(self):
        """The data have words, missing values, ids, names with quotes, few rows, and rare classes."""
        rows = [f"{i},'n{i}',{i % 7},{'' if i % 11 == 0 else i % 5},{'a b'[i % 2::2]},{i % 3 == 0 and 'yes' or 'no'}"
                for i in range(100)]
        header = "id,it's,x: y,\"# z\",word,answer\n"
        self.write("odd.csv", header + "\n".join(rows) + "\n")
        self.run_program("init", "odd.csv", "-o", "odd.yaml")
        data = self.use("odd.yaml")["data"]
        self.assertEqual(data["ignore"], ["id", "it's"])
        self.assertEqual((data["missing"], data["one_hot"], data["task"]), ("mean", "text", "classification"))
        self.run_program("init", "odd.csv", "--set", "data.target='x: y'", "--set", "data.task=regression", "--set",
                         "data.ignore=[word]", "-o", "other.yaml")
        data = self.use("other.yaml")["data"]
        self.assertEqual((data["target"], data["task"]), ("x: y", "regression"))
        self.assertEqual(data["ignore"], ["word", "id", "it's"])
        self.write("rare.csv", "".join(f"{i},{(i * 7) % 5},{'z' if i == 20 else 'a'}\n" for i in range(0, 60, 2)))
        self.run_program("init", "rare.csv", "-o", "rare.yaml")
        self.use("rare.yaml")
        self.write("few.csv", "1.5,2,a\n2,3,b\n")
        self.run_program("init", "few.csv", "-o", "few.yaml")
        self.assertEqual(self.use("few.yaml")["data"]["split"], "all")
        self.write("gaps.csv", "".join(f"{i % 9}.5,{i % 4},{'' if i == 7 else i % 2}\n" for i in range(80)))
        self.run_program("init", "gaps.csv", "-o", "gaps.yaml")
        self.assertEqual(self.use("gaps.yaml")["data"]["missing"], "drop")

    def test_real_data(self):
        for i, name in enumerate(REAL):
            with self.subTest(name):
                path = system.need_data(name)
                self.run_program("init", path, "-o", f"{i}.yaml")
                self.use(f"{i}.yaml")

    def test_another_folder(self):
        """The grid finds the data relative to its own folder."""
        (self.folder / "grids").mkdir()
        self.write("few.csv", "1.5,2,a\n2,3,b\n1,1,b\n")
        self.run_program("init", "few.csv", "-o", "grids/few.yaml")
        self.run_program("check", "grids/few.yaml")

    def test_is_not_overwritten(self):
        self.write("mine.yaml", "mine")
        self.run_program("init", "--builtin", "xor", "-o", "mine.yaml", code=2)
        self.assertEqual((self.folder / "mine.yaml").read_text(), "mine")


if __name__ == "__main__":
    system.main()
