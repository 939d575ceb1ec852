"""Tests nngrid schema: it is a valid JSON Schema, accepts every grid that the program accepts here, and catches
mistakes."""
import copy
import json
import re

import jsonschema
import system
import yaml

GOOD = """
name: good
question: What for?
seed: 3
repeats: 2
data: {file: data.csv, target: last, task: classification, scale: 16, missing: mean, header: true, ignore: [id, 2],
       one_hot: text, split: {train: 0.6, validation: 20, test: rest, stratify: true, order: file}}
base: {hidden: [64, 32], activation: tanh, loss: auto, batch_size: full, learning_rate: 1e-3, bias: false, epochs: 10}
grid:
  - {momentum: {lin: [0, 0.9], num: 4}, lambda: {log: [1e-3, 10], num: 9}}
  - hidden: [[16], [64, 64], 8]
    batch_size: {int: [8, 64], step: 8}
  - zip: {l1: [0.1, 1], dropout: [0.2, 0.5]}
exclude: [{batch_size: 1, learning_rate: "> 0.1"}, {activation: "!= relu"}]
include: [{hidden: [512], dropout: 0.5}]
sample: 100
collapse: true
stop: {mode: first, rules: [{patience: 20}, {patience: {epochs: 5, min_delta: 1e-3}}, {target: {train_loss: 0.01}}]}
record: {every: {per_decade: 50}, parts: [train, validation], weights: none}
limits: {per_run: 30min, diverge: 1e4}
success: {final_train_max_abs_error: "< 0.4", best_validation_error: ">= 1e-2"}
"""

# A path and a wrong value there: each must be refused.
MISTAKES = [
    ("nmae", "x"), ("seed", -1), ("seed", 1.5), ("repeats", 0), ("repeats", "many"), ("question", [1]), ("data", None),
    ("data", "data.csv"), ("data.fiel", "x"), ("data.builtin", "xorr"), ("data.task", "classify"), ("data.scale", "std"),
    ("data.scale", 0), ("data.missing", "skip"), ("data.header", "yes please"), ("data.rows", 1), ("data.noise", -0.1),
    ("data.classes", 1), ("data.split.train", "most"), ("data.split.folds", 1), ("data.split.order", "any"),
    ("data.split.stratify", 3), ("data.target", {"inputs": "X", "outputs": "y"}), ("data.file", {"trian": "a.csv"}),
    ("base.momentun", 0.9), ("base.momentum", 1.2), ("base.momentum", 1), ("base.activation", "rellu"),
    ("base.batch_size", "32x"), ("base.batch_size", 0), ("base.epochs", 1.5), ("base.epochs", -1),
    ("base.learning_rate", [0.1, 0.2]), ("base.hidden", [[16]]), ("base.hidden", [0]), ("base.hidden", ["a"]),
    ("base.bias", "maybe"), ("base.loss", "crossentropy"), ("base.optimizer", "Adam"), ("base.precision", "double"),
    ("grid", "x"), ("grid", {"learning_rat": [1]}), ("grid", {"learning_rate": []}),
    ("grid", {"learning_rate": {"log": [-5, -1], "num": 5}}), ("grid", {"learning_rate": {"log": [1, 2]}}),
    ("grid", {"learning_rate": {"log": [1, 2, 3], "num": 5}}), ("grid", {"learning_rate": {"lin": [1, 2], "nmu": 5}}),
    ("grid", {"learning_rate": {"lin": [1, 2], "num": 1}}), ("grid", {"activation": {"lin": [1, 2], "num": 2}}),
    ("grid", {"dropout": [0.5, 1.5]}), ("grid", {"activation": ["relu", "tahn"]}), ("grid", {"zip": [1, 2]}),
    ("grid", {"zip": {"momentun": [1]}}), ("exclude", {"batch_size": 1}), ("exclude", [{"batchsize": 1}]),
    ("exclude", [{"activation": "> relu"}]), ("include", [{"hidden": "wide"}]), ("include", [{"dropout": [0.1, 0.2]}]),
    ("sample", 0), ("collapse", "perhaps"), ("stop.mode", "last"), ("stop.rules", {"patience": 3}),
    ("stop.rules", [{"patiance": 3}]), ("stop.rules", [{"patience": 0}]), ("stop.rules", ["patience"]),
    ("stop.rules", [{"target": {"loss": 1}}]), ("stop.rules", [{"patience": {"epochs": 3, "delta": 1}}]),
    ("stop.rules", [{"patience": 3, "target": {"train_loss": 1}}]), ("record.every", 0), ("record.every", {"decade": 5}),
    ("record.parts", ["training"]), ("record.weights", "worst"), ("record.evry", 1), ("limits.per_run", 30),
    ("limits.per_run", "30 minutes"), ("limits.diverge", 1), ("success", {"final_loss": "< 1"}),
    ("success", {"final_train_loss": "small"}), ("success", {"final_train_loss": "=< 1"}),
]


def put(grid, path, value):
    """Returns the grid with this value at the path."""
    changed = copy.deepcopy(grid)
    at = changed
    *folders, last = path.split(".")
    for name in folders:
        at = at[name]
    at[last] = value
    return changed


class Schema(system.SystemTest):
    def setUp(self):
        super().setUp()
        self.schema = json.loads(self.run_program("schema").stdout)
        self.page = (system.SOURCE / "runner" / "man" / "nngrid-grid.5").read_text()
        self.validator = jsonschema.Draft7Validator(self.schema)

    def errors(self, grid):
        return [error.message for error in self.validator.iter_errors(grid)]

    def test_is_a_schema(self):
        jsonschema.Draft7Validator.check_schema(self.schema)
        self.run_program("schema", "-o", "grid.json")
        self.assertEqual(json.loads((self.folder / "grid.json").read_text()), self.schema)

    def test_every_key_is_described(self):
        """Every key has a help and values."""
        bare = []

        def visit(schema, path):
            for name, sub in schema.get("properties", {}).items():
                if "$ref" not in sub and "anyOf" not in sub and "type" not in sub:
                    bare.append(f"{path}.{name}")
                visit(sub, f"{path}.{name}")
            for part in schema.get("anyOf", []):
                visit(part, path)

        visit(self.schema, "")
        self.assertEqual(bare, [])
        self.assertTrue(all(sub.get("description") for sub in self.schema["properties"].values()))
        self.assertTrue(all(sub.get("description") for name, sub in self.schema["definitions"].items()
                            if name.startswith("setting_")))

    def test_manual_has_every_key_and_word(self):
        """nngrid-grid(5) names each key of the reader's table, and each word that a key takes, in bold."""
        before, settings, after = re.split(".*SETTINGS (?:BEGIN|END).*", self.page)
        names, words = set(), set()

        def visit(schema):
            for name, sub in schema.get("properties", {}).items():
                if "$ref" not in sub:
                    names.add(name)
                    visit(sub)
            words.update(schema.get("enum", []))
            for part in schema.get("anyOf", []) + ([schema["items"]] if "items" in schema else []):
                visit(part)

        visit(self.schema)
        self.assertTrue({"stratify", "per_decade", "patience", "order_file"} <= names)
        self.assertTrue({"standardize", "endpoint", "noisy_sine", "initial"} <= words)
        known = set(re.findall(r"\w+", " ".join(re.findall(r"^\.(?:B|BR|RB) .*", before + after, flags=re.MULTILINE))))
        # Metrics of `success` are those of the results file, and nngrid-results(5) lists them.
        metrics = set(self.schema["properties"]["success"]["anyOf"][0]["properties"])
        self.assertEqual(sorted((names | words) - metrics - known), [])

    def test_manual_has_every_setting_and_choice(self):
        """nngrid-grid(5) lists the settings of the program in their order, and mentions each of their choices."""
        section = re.search("SETTINGS BEGIN.*SETTINGS END", self.page, flags=re.DOTALL).group()
        settings = [name for name in self.schema["properties"]["grid"]["anyOf"][0]["properties"] if name != "zip"]
        self.assertEqual(re.findall(r"^\.B ([\w.]+)$", section, flags=re.MULTILINE), settings)
        words = {word for name in settings for sub in self.schema["definitions"]["setting_" + name]["anyOf"]
                 for word in sub.get("enum", [])}
        self.assertTrue({"leaky_relu", "lecun_normal", "float64", "full"} <= words)
        self.assertEqual(sorted(words - set(re.findall(r"\w+", section))), [])

    def test_settings_and_choices(self):
        """The names are those of `nngrid params`, no more and no less."""
        tables = json.loads(self.run_program("params", "--json").stdout)
        settings = {row["name"] for row in tables["settings"]} if isinstance(tables, dict) else None
        base, axes = (next(iter(self.schema["properties"][key]["anyOf"]))["properties"] for key in ("base", "grid"))
        self.assertEqual(set(axes) - {"zip"}, settings)
        self.assertEqual(settings - set(base), {"data.scale", "data.scale_target", "data.missing"})
        record = self.schema["properties"]["record"]["anyOf"][0]["properties"]["metrics"]["anyOf"]
        self.assertEqual(record[0]["enum"], [row["name"] for row in tables["measure"]])

    def test_every_setting_has_a_kind(self):
        """Each setting says what its values are, in JSON and to a reader; one with a range gives it."""
        kinds = {"number", "integer", "choice", "choice or number", "boolean", "list of widths", "file"}
        for row in json.loads(self.run_program("params", "--json").stdout)["settings"]:
            self.assertIn(row["kind"], kinds, row["name"])
            self.assertEqual("choices" in row, row["kind"].startswith("choice"), row["name"])
            self.assertEqual("low" in row, row["kind"] in {"number", "integer", "choice or number", "list of widths"})
            text = self.run_program("params", row["name"]).stdout
            self.assertIn("kind     " + row["kind"] + "\n", text)
            self.assertNotIn("(null)", text)

    def test_good_grids(self):
        self.assertEqual(self.errors(yaml.safe_load(GOOD)), [])
        paths = sorted((system.SOURCE / "experiments").glob("*.yaml"))
        self.assertGreaterEqual(len(paths), 4)
        for path in paths:
            self.assertEqual(self.errors(yaml.safe_load(path.read_text())), [], path)

    def test_what_the_program_takes(self):
        """Every grid of the command-line tests that nngrid reads without a mistake is accepted."""
        taken = 0
        for path in sorted((system.SOURCE / "tests" / "cli").glob("*/*/*.yaml")):
            done = system.subprocess.run([system.PROGRAM, "check", path.name], cwd=path.parent, capture_output=True)
            if done.returncode == 2:
                continue
            try:
                grid = yaml.safe_load(path.read_text())
            except yaml.composer.ComposerError:  # YAML lets an anchor stand again, PyYAML does not
                continue
            self.assertEqual(self.errors(grid), [], path)
            taken += 1
        self.assertGreater(taken, 15)

    def refused(self, place, is_list, names):
        """Returns which of at most 50 names the reader does not know in this place."""
        # No key takes this value, so that the reader says of each line that it is wrong: the key, or the value below it.
        keys = {name: {"?": 1} for name in names}
        grid = {"data": {"builtin": "xor"}, "base": {"epochs": 1}, "grid": {"momentum": [0, 0.5]}}
        grid[place] = [keys] if is_list else keys
        lines = self.write("grid.yaml", yaml.safe_dump(grid, sort_keys=False)).read_text().splitlines()
        said = self.run_program("check", "grid.yaml", code=2).stderr
        found = set()
        for line, text in re.findall(r"^grid.yaml:(\d+):\d+: (.*)$", said, flags=re.MULTILINE):
            at = int(line) - ("stands under data" in text)
            found.add(re.match("[- ]*(.*):", lines[at - 1]).group(1))
        return found & set(names)

    def test_every_key_in_every_place(self):
        """The schema and the reader allow the same keys in base, as axes, in points, in patterns and under data."""
        of = {name: self.schema["properties"][name]["anyOf"][0] for name in ("base", "grid", "include", "exclude", "data")}
        allowed = {place: set(schema.get("items", schema)["properties"]) for place, schema in of.items()}
        names = set().union(*allowed.values(), self.schema["properties"], ("data." + name for name in allowed["data"]))
        names = sorted(names | {"split.validation", "train", "patience", "every", "final_train_loss", "nothing"})
        for place in of:
            refused = set().union(*(self.refused(place, "items" in of[place], names[i:i + 45])
                                    for i in range(0, len(names), 45)))
            self.assertEqual(set(names) - refused, allowed[place], place)

    def test_mistakes(self):
        good = yaml.safe_load(GOOD)
        for path, value in MISTAKES:
            with self.subTest(path=path, value=value):
                self.assertNotEqual(self.errors(put(good, path, value)), [], "the schema accepts it")

    def test_mistakes_are_mistakes(self):
        """nngrid itself refuses each of them: the schema is not stricter than the program."""
        good = yaml.safe_load(GOOD)
        rows = "".join(f"{i},{i % 7},{i % 5},{i},{'xyz'[i % 3]}\n" for i in range(100))
        (self.folder / "data.csv").write_text("a,b,c,id,class\n" + rows)
        self.write("grid.yaml", yaml.safe_dump(good))
        self.run_program("check", "grid.yaml")
        for path, value in MISTAKES:
            with self.subTest(path=path, value=value):
                self.write("grid.yaml", yaml.safe_dump(put(good, path, value)))
                self.run_program("check", "grid.yaml", code=2)


if __name__ == "__main__":
    system.main()
