"""Writes the inputs of tests/fuzz/fuzz.c: small sound files of every kind, files with a fault, and every input that was
once a finding of the fuzzer.

    seeds.py NNGRID FUZZ       reads them all with the program FUZZ: the test
    seeds.py NNGRID -o FOLDER  writes them to FOLDER/TARGET/, with FOLDER/TARGET.dict for libFuzzer
"""
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import h5py
import numpy as np
import scipy.io

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "system"))
import damage  # noqa: E402
import hostile  # noqa: E402
import tables  # noqa: E402

GRID = """name: y
data: {builtin: xor}
base: {hidden: [2], epochs: 2, output: tanh, loss: mse, batch_size: 2}
grid: {learning_rate: [0.1, 0.5], hidden: [[2], [3]]}
repeats: 2
stop: {mode: observe, rules: [{patience_train: 5}, {target: {train_loss: 0.1}}]}
record: {weights: [best, final]}
"""
PLAIN = bytes(4)  # the settings of data that are the defaults

# Inputs that were findings, by target.
FINDINGS = {
    "shown": [np.array([-1.7e308, 1.7e308, 1.7e308]).tobytes()],  # a curve was drawn with marks beyond the table of marks
}


class Corpus:
    """What is written: {target: [inputs]}."""

    def __init__(self, program, few):
        self.program, self.few, self.inputs = program, few, {target: list(inputs) for target, inputs in FINDINGS.items()}
        self.words = {}
        with tempfile.TemporaryDirectory(prefix="nngrid-seeds-") as folder:
            self.folder = pathlib.Path(folder)
            for make in (self.grids, self.data, self.texts, self.given, self.results, self.others):
                make()

    def add(self, target, *inputs):
        self.inputs.setdefault(target, []).extend(i.encode() if isinstance(i, str) else i for i in inputs)

    def call(self, *words):
        return subprocess.run([self.program, *words], cwd=self.folder, capture_output=True, check=True).stdout

    def grids(self):
        self.add("grid", *(path.read_bytes() for path in sorted((SOURCE / "experiments").glob("*.yaml"))), GRID)
        mistakes = sorted((SOURCE / "tests/cli/mistakes").glob("*/*.yaml"))
        self.add("grid", *(path.read_bytes() for path in mistakes if path.stat().st_size < 4000))
        self.add("set", "learning_rate=0.1,0.5\nseed=2", "data.split.train=0.5\nhidden=[4],[]", "lambda={log: [1e-3, 1], num: 3}",
                 "stop.rules=[{patience: 3}]\nrepeats=3\ndropout=0", "record.every=2\ndata.rows=1e2\nbatch_size=full,8")
        words = set()
        collect(json.loads(self.call("schema")), words)
        self.words["grid"] = self.words["set"] = self.words["where"] = self.words["setting"] = sorted(words)

    def data(self):
        """The files of the tests of formats, one damaged file of each beside it."""
        draw = random.Random("seeds")
        for name, file, write, text in tables.FORMATS:
            path = self.folder / file
            target = "npy" if file == "data.npy.gz" else file.split(".")[1]
            write(path, *tables.table())
            pair = bytes((0, 0, 64, 0)) if "inputs: data" in text else PLAIN
            self.add(target, pair + path.read_bytes())
            if name in damage.DAMAGE:
                damage.DAMAGE[name](path, draw)
                self.add(target, PLAIN + path.read_bytes())
        for name, write in tables.FORMS.items():
            file = write(self.folder, *tables.table(real=name != "hdf5 int16"))
            self.add("npz" if file.endswith("npz") else "h5", PLAIN + (self.folder / file).read_bytes())
        self.add("h5", PLAIN + self.wide_numbers(), PLAIN + self.wide_numbers(attribute="_FillValue"))
        table = np.zeros(20, dtype=[("a", "f4"), ("b", "i2"), ("class", "U3")])
        table["a"], table["class"] = np.arange(20), np.arange(20) % 3
        self.add("npy", PLAIN + self.arrays("npy", {"table": table}))
        column = self.folder / "column.idx"
        column.write_bytes(tables.idx_bytes(np.arange(20, dtype="u1").reshape(-1, 1)))
        self.add("idx", PLAIN + column.read_bytes())

    def wide_numbers(self, attribute=None):
        """Integers of 320 bits, in a dataset or an attribute: HDF5 wrote over the stack where it converted them."""
        path = self.folder / "wide.h5"
        with h5py.File(path, "w") as file:
            file["X"], file["y"] = np.arange(20.0).reshape(-1, 1), np.arange(20) % 2
            hostile.put_wide(file["X"] if attribute else file, attribute or "X", 1 if attribute else 20)
        return path.read_bytes()

    def texts(self):
        """Dialects of CSV and the settings that they are read with."""
        rows = "a,b,class\n1,2.5,x\n3,,y\n-4e1,7,x\n5,6,y\n"
        german = "1.234,5;10 %;ja\n2.345,25;20 %;nein\n1,5;5 %;ja\n"
        self.add("csv", PLAIN + rows.encode(), bytes((1, 1, 4, 1)) + rows.replace(",,", ",NULL,").encode(),
                 bytes((0, 3, 0, 2)) + rows.encode(), PLAIN + b"sep=;\n" + german.encode(), bytes((2 | 64, 4, 0, 0)) + german.encode(),
                 PLAIN + b"# a comment\n" + rows.replace(",", "|").encode(), PLAIN + rows.replace(",", "  ").encode(),
                 bytes((4 * 2, 0, 0, 0)) + "größe,art\n1,süß\n2,sauer\n3,süß\n".encode("latin1"),
                 bytes((4 * 4, 8, 1, 0)) + rows.encode("utf-16"), PLAIN + b'"a","b"\n"1","x, ""y"""\n"2","z"\n',
                 bytes((128, 64 + 32, 0, 4)) + b"id,colour,size,part\n1,red,2,train\n2,blue,3,test\n3,red,1,train\n")
        self.add("csv", PLAIN + b'"","a","b"\n"1",2,"x"\n"2",3,"y"\n', PLAIN + b"1,2,\n3,4,\n", PLAIN + b"\x80\x04\x95", PLAIN + b"PK\x03\x04",
                 PLAIN + b"version https://git-lfs.github.com/spec/v1\n", PLAIN + b"<!DOCTYPE html>\n", PLAIN + b"CDF\x01")
        self.words["csv"] = ["NULL", "NaN", "#N/A", "1e999", "\\xff\\xfe", "\\xef\\xbb\\xbf", "sep=", "1.234,5", "10 %", "$1", "\\x0d\\x0a", "1,234"]
        self.words["tsv"] = self.words["csv"]

    def given(self):
        """Starting weights, orders and splits for a network of 2 inputs, 2 hidden units and an output, and 4 rows."""
        draw = np.random.default_rng(1)
        weights = {"W1": draw.normal(size=(2, 2)), "b1": np.zeros(2), "W2": draw.normal(size=(2, 1)), "b2": np.zeros(1)}
        orders = {"order": np.array([[0, 1, 2, 3], [3, 2, 1, 0]])}
        splits = {"split": np.array([[0, 0, 1, 2], [1, 0, 2, 0]], "i1")}
        with_theta = {"Theta1": draw.normal(size=(2, 3)), "Theta2": draw.normal(size=(1, 3))}
        for first, ending, arrays in ((0, "h5", weights), (1, "mat", with_theta), (2, "h5", orders), (3, "mat", orders),
                                      (4, "npy", orders), (5, "h5", splits), (6, "npy", splits), (7, "mat", splits)):
            self.add("given", bytes((first,)) + self.arrays(ending, arrays))

    def arrays(self, ending, arrays):
        path = self.folder / f"arrays.{ending}"
        if ending == "h5":
            with h5py.File(path, "w") as file:
                for name, values in arrays.items():
                    file[name] = values
        elif ending == "mat":
            scipy.io.savemat(path, arrays, do_compression=True)
        else:
            np.save(path, next(iter(arrays.values())))
        return path.read_bytes()

    def results(self):
        """The results of a grid for every command that reads them, and a lie of each; for a test, some that are quick."""
        (self.folder / "grid.yaml").write_text(GRID)
        self.call("run", "grid.yaml", "-q", "-o", "whole.h5")
        whole, draw = (self.folder / "whole.h5").read_bytes(), random.Random("lies")
        for call in range(1, 16, 5) if self.few else range(25):
            self.add("results", bytes((call,)) + whole)
            if hostile.lie(whole, self.folder / "lie.h5", draw.choice(hostile.MAKERS)):
                self.add("results", bytes((call,)) + (self.folder / "lie.h5").read_bytes())

    def others(self):
        self.add("where", "\0learning_rate=0.1, hidden=[2]", "\0learning_rate=0.1", "\0hidden=[3]", "\1" "0", "\1hidden=[2], learning_rate=0.5",
                 "\2cell,learning_rate,best_train_loss", "\6cell,done", "\3learning_rate=0.5", "\7hidden=[3]", "\x0atrain_loss", "\x0e", "\x0b")
        self.add("options", "\0grid.yaml\n-q\n-j\n2\n--set\nseed=1", "\1out.h5\n--cell\n0\n--json", "\2out.h5\n--what\nruns\n-o\n-",
                 "\4out.h5\nnew.csv\n--run=1", "\6grid.yaml\na.h5\nb.h5\n-oall.h5", "\0grid.yaml\n--max-time\n2h\n--\n-x")
        self.words["options"] = ["--" + word for word in ("set=", "run", "cell", "json", "threads", "max-time", "help", "out=")]
        self.add("setting", *(bytes((i,)) + word.encode() for i, word in enumerate(("64", "0.1", "relu", "true", "full", "1e3", "none", "auto"))),
                 *(bytes((i,)) + b"0.5" for i in range(60)))
        self.add("shown", "\5a\x1b[2J\tb\nc\x7f", b"\1\xc2\x9b31m\xe2\x82\xac", np.array([1, np.nan, np.inf, -3.5e300]).tobytes(), "\2,\"x\\")

    def write(self, folder):
        for target, inputs in self.inputs.items():
            (folder / target).mkdir(parents=True, exist_ok=True)
            for i, content in enumerate(inputs):
                (folder / target / f"{i:04}").write_bytes(content)
        for target, words in self.words.items():
            (folder / f"{target}.dict").write_text("".join(f'"{word}"\n' for word in words))


def collect(schema, words):
    """Adds all keys and choices of a JSON Schema."""
    if isinstance(schema, dict):
        words.update(schema.get("properties", {}))
        words.update(word for word in schema.get("enum", ()) if isinstance(word, str))
    for inner in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        collect(inner, words)


def main():
    corpus = Corpus(pathlib.Path(sys.argv[1]).resolve(), few=sys.argv[2] != "-o")
    if sys.argv[2] == "-o":
        corpus.write(pathlib.Path(sys.argv[3]))
        return
    with tempfile.TemporaryDirectory(prefix="nngrid-seeds-") as folder:
        corpus.write(pathlib.Path(folder))
        folders = [path for path in sorted(pathlib.Path(folder).iterdir()) if path.is_dir()]
        sys.exit(subprocess.run([sys.argv[2], *folders]).returncode)


if __name__ == "__main__":
    main()
